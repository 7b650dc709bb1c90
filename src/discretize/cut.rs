//! Cuts a section's profile into compartments.
//!
//! In comes a [`Profile`] and a number of compartments of equal length; out goes for each its area, mean diameter and
//! the resistance of its two halves. Cones are cut at the borders and at the centres of the compartments, so that
//! nothing of a taper is lost.

use crate::morphology::profile::{Cone, Profile};

/// A compartment's share of a section.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Piece {
    /// µm².
    pub area: f64,
    /// Mean over the length, µm.
    pub diameter: f64,
    /// ∫dx/(πr²) from the border nearer the joined end to the centre, and from there to the other border, 1/µm.
    pub halves: [f64; 2],
}

/// The compartments from the joined end on.
pub(super) fn cut(profile: &Profile, count: usize) -> Vec<Piece> {
    let mut pieces = vec![Piece::default(); count];
    let step = profile.length() / count as f64;
    let last = 2 * count - 1;
    // End of the half with this number; the last one takes what remains, whatever rounding has made of it.
    let end = |half: usize| {
        let centre = (half / 2) as f64 * step + 0.5 * step;
        if half.is_multiple_of(2) { centre } else { centre + 0.5 * step }
    };
    let mut half = 0;
    let mut add = |cone: &Cone, half: usize| {
        if let Some(piece) = pieces.get_mut(half / 2) {
            piece.area += cone.area();
            piece.diameter += 0.5 * (cone.diameter[0] + cone.diameter[1]) * cone.length();
            piece.halves[half % 2] += cone.resistance();
        }
    };
    for whole in profile.cones() {
        let mut rest = whole;
        // A ring that lies on a border goes to the half before it.
        while half < last && rest.arc[1] > end(half) {
            let middle = whole.diameter_at(end(half));
            let first = Cone { arc: [rest.arc[0], end(half)], diameter: [rest.diameter[0], middle] };
            add(&first, half);
            rest = Cone { arc: [end(half), whole.arc[1]], diameter: [middle, whole.diameter[1]] };
            half += 1;
        }
        add(&rest, half);
    }
    for piece in &mut pieces {
        piece.diameter /= step;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn profile(points: &[(f64, f64)]) -> Profile {
        Profile {
            arc: points.iter().map(|point| point.0).collect(),
            diameter: points.iter().map(|point| point.1).collect(),
        }
    }

    /// 0.3 µm has no exact third, seventh, …: borders miss the end by rounding, and the rings must not be lost.
    #[test]
    fn rings_at_both_ends_belong_to_the_outer_compartments() {
        let rings = profile(&[(0.0, 4.0), (0.0, 2.0), (0.3, 2.0), (0.3, 6.0)]);
        for count in 1..200 {
            let pieces = cut(&rings, count);
            let mantle = 2.0 * PI * 0.3 / count as f64;
            for (number, piece) in pieces.iter().enumerate() {
                let first = if number == 0 { PI * (4.0 - 1.0) } else { 0.0 };
                let last = if number == count - 1 { PI * (9.0 - 1.0) } else { 0.0 };
                assert!((piece.area - mantle - first - last).abs() < 1e-13, "{number} of {count}");
                assert!((piece.diameter - 2.0).abs() < 1e-12, "{number} of {count}");
            }
        }
    }

    #[test]
    fn a_ring_on_a_border_belongs_to_the_compartment_before() {
        let pieces = cut(&profile(&[(0.0, 2.0), (5.0, 2.0), (5.0, 1.0), (10.0, 1.0)]), 2);
        assert_eq!(pieces[0].area, 10.0 * PI + PI * (1.0 - 0.25));
        assert_eq!(pieces[1].area, 5.0 * PI);
        assert_eq!(pieces.iter().map(|piece| piece.diameter).collect::<Vec<_>>(), [2.0, 1.0]);
        assert_eq!(pieces[0].halves, [2.5 / PI; 2]);
        assert_eq!(pieces[1].halves, [10.0 / PI; 2]);
    }

    /// From diameter 4 to 2 over 8 µm: ∫dx/(πr²) is 4·8/(π·4·2) in all, and 4·4/(π·4·3) over the thicker half.
    #[test]
    fn a_taper_is_integrated_not_averaged() {
        let [piece] = cut(&profile(&[(0.0, 4.0), (8.0, 2.0)]), 1)[..] else { panic!("one compartment") };
        assert!((piece.halves[0] - 4.0 / (3.0 * PI)).abs() < 1e-15);
        assert!((piece.halves[0] + piece.halves[1] - 4.0 / PI).abs() < 1e-15);
        assert_eq!(piece.diameter, 3.0);
        assert!((piece.area - 3.0 * PI * f64::hypot(8.0, 1.0)).abs() < 1e-13);
    }
}
