//! The queue of events: those known before their step, and those that come up during the run, in a heap.
//!
//! Events known from the start are one sorted list. Those that an exchange of spikes tells of lie in a list for each step to
//! come, unsorted until their step begins: what an event costs does not depend on how many others wait.
//!
//! Events are delivered by time; at equal times those known before their step come first, by connection, then in the order in
//! which they were made.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::lower::events::{Arrival, Target};

/// An event to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// ms.
    pub time: f64,
    /// What receives it.
    pub to: To,
}

/// What an event is delivered to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum To {
    /// An instance, through a connection.
    Connection(usize),
    /// The instance that sent it, with the arguments of the connection through which it was moved to do so.
    Itself {
        /// The instance.
        target: Target,
        /// Its flag.
        flag: f64,
        /// Index of the connection.
        connection: Option<usize>,
    },
    /// Everything that listens to an instance.
    Listeners(Target),
}

/// Events yet to be delivered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Queue {
    /// Known from the start, in order.
    #[serde(skip)]
    known: Vec<Arrival>,
    /// So many of them have come due.
    passed: usize,
    /// For each step to come, from the next.
    foreseen: VecDeque<Vec<Arrival>>,
    /// Known ones that the present step delivers, in order.
    due: Vec<Arrival>,
    /// So many of them are delivered.
    delivered: usize,
    /// ms.
    #[serde(skip)]
    time_step: f64,
    made: BinaryHeap<Made>,
    count: u64,
    /// For each mechanism, whether it moves events.
    #[serde(skip)]
    moves: Vec<bool>,
    /// Where it does, the last self-event of flag 1 of each instance: the one that may be moved.
    movable: HashMap<Target, Made>,
    /// Numbers of events that were moved and no longer count.
    moved: HashSet<u64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Made {
    event: Event,
    number: u64,
}

impl Ord for Made {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = other.event.time.total_cmp(&self.event.time);
        by_time.then_with(|| other.number.cmp(&self.number))
    }
}

impl PartialOrd for Made {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Made {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Made {}

impl Queue {
    /// A queue of events sorted by time, for steps of so many ms; `moves` tells for each mechanism whether it moves events.
    pub fn new(known: Vec<Arrival>, time_step: f64, moves: Vec<bool>) -> Self {
        Self {
            known,
            passed: 0,
            foreseen: VecDeque::new(),
            due: Vec::new(),
            delivered: 0,
            time_step,
            made: BinaryHeap::new(),
            count: 0,
            moves,
            movable: HashMap::new(),
            moved: HashSet::new(),
        }
    }

    /// Goes on where another queue of the same description stands.
    pub fn take_over(&mut self, saved: Self) {
        let (known, moves) = (std::mem::take(&mut self.known), std::mem::take(&mut self.moves));
        *self = Self { known, moves, time_step: self.time_step, ..saved };
    }

    /// Whether all events are for one of so many connections, or for one of the instances that a mechanism has.
    pub fn fits(&self, connections: usize, instances: impl Fn(usize) -> usize) -> bool {
        let there = |target: Target| target.instance < instances(target.mechanism);
        let event = |made: &Made| match made.event.to {
            To::Connection(connection) => connection < connections,
            To::Itself { target, connection, .. } => {
                there(target) && connection.is_none_or(|c| c < connections)
            }
            To::Listeners(target) => there(target),
        };
        let arrivals = self.foreseen.iter().flatten().chain(&self.due);
        arrivals.map(|arrival| arrival.connection).all(|c| c < connections)
            && self.made.iter().all(event)
            && self.movable.iter().all(|(&target, made)| there(target) && event(made))
    }

    /// Adds an event of known time when the next step delivers events up to `until`.
    pub fn foresee(&mut self, arrival: Arrival, until: f64) {
        // A list too early is none too late: from there it is moved on. The sum that time is makes the ends of later steps
        // uncertain by far less than a thousandth of a step.
        const EARLIER: f64 = 1e-3;
        // What is farther away is moved on now and then.
        const FARTHEST: usize = 1024;
        let steps = ((arrival.time - until) / self.time_step - EARLIER).ceil() as usize;
        let steps = steps.min(FARTHEST);
        if steps >= self.foreseen.len() {
            self.foreseen.resize_with(steps + 1, Vec::new);
        }
        self.foreseen[steps].push(arrival);
    }

    /// Begins a step that delivers events up to `until`.
    pub fn begin_step(&mut self, until: f64) {
        self.delivered = 0;
        self.due.clear();
        let coming = self.known.get(self.passed..).unwrap_or_default();
        let count = coming.iter().take_while(|arrival| arrival.time <= until).count();
        self.due.extend_from_slice(&coming[..count]);
        self.passed += count;
        for arrival in self.foreseen.pop_front().into_iter().flatten() {
            if arrival.time <= until {
                self.due.push(arrival);
            } else {
                self.foresee(arrival, until + self.time_step);
            }
        }
        self.due.sort_unstable_by(|a, b| a.time.total_cmp(&b.time).then(a.connection.cmp(&b.connection)));
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event) {
        self.count += 1;
        let made = Made { event, number: self.count };
        if let To::Itself { target, flag, .. } = event.to
            && flag == 1.0
            && self.moves[target.mechanism]
        {
            self.movable.insert(target, made);
        }
        self.made.push(made);
    }

