//! Statistics of spike trains: rates, irregularity, variability, correlation, synchrony, locking to a rhythm, and how rates are
//! distributed over cells.
//!
//! A train is a list of times in ms, increasing; a [`Window`] says what of it counts. What is not defined for the spikes at hand, such
//! as a variation of intervals without intervals, is `None`.

/// A stretch of time, ms: from its start to just before its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// ms.
    pub start: f64,
    /// ms.
    pub end: f64,
}

impl Window {
    /// From one time to another, ms.
    pub fn new(start: f64, end: f64) -> Self {
        Self { start, end }
    }

    /// ms.
    pub fn length(self) -> f64 {
        self.end - self.start
    }

    fn of(self, train: &[f64]) -> &[f64] {
        let first = train.partition_point(|&t| t < self.start);
        let last = train.partition_point(|&t| t < self.end);
        &train[first..last.max(first)]
    }

    /// Spikes of a train in each bin of a width, ms; what is left at the end is no bin.
    fn counts(self, train: &[f64], width: f64) -> Vec<f64> {
        // A bin that is whole but for rounding is whole.
        let bins = (self.length() / width * (1.0 + 1e-12)).floor().max(0.0) as usize;
        let mut counts = vec![0.0; bins];
        for time in self.of(train) {
            if let Some(count) = counts.get_mut(((time - self.start) / width) as usize) {
                *count += 1.0;
            }
        }
        counts
    }
}

/// Spikes per second in a window.
///
/// ```
/// use apical::analysis::spike_trains::{Window, rate};
///
/// assert_eq!(rate(&[10.0, 20.0, 130.0], Window::new(0.0, 100.0)), 20.0);
/// ```
pub fn rate(train: &[f64], window: Window) -> f64 {
    window.of(train).len() as f64 / window.length() * 1000.0
}

/// Times between successive spikes, ms.
pub fn intervals(train: &[f64]) -> Vec<f64> {
    train.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Coefficient of variation of the intervals: standard deviation over mean. 1 for a Poisson process, 0 for a regular one. `None` below
/// two intervals.
pub fn cv(train: &[f64]) -> Option<f64> {
    let intervals = intervals(train);
    let (mean, variance) = moments(&intervals)?;
    (mean > 0.0).then(|| variance.sqrt() / mean)
}

/// Mean of 2·|I₂ − I₁| / (I₁ + I₂) over neighbouring intervals: irregularity that slow changes of rate leave alone (Holt, Softky,
/// Koch & Douglas 1996, J. Neurophysiol. 75:1806). `None` below two intervals.
pub fn cv2(train: &[f64]) -> Option<f64> {
    let intervals = intervals(train);
    let each = intervals.windows(2).map(|p| 2.0 * (p[1] - p[0]).abs() / (p[0] + p[1]));
    mean(&each.collect::<Vec<_>>())
}

/// Variance over mean of the counts in bins of a width, ms. 1 for a Poisson process. `None` below two bins or without spikes.
pub fn fano_factor(train: &[f64], window: Window, width: f64) -> Option<f64> {
    let (mean, variance) = moments(&window.counts(train, width))?;
    (mean > 0.0).then(|| variance / mean)
}

/// Pearson's correlation of two trains' counts in bins of a width, ms. `None` where one of them does not vary.
pub fn correlation(a: &[f64], b: &[f64], window: Window, width: f64) -> Option<f64> {
    let [a, b] = [a, b].map(|train| window.counts(train, width));
    let ((mean_a, variance_a), (mean_b, variance_b)) = (moments(&a)?, moments(&b)?);
    let products: Vec<f64> = a.iter().zip(&b).map(|(x, y)| (x - mean_a) * (y - mean_b)).collect();
    let covariance = products.iter().sum::<f64>() / (a.len() - 1) as f64;
    let scale = (variance_a * variance_b).sqrt();
    (scale > 0.0).then(|| covariance / scale)
}

/// How much cells fire together: the variance of the summed counts in bins of a width, ms, over the sum of their variances. 1 for
/// independent trains, as many as there are trains for equal ones. `None` where nothing varies.
pub fn synchrony(trains: &[impl AsRef<[f64]>], window: Window, width: f64) -> Option<f64> {
    let counts: Vec<Vec<f64>> = trains.iter().map(|t| window.counts(t.as_ref(), width)).collect();
    let bins = counts.first()?.len();
    let total: Vec<f64> = (0..bins).map(|bin| counts.iter().map(|c| c[bin]).sum()).collect();
    let (_, of_sum) = moments(&total)?;
    let each: f64 = counts.iter().filter_map(|c| moments(c)).map(|(_, variance)| variance).sum();
    (each > 0.0).then(|| of_sum / each)
}

/// How closely spikes keep to a phase of a rhythm: length of the mean of the unit vectors at their phases, from 0 to 1 (Goldberg &
/// Brown 1969, J. Neurophysiol. 32:613), and the phase of the mean, in parts of a cycle from 0 to 1. Hz. `None` without spikes.
pub fn vector_strength(train: &[f64], frequency: f64) -> Option<(f64, f64)> {
    let phases: Vec<f64> = train.iter().map(|t| std::f64::consts::TAU * frequency * t / 1000.0).collect();
    let x = mean(&phases.iter().map(|p| p.cos()).collect::<Vec<_>>())?;
    let y = mean(&phases.iter().map(|p| p.sin()).collect::<Vec<_>>())?;
    Some((x.hypot(y), (y.atan2(x) / std::f64::consts::TAU).rem_euclid(1.0)))
}

/// Spikes per second and cell of many trains in bins of a width, ms: middle of the bin and rate.
pub fn population_rate(trains: &[impl AsRef<[f64]>], window: Window, width: f64) -> Vec<[f64; 2]> {
    let cells = trains.len().max(1) as f64;
    let mut total: Vec<f64> = window.counts(&[], width);
    for train in trains {
        for (sum, count) in total.iter_mut().zip(window.counts(train.as_ref(), width)) {
            *sum += count;
        }
    }
    let middle = |bin: usize| window.start + (bin as f64 + 0.5) * width;
    total.iter().enumerate().map(|(bin, sum)| [middle(bin), sum / cells / width * 1000.0]).collect()
}

/// How rates are distributed over cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateDistribution {
    /// Hz.
    pub mean: f64,
    /// Hz.
    pub median: f64,
    /// Share of cells that never fire.
    pub silent: f64,
    /// Share of all spikes that the busiest tenth of the cells fires.
    pub busiest_tenth: f64,
    /// Mean of the natural logarithm of the rates (Hz) of cells that fire.
    pub log_mean: f64,
    /// Standard deviation of that.
    pub log_deviation: f64,
    /// Skewness of that: 0 when rates are lognormal.
    pub log_skewness: f64,
}

