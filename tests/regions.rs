//! Regions: what is joined, what waits for the next step, and that nobody can tell.

use std::path::Path;

use apical::cell::{Cell, SectionDescription};
use apical::model::{Document, Model, Record};
use apical::{Quantity, Simulation};

/// Voltages of all compartments after a run, section by section, to the bit.
fn end(model: &Model, base: &Path) -> Vec<u64> {
    let mut simulation = Simulation::new(model, base).expect("the model is right");
    simulation.run().expect("voltages stay physical");
    compartments(&simulation)
}

fn compartments(simulation: &Simulation) -> Vec<u64> {
    let nodes = simulation.lowered().tree.compartments.concat();
    nodes.into_iter().map(|node| simulation.voltages()[node].to_bits()).collect()
}

fn record(what: &str, at: &str) -> Record {
    Record { what: what.to_owned(), at: Some(at.to_owned()), ..Record::default() }
}

/// States that wait for the currents of the next step, and states that a recording asks for at once, are the same states.
#[test]
fn looking_at_states_changes_no_bit() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/layer5_pyramidal.toml");
    let document = Document::load(&path).expect("a model");
    let mut model = document.model.clone();
    model.run.duration = 60.0;
    model.record.retain(|r| r.what == "v");
    assert!(
        Simulation::new(&model, document.base()).expect("the model is right").plan().states_with_currents
    );
    let unseen = end(&model, document.base());
    for what in ["Ih.m", "NaTa_t.m", "ica", "cai", "eca", "i_membrane"] {
        let mut seen = model.clone();
        seen.record.push(record(what, "(location \"soma\" 0.5)"));
        assert!(end(&seen, document.base()) == unseen, "recording `{what}` changed a voltage");
        // Seen every fourth step, states wait in between.
        seen.run.sample_interval = Some(0.1);
        assert!(end(&seen, document.base()) == unseen, "recording `{what}` now and then changed a voltage");
    }
}

/// A cable painted in overlapping stretches.
fn cable() -> Cell {
    let section = |name: &str, parent: Option<&str>| SectionDescription {
        name: name.to_owned(),
        length: Some(300.0),
        diameter: Some(2.0),
        parent: parent.map(str::to_owned),
        compartments: Some(30),
        ..SectionDescription::default()
    };
    let cell = Cell {
        section: vec![section("a", None), section("b", Some("a")), section("c", Some("a"))],
        ..Cell::default()
    };
    let step: [(&str, Quantity); 3] = [("del", 1.0.into()), ("dur", 1e12.into()), ("amp", 0.2.into())];
    cell.place("clamp", "(location \"a\" 0)", "IClamp", step)
}

#[test]
fn overlapping_mechanisms_make_one_region_for_each_combination() {
    let none: [(&str, Quantity); 0] = [];
    let cell = cable().paint("all", "pas", none.clone()).paint("(section \"a\")", "hh", none.clone());
    let cell = cell.paint("(join (section \"b\") (section \"a\"))", "Ih", none);
    let plan = Simulation::new(&Model::new(cell, 5.0), ".").expect("the model is right").plan();
    let mut regions: Vec<(usize, String)> =
        plan.kernels.iter().filter(|k| k.region).map(|k| (k.instances, k.mechanisms.join(" "))).collect();
    regions.sort();
    let expected = [(30, "pas"), (30, "pas Ih"), (30, "pas hh Ih")].map(|(n, s)| (n, s.to_owned()));
    assert_eq!(regions, expected);
    assert_eq!((plan.regions, plan.compartments), (3, 90));
}

/// A parameter that is the same number everywhere, given once, or given anew for a part of the cell, and a mechanism painted in
/// one stretch or in two that overlap: the same bits.
#[test]
fn how_a_description_is_cut_up_changes_no_bit() {
    let conductance = |g: f64| [("gnabar", Quantity::from(g))];
    let none: [(&str, Quantity); 0] = [];
    let whole = cable().paint("all", "pas", none.clone()).paint("all", "hh", conductance(0.11));
    let pieces = cable().paint("all", "pas", none).paint("(section \"a\")", "hh", conductance(0.05)).paint(
        "all",
        "hh",
        conductance(0.11),
    );
    // One value that differs where it makes no difference: the parameter becomes one number for each instance.
    let mut promoted = whole.clone();
    promoted = promoted.paint("(section \"c\")", "hh", [("gkbar", Quantity::from(0.0361))]);
    promoted = promoted.paint("(section \"c\")", "hh", [("gkbar", Quantity::from(0.036))]);
    let of = |cell: Cell| end(&Model::new(cell, 20.0), Path::new("."));
    let expected = of(whole);
    assert!(expected == of(pieces));
    assert!(expected == of(promoted));
    // A mechanism without conductance in a part makes a region of its own.
    let more = |g: f64| {
        cable().paint("all", "pas", [("g", Quantity::from(2e-3))]).paint("all", "hh", conductance(g))
    };
    let absent = more(0.11).paint("(section \"b\")", "Ih", [("gIhbar", Quantity::from(0.0))]);
    assert!(of(more(0.11)) != expected, "the leak has no effect");
    assert!(of(more(0.11)) == of(absent));
}

/// Everything that goes on in time is in what is copied: a copy made in the middle of a run ends as the original does.
#[test]
fn a_copy_goes_on_as_the_original_would() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/layer5_pyramidal.toml");
    let document = Document::load(&path).expect("a model");
    let mut model = document.model.clone();
    model.run.duration = 60.0;
    let mut original = Simulation::new(&model, document.base()).expect("the model is right");
    for _ in 0..1111 {
        original.step().expect("voltages stay physical");
    }
    let mut copy = original.clone();
    original.run().expect("voltages stay physical");
    copy.run().expect("voltages stay physical");
    assert_eq!(original.results().traces, copy.results().traces);
    assert!(end(&model, document.base()) == compartments(&copy));
}

/// A pool without current whose BREAKPOINT asks for the time gets that of its own step, whoever looks.
#[test]
fn what_runs_with_the_states_sees_their_time() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timed_pool");
    std::fs::create_dir_all(&folder).expect("a folder");
    let pool = "NEURON { SUFFIX timed USEION ca WRITE cai }
        STATE { cai }
        BREAKPOINT { cai = 1e-4 * (2 + sin(t)) }";
    let leak = "NEURON { SUFFIX follower USEION ca READ cai NONSPECIFIC_CURRENT i }
        BREAKPOINT { i = 10 * cai * (v + 50) }";
    std::fs::write(folder.join("timed.mod"), pool).expect("a file");
    std::fs::write(folder.join("follower.mod"), leak).expect("a file");
    let none: [(&str, Quantity); 0] = [];
    let cell = cable().paint("all", "timed", none.clone()).paint("all", "follower", none.clone());
    // Something with states, so that there is something to wait.
    let mut model = Model::new(cell.paint("all", "hh", none), 10.0);
    model.mechanisms = vec!["timed.mod".into(), "follower.mod".into()];
    let unseen = end(&model, &folder);
    model.record.push(record("cai", "(location \"b\" 0.5)"));
    assert!(end(&model, &folder) == unseen);
}
