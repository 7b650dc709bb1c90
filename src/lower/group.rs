//! Cells that run side by side: what they share with every group of so many such cells, and what is theirs alone.
//!
//! In come a [`Lowered`] and the number of the first cell; connections and events are added. Out goes the memory that a run
//! begins with.

use std::sync::Arc;

use apical_kernels::{Buffer, random};

use super::Lowered;
use super::events::{Arrival, Connection, Delivery, Target};
use super::probes::Probe;
use crate::error::{Error, ErrorKind, Result};

/// Cells side by side, ready to run.
#[derive(Clone, Debug)]
pub struct Group {
    /// What is the same for all groups of so many such cells.
    pub lowered: Arc<Lowered>,
    /// The number in the network of the first cell; 0 of a cell alone.
    pub first: usize,
    /// What the cells are called; `None` of a cell alone.
    pub names: Option<Names>,
    /// What is recorded.
    pub probes: Vec<Probe>,
    /// For each parameter that differs between cells, the values of these.
    pub values: Vec<Vec<f64>>,
    /// What events arrive through.
    pub connections: Vec<Connection>,
    /// The arguments of all connections, which follow the layout's numbers in memory.
    pub arguments: Vec<f64>,
    /// Events known beforehand, by time and then by connection.
    pub arrivals: Vec<Arrival>,
    /// What spikes set off here, by the detector or the cell that spikes and then by connection.
    pub deliveries: Vec<Delivery>,
}

/// Names of cells: their population's and their numbers in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Name of the population.
    pub population: Arc<str>,
    /// The number in the population of the group's first cell.
    pub first: usize,
}

impl Names {
    /// The name of a cell by its position in the group.
    pub fn of(&self, position: usize) -> String {
        format!("{}[{}]", self.population, self.first + position)
    }
}

impl Group {
    /// Cells that are yet to be connected.
    pub fn new(lowered: Arc<Lowered>, first: usize, names: Option<Names>, probes: Vec<Probe>) -> Self {
        Self {
            lowered,
            first,
            names,
            probes,
            values: Vec::new(),
            connections: Vec::new(),
            arguments: Vec::new(),
            arrivals: Vec::new(),
            deliveries: Vec::new(),
        }
    }

    /// Adds a connection with these arguments and returns its index.
    ///
    /// # Errors
    /// More connections than can be numbered.
    pub fn connect(&mut self, target: Target, arguments: &[f64]) -> Result<u32> {
        let numbered = |number: usize| {
            u32::try_from(number).map_err(|_| {
                Error::new(ErrorKind::Model, "the connections of one group of cells are too many to number")
            })
        };
        let index = numbered(self.connections.len())?;
        self.connections.push(Connection {
            mechanism: numbered(target.mechanism)?,
            instance: numbered(target.instance)?,
            arguments: numbered(self.lowered.layout.memory.len() + self.arguments.len())?,
        });
        self.arguments.extend_from_slice(arguments);
        Ok(index)
    }

    /// Puts arrivals and deliveries in order, when all of them are there.
    pub fn order_events(&mut self) {
        self.arrivals.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.connection.cmp(&b.connection)));
        self.deliveries.sort_unstable_by_key(|delivery| (delivery.from, delivery.connection));
        self.connections.shrink_to_fit();
        self.deliveries.shrink_to_fit();
    }

    /// Memory before the run.
    pub fn memory(&self) -> Buffer {
        let lowered = &self.lowered;
        let mut memory =
            Buffer::from([lowered.layout.memory.as_slice(), &self.arguments].concat().as_slice());
        for cell in 0..lowered.cells {
            let seed = random::of_cell(lowered.seed, (self.first + cell) as u64);
            for streams in &lowered.streams {
                for (instance, &number) in streams.numbers.iter().enumerate() {
                    memory[streams.offset + instance * lowered.cells + cell] =
                        random::stream(seed, streams.mechanism, number);
                }
            }
        }
        for (values, places) in self.values.iter().zip(&lowered.varied) {
            for &first in places {
                memory[first..first + lowered.cells].copy_from_slice(values);
            }
        }
        memory
    }
}
