//! The functions and operators that NMODL knows.

use crate::diagnostic::Diagnostic;
use crate::ir::{Binary, Unary};
use crate::syntax::Name;

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    One(Unary),
    Two(Binary),
    /// Integrates to an exact edge with an error-controlled step; means nothing with a fixed one.
    AtTime,
}

const FUNCTIONS: [(&str, Function); 22] = [
    ("exp", Function::One(Unary::Exp)),
    ("log", Function::One(Unary::Log)),
    ("log10", Function::One(Unary::Log10)),
    ("sqrt", Function::One(Unary::Sqrt)),
    ("fabs", Function::One(Unary::Abs)),
    ("abs", Function::One(Unary::Abs)),
    ("sin", Function::One(Unary::Sin)),
    ("cos", Function::One(Unary::Cos)),
    ("tan", Function::One(Unary::Tan)),
    ("sinh", Function::One(Unary::Sinh)),
    ("cosh", Function::One(Unary::Cosh)),
    ("tanh", Function::One(Unary::Tanh)),
    ("asin", Function::One(Unary::Asin)),
    ("acos", Function::One(Unary::Acos)),
    ("atan", Function::One(Unary::Atan)),
    ("floor", Function::One(Unary::Floor)),
    ("ceil", Function::One(Unary::Ceil)),
    ("pow", Function::Two(Binary::Power)),
    ("fmod", Function::Two(Binary::Remainder)),
    ("fmin", Function::Two(Binary::Minimum)),
    ("fmax", Function::Two(Binary::Maximum)),
    ("at_time", Function::AtTime),
];

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|f| f.0)
}

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|f| f.0 == name).map(|f| f.1)
}

/// The function of this name, called with this many arguments.
pub(crate) fn check(name: &Name, arguments: usize) -> Result<Function, Diagnostic> {
    let Some(function) = find(&name.text) else {
        return Err(Diagnostic::error(format!("unknown function `{}`", name.text))
            .at(name.span, "not known here")
            .suggest(&name.text, names()));
    };
    let takes = if matches!(function, Function::Two(_)) { 2 } else { 1 };
    if arguments != takes {
        let plural = if takes == 1 { "argument" } else { "arguments" };
        return Err(Diagnostic::error(format!("`{}` takes {takes} {plural}, not {arguments}", name.text))
            .at(name.span, format!("expected {takes} {plural}")));
    }
    Ok(function)
}

/// What an operator means.
pub(crate) fn operator(symbol: &str) -> Option<Binary> {
    Some(match symbol {
        "+" => Binary::Add,
        "-" => Binary::Subtract,
        "*" => Binary::Multiply,
        "/" => Binary::Divide,
        "^" => Binary::Power,
        "<" => Binary::Less,
        "<=" => Binary::LessEqual,
        ">" => Binary::Greater,
        ">=" => Binary::GreaterEqual,
        "==" => Binary::Equal,
        "!=" => Binary::NotEqual,
        "&&" => Binary::And,
        "||" => Binary::Or,
        _ => return None,
    })
}

/// The value of a function, with the standard library's functions.
pub(crate) fn evaluate(name: &str, arguments: &[f64]) -> Option<f64> {
    let &first = arguments.first()?;
    Some(match find(name)? {
        Function::AtTime => 0.0,
        Function::Two(binary) => {
            let &second = arguments.get(1)?;
            crate::builder::fold_binary(binary, first, second).unwrap_or_else(|| first.powf(second))
        }
        Function::One(unary) => match unary {
            Unary::Negate => -first,
            Unary::Not => f64::from(u8::from(first == 0.0)),
            Unary::Abs => first.abs(),
            Unary::Exp => first.exp(),
            Unary::Log => first.ln(),
            Unary::Log10 => first.log10(),
            Unary::Sqrt => first.sqrt(),
            Unary::Sin => first.sin(),
            Unary::Cos => first.cos(),
            Unary::Tan => first.tan(),
            Unary::Sinh => first.sinh(),
            Unary::Cosh => first.cosh(),
            Unary::Tanh => first.tanh(),
            Unary::Asin => first.asin(),
            Unary::Acos => first.acos(),
            Unary::Atan => first.atan(),
            Unary::Floor => first.floor(),
            Unary::Ceil => first.ceil(),
        },
    })
}
