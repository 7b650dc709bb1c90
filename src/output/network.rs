//! What `apical run` leaves of a network.
//!
//! In come a network and what its stream held; out go `summary.json` and `plot.svg`, beside the stream's `traces.npz` and `spikes.csv`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::stream::Streamed;
use super::{InShort, TraceSummary, cannot, quoted, write_summary, write_text};
use crate::NetworkSimulation;
use crate::error::Result;
use crate::model::Run;
use crate::network::Network;
use crate::plot::{Axis, Figure, Layer, Panel};

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
    /// Quantities of which only this was kept.
    pub statistics: Vec<InShort>,
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
            statistics: streamed.statistics.iter().map(InShort::of).collect(),
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

    /// Draws spikes of some cells and the rates of populations from the stream's `spikes.csv`; returns the file's path.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn draw(&self, folder: &Path, network: &Network) -> Result<PathBuf> {
        let spikes = folder.join("spikes.csv");
        let text = std::fs::File::open(&spikes).map_err(|e| cannot(&spikes, &e))?;
        let duration = self.steps as f64 * self.run.time_step;
        let mut seen = Seen::new(network, duration);
        for line in BufReader::new(text).lines().skip(1) {
            seen.add(&line.map_err(|e| cannot(&spikes, &e))?);
        }
        let path = folder.join("plot.svg");
        let title = if network.title.is_empty() { "apical" } else { &network.title };
        write_text(&path, &seen.figure(title, network, duration))?;
        Ok(path)
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

/// Rows of a raster, over all populations; bins of a rate.
const ROWS: usize = 200;
const BINS: usize = 100;

/// What of the spikes is drawn.
struct Seen {
    /// By the label of a cell: its population, and its row when it has one.
    cells: HashMap<String, (usize, Option<usize>)>,
    rows: Vec<Vec<f64>>,
    /// Spikes in each bin, by population.
    bins: Vec<[u64; BINS]>,
    /// ms.
    width: f64,
}

impl Seen {
    /// The first cells of each population have rows, as many as their share of all cells.
    fn new(network: &Network, duration: f64) -> Self {
        let all = network.cell_count();
        let mut labels = labels(network).into_iter();
        let (mut cells, mut rows) = (HashMap::with_capacity(all), 0);
        for (number, population) in network.populations.iter().enumerate() {
            let drawn = if all <= ROWS { population.count } else { (population.count * ROWS).div_ceil(all) };
            for (cell, label) in labels.by_ref().take(population.count).enumerate() {
                cells.insert(label, (number, (cell < drawn).then_some(rows + cell)));
            }
            rows += drawn;
        }
        let bins = vec![[0; BINS]; network.populations.len()];
        Self { cells, rows: vec![Vec::new(); rows], bins, width: duration / BINS as f64 }
    }

    fn add(&mut self, line: &str) {
        let found = line
            .rsplit_once(',')
            .and_then(|(label, time)| Some((*self.cells.get(label)?, time.parse::<f64>().ok()?)));
        let Some(((population, row), time)) = found else { return };
        self.bins[population][((time / self.width) as usize).min(BINS - 1)] += 1;
        if let Some(row) = row {
            self.rows[row].push(time);
        }
    }

    fn figure(self, title: &str, network: &Network, duration: f64) -> String {
        let time = || Axis::new("time (ms)").range(0.0, duration);
        let shown = format!("spikes of {} of {} cells", self.rows.len(), self.cells.len());
        let mut rates = Panel::new("", time(), Axis::new("spikes per second and cell"));
        for (population, bins) in network.populations.iter().zip(&self.bins) {
            let scale = 1e3 / (self.width * population.count as f64);
            let point =
                |(bin, &count): (usize, &u64)| [(bin as f64 + 0.5) * self.width, count as f64 * scale];
            rates = rates.with(Layer::line(&population.name, bins.iter().enumerate().map(point).collect()));
        }
        let raster = Panel::new(shown, time(), Axis::new("cell")).with(Layer::Raster { rows: self.rows });
        Figure::new(title, 1).with(raster).with(rates).render()
    }
}
