//! From rules to connections, one after the other.
//!
//! In come a network and the folder of its files; out goes the [`Wiring`], which knows numbers in place of names and gives every
//! connection and every train of events when it is asked, always the same. It holds what files list, and nothing for what
//! rules make.

use std::borrow::Cow;
use std::path::Path;

use apical_kernels::deviates::Draws;
use apical_kernels::random;

use super::csv::Csv;
use super::drive::{Driven, Input};
use super::rule::Candidates;
use super::validate::check_delay;
use super::{Instance, Listed, Network, Population, Projection, Rule};
use crate::cell::label::Labels;
use crate::cell::no_instance;
use crate::error::{Error, ErrorKind, Result};

/// A point process of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The cell's number in the network.
    pub cell: u32,
    /// Which entry of the cell's `place`.
    pub place: u32,
    /// Which of its instances.
    pub instance: u32,
}

/// A synaptic connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Connection {
    /// The number in the network of the cell whose spikes it carries.
    pub from: u32,
    /// Where they arrive.
    pub to: Target,
    /// First argument of NET_RECEIVE.
    pub weight: f64,
    /// ms.
    pub delay: f64,
}

/// A network whose names are resolved.
#[derive(Debug)]
pub struct Wiring<'a> {
    network: &'a Network,
    projections: Vec<Wired<'a>>,
    drives: Vec<Driven<'a>>,
}

/// Where connections end.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Cells of the population: the first one's number in the network, and how many.
    pub first: u32,
    pub count: u32,
    /// The placement and how many instances it has.
    pub place: u32,
    pub instances: u32,
}

#[derive(Debug)]
struct Wired<'a> {
    projection: &'a Projection,
    /// Cells of the population where connections begin.
    first: u32,
    count: u32,
    to: End,
    within: bool,
    seed: u64,
    listed: Cow<'a, [Listed]>,
    /// Of both populations, for rules of distance.
    positions: Option<[Vec<[f64; 3]>; 2]>,
}

/// What the second number of a stream says of what is drawn for a cell.
#[derive(Clone, Copy)]
enum Purpose {
    Partners,
    Instances,
    Weights,
    Delays,
}

impl Network {
    /// Resolves names and reads the files of lists; paths are relative to `base`.
    ///
    /// # Errors
    /// Whatever [`Network::validate`] finds, files that are missing or wrong, an instance that a placement does not have.
    pub fn wire(&self, base: &Path) -> Result<Wiring<'_>> {
        self.validate()?;
        let seed = |sort: &str, name: &str| random::of_name(self.run.seed, &format!("{sort}/{name}"));
        let mut counts: Vec<Option<Vec<u32>>> = vec![None; self.populations.len()];
        let mut end = |to: usize, place: &str| -> Result<End> {
            let population = &self.populations[to];
            let known = match counts[to].take() {
                Some(known) => known,
                None => instances(population, base).map_err(|e| e.key(format!("population[{to}]")))?,
            };
            let number = population.cell.place.iter().position(|p| p.name == place).unwrap_or_default();
            let instances = known[number];
            counts[to] = Some(known);
            let (first, count) = (self.first_cell(to) as u32, population.count as u32);
            Ok(End { first, count, place: number as u32, instances })
        };
        let mut projections = Vec::with_capacity(self.projections.len());
        for (number, projection) in self.projections.iter().enumerate() {
            let key = |e: Error| e.key(format!("projection[{number}]"));
            let [from, to] = [&projection.from, &projection.to].map(|name| self.named(name, "to"));
            let (from, to) = (from?, to?);
            let source = &self.populations[from];
            let mut wired = Wired {
                projection,
                first: self.first_cell(from) as u32,
                count: source.count as u32,
                to: end(to, &projection.place)?,
                within: from == to,
                seed: seed("projection", &projection.name),
                listed: Cow::Borrowed(&[]),
                positions: None,
            };
            if let Instance::Fixed(instance) = projection.instance {
                wired.to.check(instance, &projection.place).map_err(|e| key(e.key("instance")))?;
            }
            match &projection.connect {
                Rule::List { connections } => {
                    wired.listed = Cow::Borrowed(connections);
                    wired.check_list().map_err(|e| key(e.key("connect")))?;
                }
                Rule::File { path } => {
                    let list = wired.read(&base.join(path), self.run.time_step);
                    wired.listed = Cow::Owned(list.map_err(|e| key(e.key("connect.path")))?);
                }
                Rule::Distance { .. } => {
                    let [sources, targets] =
                        [&projection.from, &projection.to].map(|name| self.positions(name));
                    wired.positions = sources.zip(targets).map(<[_; 2]>::from);
                }
                _ => {}
            }
            projections.push(wired);
        }
        let mut drives = Vec::with_capacity(self.drives.len());
        for (number, drive) in self.drives.iter().enumerate() {
            let to = end(self.named(&drive.to, "to")?, &drive.place)?;
            let driven = Driven::new(drive, to, seed("drive", &drive.name), base, self.run.duration);
            drives.push(driven.map_err(|e| e.key(format!("drive[{number}]")))?);
        }
        Ok(Wiring { network: self, projections, drives })
    }
}

