//! A network of which one cell fails: who is named, what is left of the results, and that nothing runs on.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use apical::cell::{Cell, SectionDescription};
use apical::model::{Detector, Record};
use apical::network::{Drive, Network, Population, Train, Varied, Vary};
use apical::record::Results;
use apical::{Error, NetworkSimulation, Quantity};

const CELLS: usize = 30;
/// The one that fails.
const CULPRIT: usize = 17;
/// ms, within an epoch of 400 steps.
const FAILURE: f64 = 13.0125;

/// A current that is no number any more from a time on; a point process that sends itself events without end; one that moves an
/// event which it never sent; one that sends events when it is too late for them, at the end of a step.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("network_failures");
        std::fs::create_dir_all(&folder).expect("a folder");
        let breaks = "NEURON { SUFFIX breaks NONSPECIFIC_CURRENT i RANGE when } PARAMETER { when = 1e9 }
            ASSIGNED { v i } BREAKPOINT { i = 1e-5 * (v + 60) * (1 + sqrt(when - t)) }";
        let endless = "NEURON { POINT_PROCESS Endless } NET_RECEIVE (w) { net_send(0, 1) }";
        let moves = "NEURON { POINT_PROCESS Moves } NET_RECEIVE (w) { net_move(t + 1) }";
        let late = "NEURON { POINT_PROCESS Late RANGE when } PARAMETER { when = 1e9 }
            BREAKPOINT { SOLVE tell } PROCEDURE tell() { if (t > when) { net_event(t - 1) } }";
        for (name, text) in ["breaks", "endless", "moves", "late"].iter().zip([breaks, endless, moves, late])
        {
            std::fs::write(folder.join(format!("{name}.mod")), text).expect("a file");
        }
        folder
    })
}

fn cell() -> Cell {
    let none: [(&str, Quantity); 0] = [];
    let soma = SectionDescription {
        name: "soma".into(),
        length: Some(20.0),
        diameter: Some(20.0),
        ..SectionDescription::default()
    };
    Cell { section: vec![soma], ..Cell::default() }
        .paint("all", "hh", none.clone())
        .paint("all", "breaks", none.clone())
        .place("synapse", "(location \"soma\" 0.5)", "ExpSyn", [("tau", 2.0.into())])
        .place("endless", "(location \"soma\" 0.5)", "Endless", none.clone())
        .place("late", "(location \"soma\" 0.5)", "Late", none.clone())
        .place("moves", "(join (location \"soma\" 0.3) (location \"soma\" 0.7))", "Moves", none)
}

/// The culprit's current ends at this time, ms.
fn network(sizes: &[usize], failure: f64) -> Network {
    let what = Varied::Painted { mechanism: "breaks".into(), region: "all".into(), parameter: "when".into() };
    network_of(sizes, &what, failure)
}

/// Cells in populations of these sizes, numbered through, and others that spike at known times. The culprit has this time as what
/// differs between cells.
fn network_of(sizes: &[usize], what: &Varied, failure: f64) -> Network {
    let soma = "(location \"soma\" 0.5)";
    let mut network = Network::new(30.0);
    network.mechanisms = ["breaks.mod", "endless.mod", "moves.mod", "late.mod"].map(PathBuf::from).into();
    let mut first = 0;
    for (number, &count) in sizes.iter().enumerate() {
        let when = |cell| if cell == CULPRIT { failure } else { 1e9 };
        network.populations.push(Population {
            name: format!("p{number}"),
            count,
            cell: cell(),
            vary: vec![Vary {
                what: what.clone(),
                values: (first..first + count).map(when).collect::<Vec<_>>().into(),
            }],
            spike: Detector::voltage("spike", soma, -10.0),
            record: vec![Record { what: "v".into(), at: Some(soma.into()), ..Record::default() }],
            recorded: (0..count).collect(),
            ..Population::default()
        });
        first += count;
    }
    let train: [(&str, Quantity); 2] = [("interval", 0.0625.into()), ("number", 1e9.into())];
    let none: [(&str, Quantity); 0] = [];
    let mut clock = cell().paint("all", "pas", none);
    clock.place.clear();
    clock.place.push(Cell::default().place("train", "all", "SpikeTrain", train).place.remove(0));
    clock.place[0].at = None;
    network.populations.push(Population {
        name: "clocks".into(),
        count: 3,
        cell: clock,
        spike: Detector { name: "spike".into(), of: Some("train".into()), ..Detector::default() },
        ..Population::default()
    });
    for cell in 0..CELLS {
        send(&mut network, cell, ("synapse", 0), 0.05, vec![2.0 + (cell % 7) as f64, 12.0, 13.0]);
    }
    network
}

/// Sends events to an instance of a placement on a cell, by its number in the network.
fn send(network: &mut Network, cell: usize, (place, instance): (&str, u32), weight: f64, times: Vec<f64>) {
    let (population, own) = network.cell(cell).expect("a cell");
    let name = format!("{}", network.drives.len());
    let to = network.populations[population].name.clone();
    network.drives.push(Drive {
        trains: vec![Train { cell: own as u32, instance: Some(instance), times }],
        ..Drive::new(&name, &to, place, weight)
    });
}

/// The culprit's name where cells are in populations of these sizes.
fn culprit(sizes: &[usize]) -> String {
    let mut position = CULPRIT;
    let number = sizes.iter().position(|&size| match position < size {
        true => true,
        false => {
            position -= size;
            false
        }
    });
    format!("p{}[{position}]", number.expect("a population"))
}

