//! Events in and out of mechanisms: delivery, what programs ask for, watched conditions, hooks.

use apical_kernels::{Kernel, Scratch};
use apical_nmodl::ir::{Hook, Source};
use serde::{Deserialize, Serialize};

use super::events::{Event, Queue, To};
use super::{Simulation, fault};
use crate::error::{Error, ErrorKind, Result};
use crate::lower::Lowered;
use crate::lower::bind::BoundKind;
use crate::lower::events::{self, Arrival, Connection, Target};

/// The watched conditions of one mechanism under one WATCH, over its instances.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watch {
    mechanism: usize,
    /// Column of the condition's truth.
    holds: usize,
    active: Vec<bool>,
    held: Vec<bool>,
    flags: Vec<f64>,
    /// Arguments that the events come with.
    connections: Vec<Option<usize>>,
}

impl Watch {
    /// Whether this is a state of another watch, whose events come through one of so many connections.
    pub fn fits(&self, own: &Self, connections: usize) -> bool {
        let count = own.active.len();
        (self.mechanism, self.holds) == (own.mechanism, own.holds)
            && [self.active.len(), self.held.len(), self.flags.len(), self.connections.len()] == [count; 4]
            && self.connections.iter().flatten().all(|&connection| connection < connections)
    }
}

/// The most events delivered to one cell in one step: more of them set each other off without end.
const MOST_EVENTS: u32 = 1_000_000;

/// All conditions that may be watched.
pub fn watches(lowered: &Lowered) -> Vec<Watch> {
    let mut watches = Vec::new();
    for (mechanism, bound) in lowered.mechanisms.iter().enumerate() {
        for effect in &bound.effects {
            let BoundKind::Watch { holds, .. } = effect.kind else { continue };
            let count = bound.nodes.len();
            watches.push(Watch {
                mechanism,
                holds,
                active: vec![false; count],
                held: vec![false; count],
                flags: vec![0.0; count],
                connections: vec![None; count],
            });
        }
    }
    watches
}

/// The connections that a program visits, by their targets and then in order.
pub fn visited(lowered: &Lowered, connections: &[Connection]) -> Vec<u32> {
    let visits = |connection: &Connection| {
        !lowered.mechanisms[connection.target().mechanism].for_connections.is_empty()
    };
    let numbered = (0..).zip(connections).filter(|(_, connection)| visits(connection));
    let mut visited: Vec<u32> = numbered.map(|(index, _)| index).collect();
    visited.sort_by_key(|&index| connections[index as usize].target());
    visited
}

/// Runs a program for one instance with the arguments of a connection, which keeps what becomes of them. Without one they
/// are 0.
fn run_through(
    connection: Option<&Connection>,
    target: Target,
    kernel: &Kernel,
    lowered: &Lowered,
    memory: &mut [f64],
    scratch: &mut Scratch,
) {
    let mechanism = &lowered.mechanisms[target.mechanism];
    let count = mechanism.argument_names.len();
    let working = |index: usize| mechanism.argument(index) + target.instance;
    for index in 0..count {
        memory[working(index)] = connection.map_or(0.0, |c| memory[c.arguments as usize + index]);
    }
    kernel.run(memory, &lowered.lists, target.instance..target.instance + 1, scratch);
    if let Some(connection) = connection {
        for index in 0..count {
            memory[connection.arguments as usize + index] = memory[working(index)];
        }
    }
}

impl Simulation {
    /// Delivers every event due by `until`.
    pub(super) fn deliver(&mut self, until: f64) -> Result<()> {
        self.queue.begin_step(until);
        self.deliver_all(|queue| queue.next_until(until))
    }

    /// Delivers every event due by `until` that came up during the run.
    pub(super) fn deliver_made(&mut self, until: f64) -> Result<()> {
        self.deliver_all(|queue| queue.next_made_until(until))
    }

    fn deliver_all(&mut self, next: impl Fn(&mut Queue) -> Option<Event>) -> Result<()> {
        self.delivered.fill(0);
        while let Some(event) = next(&mut self.queue) {
            self.deliver_one(event)?;
            let instance = match event.to {
                To::Connection(index) => self.connections[index].target().instance,
                To::Itself { target, .. } | To::Listeners(target) => target.instance,
            };
            let cell = instance % self.lowered.cells;
            self.delivered[cell] += 1;
            if self.delivered[cell] == MOST_EVENTS {
                return Err(self.endless(event.time, cell));
            }
        }
        Ok(())
    }

