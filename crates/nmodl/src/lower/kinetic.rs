//! KINETIC blocks: reactions become the rates of change of what reacts.

use std::collections::HashMap;

use super::Lowered;
use super::block::{Binding, Block, Slot};
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Binary, Role, Value, VariableId};
use crate::syntax::{Expression, Name, Reactant, Statement, Target};

/// What a KINETIC block has stated so far.
#[derive(Default)]
pub(super) struct Scheme {
    /// Sizes of the compartments in which states live; 1 where none is stated.
    pub volumes: HashMap<VariableId, Value>,
    /// Sums that are conserved: the state whose equation each replaces, and what is to be 0.
    pub conserved: Vec<(VariableId, Value)>,
    /// Placeholders of the states, in order, with their present values, where rates are taken at the beginning of the step.
    pub held: (Vec<Value>, Vec<Value>),
}

/// Whether no reaction has two partners. NEURON solves such a scheme in one go, with rates and fluxes that depend on states
/// taken at the beginning of the step; others it iterates.
pub(super) fn is_linear(statements: &[Statement]) -> bool {
    let alone = |side: &[Reactant]| side.len() <= 1 && side.iter().all(|r| r.coefficient == 1.0);
    statements.iter().all(|statement| match statement {
        Statement::Reaction { left, right, .. } => alone(left) && alone(right),
        Statement::If { then, otherwise, .. } => is_linear(then) && is_linear(otherwise),
        Statement::For { body, .. } | Statement::While { body, .. } => is_linear(body),
        _ => true,
    })
}

