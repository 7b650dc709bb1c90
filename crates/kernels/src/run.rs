//! Running kernels: as machine code where the processor has it and it is worth making, otherwise by the interpreter.
//!
//! In comes a [`Kernel`] with memory, lists and a range of instances; out goes the memory, advanced, with the same bits either way.
//! Everything that could lie outside the memory is looked for before anything is changed, which is what the unsafe code of
//! both rests on.

use std::ops::Range;
use std::sync::OnceLock;
#[cfg(target_arch = "x86_64")]
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use apical_nmodl::ir::MOST_REPETITIONS;

use crate::interpreter::{Processor, Registers};
#[cfg(target_arch = "x86_64")]
use crate::jit::{Machine, Target, Workspace};
use crate::kernel::{Kernel, Within};

/// Working memory of [`Kernel::run`], reusable between kernels.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// The way to run kernels; [`Kernel::run`] chooses when there is none.
    level: Option<Level>,
    registers: Registers,
    uniforms: Vec<f64>,
    #[cfg(target_arch = "x86_64")]
    workspace: Workspace,
}

impl Scratch {
    /// Runs kernels in this way only.
    ///
    /// # Panics
    /// When the processor does not have it.
    pub fn set_level(&mut self, level: Level) {
        level.check();
        self.level = Some(level);
    }
}

/// Lists through which instances reach their nodes, each with what bounds it, so that a run can check all of them
/// at once.
#[derive(Clone, Debug, Default)]
pub struct Lists(Vec<List>);

/// A list and what is to be known of it.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub entries: Vec<u32>,
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "machine code asks for it"))]
    pub smallest: usize,
    pub largest: usize,
    /// Whether each entry is larger than the one before.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "machine code asks for it"))]
    pub increasing: bool,
}

impl Lists {
    /// Adds a list and returns its number.
    pub fn push(&mut self, entries: Vec<u32>) -> usize {
        let bound = |entry: Option<&u32>| entry.copied().unwrap_or(0) as usize;
        let (smallest, largest) = (bound(entries.iter().min()), bound(entries.iter().max()));
        let increasing = entries.windows(2).all(|w| w[0] < w[1]);
        self.0.push(List { entries, smallest, largest, increasing });
        self.0.len() - 1
    }

    /// A list by its number.
    pub(crate) fn get(&self, list: usize) -> &List {
        &self.0[list]
    }
}

/// A way to run kernels. They all give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The interpreter, compiled for a processor.
    Interpreter(Processor),
    /// Machine code.
    #[cfg(target_arch = "x86_64")]
    Machine(Target),
}

impl Level {
    /// What this processor can do, from the least.
    pub fn available() -> Vec<Level> {
        let mut levels = vec![Level::Interpreter(Processor::Any)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                levels.extend([Level::Interpreter(Processor::Avx2), Level::Machine(Target::Avx2)]);
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                {
                    levels.extend([Level::Interpreter(Processor::Avx512), Level::Machine(Target::Avx512)]);
                }
            }
        }
        levels
    }

    fn check(self) {
        static AVAILABLE: OnceLock<Vec<Level>> = OnceLock::new();
        let available = AVAILABLE.get_or_init(Level::available).contains(&self);
        assert!(available, "this processor does not have {self:?}");
    }

    /// The best for kernels that run often, and the best for those that run once.
    fn best() -> (Level, Processor) {
        static BEST: OnceLock<(Level, Processor)> = OnceLock::new();
        *BEST.get_or_init(|| {
            let levels = Level::available();
            let mut processor = Processor::Any;
            for level in &levels {
                if let Level::Interpreter(better) = level {
                    processor = *better;
                }
            }
            (levels.last().copied().unwrap_or(Level::Interpreter(processor)), processor)
        })
    }
}

/// What a kernel has learnt from its runs.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Whether it has run before: what runs once, as INITIAL does, is not worth compiling.
    has_run: AtomicBool,
    /// So many instances are known not to read what others write.
    #[cfg(target_arch = "x86_64")]
    pub(crate) independent: AtomicUsize,
    /// Machine code by target; `None` where there can be none.
    #[cfg(target_arch = "x86_64")]
    machines: [OnceLock<Option<Machine>>; 2],
}

