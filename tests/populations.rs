//! Cells of one population that differ in parameters: each is, to the bit, the cell that would be described alone.

use apical::cell::{Cell, Membrane, SectionDescription};
use apical::model::{Detector, Record};
use apical::network::{Drive, Listed, Network, Population, Projection, Rule, Train, Varied, Vary};
use apical::{NetworkSimulation, Quantity};

const CELLS: usize = 21;

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

/// A soma and two dendrites, with synapses that release by chance and others.
fn cell() -> Cell {
    let none: [(&str, Quantity); 0] = [];
    let sections = vec![
        section("soma", 20.0, 20.0, None, 1),
        section("a", 150.0, 2.0, Some("soma"), 5),
        section("b", 150.0, 1.5, Some("soma"), 4),
    ];
    Cell { section: sections, ..Cell::default() }
        .paint("all", "pas", [("e", Quantity::from(-65.0))])
        .paint("(section \"soma\")", "hh", none.clone())
        .paint("(join (section \"a\") (section \"soma\"))", "Ih", none)
        .place(
            "chance",
            "(join (location \"a\" 0.7) (location \"b\" 0.9))",
            "StochasticSyn",
            [("sites", 3.0.into())],
        )
        .place("plain", "(location \"soma\" 0.5)", "ExpSyn", [("tau", 2.0.into())])
}

fn painted(mechanism: &str, region: &str, parameter: &str) -> Varied {
    Varied::Painted { mechanism: mechanism.into(), region: region.into(), parameter: parameter.into() }
}

fn placed(placement: &str, parameter: &str) -> Varied {
    Varied::Placed { placement: placement.into(), parameter: parameter.into() }
}

/// Another number for each parameter and cell.
fn spread(parameter: usize, cell: usize) -> f64 {
    ((7 * cell + 3 * parameter) % 17) as f64 / 17.0
}

/// What differs, and how a cell alone is described with a value.
type Difference = (Varied, fn(f64) -> f64, fn(Cell, f64) -> Cell);

fn differences() -> [Difference; 6] {
    [
        (
            painted("hh", "all", "gnabar"),
            |x| 0.08 + 0.08 * x,
            |cell, g| cell.paint("(section \"soma\")", "hh", [("gnabar", Quantity::from(g))]),
        ),
        (
            painted("pas", "(section \"b\")", "g"),
            |x| 1e-4 * (1.0 + x),
            |cell, g| cell.paint("(section \"b\")", "pas", [("g", Quantity::from(g))]),
        ),
        (
            painted("pas", "(section \"a\")", "e"),
            |x| -70.0 + 5.0 * x,
            |cell, e| cell.paint("(section \"a\")", "pas", [("e", Quantity::from(e))]),
        ),
        (
            placed("chance", "p"),
            |x| 0.2 + 0.7 * x,
            |mut cell, p| {
                cell.place[0].parameters.insert("p".into(), p.into());
                cell
            },
        ),
        (
            placed("plain", "tau"),
            |x| 0.5 + 3.0 * x,
            |mut cell, tau| {
                cell.place[1].parameters.insert("tau".into(), tau.into());
                cell
            },
        ),
        (
            Varied::InitialVoltage,
            |x| -80.0 + 15.0 * x,
            |mut cell, voltage| {
                cell.membrane.push(Membrane {
                    region: "all".into(),
                    initial_voltage: Some(voltage.into()),
                    ..Membrane::default()
                });
                cell
            },
        ),
    ]
}

fn value(difference: usize, cell: usize) -> f64 {
    differences()[difference].1(spread(difference, cell))
}

/// Populations of these sizes, whose cells differ by parameters, or alone, by description.
fn network(sizes: &[usize], alone: bool) -> Network {
    let mut network = Network::new(60.0);
    let mut first = 0;
    for (number, &count) in sizes.iter().enumerate() {
        let mut here = cell();
        let mut vary = Vec::new();
        for (difference, (what, _, describe)) in differences().into_iter().enumerate() {
            if alone {
                here = describe(here, value(difference, first));
            } else {
                let values: Vec<f64> = (first..first + count).map(|cell| value(difference, cell)).collect();
                vary.push(Vary { what, values: values.into() });
            }
        }
        let soma = "(location \"soma\" 0.5)";
        network.populations.push(Population {
            name: format!("p{number}"),
            count,
            cell: here,
            vary,
            spike: Detector::voltage("spike", soma, -10.0),
            record: vec![Record { what: "v".into(), at: Some(soma.into()), ..Record::default() }],
            recorded: (0..count).collect(),
            ..Population::default()
        });
        first += count;
    }
    let of: Vec<(usize, u32)> =
        (0..CELLS).filter_map(|cell| network.cell(cell)).map(|(to, own)| (to, own as u32)).collect();
    for (cell, &(to, own)) in of.iter().enumerate() {
        let source = of[(cell * 5 + 2) % CELLS];
        let synapses = [("chance", 0, 4e-3), ("chance", 1, 4e-3), ("plain", 0, 2e-2)];
        for (number, (place, instance, weight)) in synapses.into_iter().enumerate() {
            let [from, to] = [source.0, to].map(|number| format!("p{number}"));
            let name = format!("{cell}, {number}");
            let times = (1..12).map(|event| f64::from(event * (5 + instance) + cell as u32 % 3)).collect();
            network.drives.push(Drive {
                trains: vec![Train { cell: own, instance: Some(instance), times }],
                ..Drive::new(&name, &to, place, weight)
            });
            let connections =
                vec![Listed { from: source.1, to: own, instance: Some(instance), ..Listed::default() }];
            network.projections.push(Projection {
                weight: Some(weight.into()),
                delay: Some(1.5.into()),
                ..Projection::new(&name, &from, &to, place, Rule::List { connections })
            });
        }
    }
    network
}

