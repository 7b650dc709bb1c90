//! What slots hold, with a record of every change: what was can be had again, and what changed can be told, at a price that
//! depends on the changes alone.

use std::collections::BTreeSet;

use super::block::Slot;
use crate::hash::SmallMap;
use crate::ir::Value;

/// Values of slots, and which of them will be stored.
#[derive(Default)]
pub(super) struct Values {
    present: SmallMap<Slot, Value>,
    assigned: BTreeSet<Slot>,
    changes: Vec<Change>,
}

#[derive(Clone, Copy)]
enum Change {
    /// What a slot held before.
    Value(Slot, Option<Value>),
    /// It is to be stored from here on.
    Assigned(Slot),
    /// It is not any more.
    Dropped(Slot),
}

/// A moment between changes.
#[derive(Clone, Copy)]
pub(super) struct Moment(usize);

impl Values {
    pub fn get(&self, slot: Slot) -> Option<Value> {
        self.present.get(&slot).copied()
    }

    pub fn insert(&mut self, slot: Slot, value: Value) {
        let before = self.present.insert(slot, value);
        self.changes.push(Change::Value(slot, before));
    }

    pub fn remove(&mut self, slot: Slot) {
        let before = self.present.remove(&slot);
        self.changes.push(Change::Value(slot, before));
    }

    /// Has a slot stored at the end.
    pub fn assign(&mut self, slot: Slot) {
        if self.assigned.insert(slot) {
            self.changes.push(Change::Assigned(slot));
        }
    }

    pub fn is_assigned(&self, slot: Slot) -> bool {
        self.assigned.contains(&slot)
    }

    /// Has a slot not stored.
    pub fn drop(&mut self, slot: Slot) {
        if self.assigned.remove(&slot) {
            self.changes.push(Change::Dropped(slot));
        }
    }

    /// All that will be stored.
    pub fn assigned(&self) -> impl Iterator<Item = Slot> {
        self.assigned.iter().copied()
    }

    pub fn now(&self) -> Moment {
        Moment(self.changes.len())
    }

    /// The slots that changed since, in order, with what they held then.
    pub fn changed(&self, since: Moment) -> Vec<(Slot, Option<Value>)> {
        let mut changed: Vec<(Slot, Option<Value>)> = self.changes[since.0..]
            .iter()
            .filter_map(|change| match *change {
                Change::Value(slot, before) => Some((slot, before)),
                _ => None,
            })
            .collect();
        changed.sort_by_key(|change| change.0);
        changed.dedup_by_key(|change| change.0);
        changed
    }

    /// Everything as it was.
    pub fn restore(&mut self, moment: Moment) {
        while self.changes.len() > moment.0
            && let Some(change) = self.changes.pop()
        {
            match change {
                Change::Value(slot, before) => self.put(slot, before),
                Change::Assigned(slot) => {
                    self.assigned.remove(&slot);
                }
                Change::Dropped(slot) => {
                    self.assigned.insert(slot);
                }
            }
        }
    }

    /// The values as they were; what is to be stored stays so.
    pub fn rewind(&mut self, moment: Moment) {
        let later = self.changes.split_off(moment.0);
        for change in later.iter().rev() {
            if let Change::Value(slot, before) = *change {
                self.put(slot, before);
            }
        }
        self.changes.extend(later.into_iter().filter(|change| !matches!(change, Change::Value(..))));
    }

    fn put(&mut self, slot: Slot, value: Option<Value>) {
        match value {
            Some(value) => self.present.insert(slot, value),
            None => self.present.remove(&slot),
        };
    }
}
