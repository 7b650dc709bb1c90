//! Reads SWC, the text format of one sample per line: `id type x y z radius parent`.
//!
//! In comes the text and an [`SwcOptions`] that names every choice the format leaves open; out goes a
//! [`Morphology`], or an error with line and column. In between lie the table of samples, the forest they
//! form, and the sections cut from it. Nothing depends on the order of lines; ids decide only the order of sections.
//!
//! The defaults give what NEURON's Import3d gives for files it reads rightly. They differ where its result hangs on
//! ids being consecutive: a chain of samples of one type is one section here whatever its ids, and every neurite that
//! branches at its first sample is treated alike.
//!
//! The format: Cannon et al. 1998, J. Neurosci. Methods 84:49; somas of three samples: the NeuroMorpho.org
//! standardisation.

mod forest;
mod sections;
mod table;

use serde::{Deserialize, Serialize};

use super::Morphology;
use crate::error::{Error, Result};

/// What is done where the format, or a file, leaves a choice. The default refuses whatever is doubtful.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SwcOptions {
    /// How soma samples become sections.
    pub soma: SomaPolicy,
    /// What lies between a soma sample and the first sample of a neurite.
    pub gap: SomaGap,
    /// Zero and every radius below this one, µm, are raised to it. When not given, a radius of zero is an error. Negative
    /// radii are refused always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest_radius: Option<f64>,
    /// What is done with a second sample without a parent.
    pub roots: RootPolicy,
    /// What is done with soma samples that do not hang together.
    pub somata: SomataPolicy,
    /// Micrometres in one unit of the file: 0.001 for nanometres. When not given, one, and a file whose neurites would then
    /// be thicker than any is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
}

/// How soma samples become sections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SomaPolicy {
    /// One sample becomes a cylinder along x whose length is its diameter (the area of the sphere). So do three when
    /// the second and third hang on the first, carry nothing, have its radius and lie a radius away from it. Any
    /// other soma is taken as a stack of truncated cones.
    #[default]
    Neuron,
}

/// What lies between a soma sample and the first sample of a neurite that joins the soma at its centre or where the
/// soma forks. (A neurite that continues the end of a stacked soma always begins at the soma's sample with its own
/// diameter.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SomaGap {
    /// Nothing: the neurite begins at its first sample, joined to the soma without length or resistance, as in
    /// NEURON. A neurite of a single sample cannot; it is read as with `Cylinder`.
    #[default]
    Wire,
    /// A cylinder of the diameter of the neurite's first sample, from the soma's sample.
    Cylinder,
    /// A truncated cone from the soma's sample and diameter.
    Cone,
}

/// What is done with a second sample without a parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RootPolicy {
    /// It is an error.
    #[default]
    Refuse,
    /// It is the root of a tree of its own, not connected to the first.
    Keep,
    /// Every tree without the first soma joins the centre of that soma without length or resistance.
    JoinSoma,
}

/// What is done with soma samples that do not hang together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SomataPolicy {
    /// It is an error.
    #[default]
    Refuse,
    /// Each group becomes sections with the soma's tag.
    Keep,
}

/// Reads the text of an SWC file.
pub fn read(text: &str, options: &SwcOptions) -> Result<Morphology> {
    read_named(text, "SWC text", options)
}

/// As [`read`], with the name errors give to the text.
pub(super) fn read_named(text: &str, name: &str, options: &SwcOptions) -> Result<Morphology> {
    table::check(options)?;
    let (text, mut repairs) = table::with_line_feeds(text);
    let in_text = |error: Error| error.in_text(name, text.as_ref());
    let samples = table::parse(&text, options, &mut repairs).map_err(in_text)?;
    let forest = forest::link(samples, options).map_err(in_text)?;
    let sections = sections::cut(&forest, options, &mut repairs).map_err(in_text)?;
    let morphology = Morphology { sections, repairs };
    morphology.validate().map_err(in_text)?;
    Ok(morphology)
}
