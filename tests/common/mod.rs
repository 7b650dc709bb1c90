//! What several integration tests share: cases computed with NEURON, read from JSON and turned into models.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use apical::cell::{Cell, Geometry, Ion, Membrane, Paint, Parameters, Place, SectionDescription};
use apical::model::{Conductance, Detector, Events, Model, Rates, Record, Run, Scheme};
use serde::Deserialize;

/// A model, how it was run in NEURON, and what came out. The form is described in `tests/data/README.md`.
#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    pub model: CaseModel,
    pub run: Option<CaseRun>,
    #[serde(default)]
    pub record: Vec<CaseRecord>,
    #[serde(default)]
    pub spike_detectors: Vec<CaseDetector>,
    #[serde(default)]
    pub t_ms: Vec<f64>,
    #[serde(default)]
    pub traces: Vec<Vec<f64>>,
    #[serde(default)]
    pub spike_times_ms: Vec<Vec<f64>>,
    pub sweep: Option<CaseSweep>,
}

#[derive(Deserialize)]
pub struct CaseModel {
    #[serde(default)]
    pub sections: Vec<CaseSection>,
    #[serde(default)]
    pub point_processes: Vec<CasePoint>,
    #[serde(default)]
    pub netcons: Vec<CaseConnection>,
    pub celsius: f64,
    pub v_init: f64,
    /// SWC file below `data/morphologies` of the shared folder, when the case was made from one.
    pub file: Option<String>,
}

#[derive(Deserialize)]
pub struct CaseSection {
    pub name: String,
    pub parent: Option<String>,
    pub parent_x: Option<f64>,
    pub child_x: Option<f64>,
    pub pt3d: Option<Vec<[f64; 4]>>,
    #[serde(rename = "L")]
    pub length: Option<f64>,
    pub diam: Option<f64>,
    pub nseg: usize,
    #[serde(rename = "Ra")]
    pub axial_resistivity: f64,
    pub cm: f64,
    #[serde(default)]
    pub mechs: BTreeMap<String, BTreeMap<String, f64>>,
    #[serde(rename = "type", default)]
    pub tag: i32,
}

