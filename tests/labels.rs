//! The language of regions and locsets: what each function means, and what is refused.
//!
//! Where a function is one of Arbor's, it means what Arbor's documentation says (docs.arbor-sim.org, "Cable cell labels"), with
//! sections for branches.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use apical::Error;
use apical::cell::label::Labels;
use apical::morphology::{APICAL, AXON, DENDRITE, Morphology, Point, SOMA, Section};

const SOMA_0: usize = 0;
const DEND_0: usize = 1;
const DEND_1: usize = 2;
const DEND_2: usize = 3;
const AXON_0: usize = 4;
const APIC_0: usize = 5;

/// Points along x, at these places and with these diameters.
fn straight(name: &str, tag: i32, points: &[(f64, f64)]) -> Section {
    Section::points(name, tag, points.iter().map(|&(x, d)| Point::new(x, 0.0, 0.0, d)).collect())
}

/// A soma with a dendrite that forks at its end 1, an axon that steps from 1 to 0.5 µm at its end 0, and at its middle an
/// apical dendrite that is joined by its end 1.
fn cell() -> Morphology {
    Morphology::from_sections(vec![
        Section::cylinder("soma", SOMA, 20.0, 20.0),
        straight("dend[0]", DENDRITE, &[(0.0, 2.0), (100.0, 2.0)]).joined(SOMA_0, 1.0),
        straight("dend[1]", DENDRITE, &[(0.0, 2.0), (50.0, 1.0)]).joined(DEND_0, 1.0),
        Section::cylinder("dend[2]", DENDRITE, 100.0, 1.0).joined(DEND_0, 1.0),
        straight("axon[0]", AXON, &[(0.0, 1.0), (100.0, 1.0), (100.0, 0.5), (200.0, 0.5)])
            .joined(SOMA_0, 0.0),
        straight("apic[0]", APICAL, &[(0.0, 4.0), (80.0, 2.0)]).joined_by_far_end(SOMA_0, 0.5),
    ])
    .unwrap()
}

fn table(entries: &Table) -> BTreeMap<String, String> {
    entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// Labels and their expressions.
type Table<'a> = [(&'a str, &'a str)];

const MINE: [(&str, &str); 2] = [("mine", "(join soma (region \"half\"))"), ("half", "(cable 1 0 0.5)")];
const SITES: [(&str, &str); 2] = [("sites", "(sum (locset \"one\") (terminal))"), ("one", "dend[1](0.5)")];

/// Calls `ask` with the labels of the cell and these.
fn with<T>(
    regions: &Table,
    locsets: &Table,
    ask: impl FnOnce(&Labels) -> Result<T, Error>,
) -> Result<T, Error> {
    let (cell, regions, locsets) = (cell(), table(regions), table(locsets));
    ask(&Labels::new(&regions, &locsets, &cell)?)
}

fn region(text: &str) -> Vec<(usize, f64, f64)> {
    let found = with(&MINE, &SITES, |labels| labels.region(text)).unwrap_or_else(|e| panic!("{e}"));
    found.cables().iter().map(|c| (c.section, c.start, c.end)).collect()
}

fn locset(text: &str) -> Vec<(usize, f64)> {
    let found = with(&MINE, &SITES, |labels| labels.locset(text)).unwrap_or_else(|e| panic!("{e}"));
    found.iter().map(|l| (l.section, l.x)).collect()
}

fn is_region(text: &str, expected: &[(usize, f64, f64)]) {
    let found = region(text);
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    let same =
        |(f, e): (&(usize, f64, f64), &(usize, f64, f64))| f.0 == e.0 && near(f.1, e.1) && near(f.2, e.2);
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(same), "{text}: {found:?}");
}

fn is_locset(text: &str, expected: &[(usize, f64)]) {
    let found = locset(text);
    let same = |(f, e): (&(usize, f64), &(usize, f64))| f.0 == e.0 && (f.1 - e.1).abs() < 1e-12;
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(same), "{text}: {found:?}");
}

fn whole(section: usize) -> (usize, f64, f64) {
    (section, 0.0, 1.0)
}

