//! Units of expressions, and what is said where two do not fit.

use std::fmt;

use super::check::Checker;
use super::quantity::{Fit, Quantity};
use super::{Unit, spelling};
use crate::diagnostic::{Diagnostic, Span};
use crate::functions::{self, Distribution, Function};
use crate::ir::{Binary, Unary};
use crate::syntax::{Expression, ExpressionKind, Name};

impl<'a> Checker<'a> {
    pub fn value(&mut self, expression: &'a Expression) -> Quantity {
        match &expression.kind {
            ExpressionKind::Number(number, unit) if unit.is_empty() => {
                // Parentheses around a number are kept by its place alone.
                match self.source.text_of(expression.span).starts_with('(') {
                    true => Quantity::factor(*number),
                    false => Quantity::literal(*number),
                }
            }
            ExpressionKind::Number(_, unit) => self.stated(unit, expression.span.start),
            ExpressionKind::Text => Quantity::pure(),
            ExpressionKind::Variable(name) => self.named(name),
            ExpressionKind::Element(name, index) => {
                self.value(index);
                self.named(&name.text)
            }
            ExpressionKind::Negate(inner) => self.value(inner),
            ExpressionKind::Not(inner) => {
                self.value(inner);
                Quantity::pure()
            }
            ExpressionKind::Binary(operator, a, b) => self.operation(operator, a, b),
            ExpressionKind::Call(name, arguments) => self.call(name, arguments),
        }
    }

    fn operation(&mut self, operator: &str, a: &'a Expression, b: &'a Expression) -> Quantity {
        if operator == "^" {
            return self.power(a, b);
        }
        let (left, right) = (self.value(a), self.value(b));
        match operator {
            "*" => left.times(right),
            "/" => left.over(right),
            "+" => self.pair("added", left, right, b.span),
            "-" => self.pair("subtracted", left, right, b.span),
            "&&" | "||" => Quantity::pure(),
            "%" => self.pair("divided with a remainder", left, right, b.span),
            _ => {
                self.pair("compared", left, right, b.span);
                Quantity::pure()
            }
        }
    }

    fn power(&mut self, base: &'a Expression, exponent: &'a Expression) -> Quantity {
        let quantity = self.value(base);
        let found = self.value(exponent);
        self.plain(format_args!("an exponent is"), found, exponent.span);
        match literal(exponent) {
            Some(number) if number.fract() == 0.0 && number.abs() < 10.0 => quantity.power(number as i8),
            Some(0.5) => quantity.root(),
            // Only a plain number can be raised to what may be anything.
            _ if quantity.is_stated() => Quantity::unstated(),
            _ => Quantity::pure(),
        }
    }

    pub fn call(&mut self, name: &'a Name, arguments: &'a [Expression]) -> Quantity {
        let found: Vec<Quantity> = arguments.iter().map(|argument| self.value(argument)).collect();
        if let Some(&routine) = self.routines.get(name.text.as_str()) {
            for ((declared, found), given) in routine.arguments.iter().zip(found).zip(arguments) {
                if !declared.unit.is_empty() {
                    let expected = self.stated(&declared.unit, declared.name.span.end);
                    let subject = format_args!("`{}` of `{}`", declared.name.text, name.text);
                    self.expect(subject, "gets a value", expected, found, given.span);
                }
            }
            if routine.unit.is_empty() {
                return Quantity::unstated();
            }
            return self.stated(&routine.unit, routine.name.span.end);
        }
        let (Some(function), Some((first, given))) =
            (functions::find(&name.text), found.first().zip(arguments.first()))
        else {
            return Quantity::unstated();
        };
        match (function, arguments) {
            (Function::One(Unary::Sqrt), _) => first.root(),
            (Function::One(Unary::Abs | Unary::Floor | Unary::Ceil), _) => *first,
            (Function::One(_), _) => {
                self.plain(format_args!("`{}` takes", name.text), *first, given.span);
                Quantity::pure()
            }
            (Function::Two(Binary::Power), [base, exponent]) => self.power(base, exponent),
            (Function::Two(_), [_, second]) => self.pair("compared", *first, found[1], second.span),
            (Function::AtTime, _) => {
                self.time(format_args!("the time of `at_time`"), *first, given.span);
                Quantity::pure()
            }
            (Function::Random(Distribution::Exponential | Distribution::Normal), _) => {
                found.iter().fold(Quantity::pure(), |joined, q| joined.joined(*q))
            }
            (Function::Nothing, _) => {
                match (name.text.as_str(), arguments) {
                    ("net_send", _) => self.time(format_args!("the delay of `net_send`"), *first, given.span),
                    ("net_event" | "net_move", _) => {
                        self.time(format_args!("the time of `{}`", name.text), *first, given.span)
                    }
                    ("state_discontinuity", [state, value]) => {
                        let state = self.source.text_of(state.span);
                        self.expect(format_args!("`{state}`"), "gets a value", *first, found[1], value.span);
                    }
                    _ => {}
                }
                Quantity::unstated()
            }
            _ => Quantity::unstated(),
        }
    }

