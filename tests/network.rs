//! Networks: NEURON's spikes, and that neither threads nor the way cells are grouped change a bit.

use apical::cell::{Cell, SectionDescription};
use apical::model::{Detector, Record};
use apical::network::{Drive, Listed, Network, Population, Projection, Rule, Train};
use apical::{NetworkSimulation, Quantity};

fn section(name: &str, length: f64, diameter: f64, parent: Option<&str>, count: usize) -> SectionDescription {
    SectionDescription {
        name: name.to_owned(),
        length: Some(length),
        diameter: Some(diameter),
        parent: parent.map(str::to_owned),
        compartments: Some(count),
        ..SectionDescription::default()
    }
}

fn population(name: &str, count: usize, cell: Cell, recorded: Vec<usize>) -> Population {
    let soma = "(location \"soma\" 0.5)";
    Population {
        name: name.to_owned(),
        count,
        cell,
        spike: Detector::voltage("spike", soma, -10.0),
        record: vec![Record { what: "v".into(), at: Some(soma.into()), ..Record::default() }],
        recorded,
        ..Population::default()
    }
}

fn list(name: &str, from: &str, to: &str, place: &str, connections: Vec<Listed>) -> Projection {
    Projection::new(name, from, to, place, Rule::List { connections })
}

fn none() -> [(&'static str, Quantity); 0] {
    []
}

fn synapse() -> [(&'static str, Quantity); 2] {
    [("tau", 2.0.into()), ("e", 0.0.into())]
}

/// A ring of 20 cells, started by one event: spike times computed with NEURON 9.0.2 at the same step.
#[test]
fn a_ring_spikes_as_in_neuron() {
    let cell = Cell { section: vec![section("soma", 20.0, 20.0, None, 1)], ..Cell::default() }
        .paint("all", "hh", none())
        .place("synapse", "(location \"soma\" 0.5)", "ExpSyn", synapse());
    let mut network = Network::new(250.0);
    network.populations.push(population("ring", 20, cell, Vec::new()));
    let listed = |from: u32| {
        let delay = (1000.0 + 130.0 * f64::from(from)).round() / 1000.0;
        Listed { from, to: (from + 1) % 20, delay: Some(delay), ..Listed::default() }
    };
    network.projections.push(Projection {
        weight: Some(0.02.into()),
        ..list("ring", "ring", "ring", "synapse", (0..20).map(listed).collect())
    });
    network.drives.push(Drive {
        trains: vec![Train { cell: 0, instance: None, times: vec![6.0] }],
        ..Drive::new("start", "ring", "synapse", 0.02)
    });
    let mut simulation = NetworkSimulation::new(&network, ".").expect("the network is right");
    simulation.run_with(2, |_| {}).expect("voltages stay physical");
    let spikes = simulation.results().spikes;
    let expected: [(usize, &[f64]); 4] = [
        (0, &[6.625, 63.825, 121.025, 178.225, 235.425]),
        (1, &[8.25, 65.45, 122.65, 179.85, 237.05]),
        (7, &[20.725, 77.925, 135.125, 192.325, 249.525]),
        (19, &[59.725, 116.925, 174.125, 231.325]),
    ];
    for (cell, times) in expected {
        assert_eq!(spikes[cell].detector, format!("ring[{cell}]"));
        assert_eq!(spikes[cell].times.len(), times.len(), "cell {cell}");
        for (time, expected) in spikes[cell].times.iter().zip(times) {
            assert!((time - expected).abs() < 0.0125, "cell {cell}: {time}, not {expected}");
        }
    }
}

/// A soma and two dendrites, with three excitatory and two inhibitory synapses.
fn branched() -> Cell {
    let sections = vec![
        section("soma", 20.0, 20.0, None, 1),
        section("a", 150.0, 2.0, Some("soma"), 5),
        section("b", 150.0, 1.5, Some("soma"), 4),
        section("c", 100.0, 1.0, Some("a"), 3),
    ];
    let inhibitory = [("tau", Quantity::from(8.0)), ("e", Quantity::from(-75.0))];
    Cell { section: sections, ..Cell::default() }
        .paint("all", "pas", [("e", Quantity::from(-65.0))])
        .paint("(section \"soma\")", "hh", none())
        .paint("(section \"c\")", "Ih", none())
        .place(
            "excitation",
            "(join (location \"a\" 0.7) (location \"b\" 0.9) (location \"c\" 0.5))",
            "AMPANMDA",
            [("nmda", Quantity::from(0.05))],
        )
        .place("inhibition", "(join (location \"soma\" 0.5) (location \"c\" 0.5))", "ExpSyn", inhibitory)
}

/// 45 such cells in populations of these sizes, connected at random. No two events arrive at one time, so that their order does not
/// depend on the populations.
fn recurrent(sizes: &[usize]) -> Network {
    let mut network = Network::new(120.0);
    for (number, &count) in sizes.iter().enumerate() {
        let recorded = (0..count).collect();
        network.populations.push(population(&format!("p{number}"), count, branched(), recorded));
    }
    let of: Vec<(usize, u32)> =
        (0..45).filter_map(|cell| network.cell(cell)).map(|(to, own)| (to, own as u32)).collect();
    let mut state = 12345_u32;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let places = [("excitation", 3), ("inhibition", 2)];
    let mut lists = std::collections::BTreeMap::new();
    for number in 0..600 {
        let inhibits = number % 5 == 0;
        let place = usize::from(inhibits);
        let (to, instance) = (of[draw(45) as usize], draw(places[place].1));
        let weight = if inhibits { 2e-3 } else { 1e-3 };
        let delay = 0.5 + 0.05 * f64::from(draw(40)) + 1e-6 * f64::from(number);
        let from = of[draw(45) as usize];
        let listed = Listed {
            from: from.1,
            to: to.1,
            instance: Some(instance),
            weight: Some(weight),
            delay: Some(delay),
        };
        lists.entry((from.0, to.0, place)).or_insert_with(Vec::new).push(listed);
    }
    for ((from, to, place), connections) in lists {
        let (name, place) = (format!("{from} to {to}, {place}"), places[place].0);
        network.projections.push(list(&name, &format!("p{from}"), &format!("p{to}"), place, connections));
    }
    for (cell, &(to, own)) in of.iter().enumerate() {
        let times =
            (0..40).map(|n| f64::from(draw(4800)) * 0.025 + 1e-7 * (1 + n + 40 * cell) as f64).collect();
        network.drives.push(Drive {
            trains: vec![Train { cell: own, instance: Some(draw(3)), times }],
            ..Drive::new(&format!("{cell}"), &format!("p{to}"), "excitation", 1.5e-2)
        });
    }
    network
}

/// Spike times and last voltages of every cell, to the bit.
fn outcome(network: &Network, threads: usize) -> Vec<(Vec<f64>, u64)> {
    let mut simulation = NetworkSimulation::new(network, ".").expect("the network is right");
    simulation.run_with(threads, |_| {}).expect("voltages stay physical");
    let results = simulation.results();
    let last = |values: &[f64]| values.last().map_or(0, |v| v.to_bits());
    results.spikes.iter().zip(&results.traces).map(|(s, t)| (s.times.clone(), last(&t.values))).collect()
}

#[test]
fn neither_threads_nor_groups_change_a_bit() {
    let network = recurrent(&[45]);
    let expected = outcome(&network, 1);
    let spikes: usize = expected.iter().map(|(times, _)| times.len()).sum();
    assert!(spikes > 100, "only {spikes} spikes: the network is not alive");
    let mut silent = network.clone();
    silent.projections.clear();
    assert!(outcome(&silent, 1) != expected, "connections have no effect");
    // 45 cells side by side, in parts of any size on any number of threads, or each by itself.
    for (sizes, threads) in
        [(&[45][..], 2), (&[20, 25], 1), (&[1, 8, 13, 23], 2), (&[5, 16, 24], 3), (&[1; 45], 3)]
    {
        assert!(outcome(&recurrent(sizes), threads) == expected, "{sizes:?} on {threads} threads");
    }
}

#[test]
fn what_cannot_be_connected_is_named() {
    type Change<'a> = &'a dyn Fn(&mut Network);
    let refused = |change: Change| {
        let mut network = recurrent(&[45]);
        change(&mut network);
        let error = NetworkSimulation::new(&network, ".").expect_err("an error");
        format!("{}: {}", error.document_key().unwrap_or_default(), error.diagnostic().message)
    };
    fn listed(network: &mut Network) -> &mut Listed {
        match &mut network.projections[0].connect {
            Rule::List { connections } => &mut connections[3],
            _ => panic!("a list"),
        }
    }
    let cases: [(Change, &str); 9] = [
        (
            &|n| listed(n).delay = Some(0.01),
            "projection[0].connect.connections[3].delay: a delay of 0.01 ms: at least the time step of 0.025 ms",
        ),
        (
            &|n| listed(n).delay = Some(f64::NAN),
            "projection[0].connect.connections[3].delay: a delay of NaN ms: at least the time step of 0.025 ms",
        ),
        (
            &|n| listed(n).from = 45,
            "projection[0].connect.connections[3].from: `p0` has 45 cells, so there is none numbered 45",
        ),
        (
            &|n| n.drives[2].place = "excitatoin".to_owned(),
            "drive[2].place: nothing is placed on the cells of `p0` under the name `excitatoin`",
        ),
        (
            &|n| n.drives[2].trains[0].instance = Some(3),
            "drive[2].train[0].instance: `excitation` has 3 instances, so there is none numbered 3",
        ),
        (
            &|n| n.drives[0].trains[0].times[1] = f64::INFINITY,
            "drive[0].train[0].times[1]: a time cannot be inf ms",
        ),
        (
            &|n| n.populations[0].recorded = vec![45],
            "population[0].recorded[0]: `p0` has 45 cells, so there is none numbered 45",
        ),
        (
            &|n| n.populations.push(population("none", 0, branched(), Vec::new())),
            "population[1].count: `none` has no cells",
        ),
        (&|n| n.populations.clear(), "population: a network of 0 cells"),
    ];
    for (change, expected) in cases {
        assert_eq!(refused(change), expected);
    }
    let wrong_cell = refused(&|n| n.populations[0].cell.paint[0].mechanism = "passs".to_owned());
    assert_eq!(wrong_cell, "population[0].cell.paint[0].mechanism: unknown mechanism `passs`");
    let wrong_spike = refused(&|n| n.populations[0].spike.at = Some("somma".to_owned()));
    assert!(wrong_spike.starts_with("population[0].spike.at: "), "{wrong_spike}");
}

/// A program that visits connections gets all of its own instance and no others.
#[test]
fn programs_visit_the_connections_of_their_instance() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("visits");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = "NEURON { POINT_PROCESS Doubles RANGE last } ASSIGNED { last } INITIAL { last = 0 }
        NET_RECEIVE (w) { last = w FOR_NETCONS (own) { own = 2*own } }";
    std::fs::write(folder.join("doubles.mod"), text).expect("a file");
    let places = "(join (location \"soma\" 0.5) (location \"a\" 0.5))";
    let mut cell = branched().place("doubles", places, "Doubles", none());
    cell.place.drain(..2);
    let mut network = Network::new(2.0);
    network.mechanisms.push("doubles.mod".into());
    network.populations.push(population("p", 11, cell, (0..11).collect()));
    let last = Record { what: "last".into(), of: Some("doubles".into()), ..Record::default() };
    network.populations[0].record = vec![last];
    // Instances have one to four connections, each with one event, that come one after the other: the last weight was doubled by
    // all before.
    let mut expected = [0.0; 22];
    for round in 0..4 {
        for number in (0..22_u32).rev().filter(|number| number % 4 >= round) {
            let (weight, times) = (f64::from(number + 1), vec![0.5 + 0.3 * f64::from(round)]);
            network.drives.push(Drive {
                trains: vec![Train { cell: number / 2, instance: Some(number % 2), times }],
                ..Drive::new(&format!("{number}, {round}"), "p", "doubles", weight)
            });
            expected[number as usize] = weight * f64::from(1 << round);
        }
    }
    let mut simulation = NetworkSimulation::new(&network, &folder).expect("the network is right");
    simulation.run_with(2, |_| {}).expect("voltages stay physical");
    let results = simulation.results();
    let last: Vec<f64> = results.traces.iter().filter_map(|t| t.values.last().copied()).collect();
    assert_eq!(last, expected);
}

/// A worker that fails leaves nobody waiting for it.
#[test]
#[should_panic(expected = "the report fails")]
fn a_report_that_panics_ends_the_run() {
    let mut simulation = NetworkSimulation::new(&recurrent(&[20, 25]), ".").expect("the network is right");
    let _ = simulation.run_with(2, |progress| assert!(progress.time < 5.0, "the report fails"));
}
