//! Workload W5 begins as NEURON's does, spike by spike: what both get is in `tests/data/recurrent_network.npz`.
//!
//! Later the network's chaos makes of the last bit of a voltage another spike; totals are compared by `cargo xtask peers`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use apical::NetworkSimulation;
use apical::workload::{Workload, workload};
use npyz::npz::NpzArchive;

const FILE: &str = "tests/data/recurrent_network.npz";

fn array<T: npyz::Deserialize>(name: &str) -> Vec<T> {
    let file = BufReader::new(File::open(FILE).expect("the file is there"));
    let mut archive = NpzArchive::new(file).expect("an archive");
    let array = archive.by_name(name).expect("readable").expect("an array of that name");
    array.into_vec().expect("numbers")
}

#[test]
fn first_fifty_milliseconds_are_those_of_neuron() {
    let Ok(Workload::Network(mut network)) = workload("W5", Some(Path::new(FILE))) else {
        panic!("W5 is a network");
    };
    network.run.duration = 50.0;
    let mut simulation = NetworkSimulation::new(&network, ".").expect("a network");
    simulation.run_with(2, |_| {}).expect("voltages stay physical");
    let step = network.run.time_step;
    let on_grid = |time: f64| (time / step).round() as u64;
    let spikes = simulation.results().spikes;
    let own = spikes.iter().enumerate().flat_map(|(cell, s)| s.times.iter().map(move |&t| (t, cell as i64)));
    let mut own: Vec<(u64, i64)> = own.map(|(time, cell)| (on_grid(time), cell)).collect();
    let theirs = array::<f64>("spike_times").into_iter().zip(array::<i64>("spike_cells"));
    let mut theirs: Vec<(u64, i64)> = theirs.map(|(time, cell)| (on_grid(time), cell)).collect();
    // The file ends before 50 ms, the run with a step that reaches it.
    own.retain(|&(time, _)| time < on_grid(network.run.duration));
    own.sort_unstable();
    theirs.sort_unstable();
    let first = own.iter().zip(&theirs).position(|(a, b)| a != b);
    assert_eq!((first, own.len()), (None, theirs.len()), "where they part, and how many there are");
    assert_eq!(own.len(), 1002);
}