/// Spike times and voltages of every cell, to the bit.
fn outcome(network: &Network, threads: usize) -> Vec<(Vec<f64>, Vec<u64>)> {
    let mut simulation = NetworkSimulation::new(network, ".").expect("the network is right");
    simulation.run_with(threads, |_| {}).expect("voltages stay physical");
    let results = simulation.results();
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect();
    results.spikes.iter().zip(&results.traces).map(|(s, t)| (s.times.clone(), bits(&t.values))).collect()
}

#[test]
fn each_cell_is_the_one_described_alone() {
    let expected = outcome(&network(&[1; CELLS], true), 2);
    assert!(expected.iter().map(|(times, _)| times.len()).sum::<usize>() > CELLS, "the network is not alive");
    for (sizes, threads) in
        [(&[CELLS][..], 1), (&[CELLS], 2), (&[8, 13], 2), (&[1, 9, 11], 3), (&[1; CELLS], 1)]
    {
        assert!(outcome(&network(sizes, false), threads) == expected, "{sizes:?} on {threads} threads");
    }
    // Each of the parameters has an effect.
    for difference in 0..differences().len() {
        let mut without = network(&[CELLS], false);
        without.populations[0].vary.remove(difference);
        assert!(outcome(&without, 1) != expected, "{:?} has no effect", differences()[difference].0);
    }
}

#[test]
fn of_two_values_the_later_counts() {
    let mut network = network(&[CELLS], false);
    let expected = outcome(&network, 1);
    let vary = &mut network.populations[0].vary;
    let what = painted("hh", "(section \"soma\")", "gnabar");
    vary.insert(0, Vary { what, values: vec![0.5; CELLS].into() });
    assert!(outcome(&network, 1) == expected);
}

#[test]
fn what_cannot_differ_is_named() {
    let refused = |what: Varied, values: Vec<f64>| {
        let mut network = network(&[CELLS], false);
        network.populations[0].vary.push(Vary { what, values: values.into() });
        let error = NetworkSimulation::new(&network, ".").expect_err("an error");
        error.to_string()
    };
    let values = || vec![1.0; CELLS];
    let mut not_finite = values();
    not_finite[3] = f64::NAN;
    let cases = [
        refused(painted("hhh", "all", "gnabar"), values()),
        refused(painted("ExpSyn", "all", "tau"), values()),
        refused(painted("hh", "all", "gnaba"), values()),
        refused(painted("hh", "(section \"b\")", "gnabar"), values()),
        refused(painted("hh", "(section \"d\")", "gnabar"), values()),
        refused(placed("plane", "tau"), values()),
        refused(placed("plain", "g"), values()),
        refused(placed("plain", "tau"), vec![1.0; 3]),
        refused(placed("plain", "tau"), not_finite),
        refused(Varied::InitialVoltage, vec![1e9; CELLS]),
    ];
    insta::assert_snapshot!(cases.join("\n"));
    let mut network = network(&[CELLS], false);
    let voltage =
        Membrane { region: "all".into(), initial_voltage: Some((-65.0).into()), ..Membrane::default() };
    network.populations[0].cell.membrane.push(voltage);
    let error = NetworkSimulation::new(&network, ".").expect_err("an error");
    assert_eq!(error.document_key(), Some("population[0].vary[5]"));
}

/// A parameter that a mechanism has once for the whole model cannot be another for each cell.
#[test]
fn a_global_parameter_cannot_differ() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("global_parameter");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = "NEURON { SUFFIX shared GLOBAL g NONSPECIFIC_CURRENT i }
        PARAMETER { g = 1e-4 } ASSIGNED { v i } BREAKPOINT { i = g * (v + 60) }";
    std::fs::write(folder.join("shared.mod"), text).expect("a file");
    let mut network = network(&[CELLS], false);
    network.mechanisms.push("shared.mod".into());
    let none: [(&str, Quantity); 0] = [];
    network.populations[0].cell = cell().paint("all", "shared", none);
    let what = painted("shared", "all", "g");
    network.populations[0].vary = vec![Vary { what, values: vec![1e-4; CELLS].into() }];
    let error = NetworkSimulation::new(&network, &folder).expect_err("an error");
    assert_eq!(error.document_key(), Some("population[0].vary[0].parameter"));
    let expected = "`g` of `shared` is GLOBAL: it has one value for the whole model, not one for each cell";
    assert_eq!(error.message(), expected);
}
