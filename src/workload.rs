//! The workloads of `apical bench`, as models: the same trees that the peers are measured on.

use crate::cell::{Cell, SectionDescription};
use crate::model::{Detector, Model, Record};

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
