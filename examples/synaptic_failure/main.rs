//! Why most synaptic releases fail: what a spike says of the input against the probability of release, and what it costs.
//!
//! Levy & Baxter 2002, J. Neurosci. 22:4746: information that the output cannot carry need not survive release. A population of equal
//! cells, each with 100 inputs of its own, is run at several probabilities of release; a tonic current keeps the output as
//! frequent. Information is that of counts in bins, energy that of pumping out the sodium that came in.
//!
//! `cargo run --release --example synaptic_failure -- [--fast] [--out DIR] [--seed N]`

#[path = "../common/mod.rs"]
mod common;
mod figure;
mod theory;

use apical::analysis::information::{joint_counts, miller_madow, mutual_information};
use apical::cell::{Cell, Ion, SectionDescription};
use apical::model::{Detector, Record};
use apical::network::{Drive, Network, Population, Train};
use apical::record::{Results, Trace};
use apical::{NetworkSimulation, Result};
use apical_kernels::random;
use common::{Options, Outcome};
use figure::{figure, limits_per_atp, most};
use serde::Serialize;
use theory::{best_failure, entropy, released, survives, threshold_unit};

const DENDRITES: usize = 5;
/// Inputs of a dendrite. They share a point process: conductances add up, and each event is released or not by itself.
const INPUTS: usize = 20;
/// With which an input, and the cell, fires in a bin.
const FIRING: f64 = 0.033;
/// ms.
const BIN: f64 = 15.0;
/// Conductance of a release at its peak, µS.
const QUANTUM: f64 = 0.002;
/// ms.
const STEP: f64 = 0.05;
/// Between samples of currents, ms.
const SAMPLE: f64 = 0.25;
/// What comes before is not counted, ms; whole bins.
const SETTLED: f64 = 300.0;
/// mV.
const SODIUM: f64 = 50.0;
/// mV.
const POTASSIUM: f64 = -85.0;
/// Of the soma's cylinder, length and diameter, µm.
const SOMA: f64 = 20.0;

/// What all probabilities of release have in common.
struct Experiment {
    /// Times of the events at each dendrite of each cell, ms.
    events: Vec<Vec<Vec<f64>>>,
    /// The same of each cell.
    input: Vec<Vec<f64>>,
    /// ms.
    duration: f64,
    /// How many cells are recorded finely, for their currents.
    sampled: usize,
    seed: u64,
}

/// What is recorded.
#[derive(Clone, Copy, PartialEq)]
enum Watch {
    Spikes,
    /// Counts of what was released and what failed, at the ends of bins.
    Release,
    /// Voltages and currents of the first cells.
    Currents,
}

/// What came of a probability of release. Information in bits per bin.
#[derive(Clone, Default, Serialize)]
struct Measured {
    release: f64,
    /// nA.
    tonic_current: f64,
    /// Share of bins with a spike.
    firing: f64,
    /// Hz.
    rate: f64,
    /// Entropy of whether a bin has a spike: no output can say more.
    output_limit: f64,
    /// ½·log₂(1 + (1 − f)·(1 − p)/f); none without failures.
    survives_by_formula: Option<f64>,
    /// Between the numbers of events and of releases: of a Poisson number of events exactly, and in the simulation.
    survives_exactly: f64,
    survives: f64,
    /// Between the number of releases and a spike, in the simulation.
    spike_tells_of_releases: f64,
    /// Between the number of events and a spike: of a unit that fires when releases reach a threshold, and of the cell.
    threshold_unit: f64,
    information: f64,
    /// Standard error.
    information_error: f64,
    /// With the events of other cells instead of a cell's own: mean and standard deviation.
    shuffled: [f64; 2],
    bits_per_spike: f64,
    events: f64,
    failed: f64,
    /// By how many standard deviations of the binomial failures differ from what is expected; none where they cannot.
    failed_sigmas: Option<f64>,
    /// Per second, for sodium that comes in through synapses, in spikes and between spikes through the spikes' channels.
    atp_synapses: f64,
    atp_spikes: f64,
    atp_between: f64,
    atp_per_spike: f64,
    bits_per_atp: f64,
    bits_of_releases_per_atp: f64,
    /// Membrane potential of the first cell, mV.
    #[serde(skip)]
    voltage: Vec<[f64; 2]>,
}

