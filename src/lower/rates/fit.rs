//! Polynomials on pieces for a function of the potential, with a bound of their error.
//!
//! On each piece the function is sampled at 64 Chebyshev nodes, which gives the coefficients of its Chebyshev series; the polynomial
//! is the series up to its degree. What the bound rests on:
//!
//! - the sum of the magnitudes of the coefficients left out, which is how far the series can be from the polynomial anywhere in the
//!   piece (Trefethen, Approximation Theory and Approximation Practice, ch. 4), with eight times the largest of the last eight for those
//!   that 64 nodes do not show: they fall geometrically where the function is analytic, and do not fall where it has a jump or a kink;
//! - the difference of table and expression at all nodes and both ends of every piece, at least four times as many places as
//!   there are coefficients, as the machine computes both;
//! - that difference on both sides of every place where a condition of the expression changes, found between the samples by
//!   bisection, and where what it compares comes nearest.
//!
//! The bound is the largest of them. It is no proof by interval arithmetic: it takes for granted that between its conditions an
//! expression is analytic and has no structure finer than the samples, which lie up to a quarter of a mV apart.
//!
//! Errors are relative to the value; where it has a zero in a piece, to the largest value there. Beside a zero no finite number of pieces
//! would do otherwise, and such an error is that of a potential that is off by a millionth of a piece.

use std::f64::consts::PI;
use std::ops::Range;

use apical_kernels::{FEWEST_PIECES, MOST_DEGREE, MOST_PIECES, Pieces};

use super::exact::Exact;

/// Samples of a piece.
const NODES: usize = 4 * (MOST_DEGREE + 1);
/// The last of the coefficients that samples give; they stand for those that come after.
const LAST: usize = 8;
/// Room for what the machine rounds, which the samples show but do not bound.
const ROUNDING: f64 = 1e-12;

/// A table that meets the tolerance.
pub struct Fit {
    pub pieces: Pieces,
    /// Bound of the relative error.
    pub bound: f64,
    /// About how many instructions it takes, as the work of expressions is counted.
    pub cost: usize,
}

/// The table of the fewest pieces that meets a tolerance, and among those the one of the lowest degree.
///
/// # Errors
/// Why there is none.
pub fn fit(range: Range<f64>, tolerance: f64, exact: &mut Exact) -> Result<Fit, String> {
    let mut reason = String::new();
    let mut count = FEWEST_PIECES;
    while count <= MOST_PIECES {
        let sampled = Sampled::new(&range, count, exact)?;
        match sampled.fit(tolerance, exact) {
            Ok(fit) => return Ok(fit),
            Err(why) => reason = why,
        }
        count *= 2;
    }
    Err(reason)
}

/// About how many instructions of AVX-512 take a coefficient and use it.
fn cost(pieces: usize, degree: usize) -> usize {
    let each = if pieces == FEWEST_PIECES { 3 } else { 12 };
    each * (degree + 1)
}

/// A function sampled on pieces.
struct Sampled<'a> {
    range: &'a Range<f64>,
    /// For each piece its potentials, in ascending order: the lower end, the nodes, the last number below the upper end.
    potentials: Vec<f64>,
    values: Vec<f64>,
    /// For each piece its coefficients.
    series: Vec<Vec<f64>>,
    /// For each piece what errors are relative to, where it is not the value itself.
    scales: Vec<Scale>,
}

/// What errors in a piece are relative to.
#[derive(Clone, Copy)]
enum Scale {
    /// The value, whose magnitude is nowhere smaller than this.
    Value(f64),
    /// This, as the value has a zero.
    Largest(f64),
}

