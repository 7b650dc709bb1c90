//! Runs a network: groups of cells go through an epoch each by itself, then exchange their spikes.
//!
//! An epoch is as long as the shortest delay between cells, so nothing that happens in it can arrive in it. Workers stay for the
//! whole run, each with groups of its own, dealt out by the time they took; spikes are exchanged in the order of time and
//! cell, so the number of workers changes no bit.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apical_kernels::Level;

use super::member::{Member, Part, Spike};
use super::snapshot::{self, Snapshot};
use super::{PreparedNetwork, Progress, Simulation, check_size};
use crate::error::{Error, Result};
use crate::lower::junction::Assembly;
use crate::lower::report::Report;
use crate::model::Run;
use crate::network::{JunctionScheme, Network};
use crate::record::Results;

/// A network in motion.
#[derive(Debug)]
pub struct NetworkSimulation {
    members: Vec<Mutex<Member>>,
    run: Run,
    /// Steps of an epoch.
    epoch: u64,
    /// What all groups have done.
    steps: u64,
    /// What ended the run.
    failed: Option<Error>,
}

impl Clone for NetworkSimulation {
    fn clone(&self) -> Self {
        let members = self.members.iter().map(|m| Mutex::new(lock(m).clone())).collect();
        Self { members, failed: self.failed.clone(), ..*self }
    }
}

impl NetworkSimulation {
    /// Lowers a network and sets the state at time 0. Paths in it are relative to `base`.
    ///
    /// # Errors
    /// Whatever the description holds that cannot be meant.
    pub fn new(network: &Network, base: impl AsRef<Path>) -> Result<Self> {
        PreparedNetwork::new(network, base.as_ref())?.simulation()
    }

    /// Sets the state of groups at time 0.
    pub(super) fn of_assemblies(assemblies: Vec<Assembly>, scheme: JunctionScheme, run: Run) -> Result<Self> {
        let groups = || assemblies.iter().flat_map(|assembly| &assembly.groups);
        check_size(&run, groups().map(|group| group.probes.len()).sum())?;
        let delays = groups().flat_map(|group| &group.deliveries).map(|delivery| delivery.delay);
        let shortest = delays.fold(f64::INFINITY, f64::min);
        // A delay that is so many steps but for its rounding counts as so many; without delays an epoch ends now and then for
        // the sake of who waits for news of the run.
        const MOST: f64 = 400.0;
        let steps = (shortest / run.time_step * (1.0 + 1e-12)).floor().max(1.0);
        let member = |assembly| Ok(Mutex::new(Member::new(assembly, scheme, run)?));
        let members = assemblies.into_iter().map(member).collect::<Result<_>>()?;
        Ok(Self { members, run, epoch: steps.min(MOST) as u64, steps: 0, failed: None })
    }

    /// As [`Simulation::set_level`].
    ///
    /// # Panics
    /// When the processor does not have it.
    pub fn set_level(&mut self, level: Level) {
        self.each(|part| part.simulation.set_level(level));
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How many steps the run takes.
    pub fn step_count(&self) -> u64 {
        self.run.steps_until(self.run.duration)
    }

    /// Connections between cells.
    pub fn connection_count(&self) -> usize {
        let mut count = 0;
        self.each(|part| count += part.deliveries.len());
        count
    }

    /// Compartments of all cells.
    pub fn compartment_count(&self) -> usize {
        let mut count = 0;
        self.each(|part| {
            let lowered = &part.simulation.lowered;
            count += lowered.tree.compartment_count() * lowered.cells;
        });
        count
    }

    /// What a step of each group consists of.
    pub fn plan(&self) -> Vec<Report> {
        let mut plans = Vec::new();
        self.each(|part| plans.push((part.first, part.simulation.plan())));
        plans.sort_by_key(|&(first, _)| first);
        plans.into_iter().map(|(_, plan)| plan).collect()
    }

    /// What was recorded and detected so far: traces and spikes of all groups in the order of cells.
    pub fn results(&self) -> Results {
        self.gathered(|simulation| simulation.sampled.clone())
    }

    /// Takes out what was recorded and detected so far; later results begin after it, but for statistics, which are of all of
    /// the run.
    pub fn take_results(&mut self) -> Results {
        self.gathered(Simulation::take_results)
    }

    fn gathered(&self, of: impl Fn(&mut Simulation) -> Results) -> Results {
        let mut parts = Vec::new();
        self.each(|part| parts.push((part.first, of(&mut part.simulation))));
        parts.sort_by_key(|&(first, _)| first);
        let mut results = Results::default();
        for (_, sampled) in parts {
            results.time = sampled.time;
            results.traces.extend(sampled.traces);
            results.spikes.extend(sampled.spikes);
            results.statistics.extend(sampled.statistics);
        }
        results
    }

    /// Does something with every group.
    fn each(&self, mut what: impl FnMut(&mut Part)) {
        for member in &self.members {
            lock(member).parts.iter_mut().for_each(&mut what);
        }
    }

    /// The present state.
    ///
    /// # Errors
    /// The error that ended the run.
    pub fn save(&self) -> Result<Snapshot> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let mut groups = Vec::new();
        self.each(|part| groups.push(part.simulation.state()));
        Ok(Snapshot { groups: groups.into_iter().collect::<Result<_>>()? })
    }

