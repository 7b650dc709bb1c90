//! Quotients that are 0/0 at one place, as the rates x/(exp(x/y) − 1) and x/(1 − exp(−x/y)) of many channels.
//!
//! In come the two sides of a quotient in straight-line code. When the lower one has a factor eᵇ − 1 and the upper one
//! vanishes together with b, out goes [`Singular`], from which the quotient with its limit is built: near b = 0 the series
//! a/b·(1 − b/2), whose next term b²/12 is below rounding there, and everywhere else the quotient itself, bit by bit.

use crate::builder::{Builder, fold_binary};
use crate::ir::{Binary, Instruction, Unary, Value};

/// Below this |b| the series holds.
const NEAR: f64 = 1e-6;
/// Of longer sums and products the rest is not taken apart.
const LONGEST: usize = 64;
/// What it costs to ask about one condition, in executed expressions.
pub(crate) const WORK: usize = 20;
/// So many instructions behind a condition are looked into: shared ones count as often as they are used.
const MOST: usize = 1000;

/// A quotient that is 0/0 somewhere.
pub(crate) struct Singular {
    /// b of eᵇ − 1.
    pub exponent: Value,
    /// What vanishes above and below.
    zeros: Vec<Linear>,
    /// a/b over what else is below, as a number and factors above and below; finite where b is 0.
    number: f64,
    above: Vec<Value>,
    below: Vec<Value>,
}

/// A sum of values with coefficients, and a constant.
#[derive(Clone, Debug)]
struct Linear {
    terms: Vec<(Value, f64)>,
    constant: f64,
}

/// A factor: a value and the sum that it is, of which the first coefficient is `scale`.
struct Factor {
    value: Value,
    scale: f64,
    sum: Linear,
}

struct Product {
    number: f64,
    above: Vec<Factor>,
    below: Vec<Factor>,
}

/// Looks for the pattern.
pub(crate) fn find(builder: &Builder, top: Value, bottom: Value) -> Option<Singular> {
    let mut bottom = product(builder, bottom);
    let (at, exponent) = bottom.above.iter().enumerate().find_map(|(at, factor)| {
        let [(term, _)] = factor.sum.terms[..] else { return None };
        match builder.instruction(term)? {
            Instruction::Unary(Unary::Exp, exponent) if factor.sum.constant == -1.0 => Some((at, exponent)),
            _ => None,
        }
    })?;
    let difference = bottom.above.swap_remove(at);
    let mut top = product(builder, top);
    let mut inner = product(builder, exponent);
    let mut number = top.number / inner.number / bottom.number / difference.scale;
    let mut zeros = Vec::new();
    top.above.retain(|factor| {
        let Some(at) = inner.above.iter().position(|other| other.sum.equals(&factor.sum)) else {
            return true;
        };
        number *= factor.scale / inner.above.swap_remove(at).scale;
        zeros.push(factor.sum.clone());
        false
    });
    let values = |factors: [Vec<Factor>; 3]| factors.into_iter().flatten().map(|f| f.value).collect();
    (!zeros.is_empty()).then(|| Singular {
        exponent,
        zeros,
        number,
        above: values([top.above, inner.below, bottom.below]),
        below: values([top.below, inner.above, bottom.above]),
    })
}

impl Singular {
    /// Whether a condition that holds, or does not, keeps away from the place.
    pub fn is_excluded(&self, builder: &Builder, condition: Value, holds: bool) -> bool {
        self.zeros.iter().all(|zero| excludes(builder, zero, condition, holds))
    }

    /// Whether what seems to vanish was replaced beforehand where it would, as by `if (x == 0) { x = 1e-6 }`.
    pub fn is_avoided(&self, builder: &Builder) -> bool {
        self.zeros.iter().all(|zero| !vanishes(builder, zero, &mut { LONGEST }))
    }

    /// The quotient at b = 0.
    pub fn limit(&self, builder: &mut Builder) -> Value {
        let mut limit = builder.constant(self.number);
        for &factor in &self.above {
            limit = builder.binary(Binary::Multiply, limit, factor);
        }
        for &divisor in &self.below {
            limit = builder.binary(Binary::Divide, limit, divisor);
        }
        limit
    }

