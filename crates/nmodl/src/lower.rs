//! From the syntax tree to programs.
//!
//! Every block is executed symbolically: names hold values, procedures and functions are inlined, both branches of a
//! condition are computed and what they leave is selected. What a block assigned is stored at its end.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::builder::Builder;
use crate::diagnostic::{Diagnostic, Span};
use crate::functions::{self, Function};
use crate::ir::{
    Binary, Instruction, IonId, IonQuantity, Kind, Mechanism, Place, Program, Role, Unary, Value, VariableId,
};
use crate::symbols::{Feed, Symbol, Symbols};
use crate::syntax::{Expression, ExpressionKind, File, Name, Routine, Statement};

type Lowered<T> = Result<T, Diagnostic>;

/// Something that holds a value during a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Slot {
    Variable(VariableId),
    Ion(IonId, IonQuantity),
    Argument(u32),
    Local(u32),
}

/// What a differential equation becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    /// Exact for the linear equation with its coefficients held over the step.
    Cnexp,
    /// Forward Euler.
    Euler,
    /// Not solved: the right-hand side itself.
    None,
}

/// Lowers a parsed file.
pub(crate) fn lower(file: &File) -> Result<Mechanism, Vec<Diagnostic>> {
    let Some(name) = &file.suffix else {
        return Err(vec![
            Diagnostic::error("no NEURON block with a SUFFIX or POINT_PROCESS name")
                .help("a mechanism begins with NEURON { SUFFIX name … }"),
        ]);
    };
    let (symbols, mut errors) = Symbols::new(file);
    let mut warnings = symbols.warnings.clone();
    let mut used = HashSet::new();
    let mut run = |build: &dyn Fn(&mut Block) -> Lowered<()>| -> Program {
        let mut block = Block::new(file, &symbols);
        let program = match build(&mut block) {
            Ok(()) => block.finish(),
            Err(error) => {
                if !errors.contains(&error) {
                    errors.push(error);
                }
                Program::default()
            }
        };
        used.extend(block.used);
        program
    };
    let initial = run(&|block| block.initial());
    let current = run(&|block| block.current());
    let state = run(&|block| block.solves(false));
    let derivative = run(&|block| block.solves(true));
    let net_receive = file.net_receive.as_ref().map(|routine| run(&|block| block.net_receive(routine)));
    for declared in file.parameters.iter().chain(&file.states).chain(&file.assigned) {
        let is_own = matches!(symbols.table.get(&declared.name.text), Some(Symbol::Variable(_)));
        if is_own && !used.contains(declared.name.text.as_str()) {
            warnings.push(
                Diagnostic::warning(format!("`{}` is declared but never used", declared.name.text))
                    .at(declared.name.span, "never used"),
            );
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mechanism = Mechanism {
        name: name.text.clone(),
        kind: symbols.kind,
        title: file.title.clone(),
        variables: symbols.variables.clone(),
        ions: symbols.ions.clone(),
        arguments: file.net_receive.iter().flat_map(|r| &r.arguments).map(|a| a.text.clone()).collect(),
        initial,
        current,
        state,
        derivative,
        net_receive,
        warnings,
    };
    crate::validate::validate(&mechanism)
        .map_err(|what| vec![Diagnostic::error(format!("the compiler made wrong code: {what}"))])?;
    Ok(mechanism)
}

/// A block under symbolic execution.
struct Block<'a> {
    file: &'a File,
    symbols: &'a Symbols,
    builder: Builder,
    /// Present value of everything touched so far.
    values: HashMap<Slot, Value>,
    /// What will be stored.
    assigned: BTreeMap<Slot, ()>,
    /// Names in scope, innermost last.
    scopes: Vec<HashMap<String, Slot>>,
    locals: u32,
    /// Names of the routines being inlined.
    calls: Vec<String>,
    method: Option<Method>,
    /// Names that were touched.
    used: HashSet<String>,
    writes: Vec<Instruction>,
}

impl<'a> Block<'a> {
    fn new(file: &'a File, symbols: &'a Symbols) -> Self {
        Self {
            file,
            symbols,
            builder: Builder::default(),
            values: HashMap::new(),
            assigned: BTreeMap::new(),
            scopes: vec![HashMap::new()],
            locals: 0,
            calls: Vec::new(),
            method: None,
            used: HashSet::new(),
            writes: Vec::new(),
        }
    }

    /// Stores first, then what was accumulated.
    fn finish(&mut self) -> Program {
        let mut stores = Vec::new();
        for &slot in self.assigned.keys() {
            let Some(&value) = self.values.get(&slot) else { continue };
            match slot {
                Slot::Variable(id) => stores.push(Instruction::Store(Place::Variable(id), value)),
                Slot::Argument(index) => stores.push(Instruction::Store(Place::Argument(index), value)),
                Slot::Ion(ion, quantity) => {
                    stores.push(Instruction::Store(Place::Ion(ion, quantity), value));
                    let own = self.symbols.table.values().find_map(|s| match *s {
                        Symbol::Ion(i, q, Some(id)) if (i, q) == (ion, quantity) => Some(id),
                        _ => None,
                    });
                    if let Some(id) = own {
                        stores.push(Instruction::Store(Place::Variable(id), value));
                    }
                }
                Slot::Local(_) => {}
            }
        }
        stores.append(&mut self.writes);
        std::mem::take(&mut self.builder).finish(stores)
    }

    /// States start at 0, then INITIAL runs. A state that is an ion's concentration starts at the ion's.
    fn initial(&mut self) -> Lowered<()> {
        let zero = self.builder.constant(0.0);
        for (index, variable) in self.symbols.variables.iter().enumerate() {
            let slot = Slot::Variable(VariableId(index as u32));
            if variable.role == Role::State
                && matches!(self.symbols.table.get(&variable.name), Some(Symbol::Variable(_)))
            {
                self.values.insert(slot, zero);
                self.assigned.insert(slot, ());
            }
        }
        self.statements(self.file.initial.as_deref().unwrap_or_default())
    }

    /// BREAKPOINT without its SOLVE statements; the sum of the currents goes to the membrane or the electrode.
    fn current(&mut self) -> Lowered<()> {
        let body = self.file.breakpoint.as_deref().unwrap_or_default();
        self.statements(body)?;
        let scale = self.builder.load(Place::MembraneScale);
        let mut membrane = self.builder.constant(0.0);
        let mut electrode = membrane;
        let (mut any_membrane, mut any_electrode) = (false, false);
        for &(id, feed) in &self.symbols.currents {
            let Some(&value) = self.values.get(&Slot::Variable(id)) else { continue };
            if !self.assigned.contains_key(&Slot::Variable(id)) {
                continue;
            }
            match feed {
                Feed::Electrode => {
                    electrode = self.builder.binary(Binary::Add, electrode, value);
                    any_electrode = true;
                }
                Feed::Nonspecific | Feed::Ion(_) => {
                    membrane = self.builder.binary(Binary::Add, membrane, value);
                    any_membrane = true;
                }
            }
            if let Feed::Ion(ion) = feed {
                let density = match self.symbols.kind {
                    Kind::Density => value,
                    Kind::PointProcess => self.builder.binary(Binary::Divide, value, scale),
                };
                self.writes.push(Instruction::Accumulate(Place::Ion(ion, IonQuantity::Current), density));
            }
        }
        for (any, total, place) in [
            (any_membrane, membrane, Place::MembraneCurrent),
            (any_electrode, electrode, Place::ElectrodeCurrent),
        ] {
            if any {
                let total = match self.symbols.kind {
                    Kind::Density => self.builder.binary(Binary::Multiply, scale, total),
                    Kind::PointProcess => total,
                };
                self.writes.push(Instruction::Accumulate(place, total));
            }
        }
        Ok(())
    }

    /// What the SOLVE statements of BREAKPOINT name, in their order; `unsolved` keeps right-hand sides.
    fn solves(&mut self, unsolved: bool) -> Lowered<()> {
        for statement in self.file.breakpoint.as_deref().unwrap_or_default() {
            let Statement::Solve { block, method } = statement else { continue };
            self.used.insert(block.text.clone());
            if let Some(procedure) = find(&self.file.procedures, &block.text) {
                if let Some(method) = method.as_ref().filter(|m| m.text != "after_cvode") {
                    return Err(Diagnostic::error(format!("a PROCEDURE is not solved by `{}`", method.text))
                        .at(method.span, "expected no method or after_cvode"));
                }
                if !unsolved {
                    self.inline(procedure, &[], block.span)?;
                }
                continue;
            }
            let Some(equations) = find(&self.file.derivatives, &block.text) else {
                let names =
                    self.file.derivatives.iter().chain(&self.file.procedures).map(|r| r.name.text.as_str());
                return Err(Diagnostic::error(format!(
                    "no DERIVATIVE or PROCEDURE block is called `{}`",
                    block.text
                ))
                .at(block.span, "not declared")
                .suggest(&block.text, names));
            };
            let chosen = match method {
                None => {
                    return Err(Diagnostic::error(format!("SOLVE {} has no METHOD", block.text))
                        .at(block.span, "expected METHOD cnexp"));
                }
                Some(method) => match method.text.as_str() {
                    "cnexp" => Method::Cnexp,
                    "euler" => Method::Euler,
                    other => {
                        return Err(Diagnostic::error(format!("METHOD {other} is not supported yet"))
                            .at(method.span, "expected cnexp or euler")
                            .suggest(other, ["cnexp", "euler"]));
                    }
                },
            };
            self.method = Some(if unsolved { Method::None } else { chosen });
            self.inline(equations, &[], block.span)?;
            self.method = None;
        }
        if unsolved {
            // Only the right-hand sides: what the block computes on the way belongs to the solved form.
            self.assigned.clear();
        }
        Ok(())
    }

    fn net_receive(&mut self, routine: &Routine) -> Lowered<()> {
        for (index, argument) in routine.arguments.iter().enumerate() {
            self.scopes[0].insert(argument.text.clone(), Slot::Argument(index as u32));
        }
        self.statements(&routine.body)
    }

    fn statements(&mut self, statements: &[Statement]) -> Lowered<()> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn scoped(&mut self, statements: &[Statement]) -> Lowered<()> {
        self.scopes.push(HashMap::new());
        let result = self.statements(statements);
        self.scopes.pop();
        result
    }

    fn statement(&mut self, statement: &Statement) -> Lowered<()> {
        match statement {
            Statement::Local(names) => {
                let zero = self.builder.constant(0.0);
                for name in names {
                    let slot = self.local();
                    self.values.insert(slot, zero);
                    self.scopes.last_mut().map(|scope| scope.insert(name.text.clone(), slot));
                }
                Ok(())
            }
            Statement::Assign { target, value } => {
                let value = self.expression(value)?;
                self.assign(target, value)
            }
            Statement::Differential { state, value } => self.differential(state, value),
            Statement::If { condition, then, otherwise } => self.conditional(condition, then, otherwise),
            Statement::Call { name, arguments } if name.text == "state_discontinuity" => {
                let [Expression { kind: ExpressionKind::Variable(target), span }, value] =
                    arguments.as_slice()
                else {
                    return Err(Diagnostic::error("state_discontinuity takes a state and a value")
                        .at(name.span, "here"));
                };
                let value = self.expression(value)?;
                self.assign(&Name { text: target.clone(), span: *span }, value)
            }
            Statement::Call { name, arguments } => self.call(name, arguments).map(|_| ()),
            // SOLVE has a program of its own.
            Statement::Solve { .. } => Ok(()),
        }
    }

    fn local(&mut self) -> Slot {
        self.locals += 1;
        Slot::Local(self.locals)
    }

    fn slot(&self, name: &str) -> Option<Slot> {
        if let Some(slot) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return Some(*slot);
        }
        match self.symbols.table.get(name)? {
            Symbol::Variable(id) => Some(Slot::Variable(*id)),
            Symbol::Ion(ion, quantity, _) => Some(Slot::Ion(*ion, *quantity)),
            Symbol::Given(_) | Symbol::Constant(_) => None,
        }
    }

    /// The present value of a slot; the first look at something outside loads it.
    fn read(&mut self, slot: Slot) -> Value {
        if let Some(&value) = self.values.get(&slot) {
            return value;
        }
        let value = match slot {
            Slot::Variable(id) => self.builder.load(Place::Variable(id)),
            Slot::Ion(ion, quantity) => self.builder.load(Place::Ion(ion, quantity)),
            Slot::Argument(index) => self.builder.load(Place::Argument(index)),
            Slot::Local(_) => self.builder.constant(0.0),
        };
        self.values.insert(slot, value);
        value
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let locals = self.scopes.iter().flat_map(|s| s.keys());
        let known: Vec<&str> = self.symbols.table.keys().chain(locals).map(String::as_str).collect();
        Diagnostic::error(format!("unknown variable `{name}`")).at(span, "not declared").suggest(name, known)
    }

    fn assign(&mut self, target: &Name, value: Value) -> Lowered<()> {
        self.used.insert(target.text.clone());
        let Some(slot) = self.slot(&target.text) else {
            return Err(match self.symbols.table.get(&target.text) {
                Some(_) => Diagnostic::error(format!("`{}` cannot be assigned", target.text))
                    .at(target.span, "the simulator decides it, or it is a constant"),
                None => self.unknown(&target.text, target.span),
            });
        };
        if let Slot::Ion(ion, quantity) = slot
            && !self.symbols.ions[ion.0 as usize].writes.contains(&quantity)
        {
            let name = &self.symbols.ions[ion.0 as usize].name;
            return Err(Diagnostic::error(format!(
                "`{}` is assigned but USEION {name} does not WRITE it",
                target.text
            ))
            .at(target.span, format!("expected USEION {name} … WRITE {}", target.text)));
        }
        self.values.insert(slot, value);
        if !matches!(slot, Slot::Local(_)) {
            self.assigned.insert(slot, ());
        }
        Ok(())
    }

    fn conditional(
        &mut self,
        condition: &Expression,
        then: &[Statement],
        otherwise: &[Statement],
    ) -> Lowered<()> {
        let condition = self.expression(condition)?;
        let before = self.values.clone();
        self.scoped(then)?;
        let after_then = std::mem::replace(&mut self.values, before);
        self.scoped(otherwise)?;
        let after_otherwise = self.values.clone();
        let mut slots: Vec<Slot> = after_then.keys().chain(after_otherwise.keys()).copied().collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            let side = |values: &HashMap<Slot, Value>| values.get(&slot).copied();
            let (then, otherwise) = match (side(&after_then), side(&after_otherwise)) {
                (Some(then), Some(otherwise)) => (then, otherwise),
                // One side did not touch it: there it keeps the value it had outside.
                (Some(then), None) => (then, self.read(slot)),
                (None, Some(otherwise)) => {
                    self.values.remove(&slot);
                    (self.read(slot), otherwise)
                }
                (None, None) => continue,
            };
            let merged = self.builder.select(condition, then, otherwise);
            self.values.insert(slot, merged);
        }
        Ok(())
    }

    fn differential(&mut self, state: &Name, value: &Expression) -> Lowered<()> {
        self.used.insert(state.text.clone());
        let Some(method) = self.method else {
            return Err(Diagnostic::error("a differential equation outside a block that is solved")
                .at(state.span, "expected it in a DERIVATIVE block"));
        };
        let Some(slot) = self.slot(&state.text) else { return Err(self.unknown(&state.text, state.span)) };
        let id = match (slot, self.symbols.table.get(&state.text)) {
            (Slot::Variable(id), _) | (Slot::Ion(..), Some(&Symbol::Ion(_, _, Some(id)))) => id,
            _ => return Err(not_a_state(state)),
        };
        if self.symbols.variables[id.0 as usize].role != Role::State {
            return Err(not_a_state(state));
        }
        let y = self.read(slot);
        let f = self.expression(value)?;
        let dt = self.builder.load(Place::TimeStep);
        let solved = match method {
            Method::None => {
                self.writes.push(Instruction::Store(Place::Derivative(id), f));
                return Ok(());
            }
            Method::Euler => {
                let change = self.builder.binary(Binary::Multiply, dt, f);
                self.builder.binary(Binary::Add, y, change)
            }
            Method::Cnexp => self.cnexp(state, value.span, y, f)?,
        };
        self.values.insert(slot, solved);
        self.assigned.insert(slot, ());
        Ok(())
    }

    /// y' = a·y + b over the step: y + (1 − exp(a Δt))·(−b/a − y).
    fn cnexp(&mut self, state: &Name, span: Span, y: Value, f: Value) -> Lowered<Value> {
        let a = self.builder.derivative(f, y);
        if self.builder.depends(a, y) {
            return Err(Diagnostic::error(format!("cnexp cannot solve the equation of `{}`", state.text))
                .at(span, format!("not linear in {}", state.text))
                .help("METHOD derivimplicit solves equations that are not linear in their own state"));
        }
        let zero = self.builder.constant(0.0);
        let b = self.builder.substitute(f, y, zero);
        let dt = self.builder.load(Place::TimeStep);
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

    fn expression(&mut self, expression: &Expression) -> Lowered<Value> {
        match &expression.kind {
            ExpressionKind::Number(number) => Ok(self.builder.constant(*number)),
            ExpressionKind::Variable(name) => self.variable(name, expression.span),
            ExpressionKind::Negate(inner) => {
                let inner = self.expression(inner)?;
                Ok(self.builder.negate(inner))
            }
            ExpressionKind::Not(inner) => {
                let inner = self.expression(inner)?;
                Ok(self.builder.unary(Unary::Not, inner))
            }
            ExpressionKind::Binary(operator, a, b) => {
                let (a, b) = (self.expression(a)?, self.expression(b)?);
                let Some(what) = functions::operator(operator) else {
                    return Err(Diagnostic::error(format!("`{operator}` is not an operator"))
                        .at(expression.span, "here"));
                };
                Ok(self.builder.binary(what, a, b))
            }
            ExpressionKind::Call(name, arguments) => match self.call(name, arguments)? {
                Some(value) => Ok(value),
                None => Err(Diagnostic::error(format!("`{}` is a PROCEDURE and has no value", name.text))
                    .at(name.span, "expected a FUNCTION")),
            },
        }
    }

    fn variable(&mut self, name: &str, span: Span) -> Lowered<Value> {
        self.used.insert(name.to_owned());
        if let Some(slot) = self.slot(name) {
            return Ok(self.read(slot));
        }
        match self.symbols.table.get(name) {
            Some(Symbol::Given(place)) => Ok(self.builder.load(*place)),
            Some(Symbol::Constant(number)) => Ok(self.builder.constant(*number)),
            _ => Err(self.unknown(name, span)),
        }
    }

    /// A function's value, or nothing for a procedure.
    fn call(&mut self, name: &Name, arguments: &[Expression]) -> Lowered<Option<Value>> {
        let function = find(&self.file.functions, &name.text);
        if let Some(routine) = function.or(find(&self.file.procedures, &name.text)) {
            let arguments: Vec<Value> =
                arguments.iter().map(|a| self.expression(a)).collect::<Lowered<_>>()?;
            let result = self.inline(routine, &arguments, name.span)?;
            return Ok(function.map(|_| result));
        }
        if functions::find(&name.text).is_none() {
            let own = self.file.functions.iter().chain(&self.file.procedures).map(|r| r.name.text.as_str());
            let mut known: Vec<&str> = own.collect();
            functions::names().for_each(|n| known.push(n));
            return Err(Diagnostic::error(format!("unknown function `{}`", name.text))
                .at(name.span, "not declared")
                .suggest(&name.text, known));
        }
        let function = functions::check(name, arguments.len())?;
        let arguments: Vec<Value> = arguments.iter().map(|a| self.expression(a)).collect::<Lowered<_>>()?;
        Ok(Some(match (function, arguments.as_slice()) {
            (Function::One(what), &[a]) => self.builder.unary(what, a),
            (Function::Two(what), &[a, b]) => self.builder.binary(what, a, b),
            _ => self.builder.constant(0.0),
        }))
    }

    /// Executes a routine in place; the value of the variable that bears its name is its result.
    fn inline(&mut self, routine: &Routine, arguments: &[Value], at: Span) -> Lowered<Value> {
        if self.calls.contains(&routine.name.text) {
            return Err(Diagnostic::error(format!("`{}` calls itself", routine.name.text))
                .at(at, "calls are inlined, so there is no recursion"));
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
        self.calls.push(routine.name.text.clone());
        let zero = self.builder.constant(0.0);
        let result = self.local();
        let mut scope = HashMap::from([(routine.name.text.clone(), result)]);
        self.values.insert(result, zero);
        for (argument, &value) in routine.arguments.iter().zip(arguments) {
            let slot = self.local();
            self.values.insert(slot, value);
            scope.insert(argument.text.clone(), slot);
        }
        // A routine sees the file's names and its own, not those of its caller.
        let outer = std::mem::replace(&mut self.scopes, vec![scope]);
        let done = self.statements(&routine.body);
        self.scopes = outer;
        self.calls.pop();
        done?;
        Ok(self.read(result))
    }
}

fn find<'a>(routines: &'a [Routine], name: &str) -> Option<&'a Routine> {
    routines.iter().find(|r| r.name.text == name)
}

fn not_a_state(name: &Name) -> Diagnostic {
    Diagnostic::error(format!("`{}` has a differential equation but is not a STATE", name.text))
        .at(name.span, "expected a STATE")
}
