//! Reads cases of geometry computed with NEURON 9.0.2 and compares a [`Tree`] with them.
//!
//! A case is JSON: `model.sections` with name, parent, L and diam or pt3d, nseg, Ra, cm, and per compartment area, mean
//! diameter and axial resistance; some hold a passive run too. A few small ones are in tests/data/geometry; more lie
//! beside the checkout, and tests that want those say so when they are absent.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a broken reference file must end the test")]

use std::path::PathBuf;

use apical::discretize::{Cable, Options, Precision, Rule, Tree};
use apical::morphology::{Attachment, Morphology, Point, Section, Shape};
use serde_json::Value;

/// A folder beside the checkout, or `None` (said on standard error) when it is absent.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: ../shared/{folder} is not beside this checkout");
    None
}

/// A JSON file of the reference cases beside the checkout.
pub fn shared_case(name: &str) -> Option<Value> {
    shared("reference/cases").map(|folder| read(&folder.join(format!("{name}.json"))))
}

/// A JSON file of tests/data/geometry.
pub fn own_case(name: &str) -> Value {
    read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/geometry/{name}.json")))
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What NEURON makes of every file beside the checkout.
pub fn shared_morphometry() -> Option<Value> {
    shared("reference").map(|folder| read(&folder.join("morphometry.json")))
}

pub fn sections(case: &Value) -> &[Value] {
    case["model"]["sections"].as_array().unwrap()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The sections as the case declares them.
pub fn morphology(case: &Value) -> Morphology {
    let declared = sections(case);
    let index = |name: &str| declared.iter().position(|s| s["name"] == name).unwrap();
    let sections = declared.iter().map(|s| {
        let shape = match s.get("pt3d") {
            Some(points) => Shape::Points(
                points
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(numbers)
                    .map(|p| Point::new(p[0], p[1], p[2], p[3]))
                    .collect(),
            ),
            None => {
                Shape::Cylinder { length: s["L"].as_f64().unwrap(), diameter: s["diam"].as_f64().unwrap() }
            }
        };
        let tag = s.get("type").and_then(Value::as_i64).unwrap_or(0) as i32;
        let mut section = Section::new(s["name"].as_str().unwrap(), tag, shape);
        section.attachment = s["parent"].as_str().map(|parent| Attachment {
            parent: index(parent),
            parent_x: s["parent_x"].as_f64().unwrap(),
            child_x: s["child_x"].as_f64().unwrap(),
        });
        section
    });
    Morphology::from_sections(sections.collect()).unwrap()
}

/// Asserts that a file was read as the case says: names, attachments, points (which NEURON keeps in single precision)
/// and the samples they come from.
pub fn assert_same_sections(case: &Value, cell: &Morphology) {
    let theirs = sections(case);
    let names: Vec<&str> = cell.sections.iter().map(|s| s.name.as_str()).collect();
    let expected: Vec<&str> = theirs.iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, expected);
    for (ours, theirs) in cell.sections.iter().zip(theirs) {
        let name = &ours.name;
        assert_eq!(i64::from(ours.tag), theirs["type"].as_i64().unwrap(), "{name}");
        let parent = ours.attachment.map(|at| cell.sections[at.parent].name.as_str());
        assert_eq!(parent, theirs["parent"].as_str(), "{name}");
        assert_eq!(ours.attachment.map(|at| at.parent_x), theirs["parent_x"].as_f64(), "{name}");
        assert_eq!(ours.attachment.map(|at| at.child_x), theirs["child_x"].as_f64(), "{name}");
        let Shape::Points(points) = &ours.shape else { panic!("{name} has no points") };
        let single = |value: f64| f64::from(value as f32);
        let points: Vec<Vec<f64>> =
            points.iter().map(|p| [p.x, p.y, p.z, p.diameter].map(single).to_vec()).collect();
        let expected: Vec<Vec<f64>> = theirs["pt3d"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| numbers(point).into_iter().map(single).collect())
            .collect();
        assert_eq!(points, expected, "{name}");
        let ids: Vec<i64> = ours.sample_ids.iter().copied().flatten().collect();
        let expected: Vec<i64> = numbers(&theirs["swc_ids"]).iter().map(|&id| id as i64).collect();
        assert_eq!(ids, expected, "{name}");
    }
}

/// The case's own counts and cables.
pub fn options(case: &Value, precision: Precision) -> Options {
    let cable = |s: &Value| Cable {
        axial_resistivity: s["Ra"].as_f64().unwrap(),
        capacitance: s["cm"].as_f64().unwrap(),
    };
    Options {
        rule: Rule::PerSection(sections(case).iter().map(|s| s["nseg"].as_u64().unwrap() as usize).collect()),
        precision,
        cables: sections(case).iter().map(cable).collect(),
    }
}

/// Largest relative difference of areas, mean diameters and axial resistances from those of the case.
pub fn largest_difference(case: &Value, tree: &Tree) -> f64 {
    let mut largest: f64 = 0.0;
    for (s, nodes) in sections(case).iter().zip(&tree.compartments) {
        for (key, ours) in
            [("area_um2", &tree.area), ("ri_MOhm", &tree.axial_resistance), ("diam_um", &tree.diameter)]
        {
            let theirs = numbers(&s["segments"][key]);
            assert_eq!(theirs.len(), nodes.len(), "{} {}", case["name"], s["name"]);
            for (theirs, &node) in theirs.iter().zip(nodes) {
                largest = largest.max((ours[node] / theirs - 1.0).abs());
            }
        }
    }
    assert!(largest.is_finite());
    largest
}

/// Largest difference, mV, between the case's traces and a passive implicit Euler run on `tree`: it is small only if
/// every node hangs on the right parent.
pub fn passive_trace_difference(case: &Value, tree: &Tree) -> f64 {
    let dt = case["run"]["dt"].as_f64().unwrap();
    let clamp = &case["model"]["point_processes"][0];
    let parameter = |name: &str| clamp["params"][name].as_f64().unwrap();
    let place = |at: &Value| {
        let section = sections(case).iter().position(|s| s["name"] == at["section"]).unwrap();
        tree.node_at(section, at["x"].as_f64().unwrap()).unwrap()
    };
    let clamped = place(clamp);
    let pas =
        |node: usize, key: &str| sections(case)[tree.section[node]]["mechs"]["pas"][key].as_f64().unwrap();
    let capacitance = |node: usize| {
        1e-5 * tree.area[node] * sections(case)[tree.section[node]]["cm"].as_f64().unwrap() / dt
    };
    let recorded: Vec<usize> = case["record"].as_array().unwrap().iter().map(place).collect();

    let mut v = vec![case["model"]["v_init"].as_f64().unwrap(); tree.len()];
    let mut largest: f64 = 0.0;
    let mut step = 0;
    for (sample, t) in numbers(&case["t_ms"]).into_iter().enumerate() {
        while (step as f64) < t / dt - 0.5 {
            let middle = (step as f64 + 0.5) * dt - parameter("delay");
            let mut diagonal = vec![0.0; tree.len()];
            let mut right = vec![0.0; tree.len()];
            for node in 0..tree.len() {
                let leak = 1e-2 * tree.area[node] * pas(node, "g");
                diagonal[node] += capacitance(node) + leak;
                right[node] += capacitance(node) * v[node] + leak * pas(node, "e");
                if let Some(parent) = tree.parent[node] {
                    assert!(parent < node);
                    diagonal[node] += 1.0 / tree.axial_resistance[node];
                    diagonal[parent] += 1.0 / tree.axial_resistance[node];
                }
            }
            if (0.0..parameter("dur")).contains(&middle) {
                right[clamped] += parameter("amp");
            }
            for node in (0..tree.len()).rev() {
                if let Some(parent) = tree.parent[node] {
                    let axial = 1.0 / tree.axial_resistance[node];
                    diagonal[parent] -= axial * axial / diagonal[node];
                    right[parent] += axial * right[node] / diagonal[node];
                }
            }
            for node in 0..tree.len() {
                let from_parent = tree.parent[node].map_or(0.0, |p| v[p] / tree.axial_resistance[node]);
                v[node] = (right[node] + from_parent) / diagonal[node];
            }
            step += 1;
        }
        for (trace, &node) in case["traces"].as_array().unwrap().iter().zip(&recorded) {
            largest = largest.max((trace[sample].as_f64().unwrap() - v[node]).abs());
        }
    }
    largest
}
