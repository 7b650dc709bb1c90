//! Balanced input makes a neuron fire irregularly: 300 excitatory and 300 inhibitory Poisson inputs onto the dendrites and the soma
//! of a layer-5 cell. As inhibition is taken away, intervals become regular (Shadlen & Newsome 1998, J. Neurosci. 18:3870). That is
//! looked at twice: with the excitation left as it is, so that the rate rises, and with so much less of it that the rate stays.
//!
//! `cargo run --release --example balanced_input -- [--fast] [--out DIR] [--seed N]`

mod common;

use apical::analysis::spike_trains::{Window, cv, cv2, fano_factor, rate};
use apical::cell::{Cell, Ion};
use apical::model::{Detector, Events, Model, Poisson, Record};
use apical::plot::{Axis, Figure, Layer, Panel};
use apical::{Result, Simulation};
use common::{Options, Outcome};
use serde::Serialize;

/// Events of each excitatory input per second; those of each inhibitory one are a share of them.
const EXCITATION: f64 = 10.0;
/// The share at which excitation and inhibition balance.
const BALANCE: f64 = 0.8;
/// Conductance of an event at its peak, µS.
const WEIGHTS: [f64; 2] = [0.004, 0.003];
/// What comes before is not counted, ms.
const SETTLED: f64 = 200.0;

/// What comes of an amount of excitation and inhibition.
#[derive(Clone, Serialize)]
struct Fired {
    /// Hz, of each input.
    excitation: f64,
    /// Hz, of each input.
    inhibition: f64,
    /// Hz.
    rate: f64,
    cv: Option<f64>,
    cv2: Option<f64>,
    /// In windows of 100 ms.
    fano_factor: Option<f64>,
    spikes: usize,
    /// Membrane potential of the soma every half ms, mV.
    #[serde(skip)]
    voltage: Vec<f64>,
}

/// Inhibition against what came of it.
#[derive(Serialize)]
struct Curves {
    /// Inhibitory events in parts of those that balance excitation.
    inhibition: Vec<f64>,
    same_excitation: Vec<Fired>,
    same_rate: Vec<Fired>,
}

fn main() -> Outcome {
    let options = Options::read(
        "balanced_input",
        "A layer-5 cell under 300 excitatory and 300 inhibitory Poisson inputs: irregularity against inhibition.",
    );
    let (steps, duration) = if options.fast { (2, 3000.0) } else { (6, 10_000.0) };
    let inhibition: Vec<f64> = (0..steps).map(|k| f64::from(k) / f64::from(steps - 1)).collect();
    let run = |excitation, part| fired(excitation, part * BALANCE * excitation, duration, options.seed);
    let balanced = run(EXCITATION, 1.0)?;
    println!("the reference is balanced input: {:.1} Hz", balanced.rate);
    let both = std::thread::scope(|scope| {
        let same_excitation =
            scope.spawn(|| inhibition.iter().map(|&part| run(EXCITATION, part)).collect::<Result<_>>());
        let same_rate: Result<_> =
            inhibition.iter().map(|&part| at_rate(balanced.rate, |e| run(e, part))).collect();
        (same_excitation.join(), same_rate)
    });
    let (Ok(same_excitation), same_rate) = both else { return Err("a run panicked".into()) };
    let curves = Curves { inhibition, same_excitation: same_excitation?, same_rate: same_rate? };
    for (name, curve) in [("same excitation", &curves.same_excitation), ("same rate", &curves.same_rate)] {
        for (part, f) in curves.inhibition.iter().zip(curve) {
            println!(
                "{name}, inhibition {:3.0} %: excitation {:4.1} Hz each, output {:5.1} Hz, CV {:.2}, CV2 {:.2}, Fano factor {:.2}",
                100.0 * part,
                f.excitation,
                f.rate,
                f.cv.unwrap_or(f64::NAN),
                f.cv2.unwrap_or(f64::NAN),
                f.fano_factor.unwrap_or(f64::NAN)
            );
        }
    }
    options.write("balanced_input.json", &serde_json::to_string_pretty(&curves)?)?;
    options.write("balanced_input.svg", &figure(&curves))
}

