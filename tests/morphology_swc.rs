//! SWC files read as NEURON 9.0.2 reads them, or refused at the right place.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

mod geometry_support;

use std::path::Path;

use apical::discretize::{Precision, discretize};
use apical::morphology::Morphology;
use apical::morphology::swc::{RootPolicy, SomaGap, SwcOptions};
use geometry_support::{
    assert_same_sections, largest_difference, options, own_case, shared, shared_case, shared_morphometry,
};

fn own_file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/morphology/awkward.swc")
}

#[test]
fn an_awkward_file_becomes_the_cell_neuron_makes_of_its_sorted_twin() {
    let case = own_case("awkward");
    let cell = Morphology::load(own_file()).unwrap();
    assert_same_sections(&case, &cell);
    let tree = discretize(&cell, &options(&case, Precision::NeuronFloat32)).unwrap();
    let difference = largest_difference(&case, &tree);
    assert!(difference < 1e-14, "{difference:e}");
    assert_eq!(
        cell.repairs,
        [
            "columns after the seventh were not used: line 14",
            "a neurite begins at its soma's sample with the diameter of its own first sample: lines 7, 19, 30",
            "a section without length was left out: line 22",
            "gaps to the soma, 9.160 µm in all, were bridged without length or resistance: line 11",
        ]
    );
}

#[test]
fn reconstructed_cells_are_read_as_neuron_reads_them() {
    for (file, name) in [
        ("morph_ca1_n120_single_point_soma.swc", "geometry_ca1"),
        ("Scnn1a_473845048_m.swc", "geometry_allen"),
        ("pyramidal.swc", "geometry_pyramidal"),
    ] {
        let (Some(folder), Some(case)) = (shared("data/morphologies/clean"), shared_case(name)) else {
            return;
        };
        let cell = Morphology::load(folder.join(file)).unwrap();
        assert_same_sections(&case, &cell);
        let tree = discretize(&cell, &options(&case, Precision::NeuronFloat32)).unwrap();
        let difference = largest_difference(&case, &tree);
        eprintln!("{file}: largest relative difference {difference:.1e}");
        assert!(difference < 1e-14, "{file}: {difference:e}");
        assert_eq!(cell.tips() as u64, case["totals"]["tips"].as_u64().unwrap());
    }
}

/// Files with a fault, the line and column of the fault, and what is said of it.
const REFUSED: [(&str, usize, usize, &str); 16] = [
    ("clean/720575940661205633.swc", 105, 35, "the radius of sample 98 is 0"),
    ("clean/morph_flywire_t4_720575940626407426.swc", 502, 36, "the radius of sample 495 is 0"),
    ("awkward/Neuron_disconnected_components.swc", 40, 66, "sample 6 is a second root"),
    ("awkward/Neuron_missing_ids.swc", 38, 14, "the radius of sample 4 is 0"),
    ("awkward/Neuron_missing_parents.swc", 40, 66, "the parent of sample 6 does not exist"),
    ("awkward/custom_type.swc", 6, 14, "the radius of sample 4 is 0"),
    ("awkward/dangling_axon.swc", 24, 15, "the radius of sample 4 is 0"),
    ("awkward/multiple_soma.swc", 11, 18, "sample 10 is a second soma"),
    ("awkward/multiple_somata.swc", 6, 14, "the radius of sample 4 is 0"),
    ("awkward/no-axon.swc", 6, 14, "the radius of sample 4 is 0"),
    ("awkward/repeated_id.swc", 6, 1, "sample 4 is given twice"),
    ("awkward/root_node_jump.swc", 8, 14, "the radius of sample 4 is 0"),
    ("awkward/simple_reversed.swc", 26, 13, "the radius of sample 2 is 0"),
    ("awkward/soma_zero_radius.swc", 23, 14, "the radius of sample 1 is 0"),
    ("awkward/three_pt_soma.swc", 8, 11, "the radius of sample 4 is 0"),
    ("awkward/undefined_type.swc", 4, 14, "the radius of sample 4 is 0"),
];

