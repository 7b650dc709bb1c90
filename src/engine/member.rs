//! What one worker takes through an epoch by itself: a group of cells, or groups that junctions join, with what spikes set off there.

use std::time::Instant;

use super::Simulation;
use super::joined::Joint;
use crate::error::Result;
use crate::lower::events::{Arrival, Delivery, set_off_by};
use crate::lower::junction::Assembly;
use crate::model::Run;
use crate::network::JunctionScheme;

/// A spike of a cell, ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    pub time: f64,
    /// The cell's number in the network.
    pub cell: u32,
}

/// Groups that take their steps together.
#[derive(Clone, Debug)]
pub struct Member {
    pub parts: Vec<Part>,
    /// Where there are junctions.
    joint: Option<Joint>,
    /// What it took so far, ns.
    pub cost: u64,
}

/// A group with what spikes set off in it.
#[derive(Clone, Debug)]
pub struct Part {
    pub simulation: Simulation,
    /// The number in the network of its first cell.
    pub first: usize,
    pub deliveries: Vec<Delivery>,
}

impl Member {
    /// Sets the state of groups at time 0.
    pub fn new(assembly: Assembly, scheme: JunctionScheme, run: Run) -> Result<Self> {
        let parts = assembly.groups.into_iter().map(|mut group| {
            let first = group.first;
            let deliveries = std::mem::take(&mut group.deliveries);
            Ok(Part { simulation: Simulation::of_group(group, run)?, first, deliveries })
        });
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let joint = (!assembly.junctions.is_empty()).then(|| {
            let groups: Vec<&Simulation> = parts.iter().map(|part| &part.simulation).collect();
            Joint::new(assembly.junctions, scheme, &groups)
        });
        Ok(Self { parts, joint, cost: 0 })
    }

    /// Steps that all groups have done.
    pub fn steps(&self) -> u64 {
        self.parts.iter().map(|part| part.simulation.steps).min().unwrap_or(0)
    }

    /// Takes so many steps and tells of the spikes.
    pub fn advance(&mut self, count: u64, spikes: &mut Vec<Spike>) -> Result<()> {
        let before = Instant::now();
        let outcome = (0..count).try_for_each(|_| self.step());
        for part in &mut self.parts {
            let first = part.first;
            let sent = part.simulation.sent.drain(..);
            spikes.extend(sent.map(|(detector, time)| Spike { time, cell: (first + detector) as u32 }));
        }
        self.cost += before.elapsed().as_nanos() as u64;
        outcome
    }

    fn step(&mut self) -> Result<()> {
        let Some(joint) = &mut self.joint else {
            return self.parts.iter_mut().try_for_each(|part| part.simulation.advance());
        };
        let mut groups: Vec<&mut Simulation> =
            self.parts.iter_mut().map(|part| &mut part.simulation).collect();
        groups.iter_mut().try_for_each(|group| group.begin())?;
        joint.move_voltages(&mut groups)?;
        groups.iter_mut().try_for_each(|group| group.finish())
    }

    /// Takes up what spikes set off here.
    pub fn receive(&mut self, spikes: &[Spike]) {
        for spike in spikes {
            for part in &mut self.parts {
                for delivery in set_off_by(&part.deliveries, spike.cell) {
                    let (time, connection) = (spike.time + delivery.delay, delivery.connection as usize);
                    part.simulation.foresee(Arrival { time, connection });
                }
            }
        }
    }
}
