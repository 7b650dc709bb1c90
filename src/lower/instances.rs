//! Which mechanism sits where with which parameters: `paint` and `place` resolved to nodes.
//!
//! In come the cell's description, its labels and its tree of compartments; out go [`Instances`], one per mechanism: the
//! nodes it occupies and for every parameter one value or one per instance. Nothing here knows of memory.

use std::collections::BTreeMap;
use std::ops::Range;

use apical_nmodl::ir::{self, Kind, Role, VariableId};

use super::layout::{numbers_side_by_side, side_by_side};
use crate::cell::label::{Labels, Region};
use crate::cell::{Cell, Quantity, Site, no_instance};
use crate::discretize::{NodeKind, Tree};
use crate::error::{Error, ErrorKind, Result};
use crate::mechanism::Catalogue;

/// The values of a variable over the instances of its mechanism.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One for all.
    Uniform(f64),
    /// One each, in the order of the instances.
    Each(Vec<f64>),
}

/// Everything of one mechanism.
#[derive(Clone, Debug)]
pub struct Instances {
    /// What it does.
    pub mechanism: ir::Mechanism,
    /// The node of each instance.
    pub nodes: Vec<u32>,
    /// Start value of each of the mechanism's variables.
    pub values: Vec<Values>,
}

impl Instances {
    /// The same mechanism on so many equal cells side by side.
    #[must_use]
    pub fn side_by_side(self, cells: usize) -> Self {
        if cells == 1 {
            return self;
        }
        let each = |values: Values| match values {
            Values::Uniform(value) => Values::Uniform(value),
            Values::Each(values) => Values::Each(side_by_side(&values, cells)),
        };
        Self {
            mechanism: self.mechanism,
            nodes: numbers_side_by_side(&self.nodes, cells),
            values: self.values.into_iter().map(each).collect(),
        }
    }
}

/// The instances that one `place` entry made.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Its name.
    pub name: String,
    /// Index into the list of [`Instances`].
    pub mechanism: usize,
    /// Instances of the mechanism on one cell, in the order of the locset.
    pub range: Range<usize>,
}

impl Placement {
    /// The instance of the mechanism that is the placement's with this number.
    ///
    /// # Errors
    /// There are not so many.
    pub fn instance(&self, index: usize) -> Result<usize> {
        let count = self.range.len();
        if index < count {
            return Ok(self.range.start + index);
        }
        Err(no_instance(&self.name, count, index))
    }
}

/// The geometry that descriptions are resolved against.
pub struct Ground<'a> {
    /// Description.
    pub cell: &'a Cell,
    /// Regions and locsets.
    pub labels: &'a Labels<'a>,
    /// Compartments of one cell.
    pub tree: &'a Tree,
    /// How many such cells lie side by side: the number of a node or an instance is that of one cell times this, plus the
    /// cell.
    pub cells: usize,
}

impl Ground<'_> {
    /// The compartments whose centres lie in a region, in node order.
    ///
    /// # Errors
    /// The region is wrong, or holds no compartment's centre.
    pub fn compartments(&self, region: &str, key: &str) -> Result<Vec<usize>> {
        let at = format!("{key}.region");
        let cables: Region = self.labels.region(region).map_err(|e| e.key(&at))?;
        let tree = self.tree;
        let inside = |&node: &usize| {
            tree.kind[node] == NodeKind::Compartment && cables.contains(tree.section[node], tree.x[node])
        };
        let nodes: Vec<usize> = (0..tree.parent.len()).filter(inside).collect();
        if nodes.is_empty() {
            let message = if cables.is_empty() {
                format!("the region `{region}` is empty")
            } else {
                format!("the region `{region}` holds no compartment's centre")
            };
            return Err(Error::new(ErrorKind::Label, message)
                .help("what is painted on nothing has no effect: check the region, or make compartments shorter")
                .key(at));
        }
        Ok(nodes)
    }

    /// The node nearest to a location as NEURON takes it: the ends are nodes of their own.
    pub fn node(&self, section: usize, x: f64) -> usize {
        let compartments = &self.tree.compartments[section];
        if x <= 0.0 {
            self.tree.ends[section][0]
        } else if x >= 1.0 {
            self.tree.ends[section][1]
        } else {
            compartments[((x * compartments.len() as f64) as usize).min(compartments.len() - 1)]
        }
    }

    /// What an expression may ask about a node.
    pub fn site(&self, node: usize) -> Site {
        Site {
            distance: self.tree.distance[node],
            diameter: self.tree.diameter[node],
            position: self.tree.position[node],
        }
    }

    /// A quantity at every one of these nodes.
    ///
    /// # Errors
    /// The expression is wrong or not finite at one of them.
    pub fn evaluate(&self, quantity: &Quantity, nodes: &[usize], key: &str) -> Result<Vec<f64>> {
        let compiled = quantity.compile().map_err(|e| e.key(key))?;
        nodes.iter().map(|&node| compiled.evaluate(&self.site(node)).map_err(|e| e.key(key))).collect()
    }
}

