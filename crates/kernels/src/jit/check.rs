//! Checks an allocation: replays it with the names of values in place of their numbers.
//!
//! It knows nothing of how registers were chosen. Every operand must hold the value that the step asks for, wherever it lies;
//! every step must be taken once and in order; what the loop relies on in its next round must still be there at its end.

use std::collections::HashMap;
use std::fmt;

use super::allocate::{Allocation, Location, Placed, from_memory};
use super::code::{Code, Id, Kind, What};
use super::target::Target;

/// What is wrong with an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A step of the body is not the one that the order has there.
    Order(usize),
    /// An operand is not where it is said to be.
    Operand { at: usize, number: usize, holds: Option<Id> },
    /// An instruction cannot take operands, or leave its result, there.
    Place { at: usize, location: Location },
    /// A move from where nothing is known to lie.
    Empty { at: usize, location: Location },
    /// A register filled before the loop does not survive it.
    Lost(Location),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Whether the allocation does what the code says.
///
/// # Errors
/// The first fault.
pub fn check(code: &Code, order: &[Id], allocation: &Allocation, target: Target) -> Result<(), Fault> {
    let mut replay = Replay { code, target, slots: allocation.slots, holds: HashMap::new() };
    for (index, step) in code.steps.iter().enumerate() {
        let home = match step.what {
            What::Constant(c) => Location::Constant(c),
            What::Uniform(u) => Location::Uniform(u),
            _ => continue,
        };
        replay.holds.insert(home, Id(index as u32));
    }
    for &(from, to) in &allocation.entry {
        if from.is_register() || !to.is_register() {
            return Err(Fault::Place { at: 0, location: from });
        }
        replay.bring(0, from, to)?;
    }
    let at_start = replay.holds.clone();
    let mut steps = order.iter();
    for (at, placed) in allocation.body.iter().enumerate() {
        match *placed {
            Placed::Move { from, to } => {
                // One of the two is a register, and nothing but the stack is written.
                if from.is_register() == to.is_register() {
                    return Err(Fault::Place { at, location: to });
                }
                replay.bring(at, from, to)?;
            }
            Placed::Step { id, from, to } => {
                if steps.next() != Some(&id) {
                    return Err(Fault::Order(at));
                }
                replay.step(at, id, &from, to)?;
            }
        }
    }
    if steps.next().is_some() {
        return Err(Fault::Order(allocation.body.len()));
    }
    for &(_, register) in &allocation.entry {
        if replay.holds.get(&register) != at_start.get(&register) {
            return Err(Fault::Lost(register));
        }
    }
    Ok(())
}

struct Replay<'a> {
    code: &'a Code,
    target: Target,
    slots: usize,
    holds: HashMap<Location, Id>,
}

impl Replay<'_> {
    /// Whether a value of this kind may be written there.
    fn may_hold(&self, location: Location, kind: Kind) -> bool {
        let truth = kind == Kind::Truth && self.target == Target::Avx512;
        match location {
            Location::Vector(r) => !truth && r < self.target.vector_registers(),
            Location::Mask(r) => truth && self.target.truth_registers().contains(&r),
            Location::Slot(s) => (s as usize) < self.slots,
            Location::Constant(_) | Location::Uniform(_) => false,
        }
    }

    fn bring(&mut self, at: usize, from: Location, to: Location) -> Result<(), Fault> {
        let id = *self.holds.get(&from).ok_or(Fault::Empty { at, location: from })?;
        if !self.may_hold(to, self.code.step(id).what.kind()) {
            return Err(Fault::Place { at, location: to });
        }
        self.holds.insert(to, id);
        Ok(())
    }

    fn step(&mut self, at: usize, id: Id, from: &[Location; 3], to: Option<Location>) -> Result<(), Fault> {
        let step = self.code.step(id);
        let mut in_memory = 0;
        for (number, (operand, &location)) in step.operands().iter().zip(from).enumerate() {
            let holds = self.holds.get(&location).copied();
            if holds != Some(*operand) {
                return Err(Fault::Operand { at, number, holds });
            }
            if !location.is_register() {
                in_memory += 1;
                if in_memory > 1 || !from_memory(step.what, number, location, self.target) {
                    return Err(Fault::Place { at, location });
                }
            }
        }
        if let What::Call(_) = step.what {
            self.holds.retain(|location, _| !location.is_register());
        }
        match to {
            Some(to) => {
                let kind = step.what.kind();
                if kind == Kind::Nothing || !to.is_register() || !self.may_hold(to, kind) {
                    return Err(Fault::Place { at, location: to });
                }
                self.holds.insert(to, id);
                Ok(())
            }
            None if step.what.kind() == Kind::Nothing => Ok(()),
            None => Err(Fault::Order(at)),
        }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