#[test]
fn regions_by_name_type_and_number() {
    let everything: Vec<_> = (SOMA_0..=APIC_0).map(whole).collect();
    is_region("all", &everything);
    is_region("(all)", &everything);
    is_region("(region-nil)", &[]);
    is_region("(tag 3)", &[whole(DEND_0), whole(DEND_1), whole(DEND_2)]);
    is_region("(tag 99)", &[]);
    is_region("soma", &[whole(SOMA_0)]);
    is_region("axon", &[whole(AXON_0)]);
    is_region("dend", &[whole(DEND_0), whole(DEND_1), whole(DEND_2)]);
    is_region("\"apic\"", &[whole(APIC_0)]);
    is_region("(region \"mine\")", &[whole(SOMA_0), (DEND_0, 0.0, 0.5)]);
    is_region("(section \"dend[1]\")", &[whole(DEND_1)]);
    is_region("(section dend)", &[whole(DEND_0)]);
    is_region("(section 2)", &[whole(DEND_1)]);
    is_region("(branch 2) ; a remark", &[whole(DEND_1)]);
    is_region("(cable \"dend[0]\" 0.2 0.8)", &[(DEND_0, 0.2, 0.8)]);
    is_region("(cable 1 0.3 0.3)", &[(DEND_0, 0.3, 0.3)]);
}

#[test]
fn sets_of_regions() {
    is_region("(join soma (cable 1 0 1) dend)", &[SOMA_0, DEND_0, DEND_1, DEND_2].map(whole));
    is_region("(join (cable 1 0.4 0.6) (cable 1 0 0.5) (cable 1 0.6 0.7))", &[(DEND_0, 0.0, 0.7)]);
    is_region("(join (cable 1 0.8 1) (cable 1 0 0.2))", &[(DEND_0, 0.0, 0.2), (DEND_0, 0.8, 1.0)]);
    is_region("(join soma)", &[whole(SOMA_0)]);
    is_region("(intersect (cable 1 0 0.5) (cable 1 0.25 1))", &[(DEND_0, 0.25, 0.5)]);
    is_region("(intersect dend (cable 1 0 0.5) (cable 1 0.25 1))", &[(DEND_0, 0.25, 0.5)]);
    is_region(
        "(intersect (cable 1 0.1 0.9) (join (cable 1 0 0.2) (cable 1 0.4 0.5) (cable 1 0.8 1)))",
        &[(DEND_0, 0.1, 0.2), (DEND_0, 0.4, 0.5), (DEND_0, 0.8, 0.9)],
    );
    is_region("(intersect soma dend)", &[]);
    // Pieces that only touch share no cable; a place on a piece is shared.
    is_region("(intersect (cable 1 0 0.5) (cable 1 0.5 1))", &[]);
    is_region("(intersect (cable 1 0.5 0.5) (cable 1 0.5 1))", &[(DEND_0, 0.5, 0.5)]);
    is_region(
        "(difference dend (cable 1 0.25 0.5))",
        &[(DEND_0, 0.0, 0.25), (DEND_0, 0.5, 1.0), whole(DEND_1), whole(DEND_2)],
    );
    is_region("(difference soma all)", &[]);
    is_region("(complement dend)", &[whole(SOMA_0), whole(AXON_0), whole(APIC_0)]);
    is_region("(complement all)", &[]);
    is_region("(complement (region-nil))", &[0, 1, 2, 3, 4, 5].map(whole));
}

