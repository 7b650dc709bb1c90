//! Compartments against those of NEURON 9.0.2: areas, diameters, axial resistances, and what hangs where.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

mod geometry_support;

use apical::discretize::{Options, Precision, Rule, discretize, length_constant};
use geometry_support::{
    largest_difference, morphology, options, own_case, passive_trace_difference, sections, shared,
    shared_case,
};
use serde_json::Value;

/// Children at ends and inside, joined by either end, steps and tapers, odd and even counts.
const OWN: [&str; 3] = ["topology_pt3d_steps", "topology_reversed", "topology_mid_even"];

fn assert_same_compartments(case: &Value) {
    let cell = morphology(case);
    for (precision, limit) in [(Precision::Double, 1e-7), (Precision::NeuronFloat32, 1e-9)] {
        let tree = discretize(&cell, &options(case, precision)).unwrap();
        let difference = largest_difference(case, &tree);
        eprintln!("{} {precision:?}: largest relative difference {difference:.1e}", case["name"]);
        assert!(difference < limit, "{} {precision:?}: {difference:e}", case["name"]);
    }
}

fn assert_same_voltages(case: &Value) {
    let tree = discretize(&morphology(case), &options(case, Precision::NeuronFloat32)).unwrap();
    let difference = passive_trace_difference(case, &tree);
    eprintln!("{}: largest difference of voltage {difference:.1e} mV", case["name"]);
    assert!(difference < 1e-9, "{}: {difference:e} mV", case["name"]);
}

#[test]
fn own_cases_have_the_same_compartments_and_voltages() {
    for name in OWN {
        let case = own_case(name);
        assert_same_compartments(&case);
        assert_same_voltages(&case);
    }
}

/// Length constants at 100 Hz, and the counts that follow from a tenth of them.
fn assert_same_counts(case: &Value) {
    let cell = morphology(case);
    let exact = options(case, Precision::NeuronFloat32);
    for ((section, cable), theirs) in cell.sections.iter().zip(&exact.cables).zip(sections(case)) {
        let ours = length_constant(section, cable, 100.0, Precision::NeuronFloat32);
        let theirs = theirs["lambda_f100_um"].as_f64().unwrap();
        assert!((ours / theirs - 1.0).abs() < 1e-13, "{}: {ours} {theirs}", section.name);
    }
    let rule = Rule::DLambda { fraction: 0.1, frequency: 100.0 };
    for precision in [Precision::Double, Precision::NeuronFloat32] {
        let tree = discretize(&cell, &Options { rule: rule.clone(), ..options(case, precision) }).unwrap();
        let counts: Vec<usize> = tree.compartments.iter().map(Vec::len).collect();
        assert_eq!(Rule::PerSection(counts), exact.rule, "{} {precision:?}", case["name"]);
    }
}

#[test]
fn length_constants_and_counts_are_the_same() {
    assert_same_counts(&own_case("awkward"));
    for name in ["geometry_ca1", "geometry_allen", "geometry_pyramidal"] {
        let Some(case) = shared_case(name) else { return };
        assert_same_counts(&case);
    }
}

#[test]
fn every_reference_case_has_the_same_compartments() {
    let Some(folder) = shared("reference/cases") else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let case: Value =
            serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        if case["model"]["sections"].as_array().is_some_and(|all| all[0].get("segments").is_some()) {
            assert_same_compartments(&case);
            compared += 1;
        }
    }
    assert!(compared >= 30, "only {compared} cases held compartments");
}

#[test]
fn every_topology_has_the_same_voltages() {
    for name in [
        "topology_dend_root",
        "topology_mid_even",
        "topology_mid_odd",
        "topology_pt3d_steps",
        "topology_reversed",
        "topology_soma_ends",
        "topology_trifurcation",
    ] {
        let Some(case) = shared_case(name) else { return };
        assert_same_voltages(&case);
    }
}