fn main() -> Outcome {
    let options = Options::read(
        "synaptic_failure",
        "Information per spike and its cost in ATP against the probability of synaptic release.",
    );
    let releases: &[f64] =
        if options.fast { &[1.0, 0.25, 0.1] } else { &[1.0, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05] };
    let (cells, duration) = if options.fast { (64, 4500.0) } else { (128, 16_500.0) };
    let experiment = Experiment::new(cells, duration, options.seed);
    println!(
        "{cells} cells of {} inputs; bins of {BIN} ms; firing probability {FIRING}: H = {:.4} bits, so f = 4^-H = {:.3}",
        DENDRITES * INPUTS,
        entropy(FIRING),
        best_failure(FIRING)
    );
    let mut measured: Vec<Measured> = Vec::new();
    let mut lag = None;
    for &release in releases {
        let current = experiment.tune(release, measured.last().map(|m| m.tonic_current))?;
        let results = experiment.run(release, current, cells, duration, Watch::Release)?;
        let lag = *lag.get_or_insert_with(|| experiment.best_lag(&results));
        let mut m = Measured { release, tonic_current: current, ..Measured::default() };
        experiment.inform(&mut m, &results, lag);
        if (m.firing / FIRING - 1.0).abs() > 0.2 {
            return Err(
                format!("no tonic current found: {} spikes a bin at release {release}", m.firing).into()
            );
        }
        experiment.count_failures(&mut m, &results);
        experiment.pay(&mut m)?;
        m.print();
        measured.push(m);
    }
    let lag = lag.unwrap_or_default();
    println!("a spike answers to the events of a bin that begins {lag} ms earlier");
    let limits = limits_per_atp(&measured);
    let best_failure = 1.0 - most(&limits)[0];
    println!("the lesser limit per ATP is greatest with failures of {best_failure:.3}");
    #[derive(Serialize)]
    struct Written<'a> {
        bin_ms: f64,
        lag_ms: f64,
        best_failure: f64,
        measured: &'a [Measured],
    }
    let written = Written { bin_ms: BIN, lag_ms: lag, best_failure, measured: &measured };
    options.write("synaptic_failure.json", &serde_json::to_string_pretty(&written)?)?;
    options.write("synaptic_failure.svg", &figure(&measured, &limits))
}

/// A soma with sodium and potassium channels, and passive dendrites that each have an input in their middle.
fn cell(release: f64, current: f64) -> Cell {
    let section = |name: String, length, diameter| SectionDescription {
        name,
        length: Some(length),
        diameter: Some(diameter),
        ..SectionDescription::default()
    };
    let mut cell = Cell::default();
    cell.section.push(section("soma".into(), SOMA, SOMA));
    for number in 0..DENDRITES {
        cell.section.push(SectionDescription {
            parent: Some("soma".into()),
            parent_x: Some(0.5),
            compartments: Some(3),
            ..section(format!("dend[{number}]"), 200.0, 2.0)
        });
    }
    let soma = "(section \"soma\")";
    for (name, reversal) in [("na", SODIUM), ("k", POTASSIUM)] {
        let reversal = Some(reversal.into());
        cell.ion.push(Ion { region: soma.into(), name: name.into(), reversal, ..Ion::default() });
    }
    let middles: Vec<String> = (0..DENDRITES).map(|k| format!("dend[{k}](0.5)")).collect();
    cell.paint("all", "pas", [("g", 1e-4.into()), ("e", (-70.0).into())])
        .paint(soma, "NaTs2_t", [("gNaTs2_tbar", 1.0.into())])
        .paint(soma, "SKv3_1", [("gSKv3_1bar", 0.3.into())])
        .place("input", &format!("(sum {})", middles.join(" ")), "StochasticSyn", [("p", release.into())])
        .place("tonic", "soma(0.5)", "IClamp", [("dur", 1e9.into()), ("amp", current.into())])
}

