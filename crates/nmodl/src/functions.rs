//! The functions and operators that NMODL knows.

use crate::diagnostic::Diagnostic;
use crate::ir::{Binary, Unary};
use crate::syntax::Name;

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    One(Unary),
    Two(Binary),
    /// Whether the step crosses a time.
    AtTime,
    /// Goldman, Hodgkin & Katz's current per permeability.
    Ghk,
    /// A random number of some distribution.
    Random(Distribution),
    /// Says something to a person, or prepares NEURON's generator: does nothing, gives 0.
    Nothing,
}

/// How random numbers are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distribution {
    /// Between two bounds, 0 and 1 when not given.
    Uniform,
    /// Exponential, of a mean, 1 when not given.
    Exponential,
    /// Normal, of a mean and a standard deviation, 0 and 1 when not given.
    Normal,
}

const FUNCTIONS: [(&str, Function); 45] = [
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
    ("exprelr", Function::One(Unary::Exprelr)),
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
    ("nrn_ghk", Function::Ghk),
    ("scop_random", Function::Random(Distribution::Uniform)),
    ("random_uniform", Function::Random(Distribution::Uniform)),
    ("random_dpick", Function::Random(Distribution::Uniform)),
    ("exprand", Function::Random(Distribution::Exponential)),
    ("random_negexp", Function::Random(Distribution::Exponential)),
    ("normrand", Function::Random(Distribution::Normal)),
    ("random_normal", Function::Random(Distribution::Normal)),
    ("random_setseq", Function::Nothing),
    ("random_setids", Function::Nothing),
    ("set_seed", Function::Nothing),
    ("printf", Function::Nothing),
    ("prterr", Function::Nothing),
    ("print", Function::Nothing),
    ("fprintf", Function::Nothing),
    ("net_send", Function::Nothing),
    ("net_event", Function::Nothing),
    ("net_move", Function::Nothing),
    ("state_discontinuity", Function::Nothing),
    ("first_time", Function::Nothing),
    ("errorhandler", Function::Nothing),
    ("abort_run", Function::Nothing),
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
    let takes = match function {
        Function::Two(_) => 2,
        Function::Ghk => 4,
        Function::One(_) | Function::AtTime => 1,
        Function::Random(_) | Function::Nothing => return Ok(function),
    };
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
        "%" => Binary::Remainder,
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

/// Whether a function has a value that depends on its arguments alone.
pub(crate) fn is_pure(function: Function) -> bool {
    matches!(function, Function::One(_) | Function::Two(_))
}

/// The value of a function, with the standard library's functions.
pub(crate) fn evaluate(name: &str, arguments: &[f64]) -> Option<f64> {
    let &first = arguments.first()?;
    Some(match find(name)? {
        Function::AtTime | Function::Ghk | Function::Random(_) | Function::Nothing => return None,
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
            Unary::Exprelr if first == 0.0 => 1.0,
            Unary::Exprelr => first / first.exp_m1(),
            Unary::Asin => first.asin(),
            Unary::Acos => first.acos(),
            Unary::Atan => first.atan(),
            Unary::Floor => first.floor(),
            Unary::Ceil => first.ceil(),
        },
    })
}
