//! Functions of one argument as data: those that a user supplies as values, and polynomials on pieces.

use crate::pieces::Pieces;

/// A function of one argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Table {
    /// Linear between points, constant beyond them.
    Points(Points),
    /// Polynomials on pieces of a range.
    Pieces(Pieces),
}

/// A function through points.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    arguments: Vec<f64>,
    values: Vec<f64>,
}

impl Table {
    /// A function through points whose arguments increase. `None` when they do not, when there are none, or when there are
    /// not as many values as arguments.
    ///
    /// ```
    /// let table = apical_kernels::Table::new(vec![-80.0, -40.0], vec![1.0, 3.0]).unwrap();
    /// assert_eq!(table.at(-60.0), 2.0);
    /// assert_eq!(table.at(0.0), 3.0);
    /// ```
    pub fn new(arguments: Vec<f64>, values: Vec<f64>) -> Option<Self> {
        let increasing = arguments.windows(2).all(|w| w[0] < w[1]);
        let fits = !arguments.is_empty() && arguments.len() == values.len();
        (fits && increasing && arguments.iter().all(|a| a.is_finite()))
            .then_some(Self::Points(Points { arguments, values }))
    }

    /// The value at `x`; not a number where `x` is none.
    pub fn at(&self, x: f64) -> f64 {
        match self {
            Self::Points(points) => points.at(x),
            Self::Pieces(pieces) => pieces.at(x),
        }
    }
}

impl Points {
    /// The value at `x`; not a number where `x` is none.
    pub fn at(&self, x: f64) -> f64 {
        if x.is_nan() { x } else { interpolated(&self.arguments, &self.values, x).unwrap_or(f64::NAN) }
    }
}

/// Linear between points whose arguments increase, constant beyond them; `None` without points.
///
/// # Panics
/// When there are fewer values than arguments.
pub fn interpolated(arguments: &[f64], values: &[f64], x: f64) -> Option<f64> {
    let above = arguments.partition_point(|&a| a <= x);
    let (Some(last), Some(&x1)) = (above.checked_sub(1), arguments.get(above)) else {
        let beyond = if above == 0 { values.first() } else { values.get(above - 1) };
        return beyond.copied();
    };
    let (x0, y0, y1) = (arguments[last], values[last], values[above]);
    Some(y0 + (y1 - y0) * ((x - x0) / (x1 - x0)))
}
