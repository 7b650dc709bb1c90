//! Events of a network: what one costs from a spike to its synapse, whether it was known from the start or not.
//!
//! The throughput is of delivered events. What the cells cost alone is measured beside it, per event that they would have had:
//! the difference is the event's.

use std::hint::black_box;
use std::path::Path;

use apical::cell::{Cell, SectionDescription};
use apical::model::Detector;
use apical::network::{Connection, Drawn, Drive, Network, Population, Projection, Rule, Train};
use apical::{NetworkSimulation, Quantity};
use apical_kernels::random;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const SENDERS: u32 = 200;
const LISTENERS: u32 = 1000;
const CONNECTIONS_OF_A_SENDER: u32 = 1000;
const DURATION: f64 = 50.0;

fn population(name: &str, count: u32, mechanism: &str, point: (&str, &[(&str, f64)])) -> Population {
    let section = SectionDescription {
        name: "soma".to_owned(),
        length: Some(20.0),
        diameter: Some(20.0),
        ..SectionDescription::default()
    };
    let none: [(&str, Quantity); 0] = [];
    let parameters = point.1.iter().map(|&(name, value)| (name, value.into()));
    let cell = Cell { section: vec![section], ..Cell::default() }.paint("all", mechanism, none);
    Population {
        name: name.to_owned(),
        count: count as usize,
        cell: cell.place("point", "soma(0.5)", point.0, parameters),
        spike: Detector::voltage("spike", "soma(0.5)", -10.0),
        ..Population::default()
    }
}

/// Cells that fire by themselves, and cells that listen.
fn cells() -> Network {
    let mut network = Network::new(DURATION);
    let clamp = [("del", 0.0), ("dur", 1e9), ("amp", 0.2)];
    network.populations.push(population("senders", SENDERS, "hh", ("IClamp", &clamp)));
    network.populations.push(population("listeners", LISTENERS, "pas", ("ExpSyn", &[("tau", 2.0)])));
    network
}

/// Every sender to many listeners, with delays of so many ms up to so many.
fn connected(shortest: f64, longest: f64) -> Network {
    let mut network = cells();
    let degree = CONNECTIONS_OF_A_SENDER;
    let rule = Rule::FixedOutDegree { degree, multapses: true, autapses: false };
    let delay = match shortest < longest {
        true => Drawn::Uniform { minimum: shortest, maximum: longest }.into(),
        false => shortest.into(),
    };
    network.projections.push(Projection {
        weight: Some(1e-5.into()),
        delay: Some(delay),
        ..Projection::new("connections", "senders", "listeners", "point", rule)
    });
    network
}

/// Events from outside, as many as an instance gets of connections.
fn driven() -> Network {
    let mut network = cells();
    let times = |cell: u32| (0..1000).map(|event| DURATION * random::uniform(1, [cell, 0], event)).collect();
    network.drives.push(Drive {
        trains: (0..LISTENERS).map(|cell| Train { cell, instance: None, times: times(cell) }).collect(),
        ..Drive::new("outside", "listeners", "point", 1e-5)
    });
    network
}

/// How many events are delivered.
fn count(network: &Network) -> u64 {
    let mut simulation = NetworkSimulation::new(network, ".").expect("a network");
    simulation.run_with(1, |_| {}).expect("voltages stay physical");
    let spikes = simulation.results().spikes;
    let mut arrived = 0;
    let wiring = network.wire(Path::new(".")).expect("a network");
    for projection in 0..wiring.projection_count() {
        let count = |connection: Connection| {
            let times = &spikes[connection.from as usize].times;
            arrived += times.iter().filter(|&&time| time + connection.delay <= DURATION).count() as u64;
            Ok(())
        };
        wiring.connections(projection, count).expect("connections");
    }
    let trains = network.drives.iter().flat_map(|drive| &drive.trains);
    arrived + trains.map(|train| train.times.len() as u64).sum::<u64>()
}

/// The same cells without events. What is connected to cells that never fire makes epochs of the same length.
fn silent(network: &Network) -> Network {
    let mut silent = network.clone();
    silent.drives.clear();
    for projection in &mut silent.projections {
        projection.from = "listeners".to_owned();
        let degree = SENDERS * CONNECTIONS_OF_A_SENDER / LISTENERS;
        projection.connect = Rule::FixedOutDegree { degree, multapses: true, autapses: false };
    }
    silent
}

fn events(criterion: &mut Criterion) {
    let cases = [
        ("one delay of 1 ms", connected(1.0, 1.0)),
        ("delays from 0.5 to 10 ms", connected(0.5, 10.0)),
        ("delays from 0.1 to 20 ms", connected(0.1, 20.0)),
        ("known from the start", driven()),
    ];
    let mut group = criterion.benchmark_group("events");
    for (name, network) in cases {
        group.throughput(Throughput::Elements(count(&network)));
        for (name, network) in
            [(format!("{name}, cells alone"), silent(&network)), (name.to_owned(), network)]
        {
            let fresh = NetworkSimulation::new(&network, ".").expect("a network");
            group.bench_function(name, |bencher| {
                let copy = || fresh.clone();
                bencher.iter_batched_ref(copy, |s| black_box(s.run_with(1, |_| {})), BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = events
}
criterion_main!(benches);
