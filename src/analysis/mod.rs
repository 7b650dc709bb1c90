//! What results mean: statistics of spike trains, information.
//!
//! In come times and traces, out go numbers with their units. Nothing here runs a model.

pub mod information;
pub mod spike_trains;
