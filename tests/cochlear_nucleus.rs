//! The five kinds of ventral cochlear nucleus neurons of Rothman & Manis 2003, J. Neurophysiol. 89:3097, as one compartment
//! of 12 pF at 22 degrees.
//!
//! The figures were measured with NEURON 9.0.2 from a text of its own: the voltage 500 ms after a start at −65 mV, with the
//! slow gates still on their way; the input resistance from −5 pA over 100 ms after a new start at that voltage.

use apical::cell::{Cell, Ion, SectionDescription};
use apical::model::{Detector, Model, Record};
use apical::{Quantity, Simulation};

struct Kind {
    name: &'static str,
    /// nS
    conductances: &'static [(&'static str, f64)],
    /// mV
    rest: f64,
    /// MΩ
    resistance: f64,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "I-c",
        conductances: &[("VCN_na", 1000.0), ("VCN_kht", 150.0), ("VCN_h", 0.5)],
        rest: -63.90,
        resistance: 510.0,
    },
    Kind {
        name: "I-t",
        conductances: &[("VCN_na", 1000.0), ("VCN_kht", 80.0), ("VCN_ka", 65.0), ("VCN_h", 0.5)],
        rest: -64.18,
        resistance: 476.0,
    },
    Kind {
        name: "I-II",
        conductances: &[("VCN_na", 1000.0), ("VCN_kht", 150.0), ("VCN_klt", 20.0), ("VCN_h", 2.0)],
        rest: -64.00,
        resistance: 284.0,
    },
    Kind {
        name: "II-I",
        conductances: &[("VCN_na", 1000.0), ("VCN_kht", 150.0), ("VCN_klt", 35.0), ("VCN_h", 3.5)],
        rest: -63.82,
        resistance: 210.0,
    },
    Kind {
        name: "II",
        conductances: &[("VCN_na", 1000.0), ("VCN_kht", 150.0), ("VCN_klt", 200.0), ("VCN_h", 20.0)],
        rest: -63.51,
        resistance: 72.0,
    },
];

/// µm², for 12 pF at 1 µF/cm².
const AREA: f64 = 1200.0;

/// S/cm² of so many nS over the membrane.
fn density(conductance: f64) -> Quantity {
    (conductance * 1e-9 / (AREA * 1e-8)).into()
}

/// A current step (nA) from 10 ms on: the voltage at the end and the number of spikes.
fn run(kind: &Kind, start: f64, current: f64, duration: f64) -> (f64, usize) {
    let side = (AREA / std::f64::consts::PI).sqrt();
    let soma = SectionDescription {
        name: "soma".into(),
        length: Some(side),
        diameter: Some(side),
        compartments: Some(1),
        ..SectionDescription::default()
    };
    let ion = |name: &str, reversal: f64| Ion {
        region: "all".into(),
        name: name.into(),
        reversal: Some(reversal.into()),
        ..Ion::default()
    };
    let mut cell =
        Cell { section: vec![soma], ion: vec![ion("na", 50.0), ion("k", -70.0)], ..Cell::default() };
    cell = cell.paint("all", "pas", [("g", density(2.0)), ("e", (-65.0).into())]);
    for (mechanism, conductance) in kind.conductances {
        cell = cell.paint("all", mechanism, [("gbar", density(*conductance))]);
    }
    let step: [(&str, Quantity); 3] = [("del", 10.0.into()), ("dur", 1e9.into()), ("amp", current.into())];
    cell = cell.place("step", "soma(0.5)", "IClamp", step);
    let mut model = Model::new(cell, duration);
    model.run.temperature = 22.0;
    model.run.initial_voltage = start;
    model.record.push(Record { what: "v".into(), at: Some("soma(0.5)".into()), ..Record::default() });
    model.detect.push(Detector::voltage("spikes", "soma(0.5)", -20.0));
    let mut simulation = Simulation::new(&model, ".").unwrap_or_else(|e| panic!("{e}"));
    simulation.run().unwrap_or_else(|e| panic!("{e}"));
    let results = simulation.results();
    (*results.traces[0].values.last().expect("samples"), results.spikes[0].times.len())
}

#[test]
fn rests_and_input_resistances() {
    for kind in &KINDS {
        let (rest, _) = run(kind, -65.0, 0.0, 500.0);
        let resistance = (run(kind, rest, -0.005, 110.0).0 - rest) / -0.005;
        println!("{}: rest {rest:.4} mV, input resistance {resistance:.2} MΩ", kind.name);
        assert!((rest - kind.rest).abs() < 0.005, "{}: {rest} mV, not {}", kind.name, kind.rest);
        assert!((resistance - kind.resistance).abs() < 0.5, "{}: {resistance} MΩ", kind.name);
    }
}

/// Tonic firing without the low-threshold potassium current, one spike with much of it.
#[test]
fn tonic_and_phasic_firing() {
    assert_eq!(run(&KINDS[0], -63.90, 0.05, 110.0).1, 6);
    assert_eq!(run(&KINDS[4], -63.51, 0.3, 110.0).1, 1);
}
