//! What of a network cannot be meant, found before anything is built.

use super::{Distribution, Drive, Generator, Network, Population, Positions, Projection, Rule};
use crate::error::{Error, ErrorKind, Result};
use crate::model::validate::{finite, known_version, not_negative, not_too_many, positive, unique};

impl Network {
    /// Checks everything that can be told without the shapes of cells and without files: numbers, names, which keys go together.
    ///
    /// # Errors
    /// The first fault, with the key of the document it is at.
    pub fn validate(&self) -> Result<()> {
        known_version(self.version)?;
        self.run.validate()?;
        let cells = self.cell_count();
        if cells == 0 || u32::try_from(cells).is_err() {
            let message = format!("a network of {cells} cells");
            let empty = self.populations.iter().position(|p| p.count == 0);
            let key = empty.map_or("population".to_owned(), |number| format!("population[{number}].count"));
            return Err(fault(message, &key));
        }
        unique(self.populations.iter().map(|p| p.name.as_str()), "population")?;
        unique(self.projections.iter().map(|p| p.name.as_str()), "projection")?;
        unique(self.drives.iter().map(|d| d.name.as_str()), "drive")?;
        for (number, population) in self.populations.iter().enumerate() {
            check_population(population).map_err(|e| e.key(format!("population[{number}]")))?;
        }
        for (number, projection) in self.projections.iter().enumerate() {
            self.check_projection(projection).map_err(|e| e.key(format!("projection[{number}]")))?;
        }
        for (number, drive) in self.drives.iter().enumerate() {
            self.check_drive(drive).map_err(|e| e.key(format!("drive[{number}]")))?;
        }
        for (number, junction) in self.junctions.iter().enumerate() {
            let key = format!("junction[{number}]");
            if let Some(end) = junction.ends.iter().find(|end| end.cell as usize >= cells) {
                let message =
                    format!("the network has {cells} cells, so there is none numbered {}", end.cell);
                return Err(fault(message, &key));
            }
            if !(junction.conductance >= 0.0 && junction.conductance.is_finite()) {
                let message = format!("a conductance of {} µS", junction.conductance);
                return Err(fault(message, &format!("{key}.conductance")));
            }
        }
        Ok(())
    }

    /// The number of a population that an entry names.
    pub(super) fn named(&self, name: &str, key: &str) -> Result<usize> {
        self.population(name).ok_or_else(|| {
            let names = self.populations.iter().map(|p| p.name.as_str());
            fault(format!("no population is called `{name}`"), key).suggest(name, names)
        })
    }

    fn check_projection(&self, projection: &Projection) -> Result<()> {
        let from = self.named(&projection.from, "from")?;
        let to = self.named(&projection.to, "to")?;
        placed(&self.populations[to], &projection.place)?;
        let rule = self.check_rule(&projection.connect, from, to);
        rule.map_err(|e| e.key("connect"))?;
        let [sources, targets] = [from, to].map(|number| self.populations[number].count as f64);
        let count = projection.connect.expected_count(sources, targets);
        if count > MOST_CONNECTIONS {
            let message = format!("{count:e} connections are too many: {MOST_CONNECTIONS:e} at most");
            return Err(fault(message, "connect"));
        }
        let listed = matches!(projection.connect, Rule::List { .. } | Rule::File { .. });
        for (name, given) in [("weight", &projection.weight), ("delay", &projection.delay)] {
            match given {
                Some(distribution) => distribution.validate().map_err(|e| e.key(name))?,
                None if listed => {}
                None => {
                    let message = format!("`{}` has no `{name}`", projection.name);
                    return Err(fault(message, name).help("only a list may state it for each connection"));
                }
            }
        }
        match projection.delay.as_ref().and_then(Distribution::stated_minimum) {
            Some(least) => check_delay(least, self.run.time_step).map_err(|e| e.key("delay")),
            None => Ok(()),
        }
    }

    fn check_rule(&self, rule: &Rule, from: usize, to: usize) -> Result<()> {
        let (source, target) = (&self.populations[from], &self.populations[to]);
        match rule {
            Rule::AllToAll { .. } | Rule::File { .. } => Ok(()),
            Rule::OneToOne {} if from == to => {
                Err(fault("one-to-one within a population connects each cell to itself", "rule")
                    .help("a cell's own synapses belong into its model: `events` with `from`"))
            }
            Rule::OneToOne {} if source.count != target.count => {
                let ends = [source, target].map(|p| format!("`{}` has {}", p.name, p.count));
                Err(fault(format!("one-to-one, but {} cells and {}", ends[0], ends[1]), "rule"))
            }
            Rule::OneToOne {} => Ok(()),
            Rule::Probability { probability, .. } => {
                check_share(*probability, "probability", "a probability")
            }
            Rule::FixedInDegree { degree, multapses, autapses } => {
                check_degree(*degree, source, *multapses, from == to && !autapses)
            }
            Rule::FixedOutDegree { degree, multapses, autapses } => {
                check_degree(*degree, target, *multapses, from == to && !autapses)
            }
            Rule::Distance { peak, length, .. } => {
                check_share(*peak, "peak", "a probability")?;
                positive(*length, "length", "µm")?;
                match [source, target].iter().find(|p| p.positions.is_none()) {
                    Some(nowhere) => Err(fault(format!("`{}` has no `positions`", nowhere.name), "rule")),
                    None => Ok(()),
                }
            }
            Rule::List { connections } => {
                for (number, listed) in connections.iter().enumerate() {
                    let key = format!("connections[{number}]");
                    check_cell(listed.from as usize, source, &format!("{key}.from"))?;
                    check_cell(listed.to as usize, target, &format!("{key}.to"))?;
                    listed.weight.map_or(Ok(()), |weight| finite(weight, &format!("{key}.weight")))?;
                    let delay = listed.delay.map_or(Ok(()), |delay| check_delay(delay, self.run.time_step));
                    delay.map_err(|e| e.key(format!("{key}.delay")))?;
                }
                Ok(())
            }
        }
    }

