//! Draws a panel's axes and layers.

use super::super::COLOURS;
use super::super::svg::{Svg, label};
use super::scale::{Scale, colour};
use super::{Layer, Panel};

/// Room that a map's colour bar takes at the right.
const BAR: f64 = 66.0;

/// Draws a panel whose axes enclose the rectangle x, y, width, height.
pub fn panel(svg: &mut Svg, panel: &Panel, [left, top, mut width, height]: [f64; 4]) {
    if panel.layers.iter().any(|layer| matches!(layer, Layer::Map { .. })) {
        width -= BAR;
    }
    let (right, bottom) = (left + width, top + height);
    let x = Scale::new(&panel.x, shown(panel, 0), [left, right]);
    let y = Scale::new(&panel.y, shown(panel, 1), [bottom, top]);
    svg.text(0.5 * (left + right), top - 9.0, &panel.title, 13.5, "middle");
    let mut widest = 0;
    for (at, text) in y.ticks(&panel.y) {
        widest = widest.max(text.chars().count());
        svg.line("grid", [left, at], [right, at], "#e6e6e6", 0.8);
        svg.text(left - 7.0, at + 4.0, &text, 11.5, "end");
    }
    for (at, text) in x.ticks(&panel.x) {
        svg.line("tick", [at, bottom], [at, bottom + 5.0], "#222", 1.0);
        svg.text(at, bottom + 18.0, &text, 11.5, "middle");
    }
    let frame = [left, top, width, height];
    let mut hue = 0;
    for layer in &panel.layers {
        draw(svg, layer, (&x, &y), COLOURS[hue % COLOURS.len()], frame);
        hue += usize::from(layer.name().is_some());
    }
    svg.line("axis", [left, top], [left, bottom], "#222", 1.0);
    svg.line("axis", [left, bottom], [right, bottom], "#222", 1.0);
    svg.text(0.5 * (left + right), bottom + 38.0, &panel.x.name, 13.0, "middle");
    let beside = (20.0 + 6.6 * widest as f64).clamp(40.0, 64.0);
    svg.upright(left - beside, 0.5 * (top + bottom), &panel.y.name, 13.0);
    legend(svg, panel, frame);
}

/// The x (0) or y (1) of everything drawn.
fn shown(panel: &Panel, axis: usize) -> impl Iterator<Item = f64> {
    panel.layers.iter().flat_map(move |layer| -> Vec<f64> {
        match layer {
            Layer::Line { points, .. } | Layer::Points { points, .. } => {
                points.iter().map(|p| p[axis]).collect()
            }
            Layer::Band { points } if axis == 0 => points.iter().map(|p| p[0]).collect(),
            Layer::Band { points } => points.iter().flat_map(|p| [p[1], p[2]]).collect(),
            Layer::Bars { bars, width, .. } if axis == 0 => {
                bars.iter().flat_map(|b| [b[0] - 0.5 * width, b[0] + 0.5 * width]).collect()
            }
            Layer::Bars { bars, .. } => bars.iter().flat_map(|b| [0.0, b[1]]).collect(),
            Layer::Raster { rows } if axis == 0 => rows.iter().flatten().copied().collect(),
            Layer::Raster { rows } => vec![-0.5, rows.len() as f64 - 0.5],
            Layer::Map { values, extent, .. } => {
                let half = half_cell(values, *extent, axis);
                vec![extent[axis][0] - half, extent[axis][1] + half]
            }
            Layer::Vertical(at) if axis == 0 => vec![*at],
            Layer::Horizontal(at) if axis == 1 => vec![*at],
            Layer::Vertical(_) | Layer::Horizontal(_) => Vec::new(),
        }
    })
}

/// Half of the distance between the middles of neighbouring cells of a map.
fn half_cell(values: &[Vec<f64>], extent: [[f64; 2]; 2], axis: usize) -> f64 {
    let count = [values.first().map_or(0, Vec::len), values.len()][axis];
    let length = extent[axis][1] - extent[axis][0];
    if count > 1 { 0.5 * length / (count - 1) as f64 } else { 0.5 }
}

