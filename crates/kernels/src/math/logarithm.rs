//! Logarithms and powers.

use super::arithmetic::{
    Arithmetic, LN2_HIGH, LN2_LOW, ROUND, SIGN, cubic, linear, ninth_degree, sum_and_loss,
};

/// The bits of the largest double not above √½.
const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCC;
/// Those of 1, the exponent's bias.
const ONE: u64 = 1023 << 52;
/// Where the exponent ends.
const MANTISSA: u64 = (1 << 52) - 1;
/// 2⁵², whose last bits count ones.
const COUNTS: u64 = 0x4330_0000_0000_0000;

/// (ln((1 + s)/(1 − s)) − 2s) / s³ in powers of s², for z between √½ and √2, s = (z − 1)/(z + 1): minimax, the logarithm is
/// within 1.3e-18 of its size.
const ODD: [f64; 7] = [
    0.666_666_666_666_673_5,
    0.399_999_999_994_110_9,
    0.285_714_287_432_630_7,
    0.222_221_984_759_477_38,
    0.181_835_697_417_523_73,
    0.153_139_031_975_675_05,
    0.147_975_081_988_279_2,
];

/// The integer k and the z between √½ and √2 of which x = 2ᵏ z, for a positive number.
#[inline(always)]
fn split<A: Arithmetic>(on: &mut A, x: A::Number) -> (A::Number, A::Number) {
    // Denormals are brought among the normal numbers.
    let (least, up) = (on.constant(f64::MIN_POSITIVE), on.constant(18_014_398_509_481_984.0));
    let denormal = on.less(x, least);
    let larger = on.multiply(x, up);
    let x = on.select(denormal, larger, x);
    let (none, shift) = (on.constant(0.0), on.constant(54.0));
    let shift = on.select(denormal, shift, none);
    // Counted from √½, mantissas are those of z, and the exponent k plus the bias.
    let from_root = on.bits(ONE - ROOT_HALF);
    let counted = on.add_integers(x, from_root);
    let exponent = on.shift_down(counted, 52);
    let counts = on.bits(COUNTS);
    let exponent = on.either_bits(exponent, counts);
    let bias = on.constant(f64::from_bits(COUNTS) + 1023.0);
    let k = on.subtract(exponent, bias);
    let k = on.subtract(k, shift);
    let (mantissa, root) = (on.bits(MANTISSA), on.bits(ROOT_HALF));
    let z = on.both_bits(counted, mantissa);
    (k, on.add_integers(z, root))
}

/// The natural logarithm, within 1 ulp.
///
/// ln x = k ln 2 + ln z; with f = z − 1 and s = f/(2 + f), ln z = f − (f²/2 − s (f²/2 + s² P(s²))), whose first term is exact.
#[inline(always)]
pub fn log<A: Arithmetic>(on: &mut A, x: A::Number) -> A::Number {
    let (k, z) = split(on, x);
    let (one, two, half) = (on.constant(1.0), on.constant(2.0), on.constant(0.5));
    let f = on.subtract(z, one);
    let below = on.add(two, f);
    let s = on.divide(f, below);
    let square = on.multiply(s, s);
    let fourth = on.multiply(square, square);
    let low = cubic(on, [ODD[0], ODD[1], ODD[2], ODD[3]], square, fourth);
    let high = linear(on, [ODD[4], ODD[5]], square);
    let last = on.constant(ODD[6]);
    let high = on.multiply_add(last, fourth, high);
    let eighth = on.multiply(fourth, fourth);
    let tail = on.multiply_add(high, eighth, low);
    let tail = on.multiply(square, tail);
    let f_half = on.multiply(f, half);
    let half_square = on.multiply(f, f_half);
    let sum = on.add(half_square, tail);
    let (high, low) = (on.constant(LN2_HIGH), on.constant(LN2_LOW));
    let small = on.multiply(k, low);
    let small = on.multiply_add(s, sum, small);
    let correction = on.subtract(half_square, small);
    let without = on.subtract(correction, f);
    let whole = on.multiply(k, high);
    let result = on.subtract(whole, without);
    // Infinity and what is not a number remain; 0 has minus infinity, and what is less has none.
    let (infinity, zero) = (on.constant(f64::INFINITY), on.constant(0.0));
    let finite = on.less(x, infinity);
    let result = on.select(finite, result, x);
    let (lowest, none) = (on.constant(f64::NEG_INFINITY), on.constant(f64::NAN));
    let is_zero = on.equal(x, zero);
    let otherwise = on.select(is_zero, lowest, none);
    let positive = on.less(zero, x);
    on.select(positive, result, otherwise)
}

