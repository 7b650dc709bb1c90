//! Lowering a model, its machine code included, and a step of each workload of `apical bench`.

use std::hint::black_box;

use apical::network::{Junction, JunctionEnd, JunctionScheme, Projection, Rule};
use apical::workload::{WORKLOADS, Workload, workload};
use apical::{Model, NetworkSimulation, Simulation};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// The workloads that are one cell.
fn cells() -> Vec<(&'static str, Model)> {
    let cell = |name| match workload(name, None).expect("a workload") {
        Workload::Cell(model) => Some((name, *model)),
        Workload::Network(_) => None,
    };
    WORKLOADS.into_iter().filter_map(|(name, _)| cell(name)).collect()
}

fn lowering(criterion: &mut Criterion) {
    for (name, model) in cells() {
        let ready = || {
            let mut simulation = Simulation::new(&model, ".").expect("a model");
            // Kernels become machine code when they run for the second time.
            for _ in 0..3 {
                simulation.step().expect("voltages stay physical");
            }
            simulation
        };
        criterion.bench_function(&format!("to the third step/{name}"), |bencher| {
            bencher.iter(|| black_box(ready()))
        });
    }
}

fn steps(criterion: &mut Criterion) {
    for (name, model) in cells() {
        let mut simulation = Simulation::new(&model, ".").expect("a model");
        for _ in 0..2000 {
            simulation.step().expect("voltages stay physical");
        }
        criterion.bench_function(&format!("100 steps/{name}"), |bencher| {
            let copy = || simulation.clone();
            bencher.iter_batched_ref(copy, |s| (0..100).try_for_each(|_| s.step()), BatchSize::LargeInput);
        });
    }
}

fn networks(criterion: &mut Criterion) {
    let Workload::Network(mut network) = workload("W3", None).expect("a workload") else { return };
    network.run.duration = 2.5;
    let fresh = NetworkSimulation::new(&network, ".").expect("a network");
    for threads in [1, 2] {
        criterion.bench_function(&format!("100 steps/W3 on {threads}"), |bencher| {
            let copy = || fresh.clone();
            bencher.iter_batched_ref(copy, |s| s.run_with(threads, |_| {}), BatchSize::LargeInput);
        });
    }
    // A ring of junctions makes one group of all cells.
    let mut joined = network.clone();
    for cell in 0..1000 {
        let end = |cell: u32| JunctionEnd { cell, at: "(location \"soma\" 0.5)".into() };
        joined.junctions.push(Junction { ends: [end(cell), end((cell + 1) % 1000)], conductance: 1e-3 });
    }
    for scheme in [JunctionScheme::Implicit, JunctionScheme::Lagged] {
        joined.junction_scheme = scheme;
        let fresh = NetworkSimulation::new(&joined, ".").expect("a network");
        criterion.bench_function(&format!("100 steps/W3 joined, {scheme:?}"), |bencher| {
            let copy = || fresh.clone();
            bencher.iter_batched_ref(copy, |s| s.run_with(1, |_| {}), BatchSize::LargeInput);
        });
    }
    criterion.bench_function("lowering/W3", |bencher| {
        bencher.iter(|| NetworkSimulation::new(&network, ".").map(black_box));
    });
    network.drives.clear();
    let mut compartments = network.clone();
    compartments.populations[0].count = 32_258;
    let mut connections = network;
    let rule = Rule::AllToAll { autapses: true };
    connections.projections.push(Projection {
        weight: Some(1e-4.into()),
        delay: Some(1.0.into()),
        ..Projection::new("all", "cell", "cell", "synapse", rule)
    });
    for (name, network) in [("compartments", compartments), ("connections", connections)] {
        criterion.bench_function(&format!("lowering/W3 with a million {name}"), |bencher| {
            bencher.iter(|| NetworkSimulation::new(&network, ".").map(black_box));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = lowering, steps, networks
}
criterion_main!(benches);
