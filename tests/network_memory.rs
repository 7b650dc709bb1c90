//! What is told of a network's memory before it is made is what the process then takes. In a file of its own: other tests would
//! allocate meanwhile.

use std::path::Path;

use apical::PreparedNetwork;
use apical::cell::{Cell, SectionDescription};
use apical::model::{Detector, Record};
use apical::network::{Distribution, Drawn, Drive, Generator, Network, Population, Projection, Rule};

/// Resident memory of this process, bytes.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kilobytes| 1024.0 * kilobytes)
}

/// So many cells of so many compartments, each with so many connections, trains from outside and traces of some.
fn network(cells: usize, compartments: usize, degree: u32, recorded: usize) -> Network {
    let soma = SectionDescription {
        name: "soma".to_owned(),
        length: Some(20.0 * compartments as f64),
        diameter: Some(5.0),
        compartments: Some(compartments),
        ..SectionDescription::default()
    };
    let cell = Cell { section: vec![soma], ..Cell::default() }.paint("all", "hh", []).place(
        "synapse",
        "(uniform all 0 9 1)",
        "ExpSyn",
        [("tau", 2.0.into())],
    );
    let mut network = Network::new(20.0);
    network.populations.push(Population {
        name: "cells".to_owned(),
        count: cells,
        cell,
        spike: Detector::voltage("spike", "soma(0.5)", 0.0),
        record: vec![Record { what: "v".to_owned(), at: Some("soma(0.5)".to_owned()), ..Record::default() }],
        recorded: (0..recorded).collect(),
        ..Population::default()
    });
    let rule = Rule::FixedInDegree { degree, multapses: true, autapses: false };
    let delay = Drawn::Uniform { minimum: 1.0, maximum: 5.0 };
    network.projections.push(Projection {
        weight: Some(1e-6.into()),
        delay: Some(Distribution::Drawn(delay)),
        ..Projection::new("all", "cells", "cells", "synapse", rule)
    });
    network.drives.push(Drive {
        generator: Some(Generator::Poisson { rate: 200.0, start: 0.0, stop: None }),
        ..Drive::new("noise", "cells", "synapse", 1e-6)
    });
    network
}

#[test]
fn the_memory_that_is_told_is_the_memory_that_is_taken() {
    if resident().is_none() {
        println!("skipped: the system does not tell how much memory a process has");
        return;
    }
    // Mostly connections; mostly cells; mostly traces. All are run together, so that no memory is used again.
    let mut kept = Vec::new();
    for (cells, compartments, degree, recorded) in [(2000, 1, 1000, 0), (8000, 40, 10, 0), (800, 1, 10, 800)]
    {
        let mut network = network(cells, compartments, degree, recorded);
        if recorded > 0 {
            network.run.duration = 400.0;
        }
        let before = resident().unwrap_or_default();
        let prepared = PreparedNetwork::new(&network, Path::new(".")).expect("a network");
        let told = prepared.memory(usize::MAX).expect("a size") as f64;
        let mut simulation = prepared.simulation().expect("a network");
        simulation.run_with(2, |_| {}).expect("voltages stay physical");
        let taken = resident().unwrap_or_default() - before;
        println!("{cells} cells: {:.1} MB told, {:.1} MB taken", told / 1e6, taken / 1e6);
        assert!((told / taken - 1.0).abs() < 0.2, "{told} bytes told, {taken} taken");
        kept.push(simulation);
    }
}