impl Kernel {
    /// Runs for the given instances on `memory`. A kernel is always run with the lists that it was bound with.
    ///
    /// # Panics
    /// When an offset or an index lies outside `memory`, before anything is changed.
    pub fn run(&self, memory: &mut [f64], lists: &Lists, instances: Range<usize>, scratch: &mut Scratch) {
        let (often, once) = Level::best();
        let again = self.history.has_run.swap(true, Ordering::Relaxed);
        let chosen = if again { often } else { Level::Interpreter(once) };
        self.run_at(scratch.level.unwrap_or(chosen), memory, lists, instances, scratch);
    }

    /// [`run`](Self::run) in one of the ways that there are on this processor, for tests and measurements.
    ///
    /// # Panics
    /// As [`run`](Self::run); and when the processor does not have that way.
    pub fn run_at(
        &self,
        level: Level,
        memory: &mut [f64],
        lists: &Lists,
        instances: Range<usize>,
        scratch: &mut Scratch,
    ) {
        level.check();
        if self.operations.is_empty() || instances.is_empty() {
            return;
        }
        self.check(memory.len(), lists, &instances);
        let Some(within) = &self.within else {
            self.run_everywhere(level, memory, lists, instances, scratch);
            return;
        };
        within.beyond.check(memory.len(), lists, &instances);
        if within.holds_for(memory, instances.clone()) {
            self.run_everywhere(level, memory, lists, instances, scratch);
            return;
        }
        let mut start = instances.start;
        while start < instances.end {
            let (inside, end) = within.stretch(memory, start..instances.end);
            let kernel = if inside { self } else { &within.beyond };
            kernel.run_everywhere(level, memory, lists, start..end, scratch);
            start = end;
        }
    }

    /// Runs for instances that were looked at and found inside the memory and the range.
    fn run_everywhere(
        &self,
        level: Level,
        memory: &mut [f64],
        lists: &Lists,
        instances: Range<usize>,
        scratch: &mut Scratch,
    ) {
        scratch.uniforms.clear();
        self.run_scalars(&self.prologue, memory, &mut scratch.uniforms, &mut { MOST_REPETITIONS });
        let processor = match level {
            Level::Interpreter(processor) => processor,
            #[cfg(target_arch = "x86_64")]
            Level::Machine(target) => {
                if self.are_independent(lists, instances.end)
                    && let Some(machine) = self.machine(target)
                {
                    let workspace = &mut scratch.workspace;
                    // SAFETY: `check` found everything inside the memory; the prologue was just computed; the processor has
                    // what the target needs, as only such levels are run.
                    unsafe { machine.run(self, memory, lists, instances, &scratch.uniforms, workspace) };
                    return;
                }
                Level::best().1
            }
        };
        // SAFETY: `check` found everything inside the memory, and only the processor's own levels are run.
        unsafe {
            self.interpret(processor, memory, lists, instances, &mut scratch.registers, &scratch.uniforms);
        }
    }

    /// Its machine code, made when first asked for.
    #[cfg(target_arch = "x86_64")]
    fn machine(&self, target: Target) -> Option<&Machine> {
        let place = &self.history.machines[target as usize];
        place.get_or_init(|| Machine::new(self, target)).as_ref()
    }

    /// Everything the kernel may touch lies inside the memory.
    fn check(&self, length: usize, lists: &Lists, instances: &Range<usize>) {
        assert!(self.uniform_end <= length, "a uniform lies outside the memory");
        for &offset in &self.columns {
            assert!(offset + instances.end <= length, "a column lies outside the memory");
        }
        for &(offset, list) in &self.indexed {
            assert!(instances.end <= lists.get(list).entries.len(), "a list is too short");
            assert!(offset + lists.get(list).largest < length, "an index lies outside the memory");
        }
    }
}

impl Within {
    fn holds(&self, x: f64) -> bool {
        self.range.start <= x && x < self.range.end
    }

    /// Whether it holds for all of them.
    fn holds_for(&self, memory: &[f64], instances: Range<usize>) -> bool {
        // Not `all`, which would look at one after the other.
        let values = &memory[self.column + instances.start..self.column + instances.end];
        values.iter().fold(true, |all, x| all & self.holds(*x))
    }

    /// Whether it holds for the first, and up to where for the others as for this one.
    fn stretch(&self, memory: &[f64], instances: Range<usize>) -> (bool, usize) {
        let start = instances.start;
        let values = &memory[self.column + start..self.column + instances.end];
        let holds = self.holds(values[0]);
        let end = start + values.iter().take_while(|x| self.holds(**x) == holds).count();
        // Vectors begin at a cache line again.
        let line = start.next_multiple_of(8);
        (holds, if start < line && line < end { line } else { end })
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "corpus_tests.rs"]
mod corpus;
