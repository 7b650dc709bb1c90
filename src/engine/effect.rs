//! What an event does to a membrane that is held where a run begins: the sign of a synapse cannot be seen from its weight.
//!
//! In come a network and a placement on the cells of one of its populations; out goes the [`Effect`]: the charge and the conductance
//! that events bring, told by the lowered mechanism itself, against the same cell without events. Declared kinds and weights
//! are held to it.

use std::collections::HashMap;
use std::path::Path;

use super::{Simulation, run_all};
use crate::error::{Error, ErrorKind, Result};
use crate::lower::{self, group::Group, network::Weights};
use crate::model::{Conductance, Events, Regular, Run, Scheme};
use crate::network::{Kind, Network};

/// What events of weight 1 bring to a membrane at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Inward charge, pC.
    pub charge: f64,
    /// Conductance over time, µS·ms; negative where the current falls as the voltage rises.
    pub conductance: f64,
    /// The voltage that the membrane was held at, mV.
    pub rest: f64,
}

/// A synapse shunts when it reverses this close to the rest, mV.
const SHUNTS_WITHIN: f64 = 1.0;

/// So many events, one a ms, and as long to see what the last of them do: slow receptors need several, others may fail.
const EVENTS: usize = 20;

impl Effect {
    /// Whether the current depends on the voltage, as that of a conductance does.
    pub fn is_conductance(&self) -> bool {
        self.conductance.abs() > 1e-6 * self.charge.abs()
    }

    /// What events of a weight do; nothing when they bring no charge and no conductance.
    pub fn kind(&self, weight: f64) -> Option<Kind> {
        let charge = self.charge * weight.signum();
        if self.conductance > 0.0 && charge.abs() <= SHUNTS_WITHIN * self.conductance {
            Some(Kind::Shunting)
        } else if charge > 0.0 {
            Some(Kind::Excitatory)
        } else if charge < 0.0 {
            Some(Kind::Inhibitory)
        } else {
            None
        }
    }

    /// How far above the rest the current reverses, mV, when it is proportional to the distance from there.
    pub fn driving_force(&self) -> Option<f64> {
        (self.conductance > 0.0 && self.is_conductance()).then(|| self.charge / self.conductance)
    }

    /// Holds weights of such a range, and the kind that is declared of them, to what events do.
    fn hold(&self, declared: Option<Kind>, [least, greatest]: [f64; 2]) -> Result<()> {
        let fault = |message: String, key| Err(Error::new(ErrorKind::Parameter, message).key(key));
        if self.is_conductance() && least < 0.0 {
            let help = "whether a conductance excites or inhibits is told by its reversal potential";
            return fault(format!("a weight of {least}, and a conductance is not negative"), "weight")
                .map_err(|e| e.help(help));
        }
        let Some(declared) = declared else { return Ok(()) };
        let differs = |weight: &f64| *weight != 0.0 && self.kind(*weight) != Some(declared);
        let Some(weight) = [least, greatest].into_iter().find(differs) else { return Ok(()) };
        let found = self.kind(weight).map_or("have no effect".to_owned(), |kind| format!("are {kind}"));
        let message =
            format!("declared {declared}, but events of weight {weight} {found} at {} mV", self.rest);
        let help = match self.driving_force() {
            Some(force) => format!(
                "the current reverses at {:.1} mV, and the run begins at {}",
                self.rest + force,
                self.rest
            ),
            None => "that is where the run begins".to_owned(),
        };
        fault(message, "kind").map_err(|e| e.help(help))
    }
}

