//! The description of a network as plain data: populations of cells that differ in parameters at most, projections between them, drives from outside.
//!
//! In comes a document (`docs/network.md`) or a program's data; out goes a [`Network`], and from it the [`Wiring`]: connections one
//! after the other, made from rules as they are asked for. What is drawn depends on the run's seed, on a name and on the number of a
//! cell in its population, not on threads or on what else there is.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cell::{Cell, table};
use crate::model::{Detector, Record, Run, VERSION};

mod csv;
mod distribution;
mod document;
mod drive;
pub mod generator;
mod junction;
mod parameter;
mod place;
mod rule;
mod validate;
mod wire;

pub use distribution::{Distribution, Drawn};
pub use document::Document;
pub use drive::Input;
pub use generator::Generator;
pub use junction::{Junction, JunctionEnd, JunctionScheme};
pub use parameter::{CellParameter, Values, Varied, Vary};
pub use place::Positions;
pub use rule::{Listed, Profile, Rule};
pub use wire::{Connection, Target, Wiring};

/// Cells and what joins them.
///
/// ```
/// # fn main() -> apical::Result<()> {
/// use apical::cell::{Cell, SectionDescription};
/// use apical::model::Detector;
/// use apical::network::{Drive, Network, Population, Projection, Rule, Train};
/// use apical::NetworkSimulation;
///
/// let soma = SectionDescription {
///     name: "soma".into(),
///     length: Some(20.0),
///     diameter: Some(20.0),
///     ..SectionDescription::default()
/// };
/// let cell = Cell { section: vec![soma], ..Cell::default() }
///     .paint("all", "hh", [])
///     .place("synapse", "soma(0.5)", "ExpSyn", [("tau", 2.0.into())]);
/// let mut network = Network::new(30.0);
/// network.populations.push(Population {
///     name: "pair".into(),
///     count: 2,
///     cell,
///     spike: Detector::voltage("spike", "soma(0.5)", 0.0),
///     ..Population::default()
/// });
/// // The first cell gets an event at 5 ms and drives the second, which drives the first.
/// network.drives.push(Drive {
///     trains: vec![Train { cell: 0, instance: None, times: vec![5.0] }],
///     ..Drive::new("start", "pair", "synapse", 0.02)
/// });
/// network.projections.push(Projection {
///     weight: Some(0.02.into()),
///     delay: Some(2.0.into()),
///     ..Projection::new("mutual", "pair", "pair", "synapse", Rule::AllToAll { autapses: false })
/// });
/// let mut simulation = NetworkSimulation::new(&network, ".")?;
/// simulation.run_with(2, |_| {})?;
/// let spikes = simulation.results().spikes;
/// assert!(spikes[1].times[0] > spikes[0].times[0] + 2.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Version of the document's form: [`VERSION`].
    pub version: u32,
    /// For people and plots.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Files or folders of NMODL text, beside the built-in mechanisms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mechanisms: Vec<PathBuf>,
    /// Groups of cells of one description.
    #[serde(rename = "population", deserialize_with = "table::list")]
    pub populations: Vec<Population>,
    /// From spikes of the cells of one population to point processes of the cells of another, or of the same.
    #[serde(
        rename = "projection",
        default,
        deserialize_with = "table::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub projections: Vec<Projection>,
    /// Events from outside.
    #[serde(
        rename = "drive",
        default,
        deserialize_with = "table::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub drives: Vec<Drive>,
    /// Electrical synapses.
    #[serde(
        rename = "junction",
        default,
        deserialize_with = "table::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub junctions: Vec<Junction>,
    /// How the current through them is taken.
    #[serde(default)]
    pub junction_scheme: JunctionScheme,
    /// How all of them are integrated.
    #[serde(deserialize_with = "table::one")]
    pub run: Run,
}

/// Cells of one description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Unique name.
    pub name: String,
    /// How many.
    pub count: usize,
    /// What each is.
    #[serde(default, deserialize_with = "table::one")]
    pub cell: Cell,
    /// A model document that `cell` is taken from, with its mechanisms. [`Document`] reads it; elsewhere it is to be `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<PathBuf>,
    /// Files or folders of NMODL text for these cells, beside the network's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mechanisms: Vec<PathBuf>,
    /// What a cell's spikes are.
    #[serde(deserialize_with = "document::spike")]
    pub spike: Detector,
    /// What is recorded.
    #[serde(default, deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<Record>,
    /// Of which cells, by their number in the population.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<usize>,
    /// Where the cells are, for rules of distance.
    #[serde(default, deserialize_with = "table::maybe", skip_serializing_if = "Option::is_none")]
    pub positions: Option<Positions>,
    /// In what cells differ; of two that give the same number, the later counts.
    #[serde(default, deserialize_with = "table::list", skip_serializing_if = "Vec::is_empty")]
    pub vary: Vec<Vary>,
}

