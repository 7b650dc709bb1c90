//! What differs between cells of one description: parameters resolved to places in memory.
//!
//! In come the network's [`CellParameter`]s; out go, for each, the places that hold its value in the first of the cells that lie side
//! by side. Kernels read such a parameter from a column, which changes no bit of what they compute.

use super::bind::{Bound, Shared};
use super::events;
use super::instances::{self, Ground, Instances, Placement, Values};
use crate::error::{Error, ErrorKind, Result};
use crate::network::{CellParameter, Varied};
use crate::units::UNPHYSICAL;
use apical_nmodl::ir::{Kind, Role};

/// What takes the values of a parameter.
pub enum Taker {
    /// The voltage of every node.
    Voltage,
    /// A variable of these instances of a mechanism on one cell.
    Instances {
        /// Index of the mechanism.
        mechanism: usize,
        /// Index of the variable.
        variable: usize,
        /// The instances.
        instances: Vec<usize>,
    },
}

/// Finds what takes each parameter.
///
/// # Errors
/// A name that nothing has, a region without the mechanism, a GLOBAL parameter, an impossible voltage.
pub fn takers(
    parameters: &[CellParameter],
    ground: &Ground,
    groups: &[Instances],
    placements: &[Placement],
) -> Result<Vec<Taker>> {
    let resolve = |(number, parameter): (usize, &CellParameter)| {
        taker(parameter, &format!("parameters[{number}]"), ground, groups, placements)
    };
    parameters.iter().enumerate().map(resolve).collect()
}

fn taker(
    parameter: &CellParameter,
    key: &str,
    ground: &Ground,
    groups: &[Instances],
    placements: &[Placement],
) -> Result<Taker> {
    let (mechanism, instances, name) = match &parameter.what {
        Varied::InitialVoltage => return voltage(parameter, key, ground),
        Varied::Painted { mechanism, region, parameter } => {
            let (index, instances) = painted(mechanism, region, key, ground, groups)?;
            (index, instances, parameter)
        }
        Varied::Placed { placement, parameter } => {
            let placement = events::find(placements, placement, &format!("{key}.placement"))?;
            (placement.mechanism, placement.range.clone().collect(), parameter)
        }
    };
    let key = format!("{key}.parameter");
    let described = &groups[mechanism].mechanism;
    let variable = instances::parameter(described, name, &key)?.0 as usize;
    if described.variables[variable].role == (Role::Parameter { range: false }) {
        return Err(instances::global(described, variable, "cell").key(key));
    }
    Ok(Taker::Instances { mechanism, variable, instances })
}

fn voltage(parameter: &CellParameter, key: &str, ground: &Ground) -> Result<Taker> {
    if let Some(value) = parameter.values.iter().find(|value| value.abs() >= UNPHYSICAL) {
        let message = format!("initial_voltage cannot be {value}");
        return Err(Error::new(ErrorKind::Parameter, message).key(format!("{key}.values")));
    }
    if ground.cell.membrane.iter().any(|membrane| membrane.initial_voltage.is_some()) {
        let message = "the initial voltage differs between cells, and the cell states it for a region";
        return Err(Error::new(ErrorKind::Model, message).help("give one of the two").key(key));
    }
    Ok(Taker::Voltage)
}

/// A painted mechanism and its instances in a region.
fn painted(
    name: &str,
    region: &str,
    key: &str,
    ground: &Ground,
    groups: &[Instances],
) -> Result<(usize, Vec<usize>)> {
    let density = |group: &&Instances| group.mechanism.kind == Kind::Density;
    let Some(index) = groups.iter().position(|g| density(&g) && g.mechanism.name == name) else {
        let names = groups.iter().filter(density).map(|g| g.mechanism.name.as_str());
        let message = format!("no mechanism `{name}` is painted on the cell");
        return Err(Error::new(ErrorKind::Mechanism, message)
            .suggest(name, names)
            .key(format!("{key}.mechanism")));
    };
    let inside = ground.compartments(region, key)?;
    let nodes = groups[index].nodes.iter().enumerate();
    let instances: Vec<usize> = nodes
        .filter(|(_, node)| inside.binary_search(&(**node as usize)).is_ok())
        .map(|(instance, _)| instance)
        .collect();
    match instances.is_empty() {
        true => {
            let message = format!("`{name}` is painted nowhere in the region `{region}`");
            Err(Error::new(ErrorKind::Location, message).key(format!("{key}.region")))
        }
        false => Ok((index, instances)),
    }
}

/// Gives parameters that differ between cells a number for each instance, on so many cells side by side.
pub fn separate(takers: &[Taker], groups: &mut [Instances]) {
    for taker in takers {
        if let Taker::Instances { mechanism, variable, .. } = taker {
            let group = &mut groups[*mechanism];
            if let Values::Uniform(value) = group.values[*variable] {
                group.values[*variable] = Values::Each(vec![value; group.nodes.len()]);
            }
        }
    }
}

/// Where the values of a parameter lie in the first of so many cells; those of the next follow each.
pub fn places(
    taker: &Taker,
    shared: &Shared,
    nodes: usize,
    mechanisms: &[Bound],
    cells: usize,
) -> Vec<usize> {
    match taker {
        Taker::Voltage => (0..nodes).map(|node| shared.voltage + node * cells).collect(),
        Taker::Instances { mechanism, variable, instances } => {
            let storage = mechanisms[*mechanism].variables[*variable].storage;
            instances.iter().filter_map(|instance| storage.of(instance * cells)).collect()
        }
    }
}
