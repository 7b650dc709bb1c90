//! The coincidence window of the cell of Zhou, Carney & Colburn 2005, J. Neurosci. 25:3046 (ModelDB 53869): one synchronous
//! volley from each side, and for which delays between them the axon fires. The windows were measured with NEURON 9.0.2 in
//! steps of 0.05 ms.

use apical::cell::{Cell, Ion, SectionDescription};
use apical::model::{Detector, Events, Model};
use apical::{Quantity, Simulation};

/// S/cm²
#[derive(Clone, Copy)]
struct Densities {
    na: f64,
    klt: f64,
    kht: f64,
    h: f64,
}

const LEAK: f64 = 0.002;

impl Densities {
    /// The leak's reversal potential that makes −65 mV the rest, mV.
    fn balancing_leak(self) -> f64 {
        let v = -65.0_f64;
        let falls = |half: f64, slope: f64| 1.0 / (1.0 + ((v - half) / slope).exp());
        let na = falls(-38.0, -7.0).powi(2) * falls(-65.0, 6.0);
        let klt = falls(-48.0, -6.0) * (0.5 + 0.5 * falls(-71.0, 10.0));
        let kht = 0.85 * falls(-15.0, -5.0).powi(4) + 0.15 * falls(-23.0, -6.0);
        let h = falls(-76.0, 7.0);
        let potassium = (self.klt * klt + self.kht * kht) * (v + 70.0);
        v + (self.na * na * (v - 55.0) + potassium + self.h * h * (v + 43.0)) / LEAK
    }
}

const SOMA: Densities = Densities { na: 0.1, klt: 0.0, kht: 0.0, h: 0.0 };
const AXON: Densities = Densities { na: 0.3, klt: 0.03, kht: 0.02, h: 0.0015 };

fn section(
    name: &str,
    parent: Option<(&str, f64)>,
    [length, diameter]: [f64; 2],
    count: usize,
) -> SectionDescription {
    SectionDescription {
        name: name.into(),
        length: Some(length),
        diameter: Some(diameter),
        parent: parent.map(|p| p.0.into()),
        parent_x: parent.map(|p| p.1),
        compartments: Some(count),
        ..SectionDescription::default()
    }
}

fn cell(axon: Densities) -> Cell {
    let ion = |name: &str, reversal: f64| Ion {
        region: "all".into(),
        name: name.into(),
        reversal: Some(reversal.into()),
        ..Ion::default()
    };
    let mut cell = Cell {
        axial_resistivity: 200.0,
        section: vec![
            section("soma", None, [40.0, 20.0], 1),
            section("ipsi", Some(("soma", 0.0)), [200.0, 3.0], 20),
            section("contra", Some(("soma", 1.0)), [200.0, 3.0], 20),
            section("axon", Some(("ipsi", 0.225)), [400.0, 2.0], 51),
        ],
        ion: vec![ion("na", 55.0), ion("k", -70.0)],
        ..Cell::default()
    };
    cell = cell.paint("all", "pas", [("g", LEAK.into()), ("e", (-65.0).into())]);
    for (name, densities) in [("soma", SOMA), ("axon", axon)] {
        let region = format!("(section \"{name}\")");
        cell = cell.paint(&region, "pas", [("e", densities.balancing_leak().into())]);
        let channels = [
            ("MSO_na", densities.na),
            ("VCN_klt", densities.klt),
            ("MSO_kht", densities.kht),
            ("VCN_h", densities.h),
        ];
        for (mechanism, density) in channels {
            cell = cell.paint(&region, mechanism, [("gbar", density.into())]);
        }
    }
    cell
}

/// Whether the axon fires when the first `count` synapses of each dendrite are active at the given times (ms).
fn fires(axon: Densities, count: usize, ipsi: Option<f64>, contra: Option<f64>) -> bool {
    let mut cell = cell(axon);
    let mut events = Vec::new();
    for (side, time) in [("ipsi", ipsi), ("contra", contra)] {
        let Some(time) = time else { continue };
        let course: [(&str, Quantity); 2] = [("tau1", 0.1.into()), ("tau2", 0.1.into())];
        let places: Vec<String> =
            (0..count).map(|i| format!("{side}({})", (i as f64 + 0.5) / 20.0)).collect();
        cell = cell.place(side, &format!("(sum {})", places.join(" ")), "Exp2Syn", course);
        let times = Some(vec![time]);
        events.push(Events { target: side.into(), weight: 0.011, times, ..Events::default() });
    }
    let mut model = Model::new(cell, 12.0);
    model.run.temperature = 38.0;
    model.events = events;
    model.detect.push(Detector::voltage("axon", "axon(0.5)", -10.0));
    let mut simulation = Simulation::new(&model, ".").unwrap_or_else(|e| panic!("{e}"));
    simulation.run().unwrap_or_else(|e| panic!("{e}"));
    !simulation.results().spikes[0].times.is_empty()
}

#[test]
fn volleys_from_both_sides_meet_within_the_published_windows() {
    let without = Densities { klt: 0.0, ..AXON };
    // Synapses a side, and the first and last delay (ms, ipsilateral later) at which the axon fires.
    for (axon, count, first, last) in
        [(AXON, 3, -0.35, 0.35), (without, 3, -0.65, 0.85), (AXON, 4, -0.65, 0.65), (AXON, 5, -0.95, 1.05)]
    {
        let at = |delay: f64| fires(axon, count, Some(5.0 + delay), Some(5.0));
        let edges = [first - 0.05, first, 0.0, last, last + 0.05].map(at);
        assert_eq!(edges, [false, true, true, true, false], "{count} a side, KLT {}", axon.klt);
    }
    for delay in [-1.5, 1.5] {
        assert!(fires(without, 4, Some(5.0 + delay), Some(5.0)), "without KLT the window is wide");
    }
}

#[test]
fn one_side_alone() {
    for count in 1..=6 {
        assert!(!fires(AXON, count, None, Some(5.0)), "{count} contralateral synapses are silent");
        assert_eq!(fires(AXON, count, Some(5.0), None), count >= 6, "{count} ipsilateral synapses");
    }
}
