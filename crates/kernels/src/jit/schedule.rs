//! The order of steps.
//!
//! Values should live shortly, or registers run out: starting from the writes, each operand is computed right before it is
//! needed, the one that needs more registers first (Sethi & Ullman 1970, J. ACM 17:715). What no write needs is left out.

use std::collections::HashMap;

use super::code::{Access, Code, Id, What};

/// The steps to take, in order; constants and uniforms are none.
pub fn schedule(code: &Code) -> Vec<Id> {
    let mut scheduler = Scheduler { code, need: registers_needed(code), order: Vec::new(), done: Vec::new() };
    scheduler.done.resize(code.steps.len(), false);
    let early = early_loads(code, &needed(code));
    for &effect in &code.effects {
        if let What::Store(access) | What::AddTo(access) = code.step(effect).what {
            // What a program loads is the value at entry.
            for &load in early.get(&access).into_iter().flatten() {
                scheduler.visit(load);
            }
        }
        scheduler.visit(effect);
    }
    scheduler.order
}

/// The call that a result belongs to, and the arguments laid down for it: they stand one after the other.
fn call_of(code: &Code, result: Id) -> (Id, std::ops::Range<u32>) {
    let What::Result(number) = code.step(result).what else { return (result, 0..0) };
    let call = Id(result.0 - u32::from(number) - 1);
    let What::Call(site) = code.step(call).what else { return (call, 0..0) };
    (call, call.0 - u32::from(code.calls[site as usize].arguments)..call.0)
}

/// What a step needs beforehand.
fn operands(code: &Code, id: Id) -> Vec<Id> {
    match code.step(id).what {
        What::Result(_) => {
            call_of(code, id).1.flat_map(|pass| code.step(Id(pass)).operands().to_vec()).collect()
        }
        _ => code.step(id).operands().to_vec(),
    }
}

fn needed(code: &Code) -> Vec<bool> {
    let mut needed = vec![false; code.steps.len()];
    let mut open: Vec<Id> = code.effects.clone();
    // A load among the effects is one only where something uses it.
    open.retain(|&id| !matches!(code.step(id).what, What::Load(_)));
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut needed[id.index()], true) {
            open.extend(operands(code, id));
        }
    }
    needed
}

fn early_loads(code: &Code, needed: &[bool]) -> HashMap<Access, Vec<Id>> {
    let first_write = code.effects.first().map_or(0, |e| e.index());
    let mut loads: HashMap<Access, Vec<Id>> = HashMap::new();
    for (index, step) in code.steps.iter().enumerate().take(first_write) {
        if let What::Load(access) = step.what
            && needed[index]
        {
            loads.entry(access).or_default().push(Id(index as u32));
        }
    }
    loads
}

/// About how many registers the computation of each step takes.
fn registers_needed(code: &Code) -> Vec<u32> {
    let mut need: Vec<u32> = Vec::with_capacity(code.steps.len());
    for (index, step) in code.steps.iter().enumerate() {
        let mut of_operands: Vec<u32> =
            operands(code, Id(index as u32)).iter().map(|o| need[o.index()]).collect();
        of_operands.sort_unstable_by(|a, b| b.cmp(a));
        let most = of_operands.iter().zip(0..).map(|(n, kept)| n + kept).max();
        need.push(if step.what.is_shared() { 0 } else { most.unwrap_or(0).max(1) });
    }
    need
}

struct Scheduler<'a> {
    code: &'a Code,
    need: Vec<u32>,
    order: Vec<Id>,
    done: Vec<bool>,
}

impl Scheduler<'_> {
    /// Takes a step after everything that it needs.
    fn visit(&mut self, root: Id) {
        let mut open = vec![(root, false)];
        while let Some((id, ready)) = open.pop() {
            if self.done[id.index()] || self.code.step(id).what.is_shared() {
                continue;
            }
            if ready {
                self.take(id);
                continue;
            }
            open.push((id, true));
            let mut operands = operands(self.code, id);
            // The last on the stack comes first.
            operands.sort_by_key(|o| self.need[o.index()]);
            open.extend(operands.into_iter().map(|o| (o, false)));
        }
    }

    fn take(&mut self, id: Id) {
        let What::Result(_) = self.code.step(id).what else {
            self.done[id.index()] = true;
            self.order.push(id);
            return;
        };
        let (call, passes) = call_of(self.code, id);
        let What::Call(site) = self.code.step(call).what else { return };
        let results = call.0 + 1..call.0 + 1 + u32::from(self.code.calls[site as usize].results);
        for part in passes.chain([call.0]).chain(results) {
            self.done[part as usize] = true;
            self.order.push(Id(part));
        }
    }
}