    fn check_drive(&self, drive: &Drive) -> Result<()> {
        let to = &self.populations[self.named(&drive.to, "to")?];
        placed(to, &drive.place)?;
        drive.weight.validate().map_err(|e| e.key("weight"))?;
        for (number, &cell) in drive.cells.iter().flatten().enumerate() {
            check_cell(cell as usize, to, &format!("cells[{number}]"))?;
        }
        if let Some(cell) = twice(drive.cells.as_deref().unwrap_or_default()) {
            return Err(fault(format!("cell {cell} is there twice"), "cells"));
        }
        let given = [
            ("generator", drive.generator.is_some()),
            ("file", drive.file.is_some()),
            ("train", !drive.trains.is_empty()),
        ];
        let names: Vec<&str> = given.iter().filter(|g| g.1).map(|g| g.0).collect();
        if names.len() != 1 {
            let message = match names.len() {
                0 => "a drive without a source".to_owned(),
                _ => format!("a drive with several sources: {}", names.join(", ")),
            };
            let help = "give exactly one of `generator`, `file` and `train`";
            return Err(Error::new(ErrorKind::Model, message).help(help));
        }
        if drive.generator.is_none() && drive.cells.is_some() {
            return Err(fault("`cells` goes with `generator`: a file or a list says itself which", "cells"));
        }
        for (number, train) in drive.trains.iter().enumerate() {
            let key = format!("train[{number}]");
            check_cell(train.cell as usize, to, &format!("{key}.cell"))?;
            for (index, &time) in train.times.iter().enumerate() {
                not_negative(time, &format!("{key}.times[{index}]"), "a time")?;
            }
        }
        let Some(generator) = &drive.generator else { return Ok(()) };
        generator.validate().map_err(|e| e.key("generator"))?;
        not_too_many(generator.candidate_count(self.run.duration), "generator")
    }
}

/// More connections than this have no numbers.
const MOST_CONNECTIONS: f64 = 4e9;

fn fault(message: impl Into<String>, key: &str) -> Error {
    Error::new(ErrorKind::Model, message).key(key)
}

fn check_population(population: &Population) -> Result<()> {
    let Population { name, count, .. } = population;
    if *count == 0 {
        return Err(fault(format!("`{name}` has no cells"), "count"));
    }
    if population.model.is_some() {
        return Err(fault(format!("the model of `{name}` has not been read"), "model"));
    }
    for (number, &cell) in population.recorded.iter().enumerate() {
        check_cell(cell, population, &format!("recorded[{number}]"))?;
    }
    if let Some(cell) = twice(&population.recorded) {
        return Err(fault(format!("cell {cell} is recorded twice"), "recorded"));
    }
    if let Some(positions) = &population.positions {
        check_positions(positions, population).map_err(|e| e.key("positions"))?;
    }
    for (number, vary) in population.vary.iter().enumerate() {
        vary.validate(*count).map_err(|e| e.key(format!("vary[{number}]")))?;
    }
    Ok(())
}

fn check_positions(positions: &Positions, population: &Population) -> Result<()> {
    let Population { name, count, .. } = population;
    let all_finite = |key: &str, point: &[f64; 3]| match point.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(fault("expected three finite numbers", key)),
    };
    match positions {
        Positions::List { points } => {
            for (number, point) in points.iter().enumerate() {
                all_finite(&format!("points[{number}]"), point)?;
            }
            match points.len() == *count {
                true => Ok(()),
                false => {
                    Err(fault(format!("{} points for the {count} cells of `{name}`", points.len()), "points"))
                }
            }
        }
        Positions::Grid { counts, spacing, origin } => {
            positive(*spacing, "spacing", "µm")?;
            all_finite("origin", origin)?;
            let points = counts.iter().fold(1_usize, |product, &n| product.saturating_mul(n));
            match points == *count {
                true => Ok(()),
                false => Err(fault(
                    format!("a grid of {points} points for the {count} cells of `{name}`"),
                    "counts",
                )),
            }
        }
        Positions::Box { low, high } => {
            all_finite("low", low)?;
            all_finite("high", high)?;
            match low.iter().zip(high).all(|(low, high)| low <= high) {
                true => Ok(()),
                false => Err(fault("a corner of the box is below `low`", "high")),
            }
        }
    }
}