/// (artanh s / s − 1 − s²/3) / s⁴ in powers of s², for the same s: minimax, artanh s is within 7.4e-23 of its size.
const FAR: [f64; 8] = [
    0.199_999_999_999_999_9,
    0.142_857_142_857_226_1,
    0.111_111_111_087_552_64,
    0.090_909_094_367_500_35,
    0.076_922_783_267_172_08,
    0.066_681_628_999_219_87,
    0.058_373_240_764_939_66,
    0.059_952_169_544_402_73,
];

/// (2ʳ − 1 − r ln 2) / r² for |r| ≤ ½: minimax, 2ʳ is within 3.7e-18 of its size.
const TAIL: [f64; 10] = [
    0.240_226_506_959_101_22,
    0.055_504_108_664_820_72,
    0.009_618_129_107_596_742,
    0.001_333_355_814_668_811_8,
    0.000_154_035_304_544_170_98,
    1.525_273_354_537_029e-5,
    1.321_543_641_525_229_2e-6,
    1.017_818_503_929_343_3e-7,
    7.073_615_465_658_586e-9,
    4.436_284_986_286_575e-10,
];

/// ⅓, 2/ln 2 and ln 2, each with what is missing of it.
const THIRD: (f64, f64) = (0.3333333333333333, 1.850371707708594e-17);
const PER_LN2: (f64, f64) = (2.8853900817779268, 4.0710547481862066e-17);
const LN2: (f64, f64) = (std::f64::consts::LN_2, 2.3190468138462996e-17);

/// A number in two parts, the second less than the last digit of the first.
type Double<A> = (<A as Arithmetic>::Number, <A as Arithmetic>::Number);

/// The product of two such numbers.
#[inline(always)]
fn product<A: Arithmetic>(on: &mut A, a: Double<A>, b: Double<A>) -> Double<A> {
    let high = on.multiply(a.0, b.0);
    let minus = on.negate(high);
    let rest = on.multiply_add(a.0, b.0, minus);
    let cross = on.multiply(a.0, b.1);
    let cross = on.multiply_add(a.1, b.0, cross);
    (high, on.add(rest, cross))
}

/// The sum of a number and one in two parts that is not larger.
#[inline(always)]
fn sum<A: Arithmetic>(on: &mut A, a: A::Number, b: Double<A>) -> Double<A> {
    let (high, rest) = sum_and_loss(on, a, b.0);
    (high, on.add(rest, b.1))
}

/// A constant in two parts.
#[inline(always)]
fn constant<A: Arithmetic>(on: &mut A, (high, low): (f64, f64)) -> Double<A> {
    (on.constant(high), on.constant(low))
}

/// log₂ of a positive number to some 66 bits.
#[inline(always)]
fn log2<A: Arithmetic>(on: &mut A, x: A::Number) -> Double<A> {
    let (k, z) = split(on, x);
    let one = on.constant(1.0);
    // s = (z − 1)/(z + 1), with the remainder of the division and what z + 1 lost.
    let f = on.subtract(z, one);
    let below = on.add(z, one);
    let kept = on.subtract(below, one);
    let lost = on.subtract(z, kept);
    let reciprocal = on.divide(one, below);
    let s = on.multiply(f, reciprocal);
    let minus = on.negate(s);
    let remainder = on.multiply_add(minus, below, f);
    let remainder = on.multiply_add(minus, lost, remainder);
    let s = (s, on.multiply(remainder, reciprocal));
    // artanh s = s (1 + s² (⅓ + s² Q(s²))).
    let square = product(on, s, s);
    let fourth = on.multiply(square.0, square.0);
    let low = cubic(on, [FAR[0], FAR[1], FAR[2], FAR[3]], square.0, fourth);
    let high = cubic(on, [FAR[4], FAR[5], FAR[6], FAR[7]], square.0, fourth);
    let eighth = on.multiply(fourth, fourth);
    let far = on.multiply_add(high, eighth, low);
    let far = on.multiply(square.0, far);
    let third = constant(on, THIRD);
    let inner = sum(on, third.0, (far, third.1));
    let inner = product(on, square, inner);
    let whole = sum(on, one, inner);
    let artanh = product(on, s, whole);
    let per_ln2 = constant(on, PER_LN2);
    let fraction = product(on, artanh, per_ln2);
    sum(on, k, fraction)
}

