//! The rules of the intermediate code, checked after every compilation.

use std::collections::HashSet;

use crate::ir::{Instruction, Loop, LoopId, Mechanism, Place, Program, Value};

/// What a program is for: it decides which places it may touch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Initial,
    Current,
    State,
    Derivative,
    NetReceive,
    NetInitial,
    Watch,
    ForConnections,
    Diffusion,
    Hook,
}

/// Checks every rule that the head of [`crate::ir`] states.
///
/// # Errors
/// The first rule that does not hold: always a fault of the compiler.
pub fn validate(mechanism: &Mechanism) -> Result<(), String> {
    let programs = [
        (Purpose::Initial, Some(&mechanism.initial)),
        (Purpose::Current, Some(&mechanism.current)),
        (Purpose::State, Some(&mechanism.state)),
        (Purpose::Derivative, Some(&mechanism.derivative)),
        (Purpose::NetReceive, mechanism.net_receive.as_ref()),
    ];
    let more = [
        (Purpose::NetInitial, mechanism.net_initial.as_ref()),
        (Purpose::Watch, Some(&mechanism.watch)),
        (Purpose::Diffusion, Some(&mechanism.diffusion)),
        (Purpose::Diffusion, Some(&mechanism.diffused)),
    ];
    let for_connections = mechanism.for_connections.iter().map(|p| (Purpose::ForConnections, Some(p)));
    let hooks = mechanism.hooks.iter().map(|(_, program)| (Purpose::Hook, Some(program)));
    programs
        .into_iter()
        .chain(more)
        .chain(for_connections)
        .chain(hooks)
        .filter_map(|(purpose, p)| Some((purpose, p?)))
        .try_for_each(|(purpose, program)| check(mechanism, purpose, program))
}

fn check(mechanism: &Mechanism, purpose: Purpose, program: &Program) -> Result<(), String> {
    program.loops.iter().try_for_each(|repeated| check_loop(program, repeated))?;
    let mut written: HashSet<Place> = HashSet::new();
    let mut loaded: HashSet<Place> = HashSet::new();
    for (index, instruction) in program.instructions.iter().enumerate() {
        let mut early = true;
        instruction.operands(|v| early &= (v.0 as usize) < index);
        if !early {
            return Err(format!("instruction {index} uses a later value"));
        }
        match *instruction {
            Instruction::Store(place, _) | Instruction::Accumulate(place, _) => {
                if !written.insert(place) {
                    return Err(format!("{place:?} is written twice"));
                }
                exists(mechanism, place)?;
                let accumulates = matches!(instruction, Instruction::Accumulate(..));
                if !may_write(purpose, place, accumulates) {
                    return Err(format!("{place:?} may not be written here"));
                }
            }
            _ if !written.is_empty() => return Err(format!("instruction {index} follows a write")),
            Instruction::Load(place) => {
                if !loaded.insert(place) {
                    return Err(format!("{place:?} is loaded twice"));
                }
                exists(mechanism, place)?;
                let write_only = matches!(
                    place,
                    Place::MembraneCurrent
                        | Place::MembraneConductance
                        | Place::ElectrodeCurrent
                        | Place::ElectrodeConductance
                        | Place::Derivative(_)
                        | Place::Carried(_)
                );
                if write_only || (matches!(place, Place::Argument(_)) && !receives(purpose)) {
                    return Err(format!("{place:?} may not be loaded here"));
                }
            }
            _ => check_list(program, &program.instructions, instruction)?,
        }
    }
    Ok(())
}

/// What a loop is given and what is taken from it fit the loop.
fn check_list(program: &Program, code: &[Instruction], instruction: &Instruction) -> Result<(), String> {
    let id_of = |value: Value| match code.get(value.0 as usize) {
        Some(Instruction::Iterate(id, _)) => Some(*id),
        _ => None,
    };
    let of = |id: LoopId| program.loops.get(id.0 as usize).ok_or_else(|| format!("{id:?} does not exist"));
    match *instruction {
        Instruction::Iterate(id, _) => of(id).map(|_| ()),
        Instruction::Outcome(from, index) => {
            let id = id_of(from).ok_or_else(|| format!("{from:?} is no loop"))?;
            let carried = of(id)?.carried;
            if index < carried {
                Ok(())
            } else {
                Err(format!("{id:?} hands on {carried} values, not {index}"))
            }
        }
        _ => Ok(()),
    }
}

fn check_loop(program: &Program, repeated: &Loop) -> Result<(), String> {
    let first = repeated.carried + repeated.captured;
    // Values from outside hold the first numbers, so the body is looked at behind as many placeholders.
    let mut code = vec![Instruction::Constant(0.0); first as usize];
    code.extend(&repeated.instructions);
    for (index, instruction) in repeated.instructions.iter().enumerate() {
        let mut early = true;
        instruction.operands(|v| early &= v.0 < first + index as u32);
        if !early {
            return Err(format!("instruction {index} of a loop uses a later value"));
        }
        if let Instruction::Load(_) | Instruction::Store(..) | Instruction::Accumulate(..) = instruction {
            return Err(format!("instruction {index} of a loop touches memory"));
        }
        check_list(program, &code, instruction)?;
    }
    let exists = |value: &Value| (value.0 as usize) < code.len();
    let complete = repeated.next.len() == repeated.carried as usize;
    if complete && repeated.next.iter().chain([&repeated.condition]).all(exists) {
        return Ok(());
    }
    Err("a loop does not hand on what it should".to_owned())
}

fn exists(mechanism: &Mechanism, place: Place) -> Result<(), String> {
    let there = match place {
        Place::Variable(id) | Place::Derivative(id) => (id.0 as usize) < mechanism.variables.len(),
        Place::Ion(id, _) => (id.0 as usize) < mechanism.ions.len(),
        // One more than the text names: the flag.
        Place::Argument(index) => (index as usize) <= mechanism.arguments.len(),
        _ => true,
    };
    if there { Ok(()) } else { Err(format!("{place:?} does not exist")) }
}

fn receives(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::NetReceive | Purpose::NetInitial | Purpose::ForConnections)
}

fn may_write(purpose: Purpose, place: Place, accumulates: bool) -> bool {
    use crate::ir::IonQuantity::Current;
    match place {
        Place::Variable(_) => purpose != Purpose::Derivative && !accumulates,
        Place::Derivative(_) => purpose == Purpose::Derivative && !accumulates,
        Place::Argument(_) => receives(purpose) && !accumulates,
        Place::Ion(_, Current) => purpose == Purpose::Current && accumulates,
        Place::Ion(..) => purpose != Purpose::Derivative && !accumulates,
        Place::MembraneCurrent | Place::ElectrodeCurrent => purpose == Purpose::Current && accumulates,
        Place::MembraneConductance | Place::ElectrodeConductance => {
            purpose == Purpose::Current && accumulates
        }
        _ => false,
    }
}
