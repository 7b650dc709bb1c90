//! From sections to compartments: how many, how large, how strongly coupled.
//!
//! In comes a [`Morphology`] with axial resistivity and membrane capacitance per section; out goes a [`Tree`]: one
//! node per compartment and one zero-area node at every section's far end (and one at the root's near end), in an
//! order in which parents come first.
//!
//! Compartments of a section have equal length. A compartment's voltage is that of its centre; the resistance between
//! two neighbours is the integral of Ra·dx/(πr²) between their centres over the very cones of the section.

mod count;
mod cut;
mod tree;

use tree::Addition;

use crate::error::{Error, ErrorKind, Result};
use crate::morphology::profile::Profile;
use crate::morphology::{Morphology, Section};

/// More compartments than this in one cell are taken for a mistake.
const MOST: usize = 10_000_000;

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
    /// Diameter, µm: its mean over the length of a compartment (what NMODL calls `diam`); of the neurite for an end.
    pub diameter: Vec<f64>,
    /// Axial resistance to the parent node, MΩ; infinite for a root.
    pub axial_resistance: Vec<f64>,
    /// Path distance from the reference of the tree, µm; see [`Morphology::path_distance`].
    pub distance: Vec<f64>,
    /// Place in space, µm; `None` in a section given by length and diameter alone.
    pub position: Vec<Option<[f64; 3]>>,
    /// For each section the nodes of its compartments, from x = 0 to x = 1.
    pub compartments: Vec<Vec<usize>>,
    /// For each section the nodes at x = 0 and at x = 1 (shared with the parent where it is joined).
    pub ends: Vec<[usize; 2]>,
}

/// Electrical properties of a section that decide how finely it must be cut and how its compartments couple.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cable {
    /// Axial resistivity, Ω·cm.
    pub axial_resistivity: f64,
    /// Membrane capacitance, µF/cm².
    pub capacitance: f64,
}

/// How many compartments a section gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// This many in every section.
    Count(usize),
    /// As few as possible, none longer than this, µm.
    MaxLength(f64),
    /// The smallest odd number for which none is longer than `fraction` of the length constant at `frequency` (Hz).
    /// The usual values are 0.1 and 100 Hz (Hines & Carnevale 2001, The Neuroscientist 7:123).
    DLambda {
        /// Part of the length constant.
        fraction: f64,
        /// Hz.
        frequency: f64,
    },
    /// The odd number that NEURON's d_lambda rule gives, int((L/(fraction·λ) + 0.9)/2)·2 + 1: now and then two fewer.
    NeuronDLambda {
        /// Part of the length constant.
        fraction: f64,
        /// Hz.
        frequency: f64,
    },
    /// This many in each section, in the order of sections.
    PerSection(Vec<usize>),
}

/// How precisely the points of a section are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    #[default]
    Double,
    /// As NEURON keeps them: coordinates, diameters and differences of coordinates rounded to single precision. For
    /// comparison with it; areas change by about one part in 2·10⁷. Cylinders given by measures are not rounded.
    NeuronFloat32,
}

/// What [`discretize`] needs beside the morphology.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How many compartments.
    pub rule: Rule,
    /// How precisely points are kept.
    pub precision: Precision,
    /// One per section.
    pub cables: Vec<Cable>,
}

impl Options {
    /// The same cable in every section, points in full precision.
    pub fn uniform(morphology: &Morphology, rule: Rule, cable: Cable) -> Self {
        Self { rule, precision: Precision::Double, cables: vec![cable; morphology.sections.len()] }
    }
}

impl Precision {
    fn profile(self, section: &Section) -> Profile {
        match self {
            Self::Double => Profile::exact(&section.shape),
            Self::NeuronFloat32 => Profile::new(&section.shape, |value| f64::from(value as f32)),
        }
    }
}

/// The length constant at `frequency` (Hz) of a section of varying diameter, µm: its length divided by its length
/// in units of the local √(d/(4πf·Ra·cm)).
pub fn length_constant(section: &Section, cable: &Cable, frequency: f64, precision: Precision) -> f64 {
    count::length_constant(&precision.profile(section), cable, frequency)
}

/// The compartments of `morphology`.
pub fn discretize(morphology: &Morphology, options: &Options) -> Result<Tree> {
    morphology.validate()?;
    options.check(morphology)?;
    let mut tree = Tree::default();
    // Path distance of the joined end and length of each section, as the precision has them.
    let mut placed: Vec<(f64, f64)> = Vec::with_capacity(morphology.sections.len());
    for (index, (section, cable)) in morphology.sections.iter().zip(&options.cables).enumerate() {
        let profile = options.precision.profile(section);
        let count = count::count(&options.rule, index, &section.name, &profile, cable)?;
        if tree.len() + count > MOST {
            let message = format!("the cell has more than {MOST} compartments");
            return Err(Error::new(ErrorKind::Parameter, message).key("compartments"));
        }
        let (joined, start) = match section.attachment {
            None => (None, 0.0),
            Some(at) => {
                let (parent_start, parent_length) = placed[at.parent];
                let parent = &morphology.sections[at.parent];
                let start = parent.distance_within(at.parent_x, parent_length, parent_start);
                (Some(tree.node_at(at.parent, at.parent_x)?), start)
            }
        };
        placed.push((start, profile.length()));
        let pieces = cut::cut(&profile, count);
        let profile = &profile;
        tree.add_section(&Addition { index, section, profile, pieces: &pieces, cable, joined, start });
    }
    tree.refuse_extremes(morphology, &options.cables)?;
    Ok(tree)
}

impl Options {
    fn check(&self, morphology: &Morphology) -> Result<()> {
        let sections = morphology.sections.len();
        let wrong = |what: String| Err(Error::new(ErrorKind::Parameter, what));
        if self.cables.len() != sections {
            return wrong(format!("there are {} cables for {sections} sections", self.cables.len()));
        }
        if let Rule::PerSection(counts) = &self.rule
            && counts.len() != sections
        {
            return wrong(format!(
                "there are {} counts of compartments for {sections} sections",
                counts.len()
            ));
        }
        for (section, cable) in morphology.sections.iter().zip(&self.cables) {
            let Cable { axial_resistivity, capacitance } = *cable;
            let name = &section.name;
            if !(axial_resistivity.is_finite() && axial_resistivity > 0.0) {
                return wrong(format!(
                    "section `{name}` has an axial resistivity of {axial_resistivity} Ω·cm; it must be positive"
                ));
            }
            if !(capacitance.is_finite() && capacitance >= 0.0) {
                return wrong(format!(
                    "section `{name}` has a capacitance of {capacitance} µF/cm²; it must not be negative"
                ));
            }
        }
        Ok(())
    }
}
