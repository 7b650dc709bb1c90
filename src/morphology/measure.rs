//! Measures of a morphology: lengths, areas, path distances, places in space, tips and branch points.
//!
//! In comes a [`Morphology`]; out go numbers in full precision, independent of compartments. A place is a section and
//! a relative position x from 0 to 1 on it.

use std::collections::{BTreeMap, BTreeSet};

use super::profile::Profile;
use super::{Morphology, SOMA, Section, Shape};
use crate::error::{Error, ErrorKind, Result};

impl Section {
    /// Length along the centre line, µm.
    pub fn length(&self) -> f64 {
        Profile::exact(&self.shape).length()
    }

    /// Membrane area, µm²: the mantles of the cones, and the ring wherever two points share a place.
    pub fn area(&self) -> f64 {
        Profile::exact(&self.shape).cones().map(|cone| cone.area()).sum()
    }

    /// Diameter at x, µm.
    pub fn diameter(&self, x: f64) -> f64 {
        let profile = Profile::exact(&self.shape);
        profile.diameter_at(self.to_joined_end(x) * profile.length())
    }

    /// Place of x in space, µm; `None` for a cylinder given by its measures alone.
    pub fn position(&self, x: f64) -> Option<[f64; 3]> {
        let Shape::Points(points) = &self.shape else { return None };
        let profile = Profile::exact(&self.shape);
        let arc = self.to_joined_end(x) * profile.length();
        let place = profile.cones().zip(points.windows(2)).find(|(cone, _)| arc <= cone.arc[1]);
        let Some((cone, ends)) = place else { return points.last().map(|p| [p.x, p.y, p.z]) };
        let part = if cone.length() > 0.0 { (arc - cone.arc[0]) / cone.length() } else { 0.0 };
        let between = |from: f64, to: f64| (1.0 - part) * from + part * to;
        let (a, b) = (&ends[0], &ends[1]);
        Some([between(a.x, b.x), between(a.y, b.y), between(a.z, b.z)])
    }

    /// The same place counted from the end that joins the parent (end 0 of a root).
    pub(crate) fn to_joined_end(&self, x: f64) -> f64 {
        if self.is_reversed() { 1.0 - x } else { x }
    }

    /// Whether the end 1 is the one that joins the parent.
    pub(crate) fn is_reversed(&self) -> bool {
        self.attachment.is_some_and(|at| at.child_x == 1.0)
    }

    /// Path distance of x from the reference, µm, when the joined end lies at `joined`. A root soma is measured
    /// from its centre.
    pub(crate) fn distance_within(&self, x: f64, length: f64, joined: f64) -> f64 {
        if self.attachment.is_none() && self.tag == SOMA {
            (x - 0.5).abs() * length
        } else {
            joined + self.to_joined_end(x) * length
        }
    }
}

impl Morphology {
    /// Length of all sections, µm.
    pub fn total_length(&self) -> f64 {
        self.sections.iter().map(Section::length).sum()
    }

    /// Membrane area of all sections, µm².
    pub fn total_area(&self) -> f64 {
        self.sections.iter().map(Section::area).sum()
    }

    /// Length per tag, µm.
    pub fn length_by_tag(&self) -> BTreeMap<i32, f64> {
        self.by_tag(Section::length)
    }

    /// Membrane area per tag, µm².
    pub fn area_by_tag(&self) -> BTreeMap<i32, f64> {
        self.by_tag(Section::area)
    }

    fn by_tag(&self, measure: impl Fn(&Section) -> f64) -> BTreeMap<i32, f64> {
        let mut sums = BTreeMap::new();
        for section in &self.sections {
            *sums.entry(section.tag).or_insert(0.0) += measure(section);
        }
        sums
    }

    /// Index of the section with this name.
    pub fn section_index(&self, name: &str) -> Result<usize> {
        self.sections.iter().position(|section| section.name == name).ok_or_else(|| {
            Error::new(ErrorKind::Location, format!("there is no section `{name}`"))
                .suggest(name, self.sections.iter().map(|section| section.name.as_str()))
        })
    }

    /// Path distance of a place from the reference of its tree, µm: the centre of the root section when that is a
    /// soma, else the root's end 0. Gaps in space between a child's first point and its parent do not count.
    pub fn path_distance(&self, section: usize, x: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&x) {
            return Err(Error::new(ErrorKind::Location, format!("x is {x}; it must be from 0 to 1")));
        }
        let (mut section, mut x, mut distance) = (section, x, 0.0);
        loop {
            let Some(here) = self.sections.get(section) else {
                let what = format!("there is no section {section}; the cell has {}", self.sections.len());
                return Err(Error::new(ErrorKind::Location, what));
            };
            distance += here.distance_within(x, here.length(), 0.0);
            match here.attachment {
                None => return Ok(distance),
                Some(at) if at.parent < section => (section, x) = (at.parent, at.parent_x),
                Some(_) => return self.validate().map(|()| distance),
            }
        }
    }

    /// Number of sections other than soma whose far end carries no child.
    pub fn tips(&self) -> usize {
        let far_end = |section: &Section| if section.is_reversed() { 0.0 } else { 1.0 };
        let joined: BTreeSet<usize> = self
            .sections
            .iter()
            .filter_map(|child| child.attachment)
            .filter(|at| self.sections.get(at.parent).is_some_and(|parent| far_end(parent) == at.parent_x))
            .map(|at| at.parent)
            .collect();
        let is_tip = |(index, section): &(usize, &Section)| section.tag != SOMA && !joined.contains(index);
        self.sections.iter().enumerate().filter(is_tip).count()
    }

    /// Number of places outside the soma at which three or more stretches of neurite meet. A section that merely
    /// goes on under another name or tag is no branch point.
    pub fn branch_points(&self) -> usize {
        let mut stretches: BTreeMap<(usize, u64), usize> = BTreeMap::new();
        for child in &self.sections {
            let Some(mut at) = child.attachment else { continue };
            // What joins a section at the very place where that section joins its own parent meets the parent there.
            while let Some(parent) = self.sections.get(at.parent)
                && let Some(above) = parent.attachment
                && at.parent_x == above.child_x
                && above.parent < at.parent
            {
                at = above;
            }
            if self.sections.get(at.parent).is_none_or(|parent| parent.tag == SOMA) {
                continue;
            }
            let through = if at.parent_x == 0.0 || at.parent_x == 1.0 { 1 } else { 2 };
            *stretches.entry((at.parent, at.parent_x.to_bits())).or_insert(through) += 1;
        }
        stretches.values().filter(|&&count| count >= 3).count()
    }
}
