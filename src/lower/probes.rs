//! What is recorded and detected: names and locations resolved to offsets in the buffer.

use super::bind::{Bound, Shared};
use super::events::{self, Target};
use super::instances::{Ground, Instances, Placement};
use super::ion_quantity;
use super::ions::IonColumns;
use crate::cell::label::Location;
use crate::discretize::NodeKind;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{self, Keep};
use apical_nmodl::ir::IonQuantity;

/// A recorded number of the buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Name in the results, e.g. `v@soma[0](0.5)`.
    pub name: String,
    /// Unit; empty when the mechanism states none.
    pub unit: String,
    /// Where it is.
    pub offset: usize,
    /// The location it stands for.
    pub location: Location,
    /// What is kept of it.
    pub keep: Keep,
}

/// Something that reports spikes.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    /// Its name.
    pub name: String,
    /// What it watches.
    pub watched: Watched,
}

/// What a detector watches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Watched {
    /// A voltage.
    Voltage {
        /// Where it is.
        offset: usize,
        /// mV.
        threshold: f64,
        /// So long after a crossing there is no other, ms.
        refractory: f64,
        /// The location watched.
        location: Location,
    },
    /// The events that an instance sends.
    Sender(Target),
}

/// What records and detectors are resolved against.
pub struct Scope<'a> {
    /// Cell, labels, compartments.
    pub ground: &'a Ground<'a>,
    /// Common columns.
    pub shared: &'a Shared,
    /// Ions.
    pub ions: &'a [IonColumns],
    /// Mechanisms.
    pub mechanisms: &'a [Bound],
    /// Placements by name.
    pub placements: &'a [Placement],
    /// Column of total membrane currents, when one is recorded.
    pub membrane_total: Option<usize>,
    /// The cell that is looked at, of those side by side.
    pub cell: usize,
}

impl Scope<'_> {
    /// The number among all cells of a node or an instance of the one that is looked at.
    pub fn numbered(&self, number: usize) -> usize {
        number * self.ground.cells + self.cell
    }
}

/// The mechanism variables that records ask for, as index of the mechanism and name: these keep their storage.
pub fn wanted(
    records: &[model::Record],
    placements: &[Placement],
    groups: &[Instances],
) -> Vec<(usize, String)> {
    let of = |record: &model::Record| match &record.of {
        Some(name) => {
            let placement = placements.iter().find(|p| &p.name == name)?;
            Some((placement.mechanism, record.what.clone()))
        }
        None => {
            let (mechanism, variable) = record.what.split_once('.')?;
            let index = groups.iter().position(|g| g.mechanism.name == mechanism)?;
            Some((index, variable.to_owned()))
        }
    };
    records.iter().filter_map(of).collect()
}

/// Resolves every record.
///
/// # Errors
/// A name that nothing has, a mechanism that is not at the location, a wrong locset.
pub fn probes(records: &[model::Record], scope: &Scope) -> Result<Vec<Probe>> {
    let mut probes = Vec::new();
    for (number, record) in records.iter().enumerate() {
        let key = format!("record[{number}]");
        let first = probes.len();
        probes.extend(resolve_one(record, scope, &key)?);
        if let Some(name) = &record.name {
            let several = probes.len() - first > 1;
            for (index, probe) in probes[first..].iter_mut().enumerate() {
                probe.name = if several { format!("{name}[{index}]") } else { name.clone() };
            }
        }
        for index in first..probes.len() {
            if probes[..index].iter().any(|p: &Probe| p.name == probes[index].name) {
                let message = format!("two records are called `{}`", probes[index].name);
                return Err(Error::new(ErrorKind::Model, message)
                    .help("give one of them another `name`")
                    .key(key));
            }
        }
    }
    Ok(probes)
}

/// The numbers that one record means.
///
/// # Errors
/// As [`probes`].
pub fn resolve_one(record: &model::Record, scope: &Scope, key: &str) -> Result<Vec<Probe>> {
    let mut probes = Vec::new();
    match (&record.at, &record.of) {
        (Some(at), None) => at_locations(record, at, scope, key, &mut probes)?,
        (None, Some(of)) => of_placement(record, of, scope, key, &mut probes)?,
        _ => return Err(Error::new(ErrorKind::Model, "give either `at` or `of`").key(key)),
    }
    Ok(probes)
}

