//! Names: what is read and never assigned, what is never solved.

use std::collections::{HashMap, HashSet};

use super::walk::{self, Node};
use crate::diagnostic::{Diagnostic, Span};
use crate::symbols::{GIVEN, bodies};
use crate::syntax::{Declaration, Expression, ExpressionKind, File, Name, Routine, Statement};

/// Longer C is not searched for every name.
const LONGEST_C: usize = 20_000;

/// What the blocks of a file do with its names.
#[derive(Default)]
pub(super) struct Uses<'a> {
    pub assigned: HashMap<&'a str, Span>,
    /// In other blocks than INITIAL.
    changed: HashSet<&'a str>,
    read: HashMap<&'a str, Span>,
    solved: HashSet<&'a str>,
    /// C of the blocks, where names may occur too.
    c: Vec<&'a str>,
}

impl<'a> Uses<'a> {
    pub fn of(file: &'a File) -> Self {
        let mut uses = Self::default();
        let routines = file.equations.iter().map(|(_, routine)| routine).chain(&file.procedures);
        for routine in routines.chain(&file.functions).chain(&file.net_receive) {
            let mut own = locals(&routine.body);
            own.extend(routine.arguments.iter().map(|argument| argument.name.text.as_str()));
            own.insert(&routine.name.text);
            walk::statements(&routine.body, &mut |node| uses.note(node, false, &own));
        }
        let hooks = file.hooks.iter().map(|hook| &hook.body);
        for body in [&file.constructor, &file.initial, &file.breakpoint].into_iter().chain(hooks) {
            let own = locals(body);
            let starts = std::ptr::eq(body, &file.initial);
            walk::statements(body, &mut |node| uses.note(node, starts, &own));
        }
        uses
    }

    /// Takes note of what uses a name that is none of a routine's own.
    fn note(&mut self, node: Node<'a>, starts: bool, own: &HashSet<&str>) {
        let mut assigns = |name: &'a Name| {
            if own.contains(name.text.as_str()) {
                return;
            }
            self.assigned.entry(&name.text).or_insert(name.span);
            if !starts {
                self.changed.insert(&name.text);
            }
        };
        match node {
            Node::Statement(
                Statement::Assign { target, .. } | Statement::Differential { state: target, .. },
            ) => {
                assigns(&target.name);
            }
            Node::Statement(Statement::Reaction { left, right, .. }) => {
                left.iter().chain(right).for_each(|r| assigns(&r.target.name));
            }
            Node::Statement(Statement::Flux { into, .. }) => {
                into.iter().for_each(|r| assigns(&r.target.name))
            }
            Node::Statement(Statement::Conserve { sum, .. }) => {
                sum.iter().for_each(|r| assigns(&r.target.name))
            }
            Node::Statement(Statement::For { variable, .. }) => assigns(variable),
            Node::Statement(Statement::Call { name, arguments }) if name.text == "state_discontinuity" => {
                self.equated(arguments.first());
            }
            // The unknowns of an equation are any that occur in it.
            Node::Statement(Statement::Equation { left, right, .. }) => {
                self.equated(Some(left));
                self.equated(Some(right));
            }
            Node::Statement(Statement::Solve { block, .. }) => {
                self.solved.insert(&block.text);
            }
            Node::Statement(Statement::Verbatim { text, .. }) => self.c.push(text),
            Node::Expression(expression) => {
                if let Some((name, span)) = named(expression).filter(|(name, _)| !own.contains(name)) {
                    self.read.entry(name).or_insert(span);
                }
            }
            _ => {}
        }
    }

    fn equated(&mut self, expression: Option<&'a Expression>) {
        let Some(expression) = expression else { return };
        walk::expression(expression, &mut |node| {
            let Node::Expression(inner) = node else { return };
            if let Some((name, span)) = named(inner) {
                self.assigned.entry(name).or_insert(span);
                self.changed.insert(name);
            }
        });
    }

    /// Whether C of the file may mean a name; long C may mean any.
    fn in_c(&self, name: &str) -> bool {
        let length: usize = self.c.iter().map(|text| text.len()).sum();
        length > LONGEST_C || self.c.iter().any(|text| text.contains(name))
    }
}

