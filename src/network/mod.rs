//! The description of a network as plain data: populations of cells that differ in parameters at most, connections between them, trains of events from
//! outside.
//!
//! In come cells; out goes a [`Network`]. Cells are numbered through all populations in their order: a cell's random numbers and
//! the order of events depend on that number alone.

mod parameter;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Detector, Record, Run};

pub use parameter::{CellParameter, Varied};

/// Cells and what joins them.
///
/// ```
/// # fn main() -> apical::Result<()> {
/// use apical::cell::{Cell, SectionDescription};
/// use apical::model::Detector;
/// use apical::network::{Connection, Network, Population, Target, Train};
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
///     parameters: Vec::new(),
///     spike: Detector::voltage("spike", "soma(0.5)", 0.0),
///     record: Vec::new(),
///     recorded: Vec::new(),
/// });
/// let synapse_of = |cell| Target { cell, place: 0, instance: 0 };
/// // The first cell gets an event at 5 ms and drives the second.
/// network.trains.push(Train { to: synapse_of(0), weight: 0.02, times: vec![5.0] });
/// network.connections.push(Connection { from: 0, to: synapse_of(1), weight: 0.02, delay: 2.0 });
/// let mut simulation = NetworkSimulation::new(&network, ".")?;
/// simulation.run_with(2, |_| {})?;
/// let spikes = simulation.results().spikes;
/// assert_eq!((spikes[0].times.len(), spikes[1].times.len()), (1, 1));
/// assert!(spikes[1].times[0] > spikes[0].times[0] + 2.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Files or folders of NMODL text, beside the built-in mechanisms.
    pub mechanisms: Vec<PathBuf>,
    /// Groups of cells of one description.
    pub populations: Vec<Population>,
    /// From spikes of one cell to a point process of another, or of itself.
    pub connections: Vec<Connection>,
    /// Events from outside.
    pub trains: Vec<Train>,
    /// Electrical synapses.
    pub junctions: Vec<Junction>,
    /// How the current through them is taken.
    pub junction_scheme: JunctionScheme,
    /// How all of them are integrated.
    pub run: Run,
}

/// An electrical synapse.
#[derive(Clone, Debug, PartialEq)]
pub struct Junction {
    /// What it joins.
    pub ends: [JunctionEnd; 2],
    /// µS.
    pub conductance: f64,
}

/// A side of a junction.
#[derive(Clone, Debug, PartialEq)]
pub struct JunctionEnd {
    /// The cell's number in the network.
    pub cell: u32,
    /// A locset that names one location on it.
    pub at: Arc<str>,
}

/// How the current through junctions is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JunctionScheme {
    /// With both voltages at the end of the step, as along a dendrite.
    #[default]
    Implicit,
    /// With the other side's voltage of the step before, as NEURON does.
    Lagged,
}

/// Cells of one description.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Unique name.
    pub name: String,
    /// How many.
    pub count: usize,
    /// What each is.
    pub cell: Cell,
    /// In what they differ; of two that give the same number, the later counts.
    pub parameters: Vec<CellParameter>,
    /// What a cell's spikes are.
    pub spike: Detector,
    /// What is recorded.
    pub record: Vec<Record>,
    /// Of which cells, by their number in the population.
    pub recorded: Vec<usize>,
}

/// A point process of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The cell's number in the network.
    pub cell: u32,
    /// Which entry of the cell's `place`.
    pub place: u32,
    /// Which of its instances.
    pub instance: u32,
}

/// A synaptic connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Connection {
    /// The cell whose spikes it carries.
    pub from: u32,
    /// Where they arrive.
    pub to: Target,
    /// First argument of NET_RECEIVE, in the mechanism's unit; further ones are 0.
    pub weight: f64,
    /// ms; at least one time step.
    pub delay: f64,
}

/// Events from outside at known times.
#[derive(Clone, Debug, PartialEq)]
pub struct Train {
    /// Where they arrive.
    pub to: Target,
    /// First argument of NET_RECEIVE.
    pub weight: f64,
    /// Times of arrival, ms.
    pub times: Vec<f64>,
}

