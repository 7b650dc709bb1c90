//! A block under symbolic execution: names, values, statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::expressions::ELEMENT;
use super::values::{Moment, Values};
use super::{Context, Lowered};
use crate::builder::{Builder, Mark};
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Binary, Instruction, IonId, IonQuantity, Kind, Place, Source, Unary, Value, VariableId};
use crate::symbols::Symbol;
use crate::syntax::{Declaration, Expression, Name, Routine, Statement, Target};
use crate::verbatim::{self, Draw};

/// So many expressions are executed for one mechanism, loops unrolled and calls inlined; other work is counted in the same
/// measure.
const MOST_WORK: usize = 4_000_000;
/// A statement, a call or a repetition is as much work as so many expressions.
const STATEMENT: usize = 20;
/// Calls and expressions may be nested as deeply as this together: inlining is recursion.
const DEEPEST: usize = 300;
/// Calls may be nested as deeply as this.
const DEEPEST_CALL: usize = 50;

/// Something that holds a value during a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Slot {
    Variable(VariableId),
    Ion(IonId, IonQuantity),
    Argument(u32),
    Local(u32),
    /// Something the simulator provides, changed for the rest of the block.
    Given(Place),
    /// The time derivative of a state, where equations are collected.
    Rate(VariableId),
}

/// One slot, or those of an array's elements, which follow one another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    pub first: Slot,
    pub count: usize,
}

impl Slots {
    pub fn at(self, element: usize) -> Slot {
        match self.first {
            Slot::Local(first) => Slot::Local(first + element as u32),
            Slot::Variable(VariableId(first)) => Slot::Variable(VariableId(first + element as u32)),
            other => other,
        }
    }

    pub fn iter(self) -> impl Iterator<Item = Slot> {
        (0..self.count).map(move |element| self.at(element))
    }
}

/// What a name in scope stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Binding {
    One(Slot),
    /// So many locals, from this one.
    Array(u32, usize),
}

/// What a differential equation becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Equations {
    /// Nothing is being solved.
    None,
    /// Solved where it stands, exactly for the linear equation with its coefficients held over the step.
    Cnexp,
    /// Collected in [`Slot::Rate`].
    Collect,
}

/// Whether a routine was left before its end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gone {
    No,
    /// Where a value is not 0.
    Where(Value),
    Always,
}

pub(super) struct Block<'c, 'a> {
    pub context: &'c mut Context<'a>,
    pub builder: Builder,
    /// Present value of everything touched so far, and what will be stored.
    pub values: Values,
    /// Names in scope, innermost last.
    pub scopes: Vec<HashMap<String, Binding>>,
    pub equations: Equations,
    pub writes: Vec<Instruction>,
    /// The program that is made, where it may have effects.
    pub source: Option<Source>,
    /// Whether the present statement is reached; none when it always is.
    pub path: Option<Value>,
    /// The conditions around the present statement, those around calls included, and whether they hold.
    pub guards: Vec<(Value, bool)>,
    /// Reactions under way.
    pub kinetic: super::kinetic::Scheme,
    /// Residuals of `~ a = b` under way.
    pub residuals: Vec<(Value, Span)>,
    /// Everything that was given a value, names of the block's own included.
    pub written: BTreeSet<Slot>,
    pub locals: u32,
    /// What a FOR_NETCONS body has of the block around it.
    pub captured: Option<super::events::Captured>,
    /// The state whose equation is being solved where it stands: slot, placeholder and present value.
    pub solving: Option<(Slot, Value, Value)>,
    /// Variables of the FROM loops under way.
    pub counters: Vec<Slot>,
    /// Placeholders made for loops.
    pub placeholders: u32,
    /// Names of the routines being inlined.
    calls: Vec<String>,
    /// Expressions under way.
    depth: usize,
    /// Whether the routine being executed has been left.
    gone: Gone,
}

