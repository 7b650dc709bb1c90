//! What theory says of failures: Levy & Baxter's formula, and a unit with a threshold, exactly.

use apical::analysis::information::{binary_entropy, mutual_information};

/// Of a probability, bits.
pub fn entropy(probability: f64) -> f64 {
    binary_entropy(probability).unwrap_or(f64::NAN)
}

/// The probability of failure at which what survives release and what the output can carry are equal, nearly.
pub fn best_failure(firing: f64) -> f64 {
    4.0_f64.powf(-entropy(firing))
}

/// Bits of a sum of inputs that survive release, as if all were Gaussian.
pub fn survives(release: f64, firing: f64) -> f64 {
    0.5 * (1.0 + release * (1.0 - firing) / (1.0 - release)).log2()
}

/// The joint distribution of a Poisson number of events, row by row, and of how many of them are released.
pub fn released(mean: f64, release: f64) -> Vec<Vec<f64>> {
    /// The mean is a few: more than this does not happen.
    const MOST: usize = 60;
    let mut rows = vec![vec![(-mean).exp()]];
    for events in 1..MOST {
        // One more event is released or not.
        let last = &rows[events - 1];
        let more = mean / events as f64;
        let of = |k: usize| {
            let (same, one_less) = (last.get(k).copied(), k.checked_sub(1).map(|k| last[k]));
            more * ((1.0 - release) * same.unwrap_or(0.0) + release * one_less.unwrap_or(0.0))
        };
        rows.push((0..=events).map(of).collect());
    }
    rows
}

/// Bits that a unit tells of its number of events when it fires at a number of releases and above, and now and then at one less, so
/// that it fires with a probability.
pub fn threshold_unit(mean: f64, release: f64, firing: f64) -> f64 {
    let rows = released(mean, release);
    let mut fires = vec![0.0; rows.len()];
    let mut left = firing;
    for count in (0..rows.len()).rev() {
        let probability: f64 = rows.iter().filter_map(|row| row.get(count)).sum();
        fires[count] = if probability > 0.0 { (left / probability).clamp(0.0, 1.0) } else { 1.0 };
        left -= fires[count] * probability;
    }
    let joint = rows.iter().map(|row| {
        let yes: f64 = row.iter().zip(&fires).map(|(p, fires)| p * fires).sum();
        [row.iter().sum::<f64>() - yes, yes]
    });
    mutual_information(&joint.collect::<Vec<_>>()).unwrap_or(f64::NAN)
}
