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
use crate::network::{self, CellParameter, Network, Population, Wiring};

/// About so many nodes make a group: what a step touches of them fits into the second-level cache of present processors.
const NODES: usize = 1536;
/// Cells of a group are a multiple of this where there are enough.
const LANES: usize = 8;

/// The cells of a population, lowered once for every number of them that lie side by side.
#[derive(Clone, Debug)]
pub struct Templates {
    /// How many groups there are of so many cells, in their order.
    pub groups: Vec<(usize, Arc<Lowered>)>,
    /// In what the cells differ.
    pub parameters: Vec<CellParameter>,
}

/// Lowers the cells of each population. Paths are relative to `base`.
///
/// # Errors
/// Whatever the cells' descriptions hold that cannot be meant.
pub fn templates(network: &Network, base: &Path) -> Result<Vec<Templates>> {
    let one = |(number, population): (usize, &Population)| {
        let model = model_of(network, number);
        let parameters = network.parameters(number)?;
        let lower = |side: usize| Ok(Arc::new(lower_cells(&model, base, side, &parameters)?));
        let single: Arc<Lowered> = lower(1)?;
        let most = cells_of_a_group(&single, population.count);
        let (full, rest) = (population.count / most, population.count % most);
        let mut groups = vec![(full, if most == 1 { Arc::clone(&single) } else { lower(most)? })];
        match rest {
            0 => {}
            1 => groups.push((1, single)),
            rest => groups.push((1, lower(rest)?)),
        }
        Ok(Templates { groups, parameters })
    };
    let each = network.populations.iter().enumerate();
    each.map(|(number, p)| one((number, p)).map_err(|e| in_population(e, network, number))).collect()
}

/// Makes the groups of a network that was wired.
///
/// # Errors
/// Weights and delays that cannot be, more connections than can be numbered.
pub fn lower(
    network: &Network,
    wiring: &Wiring,
    templates: &[Templates],
) -> Result<(Vec<Assembly>, Weights)> {
    let mut groups = Vec::new();
    let mut first = 0;
    for (population, templates) in network.populations.iter().zip(templates) {
        populate(population, templates, first, &mut groups);
        first += population.count;
    }
    let weights = connect(wiring, &mut groups)?;
    let junctions = join(&groups, network)?;
    Ok((assemble(groups, junctions), weights))
}

/// A cell of a population as a model of its own.
pub fn model_of(network: &Network, population: usize) -> Model {
    let population = &network.populations[population];
    let mut model = Model::new(population.cell.clone(), network.run.duration);
    model.mechanisms = [network.mechanisms.as_slice(), &population.mechanisms].concat();
    model.run = network.run;
    model.detect = vec![population.spike.clone()];
    model.record.clone_from(&population.record);
    model
}

/// Names the keys of a population in place of those of the model that stands for it.
pub fn in_population(error: Error, network: &Network, population: usize) -> Error {
    let Some(key) = error.document_key() else { return error };
    let own = format!("population[{population}]");
    let file = |number: &str, rest| match number.parse::<usize>() {
        Ok(number) if number >= network.mechanisms.len() => {
            format!("{own}.mechanisms[{}]{rest}", number - network.mechanisms.len())
        }
        _ => key.to_owned(),
    };
    let key = match (key.strip_prefix("detect[0]"), key.strip_prefix("mechanisms[")) {
        (Some(rest), _) => format!("{own}.spike{rest}"),
        (_, Some(rest)) => rest.split_once(']').map_or(own.clone(), |(number, rest)| file(number, rest)),
        _ => format!(
            "{own}.{}",
            key.replacen("parameters[", "vary[", usize::from(key.starts_with("parameters[")))
        ),
    };
    error.with_key(key)
}

fn populate(population: &Population, templates: &Templates, first: usize, groups: &mut Vec<Group>) {
    let name: Arc<str> = population.name.as_str().into();
    let mut done = 0;
    let each = templates.groups.iter().flat_map(|(count, lowered)| std::iter::repeat_n(lowered, *count));
    for lowered in each {
        let side = lowered.cells;
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
        let mut group = Group::new(Arc::clone(lowered), first + done, Some(names), probes);
        group.values = templates.parameters.iter().map(|p| p.values[done..done + side].to_vec()).collect();
        groups.push(group);
        done += side;
    }
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

/// The least and the greatest weight of each projection and each drive.
pub struct Weights {
    /// Of projections.
    pub projections: Vec<[f64; 2]>,
    /// Of drives.
    pub drives: Vec<[f64; 2]>,
}

/// Of no weights.
const NONE: [f64; 2] = [f64::INFINITY, f64::NEG_INFINITY];

fn widen([least, greatest]: &mut [f64; 2], weight: f64) {
    (*least, *greatest) = (least.min(weight), greatest.max(weight));
}

/// Gives every connection and train its arguments in the group of its target.
fn connect(wiring: &Wiring, groups: &mut [Group]) -> Result<Weights> {
    let group_of = group_of_cells(groups);
    let mut weights = Weights {
        projections: vec![NONE; wiring.projection_count()],
        drives: vec![NONE; wiring.drive_count()],
    };
    for projection in 0..wiring.projection_count() {
        wiring.connections(projection, |network::Connection { from, to, weight, delay }| {
            let group = &mut groups[group_of[to.cell as usize] as usize];
            let connection = add(group, to, weight).map_err(|e| e.key("place"))?;
            group.deliveries.push(Delivery { from, connection, delay });
            widen(&mut weights.projections[projection], weight);
            Ok(())
        })?;
    }
    for drive in 0..wiring.drive_count() {
        wiring.inputs(drive, |input| {
            let group = &mut groups[group_of[input.to.cell as usize] as usize];
            let connection = add(group, input.to, input.weight).map_err(|e| e.key("place"))? as usize;
            group.arrivals.extend(input.times.iter().map(|&time| Arrival { time, connection }));
            widen(&mut weights.drives[drive], input.weight);
            Ok(())
        })?;
    }
    groups.iter_mut().for_each(Group::order_events);
    Ok(weights)
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
        let key = |error: Error| error.key(format!("junction[{number}]"));
        let mut ends = [End { group: 0, node: 0 }; 2];
        for (end, side) in ends.iter_mut().zip(&junction.ends) {
            let group = group_of[side.cell as usize] as usize;
            let population = network.cell(side.cell as usize).map_or(0, |(population, _)| population);
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