impl Experiment {
    fn new(cells: usize, duration: f64, seed: u64) -> Self {
        let train = |cell: usize, input: usize| {
            let mut time = 0.0;
            let interval = move |k| random::exponential(seed, [cell as u32, input as u32], k) * BIN / FIRING;
            (0..).map(interval).map_while(move |interval| {
                time += interval;
                (time < duration).then_some(time)
            })
        };
        let sorted = |mut times: Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times
        };
        let dendrite =
            |cell, d: usize| sorted((0..INPUTS).flat_map(|k| train(cell, d * INPUTS + k)).collect());
        let events: Vec<Vec<Vec<f64>>> =
            (0..cells).map(|cell| (0..DENDRITES).map(|d| dendrite(cell, d)).collect()).collect();
        let input = events.iter().map(|dendrites| sorted(dendrites.concat())).collect();
        Self { events, input, duration, sampled: 12, seed }
    }

    fn run(&self, release: f64, current: f64, cells: usize, duration: f64, watch: Watch) -> Result<Results> {
        let mut network = Network::new(duration);
        network.run.temperature = 34.0;
        network.run.initial_voltage = -65.0;
        network.run.time_step = STEP;
        network.run.sample_interval = Some(if watch == Watch::Currents { SAMPLE } else { BIN });
        network.run.seed = self.seed;
        let soma =
            |what: &str| Record { what: what.into(), at: Some("soma(0.5)".into()), ..Record::default() };
        let input = |what: &str| Record { what: what.into(), of: Some("input".into()), ..Record::default() };
        let record = match watch {
            Watch::Spikes => Vec::new(),
            Watch::Release => vec![input("released"), input("failures")],
            Watch::Currents => vec![soma("v"), soma("ina"), input("i"), input("g")],
        };
        network.populations.push(Population {
            name: "cells".into(),
            count: cells,
            cell: cell(release, current),
            spike: Detector::voltage("spike", "soma(0.5)", -10.0),
            recorded: if record.is_empty() { Vec::new() } else { (0..cells).collect() },
            record,
            ..Population::default()
        });
        let mut drive = Drive::new("events", "cells", "input", QUANTUM);
        for (cell, dendrites) in self.events[..cells].iter().enumerate() {
            for (instance, times) in dendrites.iter().enumerate() {
                let times = times[..times.partition_point(|&t| t < duration)].to_vec();
                drive.trains.push(Train { cell: cell as u32, instance: Some(instance as u32), times });
            }
        }
        network.drives.push(drive);
        let mut simulation = NetworkSimulation::new(&network, ".")?;
        simulation.run_with(std::thread::available_parallelism().map_or(1, usize::from), |_| {})?;
        Ok(simulation.results())
    }

    /// Looks for the tonic current with which so many bins have a spike as input bins have an event, by halving, in short runs.
    /// What is needed without failures is little; the fewer releases, the more is needed.
    fn tune(&self, release: f64, last: Option<f64>) -> Result<f64> {
        /// Halvings; the last are finer than chance.
        const MOST: usize = 12;
        let (mut low, mut high) = last.map_or((0.0, 0.3), |last| (last - 0.002, last + 0.1));
        let mut best = (f64::INFINITY, 0.0);
        for _ in 0..MOST {
            let middle = 0.5 * (low + high);
            // Far from it, a second tells on which side.
            let duration = SETTLED + if high - low > 0.01 { 900.0 } else { 3900.0 };
            let duration = duration.min(self.duration);
            let results = self.run(release, middle, self.events.len(), duration, Watch::Spikes)?;
            let (bins, fired) = self.fired(&results, duration);
            let ratio = fired / bins / FIRING;
            eprintln!("release {release}: {middle:.4} nA gives {:.4} spikes a bin", ratio * FIRING);
            let off = (ratio - 1.0).abs();
            if off < best.0 {
                best = (off, middle);
            }
            if off < 0.015 && duration > 4000.0 {
                break;
            }
            if ratio > 1.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(best.1)
    }

    /// Bins, and those of them with a spike.
    fn fired(&self, results: &Results, duration: f64) -> (f64, f64) {
        let mut of = (0.0, 0.0);
        for spikes in &results.spikes {
            let counts = counts(&spikes.times, SETTLED, duration);
            of.0 += counts.len() as f64;
            of.1 += counts.iter().filter(|&&n| n > 0).count() as f64;
        }
        of
    }

    /// Pairs of the number of events in a bin and whether the cell spikes so much later, of each cell; the events may be those of
    /// the cell so many places further on.
    fn pairs(&self, results: &Results, lag: f64, shift: usize) -> Vec<Vec<(usize, usize)>> {
        let cells = results.spikes.len();
        let of = |cell: usize| {
            // An event arrives in the step that begins nearest to it, and is counted as released at the end of that.
            let early = 0.5 * STEP;
            let events = counts(&self.input[(cell + shift) % cells], SETTLED - early, self.duration - lag);
            let spikes = counts(&results.spikes[cell].times, SETTLED + lag, self.duration);
            events.into_iter().zip(spikes.into_iter().map(|n| n.min(1))).collect()
        };
        (0..cells).map(of).collect()
    }

    /// The whole number of ms at which spikes say most of events.
    fn best_lag(&self, results: &Results) -> f64 {
        const MOST: u8 = 15;
        let lags = (0..=MOST).map(f64::from);
        let told = lags.map(|lag| (lag, information(&self.pairs(results, lag, 0))));
        let best = told.max_by(|a, b| a.1.total_cmp(&b.1));
        best.map_or(0.0, |(lag, _)| lag)
    }

    fn inform(&self, m: &mut Measured, results: &Results, lag: f64) {
        let (bins, fired) = self.fired(results, self.duration);
        let spikes: usize =
            results.spikes.iter().map(|s| s.times.iter().filter(|&&t| t >= SETTLED).count()).sum();
        m.firing = fired / bins;
        m.rate = 1000.0 * spikes as f64 / (self.duration - SETTLED) / results.spikes.len() as f64;
        m.output_limit = entropy(m.firing);
        m.survives_by_formula = (m.release < 1.0).then(|| survives(m.release, FIRING));
        let mean = (DENDRITES * INPUTS) as f64 * FIRING;
        m.survives_exactly = mutual_information(&released(mean, m.release)).unwrap_or(f64::NAN);
        m.threshold_unit = threshold_unit(mean, m.release, m.firing);

        let pairs = self.pairs(results, lag, 0);
        m.information = information(&pairs);
        // The jackknife over groups of cells.
        const GROUPS: usize = 16;
        let without = |group: usize| {
            let others = pairs.iter().enumerate().filter(|(cell, _)| cell % GROUPS != group);
            information(&others.map(|(_, pairs)| pairs.clone()).collect::<Vec<_>>())
        };
        let [_, deviation] = moments(&(0..GROUPS).map(without).collect::<Vec<_>>());
        m.information_error = deviation * (GROUPS as f64 - 1.0) / (GROUPS as f64).sqrt();
        m.shuffled =
            moments(&(1..=GROUPS).map(|by| information(&self.pairs(results, lag, by))).collect::<Vec<_>>());
        m.bits_per_spike = m.information * 1000.0 / BIN / m.rate;

        let first = (SETTLED / BIN) as usize;
        let released = per_cell(results, "released", |sum| {
            sum[first..].windows(2).map(|pair| (pair[1] - pair[0]) as usize).collect::<Vec<_>>()
        });
        let joined = |x: &dyn Fn(usize, usize) -> Option<(usize, usize)>| {
            let of = |cell: usize| (0..pairs[cell].len()).filter_map(move |bin| x(cell, bin));
            miller_madow(&joint_counts((0..pairs.len()).flat_map(of))).unwrap_or(f64::NAN)
        };
        let count = |cell: usize, bin: usize| released[cell].get(bin).copied();
        m.survives = joined(&|cell, bin| Some((pairs[cell][bin].0, count(cell, bin)?)));
        m.spike_tells_of_releases = joined(&|cell, bin| Some((count(cell, bin)?, pairs[cell][bin].1)));
    }

    fn count_failures(&self, m: &mut Measured, results: &Results) {
        let last = |what| per_cell(results, what, |sum| sum.last().copied().unwrap_or(f64::NAN)).iter().sum();
        let (released, failures): (f64, f64) = (last("released"), last("failures"));
        m.events = released + failures;
        m.failed = failures / m.events;
        let expected = 1.0 - m.release;
        let deviation = (expected * m.release / m.events).sqrt();
        m.failed_sigmas = (deviation > 0.0).then(|| (m.failed - expected) / deviation);
    }

    /// Runs some of the cells again, the same to the bit, and looks at their currents.
    fn pay(&self, m: &mut Measured) -> Result<()> {
        let results = self.run(m.release, m.tonic_current, self.sampled, self.duration, Watch::Currents)?;
        let first = results.time.partition_point(|&t| t < SETTLED);
        let seconds = (self.duration - SETTLED) / 1000.0 * self.sampled as f64;
        // Of the conductance at a synapse whose current reverses at 0 mV, what is left for sodium.
        let share = POTASSIUM / (POTASSIUM - SODIUM);
        // mA/cm² and µm² to nA.
        let area = std::f64::consts::PI * SOMA * SOMA * 0.01;
        let mean = |trace: &[f64]| trace.iter().sum::<f64>() / (self.duration - SETTLED) * SAMPLE;
        let (mut synapses, mut in_spikes, mut channels, mut spikes) = (0.0, 0.0, 0.0, 0);
        for cell in 0..self.sampled {
            for instance in 0..DENDRITES {
                let of = |what: &str| values(&results, &format!("cells[{cell}].input[{instance}].{what}"));
                synapses -= share * (mean(&of("i")[first..]) - SODIUM * mean(&of("g")[first..]));
            }
            let sodium = values(&results, &format!("cells[{cell}].ina@soma(0.5)"));
            let mut near = vec![false; sodium.len()];
            for &spike in results.spikes[cell].times.iter().filter(|&&t| t >= SETTLED) {
                spikes += 1;
                // From the foot of a spike to where its sodium current is over.
                let window = [spike - 1.0, spike + 4.0].map(|t| results.time.partition_point(|&at| at < t));
                near[window[0]..window[1]].fill(true);
            }
            channels -= area * mean(&sodium[first..]);
            let of_spikes: Vec<f64> =
                (first..sodium.len()).map(|k| if near[k] { sodium[k] } else { 0.0 }).collect();
            in_spikes -= area * mean(&of_spikes);
        }
        let cells = self.sampled as f64;
        let per_spike = atp_per_second(in_spikes / cells) * seconds / f64::from(spikes);
        m.atp_synapses = atp_per_second(synapses / cells);
        m.atp_spikes = per_spike * m.rate;
        m.atp_between = atp_per_second((channels - in_spikes) / cells);
        let total = m.atp_synapses + m.atp_spikes + m.atp_between;
        m.atp_per_spike = total / m.rate;
        let per_atp = |bits: f64| bits * 1000.0 / BIN / total;
        m.bits_per_atp = per_atp(m.information);
        m.bits_of_releases_per_atp = per_atp(m.spike_tells_of_releases);
        let voltage = values(&results, "cells[0].v@soma(0.5)");
        m.voltage = results.time.iter().zip(voltage).map(|(&t, &v)| [t, v]).collect();
        Ok(())
    }
}

