//! Every workload gives the same bits in every way that this processor has to run kernels, on any number of threads.

use apical::workload::{WORKLOADS, Workload, workload};
use apical::{Level, NetworkSimulation, Simulation};

/// How long each runs, ms: W4 and W6 until well after their first spikes.
fn duration(name: &str) -> f64 {
    match name {
        "W1" | "W2" => 20.0,
        "W4" => 30.0,
        _ => 12.0,
    }
}

/// Recorded voltages and spike times, to the bit.
fn outcome(name: &str, level: Level, threads: usize) -> Vec<u64> {
    let results = match workload(name, None).expect("a workload") {
        Workload::Cell(mut model) => {
            model.run.duration = duration(name);
            let mut simulation = Simulation::new(&model, ".").expect("a model");
            simulation.set_level(level);
            simulation.run().expect("voltages stay physical");
            simulation.results().clone()
        }
        Workload::Network(mut network) => {
            network.run.duration = duration(name);
            let mut simulation = NetworkSimulation::new(&network, ".").expect("a network");
            simulation.set_level(level);
            simulation.run_with(threads, |_| {}).expect("voltages stay physical");
            simulation.results()
        }
    };
    assert!(name == "W1" || results.spikes.iter().any(|s| !s.times.is_empty()), "{name} is silent");
    let voltages = results.traces.iter().flat_map(|t| &t.values);
    let spikes = results.spikes.iter().flat_map(|s| s.times.iter().chain([&f64::INFINITY]));
    voltages.chain(spikes).map(|number| number.to_bits()).collect()
}

#[test]
fn workloads_are_the_same_on_every_level() {
    let levels = Level::available();
    println!("{levels:?}");
    for (name, _) in WORKLOADS {
        let first = outcome(name, levels[0], 1);
        for (number, &level) in levels.iter().enumerate().skip(1) {
            let threads = 1 + number % 3;
            assert!(outcome(name, level, threads) == first, "{name} differs on {level:?}, {threads} threads");
        }
    }
}
