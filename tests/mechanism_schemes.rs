//! Kinetic schemes, calcium pools and leaks of the catalogue against equations written out here.

use apical_nmodl::ir::{IonQuantity, Place};
use mechanism_support::Instance;

mod mechanism_support;

/// C/mol.
const FARADAY: f64 = 96_485.332_123_310_01;

/// A reaction between two states of a scheme: rates forth and back, per ms.
type Reaction = (&'static str, &'static str, f64, f64);

fn sodium(v: f64) -> Vec<Reaction> {
    let (on, off) = (150.0 * (v / 20.0).exp(), 3.0 * (-v / 20.0).exp());
    let (a, b) = (150.0_f64.powf(0.25), 0.01_f64.powf(0.25));
    let closed = ["C1", "C2", "C3", "C4", "C5"];
    let inactivated = ["I1", "I2", "I3", "I4", "I5"];
    let mut all = vec![
        ("C5", "O", 150.0, 40.0),
        ("I5", "I6", 150.0, 40.0),
        ("O", "B", 1.75, 0.03 * (-v / 25.0).exp()),
        ("O", "I6", 0.75, 0.005),
    ];
    for k in 0..4 {
        let (up, down) = ((4 - k) as f64, (k + 1) as f64);
        all.push((closed[k], closed[k + 1], up * on, down * off));
        all.push((inactivated[k], inactivated[k + 1], up * on * a, down * off * b));
    }
    for k in 0..5 {
        all.push((closed[k], inactivated[k], 0.005 * a.powi(k as i32), 0.5 * b.powi(k as i32)));
    }
    all
}

fn small_conductance(ca: f64, celsius: f64) -> Vec<Reaction> {
    let q10 = 3.0_f64.powf((celsius - 23.0) / 10.0);
    let at_23 = [
        ("C1", "C2", 200.0 * ca, 0.08),
        ("C2", "C3", 160.0 * ca, 0.08),
        ("C3", "C4", 80.0 * ca, 0.2),
        ("C3", "O1", 0.16, 1.0),
        ("C4", "O2", 1.2, 0.1),
    ];
    at_23.into_iter().map(|(from, to, forth, back)| (from, to, forth * q10, back * q10)).collect()
}