    /// `quotient`, and near the place its series.
    pub fn completed(&self, builder: &mut Builder, quotient: Value) -> Value {
        let [one, half, near] = [1.0, 0.5, NEAR].map(|number| builder.constant(number));
        let limit = self.limit(builder);
        let part = builder.binary(Binary::Multiply, self.exponent, half);
        let slope = builder.binary(Binary::Subtract, one, part);
        let series = builder.binary(Binary::Multiply, limit, slope);
        let size = builder.unary(Unary::Abs, self.exponent);
        let is_near = builder.binary(Binary::Less, size, near);
        builder.select(is_near, series, quotient)
    }
}

impl Linear {
    /// Divides by the first coefficient and returns it; `None` for a mere number.
    fn normalize(&mut self) -> Option<f64> {
        let scale = self.terms.first()?.1;
        self.terms.iter_mut().for_each(|(_, coefficient)| *coefficient /= scale);
        self.constant /= scale;
        Some(scale)
    }

    fn add(&mut self, other: &Linear, times: f64) {
        for &(value, coefficient) in &other.terms {
            match self.terms.binary_search_by_key(&value, |term| term.0) {
                Ok(at) => self.terms[at].1 += times * coefficient,
                Err(at) => self.terms.insert(at, (value, times * coefficient)),
            }
        }
        self.terms.retain(|(_, coefficient)| *coefficient != 0.0);
        self.constant += times * other.constant;
    }

    /// What it is where `zero` is 0.
    fn at(mut self, zero: &Linear) -> Linear {
        let Some(&(pivot, _)) = zero.terms.first() else { return self };
        if let Ok(at) = self.terms.binary_search_by_key(&pivot, |term| term.0) {
            self.add(zero, -self.terms[at].1);
            self.terms.retain(|term| term.0 != pivot);
        }
        self
    }

