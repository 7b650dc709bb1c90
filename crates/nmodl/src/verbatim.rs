//! What C in VERBATIM blocks means, as far as it means something known.
//!
//! A block without effect is ignored; a function that draws random numbers by NEURON's generators is replaced by a draw
//! from apical's; all other C is refused where a mechanism would execute it. C that only the interpreter of NEURON could
//! call, such as a function that hands over a generator, is never executed and does not matter.

use crate::diagnostic::{Diagnostic, Span};
use crate::functions::{self, Distribution, Function};
use crate::syntax::{Expression, ExpressionKind, Routine, Statement};

/// What a block of C does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Nothing,
    /// Leaves the routine.
    Return,
    /// Anything else.
    Foreign,
}

/// Functions of C that prepare or reset random generators and do nothing else.
const HOUSEKEEPING: [&str; 5] =
    ["nrnran123_setseq", "nrnran123_getseq", "nrn_random_reset", "nrnran123_set_globalindex", "bbcore_"];

/// Functions of C that draw a random number.
const DRAWS: [&str; 12] = [
    "nrn_random_pick",
    "nrnran123_dblpick",
    "nrnran123_negexp",
    "nrnran123_normal",
    "nrnran123_uniform",
    "mcell_ran4",
    "mcell_ran4a",
    "drand48",
    "scop_random",
    "exprand",
    "normrand",
    "mynormrand",
];

/// What a block does.
pub(crate) fn meaning(text: &str) -> Meaning {
    let code = without_comments(text);
    let words: Vec<&str> = code
        .split(|c: char| c.is_whitespace() || ";{}():,".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let numeric = |word: &&str| word.parse::<f64>().is_ok();
    if words.iter().all(numeric) {
        return Meaning::Nothing;
    }
    if words[0] == "return" && words[1..].iter().all(numeric) {
        return Meaning::Return;
    }
    let calls = words.iter().filter(|w| HOUSEKEEPING.iter().any(|h| w.starts_with(h))).count();
    let draws = DRAWS.iter().any(|d| words.contains(d));
    let assigns = code.replace("==", "").contains('=');
    if calls > 0 && !draws && !assigns {
        return Meaning::Nothing;
    }
    Meaning::Foreign
}

/// How a routine that draws by C draws here.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draw<'a> {
    /// By the statement of NMODL that it holds for when no generator was handed over.
    Statement(&'a Expression),
    /// By a distribution that its words name.
    Distribution(Distribution),
}

/// How a routine draws, when its C draws.
pub(crate) fn draws(routine: &Routine) -> Option<Draw<'_>> {
    let code = c_of(routine)?;
    let in_nmodl = routine.body.iter().find_map(|s| match s {
        Statement::Assign { target, value } if target.name.text == routine.name.text && random(value) => {
            Some(value)
        }
        _ => None,
    });
    if let Some(value) = in_nmodl {
        return Some(Draw::Statement(value));
    }
    let text = format!("{} {code}", routine.name.text).to_lowercase();
    let any = |words: &[&str]| words.iter().any(|w| text.contains(w));
    Some(Draw::Distribution(if any(&["negexp", "exprand", "erand", "expon"]) {
        Distribution::Exponential
    } else if any(&["normrand", "normal", "gauss", "nrand"]) {
        Distribution::Normal
    } else {
        Distribution::Uniform
    }))
}

/// Whether an expression draws a random number.
fn random(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Call(name, arguments) => {
            matches!(functions::find(&name.text), Some(Function::Random(_))) || arguments.iter().any(random)
        }
        ExpressionKind::Negate(a) | ExpressionKind::Not(a) => random(a),
        ExpressionKind::Binary(_, a, b) => random(a) || random(b),
        _ => false,
    }
}

/// The C of a routine, when it draws.
fn c_of(routine: &Routine) -> Option<String> {
    let code: String = routine
        .body
        .iter()
        .filter_map(|s| match s {
            Statement::Verbatim { text, .. } => Some(without_comments(text)),
            _ => None,
        })
        .collect();
    let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    DRAWS.iter().any(|d| words.contains(d)).then_some(code)
}

/// The error for C that would have to be executed.
pub(crate) fn refusal(text: &str, span: Span) -> Diagnostic {
    let code = without_comments(text);
    let mut lines: Vec<&str> = code.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let cut = lines.len() > 6;
    lines.truncate(6);
    let shown = lines.join(" ");
    let shown: String = shown.chars().take(200).collect();
    let more = if cut { " …" } else { "" };
    Diagnostic::error(format!("C code cannot be compiled: `{shown}{more}`"))
        .at(span, "this block is executed by the mechanism")
        .help(
            "write it in NMODL: assignments, if/else, FROM loops, the functions of C's math library, and for random \
             numbers scop_random(), exprand(mean) or normrand(mean, deviation)",
        )
}

/// C without comments and without the directives of its preprocessor.
fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("/*").into_iter().chain(rest.find("//")).min() {
        code.push_str(&rest[..at]);
        let block = rest[at..].starts_with("/*");
        let end = if block {
            rest[at + 2..].find("*/").map(|i| at + i + 4)
        } else {
            rest[at..].find('\n').map(|i| at + i)
        };
        code.push(' ');
        rest = end.map_or("", |end| &rest[end..]);
    }
    code.push_str(rest);
    code.lines().filter(|l| !l.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_nothing_is_told_from_what_does() {
        for nothing in [
            "",
            " /* return 1; */ ",
            "// later\n",
            "#include <math.h>\n",
            "}",
            "nrnran123_setseq(_p_r, 0, 0);",
        ] {
            assert_eq!(meaning(nothing), Meaning::Nothing, "{nothing}");
        }
        for leaves in ["return 0;", " return; ", "return(0.);"] {
            assert_eq!(meaning(leaves), Meaning::Return, "{leaves}");
        }
        for foreign in ["x = 1;", "hoc_execerror(\"a\", 0);", "return x;", "nrnran123_setseq(p, x = 1);"] {
            assert_eq!(meaning(foreign), Meaning::Foreign, "{foreign}");
        }
    }
}
