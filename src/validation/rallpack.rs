//! Rallpacks 1 to 3 (Bhalla, Bilitch & Bower 1992, Trends Neurosci. 15:453; version 1.1 of their files). The curves beside this
//! file are theirs.

use super::{Check, accuracy, at, cable, clamp, cylinder, peaks, run, timing, values};
use crate::cell::Cell;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Run, Scheme};

/// 50 µs.
const STEP: f64 = 0.05;

/// Checks of the deviations, in per cent, at two places, and of their mean: what the Rallpacks call accuracy, held against what
/// the report of July 1992 states for NEURON 2.43. (It names Crank-Nicolson as the method; its figures for steps from 10 µs to
/// 10 ms are those of backward Euler.)
fn accuracy(rallpack: &str, places: [&str; 2], deviations: [f64; 2], published: f64) -> Vec<Check> {
    let mean = 0.5 * (deviations[0] + deviations[1]);
    let at = |place: &str, deviation| {
        Check::new(format!("Rallpack {rallpack} at {place}: RMS over range (%)"), deviation, 0.1)
    };
    vec![
        at(places[0], deviations[0]),
        at(places[1], deviations[1]),
        Check::new(format!("Rallpack {rallpack}, accuracy at 50 us (%)"), mean, published),
    ]
}

/// The two columns of a published curve, mV.
fn curve(text: &str) -> Result<[Vec<f64>; 2]> {
    let wrong = || Error::new(ErrorKind::Internal, "a published curve is damaged");
    let mut columns = [Vec::new(), Vec::new()];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut numbers = line.rsplit(',').map(str::parse);
        for column in [1, 0] {
            columns[column].push(numbers.next().ok_or_else(wrong)?.map_err(|_| wrong())?);
        }
    }
    Ok(columns)
}

/// The passive cable of 1000 compartments, against the exact series.
pub(super) fn one() -> Result<Vec<Check>> {
    let cell = cable::cell(1000, 0.0005);
    let record = vec![at("v", "(location 0 0)"), at("v", "(location 0 1)")];
    let timing = Run { initial_voltage: cable::REST, ..timing(Scheme::BackwardEuler, STEP, 250.0) };
    let results = run(cell, record, timing)?;
    let mut deviations = [0.0; 2];
    for (number, x) in [0.0, 1.0].into_iter().enumerate() {
        let expected: Vec<f64> = results.time.iter().map(|&t| cable::REST + cable::exact(x, t)).collect();
        deviations[number] = 100.0 * accuracy::of_charging(values(&results, number)?, &expected);
    }
    // Published: 0.03, two decimals.
    Ok(accuracy("1", ["x = 0", "x = L"], deviations, 0.035))
}

/// The binary tree of ten levels, 1023 compartments of one section each.
fn tree() -> Cell {
    let mut cell = Cell::default();
    for branch in 0..1023_usize {
        let level = f64::from((branch + 1).ilog2());
        let (length, diameter) = (32.0 * 2.0_f64.powf(-level / 3.0), 16.0 * 2.0_f64.powf(-2.0 * level / 3.0));
        let mut section = cylinder(&format!("b{branch}"), length, diameter, 1);
        section.parent = (branch > 0).then(|| format!("b{}", (branch - 1) / 2));
        cell.section.push(section);
    }
    cell.paint("all", "pas", [("g", cable::LEAK.into()), ("e", cable::REST.into())])
}

