//! Generators of events: statistics of fixed seeds. Where nothing else is said a limit is five standard deviations or more, so that
//! fewer than one seed in a million would give a false alarm.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::f64::consts::TAU;
use std::path::Path;

use apical::cell::{Cell, SectionDescription};
use apical::model::Detector;
use apical::network::{Drive, Generator, Network, Population, Stream, Train};

fn poisson(rate: f64) -> Generator {
    Generator::Poisson { rate, start: 0.0, stop: None }
}

fn intervals(times: &[f64]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn mean_and_cv(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt() / mean)
}

#[track_caller]
fn assert_near(found: f64, mean: f64, deviation: f64) {
    assert!((found - mean).abs() < 5.0 * deviation, "{found}, not {mean} ± {deviation}");
}

/// Kolmogorov and Smirnov: √n·D exceeds 2.7 once in 1.1 million (2 exp(−2·2.7²)).
#[track_caller]
fn assert_distributed(mut values: Vec<f64>, distribution: impl Fn(f64) -> f64) {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let apart = |(index, value): (usize, &f64)| {
        let expected = distribution(*value);
        (expected - index as f64 / n).abs().max((expected - (index + 1) as f64 / n).abs())
    };
    let most = values.iter().enumerate().map(apart).fold(0.0, f64::max);
    assert!(most * n.sqrt() < 2.7, "{most} apart with {n} values");
}

#[test]
fn poisson_intervals_are_exponential_and_streams_independent() {
    let times = poisson(50.0).times(400_000.0, 3, [1, 2]);
    assert_near(times.len() as f64, 20_000.0, 20_000_f64.sqrt());
    assert_distributed(intervals(&times), |t| 1.0 - (-0.05 * t).exp());
    // Counts of two streams in windows of 20 ms: as often together as chance has it.
    let other = poisson(50.0).times(400_000.0, 3, [1, 3]);
    assert_near(correlation(&times, &other, 400_000.0), 0.0, 1.0 / 20_000_f64.sqrt());
    let window = Generator::Poisson { rate: 50.0, start: 100.0, stop: Some(200.0) };
    assert!(window.times(400.0, 3, [1, 2]).iter().all(|t| (100.0..=200.0).contains(t)));
}

