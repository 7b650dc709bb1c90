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
