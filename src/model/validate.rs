//! Values that cannot be meant, found before anything is built.

use super::{Events, Model, Run, VERSION};
use crate::error::{Error, ErrorKind, Result};
use crate::units::UNPHYSICAL;

impl Model {
    /// Checks everything that can be checked without the cell: version, numbers, names, which keys go together.
    ///
    /// # Errors
    /// The first fault, with the key of the document it is at.
    pub fn validate(&self) -> Result<()> {
        known_version(self.version)?;
        self.run.validate()?;
        positive(self.cell.axial_resistivity, "cell.axial_resistivity", "Ω·cm")?;
        positive(self.cell.capacitance, "cell.capacitance", "µF/cm²")?;
        self.validate_names()?;
        for (number, ion) in self.cell.ion.iter().enumerate() {
            if ion.reversal.is_none() && ion.internal.is_none() && ion.external.is_none() {
                return Err(idle("reversal, internal or external", &format!("cell.ion[{number}]")));
            }
        }
        for (number, membrane) in self.cell.membrane.iter().enumerate() {
            if membrane.axial_resistivity.is_none()
                && membrane.capacitance.is_none()
                && membrane.initial_voltage.is_none()
            {
                let keys = "axial_resistivity, capacitance or initial_voltage";
                return Err(idle(keys, &format!("cell.membrane[{number}]")));
            }
            if let Some(resistivity) = membrane.axial_resistivity {
                positive(resistivity, &format!("cell.membrane[{number}].axial_resistivity"), "Ω·cm")?;
            }
        }
        for (number, detector) in self.detect.iter().enumerate() {
            let key = format!("detect[{number}]");
            match (&detector.at, detector.threshold, &detector.of) {
                (Some(_), Some(threshold), None) => finite(threshold, &format!("{key}.threshold"))?,
                (None, None, Some(_)) => {}
                _ => {
                    return Err(Error::new(
                        ErrorKind::Model,
                        "a detector needs `at` and `threshold`, or `of`",
                    )
                    .help("`at` names a place whose voltage is watched, `of` a placement that sends events")
                    .key(key));
                }
            }
            if let Some(refractory) = detector.refractory {
                let key = format!("{key}.refractory");
                if detector.of.is_some() {
                    let message =
                        "`refractory` goes with `at`: events that a mechanism sends are all reported";
                    return Err(Error::new(ErrorKind::Model, message).key(key));
                }
                not_negative(refractory, &key, "a refractory time")?;
            }
        }
        for (number, record) in self.record.iter().enumerate() {
            if record.at.is_some() == record.of.is_some() {
                return Err(Error::new(ErrorKind::Model, "a record needs either `at` or `of`")
                    .help("`at` names places on the cell, `of` a placed point process")
                    .key(format!("record[{number}]")));
            }
        }
        self.events
            .iter()
            .enumerate()
            .try_for_each(|(number, e)| validate_events(e, self.run.duration, &format!("events[{number}]")))
    }

    fn validate_names(&self) -> Result<()> {
        for (number, section) in self.cell.section.iter().enumerate() {
            usable(&section.name, &format!("cell.section[{number}].name"))?;
        }
        unique(self.cell.place.iter().map(|p| p.name.as_str()), "cell.place")?;
        unique(self.detect.iter().map(|d| d.name.as_str()), "detect")?;
        for (number, record) in self.record.iter().enumerate() {
            let Some(name) = &record.name else { continue };
            let key = format!("record[{number}].name");
            usable(name, &key)?;
            if name == "t" {
                let message = "`t` is the name of the times in the results";
                return Err(Error::new(ErrorKind::Model, message).key(key));
            }
        }
        Ok(())
    }
}

impl Run {
    /// Checks its numbers.
    ///
    /// # Errors
    /// The first that cannot be meant, with its key `run.…`.
    pub fn validate(&self) -> Result<()> {
        let run = self;
        positive(run.duration, "run.duration", "ms")?;
        positive(run.time_step, "run.time_step", "ms")?;
        physical(run.initial_voltage, "run.initial_voltage")?;
        if !(run.temperature > -crate::units::ZERO_CELSIUS && run.temperature.is_finite()) {
            let message =
                format!("a temperature of {} °C is below absolute zero or no number", run.temperature);
            return Err(Error::new(ErrorKind::Model, message).key("run.temperature"));
        }
        let steps = run.duration / run.time_step;
        if steps > 1e12 {
            return Err(
                Error::new(ErrorKind::Model, format!("{steps:e} steps are too many")).key("run.duration")
            );
        }
        whole(steps, "run.duration", "the duration", run.time_step)?;
        if let Some(interval) = run.sample_interval {
            positive(interval, "run.sample_interval", "ms")?;
            whole(interval / run.time_step, "run.sample_interval", "the sample interval", run.time_step)?;
            if interval > run.duration {
                let message = format!("the first sample after 0 would be at {interval} ms, after the end");
                return Err(Error::new(ErrorKind::Model, message).key("run.sample_interval"));
            }
        }
        Ok(())
    }
}

