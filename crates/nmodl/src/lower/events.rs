//! Events: NET_RECEIVE, what it keeps for each connection, and what it asks of the simulator.

use super::Lowered;
use super::block::Block;
use crate::diagnostic::Diagnostic;
use crate::ir::{Effect, EffectKind, Instruction, Place, Role, Value, VariableId};
use crate::syntax::{Expression, Name, Routine, Statement, Watched};

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
    fn message(&mut self, name: &str, value: Value) -> VariableId {
        let number = self.context.symbols.variables.len();
        let id = self.context.symbols.hidden(&format!("{name} message {number}"), Role::Message);
        self.writes.push(Instruction::Store(Place::Variable(id), value));
        id
    }
}
