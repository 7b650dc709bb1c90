//! What a cell is made of: a shape, labels for parts of it, and what is painted on or placed at them.
//!
//! In comes a builder's calls or the `cell` table of a model document; out goes plain data, [`Cell`], that `lower` turns into
//! arrays. Regions and locsets are text: a label of the cell or an s-expression (see [`label`]).

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::morphology::swc::SwcOptions;

mod build;
pub mod label;
mod quantity;
pub(crate) mod table;

pub use quantity::{Compiled, Site};

/// A number, or an infix expression of where on the cell it is evaluated.
///
/// Expressions may use `distance` (path distance from the soma, µm), `diameter` (µm), `x`, `y`, `z` (position, µm)
/// and NMODL's functions: `0.1 * exp(-distance / 50)`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Quantity {
    /// The same everywhere.
    Number(f64),
    /// Evaluated at the centre of each compartment.
    Expression(String),
}

impl From<f64> for Quantity {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Quantity {
    fn from(text: &str) -> Self {
        Self::Expression(text.to_owned())
    }
}

/// Parameters of a mechanism by name, in the units of its text.
pub type Parameters = BTreeMap<String, Quantity>;

/// A neuron: shape, labels, membrane, mechanisms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cell {
    /// Morphology file, relative to the model document. Either this or `section`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub morphology: Option<PathBuf>,
    /// How the morphology file is read where that is a choice.
    #[serde(deserialize_with = "table::one", skip_serializing_if = "is_default")]
    pub swc: SwcOptions,
    /// Arithmetic of the geometry.
    pub geometry: Geometry,
    /// How many compartments a section gets, unless the section says so itself.
    #[serde(deserialize_with = "table::one")]
    pub compartments: Compartments,
    /// Axial resistivity, Ω·cm, where no `membrane` says otherwise.
    pub axial_resistivity: f64,
    /// Membrane capacitance, µF/cm², where no `membrane` says otherwise.
    pub capacitance: f64,
    /// Sections given one by one.
    #[serde(deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub section: Vec<SectionDescription>,
    /// Named regions: label → expression.
    pub regions: BTreeMap<String, String>,
    /// Named locsets: label → expression.
    pub locsets: BTreeMap<String, String>,
    /// Passive properties of regions; a later entry overrides an earlier one.
    #[serde(deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub membrane: Vec<Membrane>,
    /// Ions of regions; a later entry overrides an earlier one.
    #[serde(deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub ion: Vec<Ion>,
    /// Density mechanisms; painting one again on a part overrides the parameters named there.
    #[serde(deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub paint: Vec<Paint>,
    /// Point processes: synapses and clamps; artificial cells too.
    #[serde(deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<Place>,
    /// What the POINTERs of mechanisms point to.
    #[serde(deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub pointer: Vec<Pointer>,
    /// Values of the FUNCTION_TABLEs of mechanisms.
    #[serde(deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<Table>,
}

/// The error for an instance that a placement does not have.
pub(crate) fn no_instance(placement: &str, count: usize, instance: usize) -> Error {
    let message = format!("`{placement}` has {count} instances, so there is none numbered {instance}");
    Error::new(ErrorKind::Location, message).help("instances count from 0")
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            morphology: None,
            swc: SwcOptions::default(),
            geometry: Geometry::default(),
            compartments: Compartments::default(),
            axial_resistivity: 100.0,
            capacitance: 1.0,
            section: Vec::new(),
            regions: BTreeMap::new(),
            locsets: BTreeMap::new(),
            membrane: Vec::new(),
            ion: Vec::new(),
            paint: Vec::new(),
            place: Vec::new(),
            pointer: Vec::new(),
            table: Vec::new(),
        }
    }
}

/// Arithmetic of the geometry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Geometry {
    /// Double precision throughout.
    #[default]
    Double,
    /// Points rounded to single precision as NEURON keeps them; for comparison with it.
    NeuronFloat32,
}

/// How many compartments a section gets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "rule", deny_unknown_fields)]
pub enum Compartments {
    /// The same number in every section.
    Count {
        /// Compartments per section.
        count: usize,
    },
    /// As many as make none longer than this.
    MaxLength {
        /// µm.
        length: f64,
    },
    /// The smallest odd number with which none is longer than a fraction of the AC length constant.
    DLambda {
        /// Of the length constant.
        fraction: f64,
        /// Hz.
        frequency: f64,
    },
    /// NEURON's own formula, `int((L/(fraction·λ) + 0.9)/2)·2 + 1`.
    NeuronDLambda {
        /// Of the length constant.
        fraction: f64,
        /// Hz.
        frequency: f64,
    },
}

impl Default for Compartments {
    fn default() -> Self {
        Self::DLambda { fraction: 0.1, frequency: 100.0 }
    }
}

/// A section given by hand: either `length` and `diameter`, or `points`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SectionDescription {
    /// Unique name.
    pub name: String,
    /// SWC's type number; 0 when it does not matter.
    pub tag: i32,
    /// µm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<f64>,
    /// µm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diameter: Option<f64>,
    /// x, y, z, diameter, µm; the first is at the end that joins the parent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<[f64; 4]>,
    /// Name of the parent section; none for a root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Where on the parent; 1 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_x: Option<f64>,
    /// Which end of this section is joined, 0 or 1; 0 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child_x: Option<f64>,
    /// Number of compartments, overriding the cell's rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compartments: Option<usize>,
}

/// Passive properties of a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membrane {
    /// Region: a label or an expression. Axial resistivity acts on whole sections.
    pub region: String,
    /// Ω·cm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axial_resistivity: Option<f64>,
    /// µF/cm².
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacitance: Option<Quantity>,
    /// Membrane potential at the start, mV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_voltage: Option<Quantity>,
}

/// An ion in a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ion {
    /// Region: a label or an expression.
    pub region: String,
    /// Name of the ion, e.g. `na`.
    pub name: String,
    /// Reversal potential, mV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversal: Option<Quantity>,
    /// Concentration inside, mM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal: Option<Quantity>,
    /// Concentration outside, mM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<Quantity>,
}

/// A density mechanism on a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paint {
    /// Region: a label or an expression.
    pub region: String,
    /// Name of the mechanism.
    pub mechanism: String,
    /// Parameters that differ from the mechanism's defaults.
    #[serde(default)]
    pub parameters: Parameters,
}

/// A point process at every location of a locset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Unique name, by which events and records refer to it.
    pub name: String,
    /// Locset: a label or an expression. An artificial cell has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Name of the mechanism.
    pub mechanism: String,
    /// Parameters that differ from the mechanism's defaults.
    #[serde(default)]
    pub parameters: Parameters,
}

/// Connects a POINTER of every instance of a mechanism to a number elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// Name of a placement, or of a painted mechanism.
    pub of: String,
    /// Name of the POINTER.
    pub variable: String,
    /// What it points to: `v`, an ion's quantity, `MECHANISM.VARIABLE`, or with `target` a variable.
    pub what: String,
    /// Locset that names one location; the place of each instance itself when neither this nor `target` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Name of a placement: of one instance, or of as many as `of` has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// The values of a FUNCTION_TABLE: linear between the points, constant beyond them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Name of the mechanism.
    pub mechanism: String,
    /// Name of the FUNCTION_TABLE.
    pub name: String,
    /// Increasing arguments.
    pub arguments: Vec<f64>,
    /// A value for each.
    pub values: Vec<f64>,
}