/// Correlation coefficient of the counts in windows of 20 ms.
fn correlation(a: &[f64], b: &[f64], duration: f64) -> f64 {
    let count = (duration / 20.0) as usize;
    let counts = |times: &[f64]| {
        let mut counts = vec![0.0; count];
        times.iter().for_each(|t| counts[((t / 20.0) as usize).min(count - 1)] += 1.0);
        let mean = counts.iter().sum::<f64>() / count as f64;
        counts.iter().map(|c| c - mean).collect::<Vec<f64>>()
    };
    let (a, b) = (counts(a), counts(b));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

#[test]
fn gamma_intervals_have_their_variation() {
    for shape in [0.5, 1.0, 4.0, 25.0] {
        let gamma = Generator::Gamma { rate: 100.0, shape, start: 0.0, stop: None };
        let intervals = intervals(&gamma.times(200_000.0, 9, [0, 0]));
        let (mean, cv) = mean_and_cv(&intervals);
        let n = intervals.len() as f64;
        let expected = 1.0 / f64::sqrt(shape);
        assert_near(mean, 10.0, 10.0 * expected / n.sqrt());
        // Of the deviation by the fourth moment, of the mean by its error; both bounded from above.
        let error = expected * (0.5 + 1.5 / shape + expected * expected).sqrt() / n.sqrt();
        assert_near(cv, expected, error);
    }
}

/// With time as the integral of the rate an inhomogeneous Poisson process is one of rate 1.
#[test]
fn changing_rates_are_followed() {
    let table =
        Generator::PoissonTable { times: vec![10_000.0, 30_000.0, 40_000.0], rates: vec![0.0, 400.0, 100.0] };
    let integral = |t: f64| match t {
        t if t < 10_000.0 => 0.0,
        t if t < 30_000.0 => 1e-3 * 0.5 * 400.0 / 20_000.0 * (t - 10_000.0).powi(2),
        t if t < 40_000.0 => 4000.0 + 1e-3 * (t - 30_000.0) * (400.0 - 0.5 * 0.03 * (t - 30_000.0)),
        t => 6500.0 + 0.1 * (t - 40_000.0),
    };
    let times = table.times(60_000.0, 5, [0, 0]);
    assert!((table.expected_count(60_000.0) - integral(60_000.0)).abs() < 1e-9);
    assert_near(times.len() as f64, 8500.0, 8500_f64.sqrt());
    let stretched: Vec<f64> = times.iter().map(|&t| integral(t)).collect();
    assert_distributed(intervals(&stretched), |t| 1.0 - (-t).exp());

    let (mean, depth, frequency) = (80.0, 0.9, 4.0);
    let sinusoid = Generator::PoissonSinusoid { mean, depth, frequency, phase: 0.25, start: 0.0, stop: None };
    let omega = 1e-3 * TAU * frequency;
    // A phase of a quarter makes a cosine.
    let integral = |t: f64| 1e-3 * mean * (t + depth / omega * (omega * t).sin());
    let times = sinusoid.times(200_000.0, 5, [0, 0]);
    assert_near(times.len() as f64, 16_000.0, 16_000_f64.sqrt());
    let stretched: Vec<f64> = times.iter().map(|&t| integral(t)).collect();
    assert_distributed(intervals(&stretched), |t| 1.0 - (-t).exp());
}

#[test]
fn bursts_are_groups_of_events() {
    let bursts = Generator::Bursts { rate: 2.0, events: 4, interval: 5.0, start: 0.0, stop: None };
    let times = bursts.times(1_000_000.0, 7, [0, 0]);
    assert_near(times.len() as f64, 8000.0, 4.0 * 2000_f64.sqrt());
    let single = Generator::Bursts { rate: 2.0, events: 1, interval: 5.0, start: 0.0, stop: None };
    let first = single.times(1_000_000.0, 7, [0, 0]);
    let mut expected: Vec<f64> =
        first.iter().flat_map(|t| (0..4).map(move |n| t + f64::from(n) * 5.0)).collect();
    expected.retain(|t| *t <= 1_000_000.0);
    expected.sort_by(f64::total_cmp);
    assert_eq!(times, expected);
}

#[test]
fn correlated_trains_have_the_correlation_that_is_stated() {
    for c in [0.1, 0.5, 1.0] {
        let generator = Generator::Correlated { rate: 20.0, correlation: c, start: 0.0, stop: None };
        let duration = 400_000.0;
        let [a, b] = [0, 1].map(|cell| generator.times(duration, 2, [cell, 0]));
        assert_near(a.len() as f64, 8000.0, 8000_f64.sqrt());
        assert_distributed(intervals(&a), |t| 1.0 - (-0.02 * t).exp());
        // For counts of a mean of 0.4 the deviation of the coefficient is at most 1.6/√n over 20000 windows.
        assert_near(correlation(&a, &b, duration), c, 1.6 / 20_000_f64.sqrt());
        assert_eq!(a == b, c == 1.0);
    }
}

#[test]
fn rhythmic_trains_have_their_vector_strength_and_phase() {
    for strength in [0.0, 0.3, 0.9, 0.995, 1.0] {
        let (rate, frequency, phase) = (250.0, 500.0, 0.3);
        let generator =
            Generator::Rhythmic { rate, frequency, vector_strength: strength, phase, start: 0.0, stop: None };
        let times = generator.times(100_000.0, 4, [2, 0]);
        let n = times.len() as f64;
        assert_near(n, 25_000.0, 25_000_f64.sqrt());
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
        let angles = times.iter().map(|t| TAU * (t * 1e-3 * frequency - phase));
        let (x, y) = angles.fold((0.0, 0.0), |(x, y), angle| (x + angle.cos() / n, y + angle.sin() / n));
        // Either part of the mean vector has a variance of at most (1 − r²)/n; the roundings of 1e5 cycles remain for r = 1.
        let error = ((1.0 - strength * strength) / n).sqrt() + 1e-9;
        assert_near(x, strength, error);
        assert_near(y, 0.0, error);
        // Counts in cycles are Poisson's: as many cycles without events.
        let mut cycles = vec![0; 50_000];
        times.iter().for_each(|t| {
            cycles[(((t - 2.0 * phase) / 2.0).round() as usize).min(49_999)] += 1;
        });
        let empty = cycles.iter().filter(|&&count| count == 0).count() as f64;
        let share = (-0.5_f64).exp();
        assert_near(empty, share * 50_000.0, (share * (1.0 - share) * 50_000.0).sqrt());
    }
}

#[test]
fn lists_and_regular_trains_are_exact() {
    let regular = |count| Generator::Regular { start: 2.0, interval: 3.0, count };
    assert_eq!(regular(None).times(12.0, 1, [0, 0]), [2.0, 5.0, 8.0, 11.0]);
    assert_eq!(regular(Some(2)).times(12.0, 1, [0, 0]), [2.0, 5.0]);
    assert_eq!((regular(None).expected_count(12.0), regular(Some(2)).expected_count(12.0)), (4.0, 2.0));
    let listed = Generator::Times { times: vec![7.0, 1.0, 70.0] };
    assert_eq!(listed.times(10.0, 1, [0, 0]), [1.0, 7.0]);
}

/// Two cells with a synapse of three instances.
fn network(drive: Drive) -> Network {
    let soma = SectionDescription {
        name: "soma".to_owned(),
        length: Some(20.0),
        diameter: Some(20.0),
        ..SectionDescription::default()
    };
    let cell = Cell { section: vec![soma], ..Cell::default() }.place(
        "synapse",
        "(join soma(0.1) soma(0.5) soma(0.9))",
        "ExpSyn",
        [],
    );
    let mut network = Network::new(1000.0);
    network.populations.push(Population {
        name: "pair".to_owned(),
        count: 2,
        cell,
        spike: Detector::voltage("spike", "soma(0.5)", 0.0),
        ..Population::default()
    });
    network.drives.push(drive);
    network
}

/// Cell, instance and times.
fn trains(network: &Network, folder: &Path) -> Vec<(u32, u32, Vec<f64>)> {
    let wiring = network.wire(folder).unwrap();
    let mut trains = Vec::new();
    wiring
        .inputs(0, |input| {
            trains.push((input.to.cell, input.to.instance, input.times.to_vec()));
            Ok(())
        })
        .unwrap();
    trains
}

#[test]
fn streams_are_an_instances_own_a_cells_or_common_to_all() {
    let drive = Drive { generator: Some(poisson(100.0)), ..Drive::new("noise", "pair", "synapse", 1.0) };
    let of = |stream| {
        let trains = trains(&network(Drive { stream, ..drive.clone() }), Path::new("."));
        assert_eq!(
            trains.iter().map(|t| (t.0, t.1)).collect::<Vec<_>>(),
            [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
        );
        let mut different: Vec<Vec<f64>> = trains.into_iter().map(|t| t.2).collect();
        different.sort_by(|a, b| a.partial_cmp(b).unwrap());
        different.dedup();
        different.len()
    };
    assert_eq!([Stream::Instance, Stream::Cell, Stream::Population].map(of), [6, 2, 1]);
    let some = Drive { cells: Some(vec![1]), instance: Some(2), ..drive };
    let only: Vec<(u32, u32)> = trains(&network(some), Path::new(".")).iter().map(|t| (t.0, t.1)).collect();
    assert_eq!(only, [(1, 2)]);
}

#[test]
fn a_file_of_spikes_and_a_list_of_them_agree() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("network_generators");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("spikes.csv"), "cell,time,instance\n0,5,1\n1,2.5,0\n0,7.25,1\n").unwrap();
    let file = Drive { file: Some("spikes.csv".into()), ..Drive::new("replay", "pair", "synapse", 1.0) };
    let train = |cell, instance, times| Train { cell, instance: Some(instance), times };
    let list = Drive {
        trains: vec![train(0, 1, vec![5.0, 7.25]), train(1, 0, vec![2.5])],
        ..Drive::new("replay", "pair", "synapse", 1.0)
    };
    let from_list = trains(&network(list), &folder);
    assert_eq!(from_list, trains(&network(file), &folder));
    assert_eq!(from_list, [(0, 1, vec![5.0, 7.25]), (1, 0, vec![2.5])]);
}