/// How many instances each placement of a cell has.
fn instances(population: &Population, base: &Path) -> Result<Vec<u32>> {
    let cell = &population.cell;
    let morphology = cell.load_morphology(base).map_err(|e| e.key("cell"))?;
    let labels = Labels::new(&cell.regions, &cell.locsets, &morphology)?;
    let count = |(number, place): (usize, &crate::cell::Place)| match &place.at {
        Some(at) => {
            let found = labels.locset(at).map_err(|e| e.key(format!("cell.place[{number}].at")))?;
            Ok(found.len() as u32)
        }
        // An artificial cell.
        None => Ok(1),
    };
    cell.place.iter().enumerate().map(count).collect()
}

impl End {
    pub fn check(&self, instance: u32, place: &str) -> Result<()> {
        if instance < self.instances {
            return Ok(());
        }
        Err(no_instance(place, self.instances as usize, instance as usize))
    }

    pub fn target(&self, cell: u32, instance: u32) -> Target {
        Target { cell: self.first + cell, place: self.place, instance }
    }
}

impl Wiring<'_> {
    /// How many projections there are.
    pub fn projection_count(&self) -> usize {
        self.projections.len()
    }

    /// How many drives there are.
    pub fn drive_count(&self) -> usize {
        self.drives.len()
    }

    /// Goes through the connections of a projection; at one time events arrive in this order.
    ///
    /// # Errors
    /// A weight or a delay that is drawn and impossible; what `visit` returns.
    pub fn connections(&self, projection: usize, visit: impl FnMut(Connection) -> Result<()>) -> Result<()> {
        let wired = &self.projections[projection];
        wired.each(self.network.run.time_step, visit).map_err(|e| e.key(format!("projection[{projection}]")))
    }

    /// How many trains a drive has, and how many events: as many as are expected of a generator.
    pub fn input_counts(&self, drive: usize) -> (usize, f64) {
        self.drives[drive].counts(self.network.run.duration)
    }

    /// Goes through the trains of a drive.
    ///
    /// # Errors
    /// A weight that cannot be drawn; what `visit` returns.
    pub fn inputs(&self, drive: usize, visit: impl FnMut(Input) -> Result<()>) -> Result<()> {
        let driven = &self.drives[drive];
        driven.each(self.network.run.duration, visit).map_err(|e| e.key(format!("drive[{drive}]")))
    }
}

/// Draws what a connection has of its own.
struct Details<'a> {
    wired: &'a Wired<'a>,
    time_step: f64,
    instances: Draws,
    weights: Draws,
    delays: Draws,
    /// For each target cell the instance that is next in turn.
    turns: Vec<u32>,
}

impl<'a> Details<'a> {
    fn new(wired: &'a Wired, time_step: f64) -> Self {
        let draws = |purpose| wired.draws(0, purpose);
        let in_turn = wired.projection.instance == Instance::InTurn;
        Self {
            wired,
            time_step,
            instances: draws(Purpose::Instances),
            weights: draws(Purpose::Weights),
            delays: draws(Purpose::Delays),
            turns: vec![0; if in_turn { wired.to.count as usize } else { 0 }],
        }
    }

    /// Goes on with the streams of a cell.
    fn of_cell(&mut self, cell: u32) {
        self.instances = self.wired.draws(cell, Purpose::Instances);
        self.weights = self.wired.draws(cell, Purpose::Weights);
        self.delays = self.wired.draws(cell, Purpose::Delays);
    }

    fn connection(&mut self, listed: &Listed) -> Result<Connection> {
        let Wired { projection, to, first, .. } = self.wired;
        let instance = match (listed.instance, projection.instance) {
            (Some(stated), _) => stated,
            (None, Instance::Fixed(fixed)) => fixed,
            (None, Instance::Uniform) if to.instances == 1 => 0,
            (None, Instance::Uniform) => self.instances.below(to.instances),
            (None, Instance::InTurn) => {
                let next = &mut self.turns[listed.to as usize];
                let instance = *next;
                *next = (instance + 1) % to.instances;
                instance
            }
        };
        let drawn =
            |stated: Option<f64>, distribution: &Option<super::Distribution>, draws: &mut Draws| match (
                stated,
                distribution,
            ) {
                (Some(stated), _) => Ok(stated),
                (None, Some(distribution)) => distribution.draw(draws),
                (None, None) => Ok(f64::NAN),
            };
        let weight =
            drawn(listed.weight, &projection.weight, &mut self.weights).map_err(|e| e.key("weight"))?;
        let delay = drawn(listed.delay, &projection.delay, &mut self.delays).map_err(|e| e.key("delay"))?;
        if !weight.is_finite() {
            return Err(Error::new(ErrorKind::Model, format!("a weight of {weight}")).key("weight"));
        }
        check_delay(delay, self.time_step).map_err(|e| {
            e.help("`minimum` states what is drawn again because it is too short").key("delay")
        })?;
        Ok(Connection { from: first + listed.from, to: to.target(listed.to, instance), weight, delay })
    }
}

