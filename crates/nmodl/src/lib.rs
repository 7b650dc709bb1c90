//! The mechanism compiler of apical: NMODL text in, checked intermediate code out.
//!
//! A *mechanism* is an ion channel, a synapse, a clamp or a calcium pool: anything that adds current to a
//! compartment or keeps state there. Its text becomes [`ir::Mechanism`]: named variables, the ions it uses, and a few
//! straight-line programs (initial values, currents, state update, event reception). Nothing here knows of cells,
//! memory layout or vectors; `apical-kernels` runs the programs, `apical` binds them to compartments.

#![forbid(unsafe_code)]

pub mod diagnostic;
pub mod ir;

pub use diagnostic::{Diagnostic, Severity, Span};
