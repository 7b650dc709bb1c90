//! A run that is saved, and goes on in another simulation, gives the bits of one that never stopped; what is no snapshot of it is refused.

use apical::cell::{Cell, SectionDescription};
use apical::model::{Document, Events, Keep, Model, Poisson, Rates, Record};
use apical::network::{Junction, JunctionEnd, Network};
use apical::record::Results;
use apical::workload::{Workload, workload};
use apical::{NetworkSimulation, Quantity, Simulation, Snapshot};

fn bits(parts: &[Results]) -> Vec<u64> {
    let count = parts[0].traces.len();
    let traces = (0..count).flat_map(|k| parts.iter().flat_map(move |r| r.traces[k].values.clone()));
    let trains =
        (0..parts[0].spikes.len()).flat_map(|k| parts.iter().flat_map(move |r| r.spikes[k].times.clone()));
    traces.chain(trains).map(f64::to_bits).collect()
}

/// Runs to some times, each time in a simulation of its own that takes over from a file's bytes; what all of them recorded.
fn in_parts(model: &Model, base: &std::path::Path, times: &[f64]) -> Vec<Results> {
    let mut parts = Vec::new();
    let mut bytes: Option<Vec<u8>> = None;
    for &time in times {
        let mut simulation = Simulation::new(model, base).expect("the model is right");
        if let Some(bytes) = &bytes {
            simulation.resume(Snapshot::from_bytes(bytes).expect("whole")).expect("the same description");
        }
        simulation.run_to(time, |_| {}).expect("voltages stay physical");
        bytes = Some(simulation.save().expect("it did not fail").to_bytes());
        parts.push(simulation.take_results());
    }
    parts
}

#[test]
fn a_layer5_cell_goes_on_where_it_was() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/layer5_pyramidal.toml");
    let document = Document::load(&path).expect("a model");
    let mut model = document.model.clone();
    model.run.duration = 140.0;
    model.record.push(Record { what: "cai".into(), at: Some("soma".into()), ..Record::default() });
    model.record.retain(|r| r.at.as_deref() != Some("soma"));
    let whole = in_parts(&model, document.base(), &[140.0]);
    assert!(whole[0].spikes.iter().any(|s| !s.times.is_empty()));
    assert_eq!(bits(&in_parts(&model, document.base(), &[20.025, 107.5, 140.0])), bits(&whole));
}

/// Self-events, random numbers and connections that keep numbers: all of them are part of the state.
#[test]
fn events_under_way_and_streams_go_on() {
    let soma = SectionDescription {
        name: "soma".into(),
        length: Some(20.0),
        diameter: Some(20.0),
        ..SectionDescription::default()
    };
    let none = || -> [(&str, Quantity); 0] { [] };
    let mut cell = Cell { section: vec![soma], ..Cell::default() }
        .paint("all", "hh", none())
        .place("depressing", "(location 0 0.5)", "TsodyksMarkram", none())
        .place("chance", "(location 0 0.5)", "StochasticSyn", none());
    for (name, mechanism) in [("train", "SpikeTrain"), ("unit", "LeakyFire")] {
        cell = cell.place(name, "", mechanism, none());
        let placed = cell.place.last_mut().expect("just placed");
        placed.at = None;
    }
    let mut model = Model::new(cell, 200.0);
    for (target, weight) in [("depressing", 5e-3), ("chance", 4e-3), ("unit", 0.4)] {
        let poisson = Some(Poisson { rate: 200.0, start: 0.0, stop: None });
        model.events.push(Events { target: target.into(), weight, poisson, ..Events::default() });
    }
    for (what, of) in [("i", "depressing"), ("released", "chance"), ("failures", "chance")] {
        model.record.push(Record { what: what.into(), of: Some(of.into()), ..Record::default() });
    }
    model.record.push(Record { what: "v".into(), at: Some("(location 0 0.5)".into()), ..Record::default() });
    for of in ["train", "unit"] {
        let of = Some(of.to_owned());
        model.detect.push(apical::model::Detector {
            name: of.clone().expect("some"),
            of,
            ..Default::default()
        });
    }
    let base = std::path::Path::new(".");
    let whole = in_parts(&model, base, &[200.0]);
    assert!(whole[0].spikes.iter().all(|s| s.times.len() > 2), "{:?}", whole[0].spikes);
    assert_eq!(bits(&in_parts(&model, base, &[0.0, 13.3, 77.7, 200.0])), bits(&whole));
}

