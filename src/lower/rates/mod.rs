//! Rates as tables: `rates = "tabulated"`.
//!
//! In comes a mechanism with the numbers that are fixed for the run; out come its programs with every expression that depends on the
//! membrane potential alone, as far as that saves work, looked up in a table of polynomials (`fit`). In the usual channel
//! these are the share of the way that a gate moves in a step and where to. What is made into a table is decided for each program of
//! a mechanism by itself, so that it does not matter what runs with it, and from the outside in: where a whole expression cannot be
//! had within the tolerance it stays as it is, and its parts are tried. Numbers that may change in a run, such as time and what a
//! POINTER leads to, are not fixed, so a table never has to be made again.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use apical_kernels::{KernelError, Table};
use apical_nmodl::ir::{Binary, Instruction, Mechanism, Place, Program, TableId, Unary, Value};
use apical_nmodl::passes;
use serde::Serialize;

mod exact;
mod fit;

/// Where tables hold, mV: from below the reversal potentials of potassium, where inhibition and after-hyperpolarisation end, to above
/// those of sodium, where spikes end. Beyond it, and where the potential is no number, the expressions themselves are computed.
pub const RANGE: Range<f64> = -100.0..60.0;
/// The largest relative error of a table.
pub const TOLERANCE: f64 = 1e-6;
/// What takes less work than this is not worth a table, whatever its degree.
const LEAST_WORK: usize = 16;

/// The programs of a mechanism with tables.
#[derive(Debug)]
pub struct Rates {
    /// What advances its states.
    pub state: Tabulated,
    /// What gives its currents.
    pub current: Tabulated,
    /// The mechanism's own tables, then those of `state`, then those of `current`.
    pub tables: Vec<Option<Arc<Table>>>,
}

/// A program with tables.
#[derive(Debug)]
pub struct Tabulated {
    /// What to do.
    pub program: Program,
    /// What became of its rates.
    pub report: RatesReport,
}

/// What became of the rates of a program.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RatesReport {
    /// Expressions that are looked up.
    pub tables: Vec<TableReport>,
    /// Expressions that are not, because the tolerance cannot be met.
    pub exact: Vec<Refusal>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableReport {
    /// The variable that it is for.
    pub variable: String,
    /// How many pieces the range is divided into.
    pub pieces: usize,
    /// Degree of the polynomials.
    pub degree: usize,
    /// Bound of the relative error.
    pub bound: f64,
}

/// An expression that stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refusal {
    /// The variable that it is for.
    pub variable: String,
    /// Why.
    pub reason: String,
}

impl RatesReport {
    /// This and another.
    pub fn extend(&mut self, other: &Self) {
        self.tables.extend(other.tables.iter().cloned());
        self.exact.extend(other.exact.iter().cloned());
    }
}

impl fmt::Display for RatesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for TableReport { variable, pieces, degree, bound } in &self.tables {
            writeln!(
                f,
                "  {variable}: a table of {pieces} pieces of degree {degree}, relative error at most {bound:.1e}"
            )?;
        }
        for Refusal { variable, reason } in &self.exact {
            writeln!(f, "  {variable}: not as a whole, {reason}")?;
        }
        Ok(())
    }
}

/// What a value depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Depends {
    /// On numbers that are fixed for the run.
    Fixed,
    /// On the membrane potential beside.
    Voltage,
    /// On more.
    Other,
}

/// Makes the tables of a mechanism. `fixed` tells the number that a place holds, where it is the same for all instances and does not
/// change during the run; `own` are the mechanism's own tables.
///
/// # Errors
/// An expression that cannot be evaluated, which is a fault of the library.
pub fn tabulate(
    mechanism: &Mechanism,
    own: &[Option<Arc<Table>>],
    fixed: &dyn Fn(Place) -> Option<f64>,
) -> Result<Rates, KernelError> {
    let mut tables = own.to_vec();
    let mut one = |program: &Program| {
        let depends = depends(program, fixed);
        let search = Search { mechanism, program, depends, own, fixed };
        search.run(&mut tables)
    };
    Ok(Rates { state: one(&mechanism.state)?, current: one(&mechanism.current)?, tables })
}

