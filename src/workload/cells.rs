//! The cells of the workloads.

use crate::cell::{Cell, Compartments, Ion, Quantity, SectionDescription};
use crate::error::Result;
use crate::morphology::swc::{self, SwcOptions};

/// A Hodgkin–Huxley soma and two passive dendrites of a trunk and two tips with so many compartments.
pub fn ball(trunk: usize, tip: usize) -> Cell {
    let leak = [("g", 1e-4.into()), ("e", (-65.0).into())];
    let none: [(&str, Quantity); 0] = [];
    ball_of_sections(trunk, tip).paint("(section \"soma\")", "hh", none).paint(
        "(difference (all) (section \"soma\"))",
        "pas",
        leak,
    )
}

/// The same shape with the layer-5 cell's channels on soma and trunks.
pub fn layer5_ball(trunk: usize, tip: usize) -> Cell {
    let cell = ball_of_sections(trunk, tip);
    let active = "(join (section \"soma\") (section \"trunk0\") (section \"trunk1\"))";
    layer5_membrane(cell, active, "(section \"soma\")")
}

fn ball_of_sections(trunk: usize, tip: usize) -> Cell {
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
    cell
}

/// A balanced binary tree of 100 µm branches, each level thinner by 2^{2/3} from 4 µm on.
pub fn tree() -> Cell {
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
pub fn layer5() -> Result<Cell> {
    let text = include_str!("../../morphologies/layer5_pyramidal.swc");
    let morphology = swc::read(text, &SwcOptions::default())?;
    let mut cell = Cell::from_morphology(&morphology);
    cell.compartments = Compartments::Count { count: 7 };
    for section in cell.section.iter_mut().filter(|s| s.tag == SOMA) {
        section.compartments = Some(1);
    }
    Ok(layer5_membrane(cell, "all", "soma"))
}

/// A leak everywhere, every channel of the layer-5 cell in a region, and as many as at the soma in another.
fn layer5_membrane(mut cell: Cell, active: &str, soma: &str) -> Cell {
    for (name, reversal) in [("na", 50.0), ("k", -85.0)] {
        let reversal = Some(reversal.into());
        cell.ion.push(Ion { region: active.into(), name: name.into(), reversal, ..Ion::default() });
    }
    cell = cell
        .paint("all", "pas", [("g", 3.38e-5.into()), ("e", (-90.0).into())])
        .paint(active, "Ih", [("gIhbar", 2e-4.into())])
        .paint(active, "CaDynamics_E2", [("gamma", 5e-4.into()), ("decay", 460.0.into())]);
    for (channel, conductance) in LAYER5_CHANNELS {
        let parameter = format!("g{channel}bar");
        for (region, part) in [(active, LAYER5_NEURITES), (soma, 1.0)] {
            cell = cell.paint(region, channel, [(parameter.as_str(), (part * conductance).into())]);
        }
    }
    cell
}
