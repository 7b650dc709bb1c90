//! The shape of a neuron: unbranched *sections* of points, joined into a tree.
//!
//! In comes a file (SWC) or a list of sections; out goes a [`Morphology`]: sections in an order in which parents come
//! first, each with its shape, its tag and where it joins its parent. Lengths and diameters are µm.

mod build;
mod load;
mod measure;
pub(crate) mod profile;
pub mod swc;

use serde::{Deserialize, Serialize};

/// SWC's number for a soma.
pub const SOMA: i32 = 1;
/// SWC's number for an axon.
pub const AXON: i32 = 2;
/// SWC's number for a basal dendrite.
pub const DENDRITE: i32 = 3;
/// SWC's number for an apical dendrite.
pub const APICAL: i32 = 4;

/// A point on a section's centre line, µm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Coordinate, µm.
    pub x: f64,
    /// Coordinate, µm.
    pub y: f64,
    /// Coordinate, µm.
    pub z: f64,
    /// Diameter, µm.
    pub diameter: f64,
}

/// The shape of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A chain of truncated cones through points (at least two). The first point is at the end that joins the parent.
    Points(Vec<Point>),
    /// A cylinder given by its measures alone, as NEURON's `L` and `diam`.
    Cylinder {
        /// µm.
        length: f64,
        /// µm.
        diameter: f64,
    },
}

/// Where a section joins its parent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attachment {
    /// Index of the parent section; smaller than the child's own.
    pub parent: usize,
    /// Relative position on the parent, 0 to 1.
    pub parent_x: f64,
    /// The end of the child that is joined: 0 or 1. Points keep their order: the first is at the joined end.
    pub child_x: f64,
}

/// An unbranched stretch of neurite.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Unique name, e.g. `dend[3]`.
    pub name: String,
    /// SWC's type number: 1 soma, 2 axon, 3 basal dendrite, 4 apical dendrite, others as the file's author meant.
    pub tag: i32,
    /// Its shape.
    pub shape: Shape,
    /// `None` for a root.
    pub attachment: Option<Attachment>,
    /// For each point the sample of the file it came from; `None` where the reader made the point up.
    pub sample_ids: Vec<Option<i64>>,
}

/// A tree (or a forest) of sections.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Morphology {
    /// Parents come before children.
    pub sections: Vec<Section>,
    /// What a reader changed or invented to make sense of the file, one line each.
    pub repairs: Vec<String>,
}
