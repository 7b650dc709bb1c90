//! From sections to compartments: how many, how large, how strongly coupled.
//!
//! In comes a [`Morphology`](crate::morphology::Morphology) with axial resistivity and membrane capacitance per
//! section; out goes a [`Tree`]: one node per compartment and one zero-area node at every section's far end (and
//! one at the root's near end), in an order in which parents come first.

/// What a node of the tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A piece of membrane.
    Compartment,
    /// A zero-area node at the end of a section: holds no membrane, has a voltage.
    End,
}

/// The compartments of a cell: parallel arrays over nodes, parents before children.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tree {
    /// Index of the parent node; `None` for a root.
    pub parent: Vec<Option<usize>>,
    /// What the node stands for.
    pub kind: Vec<NodeKind>,
    /// Section of the node.
    pub section: Vec<usize>,
    /// Relative position of the node in its section: the centre of a compartment, 0 or 1 for an end.
    pub x: Vec<f64>,
    /// Membrane area, µm²; 0 for an end.
    pub area: Vec<f64>,
    /// Diameter, µm: of the cylinder with the compartment's length and area; of the neurite for an end.
    pub diameter: Vec<f64>,
    /// Axial resistance to the parent node, MΩ; infinite for a root.
    pub axial_resistance: Vec<f64>,
    /// For each section the nodes of its compartments, from x = 0 to x = 1.
    pub compartments: Vec<Vec<usize>>,
    /// For each section the nodes at x = 0 and at x = 1 (shared with the parent where it is joined).
    pub ends: Vec<[usize; 2]>,
}
