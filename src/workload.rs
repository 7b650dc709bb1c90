//! The workloads of `apical bench`, as models: the same trees that the peers are measured on.

use apical_kernels::random;

use crate::cell::{Cell, Quantity, SectionDescription};
use crate::model::{Detector, Model, Record, Run};
use crate::network::{Network, Population, Target, Train};

/// The names of the workloads and what they are.
pub const WORKLOADS: [(&str, &str); 2] = [
    ("W1", "passive binary tree, 6 levels, 63 branches of 16 compartments, current clamp, 1000 ms"),
    ("W2", "the same tree with Hodgkin-Huxley channels everywhere, current clamp, 1000 ms"),
];

/// The model of a workload, or nothing for a name that is none.
pub fn workload(name: &str) -> Option<Model> {
    let tree = tree();
    let (cell, duration, amplitude) = match name {
        "W1" => (tree.paint("all", "pas", [("g", 1e-4.into()), ("e", (-65.0).into())]), 880.0, 0.1),
        "W2" => (tree.paint("all", "hh", []), 1e9, 0.5),
        _ => return None,
    };
    let place = "(location 0 0.03125)";
    let cell = cell.place(
        "clamp",
        place,
        "IClamp",
        [("del", 10.0.into()), ("dur", duration.into()), ("amp", amplitude.into())],
    );
    let mut model = Model::new(cell, 1000.0);
    model.title = name.to_owned();
    model.record.push(Record { what: "v".into(), at: Some(place.into()), ..Record::default() });
    model.detect.push(Detector::voltage("root", place, -10.0));
    Some(model)
}

/// The network of a workload, or nothing for a name that is none. `drive` holds the times of arrival for each cell, ms.
///
/// W3: 1000 cells of 31 compartments, a Hodgkin–Huxley soma and two passive dendrites of a trunk and two daughters, each cell with
/// one synapse that gets events of its own.
pub fn network(name: &str, drive: Vec<Vec<f64>>) -> Option<Network> {
    if name != "W3" {
        return None;
    }
    let cell = ball(5, 5).place(
        "synapse",
        "(location \"tip1\" 0.5)",
        "ExpSyn",
        [("tau", 2.0.into()), ("e", 0.0.into())],
    );
    let mut network = Network::new(200.0);
    let train = |(cell, times): (usize, Vec<f64>)| Train {
        to: Target { cell: cell as u32, place: 0, instance: 0 },
        weight: 0.012,
        times,
    };
    network.populations.push(Population {
        name: "cell".to_owned(),
        count: drive.len(),
        cell,
        spike: Detector::voltage("spike", "(location \"soma\" 0.5)", -10.0),
        record: vec![Record {
            what: "v".into(),
            at: Some("(location \"soma\" 0.5)".into()),
            ..Record::default()
        }],
        recorded: vec![0],
    });
    network.trains = drive.into_iter().enumerate().map(train).collect();
    Some(network)
}

/// Times of arrival for W3: a Poisson train of 50 Hz for each of 1000 cells, on the grid of time steps.
pub fn drive() -> Vec<Vec<f64>> {
    let step = Run::default().time_step;
    let train = |cell: u32| {
        let interval = |draw| 20.0 * random::exponential(1, [cell, 0], draw);
        let times = (0..).scan(1.0, |time, draw| {
            *time += interval(draw);
            Some(*time)
        });
        // Events arrive one ms after they were sent.
        times.take_while(|&time| time < 198.0).map(|time| (time / step).round() * step + 1.0).collect()
    };
    (0..1000).map(train).collect()
}

/// A soma and two passive dendrites of a trunk and two daughters with so many compartments.
fn ball(trunk: usize, tip: usize) -> Cell {
    let section =
        |name: &str, length: f64, diameter: f64, parent: Option<&str>, compartments| SectionDescription {
            name: name.to_owned(),
            length: Some(length),
            diameter: Some(diameter),
            parent: parent.map(str::to_owned),
            compartments: Some(compartments),
            ..SectionDescription::default()
        };
    let mut cell = Cell { section: vec![section("soma", 20.0, 20.0, None, 1)], ..Cell::default() };
    for (number, first) in [(0, 0), (1, 2)] {
        let name = format!("trunk{number}");
        cell.section.push(section(&name, 100.0, 2.0, Some("soma"), trunk));
        for daughter in [first, first + 1] {
            cell.section.push(section(&format!("tip{daughter}"), 100.0, 1.26, Some(&name), tip));
        }
    }
    let leak = [("g", 1e-4.into()), ("e", (-65.0).into())];
    let none: [(&str, Quantity); 0] = [];
    cell.paint("(section \"soma\")", "hh", none).paint("(difference (all) (section \"soma\"))", "pas", leak)
}

/// A balanced binary tree of 100 µm branches, each level thinner by 2^{2/3} from 4 µm on.
fn tree() -> Cell {
    let branch = |index: usize| {
        let level = f64::from((index + 1).ilog2());
        SectionDescription {
            name: format!("b{index}"),
            length: Some(100.0),
            diameter: Some(4.0 * 2.0_f64.powf(-2.0 / 3.0 * level)),
            parent: (index > 0).then(|| format!("b{}", (index - 1) / 2)),
            compartments: Some(16),
            ..SectionDescription::default()
        }
    };
    Cell { section: (0..63).map(branch).collect(), ..Cell::default() }
}
