//! The order of steps.
//!
//! A processor looks ahead by a few hundred instructions at most, so chains of dependent steps should alternate; but every value
//! that waits takes a register. The order is made from its end: of the steps whose results are all used by what follows, the one
//! on the longest path from the start comes last, unless its result would not be there in time or registers run short: then
//! what needs the fewest new registers. So loads come late, and writes as soon as they can. What no write needs is left out.

use std::collections::HashMap;

use super::code::{Access, Code, Id, Kind, What};
use super::target::Target;

/// How many steps a cycle takes, in the reckoning: fewer than processors can, as these reorder for themselves.
const STEPS_PER_CYCLE: u32 = 2;

/// The steps to take, in order; constants and uniforms are none.
pub fn schedule(code: &Code, target: Target) -> Vec<Id> {
    let mut graph = Graph::new(code);
    graph.link_accesses();
    let depth = graph.depths();
    let mut order: Vec<Id> = Vec::new();
    let mut scheduler = Scheduler::new(&graph, depth, target);
    while let Some(unit) = scheduler.next() {
        order.extend(graph.units[unit].iter().rev());
    }
    order.reverse();
    order
}

/// Cycles until the result of a step can be used, about as on today's processors.
fn latency(what: What) -> u32 {
    match what {
        What::Load(Access::Column(_)) | What::Coefficient { .. } => 7,
        What::Load(_) | What::Call(_) | What::SquareRoot => 20,
        What::Divide => 13,
        What::Multiply | What::MultiplyAdd | What::Scale | What::Compare(_) => 4,
        What::Add | What::Subtract | What::Floor | What::Ceil => 3,
        _ => 1,
    }
}

/// Units are what must be taken together: one step, or a call with what is laid down for it and taken up after it.
struct Graph<'a> {
    code: &'a Code,
    units: Vec<Vec<Id>>,
    /// The unit of each needed step.
    unit_of: Vec<Option<usize>>,
    /// Units whose results a unit uses, or which come before it for another reason.
    before: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    fn new(code: &'a Code) -> Self {
        let needed = needed(code);
        let mut graph =
            Graph { code, units: Vec::new(), unit_of: vec![None; code.steps.len()], before: Vec::new() };
        for (index, needed) in needed.into_iter().enumerate() {
            let id = Id(index as u32);
            if !needed || code.step(id).what.is_shared() || graph.unit_of[index].is_some() {
                continue;
            }
            let parts: Vec<Id> = call_with_parts(code, id).unwrap_or_else(|| vec![id]);
            let unit = graph.units.len();
            parts.iter().for_each(|part| graph.unit_of[part.index()] = Some(unit));
            let operands = parts.iter().flat_map(|part| code.step(*part).operands().to_vec());
            let mut before: Vec<usize> =
                operands.filter_map(|o| graph.unit_of[o.index()]).filter(|&u| u != unit).collect();
            before.sort_unstable();
            before.dedup();
            graph.before.push(before);
            graph.units.push(parts);
        }
        graph
    }

    /// What touches the same place keeps its order where one of the two writes. Different places never meet: kernels for which
    /// they might are not compiled.
    fn link_accesses(&mut self) {
        let mut touched: HashMap<Access, (Option<usize>, Vec<usize>)> = HashMap::new();
        for unit in 0..self.units.len() {
            let (access, writes) = match self.code.step(self.units[unit][0]).what {
                What::Load(access) => (access, false),
                What::Store(access) | What::AddTo(access) => (access, true),
                _ => continue,
            };
            let (written, read) = touched.entry(access).or_default();
            self.before[unit].extend(written.iter());
            if writes {
                self.before[unit].append(read);
                *written = Some(unit);
            } else {
                read.push(unit);
            }
        }
    }

    fn latency(&self, unit: usize) -> u32 {
        self.units[unit].iter().map(|id| latency(self.code.step(*id).what)).max().unwrap_or(0)
    }

    /// For each unit the longest time from the start to its end.
    fn depths(&self) -> Vec<u32> {
        let mut depths: Vec<u32> = Vec::with_capacity(self.units.len());
        for unit in 0..self.units.len() {
            let before = self.before[unit].iter().map(|&b| depths[b]).max().unwrap_or(0);
            depths.push(before + self.latency(unit));
        }
        depths
    }
}