    fn endless(&self, time: f64, cell: usize) -> Error {
        let of_cell = fault::of_cell(self.names.as_ref(), cell);
        let message = format!("more than {MOST_EVENTS} events{of_cell} in one step, the last at {time} ms");
        Error::new(ErrorKind::Numerical, message)
            .help("events set each other off without time going on: a net_send or a connection without delay")
    }

    fn deliver_one(&mut self, event: Event) -> Result<()> {
        match event.to {
            To::Connection(index) => {
                let target = self.connections[index].target();
                self.receive(target, event.time, 0.0, Some(index))
            }
            To::Itself { target, flag, connection } => self.receive(target, event.time, flag, connection),
            To::Listeners(sender) => {
                let mut next = self.lowered.listeners.partition_point(|(target, _)| *target < sender);
                while let Some(&(target, detector)) = self.lowered.listeners.get(next)
                    && target == sender
                {
                    next += 1;
                    self.sampled.spikes[detector].times.push(event.time);
                    self.set_off(detector, event.time);
                }
                Ok(())
            }
        }
    }

    /// Adds an event that arrives in the next step or later.
    pub(super) fn foresee(&mut self, arrival: Arrival) {
        self.queue.foresee(arrival, self.time + 0.5 * self.run.time_step);
    }

    /// Sends events along the connections of a detector.
    pub(super) fn set_off(&mut self, detector: usize, time: f64) {
        self.sent.push((detector, time));
        for delivery in events::set_off_by(&self.deliveries, detector as u32) {
            let to = To::Connection(delivery.connection as usize);
            self.queue.push(Event { time: time + delivery.delay, to });
        }
    }

    /// Runs NET_RECEIVE of one instance with the arguments of a connection, which keeps what the block makes of them.
    fn receive(&mut self, target: Target, time: f64, flag: f64, connection: Option<usize>) -> Result<()> {
        let mechanism = &self.lowered.mechanisms[target.mechanism];
        let Some(kernel) = &mechanism.net_receive else { return Ok(()) };
        self.memory[self.lowered.shared.time] = time;
        self.memory[mechanism.argument(mechanism.argument_names.len()) + target.instance] = flag;
        let through = connection.map(|index| &self.connections[index]);
        run_through(through, target, kernel, &self.lowered, &mut self.memory, &mut self.scratch);
        self.effects_of(target, Source::NetReceive, time, connection)
    }

    /// Runs a program with the arguments of every connection of an instance, which keep what it makes of them.
    fn visit_connections(&mut self, target: Target, program: usize) {
        let kernel = &self.lowered.mechanisms[target.mechanism].for_connections[program];
        let of = |index: &u32| &self.connections[*index as usize];
        let first = self.visited.partition_point(|index| of(index).target() < target);
        let here = self.visited[first..].iter().map(of);
        for connection in here.take_while(|connection| connection.target() == target) {
            run_through(Some(connection), target, kernel, &self.lowered, &mut self.memory, &mut self.scratch);
        }
    }

    /// Runs the INITIAL of NET_RECEIVE for every connection that has one.
    pub(super) fn initialise_connections(&mut self) {
        for connection in &self.connections {
            let target = connection.target();
            let Some(kernel) = &self.lowered.mechanisms[target.mechanism].net_initial else { continue };
            run_through(Some(connection), target, kernel, &self.lowered, &mut self.memory, &mut self.scratch);
        }
    }

    /// Does what one program of a mechanism asked for, over all instances.
    pub(super) fn collect_effects(&mut self, mechanism: usize, source: Source) -> Result<()> {
        let bound = &self.lowered.mechanisms[mechanism];
        if !bound.effects.iter().any(|e| e.source == source) {
            return Ok(());
        }
        for instance in 0..bound.nodes.len() {
            self.effects_of(Target { mechanism, instance }, source, self.time, None)?;
        }
        Ok(())
    }

