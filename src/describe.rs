//! A network in short: what it consists of, and what its synapses do at rest.
//!
//! In comes a [`Network`]; out goes a [`Description`] for people to read before they run it. Whether a projection excites,
//! inhibits or shunts is told by its mechanism (see [`effect`](crate::engine::effect)), not by what the projection says.

use std::fmt;
use std::path::Path;

use crate::engine::effect::{Effect, Effects};
use crate::error::Result;
use crate::lower;
use crate::network::{Kind, Network};

/// A network in short.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Its populations.
    pub populations: Vec<PopulationInShort>,
    /// Its projections.
    pub projections: Vec<ProjectionInShort>,
    /// Its drives.
    pub drives: Vec<DriveInShort>,
}

/// A population in short.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationInShort {
    /// Name.
    pub name: String,
    /// How many cells.
    pub count: usize,
    /// Compartments of each, not counting zero-area nodes.
    pub compartments: usize,
    /// Connections that arrive at each.
    pub in_degree: Range,
}

/// The connections of a projection in short.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectionInShort {
    /// Name.
    pub name: String,
    /// Population where they begin.
    pub from: String,
    /// Where they end, and what they do there.
    pub end: End,
    /// ms.
    pub delay: Range,
}

/// The trains of a drive in short.
#[derive(Clone, Debug, PartialEq)]
pub struct DriveInShort {
    /// Name.
    pub name: String,
    /// Where they end, and what they do there.
    pub end: End,
    /// Events of a train per second.
    pub rate: Range,
}

/// Where connections or trains end, and what they do there.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Population.
    pub to: String,
    /// Placement.
    pub place: String,
    /// How many there are.
    pub count: usize,
    /// How many a cell gets.
    pub in_degree: Range,
    /// First argument of NET_RECEIVE.
    pub weight: Range,
    /// What events of weight 1 do at rest.
    pub effect: Effect,
}

/// Least, mean and greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Infinite when there is nothing.
    pub least: f64,
    /// Not a number when there is nothing.
    pub mean: f64,
    /// Infinite when there is nothing.
    pub greatest: f64,
}

/// A range in the making.
#[derive(Clone, Copy)]
struct Gathered {
    least: f64,
    sum: f64,
    count: f64,
    greatest: f64,
}

impl Gathered {
    const NOTHING: Self = Self { least: f64::INFINITY, sum: 0.0, count: 0.0, greatest: f64::NEG_INFINITY };

    fn add(&mut self, value: f64) {
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
        self.sum += value;
        self.count += 1.0;
    }

    fn range(self) -> Range {
        Range { least: self.least, mean: self.sum / self.count, greatest: self.greatest }
    }

    fn of(values: &[u32]) -> Range {
        let mut gathered = Self::NOTHING;
        values.iter().for_each(|&value| gathered.add(f64::from(value)));
        gathered.range()
    }
}

impl End {
    fn new<'a>(
        to: &'a str,
        place: &'a str,
        degrees: &[u32],
        weight: Gathered,
        effects: &mut Effects<'a>,
    ) -> Result<Self> {
        Ok(Self {
            to: to.to_owned(),
            place: place.to_owned(),
            count: weight.count as usize,
            in_degree: Gathered::of(degrees),
            weight: weight.range(),
            effect: effects.of(to, place)?,
        })
    }
}

