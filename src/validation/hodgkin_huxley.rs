//! The squid axon in NEURON's convention with exact rates; figures computed with NEURON and an error-controlled integrator.

use super::{Check, at, clamp, cylinder, peaks, run, timing, values};
use crate::cell::Cell;
use crate::error::Result;
use crate::model::{Run, Scheme};

/// A compartment of 20 × 20 µm, and nA for 1 µA/cm² on it.
fn patch() -> (Cell, f64) {
    let cell = Cell { section: vec![cylinder("soma", 20.0, 20.0, 1)], ..Cell::default() };
    let area = std::f64::consts::PI * 20.0 * 20.0;
    (cell.paint("all", "hh", []), 1e-5 * area)
}

/// Rest and gates after a second without input.
pub(super) fn rest() -> Result<Vec<Check>> {
    let record = ["v", "hh.m", "hh.h", "hh.n"].map(|what| at(what, "soma(0.5)")).to_vec();
    let results = run(patch().0, record, timing(Scheme::BackwardEuler, 0.1, 1000.0))?;
    let expected = [(-64.97405, 1e-5), (0.053095, 1e-6), (0.595213, 1e-6), (0.318075, 1e-6)];
    let names = ["potential (mV)", "m", "h", "n"];
    let mut checks = Vec::new();
    for (number, ((value, limit), name)) in expected.into_iter().zip(names).enumerate() {
        let reached = values(&results, number)?.last().copied().unwrap_or(f64::NAN);
        checks.push(Check::new(
            format!("rest, {name}: distance from {value}"),
            (reached - value).abs(),
            limit,
        ));
    }
    Ok(checks)
}

/// The action potential after 20 µA/cm² for 0.5 ms at 5 ms: at NEURON's usual step, and converged.
pub(super) fn action_potential() -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let cases = [
        ("dt 0.025", Scheme::BackwardEuler, 0.025, [(38.779, 7.150), (-76.152, 10.050)]),
        ("converged", Scheme::CrankNicolson, 0.001, [(39.310, 7.102), (-76.171, 9.935)]),
    ];
    for (name, scheme, step, [(peak, peak_time), (trough, trough_time)]) in cases {
        let (cell, density) = patch();
        let cell = clamp(cell, "soma(0.5)", 5.0, 0.5, 20.0 * density);
        let results = run(cell, vec![at("v", "soma(0.5)")], timing(scheme, step, 20.0))?;
        let trace = values(&results, 0)?;
        let extreme = |sign: f64| {
            let by = |a: &(&f64, &f64), b: &(&f64, &f64)| (sign * a.0).total_cmp(&(sign * b.0));
            trace.iter().zip(&results.time).max_by(by).map_or((f64::NAN, f64::NAN), |(v, t)| (*v, *t))
        };
        for (what, (v, t), value, time) in
            [("peak", extreme(1.0), peak, peak_time), ("trough", extreme(-1.0), trough, trough_time)]
        {
            checks.push(Check::new(
                format!("{what}, {name}: distance from {value} mV"),
                (v - value).abs(),
                0.01,
            ));
            // Half a step of the time grid comes on top of the rounding of the figure.
            let limit = 0.01 + 0.5 * step;
            checks.push(Check::new(
                format!("{what}, {name}: distance from {time} ms"),
                (t - time).abs(),
                limit,
            ));
        }
    }
    Ok(checks)
}

/// Spikes in 100 ms of current from the start, and the last interval.
pub(super) fn steps() -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let expected = [(5.0, 1), (6.0, 2), (6.2, 4), (6.5, 6), (7.0, 6), (10.0, 7), (20.0, 9)];
    for (scheme, step, intervals) in
        [(Scheme::BackwardEuler, 0.025, [14.675, 11.6]), (Scheme::CrankNicolson, 0.001, [14.622, 11.56])]
    {
        for (current, count) in expected {
            let (cell, density) = patch();
            let cell = clamp(cell, "soma(0.5)", 0.0, 1e9, current * density);
            let results = run(cell, vec![at("v", "soma(0.5)")], timing(scheme, step, 100.0))?;
            let found = peaks(&results, 0, 0.0)?;
            let name = format!("{current} uA/cm2, dt {step}: spikes too many or too few");
            checks.push(Check::new(name, (found.len() as f64 - f64::from(count)).abs(), 0.0));
            let at = [10.0, 20.0].iter().position(|c| *c == current);
            if let (Some(at), [.., before, last]) = (at, found.as_slice()) {
                let interval = last.0 - before.0;
                let name =
                    format!("{current} uA/cm2, dt {step}: last interval, distance from {} ms", intervals[at]);
                checks.push(Check::new(name, (interval - intervals[at]).abs(), 0.01 + step));
            }
        }
    }
    Ok(checks)
}

/// Speed along the giant axon, 476 µm thick.
pub(super) fn conduction() -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (temperature, speed) in [(18.5, 18.7), (6.3, 12.32)] {
        let length = 60_000.0;
        let mut cell = Cell { section: vec![cylinder("axon", length, 476.0, 2000)], ..Cell::default() };
        cell.axial_resistivity = 35.4;
        let cell = clamp(cell.paint("all", "hh", []), "(location 0 0)", 0.2, 0.5, 20_000.0);
        let record = vec![at("v", "(location 0 0.4)"), at("v", "(location 0 0.8)")];
        let timing = Run { temperature, ..timing(Scheme::BackwardEuler, 0.0025, 8.0) };
        let results = run(cell, record, timing)?;
        let crossing = |number: usize| -> Result<f64> {
            let trace = values(&results, number)?;
            let step = trace.windows(2).position(|w| w[0] < 0.0 && w[1] >= 0.0);
            Ok(step.map_or(f64::NAN, |i| {
                let between = -trace[i] / (trace[i + 1] - trace[i]);
                results.time[i] + between * (results.time[i + 1] - results.time[i])
            }))
        };
        let reached = 0.4 * length / (crossing(1)? - crossing(0)?) * 1e-3;
        let name = format!("conduction at {temperature} C: distance from {speed} m/s (%)");
        checks.push(Check::new(name, 100.0 * (reached / speed - 1.0).abs(), 1.0));
    }
    Ok(checks)
}
