//! Synapses, artificial cells and other mechanisms that live on events, against their own event maps, closed forms and
//! probabilities.

use apical::cell::{Cell, Pointer, SectionDescription, Table};
use apical::model::{Detector, Events, Model, Record, Regular};
use apical::{Quantity, Simulation};
use mechanism_support::Instance;

mod mechanism_support;

/// A passive compartment of 20 × 20 µm.
fn soma() -> Cell {
    let section = SectionDescription {
        name: "soma".into(),
        length: Some(20.0),
        diameter: Some(20.0),
        compartments: Some(1),
        ..SectionDescription::default()
    };
    Cell { section: vec![section], ..Cell::default() }.paint("all", "pas", [("g", 1e-4.into())])
}

fn place(cell: Cell, name: &str, mechanism: &str, parameters: &[(&str, f64)]) -> Cell {
    let parameters = parameters.iter().map(|&(n, v)| (n, Quantity::from(v)));
    cell.place(name, "soma(0.5)", mechanism, parameters)
}

fn artificial(mut cell: Cell, name: &str, mechanism: &str, parameters: &[(&str, f64)]) -> Cell {
    cell = place(cell, name, mechanism, parameters);
    if let Some(last) = cell.place.last_mut() {
        last.at = None;
    }
    cell
}

fn arrivals(target: &str, weight: f64, times: &[f64]) -> Events {
    Events { target: target.into(), weight, times: Some(times.to_vec()), ..Events::default() }
}

fn record(what: &str, of: &str) -> Record {
    Record { what: what.into(), of: Some(of.into()), ..Record::default() }
}

fn run(model: &Model) -> Simulation {
    let mut simulation = Simulation::new(model, ".").unwrap_or_else(|e| panic!("{e}"));
    simulation.run().unwrap_or_else(|e| panic!("{e}"));
    simulation
}

/// Every sample of the recorded quantities.
fn traces(model: &Model) -> Vec<Vec<f64>> {
    run(model).results().traces.iter().map(|t| t.values.clone()).collect()
}

/// An instance that receives a regular train until nothing changes: the conductance that the last event adds, and the
/// connection's arguments.
fn settled(name: &str, parameters: &[(&str, f64)], interval: f64, arguments: &mut [f64]) -> f64 {
    let mut synapse = Instance::new(name);
    for (parameter, value) in parameters {
        synapse.give(parameter, *value);
    }
    synapse.connect(arguments);
    for event in 1..=2000 {
        synapse.give("g", 0.0).receive(f64::from(event) * interval, arguments);
    }
    synapse.value("g")
}

const EXCITATORY: [(&str, f64); 3] = [("tau_rec", 800.0), ("tau_facil", 0.0), ("U", 0.5)];
const INHIBITORY: [(&str, f64); 3] = [("tau_rec", 100.0), ("tau_facil", 1000.0), ("U", 0.04)];

#[test]
fn two_variable_plasticity_settles_where_the_formula_says() {
    for (parameters, interval) in
        [(EXCITATORY, 50.0_f64), (EXCITATORY, 7.0), (INHIBITORY, 20.0), (INHIBITORY, 3.0)]
    {
        let [(_, recovery), (_, facilitation), (_, start)] = parameters;
        let left = |tau: f64| if tau > 0.0 { (-interval / tau).exp() } else { 0.0 };
        let u = start / (1.0 - (1.0 - start) * left(facilitation));
        let x = (1.0 - left(recovery)) / (1.0 - (1.0 - u) * left(recovery));
        let mut arguments = [0.003, 0.0, 0.0, 0.0];
        let released = settled("TsodyksMarkram", &parameters, interval, &mut arguments) / 0.003;
        assert!((arguments[2] - u).abs() < 1e-9, "u settles at {}, not {u}", arguments[2]);
        assert!((released / u - x).abs() < 1e-9, "x settles at {}, not {x}", released / u);
    }
}

