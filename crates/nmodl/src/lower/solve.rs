//! SOLVE: what each method makes of a block of equations.

use std::collections::{BTreeSet, HashSet};

use super::Lowered;
use super::algebra::{self, Start, System};
use super::block::{Block, Equations, Slot};
use super::values::Moment;
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Binary, Instruction, Place, Role, Unary, Value, VariableId};
use crate::parser::METHODS;
use crate::syntax::{EquationKind, Expression, Name, Routine, Statement, Target};

/// The time step of STEADYSTATE, ms: NEURON's.
const STEADY_STEP: f64 = 1e9;

/// What it costs to prepare one state for being solved for, in executed expressions.
const STATE: usize = 10;

/// How differential equations are solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Implicit Euler for all equations at once.
    Implicit,
    /// Forward Euler.
    Euler,
    /// The classical Runge–Kutta method of fourth order.
    RungeKutta,
}

impl<'a> Block<'_, 'a> {
    /// What the SOLVE statements of BREAKPOINT name, in their order and whatever conditions they stand under, as in
    /// NEURON; `unsolved` keeps right-hand sides.
    pub fn solves(&mut self, unsolved: bool) -> Lowered<()> {
        let mut found = Vec::new();
        collect(&self.context.file.breakpoint, &mut found);
        for (block, method, steady) in found {
            if unsolved {
                self.rates(block)?;
            } else {
                self.solve(block, method, steady)?;
            }
        }
        if unsolved {
            // Only the right-hand sides: what the block computes on the way belongs to the solved form.
            for slot in self.values.assigned().collect::<Vec<_>>() {
                self.values.drop(slot);
            }
        }
        Ok(())
    }

    /// One SOLVE statement.
    pub fn solve(&mut self, block: &'a Name, method: Option<&'a Name>, steady: bool) -> Lowered<()> {
        self.context.used.insert(block.text.clone());
        if let Some(&procedure) = self.context.procedures.get(block.text.as_str()) {
            return self.inline(procedure, &[], block.span).map(|_| ());
        }
        let (kind, equations) = self.equations_called(block)?;
        if let Some(method) = method.filter(|m| !METHODS.contains(&m.text.as_str())) {
            return Err(Diagnostic::error(format!("`{}` is not a method", method.text))
                .at(method.span, "expected a method such as cnexp, derivimplicit or sparse")
                .suggest(&method.text, METHODS));
        }
        match (kind, method.map(|m| m.text.as_str())) {
            (EquationKind::Linear | EquationKind::Nonlinear, _) => self.algebraic(equations, block.span),
            (EquationKind::Discrete, _) => Err(Diagnostic::error("DISCRETE blocks are not supported")
                .at(block.span, "a block of difference equations")),
            _ if steady => self.integrate(Method::Implicit, kind, equations, block.span, true),
            (EquationKind::Derivative, Some("cnexp" | "after_cvode" | "cvode_t")) => {
                self.exponential(equations, block.span)
            }
            (_, Some("euler" | "adeuler")) => {
                self.integrate(Method::Euler, kind, equations, block.span, false)
            }
            (_, Some("runge" | "adrunge" | "heun")) => {
                self.integrate(Method::RungeKutta, kind, equations, block.span, false)
            }
            (_, stated) => {
                if stated.is_none() {
                    self.context.warn(
                        Diagnostic::warning(format!("SOLVE {} has no METHOD", block.text))
                            .code("solve-without-method")
                            .at(
                                block.span,
                                "solved by implicit Euler here; NEURON leaves its states as they are",
                            )
                            .help("say how: METHOD cnexp, derivimplicit or sparse"),
                    );
                }
                self.integrate(Method::Implicit, kind, equations, block.span, false)
            }
        }
    }

    fn equations_called(&self, block: &Name) -> Lowered<(EquationKind, &'a Routine)> {
        let file = self.context.file;
        self.context.equations.get(block.text.as_str()).copied().ok_or_else(|| {
            let names = file.equations.iter().map(|(_, r)| r);
            let names = names.chain(&file.procedures).map(|r| r.name.text.as_str());
            Diagnostic::error(format!("no block of equations and no PROCEDURE is called `{}`", block.text))
                .at(block.span, "not declared")
                .suggest(&block.text, names)
        })
    }

    /// cnexp where every equation is linear in its own state, otherwise implicit for all of them: NEURON's rule.
    fn exponential(&mut self, equations: &'a Routine, span: Span) -> Lowered<()> {
        let before = self.snapshot();
        self.equations = Equations::Cnexp;
        let result = self.inline(equations, &[], span);
        self.equations = Equations::None;
        match result {
            Err(error) if error.message == NOT_LINEAR => {
                self.restore(before);
                self.scopes.truncate(1);
                self.context.warn(
                    Diagnostic::warning("cnexp cannot solve this block; derivimplicit is used")
                        .code("not-linear")
                        .at(error.span.unwrap_or(span), "not linear in its own state")
                        .help("`METHOD derivimplicit` says so"),
                );
                self.integrate(Method::Implicit, EquationKind::Derivative, equations, span, false)
            }
            other => other.map(|_| ()),
        }
    }

    /// A differential equation where it stands.
    pub fn differential(&mut self, state: &'a Target, value: &'a Expression) -> Lowered<()> {
        if self.equations == Equations::None {
            return Err(Diagnostic::error("a differential equation outside a block that is solved")
                .at(state.name.span, "expected it in a DERIVATIVE block"));
        }
        let (slots, index) = self.resolve(state)?;
        let number = match index {
            None => 0,
            Some(index) => self.builder.number(index).ok_or_else(|| {
                Diagnostic::error("the index of a differential equation must be known beforehand")
                    .at(state.name.span, "not a fixed number")
            })? as usize,
        };
        let slot = slots.at(number);
        let Some(id) = self.state_of(slot) else {
            return Err(Diagnostic::error(format!(
                "`{}` has a differential equation but is not a STATE",
                state.name.text
            ))
            .at(state.name.span, "expected a STATE"));
        };
        if self.equations == Equations::Collect {
            let f = self.expression(value)?;
            self.set(Slot::Rate(id), f);
            return Ok(());
        }
        // A placeholder stands for the state: its value may be a number, or another state's.
        let y = self.read(slot);
        let place = self.builder.load(Place::Derivative(id));
        let start = self.values.now();
        self.values.insert(slot, place);
        self.solving = Some((slot, place, y));
        let f = self.expression(value);
        self.solving = None;
        let f = f?;
        self.replace(&[(place, y)], start);
        let solved = self.cnexp(value.span, y, f, place)?;
        self.set(slot, solved);
        Ok(())
    }

    /// y' = a·y + b over the step: y + (1 − exp(a Δt))·(−b/a − y).
    fn cnexp(&mut self, span: Span, y: Value, f: Value, place: Value) -> Lowered<Value> {
        if !self.builder.differentiable(f, place) {
            return Err(not_linear(span, "the state goes through a loop of unknown length"));
        }
        let a = self.builder.derivative(f, place);
        if self.builder.depends(&[a], &[place]) {
            return Err(not_linear(span, "not linear in its own state"));
        }
        let zero = self.builder.constant(0.0);
        let b = self.builder.substitute(f, place, zero);
        let dt = self.read(Slot::Given(Place::TimeStep));
        if self.builder.is_zero(a) {
            let change = self.builder.binary(Binary::Multiply, dt, b);
            return Ok(self.builder.binary(Binary::Add, y, change));
        }
        let exponent = self.builder.binary(Binary::Multiply, dt, a);
        let decay = self.builder.unary(Unary::Exp, exponent);
        let one = self.builder.constant(1.0);
        let share = self.builder.binary(Binary::Subtract, one, decay);
        let target = self.builder.negative_quotient(b, a);
        let distance = self.builder.binary(Binary::Subtract, target, y);
        let change = self.builder.binary(Binary::Multiply, share, distance);
        Ok(self.builder.binary(Binary::Add, y, change))
    }

    /// Executes a block with placeholders for its states and leaves their rates of change in [`Slot::Rate`]. Returns the
    /// states with placeholder and present value.
    fn collect_rates(
        &mut self,
        kind: EquationKind,
        equations: &'a Routine,
        span: Span,
    ) -> Lowered<Vec<Unknown>> {
        self.charge(STATE * self.context.symbols.variables.len(), Some(span))?;
        let beginning = self.values.now();
        let mut unknowns = Vec::new();
        for index in 0..self.context.symbols.variables.len() {
            let id = VariableId(index as u32);
            if self.context.symbols.variables[index].role != Role::State {
                continue;
            }
            let slot = self.slot_of(id);
            let start = self.read(slot);
            let place = self.builder.load(Place::Derivative(id));
            self.values.insert(slot, place);
            self.values.remove(Slot::Rate(id));
            unknowns.push(Unknown { id, slot, start, place });
        }
        self.kinetic = super::kinetic::Scheme::default();
        if kind == EquationKind::Kinetic && super::kinetic::is_linear(&equations.body) {
            let mut held: Vec<(Value, Value)> = unknowns.iter().map(|u| (u.place, u.start)).collect();
            held.sort_unstable();
            self.kinetic.held = held.into_iter().unzip();
        }
        self.equations = Equations::Collect;
        let result = self.inline(equations, &[], span);
        self.equations = Equations::None;
        result?;
        // A state without an equation stays what it is; one that the block assigns is no unknown.
        let (solved, others): (Vec<Unknown>, Vec<Unknown>) = unknowns.into_iter().partition(|u| {
            self.values.is_assigned(Slot::Rate(u.id))
                || self.kinetic.conserved.iter().any(|(id, _)| *id == u.id)
        });
        let pairs: Vec<(Value, Value)> = others.iter().map(|u| (u.place, u.start)).collect();
        self.replace(&pairs, beginning);
        Ok(solved)
    }

    fn slot_of(&self, id: VariableId) -> Slot {
        let symbols = &self.context.symbols;
        match symbols.table.get(&symbols.variables[id.0 as usize].name) {
            Some(&crate::symbols::Symbol::Ion(ion, quantity, _)) => Slot::Ion(ion, quantity),
            _ => Slot::Variable(id),
        }
    }

    /// Replaces values wherever they have been put since a moment.
    fn replace(&mut self, pairs: &[(Value, Value)], since: Moment) {
        let changed = self.values.changed(since).into_iter();
        let (slots, mut held): (Vec<Slot>, Vec<Value>) =
            changed.filter_map(|(slot, _)| Some((slot, self.values.get(slot)?))).unzip();
        held.extend(self.kinetic.conserved.iter().map(|(_, v)| *v));
        held.extend(self.residuals.iter().map(|(v, _)| *v));
        held.extend(self.writes.iter().filter_map(|w| match w {
            Instruction::Store(_, v) | Instruction::Accumulate(_, v) => Some(*v),
            _ => None,
        }));
        let mut replaced = self.builder.substitute_all(&held, pairs).into_iter();
        for slot in slots {
            if let Some(value) = replaced.next() {
                self.values.insert(slot, value);
            }
        }
        let conserved = self.kinetic.conserved.iter_mut().map(|(_, v)| v);
        let residuals = self.residuals.iter_mut().map(|(v, _)| v);
        let writes = self.writes.iter_mut().filter_map(|w| match w {
            Instruction::Store(_, v) | Instruction::Accumulate(_, v) => Some(v),
            _ => None,
        });
        conserved.chain(residuals).chain(writes).zip(replaced).for_each(|(held, value)| *held = value);
    }

    /// Advances the states of a block by one step.
    fn integrate(
        &mut self,
        method: Method,
        kind: EquationKind,
        equations: &'a Routine,
        span: Span,
        steady: bool,
    ) -> Lowered<()> {
        debug_assert!(matches!(kind, EquationKind::Derivative | EquationKind::Kinetic));
        let beginning = self.values.now();
        let unknowns = self.collect_rates(kind, equations, span)?;
        if unknowns.is_empty() {
            return Ok(());
        }
        let dt = match steady {
            true => self.builder.constant(STEADY_STEP),
            false => self.read(Slot::Given(Place::TimeStep)),
        };
        let rates: Vec<Value> = unknowns.iter().map(|u| self.rate(u)).collect();
        let results = match method {
            Method::Implicit => {
                let system = self.implicit_step(&unknowns, &rates, dt, steady);
                let start = if steady { Start::Far } else { Start::Near };
                let results = self.solved(&system, start, &equations.name.text, span)?;
                if steady { results } else { self.extrapolate(&unknowns, results) }
            }
            Method::Euler => {
                let pairs: Vec<(Value, Value)> = unknowns.iter().map(|u| (u.place, u.start)).collect();
                let now = self.builder.substitute_all(&rates, &pairs);
                unknowns.iter().zip(now).map(|(u, f)| self.moved(u.start, dt, f)).collect()
            }
            Method::RungeKutta => self.runge_kutta(&unknowns, &rates, dt),
        };
        // Euler's step looks at the block once, at its beginning: what else it computes stays as it was there.
        let seen = match method {
            Method::Euler => unknowns.iter().map(|u| u.start).collect(),
            Method::Implicit | Method::RungeKutta => results.clone(),
        };
        self.settle(&unknowns, &seen, &results, beginning);
        Ok(())
    }

    fn solved(&mut self, system: &System, start: Start, block: &str, span: Span) -> Lowered<Vec<Value>> {
        let solved = algebra::solve(&mut self.builder, system, start);
        // A builder that is full solves nothing.
        self.charge(0, Some(span))?;
        solved.map_err(|why| why.finding(block, span))
    }

    /// Puts what the block sees in the place of the unknowns, in everything that it computed, and keeps the solution.
    fn settle(&mut self, unknowns: &[Unknown], seen: &[Value], results: &[Value], beginning: Moment) {
        let pairs: Vec<(Value, Value)> = unknowns.iter().zip(seen).map(|(u, &s)| (u.place, s)).collect();
        self.replace(&pairs, beginning);
        for (unknown, &result) in unknowns.iter().zip(results) {
            self.set(unknown.slot, result);
            self.values.remove(Slot::Rate(unknown.id));
            self.values.drop(Slot::Rate(unknown.id));
        }
        self.kinetic = super::kinetic::Scheme::default();
    }

    /// The rate of a state per unit of its compartment.
    fn rate(&mut self, unknown: &Unknown) -> Value {
        let amount = self.read(Slot::Rate(unknown.id));
        match self.kinetic.volumes.get(&unknown.id).copied() {
            Some(volume) => self.builder.binary(Binary::Divide, amount, volume),
            None => amount,
        }
    }

    /// y − y₀ − Δt·f(y) = 0 for every state, what is conserved in place of one equation each. Over half the step with
    /// Crank–Nicolson: see [`Self::extrapolate`].
    fn implicit_step(&mut self, unknowns: &[Unknown], rates: &[Value], dt: Value, steady: bool) -> System {
        let step = if steady {
            dt
        } else {
            let share = self.builder.load(Place::ImplicitShare);
            self.builder.binary(Binary::Multiply, dt, share)
        };
        let mut residuals = Vec::with_capacity(unknowns.len());
        for (unknown, &f) in unknowns.iter().zip(rates) {
            let conserved = self.kinetic.conserved.iter().find(|(id, _)| *id == unknown.id);
            if let Some(&(_, balance)) = conserved {
                residuals.push(balance);
                continue;
            }
            let change = self.builder.binary(Binary::Subtract, unknown.place, unknown.start);
            let driven = self.builder.binary(Binary::Multiply, step, f);
            residuals.push(self.builder.binary(Binary::Subtract, change, driven));
        }
        System {
            unknowns: unknowns.iter().map(|u| u.place).collect(),
            starts: unknowns.iter().map(|u| u.start).collect(),
            residuals,
        }
    }

    /// The whole step from the implicit part of it: y₀ + (y − y₀)/share, the midpoint rule where the share is ½.
    fn extrapolate(&mut self, unknowns: &[Unknown], results: Vec<Value>) -> Vec<Value> {
        let share = self.builder.load(Place::ImplicitShare);
        let one = self.builder.constant(1.0);
        let whole = self.builder.binary(Binary::Equal, share, one);
        let mut extrapolated = Vec::with_capacity(results.len());
        for (unknown, result) in unknowns.iter().zip(results) {
            let change = self.builder.binary(Binary::Subtract, result, unknown.start);
            let change = self.builder.binary(Binary::Divide, change, share);
            let moved = self.builder.binary(Binary::Add, unknown.start, change);
            extrapolated.push(self.builder.select(whole, result, moved));
        }
        extrapolated
    }

    fn moved(&mut self, start: Value, step: Value, rate: Value) -> Value {
        let change = self.builder.binary(Binary::Multiply, step, rate);
        self.builder.binary(Binary::Add, start, change)
    }

    fn runge_kutta(&mut self, unknowns: &[Unknown], rates: &[Value], dt: Value) -> Vec<Value> {
        let half = self.builder.constant(0.5);
        let half = self.builder.binary(Binary::Multiply, dt, half);
        let mut at: Vec<Value> = unknowns.iter().map(|u| u.start).collect();
        let mut slopes = Vec::new();
        for step in [Some(half), Some(half), Some(dt), None] {
            let pairs: Vec<(Value, Value)> = unknowns.iter().zip(&at).map(|(u, &y)| (u.place, y)).collect();
            let here = self.builder.substitute_all(rates, &pairs);
            if let Some(step) = step {
                at = unknowns.iter().zip(&here).map(|(u, &f)| self.moved(u.start, step, f)).collect();
            }
            slopes.push(here);
        }
        let sixth = self.builder.constant(1.0 / 6.0);
        let step = self.builder.binary(Binary::Multiply, dt, sixth);
        let mut results = Vec::with_capacity(unknowns.len());
        for (index, unknown) in unknowns.iter().enumerate() {
            let middle = self.builder.binary(Binary::Add, slopes[1][index], slopes[2][index]);
            let middle = self.builder.binary(Binary::Add, middle, middle);
            let ends = self.builder.binary(Binary::Add, slopes[0][index], slopes[3][index]);
            let sum = self.builder.binary(Binary::Add, ends, middle);
            results.push(self.moved(unknown.start, step, sum));
        }
        results
    }

    /// LINEAR and NONLINEAR: as many equations as states that occur in them.
    fn algebraic(&mut self, equations: &'a Routine, span: Span) -> Lowered<()> {
        self.charge(STATE * self.context.symbols.variables.len(), Some(span))?;
        self.residuals.clear();
        let beginning = self.values.now();
        let mut states = Vec::new();
        for index in 0..self.context.symbols.variables.len() {
            if self.context.symbols.variables[index].role == Role::State {
                let id = VariableId(index as u32);
                let slot = self.slot_of(id);
                let start = self.read(slot);
                let place = self.builder.load(Place::Derivative(id));
                self.values.insert(slot, place);
                states.push(Unknown { id, slot, start, place });
            }
        }
        self.inline(equations, &[], span)?;
        let residuals: Vec<Value> = self.residuals.iter().map(|(v, _)| *v).collect();
        let occurs = |u: &Unknown| self.builder.depends(&residuals, &[u.place]);
        let (unknowns, others): (Vec<Unknown>, Vec<Unknown>) = states.into_iter().partition(occurs);
        if unknowns.len() != residuals.len() {
            return Err(Diagnostic::error(format!(
                "`{}` has {} equations for {} states",
                equations.name.text,
                residuals.len(),
                unknowns.len()
            ))
            .at(span, "expected one equation for each state that occurs"));
        }
        let pairs: Vec<(Value, Value)> = others.iter().map(|u| (u.place, u.start)).collect();
        self.replace(&pairs, beginning);
        let system = System {
            unknowns: unknowns.iter().map(|u| u.place).collect(),
            starts: unknowns.iter().map(|u| u.start).collect(),
            residuals: self.residuals.drain(..).map(|(v, _)| v).collect(),
        };
        let results = self.solved(&system, Start::Far, &equations.name.text, span)?;
        self.settle(&unknowns, &results, &results, beginning);
        Ok(())
    }

    /// Right-hand sides alone, for looking at.
    fn rates(&mut self, block: &'a Name) -> Lowered<()> {
        if self.context.procedures.contains_key(block.text.as_str()) {
            return Ok(());
        }
        let (kind, equations) = self.equations_called(block)?;
        if !matches!(kind, EquationKind::Derivative | EquationKind::Kinetic) {
            return Ok(());
        }
        self.charge(self.writes.len(), Some(block.span))?;
        let beginning = self.values.now();
        let unknowns = self.collect_rates(kind, equations, block.span)?;
        let rates: Vec<Value> = unknowns.iter().map(|u| self.rate(u)).collect();
        let pairs: Vec<(Value, Value)> = unknowns.iter().map(|u| (u.place, u.start)).collect();
        let rates = self.builder.substitute_all(&rates, &pairs);
        self.replace(&pairs, beginning);
        let written: BTreeSet<VariableId> = self
            .writes
            .iter()
            .filter_map(|w| match w {
                Instruction::Store(Place::Derivative(id), _) => Some(*id),
                _ => None,
            })
            .collect();
        for (unknown, rate) in unknowns.iter().zip(rates) {
            if !written.contains(&unknown.id) {
                self.writes.push(Instruction::Store(Place::Derivative(unknown.id), rate));
            }
        }
        self.kinetic = super::kinetic::Scheme::default();
        Ok(())
    }
}

/// The message of an equation that cnexp cannot solve.
const NOT_LINEAR: &str = "cnexp cannot solve this equation";

/// The error that makes a block implicit.
pub(super) fn not_linear(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error(NOT_LINEAR).at(span, why)
}

/// A state that is being solved for.
#[derive(Clone, Copy)]
struct Unknown {
    id: VariableId,
    slot: Slot,
    /// Its value before.
    start: Value,
    /// What stands for its value after.
    place: Value,
}

/// The names that the SOLVE statements of a block name.
pub(super) fn solved_blocks(statements: &[Statement]) -> HashSet<&str> {
    let mut found = Vec::new();
    collect(statements, &mut found);
    found.into_iter().map(|(name, ..)| name.text.as_str()).collect()
}

/// The SOLVE statements of a block, nested ones too.
fn collect<'a>(statements: &'a [Statement], found: &mut Vec<(&'a Name, Option<&'a Name>, bool)>) {
    for statement in statements {
        match statement {
            Statement::Solve { block, method, steady } => found.push((block, method.as_ref(), *steady)),
            Statement::If { then, otherwise, .. } => {
                collect(then, found);
                collect(otherwise, found);
            }
            _ => {}
        }
    }
}
