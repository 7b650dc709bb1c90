//! A network becomes groups of equal cells and lists of what a spike sets off in each group.
//!
//! Cells of one population lie side by side, as many as keep a group's memory near the processor, a multiple of the lanes of a
//! vector. Groups of so many cells share one [`Lowered`]. How they are grouped changes nothing of what they do.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use apical_nmodl::ir::Role;

use super::events::{Arrival, Delivery, Target};
use super::group::{Group, Names};
use super::junction::{Assembly, End, Junction, assemble};
use super::probes::Probe;
use super::{Lowered, lower_cells};
use crate::cell::Cell;
use crate::cell::label::Labels;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::network::{self, Network, Population, Train};

/// About so many nodes make a group: what a step touches of them fits into the second-level cache of present processors.
const NODES: usize = 1536;
/// Cells of a group are a multiple of this where there are enough.
const LANES: usize = 8;

/// Lowers a network. Paths in it are relative to `base`.
///
/// # Errors
/// Whatever [`Network::validate`] or the cells' descriptions hold that cannot be meant.
pub fn lower(network: &Network, base: &Path) -> Result<Vec<Assembly>> {
    network.validate()?;
    let mut groups = Vec::new();
    let mut first = 0;
    for (number, population) in network.populations.iter().enumerate() {
        let key = |error: Error| error.key(format!("populations[{number}]"));
        populate(network, population, first, base, &mut groups).map_err(key)?;
        first += population.count;
    }
    connect(&mut groups, network.connections.iter().copied(), &network.trains)?;
    let junctions = join(&groups, network)?;
    Ok(assemble(groups, junctions))
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
    let lower = |side: usize| Ok(Arc::new(lower_cells(&model, base, side, &population.parameters)?));
    let mut lowered: Arc<Lowered> = lower(1)?;
    let most = cells_of_a_group(&lowered, population.count);
    let name: Arc<str> = population.name.as_str().into();
    let mut done = 0;
    while done < population.count {
        let side = most.min(population.count - done);
        if lowered.cells != side {
            lowered = lower(side)?;
        }
        let names = Names { population: Arc::clone(&name), first: done };
        let mut probes = Vec::new();
        for &cell in population.recorded.iter().filter(|&&cell| (done..done + side).contains(&cell)) {
            let position = cell - done;
            let named = |probe: &Probe| Probe {
                name: format!("{}.{}", names.of(position), probe.name),
                ..probe.clone()
            };
            probes.extend(lowered.probes_of(position).iter().map(named));
        }
        let mut group = Group::new(Arc::clone(&lowered), first + done, Some(names), probes);
        group.values = population.parameters.iter().map(|p| p.values[done..done + side].to_vec()).collect();
        groups.push(group);
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
fn connect(
    groups: &mut [Group],
    connections: impl IntoIterator<Item = network::Connection>,
    trains: &[Train],
) -> Result<()> {
    let group_of = group_of_cells(groups);
    for (number, connection) in connections.into_iter().enumerate() {
        let group = &mut groups[group_of[connection.to.cell as usize] as usize];
        let made = add(group, connection.to, connection.weight)
            .map_err(|e| e.key(format!("connections[{number}]")))?;
        group.deliveries.push(Delivery { from: connection.from, connection: made, delay: connection.delay });
    }
    for (number, train) in trains.iter().enumerate() {
        let group = &mut groups[group_of[train.to.cell as usize] as usize];
        let connection =
            add(group, train.to, train.weight).map_err(|e| e.key(format!("trains[{number}]")))? as usize;
        group.arrivals.extend(train.times.iter().map(|&time| Arrival { time, connection }));
    }
    groups.iter_mut().for_each(Group::order_events);
    Ok(())
}

/// The group of each cell.
fn group_of_cells(groups: &[Group]) -> Vec<u32> {
    let mut group_of = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        group_of.extend(std::iter::repeat_n(number as u32, group.lowered.cells));
    }
    group_of
}

/// Finds the nodes that junctions join.
fn join(groups: &[Group], network: &Network) -> Result<Vec<Junction>> {
    let group_of = group_of_cells(groups);
    // A place is looked for once in each population.
    let mut nodes: HashMap<(usize, &str), usize> = HashMap::new();
    let mut junctions = Vec::with_capacity(network.junctions.len());
    for (number, junction) in network.junctions.iter().enumerate() {
        let key = |error: Error| error.key(format!("junctions[{number}]"));
        let mut ends = [End { group: 0, node: 0 }; 2];
        for (end, side) in ends.iter_mut().zip(&junction.ends) {
            let group = group_of[side.cell as usize] as usize;
            let population = network.population_of(side.cell);
            let known = nodes.get(&(population, side.at.as_ref())).copied();
            let node = match known {
                Some(node) => node,
                None => node_at(&groups[group].lowered, &network.populations[population].cell, &side.at)
                    .map_err(key)?,
            };
            nodes.insert((population, side.at.as_ref()), node);
            let group_of_end = &groups[group];
            *end = End {
                group,
                node: node * group_of_end.lowered.cells + (side.cell as usize - group_of_end.first),
            };
        }
        if ends[0] == ends[1] {
            let message = "a junction joins a compartment with itself";
            return Err(key(Error::new(ErrorKind::Location, message)));
        }
        junctions.push(Junction { ends, conductance: junction.conductance });
    }
    Ok(junctions)
}

/// The node of the one location that a locset names on a cell.
fn node_at(lowered: &Lowered, cell: &Cell, at: &str) -> Result<usize> {
    let locations = Labels::new(&cell.regions, &cell.locsets, &lowered.morphology)?.locset(at)?;
    let &[location] = locations.as_slice() else {
        let message = format!("the locset `{at}` names {} locations; a junction joins one", locations.len());
        return Err(Error::new(ErrorKind::Label, message));
    };
    lowered.tree.node_at(location.section, location.x)
}

/// A connection to a point process of a group; returns its index.
fn add(group: &mut Group, to: network::Target, weight: f64) -> Result<u32> {
    let lowered = Arc::clone(&group.lowered);
    let Some(placement) = lowered.placements.get(to.place as usize) else {
        let count = lowered.placements.len();
        let message = format!("the cell has {count} placements, so there is none numbered {}", to.place);
        return Err(Error::new(ErrorKind::Location, message));
    };
    let mechanism = &lowered.mechanisms[placement.mechanism];
    mechanism.check_receives()?;
    let instance = placement.instance(to.instance as usize)?;
    let instance = instance * lowered.cells + (to.cell as usize - group.first);
    let mut arguments = vec![0.0; mechanism.argument_names.len()];
    if let Some(first) = arguments.first_mut() {
        *first = weight;
    }
    group.connect(Target { mechanism: placement.mechanism, instance }, &arguments)
}
