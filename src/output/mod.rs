//! What `apical run` leaves in a folder: traces, spikes, a summary and a figure.
//!
//! In comes a [`Simulation`] that has run; out go `traces.npz`, `spikes.csv`, `summary.json` and `plot.svg`.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use npyz::WriterBuilder;
use serde::Serialize;

use crate::Simulation;
use crate::cell::label::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, Run};
use crate::plot::{self, Marker};
use crate::record::{Results, Statistics, Trace};

pub mod network;
pub mod stream;

/// What `summary.json` holds.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The model's title.
    pub title: String,
    /// The version of apical that ran it.
    pub apical: &'static str,
    /// Sections of the cell.
    pub sections: usize,
    /// Compartments, not counting zero-area nodes.
    pub compartments: usize,
    /// Steps taken.
    pub steps: u64,
    /// Seconds that stepping took, set-up apart.
    pub wall_s: f64,
    /// Nanoseconds per compartment and step.
    pub ns_per_compartment_step: f64,
    /// How it was integrated, seed included.
    pub run: Run,
    /// What the reader of the morphology changed or invented.
    pub repairs: Vec<String>,
    /// Range and last value of each trace.
    pub traces: Vec<TraceSummary>,
    /// Spikes of each detector.
    pub spikes: Vec<SpikeSummary>,
    /// Quantities of which only this was kept.
    pub statistics: Vec<InShort>,
}

/// Statistics of a quantity's samples.
#[derive(Clone, Debug, Serialize)]
pub struct InShort {
    /// Name, as that of a trace.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// How many samples.
    pub samples: u64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
    /// Least value.
    pub minimum: f64,
    /// Greatest value.
    pub maximum: f64,
}

impl InShort {
    fn of(statistics: &Statistics) -> Self {
        let Statistics { name, unit, samples, mean, minimum, maximum, .. } = statistics.clone();
        Self { name, unit, samples, mean, deviation: statistics.deviation(), minimum, maximum }
    }
}

/// A trace in short.
#[derive(Clone, Debug, Serialize)]
pub struct TraceSummary {
    /// Name of the trace and of its array in `traces.npz`.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Least value.
    pub minimum: f64,
    /// Greatest value.
    pub maximum: f64,
    /// Last value.
    pub last: f64,
}

impl TraceSummary {
    fn new(name: &str, unit: &str, values: &[f64]) -> Self {
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            minimum: values.iter().copied().fold(f64::INFINITY, f64::min),
            maximum: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            last: values.last().copied().unwrap_or(f64::NAN),
        }
    }

    fn of(trace: &Trace) -> Self {
        Self::new(&trace.name, &trace.unit, &trace.values)
    }
}

/// A detector in short.
#[derive(Clone, Debug, Serialize)]
pub struct SpikeSummary {
    /// Name of the detector.
    pub detector: String,
    /// How many.
    pub count: usize,
    /// The first ten, ms.
    pub first: Vec<f64>,
}

/// Summarises a simulation that took `wall_s` seconds to step, and its results.
pub fn summarise(model: &Model, simulation: &Simulation, results: &Results, wall_s: f64) -> Summary {
    let lowered = simulation.lowered();
    let compartments = lowered.tree.compartment_count();
    let spikes = |s: &crate::record::Spikes| SpikeSummary {
        detector: s.detector.clone(),
        count: s.times.len(),
        first: s.times.iter().copied().take(10).collect(),
    };
    Summary {
        title: model.title.clone(),
        apical: env!("CARGO_PKG_VERSION"),
        sections: lowered.morphology.sections.len(),
        compartments,
        steps: simulation.steps(),
        wall_s,
        ns_per_compartment_step: 1e9 * wall_s / (compartments as f64 * simulation.steps() as f64),
        run: model.run,
        repairs: lowered.morphology.repairs.clone(),
        traces: results.traces.iter().map(TraceSummary::of).collect(),
        spikes: results.spikes.iter().map(spikes).collect(),
        statistics: results.statistics.iter().map(InShort::of).collect(),
    }
}

/// Makes a folder if need be and sees whether files can be written there: before a run, not after hours of it.
///
/// # Errors
/// A folder that cannot be made or written.
pub fn prepare(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| cannot(folder, &e))?;
    let trial = folder.join(format!(".apical-{}", std::process::id()));
    fs::write(&trial, "").and_then(|()| fs::remove_file(&trial)).map_err(|e| cannot(folder, &e))?;
    match FILES.iter().map(|name| folder.join(name)).find(|path| path.is_dir()) {
        Some(path) => Err(cannot(&path, &"it is a folder")),
        None => Ok(()),
    }
}

