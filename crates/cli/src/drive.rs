//! Takes a run through its steps, a fraction of a second at a time: results go to disk in between, and Ctrl-C ends it where it can go on.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use apical::model::Run;
use apical::output::stream::{SNAPSHOT, Stream};
use apical::{Error, ErrorKind, Result, Snapshot};

use crate::run::Bar;
use crate::running::Running;

/// Status of a process that was interrupted, as shells have it.
pub const INTERRUPTED: i32 = 130;

/// Numbers of traces that are in memory at once.
pub const HELD: usize = 4_000_000;

/// A run with its files.
pub struct Drive<'a> {
    /// Folder of the files.
    pub out: &'a Path,
    /// How it is integrated.
    pub run: Run,
    /// Workers.
    pub threads: usize,
    /// Head of `spikes.csv`.
    pub head: &'a str,
    /// What stands there before the times of each detector; their names when not given.
    pub labels: Option<Vec<String>>,
}

/// What became of a run.
pub struct Driven {
    /// Its files.
    pub stream: Stream,
    /// Seconds.
    pub wall: f64,
    /// Steps taken now.
    pub steps: u64,
    /// Whether it is at its end. Otherwise it was interrupted, and a snapshot lies with the files.
    pub finished: bool,
    /// What ended it too early.
    pub failed: Option<Error>,
}

impl Drive<'_> {
    /// Begins, or goes on where a run was interrupted.
    ///
    /// # Errors
    /// Files that cannot be written, or are not those of this run.
    pub fn go(self, simulation: &mut impl Running, resume: bool) -> Result<Driven> {
        let time_step = self.run.time_step;
        let first = simulation.take_results();
        let labels = self.labels.unwrap_or_else(|| first.spikes.iter().map(|s| s.detector.clone()).collect());
        let snapshot = self.out.join(SNAPSHOT);
        let mut stream = if resume {
            let bytes = fs::read(&snapshot).map_err(|e| {
                let message = format!("no interrupted run to go on with: `{}`: {e}", snapshot.display());
                Error::new(ErrorKind::Io, message)
            })?;
            simulation.resume(Snapshot::from_bytes(&bytes).map_err(|e| e.in_file(&snapshot))?)?;
            let steps = simulation.steps();
            let time = steps as f64 * time_step;
            tell!("goes on at {time} ms");
            Stream::go_on(
                self.out,
                &first,
                labels,
                time_step,
                steps / self.run.steps_of_a_sample() + 1,
                time,
            )?
        } else {
            let mut stream = Stream::create(self.out, &first, self.head, labels, time_step)?;
            stream.append(&first, 0.0)?;
            stream
        };

        let interrupted = interrupts();
        let total = self.run.steps_until(self.run.duration);
        let bar = Bar::new(total);
        let (start, before) = (Instant::now(), simulation.steps());
        /// Steps at first, and about how long a part takes afterwards, s.
        const FIRST: u64 = 100;
        const PART: f64 = 0.25;
        let every = self.run.steps_of_a_sample();
        let most = (HELD as u64 / (first.traces.len() as u64 + 1)).max(1) * every;
        let mut count = FIRST;
        let mut failed = None;
        while simulation.steps() < total && failed.is_none() && !interrupted.load(Ordering::Relaxed) {
            let began = Instant::now();
            let until = (simulation.steps() + count.min(most)) as f64 * time_step;
            failed = simulation.run_to(until, self.threads, &mut |progress| bar.show(progress)).err();
            stream.append(&simulation.take_results(), simulation.steps() as f64 * time_step)?;
            let faster = (PART / began.elapsed().as_secs_f64().max(1e-6)).clamp(0.5, 2.0);
            count = ((count as f64 * faster) as u64).max(1);
        }
        let wall = start.elapsed().as_secs_f64();
        bar.finish();
        let finished = simulation.steps() >= total;
        if !finished && failed.is_none() {
            let bytes = simulation.save()?.to_bytes();
            fs::write(&snapshot, bytes).map_err(|e| {
                Error::new(ErrorKind::Io, format!("cannot write `{}`: {e}", snapshot.display()))
            })?;
        }
        Ok(Driven { stream, wall, steps: simulation.steps() - before, finished, failed })
    }
}

/// Tells that a run was interrupted and how to go on with it, and ends the process.
pub fn interrupted(document: &Path, out: &Path, time: f64, duration: f64) -> ! {
    tell!(
        "interrupted at {time} of {duration} ms; go on with: apical run {} --out {} --resume",
        document.display(),
        out.display()
    );
    std::process::exit(INTERRUPTED)
}

/// What becomes true when the user presses Ctrl-C. Pressed again, it ends the process at once.
fn interrupts() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&interrupted);
    let set = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
    });
    if let Err(error) = set {
        tell!("Ctrl-C will end the run without a snapshot: {error}");
    }
    interrupted
}