/// Where a quantity of a node lies.
///
/// # Errors
/// As [`probes`].
pub fn at_node(scope: &Scope, what: &str, node: usize, key: &str) -> Result<usize> {
    let location = Location { section: scope.ground.tree.section[node], x: scope.ground.tree.x[node] };
    Ok(quantity(scope, what, node, location, key)?.0)
}

fn at_locations(
    record: &model::Record,
    at: &str,
    scope: &Scope,
    key: &str,
    probes: &mut Vec<Probe>,
) -> Result<()> {
    let ground = scope.ground;
    let locations = ground.labels.locset(at).map_err(|e| e.key(format!("{key}.at")))?;
    if locations.is_empty() {
        return Err(
            Error::new(ErrorKind::Label, format!("the locset `{at}` is empty")).key(format!("{key}.at"))
        );
    }
    for &location in locations.iter() {
        let node = ground.node(location.section, location.x);
        let (offset, unit) = quantity(scope, &record.what, node, location, key)?;
        let name = format!("{}@{}", record.what, ground.labels.display(location));
        probes.push(Probe { name, unit, offset, location, keep: record.keep });
    }
    Ok(())
}

fn quantity(
    scope: &Scope,
    what: &str,
    node: usize,
    location: Location,
    key: &str,
) -> Result<(usize, String)> {
    let membrane = || {
        if scope.ground.tree.kind[node] == NodeKind::Compartment {
            return Ok(());
        }
        let message = format!("`{what}` belongs to membrane, and the end of a section has none");
        let help = "record at a place between 0 and 1";
        Err(Error::new(ErrorKind::Location, message).help(help).key(format!("{key}.at")))
    };
    Ok(if what == "v" {
        (scope.shared.voltage + scope.numbered(node), "mV".to_owned())
    } else if let ("i_membrane", Some(column)) = (what, scope.membrane_total) {
        (column + scope.numbered(node), "nA".to_owned())
    } else if let Some((ion, quantity)) = ion_quantity(scope.ions, what) {
        membrane()?;
        (ion.column(quantity) + scope.numbered(node), ion_unit(quantity).to_owned())
    } else if let Some((name, variable)) = what.split_once('.') {
        membrane()?;
        density_variable(scope, name, variable, node, location, key)?
    } else {
        return Err(unknown(what, scope, key));
    })
}

fn density_variable(
    scope: &Scope,
    name: &str,
    variable: &str,
    node: usize,
    location: Location,
    key: &str,
) -> Result<(usize, String)> {
    let what = format!("{key}.what");
    let Some(mechanism) = scope.mechanisms.iter().find(|m| m.name == name) else {
        let names = scope.mechanisms.iter().map(|m| m.name.as_str());
        let message = format!("this cell has no mechanism `{name}`");
        return Err(Error::new(ErrorKind::Mechanism, message).suggest(name, names).key(what));
    };
    if scope.placements.iter().any(|p| scope.mechanisms[p.mechanism].name == name) {
        let message = format!("`{name}` is a point process: several may be at one place");
        let help = "record it with `of`, the name of a placement";
        return Err(Error::new(ErrorKind::Model, message).help(help).key(what));
    }
    let Some(instance) = mechanism.nodes.iter().position(|&n| n as usize == scope.numbered(node)) else {
        let message = format!("`{name}` is not painted at {}", scope.ground.labels.display(location));
        return Err(Error::new(ErrorKind::Location, message).key(format!("{key}.at")));
    };
    instance_variable(mechanism, variable, instance, &what)
}

