//! From drives to trains of events, one after the other.
//!
//! In comes a drive with the point processes that it leads to; out go times and a weight for each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use apical_kernels::deviates::Draws;
use apical_kernels::random;

use super::csv::Csv;
use super::wire::{End, Target};
use super::{Drive, Stream, Train};
use crate::error::{Error, ErrorKind, Result};

/// Events from outside at known times.
#[derive(Clone, Debug, PartialEq)]
pub struct Input<'a> {
    /// Where they arrive.
    pub to: Target,
    /// First argument of NET_RECEIVE.
    pub weight: f64,
    /// ms.
    pub times: &'a [f64],
}

/// A drive whose names are resolved.
#[derive(Debug)]
pub(super) struct Driven<'a> {
    drive: &'a Drive,
    to: End,
    seed: u64,
    trains: Cow<'a, [Train]>,
}

/// More events than this of one drive are taken for a mistake; they would not fit into memory.
const MOST_EVENTS: f64 = 1e9;

impl<'a> Driven<'a> {
    /// Resolves a drive to point processes; files are relative to `base`.
    ///
    /// # Errors
    /// A file that is missing or wrong, an instance that the placement does not have, more events than fit into memory.
    pub fn new(drive: &'a Drive, to: End, seed: u64, base: &Path, duration: f64) -> Result<Self> {
        let trains = match &drive.file {
            Some(path) => Cow::Owned(read(&base.join(path), &to).map_err(|e| e.key("file"))?),
            None => Cow::Borrowed(drive.trains.as_slice()),
        };
        if let Some(instance) = drive.instance {
            to.check(instance, &drive.place).map_err(|e| e.key("instance"))?;
        }
        for (index, train) in drive.trains.iter().enumerate() {
            let Some(instance) = train.instance else { continue };
            let checked = to.check(instance, &drive.place);
            checked.map_err(|e| e.key(format!("train[{index}].instance")))?;
        }
        let driven = Self { drive, to, seed, trains };
        let (_, events) = driven.counts(duration);
        if events > MOST_EVENTS {
            let message = format!("{events:e} events are too many: {MOST_EVENTS:e} at most");
            return Err(Error::new(ErrorKind::Model, message).key("generator"));
        }
        Ok(driven)
    }

    pub fn each(&self, duration: f64, mut visit: impl FnMut(Input) -> Result<()>) -> Result<()> {
        const SHARED: u32 = u32::MAX;
        let mut shared: Option<([u32; 2], Vec<f64>)> = None;
        self.targets(|cell, instance, listed| {
            let (to, weight) = (self.to.target(cell, instance), self.weight(cell, instance)?);
            let Some(generator) = &self.drive.generator else {
                return visit(Input { to, weight, times: listed });
            };
            let stream = match self.drive.stream {
                Stream::Instance => [cell, instance],
                Stream::Cell => [cell, SHARED],
                Stream::Population => [SHARED, SHARED],
            };
            // Those who share a stream come one after the other.
            let times = match shared.take() {
                Some((of, times)) if of == stream => times,
                _ => generator.times(duration, self.seed, stream),
            };
            visit(Input { to, weight, times: &times })?;
            shared = Some((stream, times));
            Ok(())
        })
    }

    /// How many trains and how many events there are.
    pub fn counts(&self, duration: f64) -> (usize, f64) {
        let of_each = self.drive.generator.as_ref().map(|g| g.expected_count(duration));
        let (mut trains, mut events) = (0, 0.0);
        // Nothing is refused in counting.
        let _ = self.targets(|_, _, listed| {
            trains += 1;
            events += of_each.unwrap_or(listed.len() as f64);
            Ok(())
        });
        (trains, events)
    }

    pub fn weight(&self, cell: u32, instance: u32) -> Result<f64> {
        let mut draws = Draws::new(random::of_name(self.seed, "weights"), [cell, instance]);
        self.drive.weight.draw(&mut draws).map_err(|e| e.key("weight"))
    }

    /// Goes through cells and instances, with the times that are listed for them.
    pub fn targets(&self, mut visit: impl FnMut(u32, u32, &[f64]) -> Result<()>) -> Result<()> {
        let all = |instance: Option<u32>| match instance.or(self.drive.instance) {
            Some(instance) => instance..instance + 1,
            None => 0..self.to.instances,
        };
        for train in self.trains.iter() {
            all(train.instance).try_for_each(|instance| visit(train.cell, instance, &train.times))?;
        }
        if self.drive.generator.is_none() {
            return Ok(());
        }
        let mut of_cell = |cell: u32| all(None).try_for_each(|instance| visit(cell, instance, &[]));
        match &self.drive.cells {
            Some(cells) => cells.iter().try_for_each(|&cell| of_cell(cell)),
            None => (0..self.to.count).try_for_each(of_cell),
        }
    }
}

/// The trains of a file of spikes.
fn read(path: &Path, to: &End) -> Result<Vec<Train>> {
    let csv = Csv::read(path, &["cell", "time", "instance"], 2)?;
    let mut trains = BTreeMap::new();
    csv.rows(|row| {
        let cell = row.index(0, to.count, "cells")?.unwrap_or_default();
        let instance = row.index(2, to.instances, "instances")?;
        let time = row.number(1)?.unwrap_or_default();
        if time < 0.0 {
            return Err(row.fault(1, format!("a time cannot be {time} ms")));
        }
        trains.entry((cell, instance)).or_insert_with(Vec::new).push(time);
        Ok(())
    })?;
    Ok(trains.into_iter().map(|((cell, instance), times)| Train { cell, instance, times }).collect())
}
