//! Events of a network: what one costs from a spike to its synapse, whether it was known from the start or not.
//!
//! The throughput is of delivered events. What the cells cost alone is measured beside it, per event that they would have had:
//! the difference is the event's.

use std::hint::black_box;

use apical::cell::{Cell, SectionDescription};
use apical::model::Detector;
use apical::network::{Connection, Network, Population, Target, Train};
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
        parameters: Vec::new(),
        spike: Detector::voltage("spike", "soma(0.5)", -10.0),
        record: Vec::new(),
        recorded: Vec::new(),
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

/// A number from 0 to below 1.
fn draw(stream: u32, number: u32) -> f64 {
    random::uniform(1, [stream, 0], u64::from(number))
}

/// A listener's synapse.
fn listener(stream: u32, number: u32) -> Target {
    let cell = SENDERS + (draw(stream, number) * f64::from(LISTENERS)) as u32;
    Target { cell, place: 0, instance: 0 }
}

/// Every sender to many listeners, with delays of so many ms up to so many.
fn connected(shortest: f64, longest: f64) -> Network {
    let mut network = cells();
    for from in 0..SENDERS {
        network.connections.extend((0..CONNECTIONS_OF_A_SENDER).map(|number| {
            let delay = shortest + (longest - shortest) * draw(from, 2 * number);
            Connection { from, to: listener(from, 2 * number + 1), weight: 1e-5, delay }
        }));
    }
    network
}

/// Events from outside, as many as an instance gets of connections.
fn driven() -> Network {
    let mut network = cells();
    network.trains.extend((0..LISTENERS).map(|number| Train {
        to: Target { cell: SENDERS + number, place: 0, instance: 0 },
        weight: 1e-5,
        times: (0..1000).map(|event| DURATION * draw(number, event)).collect(),
    }));
    network
}

/// How many events are delivered.
fn count(network: &Network) -> u64 {
    let mut simulation = NetworkSimulation::new(network, ".").expect("a network");
    simulation.run_with(1, |_| {}).expect("voltages stay physical");
    let spikes = simulation.results().spikes;
    let within = |connection: &&Connection| {
        let times = &spikes[connection.from as usize].times;
        times.iter().filter(|&&time| time + connection.delay <= DURATION).count() as u64
    };
    let arrived = network.connections.iter().map(|connection| within(&connection)).sum::<u64>();
    arrived + network.trains.iter().map(|train| train.times.len() as u64).sum::<u64>()
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
        let mut silent = network.clone();
        silent.trains.clear();
        // What is connected to a cell that never fires makes epochs of the same length.
        silent.connections.iter_mut().for_each(|connection| connection.from = connection.to.cell);
        group.throughput(Throughput::Elements(count(&network)));
        for (name, network) in [(format!("{name}, cells alone"), silent), (name.to_owned(), network)] {
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