/// The distribution of rates in a window. `None` below three cells that fire.
pub fn rate_distribution(trains: &[impl AsRef<[f64]>], window: Window) -> Option<RateDistribution> {
    let mut rates: Vec<f64> = trains.iter().map(|t| rate(t.as_ref(), window)).collect();
    rates.sort_by(f64::total_cmp);
    let count = rates.len();
    let logs: Vec<f64> = rates.iter().filter(|&&r| r > 0.0).map(|r| r.ln()).collect();
    if logs.len() < 3 {
        return None;
    }
    let (log_mean, log_variance) = moments(&logs)?;
    let log_deviation = log_variance.sqrt();
    let cubes: Vec<f64> = logs.iter().map(|l| (l - log_mean).powi(3)).collect();
    // Of the sample, with the variance that goes with it.
    let biased = log_variance * (logs.len() - 1) as f64 / logs.len() as f64;
    let log_skewness = if biased > 0.0 { mean(&cubes)? / biased.powf(1.5) } else { 0.0 };
    let tenth = count.div_ceil(10);
    let total: f64 = rates.iter().sum();
    Some(RateDistribution {
        mean: total / count as f64,
        median: 0.5 * (rates[(count - 1) / 2] + rates[count / 2]),
        silent: 1.0 - logs.len() as f64 / count as f64,
        busiest_tenth: rates[count - tenth..].iter().sum::<f64>() / total,
        log_mean,
        log_deviation,
        log_skewness,
    })
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Mean and variance of a sample; `None` below two.
fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    Some((mean, squares / (values.len() - 1) as f64))
}

#[cfg(test)]
mod tests {
    use apical_kernels::random;

    use super::*;

    /// A train whose intervals are gamma-distributed of a whole order: sums of exponential ones.
    fn gamma(order: u64, rate: f64, count: u64, stream: u32) -> Vec<f64> {
        let mut time = 0.0;
        let interval = |k: u64| -> f64 {
            (0..order).map(|j| random::exponential(3, [stream, 9], k * order + j)).sum::<f64>()
        };
        (0..count)
            .map(|k| {
                time += interval(k) * 1000.0 / (rate * order as f64);
                time
            })
            .collect()
    }

    fn whole(train: &[f64]) -> Window {
        Window::new(0.0, train.last().copied().unwrap_or(0.0))
    }

    /// Four standard errors, so that one seed in 16 000 would fail.
    fn near(value: Option<f64>, expected: f64, error: f64) {
        let value = value.expect("defined");
        assert!((value - expected).abs() < 4.0 * error, "{value}, not {expected} ± {error}");
    }