impl Measured {
    fn print(&self) {
        println!("release {}: {:.4} nA, {:.4} spikes a bin", self.release, self.tonic_current, self.firing);
        println!(
            "  failed {:.5} of {} events, {}",
            self.failed,
            self.events,
            self.failed_sigmas.map_or("as must be".into(), |s| format!("{s:.2} standard deviations off"))
        );
        println!(
            "  bits a bin: output at most {:.4}; release passes {} by formula, {:.4} exactly, {:.4} measured; of releases a spike tells {:.4}",
            self.output_limit,
            self.survives_by_formula.map_or("all".into(), |s| format!("{s:.4}")),
            self.survives_exactly,
            self.survives,
            self.spike_tells_of_releases
        );
        println!(
            "  of events a spike tells {:.4} ± {:.4} (a threshold {:.4}; shuffled {:.5} ± {:.5}): {:.3} bits a spike",
            self.information,
            self.information_error,
            self.threshold_unit,
            self.shuffled[0],
            self.shuffled[1],
            self.bits_per_spike
        );
        println!(
            "  10^6 ATP/s: synapses {:.1}, spikes {:.1}, between {:.1}; {:.1}·10^6 ATP a spike; bits per 10^9 ATP: {:.2}, of releases {:.2}",
            1e-6 * self.atp_synapses,
            1e-6 * self.atp_spikes,
            1e-6 * self.atp_between,
            1e-6 * self.atp_per_spike,
            1e9 * self.bits_per_atp,
            1e9 * self.bits_of_releases_per_atp
        );
    }
}