    fn time(&mut self, subject: fmt::Arguments<'_>, found: Quantity, at: Span) {
        self.expect(subject, "gets a value", self.millisecond, found, at);
    }

    /// What must have no unit.
    fn plain(&mut self, subject: fmt::Arguments<'_>, found: Quantity, at: Span) {
        let fit = found.fit(&Quantity::known(Unit::ONE));
        if fit != Fit::Same {
            let unit = self.spell(found);
            let message = format!("{subject} a number without a unit, not one in `{unit}`");
            self.complain(fit, message, found, &format!("divide it by something in `{unit}`"), at);
        }
    }

    /// Whether `found` may be what `subject` is made; otherwise it is reported.
    pub fn expect(
        &mut self,
        subject: fmt::Arguments<'_>,
        verb: &str,
        expected: Quantity,
        found: Quantity,
        at: Span,
    ) -> bool {
        let fit = found.fit(&expected);
        if fit != Fit::Same {
            let message =
                format!("{subject} is {}, but {verb} {}", self.phrase(expected), self.phrase(found));
            self.complain(fit, message, found, MISSING, at);
        }
        fit == Fit::Same
    }

    /// The unit of two values with a sign between them.
    pub fn pair(&mut self, what: &str, left: Quantity, right: Quantity, at: Span) -> Quantity {
        let fit = right.fit(&left);
        if fit == Fit::Same {
            return left.joined(right);
        }
        let values = format!("values {} and {}", self.phrase(left), self.phrase(right));
        let message = match fit {
            Fit::Factor(_) => format!("{values} are {what} unconverted"),
            _ => format!("{values} cannot be {what}"),
        };
        self.complain(fit, message, right, MISSING, at);
        Quantity::unstated()
    }

    fn complain(&mut self, fit: Fit, message: String, found: Quantity, help: &str, at: Span) {
        let (code, help) = match fit {
            Fit::Factor(ratio) => (
                "unit-scale",
                format!(
                    "nothing is converted unasked, here as in NEURON: if the number is to be converted, multiply it \
                     by `({})`",
                    spelling::number(ratio)
                ),
            ),
            _ => ("unit-mismatch", help.to_owned()),
        };
        let label = format!("this is {}", self.phrase(found));
        self.report(Diagnostic::warning(message).code(code).at(at, label).help(help));
    }

    fn phrase(&self, quantity: Quantity) -> String {
        match quantity.unit {
            Unit::ONE => "without a unit".to_owned(),
            _ => format!("in `{}`", self.spell(quantity)),
        }
    }

    fn spell(&self, quantity: Quantity) -> String {
        let own = self.texts.iter().filter(|(_, meaning)| meaning.is_stated());
        spelling::spell(quantity.unit, own.map(|(&text, meaning)| (text, meaning.unit)))
    }
}

/// What may be the reason for a wrong dimension.
const MISSING: &str = "one of the units is stated wrongly, or a factor with a unit is missing";

/// The number that an expression is, when it is one without a unit.
fn literal(expression: &Expression) -> Option<f64> {
    match &expression.kind {
        ExpressionKind::Number(number, unit) if unit.is_empty() => Some(*number),
        ExpressionKind::Negate(inner) => literal(inner).map(|number| -number),
        _ => None,
    }
}
