//! Cells that electrical synapses join: their groups take each step together, and their voltages are solved as one.
//!
//! A junction of conductance g between the voltages a and b adds g·(a − b) to what leaves at a, and the same the other way at b. Where
//! that is implicit, as the current along a dendrite is, the matrix of the trees M becomes A = M − G, where G holds g for either end
//! of each junction and g is added to both diagonals. A is symmetric and positive definite like M, and M can be solved in
//! one sweep, so it is the preconditioner of conjugate gradients (Hestenes & Stiefel 1952, J. Res. Natl. Bur. Stand. 49:409): an
//! iteration costs a solve of the trees and a few sums. Since M times a direction is a combination of residuals, A is never
//! multiplied with but for G, and what iterations start from is the trees' own solution, whose residual is G times it.

use apical_kernels::tree::Equations;

use super::Simulation;
use crate::error::{Error, ErrorKind, Result};
use crate::lower::junction::Junction;
use crate::network::JunctionScheme;
use crate::units::UNPHYSICAL;

/// Junctions of groups that are solved as one.
#[derive(Clone, Debug)]
pub struct Joint {
    junctions: Vec<Junction>,
    scheme: JunctionScheme,
    /// For each group.
    work: Vec<Work>,
}

/// Numbers over the nodes of a group.
#[derive(Clone, Debug)]
struct Work {
    diagonal: Vec<f64>,
    change: Vec<f64>,
    residual: Vec<f64>,
    preconditioned: Vec<f64>,
    direction: Vec<f64>,
    /// The trees' matrix times the direction.
    image: Vec<f64>,
    /// What a solve uses up.
    used: [Vec<f64>; 2],
}

/// Bytes of a [`Work`] for each node.
pub const BYTES_OF_A_NODE: usize = 8 * size_of::<f64>();

impl Work {
    fn new(count: usize) -> Self {
        let zeros = || vec![0.0; count];
        Self {
            diagonal: zeros(),
            change: zeros(),
            residual: zeros(),
            preconditioned: zeros(),
            direction: zeros(),
            image: zeros(),
            used: [zeros(), zeros()],
        }
    }
}

impl Joint {
    /// Junctions between these groups.
    pub fn new(junctions: Vec<Junction>, scheme: JunctionScheme, groups: &[&Simulation]) -> Self {
        let work = groups.iter().map(|group| Work::new(group.lowered.coupling.len())).collect();
        Self { junctions, scheme, work }
    }

    /// Adds what flows through junctions at the present voltages, and moves all voltages.
    pub fn move_voltages(&mut self, groups: &mut [&mut Simulation]) -> Result<()> {
        for junction in &self.junctions {
            let [a, b] = junction.ends.map(|end| voltage(groups[end.group], end.node));
            for (end, out) in junction.ends.into_iter().zip([a - b, b - a]) {
                let Simulation { memory, lowered, .. } = &mut *groups[end.group];
                memory[lowered.shared.membrane_current + end.node] += junction.conductance * out;
                memory[lowered.shared.diagonal + end.node] += junction.conductance;
            }
        }
        match self.scheme {
            JunctionScheme::Lagged => groups.iter_mut().try_for_each(|group| group.move_voltages())?,
            JunctionScheme::Implicit => self.solve(groups)?,
        }
        // What a junction takes does not cross the membrane.
        for junction in &self.junctions {
            let used = |end: usize| {
                let (group, node) = (&groups[junction.ends[end].group], junction.ends[end].node);
                let change = group.memory[group.lowered.shared.membrane_current + node];
                voltage(group, node) - (group.run.scheme.factor() - 1.0) * change
            };
            let (a, b) = (used(0), used(1));
            for (end, out) in junction.ends.into_iter().zip([a - b, b - a]) {
                let group = &mut *groups[end.group];
                if let Some(column) = group.lowered.membrane_total {
                    group.memory[column + end.node] -= junction.conductance * out;
                }
            }
        }
        Ok(())
    }

