//! `apical bench`.

use std::time::Instant;

use apical::workload::{WORKLOADS, workload};
use apical::{Error, ErrorKind, Simulation};
use serde::Serialize;

use crate::Outcome;

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
    v_final: f64,
}

/// Measures one workload, or all.
pub fn run(name: Option<&str>, json: bool, explain: bool, repeats: u32) -> Outcome {
    let names: Vec<&str> = match name {
        Some(name) => vec![name],
        None => WORKLOADS.iter().map(|w| w.0).collect(),
    };
    let mut measurements = Vec::new();
    for name in names {
        let measured = measure(name, explain, repeats)?;
        if !json {
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
    if json {
        say!("{}", serde_json::to_string_pretty(&measurements).unwrap_or_default());
    }
    Ok(true)
}

fn measure(name: &str, explain: bool, repeats: u32) -> apical::Result<Measurement> {
    let Some(model) = workload(name) else {
        let error = Error::new(ErrorKind::Model, format!("there is no workload `{name}`"));
        return Err(error.suggest(name, WORKLOADS.iter().map(|w| w.0)));
    };
    let fresh = Simulation::new(&model, ".")?;
    if explain {
        let plan = fresh.plan().to_string();
        plan.lines().for_each(|line| say!("{name}: {line}"));
    }
    let ncomp = fresh.lowered().tree.compartment_count();
    let mut walls = Vec::new();
    let mut last = fresh.clone();
    for repeat in 0..repeats {
        let mut simulation = fresh.clone();
        let start = Instant::now();
        simulation.run()?;
        walls.push(start.elapsed().as_secs_f64());
        tell!("{name}: repeat {} of {repeats}, {:.2} s", repeat + 1, start.elapsed().as_secs_f64());
        last = simulation;
    }
    walls.sort_by(f64::total_cmp);
    let scale = 1e9 / (ncomp as f64 * last.steps() as f64);
    let median = walls[walls.len() / 2];
    let results = last.results();
    Ok(Measurement {
        workload: name.to_owned(),
        ncomp,
        nstep: last.steps(),
        dt: model.run.time_step,
        wall_s: median,
        ns_per_comp_step: median * scale,
        ns_min: walls[0] * scale,
        ns_max: walls[walls.len() - 1] * scale,
        spikes: results.spikes.iter().map(|s| s.times.len()).sum(),
        v_final: results.traces.first().and_then(|t| t.values.last().copied()).unwrap_or(f64::NAN),
    })
}
