//! `apical run`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use apical::model::Document;
use apical::{Progress, Simulation, output};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;
use crate::say::count;

/// Runs a document and writes its results.
pub fn run(path: &Path, out: Option<PathBuf>) -> Outcome {
    let document = Document::load(path)?;
    let model = &document.model;
    let name = path.file_stem().unwrap_or(path.as_os_str());
    let out = out.unwrap_or_else(|| Path::new("out").join(name));
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
    print_defaults(&document);

    let bar = ProgressBar::new(simulation.step_count());
    let style = "{bar:40} {percent:>3} % {msg}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let start = Instant::now();
    let outcome = simulation.run_with(|progress: Progress| {
        // A bar that comes and goes within a second only flickers.
        if start.elapsed().as_secs_f64() > 0.5 {
            let rate = progress.time / start.elapsed().as_secs_f64();
            bar.set_message(format!("{:.1} of {} ms, {rate:.0} ms/s", progress.time, progress.duration));
            bar.set_position(progress.steps);
        }
    });
    let wall = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    outcome.map_err(|e| e.in_file(path))?;

    let files = output::write(&out, model, &simulation, wall)?;
    let summary = output::summarise(model, &simulation, wall);
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

/// Says which defaults are in force where the document does not state a value.
fn print_defaults(document: &Document) {
    const DEFAULTS: [(&str, &str); 13] = [
        ("run.time_step", " ms"),
        ("run.scheme", ""),
        ("run.conductance", ""),
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
    let mut model = serde_json::to_value(&document.model).unwrap_or_default();
    if document.model.cell.morphology.is_some() {
        model["cell"]["swc"] = serde_json::to_value(&document.model.cell.swc).unwrap_or_default();
    }
    if document.model.run.sample_interval.is_none() {
        model["run"]["sample_interval"] = "every step".into();
    }
    let in_force = DEFAULTS.iter().filter(|(key, _)| !document.states(key)).filter_map(|(key, unit)| {
        let value = key.split('.').try_fold(&model, |table, name| table.get(name))?;
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