/// Times in each whole bin from a time to another, ms.
fn counts(times: &[f64], start: f64, end: f64) -> Vec<usize> {
    let mut counts = vec![0; ((end - start) / BIN) as usize];
    for time in times.iter().filter(|&&t| t >= start) {
        if let Some(count) = counts.get_mut(((time - start) / BIN) as usize) {
            *count += 1;
        }
    }
    counts
}

/// Bits a bin, less the bias of few observations.
fn information(pairs: &[Vec<(usize, usize)>]) -> f64 {
    miller_madow(&joint_counts(pairs.iter().flatten().copied())).unwrap_or(f64::NAN)
}

/// Mean and standard deviation.
fn moments(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    [mean, (squares / (count - 1.0)).sqrt()]
}

fn values<'a>(results: &'a Results, name: &str) -> &'a [f64] {
    results.trace(name).map_or(&[], |trace| &trace.values)
}

/// Something of the sum over a cell's dendrites of what was recorded there, for each cell.
fn per_cell<T>(results: &Results, what: &str, of: impl Fn(&[f64]) -> T) -> Vec<T> {
    let traces: Vec<&Trace> = results.traces.iter().filter(|t| t.name.ends_with(what)).collect();
    let sum = |dendrites: &[&Trace]| -> Vec<f64> {
        (0..results.time.len()).map(|k| dendrites.iter().map(|t| t.values[k]).sum()).collect()
    };
    traces.chunks(DENDRITES).map(|dendrites| of(&sum(dendrites))).collect()
}

/// What pumping out a steady inward sodium current of so many nA takes: an ATP for three ions (Attwell & Laughlin 2001, J. Cereb.
/// Blood Flow Metab. 21:1133).
fn atp_per_second(sodium: f64) -> f64 {
    const ELEMENTARY_CHARGE: f64 = 1.602_176_634e-19;
    sodium * 1e-9 / ELEMENTARY_CHARGE / 3.0
}
