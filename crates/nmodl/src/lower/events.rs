//! Events: NET_RECEIVE, what it keeps for each connection, and what it asks of the simulator.

use super::Lowered;
use std::collections::HashMap;

use super::block::{Binding, Block, Slot};
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Effect, EffectKind, Instruction, Place, Role, Source, Value, VariableId};
use crate::syntax::{Argument, Expression, Name, Routine, Statement, Watched};

impl<'a> Block<'_, 'a> {
    /// NET_RECEIVE without its INITIAL.
    pub fn net_receive(&mut self, routine: &'a Routine) -> Lowered<()> {
        self.bind_arguments(routine);
        self.statements(&routine.body)
    }

    /// The INITIAL inside NET_RECEIVE.
    pub fn net_initial(&mut self, routine: &'a Routine) -> Lowered<()> {
        self.bind_arguments(routine);
        for statement in &routine.body {
            if let Statement::NetInitial(body) = statement {
                self.statements(body)?;
            }
        }
        Ok(())
    }

    /// Stores whether each watched condition holds.
    pub fn watch(&mut self) -> Lowered<()> {
        for (condition, id) in self.context.watched.clone() {
            let holds = self.expression(condition)?;
            self.writes.push(Instruction::Store(Place::Variable(id), holds));
        }
        Ok(())
    }

    /// `net_send(delay, flag)`, `net_event(time)`, `net_move(time)`.
    pub fn event(&mut self, name: &'a Name, arguments: &'a [Expression]) -> Lowered<()> {
        let values: Vec<Value> =
            arguments.iter().map(|argument| self.expression(argument)).collect::<Lowered<_>>()?;
        let takes = if name.text == "net_send" { 2 } else { 1 };
        if values.len() != takes {
            return Err(Diagnostic::error(format!(
                "`{}` takes {takes} arguments, not {}",
                name.text,
                values.len()
            ))
            .at(name.span, "here"));
        }
        let condition = self.effect_condition(name)?;
        let mut stored = values.into_iter().map(|value| self.message(&name.text, value)).collect::<Vec<_>>();
        let kind = match (name.text.as_str(), stored.pop(), stored.pop()) {
            ("net_send", Some(flag), Some(delay)) => EffectKind::Send { delay, flag },
            ("net_event", Some(time), _) => EffectKind::Event { time },
            (_, Some(time), _) => EffectKind::Move { time },
            _ => return Ok(()),
        };
        self.ask(condition, kind);
        Ok(())
    }

    /// `WATCH (condition) flag`.
    pub fn activate_watch(&mut self, watched: &'a [Watched]) -> Lowered<()> {
        for Watched { condition, flag } in watched {
            let here = Name { text: "WATCH".to_owned(), span: condition.span };
            let active = self.effect_condition(&here)?;
            let flag = self.expression(flag)?;
            let flag = self.message("WATCH", flag);
            let holds = self.context.symbols.hidden("WATCH holds", Role::Message);
            self.context.watched.push((condition, holds));
            self.ask(active, EffectKind::Watch { holds, flag });
        }
        Ok(())
    }

    /// Whether the statement that is being executed is reached, as something to be stored.
    fn effect_condition(&mut self, name: &Name) -> Lowered<Value> {
        if self.source.is_none() {
            return Err(Diagnostic::error(format!("`{}` has no place here", name.text))
                .at(name.span, "expected it in INITIAL, NET_RECEIVE or what SOLVE executes"));
        }
        let one = self.builder.constant(1.0);
        Ok(self.path.unwrap_or(one))
    }

    fn ask(&mut self, condition: Value, kind: EffectKind) {
        let condition = self.message("condition", condition);
        if let Some(source) = self.source {
            self.context.effects.push(Effect { source, condition, kind });
        }
    }

    /// Stores a value where the simulator looks for it.
    pub fn message(&mut self, name: &str, value: Value) -> VariableId {
        let number = self.context.symbols.variables.len();
        let id = self.context.symbols.hidden(&format!("{name} message {number}"), Role::Message);
        self.writes.push(Instruction::Store(Place::Variable(id), value));
        id
    }

    /// `FOR_NETCONS (arguments) { … }`: the body becomes a program of its own, which the simulator runs for every connection
    /// when the block is done. What it uses of the block around it is handed over; what it changes are the connections'
    /// arguments.
    pub fn for_netcons(
        &mut self,
        arguments: &'a [Argument],
        body: &'a [Statement],
        span: Span,
    ) -> Lowered<()> {
        let received = self.context.file.net_receive.as_ref().map_or(0, |r| r.arguments.len());
        if self.source != Some(Source::NetReceive) {
            return Err(
                Diagnostic::error("FOR_NETCONS has no place here").at(span, "expected it in NET_RECEIVE")
            );
        }
        if arguments.len() != received {
            let message = format!("FOR_NETCONS names {} arguments of {received}", arguments.len());
            return Err(Diagnostic::error(message).at(span, "expected as many as NET_RECEIVE has"));
        }
        let condition = self.path.unwrap_or(self.builder.constant(1.0));
        // The names of NET_RECEIVE's arguments mean those of the event inside too.
        let names: Vec<(String, Binding)> =
            self.scopes.iter().flatten().map(|(name, binding)| (name.clone(), *binding)).collect();
        for (name, binding) in names {
            if let Binding::One(slot @ Slot::Argument(_)) = binding {
                let (local, value) = (self.local(), self.read(slot));
                self.values.insert(local, value);
                self.bind(&name, Binding::One(local));
            }
        }
        let mut inner = Block::new(&mut *self.context, None);
        inner.scopes.clone_from(&self.scopes);
        inner.locals = self.locals;
        inner.captured = Some(Captured { locals: self.locals, variables: Vec::new() });
        inner.scopes.push(HashMap::new());
        for (index, argument) in arguments.iter().enumerate() {
            inner.bind(&argument.name.text, Binding::One(Slot::Argument(index as u32)));
        }
        inner.body(body)?;
        let captured = inner.captured.take().map_or_else(Vec::new, |c| c.variables);
        let program = inner.finish();
        let only_arguments = program
            .instructions
            .iter()
            .all(|i| !matches!(i, Instruction::Store(place, _) if !matches!(place, Place::Argument(_))));
        if !only_arguments {
            return Err(Diagnostic::error("FOR_NETCONS changes a variable of the mechanism")
                .at(span, "only the arguments of connections can be changed in it"));
        }
        for (slot, id) in captured {
            let value = self.read(slot);
            self.writes.push(Instruction::Store(Place::Variable(id), value));
        }
        let number = self.context.for_connections.len() as u32;
        self.context.for_connections.push(program);
        self.ask(condition, EffectKind::Connections(number));
        Ok(())
    }

    /// In the body of FOR_NETCONS, the value that a slot of the block around it has there.
    pub fn capture(&mut self, slot: Slot) -> Option<Value> {
        let locals = self.captured.as_ref()?.locals;
        let is_outer = match slot {
            Slot::Local(number) => number <= locals,
            Slot::Variable(id) => {
                !matches!(self.context.symbols.variables[id.0 as usize].role, Role::Parameter { .. })
            }
            _ => false,
        };
        if !is_outer {
            return None;
        }
        let number = self.context.symbols.variables.len();
        let id = self.context.symbols.hidden(&format!("FOR_NETCONS message {number}"), Role::Message);
        self.captured.as_mut()?.variables.push((slot, id));
        let value = self.builder.load(Place::Variable(id));
        self.values.insert(slot, value);
        Some(value)
    }
}

/// What a FOR_NETCONS body uses of the block around it.
pub(super) struct Captured {
    /// Locals up to this one are the block's.
    locals: u32,
    /// Slots, and the variables that hand their values over.
    variables: Vec<(Slot, VariableId)>,
}