    /// Whether both are the same but for rounding.
    fn equals(&self, other: &Linear) -> bool {
        let pairs = || self.terms.iter().zip(&other.terms);
        self.terms.len() == other.terms.len()
            && near(self.constant, other.constant)
            && pairs().all(|(a, b)| a.0 == b.0 && near(a.1, b.1))
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * (1.0 + a.abs().max(b.abs()))
}

/// A value as a sum.
fn linear(builder: &Builder, value: Value) -> Linear {
    let mut sum = Linear { terms: Vec::new(), constant: 0.0 };
    let mut rest = vec![(value, 1.0)];
    let mut visited = 0;
    while let Some((value, times)) = rest.pop() {
        let number = |value: Value| builder.number(value);
        visited += 1;
        match builder.instruction(value).filter(|_| visited <= LONGEST) {
            Some(Instruction::Constant(number)) => sum.constant += times * number,
            Some(Instruction::Unary(Unary::Negate, a)) => rest.push((a, -times)),
            Some(Instruction::Binary(Binary::Add, a, b)) => rest.extend([(b, times), (a, times)]),
            Some(Instruction::Binary(Binary::Subtract, a, b)) => rest.extend([(b, -times), (a, times)]),
            Some(Instruction::Binary(Binary::Multiply, a, b)) if number(b).is_some() => {
                rest.push((a, times * number(b).unwrap_or(1.0)));
            }
            Some(Instruction::Binary(Binary::Multiply, a, b)) if number(a).is_some() => {
                rest.push((b, times * number(a).unwrap_or(1.0)));
            }
            _ => sum.add(&Linear { terms: vec![(value, 1.0)], constant: 0.0 }, times),
        }
    }
    sum
}

/// A value as a product of sums.
fn product(builder: &Builder, value: Value) -> Product {
    let mut product = Product { number: 1.0, above: Vec::new(), below: Vec::new() };
    let mut rest = vec![(value, false)];
    let mut visited = 0;
    while let Some((value, is_below)) = rest.pop() {
        visited += 1;
        match builder.instruction(value).filter(|_| visited <= LONGEST) {
            Some(Instruction::Constant(number)) if is_below => product.number /= number,
            Some(Instruction::Constant(number)) => product.number *= number,
            Some(Instruction::Unary(Unary::Negate, a)) => {
                product.number = -product.number;
                rest.push((a, is_below));
            }
            Some(Instruction::Binary(Binary::Multiply, a, b)) => {
                rest.extend([(b, is_below), (a, is_below)]);
            }
            Some(Instruction::Binary(Binary::Divide, a, b)) => {
                rest.extend([(b, !is_below), (a, is_below)]);
            }
            _ => {
                let mut sum = linear(builder, value);
                let Some(scale) = sum.normalize() else {
                    product.number *= if is_below { 1.0 / sum.constant } else { sum.constant };
                    continue;
                };
                let factors = if is_below { &mut product.below } else { &mut product.above };
                factors.push(Factor { value, scale, sum });
            }
        }
    }
    product
}

/// Whether a sum may be 0, as far as choices in it tell; of too many choices, nothing is known.
fn vanishes(builder: &Builder, sum: &Linear, left: &mut usize) -> bool {
    let choice = sum.terms.iter().find_map(|&(term, times)| match builder.instruction(term)? {
        Instruction::Select(condition, then, otherwise) => Some((term, times, condition, [then, otherwise])),
        _ => None,
    });
    let Some((term, times, condition, branches)) = choice else { return true };
    if *left == 0 {
        return true;
    }
    *left -= 1;
    branches.into_iter().zip([true, false]).any(|(branch, holds)| {
        // An equality holds at single places, which are not the one in question.
        if holds && matches!(builder.instruction(condition), Some(Instruction::Binary(Binary::Equal, ..))) {
            return false;
        }
        let mut chosen = sum.clone();
        chosen.terms.retain(|other| other.0 != term);
        chosen.add(&linear(builder, branch), times);
        match chosen.normalize() {
            Some(_) => !excludes(builder, &chosen, condition, holds) && vanishes(builder, &chosen, left),
            None => chosen.constant == 0.0,
        }
    })
}

/// Whether a sum cannot be 0 where a condition holds, or does not.
fn excludes(builder: &Builder, zero: &Linear, condition: Value, holds: bool) -> bool {
    at(builder, zero, condition, &mut { MOST }).is_some_and(|truth| (truth != 0.0) != holds)
}

/// What a value is where a sum is 0, as far as that is known. An unknown tolerance of a size counts as positive.
fn at(builder: &Builder, zero: &Linear, value: Value, left: &mut usize) -> Option<f64> {
    *left = left.checked_sub(1)?;
    let mut inside = |value: Value| at(builder, zero, value, left);
    let is_size =
        |value: Value| matches!(builder.instruction(value), Some(Instruction::Unary(Unary::Abs, _)));
    let sum = linear(builder, value).at(zero);
    match (&sum.terms[..], builder.instruction(value)?) {
        ([], _) => Some(sum.constant),
        (_, Instruction::Unary(what, a)) => {
            let a = inside(a)?;
            match what {
                Unary::Abs => Some(a.abs()),
                Unary::Not => Some(f64::from(u8::from(a == 0.0))),
                Unary::Negate => Some(-a),
                Unary::Exp => Some(a.exp()),
                _ => None,
            }
        }
        (_, Instruction::Select(condition, then, otherwise)) => match inside(condition) {
            Some(truth) => inside(if truth != 0.0 { then } else { otherwise }),
            None => None,
        },
        (_, Instruction::Binary(what, a, b)) => match (what, inside(a), inside(b)) {
            // Rounding must not decide whether a tolerance is met.
            (_, Some(a), Some(b)) if near(a, b) => fold_binary(what, b, b),
            (Binary::Equal | Binary::NotEqual, None, None) => {
                let mut difference = linear(builder, a);
                difference.add(&linear(builder, b), -1.0);
                let difference = difference.at(zero);
                difference.terms.is_empty().then(|| fold_binary(what, difference.constant, 0.0))?
            }
            (_, Some(a), Some(b)) => fold_binary(what, a, b),
            (Binary::Multiply | Binary::And, Some(0.0), _) => Some(0.0),
            (Binary::Multiply | Binary::And, _, Some(0.0)) | (Binary::Divide, Some(0.0), _) => Some(0.0),
            (Binary::Or, Some(true_one), _) | (Binary::Or, _, Some(true_one)) if true_one != 0.0 => Some(1.0),
            (Binary::Less | Binary::LessEqual, Some(0.0), None) if is_size(a) => Some(1.0),
            (Binary::Greater | Binary::GreaterEqual, Some(0.0), None) if is_size(a) => Some(0.0),
            (Binary::Less | Binary::LessEqual, None, Some(0.0)) if is_size(b) => Some(0.0),
            (Binary::Greater | Binary::GreaterEqual, None, Some(0.0)) if is_size(b) => Some(1.0),
            _ => None,
        },
        _ => None,
    }
}
