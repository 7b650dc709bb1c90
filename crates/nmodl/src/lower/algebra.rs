//! Systems of equations as straight-line code: elimination and Newton's method.

use std::collections::BTreeSet;

use crate::builder::Builder;
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Binary, Unary, Value};

/// How far away the solution may be.
#[derive(Clone, Copy)]
pub(super) enum Start {
    /// As far as a state moves in a time step. The diagonal dominates.
    Near,
    /// Anywhere, as a steady state.
    Far,
}

impl Start {
    /// Newton steps. They are quadratic near the solution of equations that are not linear. Linear ones are solved by one,
    /// but for the digits that pivots lose that were not chosen by size: what is left over is solved for again.
    fn steps(self, linear: bool) -> usize {
        match (self, linear) {
            (Self::Near, true) => 1,
            (Self::Far, true) => 3,
            (Self::Near, false) => 6,
            (Self::Far, false) => 20,
        }
    }
}

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

/// Why equations could not be solved, if not for the builder's end.
pub(super) enum Unsolved {
    /// An unknown does not occur, or one equation follows from others.
    Dependent,
    /// An unknown goes through a loop of unknown length.
    Loop,
}

impl Unsolved {
    /// What to say of the block of this name.
    pub fn finding(self, block: &str, span: Span) -> Diagnostic {
        match self {
            Self::Dependent => Diagnostic::error(format!("`{block}` has no unique solution"))
                .at(span, "an equation follows from the others"),
            Self::Loop => Diagnostic::error(format!("`{block}` cannot be solved implicitly"))
                .at(span, "a state goes through a loop of unknown length")
                .help("FROM with fixed bounds, or METHOD euler or runge"),
        }
    }
}