/// W5 with junctions between some cells: recurrent events on their way, two threads before and one after.
fn network() -> Network {
    let Ok(Workload::Network(mut network)) = workload("W5", None) else { panic!("W5 is a network") };
    network.run.duration = 16.0;
    let end = |cell: u32| JunctionEnd { cell, at: "(location \"soma\" 0.5)".into() };
    network.junctions.push(Junction { ends: [end(3), end(340)], conductance: 1e-3 });
    *network
}

#[test]
fn a_network_goes_on_where_it_was() {
    let network = network();
    let fresh = || NetworkSimulation::new(&network, ".").expect("the network is right");
    let mut whole = fresh();
    whole.run_with(1, |_| {}).expect("voltages stay physical");
    let whole = whole.take_results();
    assert!(whole.spikes.iter().map(|s| s.times.len()).sum::<usize>() > 100);
    let mut first = fresh();
    // Not at the end of an epoch of 1 ms.
    first.run_to(9.35, 2, |_| {}).expect("voltages stay physical");
    let bytes = first.save().expect("it did not fail").to_bytes();
    let mut second = fresh();
    second.resume(Snapshot::from_bytes(&bytes).expect("whole")).expect("the same network");
    assert_eq!(second.steps(), 374);
    second.run_with(1, |_| {}).expect("voltages stay physical");
    assert_eq!(bits(&[first.take_results(), second.take_results()]), bits(&[whole]));
}

/// A snapshot holds parameters, and tables of rates are made from them: neither can be of another run.
#[test]
fn tables_of_rates_are_those_of_the_snapshot() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("saved_rates");
    std::fs::create_dir_all(&folder).expect("a folder");
    let gate = "NEURON { SUFFIX gate NONSPECIFIC_CURRENT i RANGE half }
        PARAMETER { half = -40 }
        ASSIGNED { v (mV) i (mA/cm2) }
        STATE { m }
        BREAKPOINT { SOLVE states METHOD cnexp i = 1e-4*m*(v + 20) }
        DERIVATIVE states { m' = (1/(1 + exp(-(v - half)/6)) - m)/(1 + exp(v/30)) }";
    std::fs::write(folder.join("gate.mod"), gate).expect("a file");
    let soma = SectionDescription {
        name: "soma".into(),
        length: Some(20.0),
        diameter: Some(20.0),
        ..SectionDescription::default()
    };
    let model = |half: f64, rates: Rates| {
        let cell = Cell { section: vec![soma.clone()], ..Cell::default() };
        let mut model = Model::new(cell.paint("all", "gate", [("half", half.into())]), 10.0);
        model.mechanisms = vec![folder.clone()];
        model.run.rates = rates;
        model.record.push(Record { what: "v".into(), at: Some("soma(0.5)".into()), ..Record::default() });
        model
    };
    let own = model(-60.0, Rates::Tabulated);
    let mut whole = Simulation::new(&own, ".").expect("the model is right");
    whole.run().expect("voltages stay physical");
    let parts = in_parts(&own, std::path::Path::new("."), &[4.0, 10.0]);
    assert_eq!(bits(&parts), bits(&[whole.results().clone()]));
    let mut saved = Simulation::new(&own, ".").expect("the model is right");
    saved.run_to(4.0, |_| {}).expect("voltages stay physical");
    let bytes = saved.save().expect("it did not fail").to_bytes();
    for other in [model(-50.0, Rates::Tabulated), model(-60.0, Rates::Exact)] {
        let mut simulation = Simulation::new(&other, ".").expect("the model is right");
        let error =
            simulation.resume(Snapshot::from_bytes(&bytes).expect("whole")).expect_err("another description");
        assert!(error.to_string().contains("of another description"), "{error}");
    }
}

