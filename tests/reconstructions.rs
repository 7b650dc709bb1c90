//! Real reconstructions read from their files run as they do in NEURON: the same sections, compartments, voltages and
//! spikes, synapses by section name.

mod common;

use apical::cell::{Cell, Compartments, Geometry};
use apical::model::{Conductance, Detector, Events, Model, Record, Run};
use apical::{Quantity, Simulation};
use common::{Case, largest_difference, location};
use serde::Deserialize;
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

/// What `tests/data/generate_reconstructions.py` writes.
#[derive(Deserialize)]
struct Reconstruction {
    file: String,
    celsius: f64,
    v_init: f64,
    tstop: f64,
    #[serde(rename = "clamp_nA")]
    clamp: f64,
    synapses: Vec<Synapse>,
    places: Vec<(String, f64)>,
    sample_ms: f64,
    traces: Vec<Vec<f64>>,
    spike_times_ms: Vec<f64>,
}

#[derive(Deserialize)]
struct Synapse {
    section: String,
    x: f64,
    times: Vec<f64>,
}

/// Runs a cell with forty synapses and a current step as the stored run of NEURON did, and compares.
fn compare(name: &str, paint: impl Fn(Cell) -> Cell) {
    let Some(morphologies) = common::shared("data/morphologies") else { return };
    let text =
        std::fs::read_to_string(common::data(&format!("reconstruction_{name}.json"))).expect("stored data");
    let expected: Reconstruction = serde_json::from_str(&text).expect("stored data");
    let mut cell = Cell {
        geometry: Geometry::NeuronFloat32,
        compartments: Compartments::Count { count: 7 },
        ..Cell::from_file(morphologies.join(&expected.file))
    };
    cell = paint(cell);
    let mut events = Vec::new();
    for (number, synapse) in expected.synapses.iter().enumerate() {
        let target = format!("synapse {number}");
        let parameters: [(&str, Quantity); 3] =
            [("tau1", 0.5.into()), ("tau2", 4.0.into()), ("e", 0.0.into())];
        cell = cell.place(&target, &location(&synapse.section, synapse.x), "Exp2Syn", parameters);
        events.push(Events {
            target,
            weight: 0.002,
            times: Some(synapse.times.clone()),
            ..Events::default()
        });
    }
    let step: [(&str, Quantity); 3] =
        [("del", 5.0.into()), ("dur", 1e9.into()), ("amp", expected.clamp.into())];
    let mut model = Model::new(cell.place("clamp", "soma[0](0.5)", "IClamp", step), expected.tstop);
    model.events = events;
    model.run = Run {
        duration: expected.tstop,
        temperature: expected.celsius,
        initial_voltage: expected.v_init,
        sample_interval: Some(expected.sample_ms),
        conductance: Conductance::Difference,
        ..Run::default()
    };
    for (section, x) in &expected.places {
        model.record.push(Record { what: "v".into(), at: Some(location(section, *x)), ..Record::default() });
    }
    model.detect.push(Detector::voltage("soma", "soma[0](0.5)", -10.0));
    let mut simulation = Simulation::new(&model, ".").unwrap_or_else(|e| panic!("{e}"));
    simulation.run().unwrap_or_else(|e| panic!("{e}"));
    let results = simulation.results();
    let spikes = &results.spikes[0].times;
    assert_eq!(spikes.len(), expected.spike_times_ms.len(), "{spikes:?} {:?}", expected.spike_times_ms);
    assert!(spikes.iter().zip(&expected.spike_times_ms).all(|(a, b)| (a - b).abs() < 0.0125), "{spikes:?}");
    for (trace, values) in results.traces.iter().zip(&expected.traces) {
        let largest = largest_difference(&trace.values[..values.len()], values);
        println!("{name}, {}: {largest:.1e} mV", trace.name);
        assert!(largest < 1e-6, "{}: {largest:.1e} mV", trace.name);
    }
}

#[test]
fn pyramidal_cell_with_hodgkin_huxley_channels_everywhere() {
    compare("pyramidal_hh", |cell| cell.paint("all", "hh", []));
}

#[test]
fn allen_cell_with_the_layer_5_channels() {
    let soma = [
        ("Nap_Et2", 1.72e-3),
        ("NaTa_t", 2.04),
        ("K_Pst", 2.23e-3),
        ("K_Tst", 8.12e-2),
        ("SKv3_1", 0.693),
        ("SK_E2", 4.41e-2),
        ("Ca_HVA", 9.92e-4),
        ("Ca_LVAst", 3.43e-3),
        ("Im", 6.75e-5),
        ("Ih", 2e-4),
    ];
    compare("allen_layer5", |mut cell| {
        for (name, density) in soma {
            let parameter = format!("g{name}bar");
            let elsewhere = if name == "Ih" { density } else { 0.05 * density };
            cell = cell.paint("all", name, [(parameter.as_str(), elsewhere.into())]);
            cell = cell.paint("soma", name, [(parameter.as_str(), density.into())]);
        }
        cell = cell.paint("all", "CaDynamics_E2", [("gamma", 5e-4.into()), ("decay", 460.0.into())]);
        cell = cell.paint("all", "pas", [("g", 3.38e-5.into()), ("e", (-90.0).into())]);
        for (name, reversal) in [("na", 50.0), ("k", -85.0)] {
            cell.ion.push(apical::cell::Ion {
                region: "all".into(),
                name: name.into(),
                reversal: Some(reversal.into()),
                ..apical::cell::Ion::default()
            });
        }
        cell
    });
}
