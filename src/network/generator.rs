//! Generators of events: point processes in time, each from a counter-based stream.
//!
//! In come a generator, how long, a seed and a stream; out come times in ms, in order, that depend on these alone. Usable without a
//! network:
//!
//! ```
//! use apical::network::Generator;
//! let poisson = Generator::Poisson { rate: 40.0, start: 0.0, stop: None };
//! let times = poisson.times(1000.0, 1, [0, 0]);
//! assert_eq!(times, poisson.times(1000.0, 1, [0, 0]));
//! assert_ne!(times, poisson.times(1000.0, 1, [0, 1]));
//! ```

use std::f64::consts::TAU;

use apical_kernels::deviates::Draws;
use apical_kernels::{interpolated, math};
use serde::{Deserialize, Serialize};

/// A point process. Rates are in events per second, times in ms, frequencies in Hz; `start` is 0 and `stop` the end of the run where
/// not given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Generator {
    /// These times.
    Times {
        /// ms.
        times: Vec<f64>,
    },
    /// At equal intervals.
    Regular {
        /// The first, ms.
        start: f64,
        /// ms.
        interval: f64,
        /// How many; as many as fit into the run when not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u64>,
    },
    /// Poisson.
    Poisson {
        /// Per second.
        rate: f64,
        /// ms.
        #[serde(default)]
        start: f64,
        /// ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<f64>,
    },
    /// Poisson with a rate that is linear between the times of a table and constant beyond them.
    PoissonTable {
        /// Increasing, ms.
        times: Vec<f64>,
        /// Per second.
        rates: Vec<f64>,
    },
    /// Poisson with the rate mean · (1 + depth · sin(2π · (frequency · t + phase))), t from the run's beginning.
    PoissonSinusoid {
        /// Per second.
        mean: f64,
        /// From 0 to 1.
        depth: f64,
        /// Hz.
        frequency: f64,
        /// In cycles.
        #[serde(default)]
        phase: f64,
        /// ms.
        #[serde(default)]
        start: f64,
        /// ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<f64>,
    },
    /// Independent gamma-distributed intervals, the first from `start` on; their coefficient of variation is 1/√shape.
    Gamma {
        /// Per second.
        rate: f64,
        /// 1 for Poisson, greater for more regular trains.
        shape: f64,
        /// ms.
        #[serde(default)]
        start: f64,
        /// ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<f64>,
    },
    /// Groups of events that begin as a Poisson process.
    Bursts {
        /// Bursts per second.
        rate: f64,
        /// Events of each.
        events: u32,
        /// Between the events of one, ms.
        interval: f64,
        /// ms.
        #[serde(default)]
        start: f64,
        /// ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<f64>,
    },
    /// Poisson trains that share events: each copies every event of a common Poisson train of rate `rate / correlation` with the
    /// probability `correlation`. That is the correlation coefficient of the counts of any two of them in any window.
    Correlated {
        /// Of each train, per second.
        rate: f64,
        /// Above 0 and up to 1, where all are the same.
        correlation: f64,
        /// ms.
        #[serde(default)]
        start: f64,
        /// ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<f64>,
    },
    /// Poisson events locked to the phase of a rhythm: phases have von Mises' distribution with this vector strength. That is a
    /// Poisson process of the rate rate · exp(κ cos(2π · (frequency · t − phase))) / I₀(κ), t from the run's beginning.
    Rhythmic {
        /// Mean, per second.
        rate: f64,
        /// Hz.
        frequency: f64,
        /// From 0, no locking, to 1, where all events of a cycle coincide.
        vector_strength: f64,
        /// Where in the cycle they gather, in cycles.
        #[serde(default)]
        phase: f64,
        /// ms.
        #[serde(default)]
        start: f64,
        /// ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<f64>,
    },
}

/// The stream of what correlated trains have in common; no train's own.
const COMMON: [u32; 2] = [u32::MAX, u32::MAX - 1];

