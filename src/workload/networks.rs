//! The networks among the workloads.

use super::cells::{ball, layer5_ball};
use super::drive::{Shape, Trains, Wiring};
use crate::cell::{Cell, Quantity};
use crate::model::{Detector, Record, Run};
use crate::network::{Connection, Network, Population, Target, Train};

/// Events from outside are sent; they arrive so many ms later.
const DELAY: f64 = 1.0;

/// As in `xtask/src/peers/definitions.py`.
pub const W5: Shape = Shape {
    cells: 500,
    excitatory: 400,
    excitation: 20,
    inhibition: 5,
    trains: 3,
    rate: 40.0,
    duration: 500.0,
};

/// W6: twice W5, the same in-degrees.
pub const W6: Shape = Shape { cells: 1000, excitatory: 800, trains: 5, rate: 20.0, ..W5 };

fn synapse(cell: usize, place: u32, instance: usize) -> Target {
    Target { cell: cell as u32, place, instance: instance as u32 }
}

fn arrivals(times: &[f64]) -> Vec<f64> {
    times.iter().map(|time| time + DELAY).collect()
}

fn population(name: &str, count: usize, cell: Cell, recorded: &[&str]) -> Population {
    let record = |at: &&str| Record { what: "v".into(), at: Some((*at).into()), ..Record::default() };
    Population {
        name: name.to_owned(),
        count,
        cell,
        parameters: Vec::new(),
        spike: Detector::voltage("spike", SOMA, -10.0),
        record: recorded.iter().map(record).collect(),
        recorded: if recorded.is_empty() { Vec::new() } else { vec![0] },
    }
}

/// Tips of a cell.
const TIPS: u32 = 4;

const SOMA: &str = "(location \"soma\" 0.5)";

/// A synapse on each cell, which gets events of its own.
pub fn cells_of_their_own(trains: Trains) -> Network {
    let parameters = [("tau", 2.0.into()), ("e", 0.0.into())];
    let cell = ball(5, 5).place("synapse", "(location \"tip0\" 0.5)", "ExpSyn", parameters);
    let mut network = Network::new(200.0);
    network.populations.push(population("cell", trains.len(), cell, &[SOMA]));
    let train = |(cell, times): (usize, Vec<f64>)| Train {
        to: synapse(cell, 0, 0),
        weight: 0.012,
        times: arrivals(&times),
    };
    network.trains = trains.into_iter().enumerate().map(train).collect();
    network
}

/// A recurrent network of cells with AMPA, NMDA and GABA synapses on their dendrites.
pub fn recurrent(wiring: &Wiring) -> Network {
    let cell = ball(5, 10)
        .place(
            "excitation",
            &excitatory_places(W5),
            "ExpAMPANMDA",
            [("mg", Quantity::from(0.28)), ("k0", Quantity::from(1.0))],
        )
        .place(
            "inhibition",
            &inhibitory_places(W5),
            "ExpSyn",
            [("tau", Quantity::from(8.0)), ("e", Quantity::from(-75.0))],
        );
    let mut network = Network::new(W5.duration);
    network.populations =
        vec![population("excitatory", 400, cell.clone(), &[SOMA]), population("inhibitory", 100, cell, &[])];
    connect(&mut network, W5, wiring, Weights { excitation: 0.0008, inhibition: 0.004, outside: 0.004 }, 1);
    network
}

/// The same with the layer-5 cell's channels on soma and trunks, and NMDA spikes in the tips: of tens of mV, with the soma at rest
/// or not. After a common beginning cells fire irregularly, a few times a second.
pub fn dendritic_spikes(wiring: &Wiring) -> Network {
    let cell = layer5_ball(5, 10)
        .place(
            "excitation",
            &excitatory_places(W6),
            "ExpAMPANMDA",
            [("nmda", Quantity::from(3.0)), ("nmda_decay", Quantity::from(25.0))],
        )
        .place(
            "inhibition",
            &inhibitory_places(W6),
            "ExpSyn",
            [("tau", Quantity::from(8.0)), ("e", Quantity::from(-75.0))],
        );
    let mut network = Network::new(W6.duration);
    network.run = Run { temperature: 34.0, initial_voltage: -75.0, ..network.run };
    network.populations = vec![
        population("excitatory", 800, cell.clone(), &[SOMA, "(location \"tip0\" 0.95)"]),
        population("inhibitory", 200, cell, &[]),
    ];
    // All events from outside meet on one tip.
    connect(
        &mut network,
        W6,
        wiring,
        Weights { excitation: 0.0002, inhibition: 0.003, outside: 0.004 },
        TIPS as usize,
    );
    network
}

/// Excitatory synapses: on the tips in turn, from near the branch point outwards.
fn excitatory_places(shape: Shape) -> String {
    let place =
        |k: u32| format!("(location \"tip{}\" {})", k % TIPS, (0.5 + 2.0 * f64::from(k / TIPS)) / 10.0);
    sum((0..shape.excitation).map(place))
}

/// Inhibitory synapses: on the trunks in turn.
fn inhibitory_places(shape: Shape) -> String {
    let place = |k: u32| format!("(location \"trunk{}\" {})", k % 2, (0.5 + f64::from(k)) / 5.0);
    sum((0..shape.inhibition).map(place))
}

fn sum(places: impl Iterator<Item = String>) -> String {
    format!("(sum {})", places.collect::<Vec<_>>().join(" "))
}

/// Weights, µS.
struct Weights {
    excitation: f64,
    inhibition: f64,
    outside: f64,
}

/// Connects cells; every `apart`-th excitatory synapse gets events from outside.
fn connect(network: &mut Network, shape: Shape, wiring: &Wiring, weights: Weights, apart: usize) {
    let kinds = [
        (&wiring.excitatory, shape.excitation, 0, weights.excitation),
        (&wiring.inhibitory, shape.inhibition, 1, weights.inhibition),
    ];
    for (sources, each, place, weight) in kinds {
        let each = each as usize;
        let connection = |(k, (&from, &delay)): (usize, (&u32, &f64))| Connection {
            from,
            to: synapse(k / each, place, k % each),
            weight,
            delay,
        };
        let pairs = sources.cells.iter().zip(&sources.delays).enumerate();
        network.connections.extend(pairs.map(connection));
    }
    let each = shape.trains as usize;
    let train = |(k, times): (usize, &Vec<f64>)| Train {
        to: synapse(k / each, 0, k % each * apart),
        weight: weights.outside,
        times: arrivals(times),
    };
    network.trains = wiring.trains.iter().enumerate().map(train).collect();
}