/// The three-state map is linear for a given u: (y, z) goes to M((1 − u)y − u z + u, z) with M the flow between events.
#[test]
fn three_state_plasticity_settles_at_its_own_fixed_point() {
    for (parameters, interval) in
        [(EXCITATORY, 50.0_f64), (EXCITATORY, 2.0), (INHIBITORY, 20.0), (INHIBITORY, 3.0)]
    {
        let [(_, recovery), (_, facilitation), (_, start)] = parameters;
        let left = |tau: f64| if tau > 0.0 { (-interval / tau).exp() } else { 0.0 };
        let u = start / (1.0 - (1.0 - start) * left(facilitation));
        let (e1, er) = (left(3.0), left(recovery));
        let passed = (er - e1) / (1.0 - 3.0 / recovery);
        // Before the event y = e1 (y + ux), z = er z + passed (y + ux), x = 1 − y − z: with r = ux what is released,
        // y = e1 r/(1 − e1), z = passed r/((1 − e1)(1 − er)), and r = u (1 − y − z).
        let r = u / (1.0 + u * (e1 / (1.0 - e1) + passed / ((1.0 - e1) * (1.0 - er))));
        let mut arguments = [0.003, 0.0, 0.0, 0.0, 0.0];
        let released = settled("TsodyksMarkram3", &parameters, interval, &mut arguments) / 0.003;
        assert!((released - r).abs() < 1e-9, "{released} is released, not {r}");
    }
    // Equal time constants: as those that differ by little.
    let with =
        |tau: f64| settled("TsodyksMarkram3", &[("tau_rec", tau)], 5.0, &mut [0.003, 0.0, 0.0, 0.0, 0.0]);
    assert!((with(3.0) / with(3.000_001) - 1.0).abs() < 1e-6);
}

/// Two connections, the second prolonged by a second pulse: each opens and closes by itself.
#[test]
fn gaba_a_binds_and_unbinds_in_first_order() {
    let mut model = Model::new(place(soma(), "syn", "GABAA", &[]), 20.0);
    model.events = vec![arrivals("syn", 0.01, &[2.0]), arrivals("syn", 0.004, &[2.5, 3.25, 9.0])];
    model.record = vec![record("open", "syn"), record("shut", "syn")];
    let found = traces(&model);
    let (bound, unbinding) = (5.0 + 0.18, 0.18);
    let receptors = |pulses: &[(f64, f64)], t: f64| {
        let (mut r, mut now) = (0.0, 0.0);
        for &(start, end) in pulses {
            let until = |when: f64, now: f64| (t.min(when) - now).max(0.0);
            r *= (-unbinding * until(start, now)).exp();
            let most = 5.0 / bound;
            r = most + (r - most) * (-bound * until(end, start)).exp();
            now = end;
        }
        r * (-unbinding * (t - now).max(0.0)).exp()
    };
    for (step, (open, shut)) in found[0].iter().zip(&found[1]).enumerate() {
        let (t, g) = (step as f64 * 0.025, open + shut);
        let expected = 0.01 * receptors(&[(2.0, 3.0)], t) + 0.004 * receptors(&[(2.5, 4.25), (9.0, 10.0)], t);
        assert!((g - expected).abs() < 1e-12, "{g} uS at {t} ms, not {expected}");
    }
}

/// One pulse: R falls with K2, G is a difference of exponentials. Ten pulses: far more than ten times as much.
#[test]
fn gaba_b_follows_its_cascade() {
    let peak = |times: &[f64], step: f64| {
        let mut model = Model::new(place(soma(), "syn", "GABAB", &[("gmax", 1.0)]), 400.0);
        model.run.time_step = step;
        model.events = vec![arrivals("syn", 1.0, times)];
        model.record = vec![record("g", "syn"), record("G", "syn")];
        traces(&model)
    };
    let (k1, k2, k3, k4) = (0.52 * 0.5, 0.0013, 0.098, 0.033);
    let most = k1 / (k1 + k2);
    let activated = most * (1.0 - (-(k1 + k2) * 0.3_f64).exp());
    let step = 0.0125;
    let found = peak(&[1.0], step);
    for t in [20.0, 60.0, 150.0, 399.0] {
        // Since the end of the pulse; what it made of G during its 0.3 ms counts as made half-way.
        let s = t - 1.3;
        let g = k3 * activated / (k4 - k2) * ((-k2 * s).exp() - (-k4 * s).exp())
            + 0.5 * 0.3 * k3 * activated * (-k4 * s).exp();
        let sample = found[1][(t / step).round() as usize];
        assert!((sample / g - 1.0).abs() < 1e-3, "G is {sample} at {t} ms, not {g}");
        let open = sample.powi(4) / (sample.powi(4) + 100.0);
        // The currents of the next step are those of this sample's state.
        let conductance = found[0][(t / step).round() as usize + 1];
        assert!((conductance / open - 1.0).abs() < 1e-12);
    }
    let most_of = |trace: &[f64]| trace.iter().fold(0.0_f64, |m, &g| m.max(g));
    let train: Vec<f64> = (0..10).map(|k| 1.0 + 5.0 * f64::from(k)).collect();
    let (one, ten) = (most_of(&found[0]), most_of(&peak(&train, step)[0]));
    println!("GABA_B opens {one:.3e} after one pulse, {ten:.3e} after ten");
    assert!(ten > 1000.0 * one && ten < 1.0);
}