/// Connections from one population to another by a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// Unique name; what is drawn depends on it.
    pub name: String,
    /// Population whose spikes are carried.
    pub from: String,
    /// Population where they arrive.
    pub to: String,
    /// Name of the placement there.
    pub place: String,
    /// Which cells are connected.
    #[serde(deserialize_with = "table::one")]
    pub connect: Rule,
    /// Which instance of the placement a connection reaches.
    #[serde(default)]
    pub instance: Instance,
    /// First argument of NET_RECEIVE, in the mechanism's unit; further ones are 0. May be left away where a list gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Distribution>,
    /// ms; at least one time step. May be left away where a list gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Distribution>,
    /// What it is meant to do at rest; refused when it does something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

impl Projection {
    /// A projection whose weights and delays are yet to be given.
    pub fn new(name: &str, from: &str, to: &str, place: &str, connect: Rule) -> Self {
        Self {
            name: name.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            place: place.to_owned(),
            connect,
            instance: Instance::default(),
            weight: None,
            delay: None,
            kind: None,
        }
    }
}

/// Which instance of a placement is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Instance {
    /// Each as likely.
    #[default]
    Uniform,
    /// One after the other over the connections that a cell gets.
    InTurn,
    /// Always this one, from 0.
    Fixed(u32),
}

/// What an event does to a membrane at rest, where a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Drives the voltage up.
    Excitatory,
    /// Drives the voltage down.
    Inhibitory,
    /// Opens a conductance whose current is next to nothing at rest.
    Shunting,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Excitatory => "excitatory",
            Self::Inhibitory => "inhibitory",
            Self::Shunting => "shunting",
        })
    }
}

/// Events from outside to the point processes of a population. Exactly one of `generator`, `file` and `trains` is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drive {
    /// Unique name; what is drawn depends on it.
    pub name: String,
    /// Population.
    pub to: String,
    /// Name of the placement.
    pub place: String,
    /// Which instance, from 0; all of them when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// Which cells, by their number in the population; all of them when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<Vec<u32>>,
    /// First argument of NET_RECEIVE, drawn once for each instance.
    pub weight: Distribution,
    /// What makes the times.
    #[serde(default, deserialize_with = "table::maybe", skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generator>,
    /// A CSV file of times: columns `cell`, `time` (ms) and perhaps `instance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Times one by one.
    #[serde(
        rename = "train",
        default,
        deserialize_with = "table::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub trains: Vec<Train>,
    /// What has a stream of its own.
    #[serde(default)]
    pub stream: Stream,
    /// What it is meant to do at rest; refused when it does something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

impl Drive {
    /// A drive whose times are yet to be given.
    pub fn new(name: &str, to: &str, place: &str, weight: impl Into<Distribution>) -> Self {
        Self {
            name: name.to_owned(),
            to: to.to_owned(),
            place: place.to_owned(),
            instance: None,
            cells: None,
            weight: weight.into(),
            generator: None,
            file: None,
            trains: Vec::new(),
            stream: Stream::default(),
            kind: None,
        }
    }
}

/// What has a stream of random times of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Every instance of every cell.
    #[default]
    Instance,
    /// Every cell: its instances get the same events.
    Cell,
    /// The drive: all get the same events.
    Population,
}

/// Times of arrival at a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// The cell's number in the population.
    pub cell: u32,
    /// Which instance of the placement, from 0; that of the drive when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// ms.
    pub times: Vec<f64>,
}

impl Network {
    /// A network of nothing that runs for so many ms.
    pub fn new(duration: f64) -> Self {
        Self {
            version: VERSION,
            title: String::new(),
            mechanisms: Vec::new(),
            populations: Vec::new(),
            projections: Vec::new(),
            drives: Vec::new(),
            junctions: Vec::new(),
            junction_scheme: JunctionScheme::default(),
            run: Run { duration, ..Run::default() },
        }
    }

    /// How many cells there are.
    pub fn cell_count(&self) -> usize {
        self.populations.iter().fold(0, |sum, p| sum.saturating_add(p.count))
    }

    /// The number of a population by its name.
    pub fn population(&self, name: &str) -> Option<usize> {
        self.populations.iter().position(|p| p.name == name)
    }

    /// The number in the network of a population's first cell: cells are numbered through all populations in their order.
    pub fn first_cell(&self, population: usize) -> usize {
        self.populations[..population].iter().map(|p| p.count).sum()
    }

    /// The population of a cell by its number in the network, and its number there.
    pub fn cell(&self, number: usize) -> Option<(usize, usize)> {
        let mut own = number;
        for (population, count) in self.populations.iter().map(|p| p.count).enumerate() {
            match own.checked_sub(count) {
                None => return Some((population, own)),
                Some(beyond) => own = beyond,
            }
        }
        None
    }

    /// The numbers in the network of a population's cells; none when there is no such population.
    pub fn cells_of(&self, name: &str) -> std::ops::Range<usize> {
        let Some(number) = self.population(name) else { return 0..0 };
        let first = self.first_cell(number);
        first..first + self.populations[number].count
    }

    /// Where the cells of a population are, µm; none when it does not say, or there is no such population.
    pub fn positions(&self, name: &str) -> Option<Vec<[f64; 3]>> {
        let population = &self.populations[self.population(name)?];
        Some(place::of(population, population.positions.as_ref()?, self.run.seed))
    }
}