impl<'a> Block<'_, 'a> {
    /// `~ left <-> right (forward, backward)`: mass action.
    pub fn reaction(
        &mut self,
        left: &'a [Reactant],
        right: &'a [Reactant],
        forward: &'a Expression,
        backward: Option<&'a Expression>,
    ) -> Lowered<()> {
        let forward = self.rate_of_reaction(forward)?;
        let forward = self.mass_action(forward, left)?;
        let backward = match backward {
            Some(rate) => {
                let rate = self.rate_of_reaction(rate)?;
                self.mass_action(rate, right)?
            }
            None => self.builder.constant(0.0),
        };
        let net = self.builder.binary(Binary::Subtract, forward, backward);
        for reactant in left {
            self.flow(reactant, net, -1.0)?;
        }
        for reactant in right {
            self.flow(reactant, net, 1.0)?;
        }
        self.name_fluxes(forward, backward);
        Ok(())
    }

    /// `~ states << (flux)`.
    pub fn flux(&mut self, into: &'a [Reactant], flux: &'a Expression) -> Lowered<()> {
        let flux = self.rate_of_reaction(flux)?;
        for reactant in into {
            self.flow(reactant, flux, 1.0)?;
        }
        let zero = self.builder.constant(0.0);
        self.name_fluxes(zero, flux);
        Ok(())
    }

    fn rate_of_reaction(&mut self, rate: &'a Expression) -> Lowered<Value> {
        let rate = self.expression(rate)?;
        let (places, present) = &self.kinetic.held;
        let occurring = self.builder.occurring(rate, places).into_iter();
        let pairs: Vec<(Value, Value)> = occurring.map(|state| (places[state], present[state])).collect();
        Ok(self.builder.substitute_all(&[rate], &pairs)[0])
    }

    /// The fluxes of the last reaction, by the names that following statements know them.
    fn name_fluxes(&mut self, forward: Value, backward: Value) {
        for (name, value) in [("f_flux", forward), ("b_flux", backward)] {
            let slot = match self.slot(name) {
                Some(slot) => slot,
                None => {
                    let slot = self.local();
                    self.bind(name, Binding::One(slot));
                    slot
                }
            };
            self.values.insert(slot, value);
        }
    }

    /// A rate times the concentrations that take part.
    fn mass_action(&mut self, rate: Value, reactants: &'a [Reactant]) -> Lowered<Value> {
        let mut product = rate;
        for reactant in reactants {
            let slot = self.one_slot(&reactant.target)?;
            let mut concentration = self.read(slot);
            if reactant.coefficient != 1.0 {
                let power = self.builder.constant(reactant.coefficient);
                concentration = self.builder.binary(Binary::Power, concentration, power);
            }
            product = self.builder.binary(Binary::Multiply, product, concentration);
        }
        Ok(product)
    }

    /// Adds a flow to the rate of a state. What reacts without being a state keeps its concentration.
    fn flow(&mut self, reactant: &'a Reactant, net: Value, sign: f64) -> Lowered<()> {
        let slot = self.one_slot(&reactant.target)?;
        let Some(id) = self.state_of(slot) else { return Ok(()) };
        let coefficient = self.builder.constant(sign * reactant.coefficient);
        let part = self.builder.binary(Binary::Multiply, net, coefficient);
        let rate = self.read(Slot::Rate(id));
        let rate = self.builder.binary(Binary::Add, rate, part);
        self.set(Slot::Rate(id), rate);
        Ok(())
    }

    /// The slot of a reactant, whose index must be known.
    fn one_slot(&mut self, target: &'a Target) -> Lowered<Slot> {
        let (slots, index) = self.resolve(target)?;
        let Some(index) = index else { return Ok(slots.first) };
        let number = self.builder.number(index).ok_or_else(|| {
            Diagnostic::error("the index of a reacting state must be known beforehand")
                .at(target.name.span, "not a fixed number")
        })?;
        Ok(slots.at(number as usize))
    }

    /// The state that a slot is, own or an ion's concentration.
    pub fn state_of(&self, slot: Slot) -> Option<VariableId> {
        let symbols = &self.context.symbols;
        let id = match slot {
            Slot::Variable(id) => id,
            Slot::Ion(ion, quantity) => symbols.written(ion, quantity)?,
            _ => return None,
        };
        (symbols.variables[id.0 as usize].role == Role::State).then_some(id)
    }

    /// `CONSERVE sum = total`: replaces the equation of the last state that it names.
    pub fn conserve(&mut self, sum: &'a [Reactant], total: &'a Expression, span: Span) -> Lowered<()> {
        let mut balance = self.expression(total)?;
        balance = self.builder.negate(balance);
        let mut replaced = None;
        for term in sum {
            let slot = self.one_slot(&term.target)?;
            let coefficient = self.builder.constant(term.coefficient);
            let present = self.read(slot);
            let mut part = self.builder.binary(Binary::Multiply, present, coefficient);
            if let Some(id) = self.state_of(slot) {
                if let Some(&volume) = self.kinetic.volumes.get(&id) {
                    part = self.builder.binary(Binary::Multiply, part, volume);
                }
                if !self.kinetic.conserved.iter().any(|(taken, _)| *taken == id) {
                    replaced = Some(id);
                }
            }
            balance = self.builder.binary(Binary::Add, balance, part);
        }
        let Some(id) = replaced else {
            return Err(Diagnostic::error("CONSERVE names no state").at(span, "expected a sum of states"));
        };
        self.kinetic.conserved.push((id, balance));
        Ok(())
    }

    /// `COMPARTMENT volume { states }`; with an index, for every element of arrays.
    pub fn compartment(
        &mut self,
        index: Option<&'a Name>,
        volume: &'a Expression,
        states: &'a [Name],
    ) -> Lowered<()> {
        for name in states {
            self.context.used.insert(name.text.clone());
            let Some(slots) = self.slots(&name.text) else {
                let message = format!("COMPARTMENT names `{}`, which does not exist", name.text);
                self.context.warn(
                    Diagnostic::warning(message)
                        .code("compartment-of-nothing")
                        .at(name.span, "ignored, as in NEURON")
                        .help("expected a STATE"),
                );
                continue;
            };
            self.charge(slots.count, Some(name.span))?;
            for (number, slot) in slots.iter().enumerate() {
                let volume = self.at_index(index, number, volume)?;
                if let Some(id) = self.state_of(slot) {
                    self.kinetic.volumes.insert(id, volume);
                }
            }
        }
        Ok(())
    }
}