/// The error of a run, what is left of it, and how many steps were done.
fn fail(network: &Network, threads: usize) -> (Error, Results, u64) {
    let mut simulation = NetworkSimulation::new(network, folder()).expect("the network is right");
    let mut latest = 0;
    let error = simulation.run_with(threads, |progress| latest = progress.steps).expect_err("an error");
    let (results, steps) = (simulation.results(), simulation.steps());
    assert!(latest <= steps, "a report of {latest} steps, of which {steps} were done");
    // Running on is refused, of a copy too, and changes nothing.
    for mut simulation in [simulation.clone(), simulation] {
        let again = simulation.run_with(threads, |_| panic!("it goes on")).expect_err("an error");
        assert_eq!(again.to_string(), error.to_string());
        assert_eq!((simulation.results(), simulation.steps()), (results.clone(), steps));
    }
    (error, results, steps)
}

const SIZES: [&[usize]; 4] = [&[CELLS], &[5, 25], &[17, 13], &[1; CELLS]];

#[test]
fn a_failure_leaves_what_all_cells_did_before_it() {
    let mut whole = network(&[CELLS], 1e9);
    // The failing step is the one whose middle lies beyond the time of the failure.
    let steps = 521;
    whole.run.duration = 0.025 * f64::from(steps);
    let mut simulation = NetworkSimulation::new(&whole, folder()).expect("the network is right");
    simulation.run_with(1, |_| {}).expect("nobody fails");
    let expected = simulation.results();
    for sizes in SIZES {
        for threads in [1, 3] {
            let (error, results, done) = fail(&network(sizes, FAILURE), threads);
            let message = error.message();
            let place = format!("the voltage at soma(0.5) of {} became not a number", culprit(sizes));
            assert!(message.starts_with(&place), "{message}");
            assert_eq!(done, steps as u64);
            assert_eq!(results.time, expected.time);
            for (cell, (trace, expected)) in results.traces.iter().zip(&expected.traces).enumerate() {
                assert_eq!(trace.values.len(), results.time.len());
                // The culprit had a current of its own.
                assert!(trace.values == expected.values || cell == CULPRIT, "cell {cell} of {sizes:?}");
            }
            for (cell, (spikes, expected)) in results.spikes.iter().zip(&expected.spikes).enumerate() {
                assert!(spikes.times == expected.times || cell == CULPRIT, "cell {cell} of {sizes:?}");
            }
            let clocks = &results.spikes[CELLS..];
            assert!(clocks.len() == 3 && clocks.iter().all(|clock| clock.times.len() > 200));
        }
    }
}

#[test]
fn errors_of_events_name_the_cell_and_its_instance() {
    for sizes in SIZES {
        for (place, instance, expected) in [
            ("endless", 0, "error: more than 1000000 events of CULPRIT in one step, the last at 13.0125 ms"),
            ("moves", 1, "instance 1 of CULPRIT"),
        ] {
            let mut network = network(sizes, 1e9);
            send(&mut network, CULPRIT, (place, instance), 0.0, vec![FAILURE]);
            let (error, results, _) = fail(&network, 2);
            let text = error.to_string();
            let expected = expected.replace("CULPRIT", &culprit(sizes));
            assert!(text.contains(&expected), "{text}");
            assert!(results.traces.iter().all(|trace| trace.values.len() == results.time.len()));
        }
    }
}

/// A step that fails when its voltages have moved is not taken either.
#[test]
fn a_failure_at_the_end_of_a_step_undoes_it() {
    for sizes in SIZES {
        let what = Varied::Placed { placement: "late".into(), parameter: "when".into() };
        let (error, results, steps) = fail(&network_of(sizes, &what, FAILURE), 2);
        assert!(error.to_string().contains(&format!("instance 0 of {}", culprit(sizes))), "{error}");
        // The step to 13.025 ms fails.
        assert_eq!(steps, 520);
        assert_eq!(results.time.len(), 521);
        assert!(results.traces.iter().all(|trace| trace.values.len() == 521));
    }
}

/// A limit of events that would be a group's, or the network's, refused many cells with many events.
#[test]
fn many_events_of_many_cells_are_no_error() {
    let mut network = network(&[CELLS], 1e9);
    network.run.duration = 1.0;
    for cell in 0..CELLS {
        send(&mut network, cell, ("synapse", 0), 1e-12, vec![0.5; 40_000]);
    }
    let mut simulation = NetworkSimulation::new(&network, folder()).expect("the network is right");
    simulation.run_with(2, |_| {}).expect("1.2 million events are not endless");
}

#[test]
fn the_size_of_results_is_that_of_the_whole_network() {
    let mut network = network(&[1; CELLS], 1e9);
    // 4e7 samples of each cell: one cell's would do, thirty cells' would not.
    network.run.duration = 1e6;
    let error = NetworkSimulation::new(&network, folder()).expect_err("an error");
    assert_eq!(error.document_key(), Some("run"));
    let expected = "the results would hold 1.2e9 numbers (4.0e7 samples): 1e9 at most";
    assert_eq!(error.message(), expected);
}

/// A cell alone does not run on either.
#[test]
fn a_cell_that_failed_does_not_run_on() {
    let soma = "(location \"soma\" 0.5)";
    let mut model = apical::Model::new(cell().paint("all", "breaks", [("when", FAILURE.into())]), 30.0);
    model.mechanisms = network(&[CELLS], 1e9).mechanisms;
    model.record.push(Record { what: "v".into(), at: Some(soma.into()), ..Record::default() });
    let mut simulation = apical::Simulation::new(&model, folder()).expect("the model is right");
    let error = simulation.run().expect_err("an error");
    let results = simulation.results().clone();
    assert!(error.message().starts_with("the voltage at soma(0.5) became not a number"), "{error}");
    assert_eq!(simulation.step().expect_err("an error").to_string(), error.to_string());
    assert_eq!(simulation.results(), &results);
}