/// aᵇ with C's special cases, within 1 ulp: 2 to the power of b log₂ |a|, and the sign.
#[inline(always)]
pub fn pow<A: Arithmetic>(on: &mut A, a: A::Number, b: A::Number) -> A::Number {
    let (zero, one, half) = (on.constant(0.0), on.constant(1.0), on.constant(0.5));
    let (infinity, lowest) = (on.constant(f64::INFINITY), on.constant(f64::NEG_INFINITY));
    let size = on.absolute(a);
    let (high, low) = log2(on, size);
    let is_zero = on.equal(size, zero);
    let is_infinite = on.equal(size, infinity);
    let high = on.select(is_zero, lowest, high);
    let high = on.select(is_infinite, infinity, high);
    // b log₂ |a|; what is far beyond the exponents has no second part, which might not be a number.
    let (exponent, rest) = product(on, (high, low), (b, zero));
    let far = on.constant(1100.0);
    let magnitude = on.absolute(exponent);
    let near = on.less(magnitude, far);
    let rest = on.select(near, rest, zero);
    let below = on.constant(-1100.0);
    let exponent = on.maximum(below, exponent);
    let exponent = on.minimum(far, exponent);
    let round = on.constant(ROUND);
    let rounded = on.add(exponent, round);
    let k = on.subtract(rounded, round);
    let r = on.subtract(exponent, k);
    let r = on.add(r, rest);
    let square = on.multiply(r, r);
    let tail = ninth_degree(on, &TAIL, r, square);
    let ln2 = constant(on, LN2);
    let small = on.multiply_add(r, tail, ln2.1);
    let small = on.multiply(r, small);
    let small = on.multiply_add(r, ln2.0, small);
    let power = on.add(one, small);
    let power = on.scale(power, k);
    // Negative bases: odd powers are negative, and broken ones do not exist.
    let whole = on.floor(b);
    let is_whole = on.equal(whole, b);
    let halved = on.multiply(b, half);
    let whole_half = on.floor(halved);
    let is_even = on.equal(whole_half, halved);
    let (sign, none) = (on.bits(SIGN), on.constant(f64::NAN));
    let sign = on.both_bits(a, sign);
    let signed = on.either_bits(power, sign);
    let odd = on.select(is_whole, signed, power);
    let power = on.select(is_even, power, odd);
    let negative = on.less(a, zero);
    let finite = on.less(lowest, a);
    let both = on.both(negative, finite);
    let broken = on.select(is_whole, power, none);
    let power = on.select(both, broken, power);
    // What is not a number stays none.
    let is_number = on.equal(a, a);
    let power = on.select(is_number, power, a);
    // 1 is a⁰, 1ᵇ and (−1) to an infinite power, even where the other is not a number.
    let no_power = on.equal(b, zero);
    let of_one = on.equal(a, one);
    let is_one = on.equal(size, one);
    let exponent_size = on.absolute(b);
    let endless = on.equal(exponent_size, infinity);
    let of_minus_one = on.both(is_one, endless);
    let is = on.either(no_power, of_one);
    let is = on.either(is, of_minus_one);
    on.select(is, one, power)
}

#[cfg(test)]
mod tests {
    use crate::math::log;

    #[test]
    fn log_at_the_edges() {
        assert_eq!(log(1.0).to_bits(), 0);
        assert_eq!(log(0.0), f64::NEG_INFINITY);
        assert_eq!(log(-0.0), f64::NEG_INFINITY);
        assert_eq!(log(f64::INFINITY), f64::INFINITY);
        assert!(log(-1.0).is_nan() && log(f64::NEG_INFINITY).is_nan() && log(f64::NAN).is_nan());
        assert_eq!(log(5e-324), libm::log(5e-324));
        assert_eq!(log(f64::MAX), libm::log(f64::MAX));
    }
}
