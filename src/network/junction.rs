//! Electrical synapses as plain data.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An electrical synapse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Junction {
    /// What it joins.
    pub ends: [JunctionEnd; 2],
    /// µS.
    pub conductance: f64,
}

/// A side of a junction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JunctionEnd {
    /// The cell's number in the network: cells are numbered through all populations in their order.
    pub cell: u32,
    /// A locset that names one location on it.
    #[serde(deserialize_with = "read", serialize_with = "write")]
    pub at: Arc<str>,
}

/// How the current through junctions is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JunctionScheme {
    /// With both voltages at the end of the step, as along a dendrite.
    #[default]
    Implicit,
    /// With the other side's voltage of the step before, as NEURON does.
    Lagged,
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Arc::from)
}

fn write<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}
