//! Runs a lowered model: one step after another on flat arrays.
//!
//! In comes [`Lowered`]; out come voltages, traces and spikes. A step is NEURON's with a fixed time step (see
//! `docs/numerics.md`): deliver events up to the middle of the step; currents at the old voltages; solve; move the
//! voltages; advance the states over the whole step with the new voltages; detect and record.

use std::path::Path;
use std::sync::Arc;

use apical_kernels::tree::Equations;
use apical_kernels::{Buffer, Level, Lists, Scratch};
use apical_nmodl::ir::{Hook, Source};

use crate::error::{Error, ErrorKind, Result};
use crate::lower::events::{Connection, Delivery};
use crate::lower::group::{Group, Names};
use crate::lower::probes::{Detector, Probe, Watched};
use crate::lower::{self, Lowered};
use crate::model::{Keep, Model, Run, Scheme};
use crate::record::{Results, Spikes, Statistics, Trace};
use crate::units::UNPHYSICAL;

mod deliver;
mod diffuse;
pub mod effect;
mod events;
mod fault;
mod joined;
mod member;
mod network;
mod prepare;
pub mod size;
mod snapshot;

use deliver::Watch;
use events::Queue;
pub use network::NetworkSimulation;
pub use prepare::PreparedNetwork;
pub use snapshot::Snapshot;

/// NEURON adds this to the time of a threshold crossing, ms; delays count from there.
const CROSSING: f64 = 1e-10;

/// A model in motion.
///
/// ```
/// # fn main() -> apical::Result<()> {
/// use apical::{Model, Simulation};
/// let model = Model::from_toml(
///     r#"
///     version = 1
///     [[cell.section]]
///     name = "soma"
///     length = 20
///     diameter = 20
///     [[cell.paint]]
///     region = "all"
///     mechanism = "hh"
///     [[record]]
///     what = "v"
///     at = "soma(0.5)"
///     [run]
///     duration = 5
///     "#,
/// )?;
/// let mut simulation = Simulation::new(&model, ".")?;
/// simulation.run()?;
/// let results = simulation.results();
/// assert_eq!(results.traces[0].values.len(), 201);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    lowered: Arc<Lowered>,
    /// What the cells of a network are called.
    names: Option<Names>,
    /// What traces are kept of.
    probes: Vec<Probe>,
    /// What statistics are kept of: where it is.
    in_short: Vec<usize>,
    connections: Vec<Connection>,
    /// Those that programs visit, by their targets and then in order.
    visited: Vec<u32>,
    /// What detectors set off in these cells without an exchange.
    deliveries: Vec<Delivery>,
    run: Run,
    time: f64,
    steps: u64,
    sample_every: u64,
    memory: Buffer,
    /// Whether the regions' states are a step behind, to be advanced with the next currents.
    pending: bool,
    /// Whether a probe looks at something that regions compute.
    observed: bool,
    scratch: Scratch,
    queue: Queue,
    /// How many events each cell got in the present step.
    delivered: Vec<u32>,
    watches: Vec<Watch>,
    above: Vec<bool>,
    /// The step from which each detector may report again.
    free_from: Vec<u64>,
    /// Spikes that other cells are yet to hear of: the detector and the time from which delays count, ms.
    sent: Vec<(usize, f64)>,
    sampled: Results,
    /// What ended the run.
    failed: Option<Error>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Model time, ms.
    pub time: f64,
    /// Where it ends, ms.
    pub duration: f64,
    /// Steps taken.
    pub steps: u64,
}

/// Runs kernels one after the other.
fn run_all(runs: &[lower::regions::Run], memory: &mut [f64], lists: &Lists, scratch: &mut Scratch) {
    for run in runs {
        run.kernel.run(memory, lists, 0..run.instances, scratch);
    }
}

/// Refuses results that would not fit into memory, before hours are spent on them.
fn check_size(run: &Run, traces: usize) -> Result<()> {
    const MOST: f64 = 1e9;
    let samples = run.duration / run.sample_interval.unwrap_or(run.time_step);
    let numbers = samples * (traces + 1) as f64;
    if numbers <= MOST {
        return Ok(());
    }
    let message =
        format!("the results would hold {numbers:.1e} numbers ({samples:.1e} samples): {MOST:e} at most");
    let help = "give a longer `sample_interval`, or record less";
    Err(Error::new(ErrorKind::Model, message).help(help).key("run"))
}