/// What events do that arrive at the first instance of a placement.
///
/// # Errors
/// Whatever the cell's description holds that cannot be meant; a placement that receives no events.
pub fn effect(network: &Network, population: usize, place: &str, base: &Path) -> Result<Effect> {
    let mut model = lower::network::model_of(network, population);
    let interval = 1.0;
    model.events.push(Events {
        target: place.to_owned(),
        instance: Some(0),
        weight: 1.0,
        regular: Some(Regular { start: 0.0, interval, count: EVENTS }),
        ..Events::default()
    });
    model.run.time_step = Run::default().time_step;
    model.run.scheme = Scheme::BackwardEuler;
    model.run.conductance = Conductance::Symbolic;
    let group = lower::lower(&model, base);
    let group = group.map_err(|e| lower::network::in_population(e, network, population))?;
    let lowered = &group.lowered;
    let node = lowered
        .placements
        .iter()
        .find(|p| p.name == place)
        .map_or(0, |p| lowered.mechanisms[p.mechanism].nodes[p.range.start] as usize);
    let silent = Group { arrivals: Vec::new(), ..group.clone() };
    let mut with = Simulation::of_group(group, model.run)?;
    let mut without = Simulation::of_group(silent, model.run)?;
    let rest = with.voltages()[node];
    let step = model.run.time_step;
    let (mut charge, mut conductance) = (0.0, 0.0);
    for _ in 0..(2.0 * interval * EVENTS as f64 / step).ceil() as usize {
        let with = with.step_held(node)?;
        let without = without.step_held(node)?;
        charge -= (with[0] - without[0]) * step;
        conductance += (with[1] - without[1]) * step;
    }
    Ok(Effect { charge, conductance, rest })
}

impl Simulation {
    /// A step that leaves the voltages where they are; returns outward current (nA) and conductance (µS) of a node.
    fn step_held(&mut self, node: usize) -> Result<[f64; 2]> {
        self.begin()?;
        let shared = self.lowered.shared;
        let found = [shared.membrane_current, shared.diagonal].map(|column| self.memory[column + node]);
        self.end_of_step();
        self.steps += 1;
        run_all(&self.lowered.plan.states, &mut self.memory, &self.lowered.lists, &mut self.scratch);
        for index in 0..self.lowered.order.len() {
            self.collect_effects(self.lowered.order[index], apical_nmodl::ir::Source::State)?;
        }
        Ok(found)
    }
}

/// Effects of placements, each found once.
pub struct Effects<'a> {
    network: &'a Network,
    base: &'a Path,
    found: HashMap<(usize, &'a str), Effect>,
}

impl<'a> Effects<'a> {
    /// Those of a network whose paths are relative to `base`.
    pub fn new(network: &'a Network, base: &'a Path) -> Self {
        Self { network, base, found: HashMap::new() }
    }

    /// That of a placement on the cells of a population.
    ///
    /// # Errors
    /// As [`effect`].
    pub fn of(&mut self, population: &str, place: &'a str) -> Result<Effect> {
        let number = self.network.population(population).unwrap_or_default();
        if let Some(found) = self.found.get(&(number, place)) {
            return Ok(*found);
        }
        let found = effect(self.network, number, place, self.base)?;
        self.found.insert((number, place), found);
        Ok(found)
    }
}

/// Holds declared kinds and weights to what events do.
///
/// # Errors
/// A weight that a conductance cannot have, a projection or a drive that does not do what it is declared to do.
pub fn check(network: &Network, weights: &Weights, base: &Path) -> Result<()> {
    let mut effects = Effects::new(network, base);
    let mut hold = |to: &'_ str, place, kind: Option<Kind>, weights: [f64; 2], key: String| {
        if kind.is_none() && weights[0] >= 0.0 || weights[0] > weights[1] {
            return Ok(());
        }
        effects.of(to, place)?.hold(kind, weights).map_err(|e| e.key(key))
    };
    let projections = network.projections.iter().zip(&weights.projections);
    for (number, (projection, &weights)) in projections.enumerate() {
        let key = format!("projection[{number}]");
        hold(&projection.to, &projection.place, projection.kind, weights, key)?;
    }
    for (number, (drive, &weights)) in network.drives.iter().zip(&weights.drives).enumerate() {
        hold(&drive.to, &drive.place, drive.kind, weights, format!("drive[{number}]"))?;
    }
    Ok(())
}