/// Density mechanisms painted on the cell, in the order in which they are first painted.
///
/// # Errors
/// Unknown mechanism or parameter, a point process where a density mechanism is due, a wrong region or value.
pub fn density(ground: &Ground, catalogue: &Catalogue) -> Result<Vec<Instances>> {
    struct Painted {
        mechanism: ir::Mechanism,
        present: Vec<bool>,
        values: BTreeMap<u32, Vec<f64>>,
    }
    let count = ground.tree.parent.len();
    let mut painted: Vec<Painted> = Vec::new();
    for (number, paint) in ground.cell.paint.iter().enumerate() {
        let key = format!("cell.paint[{number}]");
        let index = match painted.iter().position(|p| p.mechanism.name == paint.mechanism) {
            Some(index) => index,
            None => {
                let mechanism = fetch(catalogue, &paint.mechanism, Kind::Density, &key)?;
                painted.push(Painted { mechanism, present: vec![false; count], values: BTreeMap::new() });
                painted.len() - 1
            }
        };
        let here = &mut painted[index];
        let nodes = ground.compartments(&paint.region, &key)?;
        nodes.iter().for_each(|&node| here.present[node] = true);
        for (name, quantity) in &paint.parameters {
            let key = format!("{key}.parameters.{name}");
            let id = parameter(&here.mechanism, name, &key)?;
            let default = here.mechanism.variables[id.0 as usize].default;
            let column = here.values.entry(id.0).or_insert_with(|| vec![default; count]);
            for (&node, value) in nodes.iter().zip(ground.evaluate(quantity, &nodes, &key)?) {
                column[node] = value;
            }
        }
    }
    let finish = |(index, p): (usize, Painted)| {
        let nodes: Vec<u32> = (0..count).filter(|&n| p.present[n]).map(|n| n as u32).collect();
        let each = |id: u32| {
            let column = p.values.get(&id)?;
            Some(nodes.iter().map(|&n| column[n as usize]).collect())
        };
        let values = start_values(&p.mechanism, each, &format!("cell.paint[{index}]"))?;
        Ok(Instances { mechanism: p.mechanism, nodes, values })
    };
    painted.into_iter().enumerate().map(finish).collect()
}

/// Point processes placed on the cell, grouped by mechanism in the order in which they are first placed.
///
/// # Errors
/// Unknown mechanism or parameter, a density mechanism where a point process is due, a wrong locset or value.
pub fn points(
    ground: &Ground,
    catalogue: &Catalogue,
    first: usize,
) -> Result<(Vec<Instances>, Vec<Placement>)> {
    struct Placed {
        mechanism: ir::Mechanism,
        nodes: Vec<u32>,
        values: BTreeMap<u32, Vec<f64>>,
        key: String,
    }
    let mut placed: Vec<Placed> = Vec::new();
    let mut placements = Vec::new();
    for (number, place) in ground.cell.place.iter().enumerate() {
        let key = format!("cell.place[{number}]");
        let index = match placed.iter().position(|p| p.mechanism.name == place.mechanism) {
            Some(index) => index,
            None => {
                let mechanism = fetch(catalogue, &place.mechanism, Kind::PointProcess, &key)?;
                placed.push(Placed {
                    mechanism,
                    nodes: Vec::new(),
                    values: BTreeMap::new(),
                    key: key.clone(),
                });
                placed.len() - 1
            }
        };
        let here = &mut placed[index];
        let nodes = place_nodes(ground, place.at.as_deref(), here.mechanism.kind, &format!("{key}.at"))?;
        let range = here.nodes.len()..here.nodes.len() + nodes.len();
        for column in here.values.iter_mut() {
            let default = here.mechanism.variables[*column.0 as usize].default;
            column.1.resize(range.end, default);
        }
        for (name, quantity) in &place.parameters {
            let key = format!("{key}.parameters.{name}");
            let id = parameter(&here.mechanism, name, &key)?;
            let default = here.mechanism.variables[id.0 as usize].default;
            let column = here.values.entry(id.0).or_insert_with(|| vec![default; range.end]);
            column[range.clone()].copy_from_slice(&ground.evaluate(quantity, &nodes, &key)?);
        }
        here.nodes.extend(nodes.iter().map(|&n| n as u32));
        placements.push(Placement { name: place.name.clone(), mechanism: first + index, range });
    }
    let finish = |mut p: Placed| {
        let values = start_values(&p.mechanism, |id| p.values.remove(&id), &p.key)?;
        Ok(Instances { mechanism: p.mechanism, nodes: p.nodes, values })
    };
    Ok((placed.into_iter().map(finish).collect::<Result<_>>()?, placements))
}

