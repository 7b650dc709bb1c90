//! What results mean: statistics of spike trains.
//!
//! In come times and traces, out go numbers with their units. Nothing here runs a model.

pub mod spike_trains;