#[test]
fn intervals_follow_the_cable() {
    // 50 µm are left on the first section, 30 go into each branch.
    is_region(
        "(distal-interval (location 1 0.5) 80)",
        &[(DEND_0, 0.5, 1.0), (DEND_1, 0.0, 0.6), (DEND_2, 0.0, 0.3)],
    );
    is_region("(distal-interval dend[0](0.5))", &[(DEND_0, 0.5, 1.0), whole(DEND_1), whole(DEND_2)]);
    is_region(
        "(distal-interval (location 1 1) 10)",
        &[(DEND_0, 1.0, 1.0), (DEND_1, 0.0, 0.2), (DEND_2, 0.0, 0.1)],
    );
    is_region("(distal-interval (location 2 0) 10)", &[(DEND_1, 0.0, 0.2)]);
    is_region("(distal-interval (location 2 0.5) 0)", &[(DEND_1, 0.5, 0.5)]);
    is_region(
        "(distal-interval (sum (location 2 0.5) (location 3 0.5)) 10)",
        &[(DEND_1, 0.5, 0.7), (DEND_2, 0.5, 0.6)],
    );
    is_region("(distal-interval (locset-nil))", &[]);
    // From the middle of the soma towards its end 1, and into what hangs there and beyond.
    is_region(
        "(distal-interval soma(0.5) 25)",
        &[(SOMA_0, 0.5, 1.0), (DEND_0, 0.0, 0.15), (APIC_0, 0.6875, 1.0)],
    );
    is_region("(distal-interval (location apic 0.5))", &[(APIC_0, 0.0, 0.5)]);
    is_region("(proximal-interval (location 2 0.5) 75)", &[(DEND_0, 0.5, 1.0), (DEND_1, 0.0, 0.5)]);
    is_region("(proximal-interval (location 2 0.5))", &[whole(SOMA_0), whole(DEND_0), (DEND_1, 0.0, 0.5)]);
    is_region("(proximal-interval apic[0](0.25))", &[(SOMA_0, 0.0, 0.5), (APIC_0, 0.25, 1.0)]);
}

#[test]
fn regions_by_radius_and_by_distance() {
    is_region("(radius-lt all 0.75)", &[(DEND_1, 0.5, 1.0), whole(DEND_2), whole(AXON_0)]);
    is_region("(radius-lt axon 0.4)", &[(AXON_0, 0.5, 1.0)]);
    is_region("(radius-lt axon 0.5)", &[(AXON_0, 0.5, 1.0)]);
    is_region("(radius-le axon 0.5)", &[whole(AXON_0)]);
    is_region("(radius-lt dend 1)", &[whole(DEND_1), whole(DEND_2)]);
    is_region("(radius-le dend 1)", &[whole(DEND_0), whole(DEND_1), whole(DEND_2)]);
    is_region("(radius-ge dend 1)", &[whole(DEND_0)]);
    is_region("(radius-gt dend 1)", &[]);
    is_region("(radius-gt all 1.5)", &[whole(SOMA_0), (APIC_0, 0.5, 1.0)]);
    is_region("(radius-lt all -1)", &[]);
    // From the middle of the soma: its ends lie at 10 µm, the fork at 110, the apical tip at 80.
    is_region(
        "(distance-lt 60)",
        &[whole(SOMA_0), (DEND_0, 0.0, 0.5), (AXON_0, 0.0, 0.25), (APIC_0, 0.25, 1.0)],
    );
    is_region(
        "(distance-ge 60)",
        &[(DEND_0, 0.5, 1.0), whole(DEND_1), whole(DEND_2), (AXON_0, 0.25, 1.0), (APIC_0, 0.0, 0.25)],
    );
    is_region("(distance-lt 5)", &[(SOMA_0, 0.25, 0.75), (APIC_0, 0.9375, 1.0)]);
    is_region("(distance-ge 1000)", &[]);
}

#[test]
fn places() {
    is_locset("soma(0.5)", &[(SOMA_0, 0.5)]);
    is_locset(" dend[1]( 0.25 ) ", &[(DEND_1, 0.25)]);
    is_locset("dend(0)", &[(DEND_0, 0.0)]);
    is_locset("(sum soma(0.5)dend[1](1))", &[(SOMA_0, 0.5), (DEND_1, 1.0)]);
    is_locset("(location \"dend[1]\" 1)", &[(DEND_1, 1.0)]);
    is_locset("(location 2 0.25)", &[(DEND_1, 0.25)]);
    is_locset("(root)", &[(SOMA_0, 0.0)]);
    // The soma's end 1 carries a dendrite; the apical dendrite's end 0 is its tip.
    is_locset("(terminal)", &[(DEND_1, 1.0), (DEND_2, 1.0), (AXON_0, 1.0), (APIC_0, 0.0)]);
    is_locset("(locset-nil)", &[]);
    is_locset("one", &[(DEND_1, 0.5)]);
    let sites = [(DEND_1, 0.5), (DEND_1, 1.0), (DEND_2, 1.0), (AXON_0, 1.0), (APIC_0, 0.0)];
    is_locset("(locset \"sites\")", &sites);
    is_locset("(on-branches 0.5)", &[0, 1, 2, 3, 4, 5].map(|s| (s, 0.5)));
    is_locset("(distance 60 all)", &[(DEND_0, 0.5), (AXON_0, 0.25), (APIC_0, 0.25)]);
    is_locset("(distance 10 soma)", &[(SOMA_0, 0.0), (SOMA_0, 1.0)]);
    // A fork at the distance is one place, unless the region holds its branches only.
    is_locset("(distance 110 all)", &[(DEND_0, 1.0), (AXON_0, 0.5)]);
    is_locset("(distance 110 (join (section 2) (section 3)))", &[(DEND_1, 0.0), (DEND_2, 0.0)]);
    is_locset("(distance 1000 all)", &[]);
}

