//! eˣ and what is made of it.

use super::arithmetic::{Arithmetic, LN2_HIGH, LN2_LOW, ROUND, SIGN, ninth_degree, sum_and_loss};

/// (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, from the constant up: minimax, eʳ is within 3.7e-18 of its size.
const TAIL: [f64; 10] = [
    0.500_000_000_000_001_1,
    0.166_666_666_666_664_13,
    0.041_666_666_666_530_155,
    0.008_333_333_333_494_465,
    0.001_388_888_894_363_018_8,
    0.000_198_412_695_065_712_67,
    2.480_149_309_881_613_8e-5,
    2.755_758_638_083_65e-6,
    2.763_024_841_408_471e-7,
    2.500_005_928_835_836e-8,
];

/// The same of −r.
const FALLING: [f64; 10] = {
    let mut coefficients = TAIL;
    let mut odd = 1;
    while odd < coefficients.len() {
        coefficients[odd] = -coefficients[odd];
        odd += 2;
    }
    coefficients
};

/// eˣ, within 1.05 ulp.
///
/// x = k ln 2 + r with |r| ≤ ln 2 / 2 (Cody & Waite), eʳ by a polynomial, times 2ᵏ.
#[inline(always)]
pub fn exp<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    // Beyond these the result is 0 or infinite all the same; a NaN passes both comparisons.
    let (lowest, highest) = (on.constant(-750.0), on.constant(710.0));
    let x = on.maximum(lowest, x);
    let x = on.minimum(highest, x);
    let (k, r) = reduce(on, x);
    let beyond_one = exp_minus_one(on, r);
    let one = on.constant(1.0);
    let e = on.add(one, beyond_one);
    on.scale(e, k)
}

/// The integer k and the r of at most ln 2 / 2 of which x = k ln 2 + r.
#[inline(always)]
fn reduce<A: Arithmetic>(on: &mut A, x: A::Number) -> (A::Number, A::Number) {
    let (k, exact) = take_powers(on, x);
    let low = on.constant(-LN2_LOW);
    (k, on.multiply_add(k, low, exact))
}

/// The same k, and x less k times the upper part of ln 2, which is exact.
#[inline(always)]
fn take_powers<A: Arithmetic>(on: &mut A, x: A::Number) -> (A::Number, A::Number) {
    let (per_ln2, round) = (on.constant(std::f64::consts::LOG2_E), on.constant(ROUND));
    let rounded = on.multiply_add(x, per_ln2, round);
    let k = on.subtract(rounded, round);
    let high = on.constant(-LN2_HIGH);
    (k, on.multiply_add(k, high, x))
}

/// eʳ − 1 for |r| ≤ ln 2 / 2.
#[inline(always)]
fn exp_minus_one<A: Arithmetic>(on: &mut A, r: A::Number) -> A::Number {
    let square = on.multiply(r, r);
    let tail = ninth_degree(on, &TAIL, r, square);
    on.multiply_add(square, tail, r)
}

/// eʳ − 2⁻ᵏ, where k ln 2 + r is the size of a number, as the sum of two numbers.
struct Growth<A: Arithmetic> {
    minus_k: A::Number,
    /// 2⁻ᵏ, or 2⁻¹⁰⁰ where that is less.
    power: A::Number,
    /// 1 − 2⁻ᵏ and most of r, exact.
    first: A::Number,
    /// What is left, less than half of that.
    second: A::Number,
}

/// The growth of a number, from minus its size: eʳ − 2⁻ᵏ = (1 − 2⁻ᵏ) + r + (eʳ − 1 − r). Of a positive size, 1 − 2⁻ᵏ + r is a double
/// when powers that are lost beside 1 stand with what is left.
#[inline(always)]
fn growth<A: Arithmetic>(on: &mut A, minus_size: A::Number) -> Growth<A> {
    let (minus_k, minus_exact) = take_powers(on, minus_size);
    let (low, minus_low) = (on.constant(LN2_LOW), on.constant(-LN2_LOW));
    let minus_r = on.multiply_add(minus_k, minus_low, minus_exact);
    let square = on.multiply(minus_r, minus_r);
    let tail = ninth_degree(on, &FALLING, minus_r, square);
    let (lowest, least) = (on.constant(-100.0), on.constant(f64::EPSILON));
    let exponent = on.maximum(lowest, minus_k);
    let power = on.power(exponent);
    let beside_one = on.maximum(least, power);
    let one = on.constant(1.0);
    let rest = on.subtract(one, beside_one);
    let first = on.subtract(rest, minus_exact);
    let second = on.subtract(beside_one, power);
    let second = on.multiply_add(minus_k, low, second);
    let second = on.multiply_add(square, tail, second);
    Growth { minus_k, power, first, second }
}

/// −|x|, but not below where the function no longer changes, so that no power of two is too large.
#[inline(always)]
fn minus_size<A: Arithmetic>(on: &mut A, x: A::Number, lowest: f64) -> A::Number {
    let (sign, lowest) = (on.bits(SIGN), on.constant(lowest));
    let minus = on.either_bits(x, sign);
    on.maximum(lowest, minus)
}

/// A positive number with the sign of another.
#[inline(always)]
fn with_sign_of<A: Arithmetic>(on: &mut A, size: A::Number, x: A::Number) -> A::Number {
    let sign = on.bits(SIGN);
    let sign = on.both_bits(x, sign);
    on.either_bits(size, sign)
}