    #[test]
    fn poisson_trains_have_variation_one_and_regular_ones_none() {
        let n = 20_000;
        let train = gamma(1, 50.0, n, 0);
        // Standard errors: of the CV of n exponential intervals 1/√n, of CV2's terms their deviation 1/√3, neighbours correlated a little.
        let root = (n as f64).sqrt();
        near(cv(&train), 1.0, 1.0 / root);
        near(cv2(&train), 1.0, 0.8 / root);
        near(Some(rate(&train, whole(&train))), 50.0, 50.0 / root);
        let bins = (train[n as usize - 1] / 100.0).floor();
        near(fano_factor(&train, whole(&train), 100.0), 1.0, (2.0 / bins).sqrt());
        let regular: Vec<f64> = (0..1000).map(|k| 10.0 * f64::from(k)).collect();
        assert!(cv(&regular).expect("intervals") < 1e-12 && cv2(&regular).expect("intervals") < 1e-12);
        assert_eq!(fano_factor(&regular, Window::new(0.0, 1000.0), 100.0), Some(0.0));
        assert_eq!(
            (cv(&[1.0, 2.0]), cv2(&[1.0]), fano_factor(&[], Window::new(0.0, 10.0), 1.0)),
            (None, None, None)
        );
    }

    #[test]
    fn gamma_trains_vary_by_the_root_of_their_order() {
        let train = gamma(4, 50.0, 20_000, 1);
        near(cv(&train), 0.5, 0.4 / (20_000.0_f64).sqrt());
        // Long counts: Fano factor 1/order.
        near(fano_factor(&train, whole(&train), 2000.0), 0.25, 0.25 * (2.0_f64 / 200.0).sqrt());
    }

    #[test]
    fn shared_spikes_correlate_as_much_as_is_shared() {
        let window = Window::new(0.0, 200_000.0);
        let [a, b, c] = [10, 11, 12].map(|stream| gamma(1, 20.0, 5000, stream));
        let join = |x: &[f64], y: &[f64]| {
            let mut both = [x, y].concat();
            both.sort_by(f64::total_cmp);
            both
        };
        let (ac, bc) = (join(&a, &c), join(&b, &c));
        let error = 1.0 / (200_000.0_f64 / 10.0).sqrt();
        near(correlation(&ac, &bc, window, 10.0), 0.5, error);
        near(correlation(&a, &b, window, 10.0), 0.0, error);
        near(synchrony(&[&a, &b], window, 10.0), 1.0, 1.5 * error);
        near(synchrony(&[&a, &a, &a], window, 10.0), 3.0, 1e-12);
        near(synchrony(&[&ac, &bc], window, 10.0), 1.5, 2.0 * error);
        assert_eq!(correlation(&a, &[], window, 10.0), None);
    }

    #[test]
    fn phases_of_a_rhythm_are_found() {
        let locked: Vec<f64> = (0..50).map(|k| 2.0 * f64::from(k) + 0.5).collect();
        let (strength, phase) = vector_strength(&locked, 500.0).expect("spikes");
        assert!((strength - 1.0).abs() < 1e-12 && (phase - 0.25).abs() < 1e-12, "{strength} {phase}");
        let both: Vec<f64> = (0..100).map(f64::from).collect();
        assert!(vector_strength(&both, 500.0).expect("spikes").0 < 1e-12, "opposite phases cancel");
        assert_eq!(vector_strength(&[], 500.0), None);
    }

    #[test]
    fn bins_hold_what_falls_into_them_and_rates_are_per_cell() {
        let trains = [vec![0.0, 9.99, 10.0], vec![25.0, 30.0]];
        let rates = population_rate(&trains, Window::new(0.0, 30.0), 10.0);
        assert_eq!(rates, [[5.0, 100.0], [15.0, 50.0], [25.0, 50.0]], "the end is not part of the window");
        assert_eq!(population_rate(&trains, Window::new(0.0, 0.3), 0.1).len(), 3, "0.3 ms are three bins");
    }

    #[test]
    fn the_busiest_tenth_and_the_silent_are_counted() {
        let mut trains: Vec<Vec<f64>> = (0..20).map(|k| (0..k).map(f64::from).collect()).collect();
        trains[19] = (0..500).map(|k| f64::from(k) * 0.5).collect();
        let d = rate_distribution(&trains, Window::new(0.0, 1000.0)).expect("cells fire");
        let total: f64 = (0..19).sum::<i32>() as f64 + 500.0;
        assert!((d.mean - total / 20.0).abs() < 1e-9 && (d.median - 9.5).abs() < 1e-9, "{d:?}");
        assert!((d.silent - 0.05).abs() < 1e-12 && (d.busiest_tenth - 518.0 / total).abs() < 1e-12, "{d:?}");
        assert!(d.log_skewness.abs() > 0.1);
        // Rates that are symmetric in their logarithm have no skewness.
        let symmetric: Vec<Vec<f64>> = [1, 2, 4, 8, 16].map(|n| (0..n).map(f64::from).collect()).into();
        let d = rate_distribution(&symmetric, Window::new(0.0, 1000.0)).expect("cells fire");
        assert!(d.log_skewness.abs() < 1e-12 && (d.log_mean - 4.0_f64.ln()).abs() < 1e-12, "{d:?}");
        assert_eq!(rate_distribution(&trains[..3], Window::new(0.0, 1000.0)), None);
    }
}