#[test]
fn a_soma_is_a_tip_only_when_it_is_alone() {
    let none = BTreeMap::new();
    let soma = || Section::cylinder("soma", SOMA, 20.0, 20.0);
    let alone = Morphology::from_sections(vec![soma()]).unwrap();
    assert_eq!(Labels::new(&none, &none, &alone).unwrap().locset("(terminal)").unwrap().len(), 1);
    let dendrite = Section::cylinder("dend", DENDRITE, 100.0, 1.0).joined(0, 0.5);
    let neuron = Morphology::from_sections(vec![soma(), dendrite]).unwrap();
    let tips = Labels::new(&none, &none, &neuron).unwrap().locset("(terminal)").unwrap();
    assert_eq!(tips.iter().map(|l| l.section).collect::<Vec<_>>(), [1]);
}

#[test]
fn sets_of_places_keep_the_order_in_which_they_are_written() {
    let (a, b) = ("(location 2 0.5)", "(location 1 0.5)");
    is_locset(&format!("(sum {a} {b} {a})"), &[(DEND_1, 0.5), (DEND_0, 0.5), (DEND_1, 0.5)]);
    is_locset(&format!("(join {a} {b} {a})"), &[(DEND_1, 0.5), (DEND_0, 0.5)]);
    is_locset(&format!("(support (sum {a} {b} {a}))"), &[(DEND_1, 0.5), (DEND_0, 0.5)]);
    is_locset("(restrict-to (terminal) dend)", &[(DEND_1, 1.0), (DEND_2, 1.0)]);
    is_locset(&format!("(restrict-to (sum {a} {b} {a}) (section 2))"), &[(DEND_1, 0.5), (DEND_1, 0.5)]);
    is_locset("(restrict-to (on-branches 0.5) (cable 1 0.5 0.6))", &[(DEND_0, 0.5)]);
    is_locset("(restrict-to (terminal) soma)", &[]);
}

#[test]
fn ends_of_regions() {
    is_locset("(distal dend)", &[(DEND_1, 1.0), (DEND_2, 1.0)]);
    is_locset("(proximal dend)", &[(DEND_0, 0.0)]);
    is_locset("(distal all)", &[(DEND_1, 1.0), (DEND_2, 1.0), (AXON_0, 1.0), (APIC_0, 0.0)]);
    is_locset("(proximal all)", &[(SOMA_0, 0.0)]);
    is_locset("(distal (cable 1 0.2 0.5))", &[(DEND_0, 0.5)]);
    is_locset("(proximal (cable 1 0.2 0.5))", &[(DEND_0, 0.2)]);
    // Of two pieces one behind the other the farther one ends the region, on a section and across sections.
    is_locset("(distal (join (cable 1 0 0.2) (cable 1 0.6 0.8)))", &[(DEND_0, 0.8)]);
    is_locset("(proximal (join (cable 1 0 0.2) (cable 1 0.6 0.8)))", &[(DEND_0, 0.0)]);
    is_locset("(distal (join (cable 1 0 0.2) (cable 2 0.6 0.8)))", &[(DEND_1, 0.8)]);
    is_locset("(proximal (join (cable 1 0 0.2) (cable 2 0.6 0.8)))", &[(DEND_0, 0.0)]);
    is_locset("(proximal (join (section 2) (section 3)))", &[(DEND_1, 0.0), (DEND_2, 0.0)]);
    is_locset("(distal (cable 1 1 1))", &[(DEND_0, 1.0)]);
    is_locset("(distal apic)", &[(APIC_0, 0.0)]);
    is_locset("(proximal apic)", &[(APIC_0, 1.0)]);
    is_locset("(distal (join (cable apic 0 0.1) (cable apic 0.5 0.6)))", &[(APIC_0, 0.0)]);
    is_locset("(distal (region-nil))", &[]);
    is_locset("(proximal (region-nil))", &[]);
}

