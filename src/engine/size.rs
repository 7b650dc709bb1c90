//! How much memory a network needs, told before it is made.
//!
//! In come a network, its wiring and the lowered cells of its populations; out goes a number of bytes: of the cells, of connections
//! and events as the engine holds them, and of the traces that are recorded. Rules are gone through to count connections;
//! random events count as many as are expected, junctions as if they joined all cells of a population. Spikes are not counted, nor what waits between a spike and its arrival:
//! both are a few bytes a spike.

use std::mem::size_of;

use super::joined::BYTES_OF_A_NODE;
use crate::error::Result;
use crate::lower::Lowered;
use crate::lower::events::{Arrival, Connection, Delivery};
use crate::lower::network::Templates;
use crate::lower::probes::{Detector, Probe};
use crate::model::Keep;
use crate::network::{Network, Wiring};
use crate::record::Spikes;

/// Bytes that a run of a network takes whose traces are taken out when they hold so many numbers.
///
/// # Errors
/// Weights and delays that cannot be.
pub fn bytes(network: &Network, wiring: &Wiring, templates: &[Templates], held: usize) -> Result<u64> {
    let run = &network.run;
    let samples = (run.steps_until(run.duration) / run.steps_of_a_sample()) as usize + 1;
    let probes = |templates: &Templates| {
        let traces =
            |lowered: &Lowered| lowered.probes_of(0).iter().filter(|p| p.keep == Keep::Trace).count();
        templates.groups.first().map_or(0, |(_, lowered)| traces(lowered))
    };
    let of_each = network.populations.iter().zip(templates);
    let traces: usize =
        of_each.map(|(population, templates)| population.recorded.len() * probes(templates)).sum();
    let samples = samples.min(held / (traces + 1));
    let mut total = 0;
    let mut joined = vec![false; templates.len()];
    for end in network.junctions.iter().flat_map(|junction| &junction.ends) {
        network.cell(end.cell as usize).into_iter().for_each(|(population, _)| joined[population] = true);
    }
    for ((population, templates), joined) in network.populations.iter().zip(templates).zip(joined) {
        for (groups, lowered) in &templates.groups {
            // Every group samples the time for itself.
            let numbers = lowered.layout.memory.len() + samples;
            total += shared(lowered) + groups * (numbers * NUMBER + lowered.cells * CELL);
            if joined {
                total += groups * lowered.coupling.len() * BYTES_OF_A_NODE;
            }
        }
        total += population.recorded.len() * probes(templates) * samples * NUMBER;
    }
    // A connection and its arguments, which are there twice while groups are made ready to run.
    let through = |to: &str, place: &str| {
        let lowered = network.population(to).and_then(|number| templates[number].groups.first());
        let arguments = lowered.and_then(|(_, lowered)| {
            let placement = lowered.placements.iter().find(|p| p.name == place)?;
            Some(lowered.mechanisms[placement.mechanism].argument_names.len())
        });
        size_of::<Connection>() + 2 * arguments.unwrap_or(0) * NUMBER
    };
    for (number, projection) in network.projections.iter().enumerate() {
        let each = through(&projection.to, &projection.place) + size_of::<Delivery>();
        wiring.connections(number, |_| {
            total += each;
            Ok(())
        })?;
    }
    for (number, drive) in network.drives.iter().enumerate() {
        let (trains, events) = wiring.input_counts(number);
        total += trains * through(&drive.to, &drive.place) + events as usize * size_of::<Arrival>();
    }
    Ok(total as u64)
}

/// Bytes of a number.
const NUMBER: usize = size_of::<f64>();

/// Bytes of a cell beside its numbers: its spikes with their name, what its detector saw, how many events it got.
const CELL: usize = size_of::<Spikes>() + 24 + 1 + size_of::<u64>();

/// Bytes that all groups of so many cells share, but for the kernels.
fn shared(lowered: &Lowered) -> usize {
    let lists: usize = lowered.mechanisms.iter().map(|m| m.nodes.len() * size_of::<u32>()).sum();
    let probes = lowered.probes.len() * (size_of::<Probe>() + 32);
    let detectors = lowered.detectors.len() * (size_of::<Detector>() + 16);
    (lowered.layout.memory.len() + 3 * lowered.coupling.len()) * NUMBER + lists + probes + detectors
}
