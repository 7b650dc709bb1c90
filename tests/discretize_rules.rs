//! Rules for the number of compartments, and what is refused.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use apical::ErrorKind;
use apical::discretize::{Cable, Options, Precision, Rule, discretize, length_constant};
use apical::morphology::{DENDRITE, Morphology, Point, Section};
use proptest::prelude::*;

const CABLE: Cable = Cable { axial_resistivity: 100.0, capacitance: 1.0 };

fn cylinder(length: f64, diameter: f64) -> Morphology {
    Morphology::from_sections(vec![Section::cylinder("dend", DENDRITE, length, diameter)]).unwrap()
}

fn count(cell: &Morphology, rule: Rule) -> usize {
    discretize(cell, &Options::uniform(cell, rule, CABLE)).unwrap().compartment_count()
}

/// 1e5·√(d/(4πf·Ra·cm)) µm for a cylinder: d = 4, f = 100 Hz, Ra = 100 Ω·cm, cm = 1 µF/cm² give 564.19 µm.
#[test]
fn the_length_constant_of_a_cylinder_is_the_textbooks() {
    let section = Section::cylinder("a", DENDRITE, 123.0, 4.0);
    let expected = 1e5 * (4.0 / (4.0 * std::f64::consts::PI * 100.0 * 100.0)).sqrt();
    let found = length_constant(&section, &CABLE, 100.0, Precision::Double);
    assert!((found / expected - 1.0).abs() < 1e-15);
    assert!((found - 564.1896).abs() < 1e-4);
    // Two halves of diameter 1 and 4: 100 µm count as 50/1 + 50/2 = 75 in units of √µm.
    let halves =
        [(0.0, 1.0), (50.0, 1.0), (50.0, 4.0), (100.0, 4.0)].map(|(x, d)| Point::new(x, 0.0, 0.0, d));
    let section = Section::points("a", DENDRITE, halves.to_vec());
    let found = length_constant(&section, &CABLE, 100.0, Precision::Double);
    assert!((found / (100.0 / 75.0 * expected / 2.0) - 1.0).abs() < 1e-15);
}

#[test]
fn counts_at_the_edges_of_the_rules() {
    let d_lambda = |fraction| Rule::DLambda { fraction, frequency: 100.0 };
    let neurons = |fraction| Rule::NeuronDLambda { fraction, frequency: 100.0 };
    // In units of the fraction of the length constant: ours and NEURON's number.
    for (length, ours, theirs) in
        [(0.5, 1, 1), (1.0, 1, 1), (1.05, 3, 1), (1.1, 3, 3), (3.0, 3, 3), (3.05, 5, 3), (4.0, 5, 5)]
    {
        // 2.5 µm: a length constant of 446.03 µm; a tenth of it is the unit.
        let unit = 0.1 * 1e5 * (2.5 / (4.0 * std::f64::consts::PI * 100.0 * 100.0)).sqrt();
        // A hair less than the length named, so that rounding does not decide.
        let cell = cylinder(length * unit * (1.0 - 1e-12), 2.5);
        assert_eq!(count(&cell, d_lambda(0.1)), ours, "{length}");
        let cell = cylinder(length * unit * (1.0 + 1e-12), 2.5);
        assert_eq!(count(&cell, neurons(0.1)), theirs, "{length}");
    }
    assert_eq!(count(&cylinder(100.0, 1.0), Rule::MaxLength(25.0)), 4);
    assert_eq!(count(&cylinder(100.1, 1.0), Rule::MaxLength(25.0)), 5);
    assert_eq!(count(&cylinder(3.0, 1.0), Rule::MaxLength(25.0)), 1);
    assert_eq!(count(&cylinder(3.0, 1.0), Rule::Count(6)), 6);
    assert_eq!(count(&cylinder(3.0, 1.0), Rule::PerSection(vec![2])), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_lambda_rule_gives_the_smallest_odd_count_that_keeps_its_promise(
        length in 1.0..3000.0_f64,
        diameter in 0.1..20.0_f64,
        fraction in 0.01..0.5_f64,
    ) {
        let cell = cylinder(length, diameter);
        let step = fraction * length_constant(&cell.sections[0], &CABLE, 100.0, Precision::Double);
        let found = count(&cell, Rule::DLambda { fraction, frequency: 100.0 });
        prop_assert_eq!(found % 2, 1);
        prop_assert!(length / found as f64 <= step * (1.0 + 1e-12));
        prop_assert!(found == 1 || length / (found - 2) as f64 > step * (1.0 - 1e-12));
    }
}

#[test]
fn what_cannot_be_cut_is_refused() {
    let cell = cylinder(100.0, 1.0);
    let with = |rule| Options::uniform(&cell, rule, CABLE);
    let cable = |axial_resistivity, capacitance| Options {
        cables: vec![Cable { axial_resistivity, capacitance }],
        ..with(Rule::Count(1))
    };
    let lambda = |fraction, frequency| with(Rule::DLambda { fraction, frequency });
    let cases = [
        (with(Rule::Count(0)), "section `dend` cannot have 0 compartments; it needs from 1 to 1048576"),
        (
            with(Rule::MaxLength(1e-9)),
            "section `dend` cannot have 1e11 compartments; it needs from 1 to 1048576",
        ),
        (with(Rule::MaxLength(-1.0)), "the longest length is -1; it must be a positive number"),
        (lambda(0.0, 100.0), "the fraction of the length constant is 0; it must be a positive number"),
        (lambda(0.1, f64::NAN), "the frequency is NaN; it must be a positive number"),
        (with(Rule::PerSection(vec![1, 2])), "there are 2 counts of compartments for 1 sections"),
        (Options { cables: vec![], ..with(Rule::Count(1)) }, "there are 0 cables for 1 sections"),
        (cable(0.0, 1.0), "section `dend` has an axial resistivity of 0 Ω·cm; it must be positive"),
        (cable(100.0, -1.0), "section `dend` has a capacitance of -1 µF/cm²; it must not be negative"),
    ];
    for (options, message) in cases {
        let error = discretize(&cell, &options).unwrap_err();
        assert_eq!(error.message(), message);
        assert_eq!(error.kind(), ErrorKind::Parameter);
    }
    let tree = discretize(&cell, &with(Rule::Count(3))).unwrap();
    for (section, x) in [(1, 0.5), (0, 1.5), (0, -0.5), (0, f64::NAN)] {
        assert_eq!(tree.node_at(section, x).unwrap_err().kind(), ErrorKind::Location);
    }
}