/// The voltage goes to a level at 5 ms: nothing at the threshold, above it the published size and course, again when the
/// refractory period ends above it.
#[test]
fn the_dendritic_calcium_spike_is_largest_at_its_threshold() {
    for (level, size) in [(-36.0, None), (-30.0, Some(-6.0_f64)), (-20.0, Some(-16.0)), (0.0, Some(-36.0))] {
        let clamp = [("rs", 1e-9), ("dur1", 5.0), ("amp1", -70.0), ("dur2", 1e9), ("amp2", level)];
        let cell = place(place(soma(), "clamp", "SEClamp", &clamp), "spike", "dCaAP", &[("w", 1e-9)]);
        let mut model = Model::new(cell, 260.0);
        model.run.initial_voltage = -70.0;
        model.record = ["count", "K", "A", "B", "i"].map(|what| record(what, "spike")).to_vec();
        let found = traces(&model);
        let at = |what: usize, t: f64| found[what][(t / 0.025).round() as usize];
        let Some(excess) = size else {
            assert_eq!(at(0, 259.0), 0.0, "no spike at the threshold itself");
            continue;
        };
        let expected = (excess / (39.0 * 0.3)).exp();
        assert_eq!((at(0, 4.0), at(0, 100.0), at(0, 259.0)), (0.0, 1.0, 2.0));
        assert!((at(1, 100.0) - expected).abs() < 1e-8, "K is {}, not {expected}", at(1, 100.0));
        let start = found[0].iter().position(|&n| n == 1.0).expect("fires") as f64 * 0.025;
        let again = found[0].iter().position(|&n| n == 2.0).expect("fires again") as f64 * 0.025;
        assert!((start - 5.0).abs() < 0.06 && (again - start - 200.0).abs() < 1e-9, "{start} {again}");
        let logistic = |s: f64, tau: f64| if s < 0.0 { 0.0 } else { 1.0 / (1.0 + 999.0 * (-s / tau).exp()) };
        for t in [10.0, 20.0, 26.5, 30.0, 60.0] {
            // Currents belong to the middle of a step; the spike began at the end of the step before its first sample.
            let s = t - start + 0.0125;
            let (a, b) = (logistic(s, 3.0), logistic(s - 21.0, 0.4));
            assert!((at(2, t) - a).abs() < 1e-9 && (at(3, t) - b).abs() < 1e-9, "{} {a}", at(2, t));
            assert!((at(4, t) + 1e-9 * at(1, t) * (a - b)).abs() < 1e-18);
        }
    }
}

#[test]
fn a_gap_junction_carries_the_difference_of_its_sides() {
    let mut cell = soma();
    cell.section.push(SectionDescription {
        name: "dend".into(),
        parent: Some("soma".into()),
        length: Some(200.0),
        diameter: Some(1.0),
        compartments: Some(3),
        ..SectionDescription::default()
    });
    let cell = cell.paint("all", "pas", [("g", 1e-4.into())]);
    let junction = [("g", Quantity::from(0.001))];
    let cell = place(cell, "step", "IClamp", &[("dur", 1e9), ("amp", 0.05)]);
    let cell = cell.place("near", "soma(0.5)", "GapJunction", junction.clone());
    let mut cell = cell.place("far", "(location \"dend\" 1)", "GapJunction", junction);
    for (of, at) in [("near", "(location \"dend\" 1)"), ("far", "soma(0.5)")] {
        let pointer =
            Pointer { of: of.into(), variable: "vgap".into(), what: "v".into(), ..Pointer::default() };
        cell.pointer.push(Pointer { at: Some(at.into()), ..pointer });
    }
    let mut model = Model::new(cell, 400.0);
    model.record = vec![record("i", "near"), record("i", "far")];
    for at in ["soma(0.5)", "(location \"dend\" 1)"] {
        model.record.push(Record { what: "v".into(), at: Some(at.into()), ..Record::default() });
    }
    let last: Vec<f64> = traces(&model).iter().map(|t| *t.last().expect("samples")).collect();
    let expected = 0.001 * (last[2] - last[3]);
    assert!(expected > 1e-3, "the sides differ");
    assert!((last[0] - expected).abs() < 1e-9 && (last[1] + expected).abs() < 1e-9, "{last:?}");
}

