//! The mechanism compiler of apical: NMODL text in, checked intermediate code out.
//!
//! A *mechanism* is an ion channel, a synapse, a clamp or a calcium pool: anything that adds current to a
//! compartment or keeps state there. Its text becomes [`ir::Mechanism`]: named variables, the ions it uses, and a few
//! straight-line programs (initial values, currents, state update, event reception). Nothing here knows of cells,
//! memory layout or vectors; `apical-kernels` runs the programs, `apical` binds them to compartments.

#![forbid(unsafe_code)]

mod builder;
pub mod diagnostic;
pub mod expression;
mod functions;
pub mod fuse;
mod hash;
pub mod ir;
mod lexer;
mod lint;
mod lower;
mod parser;
pub mod passes;
mod singular;
mod source;
mod symbols;
mod syntax;
mod units;
mod validate;
mod verbatim;

use diagnostic::MOST_WARNINGS;
pub use diagnostic::{Diagnostic, Severity, Span};
pub use source::{Resolver, decode};
pub use validate::validate;

/// Compiles the text of one mechanism.
///
/// ```
/// let leak = "NEURON { SUFFIX leak NONSPECIFIC_CURRENT i RANGE g }
///             PARAMETER { g = 0.001 (S/cm2) }
///             BREAKPOINT { i = g * (v + 70) }";
/// let mechanism = apical_nmodl::compile(leak).unwrap();
/// assert_eq!(mechanism.name, "leak");
/// ```
///
/// # Errors
/// Everything found wrong, with its place; the first stands first in the text or was met first.
pub fn compile(source: &str) -> Result<ir::Mechanism, Vec<Diagnostic>> {
    compile_with(source, &|_| Err("there is no folder to look in".to_owned()))
}

/// Compiles the text of one mechanism; `resolver` fetches what it INCLUDEs.
///
/// # Errors
/// As [`compile`]. A finding in an included text is placed at its INCLUDE and tells where in that text it is.
pub fn compile_with(source: &str, resolver: &Resolver) -> Result<ir::Mechanism, Vec<Diagnostic>> {
    let source = source::Source::read(source, resolver).map_err(|error| vec![error])?;
    let relocate = |findings: Vec<Diagnostic>| findings.into_iter().map(|f| source.relocate(f)).collect();
    let file = parser::file(&source).map_err(|error| relocate(vec![error]))?;
    let mut mechanism = lower::lower(&file).map_err(relocate)?;
    lint::explain(&source, &file, &mut mechanism.warnings);
    let found = [units::check(&source, &file), lint::check(&source, &file, &mechanism)];
    mechanism.warnings.extend(found.into_iter().flatten());
    if mechanism.warnings.len() > MOST_WARNINGS {
        mechanism.warnings.truncate(MOST_WARNINGS);
        let rest = format!("there are more warnings than these {MOST_WARNINGS}");
        mechanism.warnings.push(Diagnostic::warning(rest));
    }
    mechanism.warnings = relocate(mechanism.warnings);
    mechanism.warnings.sort_by_key(|warning| warning.span.map_or(usize::MAX, |span| span.start));
    Ok(mechanism)
}

/// What a text is about, as far as it can be told without compiling it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// `SUFFIX` or `POINT_PROCESS` name; empty when there is none.
    pub name: String,
    /// `density`, `point process`, `artificial cell` or empty.
    pub kind: &'static str,
    /// Keywords of NMODL that occur, sorted.
    pub constructs: Vec<String>,
}

/// Summarises a text, even one that does not compile.
pub fn summary(source: &str) -> Summary {
    let mut summary = Summary::default();
    let Ok(tokens) = lexer::tokens(source) else { return summary };
    let names =
        || tokens.iter().map(|t| if let lexer::TokenKind::Name(n) = &t.kind { n.as_str() } else { "" });
    for (keyword, name) in names().zip(names().skip(1)) {
        if let ("SUFFIX" | "POINT_PROCESS" | "ARTIFICIAL_CELL", true) = (keyword, summary.name.is_empty()) {
            summary.kind = match keyword {
                "SUFFIX" => "density",
                "POINT_PROCESS" => "point process",
                _ => "artificial cell",
            };
            summary.name = name.to_owned();
        }
    }
    let is_keyword = |n: &&str| n.len() > 2 && n.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let mut constructs: Vec<String> = names()
        .filter(is_keyword)
        .chain(names().filter(|n| parser::METHODS.contains(n)))
        .map(str::to_owned)
        .collect();
    constructs.sort();
    constructs.dedup();
    summary.constructs = constructs;
    summary
}
