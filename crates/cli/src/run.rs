//! `apical run`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use apical::model::{Document, Text};
use apical::{Error, ErrorKind, Progress, Simulation, output};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;
use crate::drive::{self, Drive};
use crate::network::{self, Memory};
use crate::say::count;

/// How a document is run.
pub struct Options {
    /// Folder for the results.
    pub out: Option<PathBuf>,
    /// Worker threads.
    pub threads: Option<NonZeroUsize>,
    /// What a network may take.
    pub memory: Option<Memory>,
    /// Whether to go on with an interrupted run.
    pub resume: bool,
}

/// Runs a document, of a cell or of a network, and writes its results.
pub fn run(path: &Path, options: &Options) -> Outcome {
    let text = Text::load(path)?;
    let name = path.file_stem().unwrap_or(path.as_os_str());
    let out = options.out.clone().unwrap_or_else(|| Path::new("out").join(name));
    if text.states("population") {
        return network::run(text, &out, options);
    }
    if options.threads.is_some_and(|threads| threads.get() > 1) {
        let message = format!("{} is one cell, which runs on one thread", path.display());
        return Err(Error::new(ErrorKind::Model, message).help("leave `--threads` away"));
    }
    if options.memory.is_some() {
        let message = format!("{} is one cell, whose memory is not told beforehand", path.display());
        return Err(Error::new(ErrorKind::Model, message).help("leave `--memory` away"));
    }
    let document = Document::read(text)?;
    let model = &document.model;
    output::prepare(&out)?;
    let start = Instant::now();
    let mut simulation = Simulation::new(model, document.base()).map_err(|e| document.locate(e))?;
    let lowered = simulation.lowered();
    tell!(
        "{}: {}, {}, {}, set up in {:.0} ms",
        path.display(),
        count(lowered.morphology.sections.len(), "section"),
        count(lowered.tree.compartment_count(), "compartment"),
        count(lowered.mechanisms.len(), "mechanism"),
        start.elapsed().as_secs_f64() * 1e3
    );
    for repair in &lowered.morphology.repairs {
        tell!("morphology: {repair}");
    }
    let mut stated = serde_json::to_value(model).unwrap_or_default();
    if model.cell.morphology.is_some() {
        stated["cell"]["swc"] = serde_json::to_value(&model.cell.swc).unwrap_or_default();
    }
    print_defaults(document.text(), &stated);
    if let Some(rates) = simulation.plan().rates_in_words() {
        tell!("rates: {rates}");
    }

    let drive = Drive { out: &out, run: model.run, threads: 1, head: "detector,time_ms", labels: None };
    let driven = drive.go(&mut simulation, options.resume)?;
    let mut stream = driven.stream;
    let (results, wall) = (stream.results()?, driven.wall);
    stream.close(!driven.finished && driven.failed.is_none())?;
    let files = output::write_results(&out, model, &simulation, &results, wall)?;
    if let Some(error) = driven.failed {
        return Err(error.in_file(path));
    }
    if !driven.finished {
        drive::interrupted(path, &out, simulation.time(), model.run.duration);
    }
    let summary = output::summarise(model, &simulation, &results, wall);
    say!(
        "{} steps in {wall:.3} s, {:.1} ns per compartment and step",
        summary.steps,
        summary.ns_per_compartment_step
    );
    for spikes in &summary.spikes {
        let times: Vec<String> = spikes.first.iter().map(|t| format!("{t:.3}")).collect();
        let times = match (spikes.count, spikes.count > times.len()) {
            (0, _) => String::new(),
            (_, more) => format!(" at {}{} ms", times.join(" "), if more { " ..." } else { "" }),
        };
        say!("{}: {}{times}", spikes.detector, count(spikes.count, "spike"));
    }
    for trace in &summary.traces {
        say!("{}: {:.4} to {:.4} {}", trace.name, trace.minimum, trace.maximum, trace.unit);
    }
    for file in files {
        say!("wrote {}", file.display());
    }
    Ok(true)
}

/// How far a run has come, on a terminal.
pub struct Bar {
    bar: ProgressBar,
    start: Instant,
}

impl Bar {
    /// For so many steps, from now on.
    pub fn new(steps: u64) -> Self {
        let bar = ProgressBar::new(steps);
        let style = "{bar:40} {percent:>3} % {msg}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, start: Instant::now() }
    }

    /// Shows it.
    pub fn show(&self, progress: Progress) {
        let elapsed = self.start.elapsed().as_secs_f64();
        // A bar that comes and goes within a second only flickers.
        if elapsed > 0.5 {
            let rate = progress.time / elapsed;
            self.bar.set_message(format!("{:.1} of {} ms, {rate:.0} ms/s", progress.time, progress.duration));
            self.bar.set_position(progress.steps);
        }
    }

    /// Takes it away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Says which defaults are in force where the document does not state a value; `described` is all that it describes.
pub fn print_defaults(text: &Text, described: &serde_json::Value) {
    const DEFAULTS: [(&str, &str); 14] = [
        ("run.time_step", " ms"),
        ("run.scheme", ""),
        ("run.conductance", ""),
        ("run.rates", ""),
        ("run.temperature", " °C"),
        ("run.initial_voltage", " mV"),
        ("run.seed", ""),
        ("cell.swc.soma", ""),
        ("cell.swc.gap", ""),
        ("cell.geometry", ""),
        ("cell.compartments", ""),
        ("cell.axial_resistivity", " Ω·cm"),
        ("cell.capacitance", " µF/cm²"),
        ("run.sample_interval", ""),
    ];
    let every_step = serde_json::Value::from("every step");
    let in_force = DEFAULTS.iter().filter(|(key, _)| !text.states(key)).filter_map(|(key, unit)| {
        let value = key.split('.').try_fold(described, |table, name| table.get(name));
        let value = value.or((*key == "run.sample_interval").then_some(&every_step))?;
        Some(format!("{key} = {}{unit}", shown(value)))
    });
    let in_force: Vec<String> = in_force.collect();
    if !in_force.is_empty() {
        tell!("defaults: {}", in_force.join(", "));
    }
}

/// A value as a document states it.
fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(table) => {
            let pairs: Vec<String> = table.iter().map(|(k, v)| format!("{k} = {}", shown(v))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        serde_json::Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |x| x.to_string())
        }
        other => other.to_string(),
    }
}