/// Currents belong to the middle of a step, and so does the conductance.
#[test]
fn a_played_conductance_is_its_table() {
    let parameters = [("onset", 2.0), ("scale", 3.0), ("e", -80.0)];
    let mut cell = place(soma(), "played", "PlayedConductance", &parameters);
    cell.table.push(Table {
        mechanism: "PlayedConductance".into(),
        name: "conductance".into(),
        arguments: vec![0.0, 4.0, 5.0, 9.0],
        values: vec![0.0, 0.002, 0.002, 0.0005],
    });
    let mut model = Model::new(cell, 15.0);
    model.record = vec![record("g", "played")];
    for (step, g) in traces(&model)[0].iter().enumerate().skip(1) {
        let t = step as f64 * 0.025 - 0.0125 - 2.0;
        let course = match t {
            ..0.0 => 0.0,
            0.0..4.0 => 0.0005 * t,
            4.0..5.0 => 0.002,
            5.0..9.0 => 0.002 - 0.000_375 * (t - 5.0),
            _ => 0.0005,
        };
        assert!((g - 3.0 * course).abs() < 1e-14, "{g} at {t}");
    }
}

/// Releases and failures of a synapse over many events.
fn release(p: f64, sites: f64, seed: u64) -> (f64, f64) {
    let mut model = Model::new(place(soma(), "syn", "StochasticSyn", &[("p", p), ("sites", sites)]), 2000.0);
    model.run.time_step = 0.1;
    model.run.seed = seed;
    model.run.sample_interval = Some(1000.0);
    let regular = Some(Regular { start: 0.05, interval: 0.1, count: COUNT });
    model.events = vec![Events { target: "syn".into(), weight: 1e-9, regular, ..Events::default() }];
    model.record = vec![record("released", "syn"), record("failures", "syn")];
    let last: Vec<f64> = traces(&model).iter().map(|t| *t.last().expect("samples")).collect();
    (last[0], last[1])
}

const COUNT: usize = 19_999;

#[test]
fn release_by_chance_is_binomial_and_repeats_with_its_seed() {
    let n = COUNT as f64;
    for (p, sites) in [(0.25, 1.0), (0.1, 1.0), (0.3, 5.0), (0.02, 16.0)] {
        let (released, failures) = release(p, sites, 7);
        let fails = (1.0_f64 - p).powf(sites);
        println!("p {p}, {sites} sites: {released} released, {failures} failures of {n}");
        assert!((released - n * sites * p).abs() < 3.0 * (n * sites * p * (1.0 - p)).sqrt());
        assert!((failures - n * fails).abs() < 3.0 * (n * fails * (1.0 - fails)).sqrt());
    }
    assert_eq!(release(0.25, 1.0, 7), release(0.25, 1.0, 7));
    assert_ne!(release(0.25, 1.0, 7), release(0.25, 1.0, 8));
    assert_eq!(release(1.0, 3.0, 1), (3.0 * n, 0.0));
    assert_eq!(release(0.0, 3.0, 1), (0.0, n));
}

fn spikes(cell: Cell, events: Vec<Events>, duration: f64) -> Vec<f64> {
    let mut model = Model::new(cell, duration);
    model.events = events;
    model.detect.push(Detector { name: "out".into(), of: Some("cell".into()), ..Detector::default() });
    run(&model).results().spikes[0].times.clone()
}

