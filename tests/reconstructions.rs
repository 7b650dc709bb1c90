//! Real reconstructions read from their files run as they do in NEURON: the same sections, compartments, voltages and
//! spikes, synapses by section name.

mod common;

use apical::Simulation;
use apical::cell::{Cell, Compartments};
use common::{Case, largest_difference};
use std::path::Path;

/// A case whose sections were made by NEURON from a file, with the sections taken from the file instead.
fn from_file(case: &Case, file: &Path, compartments: Compartments) -> apical::Model {
    let mut model = case.to_model();
    let section = &case.model.sections[0];
    model.cell = Cell {
        morphology: Some(file.to_owned()),
        section: Vec::new(),
        membrane: Vec::new(),
        axial_resistivity: section.axial_resistivity,
        capacitance: section.cm,
        compartments,
        ..model.cell
    };
    model
}

#[test]
fn ca1_pyramidal_cell_with_forty_synapses() {
    let (Some(cases), Some(data)) = (common::shared("reference/cases"), common::shared("data/morphologies"))
    else {
        return;
    };
    let case = Case::load(&cases.join("ca1_be.json"));
    let file = data.join(case.model.file.as_ref().unwrap());
    let model = from_file(&case, &file, Compartments::DLambda { fraction: 0.1, frequency: 100.0 });
    let mut simulation = Simulation::new(&model, ".").unwrap();
    assert_eq!(simulation.lowered().tree.compartment_count(), 736);
    simulation.run().unwrap();
    let results = simulation.results();
    for (trace, expected) in results.traces.iter().zip(&case.traces) {
        let largest = largest_difference(&trace.values, expected);
        println!("{}: {largest:.1e} mV", trace.name);
        assert!(largest < 1e-6, "{}: {largest:.1e} mV", trace.name);
    }
    let spikes = &results.spikes[0].times;
    assert_eq!(spikes.len(), case.spike_times_ms[0].len());
    assert!(spikes.iter().zip(&case.spike_times_ms[0]).all(|(a, b)| (a - b).abs() < 0.0125), "{spikes:?}");
}