impl Simulation {
    /// Lowers a model and sets the state at time 0. Paths in the model are relative to `base`.
    ///
    /// # Errors
    /// Whatever the description holds that cannot be meant; errors name the key of the document.
    pub fn new(model: &Model, base: impl AsRef<Path>) -> Result<Self> {
        let group = lower::lower(model, base.as_ref())?;
        check_size(&model.run, group.probes.len())?;
        Self::of_group(group, model.run)
    }

    /// Runs kernels in this way from now on, instead of the best that the processor has; no bit depends on it.
    ///
    /// # Panics
    /// When the processor does not have it: [`Level::available`].
    pub fn set_level(&mut self, level: Level) {
        self.scratch.set_level(level);
    }

    /// Sets the state of lowered cells at time 0.
    fn of_group(group: Group, run: Run) -> Result<Self> {
        let memory = group.memory();
        let Group { lowered, names, probes, connections, arrivals, deliveries, .. } = group;
        let trace =
            |probe: &Probe| Trace { name: probe.name.clone(), unit: probe.unit.clone(), values: Vec::new() };
        // A network's cells have one detector each, called as they are.
        let detector = |(position, detector): (usize, &Detector)| Spikes {
            detector: names.as_ref().map_or_else(|| detector.name.clone(), |names| names.of(position)),
            times: Vec::new(),
        };
        let observed = lowered.observes_regions(&probes);
        let (probes, in_short): (Vec<Probe>, Vec<Probe>) =
            probes.into_iter().partition(|probe| probe.keep == Keep::Trace);
        let sampled = Results {
            time: Vec::new(),
            statistics: in_short.iter().map(|p| Statistics::new(p.name.clone(), p.unit.clone())).collect(),
            traces: probes.iter().map(trace).collect(),
            spikes: lowered.detectors.iter().enumerate().map(detector).collect(),
        };
        let mut simulation = Self {
            run,
            time: 0.0,
            steps: 0,
            sample_every: run.steps_of_a_sample(),
            memory,
            pending: false,
            observed,
            scratch: Scratch::default(),
            queue: Queue::new(
                arrivals,
                run.time_step,
                lowered.mechanisms.iter().map(lower::bind::Bound::moves_events).collect(),
            ),
            delivered: vec![0; lowered.cells],
            watches: deliver::watches(&lowered),
            visited: deliver::visited(&lowered, &connections),
            above: vec![false; lowered.detectors.len()],
            free_from: vec![0; lowered.detectors.len()],
            sent: Vec::new(),
            sampled,
            failed: None,
            lowered,
            names,
            probes,
            in_short: in_short.iter().map(|probe| probe.offset).collect(),
            connections,
            deliveries,
        };
        simulation.initialise()?;
        Ok(simulation)
    }

    /// Model time, ms.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The model as it was lowered: compartments, mechanisms, layout.
    pub fn lowered(&self) -> &Lowered {
        &self.lowered
    }

    /// What a step consists of: regions, kernels, their operations and memory.
    pub fn plan(&self) -> lower::report::Report {
        lower::report::report(&self.lowered, self.memory.len())
    }

    /// Membrane potentials of all nodes, mV, in the order of [`Lowered::tree`].
    pub fn voltages(&self) -> &[f64] {
        let first = self.lowered.shared.voltage;
        &self.memory[first..first + self.lowered.coupling.len()]
    }

    /// What was recorded and detected so far.
    pub fn results(&self) -> &Results {
        &self.sampled
    }