impl<'a> Sampled<'a> {
    fn new(range: &'a Range<f64>, count: usize, exact: &mut Exact) -> Result<Self, String> {
        let length = (range.end - range.start) / count as f64;
        let cosines = cosines();
        let mut potentials = Vec::with_capacity(count * (NODES + 2));
        for piece in 0..count {
            let low = range.start + piece as f64 * length;
            potentials.push(low);
            potentials
                .extend((0..NODES).rev().map(|node| low + 0.5 * length * (1.0 + cosines[2 * node + 1])));
            potentials.push((low + length).next_down());
        }
        let values = exact.values(&potentials);
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(format!("it is {} at {:.4} mV", values[at], potentials[at]));
        }
        let pieces = values.chunks_exact(NODES + 2);
        let scale = |values: &[f64]| {
            let magnitudes = values.iter().map(|v| v.abs());
            let (least, most) =
                magnitudes.fold((f64::INFINITY, 0.0_f64), |(least, most), v| (least.min(v), most.max(v)));
            let one_sign = values.iter().all(|v| *v > 0.0) || values.iter().all(|v| *v < 0.0);
            if one_sign { Scale::Value(least) } else { Scale::Largest(most) }
        };
        Ok(Self {
            range,
            series: pieces.clone().map(|values| series(&values[1..=NODES], &cosines)).collect(),
            scales: pieces.map(scale).collect(),
            potentials,
            values,
        })
    }

    fn fit(&self, tolerance: f64, exact: &mut Exact) -> Result<Fit, String> {
        let limit = tolerance - ROUNDING;
        let left_out = |degree: usize| {
            let pieces = self.series.iter().zip(&self.scales).enumerate();
            let errors = pieces.map(|(piece, (series, scale))| (scale.relative(tail(series, degree)), piece));
            errors.fold((0.0, 0), |worst, error| if error.0 > worst.0 { error } else { worst })
        };
        let Some(degree) = (1..=MOST_DEGREE).find(|&degree| left_out(degree).0 <= limit) else {
            let (error, piece) = left_out(MOST_DEGREE);
            let middle = self.potentials[piece * (NODES + 2) + NODES / 2];
            let count = self.series.len();
            return Err(format!(
                "{count} pieces of degree {MOST_DEGREE} leave a relative error of {error:.1e} near {middle:.0} mV"
            ));
        };
        let pieces: Vec<Vec<f64>> = self.series.iter().map(|series| powers(&series[..=degree])).collect();
        let pieces = Pieces::new(self.range.clone(), &pieces).ok_or("its range cannot be divided")?;
        let (mut bound, mut worst) = (left_out(degree).0 + ROUNDING, self.range.start);
        let mut see = |potential: f64, value: f64| {
            let error = self.scale(potential).relative_to(value, (pieces.at(potential) - value).abs());
            if error > bound {
                (bound, worst) = (error, potential);
            }
        };
        self.potentials.iter().zip(&self.values).for_each(|(p, v)| see(*p, *v));
        let changes = self.changes(exact);
        for (potential, value) in changes.iter().zip(exact.values(&changes)) {
            if !value.is_finite() {
                return Err(format!("it is {value} at {potential:.4} mV"));
            }
            see(*potential, value);
        }
        if bound > tolerance {
            return Err(format!("it leaves its course at {worst:.4} mV, by {bound:.1e}"));
        }
        let cost = cost(pieces.pieces(), degree);
        Ok(Fit { pieces, bound, cost })
    }

    fn scale(&self, potential: f64) -> Scale {
        let along = (potential - self.range.start) / (self.range.end - self.range.start);
        let piece = (along * self.scales.len() as f64) as usize;
        self.scales[piece.min(self.scales.len() - 1)]
    }

    /// Potentials on both sides of where a condition changes, and where what it compares is nearest to meeting.
    fn changes(&self, exact: &mut Exact) -> Vec<f64> {
        let potentials = &self.potentials;
        let mut found = Vec::new();
        for condition in 0..exact.conditions() {
            let mut difference = |at: &[f64]| exact.differences(condition, at);
            let apart = difference(potentials);
            let mut brackets: Vec<(f64, f64)> = Vec::new();
            // Between samples both may come near and part again.
            let mut valleys: Vec<(f64, f64)> = Vec::new();
            for (index, pair) in apart.windows(2).enumerate() {
                if (pair[0] > 0.0) != (pair[1] > 0.0) || (pair[0] < 0.0) != (pair[1] < 0.0) {
                    brackets.push((potentials[index], potentials[index + 1]));
                }
            }
            for (index, three) in apart.windows(3).enumerate() {
                if three[1].abs() < three[0].abs() && three[1].abs() < three[2].abs() {
                    valleys.push((potentials[index], potentials[index + 2]));
                }
            }
            let least = lowest(valleys.clone(), &mut difference);
            // What is nearest may have crossed over.
            let sides = valleys.iter().zip(&least);
            brackets.extend(sides.flat_map(|(&(low, high), &least)| [(low, least), (least, high)]));
            found.extend(least);
            found.extend(meetings(brackets, &mut difference));
        }
        found.retain(|potential| self.range.contains(potential));
        found
    }
}