pub(super) fn check(file: &File, uses: &Uses, findings: &mut Vec<Diagnostic>) {
    never_assigned(file, uses, findings);
    locals_never_assigned(file, findings);
    never_solved(file, uses, findings);
}

fn never_assigned(file: &File, uses: &Uses, findings: &mut Vec<Diagnostic>) {
    let ions = file.ions.iter().flat_map(|ion| ion.reads.iter().chain(&ion.writes));
    let elsewhere: HashSet<&str> =
        ions.chain(&file.pointers).chain(&file.external).map(|name| name.text.as_str()).collect();
    let is_given = |name: &str| GIVEN.iter().any(|given| given.0 == name) || elsewhere.contains(name);
    for declared in &file.assigned {
        let name = declared.name.text.as_str();
        let Some(&read) = uses.read.get(name) else { continue };
        if uses.assigned.contains_key(name) || is_given(name) || uses.in_c(name) {
            continue;
        }
        findings.push(
            Diagnostic::warning(format!("`{name}` is read, but nothing assigns it"))
                .code("never-assigned")
                .at(read, "0, unless it is set from outside")
                .help("what is set from outside is a PARAMETER, which has a default"),
        );
    }
}

/// LOCALs of routines and blocks.
fn locals_never_assigned(file: &File, findings: &mut Vec<Diagnostic>) {
    for body in bodies(file) {
        let own = locals(body);
        if own.is_empty() {
            continue;
        }
        let mut uses = Uses::default();
        walk::statements(body, &mut |node| uses.note(node, false, &HashSet::new()));
        let mut unset: Vec<(&str, Span)> = own
            .into_iter()
            .filter(|name| !uses.assigned.contains_key(name) && !uses.in_c(name))
            .filter_map(|name| Some((name, *uses.read.get(name)?)))
            .collect();
        unset.sort_by_key(|(_, span)| span.start);
        findings.extend(unset.into_iter().map(|(name, span)| {
            Diagnostic::warning(format!("the LOCAL `{name}` is read, but nothing assigns it"))
                .code("never-assigned")
                .at(span, "always 0")
                .help("a statement that gives it a value is missing, or another name is meant")
        }));
    }
}

/// The LOCALs of a body and of the blocks in it.
fn locals(body: &[Statement]) -> HashSet<&str> {
    let mut names = HashSet::new();
    walk::statements(body, &mut |node| {
        if let Node::Statement(Statement::Local(declared)) = node {
            names.extend(declared.iter().map(|local| local.name.text.as_str()));
        }
    });
    names
}

/// The name that an expression is, with its place.
fn named(expression: &Expression) -> Option<(&str, Span)> {
    match &expression.kind {
        ExpressionKind::Variable(name) => Some((name, expression.span)),
        ExpressionKind::Element(name, _) => Some((&name.text, name.span)),
        _ => None,
    }
}

fn never_solved(file: &File, uses: &Uses, findings: &mut Vec<Diagnostic>) {
    let unsolved: Vec<&Routine> = file
        .equations
        .iter()
        .map(|(_, routine)| routine)
        .filter(|routine| !uses.solved.contains(routine.name.text.as_str()))
        .collect();
    for routine in &unsolved {
        let name = &routine.name.text;
        findings.push(
            Diagnostic::warning(format!("no SOLVE names the block `{name}`"))
                .code("block-never-solved")
                .at(routine.name.span, "these equations are never solved")
                .help(format!("BREAKPOINT would say `SOLVE {name} METHOD …`")),
        );
    }
    let still = |state: &&Declaration| {
        let name = state.name.text.as_str();
        !uses.changed.contains(name) && !uses.in_c(name)
    };
    for state in file.states.iter().filter(still) {
        let name = &state.name.text;
        let label = match uses.assigned.contains_key(name.as_str()) {
            true => "it keeps what INITIAL gives it",
            false => "INITIAL does not set it either",
        };
        findings.push(
            Diagnostic::warning(format!("nothing changes the STATE `{name}`"))
                .code("state-never-solved")
                .at(state.name.span, label)
                .help("expected an equation in a block that SOLVE names; what never changes is a PARAMETER or ASSIGNED"),
        );
    }
}