fn of_placement(
    record: &model::Record,
    of: &str,
    scope: &Scope,
    key: &str,
    probes: &mut Vec<Probe>,
) -> Result<()> {
    let Some(placement) = scope.placements.iter().find(|p| p.name == of) else {
        let names = scope.placements.iter().map(|p| p.name.as_str());
        let error = Error::new(ErrorKind::Model, format!("nothing is placed under the name `{of}`"));
        return Err(error.suggest(of, names).key(format!("{key}.of")));
    };
    let mechanism = &scope.mechanisms[placement.mechanism];
    let several = placement.range.len() > 1;
    for (index, instance) in placement.range.clone().enumerate() {
        let instance = scope.numbered(instance);
        let (offset, unit) = instance_variable(mechanism, &record.what, instance, &format!("{key}.what"))?;
        let name =
            if several { format!("{of}[{index}].{}", record.what) } else { format!("{of}.{}", record.what) };
        let node = mechanism.nodes[instance] as usize / scope.ground.cells;
        let location = Location { section: scope.ground.tree.section[node], x: scope.ground.tree.x[node] };
        probes.push(Probe { name, unit, offset, location, keep: record.keep });
    }
    Ok(())
}

fn instance_variable(
    mechanism: &Bound,
    variable: &str,
    instance: usize,
    key: &str,
) -> Result<(usize, String)> {
    let found = mechanism.variables.iter().find(|v| v.name == variable);
    match found.and_then(|v| Some((v.storage.of(instance)?, v.unit.clone()))) {
        Some(found) => Ok(found),
        None => {
            let names = mechanism.variables.iter().map(|v| v.name.as_str());
            let message = format!("`{}` has no variable `{variable}`", mechanism.name);
            Err(Error::new(ErrorKind::Parameter, message).suggest(variable, names).key(key))
        }
    }
}

fn ion_unit(quantity: IonQuantity) -> &'static str {
    match quantity {
        IonQuantity::Reversal => "mV",
        IonQuantity::Internal | IonQuantity::External => "mM",
        IonQuantity::Current => "mA/cm2",
    }
}

fn unknown(what: &str, scope: &Scope, key: &str) -> Error {
    let ions = scope.ions.iter().flat_map(|i| {
        let n = &i.name;
        [format!("e{n}"), format!("{n}i"), format!("{n}o"), format!("i{n}")]
    });
    let names: Vec<String> = ["v".to_owned(), "i_membrane".to_owned()].into_iter().chain(ions).collect();
    Error::new(ErrorKind::Model, format!("nothing called `{what}` can be recorded at a place"))
        .help("mechanism variables are written `MECHANISM.VARIABLE`")
        .suggest(what, names.iter().map(String::as_str))
        .key(format!("{key}.what"))
}

/// Resolves every detector.
///
/// # Errors
/// A wrong locset, or one that names more than one location.
pub fn detectors(detectors: &[model::Detector], scope: &Scope) -> Result<Vec<Detector>> {
    let resolve = |(number, detector): (usize, &model::Detector)| {
        let key = format!("detect[{number}]");
        let watched = match (&detector.at, &detector.of) {
            (Some(at), _) => voltage(at, detector, scope, &format!("{key}.at"))?,
            (None, of) => {
                let of = of.as_deref().unwrap_or_default();
                let sender = events::one_instance(scope.placements, of, detector.instance, &key)?;
                Watched::Sender(Target { instance: scope.numbered(sender.instance), ..sender })
            }
        };
        Ok(Detector { name: detector.name.clone(), watched })
    };
    detectors.iter().enumerate().map(resolve).collect()
}

/// The detectors that watch instances, with those, in order.
pub fn listeners(detectors: &[Detector]) -> Vec<(Target, usize)> {
    let sender = |(index, detector): (usize, &Detector)| match detector.watched {
        Watched::Sender(target) => Some((target, index)),
        Watched::Voltage { .. } => None,
    };
    let mut listeners: Vec<_> = detectors.iter().enumerate().filter_map(sender).collect();
    listeners.sort_unstable();
    listeners
}

fn voltage(at: &str, detector: &model::Detector, scope: &Scope, key: &str) -> Result<Watched> {
    let locations = scope.ground.labels.locset(at).map_err(|e| e.key(key))?;
    let &[location] = &locations[..] else {
        let message = format!("a detector watches one location, and `{at}` names {}", locations.len());
        return Err(Error::new(ErrorKind::Location, message).key(key));
    };
    let node = scope.ground.node(location.section, location.x);
    Ok(Watched::Voltage {
        offset: scope.shared.voltage + scope.numbered(node),
        threshold: detector.threshold.unwrap_or(0.0),
        refractory: detector.refractory.unwrap_or(0.0),
        location,
    })
}
