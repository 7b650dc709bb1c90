//! Neurons with dendrites: a morphology becomes a tree of compartments, NMODL mechanisms are compiled and painted on
//! it, and an implicit cable integrator runs it.
//!
//! The way through: description ([`morphology`], [`cell`]) → [`discretize`] and `lower` → [`engine`] → [`record`].

#![forbid(unsafe_code)]

pub mod cell;
pub mod discretize;
pub mod error;
pub mod model;
pub mod morphology;

pub use apical_nmodl::{Diagnostic, Span};
pub use error::{Error, ErrorKind, Result};
