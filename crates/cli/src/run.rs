//! `apical run`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use apical::model::Document;
use apical::{Progress, Simulation, output};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;

/// Runs a document and writes its results.
pub fn run(path: &Path, out: Option<PathBuf>) -> Outcome {
    let document = Document::load(path)?;
    let model = &document.model;
    let name = path.file_stem().unwrap_or(path.as_os_str());
    let out = out.unwrap_or_else(|| Path::new("out").join(name));
    let start = Instant::now();
    let mut simulation = Simulation::new(model, document.base()).map_err(|e| document.locate(e))?;
    let lowered = simulation.lowered();
    eprintln!(
        "{}: {} sections, {} compartments, {} mechanisms, set up in {:.0} ms",
        path.display(),
        lowered.morphology.sections.len(),
        lowered.tree.compartment_count(),
        lowered.mechanisms.len(),
        start.elapsed().as_secs_f64() * 1e3
    );
    for repair in &lowered.morphology.repairs {
        eprintln!("morphology: {repair}");
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
            bar.set_position(progress.steps);
            bar.set_message(format!("{:.1} of {} ms, {rate:.0} ms/s", progress.time, progress.duration));
        }
    });
    let wall = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    outcome.map_err(|e| e.in_file(path))?;

    let files = output::write(&out, model, &simulation, wall)?;
    let summary = output::summarise(model, &simulation, wall);
    println!(
        "{} steps in {wall:.3} s, {:.1} ns per compartment and step",
        summary.steps, summary.ns_per_compartment_step
    );
    for spikes in &summary.spikes {
        let times: Vec<String> = spikes.first.iter().map(|t| format!("{t:.3}")).collect();
        let dots = if spikes.count > times.len() { " ..." } else { "" };
        println!("{}: {} spikes at {}{dots} ms", spikes.detector, spikes.count, times.join(" "));
    }
    for trace in &summary.traces {
        println!("{}: {:.4} to {:.4} {}", trace.name, trace.minimum, trace.maximum, trace.unit);
    }
    for file in files {
        println!("wrote {}", file.display());
    }
    Ok(true)
}

/// Says which defaults are in force where the document does not state a value.
fn print_defaults(document: &Document) {
    let (run, cell) = (&document.model.run, &document.model.cell);
    let values = [
        ("run.time_step", format!("{} ms", run.time_step)),
        ("run.scheme", format!("{:?}", run.scheme)),
        ("run.temperature", format!("{} °C", run.temperature)),
        ("run.initial_voltage", format!("{} mV", run.initial_voltage)),
        ("run.seed", run.seed.to_string()),
        ("cell.compartments", format!("{:?}", cell.compartments)),
        ("cell.axial_resistivity", format!("{} Ω·cm", cell.axial_resistivity)),
        ("cell.capacitance", format!("{} µF/cm²", cell.capacitance)),
    ];
    let in_force: Vec<String> = values
        .into_iter()
        .filter(|(key, _)| !document.states(key))
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    if !in_force.is_empty() {
        eprintln!("defaults: {}", in_force.join(", "));
    }
}
