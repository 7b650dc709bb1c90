//! Events known beforehand: lists, regular and Poisson trains, in which order and when they arrive.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use apical::Simulation;
use apical::cell::{Cell, SectionDescription};
use apical::model::{Detector, Events, Model, Poisson, Record, Regular};

/// Keeps the weights of its events as the digits of a number, and the time of the last.
const LISTENER: &str = "
NEURON { POINT_PROCESS Listener RANGE digits, last, count }
ASSIGNED { digits last count }
INITIAL { digits = 0 last = -1 count = 0 }
NET_RECEIVE(weight) { digits = 10 * digits + weight last = t count = count + 1 }
";

/// The file of the listener, written once.
fn listener() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("listener.mod");
        std::fs::write(&file, LISTENER).unwrap();
        file
    })
}

/// A section with listeners at these places, for `duration` ms.
fn model(places: usize, duration: f64, events: Vec<Events>) -> Model {
    let section = SectionDescription {
        name: "dend".into(),
        length: Some(100.0),
        diameter: Some(1.0),
        compartments: Some(places),
        ..SectionDescription::default()
    };
    let at: Vec<String> =
        (0..places).map(|i| format!("dend({})", (i as f64 + 0.5) / places as f64)).collect();
    let cell = Cell { section: vec![section], ..Cell::default() };
    let cell = cell.place("listener", &format!("(sum {})", at.join(" ")), "Listener", []);
    let mut model = Model::new(cell, duration);
    model.mechanisms.push(listener().to_owned());
    model.events = events;
    model.run.time_step = 0.1;
    for what in ["digits", "last", "count"] {
        model.record.push(Record { what: what.into(), of: Some("listener".into()), ..Record::default() });
    }
    model
}

fn to(weight: f64, events: Events) -> Events {
    Events { target: "listener".into(), weight, ..events }
}

fn list(weight: f64, times: &[f64]) -> Events {
    to(weight, Events { times: Some(times.to_vec()), ..Events::default() })
}

fn poisson(rate: f64, start: f64, stop: Option<f64>) -> Events {
    to(1.0, Events { poisson: Some(Poisson { rate, start, stop }), ..Events::default() })
}

/// The samples of what was recorded of the first listener: digits, last, count.
fn run(model: &Model) -> [Vec<f64>; 3] {
    let mut simulation = Simulation::new(model, ".").unwrap();
    simulation.run().unwrap();
    let each = simulation.lowered().placements[0].range.len();
    [0, 1, 2].map(|i| simulation.results().traces[i * each].values.clone())
}

fn ends(model: &Model) -> [f64; 3] {
    run(model).map(|values| *values.last().unwrap())
}

/// The times at which events arrive at each instance.
fn arrivals(model: &Model) -> Vec<Vec<f64>> {
    let group = apical::lower::lower(model, Path::new(".")).unwrap();
    let mut times = vec![Vec::new(); group.lowered.placements[0].range.len()];
    for arrival in &group.arrivals {
        times[group.connections[arrival.connection].target().instance].push(arrival.time);
    }
    times
}

#[test]
fn a_list_arrives_by_time_whatever_its_order() {
    let events = vec![list(1.0, &[3.0]), list(2.0, &[1.0, 4.0]), list(3.0, &[2.0])];
    assert_eq!(ends(&model(1, 5.0, events)), [2312.0, 4.0, 4.0]);
    assert_eq!(arrivals(&model(1, 5.0, vec![list(1.0, &[3.0, 1.0, 2.0])])), [[1.0, 2.0, 3.0]]);
}

#[test]
fn at_equal_times_the_order_of_the_document_holds() {
    let events = || [list(1.0, &[2.0, 2.0]), list(2.0, &[2.0]), list(3.0, &[2.0])];
    assert_eq!(ends(&model(1, 5.0, events().into()))[0], 1123.0);
    let mut reversed = events();
    reversed.reverse();
    assert_eq!(ends(&model(1, 5.0, reversed.into()))[0], 3211.0);
    // Within an entry the instances follow each other.
    let model = model(3, 5.0, vec![list(1.0, &[2.0, 2.0])]);
    let group = apical::lower::lower(&model, Path::new(".")).unwrap();
    let order: Vec<usize> = group.arrivals.iter().map(|a| a.connection).collect();
    assert_eq!(order, [0, 0, 1, 1, 2, 2]);
}

