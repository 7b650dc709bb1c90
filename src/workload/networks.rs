//! The networks among the workloads.

use super::cells::{ball, layer5_ball};
use super::drive::{Shape, Trains, Wiring};
use crate::cell::{Cell, Quantity};
use crate::model::{Detector, Record, Run};
use crate::network::{Drive, Listed, Network, Population, Projection, Rule, Train};

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

fn arrivals(times: &[f64]) -> Vec<f64> {
    times.iter().map(|time| time + DELAY).collect()
}

fn population(name: &str, count: usize, cell: Cell, recorded: &[&str]) -> Population {
    let record = |at: &&str| Record { what: "v".into(), at: Some((*at).into()), ..Record::default() };
    Population {
        name: name.to_owned(),
        count,
        cell,
        spike: Detector::voltage("spike", SOMA, -10.0),
        record: recorded.iter().map(record).collect(),
        recorded: if recorded.is_empty() { Vec::new() } else { vec![0] },
        ..Population::default()
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
    let train = |(cell, times): (u32, &Vec<f64>)| Train { cell, instance: None, times: arrivals(times) };
    network.drives.push(Drive {
        trains: (0..).zip(&trains).map(train).collect(),
        ..Drive::new("outside", "cell", "synapse", 0.012)
    });
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
        TIPS,
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
fn connect(network: &mut Network, shape: Shape, wiring: &Wiring, weights: Weights, apart: u32) {
    let kinds = [
        (&wiring.excitatory, shape.excitation, "excitation", weights.excitation),
        (&wiring.inhibitory, shape.inhibition, "inhibition", weights.inhibition),
    ];
    let names: Vec<String> = network.populations.iter().map(|p| p.name.clone()).collect();
    for (sources, each, place, weight) in kinds {
        for (from, to) in names.iter().flat_map(|from| names.iter().map(move |to| (from, to))) {
            let [sending, receiving] = [from, to].map(|name| network.cells_of(name));
            let listed = |(k, (&source, &delay)): (usize, (&u32, &f64))| {
                let (source, target) = (source as usize, k / each as usize);
                (sending.contains(&source) && receiving.contains(&target)).then(|| Listed {
                    from: (source - sending.start) as u32,
                    to: (target - receiving.start) as u32,
                    instance: Some((k % each as usize) as u32),
                    weight: None,
                    delay: Some(delay),
                })
            };
            let pairs = sources.cells.iter().zip(&sources.delays).enumerate();
            let connections: Vec<Listed> = pairs.filter_map(listed).collect();
            if connections.is_empty() {
                continue;
            }
            network.projections.push(Projection {
                weight: Some(weight.into()),
                ..Projection::new(
                    &format!("{place}, {from} to {to}"),
                    from,
                    to,
                    place,
                    Rule::List { connections },
                )
            });
        }
    }
    let each = shape.trains as usize;
    for name in &names {
        let cells = network.cells_of(name);
        let trains = &wiring.trains[cells.start * each..cells.end * each];
        let train = |(k, times): (u32, &Vec<f64>)| Train {
            cell: k / shape.trains,
            instance: Some(k % shape.trains * apart),
            times: arrivals(times),
        };
        network.drives.push(Drive {
            trains: (0..).zip(trains).map(train).collect(),
            ..Drive::new(&format!("outside to {name}"), name, "excitation", weights.outside)
        });
    }
}
