//! Synaptic events: lists, trains and connections resolved to instances and times.

use apical_kernels::random;

use super::bind::Bound;
use super::instances::Placement;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Events, Model};

/// A point process that receives events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Index of the mechanism.
    pub mechanism: usize,
    /// Instance of it.
    pub instance: usize,
}

/// An event with its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// ms.
    pub time: f64,
    /// Where it arrives.
    pub target: Target,
    /// First argument of NET_RECEIVE.
    pub weight: f64,
}

/// What a detector sets off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Connection {
    /// Index of the detector.
    pub detector: usize,
    /// Where the event arrives.
    pub target: Target,
    /// First argument of NET_RECEIVE.
    pub weight: f64,
    /// ms.
    pub delay: f64,
}

/// All events known beforehand in the order of delivery, and all connections.
///
/// Events at the same time arrive in the order of the document, and within an entry in the order of the instances.
///
/// # Errors
/// A target that is not placed or receives no events, an instance that does not exist, an unknown detector.
pub fn lower(
    model: &Model,
    placements: &[Placement],
    mechanisms: &[Bound],
) -> Result<(Vec<Arrival>, Vec<Connection>)> {
    let mut arrivals = Vec::new();
    let mut connections = Vec::new();
    for (number, events) in model.events.iter().enumerate() {
        let key = format!("events[{number}]");
        for (stream, target) in targets(events, placements, mechanisms, &key)?.into_iter().enumerate() {
            let weight = events.weight;
            if let Some(from) = &events.from {
                let detector = model.detect.iter().position(|d| &d.name == from).ok_or_else(|| {
                    let names = model.detect.iter().map(|d| d.name.as_str());
                    let error = Error::new(ErrorKind::Model, format!("no detector is called `{from}`"));
                    error.suggest(from, names).key(format!("{key}.from"))
                })?;
                let delay = events.delay.unwrap_or(0.0);
                connections.push(Connection { detector, target, weight, delay });
            } else {
                let times = times(events, model, [number as u32, stream as u32]);
                arrivals.extend(times.into_iter().map(|time| Arrival { time, target, weight }));
            }
        }
    }
    arrivals.sort_by(|a: &Arrival, b| a.time.total_cmp(&b.time));
    Ok((arrivals, connections))
}

fn targets(
    events: &Events,
    placements: &[Placement],
    mechanisms: &[Bound],
    key: &str,
) -> Result<Vec<Target>> {
    let Some(placement) = placements.iter().find(|p| p.name == events.target) else {
        let names = placements.iter().map(|p| p.name.as_str());
        let error =
            Error::new(ErrorKind::Model, format!("nothing is placed under the name `{}`", events.target));
        return Err(error.suggest(&events.target, names).key(format!("{key}.target")));
    };
    let mechanism = &mechanisms[placement.mechanism];
    if mechanism.net_receive.is_none() {
        let message = format!("`{}` receives no events: it has no NET_RECEIVE block", mechanism.name);
        return Err(Error::new(ErrorKind::Mechanism, message).key(format!("{key}.target")));
    }
    let target = |instance| Target { mechanism: placement.mechanism, instance };
    match events.instance {
        None => Ok(placement.range.clone().map(target).collect()),
        Some(index) if index < placement.range.len() => Ok(vec![target(placement.range.start + index)]),
        Some(index) => {
            let message = format!(
                "`{}` has {} instances, so there is none numbered {index}",
                events.target,
                placement.range.len()
            );
            Err(Error::new(ErrorKind::Location, message)
                .help("instances count from 0")
                .key(format!("{key}.instance")))
        }
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