/// Values of the unknowns at which the residuals are 0. Where Newton's method did not settle, they are not numbers, so that
/// nothing wrong goes unseen. A builder that is full solves nothing.
pub(super) fn solve(builder: &mut Builder, system: &System, start: Start) -> Result<Vec<Value>, Unsolved> {
    let System { unknowns, starts, residuals } = system;
    // Placeholders in the order of the code, which is not that of the unknowns.
    let mut order: Vec<usize> = (0..unknowns.len()).collect();
    order.sort_unstable_by_key(|&u| unknowns[u]);
    let places: Vec<Value> = order.iter().map(|&u| unknowns[u]).collect();
    let mut columns: Vec<Vec<usize>> = Vec::with_capacity(residuals.len());
    // The residuals, then the rows of the Jacobian one after the other.
    let mut all = residuals.clone();
    for &residual in residuals {
        let mut present: Vec<usize> =
            builder.occurring(residual, &places).into_iter().map(|p| order[p]).collect();
        present.sort_unstable();
        if builder.is_full() || !present.iter().all(|&u| builder.differentiable(residual, unknowns[u])) {
            return Err(Unsolved::Loop);
        }
        all.extend(present.iter().map(|&u| builder.derivative(residual, unknowns[u])));
        columns.push(present);
    }
    let linear = !builder.depends(&all[residuals.len()..], unknowns);
    let mut present = starts.clone();
    let mut last = Vec::new();
    for _ in 0..start.steps(linear) {
        let pairs: Vec<(Value, Value)> = unknowns.iter().copied().zip(present.iter().copied()).collect();
        let here = builder.substitute_all(&all, &pairs);
        let (side, slopes) = here.split_at(residuals.len());
        let mut slopes = slopes.iter().copied();
        let rows = columns
            .iter()
            .map(|row| row.iter().copied().zip(slopes.by_ref()).filter(|e| !builder.is_zero(e.1)).collect())
            .collect();
        last = eliminate(builder, rows, side.to_vec()).ok_or(Unsolved::Dependent)?;
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
    Ok(present)
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

/// A row of a matrix: column and value of what is not 0, in the order of columns.
type Row = Vec<(usize, Value)>;

/// The entry of a row in a column.
fn entry(row: &Row, column: usize) -> Option<Value> {
    row.binary_search_by_key(&column, |e| e.0).ok().map(|at| row[at].1)
}

/// x with rows · x = side, by elimination. The order of pivots is chosen from the pattern of zeros alone (Markowitz,
/// Management Sci. 3, 1957), diagonal entries first, which dominate in implicit steps.
fn eliminate(builder: &mut Builder, mut rows: Vec<Row>, mut side: Vec<Value>) -> Option<Vec<Value>> {
    let count = side.len();
    let mut left: BTreeSet<usize> = (0..count).collect();
    // Of the rows that are left, those with an entry in each column.
    let mut holders: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    for (row, entries) in rows.iter().enumerate() {
        entries.iter().for_each(|&(column, _)| {
            holders[column].insert(row);
        });
    }
    let mut order = Vec::with_capacity(count);
    while !left.is_empty() && !builder.is_full() {
        let (row, column) = pivot(&rows, &left, &holders)?;
        left.remove(&row);
        let pivot = std::mem::take(&mut rows[row]);
        for (c, _) in &pivot {
            holders[*c].remove(&row);
        }
        let diagonal = entry(&pivot, column)?;
        let zero = builder.constant(0.0);
        for other in std::mem::take(&mut holders[column]) {
            let target = &mut rows[other];
            let at = target.binary_search_by_key(&column, |e| e.0).ok()?;
            let factor = builder.binary(Binary::Divide, target.remove(at).1, diagonal);
            for &(c, value) in pivot.iter().filter(|e| e.0 != column) {
                let part = builder.binary(Binary::Multiply, factor, value);
                let at = target.binary_search_by_key(&c, |e| e.0);
                let before = at.map_or(zero, |at| target[at].1);
                let after = builder.binary(Binary::Subtract, before, part);
                match (at, builder.is_zero(after)) {
                    (Ok(at), false) => target[at].1 = after,
                    (Err(at), false) => {
                        target.insert(at, (c, after));
                        holders[c].insert(other);
                    }
                    (Ok(at), true) => {
                        target.remove(at);
                        holders[c].remove(&other);
                    }
                    (Err(_), true) => {}
                }
            }
            let part = builder.binary(Binary::Multiply, factor, side[row]);
            side[other] = builder.binary(Binary::Subtract, side[other], part);
        }
        order.push((row, column, diagonal));
        rows[row] = pivot;
    }
    // Each unknown with its place in the order in which they become known.
    let mut solution: Vec<Option<(usize, Value)>> = vec![None; count];
    for (place, &(row, column, diagonal)) in order.iter().rev().enumerate() {
        let mut known: Vec<(usize, Value, Value)> =
            rows[row].iter().filter_map(|&(c, factor)| solution[c].map(|(p, x)| (p, factor, x))).collect();
        known.sort_unstable();
        let mut value = side[row];
        for (_, factor, x) in known {
            let part = builder.binary(Binary::Multiply, factor, x);
            value = builder.binary(Binary::Subtract, value, part);
        }
        solution[column] = Some((place, builder.binary(Binary::Divide, value, diagonal)));
    }
    solution.into_iter().map(|x| Some(x?.1)).collect()
}

/// The next pivot: on the diagonal, as long as there is something; of those the one that fills in least, the first of
/// them.
fn pivot(rows: &[Row], left: &BTreeSet<usize>, holders: &[BTreeSet<usize>]) -> Option<(usize, usize)> {
    let fill = |row: usize, column: usize| (rows[row].len() - 1) * (holders[column].len() - 1);
    let on_diagonal = left.iter().filter(|&&row| entry(&rows[row], row).is_some());
    on_diagonal.map(|&row| (row, row)).min_by_key(|&(row, column)| fill(row, column)).or_else(|| {
        let entries = left.iter().flat_map(|&row| rows[row].iter().map(move |e| (row, e.0)));
        entries.min_by_key(|&(row, column)| fill(row, column))
    })
}
