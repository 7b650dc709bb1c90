//! What POINTERs point to and what FUNCTION_TABLEs hold, resolved.

use std::sync::Arc;

use apical_kernels::Table;

use super::instances::{Instances, Placement};
use super::probes::{self, Scope};
use crate::cell::{self, Cell};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;

/// The target of one POINTER entry: for each instance of a mechanism, where its number lies.
pub struct Resolved {
    /// Index of the mechanism.
    pub mechanism: usize,
    /// Name of the POINTER.
    pub variable: String,
    /// Instance and offset.
    pub offsets: Vec<(usize, u32)>,
}

/// What a pointer leads to, as something that could be recorded, so that it keeps its storage.
pub fn as_records(cell: &Cell) -> Vec<Record> {
    let record = |p: &cell::Pointer| Record {
        what: p.what.clone(),
        of: p.target.clone(),
        at: p.at.clone(),
        ..Record::default()
    };
    cell.pointer.iter().map(record).collect()
}

/// Resolves every entry.
///
/// # Errors
/// A name that nothing has, several places where one is due.
pub fn resolve(cell: &Cell, placements: &[Placement], scope: &Scope) -> Result<Vec<Resolved>> {
    cell.pointer
        .iter()
        .enumerate()
        .map(|(number, pointer)| one(pointer, &format!("cell.pointer[{number}]"), placements, scope))
        .collect()
}

fn one(pointer: &cell::Pointer, key: &str, placements: &[Placement], scope: &Scope) -> Result<Resolved> {
    let placement = placements.iter().find(|p| p.name == pointer.of);
    let painted = scope.mechanisms.iter().position(|m| m.name == pointer.of);
    let (mechanism, instances) = match (placement, painted) {
        (Some(placement), _) => (placement.mechanism, placement.range.clone()),
        (None, Some(index)) => (index, 0..scope.mechanisms[index].nodes.len()),
        (None, None) => {
            let names = placements.iter().map(|p| p.name.as_str());
            let names = names.chain(scope.mechanisms.iter().map(|m| m.name.as_str()));
            let message = format!("no placement and no mechanism of this cell is called `{}`", pointer.of);
            let error = Error::new(ErrorKind::Model, message).suggest(&pointer.of, names);
            return Err(error.key(format!("{key}.of")));
        }
    };
    let bound = &scope.mechanisms[mechanism];
    let pointers = bound.variables.iter().map(|v| v.name.as_str());
    if !pointers.clone().any(|name| name == pointer.variable) {
        let message = format!("`{}` has no POINTER `{}`", bound.name, pointer.variable);
        let error = Error::new(ErrorKind::Parameter, message).suggest(&pointer.variable, pointers);
        return Err(error.key(format!("{key}.variable")));
    }
    let mut offsets = Vec::with_capacity(instances.len());
    if pointer.at.is_none() && pointer.target.is_none() {
        for instance in instances {
            let node = bound.nodes[instance] as usize;
            offsets.push((instance, probes::at_node(scope, &pointer.what, node, key)? as u32));
        }
    } else {
        let record = Record {
            what: pointer.what.clone(),
            at: pointer.at.clone(),
            of: pointer.target.clone(),
            ..Record::default()
        };
        let targets = probes::resolve_one(&record, scope, key)?;
        let fits = targets.len() == 1 || targets.len() == instances.len();
        if !fits {
            let message = format!("{} instances cannot point to {} places", instances.len(), targets.len());
            return Err(Error::new(ErrorKind::Location, message)
                .help("give one target, or one for each instance")
                .key(key.to_owned()));
        }
        let several = targets.len() > 1;
        for (number, instance) in instances.enumerate() {
            let target = &targets[if several { number } else { 0 }];
            offsets.push((instance, target.offset as u32));
        }
    }
    Ok(Resolved { mechanism, variable: pointer.variable.clone(), offsets })
}

/// The targets of one POINTER of one mechanism over all its instances; `None` when one of them has none.
pub fn offsets(
    resolved: &[Resolved],
    mechanism: usize,
    variable: &str,
    instances: usize,
) -> Option<Vec<u32>> {
    let mut offsets = vec![None; instances];
    for entry in resolved.iter().filter(|r| r.mechanism == mechanism && r.variable == variable) {
        for &(instance, offset) in &entry.offsets {
            offsets[instance] = Some(offset);
        }
    }
    offsets.into_iter().collect()
}

/// The tables of each mechanism.
///
/// # Errors
/// A mechanism or a table that does not exist, arguments that do not increase or are not as many as values.
pub fn tables(cell: &Cell, groups: &[Instances]) -> Result<Vec<Vec<Option<Arc<Table>>>>> {
    let mut tables: Vec<Vec<Option<Arc<Table>>>> =
        groups.iter().map(|g| vec![None; g.mechanism.tables.len()]).collect();
    for (number, entry) in cell.table.iter().enumerate() {
        let key = format!("cell.table[{number}]");
        let Some(index) = groups.iter().position(|g| g.mechanism.name == entry.mechanism) else {
            let names = groups.iter().map(|g| g.mechanism.name.as_str());
            let message = format!("this cell has no mechanism `{}`", entry.mechanism);
            let error = Error::new(ErrorKind::Mechanism, message).suggest(&entry.mechanism, names);
            return Err(error.key(format!("{key}.mechanism")));
        };
        let own = &groups[index].mechanism.tables;
        let Some(table) = own.iter().position(|t| t.name == entry.name) else {
            let names = own.iter().map(|t| t.name.as_str());
            let message = format!("`{}` has no FUNCTION_TABLE `{}`", entry.mechanism, entry.name);
            let error = Error::new(ErrorKind::Parameter, message).suggest(&entry.name, names);
            return Err(error.key(format!("{key}.name")));
        };
        let Some(values) = Table::new(entry.arguments.clone(), entry.values.clone()) else {
            let message = format!("the values of `{}` do not make a table", entry.name);
            let help = "as many values as arguments, and arguments that increase";
            return Err(Error::new(ErrorKind::Parameter, message).help(help).key(key));
        };
        tables[index][table] = Some(Arc::new(values));
    }
    Ok(tables)
}