    fn effects_of(
        &mut self,
        target: Target,
        source: Source,
        now: f64,
        connection: Option<usize>,
    ) -> Result<()> {
        let mut rewatched = false;
        for index in 0..self.lowered.mechanisms[target.mechanism].effects.len() {
            let effect = self.lowered.mechanisms[target.mechanism].effects[index];
            let instance = target.instance;
            let asked = self.memory[effect.condition + instance];
            if effect.source != source || asked == 0.0 {
                continue;
            }
            match effect.kind {
                BoundKind::Send { delay, flag } => {
                    let time = now + self.memory[delay + instance];
                    let flag = self.memory[flag + instance];
                    self.not_before(now, time, target, "net_send")?;
                    self.queue.push(Event { time, to: To::Itself { target, flag, connection } });
                }
                BoundKind::Event { time } => {
                    let time = self.memory[time + instance];
                    self.not_before(now, time, target, "net_event")?;
                    self.queue.push(Event { time, to: To::Listeners(target) });
                }
                BoundKind::Move { time } => {
                    let time = self.memory[time + instance];
                    self.not_before(now, time, target, "net_move")?;
                    if !self.queue.move_to(target, time) {
                        let message = "net_move has no event of flag 1 to move";
                        return Err(self.event_error(message.to_owned(), target));
                    }
                }
                BoundKind::Connections(program) => self.visit_connections(target, program),
                BoundKind::Watch { holds, flag } => {
                    // The first WATCH of a NET_RECEIVE ends those of earlier ones.
                    if !std::mem::replace(&mut rewatched, true) {
                        self.stop_watching(target);
                    }
                    self.start_watching(target, holds, self.memory[flag + instance], connection);
                }
            }
        }
        Ok(())
    }

    fn not_before(&self, now: f64, time: f64, target: Target, what: &str) -> Result<()> {
        if time >= now {
            return Ok(());
        }
        Err(self.event_error(
            format!("{what} asks for an event at {time} ms, which is not after {now} ms"),
            target,
        ))
    }

    fn event_error(&self, message: String, target: Target) -> Error {
        let name = &self.lowered.mechanisms[target.mechanism].name;
        let cells = self.lowered.cells;
        let (instance, cell) = (target.instance / cells, target.instance % cells);
        let of_cell = fault::of_cell(self.names.as_ref(), cell);
        let help =
            format!("in NET_RECEIVE or INITIAL of the mechanism `{name}`, instance {instance}{of_cell}");
        Error::new(ErrorKind::Numerical, message).help(help)
    }

    fn stop_watching(&mut self, target: Target) {
        for watch in self.watches.iter_mut().filter(|w| w.mechanism == target.mechanism) {
            watch.active[target.instance] = false;
        }
    }

    fn start_watching(&mut self, target: Target, holds: usize, flag: f64, connection: Option<usize>) {
        let instance = target.instance;
        let mechanism = &self.lowered.mechanisms[target.mechanism];
        mechanism.watch.run(&mut self.memory, &self.lowered.lists, instance..instance + 1, &mut self.scratch);
        let held = self.memory[holds + instance] != 0.0;
        if let Some(watch) =
            self.watches.iter_mut().find(|w| w.mechanism == target.mechanism && w.holds == holds)
        {
            watch.active[instance] = true;
            watch.held[instance] = held;
            watch.flags[instance] = flag;
            watch.connections[instance] = connection;
        }
    }

    /// Sends events for conditions that became true since the last step.
    pub(super) fn check_watches(&mut self) -> Result<()> {
        let mut last = None;
        for watch in &mut self.watches {
            if !watch.active.contains(&true) {
                continue;
            }
            let mechanism = &self.lowered.mechanisms[watch.mechanism];
            let count = mechanism.nodes.len();
            if last != Some(watch.mechanism) {
                mechanism.watch.run(&mut self.memory, &self.lowered.lists, 0..count, &mut self.scratch);
                last = Some(watch.mechanism);
            }
            for instance in (0..count).filter(|&i| watch.active[i]) {
                let holds = self.memory[watch.holds + instance] != 0.0;
                if holds && !watch.held[instance] {
                    let target = Target { mechanism: watch.mechanism, instance };
                    let (flag, connection) = (watch.flags[instance], watch.connections[instance]);
                    let to = To::Itself { target, flag, connection };
                    self.queue.push(Event { time: self.time, to });
                }
                watch.held[instance] = holds;
            }
        }
        Ok(())
    }

    /// Runs the `BEFORE` or `AFTER` blocks of all mechanisms.
    pub(super) fn run_hooks(&mut self, hook: Hook) {
        for &index in &self.lowered.order {
            let mechanism = &self.lowered.mechanisms[index];
            for (_, kernel) in mechanism.hooks.iter().filter(|(when, _)| *when == hook) {
                let instances = 0..mechanism.nodes.len();
                kernel.run(&mut self.memory, &self.lowered.lists, instances, &mut self.scratch);
            }
        }
    }
}
