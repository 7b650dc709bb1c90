//! The model document: a whole experiment as plain data, TOML or JSON.
//!
//! In comes a file or a builder's calls; out goes [`Model`]: a cell, what happens to it, what is measured and for how
//! long. Unknown keys are refused. The reference for users is `docs/model.md`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cell::{Cell, table};

mod document;
pub(crate) mod text;
pub(crate) mod validate;

pub use document::Document;
pub use text::{Format, Text};

/// The version of the document that this library writes and reads.
pub const VERSION: u32 = 1;

/// A whole experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Version of the document's form: [`VERSION`].
    pub version: u32,
    /// For people and plots.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Files or folders of NMODL text, relative to the document, beside the built-in mechanisms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mechanisms: Vec<PathBuf>,
    /// The neuron.
    #[serde(deserialize_with = "table::one")]
    pub cell: Cell,
    /// Synaptic events.
    #[serde(default, deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Events>,
    /// Threshold detectors.
    #[serde(default, deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub detect: Vec<Detector>,
    /// What is recorded.
    #[serde(default, deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<Record>,
    /// How it is integrated.
    #[serde(deserialize_with = "table::one")]
    pub run: Run,
}

impl Model {
    /// A cell that runs for so many ms, with nothing recorded yet.
    pub fn new(cell: Cell, duration: f64) -> Self {
        Self {
            version: VERSION,
            title: String::new(),
            mechanisms: Vec::new(),
            cell,
            events: Vec::new(),
            detect: Vec::new(),
            record: Vec::new(),
            run: Run { duration, ..Run::default() },
        }
    }
}

/// Events that arrive at a placed point process. Exactly one of `times`, `regular`, `poisson` and `from` is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Name of the placement.
    pub target: String,
    /// Which of its instances, from 0; all of them when not given (each with its own Poisson stream).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<usize>,
    /// Weight, in the unit of the mechanism's first argument of NET_RECEIVE.
    pub weight: f64,
    /// Further arguments of NET_RECEIVE, by name; 0 where not given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, f64>,
    /// Times of arrival, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Vec<f64>>,
    /// A regular train.
    #[serde(default, deserialize_with = "table::maybe", skip_serializing_if = "Option::is_none")]
    pub regular: Option<Regular>,
    /// A Poisson train.
    #[serde(default, deserialize_with = "table::maybe", skip_serializing_if = "Option::is_none")]
    pub poisson: Option<Poisson>,
    /// Name of a detector of this model whose crossings arrive after `delay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// ms; with `from` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
}

/// A regular train of events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regular {
    /// First arrival, ms.
    pub start: f64,
    /// Between arrivals, ms.
    pub interval: f64,
    /// How many.
    pub count: usize,
}

/// A Poisson train of events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poisson {
    /// Events per second.
    pub rate: f64,
    /// Not before, ms; 0 when not given.
    #[serde(default)]
    pub start: f64,
    /// Not after, ms; the run's end when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<f64>,
}

/// Reports upward crossings of a voltage (`at` and `threshold`), or the events that a point process or an artificial cell
/// sends (`of`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Unique name.
    pub name: String,
    /// Locset: a label or an expression that names one location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// mV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// So long after a crossing no other one is reported, ms; with `at` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refractory: Option<f64>,
    /// Name of a placement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Which of its instances, from 0; may be left away when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<usize>,
}

impl Detector {
    /// Watches a voltage.
    pub fn voltage(name: impl Into<String>, at: impl Into<String>, threshold: f64) -> Self {
        Self { name: name.into(), at: Some(at.into()), threshold: Some(threshold), ..Self::default() }
    }
}

/// A recorded quantity: `at` a locset, or `of` a placement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Name in the results; made from the rest when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `v`, `i_membrane`, an ion's quantity (`cai`, `ena`, `ica`), `MECHANISM.VARIABLE` (`hh.m`), or with `of` a variable.
    pub what: String,
    /// Locset: a label or an expression. One trace for each location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Name of a placement. One trace for each instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What is kept of it.
    #[serde(default, skip_serializing_if = "Keep::is_trace")]
    pub keep: Keep,
}

/// What is kept of a recorded quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// All samples.
    #[default]
    Trace,
    /// Mean, deviation and range of the samples.
    Statistics,
}

impl Keep {
    fn is_trace(&self) -> bool {
        *self == Self::Trace
    }
}

/// How the model is integrated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// ms. Must be given.
    pub duration: f64,
    /// ms.
    #[serde(default = "time_step")]
    pub time_step: f64,
    /// Integration in time.
    #[serde(default)]
    pub scheme: Scheme,
    /// How the derivative of currents by voltage is made.
    #[serde(default)]
    pub conductance: Conductance,
    /// How what depends on the membrane potential alone is computed.
    #[serde(default)]
    pub rates: Rates,
    /// °C.
    #[serde(default = "temperature")]
    pub temperature: f64,
    /// mV.
    #[serde(default = "initial_voltage")]
    pub initial_voltage: f64,
    /// Between recorded samples, ms: a multiple of the time step; every step when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_interval: Option<f64>,
    /// For everything random.
    #[serde(default = "seed")]
    pub seed: u64,
}

impl Run {
    /// How many steps it takes to a time, ms, and not beyond the duration.
    pub fn steps_until(&self, time: f64) -> u64 {
        (time.min(self.duration) / self.time_step).round() as u64
    }

    /// How many steps lie between recorded samples.
    pub fn steps_of_a_sample(&self) -> u64 {
        (self.sample_interval.unwrap_or(self.time_step) / self.time_step).round() as u64
    }
}

fn time_step() -> f64 {
    Run::default().time_step
}

fn temperature() -> f64 {
    Run::default().temperature
}

fn initial_voltage() -> f64 {
    Run::default().initial_voltage
}

fn seed() -> u64 {
    Run::default().seed
}

impl Default for Run {
    fn default() -> Self {
        Self {
            duration: f64::NAN,
            time_step: 0.025,
            scheme: Scheme::default(),
            conductance: Conductance::default(),
            rates: Rates::default(),
            temperature: 6.3,
            initial_voltage: -65.0,
            sample_interval: None,
            seed: 1,
        }
    }
}

/// Integration in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// First order, staggered gates: the field's default.
    #[default]
    BackwardEuler,
    /// Second order, staggered gates.
    CrankNicolson,
}

impl Scheme {
    /// By how many times the change that the equations give voltages move: Crank–Nicolson's are those of half a step.
    pub(crate) fn factor(self) -> f64 {
        match self {
            Self::BackwardEuler => 1.0,
            Self::CrankNicolson => 2.0,
        }
    }
}

/// How the derivative of currents by voltage is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conductance {
    /// Exactly, from the mechanism's text.
    #[default]
    Symbolic,
    /// NEURON's (i(v + 0.001) − i(v)) / 0.001; for comparison with it.
    Difference,
}

/// How what depends on the membrane potential alone is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rates {
    /// As the mechanism's text says.
    #[default]
    Exact,
    /// From tables whose relative error is bounded, where there can be such.
    Tabulated,
}