    /// Gives the self-event of flag 1 that an instance has under way another time; false when there is none.
    pub fn move_to(&mut self, target: Target, time: f64) -> bool {
        let Some(made) = self.movable.remove(&target) else { return false };
        self.moved.insert(made.number);
        self.push(Event { time, ..made.event });
        true
    }

    /// Takes out the next event whose time is not after `until`.
    pub fn next_until(&mut self, until: f64) -> Option<Event> {
        let known = self.due.get(self.delivered).map(|a| a.time);
        self.forget_moved();
        let made = self.made.peek().map(|m| m.event.time);
        let known_is_next = match (known, made) {
            (Some(known), Some(made)) => known <= made,
            (known, _) => known.is_some(),
        };
        if known_is_next {
            let arrival = self.due.get(self.delivered).copied().filter(|a| a.time <= until)?;
            self.delivered += 1;
            return Some(Event { time: arrival.time, to: To::Connection(arrival.connection) });
        }
        self.next_made_until(until)
    }

    /// The same among events that came up during the run.
    pub fn next_made_until(&mut self, until: f64) -> Option<Event> {
        self.forget_moved();
        self.made.peek().filter(|m| m.event.time <= until)?;
        let made = self.made.pop()?;
        if let To::Itself { target, .. } = made.event.to
            && self.moves[target.mechanism]
            && self.movable.get(&target).is_some_and(|m| m.number == made.number)
        {
            self.movable.remove(&target);
        }
        Some(made.event)
    }

    fn forget_moved(&mut self) {
        while let Some(next) = self.made.peek()
            && !self.moved.is_empty()
            && self.moved.remove(&next.number)
        {
            self.made.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn itself(instance: usize, time: f64, flag: f64) -> Event {
        let target = Target { mechanism: 0, instance };
        Event { time, to: To::Itself { target, flag, connection: None } }
    }

    #[test]
    fn events_come_by_time_known_ones_first_then_as_made() {
        let known = [(1.0, 7), (3.0, 8), (3.5, 9)].map(|(time, connection)| Arrival { time, connection });
        let mut queue = Queue::new(known.to_vec(), 0.1, vec![false]);
        queue.begin_step(3.0);
        queue.push(itself(2, 3.0, 0.0));
        queue.push(itself(3, 2.0, 0.0));
        queue.push(itself(4, 3.0, 0.0));
        let mut order = Vec::new();
        while let Some(event) = queue.next_until(3.0) {
            order.push(event);
        }
        let known = |time, connection| Event { time, to: To::Connection(connection) };
        let expected =
            [known(1.0, 7), itself(3, 2.0, 0.0), known(3.0, 8), itself(2, 3.0, 0.0), itself(4, 3.0, 0.0)];
        assert_eq!(order, expected);
        queue.push(itself(5, 4.0, 0.0));
        queue.begin_step(3.4);
        assert_eq!(queue.next_until(3.4), None);
        queue.begin_step(3.9);
        assert_eq!(queue.next_until(3.9), Some(known(3.5, 9)));
        assert_eq!(queue.next_until(3.9), None);
    }

    #[test]
    fn foreseen_events_come_with_those_known_from_the_start() {
        let arrival = |(time, connection)| Arrival { time, connection };
        let mut queue = Queue::new([(1.5, 2), (2.0, 9)].map(arrival).to_vec(), 1.0, Vec::new());
        // One at the end of a step, one just after it, and one beyond all lists.
        for event in [(2.9, 1), (2.0, 3), (2.9, 0), (1.5, 1), (2.0 + 1e-9, 5), (5000.5, 0), (0.5, 4)] {
            queue.foresee(arrival(event), 1.0);
        }
        let mut order = Vec::new();
        for step in 1..6000 {
            queue.begin_step(f64::from(step));
            while let Some(Event { time, to: To::Connection(connection) }) = queue.next_until(f64::from(step))
            {
                order.push((step, time, connection));
            }
        }
        let first = [(1, 0.5, 4), (2, 1.5, 1), (2, 1.5, 2), (2, 2.0, 3), (2, 2.0, 9)];
        let then = [(3, 2.0 + 1e-9, 5), (3, 2.9, 0), (3, 2.9, 1), (5001, 5000.5, 0)];
        assert_eq!(order, [&first[..], &then].concat());
    }

    #[test]
    fn a_moved_event_comes_once_at_its_new_time() {
        let mut queue = Queue::new(Vec::new(), 0.1, vec![true]);
        let target = Target { mechanism: 0, instance: 1 };
        assert!(!queue.move_to(target, 1.0), "nothing is under way");
        queue.push(itself(1, 5.0, 1.0));
        queue.push(itself(1, 4.0, 2.0));
        assert!(queue.move_to(target, 2.0));
        assert!(queue.move_to(target, 7.0));
        let mut times = Vec::new();
        while let Some(event) = queue.next_until(10.0) {
            times.push(event.time);
        }
        assert_eq!(times, [4.0, 7.0]);
        assert!(!queue.move_to(target, 8.0), "it was delivered");
    }
}