/// The steps around a call, when the step is one of them: arguments, the call, its results, one after the other.
fn call_with_parts(code: &Code, id: Id) -> Option<Vec<Id>> {
    let mut call = id;
    while let What::Pass(_) = code.step(call).what {
        call = Id(call.0 + 1);
    }
    while let What::Result(_) = code.step(call).what {
        call = Id(call.0 - 1);
    }
    let What::Call(site) = code.step(call).what else { return None };
    let site = code.calls[site as usize];
    let (first, last) = (call.0 - u32::from(site.arguments), call.0 + u32::from(site.results));
    Some((first..=last).map(Id).collect())
}

/// What writes need.
fn needed(code: &Code) -> Vec<bool> {
    let mut needed = vec![false; code.steps.len()];
    let writes = |id: &Id| matches!(code.step(*id).what, What::Store(_) | What::AddTo(_));
    let mut open: Vec<Id> = (0..code.steps.len() as u32).map(Id).filter(writes).collect();
    while let Some(id) = open.pop() {
        if std::mem::replace(&mut needed[id.index()], true) {
            continue;
        }
        open.extend(call_with_parts(code, id).into_iter().flatten());
        open.extend(code.step(id).operands());
    }
    needed
}

struct Scheduler<'a> {
    graph: &'a Graph<'a>,
    depth: Vec<u32>,
    /// How many units after it are still to be placed.
    waiting: Vec<usize>,
    /// When a unit may be placed, counted in steps from the end.
    ready_at: Vec<u32>,
    ready: Vec<usize>,
    /// Values used by what is placed and not yet made.
    alive: Vec<bool>,
    alive_count: usize,
    most_alive: usize,
    target: Target,
    time: u32,
}

impl<'a> Scheduler<'a> {
    fn new(graph: &'a Graph<'a>, depth: Vec<u32>, target: Target) -> Self {
        let mut waiting = vec![0; graph.units.len()];
        graph.before.iter().flatten().for_each(|&before| waiting[before] += 1);
        let ready = (0..graph.units.len()).filter(|&u| waiting[u] == 0).collect();
        Self {
            graph,
            depth,
            waiting,
            ready_at: vec![0; graph.units.len()],
            ready,
            alive: vec![false; graph.code.steps.len()],
            alive_count: 0,
            most_alive: target.most_alive(),
            target,
            time: 0,
        }
    }

    /// Whether a value takes a register of those that run short.
    fn counts(&self, id: Id) -> bool {
        let what = self.graph.code.step(id).what;
        !what.is_shared()
            && (what.kind() == Kind::Number || (what.kind() == Kind::Truth && self.target == Target::Avx2))
    }

    /// How many more values are alive before a unit than after it.
    fn growth(&self, unit: usize) -> i32 {
        let mut growth = 0;
        let mut new: Vec<Id> = Vec::new();
        for &part in &self.graph.units[unit] {
            growth -= i32::from(self.alive[part.index()]);
            for &operand in self.graph.code.step(part).operands() {
                if self.counts(operand) && !self.alive[operand.index()] && !new.contains(&operand) {
                    new.push(operand);
                    growth += 1;
                }
            }
        }
        growth
    }

    /// The unit that comes before all those placed so far.
    fn next(&mut self) -> Option<usize> {
        let crowded = self.alive_count >= self.most_alive;
        let best = self.ready.iter().enumerate().max_by_key(|&(_, &unit)| {
            let in_time = self.ready_at[unit] <= self.time;
            let late = std::cmp::Reverse(if in_time { 0 } else { self.ready_at[unit] });
            let fewest = std::cmp::Reverse(if crowded { self.growth(unit) } else { 0 });
            (fewest, late, self.depth[unit], unit)
        });
        let (place, _) = best?;
        let unit = self.ready.swap_remove(place);
        self.place(unit);
        Some(unit)
    }

    fn place(&mut self, unit: usize) {
        self.time = self.time.max(self.ready_at[unit]) + 1;
        self.alive_count = self.alive_count.saturating_add_signed(self.growth(unit) as isize);
        for &part in &self.graph.units[unit] {
            self.alive[part.index()] = false;
        }
        for &part in &self.graph.units[unit] {
            for &operand in self.graph.code.step(part).operands() {
                self.alive[operand.index()] |= self.counts(operand);
            }
        }
        for &before in &self.graph.before[unit] {
            let from = self.time + self.graph.latency(before) * STEPS_PER_CYCLE;
            self.ready_at[before] = self.ready_at[before].max(from);
            self.waiting[before] -= 1;
            if self.waiting[before] == 0 {
                self.ready.push(before);
            }
        }
    }
}