#[test]
fn places_on_components() {
    // The dendrite is one component of 100 µm and branches of 50 and 100 µm.
    is_locset("(on-components 0 dend)", &[(DEND_0, 0.0)]);
    is_locset("(on-components 0.25 dend)", &[(DEND_0, 0.5)]);
    is_locset("(on-components 0.5 dend)", &[(DEND_0, 1.0)]);
    is_locset("(on-components 0.75 dend)", &[(DEND_1, 1.0), (DEND_2, 0.5)]);
    is_locset("(on-components 1 dend)", &[(DEND_2, 1.0)]);
    is_locset("(on-components 0.5 (join (cable 1 0 0.2) (cable 1 0.6 1)))", &[(DEND_0, 0.1), (DEND_0, 0.8)]);
    // Branches that begin at the same place hang together without the section they spring from.
    is_locset("(on-components 0.5 (join (section 2) (section 3)))", &[(DEND_1, 1.0), (DEND_2, 0.5)]);
    is_locset("(on-components 0.25 apic)", &[(APIC_0, 0.75)]);
    // Half of the soma and the apical dendrite: 10 + 80 µm.
    is_locset("(on-components 1 (join soma apic))", &[(APIC_0, 0.0)]);
    is_locset("(on-components 0.5 (join soma apic))", &[(APIC_0, 1.0 - 35.0 / 80.0)]);
    is_locset("(on-components 0.5 (region-nil))", &[]);
}

#[test]
fn random_places_are_numbered_seeded_and_uniform_by_length() {
    let ten = locset("(uniform dend 0 9 7)");
    assert_eq!(ten.len(), 10);
    assert_eq!(locset("(uniform dend 0 9 7)"), ten);
    assert_eq!(locset("(uniform dend 3 5 7)"), ten[3..=5]);
    assert_ne!(locset("(uniform dend 0 9 8)"), ten);
    let within = region("(join (cable 1 0.25 0.5) (section 3))");
    for (section, x) in locset("(uniform (join (cable 1 0.25 0.5) (section 3)) 0 999 1)") {
        assert!(within.iter().any(|c| c.0 == section && c.1 <= x && x <= c.2), "{section} {x}");
    }
    // 100, 50 and 100 µm; on each section the mean position is its middle.
    let many = locset("(uniform dend 0 9999 1)");
    for (section, share) in [(DEND_0, 0.4), (DEND_1, 0.2), (DEND_2, 0.4)] {
        let xs: Vec<f64> = many.iter().filter(|l| l.0 == section).map(|l| l.1).collect();
        let (count, expected) = (xs.len() as f64, 10_000.0 * share);
        assert!((count - expected).abs() < 3.0 * (expected * (1.0 - share)).sqrt(), "{section}: {count}");
        let mean = xs.iter().sum::<f64>() / count;
        assert!((mean - 0.5).abs() < 3.0 / (12.0 * count).sqrt(), "{section}: {mean}");
    }
}

