//! Draws a cell: its sections in projection, or as a dendrogram where it has no coordinates.

use super::COLOURS;
use super::svg::{Svg, label, round_number};
use crate::cell::label::Location;
use crate::morphology::{APICAL, AXON, Morphology, SOMA, Shape};

/// Places to be marked under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// For the legend.
    pub name: String,
    /// Where.
    pub locations: Vec<Location>,
}

/// A section's course in the plane, µm, with diameters.
type Course = Vec<([f64; 2], f64)>;

/// Draws into the rectangle x, y, width, height.
pub(super) fn draw(
    svg: &mut Svg,
    morphology: &Morphology,
    markers: &[Marker],
    [left, top, width, height]: [f64; 4],
) {
    let courses = courses(morphology);
    let points = || courses.iter().flatten().map(|(p, _)| *p);
    let low = points().fold([f64::MAX; 2], |m, p| [m[0].min(p[0]), m[1].min(p[1])]);
    let high = points().fold([f64::MIN; 2], |m, p| [m[0].max(p[0]), m[1].max(p[1])]);
    let legend = 18.0 * markers.len() as f64;
    let height = height - legend;
    let size = [(high[0] - low[0]).max(1.0), (high[1] - low[1]).max(1.0)];
    let scale = 0.94 * (width / size[0]).min(height / size[1]);
    let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    let place = |p: [f64; 2]| {
        [left + 0.5 * width + (p[0] - middle[0]) * scale, top + 0.5 * height - (p[1] - middle[1]) * scale]
    };
    for (section, course) in morphology.sections.iter().zip(&courses) {
        let colour = match section.tag {
            SOMA => "#222222",
            AXON => "#999999",
            APICAL => "#7a3b8f",
            _ => "#2f6f4f",
        };
        if let (SOMA, [(start, diameter), .., (end, _)]) = (section.tag, course.as_slice())
            && section.length() < 1.5 * diameter
        {
            let middle = [0.5 * (start[0] + end[0]), 0.5 * (start[1] + end[1])];
            svg.circle(place(middle), 0.5 * diameter * scale, colour);
            continue;
        }
        // Stretches of nearly the same width are one stroke: fewer elements for the same picture.
        let mut from = 0;
        while from + 1 < course.len() {
            let thickness = |i: usize| (0.5 * (course[i].1 + course[i + 1].1) * scale).max(0.6);
            let mut to = from + 1;
            while to + 1 < course.len() && (thickness(to) - thickness(from)).abs() < 0.2 * thickness(from) {
                to += 1;
            }
            let stroke = course[from..=to].iter().map(|(p, _)| place(*p)).collect();
            svg.path("section", &[stroke], colour, thickness(from));
            from = to;
        }
    }
    for (number, marker) in markers.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        for location in &marker.locations {
            if let Some(course) = courses.get(location.section) {
                let reversed = morphology.sections[location.section].is_reversed();
                svg.circle(
                    place(at(course, if reversed { 1.0 - location.x } else { location.x })),
                    3.6,
                    colour,
                );
            }
        }
        let y = top + height + 18.0 * (number as f64 + 0.7);
        svg.circle([left + 14.0, y - 4.0], 4.0, colour);
        let text = match marker.locations.len() {
            1 => marker.name.clone(),
            n => format!("{} ({n})", marker.name),
        };
        svg.text(left + 24.0, y, &text, 12.5, "start");
    }
    let bar = round_number(0.14 * size[0].max(size[1]) / 1.6);
    let y = top + height - 8.0;
    svg.line("scale", [left + 12.0, y], [left + 12.0 + bar * scale, y], "#222", 2.5);
    svg.text(left + 12.0, y - 7.0, &format!("{} µm", label(bar)), 12.5, "start");
}

/// Where along a course a relative position is.
fn at(course: &Course, x: f64) -> [f64; 2] {
    let length = |a: [f64; 2], b: [f64; 2]| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
    let total: f64 = course.windows(2).map(|w| length(w[0].0, w[1].0)).sum();
    let mut rest = x * total;
    for w in course.windows(2) {
        let (a, b) = (w[0].0, w[1].0);
        let piece = length(a, b);
        if rest <= piece && piece > 0.0 {
            let f = rest / piece;
            return [a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1])];
        }
        rest -= piece;
    }
    course.last().map_or([0.0; 2], |(p, _)| *p)
}

/// Courses of all sections: the coordinates' x and y, or a fan where a section has none.
fn courses(morphology: &Morphology) -> Vec<Course> {
    let known = morphology.sections.iter().all(|s| matches!(s.shape, Shape::Points(_)));
    if known {
        let course = |shape: &Shape| match shape {
            Shape::Points(points) => points.iter().map(|p| ([p.x, p.y], p.diameter)).collect(),
            Shape::Cylinder { .. } => Course::new(),
        };
        return morphology.sections.iter().map(|s| course(&s.shape)).collect();
    }
    fan(morphology)
}

/// Every section a straight line; siblings share the angle of their parent by their numbers of tips.
fn fan(morphology: &Morphology) -> Vec<Course> {
    let count = morphology.sections.len();
    let mut tips = vec![0_usize; count];
    for index in (0..count).rev() {
        tips[index] = tips[index].max(1);
        if let Some(at) = morphology.sections[index].attachment {
            tips[at.parent] += tips[index];
        }
    }
    let roots: usize =
        (0..count).filter(|&i| morphology.sections[i].attachment.is_none()).map(|i| tips[i]).sum();
    let mut wedge = vec![(0.0, 0.0); count];
    let mut used = vec![0.0; count];
    let mut used_by_roots = 0.0;
    let mut courses: Vec<Course> = Vec::with_capacity(count);
    let mut side = 0.0;
    for (index, section) in morphology.sections.iter().enumerate() {
        let (length, diameter) = (section.length(), section.diameter(0.5));
        let (start, from, span) = match section.attachment {
            None => {
                let span = std::f64::consts::PI * tips[index] as f64 / roots as f64;
                let start = [side, 0.0];
                side += if roots > 1 { 1.5 * length } else { 0.0 };
                let from = used_by_roots;
                used_by_roots += span;
                (start, from, span)
            }
            Some(joined) => {
                let (from, span) = wedge[joined.parent];
                let share = span * tips[index] as f64 / tips[joined.parent] as f64;
                let from = from + used[joined.parent];
                used[joined.parent] += share;
                let reversed = morphology.sections[joined.parent].is_reversed();
                let x = if reversed { 1.0 - joined.parent_x } else { joined.parent_x };
                (at(&courses[joined.parent], x), from, share)
            }
        };
        wedge[index] = (from, span);
        let angle = from + 0.5 * span;
        let end = [start[0] - length * angle.cos(), start[1] + length * angle.sin()];
        courses.push(vec![(start, diameter), (end, diameter)]);
    }
    courses
}
