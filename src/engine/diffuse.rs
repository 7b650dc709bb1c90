//! A step of diffusion along the cable, by implicit Euler, after the states' own step: NEURON's splitting.

use apical_kernels::tree::{Equations, ROOT};

use super::Simulation;
use crate::lower::bind::BoundDiffusing;
use crate::lower::diffusion::Path;

impl Simulation {
    /// Moves every state under LONGITUDINAL_DIFFUSION.
    pub(super) fn diffuse(&mut self) {
        for index in 0..self.lowered.mechanisms.len() {
            let mechanism = &self.lowered.mechanisms[index];
            let Some(path) = &self.lowered.diffusion[index] else { continue };
            let instances = 0..mechanism.nodes.len();
            let [before, after] = &mechanism.diffusion;
            before.run(&mut self.memory, &self.lowered.lists, instances.clone(), &mut self.scratch);
            for state in &mechanism.diffusing {
                advance(path, state, self.run.time_step, &mut self.memory);
            }
            after.run(&mut self.memory, &self.lowered.lists, instances, &mut self.scratch);
        }
    }
}

/// Conservation of what each compartment holds, per length of the cable: V l (c − c₀)/Δt = Σ g (c_neighbour − c) with
/// g = D A / distance between centres, D A the mean of both compartments.
fn advance(path: &Path, state: &BoundDiffusing, time_step: f64, memory: &mut [f64]) {
    let count = path.length.len();
    let column = |offset: usize| offset..offset + count;
    let coefficient = &memory[column(state.coefficient)];
    let mut coupling = vec![0.0; count];
    let mut diagonal: Vec<f64> = memory[column(state.volume)]
        .iter()
        .zip(&path.length)
        .map(|(volume, length)| volume * length / time_step)
        .collect();
    // What is there counts as flowing in, so that the solution from nothing is the new concentration.
    let mut outward: Vec<f64> =
        memory[column(state.concentration)].iter().zip(&diagonal).map(|(c, d)| -(c * d)).collect();
    for (instance, &parent) in path.parents.iter().enumerate() {
        if parent == ROOT {
            continue;
        }
        let parent = parent as usize;
        let mean = 0.5 * (coefficient[instance] + coefficient[parent]);
        let conductance = mean / (0.5 * (path.length[instance] + path.length[parent]));
        coupling[instance] = conductance;
        diagonal[instance] += conductance;
        diagonal[parent] += conductance;
    }
    let mut concentration = vec![0.0; count];
    let mut equations = Equations {
        coupling: &coupling,
        diagonal: &mut diagonal,
        outward: &mut outward,
        voltage: &mut concentration,
        factor: 1.0,
    };
    // A concentration has no limit: one that is not a number shows in the voltage or at the end of the run.
    let _ = path.matrix.advance(&mut equations, f64::INFINITY);
    memory[column(state.concentration)].copy_from_slice(&concentration);
}