#[test]
fn what_is_no_snapshot_of_the_description_is_refused() {
    let network = network();
    let simulation = NetworkSimulation::new(&network, ".").expect("the network is right");
    let bytes = simulation.save().expect("it did not fail").to_bytes();
    for (bytes, expected) in [
        (&bytes[..10], "too short"),
        (&bytes[..bytes.len() - 1], "damaged or not whole"),
        (b"PK\x03\x04 this is another file altogether", "does not begin"),
    ] {
        let error = Snapshot::from_bytes(bytes).expect_err("no snapshot").to_string();
        assert!(error.contains(expected), "{error}");
    }
    let mut turned = bytes.clone();
    turned[200] ^= 1;
    assert!(Snapshot::from_bytes(&turned).expect_err("damaged").to_string().contains("damaged"));

    let other = |change: &dyn Fn(&mut Network), expected: &str| {
        let mut changed = network.clone();
        change(&mut changed);
        let mut simulation = NetworkSimulation::new(&changed, ".").expect("the network is right");
        let snapshot = Snapshot::from_bytes(&bytes).expect("whole");
        let error = simulation.resume(snapshot).expect_err("another network").to_string();
        assert!(error.contains("of another description") && error.contains(expected), "{error}");
        assert!(simulation.run_with(1, |_| {}).is_err(), "it is in no state to run");
    };
    other(&|n| n.run.time_step = 0.0125, "other mechanisms");
    other(&|n| n.run.seed = 2, "other mechanisms");
    other(&|n| n.populations[1].count = 101, "numbers where");
    other(&|n| n.populations[1].count = 400, "groups of cells");
    other(&|n| n.projections.truncate(3), "numbers where");
    other(&|n| n.run.temperature = 7.0, "other mechanisms");
    other(&|n| n.run.rates = Rates::Tabulated, "other mechanisms");
}

/// What is kept in short is what the trace would have told, through a pause too.
#[test]
fn statistics_are_those_of_the_trace() {
    let Ok(Workload::Network(mut network)) = workload("W5", None) else { panic!("W5 is a network") };
    network.run.duration = 12.0;
    network.run.sample_interval = Some(0.1);
    let population = &mut network.populations[0];
    population.recorded = vec![0, 7, 399];
    let soma = population.record[0].clone();
    population.record.push(Record { keep: Keep::Statistics, name: Some("short".into()), ..soma });
    let mut simulation = NetworkSimulation::new(&network, ".").expect("the network is right");
    simulation.run_to(5.0, 2, |_| {}).expect("voltages stay physical");
    let (first, snapshot) = (simulation.take_results(), simulation.save().expect("it did not fail"));
    let mut second = NetworkSimulation::new(&network, ".").expect("the network is right");
    second.resume(Snapshot::from_bytes(&snapshot.to_bytes()).expect("whole")).expect("the same network");
    second.run_with(1, |_| {}).expect("voltages stay physical");
    let second = second.take_results();
    assert_eq!((first.traces.len(), second.statistics.len()), (3, 3), "a trace and statistics of each cell");
    for (number, short) in second.statistics.iter().enumerate() {
        let values = [first.traces[number].values.clone(), second.traces[number].values.clone()].concat();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        assert_eq!(short.name, format!("excitatory[{}].short", [0, 7, 399][number]));
        assert_eq!((short.samples, values.len()), (121, 121));
        assert!((short.mean / mean - 1.0).abs() < 1e-12, "{} {mean}", short.mean);
        assert!((short.deviation() / deviation - 1.0).abs() < 1e-12, "{} {deviation}", short.deviation());
        let range = values.iter().fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        assert_eq!((short.minimum, short.maximum), range);
    }
    assert_eq!(first.statistics[0].samples, 51, "of all of the run so far");
}
