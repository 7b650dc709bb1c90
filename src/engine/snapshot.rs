//! The state of a run between two steps, to go on from later: in this process or another, with the same bits as without a pause.
//!
//! In come simulations; out go bytes, and from bytes simulations of the same description that stand where those stood. A snapshot
//! holds numbers and events, no description: it is refused where the description is another one. What was recorded before is not
//! part of it.

use std::fmt::Write as _;

use apical_kernels::Buffer;
use serde::{Deserialize, Serialize};

use super::Simulation;
use super::deliver::Watch;
use super::events::Queue;
use crate::error::{Error, ErrorKind, Result};
use crate::lower::bind::Bound;
use crate::record::Statistics;

/// What a snapshot's bytes begin with; the last two digits count the forms that there were.
const HEAD: &[u8; 16] = b"apical snapshot1";

/// The state of a cell or of a network.
///
/// ```
/// # fn main() -> apical::Result<()> {
/// use apical::cell::{Cell, SectionDescription};
/// use apical::{Model, Simulation, Snapshot};
///
/// let soma = SectionDescription {
///     name: "soma".into(),
///     length: Some(20.0),
///     diameter: Some(20.0),
///     ..SectionDescription::default()
/// };
/// let model = Model::new(Cell { section: vec![soma], ..Cell::default() }.paint("all", "hh", []), 10.0);
/// let mut first = Simulation::new(&model, ".")?;
/// first.run_to(4.0, |_| {})?;
/// let bytes = first.save()?.to_bytes();
///
/// let mut second = Simulation::new(&model, ".")?;
/// second.resume(Snapshot::from_bytes(&bytes)?)?;
/// second.run()?;
/// first.run()?;
/// assert_eq!(first.voltages(), second.voltages());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    pub(super) groups: Vec<State>,
}

/// The state of a group of cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Of what kernels do and where numbers lie.
    fingerprint: u64,
    time: f64,
    pub steps: u64,
    pending: bool,
    memory: Vec<f64>,
    queue: Queue,
    watches: Vec<Watch>,
    above: Vec<bool>,
    free_from: Vec<u64>,
    statistics: Vec<Statistics>,
}

impl Snapshot {
    /// The bytes of a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Numbers and lists of them can always be written.
        let body = postcard::to_stdvec(self).unwrap_or_default();
        [HEAD.as_slice(), &hash(&body).to_le_bytes(), &body].concat()
    }

    /// A snapshot from the bytes of a file.
    ///
    /// # Errors
    /// Bytes that are no snapshot of this form, or not whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let fault = |what: &str| Error::new(ErrorKind::Io, format!("no snapshot: {what}"));
        let (head, rest) = bytes.split_at_checked(HEAD.len()).ok_or_else(|| fault("it is too short"))?;
        if head != HEAD {
            return Err(fault("it does not begin as one of this version does"));
        }
        let (sum, body) = rest.split_first_chunk().ok_or_else(|| fault("it is too short"))?;
        if u64::from_le_bytes(*sum) != hash(body) {
            return Err(fault("it is damaged or not whole"));
        }
        postcard::from_bytes(body).map_err(|e| fault(&e.to_string()))
    }

    /// Steps that were taken.
    pub fn steps(&self) -> u64 {
        self.groups.first().map_or(0, |group| group.steps)
    }
}

impl Simulation {
    /// The present state.
    ///
    /// # Errors
    /// The error that ended the run.
    pub fn save(&self) -> Result<Snapshot> {
        Ok(Snapshot { groups: vec![self.state()?] })
    }

    /// Takes over the state of a simulation of the same description. What this one has recorded and detected so far is forgotten.
    ///
    /// # Errors
    /// A snapshot of another description, or of a network.
    pub fn resume(&mut self, snapshot: Snapshot) -> Result<()> {
        let count = snapshot.groups.len();
        let [state] = <[State; 1]>::try_from(snapshot.groups)
            .map_err(|_| other(&format!("{count} groups of cells, not one")))?;
        self.take_over(state)
    }