impl Generator {
    /// Times up to `duration`, in order.
    pub fn times(&self, duration: f64, seed: u64, stream: [u32; 2]) -> Vec<f64> {
        let mut draws = Draws::new(seed, stream);
        let until = |stop: Option<f64>| stop.unwrap_or(duration).min(duration);
        match *self {
            Self::Times { ref times } => {
                let mut times: Vec<f64> = times.iter().copied().filter(|&t| t <= duration).collect();
                times.sort_by(f64::total_cmp);
                times
            }
            Self::Regular { start, interval, count } => {
                let times = (0..count.unwrap_or(u64::MAX)).map(|n| start + n as f64 * interval);
                times.take_while(|&time| time <= duration).collect()
            }
            Self::Poisson { rate, start, stop } => {
                renewal(rate, start, until(stop), || draws.exponential()).collect()
            }
            Self::PoissonTable { ref times, ref rates } => {
                let most = rates.iter().copied().fold(0.0, f64::max);
                inhomogeneous(most, 0.0, duration, &mut draws, |time| tabulated(times, rates, time))
            }
            Self::PoissonSinusoid { mean, depth, frequency, phase, start, stop } => {
                let rate =
                    |t: f64| mean * (1.0 + depth * math::sin(TAU * (1e-3 * frequency * t + phase).fract()));
                inhomogeneous(mean * (1.0 + depth), start, until(stop), &mut draws, rate)
            }
            Self::Gamma { rate, shape, start, stop } => {
                renewal(rate, start, until(stop), || draws.gamma(shape) / shape).collect()
            }
            Self::Bursts { rate, events, interval, start, stop } => {
                let stop = until(stop);
                let mut times = Vec::new();
                for first in renewal(rate, start, stop, || draws.exponential()) {
                    let burst = (0..events).map(|n| first + f64::from(n) * interval);
                    times.extend(burst.take_while(|&time| time <= stop));
                }
                times.sort_by(f64::total_cmp);
                times
            }
            Self::Correlated { rate, correlation, start, stop } => {
                let mut common = Draws::new(seed, COMMON);
                renewal(rate / correlation, start, until(stop), || common.exponential())
                    .filter(|_| draws.uniform() < correlation)
                    .collect()
            }
            Self::Rhythmic { rate, frequency, vector_strength, phase, start, stop } => {
                let stop = until(stop);
                let cycle = 1000.0 / frequency;
                let concentration = concentration(vector_strength);
                // A Poisson process has Poisson counts in its cycles; which phases they are given is free. Events of the
                // cycles around may fall into the window.
                let mut numbers = Draws::new(seed, stream);
                let mut phases = Draws::new(!seed, stream);
                let around = renewal(rate, start - 2.0 * cycle, stop + 2.0 * cycle, || numbers.exponential());
                let locked = around.map(|time| {
                    let angle = match concentration.is_finite() {
                        true => phases.von_mises(concentration),
                        false => 0.0,
                    };
                    cycle * ((time / cycle).floor() + phase + angle / TAU)
                });
                let mut times: Vec<f64> = locked.filter(|time| (start..=stop).contains(time)).collect();
                times.sort_by(f64::total_cmp);
                times
            }
        }
    }

    /// About how many events a train has.
    pub fn expected_count(&self, duration: f64) -> f64 {
        let events = |rate: f64, start: f64, stop: Option<f64>| {
            1e-3 * rate * (stop.unwrap_or(duration).min(duration) - start).max(0.0)
        };
        match *self {
            Self::Times { ref times } => times.len() as f64,
            Self::Regular { start, interval, count } => {
                let fitting = ((duration - start) / interval).floor() + 1.0;
                count.map_or(fitting, |count| fitting.min(count as f64)).max(0.0)
            }
            Self::PoissonTable { ref times, ref rates } => {
                let inside = times.iter().copied().filter(|time| (0.0..duration).contains(time));
                let points: Vec<f64> = std::iter::once(0.0).chain(inside).chain([duration]).collect();
                let rate = |time| tabulated(times, rates, time);
                points.windows(2).map(|p| 5e-4 * (rate(p[0]) + rate(p[1])) * (p[1] - p[0])).sum()
            }
            Self::PoissonSinusoid { mean, start, stop, .. } => events(mean, start, stop),
            Self::Bursts { rate, events: each, start, stop, .. } => {
                events(rate, start, stop) * f64::from(each)
            }
            Self::Poisson { rate, start, stop }
            | Self::Gamma { rate, start, stop, .. }
            | Self::Correlated { rate, start, stop, .. }
            | Self::Rhythmic { rate, start, stop, .. } => events(rate, start, stop),
        }
    }
}