#[derive(Deserialize)]
pub struct CasePoint {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub section: Option<String>,
    pub x: Option<f64>,
    pub params: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
pub struct CaseConnection {
    pub source: Option<CaseSource>,
    pub target: String,
    pub weight: f64,
    pub delay: f64,
    pub event_times: Vec<f64>,
}

#[derive(Deserialize)]
pub struct CaseSource {
    pub section: Option<String>,
    pub x: Option<f64>,
    pub threshold: Option<f64>,
    pub point_process: Option<String>,
}

#[derive(Deserialize)]
pub struct CaseRun {
    pub scheme: String,
    pub dt: Option<f64>,
    pub tstop: f64,
}

#[derive(Deserialize)]
pub struct CaseRecord {
    pub what: String,
    pub section: Option<String>,
    pub x: Option<f64>,
    pub point_process: Option<String>,
}

#[derive(Deserialize)]
pub struct CaseDetector {
    pub section: String,
    pub x: f64,
    pub threshold: f64,
}

#[derive(Deserialize)]
pub struct CaseSweep {
    pub parameter: String,
    pub values: Vec<f64>,
}

impl Case {
    pub fn load(path: &Path) -> Case {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// The case as a model, with the options for comparison on.
    pub fn to_model(&self) -> Model {
        let run = self.run.as_ref().expect("a case that runs");
        let scheme = match run.scheme.as_str() {
            "backward_euler" => Scheme::BackwardEuler,
            "crank_nicolson" => Scheme::CrankNicolson,
            other => panic!("{other} is not a fixed-step scheme"),
        };
        let mut model = Model {
            version: apical::model::VERSION,
            title: self.name.clone(),
            mechanisms: Vec::new(),
            cell: self.cell(),
            events: Vec::new(),
            detect: Vec::new(),
            record: self.record.iter().map(CaseRecord::to_record).collect(),
            run: Run {
                duration: run.tstop,
                time_step: run.dt.expect("a fixed step"),
                scheme,
                conductance: Conductance::Difference,
                rates: Rates::Exact,
                temperature: self.model.celsius,
                initial_voltage: self.model.v_init,
                sample_interval: (self.t_ms.len() > 1).then(|| self.t_ms[1] - self.t_ms[0]),
                seed: 1,
            },
        };
        for (number, detector) in self.spike_detectors.iter().enumerate() {
            model.detect.push(Detector::voltage(
                format!("detector {number}"),
                location(&detector.section, detector.x),
                detector.threshold,
            ));
        }
        for (number, connection) in self.model.netcons.iter().enumerate() {
            let mut events =
                Events { target: connection.target.clone(), weight: connection.weight, ..Events::default() };
            match &connection.source {
                None => events.times = Some(connection.event_times.clone()),
                Some(source) => match (&source.section, &source.point_process) {
                    (Some(section), _) => {
                        let name = format!("source {number}");
                        let at = location(section, source.x.expect("x"));
                        let threshold = source.threshold.expect("threshold");
                        model.detect.push(Detector::voltage(name.clone(), at, threshold));
                        events.from = Some(name);
                        events.delay = Some(connection.delay);
                    }
                    (None, Some(name)) => {
                        let train =
                            self.model.point_processes.iter().find(|p| &p.name == name).expect("a source");
                        assert_eq!((train.kind.as_str(), train.params["noise"]), ("NetStim", 0.0));
                        let start = train.params["start"] + connection.delay;
                        let time = |i| start + i as f64 * train.params["interval"];
                        events.times = Some((0..train.params["number"] as usize).map(time).collect());
                    }
                    (None, None) => panic!("a connection from nowhere"),
                },
            }
            model.events.push(events);
        }
        model
    }

    fn cell(&self) -> Cell {
        let mut cell = Cell { geometry: Geometry::NeuronFloat32, ..Cell::default() };
        for section in &self.model.sections {
            let region = format!("(section \"{}\")", section.name);
            cell.section.push(SectionDescription {
                name: section.name.clone(),
                tag: section.tag,
                length: section.pt3d.is_none().then_some(section.length).flatten(),
                diameter: section.pt3d.is_none().then_some(section.diam).flatten(),
                points: section.pt3d.clone().unwrap_or_default(),
                parent: section.parent.clone(),
                parent_x: section.parent_x,
                child_x: section.child_x,
                compartments: Some(section.nseg),
            });
            cell.membrane.push(Membrane {
                region: region.clone(),
                axial_resistivity: Some(section.axial_resistivity),
                capacitance: Some(section.cm.into()),
                initial_voltage: None,
            });
            for (mechanism, values) in &section.mechs {
                let mut parameters = Parameters::new();
                for (name, &value) in values {
                    let ion = match name.as_str() {
                        "ena" => "na",
                        "ek" => "k",
                        _ => {
                            parameters.insert(name.clone(), value.into());
                            continue;
                        }
                    };
                    cell.ion.push(Ion {
                        region: region.clone(),
                        name: ion.to_owned(),
                        reversal: Some(value.into()),
                        ..Ion::default()
                    });
                }
                cell.paint.push(Paint { region: region.clone(), mechanism: mechanism.clone(), parameters });
            }
        }
        for point in &self.model.point_processes {
            let Some(section) = &point.section else { continue };
            let name = |n: &str| match (point.kind.as_str(), n) {
                ("IClamp", "delay") => "del".to_owned(),
                _ => n.to_owned(),
            };
            cell.place.push(Place {
                name: point.name.clone(),
                at: Some(location(section, point.x.expect("x"))),
                mechanism: point.kind.clone(),
                parameters: point.params.iter().map(|(n, &v)| (name(n), v.into())).collect(),
            });
        }
        cell
    }
}

impl CaseRecord {
    fn to_record(&self) -> Record {
        let at = self.section.as_ref().map(|s| location(s, self.x.expect("x")));
        Record { what: self.what.clone(), at, of: self.point_process.clone(), ..Record::default() }
    }
}

pub fn location(section: &str, x: f64) -> String {
    format!("(location \"{section}\" {x})")
}

/// The largest difference between two traces.
pub fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "traces of different length");
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |m, d| if d > m || d.is_nan() { d } else { m })
}

/// The folder with the data that are too large for the repository, beside the checkout; `None`, and said so, without it.
pub fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// A file of the repository's own test data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}
