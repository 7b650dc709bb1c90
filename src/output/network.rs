//! What `apical run` leaves of a network.
//!
//! In come a network and what its run left; out go `traces.npz`, `spikes.csv` and `summary.json`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{TraceSummary, quoted, write_summary, write_text, write_traces, written};
use crate::NetworkSimulation;
use crate::error::Result;
use crate::model::Run;
use crate::network::Network;
use crate::record::Results;

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
    /// Summarises a run that took `wall_s` seconds to step.
    pub fn new(network: &Network, simulation: &NetworkSimulation, results: &Results, wall_s: f64) -> Self {
        let population = |p: &crate::network::Population| {
            let spikes = &results.spikes[network.cells_of(&p.name)];
            let all: usize = spikes.iter().map(|s| s.times.len()).sum();
            PopulationSummary {
                name: p.name.clone(),
                cells: p.count,
                spikes: all,
                rate_hz: all as f64 / (p.count as f64 * 1e-3 * network.run.duration),
                active: spikes.iter().filter(|s| !s.times.is_empty()).count(),
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
            ns_per_compartment_step: 1e9 * wall_s / (compartments as f64 * simulation.steps() as f64),
            run: network.run,
            populations: network.populations.iter().map(population).collect(),
            traces: results.traces.iter().map(TraceSummary::new).collect(),
        }
    }
}

/// Writes all files into a folder made ready by [`prepare`](super::prepare); returns their paths. Files of these names are replaced.
///
/// # Errors
/// A file that cannot be written.
pub fn write(
    folder: &Path,
    network: &Network,
    results: &Results,
    summary: &NetworkSummary,
) -> Result<Vec<PathBuf>> {
    let [traces, times, short] = ["traces.npz", "spikes.csv", "summary.json"].map(|name| folder.join(name));
    write_traces(&traces, results)?;
    write_text(&times, &spikes(network, results))?;
    write_summary(&short, summary)?;
    Ok(vec![traces, times, short])
}

/// By population, cell and time.
fn spikes(network: &Network, results: &Results) -> String {
    let mut text = "population,cell,time_ms\n".to_owned();
    for population in &network.populations {
        let name = quoted(&population.name);
        for (cell, spikes) in results.spikes[network.cells_of(&population.name)].iter().enumerate() {
            for time in &spikes.times {
                // Writing to a string does not fail.
                let _ = writeln!(text, "{name},{cell},{}", written(*time));
            }
        }
    }
    text
}