/// What execution has come to.
#[derive(Clone, Copy)]
pub(super) struct Snapshot {
    pub values: Moment,
    code: Mark,
    writes: usize,
    effects: usize,
}

impl<'c, 'a> Block<'c, 'a> {
    pub fn new(context: &'c mut Context<'a>, source: Option<Source>) -> Self {
        Self {
            context,
            builder: Builder::default(),
            values: Values::default(),
            scopes: vec![HashMap::new()],
            equations: Equations::None,
            writes: Vec::new(),
            source,
            path: None,
            guards: Vec::new(),
            kinetic: super::kinetic::Scheme::default(),
            residuals: Vec::new(),
            written: BTreeSet::new(),
            locals: 0,
            captured: None,
            solving: None,
            counters: Vec::new(),
            placeholders: 0,
            calls: Vec::new(),
            depth: 0,
            gone: Gone::No,
        }
    }

    /// The statements of a block that may be left.
    pub fn body(&mut self, statements: &'a [Statement]) -> Lowered<()> {
        let done = self.statements(statements);
        self.gone = Gone::No;
        done
    }

    pub fn statements(&mut self, statements: &'a [Statement]) -> Lowered<()> {
        for (index, statement) in statements.iter().enumerate() {
            self.statement(statement)?;
            match self.gone {
                Gone::No => {}
                Gone::Always => return Ok(()),
                Gone::Where(gone) => {
                    self.gone = Gone::No;
                    let stays = self.builder.unary(Unary::Not, gone);
                    self.branch(stays, &statements[index + 1..], &[])?;
                    self.gone = match self.gone {
                        Gone::No => Gone::Where(gone),
                        Gone::Where(later) => Gone::Where(self.builder.binary(Binary::Or, gone, later)),
                        Gone::Always => Gone::Always,
                    };
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            values: self.values.now(),
            code: self.builder.mark(),
            writes: self.writes.len(),
            effects: self.context.effects.len(),
        }
    }

    /// Forgets everything since.
    pub fn restore(&mut self, snapshot: Snapshot) {
        self.values.restore(snapshot.values);
        self.builder.truncate(snapshot.code);
        self.writes.truncate(snapshot.writes);
        self.context.effects.truncate(snapshot.effects);
    }

    pub fn scoped(&mut self, statements: &'a [Statement]) -> Lowered<()> {
        self.scopes.push(HashMap::new());
        let result = self.statements(statements);
        self.scopes.pop();
        result
    }

    /// Counts a statement, a call or a repetition.
    pub fn count(&mut self, span: Option<Span>) -> Lowered<()> {
        self.charge(STATEMENT, span)
    }

    /// Counts work, so that no text can make the compiler run on.
    pub fn charge(&mut self, work: usize, span: Option<Span>) -> Lowered<()> {
        self.context.work += work;
        if self.context.work <= MOST_WORK && !self.builder.is_full() {
            return Ok(());
        }
        let error = Diagnostic::error("this mechanism is too large").help(
            "loops are unrolled and calls are inlined: fewer iterations, or fewer calls of calls, are needed",
        );
        Err(match span {
            Some(span) => error.at(span, "the limit is reached here"),
            None => error,
        })
    }

    /// Executes something a level deeper.
    pub fn deeper<T>(&mut self, span: Span, inner: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        if self.depth == DEEPEST {
            return Err(Diagnostic::error(format!(
                "expressions and calls are nested more than {DEEPEST} deep"
            ))
            .at(span, "the limit is reached here"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn statement(&mut self, statement: &'a Statement) -> Lowered<()> {
        self.count(None)?;
        match statement {
            Statement::Local(names) => names.iter().try_for_each(|name| self.declare_local(name)),
            Statement::Assign { target, value } => {
                let value = self.expression(value)?;
                self.assign(target, value)
            }
            Statement::Differential { state, value } => self.differential(state, value),
            Statement::If { condition, then, otherwise } => self.conditional(condition, then, otherwise),
            Statement::For { variable, from, to, by, body } => {
                self.counted(variable, [from, to], by.as_ref(), body)
            }
            Statement::While { condition, body } => self.repeated(condition, body),
            Statement::Call { name, arguments } => self.call_statement(name, arguments),
            // BREAKPOINT's have a program of their own; those of INITIAL and of what is SOLVEd run where they stand.
            Statement::Solve { block, method, steady } => {
                if matches!(self.source, Some(Source::Initial | Source::State)) {
                    return self.solve(block, method.as_ref(), *steady);
                }
                Ok(())
            }
            Statement::Reaction { left, right, forward, backward } => {
                self.reaction(left, right, forward, backward.as_ref())
            }
            Statement::Flux { into, flux } => self.flux(into, flux),
            Statement::Equation { left, right, span } => {
                let (left, right) = (self.expression(left)?, self.expression(right)?);
                let residual = self.builder.binary(Binary::Subtract, left, right);
                self.residuals.push((residual, *span));
                Ok(())
            }
            Statement::Conserve { sum, total, span } => self.conserve(sum, total, *span),
            Statement::Compartment { index, volume, states } => {
                self.compartment(index.as_ref(), volume, states)
            }
            // Has programs of its own: it is a step of its own.
            Statement::LongitudinalDiffusion { .. } => Ok(()),
            Statement::Watch(watched) => self.activate_watch(watched),
            Statement::NetInitial(_) => Ok(()),
            Statement::ForNetcons { arguments, body, span } => self.for_netcons(arguments, body, *span),
            Statement::Return(value) => self.leave(value.as_ref()),
            Statement::Verbatim { text, span, meaning } => match meaning {
                Some(statements) => self.statements(statements),
                None => Err(verbatim::refusal(text, *span)),
            },
        }
    }

    /// Leaves the routine; a FUNCTION's value is that of the variable that bears its name.
    fn leave(&mut self, value: Option<&'a Expression>) -> Lowered<()> {
        if let (Some(value), Some(routine)) = (value, self.calls.last().cloned()) {
            let value = self.expression(value)?;
            if let Some(slot) = self.slot(&routine) {
                self.set(slot, value);
            }
        }
        self.gone = Gone::Always;
        Ok(())
    }

    fn declare_local(&mut self, declared: &Declaration) -> Lowered<()> {
        let zero = self.builder.constant(0.0);
        let size = declared.size.as_ref().map(|size| self.context.symbols.array_size(size)).transpose()?;
        let first = self.locals + 1;
        for _ in 0..size.unwrap_or(1) {
            let slot = self.local();
            self.values.insert(slot, zero);
        }
        let binding = match size {
            Some(size) => Binding::Array(first, size),
            None => Binding::One(Slot::Local(first)),
        };
        self.bind(&declared.name.text, binding);
        Ok(())
    }

    pub fn local(&mut self) -> Slot {
        self.locals += 1;
        Slot::Local(self.locals)
    }

    pub fn bind(&mut self, name: &str, binding: Binding) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), binding);
        }
    }

    /// What a name stands for, when it holds one value.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        if let Some(binding) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return match binding {
                Binding::One(slot) => Some(*slot),
                Binding::Array(..) => None,
            };
        }
        match *self.context.symbols.table.get(name)? {
            Symbol::Variable(id) => Some(Slot::Variable(id)),
            Symbol::Ion(ion, quantity, _) => Some(Slot::Ion(ion, quantity)),
            Symbol::Given(place) => Some(Slot::Given(place)),
            Symbol::Constant(_) | Symbol::Array(..) | Symbol::Random => None,
        }
    }

    /// The elements of an array, when the name is one.
    pub fn elements(&self, name: &str) -> Option<Slots> {
        if let Some(binding) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return match *binding {
                Binding::Array(first, count) => Some(Slots { first: Slot::Local(first), count }),
                Binding::One(_) => None,
            };
        }
        match *self.context.symbols.table.get(name)? {
            Symbol::Array(first, count) => Some(Slots { first: Slot::Variable(first), count }),
            _ => None,
        }
    }

    /// The elements of an array, or the one slot of anything else.
    pub fn slots(&self, name: &str) -> Option<Slots> {
        self.elements(name).or_else(|| Some(Slots { first: self.slot(name)?, count: 1 }))
    }

    /// The present value of a slot; the first look at something outside loads it.
    pub fn read(&mut self, slot: Slot) -> Value {
        if let Some(value) = self.values.get(slot) {
            return value;
        }
        if let Some(value) = self.capture(slot) {
            return value;
        }
        let value = match slot {
            Slot::Variable(id) => self.builder.load(Place::Variable(id)),
            Slot::Ion(ion, quantity) => self.builder.load(Place::Ion(ion, quantity)),
            Slot::Argument(index) => self.builder.load(Place::Argument(index)),
            // A point process without membrane has the area of the compartment it sits on; an artificial cell sits nowhere.
            Slot::Given(Place::Area) if self.context.symbols.kind == Kind::ArtificialCell => {
                self.builder.constant(100.0)
            }
            Slot::Given(place) => self.builder.load(place),
            Slot::Local(_) | Slot::Rate(_) => self.builder.constant(0.0),
        };
        self.values.insert(slot, value);
        value
    }

    /// Gives a slot a value that is stored at the end.
    pub fn set(&mut self, slot: Slot, value: Value) {
        self.values.insert(slot, value);
        self.written.insert(slot);
        if !matches!(slot, Slot::Local(_) | Slot::Given(_)) {
            self.values.assign(slot);
        }
    }

    /// The value of a slot that will be stored.
    pub fn assigned_value(&self, slot: Slot) -> Option<Value> {
        self.values.get(slot).filter(|_| self.values.is_assigned(slot))
    }

    pub fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let locals = self.scopes.iter().flat_map(|s| s.keys());
        let known: Vec<&str> = self.context.symbols.table.keys().chain(locals).map(String::as_str).collect();
        Diagnostic::error(format!("unknown variable `{name}`")).at(span, "not declared").suggest(name, known)
    }

    /// The slots that a target may mean, with the index that chooses among them.
    pub fn resolve(&mut self, target: &'a Target) -> Lowered<(Slots, Option<Value>)> {
        let name = &target.name;
        self.context.used.insert(name.text.clone());
        match (self.elements(&name.text), &target.index) {
            (Some(elements), Some(index)) => {
                let index = self.expression(index)?;
                self.check_index(index, elements.count, name)?;
                Ok((elements, Some(index)))
            }
            (Some(elements), None) => Err(Diagnostic::error(format!("`{}` is an array", name.text)).at(
                name.span,
                format!("expected an index, `{}[0]` to `[{}]`", name.text, elements.count - 1),
            )),
            (None, index) => {
                let Some(slot) = self.slot(&name.text) else {
                    return Err(match self.context.symbols.table.get(&name.text) {
                        Some(_) => Diagnostic::error(format!("`{}` cannot be assigned", name.text))
                            .at(name.span, "a constant"),
                        None => self.unknown(&name.text, name.span),
                    });
                };
                match index {
                    None => Ok((Slots { first: slot, count: 1 }, None)),
                    Some(index) => Err(Diagnostic::error(format!("`{}` is not an array", name.text))
                        .at(name.span.to(index.span), "it has no elements")),
                }
            }
        }
    }

    pub fn check_index(&self, index: Value, size: usize, name: &Name) -> Lowered<()> {
        match self.builder.number(index) {
            Some(number) if !(number >= 0.0 && number < size as f64) => {
                Err(Diagnostic::error(format!("`{}` has no element {number}", name.text))
                    .at(name.span, format!("expected 0 to {}", size - 1)))
            }
            _ => Ok(()),
        }
    }

    pub fn assign(&mut self, target: &'a Target, value: Value) -> Lowered<()> {
        let (slots, index) = self.resolve(target)?;
        if self.counters.contains(&slots.first) {
            return Err(Diagnostic::error(format!("`{}` is the variable of a loop", target.name.text))
                .at(target.name.span, "FROM alone counts it"));
        }
        self.note_assignment(&target.name, slots.first);
        let Some(index) = index else {
            self.set(slots.first, value);
            return Ok(());
        };
        if let Some(number) = self.builder.number(index) {
            self.set(slots.at(number as usize), value);
            return Ok(());
        }
        // The index is known only when it runs: every element is asked whether it is meant.
        let whole = self.builder.unary(Unary::Floor, index);
        self.charge(ELEMENT * slots.count, Some(target.name.span))?;
        for (element, slot) in slots.iter().enumerate() {
            let number = self.builder.constant(element as f64);
            let meant = self.builder.binary(Binary::Equal, whole, number);
            let present = self.read(slot);
            let chosen = self.builder.select(meant, value, present);
            self.set(slot, chosen);
        }
        Ok(())
    }

    /// Says what an assignment does that may not be what was meant.
    fn note_assignment(&mut self, name: &Name, slot: Slot) {
        let (code, warning, help) = match slot {
            Slot::Given(_) => (
                "given-assigned",
                "the simulator decides it: the assignment holds to the end of this block",
                "a LOCAL of another name says so".to_owned(),
            ),
            Slot::Ion(ion, quantity)
                if !self.context.symbols.ions[ion.0 as usize].writes.contains(&quantity) =>
            {
                (
                    "ion-not-written",
                    "USEION does not WRITE it: the assignment holds to the end of this block",
                    format!("`WRITE {}` makes it the compartment's", name.text),
                )
            }
            _ => return,
        };
        let finding = Diagnostic::warning(format!("`{}` is assigned", name.text)).code(code);
        self.context.warn(finding.at(name.span, warning).help(help));
    }

    fn conditional(
        &mut self,
        condition: &'a Expression,
        then: &'a [Statement],
        otherwise: &'a [Statement],
    ) -> Lowered<()> {
        let condition = self.expression(condition)?;
        if let Some(number) = self.builder.number(condition) {
            return self.scoped(if number != 0.0 { then } else { otherwise });
        }
        self.branch(condition, then, otherwise)
    }

    /// Executes both ways and keeps of each where it is the right one.
    fn branch(&mut self, condition: Value, then: &'a [Statement], otherwise: &'a [Statement]) -> Lowered<()> {
        let outside = self.path;
        let start = self.values.now();
        self.path = Some(self.both(outside, condition));
        self.guarded(condition, true, then)?;
        let gone_then = std::mem::replace(&mut self.gone, Gone::No);
        // Each slot that one of the ways changed: what it held before, and after that way.
        let mut slots: BTreeMap<Slot, (Option<Value>, Option<Value>)> = BTreeMap::new();
        for (slot, before) in self.values.changed(start) {
            slots.insert(slot, (before, self.values.get(slot)));
        }
        self.values.rewind(start);
        let not = self.builder.unary(Unary::Not, condition);
        self.path = Some(self.both(outside, not));
        self.guarded(condition, false, otherwise)?;
        self.path = outside;
        for (slot, before) in self.values.changed(start) {
            slots.entry(slot).or_insert((before, before));
        }
        for (slot, (_, after_then)) in slots {
            let (then, otherwise) = match (after_then, self.values.get(slot)) {
                (Some(then), Some(otherwise)) => (then, otherwise),
                // One side did not touch it: there it keeps the value it had outside.
                (Some(then), None) => (then, self.read(slot)),
                (None, Some(otherwise)) => {
                    self.values.remove(slot);
                    (self.read(slot), otherwise)
                }
                (None, None) => continue,
            };
            let merged = self.builder.select(condition, then, otherwise);
            self.values.insert(slot, merged);
        }
        self.gone = match (gone_then, self.gone) {
            (Gone::No, Gone::No) => Gone::No,
            (Gone::Always, Gone::Always) => Gone::Always,
            (then, otherwise) => {
                let (then, otherwise) = (self.truth(then), self.truth(otherwise));
                Gone::Where(self.builder.select(condition, then, otherwise))
            }
        };
        Ok(())
    }

    fn guarded(&mut self, condition: Value, holds: bool, statements: &'a [Statement]) -> Lowered<()> {
        self.guards.push((condition, holds));
        let result = self.scoped(statements);
        self.guards.pop();
        result
    }

    pub fn is_left(&self) -> bool {
        self.gone != Gone::No
    }

    fn truth(&mut self, gone: Gone) -> Value {
        match gone {
            Gone::No => self.builder.constant(0.0),
            Gone::Where(value) => value,
            Gone::Always => self.builder.constant(1.0),
        }
    }

    fn both(&mut self, outside: Option<Value>, condition: Value) -> Value {
        match outside {
            Some(outside) => self.builder.binary(Binary::And, outside, condition),
            None => condition,
        }
    }

    /// Executes a routine in place; the value of the variable that bears its name is its result.
    pub fn inline(&mut self, routine: &'a Routine, arguments: &[Value], at: Span) -> Lowered<Value> {
        self.count(Some(at))?;
        if self.calls.contains(&routine.name.text) {
            return Err(Diagnostic::error(format!("`{}` calls itself", routine.name.text))
                .at(at, "calls are inlined, so there is no recursion"));
        }
        if self.calls.len() == DEEPEST_CALL {
            return Err(Diagnostic::error(format!("calls are nested more than {DEEPEST_CALL} deep"))
                .at(at, "the limit is reached here"));
        }
        if arguments.len() != routine.arguments.len() {
            let (takes, plural) =
                (routine.arguments.len(), if routine.arguments.len() == 1 { "" } else { "s" });
            return Err(Diagnostic::error(format!(
                "`{}` takes {takes} argument{plural}, not {}",
                routine.name.text,
                arguments.len()
            ))
            .at(at, format!("expected {takes} argument{plural}")));
        }
        let drawn = *self
            .context
            .drawing
            .entry(std::ptr::from_ref(routine))
            .or_insert_with(|| verbatim::draws(routine));
        let drawn = match drawn {
            Some(Draw::Distribution(distribution)) => return Ok(self.draw(distribution, &[])),
            Some(Draw::Statement(expression)) => Some(expression),
            None => None,
        };
        // The method looks for the state in its equation alone, as in NEURON: a routine sees the present value.
        let solving = self.solving.take();
        if let Some((slot, place, present)) = solving {
            if self.builder.depends(arguments, &[place]) {
                return Err(super::solve::not_linear(at, "the state goes through a function"));
            }
            self.values.insert(slot, present);
        }
        self.calls.push(routine.name.text.clone());
        let zero = self.builder.constant(0.0);
        let result = self.local();
        let mut scope = HashMap::from([(routine.name.text.clone(), Binding::One(result))]);
        self.values.insert(result, zero);
        for (argument, &value) in routine.arguments.iter().zip(arguments) {
            let slot = self.local();
            self.values.insert(slot, value);
            scope.insert(argument.name.text.clone(), Binding::One(slot));
        }
        // A routine sees the file's names and its own, not those of its caller.
        let outer = std::mem::replace(&mut self.scopes, vec![scope]);
        let path = self.path;
        let done = match drawn {
            Some(expression) => self.expression(expression).map(|value| self.set(result, value)),
            None => self.statements(&routine.body),
        };
        self.path = path;
        self.scopes = outer;
        self.gone = Gone::No;
        self.calls.pop();
        done?;
        if let Some((slot, place, present)) = solving
            && self.values.get(slot) == Some(present)
        {
            self.values.insert(slot, place);
        }
        self.solving = solving;
        Ok(self.read(result))
    }
}