#[test]
fn an_event_acts_in_the_step_whose_middle_it_does_not_pass() {
    // Steps of 0.1 ms: the one from 1.0 to 1.1 ms has its middle at 1.05.
    for (time, sample) in [(0.0, 1), (0.05, 1), (0.051, 2), (1.0, 11), (1.049, 11), (1.051, 12)] {
        let [_, last, count] = run(&model(1, 2.0, vec![list(1.0, &[time])]));
        let first = count.iter().position(|&c| c == 1.0);
        assert_eq!(first, Some(sample), "{time}");
        // NET_RECEIVE sees the event's own time.
        assert_eq!(last[sample], time);
    }
}

#[test]
fn what_comes_after_the_last_middle_does_not_arrive() {
    assert_eq!(ends(&model(1, 2.0, vec![list(1.0, &[1.949, 1.951, 2.0, 2.1, 1e9])]))[2], 1.0);
    assert_eq!(ends(&model(1, 2.0, vec![list(1.0, &[])]))[2], 0.0);
}

#[test]
fn a_regular_train_counts_from_its_start() {
    let train = |start, interval, count| {
        to(1.0, Events { regular: Some(Regular { start, interval, count }), ..Events::default() })
    };
    let times = arrivals(&model(1, 5.0, vec![train(0.5, 0.3, 1000)])).remove(0);
    assert_eq!(times.len(), 1000);
    // Each from the start: roundings do not add up.
    assert!(times.iter().enumerate().all(|(i, t)| *t == 0.5 + i as f64 * 0.3));
    assert_eq!(ends(&model(1, 5.0, vec![train(0.5, 0.3, 4)])), [1111.0, 0.5 + 3.0 * 0.3, 4.0]);
    assert_eq!(ends(&model(1, 5.0, vec![train(2.0, 0.0, 3)])), [111.0, 2.0, 3.0]);
    assert_eq!(ends(&model(1, 5.0, vec![train(2.0, 1.0, 0)]))[2], 0.0);
}

#[test]
fn a_poisson_train_has_its_rate_and_exponential_intervals() {
    // 100 instances of 40 per second for 10 s.
    let trains = arrivals(&model(100, 10_000.0, vec![poisson(40.0, 0.0, None)]));
    let counts: Vec<f64> = trains.iter().map(|t| t.len() as f64).collect();
    let total: f64 = counts.iter().sum();
    assert!((total - 40_000.0).abs() < 3.0 * 40_000_f64.sqrt(), "{total}");
    // Counts scatter as their mean does: the index of dispersion is 1 with a deviation of √(2/99).
    let mean = total / 100.0;
    let dispersion = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / 99.0 / mean;
    assert!((dispersion - 1.0).abs() < 3.0 * (2.0_f64 / 99.0).sqrt(), "{dispersion}");
    let mut intervals: Vec<f64> = trains.iter().flat_map(|t| t.windows(2).map(|w| w[1] - w[0])).collect();
    let n = intervals.len() as f64;
    // Largest distance from the exponential distribution, of which 1.63/√n is exceeded once in a hundred times. A train that
    // ends with the run has few of the longest intervals: one in 400 is cut.
    intervals.sort_by(f64::total_cmp);
    let distance = |(i, t): (usize, &f64)| (1.0 - (-t * 0.04).exp() - (i as f64 + 0.5) / n).abs();
    let largest = intervals.iter().enumerate().map(distance).fold(0.0, f64::max);
    assert!(largest < 1.63 / n.sqrt(), "{largest}");
    // Neighbouring intervals know nothing of each other.
    let product: Vec<f64> = trains
        .iter()
        .flat_map(|t| t.windows(3).map(|w| (w[1] - w[0] - 25.0) * (w[2] - w[1] - 25.0)))
        .collect();
    let correlation = product.iter().sum::<f64>() / product.len() as f64 / 625.0;
    assert!(correlation.abs() < 3.0 / (product.len() as f64).sqrt(), "{correlation}");
}

