//! The inner loops of apical: mechanism programs run over many instances, the tree solve, elementary functions and
//! random numbers.
//!
//! In come [`ir::Program`](apical_nmodl::ir::Program)s with a word on where each place lies, and one buffer of numbers;
//! out goes the same buffer, advanced. Every function gives the same bits on every processor: vectors change the
//! speed, never the result.

mod buffer;
pub mod deviates;
#[cfg(target_arch = "x86_64")]
mod independence;
mod interpreter;
#[cfg(target_arch = "x86_64")]
mod jit;
pub mod kernel;
mod line;
pub mod math;
mod pieces;
pub mod random;
mod run;
mod table;
pub mod tree;

pub use buffer::Buffer;
pub use interpreter::Processor;
#[cfg(target_arch = "x86_64")]
pub use jit::Target;
pub use kernel::{Access, Kernel, KernelError};
pub use pieces::{FEWEST_PIECES, MOST_DEGREE, MOST_PIECES, Pieces};
pub use run::{Level, Lists, Scratch};
pub use table::{Table, interpolated};