/// Rates of change, initial shares and one step of a scheme.
fn check_scheme(mut instance: Instance, reactions: &[Reaction], root: &str, open: &[&str]) {
    let mut states = vec![root];
    let mut weights = vec![1.0];
    // Detailed balance: along each reaction the shares stand in the ratio of its rates.
    while let Some((from, to, forth, back)) =
        reactions.iter().find(|r| states.contains(&r.0) && !states.contains(&r.1))
    {
        let start = weights[states.iter().position(|s| s == from).expect("is there")];
        states.push(to);
        weights.push(start * forth / back);
    }
    let total: f64 = weights.iter().sum();
    instance.initial();
    // STEADYSTATE is one implicit step of 1e9 ms, which leaves what relaxes more slowly than 0.003 per ms by so much.
    let left = 1e-9 / 0.003;
    for (state, weight) in states.iter().zip(&weights) {
        let found = instance.value(state);
        assert!((found - weight / total).abs() < left, "{state} starts at {found}, not {}", weight / total);
    }
    let shares: Vec<f64> = (0..states.len()).map(|k| 1.0 + (k * k % 7) as f64).collect();
    let total: f64 = shares.iter().sum();
    let place = |instance: &Instance| states.iter().map(|s| instance.variable(s)).collect::<Vec<Place>>();
    let places = place(&instance);
    for (place, share) in places.iter().zip(&shares) {
        instance.set(*place, share / total);
    }
    let rate_at = |values: &[f64], state: &str| -> f64 {
        let value = |name: &str| values[states.iter().position(|s| *s == name).expect("is there")];
        let flow = |r: &Reaction| r.2 * value(r.0) - r.3 * value(r.1);
        let sign = |r: &Reaction| f64::from(u8::from(r.1 == state)) - f64::from(u8::from(r.0 == state));
        reactions.iter().map(|r| sign(r) * flow(r)).sum()
    };
    let before: Vec<f64> = places.iter().map(|p| instance.get(*p)).collect();
    for state in &states {
        let (found, expected) = (instance.rate(state), rate_at(&before, state));
        assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{state}: {found}, not {expected}");
    }
    instance.set(Place::TimeStep, 0.05).advance();
    let after: Vec<f64> = places.iter().map(|p| instance.get(*p)).collect();
    assert!((after.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    for ((state, from), to) in states.iter().zip(&before).zip(&after) {
        let residual = to - from - 0.05 * rate_at(&after, state);
        assert!(residual.abs() < 1e-11, "{state}: the step leaves {residual}");
    }
    let conductance: f64 = open.iter().map(|s| instance.value(s)).sum();
    instance.give("gbar", 0.3);
    let expected = 0.3 * conductance * (instance.get(Place::Voltage) - 17.0);
    assert!((instance.current() - expected).abs() < 1e-12 * expected.abs());
}

#[test]
fn the_markov_sodium_channel_is_its_scheme() {
    for v in [-120.0, -80.0, -55.0, -30.0, 0.0, 40.0] {
        let mut instance = Instance::new("Na_markov");
        instance.set(Place::Voltage, v).set_ions(IonQuantity::Reversal, 17.0);
        check_scheme(instance, &sodium(v), "C1", &["O"]);
    }
}

#[test]
fn the_markov_calcium_activated_channel_is_its_scheme() {
    for (ca, celsius) in [(5e-5, 23.0), (3e-4, 23.0), (1e-3, 35.0), (0.1, 35.0)] {
        let mut instance = Instance::new("SK2");
        instance.set(Place::Celsius, celsius).set(Place::Voltage, -40.0);
        instance.set_ions(IonQuantity::Reversal, 17.0).set_ions(IonQuantity::Internal, ca);
        check_scheme(instance, &small_conductance(ca, celsius), "C1", &["O1", "O2"]);
    }
}

/// A pool's calcium and its change at some concentration and current density (mA/cm²).
fn pool(name: &str, current: f64) -> (Instance, Place) {
    let mut instance = Instance::new(name);
    instance.set_ions(IonQuantity::Current, current).set_ions(IonQuantity::External, 2.0);
    instance.initial();
    let ion = Place::Ion(apical_nmodl::ir::IonId(0), IonQuantity::Internal);
    (instance, ion)
}

/// mM/ms that a current density fills a shell with: i/(2F) in mol/cm²/s over a depth in cm is mol/cm³/s, that is M/ms.
fn filling(current: f64, depth: f64) -> f64 {
    -current * 1e-3 / (2.0 * FARADAY) / (depth * 1e-4) * 1e3
}

#[test]
fn pools_fill_and_empty_as_published() {
    for current in [0.0, -1e-3, -0.05] {
        for ca in [1e-4, 2e-3] {
            let close = |found: f64, expected: f64| {
                assert!((found - expected).abs() < 1e-12 + 1e-12 * expected.abs(), "{found}, not {expected}");
            };
            let (mut instance, cai) = pool("CaPool", current);
            instance.give("share", 1.0 / 18.0).give("tau", 200.0 / 7.0);
            let expected = filling(current, 0.1) / 18.0 + (1e-4 - ca) / 200.0 * 7.0;
            close(instance.set(cai, ca).rate("cai"), expected);
            let (mut instance, cai) = pool("CaDynamics_E2", current);
            close(instance.set(cai, ca).rate("cai"), 0.05 * filling(current, 0.1) - (ca - 1e-4) / 80.0);
            let (mut instance, cai) = pool("CaPump", current);
            let expected = filling(current, 1.0) - 1e-4 * ca / (ca + 1e-4) + 1e-4 * 0.5;
            close(instance.set(cai, ca).rate("cai"), expected);
        }
    }
    let (mut instance, _) = pool("CaPool", 0.05);
    assert_eq!(instance.rate("cai"), 0.0, "an outward current takes nothing out");
}

/// The implicit step of the pump that saturates solves its own equation.
#[test]
fn a_step_of_the_saturating_pump_leaves_no_residual() {
    for (ca, step) in [(1e-4, 0.025), (2e-3, 0.1), (0.05, 1.0)] {
        let (mut instance, cai) = pool("CaPump", -0.02);
        instance.set(cai, ca).set(Place::TimeStep, step).advance();
        let after = instance.get(cai);
        let residual = after - ca - step * instance.rate("cai");
        assert!(residual.abs() < 1e-16, "{ca} mM over {step} ms leaves {residual}");
    }
}

#[test]
fn buffer_and_pump_bind_conserve_and_rest() {
    let (mut instance, cai) = pool("CaBuffer", 0.0);
    for state in ["cai", "free", "bound", "pump", "loaded"] {
        let scale = if state == "pump" || state == "loaded" { 1e-11 } else { 1.0 };
        assert!(instance.rate(state).abs() < 1e-15 * scale, "{state} does not rest");
    }
    // 50 nM are the pump's equilibrium with 2 mM outside, so that nothing leaks. 50 nM against a dissociation constant of 1 µM; 2 mM outside load the pump as much as 10 mM inside would.
    assert!((instance.value("bound") - 0.003 / 21.0).abs() < 1e-15);
    assert!((instance.value("loaded") - 1e-11 * 0.01005 / 1.01505).abs() < 1e-24);
    instance.set_ions(IonQuantity::Current, -0.01).set(cai, 1e-3).set(Place::TimeStep, 0.5);
    let before = [instance.get(cai), instance.value("bound"), instance.value("loaded")];
    instance.advance();
    let after = [instance.get(cai), instance.value("bound"), instance.value("loaded")];
    assert!((instance.value("free") + after[1] - 0.003).abs() < 1e-15);
    assert!((instance.value("pump") + after[2] - 1e-11).abs() < 1e-23);
    // Per membrane area, mM·µm: what came in is in the shell, on the buffer, on the pump or outside.
    let amount = |x: &[f64; 3]| 0.1 * (x[0] + x[1]) + 1e10 * x[2];
    let expelled = 1e10 * (after[2] - 0.005 * 2.0 * instance.value("pump"));
    let expected = 0.5 * (0.1 * filling(-0.01, 0.1) - expelled);
    let found = amount(&after) - amount(&before);
    assert!((found - expected).abs() < 1e-15, "{found} mM·µm came in, not {expected}");
    let binding = after[1] - before[1] - 0.5 * (100.0 * after[0] * instance.value("free") - 0.1 * after[1]);
    assert!(binding.abs() < 1e-15, "the buffer's step leaves {binding}");
}

#[test]
fn leaks_belong_to_their_ions() {
    for (name, ion) in [("leak_na", "na"), ("leak_k", "k")] {
        let mut instance = Instance::new(name);
        instance.set(Place::Voltage, -65.0).set_ions(IonQuantity::Reversal, 17.0);
        assert_eq!(instance.mechanism.ions[0].name, ion);
        assert!((instance.current() - 1e-5 * -82.0).abs() < 1e-18);
        let written = Place::Ion(apical_nmodl::ir::IonId(0), IonQuantity::Current);
        assert_eq!(instance.get(written), instance.get(Place::MembraneCurrent));
    }
}

/// What CA1's slow inactivation leaves of the sodium conductance at depolarised voltages is ar2.
#[test]
fn attenuation_of_the_sodium_current_ends_at_ar2() {
    for name in ["CA1_na", "CA1_nadend"] {
        for (v, ar2) in [(-100.0, 1.0), (-60.0, 0.65), (-20.0, 0.3)] {
            let mut instance = Instance::new(name);
            instance.give("ar2", 0.3).set(Place::Voltage, v).set(Place::Celsius, 34.0);
            instance.initial();
            let s = instance.value("s");
            let e = ((v + 60.0) / 2.0_f64).exp();
            assert!((s - (1.0 + 0.3 * e) / (1.0 + e)).abs() < 1e-14);
            assert!((s - ar2).abs() < 1e-8, "{s} at {v} mV");
        }
    }
}
