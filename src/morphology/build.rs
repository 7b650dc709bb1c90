//! Morphologies from sections given one by one, and the rules every morphology obeys.
//!
//! In come sections made by hand or by a reader; out goes a checked [`Morphology`], or an error that names the
//! section at fault.

use std::collections::HashSet;

use super::{Attachment, Morphology, Point, Section, Shape};
use crate::error::{Error, ErrorKind, Result};

impl Point {
    /// A point of a centre line, all in µm.
    pub fn new(x: f64, y: f64, z: f64, diameter: f64) -> Self {
        Self { x, y, z, diameter }
    }
}

impl Section {
    /// A root section of this shape. [`Section::joined`] makes it a child.
    pub fn new(name: impl Into<String>, tag: i32, shape: Shape) -> Self {
        Self { name: name.into(), tag, shape, attachment: None, sample_ids: Vec::new() }
    }

    /// A cylinder given by length and diameter, µm.
    pub fn cylinder(name: impl Into<String>, tag: i32, length: f64, diameter: f64) -> Self {
        Self::new(name, tag, Shape::Cylinder { length, diameter })
    }

    /// A chain of truncated cones; the first point is at the end that joins the parent.
    pub fn points(name: impl Into<String>, tag: i32, points: Vec<Point>) -> Self {
        Self::new(name, tag, Shape::Points(points))
    }

    /// Joins this section by its end 0 to the place `parent_x` (0 to 1) of the section with index `parent`.
    #[must_use]
    pub fn joined(mut self, parent: usize, parent_x: f64) -> Self {
        self.attachment = Some(Attachment { parent, parent_x, child_x: 0.0 });
        self
    }

    /// As [`Section::joined`], but by the end 1: x runs towards the parent. Points keep their order.
    #[must_use]
    pub fn joined_by_far_end(mut self, parent: usize, parent_x: f64) -> Self {
        self.attachment = Some(Attachment { parent, parent_x, child_x: 1.0 });
        self
    }
}

impl Morphology {
    /// A morphology of these sections, checked by [`Morphology::validate`].
    pub fn from_sections(sections: Vec<Section>) -> Result<Self> {
        let morphology = Self { sections, repairs: Vec::new() };
        morphology.validate()?;
        Ok(morphology)
    }

    /// Refuses what is not a morphology: no sections, two of one name, a parent that does not come before its child,
    /// a place outside 0 to 1, a section without length, a diameter that is not a positive number.
    pub fn validate(&self) -> Result<()> {
        if self.sections.is_empty() {
            return Err(Error::new(ErrorKind::Morphology, "a morphology needs at least one section"));
        }
        let mut names = HashSet::new();
        for (index, section) in self.sections.iter().enumerate() {
            let refuse = |what: String| {
                let message = format!("section `{}` {what}", section.name);
                Err(Error::new(ErrorKind::Morphology, message).key(format!("section[{index}]")))
            };
            if !names.insert(section.name.as_str()) {
                return refuse("appears twice; names must be unique".into());
            }
            if let Err(what) = check_shape(&section.shape) {
                return refuse(what);
            }
            let points = match &section.shape {
                Shape::Points(points) => points.len(),
                Shape::Cylinder { .. } => 0,
            };
            if !section.sample_ids.is_empty() && section.sample_ids.len() != points {
                return refuse(format!("has {points} points but {} sample ids", section.sample_ids.len()));
            }
            let Some(at) = section.attachment else { continue };
            if at.parent >= index {
                return refuse(format!(
                    "is section {index} and names section {} as its parent; parents come before children",
                    at.parent
                ));
            }
            if !(0.0..=1.0).contains(&at.parent_x) {
                return refuse(format!(
                    "joins its parent at {}; that place must be from 0 to 1",
                    at.parent_x
                ));
            }
            if at.child_x != 0.0 && at.child_x != 1.0 {
                return refuse(format!(
                    "is joined by its place {}; only an end, 0 or 1, can be joined",
                    at.child_x
                ));
            }
        }
        Ok(())
    }
}

/// Says what is wrong with a shape.
fn check_shape(shape: &Shape) -> std::result::Result<(), String> {
    let positive = |value: f64, name: &str| {
        let good = value.is_finite() && value > 0.0;
        if good { Ok(()) } else { Err(format!("has a {name} of {value} µm; it must be a positive number")) }
    };
    let points = match shape {
        Shape::Cylinder { length, diameter } => {
            return positive(*length, "length").and_then(|()| positive(*diameter, "diameter"));
        }
        Shape::Points(points) => points,
    };
    if points.len() < 2 {
        return Err(format!("has {} point(s); it needs at least two", points.len()));
    }
    for (index, point) in points.iter().enumerate() {
        positive(point.diameter, &format!("diameter at point {index}"))?;
        for (axis, value) in [("x", point.x), ("y", point.y), ("z", point.z)] {
            if !value.is_finite() {
                return Err(format!(
                    "has a coordinate {axis} of {value} at point {index}; it must be finite"
                ));
            }
        }
    }
    positive(super::profile::Profile::exact(shape).length(), "length")
}
