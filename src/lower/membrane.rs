//! Passive properties over sections and nodes: axial resistivity, capacitance, initial voltage.

use super::instances::Ground;
use crate::cell::label::Labels;
use crate::cell::{Cell, Quantity};
use crate::discretize::{Cable, NodeKind};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Run;
use crate::morphology::Morphology;
use crate::units::UNPHYSICAL;

/// For each section its axial resistivity, with the cell's capacitance; see [`with_capacitance`].
///
/// # Errors
/// A region that covers a section in part only: axial resistivity belongs to whole sections.
pub fn cables(cell: &Cell, labels: &Labels, morphology: &Morphology) -> Result<Vec<Cable>> {
    let plain = Cable { axial_resistivity: cell.axial_resistivity, capacitance: cell.capacitance };
    let mut cables = vec![plain; morphology.sections.len()];
    for (number, membrane) in cell.membrane.iter().enumerate() {
        let Some(resistivity) = membrane.axial_resistivity else { continue };
        let key = format!("cell.membrane[{number}]");
        let region = labels.region(&membrane.region).map_err(|e| e.key(format!("{key}.region")))?;
        if region.is_empty() {
            return Err(Error::new(ErrorKind::Label, format!("the region `{}` is empty", membrane.region))
                .key(format!("{key}.region")));
        }
        for (index, cable) in cables.iter_mut().enumerate() {
            let covered: f64 =
                region.cables().iter().filter(|c| c.section == index).map(|c| c.end - c.start).sum();
            if covered > 1.0 - 1e-9 {
                cable.axial_resistivity = resistivity;
            } else if covered > 0.0 {
                let message = format!(
                    "axial resistivity belongs to whole sections, but `{}` covers {:.0} % of `{}`",
                    membrane.region,
                    100.0 * covered,
                    morphology.sections[index].name
                );
                return Err(Error::new(ErrorKind::Parameter, message).key(format!("{key}.axial_resistivity")));
            }
        }
    }
    Ok(cables)
}

/// The cables with the capacitance that holds at the middle of their section; `middle` has one compartment a section.
///
/// # Errors
/// A wrong region or value.
pub fn with_capacitance(middle: &Ground, mut cables: Vec<Cable>) -> Result<Vec<Cable>> {
    let entries = middle.cell.membrane.iter().enumerate();
    for (number, membrane) in entries {
        let Some(quantity) = &membrane.capacitance else { continue };
        let key = format!("cell.membrane[{number}]");
        let region = middle.labels.region(&membrane.region).map_err(|e| e.key(format!("{key}.region")))?;
        for (index, cable) in cables.iter_mut().enumerate() {
            if region.contains(index, 0.5) {
                let node = middle.tree.compartments[index][0];
                cable.capacitance = middle.evaluate(quantity, &[node], &format!("{key}.capacitance"))?[0];
            }
        }
    }
    Ok(cables)
}

/// Specific capacitance over nodes, µF/cm².
///
/// # Errors
/// A wrong region, or a value that is not positive.
pub fn capacitance(ground: &Ground) -> Result<Vec<f64>> {
    let mut column = vec![ground.cell.capacitance; ground.tree.parent.len()];
    fill(ground, &mut column, "capacitance", |m| m.capacitance.as_ref(), |c| c > 0.0)?;
    Ok(column)
}

/// Membrane potential at the start over nodes, mV. A zero-area node starts at the potential beside it.
///
/// # Errors
/// A wrong region or value.
pub fn initial_voltage(ground: &Ground, run: &Run) -> Result<Vec<f64>> {
    let tree = ground.tree;
    let mut column = vec![run.initial_voltage; tree.parent.len()];
    fill(ground, &mut column, "initial_voltage", |m| m.initial_voltage.as_ref(), |v| v.abs() < UNPHYSICAL)?;
    for node in 0..column.len() {
        if tree.kind[node] == NodeKind::End {
            let beside = tree.parent[node].or(tree.compartments[tree.section[node]].first().copied());
            column[node] = beside.map_or(run.initial_voltage, |b| column[b]);
        }
    }
    Ok(column)
}

fn fill<'a>(
    ground: &Ground<'a>,
    column: &mut [f64],
    what: &str,
    of: impl Fn(&'a crate::cell::Membrane) -> Option<&'a Quantity>,
    accepted: impl Fn(f64) -> bool,
) -> Result<()> {
    for (number, membrane) in ground.cell.membrane.iter().enumerate() {
        let Some(quantity) = of(membrane) else { continue };
        let key = format!("cell.membrane[{number}]");
        let nodes = ground.compartments(&membrane.region, &key)?;
        let key = format!("{key}.{what}");
        for (&node, value) in nodes.iter().zip(ground.evaluate(quantity, &nodes, &key)?) {
            if !accepted(value) {
                let message = format!("{what} cannot be {value}");
                return Err(Error::new(ErrorKind::Parameter, message).key(key));
            }
            column[node] = value;
        }
    }
    Ok(())
}
