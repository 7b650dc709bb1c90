//! The workloads of `apical bench`, as models: what the peers are measured on too (`cargo xtask peers`).
//!
//! In comes a name, out goes a model that needs no file: the morphology is compiled in like the built-in mechanisms.

use std::path::Path;

use crate::cell::Cell;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Detector, Model, Record, Run};
use crate::network::Network;

mod cells;
mod drive;
mod networks;

use cells::{layer5, tree};
use drive::{Wiring, poisson, trains};

/// The names of the workloads and what they are.
pub const WORKLOADS: [(&str, &str); 6] = [
    ("W1", "passive binary tree, 6 levels, 63 branches of 16 compartments, current clamp, 1000 ms"),
    ("W2", "the same tree with Hodgkin-Huxley channels everywhere, current clamp, 1000 ms"),
    (
        "W3",
        "1000 cells of 31 compartments, Hodgkin-Huxley soma, passive dendrites, a synapse each with Poisson events, 200 ms",
    ),
    (
        "W4",
        "layer-5 cell, 7 compartments a branch, ten channels and calcium everywhere, current clamp, 100 ms",
    ),
    (
        "W5",
        "500 recurrent cells of 51 compartments, 20 AMPA and NMDA and 5 GABA synapses each, Poisson events, 500 ms",
    ),
    (
        "W6",
        "1000 such cells with the layer-5 cell's channels on soma and trunks, NMDA spikes in the tips, 500 ms",
    ),
];

/// What is run.
#[derive(Clone, Debug)]
pub enum Workload {
    /// A cell alone.
    Cell(Box<Model>),
    /// A network.
    Network(Box<Network>),
}

/// A workload by its name. The events of a network, and its wiring, are read from `drive` when it is given: a `.npz` file with
/// `times`, those of all trains one after the other, ms, and `counts`, how many each has; with connections also `es` and `is_`, the
/// sources of excitatory and inhibitory synapses, cell by synapse, and `ed` and `id_`, their delays, ms.
///
/// # Errors
/// A name that is none of [`WORKLOADS`]; a drive where none is needed, or that cannot be read.
pub fn workload(name: &str, drive: Option<&Path>) -> Result<Workload> {
    let step = Run::default().time_step;
    let wiring =
        |shape| drive.map_or_else(|| Ok(Wiring::draw(shape, step)), |path| Wiring::read(path, shape));
    let mut model = match name {
        "W3" => {
            let trains = drive.map_or_else(|| Ok(poisson(1000, 50.0, 198.0, step)), trains)?;
            return Ok(Workload::Network(Box::new(networks::cells_of_their_own(trains))));
        }
        "W5" => return Ok(Workload::Network(Box::new(networks::recurrent(&wiring(networks::W5)?)))),
        "W6" => return Ok(Workload::Network(Box::new(networks::dendritic_spikes(&wiring(networks::W6)?)))),
        _ if drive.is_some() && WORKLOADS.iter().any(|w| w.0 == name) => {
            return Err(Error::new(ErrorKind::Model, format!("`{name}` is one cell and takes no drive")));
        }
        "W1" => {
            let cell = tree().paint("all", "pas", [("g", 1e-4.into()), ("e", (-65.0).into())]);
            clamped(cell, "(location 0 0.03125)", [10.0, 880.0, 0.1], 1000.0)
        }
        "W2" => clamped(tree().paint("all", "hh", []), "(location 0 0.03125)", [10.0, 1e9, 0.5], 1000.0),
        "W4" => {
            let mut model = clamped(layer5()?, "soma(0.5)", [20.0, 1e9, 2.0], 100.0);
            model.run.temperature = 34.0;
            model.run.initial_voltage = -80.0;
            model
        }
        _ => {
            let error = Error::new(ErrorKind::Model, format!("there is no workload `{name}`"));
            return Err(error.suggest(name, WORKLOADS.iter().map(|w| w.0)));
        }
    };
    model.title = name.to_owned();
    Ok(Workload::Cell(Box::new(model)))
}

/// A current step (delay and duration in ms, amplitude in nA) into a place whose voltage and spikes are recorded.
fn clamped(cell: Cell, place: &str, [del, dur, amp]: [f64; 3], duration: f64) -> Model {
    let step = [("del", del.into()), ("dur", dur.into()), ("amp", amp.into())];
    let mut model = Model::new(cell.place("clamp", place, "IClamp", step), duration);
    model.record.push(Record { what: "v".into(), at: Some(place.into()), ..Record::default() });
    model.detect.push(Detector::voltage("root", place, -10.0));
    model
}
