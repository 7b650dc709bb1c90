//! Sine, cosine and tangent of radians, up to [`REACH`]; arguments beyond are `libm`'s, which divides by π/2 with as many digits as
//! they need.

use super::arithmetic::{Arithmetic, ROUND, SIGN, Scalar, cubic, linear};

/// The largest size of an argument: about 2²⁰ quarter turns, so that their number times a part of π/2 is exact.
pub const REACH: f64 = 1.6e6;

/// π/2 in parts: three of 33 bits, and the rest.
const QUARTER: [f64; 4] = [
    f64::from_bits(0x3FF9_21FB_5440_0000),
    f64::from_bits(0x3DD0_B461_1A60_0000),
    f64::from_bits(0x3BA3_198A_2E00_0000),
    f64::from_bits(0x397B_839A_2520_49C1),
];

/// (sin r − r) / r³ in powers of r² for |r| ≤ π/4: minimax, the sine is within 1.3e-17 of its size.
const SINE: [f64; 6] = [
    -0.166_666_666_666_666_44,
    0.008_333_333_333_323_673,
    -0.000_198_412_698_301_531_88,
    2.755_731_365_515_547_8e-6,
    -2.505_073_511_346_657e-8,
    1.589_474_297_200_627e-10,
];

/// (cos r − 1 + r²/2) / r⁴ in powers of r² for |r| ≤ π/4: minimax, the cosine is within 5.5e-19 of its size.
const COSINE: [f64; 6] = [
    0.041_666_666_666_666_65,
    -0.001_388_888_888_888_284_6,
    2.480_158_729_463_350_7e-5,
    -2.755_731_574_067_942e-7,
    2.087_589_807_804_573_3e-9,
    -1.136_800_214_634_675_2e-11,
];

/// An angle within a quarter turn.
struct Angle<A: Arithmetic> {
    /// The quarter turns taken away, an integer in the low bits.
    quarters: A::Number,
    /// What is left, at most π/4, and what it lost by rounding.
    rest: (A::Number, A::Number),
}

/// a + b and what the sum lost by rounding (Knuth).
#[inline(always)]
fn sum<A: Arithmetic>(on: &mut A, a: A::Number, b: A::Number) -> (A::Number, A::Number) {
    let sum = on.add(a, b);
    let of_b = on.subtract(sum, a);
    let of_a = on.subtract(sum, of_b);
    let lost_of_a = on.subtract(a, of_a);
    let lost_of_b = on.subtract(b, of_b);
    (sum, on.add(lost_of_a, lost_of_b))
}

/// Takes quarter turns away (Cody & Waite): however near a multiple of π/2 lies, what is left of the double has all its digits, as
/// products with the first three parts and differences where digits cancel are exact.
#[inline(always)]
fn reduce<A: Arithmetic>(on: &mut A, x: A::Number) -> Angle<A> {
    let (per_quarter, round) = (on.constant(std::f64::consts::FRAC_2_PI), on.constant(ROUND));
    let quarters = on.multiply_add(x, per_quarter, round);
    let k = on.subtract(quarters, round);
    let [first, second, third, fourth] = QUARTER.map(|part| on.constant(-part));
    let left = on.multiply_add(k, first, x);
    let part = on.multiply(k, second);
    let (left, lost) = sum(on, left, part);
    let part = on.multiply(k, third);
    let (left, lost_too) = sum(on, left, part);
    let lost = on.add(lost, lost_too);
    Angle { quarters, rest: (left, on.multiply_add(k, fourth, lost)) }
}

/// The polynomial with these six coefficients.
#[inline(always)]
fn fifth_degree<A: Arithmetic>(on: &mut A, c: &[f64; 6], x: A::Number) -> A::Number {
    let square = on.multiply(x, x);
    let fourth = on.multiply(square, square);
    let low = cubic(on, [c[0], c[1], c[2], c[3]], x, square);
    let high = linear(on, [c[4], c[5]], x);
    on.multiply_add(high, fourth, low)
}