const FILES: [&str; 4] = ["traces.npz", "spikes.csv", "summary.json", "plot.svg"];

/// Writes all four files into a folder made ready by [`prepare`]; returns their paths. Files of these names are replaced.
///
/// # Errors
/// A file that cannot be written.
pub fn write(folder: &Path, model: &Model, simulation: &Simulation, wall_s: f64) -> Result<Vec<PathBuf>> {
    write_results(folder, model, simulation, simulation.results(), wall_s)
}

/// The same with results that were taken out of the simulation.
///
/// # Errors
/// As [`write()`].
pub fn write_results(
    folder: &Path,
    model: &Model,
    simulation: &Simulation,
    results: &Results,
    wall_s: f64,
) -> Result<Vec<PathBuf>> {
    prepare(folder)?;
    write_traces(&folder.join("traces.npz"), results)?;
    write_text(&folder.join("spikes.csv"), &spikes(results))?;
    write_summary(&folder.join("summary.json"), &summarise(model, simulation, results, wall_s))?;
    let title = if model.title.is_empty() { "apical" } else { &model.title };
    let shape = &simulation.lowered().morphology;
    write_text(&folder.join("plot.svg"), &plot::run(title, shape, &markers(simulation), results))?;
    Ok(FILES.map(|name| folder.join(name)).into())
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|e| cannot(path, &e))
}

fn write_summary(path: &Path, summary: &impl Serialize) -> Result<()> {
    let summary = serde_json::to_string_pretty(summary)
        .map_err(|e| Error::new(ErrorKind::Internal, format!("no JSON for the summary: {e}")))?;
    write_text(path, &summary)
}

fn cannot(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display())).in_file(path)
}

/// One array for each trace under its name, and `t`.
fn write_traces(path: &Path, results: &Results) -> Result<()> {
    let time = ("t".to_owned(), results.time.clone());
    let traces = results.traces.iter().map(|trace| (trace.name.clone(), trace.values.clone()));
    write_arrays(path, std::iter::once(time).chain(traces).map(|array| Ok(vec![array])))
}

/// Arrays under their names, some at a time.
fn write_arrays(path: &Path, chunks: impl Iterator<Item = Result<Vec<(String, Vec<f64>)>>>) -> Result<()> {
    let file = fs::File::create(path).map_err(|e| cannot(path, &e))?;
    let mut archive = npyz::npz::NpzWriter::new(BufWriter::new(file));
    for chunk in chunks {
        for (name, values) in chunk? {
            // The same numbers are the same file, whenever they are written.
            let options =
                npyz::zip::write::FileOptions::default().last_modified_time(npyz::zip::DateTime::default());
            let mut array = archive
                .array(&name, options)
                .map_err(|e| cannot(path, &e))?
                .default_dtype()
                .shape(&[values.len() as u64])
                .begin_nd()
                .map_err(|e| cannot(path, &e))?;
            array.extend(values).map_err(|e| cannot(path, &e))?;
            array.finish().map_err(|e| cannot(path, &e))?;
        }
    }
    archive.zip_writer().flush().map_err(|e| cannot(path, &e))
}

fn spikes(results: &Results) -> String {
    let mut text = "detector,time_ms\n".to_owned();
    for spikes in &results.spikes {
        let detector = quoted(&spikes.detector);
        for time in &spikes.times {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{detector},{}", written(*time));
        }
    }
    text
}

/// A time as it is written: it is the sum of steps, and nine decimals drop their roundings.
fn written(time: f64) -> f64 {
    (time * 1e9).round() / 1e9
}

/// A field of a CSV file (RFC 4180).
fn quoted(field: &str) -> std::borrow::Cow<'_, str> {
    if field.contains([',', '"']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}

/// Where point processes sit.
fn markers(simulation: &Simulation) -> Vec<Marker> {
    let lowered = simulation.lowered();
    let marker = |placement: &crate::lower::instances::Placement| {
        let mechanism = &lowered.mechanisms[placement.mechanism];
        let location = |&node: &u32| Location {
            section: lowered.tree.section[node as usize],
            x: lowered.tree.x[node as usize],
        };
        Marker {
            name: format!("{}: {}", placement.name, mechanism.name),
            locations: mechanism.nodes[placement.range.clone()].iter().map(location).collect(),
        }
    };
    lowered.placements.iter().map(marker).collect()
}
