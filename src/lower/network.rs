//! A network becomes groups of equal cells, each a [`Lowered`] of its own, and lists of what a spike sets off in each group.
//!
//! Cells of one population lie side by side, as many as keep a group's memory near the processor, a multiple of the lanes of a
//! vector. How they are grouped changes nothing of what they do.

use std::path::Path;

use apical_nmodl::ir::Role;

use super::events::{Arrival, Connection, Target};
use super::layout::Class;
use super::{Lowered, lower_cells};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::network::{self, Network, Population};

/// About so many nodes make a group: what a step touches of them fits into the second-level cache of present processors.
const NODES: usize = 1536;
/// Cells of a group are a multiple of this where there are enough.
const LANES: usize = 8;

/// Equal cells side by side.
#[derive(Clone, Debug)]
pub struct Group {
    /// The cells.
    pub lowered: Lowered,
    /// The number in the network of the first.
    pub first: usize,
    /// What spikes set off here, by the cell that spikes and then by connection.
    pub deliveries: Vec<Delivery>,
}

/// What a spike sets off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// The cell that spikes.
    pub from: u32,
    /// Index among the group's connections.
    pub connection: u32,
    /// ms.
    pub delay: f64,
}

/// Lowers a network. Paths in it are relative to `base`.
///
/// # Errors
/// Whatever [`Network::validate`] or the cells' descriptions hold that cannot be meant.
pub fn lower(network: &Network, base: &Path) -> Result<Vec<Group>> {
    network.validate()?;
    let mut groups = Vec::new();
    let mut first = 0;
    for (number, population) in network.populations.iter().enumerate() {
        let key = |error: Error| error.key(format!("populations[{number}]"));
        populate(network, population, first, base, &mut groups).map_err(key)?;
        first += population.count;
    }
    connect(network, &mut groups)?;
    Ok(groups)
}

fn populate(
    network: &Network,
    population: &Population,
    first: usize,
    base: &Path,
    groups: &mut Vec<Group>,
) -> Result<()> {
    let mut model = Model::new(population.cell.clone(), network.run.duration);
    model.mechanisms.clone_from(&network.mechanisms);
    model.run = network.run;
    model.detect = vec![population.spike.clone()];
    model.record.clone_from(&population.record);
    let one = lower_cells(&model, base, &[first], &[])?;
    let side = cells_of_a_group(&one, population.count);
    let mut done = 0;
    while done < population.count {
        let side = side.min(population.count - done);
        let cells: Vec<usize> = (first + done..first + done + side).collect();
        let here = |cell: &&usize| (done..done + side).contains(*cell);
        let recorded: Vec<usize> = population.recorded.iter().filter(here).map(|cell| cell - done).collect();
        let mut lowered = lower_cells(&model, base, &cells, &recorded)?;
        let per_cell = lowered.probes.len() / recorded.len().max(1);
        for (number, probe) in lowered.probes.iter_mut().enumerate() {
            let cell = done + recorded[number / per_cell];
            probe.name = format!("{}[{cell}].{}", population.name, probe.name);
        }
        for (cell, detector) in lowered.detectors.iter_mut().enumerate() {
            detector.name = format!("{}[{}]", population.name, done + cell);
        }
        groups.push(Group { lowered, first: first + done, deliveries: Vec::new() });
        done += side;
    }
    Ok(())
}

/// How many cells lie side by side. What reaches into other instances' memory is resolved for a cell alone.
fn cells_of_a_group(one: &Lowered, count: usize) -> usize {
    let nodes = one.matrix.len();
    let points = one.mechanisms.iter().any(|m| m.variables.iter().any(|v| v.role == Role::Pointer));
    if points || one.diffusion.iter().any(Option::is_some) || nodes * LANES > 8 * NODES {
        return 1;
    }
    (NODES / nodes / LANES * LANES).max(LANES).min(count)
}

/// Gives every connection and train its arguments in the group of its target.
fn connect(network: &Network, groups: &mut [Group]) -> Result<()> {
    let cells = network.cell_count();
    let mut group_of = vec![0_u32; cells];
    for (number, group) in groups.iter().enumerate() {
        group_of[group.first..group.first + group.lowered.cells.len()].fill(number as u32);
    }
    for (number, connection) in network.connections.iter().enumerate() {
        let group = &mut groups[group_of[connection.to.cell as usize] as usize];
        let made = add(group, connection.to, connection.weight)
            .map_err(|e| e.key(format!("connections[{number}]")))?;
        group.deliveries.push(Delivery { from: connection.from, connection: made, delay: connection.delay });
    }
    for (number, train) in network.trains.iter().enumerate() {
        let group = &mut groups[group_of[train.to.cell as usize] as usize];
        let connection =
            add(group, train.to, train.weight).map_err(|e| e.key(format!("trains[{number}]")))? as usize;
        group.lowered.arrivals.extend(train.times.iter().map(|&time| Arrival { time, connection }));
    }
    for group in groups {
        group.lowered.arrivals.sort_by(|a, b| a.time.total_cmp(&b.time));
        group.deliveries.sort_by_key(|delivery| (delivery.from, delivery.connection));
    }
    Ok(())
}

/// A connection to a point process of a group; returns its index.
fn add(group: &mut Group, to: network::Target, weight: f64) -> Result<u32> {
    let lowered = &mut group.lowered;
    let side = lowered.cells.len();
    let Some(placement) = lowered.placements.get(to.place as usize) else {
        let count = lowered.placements.len();
        let message = format!("the cell has {count} placements, so there is none numbered {}", to.place);
        return Err(Error::new(ErrorKind::Location, message));
    };
    let mechanism = &lowered.mechanisms[placement.mechanism];
    mechanism.check_receives()?;
    let instance = placement.instance(to.instance as usize)?;
    let instance = instance * side + (to.cell as usize - group.first);
    let target = Target { mechanism: placement.mechanism, instance };
    let mut values = vec![0.0; mechanism.argument_names.len()];
    if let Some(first) = values.first_mut() {
        *first = weight;
    }
    let arguments = lowered.layout.extend("connections", Class::State, &values);
    lowered.connections.push(Connection { target, arguments, source: None });
    Ok(lowered.connections.len() as u32 - 1)
}