/// A layer-5 cell with sodium and potassium channels in its soma.
fn cell() -> Cell {
    let mut cell = Cell::from_file("morphologies/layer5_pyramidal.swc")
        .paint("all", "pas", [("g", 6e-5.into()), ("e", (-75.0).into())])
        .paint("soma", "NaTa_t", [("gNaTa_tbar", 2.04.into())])
        .paint("soma", "SKv3_1", [("gSKv3_1bar", 0.693.into())])
        .place(
            "excitation",
            "(uniform (intersect dend (distance-lt 200)) 0 299 1)",
            "ExpSyn",
            [("tau", 2.0.into())],
        )
        .place(
            "inhibition",
            "(uniform (join soma (intersect dend (distance-lt 100))) 0 299 2)",
            "ExpSyn",
            [("tau", 5.0.into()), ("e", (-80.0).into())],
        );
    for (name, reversal) in [("na", 50.0), ("k", -85.0)] {
        let reversal = Some(reversal.into());
        cell.ion.push(Ion { region: "soma".into(), name: name.into(), reversal, ..Ion::default() });
    }
    cell
}

fn fired(excitation: f64, inhibition: f64, duration: f64, seed: u64) -> Result<Fired> {
    let mut model = Model::new(cell(), duration);
    model.run.temperature = 34.0;
    model.run.initial_voltage = -70.0;
    model.run.sample_interval = Some(0.5);
    model.run.seed = seed;
    let inputs = [("excitation", WEIGHTS[0], excitation), ("inhibition", WEIGHTS[1], inhibition)];
    for (target, weight, rate) in inputs.into_iter().filter(|input| input.2 > 0.0) {
        let poisson = Some(Poisson { rate, start: 0.0, stop: None });
        model.events.push(Events { target: target.into(), weight, poisson, ..Events::default() });
    }
    model.record.push(Record { what: "v".into(), at: Some("soma[0](0.5)".into()), ..Record::default() });
    model.detect.push(Detector::voltage("soma", "soma[0](0.5)", -10.0));
    let mut simulation = Simulation::new(&model, ".")?;
    simulation.run()?;
    let results = simulation.results();
    let window = Window::new(SETTLED, duration);
    let mut spikes = results.spikes[0].times.clone();
    spikes.retain(|&time| time >= SETTLED);
    Ok(Fired {
        excitation,
        inhibition,
        rate: rate(&spikes, window),
        cv: cv(&spikes),
        cv2: cv2(&spikes),
        fano_factor: fano_factor(&spikes, window, 100.0),
        spikes: spikes.len(),
        voltage: results.traces[0].values.clone(),
    })
}

/// Looks for the excitation at which the cell fires so often, within a twentieth.
fn at_rate(wanted: f64, run: impl Fn(f64) -> Result<Fired>) -> Result<Fired> {
    /// Halvings; a thousandth of the excitation is finer than chance.
    const MOST: usize = 10;
    let (mut low, mut high) = (0.0, 1.01 * EXCITATION);
    let mut best = run(EXCITATION)?;
    for _ in 0..MOST {
        if (best.rate - wanted).abs() <= 0.05 * wanted {
            break;
        }
        if best.rate > wanted {
            high = best.excitation;
        } else {
            low = best.excitation;
        }
        best = run(0.5 * (low + high))?;
    }
    eprintln!("{:.1} Hz of excitation give {:.1} Hz", best.excitation, best.rate);
    Ok(best)
}

fn figure(curves: &Curves) -> String {
    let mut figure = Figure::new("A layer-5 cell under 300 excitatory and 300 inhibitory Poisson inputs", 2);
    let shown =
        [("excitation alone", curves.same_excitation.first()), ("balanced", curves.same_excitation.last())];
    for (name, fired) in shown.into_iter().filter_map(|(name, f)| Some((name, f?))) {
        let samples = fired.voltage.iter().enumerate().map(|(k, &v)| [0.5 * k as f64 - SETTLED, v]);
        let title =
            format!("{name}, {:.0} Hz of inhibition: fires at {:.0} Hz", fired.inhibition, fired.rate);
        figure = figure.with(
            Panel::new(
                title,
                Axis::new("time (ms)").range(0.0, 1000.0),
                Axis::new("soma (mV)").range(-90.0, 45.0),
            )
            .with(Layer::line("", samples.collect())),
        );
    }
    type Value = fn(&Fired) -> Option<f64>;
    let panels: [(&str, &str, f64, Value); 2] =
        [("irregularity", "CV of intervals", 1.3, |f| f.cv), ("rate", "rate (Hz)", 130.0, |f| Some(f.rate))];
    for (title, name, most, value) in panels {
        let mut panel =
            Panel::new(title, Axis::new("inhibition (% of balance)"), Axis::new(name).range(0.0, most));
        for (name, curve) in [("same excitation", &curves.same_excitation), ("same rate", &curves.same_rate)]
        {
            let points =
                curves.inhibition.iter().zip(curve).filter_map(|(part, f)| Some([100.0 * part, value(f)?]));
            panel = panel.with(Layer::line(name, points.collect()));
        }
        figure = figure.with(panel);
    }
    figure.render()
}