#[test]
fn a_region_and_a_locset_may_share_a_name() {
    let regions = [("tuft", "(distal-interval (locset \"tuft\"))")];
    let locsets = [("tuft", "dend[1](0)")];
    let found = with(&regions, &locsets, |labels| labels.region("tuft")).unwrap();
    assert_eq!(found.cables().iter().map(|c| c.section).collect::<Vec<_>>(), [DEND_1]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let regions = [
        "",
        "dendrite",
        "dend[0]",
        "(",
        ")",
        "()",
        "all all",
        "(\"tag\" 3)",
        "\"dend",
        "3",
        "(tag)",
        "(tag dend)",
        "(tag 3.5)",
        "(tags 3)",
        "(all 1)",
        "(region-nil all)",
        "(region 3)",
        "(region \"mien\")",
        "(section 6)",
        "(section 0.5)",
        "(section \"dend[9]\")",
        "(section (tag 3))",
        "(cable 1 0.5)",
        "(cable 1 0.5 1.5)",
        "(cable 1 0.8 0.2)",
        "(cable 1 nan 1)",
        "(join)",
        "(join dend\n  (tag 1)\n  (tagg 2))",
        "(intersect)",
        "(difference dend)",
        "(complement dend soma)",
        "(distal-interval)",
        "(distal-interval (root) -5)",
        "(distal-interval (root) 1e999)",
        "(proximal-interval dend)",
        "(radius-lt 0.5 all)",
        "(distance-gt 100)",
        "(terminal)",
    ];
    let locsets = [
        "soma",
        "soma(2)",
        "soma(-0.1)",
        "soma(half)",
        "some(0.5)",
        "soma()",
        "soma(0.5",
        "soma (0.5)",
        "soma(0.5)(0.5)",
        "(root 1)",
        "(terminals)",
        "(location 1)",
        "(location 1 -0.5)",
        "(location \"µm\" 0.5)",
        "(locset \"cites\")",
        "(on-branches)",
        "(on-components dend 0.5)",
        "(on-components 1.5 dend)",
        "(uniform dend 0 9)",
        "(uniform dend 9 0 1)",
        "(uniform dend -1 9 1)",
        "(uniform dend 0 9.5 1)",
        "(uniform dend 0 1e9 1)",
        "(uniform (region-nil) 0 9 1)",
        "(sum)",
        "(support (root) (root))",
        "(restrict (terminal) dend)",
        "(restrict-to dend (terminal))",
        "(distance all 100)",
        "(tag 3)",
    ];
    let mut all = String::new();
    for text in regions {
        let error = with(&MINE, &SITES, |labels| labels.region(text)).expect_err(text);
        assert!(error.column().is_some(), "{error}");
        writeln!(all, "{error}\n").unwrap();
    }
    for text in locsets {
        let error = with(&MINE, &SITES, |labels| labels.locset(text)).expect_err(text);
        assert!(error.column().is_some(), "{error}");
        writeln!(all, "{error}\n").unwrap();
    }
    insta::assert_snapshot!("errors", all);
}

#[test]
fn a_wrong_label_is_told_with_the_place_in_its_own_text() {
    let cases: [(&Table, &Table, &str, usize); 4] = [
        (&[("a", "(join soma b)"), ("b", "(join dend (tga 3))")], &[], "cell.regions.b", 12),
        (&[("a", "(join soma b)"), ("b", "(join dend a)")], &[], "cell.regions.b", 12),
        (&[("a", "(distal-interval c)")], &[("c", "(location 77 0.5)")], "cell.locsets.c", 11),
        (&[], &[("c", "(join (root) c)")], "cell.locsets.c", 14),
    ];
    for (regions, locsets, key, column) in cases {
        let error = with(regions, locsets, |_| Ok(())).unwrap_err();
        assert_eq!((error.document_key(), error.column()), (Some(key), Some(column)), "{error}");
    }
}

#[test]
fn deep_and_doubling_expressions_end() {
    let deep = format!("{}all{}", "(complement ".repeat(100_000), ")".repeat(100_000));
    let error = with(&[], &[], |labels| labels.region(&deep)).unwrap_err();
    assert!(error.message().contains("too deep"), "{error}");
    let chain = |length: usize, link: &dyn Fn(usize) -> String| -> Vec<(String, String)> {
        let next = |i| if i + 1 < length { link(i + 1) } else { "dend".to_owned() };
        (0..length).map(|i| (format!("r{i:05}"), next(i))).collect()
    };
    let labels = |table: &[(String, String)]| {
        let entries: Vec<(&str, &str)> = table.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        with(&entries, &[], |labels| labels.region("r00000"))
    };
    let long = chain(20_000, &|next| format!("(join r{next:05})"));
    assert!(labels(&long).unwrap_err().message().contains("too deep"));
    // Every label is evaluated once: 60 doublings are no work.
    let doubling = chain(60, &|next| format!("(join r{next:05} r{next:05})"));
    assert_eq!(labels(&doubling).unwrap().cables().len(), 3);
}
