//! Runs to a table in Markdown, and whether the physics agrees.

use std::fmt::Write as _;

use super::{PEERS, Row, Run};

/// How far a peer may be from the first peer of its workload.
struct Limits {
    /// In number.
    spikes: usize,
    /// Of the last one, ms.
    last_spike: f64,
    /// At the end, mV.
    voltage: f64,
}

/// NEURON's scheme is ours, so it is held to rounding. Other schemes of first order may shift every spike by a time step; W2
/// ends within an upstroke, where that is tens of millivolts, so its last spike is compared instead. NEURON's tables of
/// rates are coarse enough for one spike more, whenever. Networks are chaotic: they are held to their totals, within a
/// hundredth.
fn limits(workload: &str, peer: &str, spikes: usize) -> Limits {
    match workload {
        "W3" | "W5" => Limits { spikes: spikes / 100, last_spike: f64::INFINITY, voltage: f64::INFINITY },
        _ if peer.contains("tables") => {
            Limits { spikes: 1, last_spike: f64::INFINITY, voltage: f64::INFINITY }
        }
        _ if peer.contains("NEURON") => Limits { spikes: 0, last_spike: 1e-6, voltage: 1e-6 },
        _ => {
            let voltage = match workload {
                "W1" => 1e-6,
                "W2" => f64::INFINITY,
                _ => 0.1,
            };
            Limits { spikes: 0, last_spike: spikes as f64 / 40.0, voltage }
        }
    }
}

/// Whether a run agrees with another, and in words how far it may be from it.
fn agreement(workload: &str, peer: &str, run: &Run, other: &Run) -> (bool, String) {
    let limits = limits(workload, peer, other.spikes);
    let last_spike = match (run.last_spike, other.last_spike) {
        (Some(one), Some(other)) => (one - other).abs(),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    };
    let within = |difference: f64, limit: f64| difference <= limit || limit.is_infinite();
    let agrees = run.spikes.abs_diff(other.spikes) <= limits.spikes
        && within(last_spike, limits.last_spike)
        && within((run.v_final - other.v_final).abs(), limits.voltage);
    let mut words = format!("{} (±{} spikes", if agrees { "agrees" } else { "**differs**" }, limits.spikes);
    for (limit, unit) in [(limits.last_spike, "ms"), (limits.voltage, "mV")] {
        if limit.is_finite() && limit > 0.0 {
            let _ = write!(words, ", {limit} {unit}");
        }
    }
    (agrees, words + ")")
}

/// The table, and whether all agree.
pub fn table(rows: &[Row], threads: usize, pinned: bool) -> (String, bool) {
    let mut out = String::new();
    let mut agree = true;
    let cores = if pinned { "pinned" } else { "not pinned: no taskset" };
    let _ = writeln!(
        out,
        "{}, {}, {threads} thread(s), {cores}; `{}`. Nanoseconds per compartment and step; ratio to apical's median.\n",
        date(),
        processor(),
        std::env::args().skip(1).fold("cargo xtask".to_owned(), |line, word| line + " " + &word)
    );
    out.push_str(
        "| workload | | minimum | median | maximum | ratio | spikes | last, ms | end, mV | physics |\n",
    );
    out.push_str("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
    for row in rows {
        let _ = write!(out, "| {} | {} ", row.workload, row.peer);
        let runs = match &row.runs {
            Ok(runs) => runs,
            Err(why) => {
                let _ = writeln!(out, "| | | | | | | | {} |", why.replace('|', "/"));
                continue;
            }
        };
        let Some(last) = runs.last() else { continue };
        let [least, median, most] = spread(runs);
        let measured =
            |r: &&Row| r.workload == row.workload && r.runs.as_ref().is_ok_and(|runs| !runs.is_empty());
        let apical = rows.iter().filter(measured).find(|r| r.peer == PEERS[0].name);
        let ratio = apical
            .and_then(|r| r.runs.as_ref().ok())
            .map_or(String::new(), |runs| format!("{:.2}", median / spread(runs)[1]));
        let first = rows.iter().find(measured);
        let verdict = match first.and_then(|r| r.runs.as_ref().ok()?.last()) {
            Some(other) if !std::ptr::eq(other, last) => {
                let (same, words) = agreement(&row.workload, row.peer, last, other);
                agree &= same;
                words
            }
            _ => "compared with".to_owned(),
        };
        let time = last.last_spike.map_or(String::new(), |t| format!("{t:.3}"));
        let _ = writeln!(
            out,
            "| {least:.2} | {median:.2} | {most:.2} | {ratio} | {} | {time} | {:.4} | {verdict} |",
            last.spikes, last.v_final
        );
    }
    (out, agree)
}

/// Minimum, median and maximum.
fn spread(runs: &[Run]) -> [f64; 3] {
    let mut sorted: Vec<f64> = runs.iter().map(|r| r.ns).collect();
    sorted.sort_by(f64::total_cmp);
    [sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]]
}

fn date() -> String {
    super::check(&mut super::quiet("date", &["+%Y-%m-%d"], &[]))
        .map_or("no date".into(), |d| d.trim().to_owned())
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "processor unknown".to_owned(), |(_, name)| name.trim().to_owned())
}