    fn solve(&mut self, groups: &mut [&mut Simulation]) -> Result<()> {
        /// Where the preconditioned residual, which tells the error that is left, is no more than the rounding of a voltage, mV.
        const ROUNDING: f64 = 1e-14;
        const MOST: usize = 500;
        let Self { junctions, work, .. } = self;
        for (work, group) in work.iter_mut().zip(&*groups) {
            let (lowered, count) = (&group.lowered, work.change.len());
            let column = |first: usize| &group.memory[first..first + count];
            work.diagonal.copy_from_slice(column(lowered.shared.diagonal));
            work.used[1].copy_from_slice(column(lowered.shared.membrane_current));
            // The right-hand side holds what flows along the cable at the present voltages.
            work.change.copy_from_slice(column(lowered.shared.voltage));
            work.tree_solve(group, |work| &mut work.change);
            // Voltages were moved; the change is left where the outward current was.
            work.change.copy_from_slice(&work.used[1]);
            work.residual.fill(0.0);
            work.direction.fill(0.0);
            work.image.fill(0.0);
        }
        for junction in &*junctions {
            let [a, b] = junction.ends.map(|end| work[end.group].change[end.node]);
            for (end, other) in junction.ends.into_iter().zip([b, a]) {
                work[end.group].residual[end.node] += junction.conductance * other;
            }
        }
        let mut product_before = 0.0;
        for iteration in 0.. {
            for (work, group) in work.iter_mut().zip(&*groups) {
                for (out, residual) in work.used[1].iter_mut().zip(&work.residual) {
                    *out = -residual;
                }
                work.preconditioned.fill(0.0);
                work.tree_solve(group, |work| &mut work.preconditioned);
            }
            let left = work.iter().flat_map(|w| &w.preconditioned).fold(0.0_f64, |most, z| most.max(z.abs()));
            if left <= ROUNDING {
                break;
            }
            if iteration == MOST || !left.is_finite() {
                let time = groups.first().map_or(0.0, |g| g.time);
                let message =
                    format!("voltages of cells joined by junctions do not settle in the step from {time} ms");
                let help = "a conductance of a junction that is far larger than the cells' own";
                return Err(Error::new(ErrorKind::Numerical, message).help(help));
            }
            let product: f64 = work.iter().map(|w| dot(&w.residual, &w.preconditioned)).sum();
            let keep = if iteration == 0 { 0.0 } else { product / product_before };
            product_before = product;
            for work in work.iter_mut() {
                for (direction, z) in work.direction.iter_mut().zip(&work.preconditioned) {
                    *direction = z + keep * *direction;
                }
                for (image, r) in work.image.iter_mut().zip(&work.residual) {
                    *image = r + keep * *image;
                }
            }
            // A times the direction is its image but at junctions.
            let trees: f64 = work.iter().map(|w| dot(&w.direction, &w.image)).sum();
            let of_a_junction = |j: &Junction| {
                let [a, b] = j.ends.map(|end| work[end.group].direction[end.node]);
                2.0 * j.conductance * a * b
            };
            let through: f64 = junctions.iter().map(of_a_junction).sum();
            let length = product / (trees - through);
            for work in work.iter_mut() {
                for (change, direction) in work.change.iter_mut().zip(&work.direction) {
                    *change += length * direction;
                }
                for (residual, image) in work.residual.iter_mut().zip(&work.image) {
                    *residual -= length * image;
                }
            }
            for junction in &*junctions {
                let [a, b] = junction.ends.map(|end| work[end.group].direction[end.node]);
                for (end, other) in junction.ends.into_iter().zip([b, a]) {
                    work[end.group].residual[end.node] += length * junction.conductance * other;
                }
            }
        }
        for (work, group) in work.iter().zip(groups) {
            group.take_change(&work.change)?;
        }
        Ok(())
    }
}

impl Work {
    /// Solves the trees of a group for what flows out, which becomes the change, and moves voltages by it.
    fn tree_solve(&mut self, group: &Simulation, voltages: impl Fn(&mut Self) -> &mut Vec<f64>) {
        let mut voltage = std::mem::take(voltages(self));
        let [diagonal, outward] = &mut self.used;
        diagonal.copy_from_slice(&self.diagonal);
        let coupling = &group.lowered.coupling;
        let mut equations = Equations { coupling, diagonal, outward, voltage: &mut voltage, factor: 1.0 };
        // What is unphysical is told of the voltages in the end.
        let _ = group.lowered.matrix.advance(&mut equations, f64::INFINITY);
        *voltages(self) = voltage;
    }
}

impl Simulation {
    /// Moves voltages by a change that was solved for elsewhere.
    fn take_change(&mut self, change: &[f64]) -> Result<()> {
        let (shared, factor) = (self.lowered.shared, self.run.scheme.factor());
        let count = change.len();
        self.memory[shared.membrane_current..][..count].copy_from_slice(change);
        let mut physical = true;
        for (voltage, change) in self.memory[shared.voltage..][..count].iter_mut().zip(change) {
            *voltage += factor * change;
            physical &= voltage.abs() < UNPHYSICAL;
        }
        self.voltages_moved(physical)
    }
}

fn voltage(group: &Simulation, node: usize) -> f64 {
    group.memory[group.lowered.shared.voltage + node]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
