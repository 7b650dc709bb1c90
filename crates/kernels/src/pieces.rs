//! A function of one argument as polynomials on pieces of equal length: what a table of rates is made of.
//!
//! Every level evaluates the same coefficients in the same order, so that all have the same bits; how a coefficient is
//! fetched is a level's own. Outside the range the polynomials mean nothing: see [`Kernel::within`](crate::Kernel::within).

use std::ops::Range;

use crate::math::arithmetic::{Arithmetic, ROUND, Scalar};

/// The highest degree.
pub const MOST_DEGREE: usize = 15;
/// Most pieces. So many of degree 15 are 32 kB, a first-level cache.
pub const MOST_PIECES: usize = 256;
/// Fewest pieces: a row of so many coefficients fills two registers of AVX-512 and is permuted; longer ones are gathered.
pub const FEWEST_PIECES: usize = 16;

/// Polynomials in the distance from the middle of a piece, in lengths of a piece: −½ to ½.
#[derive(Clone, Debug, PartialEq)]
pub struct Pieces {
    low: f64,
    high: f64,
    per_unit: f64,
    pieces: usize,
    /// Of the highest power first, for each power the coefficients of all pieces.
    coefficients: Vec<f64>,
}

impl Pieces {
    /// Pieces of equal length over a range, each by its coefficients, that of the constant first. `None` unless they are
    /// a power of two from [`FEWEST_PIECES`] to [`MOST_PIECES`], all of one degree from 1 to [`MOST_DEGREE`].
    pub fn new(range: Range<f64>, pieces: &[Vec<f64>]) -> Option<Self> {
        let count = pieces.len();
        let numbers = pieces.first()?.len();
        let countable = count.is_power_of_two() && (FEWEST_PIECES..=MOST_PIECES).contains(&count);
        let even = (2..=MOST_DEGREE + 1).contains(&numbers) && pieces.iter().all(|p| p.len() == numbers);
        let length = range.end - range.start;
        let mut per_unit = count as f64 / length;
        if !(countable && even && length > 0.0 && per_unit > 0.0 && per_unit.is_finite()) {
            return None;
        }
        // The largest number below the range's end must not be counted to a piece beyond the last.
        while length * per_unit >= count as f64 {
            per_unit = per_unit.next_down();
        }
        Some(Self {
            low: range.start,
            high: range.end,
            per_unit,
            pieces: count,
            coefficients: (0..numbers).rev().flat_map(|power| pieces.iter().map(move |p| p[power])).collect(),
        })
    }

    /// Where it holds.
    pub fn range(&self) -> Range<f64> {
        self.low..self.high
    }

    /// How many pieces.
    pub fn pieces(&self) -> usize {
        self.pieces
    }

    /// The degree of the polynomials.
    pub fn degree(&self) -> usize {
        self.coefficients.len() / self.pieces - 1
    }

    /// Coefficients, for each power those of all pieces, the highest power first.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// What decides which tables can share [`Self::place`].
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn grid(&self) -> [u64; 2] {
        [self.low.to_bits(), self.per_unit.to_bits()]
    }

    /// The piece that an argument lies in, in the low bits of a number, and the distance from its middle.
    #[inline(always)]
    pub(crate) fn place<A: Arithmetic>(&self, on: &mut A, x: A::Number) -> (A::Number, A::Number) {
        let (low, per_unit) = (on.constant(self.low), on.constant(self.per_unit));
        let from_low = on.subtract(x, low);
        let along = on.multiply(from_low, per_unit);
        let piece = on.floor(along);
        let inside = on.subtract(along, piece);
        let half = on.constant(0.5);
        let round = on.constant(ROUND);
        (on.add(piece, round), on.subtract(inside, half))
    }

    /// The polynomial at a distance, with a way to fetch the coefficients of a row.
    #[inline(always)]
    pub(crate) fn horner<A: Arithmetic>(
        &self,
        on: &mut A,
        distance: A::Number,
        mut row: impl FnMut(&mut A, usize) -> A::Number,
    ) -> A::Number {
        let mut sum = row(on, 0);
        for number in 1..=self.degree() {
            let next = row(on, number);
            sum = on.multiply_add(sum, distance, next);
        }
        sum
    }

    /// The value at `x`. Beyond the range it is that of some piece and means nothing.
    #[inline(always)]
    pub fn at(&self, x: f64) -> f64 {
        let (piece, distance) = self.place(&mut Scalar, x);
        let piece = piece.to_bits() as usize & (self.pieces - 1);
        self.horner(&mut Scalar, distance, |_, row| self.coefficients[row * self.pieces + piece])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_has_its_polynomial() {
        // Of piece k: k + u², with the distance u from its middle.
        let pieces: Vec<Vec<f64>> = (0..16).map(|k| vec![f64::from(k), 0.0, 1.0]).collect();
        let pieces = Pieces::new(-100.0..60.0, &pieces).unwrap();
        assert_eq!((pieces.pieces(), pieces.degree(), pieces.range()), (16, 2, -100.0..60.0));
        assert_eq!(pieces.at(-100.0), 0.25);
        assert!((pieces.at(-95.0)).abs() < 1e-15);
        assert!((pieces.at(-82.5) - 1.0625).abs() < 1e-14);
        assert!((pieces.at(55.0) - 15.0).abs() < 1e-13);
        assert!((pieces.at(60.0_f64.next_down()) - 15.25).abs() < 1e-13);
        assert!(pieces.at(f64::NAN).is_nan());
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let line = vec![1.0, 2.0];
        assert_eq!(Pieces::new(0.0..1.0, &[]), None);
        assert_eq!(Pieces::new(0.0..1.0, &vec![line.clone(); 17]), None);
        assert_eq!(Pieces::new(0.0..1.0, &vec![line.clone(); 8]), None);
        assert_eq!(Pieces::new(0.0..1.0, &vec![line.clone(); 2 * MOST_PIECES]), None);
        assert_eq!(Pieces::new(1.0..0.0, &vec![line.clone(); 16]), None);
        assert_eq!(Pieces::new(0.0..1.0, &vec![vec![1.0; MOST_DEGREE + 2]; 16]), None);
        assert_eq!(Pieces::new(0.0..1.0, &vec![vec![1.0]; 16]), None);
        let mut uneven = vec![line; 16];
        uneven[3].pop();
        assert_eq!(Pieces::new(0.0..1.0, &uneven), None);
    }
}
