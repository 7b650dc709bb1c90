//! `rates = "tabulated"`: what it changes, by how much, and what it must not change.

use std::path::Path;

use apical::cell::{Cell, Compartments, Pointer, SectionDescription};
use apical::model::{Document, Model, Rates, Record};
use apical::workload::{Workload, workload};
use apical::{Level, NetworkSimulation, Quantity, Simulation};

fn w4(rates: Rates) -> Model {
    let Ok(Workload::Cell(mut model)) = workload("W4", None) else { unreachable!("W4 is one cell") };
    model.run.rates = rates;
    *model
}

fn run(model: &Model, base: &Path) -> Simulation {
    let mut simulation = Simulation::new(model, base).expect("the model is right");
    simulation.run().expect("voltages stay physical");
    simulation
}

fn bits(simulation: &Simulation) -> Vec<u64> {
    simulation.voltages().iter().map(|v| v.to_bits()).collect()
}

/// A cell with ten channels everywhere: spikes on the same steps, and what is between them.
#[test]
fn a_layer_5_cell_spikes_on_the_same_steps() {
    let here = Path::new(".");
    let (exact, tabulated) = (run(&w4(Rates::Exact), here), run(&w4(Rates::Tabulated), here));
    let times = |simulation: &Simulation| simulation.results().spikes[0].times.clone();
    assert_eq!(times(&exact).len(), 6);
    assert_eq!(times(&exact), times(&tabulated));
    // Spikes are shifted by some millionths of a ms, which shows where the potential changes fast.
    let [a, b] = [&exact, &tabulated].map(|s| &s.results().traces[0].values);
    let step = exact.results().time[1] - exact.results().time[0];
    let slope = |i: usize| (a[i + 1] - a[i]).abs().max((a[i] - a[i - 1]).abs()) / step;
    let shift = |i: usize| (a[i] - b[i]).abs() / (slope(i) + 1.0);
    let shifts: Vec<f64> = (1..a.len() - 1).map(shift).collect();
    let largest = shifts.iter().copied().fold(0.0, f64::max);
    assert!(largest > 0.0 && largest < 1e-5, "{largest} ms");
    assert!(exact.plan().rates.is_none() && exact.plan().rates_in_words().is_none());
    let plan = tabulated.plan();
    let (count, bound) = plan.rates.expect("tables were asked for");
    assert!(count >= 25 && bound > 0.0 && bound <= 1e-6, "{count} {bound}");
    let kernel = plan.kernels.iter().find(|k| k.region).expect("a region");
    if let (Some(with), Some(without)) = (kernel.instructions, kernel.exact_instructions) {
        assert!(with < without, "{with} {without}");
    }
}

/// Tables are data: every way to run a kernel gives the same bits.
#[test]
fn every_level_gives_the_same_bits() {
    let mut model = w4(Rates::Tabulated);
    model.run.duration = 30.0;
    let fresh = Simulation::new(&model, ".").expect("the model is right");
    let outcomes = Level::available().into_iter().map(|level| {
        let mut simulation = fresh.clone();
        simulation.set_level(level);
        simulation.run().expect("voltages stay physical");
        (level, bits(&simulation))
    });
    let outcomes: Vec<_> = outcomes.collect();
    for (level, outcome) in &outcomes {
        assert!(*outcome == outcomes[0].1, "{level:?}");
    }
}

fn record(what: &str, at: &str) -> Record {
    Record { what: what.to_owned(), at: Some(at.to_owned()), ..Record::default() }
}

/// What is recorded decides which programs run together, and must not decide which tables they use.
#[test]
fn looking_at_states_changes_no_bit() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/layer5_pyramidal.toml");
    let document = Document::load(&path).expect("a model");
    let mut model = document.model.clone();
    model.run.duration = 40.0;
    model.run.rates = Rates::Tabulated;
    model.record.retain(|r| r.what == "v");
    let unseen = bits(&run(&model, document.base()));
    for what in ["NaTa_t.m", "ica", "cai", "i_membrane"] {
        let mut seen = model.clone();
        seen.record.push(record(what, "soma(0.5)"));
        assert!(bits(&run(&seen, document.base())) == unseen, "recording `{what}` changed a voltage");
    }
}

fn soma(compartments: usize) -> Cell {
    let section = SectionDescription {
        name: "soma".to_owned(),
        length: Some(100.0),
        diameter: Some(10.0),
        ..SectionDescription::default()
    };
    let compartments = Compartments::Count { count: compartments };
    Cell { section: vec![section], compartments, ..Cell::default() }
}