impl<'a> Wired<'a> {
    fn draws(&self, cell: u32, purpose: Purpose) -> Draws {
        Draws::new(self.seed, [cell, purpose as u32])
    }

    fn each(&self, time_step: f64, mut visit: impl FnMut(Connection) -> Result<()>) -> Result<()> {
        let mut details = Details::new(self, time_step);
        let rule = &self.projection.connect;
        match rule {
            Rule::List { .. } | Rule::File { .. } => {
                for (number, listed) in self.listed.iter().enumerate() {
                    details.of_cell(number as u32);
                    visit(details.connection(listed)?)?;
                }
                return Ok(());
            }
            Rule::OneToOne {} => {
                for cell in 0..self.to.count {
                    details.of_cell(cell);
                    visit(details.connection(&Listed { from: cell, to: cell, ..Listed::default() })?)?;
                }
                return Ok(());
            }
            _ => {}
        }
        // All other rules deal with one cell after the other, and what is drawn for it depends on its number.
        let outward = matches!(rule, Rule::FixedOutDegree { .. });
        let (own, other) = if outward { (self.count, self.to.count) } else { (self.to.count, self.count) };
        let mut marks = vec![false; other as usize];
        let mut partners = Vec::new();
        for cell in 0..own {
            let [sources, targets] =
                self.positions.as_ref().map_or([&[][..]; 2], |p| p.each_ref().map(Vec::as_slice));
            let candidates = Candidates {
                count: other,
                itself: self.within.then_some(cell),
                positions: targets.get(cell as usize).map(|&own| (sources, own)),
            };
            candidates.partners(rule, &mut self.draws(cell, Purpose::Partners), &mut marks, &mut partners);
            details.of_cell(cell);
            for &partner in &partners {
                let (from, to) = if outward { (cell, partner) } else { (partner, cell) };
                visit(details.connection(&Listed { from, to, ..Listed::default() })?)?;
            }
        }
        Ok(())
    }

    /// Whether a list says all that the projection does not.
    fn check_list(&self) -> Result<()> {
        let projection = self.projection;
        for (number, listed) in self.listed.iter().enumerate() {
            let key = |name: &str| format!("connections[{number}]{name}");
            if let Some(instance) = listed.instance {
                self.to.check(instance, &projection.place).map_err(|e| e.key(key(".instance")))?;
            }
            let missing = match listed {
                Listed { weight: None, .. } if projection.weight.is_none() => "weight",
                Listed { delay: None, .. } if projection.delay.is_none() => "delay",
                _ => continue,
            };
            let message = format!("neither this connection nor `{}` has a `{missing}`", projection.name);
            return Err(Error::new(ErrorKind::Model, message).key(key("")));
        }
        Ok(())
    }

    /// The connections of a file.
    fn read(&self, path: &Path, time_step: f64) -> Result<Vec<Listed>> {
        let csv = Csv::read(path, &["from", "to", "instance", "weight", "delay"], 2)?;
        let given = [(3, "weight", &self.projection.weight), (4, "delay", &self.projection.delay)];
        for (column, name, of_all) in given {
            if of_all.is_none() && !csv.has(column) {
                let message = format!("neither the file nor `{}` has a `{name}`", self.projection.name);
                return Err(Error::new(ErrorKind::Model, message).in_file(path));
            }
        }
        let mut list = Vec::new();
        csv.rows(|row| {
            let cell = |column, count| row.index(column, count, "cells").map(Option::unwrap_or_default);
            let listed = Listed {
                from: cell(0, self.count)?,
                to: cell(1, self.to.count)?,
                instance: row.index(2, self.to.instances, "instances")?,
                weight: row.number(3)?,
                delay: row.number(4)?,
            };
            if let Some(delay) = listed.delay {
                check_delay(delay, time_step).map_err(|e| row.fault(4, e.message()))?;
            }
            list.push(listed);
            Ok(())
        })?;
        list.shrink_to_fit();
        Ok(list)
    }
}
