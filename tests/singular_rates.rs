//! A channel whose rate is 0/0 at one voltage, run at that voltage: NEURON gives NaN, apical the limit.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::path::Path;

use apical::Simulation;
use apical::model::{Document, Format};

const CHANNEL: &str = "NEURON { SUFFIX gate NONSPECIFIC_CURRENT i RANGE alpha }
PARAMETER { g = 0 (S/cm2) }
STATE { n }
ASSIGNED { v (mV) i (mA/cm2) alpha (/ms) }
INITIAL { n = 0 }
BREAKPOINT { SOLVE states METHOD cnexp i = g*n*(v + 40) }
DERIVATIVE states {
    alpha = 0.1*(v + 40)/(1 - exp(-(v + 40)/10))
    n' = alpha*(1 - n)
}
";

#[test]
fn a_cell_that_rests_where_a_rate_is_0_over_0_opens_its_channels() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("singular_rates");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("gate.mod"), CHANNEL).unwrap();
    let model = r#"version = 1
mechanisms = ["gate.mod"]
[[cell.section]]
name = "soma"
length = 20
diameter = 20
[[cell.paint]]
region = "all"
mechanism = "gate"
[[record]]
what = "gate.n"
at = "soma(0.5)"
[run]
duration = 2
initial_voltage = -40
"#;
    let document = Document::parse(model, Format::Toml, folder.join("model.toml")).unwrap();
    let mut simulation = Simulation::new(&document.model, document.base()).unwrap();
    simulation.run().unwrap();
    // At −40 mV the rate is 1/ms and no current flows: n = 1 − e⁻ᵗ, which cnexp solves exactly.
    let trace = simulation.results().trace("gate.n@soma(0.5)").unwrap();
    for (step, n) in trace.values.iter().enumerate() {
        let exact = 1.0 - (-0.025 * step as f64).exp();
        assert!((n - exact).abs() < 1e-12, "{n}, not {exact}, after {step} steps");
    }
}
