//! Whether the instances of a kernel can be advanced together, any number at once.
//!
//! The interpreter does each operation for a block of instances, machine code does all of them for a vector. That is the same as
//! long as no instance reads what another one writes.

use std::sync::atomic::Ordering;

use crate::kernel::{Kernel, Operation};
use crate::run::Lists;

impl Kernel {
    /// Whether no instance up to `end` reads what another writes, and none writes twice where another does: then it makes no
    /// difference how many instances are advanced together. Where it does, the interpreter's blocks are the order.
    pub(crate) fn are_independent(&self, lists: &Lists, end: usize) -> bool {
        if end <= self.history.independent.load(Ordering::Relaxed) {
            return true;
        }
        let touches = touches(&self.operations);
        let independent = touches.iter().enumerate().all(|(index, a)| {
            let own = a.list.is_none_or(|list| lists.get(list).increasing);
            // Additions follow one another in the order of instances.
            (own || (a.writes <= 1 && (a.writes == 0 || a.reads == 0)))
                && touches[..index].iter().all(|b| {
                    let ((a_start, a_end), (b_start, b_end)) = (a.span(lists, end), b.span(lists, end));
                    (a.writes == 0 && b.writes == 0) || a_end <= b_start || b_end <= a_start
                })
        });
        if independent {
            self.history.independent.fetch_max(end, Ordering::Relaxed);
        }
        independent
    }
}

/// How often a kernel reads and writes in one place.
#[derive(Debug)]
struct Touch {
    offset: usize,
    list: Option<usize>,
    reads: usize,
    writes: usize,
}

impl Touch {
    /// From where to where, for instances up to `end`.
    fn span(&self, lists: &Lists, end: usize) -> (usize, usize) {
        match self.list {
            None => (self.offset, self.offset + end),
            Some(list) => {
                let list = lists.get(list);
                (self.offset + list.smallest, self.offset + list.largest + 1)
            }
        }
    }
}

fn touches(operations: &[Operation]) -> Vec<Touch> {
    let mut touches: Vec<Touch> = Vec::new();
    for operation in operations {
        let (offset, list, write) = match *operation {
            Operation::LoadColumn { offset, .. } => (offset, None, false),
            Operation::LoadIndexed { offset, list, .. } => (offset, Some(list), false),
            Operation::StoreColumn { offset, .. } | Operation::AddColumn { offset, .. } => {
                (offset, None, true)
            }
            Operation::StoreIndexed { offset, list, .. } | Operation::AddIndexed { offset, list, .. } => {
                (offset, Some(list), true)
            }
            _ => continue,
        };
        let known = touches.iter().position(|t| t.offset == offset && t.list == list);
        let index = known.unwrap_or(touches.len());
        if known.is_none() {
            touches.push(Touch { offset, list, reads: 0, writes: 0 });
        }
        if write {
            touches[index].writes += 1;
        } else {
            touches[index].reads += 1;
        }
    }
    touches
}
