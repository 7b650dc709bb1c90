//! The queue of events: those known beforehand in one sorted list, those that detectors set off in a heap.
//!
//! Events are delivered by time; at equal times those known beforehand come first, then in the order in which they were
//! made.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::lower::events::{Arrival, Target};

/// Events yet to be delivered.
#[derive(Clone, Debug)]
pub struct Queue {
    known: Vec<Arrival>,
    delivered: usize,
    made: BinaryHeap<Made>,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Made {
    arrival: Arrival,
    number: u64,
}

impl Ord for Made {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = other.arrival.time.total_cmp(&self.arrival.time);
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
    /// A queue of events sorted by time.
    pub fn new(known: &[Arrival]) -> Self {
        Self { known: known.to_vec(), delivered: 0, made: BinaryHeap::new(), count: 0 }
    }

    /// Adds an event.
    pub fn push(&mut self, time: f64, target: Target, weight: f64) {
        self.count += 1;
        self.made.push(Made { arrival: Arrival { time, target, weight }, number: self.count });
    }

    /// Takes out the next event whose time is not after `until`.
    pub fn next_until(&mut self, until: f64) -> Option<Arrival> {
        let known = self.known.get(self.delivered).map(|a| a.time);
        let made = self.made.peek().map(|m| m.arrival.time);
        let known_is_next = match (known, made) {
            (Some(known), Some(made)) => known <= made,
            (known, _) => known.is_some(),
        };
        if known_is_next {
            let arrival = self.known.get(self.delivered).copied().filter(|a| a.time <= until)?;
            self.delivered += 1;
            return Some(arrival);
        }
        made.filter(|&time| time <= until)?;
        self.made.pop().map(|m| m.arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_known_ones_first_then_as_made() {
        let target = |instance| Target { mechanism: 0, instance };
        let known = [
            Arrival { time: 1.0, target: target(0), weight: 1.0 },
            Arrival { time: 3.0, target: target(1), weight: 1.0 },
        ];
        let mut queue = Queue::new(&known);
        queue.push(3.0, target(2), 1.0);
        queue.push(2.0, target(3), 1.0);
        queue.push(3.0, target(4), 1.0);
        let mut order = Vec::new();
        while let Some(arrival) = queue.next_until(3.0) {
            order.push(arrival.target.instance);
        }
        assert_eq!(order, [0, 3, 1, 2, 4]);
        queue.push(4.0, target(5), 1.0);
        assert_eq!(queue.next_until(3.9), None);
    }
}