    /// Takes out what was recorded and detected so far; later results begin after it, but for statistics, which are of all of
    /// the run.
    pub fn take_results(&mut self) -> Results {
        let traces = self.sampled.traces.iter_mut().map(|trace| Trace {
            name: trace.name.clone(),
            unit: trace.unit.clone(),
            values: std::mem::take(&mut trace.values),
        });
        let traces = traces.collect();
        let spikes = self.sampled.spikes.iter_mut().map(|spikes| Spikes {
            detector: spikes.detector.clone(),
            times: std::mem::take(&mut spikes.times),
        });
        Results {
            traces,
            spikes: spikes.collect(),
            time: std::mem::take(&mut self.sampled.time),
            statistics: self.sampled.statistics.clone(),
        }
    }

    /// Runs to the model's duration.
    ///
    /// # Errors
    /// A voltage that is not a number or beyond 10 V, named with its place and mechanism; it is the end of the run.
    pub fn run(&mut self) -> Result<()> {
        self.run_with(|_| {})
    }

    /// Runs to the model's duration and reports about every thousandth of it.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&mut self, report: impl FnMut(Progress)) -> Result<()> {
        self.run_to(self.run.duration, report)
    }

    /// Runs to a time, ms, but not beyond the model's duration, and reports about every thousandth of that.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_to(&mut self, time: f64, mut report: impl FnMut(Progress)) -> Result<()> {
        let duration = self.run.duration;
        let total = self.step_count();
        let every = (total / 1000).max(1);
        while self.steps < self.run.steps_until(time) {
            self.step()?;
            if self.steps.is_multiple_of(every) {
                report(Progress { time: self.time, duration, steps: self.steps });
            }
        }
        self.settle();
        Ok(())
    }

    /// How many steps the model's duration takes.
    pub fn step_count(&self) -> u64 {
        self.run.steps_until(self.run.duration)
    }

    /// Ions, initial blocks and first samples.
    fn initialise(&mut self) -> Result<()> {
        self.run_hooks(Hook::BeforeInitial);
        self.set_reversal_potentials();
        for index in 0..self.lowered.order.len() {
            let mechanism = &self.lowered.mechanisms[self.lowered.order[index]];
            let instances = 0..mechanism.nodes.len();
            mechanism.initial.run(&mut self.memory, &self.lowered.lists, instances, &mut self.scratch);
            if mechanism.writes_concentration {
                self.set_reversal_potentials();
            }
        }
        self.initialise_connections();
        self.run_hooks(Hook::AfterInitial);
        for index in 0..self.lowered.order.len() {
            self.collect_effects(self.lowered.order[index], Source::Initial)?;
        }
        // What INITIAL sent for time 0 arrives before anything else.
        self.deliver_made(0.0)?;
        // Nothing moves at time 0, but currents can be looked at.
        self.currents();
        self.add_electrodes();
        if self.lowered.membrane_total.is_some() {
            self.memory[self.lowered.shared.membrane_current..][..self.lowered.coupling.len()].fill(0.0);
            self.total_membrane_currents();
        }
        for (above, detector) in self.above.iter_mut().zip(&self.lowered.detectors) {
            if let Watched::Voltage { offset, threshold, .. } = detector.watched {
                *above = self.memory[offset] > threshold;
            }
        }
        self.run_hooks(Hook::BeforeStep);
        self.sample();
        Ok(())
    }

    /// Advances by one time step.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn step(&mut self) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        // A cell alone has no others to tell.
        self.sent.clear();
        let advanced = self.advance();
        self.failed = advanced.clone().err();
        advanced
    }

    /// Forgets what was recorded and detected after so many steps.
    fn cut(&mut self, steps: u64) {
        let count = (steps / self.sample_every) as usize + 1;
        let traces = self.sampled.traces.iter_mut().map(|trace| &mut trace.values);
        traces.chain([&mut self.sampled.time]).for_each(|values| values.truncate(count));
        for (spikes, detector) in self.sampled.spikes.iter_mut().zip(&self.lowered.detectors) {
            let steps = match detector.watched {
                Watched::Voltage { .. } => steps as f64,
                // Events arrive up to the middle of a step.
                Watched::Sender(_) => (steps as f64 - 0.5).max(0.0),
            };
            let until = steps * self.run.time_step;
            spikes.times.truncate(spikes.times.partition_point(|&time| time <= until));
        }
    }

    /// A step that keeps what others are to hear of.
    fn advance(&mut self) -> Result<()> {
        self.begin()?;
        self.move_voltages()?;
        self.finish()
    }

    /// The middle of a step.
    fn middle(&self) -> f64 {
        self.time + 0.5 * self.run.time_step
    }

    /// Sets the clock to the end of the step. Time is the sum of half steps, as in NEURON: the roundings decide on which step an
    /// edge falls.
    fn end_of_step(&mut self) {
        self.time = self.middle() + 0.5 * self.run.time_step;
        self.memory[self.lowered.shared.time] = self.time;
    }

    /// The first part of a step: events, then currents at the present voltages.
    fn begin(&mut self) -> Result<()> {
        let middle = self.middle();
        self.check_watches()?;
        self.deliver(middle)?;
        self.memory[self.lowered.shared.time] = middle;
        self.currents();
        self.add_electrodes();
        Ok(())
    }

    /// The last part of a step, after voltages moved: states, what mechanisms ask for, detection and recording.
    fn finish(&mut self) -> Result<()> {
        self.end_of_step();
        let steps = self.steps + 1;
        let sampled = steps.is_multiple_of(self.sample_every);
        let states = self.lowered.plan.regional_states;
        let seen = sampled && self.observed;
        self.pending = !seen && !self.lowered.plan.through.is_empty();
        let states = if self.pending { states } else { 0 };
        run_all(
            &self.lowered.plan.states[states..],
            &mut self.memory,
            &self.lowered.lists,
            &mut self.scratch,
        );
        self.diffuse();
        for index in 0..self.lowered.order.len() {
            self.collect_effects(self.lowered.order[index], Source::State)?;
        }
        self.run_hooks(Hook::AfterSolve);
        self.run_hooks(Hook::BeforeStep);
        // A step is taken when nothing in it can fail any more.
        self.steps = steps;
        self.detect();
        if sampled {
            self.sample();
        }
        Ok(())
    }

    /// Advances the states that wait for the next step's currents.
    fn settle(&mut self) {
        if std::mem::take(&mut self.pending) {
            let states = &self.lowered.plan.states[..self.lowered.plan.regional_states];
            run_all(states, &mut self.memory, &self.lowered.lists, &mut self.scratch);
        }
    }

    /// Nernst's equation where a mechanism writes concentrations.
    fn set_reversal_potentials(&mut self) {
        run_all(&self.lowered.nernst, &mut self.memory, &self.lowered.lists, &mut self.scratch);
    }

    /// Currents and conductances of all mechanisms at the present voltages.
    fn currents(&mut self) {
        let Lowered { plan, shared, lists, .. } = &*self.lowered;
        let memory = &mut self.memory;
        run_all(&plan.nernst, memory, lists, &mut self.scratch);
        for bare in &plan.bare {
            let fixed = shared.fixed_conductance;
            memory.copy_within(fixed + bare.start..fixed + bare.end, shared.diagonal + bare.start);
            let ions = self.lowered.ions.iter().filter(|ion| ion.current_is_read).map(|ion| ion.current);
            for sum in ions.chain([shared.membrane_current]) {
                memory[sum + bare.start..sum + bare.end].fill(0.0);
            }
        }
        let slots = self.lowered.electrodes.len();
        memory[shared.electrode_current..shared.electrode_current + slots].fill(0.0);
        memory[shared.electrode_conductance..shared.electrode_conductance + slots].fill(0.0);
        self.run_hooks(Hook::BeforeBreakpoint);
        let Lowered { plan, lists, .. } = &*self.lowered;
        let regional = if self.pending { plan.regional_currents } else { 0 };
        if std::mem::take(&mut self.pending) {
            run_all(&plan.through, &mut self.memory, lists, &mut self.scratch);
        }
        run_all(&plan.currents[regional..], &mut self.memory, lists, &mut self.scratch);
    }

    /// Takes the currents of electrodes to their nodes.
    fn add_electrodes(&mut self) {
        let shared = self.lowered.shared;
        for (slot, &node) in self.lowered.electrodes.iter().enumerate() {
            let node = node as usize;
            self.memory[shared.membrane_current + node] -= self.memory[shared.electrode_current + slot];
            self.memory[shared.diagonal + node] += self.memory[shared.electrode_conductance + slot];
        }
    }

    /// Solves for the change of the voltages and moves them, unless one would become unphysical.
    fn move_voltages(&mut self) -> Result<()> {
        let shared = self.lowered.shared;
        let count = self.lowered.coupling.len();
        let columns = [shared.voltage, shared.membrane_current, shared.diagonal].map(|o| o..o + count);
        let [voltage, outward, diagonal] = self.memory.get_disjoint_mut(columns).map_err(|e| {
            Error::new(ErrorKind::Internal, format!("the columns of the matrix overlap: {e}"))
        })?;
        let factor = self.run.scheme.factor();
        let coupling = &self.lowered.coupling;
        let mut equations = Equations { coupling, diagonal, outward, voltage, factor };
        let physical = self.lowered.matrix.advance(&mut equations, UNPHYSICAL);
        self.voltages_moved(physical)
    }

    /// What follows when voltages were moved and their change stands in the column of membrane currents: an error where one is not
    /// physical, total membrane currents where somebody asks for them.
    fn voltages_moved(&mut self, physical: bool) -> Result<()> {
        if !physical {
            let (names, factor) = (self.names.as_ref(), self.run.scheme.factor());
            return Err(fault::runaway(&self.lowered, names, &mut self.memory, factor, self.time));
        }
        if self.lowered.membrane_total.is_some() {
            self.total_membrane_currents();
        }
        Ok(())
    }

    /// Total membrane current of each node, ionic and capacitive, outward positive, nA: what flows in along the cable
    /// and from electrodes, at the voltages at which the step took its currents. The column of membrane currents holds the
    /// change of the voltages.
    fn total_membrane_currents(&mut self) {
        let Some(column) = self.lowered.membrane_total else { return };
        let shared = self.lowered.shared;
        let count = self.lowered.coupling.len();
        let change = self.memory[shared.membrane_current..][..count].to_vec();
        // Crank–Nicolson moves the voltages by twice the change of half a step.
        let beyond = match self.run.scheme {
            Scheme::BackwardEuler => 0.0,
            Scheme::CrankNicolson => 1.0,
        };
        let moved = self.memory[shared.voltage..][..count].iter().zip(&change);
        let voltage: Vec<f64> = moved.map(|(v, c)| v - beyond * c).collect();
        let total = &mut self.memory[column..column + count];
        self.lowered.matrix.inflow(&self.lowered.coupling, &voltage, total);
        for (slot, &node) in self.lowered.electrodes.iter().enumerate() {
            let node = node as usize;
            let conductance = self.memory[shared.electrode_conductance + slot];
            self.memory[column + node] +=
                self.memory[shared.electrode_current + slot] - conductance * change[node];
        }
    }

    /// Upward crossings at the present time.
    fn detect(&mut self) {
        for index in 0..self.lowered.detectors.len() {
            let Watched::Voltage { offset, threshold, refractory, .. } =
                self.lowered.detectors[index].watched
            else {
                continue;
            };
            let above = self.memory[offset] > threshold;
            if above && !self.above[index] && self.steps >= self.free_from[index] {
                // A crossing after exactly so long counts, whatever rounding says.
                let steps = (refractory / self.run.time_step - 1e-6).ceil();
                self.free_from[index] = self.steps + steps.max(0.0) as u64;
                // Not the sum of half steps: its roundings are nobody's spike time.
                self.sampled.spikes[index].times.push(self.steps as f64 * self.run.time_step);
                self.set_off(index, self.time + CROSSING);
            }
            self.above[index] = above;
        }
    }

    fn sample(&mut self) {
        self.sampled.time.push(self.steps as f64 * self.run.time_step);
        for (trace, probe) in self.sampled.traces.iter_mut().zip(&self.probes) {
            trace.values.push(self.memory[probe.offset]);
        }
        for (statistics, &offset) in self.sampled.statistics.iter_mut().zip(&self.in_short) {
            statistics.add(self.memory[offset]);
        }
    }
}
