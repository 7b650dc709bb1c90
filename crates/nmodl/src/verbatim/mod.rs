//! What C in VERBATIM blocks means, as far as it means something known.
//!
//! A block that says what NMODL could say is read as such (`c`); a function that draws random numbers by NEURON's
//! generators is replaced by a draw from apical's; all other C is refused where a mechanism would execute it. C that only the interpreter of NEURON could
//! call, such as a function that hands over a generator, is never executed and does not matter.

mod c;

use crate::diagnostic::{Diagnostic, Span};
use crate::functions::{self, Distribution, Function};
use crate::syntax::{Expression, ExpressionKind, Routine, Statement};

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

/// The statements that a block of C means; `None` where it means more than NMODL could say.
pub(crate) fn statements(text: &str, span: Span) -> Option<Vec<Statement>> {
    let code = without_comments(text);
    if is_housekeeping(&code) {
        return Some(Vec::new());
    }
    c::statements(&code, span)
}

/// Whether a block does nothing that matters here: braces of an `#if`, or care for NEURON's random generators.
fn is_housekeeping(code: &str) -> bool {
    let words = || code.split(|c: char| c.is_whitespace() || ";{}():,".contains(c)).filter(|w| !w.is_empty());
    let cares = words().any(|w| HOUSEKEEPING.iter().any(|h| w.starts_with(h)));
    let draws = words().any(|w| DRAWS.contains(&w));
    let assigns = code.replace("==", "").contains('=');
    words().next().is_none() || (cares && !draws && !assigns)
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
    while let Some(at) = rest.find('/') {
        let (before, comment) = rest.split_at(at);
        code.push_str(before);
        let end = if let Some(inside) = comment.strip_prefix("/*") {
            inside.find("*/").map(|i| i + 4)
        } else if comment.starts_with("//") {
            comment.find('\n')
        } else {
            code.push('/');
            rest = &comment[1..];
            continue;
        };
        code.push(' ');
        rest = end.map_or("", |end| &comment[end..]);
    }
    code.push_str(rest);
    code.lines().filter(|l| !l.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<Statement>> {
        statements(text, Span::default())
    }

    #[test]
    fn what_does_nothing_is_told_from_what_does() {
        for nothing in [
            "",
            " /* return 1; */ ",
            "// later\n",
            "#include <math.h>\n",
            "}",
            "nrnran123_setseq(_p_r, 0, 0);",
            "cai = _ion_cai;",
            "fprintf(stderr, \"negative (%g)\\n\", x);",
            "extern int cvode_active_;",
        ] {
            assert_eq!(read(nothing).map(|s| s.len()), Some(0), "{nothing}");
        }
        for leaves in ["return 0;", " return; ", "return(0.);", "{ return x; }"] {
            let statements = read(leaves).unwrap();
            assert!(matches!(statements[..], [Statement::Return(_)]), "{leaves}");
        }
        for foreign in [
            "x = *p;",
            "int i; i = 1;",
            "for (;;) {}",
            "nrnran123_setseq(p, x = 1);",
            "x = 1/2;",
            "x = (int)y;",
            "x = abs(y);",
            "x = unknown(y);",
            "printf(\"%g\", x = 1);",
            "x = a ? b : c;",
            "if (x) {",
        ] {
            assert_eq!(read(foreign).map(|s| s.len()), None, "{foreign}");
        }
    }

    #[test]
    fn c_that_says_what_nmodl_could_is_read() {
        let statements =
            read("double _lw = 2.; if (_v > x+1) { y = exp(_lw); n++; } else k[2] *= -3e-2; ").unwrap();
        let text = format!("{statements:?}");
        for part in ["\"w\"", "\"v\"", "\"exp\"", "Binary(\"*\"", "Number(0.03", "\"n\""] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