impl Network {
    /// Describes it; paths in it are relative to `base`.
    ///
    /// # Errors
    /// Whatever it holds that cannot be meant, apart from declared kinds that are not true: the description tells what is.
    pub fn describe(&self, base: impl AsRef<Path>) -> Result<Description> {
        let base = base.as_ref();
        let wiring = self.wire(base)?;
        let mut effects = Effects::new(self, base);
        let mut all = vec![0_u32; self.cell_count()];
        let mut projections = Vec::new();
        for (number, projection) in self.projections.iter().enumerate() {
            let cells = self.cells_of(&projection.to);
            let mut degrees = vec![0_u32; cells.len()];
            let [mut weight, mut delay] = [Gathered::NOTHING; 2];
            wiring.connections(number, |connection| {
                degrees[connection.to.cell as usize - cells.start] += 1;
                weight.add(connection.weight);
                delay.add(connection.delay);
                Ok(())
            })?;
            all[cells].iter_mut().zip(&degrees).for_each(|(all, own)| *all += own);
            projections.push(ProjectionInShort {
                name: projection.name.clone(),
                from: projection.from.clone(),
                end: End::new(&projection.to, &projection.place, &degrees, weight, &mut effects)?,
                delay: delay.range(),
            });
        }
        let mut drives = Vec::new();
        for (number, drive) in self.drives.iter().enumerate() {
            let cells = self.cells_of(&drive.to);
            let mut degrees = vec![0_u32; cells.len()];
            let [mut weight, mut rate] = [Gathered::NOTHING; 2];
            wiring.inputs(number, |input| {
                degrees[input.to.cell as usize - cells.start] += 1;
                weight.add(input.weight);
                rate.add(input.times.len() as f64 / (1e-3 * self.run.duration));
                Ok(())
            })?;
            drives.push(DriveInShort {
                name: drive.name.clone(),
                end: End::new(&drive.to, &drive.place, &degrees, weight, &mut effects)?,
                rate: rate.range(),
            });
        }
        let mut populations = Vec::new();
        for (number, population) in self.populations.iter().enumerate() {
            let group = lower::lower(&lower::network::model_of(self, number), base)
                .map_err(|e| lower::network::in_population(e, self, number))?;
            populations.push(PopulationInShort {
                name: population.name.clone(),
                count: population.count,
                compartments: group.lowered.tree.compartment_count(),
                in_degree: Gathered::of(&all[self.cells_of(&population.name)]),
            });
        }
        Ok(Description { populations, projections, drives })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.least == self.greatest {
            return write!(f, "{}", short(self.least));
        }
        write!(f, "{} to {}, {} in the mean", short(self.least), short(self.greatest), short(self.mean))
    }
}

/// Four digits, as a person would write them.
fn short(value: f64) -> String {
    let exponential = format!("{value:.3e}");
    let rounded: f64 = exponential.parse().unwrap_or(value);
    match rounded.abs() {
        size if size != 0.0 && !(1e-4..1e6).contains(&size) => exponential,
        _ => rounded.to_string(),
    }
}

fn does(end: &End) -> String {
    let weight = if end.weight.mean < 0.0 { -1.0 } else { 1.0 };
    let what = match end.effect.kind(weight) {
        Some(Kind::Excitatory) => "excites",
        Some(Kind::Inhibitory) => "inhibits",
        Some(Kind::Shunting) => "shunts",
        None => return "brings no current".to_owned(),
    };
    let rest = end.effect.rest;
    match end.effect.driving_force() {
        Some(force) => format!("{what}: reverses {force:.1} mV from the rest, {rest} mV"),
        None if end.weight.least < 0.0 && end.weight.greatest > 0.0 => {
            format!("{what} in the mean at {rest} mV; weights have both signs")
        }
        None => format!("{what} at {rest} mV"),
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let cells: usize = self.populations.iter().map(|p| p.count).sum();
        let compartments: usize = self.populations.iter().map(|p| p.count * p.compartments).sum();
        let connections: usize = self.projections.iter().map(|p| p.end.count).sum();
        writeln!(f, "{cells} cells, {compartments} compartments, {connections} connections")?;
        for PopulationInShort { name, count, compartments, in_degree } in &self.populations {
            writeln!(f, "population {name}: cells {count}, compartments of each {compartments}")?;
            writeln!(f, "  in-degree {in_degree}")?;
        }
        for ProjectionInShort { name, from, end, delay } in &self.projections {
            let End { to, place, count, in_degree, weight, .. } = end;
            writeln!(f, "projection {name}: connections {count}, from {from} to `{place}` of {to}")?;
            if *count > 0 {
                writeln!(f, "  in-degree {in_degree}\n  weight {weight}\n  delay (ms) {delay}")?;
            }
            writeln!(f, "  {}", does(end))?;
        }
        for DriveInShort { name, end, rate } in &self.drives {
            let End { to, place, count, in_degree, weight, .. } = end;
            writeln!(f, "drive {name}: trains {count}, to `{place}` of {to}")?;
            if *count > 0 {
                writeln!(f, "  trains of a cell {in_degree}\n  weight {weight}\n  events per second {rate}")?;
            }
            writeln!(f, "  {}", does(end))?;
        }
        Ok(())
    }
}
