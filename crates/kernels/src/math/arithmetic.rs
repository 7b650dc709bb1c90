//! What elementary functions are written in: operations that a processor has, on one number or on a vector of them.
//!
//! A function over [`Arithmetic`] is its own definition for single numbers ([`Scalar`]), becomes vector code where the
//! interpreter loops over it, and machine code where the compiler of kernels records it: one text, the same bits.

/// Operations on numbers and on their bits. None of them is contracted with another.
pub trait Arithmetic {
    /// A double, or a vector of doubles.
    type Number: Copy;
    /// A truth value for each of them.
    type Truth: Copy;

    /// A constant.
    fn constant(&mut self, number: f64) -> Self::Number;
    /// A constant by its bits.
    fn bits(&mut self, bits: u64) -> Self::Number {
        self.constant(f64::from_bits(bits))
    }
    /// a + b.
    fn add(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// a − b.
    fn subtract(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// a · b.
    fn multiply(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// a / b.
    fn divide(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// a · b + c, rounded once.
    fn multiply_add(&mut self, a: Self::Number, b: Self::Number, c: Self::Number) -> Self::Number;
    /// a < b ? a : b.
    fn minimum(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// a > b ? a : b.
    fn maximum(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// Bits that both have.
    fn both_bits(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// Bits that either has.
    fn either_bits(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// Bits that one of them has.
    fn one_of_bits(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// The sum of both as 64-bit integers.
    fn add_integers(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// The difference of both as 64-bit integers.
    fn subtract_integers(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// The bits moved up.
    fn shift_up(&mut self, a: Self::Number, by: u8) -> Self::Number;
    /// The bits moved down, zeros following.
    fn shift_down(&mut self, a: Self::Number, by: u8) -> Self::Number;
    /// The largest integer not above.
    fn floor(&mut self, a: Self::Number) -> Self::Number;
    /// a < b.
    fn less(&mut self, a: Self::Number, b: Self::Number) -> Self::Truth;
    /// a = b.
    fn equal(&mut self, a: Self::Number, b: Self::Number) -> Self::Truth;
    /// Both true.
    fn both(&mut self, a: Self::Truth, b: Self::Truth) -> Self::Truth;
    /// At least one true.
    fn either(&mut self, a: Self::Truth, b: Self::Truth) -> Self::Truth;
    /// `condition` ? then : otherwise.
    fn select(&mut self, condition: Self::Truth, then: Self::Number, otherwise: Self::Number)
    -> Self::Number;

    /// −a.
    fn negate(&mut self, a: Self::Number) -> Self::Number {
        let sign = self.bits(SIGN);
        self.one_of_bits(a, sign)
    }

    /// |a|.
    fn absolute(&mut self, a: Self::Number) -> Self::Number {
        let rest = self.bits(!SIGN);
        self.both_bits(a, rest)
    }

    /// 2ᵏ for an integer k, −1022 ≤ k ≤ 1023.
    fn power(&mut self, k: Self::Number) -> Self::Number {
        self.power_in_integers(k)
    }

    /// [`power`](Self::power) from the bits of k.
    fn power_in_integers(&mut self, k: Self::Number) -> Self::Number {
        let round = self.constant(ROUND);
        let rounded = self.add(k, round);
        power_of_two(self, rounded)
    }

    /// a · 2ᵏ rounded once, for ½ ≤ |a| ≤ 4 and an integer k, −1100 ≤ k ≤ 1100.
    fn scale(&mut self, a: Self::Number, k: Self::Number) -> Self::Number {
        self.scale_in_two_factors(a, k)
    }

    /// [`scale`](Self::scale) by multiplication, first by about the root of 2ᵏ, which is exact, so that results down to the smallest
    /// denormal and up to the largest number come out right.
    fn scale_in_two_factors(&mut self, a: Self::Number, k: Self::Number) -> Self::Number {
        let round = self.constant(ROUND);
        let one_half = self.constant(0.5);
        let half = self.multiply_add(k, one_half, round);
        let half_number = self.subtract(half, round);
        let rest_number = self.subtract(k, half_number);
        let rest = self.add(rest_number, round);
        let (half, rest) = (power_of_two(self, half), power_of_two(self, rest));
        let scaled = self.multiply(a, half);
        self.multiply(scaled, rest)
    }
}

/// The sign of a double.
pub const SIGN: u64 = 1 << 63;

/// 1.5 · 2⁵²: adding and subtracting it rounds to an integer, which then stands in the low bits.
pub const ROUND: f64 = 6_755_399_441_055_744.0;

/// The upper part of ln 2, with enough trailing zeros that its product with an exponent is exact.
pub const LN2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
/// ln 2 − [`LN2_HIGH`].
pub const LN2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);

/// 2ᵏ for an integer k that was rounded by adding [`ROUND`], −1022 ≤ k ≤ 1023.
fn power_of_two<A: Arithmetic + ?Sized>(on: &mut A, rounded: A::Number) -> A::Number {
    let exponent = on.shift_up(rounded, 52);
    let bias = on.bits(1023 << 52);
    on.add_integers(exponent, bias)
}

/// A sum and what it lost by rounding, which is exact where the first number is not the smaller (Dekker 1971, Numer. Math. 18:224).
#[inline(always)]
pub fn sum_and_loss<A: Arithmetic>(on: &mut A, a: A::Number, b: A::Number) -> (A::Number, A::Number) {
    let sum = on.add(a, b);
    let taken = on.subtract(sum, a);
    (sum, on.subtract(b, taken))
}

/// c₀ + c₁ x + c₂ x² + c₃ x³ in pairs (Estrin): the products do not wait for one another as Horner's do.
#[inline(always)]
pub fn cubic<A: Arithmetic>(on: &mut A, c: [f64; 4], x: A::Number, square: A::Number) -> A::Number {
    let low = linear(on, [c[0], c[1]], x);
    let high = linear(on, [c[2], c[3]], x);
    on.multiply_add(high, square, low)
}

/// c₀ + c₁ x.
#[inline(always)]
pub fn linear<A: Arithmetic>(on: &mut A, c: [f64; 2], x: A::Number) -> A::Number {
    let (low, high) = (on.constant(c[0]), on.constant(c[1]));
    on.multiply_add(high, x, low)
}

/// The polynomial with these ten coefficients. The constant is added last, so that the sum is rounded once at its size.
#[inline(always)]
pub fn ninth_degree<A: Arithmetic>(on: &mut A, c: &[f64; 10], x: A::Number, square: A::Number) -> A::Number {
    let fourth = on.multiply(square, square);
    let low = cubic(on, [c[1], c[2], c[3], c[4]], x, square);
    let middle = cubic(on, [c[5], c[6], c[7], c[8]], x, square);
    let (first, last) = (on.constant(c[0]), on.constant(c[9]));
    let upper = on.multiply_add(last, fourth, middle);
    let rest = on.multiply_add(upper, fourth, low);
    on.multiply_add(rest, x, first)
}

/// One number at a time.
pub struct Scalar;

impl Arithmetic for Scalar {
    type Number = f64;
    type Truth = bool;

    #[inline(always)]
    fn constant(&mut self, number: f64) -> f64 {
        number
    }

    #[inline(always)]
    fn add(&mut self, a: f64, b: f64) -> f64 {
        a + b
    }

    #[inline(always)]
    fn subtract(&mut self, a: f64, b: f64) -> f64 {
        a - b
    }

    #[inline(always)]
    fn multiply(&mut self, a: f64, b: f64) -> f64 {
        a * b
    }

    #[inline(always)]
    fn divide(&mut self, a: f64, b: f64) -> f64 {
        a / b
    }

    #[inline(always)]
    fn multiply_add(&mut self, a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn minimum(&mut self, a: f64, b: f64) -> f64 {
        if a < b { a } else { b }
    }

    #[inline(always)]
    fn maximum(&mut self, a: f64, b: f64) -> f64 {
        if a > b { a } else { b }
    }

    #[inline(always)]
    fn both_bits(&mut self, a: f64, b: f64) -> f64 {
        f64::from_bits(a.to_bits() & b.to_bits())
    }

    #[inline(always)]
    fn either_bits(&mut self, a: f64, b: f64) -> f64 {
        f64::from_bits(a.to_bits() | b.to_bits())
    }

    #[inline(always)]
    fn one_of_bits(&mut self, a: f64, b: f64) -> f64 {
        f64::from_bits(a.to_bits() ^ b.to_bits())
    }

    #[inline(always)]
    fn add_integers(&mut self, a: f64, b: f64) -> f64 {
        f64::from_bits(a.to_bits().wrapping_add(b.to_bits()))
    }

    #[inline(always)]
    fn subtract_integers(&mut self, a: f64, b: f64) -> f64 {
        f64::from_bits(a.to_bits().wrapping_sub(b.to_bits()))
    }

    #[inline(always)]
    fn shift_up(&mut self, a: f64, by: u8) -> f64 {
        f64::from_bits(a.to_bits() << by)
    }

    #[inline(always)]
    fn shift_down(&mut self, a: f64, by: u8) -> f64 {
        f64::from_bits(a.to_bits() >> by)
    }

    #[inline(always)]
    fn floor(&mut self, a: f64) -> f64 {
        a.floor()
    }

    #[inline(always)]
    fn less(&mut self, a: f64, b: f64) -> bool {
        a < b
    }

    #[inline(always)]
    fn equal(&mut self, a: f64, b: f64) -> bool {
        a == b
    }

    #[inline(always)]
    fn both(&mut self, a: bool, b: bool) -> bool {
        a & b
    }

    #[inline(always)]
    fn either(&mut self, a: bool, b: bool) -> bool {
        a | b
    }

    #[inline(always)]
    fn select(&mut self, condition: bool, then: f64, otherwise: f64) -> f64 {
        if condition { then } else { otherwise }
    }
}
