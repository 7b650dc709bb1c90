//! Loops: unrolled where the number of repetitions is known while compiling, otherwise made one instruction with a body.

use std::collections::{BTreeSet, HashMap};

use super::Lowered;
use super::block::{Binding, Block, Slot};
use crate::diagnostic::{Diagnostic, Span};
use crate::ir::{Binary, Place, Unary, Value};
use crate::syntax::{Expression, Name, Statement};

impl<'a> Block<'_, 'a> {
    /// `FROM i = a TO b BY c { … }`.
    pub fn counted(
        &mut self,
        variable: &'a Name,
        [from, to]: [&'a Expression; 2],
        by: Option<&'a Expression>,
        body: &'a [Statement],
    ) -> Lowered<()> {
        let (first, last) = (self.expression(from)?, self.expression(to)?);
        let step = match by {
            Some(by) => self.expression(by)?,
            None => self.builder.constant(1.0),
        };
        let number = |block: &Self, value| block.builder.number(value).filter(|n| n.is_finite());
        if number(self, step).is_some_and(|by| by.trunc() <= 0.0) {
            return Err(
                Diagnostic::error("a FROM loop counts upwards").at(variable.span, "expected BY 1 or more")
            );
        }
        let slot = self.local();
        self.counters.push(slot);
        self.scopes.push(HashMap::from([(variable.text.clone(), Binding::One(slot))]));
        let done = match (number(self, first), number(self, last), number(self, step)) {
            (Some(first), Some(last), Some(step)) => {
                self.unrolled(slot, [first.trunc(), last.trunc(), step.trunc()], variable.span, body)
            }
            _ => {
                let first = self.whole(first);
                self.values.insert(slot, first);
                let condition = |block: &mut Self| {
                    let last = block.expression(to)?;
                    let (count, last) = (block.read(slot), block.whole(last));
                    Ok(block.builder.binary(Binary::LessEqual, count, last))
                };
                let repetition = |block: &mut Self| {
                    block.repetition(variable.span, body)?;
                    let count = block.read(slot);
                    let step = block.whole(step);
                    let next = block.builder.binary(Binary::Add, count, step);
                    block.set(slot, next);
                    Ok(())
                };
                self.at_run_time(variable.span, &condition, &repetition)
            }
        };
        self.scopes.pop();
        self.counters.pop();
        done
    }

    fn unrolled(
        &mut self,
        slot: Slot,
        [first, last, step]: [f64; 3],
        span: Span,
        body: &'a [Statement],
    ) -> Lowered<()> {
        let mut count = first;
        while count <= last {
            self.count(Some(span))?;
            let value = self.builder.constant(count);
            self.values.insert(slot, value);
            self.repetition(span, body)?;
            count += step;
        }
        Ok(())
    }

    /// `while (condition) { … }`: unrolled as far as the condition is known now.
    pub fn repeated(&mut self, condition: &'a Expression, body: &'a [Statement]) -> Lowered<()> {
        loop {
            self.count(Some(condition.span))?;
            let before = self.snapshot();
            let value = self.expression(condition)?;
            match self.builder.number(value) {
                Some(number) if number != 0.0 => self.repetition(condition.span, body)?,
                Some(_) => return Ok(()),
                None => {
                    self.restore(before);
                    return self.at_run_time(
                        condition.span,
                        &|block| block.expression(condition),
                        &|block| block.repetition(condition.span, body),
                    );
                }
            }
        }
    }

    fn repetition(&mut self, span: Span, body: &'a [Statement]) -> Lowered<()> {
        self.scoped(body)?;
        if self.is_left() {
            return Err(Diagnostic::error("a routine cannot be left inside a loop")
                .at(span, "a `return` of C ends its repetitions")
                .help("set a flag and let the loop's condition ask for it"));
        }
        Ok(())
    }

    /// A loop that the run repeats. What a repetition changes is found by executing it, with placeholders for what was
    /// found so far, until nothing new is found.
    fn at_run_time(
        &mut self,
        span: Span,
        condition: &dyn Fn(&mut Self) -> Lowered<Value>,
        repetition: &dyn Fn(&mut Self) -> Lowered<()>,
    ) -> Lowered<()> {
        let before = self.snapshot();
        self.charge(self.written.len(), Some(span))?;
        let outside = std::mem::take(&mut self.written);
        let (locals, effects) = (self.locals, self.context.effects.len());
        let is_outer = |slot: &Slot| !matches!(slot, Slot::Local(number) if *number > locals);
        let mut changed: BTreeSet<Slot> = BTreeSet::new();
        loop {
            self.charge(changed.len(), Some(span))?;
            let mut carried: Vec<(Value, Value)> = Vec::with_capacity(changed.len());
            for &slot in &changed {
                let start = self.read(slot);
                let place = self.builder.load(Place::Carried(self.placeholders));
                self.placeholders += 1;
                self.values.insert(slot, place);
                carried.push((place, start));
            }
            let starts = self.values.now();
            let holds = condition(self)?;
            repetition(self)?;
            if self.context.effects.len() != effects {
                return Err(Diagnostic::error("an event cannot be asked for in a loop of unknown length")
                    .at(span, "how often it is repeated is known only at run time")
                    .help("ask for it outside the loop, or use FROM with fixed bounds"));
            }
            let known = changed.len();
            changed.extend(self.written.iter().copied().filter(is_outer));
            if changed.len() == known {
                let next: Vec<Value> = changed.iter().map(|&slot| self.read(slot)).collect();
                let results = self.builder.iterate(&carried, holds, &next);
                self.values.rewind(starts);
                for (&slot, value) in changed.iter().zip(results) {
                    self.values.insert(slot, value);
                }
                self.written.extend(outside);
                return Ok(());
            }
            self.restore(before);
        }
    }

    /// A number cut to a whole one, as C does.
    fn whole(&mut self, value: Value) -> Value {
        if let Some(number) = self.builder.number(value) {
            return self.builder.constant(number.trunc());
        }
        let zero = self.builder.constant(0.0);
        let negative = self.builder.binary(Binary::Less, value, zero);
        let (up, down) = (self.builder.unary(Unary::Ceil, value), self.builder.unary(Unary::Floor, value));
        self.builder.select(negative, up, down)
    }
}
