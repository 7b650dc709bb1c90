//! Systems of equations as straight-line code: elimination and Newton's method.

use crate::builder::Builder;
use crate::ir::{Binary, Unary, Value};

/// Newton steps for equations that are not linear. The steps are quadratic near the solution, and a time step starts near.
const NEWTON_STEPS: usize = 6;
/// The last step's size, relative to the unknown, above which the equations count as not solved.
const CONVERGED: f64 = 1e-6;

/// What one equation of a system must become.
pub(super) struct System {
    /// Placeholders of the unknowns.
    pub unknowns: Vec<Value>,
    /// Where the search begins.
    pub starts: Vec<Value>,
    /// Expressions of the placeholders that are to be 0.
    pub residuals: Vec<Value>,
}

/// Values of the unknowns at which the residuals are 0. Where Newton's method did not settle, they are not numbers, so that
/// nothing wrong goes unseen. `None` when an unknown does not occur or the equations are structurally dependent.
pub(super) fn solve(builder: &mut Builder, system: &System, steps: Option<usize>) -> Option<Vec<Value>> {
    let System { unknowns, starts, residuals } = system;
    let count = unknowns.len();
    let mut pairs = residuals.iter().flat_map(|r| unknowns.iter().map(move |u| (*r, *u)));
    if !pairs.all(|(residual, unknown)| builder.differentiable(residual, unknown)) {
        return None;
    }
    let mut jacobian = Vec::with_capacity(count * count);
    for &residual in residuals {
        for &unknown in unknowns {
            let depends = builder.depends(residual, &[unknown]);
            jacobian.push(if depends {
                builder.derivative(residual, unknown)
            } else {
                builder.constant(0.0)
            });
        }
    }
    let linear = !jacobian.iter().any(|&slope| builder.depends(slope, unknowns));
    let steps = if linear { 1 } else { steps.unwrap_or(NEWTON_STEPS) };
    let all: Vec<Value> = residuals.iter().chain(&jacobian).copied().collect();
    let mut present = starts.clone();
    let mut last = Vec::new();
    for _ in 0..steps {
        let pairs: Vec<(Value, Value)> = unknowns.iter().copied().zip(present.iter().copied()).collect();
        let here = builder.substitute_all(&all, &pairs);
        let (residual, slopes) = here.split_at(residuals.len());
        let matrix: Vec<Vec<Value>> = slopes.chunks(count).map(<[Value]>::to_vec).collect();
        last = eliminate(builder, matrix, residual.to_vec())?;
        for (value, &change) in present.iter_mut().zip(&last) {
            *value = builder.binary(Binary::Subtract, *value, change);
        }
    }
    if !linear {
        let settled = settled(builder, &present, &last);
        let nan = builder.constant(f64::NAN);
        for value in &mut present {
            *value = builder.select(settled, *value, nan);
        }
    }
    Some(present)
}

/// Whether every last change was small.
fn settled(builder: &mut Builder, present: &[Value], last: &[Value]) -> Value {
    let mut all = builder.constant(1.0);
    let (relative, least) = (builder.constant(CONVERGED), builder.constant(1e-12));
    for (&value, &change) in present.iter().zip(last) {
        let size = builder.unary(Unary::Abs, value);
        let allowed = builder.binary(Binary::Multiply, relative, size);
        let allowed = builder.binary(Binary::Add, allowed, least);
        let change = builder.unary(Unary::Abs, change);
        let small = builder.binary(Binary::LessEqual, change, allowed);
        all = builder.binary(Binary::And, all, small);
    }
    all
}

/// x with matrix · x = side, by elimination. The order of pivots is chosen from the pattern of zeros alone (Markowitz,
/// Management Sci. 3, 1957), diagonal entries first, which dominate in implicit steps.
fn eliminate(builder: &mut Builder, mut matrix: Vec<Vec<Value>>, mut side: Vec<Value>) -> Option<Vec<Value>> {
    let count = side.len();
    let mut rows: Vec<usize> = (0..count).collect();
    let mut columns: Vec<usize> = (0..count).collect();
    let mut order = Vec::with_capacity(count);
    while !rows.is_empty() {
        let filled = |builder: &Builder, row: usize, column: usize| !builder.is_zero(matrix[row][column]);
        let in_row = |row: usize| columns.iter().filter(|&&c| filled(builder, row, c)).count();
        let in_column = |column: usize| rows.iter().filter(|&&r| filled(builder, r, column)).count();
        let row_counts: Vec<usize> = rows.iter().map(|&r| in_row(r)).collect();
        let column_counts: Vec<usize> = columns.iter().map(|&c| in_column(c)).collect();
        let mut best: Option<((bool, usize), usize, usize)> = None;
        for (&row, in_row) in rows.iter().zip(&row_counts) {
            for (&column, in_column) in columns.iter().zip(&column_counts) {
                if !filled(builder, row, column) {
                    continue;
                }
                let cost = (row != column, (in_row - 1) * (in_column - 1));
                if best.is_none_or(|(least, ..)| cost < least) {
                    best = Some((cost, row, column));
                }
            }
        }
        let (_, row, column) = best?;
        rows.retain(|&r| r != row);
        columns.retain(|&c| c != column);
        for &other in &rows {
            if builder.is_zero(matrix[other][column]) {
                continue;
            }
            let factor = builder.binary(Binary::Divide, matrix[other][column], matrix[row][column]);
            for &c in &columns {
                if !builder.is_zero(matrix[row][c]) {
                    let part = builder.binary(Binary::Multiply, factor, matrix[row][c]);
                    matrix[other][c] = builder.binary(Binary::Subtract, matrix[other][c], part);
                }
            }
            let part = builder.binary(Binary::Multiply, factor, side[row]);
            side[other] = builder.binary(Binary::Subtract, side[other], part);
        }
        order.push((row, column));
    }
    let zero = builder.constant(0.0);
    let mut solution = vec![zero; count];
    let mut known: Vec<usize> = Vec::with_capacity(count);
    for &(row, column) in order.iter().rev() {
        let mut value = side[row];
        for &c in &known {
            if !builder.is_zero(matrix[row][c]) {
                let part = builder.binary(Binary::Multiply, matrix[row][c], solution[c]);
                value = builder.binary(Binary::Subtract, value, part);
            }
        }
        solution[column] = builder.binary(Binary::Divide, value, matrix[row][column]);
        known.push(column);
    }
    Some(solution)
}
