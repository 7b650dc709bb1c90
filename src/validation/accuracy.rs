//! How the Rallpacks measure accuracy (their version 1.1: `README`, `comparison/rms.c` and `comparison/srms.c`).
//!
//! In come two curves sampled alike; out goes a deviation without unit. What a report states as a simulator's accuracy is
//! the mean of the deviations in the first and the last compartment.

/// For curves that rise or fall throughout: root-mean-square difference over the range of both curves.
pub(super) fn of_charging(trace: &[f64], expected: &[f64]) -> f64 {
    let both = || trace.iter().chain(expected).copied();
    let range = both().fold(f64::MIN, f64::max) - both().fold(f64::MAX, f64::min);
    if trace.len() != expected.len() {
        return f64::NAN;
    }
    root_mean_square(trace.iter().zip(expected).map(|(v, e)| (v - e) / range))
}

/// For trains of spikes: the sum of the root-mean-square differences of intervals between peaks, of heights from a peak to
/// the trough after it, and of shapes. Intervals and heights are compared spike by spike, relative to the mean of the two;
/// shapes relative to the height, after the time between two peaks has been stretched to that of the other train. Trains
/// of different numbers of spikes do not compare.
pub(super) fn of_spikes(trace: &[f64], expected: &[f64]) -> f64 {
    let (found, wanted) = (spikes(trace), spikes(expected));
    if found.len() != wanted.len() || found.len() < 2 {
        return f64::NAN;
    }
    let relative = |a: f64, b: f64| 2.0 * (a - b) / (a + b);
    let interval = |pair: &[Spike]| (pair[1].peak - pair[0].peak) as f64;
    let pairs = || found.windows(2).zip(wanted.windows(2));
    let intervals = pairs().map(|(f, w)| relative(interval(f), interval(w)));
    let heights = found.iter().zip(&wanted).map(|(f, w)| relative(f.height, w.height));
    let shapes = pairs().flat_map(|(f, w)| {
        let stretch = interval(f) / interval(w);
        let height = 0.5 * (f[1].height + w[1].height);
        let start = f[0].peak as f64;
        (w[0].peak..w[1].peak).map(move |sample| {
            let same = start + (sample - w[0].peak) as f64 * stretch;
            (between(trace, same) - expected[sample]) / height
        })
    });
    root_mean_square(intervals) + root_mean_square(heights) + root_mean_square(shapes)
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v * v, count + 1.0));
    (sum / count).sqrt()
}

/// A value between samples.
fn between(values: &[f64], at: f64) -> f64 {
    let sample = at as usize;
    let Some(&[a, b]) = values.get(sample..sample + 2) else { return values[values.len() - 1] };
    a + (b - a) * (at - sample as f64)
}

struct Spike {
    /// Sample of the peak.
    peak: usize,
    /// From the peak down to the trough after it.
    height: f64,
}

/// Spikes from peak to trough: a sample beyond the two on either side of it. A peak whose trough is not in the trace does
/// not count.
fn spikes(values: &[f64]) -> Vec<Spike> {
    let beyond = |w: &[f64], sign: f64| {
        let [a, b, here, c, d] = [0, 1, 2, 3, 4].map(|i| sign * w[i]);
        a < here && b <= here && here > c && here > d
    };
    let mut found = Vec::new();
    let mut open = None;
    for (before, window) in values.windows(5).enumerate() {
        let here = before + 2;
        if beyond(window, 1.0) {
            open = Some(here);
        } else if beyond(window, -1.0)
            && let Some(peak) = open.take()
        {
            found.push(Spike { peak, height: values[peak] - values[here] });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charging_curve_is_compared_by_its_range() {
        let expected: Vec<f64> = (0..=1000).map(|i| -65.0 + 0.1 * f64::from(i)).collect();
        let higher: Vec<f64> = expected.iter().map(|v| v + 1.0).collect();
        // The range of both together is from -65 to 36.
        assert!((of_charging(&higher, &expected) - 1.0 / 101.0).abs() < 1e-12);
        assert_eq!(of_charging(&expected, &expected), 0.0);
        assert!(of_charging(&expected[1..], &expected).is_nan());
    }

    /// A train of 100 samples a spike, or as many as told.
    fn train(samples: f64, height: f64, sharpness: f64) -> Vec<f64> {
        let wave = |i: i32| {
            let phase = (std::f64::consts::TAU * f64::from(i) / samples).cos();
            -65.0 + height * (sharpness * (phase - 1.0)).exp()
        };
        (0..1050).map(wave).collect()
    }

    #[test]
    fn trains_differ_by_interval_height_and_shape_each_for_itself() {
        let plain = train(100.0, 90.0, 4.0);
        assert_eq!(of_spikes(&plain, &plain), 0.0);
        // Intervals of 100 and 102 samples: 2/101. The stretched shape agrees but for interpolation.
        let slower = of_spikes(&train(102.0, 90.0, 4.0), &plain);
        assert!((slower - 2.0 / 101.0).abs() < 2e-3 && slower > 2.0 / 101.0, "{slower}");
        // Higher by 1 %: the height by 1 % of their mean, the shape by the root mean square of the course.
        let wave: Vec<f64> = (0..100).map(|i| (plain[i] + 65.0) / 90.0).collect();
        let course = (wave.iter().map(|w| w * w).sum::<f64>() / 100.0).sqrt();
        let trough = 1.0 - (-8.0_f64).exp();
        let expected = 0.01 / 1.005 + 0.01 / 1.005 * course / trough;
        let higher = of_spikes(&train(100.0, 90.9, 4.0), &plain);
        assert!((higher - expected).abs() < 1e-6, "{higher} {expected}");
        // Broader spikes of the same height at the same times.
        let broader = of_spikes(&train(100.0, 90.0, 3.5), &plain);
        assert!(broader > 0.005 && broader < 0.05, "{broader}");
    }

    #[test]
    fn trains_of_different_numbers_do_not_compare() {
        assert!(of_spikes(&train(200.0, 90.0, 4.0), &train(100.0, 90.0, 4.0)).is_nan());
        assert!(of_spikes(&[0.0; 100], &[0.0; 100]).is_nan());
    }
}
