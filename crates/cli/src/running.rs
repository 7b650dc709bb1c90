//! What a cell alone and a network have in common, for the commands that run either.

use apical::lower::report::Report;
use apical::record::Results;
use apical::{NetworkSimulation, Progress, Result, Simulation, Snapshot};

/// A cell or a network in motion.
pub trait Running: Clone {
    /// Compartments of all cells.
    fn compartments(&self) -> usize;
    /// What a step of each group of cells consists of.
    fn plan(&self) -> Vec<Report>;
    /// Steps taken.
    fn steps(&self) -> u64;
    /// Runs to a time, ms, with so many workers; a cell alone has one.
    fn run_to(&mut self, time: f64, threads: usize, report: &mut (dyn FnMut(Progress) + Send)) -> Result<()>;
    /// What was recorded since it was last asked for.
    fn take_results(&mut self) -> Results;
    /// The present state.
    fn save(&self) -> Result<Snapshot>;
    /// Takes over a state.
    fn resume(&mut self, snapshot: Snapshot) -> Result<()>;
}

impl Running for Simulation {
    fn compartments(&self) -> usize {
        self.lowered().tree.compartment_count()
    }

    fn plan(&self) -> Vec<Report> {
        vec![self.plan()]
    }

    fn steps(&self) -> u64 {
        self.steps()
    }

    fn run_to(
        &mut self,
        time: f64,
        _threads: usize,
        report: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<()> {
        self.run_to(time, report)
    }

    fn take_results(&mut self) -> Results {
        self.take_results()
    }

    fn save(&self) -> Result<Snapshot> {
        self.save()
    }

    fn resume(&mut self, snapshot: Snapshot) -> Result<()> {
        self.resume(snapshot)
    }
}

impl Running for NetworkSimulation {
    fn compartments(&self) -> usize {
        self.compartment_count()
    }

    fn plan(&self) -> Vec<Report> {
        self.plan()
    }

    fn steps(&self) -> u64 {
        self.steps()
    }

    fn run_to(&mut self, time: f64, threads: usize, report: &mut (dyn FnMut(Progress) + Send)) -> Result<()> {
        self.run_to(time, threads, report)
    }

    fn take_results(&mut self) -> Results {
        self.take_results()
    }

    fn save(&self) -> Result<Snapshot> {
        self.save()
    }

    fn resume(&mut self, snapshot: Snapshot) -> Result<()> {
        self.resume(snapshot)
    }
}
