//! How to write a quotient that is 0/0 somewhere: its series, in the words of the text.

use std::collections::HashMap;

use super::walk::{self, Node};
use crate::builder::Builder;
use crate::diagnostic::Diagnostic;
use crate::functions;
use crate::ir::{Binary, Instruction, Place, Unary, Value};
use crate::singular;
use crate::source::Source;
use crate::symbols::bodies;
use crate::syntax::{Expression, ExpressionKind, File};
use crate::units::spelling;

/// Adds the help to findings about such quotients.
pub(crate) fn explain(source: &Source, file: &File, findings: &mut [Diagnostic]) {
    let mut quotients = findings.iter_mut().filter(|f| f.code == "singular-quotient").peekable();
    if quotients.peek().is_none() {
        return;
    }
    let mut at: HashMap<_, &Expression> = HashMap::new();
    for body in bodies(file) {
        walk::statements(body, &mut |node| {
            if let Node::Expression(expression @ Expression { kind: ExpressionKind::Binary("/", ..), .. }) =
                node
            {
                at.insert(expression.span, expression);
            }
        });
    }
    for finding in quotients {
        let quotient = finding.span.and_then(|span| at.get(&span));
        finding.help = match quotient.and_then(|quotient| series(source, quotient)) {
            Some((exponent, series)) => format!(
                "to be exact in NEURON too, write `if (fabs({exponent}) < 1e-6) {{ … {series} … }} else {{ … }}`"
            ),
            None => "for small x, x/(exp(x) - 1) is 1 - x/2 and x/(1 - exp(-x)) is 1 + x/2".to_owned(),
        };
    }
}

/// The exponent of a quotient, and what the quotient is near where that is 0.
fn series<'a>(source: &'a Source, quotient: &'a Expression) -> Option<(&'a str, String)> {
    let ExpressionKind::Binary(_, top, bottom) = &quotient.kind else { return None };
    let mut formula = Formula { source, builder: Builder::default(), names: Vec::new() };
    let (top, below) = (formula.value(top)?, formula.value(bottom)?);
    let limit = singular::find(&formula.builder, top, below)?.limit(&mut formula.builder);
    let mut exponent = None;
    walk::expression(bottom, &mut |node| {
        if let Node::Expression(Expression { kind: ExpressionKind::Call(name, arguments), .. }) = node
            && name.text == "exp"
        {
            exponent = exponent.or(arguments.first());
        }
    });
    let exponent = formula.written(exponent?);
    let half = if exponent.contains(['+', '-', '*', '/', ' ']) {
        format!("({exponent})")
    } else {
        exponent.to_owned()
    };
    let factor = match formula.builder.number(limit) {
        Some(number) if (number - 1.0).abs() < 1e-12 => String::new(),
        _ => format!("{}*", formula.text(limit)),
    };
    Some((exponent, format!("{factor}(1 - {half}/2)")))
}

/// An expression as straight-line code whose unknowns are pieces of the text.
struct Formula<'a> {
    source: &'a Source,
    builder: Builder,
    names: Vec<&'a str>,
}

impl<'a> Formula<'a> {
    fn written(&self, expression: &Expression) -> &'a str {
        self.source.text_of(expression.span)
    }

    fn value(&mut self, expression: &'a Expression) -> Option<Value> {
        Some(match &expression.kind {
            ExpressionKind::Number(number, _) => self.builder.constant(*number),
            ExpressionKind::Negate(inner) => {
                let inner = self.value(inner)?;
                self.builder.negate(inner)
            }
            ExpressionKind::Binary(operator, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                self.builder.binary(functions::operator(operator)?, a, b)
            }
            ExpressionKind::Call(name, arguments) if name.text == "exp" => {
                let argument = self.value(arguments.first()?)?;
                self.builder.unary(Unary::Exp, argument)
            }
            ExpressionKind::Variable(_) | ExpressionKind::Element(..) | ExpressionKind::Call(..) => {
                let name = self.written(expression);
                let at = self.names.iter().position(|known| *known == name).unwrap_or(self.names.len());
                if at == self.names.len() {
                    self.names.push(name);
                }
                self.builder.load(Place::Argument(at as u32))
            }
            ExpressionKind::Not(_) | ExpressionKind::Text => return None,
        })
    }

    fn text(&self, value: Value) -> String {
        let text = |value: Value| self.text(value);
        match self.builder.instruction(value) {
            Some(Instruction::Constant(number)) => spelling::number(number),
            Some(Instruction::Load(Place::Argument(at))) => {
                self.names.get(at as usize).copied().unwrap_or_default().to_owned()
            }
            Some(Instruction::Unary(Unary::Exp, a)) => format!("exp({})", text(a)),
            Some(Instruction::Unary(_, a)) => format!("(-{})", text(a)),
            Some(Instruction::Binary(what, a, b)) => {
                let (a, b) = (text(a), text(b));
                match what {
                    Binary::Multiply => format!("{a}*{b}"),
                    Binary::Divide if b.contains(['*', '/']) => format!("{a}/({b})"),
                    Binary::Divide => format!("{a}/{b}"),
                    Binary::Add => format!("({a} + {b})"),
                    Binary::Subtract => format!("({a} - {b})"),
                    _ => format!("({a})^({b})"),
                }
            }
            _ => String::new(),
        }
    }
}