/// Sine and cosine of at most a quarter turn.
#[inline(always)]
fn within_quarter<A: Arithmetic>(on: &mut A, (r, low): (A::Number, A::Number)) -> (A::Number, A::Number) {
    let square = on.multiply(r, r);
    let (half, one) = (on.constant(0.5), on.constant(1.0));
    let half_square = on.multiply(square, half);
    // r + l (1 − r²/2) + r³ S(r²).
    let tail = fifth_degree(on, &SINE, square);
    let cube = on.multiply(square, r);
    let less = on.negate(half_square);
    let correction = on.multiply_add(less, low, low);
    let correction = on.multiply_add(cube, tail, correction);
    let sine = on.add(r, correction);
    // 1 − r²/2, what that lost, and r⁴ C(r²) − r l.
    let tail = fifth_degree(on, &COSINE, square);
    let fourth = on.multiply(square, square);
    let whole = on.subtract(one, half_square);
    let taken = on.subtract(one, whole);
    let lost = on.subtract(taken, half_square);
    let minus = on.negate(r);
    let lost = on.multiply_add(minus, low, lost);
    let correction = on.multiply_add(fourth, tail, lost);
    (sine, on.add(whole, correction))
}

/// By the number of quarter turns: sine, cosine, −sine or −cosine.
#[inline(always)]
fn turned<A: Arithmetic>(
    on: &mut A,
    quarters: A::Number,
    (sine, cosine): (A::Number, A::Number),
) -> A::Number {
    let (sign, one, zero) = (on.bits(SIGN), on.constant(1.0), on.constant(0.0));
    let last = on.shift_up(quarters, 63);
    let signed = on.either_bits(last, one);
    let is_odd = on.less(signed, zero);
    let value = on.select(is_odd, cosine, sine);
    let second = on.shift_up(quarters, 62);
    let second = on.both_bits(second, sign);
    on.one_of_bits(value, second)
}

/// The sine of |x| ≤ [`REACH`], within 1 ulp.
#[inline(always)]
pub fn sin<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    let angle = reduce(on, x);
    let both = within_quarter(on, angle.rest);
    let sine = turned(on, angle.quarters, both);
    // −0 is its own sine.
    let zero = on.constant(0.0);
    let is_zero = on.equal(x, zero);
    on.select(is_zero, x, sine)
}

/// The cosine of |x| ≤ [`REACH`], within 1 ulp.
#[inline(always)]
pub fn cos<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    let angle = reduce(on, x);
    let both = within_quarter(on, angle.rest);
    let one = on.bits(1);
    let quarters = on.add_integers(angle.quarters, one);
    turned(on, quarters, both)
}

/// The tangent of |x| ≤ [`REACH`], within 2.5 ulp: sine over cosine.
#[inline(always)]
pub fn tan<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    let angle = reduce(on, x);
    let both = within_quarter(on, angle.rest);
    let one = on.bits(1);
    let next = on.add_integers(angle.quarters, one);
    let (sine, cosine) = (turned(on, angle.quarters, both), turned(on, next, both));
    let tangent = on.divide(sine, cosine);
    let zero = on.constant(0.0);
    let is_zero = on.equal(x, zero);
    on.select(is_zero, x, tangent)
}

/// Where the functions above are of no use.
#[inline(always)]
pub fn is_beyond_reach<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Truth {
    let size = on.absolute(x);
    let reach = on.constant(REACH);
    on.less(reach, size)
}

/// A function of one number of any size, from that within reach and `libm`'s.
#[inline(always)]
pub fn alone(x: f64, within: impl Fn(&mut Scalar, f64) -> f64, beyond: fn(f64) -> f64) -> f64 {
    if is_beyond_reach(&mut Scalar, x) { beyond(x) } else { within(&mut Scalar, x) }
}

#[cfg(test)]
mod tests {
    use crate::math::{cos, sin, tan};

    #[test]
    fn trigonometric_functions_at_the_edges() {
        for function in [sin, tan] {
            assert_eq!(function(0.0).to_bits(), 0);
            assert_eq!(function(-0.0).to_bits(), (-0.0_f64).to_bits());
            assert_eq!(function(5e-324), 5e-324);
            assert_eq!(function(-1e-310), -1e-310);
        }
        assert_eq!((cos(0.0), cos(-0.0), cos(5e-324)), (1.0, 1.0, 1.0));
        for function in [sin, cos, tan] {
            for x in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
                assert!(function(x).is_nan());
            }
        }
        // Beyond the reach.
        for x in [super::REACH.next_up(), 1e7, -1e22, f64::MAX] {
            assert_eq!((sin(x), cos(x), tan(x)), (libm::sin(x), libm::cos(x), libm::tan(x)));
        }
        // What is left of π/2 and π: the digits that the doubles lack.
        assert_eq!(cos(std::f64::consts::FRAC_PI_2), 6.123_233_995_736_766e-17);
        assert_eq!(sin(std::f64::consts::PI), 1.224_646_799_147_353_2e-16);
    }
}
