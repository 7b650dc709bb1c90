//! A cable integrated by somebody else's solver, from equations written out here: no code is shared with the library.

use apical::cell::{Cell, SectionDescription};
use apical::model::{Model, Record, Run, Scheme};
use apical::{Quantity, Simulation};
use ode_solvers::{DVector, Dop853, System};
use std::f64::consts::PI;

const COMPARTMENTS: usize = 12;
const LENGTH: f64 = 600.0;
const DIAMETER: f64 = 2.0;
/// nA into the first compartment, from the start.
const CURRENT: f64 = 0.08;

/// A cylinder with a leak or with Hodgkin and Huxley's channels; voltages first, then m, h, n of each compartment.
struct Cable {
    active: bool,
}

impl System<f64, DVector<f64>> for Cable {
    fn system(&self, _t: f64, y: &DVector<f64>, dy: &mut DVector<f64>) {
        let n = COMPARTMENTS;
        let length = LENGTH / n as f64;
        // cm² and S: 1e-8 cm² a µm², axial conductance of a cylinder of 100 Ω·cm between two centres.
        let area = PI * DIAMETER * length * 1e-8;
        let axial = PI * (0.5 * DIAMETER * 1e-4_f64).powi(2) / (100.0 * length * 1e-4);
        for i in 0..n {
            let v = y[i];
            let (ionic, rates) = if self.active {
                let (m, h, k) = (y[n + i], y[2 * n + i], y[3 * n + i]);
                let am = 0.1 * (v + 40.0) / (1.0 - (-(v + 40.0) / 10.0).exp());
                let bm = 4.0 * (-(v + 65.0) / 18.0).exp();
                let ah = 0.07 * (-(v + 65.0) / 20.0).exp();
                let bh = 1.0 / (1.0 + (-(v + 35.0) / 10.0).exp());
                let an = 0.01 * (v + 55.0) / (1.0 - (-(v + 55.0) / 10.0).exp());
                let bn = 0.125 * (-(v + 65.0) / 80.0).exp();
                let current =
                    0.12 * m.powi(3) * h * (v - 50.0) + 0.036 * k.powi(4) * (v + 77.0) + 0.0003 * (v + 54.3);
                (current, [am * (1.0 - m) - bm * m, ah * (1.0 - h) - bh * h, an * (1.0 - k) - bn * k])
            } else {
                (1e-4 * (v + 65.0), [0.0; 3])
            };
            // mA throughout: S · mV.
            let mut current = -area * ionic;
            if i > 0 {
                current += axial * (y[i - 1] - v);
            }
            if i + 1 < n {
                current += axial * (y[i + 1] - v);
            }
            if i == 0 {
                current += CURRENT * 1e-6;
            }
            // 1 µF/cm² is 1e-3 mS·ms/cm²... dv/dt = mA / (1e-6 F) = 1e3 V/s·mA/µF = mV/ms · 1e3.
            dy[i] = current / (1e-3 * area);
            if self.active {
                (0..3).for_each(|g| dy[(g + 1) * n + i] = rates[g]);
            }
        }
    }
}

/// Voltages at the given times and at first, middle and last compartment by an eighth-order method at tight tolerance.
fn oracle(active: bool, start: Vec<f64>, duration: f64, interval: f64) -> Vec<[f64; 3]> {
    let start = DVector::from_vec(start);
    // One sample more than wanted: the solver's last one lies outside its interpolation.
    let mut solver = Dop853::new(Cable { active }, 0.0, duration + interval, interval, start, 1e-12, 1e-12);
    solver.integrate().expect("the oracle integrates");
    let samples = (duration / interval).round() as usize + 1;
    let pick = |y: &DVector<f64>| [y[0], y[COMPARTMENTS / 2], y[COMPARTMENTS - 1]];
    solver.y_out().iter().take(samples).map(pick).collect()
}

