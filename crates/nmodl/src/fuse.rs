//! Several programs that run one after the other over the same instances become one.
//!
//! In come programs and, for each, which places of the common memory its places are; out goes one program that loads
//! every place once at its start, keeps between programs what one writes and the next reads, and writes every place
//! once at its end. Equal values are shared across programs. What is computed is the same to the bit.

use std::collections::HashMap;

use crate::builder::Builder;
use crate::ir::{Instruction, LoopId, Place, Program, TableId, Value};

/// Where the sum of a place begins that programs accumulate into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// At nothing.
    Zero,
    /// At what a place holds.
    Of(Place),
}

/// Programs being joined.
#[derive(Default)]
pub struct Fusion {
    builder: Builder,
    /// What places hold by now.
    known: HashMap<Place, Value>,
    /// Places that were written, in the order of their first write.
    written: Vec<Place>,
    /// What is accumulated into places whose sum nobody began here.
    added: Vec<Instruction>,
    loops: u32,
}

impl Fusion {
    /// Nothing joined yet.
    pub fn new() -> Self {
        Self { builder: Builder::unbounded(), ..Self::default() }
    }

    /// Begins a sum; it is written even if no program adds to it.
    pub fn begin(&mut self, sum: Place, start: Start) {
        let value = match start {
            Start::Zero => self.builder.constant(0.0),
            Start::Of(place) => self.builder.load(place),
        };
        self.write(sum, value);
    }

    fn write(&mut self, place: Place, value: Value) {
        if !self.written.contains(&place) {
            self.written.push(place);
        }
        self.known.insert(place, value);
    }

    /// Appends a program; `common` says which place of the common memory each of its places is, and its tables count from
    /// `first_table` on.
    pub fn append(&mut self, program: &Program, first_table: u32, common: &mut dyn FnMut(Place) -> Place) {
        let mut values: Vec<Value> = Vec::with_capacity(program.instructions.len());
        let mut writes = Vec::new();
        for &instruction in &program.instructions {
            let instruction = instruction.with_operands(|v| values[v.0 as usize]);
            values.push(match instruction {
                Instruction::Store(..) | Instruction::Accumulate(..) => {
                    writes.push(instruction);
                    Value(u32::MAX)
                }
                Instruction::Load(place) => {
                    let place = common(place);
                    let known = self.known.get(&place).copied();
                    known.unwrap_or_else(|| self.builder.load(place))
                }
                Instruction::Lookup(table, a) => self.builder.lookup(TableId(table.0 + first_table), a),
                Instruction::Iterate(id, list) => {
                    self.builder.emit(Instruction::Iterate(LoopId(id.0 + self.loops), list))
                }
                pure => self.builder.emit(pure),
            });
        }
        self.loops += self.builder.take_loops(program, first_table);
        for write in writes {
            match write {
                Instruction::Store(place, value) => self.write(common(place), value),
                Instruction::Accumulate(place, value) => {
                    let place = common(place);
                    match self.known.get(&place) {
                        Some(&sum) => {
                            let sum = self.builder.binary(crate::ir::Binary::Add, sum, value);
                            self.write(place, sum);
                        }
                        None => self.added.push(Instruction::Accumulate(place, value)),
                    }
                }
                _ => {}
            }
        }
    }

    /// The joined program.
    pub fn finish(self) -> Program {
        let Self { builder, known, written, mut added, .. } = self;
        let stores = written.iter().filter_map(|place| Some(Instruction::Store(*place, *known.get(place)?)));
        added.extend(stores);
        builder.finish(added)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Binary, VariableId};

    fn program(instructions: Vec<Instruction>) -> Program {
        Program { instructions, loops: Vec::new() }
    }

    /// What is written by the next program is read by the one after, sums are written once, and loads are shared.
    #[test]
    fn values_pass_from_program_to_program() {
        let variable = |n| Place::Variable(VariableId(n));
        let (load, v) = (Instruction::Load, Value);
        // x ← x + v
        let first = program(vec![
            load(variable(0)),
            load(Place::Voltage),
            Instruction::Binary(Binary::Add, v(0), v(1)),
            Instruction::Store(variable(0), v(2)),
        ]);
        // i += v · x, with x under another number
        let second = program(vec![
            load(Place::Voltage),
            load(variable(5)),
            Instruction::Binary(Binary::Multiply, v(0), v(1)),
            Instruction::Accumulate(Place::MembraneCurrent, v(2)),
        ]);
        let mut fusion = Fusion::new();
        fusion.begin(Place::MembraneCurrent, Start::Zero);
        fusion.append(&first, 0, &mut |place| place);
        let mut renumbered = |place| if place == variable(5) { variable(0) } else { place };
        fusion.append(&second, 0, &mut renumbered);
        fusion.append(&second, 0, &mut renumbered);
        let fused = fusion.finish();
        let count = |f: fn(&Instruction) -> bool| fused.instructions.iter().filter(|i| f(i)).count();
        assert_eq!(count(|i| matches!(i, Instruction::Load(_))), 2);
        assert_eq!(count(|i| matches!(i, Instruction::Binary(Binary::Multiply, ..))), 1);
        assert_eq!(count(|i| matches!(i, Instruction::Accumulate(..))), 0);
        assert_eq!(count(|i| matches!(i, Instruction::Store(..))), 2);
        let last = fused.instructions.iter().rev().find_map(|i| match i {
            Instruction::Store(Place::MembraneCurrent, value) => Some(fused.instructions[value.0 as usize]),
            _ => None,
        });
        assert!(matches!(last, Some(Instruction::Binary(Binary::Add, a, b)) if a == b), "{last:?}");
    }
}