fn none() -> [(&'static str, Quantity); 0] {
    []
}

/// Where the potential lies outside the range of the tables a compartment has the bits of exact rates, whoever lies beside it.
#[test]
fn beyond_the_range_rates_are_exact() {
    let mixed = [-65.0, -120.0, -60.0, 75.0, -40.0, -100.5, 10.0, 300.0, -20.0, -500.0, 0.0, 40.0];
    let steps = |rates: Rates, initial: &[f64]| {
        let mut cell = soma(initial.len()).paint("all", "hh", none());
        // Nothing flows between compartments, so that each is by itself.
        cell.axial_resistivity = 1e15;
        for (number, &v) in initial.iter().enumerate() {
            let count = initial.len() as f64;
            let at = format!("(location \"soma\" {})", (number as f64 + 0.5) / count);
            cell = cell.place(
                &format!("clamp{number}"),
                &at,
                "SEClamp",
                [("rs", 1e-6.into()), ("dur1", 1e9.into()), ("amp1", v.into())],
            );
        }
        let mut model = Model::new(cell, 2.0);
        model.run.rates = rates;
        for number in 0..initial.len() {
            let at = format!("(location \"soma\" {})", (number as f64 + 0.5) / initial.len() as f64);
            model.record.extend(["hh.m", "hh.h", "hh.n"].map(|what| record(what, &at)));
        }
        let traces = run(&model, Path::new(".")).results().traces.clone();
        traces.chunks(3).map(|gates| gates.iter().map(|t| t.values[80]).collect()).collect::<Vec<Vec<f64>>>()
    };
    let (exact, tabulated) = (steps(Rates::Exact, &mixed), steps(Rates::Tabulated, &mixed));
    for ((v, exact), tabulated) in mixed.iter().zip(&exact).zip(&tabulated) {
        if (-100.0..60.0).contains(v) {
            assert_ne!(exact, tabulated, "{v} mV");
            for (a, b) in exact.iter().zip(tabulated) {
                assert!((a - b).abs() <= 1e-6 * a.abs(), "{v} mV: {a} {b}");
            }
        } else {
            assert_eq!(exact, tabulated, "{v} mV");
        }
    }
}

/// Cells side by side, on as many threads as there may be, get what a cell alone gets.
#[test]
fn neither_threads_nor_groups_change_a_bit() {
    let Ok(Workload::Network(mut network)) = workload("W3", None) else { unreachable!("W3 is a network") };
    network.run.duration = 30.0;
    network.run.rates = Rates::Tabulated;
    let spikes = |threads: usize, split: Option<usize>| {
        let mut network = network.clone();
        if let Some(first) = split {
            let mut rest = network.populations[0].clone();
            rest.name = "rest".to_owned();
            rest.count -= first;
            rest.recorded.clear();
            network.populations[0].count = first;
            network.populations.push(rest);
            let mut drive = network.drives[0].clone();
            (drive.name, drive.to) = ("to the rest".to_owned(), "rest".to_owned());
            drive.trains.retain(|train| train.cell as usize >= first);
            drive.trains.iter_mut().for_each(|train| train.cell -= first as u32);
            network.drives[0].trains.retain(|train| (train.cell as usize) < first);
            network.drives.push(drive);
        }
        let mut simulation = NetworkSimulation::new(&network, ".").expect("the network is right");
        simulation.run_with(threads, |_| {}).expect("voltages stay physical");
        let results = simulation.results();
        let times: Vec<Vec<f64>> = results.spikes.into_iter().map(|s| s.times).collect();
        (times, results.traces[0].values.iter().map(|v| v.to_bits()).collect::<Vec<u64>>())
    };
    let expected = spikes(1, None);
    assert!(expected.0.iter().flatten().count() > 100);
    assert!(spikes(2, None) == expected);
    assert!(spikes(2, Some(13)) == expected);
}

/// A parameter that a POINTER leads to may change in a run: no table is made of it.
#[test]
fn what_a_pointer_leads_to_is_not_fixed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pointed_rates");
    std::fs::create_dir_all(&folder).expect("a folder");
    let gate = "NEURON { SUFFIX gate NONSPECIFIC_CURRENT i RANGE half }
        PARAMETER { half = -40 }
        ASSIGNED { v (mV) i (mA/cm2) }
        STATE { m }
        INITIAL { m = 0 }
        BREAKPOINT { SOLVE states METHOD cnexp i = 1e-4*m*(v + 77) }
        DERIVATIVE states { m' = (1/(1 + exp(-(v - half)/6)) - m)/(1 + exp(v/30)) }";
    let writer = "NEURON { POINT_PROCESS Writer POINTER p }
        ASSIGNED { p }
        BREAKPOINT { if (t > 1) { p = -60 } }";
    std::fs::write(folder.join("gate.mod"), gate).expect("a file");
    std::fs::write(folder.join("writer.mod"), writer).expect("a file");
    let outcome = |written: bool, rates: Rates| {
        let mut cell = soma(3).paint("all", "gate", none());
        if written {
            cell = cell.place("writer", "soma(0.5)", "Writer", none());
            cell.pointer.push(Pointer {
                of: "writer".to_owned(),
                variable: "p".to_owned(),
                what: "gate.half".to_owned(),
                at: Some("soma(0.5)".to_owned()),
                ..Pointer::default()
            });
        }
        let mut model = Model::new(cell, 5.0);
        model.mechanisms = vec![folder.clone()];
        model.run.rates = rates;
        let simulation = run(&model, Path::new("."));
        (simulation.voltages().to_vec(), simulation.plan().rates)
    };
    let tables = |written| outcome(written, Rates::Tabulated).1.expect("tables were asked for").0;
    // The share of the step does not depend on `half`.
    assert_eq!((tables(false), tables(true)), (2, 1));
    let (exact, tabulated) = (outcome(true, Rates::Exact).0, outcome(true, Rates::Tabulated).0);
    let before = outcome(false, Rates::Exact).0;
    assert!(exact.iter().zip(&before).all(|(a, b)| (a - b).abs() > 1e-3), "the writer has no effect");
    assert!(exact.iter().zip(&tabulated).all(|(a, b)| (a - b).abs() < 1e-6), "{exact:?} {tabulated:?}");
}

/// Asking for tables where there is nothing to make one of is told.
#[test]
fn a_model_without_tables_says_so() {
    let mut model = Model::new(soma(3).paint("all", "pas", none()), 1.0);
    model.run.rates = Rates::Tabulated;
    let tabulated = run(&model, Path::new("."));
    let words = tabulated.plan().rates_in_words().expect("tables were asked for");
    assert!(words.starts_with("exact, as nothing"), "{words}");
    assert!(tabulated.plan().to_string().contains(&format!("rates: {words}")));
    model.run.rates = Rates::Exact;
    assert!(bits(&run(&model, Path::new("."))) == bits(&tabulated));
}
