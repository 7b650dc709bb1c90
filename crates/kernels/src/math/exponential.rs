//! eˣ.

use super::arithmetic::{Arithmetic, ROUND};

/// The upper part of ln 2, with enough trailing zeros that its product with an exponent is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
/// ln 2 − [`LN2_HIGH`].
const LN2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);

/// eˣ.
///
/// x = k ln 2 + r with |r| ≤ ln 2 / 2 (Cody & Waite), eʳ by its Taylor polynomial of degree 13 (remainder 4e-18), times 2ᵏ.
#[inline(always)]
pub fn exp<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    // Beyond these the result is 0 or infinite all the same; a NaN passes both comparisons.
    let (lowest, highest) = (on.constant(-750.0), on.constant(710.0));
    let x = on.maximum(lowest, x);
    let x = on.minimum(highest, x);
    let (per_ln2, round) = (on.constant(std::f64::consts::LOG2_E), on.constant(ROUND));
    let rounded = on.multiply_add(x, per_ln2, round);
    let k = on.subtract(rounded, round);
    let (high, low) = (on.constant(-LN2_HIGH), on.constant(-LN2_LOW));
    let r = on.multiply_add(k, high, x);
    let r = on.multiply_add(k, low, r);
    let mut p = on.constant(1.0 / 6_227_020_800.0);
    for c in [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
    ] {
        let c = on.constant(c);
        p = on.multiply_add(p, r, c);
    }
    // 1 + (r + r² p): the small part is summed first.
    let square = on.multiply(r, r);
    let small = on.multiply_add(square, p, r);
    let one = on.constant(1.0);
    let e = on.add(one, small);
    on.scale(e, k)
}

#[cfg(test)]
mod tests {
    use crate::math::exp;

    /// Distance in units of the last place of the reference.
    fn ulps(value: f64, reference: f64) -> f64 {
        let bits = reference.abs().to_bits();
        let spacing = f64::from_bits(bits + 1) - f64::from_bits(bits);
        (value - reference).abs() / spacing
    }

    #[test]
    fn exp_is_within_one_ulp_over_its_whole_range() {
        // libm's exp errs by less than 0.51 ulp, so a distance below 1.5 bounds the error by 1 and the typical is below.
        let mut worst = 0.0_f64;
        let mut several = 0_u32;
        let count = 2_000_000;
        for i in 0..count {
            let x = -745.0 + 1454.7 * (i as f64 + 0.37) / count as f64;
            let distance = ulps(exp(x), libm::exp(x));
            worst = worst.max(distance);
            several += u32::from(distance > 1.0);
        }
        assert!(worst <= 1.0, "{worst} ulp, {several} times more than one");
        for i in 0..count {
            let x = (i as f64 / count as f64 - 0.5) * 4.0;
            assert!(ulps(exp(x), libm::exp(x)) <= 1.0, "exp({x})");
        }
    }

    #[test]
    fn exp_at_the_edges() {
        assert_eq!(exp(0.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(exp(-0.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(f64::NEG_INFINITY).to_bits(), 0);
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(exp(709.782_712_893_384_1), f64::INFINITY);
        assert!(exp(709.782_712_893_383).is_finite());
        assert_eq!(exp(-745.2).to_bits(), 0);
        assert_eq!(exp(-745.0), 5e-324);
        assert_eq!(exp(1e-300), 1.0);
    }
}