fn depends(program: &Program, fixed: &dyn Fn(Place) -> Option<f64>) -> Vec<Depends> {
    let mut depends: Vec<Depends> = Vec::with_capacity(program.instructions.len());
    for instruction in &program.instructions {
        let mut all = match *instruction {
            Instruction::Load(Place::Voltage) => Depends::Voltage,
            Instruction::Load(place) if fixed(place).is_none() => Depends::Other,
            Instruction::Binary(Binary::Random, ..)
            | Instruction::List(..)
            | Instruction::Iterate(..)
            | Instruction::Outcome(..)
            | Instruction::Store(..)
            | Instruction::Accumulate(..) => Depends::Other,
            _ => Depends::Fixed,
        };
        instruction.operands(|v| all = all.max(depends[v.0 as usize]));
        depends.push(all);
    }
    depends
}

struct Search<'a> {
    mechanism: &'a Mechanism,
    program: &'a Program,
    depends: Vec<Depends>,
    own: &'a [Option<Arc<Table>>],
    fixed: &'a dyn Fn(Place) -> Option<f64>,
}

impl Search<'_> {
    fn run(&self, tables: &mut Vec<Option<Arc<Table>>>) -> Result<Tabulated, KernelError> {
        let mut program = self.program.clone();
        let mut report = RatesReport::default();
        let mut open: VecDeque<(Value, bool)> = self.outermost().map(|value| (value, true)).collect();
        let mut seen = vec![false; program.instructions.len()];
        while let Some((value, whole)) = open.pop_front() {
            let index = value.0 as usize;
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            let cone = self.cone(value);
            let work: usize = cone.iter().map(|v| work(&self.program.instructions[v.0 as usize])).sum();
            if work < LEAST_WORK {
                continue;
            }
            let variable = self.variable(value);
            match self.table(value, &cone)? {
                Ok(fit::Fit { pieces, bound, cost }) if cost < work => {
                    let id = TableId(tables.len() as u32);
                    program.instructions[index] = Instruction::Lookup(id, cone[0]);
                    let (count, degree) = (pieces.pieces(), pieces.degree());
                    tables.push(Some(Arc::new(Table::Pieces(pieces))));
                    report.tables.push(TableReport { variable, pieces: count, degree, bound });
                    continue;
                }
                Ok(_) => {}
                Err(reason) if whole => report.exact.push(Refusal { variable, reason }),
                Err(_) => {}
            }
            self.program.instructions[index].operands(|v| {
                if self.depends[v.0 as usize] == Depends::Voltage {
                    open.push_back((v, false));
                }
            });
        }
        passes::dead_code(&mut program);
        Ok(Tabulated { program, report })
    }

    /// Values of the potential alone that something else uses.
    fn outermost(&self) -> impl Iterator<Item = Value> {
        let mut used = vec![false; self.program.instructions.len()];
        for (instruction, depends) in self.program.instructions.iter().zip(&self.depends) {
            if *depends == Depends::Other {
                instruction.operands(|v| used[v.0 as usize] = true);
            }
        }
        let alone = move |index: &usize| used[*index] && self.depends[*index] == Depends::Voltage;
        (0..self.depends.len()).filter(alone).map(|index| Value(index as u32))
    }

    /// All that a value is computed from and that depends on the potential, which comes first.
    fn cone(&self, value: Value) -> Vec<Value> {
        let mut within = vec![false; value.0 as usize + 1];
        within[value.0 as usize] = true;
        for index in (0..within.len()).rev().filter(|&i| self.depends[i] == Depends::Voltage) {
            if within[index] {
                self.program.instructions[index].operands(|v| within[v.0 as usize] = true);
            }
        }
        let inside = |&index: &usize| within[index] && self.depends[index] == Depends::Voltage;
        let mut cone: Vec<Value> = (0..within.len()).filter(inside).map(|i| Value(i as u32)).collect();
        let is_voltage =
            |v: &Value| self.program.instructions[v.0 as usize] == Instruction::Load(Place::Voltage);
        cone.sort_by_key(|v| (!is_voltage(v), *v));
        cone
    }

    /// The table of a value, or why there is none.
    fn table(&self, value: Value, cone: &[Value]) -> Result<Result<fit::Fit, String>, KernelError> {
        let rounds = |v: &Value| {
            matches!(
                self.program.instructions[v.0 as usize],
                Instruction::Unary(Unary::Floor | Unary::Ceil, _)
                    | Instruction::Binary(Binary::Remainder, ..)
            )
        };
        if cone.iter().any(rounds) {
            return Ok(Err("it rounds to whole numbers".to_owned()));
        }
        let mut exact = exact::Exact::new(self.program, value, &self.conditions(cone), self.own, self.fixed)?;
        Ok(fit::fit(RANGE, TOLERANCE, &mut exact))
    }

    /// Pairs of values that are compared, and values compared with 0: where they meet an expression may change its form.
    fn conditions(&self, cone: &[Value]) -> Vec<(Value, Option<Value>)> {
        let mut conditions = Vec::new();
        for value in cone {
            match self.program.instructions[value.0 as usize] {
                Instruction::Binary(
                    Binary::Less
                    | Binary::LessEqual
                    | Binary::Greater
                    | Binary::GreaterEqual
                    | Binary::Equal
                    | Binary::NotEqual
                    | Binary::Minimum
                    | Binary::Maximum,
                    a,
                    b,
                ) => conditions.push((a, Some(b))),
                Instruction::Binary(Binary::And | Binary::Or, a, b) => {
                    conditions.extend([(a, None), (b, None)]);
                }
                Instruction::Unary(Unary::Not | Unary::Abs, a) | Instruction::Select(a, ..) => {
                    conditions.push((a, None));
                }
                _ => {}
            }
        }
        conditions
    }

    /// The variable that a value is for: the first that is written with it.
    fn variable(&self, value: Value) -> String {
        let mut distance: Vec<Option<usize>> = vec![None; self.program.instructions.len()];
        distance[value.0 as usize] = Some(0);
        let mut nearest: Option<(usize, &str)> = None;
        for (index, instruction) in self.program.instructions.iter().enumerate() {
            let mut least = distance[index];
            instruction.operands(|v| {
                let through = distance[v.0 as usize].map(|d| d + 1);
                least = [least, through].into_iter().flatten().min();
            });
            distance[index] = least;
            if let (Instruction::Store(Place::Variable(id), _), Some(distance)) = (instruction, least)
                && nearest.is_none_or(|(other, _)| distance < other)
                && let Some(variable) = self.mechanism.variables.get(id.0 as usize)
            {
                nearest = Some((distance, &variable.name));
            }
        }
        format!("{}.{}", self.mechanism.name, nearest.map_or("current", |(_, name)| name))
    }
}

/// About how many instructions of AVX-512 an operation takes, where a division, which holds up others for as long, counts as eight.
fn work(instruction: &Instruction) -> usize {
    match instruction {
        Instruction::Load(_) => 0,
        Instruction::Unary(what, _) => match what {
            Unary::Negate | Unary::Not | Unary::Abs | Unary::Floor | Unary::Ceil => 1,
            Unary::Sqrt => 8,
            Unary::Exp => 16,
            Unary::Log | Unary::Sin | Unary::Cos => 30,
            Unary::Log10 | Unary::Asin | Unary::Acos | Unary::Atan => 200,
            Unary::Tan | Unary::Sinh | Unary::Cosh | Unary::Tanh | Unary::Exprelr => 40,
        },
        Instruction::Binary(what, ..) => match what {
            Binary::Divide => 8,
            Binary::Power => 60,
            Binary::Remainder => 200,
            _ => 1,
        },
        Instruction::Lookup(..) => 200,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
