//! Expressions and calls under symbolic execution.

use super::Lowered;
use super::block::{Binding, Block, Slot};
use crate::diagnostic::{Diagnostic, Span};
use crate::functions::{self, Distribution, Function};
use crate::ir::{Binary, Place, Role, TableId, Unary, Value};
use crate::singular;
use crate::symbols::Symbol;
use crate::syntax::{Expression, ExpressionKind, Name, Routine};

/// J/(mol·K) and C/mol, for Goldman, Hodgkin & Katz's equation.
const GAS: f64 = 8.314_462_618_153_24;
const FARADAY: f64 = 96_485.332_123_310_01;

/// What it costs to ask whether an element of an array is meant, in executed expressions.
pub(super) const ELEMENT: usize = 4;

impl<'a> Block<'_, 'a> {
    pub fn expression(&mut self, expression: &'a Expression) -> Lowered<Value> {
        self.charge(1, Some(expression.span))?;
        self.deeper(expression.span, |block| block.expression_here(expression))
    }

    fn expression_here(&mut self, expression: &'a Expression) -> Lowered<Value> {
        match &expression.kind {
            ExpressionKind::Number(number, _) => Ok(self.builder.constant(*number)),
            ExpressionKind::Text => {
                Err(Diagnostic::error("a text has no value").at(expression.span, "expected a number"))
            }
            ExpressionKind::Variable(name) => self.variable(name, expression.span),
            ExpressionKind::Element(name, index) => self.element(name, index),
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
                if what == Binary::Divide {
                    return self.quotient(a, b, expression.span);
                }
                Ok(self.builder.binary(what, a, b))
            }
            ExpressionKind::Call(name, arguments) => match self.call(name, arguments)? {
                Some(value) => Ok(value),
                None => Ok(self.builder.constant(0.0)),
            },
        }
    }

    /// A quotient, with its limit where it is 0/0 and the text does not keep away from that.
    fn quotient(&mut self, top: Value, bottom: Value, span: Span) -> Lowered<Value> {
        let quotient = self.builder.binary(Binary::Divide, top, bottom);
        let Some(singular) = singular::find(&self.builder, top, bottom) else { return Ok(quotient) };
        self.charge(singular::WORK * (1 + self.guards.len()), Some(span))?;
        let excluded =
            |&(condition, holds): &(Value, bool)| singular.is_excluded(&self.builder, condition, holds);
        if self.guards.iter().any(excluded) || singular.is_avoided(&self.builder) {
            return Ok(quotient);
        }
        self.context.warn(
            Diagnostic::warning("a quotient that is 0/0 at one place")
                .code("singular-quotient")
                .at(span, "not a number there in NEURON; here it has its limit"),
        );
        Ok(singular.completed(&mut self.builder, quotient))
    }

    fn variable(&mut self, name: &str, span: Span) -> Lowered<Value> {
        self.context.used.insert(name.to_owned());
        if let Some(slot) = self.slot(name) {
            return Ok(self.read(slot));
        }
        match self.context.symbols.table.get(name) {
            Some(Symbol::Constant(number)) if self.elements(name).is_none() => {
                Ok(self.builder.constant(*number))
            }
            // NEURON's C takes the first element where no index is given.
            _ => match self.elements(name).map(|elements| elements.first) {
                Some(slot) => {
                    self.context.warn(
                        Diagnostic::warning(format!("`{name}` is an array"))
                            .code("array-without-index")
                            .at(span, "without an index its first element is meant")
                            .help(format!("`{name}[0]` says so")),
                    );
                    Ok(self.read(slot))
                }
                None => Err(self.unknown(name, span)),
            },
        }
    }

    fn element(&mut self, name: &'a Name, index: &'a Expression) -> Lowered<Value> {
        self.context.used.insert(name.text.clone());
        let Some(elements) = self.elements(&name.text) else {
            return Err(match self.slot(&name.text) {
                Some(_) => Diagnostic::error(format!("`{}` is not an array", name.text))
                    .at(name.span.to(index.span), "it has no elements"),
                None => self.unknown(&name.text, name.span),
            });
        };
        let index = self.expression(index)?;
        self.check_index(index, elements.count, name)?;
        if let Some(number) = self.builder.number(index) {
            return Ok(self.read(elements.at(number as usize)));
        }
        self.charge(ELEMENT * elements.count, Some(name.span))?;
        let whole = self.builder.unary(Unary::Floor, index);
        let mut chosen = self.builder.constant(f64::NAN);
        for (number, slot) in elements.iter().enumerate() {
            let number = self.builder.constant(number as f64);
            let meant = self.builder.binary(Binary::Equal, whole, number);
            let value = self.read(slot);
            chosen = self.builder.select(meant, value, chosen);
        }
        Ok(chosen)
    }

    /// A call as a statement.
    pub fn call_statement(&mut self, name: &'a Name, arguments: &'a [Expression]) -> Lowered<()> {
        match (name.text.as_str(), arguments) {
            ("state_discontinuity", [target, value]) => {
                let value = self.expression(value)?;
                let (name, index) = match &target.kind {
                    ExpressionKind::Variable(text) => (Name { text: text.clone(), span: target.span }, None),
                    ExpressionKind::Element(name, index) => (name.clone(), Some(index)),
                    _ => {
                        return Err(Diagnostic::error("state_discontinuity takes a state and a value")
                            .at(name.span, "expected a state"));
                    }
                };
                self.context.used.insert(name.text.clone());
                let slot = match (self.slot(&name.text), self.elements(&name.text), index) {
                    (Some(slot), _, None) => slot,
                    (None, Some(elements), Some(index)) => {
                        let index = self.expression(index)?;
                        self.check_index(index, elements.count, &name)?;
                        let number = self.builder.number(index).ok_or_else(|| {
                            Diagnostic::error("the index of a state must be known beforehand")
                                .at(target.span, "not a fixed number")
                        })?;
                        elements.at(number as usize)
                    }
                    _ => return Err(self.unknown(&name.text, name.span)),
                };
                self.set(slot, value);
                Ok(())
            }
            ("net_send" | "net_event" | "net_move", _) if !self.is_own(&name.text) => {
                self.event(name, arguments)
            }
            _ => self.call(name, arguments).map(|_| ()),
        }
    }

    fn is_own(&self, name: &str) -> bool {
        self.context.functions.contains_key(name) || self.context.procedures.contains_key(name)
    }

    /// A function's value, or nothing for a procedure.
    fn call(&mut self, name: &'a Name, arguments: &'a [Expression]) -> Lowered<Option<Value>> {
        let file = self.context.file;
        let function = self.context.functions.get(name.text.as_str()).copied();
        if let Some(routine) = function.or(self.context.procedures.get(name.text.as_str()).copied()) {
            let arguments = self.values_of(arguments)?;
            let result = self.inline(routine, &arguments, name.span)?;
            return Ok(function.map(|_| result));
        }
        if let Some(table) = file.tables.iter().position(|t| t.name.text == name.text) {
            let arguments = self.values_of(arguments)?;
            let &[argument] = arguments.as_slice() else {
                return Err(Diagnostic::error(format!(
                    "`{}` takes {} arguments",
                    name.text,
                    arguments.len()
                ))
                .at(name.span, "a FUNCTION_TABLE of one argument is supported"));
            };
            return Ok(Some(self.builder.lookup(TableId(table as u32), argument)));
        }
        if functions::find(&name.text).is_none() {
            let own = file.functions.iter().chain(&file.procedures).map(|r| r.name.text.as_str());
            let mut known: Vec<&str> = own.collect();
            functions::names().for_each(|name| known.push(name));
            return Err(Diagnostic::error(format!("unknown function `{}`", name.text))
                .at(name.span, "not declared")
                .suggest(&name.text, known));
        }
        let function = functions::check(name, arguments.len())?;
        if function == Function::Nothing {
            return Ok(None);
        }
        if let Function::Random(distribution) = function {
            // random_normal(r, …): the first argument is the generator.
            let generator = matches!(
                arguments.first().map(|a| &a.kind),
                Some(ExpressionKind::Variable(n)) if self.context.symbols.table.get(n) == Some(&Symbol::Random)
            );
            let mut parameters = self.values_of(&arguments[usize::from(generator)..])?;
            // scop_random takes a generator's state in some files; NEURON ignores it.
            if name.text == "scop_random" {
                parameters.clear();
            }
            return Ok(Some(self.draw(distribution, &parameters)));
        }
        let arguments = self.values_of(arguments)?;
        Ok(Some(match (function, arguments.as_slice()) {
            (Function::One(what), &[a]) => self.builder.unary(what, a),
            (Function::Two(what), &[a, b]) => self.builder.binary(what, a, b),
            (Function::AtTime, &[when]) => self.at_time(when),
            (Function::Ghk, &[v, inside, outside, valence]) => self.ghk(v, inside, outside, valence),
            _ => self.builder.constant(0.0),
        }))
    }

    fn values_of(&mut self, expressions: &'a [Expression]) -> Lowered<Vec<Value>> {
        expressions.iter().map(|e| self.expression(e)).collect()
    }

    /// Whether the step that ends at `t` passes `when`, as NEURON decides it: t − dt < when − 1e-11 ≤ t.
    fn at_time(&mut self, when: Value) -> Value {
        let early = self.builder.constant(1e-11);
        let when = self.builder.binary(Binary::Subtract, when, early);
        let t = self.read(Slot::Given(Place::Time));
        let dt = self.read(Slot::Given(Place::TimeStep));
        let reached = self.builder.binary(Binary::LessEqual, when, t);
        let start = self.builder.binary(Binary::Subtract, t, dt);
        let new = self.builder.binary(Binary::Greater, when, start);
        self.builder.binary(Binary::And, reached, new)
    }

    /// z F (cᵢ f(−u) − cₒ f(u)) with u = zv/(RT/F) and f(u) = u/(eᵘ − 1), in mA/cm² for a permeability of 1 cm/s.
    fn ghk(&mut self, v: Value, inside: Value, outside: Value, valence: Value) -> Value {
        let celsius = self.read(Slot::Given(Place::Celsius));
        let zero_celsius = self.builder.constant(273.15);
        let kelvin = self.builder.binary(Binary::Add, celsius, zero_celsius);
        let per_kelvin = self.builder.constant(1000.0 * GAS / FARADAY);
        let thermal = self.builder.binary(Binary::Multiply, per_kelvin, kelvin);
        let charge = self.builder.binary(Binary::Multiply, valence, v);
        let u = self.builder.binary(Binary::Divide, charge, thermal);
        let minus_u = self.builder.negate(u);
        let (above, below) = (self.exponential_relative(u), self.exponential_relative(minus_u));
        let outward = self.builder.binary(Binary::Multiply, inside, below);
        let inward = self.builder.binary(Binary::Multiply, outside, above);
        let net = self.builder.binary(Binary::Subtract, outward, inward);
        let scale = self.builder.constant(0.001 * FARADAY);
        let scale = self.builder.binary(Binary::Multiply, scale, valence);
        self.builder.binary(Binary::Multiply, scale, net)
    }

    /// x/(eˣ − 1), and 1 − x/2 near 0.
    fn exponential_relative(&mut self, x: Value) -> Value {
        let (one, half, near) =
            (self.builder.constant(1.0), self.builder.constant(0.5), self.builder.constant(1e-4));
        let size = self.builder.unary(Unary::Abs, x);
        let small = self.builder.binary(Binary::Less, size, near);
        let part = self.builder.binary(Binary::Multiply, half, x);
        let series = self.builder.binary(Binary::Subtract, one, part);
        let exponential = self.builder.unary(Unary::Exp, x);
        let denominator = self.builder.binary(Binary::Subtract, exponential, one);
        let quotient = self.builder.binary(Binary::Divide, x, denominator);
        self.builder.select(small, series, quotient)
    }

    /// A random number; every draw takes the next of the instance's stream.
    pub fn draw(&mut self, distribution: Distribution, parameters: &[Value]) -> Value {
        let or = |block: &mut Self, index: usize, default: f64| {
            parameters.get(index).copied().unwrap_or_else(|| block.builder.constant(default))
        };
        let first = self.uniform();
        match distribution {
            Distribution::Uniform => {
                let (low, high) = (or(self, 0, 0.0), or(self, 1, 1.0));
                let width = self.builder.binary(Binary::Subtract, high, low);
                let part = self.builder.binary(Binary::Multiply, first, width);
                self.builder.binary(Binary::Add, low, part)
            }
            Distribution::Exponential => {
                let mean = or(self, 0, 1.0);
                let logarithm = self.builder.unary(Unary::Log, first);
                let scaled = self.builder.binary(Binary::Multiply, mean, logarithm);
                self.builder.negate(scaled)
            }
            // Box & Muller, Ann. Math. Statist. 29, 1958; one of the two numbers is used.
            Distribution::Normal => {
                let (mean, deviation) = (or(self, 0, 0.0), or(self, 1, 1.0));
                let second = self.uniform();
                let logarithm = self.builder.unary(Unary::Log, first);
                let minus_two = self.builder.constant(-2.0);
                let square = self.builder.binary(Binary::Multiply, minus_two, logarithm);
                let radius = self.builder.unary(Unary::Sqrt, square);
                let turn = self.builder.constant(2.0 * std::f64::consts::PI);
                let angle = self.builder.binary(Binary::Multiply, turn, second);
                let cosine = self.builder.unary(Unary::Cos, angle);
                let unit = self.builder.binary(Binary::Multiply, radius, cosine);
                let scaled = self.builder.binary(Binary::Multiply, deviation, unit);
                self.builder.binary(Binary::Add, mean, scaled)
            }
        }
    }

    fn uniform(&mut self) -> Value {
        let draws = match self.context.draws {
            Some(id) => id,
            None => {
                let id = self.context.symbols.hidden("random draws", Role::Draws);
                self.context.draws = Some(id);
                id
            }
        };
        let stream = self.builder.load(Place::Stream);
        let slot = Slot::Variable(draws);
        let count = self.read(slot);
        let one = self.builder.constant(1.0);
        let next = self.builder.binary(Binary::Add, count, one);
        self.set(slot, next);
        self.builder.binary(Binary::Random, stream, count)
    }

    /// Names for a block's arguments.
    pub fn bind_arguments(&mut self, routine: &Routine) {
        for (index, argument) in routine.arguments.iter().enumerate() {
            self.bind(&argument.name.text, Binding::One(Slot::Argument(index as u32)));
        }
        self.bind("flag", Binding::One(Slot::Argument(routine.arguments.len() as u32)));
    }
}