impl Scale {
    /// The most that an error can be beside the value, anywhere in the piece.
    fn relative(self, error: f64) -> f64 {
        let (Scale::Value(scale) | Scale::Largest(scale)) = self;
        if error == 0.0 { 0.0 } else { error / scale }
    }

    /// An error beside the value where it is this.
    fn relative_to(self, value: f64, error: f64) -> f64 {
        match self {
            Scale::Value(_) if error > 0.0 => error / value.abs(),
            other => other.relative(error),
        }
    }
}

/// Cosines of the multiples of half the angle between nodes, once round the circle; those of the nodes are the odd ones.
fn cosines() -> [f64; 4 * NODES] {
    std::array::from_fn(|number| (PI * number as f64 / (2 * NODES) as f64).cos())
}

/// Coefficients of the Chebyshev series from the values at the nodes, in ascending order of potentials.
fn series(values: &[f64], cosines: &[f64; 4 * NODES]) -> Vec<f64> {
    let coefficient = |order: usize| {
        let terms = values.iter().rev().enumerate();
        let sum: f64 = terms.map(|(node, v)| v * cosines[order * (2 * node + 1) % (4 * NODES)]).sum();
        sum * if order == 0 { 1.0 } else { 2.0 } / NODES as f64
    };
    (0..NODES).map(coefficient).collect()
}

/// What a series can amount to beyond a degree.
fn tail(series: &[f64], degree: usize) -> f64 {
    let last = series[NODES - LAST..].iter().map(|c| c.abs()).fold(0.0, f64::max);
    series[degree + 1..].iter().map(|c| c.abs()).sum::<f64>() + LAST as f64 * last
}

/// The polynomial of a series in powers of u = x/2, the constant first.
fn powers(series: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; series.len()];
    // Two Chebyshev polynomials that follow one another: T₀ = 1, T₁ = 2u, Tₖ₊₁ = 4u Tₖ − Tₖ₋₁.
    let (mut before, mut this) = (vec![0.0; series.len()], vec![0.0; series.len()]);
    this[0] = 1.0;
    for (order, coefficient) in series.iter().enumerate() {
        sum.iter_mut().zip(&this).for_each(|(sum, power)| *sum += coefficient * power);
        let times = if order == 0 { 2.0 } else { 4.0 };
        let next = (0..this.len()).map(|power| {
            let up = if power == 0 { 0.0 } else { times * this[power - 1] };
            up - before[power]
        });
        let next = next.collect();
        before = std::mem::replace(&mut this, next);
    }
    sum
}

/// For each two places where a function is nearest to 0 between them, by golden sections.
fn lowest(mut brackets: Vec<(f64, f64)>, function: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> Vec<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    for _ in 0..80 {
        let inner = |&(low, high): &(f64, f64)| [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
        let inner: Vec<f64> = brackets.iter().flat_map(inner).collect();
        let at = function(&inner);
        for ((bracket, inner), at) in brackets.iter_mut().zip(inner.chunks_exact(2)).zip(at.chunks_exact(2)) {
            if at[0].abs() < at[1].abs() {
                bracket.1 = inner[1];
            } else {
                bracket.0 = inner[0];
            }
        }
    }
    brackets.into_iter().map(|(low, high)| 0.5 * (low + high)).collect()
}

/// For each two places between which a function changes its sign, or begins to be 0, the neighbouring numbers where it does, with one
/// more on either side.
fn meetings(brackets: Vec<(f64, f64)>, function: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let side = |x: f64| (x > 0.0, x < 0.0);
    let ends: Vec<f64> = brackets.iter().flat_map(|&(low, high)| [low, high]).collect();
    let at = function(&ends);
    let changing = brackets.into_iter().zip(at.chunks_exact(2)).filter(|(_, at)| side(at[0]) != side(at[1]));
    let mut open: Vec<_> = changing.map(|((low, high), at)| (low, high, side(at[0]))).collect();
    let mut found = Vec::new();
    while !open.is_empty() {
        let middle = |low: f64, high: f64| 0.5 * (low + high);
        open.retain(|&(low, high, _)| {
            let apart = low < middle(low, high) && middle(low, high) < high;
            if !apart {
                found.extend([low.next_down(), low, high, high.next_up()]);
            }
            apart
        });
        let middles: Vec<f64> = open.iter().map(|&(low, high, _)| middle(low, high)).collect();
        let at = function(&middles);
        for (((low, high, of_low), middle), at) in open.iter_mut().zip(middles).zip(at) {
            *(if side(at) == *of_low { low } else { high }) = middle;
        }
    }
    found
}
