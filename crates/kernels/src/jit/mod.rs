//! Machine code for kernels on x86-64 processors with AVX2 or AVX-512, with the bits of the interpreter.
//!
//! In comes a [`Kernel`]; out goes a [`Machine`], a function over vectors of instances. On the way: [`translate`] spells
//! elementary functions out, [`schedule`] orders the steps, [`allocate`](allocate::allocate) gives values registers,
//! [`check`](check::check) proves that it did so rightly, [`emit`](emit::emit) writes instructions.

mod allocate;
mod assembler;
mod call;
#[cfg(any(debug_assertions, test))]
mod check;
mod code;
mod emit;
mod emit_avx2;
mod emit_avx512;
mod emit_lists;
mod memory;
mod schedule;
mod target;
mod translate;
mod workspace;

use std::ops::Range;

use crate::kernel::Kernel;
use crate::run::Lists;
use call::Context;
use code::{Call, Code, Step, What};
use emit::{Layout, PREFIX, head};
use memory::Executable;
pub use target::Target;
pub use workspace::Workspace;

/// A kernel as machine code.
#[derive(Debug)]
pub struct Machine {
    target: Target,
    executable: Executable,
    /// Tables of the emitter, then the constants, then the coefficients of polynomials.
    constants: Workspace,
    calls: Vec<Call>,
    lists: Vec<usize>,
    layout: Layout,
    /// The numbers of the prologue that it uses.
    uniforms: Vec<u16>,
}

/// How many instructions a kernel takes for each vector, loads and stores included and what all vectors share left out.
pub fn instructions(kernel: &Kernel, target: Target) -> Option<usize> {
    let code = translate::translate(kernel, target)?;
    let instructions = |step: &Step| match step.what {
        what if what.is_shared() => 0,
        What::Coefficient { table, .. } => emit::of_coefficient(code.tables[table as usize].pieces, target),
        _ => 1,
    };
    Some(code.steps.iter().map(instructions).sum())
}

impl Machine {
    /// Makes machine code. `None` when the kernel has more parts than the code can number, or when the system forbids that
    /// code be made: the interpreter runs it then.
    pub fn new(kernel: &Kernel, target: Target) -> Option<Self> {
        Self::of_code(translate::translate(kernel, target)?, target)
    }

    fn of_code(code: Code, target: Target) -> Option<Self> {
        let order = schedule::schedule(&code, target);
        let allocation = allocate::allocate(&code, &order, target);
        #[cfg(debug_assertions)]
        if let Err(fault) = check::check(&code, &order, &allocation, target) {
            unreachable!("registers were given wrongly: {fault}");
        }
        let mut uniforms: Vec<u16> = Vec::new();
        for step in &code.steps {
            if let What::Uniform(uniform) = step.what {
                uniforms.push(uniform);
            }
        }
        let count = uniforms.iter().max().map_or(0, |&u| u as usize + 1);
        let layout = Layout::new(&code, count, allocation.slots, target);
        let bytes = emit::emit(&code, &allocation, layout, target);
        debug_assert!(bytes.is_ok(), "{bytes:?}");
        let executable = Executable::new(&bytes.ok()?).ok()?;
        let mut constants = Workspace::default();
        let copies = target.shared_stride() / 8;
        let coefficients = code.tables.iter().flat_map(|table| &table.bits);
        let first_row = (code.constants.len() * copies).next_multiple_of(8);
        let numbers = constants.numbers((PREFIX.len() + first_row + coefficients.clone().count()) * 8);
        numbers[..PREFIX.len()].copy_from_slice(&PREFIX);
        let (shared, rows) = numbers[PREFIX.len()..].split_at_mut(first_row);
        for (place, &bits) in shared.chunks_exact_mut(copies).zip(&code.constants) {
            place.fill(bits);
        }
        rows.iter_mut().zip(coefficients).for_each(|(place, &bits)| *place = bits);
        Some(Self { target, executable, constants, calls: code.calls, lists: code.lists, layout, uniforms })
    }

    /// Runs for the given instances.
    ///
    /// # Safety
    /// Everything that the kernel touches for these instances lies inside `memory`, and the lists are as long as there are
    /// instances: what `Kernel::check` finds out. `uniforms` are the numbers of the kernel's prologue.
    pub unsafe fn run(
        &self,
        kernel: &Kernel,
        memory: &mut [f64],
        lists: &Lists,
        instances: Range<usize>,
        uniforms: &[f64],
        workspace: &mut Workspace,
    ) {
        let numbers = workspace.numbers(self.layout.length);
        let context = Context { kernel, calls: &self.calls, target: self.target };
        let mut set = |at: i64, number: usize| numbers[at as usize / 8] = number as u64;
        set(head::MEMORY, memory.as_mut_ptr().expose_provenance());
        set(head::CONSTANTS, self.constants.as_numbers()[PREFIX.len()..].as_ptr().expose_provenance());
        set(head::START, instances.start);
        set(head::END, instances.end);
        set(head::CONTEXT, (&raw const context).expose_provenance());
        set(head::CALL, call::call as *const () as usize);
        for (number, &list) in self.lists.iter().enumerate() {
            numbers[self.layout.lists / 8 + number] =
                lists.get(list).entries.as_ptr().expose_provenance() as u64;
        }
        let copies = self.target.shared_stride() / 8;
        for &uniform in &self.uniforms {
            let at = self.layout.uniforms / 8 + uniform as usize * copies;
            numbers[at..at + copies].fill(uniforms[uniform as usize].to_bits());
        }
        // SAFETY: the code was made by `emit` for a function of this kind.
        let function: unsafe extern "sysv64" fn(*mut u64) =
            unsafe { std::mem::transmute(self.executable.start()) };
        // SAFETY: the workspace is laid out as the code expects, and the caller promises the rest.
        unsafe { function(numbers.as_mut_ptr()) };
    }
}

#[cfg(test)]
mod tests;
