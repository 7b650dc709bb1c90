//! Draws a cell: its sections in projection, or as a dendrogram where it has no coordinates.

use super::COLOURS;
use super::svg::{Svg, label, round_number};
use crate::cell::label::Location;
use crate::morphology::{APICAL, AXON, DENDRITE, Morphology, SOMA, Section, Shape};

/// Places to be marked under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// For the legend.
    pub name: String,
    /// Where.
    pub locations: Vec<Location>,
}

/// A colour and what it stands for.
pub(super) type Entry = (&'static str, String);

/// Lines of a legend at most; more would leave no room for the cell.
const MOST: usize = 8;
/// From one line of a legend to the next.
const LINE: f64 = 18.0;

/// A section's course in the plane, µm, with diameters.
type Course = Vec<([f64; 2], f64)>;

fn kind(tag: i32) -> (&'static str, &'static str) {
    match tag {
        SOMA => ("#222222", "soma"),
        AXON => ("#999999", "axon"),
        DENDRITE => ("#2f6f4f", "dendrite"),
        APICAL => ("#7a3b8f", "apical dendrite"),
        _ => ("#a0722a", "other"),
    }
}

/// The kinds of neurite in a cell.
pub(super) fn kinds(morphology: &Morphology) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for section in &morphology.sections {
        let (colour, name) = kind(section.tag);
        if !entries.iter().any(|(known, _)| *known == colour) {
            entries.push((colour, name.to_owned()));
        }
    }
    entries
}

/// What the marks stand for.
pub(super) fn marks(markers: &[Marker]) -> Vec<Entry> {
    let entry = |(number, marker): (usize, &Marker)| {
        let text = match marker.locations.len() {
            1 => marker.name.clone(),
            n => format!("{} ({n})", marker.name),
        };
        (COLOURS[number % COLOURS.len()], text)
    };
    markers.iter().enumerate().map(entry).collect()
}

/// The smallest and the largest x and y of a drawing, µm.
pub(super) struct Extent {
    low: [f64; 2],
    high: [f64; 2],
}

impl Extent {
    /// The extent of a cell, its thickness included.
    pub fn of(morphology: &Morphology) -> Self {
        Self::of_courses(&courses(morphology))
    }

    fn of_courses(courses: &[Course]) -> Self {
        let mut extent = Self { low: [f64::MAX; 2], high: [f64::MIN; 2] };
        for (point, diameter) in courses.iter().flatten() {
            let radius = 0.5 * diameter;
            extent.low = [extent.low[0].min(point[0] - radius), extent.low[1].min(point[1] - radius)];
            extent.high = [extent.high[0].max(point[0] + radius), extent.high[1].max(point[1] + radius)];
        }
        extent
    }

    /// Width and height, µm.
    pub fn size(&self) -> [f64; 2] {
        [0, 1].map(|axis| (self.high[axis] - self.low[axis]).max(1e-3))
    }
}

/// Draws into the rectangle x, y, width, height.
pub(super) fn draw(
    svg: &mut Svg,
    morphology: &Morphology,
    markers: &[Marker],
    legend: &[Entry],
    [left, top, width, height]: [f64; 4],
) {
    let courses = courses(morphology);
    let extent = Extent::of_courses(&courses);
    let lines = legend.len().min(MOST + 1);
    let height = height - LINE * lines as f64;
    let size = extent.size();
    let scale = 0.94 * (width / size[0]).min(height / size[1]);
    let middle = [0, 1].map(|axis| 0.5 * (extent.low[axis] + extent.high[axis]));
    let place = |p: [f64; 2]| {
        [left + 0.5 * width + (p[0] - middle[0]) * scale, top + 0.5 * height - (p[1] - middle[1]) * scale]
    };
    // Neurites may begin within the soma: it comes last.
    let (somata, neurites): (Vec<_>, Vec<_>) =
        morphology.sections.iter().zip(&courses).partition(|(section, _)| section.tag == SOMA);
    for (section, course) in neurites.into_iter().chain(somata) {
        draw_section(svg, section, course, scale, &place);
    }
    for (number, marker) in markers.iter().enumerate() {
        for location in &marker.locations {
            if let Some(course) = courses.get(location.section) {
                let reversed = morphology.sections[location.section].is_reversed();
                let x = if reversed { 1.0 - location.x } else { location.x };
                svg.circle(place(at(course, x)), 3.6, COLOURS[number % COLOURS.len()]);
            }
        }
    }
    for (line, (colour, text)) in legend.iter().enumerate().take(MOST) {
        let y = top + height + LINE * (line as f64 + 0.7);
        svg.circle([left + 14.0, y - 4.0], 4.0, colour);
        svg.text(left + 24.0, y, text, 12.5, "start");
    }
    if legend.len() > MOST {
        let y = top + height + LINE * (MOST as f64 + 0.7);
        svg.text(left + 24.0, y, &format!("and {} more", legend.len() - MOST), 12.5, "start");
    }
    let bar = round_number(0.14 * size[0].max(size[1]) / 1.6);
    let y = top + height - 8.0;
    svg.line("scale", [left + 12.0, y], [left + 12.0 + bar * scale, y], "#222", 2.5);
    svg.text(left + 12.0, y - 7.0, &format!("{} µm", label(bar)), 12.5, "start");
}

fn draw_section(
    svg: &mut Svg,
    section: &Section,
    course: &Course,
    scale: f64,
    place: &dyn Fn([f64; 2]) -> [f64; 2],
) {
    let colour = kind(section.tag).0;
    if let (SOMA, [(start, diameter), .., (end, _)]) = (section.tag, course.as_slice())
        && section.length() < 1.5 * diameter
    {
        let middle = [0.5 * (start[0] + end[0]), 0.5 * (start[1] + end[1])];
        svg.circle(place(middle), 0.5 * diameter * scale, colour);
        return;
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
