//! One file: apical runs what NEURON ran, and the two are compared sample by sample.

use std::collections::BTreeMap;
use std::path::Path;

use apical::{Model, Simulation};
use serde::{Deserialize, Serialize};

use super::{File, kept_traces};

/// Up to here, relative to a variable's largest magnitude over the run, two traces agree.
const LIMIT: f64 = 1e-9;

/// A variable that stays below this is compared as if it reached it, in its own unit: it is 0 but for rounding.
const FLOOR: f64 = 1e-12;

/// A voltage beyond this ends a run of apical, mV.
const UNPHYSICAL: f64 = 1e4;

/// What `traces.py` leaves for a file.
#[derive(Deserialize)]
struct Traces {
    status: String,
    message: String,
    notes: Vec<String>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    protocol: String,
    document: serde_json::Value,
    /// Null where NEURON's value is not finite.
    traces: Vec<Vec<Option<f64>>>,
    /// Times of the events sent.
    sent: Vec<f64>,
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every variable within the limit in every run.
    Agrees,
    /// At least one is not.
    Differs,
    /// Both run; it draws random numbers, which are different ones.
    Random,
    /// NEURON's own numbers are not finite or beyond 10 V, and apical says so.
    Runaway,
    /// apical takes the text, and stops before or while running what NEURON runs.
    Stops,
    /// apical refuses the text.
    Refused,
    /// NEURON refuses the text or fails while running it; apical takes it.
    NeuronRefuses,
    /// Both refuse the text.
    BothRefuse,
    /// The file declares no mechanism.
    Nothing,
}

impl Verdict {
    /// Whether apical is to blame until the cause is known.
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Differs | Self::Stops)
    }
}

/// A file and what came out.
#[derive(Serialize)]
pub struct Entry {
    /// Its path.
    pub file: String,
    /// The folder that it is counted under.
    pub group: String,
    /// Same for the same text.
    pub key: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Why, where it did not agree.
    pub reason: String,
    /// What was set so that the mechanism does something.
    pub notes: Vec<String>,
    /// Largest relative difference of any variable.
    pub largest: f64,
    /// Largest relative difference by protocol and variable.
    pub differences: BTreeMap<String, f64>,
}

/// Compares one file with the traces kept for it.
pub fn file(file: &File, kept: &Path) -> Entry {
    let mut entry = Entry {
        file: file.path.display().to_string(),
        group: file.group.clone(),
        key: file.key.clone(),
        verdict: Verdict::Nothing,
        reason: String::new(),
        notes: Vec::new(),
        largest: 0.0,
        differences: BTreeMap::new(),
    };
    let traces = std::fs::read(kept_traces(file, kept)).map_err(|e| e.to_string());
    let traces = traces.and_then(|text| serde_json::from_slice::<Traces>(&text).map_err(|e| e.to_string()));
    (entry.verdict, entry.reason) = match traces {
        Ok(traces) => judge(file, traces, &mut entry),
        Err(error) => (Verdict::NeuronRefuses, error),
    };
    entry
}

fn judge(file: &File, traces: Traces, entry: &mut Entry) -> (Verdict, String) {
    if traces.status == "nothing" {
        return (Verdict::Nothing, traces.message);
    }
    let ran = traces.status == "ran";
    if let Err(reason) = compiles(&file.path) {
        return (if ran { Verdict::Refused } else { Verdict::BothRefuse }, reason);
    }
    if !ran {
        return (Verdict::NeuronRefuses, format!("{}: {}", traces.status, traces.message));
    }
    let random = traces.notes.iter().any(|n| n == "random");
    entry.notes = traces.notes;
    let mut runaway = None;
    for run in &traces.runs {
        let wild = |v: &Option<f64>| v.is_none_or(|v| v.abs() > UNPHYSICAL);
        let voltage_is_wild = run.traces.first().is_some_and(|v| v.iter().any(wild));
        let results = match simulate(&run.document) {
            Ok(results) => results,
            Err(error) if voltage_is_wild => {
                runaway = Some(error);
                continue;
            }
            Err(error) => return (Verdict::Stops, error),
        };
        for (trace, expected) in results.traces.iter().zip(&run.traces) {
            let difference = largest_difference(&trace.values, expected);
            entry.differences.insert(format!("{}: {}", run.protocol, trace.name), difference);
        }
        if let Some(spikes) = results.spikes.first() {
            let difference = times_differ(&spikes.times, &run.sent);
            entry.differences.insert(format!("{}: events sent", run.protocol), difference);
        }
    }
    let worst = entry.differences.iter().max_by(|a, b| a.1.total_cmp(b.1));
    entry.largest = worst.map_or(0.0, |(_, d)| *d);
    let reason = worst.map_or(String::new(), |(name, _)| name.clone());
    match runaway {
        _ if random => (Verdict::Random, String::new()),
        // Not a number counts as different too.
        _ if entry.largest.is_nan() || entry.largest > LIMIT => (Verdict::Differs, reason),
        Some(error) => (Verdict::Runaway, error),
        None => (Verdict::Agrees, String::new()),
    }
}

/// The first fault that apical finds in a text.
fn compiles(path: &Path) -> Result<(), String> {
    let text = apical::mechanism::read(path).map_err(|e| e.to_string())?;
    apical::mechanism::compile_all(path, &text).map(|_| ()).map_err(|findings| {
        let first = findings.into_iter().next();
        first.map_or(String::new(), |d| match d.line_column(&text) {
            Some((line, _)) => format!("{} (line {line})", d.message),
            None => d.message,
        })
    })
}

fn simulate(document: &serde_json::Value) -> Result<apical::record::Results, String> {
    let model = Model::from_json(&document.to_string()).map_err(|e| e.to_string())?;
    // A panic is a fault to be listed with the file, not the end of the comparison.
    let run = std::panic::catch_unwind(|| {
        let mut simulation = Simulation::new(&model, ".")?;
        simulation.run()?;
        Ok(simulation.results().clone())
    });
    match run {
        Ok(results) => results.map_err(|e: apical::Error| e.diagnostic().message.clone()),
        Err(_) => Err("panic".to_owned()),
    }
}

/// The largest difference, relative to the largest magnitude of what is expected.
fn largest_difference(values: &[f64], expected: &[Option<f64>]) -> f64 {
    let scale = expected.iter().flatten().fold(FLOOR, |m, v| m.max(v.abs()));
    if values.len() != expected.len() {
        return f64::NAN;
    }
    let difference = |(value, expected): (&f64, &Option<f64>)| match expected {
        Some(expected) => (value - expected).abs() / scale,
        None if value.is_finite() => f64::NAN,
        None => 0.0,
    };
    values.iter().zip(expected).map(difference).fold(0.0, |m, d| if d > m || d.is_nan() { d } else { m })
}

/// The largest difference of times, ms; not a number when there are more in one list.
fn times_differ(times: &[f64], expected: &[f64]) -> f64 {
    if times.len() != expected.len() {
        return f64::NAN;
    }
    times.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
