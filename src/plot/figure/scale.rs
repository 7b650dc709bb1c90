//! From numbers to pixels along an axis, and to colours.

use super::super::svg::{label, ticks};
use super::Axis;

/// An axis between two pixels.
pub struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    from: f64,
    to: f64,
}

impl Scale {
    /// An axis that shows these numbers, from one pixel to another.
    pub fn new(axis: &Axis, shown: impl Iterator<Item = f64>, [from, to]: [f64; 2]) -> Self {
        let logarithmic = axis.logarithmic;
        let usable = |v: &f64| v.is_finite() && (!logarithmic || *v > 0.0);
        let [low, high] = axis.range.unwrap_or_else(|| {
            let (low, high) =
                shown.filter(usable).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
            let (low, high) = if low > high { (1.0, 10.0) } else { (low, high) };
            match logarithmic {
                true => [low / 1.2, high * 1.2],
                false => {
                    let margin = if high > low { 0.05 * (high - low) } else { 0.5 * low.abs().max(1e-9) };
                    [low - margin, high + margin]
                }
            }
        });
        Self { low, high, logarithmic, from, to }
    }

    /// The pixel of a number; none when it lies outside the axis or has no place on it.
    pub fn inside(&self, value: f64) -> Option<f64> {
        self.at(value).filter(|_| (self.low..=self.high).contains(&value))
    }

    /// The pixel of a number, outside the axis too.
    pub fn at(&self, value: f64) -> Option<f64> {
        let part = match self.logarithmic {
            true if value > 0.0 => (value / self.low).ln() / (self.high / self.low).ln(),
            true => return None,
            false => (value - self.low) / (self.high - self.low),
        };
        part.is_finite().then_some(self.from + part * (self.to - self.from))
    }

    /// The number nearest to another that the axis shows.
    pub fn nearest(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    /// Where ticks stand and what they say.
    pub fn ticks(&self, axis: &Axis) -> Vec<(f64, String)> {
        if !axis.labels.is_empty() {
            let words = axis.labels.iter().enumerate();
            return words.filter_map(|(k, word)| Some((self.inside(k as f64)?, word.clone()))).collect();
        }
        let values = if self.logarithmic {
            let decades = (self.low.log10().ceil() as i32)..=(self.high.log10().floor() as i32);
            let tens: Vec<f64> = decades.map(|d| 10_f64.powi(d)).collect();
            if tens.len() < 2 { ticks(self.low, self.high, 4.0) } else { tens }
        } else {
            ticks(self.low, self.high, ((self.to - self.from).abs() / 60.0).clamp(2.0, 8.0))
        };
        values.into_iter().filter_map(|v| Some((self.inside(v)?, label(v)))).collect()
    }
}

/// A colour for a part from 0 to 1: dark blue over green to yellow, ever lighter.
pub fn colour(part: f64) -> String {
    const ANCHORS: [[f64; 3]; 5] = [
        [68.0, 1.0, 84.0],
        [59.0, 82.0, 139.0],
        [33.0, 145.0, 140.0],
        [94.0, 201.0, 98.0],
        [253.0, 231.0, 37.0],
    ];
    let place = part.clamp(0.0, 1.0) * (ANCHORS.len() - 1) as f64;
    let first = (place.floor() as usize).min(ANCHORS.len() - 2);
    let between = place - first as f64;
    let [r, g, b] = std::array::from_fn(|k| {
        (ANCHORS[first][k] + between * (ANCHORS[first + 1][k] - ANCHORS[first][k])).round() as u8
    });
    format!("#{r:02x}{g:02x}{b:02x}")
}