#[test]
fn a_poisson_train_is_its_seeds_and_nothing_elses() {
    let plain = model(2, 1000.0, vec![poisson(50.0, 0.0, None)]);
    let trains = arrivals(&plain);
    assert_eq!(arrivals(&plain), trains);
    assert_ne!(trains[0], trains[1], "each instance has a train of its own");
    let with = |change: &dyn Fn(&mut Model)| {
        let mut model = plain.clone();
        change(&mut model);
        model
    };
    assert_ne!(arrivals(&with(&|m| m.run.seed = 2)), trains);
    // Neither the steps nor what is recorded nor how long the run is changes what arrives.
    assert_eq!(arrivals(&with(&|m| m.run.time_step = 0.025)), trains);
    assert_eq!(arrivals(&with(&|m| m.record.truncate(1))), trains);
    assert_eq!(arrivals(&with(&|m| m.events.push(list(1.0, &[])))), trains);
    let longer = arrivals(&with(&|m| m.run.duration = 2000.0));
    for (long, short) in longer.iter().zip(&trains) {
        assert_eq!(long[..short.len()], short[..]);
        assert!(long[short.len()] > 1000.0);
    }
    let count = |step: f64| ends(&with(&|m| m.run.time_step = step))[2];
    assert_eq!((count(0.1), count(0.025)), (trains[0].len() as f64, trains[0].len() as f64));
    // Another entry is another train; one instance of an entry is the first of it.
    let two = arrivals(&model(1, 1000.0, vec![poisson(50.0, 0.0, None), poisson(50.0, 0.0, None)])).remove(0);
    let second: Vec<f64> = two.iter().copied().filter(|t| !trains[0].contains(t)).collect();
    assert!(trains[0].iter().all(|t| two.contains(t)) && !second.is_empty() && second != trains[1]);
}

#[test]
fn a_poisson_train_keeps_to_its_bounds() {
    let bounded = arrivals(&model(20, 1000.0, vec![poisson(500.0, 200.0, Some(300.0))]));
    assert!(bounded.iter().flatten().all(|t| (200.0..=300.0).contains(t)));
    let total = bounded.iter().map(Vec::len).sum::<usize>() as f64;
    assert!((total - 1000.0).abs() < 3.0 * 1000_f64.sqrt(), "{total}");
    let open = arrivals(&model(1, 100.0, vec![poisson(500.0, 0.0, None)])).remove(0);
    assert!(open.iter().all(|t| *t <= 100.0));
}

/// A crossing that comes too soon after one that was reported is no spike, and does not put off the next.
#[test]
fn a_refractory_detector_leaves_out_what_follows_too_soon() {
    let soma = apical::cell::SectionDescription {
        name: "soma".into(),
        length: Some(20.0),
        diameter: Some(20.0),
        ..Default::default()
    };
    let clamp = [("del", 1.0.into()), ("dur", 1e9.into()), ("amp", 0.2.into())];
    let cell = Cell { section: vec![soma], ..Cell::default() }.paint("all", "hh", []).place(
        "clamp",
        "soma(0.5)",
        "IClamp",
        clamp,
    );
    let mut model = Model::new(cell, 300.0);
    let refractory =
        |ms| Detector { refractory: Some(ms), ..Detector::voltage(format!("{ms}"), "soma(0.5)", 0.0) };
    model.detect = vec![Detector::voltage("all", "soma(0.5)", 0.0)];
    let mut simulation = Simulation::new(&model, ".").unwrap();
    simulation.run().unwrap();
    let all = simulation.results().spikes[0].times.clone();
    assert!(all.len() > 12, "{all:?}");
    // Exactly as long as the longest interval, and a step more.
    let longest = all.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max);
    model.detect = [0.0, longest, longest + 0.025, 3.5 * longest].map(refractory).to_vec();
    let mut simulation = Simulation::new(&model, ".").unwrap();
    simulation.run().unwrap();
    for (detector, spikes) in model.detect.iter().zip(&simulation.results().spikes) {
        let mut expected: Vec<f64> = Vec::new();
        for &time in &all {
            let wait = detector.refractory.unwrap();
            if expected.last().is_none_or(|last| time - last > wait - 1e-6) {
                expected.push(time);
            }
        }
        assert_eq!(spikes.times, expected, "{wait:?}", wait = detector.refractory);
    }
    assert!(simulation.results().spikes[3].times.len() < all.len() / 3);
    for (wrong, expected) in [(-1.0, "refractory"), (f64::NAN, "refractory")] {
        model.detect = vec![refractory(wrong)];
        let error = Simulation::new(&model, ".").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
