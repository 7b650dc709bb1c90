//! Synaptic events: lists, trains and connections resolved to instances and times.

use std::sync::Arc;

use apical_kernels::random;
use serde::{Deserialize, Serialize};

use super::bind::Bound;
use super::group::Group;
use super::instances::Placement;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Events, Model};

/// A point process that receives events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    /// Index of the mechanism.
    pub mechanism: usize,
    /// Instance of it.
    pub instance: usize,
}

/// What arrives through one source at one instance, with arguments of its own that NET_RECEIVE may change. There are millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The mechanism where events arrive.
    pub mechanism: u32,
    /// Instance of it.
    pub instance: u32,
    /// Offset of its arguments.
    pub arguments: u32,
}

impl Connection {
    /// Where events arrive.
    pub fn target(&self) -> Target {
        Target { mechanism: self.mechanism as usize, instance: self.instance as usize }
    }
}

/// What a spike sets off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// The detector that reports it, of a cell alone; the cell, in a network.
    pub from: u32,
    /// Index of the connection.
    pub connection: u32,
    /// ms.
    pub delay: f64,
}

/// Those of a sorted list of deliveries that a detector or a cell sets off.
pub fn set_off_by(deliveries: &[Delivery], from: u32) -> &[Delivery] {
    let first = deliveries.partition_point(|delivery| delivery.from < from);
    let count = deliveries[first..].iter().take_while(|delivery| delivery.from == from).count();
    &deliveries[first..first + count]
}

/// An event known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// ms.
    pub time: f64,
    /// Index of the connection.
    pub connection: usize,
}

/// Gives a cell alone the connections and the events of its model.
///
/// Events at the same time arrive in the order of the document, and within an entry in the order of the instances.
///
/// # Errors
/// A target that is not placed or receives no events, an instance or an argument that does not exist, an unknown detector.
pub fn lower(model: &Model, group: &mut Group) -> Result<()> {
    let lowered = Arc::clone(&group.lowered);
    let (placements, mechanisms) = (&lowered.placements, &lowered.mechanisms);
    for (number, events) in model.events.iter().enumerate() {
        let key = format!("events[{number}]");
        let source = match &events.from {
            Some(from) => Some((detector(model, from, &key)?, events.delay.unwrap_or(0.0))),
            None => None,
        };
        for (stream, target) in targets(events, placements, mechanisms, &key)?.into_iter().enumerate() {
            let values = arguments(events, &mechanisms[target.mechanism], &key)?;
            let connection = group.connect(target, &values)?;
            if let Some((detector, delay)) = source {
                group.deliveries.push(Delivery { from: detector as u32, connection, delay });
            } else {
                // Number 0 is the stream of random places.
                let times = times(events, model, [number as u32 + 1, stream as u32]);
                group
                    .arrivals
                    .extend(times.into_iter().map(|time| Arrival { time, connection: connection as usize }));
            }
        }
    }
    group.order_events();
    Ok(())
}

fn detector(model: &Model, from: &str, key: &str) -> Result<usize> {
    model.detect.iter().position(|d| d.name == from).ok_or_else(|| {
        let names = model.detect.iter().map(|d| d.name.as_str());
        let error = Error::new(ErrorKind::Model, format!("no detector is called `{from}`"));
        error.suggest(from, names).key(format!("{key}.from"))
    })
}

/// The arguments a connection starts with: the weight, then those named.
fn arguments(events: &Events, mechanism: &Bound, key: &str) -> Result<Vec<f64>> {
    let mut values = vec![0.0; mechanism.argument_names.len()];
    if let Some(weight) = values.first_mut() {
        *weight = events.weight;
    }
    for (name, value) in &events.arguments {
        let Some(index) = mechanism.argument_names.iter().position(|n| n == name) else {
            let names = mechanism.argument_names.iter().map(String::as_str);
            let message = format!("NET_RECEIVE of `{}` has no argument `{name}`", mechanism.name);
            let error = Error::new(ErrorKind::Parameter, message).suggest(name, names);
            return Err(error.key(format!("{key}.arguments.{name}")));
        };
        if index == 0 {
            let message = format!("`{name}`, the first argument of NET_RECEIVE, is given by `weight`");
            return Err(Error::new(ErrorKind::Parameter, message).key(format!("{key}.arguments.{name}")));
        }
        values[index] = *value;
    }
    Ok(values)
}

/// The instance of a placement that is meant: the one with this number, or its only one.
///
/// # Errors
/// No placement has the name, it has no such instance, or it has several.
pub fn one_instance(
    placements: &[Placement],
    name: &str,
    instance: Option<usize>,
    key: &str,
) -> Result<Target> {
    let placement = find(placements, name, &format!("{key}.of"))?;
    match instance {
        Some(index) => numbered(placement, index, key),
        None if placement.range.len() == 1 => numbered(placement, 0, key),
        None => {
            let message = format!("`{name}` has {} instances", placement.range.len());
            Err(Error::new(ErrorKind::Location, message).help("name one by `instance`, from 0").key(key))
        }
    }
}

/// The placement of this name.
///
/// # Errors
/// There is none.
pub fn find<'a>(placements: &'a [Placement], name: &str, key: &str) -> Result<&'a Placement> {
    placements.iter().find(|p| p.name == name).ok_or_else(|| {
        let names = placements.iter().map(|p| p.name.as_str());
        let error = Error::new(ErrorKind::Model, format!("nothing is placed under the name `{name}`"));
        error.suggest(name, names).key(key)
    })
}

fn numbered(placement: &Placement, index: usize, key: &str) -> Result<Target> {
    let instance = placement.instance(index).map_err(|e| e.key(format!("{key}.instance")))?;
    Ok(Target { mechanism: placement.mechanism, instance })
}

fn targets(
    events: &Events,
    placements: &[Placement],
    mechanisms: &[Bound],
    key: &str,
) -> Result<Vec<Target>> {
    let placement = find(placements, &events.target, &format!("{key}.target"))?;
    mechanisms[placement.mechanism].check_receives().map_err(|e| e.key(format!("{key}.target")))?;
    let target = |instance| Target { mechanism: placement.mechanism, instance };
    match events.instance {
        None => Ok(placement.range.clone().map(target).collect()),
        Some(index) => Ok(vec![numbered(placement, index, key)?]),
    }
}

fn times(events: &Events, model: &Model, stream: [u32; 2]) -> Vec<f64> {
    if let Some(times) = &events.times {
        return times.clone();
    }
    if let Some(train) = events.regular {
        return (0..train.count).map(|i| train.start + i as f64 * train.interval).collect();
    }
    let Some(train) = events.poisson else { return Vec::new() };
    let stop = train.stop.unwrap_or(model.run.duration);
    let mut times = Vec::new();
    let mut time = train.start;
    for draw in 0.. {
        time += random::exponential(model.run.seed, stream, draw) * 1000.0 / train.rate;
        if time.is_nan() || time > stop {
            break;
        }
        times.push(time);
    }
    times
}