#[test]
fn a_spike_train_is_regular_or_poisson() {
    let regular = [("start", 3.0), ("interval", 7.0), ("number", 5.0)];
    let times = spikes(artificial(soma(), "cell", "SpikeTrain", &regular), vec![], 100.0);
    assert_eq!(times, [3.0, 10.0, 17.0, 24.0, 31.0]);
    for noise in [1.0, 0.4] {
        let random = [("interval", 2.0), ("number", 1e9), ("noise", noise)];
        let times = spikes(artificial(soma(), "cell", "SpikeTrain", &random), vec![], 10_000.0);
        let intervals: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
        let n = intervals.len() as f64;
        let mean = intervals.iter().sum::<f64>() / n;
        let deviation = (intervals.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / n).sqrt();
        println!("noise {noise}: mean {mean:.4} ms, coefficient of variation {:.4} of {n}", deviation / mean);
        // The mean of n intervals of deviation noise·2 ms, and the variation of exponentials (fourth moment 9), by 3σ.
        assert!((mean - 2.0).abs() < 3.0 * 2.0 * noise / n.sqrt());
        assert!((deviation / (2.0 * noise) - 1.0).abs() < 3.0 * (2.0 / n).sqrt());
        let least = intervals.iter().fold(f64::INFINITY, |m, &i| m.min(i));
        assert!(least >= 2.0 * (1.0 - noise) - 1e-9);
    }
}

#[test]
fn a_leaky_integrator_fires_by_its_event_map() {
    let cell = artificial(soma(), "cell", "LeakyFire", &[("tau", 10.0), ("refractory", 4.1)]);
    let times: Vec<f64> = (0..200).map(|k| 0.5 + 1.7 * f64::from(k) + 0.3 * f64::from(k % 5)).collect();
    let found = spikes(cell, vec![arrivals("cell", 0.31, &times)], 400.0);
    let (mut m, mut last, mut free) = (0.0_f64, 0.0, 0.0);
    let mut expected = Vec::new();
    for &t in times.iter().filter(|&&t| t <= 400.0) {
        if t < free {
            continue;
        }
        m = m * (-(t - last) / 10.0_f64).exp() + 0.31;
        last = t;
        if m >= 1.0 {
            (m, free) = (0.0, t + 4.1);
            expected.push(t);
        }
    }
    assert!(expected.len() > 20);
    assert_eq!(found, expected);
}

/// Each receptor peaks at its weight; equal time constants are no division by zero; the block is Jahr and Stevens'.
#[test]
fn glutamate_peaks_at_its_weight_behind_its_block() {
    for (rise, decay) in [(2.0, 70.0), (5.0, 5.0)] {
        let parameters = [("nmda_rise", rise), ("nmda_decay", decay), ("mg", 0.0), ("nmda", 0.5)];
        let mut model = Model::new(place(soma(), "syn", "AMPANMDA", &parameters), 60.0);
        model.run.time_step = 0.005;
        model.events = vec![arrivals("syn", 2e-6, &[1.0])];
        model.record = vec![record("g_ampa", "syn"), record("g_nmda", "syn")];
        let peak = |trace: &Vec<f64>| trace.iter().fold(0.0_f64, |m, &g| m.max(g));
        let found = traces(&model);
        assert!((peak(&found[0]) / 2e-6 - 1.0).abs() < 1e-5, "AMPA peaks at {}", peak(&found[0]));
        assert!((peak(&found[1]) / 1e-6 - 1.0).abs() < 1e-5, "NMDA peaks at {}", peak(&found[1]));
    }
    let mut synapse = Instance::new("AMPANMDA");
    synapse.initial();
    synapse.give("nmda_down", 1e-3);
    for v in [-80.0_f64, -40.0, 0.0, 40.0] {
        let block = 1.0 / (1.0 + (-0.062 * v).exp() / 3.57);
        let current = synapse.set(apical_nmodl::ir::Place::Voltage, v).current();
        assert!((current - 1e-3 * block * v).abs() < 1e-12 * v.abs() + 1e-300, "{current} at {v} mV");
    }
}