/// The tree against the published curves, and from tip to root as from root to tip.
pub(super) fn two() -> Result<Vec<Check>> {
    let (root, tip) = ("(location 0 0.5)", "(location 1022 0.5)");
    let timing = Run {
        initial_voltage: cable::REST,
        sample_interval: Some(1.0),
        ..timing(Scheme::BackwardEuler, STEP, 250.0)
    };
    let forward = run(clamp(tree(), root, 0.0, 1e9, 0.1), vec![at("v", root), at("v", tip)], timing)?;
    let back = run(clamp(tree(), tip, 0.0, 1e9, 0.1), vec![at("v", root)], timing)?;
    let published = curve(include_str!("rallpack2.csv"))?;
    let mut deviations = [0.0; 2];
    for (number, expected) in published.iter().enumerate() {
        deviations[number] = 100.0 * accuracy::of_charging(values(&forward, number)?, expected);
    }
    // Published: 0.027, three decimals.
    let mut checks = accuracy("2", ["the root", "the tip"], deviations, 0.0275);
    let pairs = values(&forward, 1)?.iter().zip(values(&back, 0)?);
    let largest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    checks.push(Check::new("Rallpack 2, tip to root against root to tip (mV)", largest, 1e-9));
    Ok(checks)
}

/// Peaks in 250 ms at x = 0 and at x = L: how many, the first and the last time (ms).
const PEAKS: [(&str, usize, f64, f64); 2] = [("x = 0", 18, 1.60, 248.85), ("x = L", 17, 4.30, 236.95)];
/// mV, first and steady at x = 0.
const HEIGHTS: (f64, f64) = (41.3, 22.3);

/// The axon: Rallpack 1's cable with Hodgkin–Huxley channels and the cable's own leak. What the scheme itself errs by is what
/// NEURON erred by when the Rallpacks were published: the limits.
pub(super) fn three() -> Result<Vec<Check>> {
    let axon = |step: f64| {
        let cell = Cell { section: vec![cylinder("axon", 1000.0, 1.0, 1000)], ..Cell::default() };
        let cell = cell.paint("all", "hh", [("gl", cable::LEAK.into()), ("el", cable::REST.into())]);
        let cell = clamp(cell, "(location 0 0.0005)", 0.0, 1e9, 0.1);
        let record = vec![at("v", "(location 0 0)"), at("v", "(location 0 1)")];
        run(cell, record, Run { initial_voltage: -65.0, ..timing(Scheme::BackwardEuler, step, 250.0) })
    };
    let published = curve(include_str!("rallpack3.csv"))?;
    let mut checks = Vec::new();
    let (coarse, fine) = (axon(STEP)?, axon(0.1 * STEP)?);
    for (results, name, every, limit) in [(&coarse, "50 us", 1, 3.5), (&fine, "5 us", 10, 1.1)] {
        let mut mean = 0.0;
        for (number, expected) in published.iter().enumerate() {
            let trace: Vec<f64> = values(results, number)?.iter().copied().step_by(every).collect();
            mean += 0.5 * 100.0 * accuracy::of_spikes(&trace, expected);
        }
        let name = format!("Rallpack 3, accuracy at {name}: interval, height and shape (%)");
        checks.push(Check::new(name, mean, limit));
    }
    for (number, (place, count, first, last)) in PEAKS.into_iter().enumerate() {
        let found = peaks(&fine, number, 0.0)?;
        let (begin, end) = match found.as_slice() {
            [begin, .., end] => (*begin, *end),
            _ => ((f64::NAN, f64::NAN), (f64::NAN, f64::NAN)),
        };
        let name = |what: &str| format!("Rallpack 3 at {place}, 5 us: {what}");
        let wrong = (found.len() as f64 - count as f64).abs();
        checks.push(Check::new(name("spikes too many or too few"), wrong, 0.0));
        let distance = (begin.0 - first).abs();
        checks.push(Check::new(name(&format!("first peak, distance from {first} ms")), distance, 0.05));
        let error = 100.0 * (end.0 / last - 1.0).abs();
        checks.push(Check::new(name("last peak, error of its time (%)"), error, 1.1));
        if number == 0 {
            let distances = [(begin.1 - HEIGHTS.0).abs(), (end.1 - HEIGHTS.1).abs()];
            checks.push(Check::new(name("first peak, distance from 41.3 mV"), distances[0], 0.5));
            checks.push(Check::new(name("last peak, distance from 22.3 mV"), distances[1], 0.5));
        }
    }
    Ok(checks)
}