impl Generator {
    /// About how many events are made to choose those of a train from.
    pub(super) fn candidate_count(&self, duration: f64) -> f64 {
        let expected = self.expected_count(duration);
        match *self {
            Self::PoissonTable { ref rates, .. } => {
                1e-3 * duration * rates.iter().copied().fold(0.0, f64::max)
            }
            Self::PoissonSinusoid { depth, .. } => expected * (1.0 + depth),
            Self::Correlated { correlation, .. } => expected / correlation,
            Self::Rhythmic { rate, frequency, .. } => expected + 4.0 * rate / frequency,
            Self::Bursts { events, .. } => expected.max(f64::from(events)),
            _ => expected,
        }
    }
}

/// Times whose intervals have a mean of 1 over the rate.
fn renewal(rate: f64, start: f64, stop: f64, mut interval: impl FnMut() -> f64) -> impl Iterator<Item = f64> {
    let scale = 1000.0 / rate;
    let mut time = start;
    std::iter::from_fn(move || {
        time += scale * interval();
        (time <= stop).then_some(time)
    })
}

/// A Poisson process of a rate that changes, by thinning one of the greatest rate (Lewis & Shedler, Nav. Res. Logist. 26:403, 1979).
fn inhomogeneous(most: f64, start: f64, stop: f64, draws: &mut Draws, rate: impl Fn(f64) -> f64) -> Vec<f64> {
    let scale = 1000.0 / most;
    let mut times = Vec::new();
    let mut time = start;
    loop {
        time += scale * draws.exponential();
        if time.is_nan() || time > stop {
            return times;
        }
        if draws.uniform() * most < rate(time) {
            times.push(time);
        }
    }
}

/// The rate that a table gives for a time.
fn tabulated(times: &[f64], rates: &[f64], time: f64) -> f64 {
    interpolated(times, rates, time).unwrap_or(0.0)
}

/// The concentration κ of von Mises' distribution whose vector strength, I₁(κ)/I₀(κ), is this; infinite for 1.
pub fn concentration(vector_strength: f64) -> f64 {
    if vector_strength >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while strength(high) < vector_strength {
        low = high;
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if strength(middle) < vector_strength {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// I₁(κ)/I₀(κ): by its continued fraction, and for great κ by its asymptotic series, with errors below 1e-7.
fn strength(concentration: f64) -> f64 {
    if concentration > 50.0 {
        let inverse = 1.0 / concentration;
        return 1.0 - inverse * (0.5 + inverse * (0.125 + inverse * (0.125 + inverse * 25.0 / 128.0)));
    }
    (1..=100).rev().fold(0.0, |rest, order| 1.0 / (2.0 * f64::from(order) / concentration + rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_strengths_are_ratios_of_bessel_functions() {
        for (kappa, expected) in [(0.0, 0.0), (1.0, 0.446_389_965_896_534_6), (10.0, 0.948_599_825_954_845_9)]
        {
            assert!((strength(kappa) - expected).abs() < 1e-12, "{kappa}: {}", strength(kappa));
            assert!((concentration(expected) - kappa).abs() < 1e-9);
        }
        assert!((strength(50.0 - 1e-9) - strength(50.0 + 1e-9)).abs() < 1e-7);
        assert!(concentration(1.0).is_infinite());
    }

    #[test]
    fn tables_are_linear_between_and_constant_beyond() {
        let at = |t| tabulated(&[10.0, 20.0, 40.0], &[0.0, 5.0, 1.0], t);
        assert_eq!([0.0, 10.0, 15.0, 20.0, 30.0, 99.0].map(at), [0.0, 0.0, 2.5, 5.0, 3.0, 1.0]);
    }
}
