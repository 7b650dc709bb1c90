//! Variables that all instances share in NEURON: GLOBAL ones, PARAMETERs that are not RANGE, LOCALs outside of blocks.
//!
//! Here every instance has its own, so that no instance and no thread disturbs another. Where a block assigns such a
//! variable, a file may mean something else in NEURON.

use std::collections::HashSet;

use super::names::Uses;
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Instruction, Mechanism, Place, Role};
use crate::lexer::{Token, TokenKind};
use crate::passes::programs;
use crate::source::Source;
use crate::syntax::File;

pub(super) fn check(
    source: &Source,
    file: &File,
    mechanism: &Mechanism,
    uses: &Uses,
    findings: &mut Vec<Diagnostic>,
) {
    let globals: HashSet<&str> = file.global.iter().map(|name| name.text.as_str()).collect();
    let outer: HashSet<&str> = file.locals.iter().map(|local| local.name.text.as_str()).collect();
    // What a program reads before it assigns it comes from another one.
    let mut carried = vec![false; mechanism.variables.len()];
    for program in programs(mechanism) {
        for instruction in &program.instructions {
            if let Instruction::Load(Place::Variable(id)) = instruction {
                carried[id.0 as usize] = true;
            }
        }
    }
    // Name, place of an assignment, whether its value is carried; the elements of an array are one.
    let mut shared: Vec<(&str, Span, bool)> = Vec::new();
    for (variable, carried) in mechanism.variables.iter().zip(carried) {
        let name = variable.name.split('[').next().unwrap_or_default();
        let is_shared = match variable.role {
            Role::Parameter { range } => !range,
            Role::Assigned { range: false } => globals.contains(name) || outer.contains(name),
            _ => false,
        };
        let Some(&span) = uses.assigned.get(name).filter(|_| is_shared) else { continue };
        match shared.last_mut() {
            Some((last, _, is_carried)) if *last == name => *is_carried |= carried,
            _ => shared.push((name, span, carried)),
        }
    }
    let (carried, mut computed): (Vec<_>, Vec<_>) = shared.into_iter().partition(|shared| shared.2);
    findings.extend(carried.into_iter().map(|(name, span, _)| {
        Diagnostic::warning(format!("`{name}` is assigned and carries its value to another block"))
            .code("global-assigned")
            .at(span, "one for all instances in NEURON, one for each here")
            .help(format!("`RANGE {name}` makes it one for each in NEURON too"))
    }));
    computed.retain(|(name, ..)| !outer.contains(name));
    let is_threadsafe = |token: &Token| matches!(&token.kind, TokenKind::Name(name) if name == "THREADSAFE");
    let Some(&(_, first, _)) = computed.first().filter(|_| !source.tokens.iter().any(is_threadsafe)) else {
        return;
    };
    let names: Vec<String> = computed.iter().map(|(name, ..)| format!("`{name}`")).collect();
    let (names, are) = (names.join(", "), if computed.len() == 1 { "is" } else { "are" });
    findings.push(
        Diagnostic::warning(format!("{names} {are} GLOBAL and computed for every instance"))
            .code("global-assigned")
            .at(first, "what is seen of it in NEURON is the last instance's, and threads disturb each other")
            .help("RANGE makes it one for each; THREADSAFE makes NEURON keep one for each thread"),
    );
}