impl Network {
    /// A network of nothing that runs for so many ms.
    pub fn new(duration: f64) -> Self {
        Self {
            mechanisms: Vec::new(),
            populations: Vec::new(),
            connections: Vec::new(),
            trains: Vec::new(),
            junctions: Vec::new(),
            junction_scheme: JunctionScheme::default(),
            run: Run { duration, ..Run::default() },
        }
    }

    /// How many cells there are.
    pub fn cell_count(&self) -> usize {
        self.populations.iter().fold(0, |sum, p| sum.saturating_add(p.count))
    }

    /// The number of the population that a cell belongs to; the last for a cell that does not exist.
    pub fn population_of(&self, cell: u32) -> usize {
        let mut first = 0;
        let ends = self.populations.iter().map(|population| {
            first += population.count;
            first
        });
        let before = ends.take_while(|&end| end <= cell as usize).count();
        before.min(self.populations.len().saturating_sub(1))
    }

    /// What can be told without the cells' shapes.
    ///
    /// # Errors
    /// No cells, an empty population, two populations of one name, values of a parameter that are not one for each cell, a cell that does
    /// not exist, a delay below the time step, a weight or a time that
    /// is no number.
    pub fn validate(&self) -> Result<()> {
        let fault = |message: String, key: String| Err(Error::new(ErrorKind::Model, message).key(key));
        let cells = self.cell_count();
        if cells == 0 || u32::try_from(cells).is_err() {
            return fault(format!("a network of {cells} cells"), "populations".to_owned());
        }
        for (number, population) in self.populations.iter().enumerate() {
            let key = format!("populations[{number}]");
            if self.populations[..number].iter().any(|p| p.name == population.name) {
                return fault(format!("two populations are called `{}`", population.name), key);
            }
            if population.count == 0 {
                return fault(format!("`{}` has no cells", population.name), format!("{key}.count"));
            }
            for (number, parameter) in population.parameters.iter().enumerate() {
                let key = format!("{key}.parameters[{number}]");
                parameter.validate(population.count).map_err(|e| e.key(key))?;
            }
            if let Some(cell) = population.recorded.iter().find(|&&cell| cell >= population.count) {
                let (name, count) = (&population.name, population.count);
                return fault(
                    format!("`{name}` has {count} cells, so there is none numbered {cell}"),
                    format!("{key}.recorded"),
                );
            }
        }
        let exists = |cell: u32, key: &str| match (cell as usize) < cells {
            true => Ok(()),
            false => fault(
                format!("the network has {cells} cells, so there is none numbered {cell}"),
                key.to_owned(),
            ),
        };
        for (number, connection) in self.connections.iter().enumerate() {
            let key = format!("connections[{number}]");
            exists(connection.from, &key)?;
            exists(connection.to.cell, &key)?;
            let step = self.run.time_step;
            if !(connection.delay >= step && connection.delay.is_finite()) {
                let delay = connection.delay;
                return fault(format!("a delay of {delay} ms: at least the time step of {step} ms"), key);
            }
            if !connection.weight.is_finite() {
                return fault(format!("a weight of {}", connection.weight), key);
            }
        }
        for (number, junction) in self.junctions.iter().enumerate() {
            let key = format!("junctions[{number}]");
            junction.ends.iter().try_for_each(|end| exists(end.cell, &key))?;
            if !(junction.conductance >= 0.0 && junction.conductance.is_finite()) {
                return fault(format!("a conductance of {} µS", junction.conductance), key);
            }
        }
        for (number, train) in self.trains.iter().enumerate() {
            let key = format!("trains[{number}]");
            exists(train.to.cell, &key)?;
            if !train.weight.is_finite() {
                return fault(format!("a weight of {}", train.weight), key);
            }
            if let Some(time) = train.times.iter().find(|time| !(time.is_finite() && **time >= 0.0)) {
                return fault(format!("an event at {time} ms"), key);
            }
        }
        Ok(())
    }
}
