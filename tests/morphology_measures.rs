//! Lengths, areas, distances, places, tips and branch points.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::f64::consts::PI;
use std::path::Path;

use apical::ErrorKind;
use apical::morphology::{AXON, DENDRITE, Morphology, Point, SOMA, Section};

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} is not {b}");
}

/// A cone 3 µm along x from 2 to 4 µm wide, a ring to 1 µm, and 4 µm along y.
fn stepped(name: &str) -> Section {
    let points = vec![
        Point::new(0.0, 0.0, 0.0, 2.0),
        Point::new(3.0, 0.0, 0.0, 4.0),
        Point::new(3.0, 0.0, 0.0, 1.0),
        Point::new(3.0, 4.0, 0.0, 1.0),
    ];
    Section::points(name, DENDRITE, points)
}

#[test]
fn a_section_of_cones_and_a_step() {
    let section = stepped("a");
    assert_eq!(section.length(), 7.0);
    let ring = PI * (2.0 * 2.0 - 0.5 * 0.5);
    close(section.area(), PI * 3.0 * f64::hypot(3.0, 1.0) + ring + 4.0 * PI);
    close(section.diameter(1.5 / 7.0), 3.0);
    close(section.diameter(5.0 / 7.0), 1.0);
    assert_eq!((section.diameter(0.0), section.diameter(1.0)), (2.0, 1.0));
    let [x, y, z] = section.position(5.0 / 7.0).unwrap();
    close(x, 3.0);
    close(y, 2.0);
    close(z, 0.0);
    assert_eq!(Section::cylinder("c", DENDRITE, 5.0, 1.0).position(0.5), None);
}

#[test]
fn a_section_joined_by_its_far_end_runs_towards_its_parent() {
    let cell = Morphology::from_sections(vec![
        Section::cylinder("root", DENDRITE, 10.0, 1.0),
        stepped("a").joined_by_far_end(0, 0.5),
    ])
    .unwrap();
    let section = &cell.sections[1];
    assert_eq!((section.diameter(1.0), section.diameter(0.0)), (2.0, 1.0));
    assert_eq!(section.position(1.0), Some([0.0; 3]));
    assert_eq!(cell.path_distance(1, 1.0).unwrap(), 5.0);
    assert_eq!(cell.path_distance(1, 0.0).unwrap(), 12.0);
}

#[test]
fn distances_count_from_the_middle_of_a_root_soma() {
    let soma = |tag| {
        Morphology::from_sections(vec![
            Section::cylinder("root", tag, 20.0, 20.0),
            Section::cylinder("from the end", DENDRITE, 100.0, 1.0).joined(0, 1.0),
            Section::cylinder("from the start", DENDRITE, 100.0, 1.0).joined(0, 0.0),
            Section::cylinder("from the middle", AXON, 100.0, 1.0).joined(0, 0.5),
            Section::cylinder("grandchild", AXON, 40.0, 1.0).joined(3, 0.25),
        ])
        .unwrap()
    };
    let at = |tag, section, x| soma(tag).path_distance(section, x).unwrap();
    for (section, x, from_soma, from_end) in [
        (0, 0.0, 10.0, 0.0),
        (0, 0.75, 5.0, 15.0),
        (1, 0.5, 60.0, 70.0),
        (2, 0.5, 60.0, 50.0),
        (3, 0.5, 50.0, 60.0),
        (4, 1.0, 65.0, 75.0),
    ] {
        assert_eq!(at(SOMA, section, x), from_soma, "{section} {x}");
        assert_eq!(at(DENDRITE, section, x), from_end, "{section} {x}");
    }
    for (section, x) in [(5, 0.5), (0, -0.1), (0, 1.1), (0, f64::NAN)] {
        assert_eq!(soma(SOMA).path_distance(section, x).unwrap_err().kind(), ErrorKind::Location);
    }
    let error = soma(SOMA).section_index("from the ende").unwrap_err();
    assert!(error.to_string().contains("did you mean `from the end`?"), "{error}");
    assert_eq!(soma(SOMA).section_index("grandchild").unwrap(), 4);
}

/// NEURON 9.0.2 keeps points in single precision, which moves distances by up to 1e-7 of the coordinates.
#[test]
fn distances_in_a_file_are_neurons() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/morphology/awkward.swc");
    let cell = Morphology::load(path).unwrap();
    for (name, start, end) in [
        ("soma[0]", 6.7685184154, 6.7685184154),
        ("axon[0]", 6.7685184154, 60.6502639435),
        ("dend_5[0]", 56.1867651064, 100.4554651252),
        ("dend[2]", 32.1815573381, 93.0187024505),
        ("dend[3]", 0.0, 33.146688167),
        ("apic[3]", 80.7304663627, 151.3204116393),
        ("dend[4]", 0.0, 12.4298025134),
    ] {
        let section = cell.section_index(name).unwrap();
        for (x, expected) in [(0.0, start), (1.0, end)] {
            let distance = cell.path_distance(section, x).unwrap();
            assert!((distance - expected).abs() < 1e-5, "{name}({x}): {distance} {expected}");
        }
    }
    assert_eq!(cell.length_by_tag().keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    close(cell.length_by_tag().values().sum(), cell.total_length());
    close(cell.area_by_tag().values().sum(), cell.total_area());
    // Tips: samples 12, 21, 24, 31, 43, 45, 46 and 50. Branch points: 17 and 42; at 15 two neurites begin that both
    // hang on the soma by its wire.
    assert_eq!((cell.tips(), cell.branch_points()), (8, 2));
}

#[test]
fn a_place_where_three_stretches_meet_is_a_branch_point() {
    let cylinder = |name: &str| Section::cylinder(name, DENDRITE, 10.0, 1.0);
    let count = |sections| Morphology::from_sections(sections).unwrap().branch_points();
    let trunk = || vec![Section::cylinder("soma", SOMA, 10.0, 10.0), cylinder("trunk").joined(0, 0.5)];
    let with = |more: Vec<Section>| trunk().into_iter().chain(more).collect::<Vec<_>>();
    assert_eq!(count(with(vec![cylinder("on").joined(1, 1.0)])), 0);
    assert_eq!(count(with(vec![cylinder("side").joined(1, 0.5)])), 1);
    assert_eq!(count(with(vec![cylinder("a").joined(1, 1.0), cylinder("b").joined(1, 1.0)])), 1);
    // The second hangs on the first's joined end, which is the trunk's end.
    assert_eq!(count(with(vec![cylinder("a").joined(1, 1.0), cylinder("b").joined(2, 0.0)])), 1);
    assert_eq!(count(with(vec![cylinder("a").joined_by_far_end(1, 1.0), cylinder("b").joined(2, 1.0)])), 1);
    // On the trunk's joined end means on the soma.
    assert_eq!(count(with(vec![cylinder("a").joined(1, 0.0), cylinder("b").joined(1, 0.0)])), 0);
    // Without a soma the root's start is a place like any other.
    let free = |number: usize| {
        let children = (0..number).map(|child| cylinder(&format!("child {child}")).joined(0, 0.0));
        std::iter::once(cylinder("root")).chain(children).collect()
    };
    assert_eq!((count(free(1)), count(free(2))), (0, 1));
}