/// The nodes of a placement. An artificial cell has no place; what it needs of one is taken from the first node.
fn place_nodes(ground: &Ground, at: Option<&str>, kind: Kind, key: &str) -> Result<Vec<usize>> {
    let at = match (at, kind) {
        (None, Kind::ArtificialCell) => return Ok(vec![0]),
        (Some(_), Kind::ArtificialCell) => {
            return Err(Error::new(ErrorKind::Model, "an artificial cell has no place")
                .help("leave `at` away")
                .key(key));
        }
        (Some(at), _) => at,
        (None, _) => {
            return Err(Error::new(ErrorKind::Model, "a point process needs a place")
                .help("give a locset as `at`")
                .key(key));
        }
    };
    let locations = ground.labels.locset(at).map_err(|e| e.key(key))?;
    let nodes: Vec<usize> = locations.iter().map(|l| ground.node(l.section, l.x)).collect();
    if nodes.is_empty() {
        return Err(Error::new(ErrorKind::Label, format!("the locset `{at}` is empty")).key(key));
    }
    Ok(nodes)
}

fn fetch(catalogue: &Catalogue, name: &str, kind: Kind, key: &str) -> Result<ir::Mechanism> {
    let key = format!("{key}.mechanism");
    let mechanism = catalogue.get(name).map_err(|e| e.key(&key))?;
    if (mechanism.kind == Kind::Density) == (kind == Kind::Density) {
        return Ok(mechanism);
    }
    let (is, help) = match mechanism.kind {
        Kind::Density => ("a density mechanism", "`paint` it on a region"),
        Kind::PointProcess => ("a point process", "`place` it at a locset"),
        Kind::ArtificialCell => ("an artificial cell", "`place` it, without a locset"),
    };
    Err(Error::new(ErrorKind::Mechanism, format!("`{name}` is {is}")).help(help).key(key))
}

/// The parameter of this name.
///
/// # Errors
/// The mechanism has none.
pub fn parameter(mechanism: &ir::Mechanism, name: &str, key: &str) -> Result<VariableId> {
    let is_parameter = |v: &ir::Variable| matches!(v.role, Role::Parameter { .. });
    let found = mechanism.variables.iter().position(|v| v.name == name && is_parameter(v));
    found.map(|index| VariableId(index as u32)).ok_or_else(|| {
        let message = format!("`{}` has no parameter `{name}`", mechanism.name);
        let names = mechanism.variables.iter().filter(|v| is_parameter(v)).map(|v| v.name.as_str());
        Error::new(ErrorKind::Parameter, message).suggest(name, names).key(key)
    })
}

/// Refuses to give a GLOBAL parameter a value for each of what it is one for.
pub fn global(mechanism: &ir::Mechanism, parameter: usize, each: &str) -> Error {
    let message = format!(
        "`{}` of `{}` is GLOBAL: it has one value for the whole model, not one for each {each}",
        mechanism.variables[parameter].name, mechanism.name
    );
    let error = Error::new(ErrorKind::Parameter, message);
    error.help(format!("declare it RANGE in `{}`", mechanism.name))
}

/// Start values of all variables; `each` gives those that the description sets.
fn start_values(
    mechanism: &ir::Mechanism,
    mut each: impl FnMut(u32) -> Option<Vec<f64>>,
    key: &str,
) -> Result<Vec<Values>> {
    let start = |(id, variable): (usize, &ir::Variable)| {
        let Some(values) = each(id as u32) else { return Ok(Values::Uniform(variable.default)) };
        let first = values.first().copied().unwrap_or(variable.default);
        if values.iter().all(|v| v.to_bits() == first.to_bits()) {
            return Ok(Values::Uniform(first));
        }
        if variable.role == (Role::Parameter { range: false }) {
            return Err(global(mechanism, id, "place").key(key));
        }
        Ok(Values::Each(values))
    };
    mechanism.variables.iter().enumerate().map(start).collect()
}