/// Something that occurs twice.
fn twice<T: Copy + Ord>(numbers: &[T]) -> Option<T> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn placed(population: &Population, place: &str) -> Result<()> {
    if population.cell.place.iter().any(|p| p.name == place) {
        return Ok(());
    }
    let names = population.cell.place.iter().map(|p| p.name.as_str());
    let message = format!("nothing is placed on the cells of `{}` under the name `{place}`", population.name);
    Err(fault(message, "place").suggest(place, names))
}

fn check_cell(cell: usize, population: &Population, key: &str) -> Result<()> {
    let Population { name, count, .. } = population;
    if cell < *count {
        return Ok(());
    }
    Err(fault(format!("`{name}` has {count} cells, so there is none numbered {cell}"), key))
}

/// A delay between cells.
pub(super) fn check_delay(delay: f64, step: f64) -> Result<()> {
    if delay >= step && delay.is_finite() {
        return Ok(());
    }
    let message = format!("a delay of {delay} ms: at least the time step of {step} ms");
    Err(Error::new(ErrorKind::Model, message))
}

fn check_share(value: f64, key: &str, what: &str) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(fault(format!("{what} lies between 0 and 1, found {value}"), key))
}

fn check_degree(degree: u32, population: &Population, multapses: bool, but_itself: bool) -> Result<()> {
    not_too_many(f64::from(degree), "degree")?;
    let Population { name, count, .. } = population;
    let eligible = count - usize::from(but_itself);
    if eligible == 0 && degree > 0 || !multapses && degree as usize > eligible {
        let itself = if but_itself { " apart from itself" } else { "" };
        let message = format!("{degree} different cells are wanted, and `{name}` has {eligible}{itself}");
        return Err(fault(message, "degree")
            .help("`multapses = true` lets a cell be drawn again, `autapses = true` the cell itself"));
    }
    Ok(())
}

impl Generator {
    /// Checks its numbers.
    ///
    /// # Errors
    /// The first that cannot be meant; the key is that of the number.
    pub fn validate(&self) -> Result<()> {
        let window = |start: f64, stop: Option<f64>| {
            not_negative(start, "start", "a time")?;
            match stop {
                Some(stop) if stop.is_nan() || stop < start => Err(fault(
                    format!("a train that stops at {stop} ms, before it starts at {start} ms"),
                    "stop",
                )),
                _ => Ok(()),
            }
        };
        match self {
            Self::Times { times } => {
                let mut times = times.iter().enumerate();
                times.try_for_each(|(n, &time)| not_negative(time, &format!("times[{n}]"), "a time"))
            }
            Self::Regular { start, interval, .. } => {
                not_negative(*start, "start", "a time")?;
                positive(*interval, "interval", "ms")
            }
            Self::Poisson { rate, start, stop } => {
                positive(*rate, "rate", "per second")?;
                window(*start, *stop)
            }
            Self::PoissonTable { times, rates } => {
                if times.len() != rates.len() || times.is_empty() {
                    let message = format!("{} times and {} rates", times.len(), rates.len());
                    return Err(fault(message, "rates").help("give a rate for each of one or more times"));
                }
                if !times.windows(2).all(|pair| pair[0] < pair[1]) || !times.iter().all(|t| t.is_finite()) {
                    return Err(fault("the times of a table increase", "times"));
                }
                match rates.iter().position(|rate| !(*rate >= 0.0 && rate.is_finite())) {
                    Some(n) => Err(fault(format!("a rate cannot be {}", rates[n]), &format!("rates[{n}]"))),
                    None if rates.iter().all(|&rate| rate == 0.0) => Err(fault("all rates are 0", "rates")),
                    None => Ok(()),
                }
            }
            Self::PoissonSinusoid { mean, depth, frequency, phase, start, stop } => {
                positive(*mean, "mean", "per second")?;
                check_share(*depth, "depth", "the depth")?;
                positive(*frequency, "frequency", "Hz")?;
                finite(*phase, "phase")?;
                window(*start, *stop)
            }
            Self::Gamma { rate, shape, start, stop } => {
                positive(*rate, "rate", "per second")?;
                positive(*shape, "shape", "1 for Poisson")?;
                window(*start, *stop)
            }
            Self::Bursts { rate, interval, start, stop, .. } => {
                positive(*rate, "rate", "per second")?;
                not_negative(*interval, "interval", "an interval")?;
                window(*start, *stop)
            }
            Self::Correlated { rate, correlation, start, stop } => {
                positive(*rate, "rate", "per second")?;
                positive(*correlation, "correlation", "up to 1")?;
                check_share(*correlation, "correlation", "a correlation")?;
                window(*start, *stop)
            }
            Self::Rhythmic { rate, frequency, vector_strength, phase, start, stop } => {
                positive(*rate, "rate", "per second")?;
                positive(*frequency, "frequency", "Hz")?;
                check_share(*vector_strength, "vector_strength", "a vector strength")?;
                finite(*phase, "phase")?;
                window(*start, *stop)
            }
        }
    }
}