    /// Takes over the state of a simulation of the same description. What this one has recorded and detected so far is forgotten.
    ///
    /// # Errors
    /// A snapshot of another description. This simulation is then in no state to run.
    pub fn resume(&mut self, snapshot: Snapshot) -> Result<()> {
        let (steps, saved) = (snapshot.steps(), snapshot.groups.len());
        let mut count = 0;
        self.each(|_| count += 1);
        let mut states = snapshot.groups.into_iter();
        let mut outcome = match saved == count && states.as_slice().iter().all(|state| state.steps == steps) {
            true => Ok(()),
            false => Err(snapshot::other(&format!("{saved} groups of cells where there are {count} here"))),
        };
        self.each(|part| {
            if let (Ok(()), Some(state)) = (&outcome, states.next()) {
                outcome = part.simulation.take_over(state);
            }
        });
        self.failed = outcome.clone().err();
        self.steps = steps;
        outcome
    }

    /// Runs to the end with so many workers and reports after every epoch.
    ///
    /// # Errors
    /// As [`Simulation::run`]; the error of the first cell to fail. It is the end of the run, and what is recorded
    /// and detected is what all cells did before it.
    pub fn run_with(&mut self, threads: usize, report: impl FnMut(Progress) + Send) -> Result<()> {
        self.run_to(self.run.duration, threads, report)
    }

    /// Runs to a time, ms, but not beyond the end.
    ///
    /// # Errors
    /// As [`run_with`](Self::run_with).
    pub fn run_to(&mut self, time: f64, threads: usize, report: impl FnMut(Progress) + Send) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let total = self.run.steps_until(time).max(self.steps);
        let workers = threads.clamp(1, self.members.len());
        let shared = Shared {
            members: &self.members,
            run: self.run,
            epoch: self.epoch,
            total,
            meeting: Meeting::new(workers),
            spikes: Mutex::new(Vec::new()),
            errors: Mutex::new(Vec::new()),
            exchange: Mutex::new(Arc::new(Exchange {
                spikes: Vec::new(),
                dealt: deal(&self.members, workers),
                goes_on: self.steps < total,
            })),
            report: Mutex::new(report),
        };
        let start = self.steps;
        std::thread::scope(|scope| {
            let _leaving = Leaving(&shared.meeting);
            for worker in 1..workers {
                let shared = &shared;
                scope.spawn(move || shared.work(worker, start));
            }
            shared.work(0, start);
        });
        self.each(|part| part.simulation.settle());
        let errors = shared.errors.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some((steps, _, error)) = errors.into_iter().min_by_key(|&(steps, group, _)| (steps, group))
        else {
            self.steps = total;
            return Ok(());
        };
        self.each(|part| part.simulation.cut(steps));
        self.steps = steps;
        self.failed = Some(error.clone());
        Err(error)
    }
}

/// A lock whose holder cannot have failed half-way: what it guards is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What workers share during a run.
struct Shared<'a, R> {
    members: &'a [Mutex<Member>],
    run: Run,
    epoch: u64,
    total: u64,
    meeting: Meeting,
    /// Spikes of the present epoch.
    spikes: Mutex<Vec<Spike>>,
    /// What went wrong after how many steps in which group.
    errors: Mutex<Vec<(u64, usize, Error)>>,
    exchange: Mutex<Arc<Exchange>>,
    report: Mutex<R>,
}

