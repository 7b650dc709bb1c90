//! The linter: what a text says that is allowed and probably not what was meant.
//!
//! In come the parsed file and what the compiler made of it; out go warnings, each with a code:
//!
//! | code | what it is about |
//! | --- | --- |
//! | `singular-quotient` | a quotient that is 0/0 somewhere, found where expressions are lowered; the way to write it is added here |
//! | `never-assigned` | a variable that is read and that nothing assigns |
//! | `state-never-solved` | a STATE that no equation and no statement changes |
//! | `block-never-solved` | equations that no SOLVE names |
//! | `global-assigned` | a variable that all instances share in NEURON and that a block assigns |
//! | `integer-division` | a quotient of whole numbers, which C and NMODL read differently |
//! | `minus-power` | `-x^n`, which is −(xⁿ) |
//!
//! Others come from the compiler itself (`unused-variable`, `declared-twice`, …) and from [`crate::units`].

use crate::diagnostic::Diagnostic;
use crate::ir::Mechanism;
use crate::source::Source;
use crate::syntax::File;

mod arithmetic;
mod globals;
mod names;
mod series;
mod walk;

/// Checks a file that was compiled.
pub(crate) fn check(source: &Source, file: &File, mechanism: &Mechanism) -> Vec<Diagnostic> {
    let uses = names::Uses::of(file);
    let mut findings = Vec::new();
    names::check(file, &uses, &mut findings);
    globals::check(source, file, mechanism, &uses, &mut findings);
    arithmetic::check(source, file, &mut findings);
    findings
}

pub(crate) use series::explain;