/// All files of the two folders, as `folder/name`.
fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for part in ["clean", "awkward"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            names.push(format!("{part}/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
    }
    names.sort();
    names
}

#[test]
fn every_file_has_neurons_measures_or_is_refused_at_its_fault() {
    let (Some(folder), Some(reference)) = (shared("data/morphologies"), shared_morphometry()) else { return };
    let mut read = 0;
    for name in files(&folder) {
        let result = Morphology::load(folder.join(&name));
        if let Some(&(_, line, column, message)) = REFUSED.iter().find(|refused| refused.0 == name) {
            let error = result.unwrap_err();
            assert_eq!((error.line(), error.column()), (Some(line), Some(column)), "{error}");
            assert_eq!(error.message(), message);
            continue;
        }
        let cell = result.unwrap();
        let theirs = &reference["files"][&name];
        let near = |ours: f64, key: &str| {
            let theirs = theirs[key].as_f64().unwrap();
            assert!((ours / theirs - 1.0).abs() < 2e-7, "{name} {key}: {ours} {theirs}");
        };
        near(cell.total_length(), "length_um");
        near(cell.total_area(), "area_um2");
        assert_eq!(Some(cell.tips() as u64), theirs["tips"].as_u64(), "{name}");
        // Where ids are not consecutive along a neurite NEURON cuts it, and there is nothing to cut.
        let needless_cuts = match name.as_str() {
            "clean/morph_ca1_n120.swc" | "awkward/sample_disordered.swc" => 1,
            _ => 0,
        };
        assert_eq!(Some((cell.sections.len() + needless_cuts) as u64), theirs["sections"].as_u64(), "{name}");
        read += 1;
    }
    assert_eq!(read + REFUSED.len(), files(&folder).len());
}

/// With zero radii raised and trees joined, what was refused for them has the length that NEURON finds, or that
/// the file's own edges have where NEURON cannot read it.
#[test]
fn policies_read_what_the_default_refuses() {
    let (Some(folder), Some(reference)) = (shared("data/morphologies"), shared_morphometry()) else { return };
    let policies =
        SwcOptions { smallest_radius: Some(1e-3), roots: RootPolicy::JoinSoma, ..SwcOptions::default() };
    for (name, length) in [
        ("awkward/Neuron_disconnected_components.swc", None),
        ("awkward/custom_type.swc", None),
        ("awkward/dangling_axon.swc", None),
        ("awkward/no-axon.swc", None),
        ("awkward/root_node_jump.swc", None),
        ("awkward/three_pt_soma.swc", None),
        ("awkward/undefined_type.swc", None),
        // As simple.swc, 31 µm, and the soma.
        ("awkward/simple_reversed.swc", Some(33.0)),
        // The soma's radius is raised too: 2e-3 µm instead of NEURON's 1e-9.
        ("awkward/soma_zero_radius.swc", Some(31.002)),
    ] {
        let cell = Morphology::load_swc(folder.join(name), &policies).unwrap();
        let expected = length.unwrap_or_else(|| reference["files"][name]["length_um"].as_f64().unwrap());
        let difference = (cell.total_length() / expected - 1.0).abs();
        assert!(difference < 2e-6, "{name}: {} {expected}", cell.total_length());
        assert!(!cell.repairs.is_empty(), "{name}");
    }
    // A file in nanometres: edges between samples other than the soma's, and the soma.
    let fly = folder.join("clean/720575940661205633.swc");
    let error = Morphology::load_swc(&fly, &policies).unwrap_err();
    assert!(error.diagnostic().help.contains("`scale`"), "{error}");
    let length = 1e-3 * (563983.698_643_219_3 + 2.0 * 1467.0);
    let cell = Morphology::load_swc(&fly, &SwcOptions { scale: Some(1e-3), ..policies.clone() }).unwrap();
    assert!((cell.total_length() / length - 1.0).abs() < 2e-6, "{}", cell.total_length());

    let cut_off = folder.join("awkward/Neuron_missing_ids.swc");
    let error = Morphology::load_swc(cut_off, &policies).unwrap_err();
    assert_eq!(error.message(), "the parent of sample 8 does not exist");
    assert_eq!((error.line(), error.column()), (Some(42), Some(18)));
}

/// The soma has radius 2; the neurite's first sample lies 5 µm from its centre.
#[test]
fn the_gap_to_the_soma_is_a_named_choice() {
    let text = "1 1 0 0 0 2 -1\n2 3 5 0 0 0.5 1\n3 3 25 0 0 0.5 2\n";
    let pi = std::f64::consts::PI;
    let cone = pi * (2.0 + 0.5) * f64::hypot(5.0, 1.5);
    for (gap, length, area) in [
        (SomaGap::Wire, 24.0, 16.0 * pi + 20.0 * pi),
        (SomaGap::Cylinder, 29.0, 16.0 * pi + 25.0 * pi),
        (SomaGap::Cone, 29.0, 16.0 * pi + 20.0 * pi + cone),
    ] {
        let options = SwcOptions { gap, ..SwcOptions::default() };
        let cell = apical::morphology::swc::read(text, &options).unwrap();
        assert_eq!(cell.total_length(), length, "{gap:?}");
        assert!((cell.total_area() / area - 1.0).abs() < 1e-14, "{gap:?}");
        assert_eq!(cell.path_distance(1, 1.0).unwrap(), length - 4.0, "{gap:?}");
    }
}
