//! What a run leaves: traces and spike times.

use serde::{Deserialize, Serialize};

/// Everything recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// Times of the samples, ms.
    pub time: Vec<f64>,
    /// One per recorded quantity and place, in the order of the model's records.
    pub traces: Vec<Trace>,
    /// One per detector, in the order of the model's detectors.
    pub spikes: Vec<Spikes>,
    /// One per quantity of whose samples no more is kept than this, over all of the run so far.
    pub statistics: Vec<Statistics>,
}

/// A recorded quantity in short: what its samples have been, without the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Name, as that of a trace.
    pub name: String,
    /// Unit; empty when its mechanism states none.
    pub unit: String,
    /// How many samples there were.
    pub samples: u64,
    /// Their mean.
    pub mean: f64,
    /// Sum of the squares of their distances from the mean.
    pub squares: f64,
    /// The least.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
}

impl Statistics {
    /// Of no samples yet.
    pub fn new(name: String, unit: String) -> Self {
        let (minimum, maximum) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { name, unit, samples: 0, mean: 0.0, squares: 0.0, minimum, maximum }
    }

    /// Takes in a sample (Welford 1962, Technometrics 4:419).
    pub fn add(&mut self, value: f64) {
        self.samples += 1;
        let from_mean = value - self.mean;
        self.mean += from_mean / self.samples as f64;
        self.squares += from_mean * (value - self.mean);
        self.minimum = self.minimum.min(value);
        self.maximum = self.maximum.max(value);
    }

    /// Standard deviation of the samples; not a number below two.
    pub fn deviation(&self) -> f64 {
        if self.samples < 2 { f64::NAN } else { (self.squares / (self.samples - 1) as f64).sqrt() }
    }
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
