//! The uniform cable with sealed ends, against its closed forms (Rall 1959, 1969; SI of Rallpack 1).

use std::f64::consts::PI;

use super::{Check, at, clamp, cylinder, run, timing, values};
use crate::cell::Cell;
use crate::error::Result;
use crate::model::{Run, Scheme};

/// Cable 1 mm × 1 µm, Ra 100 Ω·cm, Rm 40 kΩ·cm², Cm 1 µF/cm²: λ 1 mm, τ 40 ms.
pub(super) const LEAK: f64 = 2.5e-5;
pub(super) const REST: f64 = -65.0;
pub(super) const TAU: f64 = 40.0;
/// nA.
pub(super) const CURRENT: f64 = 0.1;

/// Input resistance of the semi-infinite cable, MΩ: √(Rm Ra / 4) · 2 / (π d^{3/2}) with d = 1 µm.
fn semi_infinite() -> f64 {
    let (rm, ra, d) = (1.0 / LEAK, 100.0, 1e-4_f64);
    2.0 / PI * (rm * ra).sqrt() / d.powf(1.5) * 1e-6
}

/// The cable with a current step of 0.1 nA at `place`; L = 1.
pub(super) fn cell(compartments: usize, place: f64) -> Cell {
    let mut cell = Cell { section: vec![cylinder("cable", 1000.0, 1.0, compartments)], ..Cell::default() };
    cell = cell.paint("all", "pas", [("g", LEAK.into()), ("e", REST.into())]);
    clamp(cell, &format!("(location 0 {place})"), 0.0, 1e9, CURRENT)
}

/// Deflection at X for a step at X = 0 of the sealed cable with L = 1, mV.
pub(super) fn exact(x: f64, t: f64) -> f64 {
    let scale = CURRENT * semi_infinite();
    let steady = scale * (1.0 - x).cosh() / 1.0_f64.sinh();
    let time = t / TAU;
    if time <= 0.0 {
        return 0.0;
    }
    let terms = (1..2000).map(|n| f64::from(n) * PI).take_while(|a| a * a * time < 745.0);
    let sum: f64 = terms.map(|a| (a * x).cos() * (-a * a * time).exp() / (1.0 + a * a)).sum();
    steady - scale * (-time).exp() * (1.0 + 2.0 * sum)
}

/// V(X) = I/G∞ · cosh(L − X)/sinh L at the steady state, whatever the step. Compartments make the error: 1/n².
pub(super) fn steady_state() -> Result<Vec<Check>> {
    let places: [f64; 3] = [0.0, 0.5, 1.0];
    let n = 1001;
    let record = places.iter().map(|x| at("v", &format!("(location 0 {x})"))).collect();
    let results = run(
        cell(n, 0.0),
        record,
        Run { initial_voltage: REST, ..timing(Scheme::BackwardEuler, 50.0, 20_000.0) },
    )?;
    let mut worst = 0.0_f64;
    for (number, x) in places.iter().enumerate() {
        let reached = values(&results, number)?.last().copied().unwrap_or(f64::NAN) - REST;
        let expected = CURRENT * semi_infinite() * (1.0 - x).cosh() / 1.0_f64.sinh();
        worst = worst.max((reached / expected - 1.0).abs());
    }
    Ok(vec![Check::new("sealed cable at rest under current, 1001 compartments: relative error", worst, 1e-6)])
}

/// Voltages at both ends at T = 0.1, 0.5, 1, 2 as fractions of their final values. Backward Euler with a small step: the node
/// at x = 0 has no membrane, and Crank–Nicolson does not damp a step there.
pub(super) fn step_response() -> Result<Vec<Check>> {
    let expected = [
        (0.1, 0.26296, 0.008547),
        (0.5, 0.53746, 0.288148),
        (1.0, 0.71982, 0.567672),
        (2.0, 0.89693, 0.840954),
    ];
    let step = 0.0025;
    let record = vec![at("v", "(location 0 0)"), at("v", "(location 0 1)")];
    let results = run(
        cell(1001, 0.0),
        record,
        Run { initial_voltage: REST, ..timing(Scheme::BackwardEuler, step, 80.0) },
    )?;
    let mut worst = 0.0_f64;
    let mut own = 0.0_f64;
    for (t, near, far) in expected {
        let index = (t * TAU / step).round() as usize;
        for (number, (x, fraction)) in [(0.0_f64, near), (1.0, far)].into_iter().enumerate() {
            let last = CURRENT * semi_infinite() * (1.0 - x).cosh() / 1.0_f64.sinh();
            let v = values(&results, number)?.get(index).copied().unwrap_or(f64::NAN) - REST;
            worst = worst.max((v / last - fraction).abs());
            own = own.max((exact(x, t * TAU) / last - fraction).abs());
        }
    }
    Ok(vec![
        Check::new(
            "step response of the sealed cable at T = 0.1, 0.5, 1, 2: error of the fraction",
            worst,
            1e-4,
        ),
        Check::new("the series itself against the tabulated fractions", own, 6e-6),
    ])
}

/// Orders in time and space at the far end, where the step is smooth.
pub(super) fn orders() -> Result<Vec<Check>> {
    let error = |scheme, step: f64, compartments: usize| -> Result<f64> {
        let timing = Run { initial_voltage: REST, ..timing(scheme, step, 40.0) };
        let results =
            run(cell(compartments, 0.5 / compartments as f64), vec![at("v", "(location 0 1)")], timing)?;
        let trace = values(&results, 0)?;
        let squares = trace.iter().zip(&results.time).map(|(v, &t)| (v - REST - exact(1.0, t)).powi(2));
        Ok((squares.sum::<f64>() / trace.len() as f64).sqrt())
    };
    let order = |coarse: f64, fine: f64| (coarse / fine).log2();
    let euler = order(error(Scheme::BackwardEuler, 0.5, 501)?, error(Scheme::BackwardEuler, 0.25, 501)?);
    let crank = order(error(Scheme::CrankNicolson, 1.0, 2001)?, error(Scheme::CrankNicolson, 0.5, 2001)?);
    let space = order(error(Scheme::CrankNicolson, 0.02, 11)?, error(Scheme::CrankNicolson, 0.02, 22)?);
    Ok(vec![
        Check::new("order of backward Euler in time: distance from 1", (euler - 1.0).abs(), 0.1),
        Check::new("order of Crank-Nicolson in time: distance from 2", (crank - 2.0).abs(), 0.1),
        Check::new("order in space: distance from 2", (space - 2.0).abs(), 0.1),
    ])
}
