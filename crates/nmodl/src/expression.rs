//! Single infix expressions in NMODL's grammar, e.g. of path distance, evaluated once and not compiled.

use crate::builder::fold_binary;
use crate::diagnostic::Diagnostic;
use crate::functions;
use crate::parser;
use crate::syntax::{self, ExpressionKind};

/// An expression of named variables.
#[derive(Clone, Debug)]
pub struct Expression {
    tree: syntax::Expression,
    variables: Vec<String>,
}

impl Expression {
    /// Reads an expression that may use these variables.
    ///
    /// ```
    /// use apical_nmodl::expression::Expression;
    /// let density = Expression::parse("0.1 * exp(-distance / 50)", &["distance"]).unwrap();
    /// assert!((density.evaluate(&[50.0]) - 0.1 / std::f64::consts::E).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// What does not parse, and names that are neither variables nor functions.
    pub fn parse(text: &str, variables: &[&str]) -> Result<Self, Diagnostic> {
        let tree = parser::expression(text)?;
        check(&tree, variables)?;
        Ok(Self { tree, variables: variables.iter().map(|&v| v.to_owned()).collect() })
    }

    /// Its value; `values` in the order of the variables it was parsed with.
    ///
    /// # Panics
    /// When there are fewer values than variables.
    pub fn evaluate(&self, values: &[f64]) -> f64 {
        assert!(values.len() >= self.variables.len(), "a value for each variable");
        self.value(&self.tree, values)
    }

    fn value(&self, expression: &syntax::Expression, values: &[f64]) -> f64 {
        match &expression.kind {
            ExpressionKind::Number(number, _) => *number,
            ExpressionKind::Variable(name) => {
                self.variables.iter().position(|v| v == name).map_or(f64::NAN, |i| values[i])
            }
            ExpressionKind::Negate(inner) => -self.value(inner, values),
            ExpressionKind::Not(inner) => f64::from(u8::from(self.value(inner, values) == 0.0)),
            ExpressionKind::Binary(operator, a, b) => {
                let (a, b) = (self.value(a, values), self.value(b, values));
                match functions::operator(operator) {
                    Some(binary) => fold_binary(binary, a, b).unwrap_or_else(|| a.powf(b)),
                    None => f64::NAN,
                }
            }
            ExpressionKind::Text | ExpressionKind::Element(..) => f64::NAN,
            ExpressionKind::Call(name, arguments) => {
                let arguments: Vec<f64> = arguments.iter().map(|a| self.value(a, values)).collect();
                functions::evaluate(&name.text, &arguments).unwrap_or(f64::NAN)
            }
        }
    }
}

fn check(expression: &syntax::Expression, variables: &[&str]) -> Result<(), Diagnostic> {
    match &expression.kind {
        ExpressionKind::Number(..) => Ok(()),
        ExpressionKind::Variable(name) if variables.contains(&name.as_str()) => Ok(()),
        ExpressionKind::Variable(name) => Err(Diagnostic::error(format!("unknown variable `{name}`"))
            .at(expression.span, "not known here")
            .suggest(name, variables.iter().copied())),
        ExpressionKind::Text | ExpressionKind::Element(..) => {
            Err(Diagnostic::error("texts and arrays have no value here")
                .at(expression.span, "expected a number"))
        }
        ExpressionKind::Negate(inner) | ExpressionKind::Not(inner) => check(inner, variables),
        ExpressionKind::Binary(_, a, b) => check(a, variables).and_then(|()| check(b, variables)),
        ExpressionKind::Call(name, arguments) => {
            if !functions::is_pure(functions::check(name, arguments.len())?) {
                return Err(Diagnostic::error(format!("`{}` has no value here", name.text))
                    .at(name.span, "expected a function of mathematics"));
            }
            arguments.iter().try_for_each(|a| check(a, variables))
        }
    }
}