#[test]
fn glutamate_that_jumps_follows_its_exponentials() {
    let mut model = Model::new(place(soma(), "syn", "ExpAMPANMDA", &[("mg", 0.0), ("nmda", 0.5)]), 40.0);
    model.events = vec![arrivals("syn", 2e-6, &[1.0])];
    model.record = ["ampa_conductance", "nmda_up", "nmda_down", "i"].map(|what| record(what, "syn")).to_vec();
    model.record.push(Record { what: "v".into(), at: Some("(location 0 0.5)".into()), ..Record::default() });
    let found = traces(&model);
    let [ampa, up, down, i, v] = found.as_slice() else { panic!("five traces") };
    for k in (61..1600).step_by(100) {
        let since = k as f64 * 0.025 - 1.0;
        let expected = [2.0, 4.0, 60.0].map(|tau| 2e-6 * (-since / tau).exp());
        for (value, expected) in [ampa[k], up[k], down[k]].iter().zip(expected) {
            assert!((value / expected - 1.0).abs() < 1e-12, "{value}, not {expected}, after {since} ms");
        }
        // Currents are those of the step before: conductances at its end, the voltage at its beginning.
        let current = (ampa[k - 1] + 0.5 * (down[k - 1] - up[k - 1])) * v[k - 1];
        assert!((i[k] / current - 1.0).abs() < 1e-12, "{} nA, not {current}", i[k]);
    }
    let mut synapse = Instance::new("ExpAMPANMDA");
    synapse.initial();
    synapse.give("nmda_down", 1e-3);
    for v in [-80.0_f64, -40.0, 0.0, 40.0] {
        let block = 1.0 / (1.0 + (-0.062 * v).exp() / 3.57);
        let current = synapse.set(apical_nmodl::ir::Place::Voltage, v).current();
        assert!((current - 1e-3 * block * v).abs() < 1e-12 * v.abs() + 1e-300, "{current} at {v} mV");
    }
}

/// A membrane that follows short strong currents, so that it spikes when it is told to.
fn follower(synapse: &str, parameters: &[(&str, f64)], spikes: &[f64]) -> Model {
    let mut cell = place(soma(), "syn", synapse, parameters);
    for (number, &time) in spikes.iter().enumerate() {
        let pulse = [("del", time), ("dur", 0.5), ("amp", 3.0)];
        cell = place(cell, &format!("pulse {number}"), "IClamp", &pulse);
    }
    let mut model = Model::new(cell, 400.0);
    model.run.initial_voltage = -65.0;
    model.record = vec![record("g", "syn")];
    model.detect = vec![Detector::voltage("spike", "(location 0 0.5)", -20.0)];
    model
}

#[test]
fn timing_of_pairs_and_triplets_changes_weights_by_the_rule() {
    let (tau_plus, tau_minus, tau_x, tau_y) = (20.0, 20.0, 101.0, 125.0);
    let amplitudes =
        [("A2_plus", 0.05), ("A3_plus", 0.3), ("A2_minus", 0.04), ("A3_minus", 0.2), ("tau", 0.2)];
    for (events, spikes) in [
        (vec![10.0, 200.0], vec![20.0]),
        (vec![30.0, 200.0], vec![20.0]),
        (vec![10.0, 40.0, 300.0], vec![20.0, 60.0, 75.0]),
        (vec![5.0, 6.0, 7.0, 35.0, 350.0], vec![20.0, 100.0]),
    ] {
        let mut model = follower("STDPSyn", &amplitudes, &spikes);
        // So weak that spikes stay as they are.
        model.events = vec![arrivals("syn", 1e-9, &events)];
        let mut simulation = Simulation::new(&model, ".").expect("the model is right");
        simulation.run().expect("voltages stay physical");
        let found = simulation.results().spikes[0].times.clone();
        assert_eq!(found.len(), spikes.len());
        // The rule over all pairs and triplets, with traces as sums over what came before.
        let trace = |times: &[f64], now: f64, tau: f64| {
            times.iter().filter(|&&t| t < now).map(|t| ((t - now) / tau).exp()).sum::<f64>()
        };
        let mut order: Vec<(f64, bool)> =
            events.iter().map(|&t| (t, true)).chain(found.iter().map(|&t| (t, false))).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut factor = 1.0;
        for (now, is_event) in order {
            if is_event {
                let o1 = trace(&found, now, tau_minus);
                factor -= o1 * (0.04 + 0.2 * trace(&events, now, tau_x));
                let g = simulation.results().traces[0].values[(now / 0.025).round() as usize + 1];
                let expected = 1e-9 * factor * (-0.025_f64 / 0.2).exp();
                // What earlier events left of g.
                let earlier = simulation.results().traces[0].values[(now / 0.025).round() as usize];
                let jump = g - earlier * (-0.025_f64 / 0.2).exp();
                assert!(
                    (jump / expected - 1.0).abs() < 1e-9,
                    "{events:?} {found:?} at {now}: {jump}, not {expected}"
                );
            } else {
                factor += trace(&events, now, tau_plus) * (0.05 + 0.3 * trace(&found, now, tau_y));
            }
        }
        assert!((factor - 1.0).abs() > 1e-3, "it learns");
    }
    // Bounds: many pairs that potentiate end at the most, many that depress at nothing.
    for (offset, expected) in [(2.0, 2.0), (-3.0, 0.0)] {
        let spikes: Vec<f64> = (1..13).map(|k| 20.0 * f64::from(k)).collect();
        let mut model = follower(
            "STDPSyn",
            &[("A2_plus", 0.9), ("A2_minus", 0.9), ("tau", 0.2), ("tau_plus", 2.0), ("tau_minus", 4.0)],
            &spikes,
        );
        let events: Vec<f64> = spikes.iter().map(|t| t - offset).chain([300.0]).collect();
        model.events = vec![arrivals("syn", 1e-9, &events)];
        let g = traces(&model)[0][12_001];
        // What the last spike leaves to depress is a part in ten million.
        assert!((g - expected * 1e-9 * (-0.025_f64 / 0.2).exp()).abs() < 1e-15, "{g}");
    }
}