/// tanh x, within 1.05 ulp: with 2 |x| = k ln 2 + r it is (eʳ − 2⁻ᵏ)/(eʳ + 2⁻ᵏ). What both lost by rounding corrects the quotient.
#[inline(always)]
pub fn tanh<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    let minus = minus_size(on, x, -25.0);
    let twice = on.add(minus, minus);
    let Growth { power, first, second, .. } = growth(on, twice);
    // Both losses are exact: a power of two has one digit, so its sum gives it back whichever of the two is larger.
    let (above, above_lost) = sum_and_loss(on, first, second);
    let both_powers = on.add(power, power);
    let (below, below_lost) = sum_and_loss(on, both_powers, above);
    let below_lost = on.add(below_lost, above_lost);
    let minus_one = on.constant(-1.0);
    let reciprocal = on.divide(minus_one, below);
    let quotient = on.multiply(above, reciprocal);
    let left = on.multiply_add(quotient, below, above);
    let left = on.add(left, above_lost);
    let left = on.multiply_add(quotient, below_lost, left);
    let quotient = on.multiply_add(left, reciprocal, quotient);
    let size = on.absolute(quotient);
    with_sign_of(on, size, x)
}

/// sinh x, within 2 ulp: 2ᵏ⁻¹ (d + 2⁻ᵏ d/eʳ) with d = eʳ − 2⁻ᵏ, whose digits do not cancel where x is small.
#[inline(always)]
pub fn sinh<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    let minus = minus_size(on, x, -710.6);
    let Growth { minus_k, power, first, second } = growth(on, minus);
    let difference = on.add(first, second);
    let e = on.add(difference, power);
    let falling = on.multiply(difference, power);
    let falling = on.divide(falling, e);
    let rest = on.add(second, falling);
    let sum = on.add(first, rest);
    let minus_one = on.constant(-1.0);
    let exponent = on.subtract(minus_one, minus_k);
    let size = on.scale(sum, exponent);
    with_sign_of(on, size, x)
}

/// cosh x, within 1.5 ulp: h + 1/(4h) with h = eˡˣˡ/2.
#[inline(always)]
pub fn cosh<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    let highest = on.constant(710.6);
    let size = on.absolute(x);
    let size = on.minimum(highest, size);
    let (k, r) = reduce(on, size);
    let beyond_one = exp_minus_one(on, r);
    let (one, quarter) = (on.constant(1.0), on.constant(0.25));
    let e = on.add(one, beyond_one);
    let less = on.subtract(k, one);
    let h = on.scale(e, less);
    let falling = on.divide(quarter, h);
    on.add(h, falling)
}

/// x/(eˣ − 1), and 1 at 0, within 1.05 ulp.
///
/// f(−|x|) = f(|x|) + |x|, and f(|x|) = 2⁻ᵏ |x|/(eʳ − 2⁻ᵏ), whose quotient is corrected by what it leaves of |x|.
#[inline(always)]
pub fn exprelr<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    // f(|x|) is 0 above the one and 1 below the other.
    let minus = minus_size(on, x, -760.0);
    let least = on.constant(-1e-100);
    let minus = on.minimum(least, minus);
    let Growth { minus_k, first, second, .. } = growth(on, minus);
    let below = on.add(first, second);
    let minus_one = on.constant(-1.0);
    let reciprocal = on.divide(minus_one, below);
    let quotient = on.multiply(minus, reciprocal);
    let left = on.multiply_add(quotient, first, minus);
    let left = on.multiply_add(quotient, second, left);
    let quotient = on.multiply_add(left, reciprocal, quotient);
    let value = on.scale(quotient, minus_k);
    let zero = on.constant(0.0);
    let negative = on.minimum(zero, x);
    on.subtract(value, negative)
}

#[cfg(test)]
mod tests {
    use crate::math::{cosh, exp, exprelr, sinh, tanh};

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

    #[test]
    fn tanh_at_the_edges() {
        assert_eq!(tanh(0.0).to_bits(), 0);
        assert_eq!(tanh(-0.0).to_bits(), (-0.0_f64).to_bits());
        assert_eq!(tanh(5e-324), 5e-324);
        assert_eq!((tanh(25.0), tanh(f64::INFINITY), tanh(f64::NEG_INFINITY)), (1.0, 1.0, -1.0));
        assert!(tanh(f64::NAN).is_nan());
    }

    #[test]
    fn sinh_cosh_and_exprelr_at_the_edges() {
        let infinity = f64::INFINITY;
        assert_eq!((sinh(0.0).to_bits(), sinh(-0.0).to_bits()), (0, (-0.0_f64).to_bits()));
        assert_eq!((sinh(5e-324), sinh(-1e-310)), (5e-324, -1e-310));
        assert_eq!((sinh(infinity), sinh(-infinity), sinh(711.0)), (infinity, -infinity, infinity));
        assert!(sinh(710.475).is_finite() && cosh(710.475).is_finite());
        assert_eq!(
            (cosh(0.0), cosh(infinity), cosh(-infinity), cosh(711.0)),
            (1.0, infinity, infinity, infinity)
        );
        assert_eq!((exprelr(0.0), exprelr(-0.0), exprelr(5e-324), exprelr(-1e-310)), (1.0, 1.0, 1.0, 1.0));
        assert_eq!((exprelr(infinity), exprelr(-infinity), exprelr(1e300)), (0.0, infinity, 0.0));
        assert_eq!((exprelr(-60.0), exprelr(-1e308), exprelr(800.0)), (60.0, 1e308, 0.0));
        assert!(sinh(f64::NAN).is_nan() && cosh(f64::NAN).is_nan() && exprelr(f64::NAN).is_nan());
    }
}
