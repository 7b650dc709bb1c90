//! The cases behind `apical selftest`: published benchmarks and exact answers, each with its limit.
//!
//! In comes nothing; out go [`Check`]s. Every case builds a model through the same description that users write, runs
//! it and compares. The tests run the same cases.

use crate::Simulation;
use crate::cell::{Cell, Quantity, SectionDescription};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, Record, Run, Scheme};
use crate::record::Results;

mod accuracy;
mod cable;
mod hodgkin_huxley;
mod rallpack;

/// One number held against its limit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Check {
    /// What was measured, with its unit.
    pub name: String,
    /// The measured deviation.
    pub value: f64,
    /// What it may be at most.
    pub limit: f64,
    /// Whether it is.
    pub pass: bool,
}

impl Check {
    /// A deviation that must not exceed its limit.
    pub fn new(name: impl Into<String>, value: f64, limit: f64) -> Self {
        Self { name: name.into(), value, limit, pass: value <= limit }
    }
}

/// A group of checks that come from the same runs.
pub struct Case {
    /// What it is about.
    pub name: &'static str,
    /// Runs it.
    pub run: fn() -> Result<Vec<Check>>,
}

/// All cases, quick ones first.
pub fn cases() -> Vec<Case> {
    vec![
        Case { name: "sealed cable, steady state", run: cable::steady_state },
        Case { name: "sealed cable, step response", run: cable::step_response },
        Case { name: "orders of convergence", run: cable::orders },
        Case { name: "Hodgkin-Huxley: rest", run: hodgkin_huxley::rest },
        Case { name: "Hodgkin-Huxley: action potential", run: hodgkin_huxley::action_potential },
        Case { name: "Hodgkin-Huxley: steps", run: hodgkin_huxley::steps },
        Case { name: "Hodgkin-Huxley: conduction", run: hodgkin_huxley::conduction },
        Case { name: "Rallpack 1", run: rallpack::one },
        Case { name: "Rallpack 2", run: rallpack::two },
        Case { name: "Rallpack 3", run: rallpack::three },
    ]
}

/// A cylinder as a section of its own.
fn cylinder(name: &str, length: f64, diameter: f64, compartments: usize) -> SectionDescription {
    SectionDescription {
        name: name.to_owned(),
        length: Some(length),
        diameter: Some(diameter),
        compartments: Some(compartments),
        ..SectionDescription::default()
    }
}

/// Records a quantity at a place.
fn at(what: &str, place: &str) -> Record {
    Record { what: what.to_owned(), at: Some(place.to_owned()), ..Record::default() }
}

/// Places a current step.
fn clamp(cell: Cell, place: &str, start: f64, duration: f64, amplitude: f64) -> Cell {
    let parameters: [(&str, Quantity); 3] =
        [("del", start.into()), ("dur", duration.into()), ("amp", amplitude.into())];
    cell.place("clamp", place, "IClamp", parameters)
}

fn run(cell: Cell, record: Vec<Record>, run: Run) -> Result<Results> {
    let mut model = Model::new(cell, run.duration);
    model.record = record;
    model.run = run;
    let mut simulation = Simulation::new(&model, ".")?;
    simulation.run()?;
    Ok(simulation.results().clone())
}

fn timing(scheme: Scheme, time_step: f64, duration: f64) -> Run {
    Run { scheme, time_step, duration, ..Run::default() }
}

/// The values of the trace with this number.
fn values(results: &Results, number: usize) -> Result<&[f64]> {
    let missing = || Error::new(ErrorKind::Internal, "a validation case recorded too little");
    results.traces.get(number).map(|t| t.values.as_slice()).ok_or_else(missing)
}

/// Local maxima above a threshold: time (ms) and value, one per excursion above it.
fn peaks(results: &Results, number: usize, threshold: f64) -> Result<Vec<(f64, f64)>> {
    let mut found = Vec::new();
    let mut best: Option<(f64, f64)> = None;
    for (&t, &v) in results.time.iter().zip(values(results, number)?) {
        if v > threshold {
            if best.is_none_or(|(_, b)| v > b) {
                best = Some((t, v));
            }
        } else if let Some(peak) = best.take() {
            found.push(peak);
        }
    }
    Ok(found)
}
