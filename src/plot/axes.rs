//! Draws traces over time, one set of axes per unit, and spikes as a raster below.

use super::COLOURS;
use super::svg::{Svg, label, ticks};
use crate::record::{Results, Trace};

/// Traces drawn in one set of axes at most; more would hide each other.
const MOST: usize = 7;

/// Draws into the rectangle x, y, width, height.
pub(super) fn traces(svg: &mut Svg, results: &Results, [left, top, width, height]: [f64; 4]) {
    let mut units: Vec<&str> = Vec::new();
    for trace in &results.traces {
        if !units.contains(&trace.unit.as_str()) {
            units.push(&trace.unit);
        }
    }
    let raster =
        if results.spikes.is_empty() { 0.0 } else { 14.0 * results.spikes.len().min(8) as f64 + 14.0 };
    let panels = units.len().max(1) as f64;
    let gap = 22.0;
    let each = (height - raster - gap * (panels - 1.0)) / panels;
    let (start, end) =
        (results.time.first().copied().unwrap_or(0.0), results.time.last().copied().unwrap_or(1.0));
    let x = |t: f64| left + width * (t - start) / (end - start).max(1e-12);
    for (number, unit) in units.iter().enumerate() {
        let y = top + number as f64 * (each + gap);
        let of_unit: Vec<&Trace> = results.traces.iter().filter(|t| t.unit == *unit).collect();
        panel(svg, &results.time, &of_unit, unit, &x, [left, y, width, each]);
    }
    let bottom = top + height;
    for (row, spikes) in results.spikes.iter().take(8).enumerate() {
        let y = bottom - raster + 16.0 + 14.0 * row as f64;
        let strokes: Vec<Vec<[f64; 2]>> =
            spikes.times.iter().map(|&t| vec![[x(t), y], [x(t), y + 10.0]]).collect();
        svg.path("spikes", &strokes, "#222", 1.4);
        svg.text(left - 6.0, y + 9.0, &spikes.detector, 11.0, "end");
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
    for tick in ticks(low, high, (height / 45.0).clamp(2.0, 7.0)) {
        svg.line("grid", [left, y(tick)], [left + width, y(tick)], "#e6e6e6", 0.8);
        svg.text(left - 8.0, y(tick) + 4.0, &label(tick), 12.5, "end");
    }
    svg.line("axis", [left, top], [left, top + height], "#222", 1.0);
    for (number, trace) in shown.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        svg.path("trace", &strokes(time, &trace.values, x, &y, width), colour, 1.3);
        let at = top + 4.0 + 15.0 * number as f64;
        svg.line("legend", [left + width - 8.0, at], [left + width + 8.0, at], colour, 2.4);
        svg.text(left + width - 14.0, at + 4.0, &trace.name, 11.5, "end");
    }
    if traces.len() > shown.len() {
        let more = format!("and {} more", traces.len() - shown.len());
        svg.text(left + width - 14.0, top + 8.0 + 15.0 * shown.len() as f64, &more, 11.5, "end");
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
    svg.upright(left - 52.0, top + 0.5 * height, &name, 13.5);
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
