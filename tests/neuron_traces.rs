//! Traces computed with NEURON are reproduced: same scheme, same step, same compartments, options for comparison on.
//!
//! Passive cases to 1e-9 mV, active ones to 1e-6 mV through their spikes, spike times to the step.

mod common;

use apical::Simulation;
use common::{Case, largest_difference};
use std::path::Path;

/// Runs a case and compares; returns the largest difference of any trace.
fn compare(path: &Path) -> f64 {
    let case = Case::load(path);
    let mut simulation =
        Simulation::new(&case.to_model(), ".").unwrap_or_else(|e| panic!("{}: {e}", case.name));
    simulation.run().unwrap_or_else(|e| panic!("{}: {e}", case.name));
    let results = simulation.results();
    let mut largest = 0.0_f64;
    for (trace, expected) in results.traces.iter().zip(&case.traces) {
        let n = expected.len();
        assert!(trace.values.len() >= n, "{}: {} samples of {n}", case.name, trace.values.len());
        largest = largest.max(largest_difference(&trace.values[..n], expected));
    }
    let half = 0.5 * case.run.as_ref().expect("a run").dt.expect("a fixed step");
    for (spikes, expected) in results.spikes.iter().zip(&case.spike_times_ms) {
        assert_eq!(
            spikes.times.len(),
            expected.len(),
            "{}: spikes {:?}, not {expected:?}",
            case.name,
            spikes.times
        );
        for (time, expected) in spikes.times.iter().zip(expected) {
            assert!((time - expected).abs() < half, "{}: spike at {time}, not {expected}", case.name);
        }
    }
    largest
}

fn passive(name: &str) -> bool {
    ["ball_and_stick", "topology", "timing", "seclamp"].iter().any(|p| name.starts_with(p))
}

/// Compares every case of a folder that runs with a fixed step, and prints the table.
fn compare_all(folder: &Path) -> usize {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("cases").map(|f| f.expect("a case").path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for path in files {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let runs = !["geometry", "impedance"].iter().any(|p| name.starts_with(p));
        // The variable-step cases are the truth for convergence, the table case is NEURON's interpolation error,
        // the sweep has a test of its own.
        if !runs || name.ends_with("cvode") || name.ends_with("table") || name.starts_with("hh_fi") {
            continue;
        }
        compared += 1;
        let limit = if passive(&name) { 1e-9 } else { 1e-6 };
        let largest = compare(&path);
        println!("| {name} | {largest:.1e} | {limit:.0e} |");
        if largest.is_nan() || largest > limit {
            wrong.push(format!("{name}: {largest:.3e} mV"));
        }
    }
    assert!(wrong.is_empty(), "beyond the limit: {wrong:#?}");
    compared
}

#[test]
fn every_stored_case() {
    assert_eq!(compare_all(&common::data("cases")), 25);
}

#[test]
fn every_fixed_step_case_of_the_shared_folder() {
    let Some(folder) = common::shared("reference/cases") else { return };
    assert_eq!(compare_all(&folder), 26);
}

#[test]
fn firing_rate_against_current() {
    let case = Case::load(&common::data("cases/hh_fi_be.json"));
    let sweep = case.sweep.as_ref().unwrap();
    for (amplitude, expected) in sweep.values.iter().zip(&case.spike_times_ms) {
        let mut model = case.to_model();
        model.cell.place[0].parameters.insert("amp".into(), (*amplitude).into());
        let mut simulation = Simulation::new(&model, ".").unwrap();
        simulation.run().unwrap();
        let times = &simulation.results().spikes[0].times;
        assert_eq!(times.len(), expected.len(), "at {amplitude} nA");
        assert!(times.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.0125), "at {amplitude} nA");
    }
}
