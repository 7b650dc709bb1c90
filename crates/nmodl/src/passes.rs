//! Passes over finished programs: conductance, pruning, dead code.

use crate::builder::Builder;
use crate::ir::{Binary, Instruction, Mechanism, Place, Program, Role, Value, VariableId};

/// How the derivative of currents by voltage is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conductance {
    /// Exactly, by differentiating the program; by the difference where a loop of unknown length lies in between.
    Symbolic,
    /// NEURON's (i(v + 0.001) − i(v)) / 0.001.
    Difference,
}

/// `current` with the derivative of every current by voltage added to the matching conductance.
pub fn conductance(current: &Program, method: Conductance) -> Program {
    let (mut builder, mut writes) = Builder::import(current);
    let voltage = builder.load(Place::Voltage);
    let mut added = Vec::new();
    for write in &writes {
        let Instruction::Accumulate(place, value) = *write else { continue };
        let target = match place {
            Place::MembraneCurrent => Place::MembraneConductance,
            Place::ElectrodeCurrent => Place::ElectrodeConductance,
            _ => continue,
        };
        let slope = match method {
            Conductance::Symbolic if builder.differentiable(value, voltage) => {
                builder.derivative(value, voltage)
            }
            _ => {
                let step = builder.constant(0.001);
                let moved = builder.binary(Binary::Add, voltage, step);
                let above = builder.substitute(value, voltage, moved);
                let change = builder.binary(Binary::Subtract, above, value);
                builder.binary(Binary::Divide, change, step)
            }
        };
        // An electrode's current flows inward: its conductance is minus the slope.
        let slope = if target == Place::ElectrodeConductance { builder.negate(slope) } else { slope };
        if !builder.is_zero(slope) {
            added.push(Instruction::Accumulate(target, slope));
        }
    }
    writes.extend(added);
    builder.finish(writes)
}

/// Removes instructions that no write needs.
pub fn dead_code(program: &mut Program) {
    let count = program.instructions.len();
    let mut needed = vec![false; count];
    for index in (0..count).rev() {
        let writes =
            matches!(program.instructions[index], Instruction::Store(..) | Instruction::Accumulate(..));
        if writes || needed[index] {
            needed[index] = true;
            program.instructions[index].operands(|v| needed[v.0 as usize] = true);
        }
    }
    let mut map = vec![Value(0); count];
    let mut kept = Vec::with_capacity(count);
    for (index, instruction) in program.instructions.iter().enumerate() {
        if needed[index] {
            map[index] = Value(kept.len() as u32);
            kept.push(instruction.with_operands(|v| map[v.0 as usize]));
        }
    }
    program.instructions = kept;
}

/// Removes stores of variables that no program reads at entry, that are no states and that nobody observes, with all the
/// code that only they needed.
pub fn prune(mechanism: &mut Mechanism, observed: &dyn Fn(VariableId) -> bool) {
    loop {
        let mut live = vec![false; mechanism.variables.len()];
        for program in programs(mechanism) {
            for instruction in &program.instructions {
                if let Instruction::Load(Place::Variable(id)) = instruction {
                    live[id.0 as usize] = true;
                }
            }
        }
        let keep: Vec<bool> = live
            .iter()
            .enumerate()
            .map(|(index, &live)| {
                let role = mechanism.variables[index].role;
                let kept = matches!(role, Role::State | Role::Draws | Role::Message | Role::Pointer);
                live || kept || observed(VariableId(index as u32))
            })
            .collect();
        let mut changed = false;
        for program in programs_mut(mechanism) {
            let before = program.instructions.len();
            // Writes stand last and define no value, so that removing them moves no operand.
            program
                .instructions
                .retain(|i| !matches!(i, Instruction::Store(Place::Variable(id), _) if !keep[id.0 as usize]));
            dead_code(program);
            changed |= program.instructions.len() != before;
        }
        if !changed {
            return;
        }
    }
}

/// Every program that is run, [`Mechanism::derivative`] excepted.
pub fn programs(mechanism: &Mechanism) -> impl Iterator<Item = &Program> {
    let Mechanism { initial, current, state, watch, diffusion, diffused, .. } = mechanism;
    [initial, current, state, watch, diffusion, diffused]
        .into_iter()
        .chain(&mechanism.net_receive)
        .chain(&mechanism.net_initial)
        .chain(&mechanism.for_connections)
        .chain(mechanism.hooks.iter().map(|(_, program)| program))
}

fn programs_mut(mechanism: &mut Mechanism) -> impl Iterator<Item = &mut Program> {
    let Mechanism { initial, current, state, watch, diffusion, diffused, .. } = mechanism;
    [initial, current, state, watch, diffusion, diffused]
        .into_iter()
        .chain(&mut mechanism.net_receive)
        .chain(&mut mechanism.net_initial)
        .chain(&mut mechanism.for_connections)
        .chain(mechanism.hooks.iter_mut().map(|(_, program)| program))
}
