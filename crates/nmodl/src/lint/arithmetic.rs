//! Arithmetic that reads otherwise than it is computed.
//!
//! What NEURON computes was found by compiling such expressions with its 9.0.2: a whole number in an expression becomes a
//! floating one, so that `1/2` is 0.5; in the bounds of a loop and the index of an array it stays whole, and `7/2` is 3. The
//! sign of `-x^n` applies to the power.

use super::walk::{self, Node};
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::symbols::bodies;
use crate::syntax::{Expression, ExpressionKind, File};
use crate::units::spelling;

pub(super) fn check(source: &Source, file: &File, findings: &mut Vec<Diagnostic>) {
    // A whole expression is visited before what it consists of, its quotients among them.
    let mut whole_to = 0;
    let mut visit = |node: Node| match node {
        Node::Whole(expression) => whole_to = expression.span.end,
        Node::Expression(expression) => {
            findings.extend(quotient(source, expression, expression.span.end <= whole_to));
            findings.extend(power(source, expression));
        }
        Node::Statement(_) => whole_to = 0,
    };
    bodies(file).for_each(|body| walk::statements(body, &mut visit));
}

/// `a/b` of whole numbers that do not divide.
fn quotient(source: &Source, expression: &Expression, is_whole: bool) -> Option<Diagnostic> {
    let ExpressionKind::Binary("/", a, b) = &expression.kind else { return None };
    let number = |e: &Expression| match &e.kind {
        ExpressionKind::Number(number, unit)
            if unit.is_empty() && source.text_of(e.span).bytes().all(|b| b.is_ascii_digit()) =>
        {
            Some(*number)
        }
        _ => None,
    };
    let (above, below) = (number(a)?, number(b)?);
    let exact = above / below;
    if exact.fract() == 0.0 || !exact.is_finite() {
        return None;
    }
    let shown = format!("{above}/{below}");
    let finding = if is_whole {
        Diagnostic::warning(format!("`{shown}` is {} here", exact.trunc()))
            .at(expression.span, "whole numbers in bounds and indices divide as in C")
            .help(format!("write {}", exact.trunc()))
    } else {
        Diagnostic::warning(format!(
            "`{shown}` is {}, not {} as in C",
            spelling::number(exact),
            exact.trunc()
        ))
        .at(expression.span, "numbers of NMODL are floating")
        .help(format!("`{above}.0/{below}` would say so"))
    };
    Some(finding.code("integer-division"))
}

/// `-x^n` without parentheses behind its sign.
fn power(source: &Source, expression: &Expression) -> Option<Diagnostic> {
    let ExpressionKind::Negate(inner) = &expression.kind else { return None };
    let ExpressionKind::Binary("^", ..) = &inner.kind else { return None };
    let text = source.text_of(expression.span);
    let written = text.get(1..)?.trim_start();
    (!written.starts_with('(')).then(|| {
        Diagnostic::warning(format!("`{text}` is -({written})"))
            .code("minus-power")
            .at(expression.span, "the sign applies to the power, here as in NEURON")
            .help("parentheses tell which is meant")
    })
}
