//! The figure: information, what it costs, the best probability of failure, traces.

use apical::plot::{Axis, Figure, Layer, Panel};

use super::theory::{best_failure, entropy, survives, threshold_unit};
use super::{BIN, DENDRITES, FIRING, INPUTS, Measured, SETTLED};

/// Against release, what survives it by formula or what the output can carry, the lesser, per ATP: of that, linear in between
/// what was measured.
pub fn limits_per_atp(measured: &[Measured]) -> Vec<[f64; 2]> {
    const PARTS: usize = 1000;
    let atp = |m: &Measured| m.atp_per_spike * m.rate;
    let at = |release: f64| {
        let pair = measured.windows(2).find(|pair| (pair[1].release..=pair[0].release).contains(&release))?;
        let part = (release - pair[1].release) / (pair[0].release - pair[1].release);
        let atp = part * atp(&pair[0]) + (1.0 - part) * atp(&pair[1]);
        Some([release, survives(release, FIRING).min(entropy(FIRING)) * 1000.0 / BIN / atp])
    };
    (1..=PARTS).filter_map(|k| at(k as f64 / PARTS as f64)).collect()
}

/// The point whose y is largest.
pub fn most(points: &[[f64; 2]]) -> [f64; 2] {
    points.iter().copied().max_by(|a, b| a[1].total_cmp(&b[1])).unwrap_or([f64::NAN; 2])
}

pub fn figure(measured: &[Measured], limits: &[[f64; 2]]) -> String {
    let curve = |of: fn(&Measured) -> f64| measured.iter().map(|m| [m.release, of(m)]).collect::<Vec<_>>();
    let fine =
        |of: &dyn Fn(f64) -> f64| (1..=200).map(|k| 0.005 * f64::from(k)).map(|x| [x, of(x)]).collect();
    let release = || Axis::new("probability of release").range(0.0, 1.0);
    let mean = (DENDRITES * INPUTS) as f64 * FIRING;
    let errors = measured
        .iter()
        .map(|m| [m.release, m.information - m.information_error, m.information + m.information_error]);
    let bits = Panel::new(
        "information about events and about releases",
        release(),
        Axis::new("bits per bin").range(0.0, 0.4),
    )
    .with(Layer::line("survives release, by formula", fine(&|x| survives(x, FIRING))))
    .with(Layer::line("the output at most, H(p)", curve(|m| m.output_limit)))
    .with(Layer::line("events, told by a threshold", fine(&|x| threshold_unit(mean, x, FIRING))))
    .with(Layer::Band { points: errors.collect() })
    .with(Layer::line("events, told by the cell", curve(|m| m.information)))
    .with(Layer::line("releases, told by the cell", curve(|m| m.spike_tells_of_releases)))
    .with(Layer::points("survives release, simulated", curve(|m| m.survives)))
    .with(Layer::Vertical(1.0 - best_failure(FIRING)));

    let relative = |points: &[[f64; 2]]| {
        let [_, largest] = most(points);
        points.iter().map(|[x, y]| [*x, y / largest]).collect()
    };
    let axis = Axis::new("parts of the largest").range(0.0, 1.6);
    let gain = Panel::new("information per spike and per ATP", release(), axis)
        .with(Layer::line("lesser limit, per ATP", relative(limits)))
        .with(Layer::line("events, told by the cell, per spike", relative(&curve(|m| m.bits_per_spike))))
        .with(Layer::line("events, told by the cell, per ATP", relative(&curve(|m| m.bits_per_atp))))
        .with(Layer::line(
            "releases, told by the cell, per ATP",
            relative(&curve(|m| m.bits_of_releases_per_atp)),
        ))
        .with(Layer::Vertical(1.0 - best_failure(FIRING)));

    let firing = Axis::new("probability of firing per bin").range(0.0, 0.5);
    let failure = Axis::new("probability of failure").range(0.0, 1.0);
    let theory = (0..=250).map(|k| 0.002 * f64::from(k)).map(|p| [p, best_failure(p)]);
    let optimum = |points: &[[f64; 2]]| vec![[FIRING, 1.0 - most(points)[0]]];
    let failures = Panel::new("the best probability of failure", firing, failure)
        .with(Layer::line("f = 4^(−H(p))", theory.collect()))
        .with(Layer::points("lesser limit per ATP is greatest", optimum(limits)))
        .with(Layer::points("the cell tells most of events per ATP", optimum(&curve(|m| m.bits_per_atp))))
        .with(Layer::Vertical(FIRING));

    let time = Axis::new("time (ms)").range(0.0, 1000.0);
    let mut traces =
        Panel::new("a cell and the same events", time, Axis::new("soma (mV)").range(-90.0, 60.0));
    let settled = |p: &&[f64; 2]| p[0] >= SETTLED;
    let spike = measured.first().and_then(|m| m.voltage.iter().filter(settled).find(|p| p[1] > 0.0));
    let start = spike.map_or(SETTLED, |p| p[0] - 100.0);
    for m in measured.iter().filter(|m| m.release == 1.0 || m.release == 0.25) {
        let shown = m.voltage.iter().map(|[t, v]| [t - start, *v]);
        let shown = shown.filter(|p| (0.0..=1000.0).contains(&p[0])).collect();
        traces = traces.with(Layer::line(format!("release {}", m.release), shown));
    }
    let title = format!(
        "A hundred inputs that fire with a probability of {FIRING} in {BIN} ms, and a cell that fires as often"
    );
    Figure::new(title, 2).with(bits).with(gain).with(failures).with(traces).render()
}
