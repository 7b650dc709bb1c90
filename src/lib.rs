//! Neurons with dendrites: a morphology becomes a tree of compartments, NMODL mechanisms are compiled and painted on
//! it, and an implicit cable integrator runs it.
//!
//! The way through: description ([`morphology`], [`cell`]) → [`discretize`] and `lower` → [`engine`] → [`record`].

#![forbid(unsafe_code)]

pub mod analysis;
pub mod cell;
pub mod describe;
pub mod discretize;
pub mod engine;
pub mod error;
pub mod lower;
pub mod mechanism;
pub mod model;
pub mod morphology;
pub mod network;
pub mod output;
pub mod plot;
pub mod record;
pub mod units;
pub mod validation;
pub mod workload;

pub use apical_kernels::Level;
pub use apical_nmodl::{Diagnostic, Severity, Span, summary as summarise_mechanism};
pub use cell::{Cell, Quantity};
pub use engine::{NetworkSimulation, PreparedNetwork, Progress, Simulation, Snapshot};
pub use error::{Error, ErrorKind, Result};
pub use model::Model;
pub use morphology::Morphology;
pub use network::Network;
