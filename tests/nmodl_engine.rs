//! Engine and mechanisms together, sample by sample as NEURON runs them: self-events, watched conditions, ions, hooks,
//! diffusion. The models and NEURON's samples are in `testdata/engine/models.toml`.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use apical::Simulation;
use apical::cell::{Cell, Ion, Paint, Parameters, Place, Pointer, SectionDescription};
use apical::model::{Conductance, Detector, Events, Model, Record, Run};
use serde::Deserialize;

/// Differences allowed, relative to the sample: rounding over a few hundred steps.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

/// A single section, what is in it, what arrives, and NEURON's samples.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(rename = "mod")]
    texts: Vec<String>,
    compartments: Option<usize>,
    length: Option<f64>,
    diameter: Option<f64>,
    #[serde(default)]
    paint: Vec<Painted>,
    #[serde(default)]
    place: Vec<Placed>,
    #[serde(default)]
    ion: BTreeMap<String, BTreeMap<String, f64>>,
    #[serde(default)]
    events: Vec<Arrivals>,
    #[serde(default)]
    connect: Vec<Wire>,
    #[serde(default)]
    pointer: Vec<Connected>,
    run: Settings,
    expect: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct Painted {
    mechanism: String,
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Placed {
    name: String,
    mechanism: String,
    x: Option<f64>,
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Arrivals {
    target: String,
    weights: [f64; 1],
    times: Vec<f64>,
}

#[derive(Deserialize)]
struct Wire {
    from: String,
    target: String,
    weights: [f64; 1],
    delay: f64,
}

#[derive(Deserialize)]
struct Connected {
    of: String,
    variable: String,
    to: String,
}

#[derive(Deserialize)]
struct Settings {
    duration: f64,
    dt: f64,
    sample: f64,
    #[serde(default = "standard_temperature")]
    celsius: f64,
}

fn standard_temperature() -> f64 {
    6.3
}

fn parameters(given: &BTreeMap<String, f64>) -> Parameters {
    given.iter().map(|(name, &value)| (name.clone(), value.into())).collect()
}

fn at(x: f64) -> String {
    format!("dend({x})")
}

/// `kca.o@0.3` is what and where; in the middle when no place is given.
fn what_and_where(key: &str) -> (&str, String) {
    let (what, x) = key.split_once('@').unwrap_or((key, "0.5"));
    (what, at(x.parse().unwrap()))
}

impl Case {
    fn model(&self, folder: &Path) -> Model {
        let section = SectionDescription {
            name: "dend".into(),
            length: Some(self.length.unwrap_or(20.0)),
            diameter: Some(self.diameter.unwrap_or(20.0)),
            compartments: Some(self.compartments.unwrap_or(1)),
            ..SectionDescription::default()
        };
        let mut cell = Cell { section: vec![section], ..Cell::default() };
        cell.paint.extend(self.paint.iter().map(|p| Paint {
            region: "all".into(),
            mechanism: p.mechanism.clone(),
            parameters: parameters(&p.parameters),
        }));
        cell.place.extend(self.place.iter().map(|p| Place {
            name: p.name.clone(),
            at: p.x.map(at),
            mechanism: p.mechanism.clone(),
            parameters: parameters(&p.parameters),
        }));
        cell.ion.extend(self.ion.iter().map(|(name, values)| {
            let quantity = |key: &str| values.get(key).map(|&v| v.into());
            Ion {
                region: "all".into(),
                name: name.clone(),
                reversal: quantity("reversal"),
                internal: quantity("internal"),
                external: quantity("external"),
            }
        }));
        cell.pointer.extend(self.pointer.iter().map(|p| {
            let (what, at) = what_and_where(&p.to);
            Pointer {
                of: p.of.clone(),
                variable: p.variable.clone(),
                what: what.into(),
                at: Some(at),
                target: None,
            }
        }));
        let mut model = Model::new(cell, self.run.duration);
        model.run = Run {
            duration: self.run.duration,
            time_step: self.run.dt,
            temperature: self.run.celsius,
            sample_interval: Some(self.run.sample),
            conductance: Conductance::Difference,
            ..Run::default()
        };
        for (number, text) in self.texts.iter().enumerate() {
            let name: String = self.name.chars().filter(char::is_ascii_alphanumeric).collect();
            let file = folder.join(format!("{name}_{number}.mod"));
            std::fs::write(&file, text).unwrap();
            model.mechanisms.push(file);
        }
        for arrivals in &self.events {
            model.events.push(Events {
                target: arrivals.target.clone(),
                weight: arrivals.weights[0],
                times: Some(arrivals.times.clone()),
                ..Events::default()
            });
        }
        for (number, wire) in self.connect.iter().enumerate() {
            let name = format!("wire {number}");
            model.detect.push(Detector {
                name: name.clone(),
                of: Some(wire.from.clone()),
                ..Detector::default()
            });
            model.events.push(Events {
                target: wire.target.clone(),
                weight: wire.weights[0],
                from: Some(name),
                delay: Some(wire.delay),
                ..Events::default()
            });
        }
        for key in self.expect.keys() {
            let (what, place) = what_and_where(key);
            let owner = what.split('.').next().unwrap_or_default();
            let record = match what.split_once('.') {
                Some((_, variable)) if self.place.iter().any(|p| p.name == owner) => {
                    Record { what: variable.into(), of: Some(owner.into()), ..Record::default() }
                }
                _ => Record { what: what.into(), at: Some(place), ..Record::default() },
            };
            model.record.push(Record { name: Some(key.clone()), ..record });
        }
        model
    }

    /// Every sample that differs, described.
    fn differences(&self, folder: &Path) -> Vec<String> {
        let mut simulation = match Simulation::new(&self.model(folder), ".") {
            Ok(simulation) => simulation,
            Err(error) => return vec![format!("{error}")],
        };
        if let Err(error) = simulation.run() {
            return vec![format!("{error}")];
        }
        let traces = &simulation.results().traces;
        assert_eq!(traces.len(), self.expect.len());
        let mut differences = Vec::new();
        for (trace, (key, expected)) in traces.iter().zip(&self.expect) {
            assert_eq!(trace.values.len(), expected.len(), "{}: {key}", self.name);
            let pairs = trace.values.iter().zip(expected).enumerate();
            let wrong = |(_, (a, b)): &(usize, (&f64, &f64))| {
                let difference = (*a - *b).abs();
                difference.is_nan() || difference > TOLERANCE * b.abs().max(1e-6)
            };
            if let Some((sample, (found, expected))) = pairs.clone().find(wrong) {
                let time = sample as f64 * self.run.sample;
                let count = pairs.filter(wrong).count();
                differences.push(format!(
                    "{key} at {time} ms is {found:?}, not {expected:?} ({count} samples differ)"
                ));
            }
        }
        differences
    }
}

#[test]
fn every_model_runs_as_in_neuron() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/engine/models.toml");
    let file: File = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut report = String::new();
    for case in &file.case {
        for difference in case.differences(folder) {
            report += &format!("{}: {difference}\n", case.name);
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn events_that_set_each_other_off_without_end_are_an_error() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("endless_events");
    std::fs::create_dir_all(&folder).unwrap();
    let text =
        "NEURON { ARTIFICIAL_CELL endless } INITIAL { net_send(0, 1) } NET_RECEIVE (w) { net_send(0, 1) }";
    std::fs::write(folder.join("endless.mod"), text).unwrap();
    let model = apical::Model::from_toml(
        r#"
        version = 1
        mechanisms = ["endless.mod"]
        [[cell.section]]
        name = "soma"
        length = 20
        diameter = 20
        [[cell.place]]
        name = "clock"
        mechanism = "endless"
        [run]
        duration = 1
        "#,
    )
    .unwrap();
    let error = apical::Simulation::new(&model, &folder).unwrap_err().to_string();
    assert!(error.contains("more than 1000000 events in one step"), "{error}");
}
