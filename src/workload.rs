//! The workloads of `apical bench`, as models: what the peers are measured on too (`cargo xtask peers`).
//!
//! In comes a name, out goes a model that needs no file: the morphology is compiled in like the built-in mechanisms.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use apical_kernels::random;
use npyz::npz::NpzArchive;

use crate::cell::{Cell, Compartments, Ion, Quantity, SectionDescription};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Detector, Model, Record, Run};
use crate::morphology::swc::{self, SwcOptions};
use crate::network::{Network, Population, Target, Train};

/// The names of the workloads and what they are.
pub const WORKLOADS: [(&str, &str); 4] = [
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
];

/// What is run.
#[derive(Clone, Debug)]
pub enum Workload {
    /// A cell alone.
    Cell(Box<Model>),
    /// A network.
    Network(Network),
}

/// A workload by its name. The events of a network are read from `drive` when it is given: a `.npz` file with `times`, those of
/// all cells one after the other, ms, and `counts`, how many each cell has.
///
/// # Errors
/// A name that is none of [`WORKLOADS`]; a drive where none is needed, or that cannot be read.
pub fn workload(name: &str, drive: Option<&Path>) -> Result<Workload> {
    let mut model = match name {
        "W3" => {
            return Ok(Workload::Network(cells_of_their_own(match drive {
                Some(path) => read_drive(path)?,
                None => poisson_drive(),
            })));
        }
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

/// A Hodgkin–Huxley soma and two passive dendrites of a trunk and two daughters, 31 compartments; one synapse on each cell, which
/// gets events of its own.
fn cells_of_their_own(drive: Vec<Vec<f64>>) -> Network {
    let cell = ball(5, 5).place(
        "synapse",
        "(location \"tip0\" 0.5)",
        "ExpSyn",
        [("tau", 2.0.into()), ("e", 0.0.into())],
    );
    let mut network = Network::new(200.0);
    let train = |(cell, times): (usize, Vec<f64>)| Train {
        to: Target { cell: cell as u32, place: 0, instance: 0 },
        weight: 0.012,
        // Events are sent; they arrive one ms later.
        times: times.into_iter().map(|time| time + 1.0).collect(),
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
    network
}

/// A Poisson train of 50 Hz for each of 1000 cells, on the grid of time steps, ms.
fn poisson_drive() -> Vec<Vec<f64>> {
    let step = Run::default().time_step;
    let train = |cell: u32| {
        let times = (0..).scan(1.0, |time, draw| {
            *time += 20.0 * random::exponential(1, [cell, 0], draw);
            Some(*time)
        });
        times.take_while(|&time| time < 198.0).map(|time| (time / step).round() * step).collect()
    };
    (0..1000).map(train).collect()
}

/// The times of each cell from a `.npz` file.
fn read_drive(path: &Path) -> Result<Vec<Vec<f64>>> {
    let fault = |what: String| Error::new(ErrorKind::Io, format!("no drive in `{}`: {what}", path.display()));
    let file = File::open(path).map_err(|e| fault(e.to_string()))?;
    let mut archive = NpzArchive::new(BufReader::new(file)).map_err(|e| fault(e.to_string()))?;
    let times: Vec<f64> = array(&mut archive, "times").map_err(fault)?;
    let counts: Vec<i64> = array(&mut archive, "counts").map_err(fault)?;
    let mut rest = times.as_slice();
    let mut drive = Vec::with_capacity(counts.len());
    for count in counts {
        let count = usize::try_from(count).ok().filter(|&count| count <= rest.len());
        let (own, others) =
            rest.split_at(count.ok_or_else(|| fault("`counts` and `times` do not agree".to_owned()))?);
        drive.push(own.to_vec());
        rest = others;
    }
    match rest.is_empty() {
        true => Ok(drive),
        false => Err(fault("`counts` and `times` do not agree".to_owned())),
    }
}

fn array<T: npyz::Deserialize>(
    archive: &mut NpzArchive<BufReader<File>>,
    name: &str,
) -> std::result::Result<Vec<T>, String> {
    let array = archive.by_name(name).map_err(|e| e.to_string())?;
    let array = array.ok_or_else(|| format!("there is no array `{name}`"))?;
    array.into_vec().map_err(|e| e.to_string())
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

/// Channels of the layer-5 cell and their peak conductances at the soma, S/cm²: Hay et al. 2011, PLoS Comput. Biol.
/// 7:e1002107.
const LAYER5_CHANNELS: [(&str, f64); 9] = [
    ("Nap_Et2", 1.72e-3),
    ("NaTa_t", 2.04),
    ("K_Pst", 2.23e-3),
    ("K_Tst", 8.12e-2),
    ("SKv3_1", 0.693),
    ("SK_E2", 4.41e-2),
    ("Ca_HVA", 9.92e-4),
    ("Ca_LVAst", 3.43e-3),
    ("Im", 6.75e-5),
];

/// SWC's type number of the soma.
const SOMA: i32 = 1;

/// Neurites get this much of the soma's conductances: every channel is to be computed everywhere, and the cell still to
/// fire as a cell.
const LAYER5_NEURITES: f64 = 0.05;

/// The layer-5 cell with every channel in every compartment.
fn layer5() -> Result<Cell> {
    let text = include_str!("../morphologies/layer5_pyramidal.swc");
    let morphology = swc::read(text, &SwcOptions::default())?;
    let mut cell = Cell::from_morphology(&morphology);
    cell.compartments = Compartments::Count { count: 7 };
    for section in cell.section.iter_mut().filter(|s| s.tag == SOMA) {
        section.compartments = Some(1);
    }
    for (name, reversal) in [("na", 50.0), ("k", -85.0)] {
        let reversal = Some(reversal.into());
        cell.ion.push(Ion { region: "all".into(), name: name.into(), reversal, ..Ion::default() });
    }
    cell = cell
        .paint("all", "pas", [("g", 3.38e-5.into()), ("e", (-90.0).into())])
        .paint("all", "Ih", [("gIhbar", 2e-4.into())])
        .paint("all", "CaDynamics_E2", [("gamma", 5e-4.into()), ("decay", 460.0.into())]);
    for (channel, conductance) in LAYER5_CHANNELS {
        let parameter = format!("g{channel}bar");
        for (region, part) in [("all", LAYER5_NEURITES), ("soma", 1.0)] {
            cell = cell.paint(region, channel, [(parameter.as_str(), (part * conductance).into())]);
        }
    }
    Ok(cell)
}