fn draw(
    svg: &mut Svg,
    layer: &Layer,
    (x, y): (&Scale, &Scale),
    hue: &str,
    [left, top, width, height]: [f64; 4],
) {
    let (right, bottom) = (left + width, top + height);
    match layer {
        Layer::Line { points, .. } => {
            let mut strokes = vec![Vec::new()];
            for point in points {
                // A curve that leaves the axes is cut where it does, to a sample.
                match (x.inside(point[0]), y.inside(point[1]), strokes.last_mut()) {
                    (Some(px), Some(py), Some(stroke)) => stroke.push([px, py]),
                    _ => strokes.push(Vec::new()),
                }
            }
            svg.path("line", &strokes, hue, 1.8);
        }
        Layer::Points { points, .. } => {
            for point in points {
                if let (Some(px), Some(py)) = (x.inside(point[0]), y.inside(point[1])) {
                    svg.point([px, py], 2.6, hue);
                }
            }
        }
        Layer::Band { points } => {
            let edge = |p: &[f64; 3], side: usize| Some([x.inside(p[0])?, y.at(y.nearest(p[side]))?]);
            let lower = points.iter().filter_map(|p| edge(p, 1));
            let upper = points.iter().rev().filter_map(|p| edge(p, 2));
            let outline: Vec<[f64; 2]> = lower.chain(upper).collect();
            svg.area(&outline, hue);
        }
        Layer::Bars { bars, width, .. } => {
            let zero = y.at(y.nearest(0.0)).unwrap_or(bottom);
            for [middle, value] in bars {
                let ends = (x.at(x.nearest(middle - 0.5 * width)), x.at(x.nearest(middle + 0.5 * width)));
                if let ((Some(from), Some(to)), Some(end)) = (ends, y.at(y.nearest(*value))) {
                    svg.rectangle("bar", [from, zero.min(end), to - from, (zero - end).abs()], hue);
                }
            }
        }
        Layer::Raster { rows } => {
            let half = (0.4 * height / rows.len().max(1) as f64).clamp(0.35, 6.0);
            let mut strokes = Vec::new();
            for (row, times) in rows.iter().enumerate() {
                let Some(py) = y.inside(row as f64) else { continue };
                let at = times.iter().filter_map(|&t| x.inside(t));
                strokes.extend(at.map(|px| vec![[px, py - half], [px, py + half]]));
            }
            svg.path("spikes", &strokes, "#222", 1.0);
        }
        Layer::Map { name, values, extent } => {
            map(svg, name, values, *extent, (x, y), [right, top, bottom]);
        }
        Layer::Vertical(at) => {
            if let Some(px) = x.inside(*at) {
                svg.dashed([px, top], [px, bottom]);
            }
        }
        Layer::Horizontal(at) => {
            if let Some(py) = y.inside(*at) {
                svg.dashed([left, py], [right, py]);
            }
        }
    }
}

fn map(
    svg: &mut Svg,
    name: &str,
    values: &[Vec<f64>],
    extent: [[f64; 2]; 2],
    (x, y): (&Scale, &Scale),
    [right, top, bottom]: [f64; 3],
) {
    let finite = values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = finite.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let part = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
    let half = [half_cell(values, extent, 0), half_cell(values, extent, 1)];
    for (row, line) in values.iter().enumerate() {
        let middle_y = extent[1][0] + 2.0 * half[1] * row as f64;
        for (column, &value) in line.iter().enumerate().filter(|(_, v)| v.is_finite()) {
            let middle_x = extent[0][0] + 2.0 * half[0] * column as f64;
            let edges = [
                x.at(middle_x - half[0]),
                x.at(middle_x + half[0]),
                y.at(middle_y - half[1]),
                y.at(middle_y + half[1]),
            ];
            if let [Some(from), Some(to), Some(low), Some(high)] = edges {
                svg.rectangle("cell", [from, high, to - from, low - high], &colour(part(value)));
            }
        }
    }
    if low > high {
        return;
    }
    const STRIPES: usize = 40;
    let each = (bottom - top) / STRIPES as f64;
    for stripe in 0..STRIPES {
        let at = bottom - each * (stripe + 1) as f64;
        let hue = colour((stripe as f64 + 0.5) / STRIPES as f64);
        svg.rectangle("bar-of-colours", [right + 12.0, at, 12.0, each + 0.5], &hue);
    }
    for (value, at) in [(low, bottom), (0.5 * (low + high), 0.5 * (top + bottom)), (high, top + 8.0)] {
        // Three digits tell colours apart.
        let rounded = format!("{value:.2e}").parse().unwrap_or(value);
        svg.text(right + 28.0, at, &label(rounded), 10.5, "start");
    }
    svg.text(right + 62.0, top - 9.0, name, 11.5, "end");
}

/// Names of layers, below each other in the upper right corner.
fn legend(svg: &mut Svg, panel: &Panel, [left, top, width, _]: [f64; 4]) {
    let coloured = panel.layers.iter().filter_map(Layer::name).zip(COLOURS.iter().cycle());
    for (row, (name, own)) in coloured.filter(|(name, _)| !name.is_empty()).enumerate() {
        let (right, at) = (left + width, top + 8.0 + 15.0 * row as f64);
        let letters = 6.2 * name.chars().count() as f64;
        svg.veil([right - 28.0 - letters, at - 7.5, letters + 30.0, 15.0]);
        svg.text(right - 24.0, at + 4.0, name, 11.5, "end");
        svg.line("legend", [right - 18.0, at], [right - 2.0, at], own, 2.6);
    }
}
