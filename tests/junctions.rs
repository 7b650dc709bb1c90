//! Electrical synapses between cells: implicit ones are what a piece of cable is, lagged ones are NEURON's scheme, and no bit depends on
//! threads.

use std::f64::consts::PI;

use apical::cell::{Cell, SectionDescription};
use apical::model::{Detector, Model, Record, Scheme};
use apical::network::{Junction, JunctionEnd, JunctionScheme, Network, Population};
use apical::{NetworkSimulation, Quantity, Simulation};

const LENGTH: f64 = 50.0;
const DIAMETER: f64 = 2.0;
/// Ω·cm.
const RESISTIVITY: f64 = 100.0;

fn section(name: &str, length: f64, compartments: usize, parent: Option<&str>) -> SectionDescription {
    SectionDescription {
        name: name.into(),
        length: Some(length),
        diameter: Some(DIAMETER),
        compartments: Some(compartments),
        parent: parent.map(str::to_owned),
        ..SectionDescription::default()
    }
}

/// Hodgkin–Huxley membrane on these sections, a clamp at the beginning when wanted.
fn cell(sections: Vec<SectionDescription>, amplitude: f64) -> Cell {
    let none: [(&str, Quantity); 0] = [];
    let clamp = [("del", 1.0.into()), ("dur", 1e9.into()), ("amp", amplitude.into())];
    Cell { section: sections, axial_resistivity: RESISTIVITY, ..Cell::default() }
        .paint("all", "hh", none)
        .place("clamp", "(location 0 0.01)", "IClamp", clamp)
}

fn record(what: &str, at: &str) -> Record {
    Record { what: what.into(), at: Some(at.into()), ..Record::default() }
}

fn population(name: &str, count: usize, cell: Cell, record: Vec<Record>) -> Population {
    Population {
        name: name.into(),
        count,
        cell,
        spike: Detector::voltage("spike", "(location 0 0.5)", 0.0),
        recorded: if record.is_empty() { Vec::new() } else { (0..count).collect() },
        record,
        ..Population::default()
    }
}

fn junction(cells: [u32; 2], at: [&str; 2], conductance: f64) -> Junction {
    let end = |k: usize| JunctionEnd { cell: cells[k], at: at[k].into() };
    Junction { ends: [end(0), end(1)], conductance }
}

/// µS between the middles of neighbouring compartments of this length.
fn axial_conductance(length: f64) -> f64 {
    // Ω·cm times µm over µm² is 1e4 Ω, and µS are 1e6/Ω.
    100.0 * PI * DIAMETER * DIAMETER / 4.0 / (RESISTIVITY * length)
}

fn run(network: &Network, threads: usize) -> apical::record::Results {
    let mut simulation = NetworkSimulation::new(network, ".").expect("the network is right");
    simulation.run_with(threads, |_| {}).expect("voltages stay physical");
    simulation.results()
}

/// A cable of three compartments is three cells joined by the conductance of the cytoplasm.
#[test]
fn an_implicit_junction_is_a_piece_of_cable() {
    for scheme in [Scheme::BackwardEuler, Scheme::CrankNicolson] {
        let mut model = Model::new(cell(vec![section("cable", 3.0 * LENGTH, 3, None)], 0.1), 40.0);
        model.run.scheme = scheme;
        model.record = ["0.1", "0.5", "0.9"]
            .iter()
            .flat_map(|x| [record("v", &format!("cable({x})")), record("i_membrane", &format!("cable({x})"))])
            .collect();
        let mut whole = Simulation::new(&model, ".").expect("the model is right");
        whole.run().expect("voltages stay physical");

        let mut network = Network::new(40.0);
        network.run.scheme = scheme;
        let piece = |amplitude| cell(vec![section("piece", LENGTH, 1, None)], amplitude);
        let recorded = || vec![record("v", "piece(0.5)"), record("i_membrane", "piece(0.5)")];
        network.populations = vec![
            population("driven", 1, piece(0.1), recorded()),
            population("others", 2, piece(0.0), recorded()),
        ];
        let conductance = axial_conductance(LENGTH);
        for cells in [[0, 1], [2, 1]] {
            network.junctions.push(junction(cells, ["piece(0.5)"; 2], conductance));
        }
        let parts = run(&network, 1);
        let spikes: Vec<usize> = parts.spikes.iter().map(|s| s.times.len()).collect();
        assert!(spikes.iter().all(|&n| n > 1), "the joined cells fire: {spikes:?}");
        for (one, other) in whole.results().traces.iter().zip(&parts.traces) {
            let pairs = one.values.iter().zip(&other.values);
            let largest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            println!("{scheme:?} {} {}: {largest:.1e}", one.name, other.name);
            assert!(largest < 1e-11, "{}: {largest:.1e}", one.name);
        }
    }
}