/// Sites refill and release each on its own and u is not random, so that the mean is that of the two variables: exactly.
#[test]
fn depleting_sites_release_in_the_mean_what_resources_do() {
    let (count, sites) = (8000_u32, 8.0);
    for ([(_, recovery), (_, facilitation), (_, start)], interval) in
        [(EXCITATORY, 50.0_f64), (INHIBITORY, 20.0)]
    {
        let left = |tau: f64| if tau > 0.0 { (-interval / tau).exp() } else { 0.0 };
        let u = start / (1.0 - (1.0 - start) * left(facilitation));
        let x = (1.0 - left(recovery)) / (1.0 - (1.0 - u) * left(recovery));
        let parameters = [("tau_rec", recovery), ("tau_facil", facilitation), ("U", start), ("sites", sites)];
        let duration = interval * f64::from(count);
        let mut model = Model::new(place(soma(), "syn", "StochasticTM", &parameters), duration);
        model.run.time_step = 1.0;
        model.run.sample_interval = Some(duration / 2.0);
        let times: Vec<f64> = (0..count).map(|k| interval * f64::from(k)).collect();
        model.events = vec![arrivals("syn", 0.0, &times)];
        model.record = vec![record("released", "syn"), record("failures", "syn")];
        let found = traces(&model);
        // The second half: the beginning, with all sites full, is forgotten.
        let released = (found[0][2] - found[0][1]) / f64::from(count / 2);
        let expected = sites * u * x;
        // Releases that deplete make neighbouring ones less alike: the deviation is at most that of independent ones.
        let error = (sites * u * x * (1.0 - u * x) / f64::from(count / 2)).sqrt();
        assert!((released - expected).abs() < 4.0 * error, "{released} an event, not {expected} ± {error}");
        assert!(found[1][2] > 0.0 && found[1][2] < f64::from(count));
    }
}

#[test]
fn a_graded_synapse_follows_the_other_side() {
    let mut cell = place(soma(), "syn", "GradedSyn", &[("g", 1e-9)]);
    cell = place(cell, "clamp", "IClamp", &[("del", 10.0), ("dur", 1e9), ("amp", 0.05)]);
    cell.pointer = vec![Pointer {
        of: "syn".into(),
        variable: "vpre".into(),
        what: "v".into(),
        at: Some("(location 0 0.5)".into()),
        target: None,
    }];
    let mut model = Model::new(cell, 300.0);
    model.record = vec![record("s", "syn")];
    model.record.push(Record { what: "v".into(), at: Some("(location 0 0.5)".into()), ..Record::default() });
    let found = traces(&model);
    let opened = |v: f64| 1.0 / (1.0 + ((-40.0 - v) / 4.0).exp());
    for k in (1..12_000).step_by(397) {
        // cnexp is exact while the presynaptic voltage is held; it sees the voltage at the end of the step.
        let (before, v) = (found[0][k - 1], found[1][k]);
        let expected = opened(v) + (before - opened(v)) * (-0.025_f64 / 10.0).exp();
        assert!((found[0][k] - expected).abs() < 1e-12, "step {k}: {}, not {expected}", found[0][k]);
    }
    assert!(found[0][11_999] > found[0][100] + 0.01, "it opens");
}
