//! Draws traces over time, one set of axes per unit, and spikes as a raster below.

use super::COLOURS;
use super::svg::{Svg, label, ticks};
use crate::record::{Results, Trace};

/// Traces drawn in one set of axes at most; more would hide each other.
const MOST: usize = 7;
/// Rows of spikes at most.
const ROWS: usize = 24;
/// Height of a row of spikes.
const ROW: f64 = 14.0;
/// Between sets of axes.
const GAP: f64 = 22.0;

/// The units that traces have, in the order of the traces: a set of axes each.
fn units(results: &Results) -> Vec<&str> {
    let mut units: Vec<&str> = Vec::new();
    for trace in &results.traces {
        if !units.contains(&trace.unit.as_str()) {
            units.push(&trace.unit);
        }
    }
    units
}

/// The height that the spikes take.
fn raster(results: &Results) -> f64 {
    let rows = results.spikes.len().min(ROWS + 1);
    if rows == 0 { 0.0 } else { ROW * (rows + 1) as f64 }
}

/// The height that all axes need.
pub(super) fn height(results: &Results) -> f64 {
    (160.0 + GAP) * units(results).len() as f64 + raster(results)
}

/// Draws into the rectangle x, y, width, height.
pub(super) fn traces(svg: &mut Svg, results: &Results, [left, top, width, height]: [f64; 4]) {
    let units = units(results);
    let raster = raster(results);
    let panels = units.len().max(1) as f64;
    let each = (height - raster - GAP * (panels - 1.0)) / panels;
    let (start, end) =
        (results.time.first().copied().unwrap_or(0.0), results.time.last().copied().unwrap_or(1.0));
    let x = |t: f64| left + width * (t - start) / (end - start).max(1e-12);
    for (number, unit) in units.iter().enumerate() {
        let y = top + number as f64 * (each + GAP);
        let of_unit: Vec<&Trace> = results.traces.iter().filter(|t| t.unit == *unit).collect();
        panel(svg, &results.time, &of_unit, unit, &x, [left, y, width, each]);
    }
    let bottom = top + height;
    for (row, spikes) in results.spikes.iter().take(ROWS).enumerate() {
        let y = bottom - raster + 16.0 + ROW * row as f64;
        let strokes: Vec<Vec<[f64; 2]>> =
            spikes.times.iter().map(|&t| vec![[x(t), y], [x(t), y + 10.0]]).collect();
        svg.path("spikes", &strokes, "#222", 1.4);
        svg.text(left - 6.0, y + 9.0, &spikes.detector, 11.0, "end");
    }
    if results.spikes.len() > ROWS {
        let more = format!("and {} more", results.spikes.len() - ROWS);
        svg.text(left - 6.0, bottom - raster + 25.0 + ROW * ROWS as f64, &more, 11.0, "end");
    }
    svg.line("axis", [left, bottom], [left + width, bottom], "#222", 1.0);
    for tick in ticks(start, end, 6.0) {
        svg.line("tick", [x(tick), bottom], [x(tick), bottom + 5.0], "#222", 1.0);
        svg.text(x(tick), bottom + 19.0, &label(tick), 12.5, "middle");
    }
    svg.text(left + 0.5 * width, bottom + 38.0, "time (ms)", 13.5, "middle");
}

fn panel(
    svg: &mut Svg,
    time: &[f64],
    traces: &[&Trace],
    unit: &str,
    x: &dyn Fn(f64) -> f64,
    [left, top, width, height]: [f64; 4],
) {
    let shown = &traces[..traces.len().min(MOST)];
    let finite = || shown.iter().flat_map(|t| &t.values).copied().filter(|v| v.is_finite());
    let (mut low, mut high) = finite().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    let margin = if high > low { 0.05 * (high - low) } else { 1.0 };
    (low, high) = (low - margin, high + margin);
    let y = |v: f64| top + height * (high - v) / (high - low);
    let mut widest = 0;
    for tick in ticks(low, high, (height / 45.0).clamp(2.0, 7.0)) {
        let text = label(tick);
        widest = widest.max(text.chars().count());
        svg.line("grid", [left, y(tick)], [left + width, y(tick)], "#e6e6e6", 0.8);
        svg.text(left - 8.0, y(tick) + 4.0, &text, 12.5, "end");
    }
    svg.line("axis", [left, top], [left, top + height], "#222", 1.0);
    for (number, trace) in shown.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        svg.path("trace", &strokes(time, &trace.values, x, &y, width), colour, 1.3);
    }
    let more = traces.len() - shown.len();
    let names = shown.iter().map(|t| t.name.clone()).chain((more > 0).then(|| format!("and {more} more")));
    for (number, name) in names.enumerate() {
        let at = top + 4.0 + 15.0 * number as f64;
        let letters = 6.6 * name.chars().count() as f64;
        svg.veil([left + width - 16.0 - letters, at - 7.5, letters + 26.0, 15.0]);
        svg.text(left + width - 14.0, at + 4.0, &name, 11.5, "end");
        if number < shown.len() {
            let colour = COLOURS[number % COLOURS.len()];
            svg.line("legend", [left + width - 8.0, at], [left + width + 8.0, at], colour, 2.4);
        }
    }
    let name = match unit {
        "mV" => "membrane potential (mV)".to_owned(),
        "nA" => "current (nA)".to_owned(),
        "uS" => "conductance (µS)".to_owned(),
        "mM" => "concentration (mM)".to_owned(),
        "mA/cm2" => "current density (mA/cm²)".to_owned(),
        "" => "value".to_owned(),
        other => other.to_owned(),
    };
    // Clear of the widest tick label.
    let beside = (22.0 + 7.0 * widest as f64).max(52.0);
    svg.upright(left - beside, top + 0.5 * height, &name, 13.5);
}

/// A trace reduced to the first, least, greatest and last value in each pixel's width; a gap where it is not a number.
fn strokes(
    time: &[f64],
    values: &[f64],
    x: &dyn Fn(f64) -> f64,
    y: &dyn Fn(f64) -> f64,
    width: f64,
) -> Vec<Vec<[f64; 2]>> {
    let per_pixel = (values.len() as f64 / (2.0 * width)).ceil().max(1.0) as usize;
    let mut strokes = vec![Vec::new()];
    for (times, values) in time.chunks(per_pixel).zip(values.chunks(per_pixel)) {
        let mut chosen = vec![0, values.len() - 1];
        let by = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
        let finite = || (0..values.len()).filter(|&i| values[i].is_finite());
        chosen.extend(finite().min_by(by));
        chosen.extend(finite().max_by(by));
        chosen.sort_unstable();
        chosen.dedup();
        for i in chosen {
            match strokes.last_mut() {
                Some(stroke) if values[i].is_finite() => stroke.push([x(times[i]), y(values[i])]),
                _ => strokes.push(Vec::new()),
            }
        }
    }
    strokes
}