fn validate_events(events: &Events, duration: f64, key: &str) -> Result<()> {
    let given = [
        ("times", events.times.is_some()),
        ("regular", events.regular.is_some()),
        ("poisson", events.poisson.is_some()),
        ("from", events.from.is_some()),
    ];
    let names: Vec<&str> = given.iter().filter(|g| g.1).map(|g| g.0).collect();
    if names.len() != 1 {
        let message = match names.len() {
            0 => "events without a source".to_owned(),
            _ => format!("events with several sources: {}", names.join(", ")),
        };
        let help = "give exactly one of `times`, `regular`, `poisson` and `from`";
        return Err(Error::new(ErrorKind::Model, message).help(help).key(key));
    }
    finite(events.weight, &format!("{key}.weight"))?;
    for (name, &value) in &events.arguments {
        finite(value, &format!("{key}.arguments.{name}"))?;
    }
    for (number, &time) in events.times.iter().flatten().enumerate() {
        not_negative(time, &format!("{key}.times[{number}]"), "a time")?;
    }
    if let Some(train) = events.regular {
        not_negative(train.start, &format!("{key}.regular.start"), "a time")?;
        not_negative(train.interval, &format!("{key}.regular.interval"), "an interval")?;
        not_too_many(train.count as f64, &format!("{key}.regular.count"))?;
    }
    if let Some(train) = events.poisson {
        positive(train.rate, &format!("{key}.poisson.rate"), "per second")?;
        not_negative(train.start, &format!("{key}.poisson.start"), "a time")?;
        let stop = train.stop.unwrap_or(duration);
        not_negative(stop, &format!("{key}.poisson.stop"), "a time")?;
        if train.stop.is_some_and(|stop| stop < train.start) {
            let message = format!("a train that stops at {stop} ms, before it starts at {} ms", train.start);
            return Err(Error::new(ErrorKind::Model, message).key(format!("{key}.poisson.stop")));
        }
        not_too_many(1e-3 * train.rate * (stop - train.start), &format!("{key}.poisson.rate"))?;
    }
    match (events.delay, events.from.is_some()) {
        (Some(delay), true) => not_negative(delay, &format!("{key}.delay"), "a delay"),
        (Some(_), false) => {
            Err(Error::new(ErrorKind::Model, "`delay` goes with `from`").key(format!("{key}.delay")))
        }
        (None, true) => Err(Error::new(ErrorKind::Model, "`from` needs a `delay`")
            .help("the delay is in ms; within one cell 0 is legal")
            .key(key)),
        (None, false) => Ok(()),
    }
}

/// More events than this from one source are taken for a mistake; they would not fit into memory.
const MOST_EVENTS: f64 = 1e8;

pub(crate) fn not_too_many(count: f64, key: &str) -> Result<()> {
    if count <= MOST_EVENTS {
        return Ok(());
    }
    let message = format!("{count:e} events are too many: {MOST_EVENTS:e} at most");
    Err(Error::new(ErrorKind::Model, message).key(key))
}

pub(crate) fn unique<'a>(names: impl Iterator<Item = &'a str>, key: &str) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for (number, name) in names.enumerate() {
        let key = format!("{key}[{number}].name");
        usable(name, &key)?;
        if !seen.insert(name) {
            return Err(Error::new(ErrorKind::Model, format!("the name `{name}` is given twice")).key(key));
        }
    }
    Ok(())
}

/// Names become those of arrays, and lines of tables.
pub(crate) fn usable(name: &str, key: &str) -> Result<()> {
    let wrong = |c: char| c.is_control() || c == '/' || c == '\\';
    let message = match name.chars().find(|c| wrong(*c)) {
        _ if name.is_empty() => "a name is empty".to_owned(),
        Some(c) => format!("a name cannot contain {c:?}"),
        None => return Ok(()),
    };
    Err(Error::new(ErrorKind::Model, message).key(key))
}

/// A document of another version may mean something else.
pub(crate) fn known_version(version: u32) -> Result<()> {
    if version == VERSION {
        return Ok(());
    }
    let message = format!("version {version} of the model document cannot be read");
    Err(Error::new(ErrorKind::Model, message)
        .help(format!("this is apical for version {VERSION}"))
        .key("version"))
}

/// An entry that changes nothing.
fn idle(keys: &str, key: &str) -> Error {
    Error::new(ErrorKind::Model, "this entry sets nothing").help(format!("give {keys}")).key(key)
}

/// A membrane potential at which a run may begin.
fn physical(value: f64, key: &str) -> Result<()> {
    if value.abs() < UNPHYSICAL {
        return Ok(());
    }
    let message = format!("expected a potential between -{UNPHYSICAL} and {UNPHYSICAL} mV, found {value}");
    Err(Error::new(ErrorKind::Model, message).key(key))
}

pub(crate) fn positive(value: f64, key: &str, unit: &str) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Model, format!("expected a positive number ({unit}), found {value}")).key(key))
}

pub(crate) fn not_negative(value: f64, key: &str, what: &str) -> Result<()> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Model, format!("{what} cannot be {value} ms")).key(key))
}

pub(crate) fn finite(value: f64, key: &str) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Model, format!("expected a finite number, found {value}")).key(key))
}

fn whole(ratio: f64, key: &str, what: &str, step: f64) -> Result<()> {
    // A rounding of decimal fractions such as 0.1 / 0.025 is not meant by anybody.
    if (ratio - ratio.round()).abs() <= 1e-9 * ratio.max(1.0) && ratio.round() >= 1.0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Model, format!("{what} is not a multiple of the time step, {step} ms"))
        .key(key))
}
