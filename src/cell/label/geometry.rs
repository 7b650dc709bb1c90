//! What regions and locsets need to know of a morphology: who hangs where, and how diameter and distance run.

use super::{Cable, Location, Region};
use crate::error::Result;
use crate::morphology::profile::Profile;
use crate::morphology::{Morphology, SOMA};

/// For each section its children with the position at which they are joined.
#[derive(Clone, Debug)]
pub(crate) struct Neighbours {
    children: Vec<Vec<(usize, f64)>>,
}

impl Neighbours {
    pub fn new(morphology: &Morphology) -> Self {
        let mut children = vec![Vec::new(); morphology.sections.len()];
        for (index, section) in morphology.sections.iter().enumerate() {
            if let Some(at) = section.attachment {
                children[at.parent].push((index, at.parent_x));
            }
        }
        Self { children }
    }

    /// The joined end and the far end of a section.
    fn ends(morphology: &Morphology, section: usize) -> (f64, f64) {
        match morphology.sections[section].attachment {
            Some(at) if at.child_x == 1.0 => (1.0, 0.0),
            _ => (0.0, 1.0),
        }
    }

    /// The place that a location stands for: where a section begins, that of the section it joins.
    pub fn joint(morphology: &Morphology, mut at: Location) -> Location {
        while let Some(joined) = morphology.sections[at.section].attachment
            && at.x == joined.child_x
        {
            at = Location { section: joined.parent, x: joined.parent_x };
        }
        at
    }

    /// Far ends at which nothing is joined. A soma that carries neurites has none, wherever they join it.
    pub fn terminals(&self, morphology: &Morphology) -> Vec<Location> {
        let tip = |section: usize| {
            let far = Self::ends(morphology, section).1;
            let children = &self.children[section];
            let is_soma = morphology.sections[section].tag == SOMA;
            let free = if is_soma { children.is_empty() } else { children.iter().all(|&(_, x)| x != far) };
            free.then_some(Location { section, x: far })
        };
        (0..self.children.len()).filter_map(tip).collect()
    }

    /// Everything away from the root within `reach` µm of cable.
    pub fn distal(&self, morphology: &Morphology, from: Location, reach: f64) -> Vec<Cable> {
        let mut cables = Vec::new();
        let mut todo = vec![(from, reach)];
        while let Some((at, reach)) = todo.pop() {
            let far = Self::ends(morphology, at.section).1;
            let length = morphology.sections[at.section].length();
            let part = (reach / length).min((far - at.x).abs());
            let end = if far > at.x { at.x + part } else { at.x - part };
            cables.push(Cable { section: at.section, start: at.x.min(end), end: at.x.max(end) });
            for &(child, x) in &self.children[at.section] {
                let left = reach - (x - at.x).abs() * length;
                let beyond = if far == 1.0 { x >= at.x } else { x <= at.x };
                if beyond && left > 0.0 {
                    todo.push((Location { section: child, x: Self::ends(morphology, child).0 }, left));
                }
            }
        }
        cables
    }