    pub(super) fn state(&self) -> Result<State> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        Ok(State {
            fingerprint: self.fingerprint(),
            time: self.time,
            steps: self.steps,
            pending: self.pending,
            memory: self.memory.to_vec(),
            queue: self.queue.clone(),
            watches: self.watches.clone(),
            above: self.above.clone(),
            free_from: self.free_from.clone(),
            statistics: self.sampled.statistics.clone(),
        })
    }

    pub(super) fn take_over(&mut self, state: State) -> Result<()> {
        let State { fingerprint, time, steps, pending, memory, queue, watches, above, free_from, statistics } =
            state;
        if memory.len() != self.memory.len() {
            return Err(other(&format!(
                "{} numbers where there are {} here",
                memory.len(),
                self.memory.len()
            )));
        }
        if fingerprint != self.fingerprint() {
            return Err(other("other mechanisms, or numbers in another order"));
        }
        let instances =
            |mechanism: usize| self.lowered.mechanisms.get(mechanism).map_or(0, |m| m.nodes.len());
        let named = |all: &[Statistics]| all.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        if named(&statistics) != named(&self.sampled.statistics) {
            return Err(other("statistics of other quantities"));
        }
        let fits = [above.len(), free_from.len()] == [self.above.len(); 2]
            && watches.len() == self.watches.len()
            && watches.iter().zip(&self.watches).all(|(saved, own)| saved.fits(own, self.connections.len()))
            && queue.fits(self.connections.len(), instances);
        if !fits {
            return Err(other("events for what is not there"));
        }
        self.memory = Buffer::from(memory.as_slice());
        self.queue.take_over(queue);
        (self.time, self.steps, self.pending) = (time, steps, pending);
        (self.watches, self.above, self.free_from) = (watches, above, free_from);
        self.sent.clear();
        self.failed = None;
        self.take_results();
        self.sampled.statistics = statistics;
        Ok(())
    }

    /// Tells descriptions apart that run differently: by what kernels do, where numbers lie and how steps are taken.
    fn fingerprint(&self) -> u64 {
        let lowered = &self.lowered;
        let mut sum = Sum(hash(&[]));
        let run = self.run;
        // Writing to a sum does not fail.
        let _ = write!(sum, "{:?}", (run.time_step, run.scheme, run.conductance, run.temperature, run.seed));
        let _ = write!(sum, "{:?}", run.rates);
        let _ = write!(sum, "{:?} {:?}", lowered.layout.entries, lowered.cells);
        for Bound { name, initial, current, state, net_receive, watch, .. } in &lowered.mechanisms {
            let _ = write!(sum, "{name}");
            for kernel in [Some(initial), Some(current), Some(state), net_receive.as_ref(), Some(watch)] {
                let _ = kernel.map_or(Ok(()), |kernel| kernel.describe(&mut sum));
            }
        }
        // Tables of rates rest on parameters, which are otherwise among the numbers that are taken over.
        let runs = [&lowered.plan.currents, &lowered.plan.states].into_iter().flatten();
        for run in runs.filter(|run| run.kernel.beyond().is_some()) {
            let _ = run.kernel.describe(&mut sum);
        }
        for connection in &self.connections {
            let _ = write!(sum, "{connection:?}");
        }
        sum.0
    }
}

pub(super) fn other(what: &str) -> Error {
    Error::new(ErrorKind::Model, format!("the snapshot is of another description: it holds {what}"))
        .help("go on with the document, the mechanisms and the version of apical that it was saved with")
}

/// A hash of text as it is written.
struct Sum(u64);

impl std::fmt::Write for Sum {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 = go_on(self.0, text.as_bytes());
        Ok(())
    }
}

/// FNV-1a (Fowler, Noll & Vo, draft-eastlake-fnv), which is the same in every build.
fn hash(bytes: &[u8]) -> u64 {
    go_on(0xcbf2_9ce4_8422_2325, bytes)
}

fn go_on(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
