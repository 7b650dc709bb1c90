//! Numbers of common distributions, one after the other from a counter-based stream.
//!
//! In come a seed and a stream of [`random`]; out come numbers that depend on these and on how many were taken before. Only
//! functions of [`math`] and of `libm` are used, so that they are the same on every machine.

use std::f64::consts::PI;

use crate::{math, random};

/// A stream that is read from its beginning.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    seed: u64,
    stream: [u32; 2],
    count: u64,
}

impl Draws {
    /// The beginning of a stream under a seed.
    pub fn new(seed: u64, stream: [u32; 2]) -> Self {
        Self { seed, stream, count: 0 }
    }

    /// A number between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        self.count += 1;
        random::uniform(self.seed, self.stream, self.count - 1)
    }

    /// One of the whole numbers below `count`, each as likely to within 2⁻²¹.
    pub fn below(&mut self, count: u32) -> u32 {
        ((self.uniform() * f64::from(count)) as u32).min(count.saturating_sub(1))
    }

    /// How often something of this probability fails before it happens.
    pub fn failures(&mut self, probability: f64) -> f64 {
        if probability >= 1.0 {
            return 0.0;
        }
        (math::log(self.uniform()) / libm::log1p(-probability)).floor()
    }

    /// An exponentially distributed number of mean 1.
    pub fn exponential(&mut self) -> f64 {
        -math::log(self.uniform())
    }

    /// A normally distributed number of mean 0 and variance 1 (Box & Muller, Ann. Math. Stat. 29:610, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * math::cos(2.0 * PI * self.uniform())
    }

    /// A gamma-distributed number of this shape and scale 1 (Marsaglia & Tsang, ACM Trans. Math. Softw. 26:363, 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            // A gamma of shape a is one of shape a + 1 times the a-th root of a uniform number.
            let root = math::exp(-self.exponential() / shape);
            return self.gamma(shape + 1.0) * root;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if math::log(self.uniform()) < 0.5 * x * x + d - d * v + d * math::log(v) {
                return d * v;
            }
        }
    }

    /// An angle between −π and π of von Mises' distribution around 0 (Best & Fisher, Appl. Stat. 28:152, 1979).
    pub fn von_mises(&mut self, concentration: f64) -> f64 {
        // Beyond these the method loses its digits, and the limits hold to as many: all angles alike, a normal distribution.
        if concentration < 1e-6 {
            return PI * (2.0 * self.uniform() - 1.0);
        }
        if concentration > 1e6 {
            return self.normal() / concentration.sqrt();
        }
        let tau = 1.0 + (1.0 + 4.0 * concentration * concentration).sqrt();
        let rho = (tau - (2.0 * tau).sqrt()) / (2.0 * concentration);
        let r = (1.0 + rho * rho) / (2.0 * rho);
        loop {
            let z = math::cos(PI * self.uniform());
            let f = (1.0 + r * z) / (r + z);
            let c = concentration * (r - f);
            let u = self.uniform();
            if c * (2.0 - c) > u || math::log(c / u) + 1.0 >= c {
                let angle = libm::acos(f.clamp(-1.0, 1.0));
                return if self.uniform() < 0.5 { -angle } else { angle };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: u32 = 200_000;

    /// Mean and variance of so many numbers.
    fn moments(mut draw: impl FnMut(&mut Draws) -> f64) -> (f64, f64) {
        let mut draws = Draws::new(11, [3, 4]);
        let numbers: Vec<f64> = (0..COUNT).map(|_| draw(&mut draws)).collect();
        let mean = numbers.iter().sum::<f64>() / f64::from(COUNT);
        (mean, numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(COUNT))
    }

    /// Whether mean and variance are within five standard errors (one false alarm in a million) of what they should be, given the
    /// excess kurtosis.
    fn assert_moments(found: (f64, f64), mean: f64, variance: f64, kurtosis: f64) {
        let n = f64::from(COUNT);
        assert!((found.0 - mean).abs() < 5.0 * (variance / n).sqrt(), "mean {found:?}, not {mean}");
        let error = variance * ((2.0 + kurtosis) / n).sqrt();
        assert!((found.1 - variance).abs() < 5.0 * error, "variance {found:?}, not {variance}");
    }

    #[test]
    fn deviates_have_the_moments_of_their_distributions() {
        assert_moments(moments(Draws::uniform), 0.5, 1.0 / 12.0, -1.2);
        assert_moments(moments(Draws::exponential), 1.0, 1.0, 6.0);
        assert_moments(moments(Draws::normal), 0.0, 1.0, 0.0);
        for shape in [0.3, 1.0, 2.5, 40.0] {
            assert_moments(moments(|d| d.gamma(shape)), shape, shape, 6.0 / shape);
        }
        for p in [0.02, 0.4] {
            let variance = (1.0 - p) / (p * p);
            assert_moments(moments(|d| d.failures(p)), (1.0 - p) / p, variance, 6.0 + p * p / (1.0 - p));
        }
        let below = moments(|d| f64::from(d.below(7)));
        assert_moments(below, 3.0, 4.0, -1.25);
        assert_eq!(moments(|d| d.failures(1.0)), (0.0, 0.0));
    }

    #[test]
    fn angles_have_the_vector_strength_of_their_concentration() {
        // I₁(κ)/I₀(κ), from tables of Bessel functions.
        for (concentration, strength) in [(1e-9, 0.0), (1.0, 0.446_389_97), (10.0, 0.948_599_8)] {
            let mut draws = Draws::new(5, [1, 2]);
            let (mut x, mut y) = (0.0, 0.0);
            for _ in 0..COUNT {
                let angle = draws.von_mises(concentration);
                assert!(angle.abs() <= PI);
                x += angle.cos() / f64::from(COUNT);
                y += angle.sin() / f64::from(COUNT);
            }
            // The standard error of either is below 1/√(2n) for small strengths and smaller for great ones.
            let error = 5.0 / (2.0 * f64::from(COUNT)).sqrt();
            assert!((x - strength).abs() < error && y.abs() < error, "{concentration}: {x} {y}");
        }
    }
}