    /// On each connected part of a region, the places at a fraction `x` of the way from where it begins to the farthest end of
    /// it.
    pub fn on_components(&self, morphology: &Morphology, region: &Region, x: f64) -> Vec<Location> {
        struct Piece {
            cable: Cable,
            component: usize,
            /// Way from the component's beginning to that of the cable, µm.
            way: f64,
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let mut begins: Vec<Location> = Vec::new();
        let length = |c: &Cable| (c.end - c.start) * morphology.sections[c.section].length();
        for cable in &region.cables {
            let at = Location { section: cable.section, x: Self::begin(morphology, cable) };
            let joint = Self::joint(morphology, at);
            let holds = |p: &&Piece| {
                p.cable.section == joint.section && (p.cable.start..=p.cable.end).contains(&joint.x)
            };
            let (component, way) = if let Some(parent) = pieces.iter().find(holds) {
                let from = Self::begin(morphology, &parent.cable);
                let along = (joint.x - from).abs() * morphology.sections[joint.section].length();
                (parent.component, parent.way + along)
            } else if let Some(sibling) = begins.iter().position(|b| Self::joint(morphology, *b) == joint) {
                (sibling, 0.0)
            } else {
                begins.push(at);
                (begins.len() - 1, 0.0)
            };
            pieces.push(Piece { cable: *cable, component, way });
        }
        let mut found = Vec::new();
        for (component, &begin) in begins.iter().enumerate() {
            let own = || pieces.iter().filter(|p| p.component == component);
            let farthest = own().map(|p| p.way + length(&p.cable)).fold(0.0, f64::max);
            let wanted = x * farthest;
            if wanted == 0.0 {
                found.push(begin);
                continue;
            }
            for piece in own().filter(|p| p.way < wanted && wanted <= p.way + length(&p.cable)) {
                let along =
                    (wanted - piece.way) / length(&piece.cable) * (piece.cable.end - piece.cable.start);
                let from = Self::begin(morphology, &piece.cable);
                let x = if from == piece.cable.start { from + along } else { from - along };
                found.push(Location { section: piece.cable.section, x: x.clamp(0.0, 1.0) });
            }
        }
        found
    }

    /// The end of a cable that is nearer the root.
    fn begin(morphology: &Morphology, cable: &Cable) -> f64 {
        if morphology.sections[cable.section].is_reversed() { cable.end } else { cable.start }
    }

    /// The way to the root, `reach` µm of cable long at most.
    pub fn proximal(morphology: &Morphology, from: Location, reach: f64) -> Vec<Cable> {
        let mut cables = Vec::new();
        let (mut at, mut reach) = (from, reach);
        loop {
            let near = Self::ends(morphology, at.section).0;
            let length = morphology.sections[at.section].length();
            let part = (reach / length).min((at.x - near).abs());
            let end = if near > at.x { at.x + part } else { at.x - part };
            cables.push(Cable { section: at.section, start: at.x.min(end), end: at.x.max(end) });
            reach -= (at.x - near).abs() * length;
            match morphology.sections[at.section].attachment {
                Some(joined) if reach > 0.0 => at = Location { section: joined.parent, x: joined.parent_x },
                _ => return cables,
            }
        }
    }
}

/// A quantity along a section: straight lines between these positions and values.
pub(super) type Course = Vec<(f64, f64)>;

/// The radius along a section, µm.
pub(super) fn radius(morphology: &Morphology, section: usize) -> Course {
    let section = &morphology.sections[section];
    let profile = Profile::exact(&section.shape);
    let total = profile.length();
    let reversed = section.is_reversed();
    let mut course = Course::new();
    let mut arc = 0.0;
    for cone in profile.cones() {
        let x = |arc: f64| if reversed { 1.0 - arc / total } else { arc / total };
        course.push((x(arc), 0.5 * cone.diameter[0]));
        arc += cone.length();
        course.push((x(arc).clamp(0.0, 1.0), 0.5 * cone.diameter[1]));
    }
    if reversed {
        course.reverse();
    }
    course
}

/// The path distance along a section, µm.
pub(super) fn distance(morphology: &Morphology, section: usize) -> Result<Course> {
    [0.0, 0.5, 1.0].into_iter().map(|x| Ok((x, morphology.path_distance(section, x)?))).collect()
}

/// Where a course is below a limit (or not, with `inside` false).
pub(super) fn below(section: usize, course: &Course, limit: f64, inside: bool) -> Vec<Cable> {
    let mut cables = Vec::new();
    for pair in course.windows(2) {
        let ((x0, a), (x1, b)) = (pair[0], pair[1]);
        if x1 <= x0 {
            continue;
        }
        let crossing = if a == b { x1 } else { (x0 + (x1 - x0) * (limit - a) / (b - a)).clamp(x0, x1) };
        let starts_inside = (a < limit) == inside;
        let ends_inside = (b < limit) == inside;
        let (start, end) = match (starts_inside, ends_inside) {
            (true, true) => (x0, x1),
            (true, false) => (x0, crossing),
            (false, true) => (crossing, x1),
            (false, false) => continue,
        };
        if end > start {
            cables.push(Cable { section, start, end });
        }
    }
    cables
}

/// Places within a region at which a course has this value.
pub(super) fn at_value(section: usize, course: &Course, value: f64, region: &Region) -> Vec<Location> {
    let mut found: Vec<Location> = Vec::new();
    for pair in course.windows(2) {
        let ((x0, a), (x1, b)) = (pair[0], pair[1]);
        if a == b || (value - a) * (value - b) > 0.0 {
            continue;
        }
        let x = x0 + (x1 - x0) * (value - a) / (b - a);
        if region.contains(section, x) && found.last().is_none_or(|l| l.x != x) {
            found.push(Location { section, x });
        }
    }
    found
}
