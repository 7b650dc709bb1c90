//! What `apical run` leaves of a network.
//!
//! In come a network and what its stream held; out goes `summary.json`, beside the stream's `traces.npz` and `spikes.csv`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::stream::Streamed;
use super::{TraceSummary, quoted, write_summary};
use crate::NetworkSimulation;
use crate::error::Result;
use crate::model::Run;
use crate::network::Network;

/// What `summary.json` holds.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkSummary {
    /// The network's title.
    pub title: String,
    /// The version of apical that ran it.
    pub apical: &'static str,
    /// Compartments of all cells, not counting zero-area nodes.
    pub compartments: usize,
    /// Connections between cells.
    pub connections: usize,
    /// Steps taken.
    pub steps: u64,
    /// Seconds that stepping took, set-up apart.
    pub wall_s: f64,
    /// Nanoseconds per compartment and step.
    pub ns_per_compartment_step: f64,
    /// How it was integrated, seed included.
    pub run: Run,
    /// Its populations.
    pub populations: Vec<PopulationSummary>,
    /// Range and last value of each trace.
    pub traces: Vec<TraceSummary>,
}

/// A population in short.
#[derive(Clone, Debug, Serialize)]
pub struct PopulationSummary {
    /// Name.
    pub name: String,
    /// How many cells it has.
    pub cells: usize,
    /// Spikes of all of them.
    pub spikes: usize,
    /// Spikes of a cell per second in the mean.
    pub rate_hz: f64,
    /// Cells that spiked at all.
    pub active: usize,
}

impl NetworkSummary {
    /// Summarises a run that left this on disk and took `wall_s` seconds for so many steps, the last of all.
    pub fn new(
        network: &Network,
        simulation: &NetworkSimulation,
        streamed: &Streamed,
        wall_s: f64,
        steps: u64,
    ) -> Self {
        let seconds = 1e-3 * network.run.time_step * simulation.steps() as f64;
        let population = |p: &crate::network::Population| {
            let counts = &streamed.counts[network.cells_of(&p.name)];
            let all: u64 = counts.iter().sum();
            PopulationSummary {
                name: p.name.clone(),
                cells: p.count,
                spikes: all as usize,
                rate_hz: all as f64 / (p.count as f64 * seconds),
                active: counts.iter().filter(|&&count| count > 0).count(),
            }
        };
        let compartments = simulation.compartment_count();
        Self {
            title: network.title.clone(),
            apical: env!("CARGO_PKG_VERSION"),
            compartments,
            connections: simulation.connection_count(),
            steps: simulation.steps(),
            wall_s,
            ns_per_compartment_step: 1e9 * wall_s / (compartments as f64 * steps as f64),
            run: network.run,
            populations: network.populations.iter().map(population).collect(),
            traces: streamed.traces.clone(),
        }
    }

    /// Writes it beside the files of the stream.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let [traces, spikes, summary] =
            ["traces.npz", "spikes.csv", "summary.json"].map(|name| folder.join(name));
        write_summary(&summary, self)?;
        Ok(vec![traces, spikes, summary])
    }
}

/// The head of a network's `spikes.csv`.
pub const SPIKES_HEAD: &str = "population,cell,time_ms";

/// What stands there before the times of each cell.
pub fn labels(network: &Network) -> Vec<String> {
    let cells = |p: &crate::network::Population| {
        let name = quoted(&p.name).into_owned();
        (0..p.count).map(move |cell| format!("{name},{cell}"))
    };
    network.populations.iter().flat_map(cells).collect()
}