/// The same from the library.
fn apical(
    mechanism: &str,
    parameters: &[(&str, Quantity)],
    step: f64,
    duration: f64,
    interval: f64,
) -> (Vec<f64>, Vec<[f64; 3]>) {
    let mut cell = Cell::default();
    cell.section.push(SectionDescription {
        name: "cable".into(),
        length: Some(LENGTH),
        diameter: Some(DIAMETER),
        compartments: Some(COMPARTMENTS),
        ..SectionDescription::default()
    });
    let at = |i: usize| format!("(location 0 {})", (i as f64 + 0.5) / COMPARTMENTS as f64);
    let clamp: [(&str, Quantity); 3] = [("del", 0.0.into()), ("dur", 1e9.into()), ("amp", CURRENT.into())];
    let cell =
        cell.paint("all", mechanism, parameters.iter().cloned()).place("clamp", &at(0), "IClamp", clamp);
    let mut model = Model::new(cell, duration);
    model.run = Run {
        scheme: Scheme::CrankNicolson,
        time_step: step,
        duration,
        sample_interval: Some(interval),
        ..model.run
    };
    for i in [0, COMPARTMENTS / 2, COMPARTMENTS - 1] {
        model.record.push(Record { what: "v".into(), at: Some(at(i)), ..Record::default() });
    }
    if mechanism == "hh" {
        for what in ["hh.m", "hh.h", "hh.n"] {
            model.record.push(Record { what: what.into(), at: Some(at(0)), ..Record::default() });
        }
    }
    let mut simulation = Simulation::new(&model, ".").expect("a model");
    let gates = simulation.results().traces.iter().skip(3).map(|t| t.values[0]).collect();
    simulation.run().expect("a run");
    let traces = &simulation.results().traces;
    let samples =
        (0..traces[0].values.len()).map(|k| [0, 1, 2].map(|i: usize| traces[i].values[k])).collect();
    (gates, samples)
}

/// Two runs with steps h and h/2 of a second-order scheme, extrapolated to fourth order.
fn extrapolated(coarse: &[[f64; 3]], fine: &[[f64; 3]]) -> Vec<[f64; 3]> {
    coarse.iter().zip(fine).map(|(c, f)| [0, 1, 2].map(|i: usize| (4.0 * f[i] - c[i]) / 3.0)).collect()
}

fn largest(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn a_passive_cable_agrees_with_an_eighth_order_method() {
    let (duration, interval) = (40.0, 1.0);
    let pas: [(&str, Quantity); 2] = [("g", 1e-4.into()), ("e", (-65.0).into())];
    let expected = oracle(false, vec![-65.0; COMPARTMENTS], duration, interval);
    let run = |step| apical("pas", &pas, step, duration, interval).1;
    let (coarse, fine) = (run(0.01), run(0.005));
    let (plain, better) = (largest(&fine, &expected), largest(&extrapolated(&coarse, &fine), &expected));
    println!("passive: {plain:.1e} mV at 5 us, {better:.1e} extrapolated");
    assert!(plain < 1e-5 && better < 1e-7, "{plain:.1e} {better:.1e}");
}

#[test]
fn an_active_cable_agrees_with_an_eighth_order_method() {
    let (duration, interval) = (12.0, 0.5);
    let run = |step| apical("hh", &[], step, duration, interval);
    let (coarse, fine) = (run(0.002).1, run(0.001).1);
    let gates = run(0.002).0;
    let mut start = vec![-65.0; COMPARTMENTS];
    gates.iter().for_each(|&g| start.extend(vec![g; COMPARTMENTS]));
    let expected = oracle(true, start, duration, interval);
    let (plain, better) = (largest(&fine, &expected), largest(&extrapolated(&coarse, &fine), &expected));
    println!("active: {plain:.1e} mV at 1 us, {better:.1e} extrapolated");
    assert!(expected.iter().any(|v| v[2] > 0.0), "the oracle fires no spike");
    assert!(plain < 2e-3 && better < 1e-6, "{plain:.1e} {better:.1e}");
}
