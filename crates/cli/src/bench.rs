//! `apical bench`.

use std::path::Path;
use std::time::Instant;

use apical::lower::report::Report;
use apical::model::{Rates, Run};
use apical::workload::{WORKLOADS, Workload, workload};
use apical::{NetworkSimulation, Simulation};
use serde::Serialize;

use crate::Outcome;
use crate::running::Running;

#[derive(Serialize)]
struct Measurement {
    workload: String,
    ncomp: usize,
    nstep: u64,
    dt: f64,
    wall_s: f64,
    ns_per_comp_step: f64,
    ns_min: f64,
    ns_max: f64,
    spikes: usize,
    last_spike: Option<f64>,
    v_final: f64,
}

/// What to measure and how.
pub struct Options<'a> {
    /// A workload; all when not given.
    pub workload: Option<&'a str>,
    /// Prints a JSON list.
    pub json: bool,
    /// Prints what a step consists of.
    pub explain: bool,
    /// How often each is run.
    pub repeats: u32,
    /// Worker threads of a network.
    pub threads: usize,
    /// The events of a network.
    pub drive: Option<&'a Path>,
    /// How rates are computed.
    pub rates: Rates,
}

/// Measures one workload, or all.
pub fn run(options: &Options) -> Outcome {
    let names: Vec<&str> = match options.workload {
        Some(name) => vec![name],
        None => WORKLOADS.iter().map(|w| w.0).collect(),
    };
    let mut measurements = Vec::new();
    for name in names {
        let measured = match workload(name, options.drive)? {
            Workload::Cell(mut model) => {
                model.run.rates = options.rates;
                measure(name, options, Simulation::new(&model, ".")?)?
            }
            Workload::Network(mut network) => {
                network.run.rates = options.rates;
                measure(name, options, NetworkSimulation::new(&network, ".")?)?
            }
        };
        if !options.json {
            say!(
                "{}: {} compartments, {} steps of {} ms: {:.2} ns per compartment and step (from {:.2} to {:.2}), {} \
                 spikes, ends at {:.4} mV",
                measured.workload,
                measured.ncomp,
                measured.nstep,
                measured.dt,
                measured.ns_per_comp_step,
                measured.ns_min,
                measured.ns_max,
                measured.spikes,
                measured.v_final
            );
        }
        measurements.push(measured);
    }
    if options.json {
        say!("{}", serde_json::to_string_pretty(&measurements).unwrap_or_default());
    }
    Ok(true)
}

fn measure(name: &str, options: &Options, fresh: impl Running) -> apical::Result<Measurement> {
    if options.explain {
        let plans: Vec<String> = fresh.plan().iter().map(Report::to_string).collect();
        for same in plans.chunk_by(|a, b| a == b) {
            say!(
                "{name}: {}",
                if same.len() == 1 { "one group".to_owned() } else { format!("{} groups, each", same.len()) }
            );
            same[0].lines().for_each(|line| say!("{name}: {line}"));
        }
    }
    let ncomp = fresh.compartments();
    let mut walls = Vec::new();
    let mut last = fresh.clone();
    let repeats = options.repeats;
    for repeat in 0..repeats {
        let mut simulation = fresh.clone();
        let start = Instant::now();
        // To its end, which comes before that.
        simulation.run_to(f64::INFINITY, options.threads, &mut |_| {})?;
        walls.push(start.elapsed().as_secs_f64());
        tell!("{name}: repeat {} of {repeats}, {:.2} s", repeat + 1, start.elapsed().as_secs_f64());
        last = simulation;
    }
    walls.sort_by(f64::total_cmp);
    let (nstep, results) = (last.steps(), last.take_results());
    let scale = 1e9 / (ncomp as f64 * nstep as f64);
    let median = walls[walls.len() / 2];
    Ok(Measurement {
        workload: name.to_owned(),
        ncomp,
        nstep,
        dt: Run::default().time_step,
        wall_s: median,
        ns_per_comp_step: median * scale,
        ns_min: walls[0] * scale,
        ns_max: walls[walls.len() - 1] * scale,
        spikes: results.spikes.iter().map(|s| s.times.len()).sum(),
        last_spike: results.spikes.iter().flat_map(|s| &s.times).copied().max_by(f64::total_cmp),
        v_final: results.traces.first().and_then(|t| t.values.last().copied()).unwrap_or(f64::NAN),
    })
}
