//! LONGITUDINAL_DIFFUSION: what the simulator needs for a step along the cable, and how states take over its result.

use super::Lowered;
use super::block::{Binding, Block};
use super::solve::solved_blocks;
use crate::diagnostic::Diagnostic;
use crate::ir::{Diffusing, Place, Value};
use crate::syntax::{Expression, Name, Statement};

impl<'a> Block<'_, 'a> {
    /// Stores concentration, coefficient and volume of every diffusing state of the blocks that BREAKPOINT solves.
    pub fn diffusion(&mut self) -> Lowered<()> {
        let file = self.context.file;
        let blocks = solved_blocks(&file.breakpoint);
        for (_, routine) in file.equations.iter().filter(|(_, r)| blocks.contains(r.name.text.as_str())) {
            for statement in &routine.body {
                if let Statement::LongitudinalDiffusion { index, coefficient, states } = statement {
                    for name in states {
                        self.diffusing(&routine.body, index.as_ref(), coefficient, name)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn diffusing(
        &mut self,
        block: &'a [Statement],
        index: Option<&'a Name>,
        coefficient: &'a Expression,
        name: &'a Name,
    ) -> Lowered<()> {
        let volume = block.iter().find_map(|statement| match statement {
            Statement::Compartment { index, volume, states }
                if states.iter().any(|s| s.text == name.text) =>
            {
                Some((index.as_ref(), volume))
            }
            _ => None,
        });
        self.context.used.insert(name.text.clone());
        let Some(slots) = self.slots(&name.text) else {
            return Err(self.unknown(&name.text, name.span));
        };
        self.charge(slots.count, Some(name.span))?;
        for (number, slot) in slots.iter().enumerate() {
            if self.state_of(slot).is_none() {
                return Err(Diagnostic::error(format!("`{}` diffuses but is not a STATE", name.text))
                    .at(name.span, "expected a STATE"));
            }
            let coefficient = self.at_index(index, number, coefficient)?;
            let volume = match volume {
                Some((index, volume)) => self.at_index(index, number, volume)?,
                None => self.builder.constant(1.0),
            };
            let concentration = self.read(slot);
            let diffusing = Diffusing {
                concentration: self.message("diffusion", concentration),
                coefficient: self.message("diffusion", coefficient),
                volume: self.message("diffusion", volume),
            };
            self.context.diffusing.push((diffusing, slot));
        }
        Ok(())
    }

    /// An expression for one element of an array.
    pub fn at_index(
        &mut self,
        index: Option<&'a Name>,
        number: usize,
        expression: &'a Expression,
    ) -> Lowered<Value> {
        if let Some(index) = index {
            let counter = self.local();
            let value = self.builder.constant(number as f64);
            self.values.insert(counter, value);
            self.bind(&index.text, Binding::One(counter));
        }
        self.expression(expression)
    }

    /// Gives the states what the step left.
    pub fn diffused(&mut self) {
        for (diffusing, slot) in self.context.diffusing.clone() {
            let value = self.builder.load(Place::Variable(diffusing.concentration));
            self.set(slot, value);
        }
    }
}
