//! Mechanisms give NEURON's numbers: traces of small models computed there from the same NMODL texts.
//!
//! Voltages to 1e-9 mV where all is linear and to 1e-6 mV through spikes; states, currents, conductances and concentrations
//! to 1e-9 of their largest magnitude. `tests/data/generate_mechanisms.py` made the data.

mod common;

use apical::{Model, Simulation};
use common::largest_difference;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    document: Model,
    /// In the order of the document's records.
    traces: Vec<Vec<f64>>,
    /// In the order of the document's detectors, ms.
    spikes: Vec<Vec<f64>>,
}

fn cases(name: &str) -> Vec<Case> {
    let path = common::data(&format!("mechanisms/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str::<File>(&text).unwrap_or_else(|e| panic!("{name}: {e}")).cases
}

/// Runs the cases of a file; voltages agree to `millivolts`.
fn compare(name: &str, millivolts: f64) {
    let mut largest = [0.0_f64; 2];
    let mut wrong = Vec::new();
    for case in cases(name) {
        let title = &case.document.title;
        let folder = common::data("mechanisms");
        let mut simulation =
            Simulation::new(&case.document, folder).unwrap_or_else(|e| panic!("{title}: {e}"));
        simulation.run().unwrap_or_else(|e| panic!("{title}: {e}"));
        let results = simulation.results();
        assert_eq!(results.traces.len(), case.traces.len(), "{title}");
        for (trace, expected) in results.traces.iter().zip(&case.traces) {
            let difference = largest_difference(&trace.values, expected);
            let is_voltage = trace.name.starts_with("v@");
            let scale = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            let (kind, difference, limit) = match is_voltage {
                true => (0, difference, millivolts),
                // A trace of zeros must be one here too.
                false => (1, if scale > 0.0 { difference / scale } else { difference }, 1e-9),
            };
            largest[kind] = largest[kind].max(difference);
            if difference.is_nan() || difference > limit {
                wrong.push(format!("{title}: {} by {difference:.2e}", trace.name));
            }
        }
        for (spikes, expected) in results.spikes.iter().zip(&case.spikes) {
            let half = 0.5 * case.document.run.time_step;
            assert_eq!(spikes.times.len(), expected.len(), "{title}: {:?}, not {expected:?}", spikes.times);
            assert!(spikes.times.iter().zip(expected).all(|(a, b)| (a - b).abs() < half), "{title}");
        }
    }
    println!("| {name} | {:.1e} mV | {:.1e} |", largest[0], largest[1]);
    assert!(wrong.is_empty(), "beyond the limit: {wrong:#?}");
}

#[test]
fn calcium_channels_and_calcium_activated_potassium_channels_on_a_dendrite() {
    compare("calcium_and_sk", 1e-6);
}

#[test]
fn two_mechanisms_that_write_a_concentration_in_different_dendrites() {
    compare("two_pools", 1e-6);
}

#[test]
fn a_current_in_a_constant_field() {
    compare("constant_field", 1e-6);
}

#[test]
fn nmda_receptors() {
    compare("nmda", 1e-6);
}

#[test]
fn a_gap_junction_through_pointers() {
    compare("gap_junction", 1e-6);
}

#[test]
fn point_processes_at_the_ends_of_sections() {
    compare("section_ends", 1e-6);
}

#[test]
fn a_played_conductance() {
    compare("played_conductance", 1e-9);
}

#[test]
fn a_kinetic_scheme() {
    compare("kinetic_scheme", 1e-6);
}

#[test]
fn a_pump_solved_by_newtons_method() {
    compare("newton", 1e-6);
}

#[test]
fn a_watched_threshold_and_self_events() {
    compare("watched_threshold", 1e-6);
}

#[test]
fn calcium_that_diffuses_along_branches() {
    compare("diffusion", 1e-6);
}

#[test]
fn a_synapse_that_changes_all_of_its_connections() {
    compare("connections", 1e-9);
}

#[test]
fn who_decides_the_reversal_potential() {
    compare("ion_rules", 1e-9);
}
