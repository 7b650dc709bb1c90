//! A network between its description and its run: cells are lowered, connections are not made yet.
//!
//! In comes a network; out goes how much memory it will need, and then the [`NetworkSimulation`].

use std::path::Path;

use super::{NetworkSimulation, effect, size};
use crate::error::Result;
use crate::lower;
use crate::lower::network::{Templates, templates};
use crate::network::{Network, Wiring};

/// A network whose cells are lowered.
#[derive(Debug)]
pub struct PreparedNetwork<'a> {
    network: &'a Network,
    base: &'a Path,
    wiring: Wiring<'a>,
    templates: Vec<Templates>,
}

impl<'a> PreparedNetwork<'a> {
    /// Lowers the cells of a network; paths in it are relative to `base`.
    ///
    /// # Errors
    /// Whatever the description holds that cannot be meant, but for what is drawn.
    pub fn new(network: &'a Network, base: &'a Path) -> Result<Self> {
        let wiring = network.wire(base)?;
        let templates = templates(network, base)?;
        Ok(Self { network, base, wiring, templates })
    }

    /// About how many bytes a run needs. `held` is how many numbers of traces there may be before
    /// [`NetworkSimulation::take_results`] takes them out: `usize::MAX` where nobody does.
    ///
    /// # Errors
    /// Weights and delays that cannot be.
    pub fn memory(&self, held: usize) -> Result<u64> {
        size::bytes(self.network, &self.wiring, &self.templates, held)
    }

    /// Makes connections and sets the state at time 0.
    ///
    /// # Errors
    /// Weights and delays that cannot be, synapses that do not do what is declared of them.
    pub fn simulation(self) -> Result<NetworkSimulation> {
        let (assemblies, weights) = lower::network::lower(self.network, &self.wiring, &self.templates)?;
        effect::check(self.network, &weights, self.base)?;
        NetworkSimulation::of_assemblies(assemblies, self.network.junction_scheme, self.network.run)
    }
}
