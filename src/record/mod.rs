//! What a run leaves: traces and spike times.

/// Everything recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// Times of the samples, ms.
    pub time: Vec<f64>,
    /// One per recorded quantity and place, in the order of the model's records.
    pub traces: Vec<Trace>,
    /// One per detector, in the order of the model's detectors.
    pub spikes: Vec<Spikes>,
}

/// A recorded quantity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Name, e.g. `v@soma[0](0.5)`.
    pub name: String,
    /// Unit; empty when its mechanism states none.
    pub unit: String,
    /// One value per sample.
    pub values: Vec<f64>,
}

/// The crossings of a detector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spikes {
    /// Name of the detector.
    pub detector: String,
    /// First grid times above threshold, ms.
    pub times: Vec<f64>,
}

impl Results {
    /// The trace of this name.
    pub fn trace(&self, name: &str) -> Option<&Trace> {
        self.traces.iter().find(|t| t.name == name)
    }

    /// The spike times of this detector, ms.
    pub fn spikes(&self, detector: &str) -> Option<&[f64]> {
        self.spikes.iter().find(|s| s.detector == detector).map(|s| s.times.as_slice())
    }
}