/// A conductance a thousand times that of the membranes is solved to rounding too.
#[test]
fn strong_junctions_make_one_cell_of_two() {
    let mut network = Network::new(20.0);
    let piece = |amplitude| cell(vec![section("piece", LENGTH, 1, None)], amplitude);
    network.populations = vec![
        population("driven", 1, piece(0.05), vec![record("v", "piece(0.5)")]),
        population("other", 1, piece(0.0), vec![record("v", "piece(0.5)")]),
    ];
    network.junctions.push(junction([0, 1], ["piece(0.5)"; 2], 1e3));
    let two = run(&network, 1);
    network.junctions.clear();
    network.populations = vec![population("alone", 1, piece(0.025), vec![record("v", "piece(0.5)")])];
    let one = run(&network, 1);
    let shared = two.traces[0].values.iter().zip(&two.traces[1].values);
    assert!(shared.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-4, "5e-2 nA through 1e3 µS");
    let mean = two.traces[0].values.iter().zip(&two.traces[1].values).map(|(a, b)| 0.5 * (a + b));
    let largest = mean.zip(&one.traces[0].values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(largest < 1e-3, "{largest}");
    assert!(!one.spikes[0].times.is_empty());
}

/// Two passive compartments by hand: own voltage at the end of the step, the other's at its beginning.
#[test]
fn a_lagged_junction_takes_the_other_side_as_it_was() {
    let leak = |amplitude: f64| {
        let mut one = cell(vec![section("piece", LENGTH, 1, None)], amplitude);
        one.paint.clear();
        one.paint("all", "pas", [("g", 1e-4.into()), ("e", (-65.0).into())])
    };
    let mut network = Network::new(10.0);
    network.populations = vec![
        population("a", 1, leak(0.01), vec![record("v", "piece(0.5)")]),
        population("b", 1, leak(0.0), vec![record("v", "piece(0.5)")]),
    ];
    network.junctions.push(junction([0, 1], ["piece(0.5)"; 2], 2e-3));
    network.junction_scheme = JunctionScheme::Lagged;
    let found = run(&network, 1);
    let area = PI * DIAMETER * LENGTH;
    // µF/cm² over µm² per ms, and S/cm² over µm², both in µS.
    let (capacitance, conductance, joined) = (1e-5 * area / 0.025, 1e-2 * 1e-4 * area, 2e-3);
    let (mut a, mut b) = (-65.0, -65.0);
    for step in 0..400 {
        // The clamp's current is that of the middle of the step.
        let current = if (f64::from(step) + 0.5) * 0.025 >= 1.0 { 0.01 } else { 0.0 };
        let total = capacitance + conductance + joined;
        let change = [
            (current - conductance * (a + 65.0) - joined * (a - b)) / total,
            (-conductance * (b + 65.0) - joined * (b - a)) / total,
        ];
        (a, b) = (a + change[0], b + change[1]);
        let k = step as usize + 1;
        let (found_a, found_b) = (found.traces[0].values[k], found.traces[1].values[k]);
        assert!(
            (found_a - a).abs() < 1e-10 && (found_b - b).abs() < 1e-10,
            "step {k}: {found_a} {a} {found_b} {b}"
        );
    }
    assert!(b > -64.0, "the other side follows");
}

/// Cells with dendrites in two populations, some joined, some not, in lanes.
fn coupled(scheme: JunctionScheme) -> Network {
    let branched = || {
        let sections = vec![
            section("soma", 20.0, 1, None),
            section("a", 150.0, 5, Some("soma")),
            section("b", 100.0, 3, Some("soma")),
        ];
        cell(sections, 0.15)
    };
    let mut network = Network::new(30.0);
    network.junction_scheme = scheme;
    network.populations = vec![
        population("p", 21, branched(), vec![record("v", "soma(0.5)"), record("i_membrane", "soma(0.5)")]),
        population("q", 12, branched(), vec![record("v", "a(0.9)")]),
        population("r", 160, branched(), Vec::new()),
        population("s", 170, branched(), Vec::new()),
    ];
    for cell in 0..14 {
        let places = if cell % 2 == 0 { ["a(0.7)", "b(1)"] } else { ["soma(0.5)", "a(0.1)"] };
        network.junctions.push(junction([cell, cell + 13], places, 1e-3 + 1e-4 * f64::from(cell)));
    }
    // Within one population of several groups, and within one cell.
    network.junctions.push(junction([40, 190], ["a(0.5)", "a(0.5)"], 5e-3));
    network.junctions.push(junction([33, 33], ["a(0.9)", "b(0.9)"], 2e-3));
    network
}

#[test]
fn no_bit_depends_on_threads() {
    for scheme in [JunctionScheme::Implicit, JunctionScheme::Lagged] {
        let network = coupled(scheme);
        let bits = |threads| {
            let results = run(&network, threads);
            let voltages = results.traces.iter().flat_map(|t| &t.values);
            let spikes = results.spikes.iter().flat_map(|s| s.times.iter().chain([&f64::INFINITY]));
            voltages.chain(spikes).map(|number| number.to_bits()).collect::<Vec<_>>()
        };
        let one = bits(1);
        assert!(one.len() > 10_000);
        assert!(bits(2) == one && bits(3) == one, "{scheme:?}");
        let mut apart = network.clone();
        apart.junctions.clear();
        assert_ne!(run(&apart, 1).traces[0].values, run(&network, 1).traces[0].values);
    }
}

/// Cells that are joined with nobody do what they do in a network without junctions.
#[test]
fn junctions_of_others_change_no_bit() {
    let mut network = coupled(JunctionScheme::Implicit);
    network.junctions.retain(|j| j.ends.iter().all(|end| end.cell >= 33));
    let joined = run(&network, 1);
    network.junctions.clear();
    let apart = run(&network, 1);
    assert_eq!(joined.traces, apart.traces);
    assert_eq!(joined.spikes[60], apart.spikes[60]);
}

#[test]
fn what_cannot_be_joined_is_named() {
    let base = || {
        let mut network = Network::new(1.0);
        network.populations =
            vec![population("p", 2, cell(vec![section("soma", 20.0, 1, None)], 0.0), Vec::new())];
        network
    };
    let cases = [
        (junction([0, 2], ["soma(0.5)"; 2], 1e-3), "there is none numbered 2"),
        (junction([0, 1], ["soma(0.5)"; 2], -1e-3), "a conductance of -0.001 µS"),
        (junction([0, 1], ["soma(0.5)", "dend(0.5)"], 1e-3), "dend"),
        (
            junction([0, 1], ["soma(0.5)", "(sum soma(0.2) soma(0.8))"], 1e-3),
            "names 2 locations; a junction joins one",
        ),
        (junction([1, 1], ["soma(0.5)", "soma(0.6)"], 1e-3), "joins a compartment with itself"),
    ];
    for (junction, expected) in cases {
        let mut network = base();
        network.junctions.push(junction);
        let error =
            NetworkSimulation::new(&network, ".").map(|_| ()).expect_err("it cannot be meant").to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("junction[0]") || error.contains("locset expression"), "{error}");
    }
}