/// What the first worker tells all between two epochs.
struct Exchange {
    /// Spikes of the last epoch in the order of time and cell.
    spikes: Vec<Spike>,
    /// The groups of each worker.
    dealt: Vec<Vec<usize>>,
    goes_on: bool,
}

/// Groups are dealt out anew after so many epochs.
const EPOCHS_OF_A_DEAL: u64 = 32;

impl<R: FnMut(Progress)> Shared<'_, R> {
    fn work(&self, worker: usize, start: u64) {
        let _leaving = Leaving(&self.meeting);
        let mut steps = start;
        let mut exchange = lock(&self.exchange).clone();
        for number in 1.. {
            if !exchange.goes_on {
                return;
            }
            let count = self.epoch.min(self.total - steps);
            let mut spikes = Vec::new();
            for &group in &exchange.dealt[worker] {
                self.advance(group, count, &mut spikes);
            }
            lock(&self.spikes).append(&mut spikes);
            steps += count;
            if !self.meeting.wait() {
                return;
            }
            if worker == 0 {
                self.tell(&exchange, steps, number);
            }
            if !self.meeting.wait() {
                return;
            }
            exchange = lock(&self.exchange).clone();
            for &group in &exchange.dealt[worker] {
                lock(&self.members[group]).receive(&exchange.spikes);
            }
        }
    }

    /// Makes what all are told after so many epochs and steps, and reports; nobody else is at work meanwhile.
    fn tell(&self, last: &Exchange, steps: u64, epochs: u64) {
        let mut spikes = std::mem::take(&mut *lock(&self.spikes));
        spikes.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.cell.cmp(&b.cell)));
        let dealt = match epochs.is_multiple_of(EPOCHS_OF_A_DEAL) {
            true => deal(self.members, last.dealt.len()),
            false => last.dealt.clone(),
        };
        let failed = !lock(&self.errors).is_empty();
        let goes_on = steps < self.total && !failed;
        *lock(&self.exchange) = Arc::new(Exchange { spikes, dealt, goes_on });
        if failed {
            return;
        }
        let time = steps as f64 * self.run.time_step;
        (lock(&self.report))(Progress { time, duration: self.run.duration, steps });
    }

    /// Takes a member through an epoch.
    fn advance(&self, number: usize, count: u64, spikes: &mut Vec<Spike>) {
        let mut member = lock(&self.members[number]);
        if let Err(error) = member.advance(count, spikes) {
            lock(&self.errors).push((member.steps(), number, error));
        }
    }
}

/// Deals groups out by what they took: the dearest first, each to the worker with least.
fn deal(members: &[Mutex<Member>], workers: usize) -> Vec<Vec<usize>> {
    let mut costs: Vec<(u64, usize)> =
        members.iter().enumerate().map(|(group, m)| (lock(m).cost.max(1), group)).collect();
    costs.sort_by_key(|&(cost, group)| (std::cmp::Reverse(cost), group));
    let mut load = vec![0; workers];
    let mut dealt = vec![Vec::new(); workers];
    for (cost, group) in costs {
        let least = (0..workers).min_by_key(|&w| load[w]).unwrap_or(0);
        load[least] += cost;
        dealt[least].push(group);
    }
    dealt
}

/// Where workers wait for each other. An epoch takes far less than the system needs to wake a sleeper, so they look again and
/// again, and give way when that takes long.
struct Meeting {
    workers: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
    /// Whether one of them will not come again.
    left: AtomicBool,
}

/// Lets nobody wait for a worker that panics.
struct Leaving<'a>(&'a Meeting);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.left.store(true, Ordering::Release);
        }
    }
}

impl Meeting {
    fn new(workers: usize) -> Self {
        Self {
            workers,
            arrived: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            left: AtomicBool::new(false),
        }
    }

    /// Waits for all; false when not all will come.
    fn wait(&self) -> bool {
        const LOOKS: u32 = 4096;
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.workers {
            self.arrived.store(0, Ordering::Release);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return true;
        }
        let mut looks = 0;
        while self.round.load(Ordering::Acquire) == round {
            if self.left.load(Ordering::Acquire) {
                return false;
            }
            looks += 1;
            if looks < LOOKS {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
        true
    }
}
