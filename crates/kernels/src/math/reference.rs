//! What the errors of elementary functions are measured against: the same functions to some 100 bits.
//!
//! From sums, products and Taylor series in pairs of doubles (Dekker 1971), angles reduced in fixed point with π by Machin's formula;
//! nothing is shared with the functions measured but first guesses, which Newton's steps make good.

use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::LazyLock;

/// The sum of two doubles, the second at most half a unit in the last place of the first.
#[derive(Clone, Copy, Debug)]
pub struct Pair(f64, f64);

impl From<f64> for Pair {
    fn from(number: f64) -> Self {
        Pair(number, 0.0)
    }
}

/// a + b and what it lost.
fn sum(a: f64, b: f64) -> Pair {
    let sum = a + b;
    let of_b = sum - a;
    Pair(sum, (a - (sum - of_b)) + (b - of_b))
}

impl Pair {
    fn normal(self) -> Self {
        let high = self.0 + self.1;
        Pair(high, self.1 - (high - self.0))
    }

    fn square_root(self) -> Self {
        if self.0 == 0.0 {
            return self;
        }
        let guess = Pair::from(self.0.sqrt());
        guess + (self - guess * guess) / (guess + guess)
    }
}

impl Add for Pair {
    type Output = Pair;
    fn add(self, other: Pair) -> Pair {
        let (high, low) = (sum(self.0, other.0), sum(self.1, other.1));
        let first = Pair(high.0, high.1 + low.0).normal();
        Pair(first.0, first.1 + low.1).normal()
    }
}

impl Neg for Pair {
    type Output = Pair;
    fn neg(self) -> Pair {
        Pair(-self.0, -self.1)
    }
}

impl Sub for Pair {
    type Output = Pair;
    fn sub(self, other: Pair) -> Pair {
        self + -other
    }
}

impl Mul for Pair {
    type Output = Pair;
    fn mul(self, other: Pair) -> Pair {
        let product = self.0 * other.0;
        let lost = self.0.mul_add(other.0, -product);
        Pair(product, lost + (self.0 * other.1 + self.1 * other.0)).normal()
    }
}

impl Div for Pair {
    type Output = Pair;
    fn div(self, other: Pair) -> Pair {
        let first = Pair::from(self.0 / other.0);
        let rest = self - first * other;
        let second = Pair::from(rest.0 / other.0);
        let rest = rest - second * other;
        first + second + Pair::from(rest.0 / other.0)
    }
}

/// A number times 2 to the power of an integer, however large or small.
#[derive(Clone, Copy, Debug)]
pub struct Reference(Pair, i32);

impl From<Pair> for Reference {
    fn from(number: Pair) -> Self {
        Reference(number, 0)
    }
}

/// x · 2ᵏ.
pub fn scaled(mut x: f64, mut k: i32) -> f64 {
    while k != 0 {
        let step = k.clamp(-1000, 1000);
        x *= f64::from_bits(((1023 + step) as u64) << 52);
        k -= step;
    }
    x
}

/// x as a number between 1 and 2 and the power of two that goes with it.
fn split(x: f64) -> (f64, i32) {
    let (x, shift) = if x.abs() < f64::MIN_POSITIVE { (scaled(x, 54), -54) } else { (x, 0) };
    let exponent = (x.to_bits() >> 52 & 2047) as i32 - 1023;
    (scaled(x, -exponent), exponent + shift)
}

impl Reference {
    /// How far a result is away, in units of the last place that a double of this size has. What is beyond all doubles is infinite.
    pub fn ulps(self, result: f64) -> f64 {
        let Reference(number, k) = self;
        if number.0 == 0.0 {
            return if result == 0.0 { 0.0 } else { f64::INFINITY };
        }
        let (size, exponent) = split(number.0);
        // A little less than a power of two belongs to the binade below.
        let exponent = exponent - i32::from(size.abs() == 1.0 && number.1 * number.0 < 0.0);
        let unit = (exponent + k - 52).clamp(-1074, 971);
        let infinite = result.is_infinite();
        if exponent + k >= 1024 {
            return if infinite && (result > 0.0) == (number.0 > 0.0) { 0.0 } else { f64::INFINITY };
        }
        // An infinite result stands for 2¹⁰²⁴.
        let result = if infinite { scaled(1.0, 53).copysign(result) } else { scaled(result, -unit) };
        let reference = Pair(scaled(number.0, k - unit), scaled(number.1, k - unit));
        let distance = Pair::from(result) - reference;
        if result.is_nan() { f64::INFINITY } else { distance.0.abs() }
    }

    /// As a pair, of what is neither too large nor too small for one.
    fn pair(self) -> Pair {
        Pair(scaled(self.0.0, self.1), scaled(self.0.1, self.1))
    }

    fn over(self, other: Reference) -> Reference {
        Reference(self.0 / other.0, self.1 - other.1)
    }
}

/// 1/n!.
static INVERSE_FACTORIALS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let mut all = vec![Pair::from(1.0)];
    for n in 1..34 {
        all.push(all[n - 1] / Pair::from(n as f64));
    }
    all
});

/// ln 2 = 2 artanh ⅓.
static LN2: LazyLock<Pair> = LazyLock::new(|| {
    let (mut sum, mut power) = (Pair::from(0.0), Pair::from(2.0) / Pair::from(3.0));
    for i in 0..40 {
        sum = sum + power / Pair::from(f64::from(2 * i + 1));
        power = power / Pair::from(9.0);
    }
    sum
});
static LN10: LazyLock<Pair> = LazyLock::new(|| log(10.0));

/// (eʳ − 1)/r for |r| below ½.
fn series(r: Pair) -> Pair {
    INVERSE_FACTORIALS[1..28].iter().rev().fold(Pair::from(0.0), |sum, &c| sum * r + c)
}

fn exp_of(x: Pair) -> Reference {
    let x = if x.0.abs() > 2000.0 { Pair::from(2000.0_f64.copysign(x.0)) } else { x };
    let k = (x.0 / LN2.0).round();
    let r = x - Pair::from(k) * *LN2;
    Reference(Pair::from(1.0) + r * series(r), k as i32)
}

/// eˣ − 1.
fn exp_minus_one(x: Pair) -> Reference {
    if x.0.abs() < 0.4 {
        return (x * series(x)).into();
    }
    let Reference(number, k) = exp_of(x);
    match k {
        ..-300 => Pair::from(-1.0).into(),
        300.. => Reference(number, k),
        _ => Reference(number - Pair::from(scaled(1.0, -k)), k),
    }
}

/// eˣ.
pub fn exp(x: f64) -> Reference {
    exp_of(x.into())
}

/// x/(eˣ − 1).
pub fn exprelr(x: f64) -> Reference {
    // Of what is not normal pairs have no second half.
    if x.abs() < 1e-200 {
        Pair::from(1.0).into()
    } else {
        Reference(x.into(), 0).over(exp_minus_one(x.into()))
    }
}

/// sinh x = (e + e/(e + 1))/2 with e = eˣ − 1.
pub fn sinh(x: f64) -> Reference {
    if x.abs() < 1e-200 {
        return Pair::from(x).into();
    }
    let Reference(e, k) = exp_minus_one(Pair::from(x.abs()));
    let sum = if k > 300 { e } else { e + e / (Reference(e, k).pair() + Pair::from(1.0)) };
    Reference(if x < 0.0 { -sum } else { sum }, k - 1)
}

/// cosh x.
pub fn cosh(x: f64) -> Reference {
    let Reference(e, k) = exp_of(Pair::from(x.abs()));
    let falling = if k > 300 { Pair::from(0.0) } else { Pair::from(scaled(1.0, -2 * k)) / e };
    Reference(e + falling, k - 1)
}

/// tanh x = e/(e + 2) with e = e²ˣ − 1.
pub fn tanh(x: f64) -> Reference {
    if x.abs() < 1e-200 {
        return Pair::from(x).into();
    }
    let e = exp_minus_one(Pair::from(2.0 * x.abs().min(100.0))).pair();
    let t = e / (e + Pair::from(2.0));
    (if x < 0.0 { -t } else { t }).into()
}

/// The natural logarithm of a positive number.
fn log(x: f64) -> Pair {
    let (mut z, mut k) = split(x);
    if z > std::f64::consts::SQRT_2 {
        (z, k) = (z / 2.0, k + 1);
    }
    // z e⁻ʸ − 1, so that no digits are lost where z is about 1.
    let guess = Pair::from(z.ln());
    let rest = Pair::from(z - 1.0) + Pair::from(z) * exp_minus_one(-guess).pair();
    let of_z = guess + (rest - rest * rest * Pair::from(0.5));
    Pair::from(f64::from(k)) * *LN2 + of_z
}

/// The natural logarithm.
pub fn natural_log(x: f64) -> Reference {
    log(x).into()
}

/// The logarithm to base 10.
pub fn log10(x: f64) -> Reference {
    (log(x) / *LN10).into()
}

/// aᵇ of a positive number.
pub fn pow(a: f64, b: f64) -> Reference {
    let exponent = log(a).0 * b;
    exp_of(if exponent.abs() > 2000.0 { exponent.into() } else { log(a) * b.into() })
}

/// √x.
pub fn square_root(x: f64) -> Reference {
    let (z, k) = split(x);
    let odd = k.rem_euclid(2);
    Reference(Pair::from(scaled(z, odd)).square_root(), (k - odd) / 2)
}

/// A positive number below 2⁶⁴ in fixed point, the highest digits first.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Fixed([u64; 24]);

impl Fixed {
    /// An integer times 2ᵏ, −1000 < k ≤ 0.
    fn new(integer: u64, k: i32) -> Self {
        let mut digits = [0; 24];
        let (whole, bits) = (-k as usize / 64, -k as usize % 64);
        digits[whole] = integer >> bits;
        if bits > 0 {
            digits[whole + 1] = integer << (64 - bits);
        }
        Fixed(digits)
    }

    fn plus(mut self, other: &Fixed) -> Self {
        let mut carry = 0;
        for (a, &b) in self.0.iter_mut().zip(&other.0).rev() {
            let all = u128::from(*a) + u128::from(b) + carry;
            (*a, carry) = (all as u64, all >> 64);
        }
        self
    }

    fn minus(mut self, other: &Fixed) -> Self {
        let mut borrowed = false;
        for (a, &b) in self.0.iter_mut().zip(&other.0).rev() {
            let (without, first) = a.overflowing_sub(b);
            let (without, second) = without.overflowing_sub(u64::from(borrowed));
            (*a, borrowed) = (without, first || second);
        }
        self
    }

    fn times(mut self, by: u64) -> Self {
        let mut carry = 0;
        for digit in self.0.iter_mut().rev() {
            let all = u128::from(*digit) * u128::from(by) + carry;
            (*digit, carry) = (all as u64, all >> 64);
        }
        self
    }

    fn divided(mut self, by: u64) -> Self {
        let mut rest = 0;
        for digit in &mut self.0 {
            let all = u128::from(rest) << 64 | u128::from(*digit);
            (*digit, rest) = ((all / u128::from(by)) as u64, (all % u128::from(by)) as u64);
        }
        self
    }

    fn pair(&self) -> Pair {
        let first = self.0.iter().position(|&d| d != 0).unwrap_or(0);
        let mut sum = Pair::from(0.0);
        for (position, &digit) in self.0.iter().enumerate().skip(first).take(4) {
            for (half, shift) in [(digit >> 32, 32), (digit & 0xFFFF_FFFF, 0)] {
                sum = sum + Pair::from(scaled(half as f64, shift - 64 * position as i32));
            }
        }
        sum
    }
}

/// π/2 = 8 arctan ⅕ − 2 arctan 1/239, and π/4.
static QUARTER: LazyLock<(Fixed, Fixed)> = LazyLock::new(|| {
    let arctan = |factor: u64, of: u64| {
        let mut power = Fixed::new(factor, 0).divided(of);
        let mut sum = power;
        for n in 1..330_u64 {
            power = power.divided(of * of);
            let term = power.divided(2 * n + 1);
            sum = if n % 2 == 1 { sum.minus(&term) } else { sum.plus(&term) };
        }
        sum
    };
    let quarter = arctan(8, 5).minus(&arctan(2, 239));
    (quarter, quarter.divided(2))
});

/// What is left of a number without its quarter turns, of which the last two bits are right.
fn without_turns(mut rest: Fixed) -> (Fixed, u64) {
    let quarter = &QUARTER.0;
    let about = (rest.0[0] as f64 + scaled(rest.0[1] as f64, -64)) / std::f64::consts::FRAC_PI_2;
    let mut turns = (about as u64).saturating_sub(1);
    rest = rest.minus(&quarter.times(turns));
    while rest >= *quarter {
        (rest, turns) = (rest.minus(quarter), turns + 1);
    }
    (rest, turns)
}

/// An angle of at most π/4, and the quarter turns that it lacks.
fn turned(x: f64) -> (Pair, u64) {
    let (z, k) = split(x.abs());
    let (integer, k) = (scaled(z, 52) as u64, k - 52);
    let (mut rest, mut turns) = without_turns(Fixed::new(integer, k.min(0)));
    let mut left = k.max(0);
    while left > 0 {
        let step = left.min(32);
        let more;
        (rest, more) = without_turns(rest.times(1 << step));
        (turns, left) = ((turns << step).wrapping_add(more), left - step);
    }
    let (quarter, eighth) = &*QUARTER;
    let (size, turns) = match rest > *eighth {
        true => (-quarter.minus(&rest).pair(), turns.wrapping_add(1)),
        false => (rest.pair(), turns),
    };
    if x < 0.0 { (-size, turns.wrapping_neg()) } else { (size, turns) }
}

/// Sine and cosine.
fn both(x: f64) -> (Pair, Pair) {
    // Tiny angles have no quarter turns, and pairs of them no second half.
    let (r, turns) = if x.abs() < 0.7 { (x.into(), 0) } else { turned(x) };
    let square = if r.0.abs() < 1e-100 { 0.0.into() } else { r * r };
    let alternating = |first: usize| {
        let terms = INVERSE_FACTORIALS[first..].iter().step_by(2).rev();
        terms.fold(Pair::from(0.0), |sum, &c| c - sum * square)
    };
    let (sine, cosine) =
        if r.0.abs() < 1e-100 { (r, 1.0.into()) } else { (r * alternating(1), alternating(0)) };
    match turns % 4 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// The sine.
pub fn sin(x: f64) -> Reference {
    both(x).0.into()
}

/// The cosine.
pub fn cos(x: f64) -> Reference {
    both(x).1.into()
}

/// The tangent.
pub fn tan(x: f64) -> Reference {
    let (sine, cosine) = both(x);
    if x.abs() < 1e-100 { sine.into() } else { (sine / cosine).into() }
}

/// The angle of a direction, from one that is nearly right.
fn angle((cosine, sine): (Pair, Pair), guess: f64) -> Reference {
    let (s, c) = both(guess);
    let further = (sine * c - cosine * s) / (cosine * c + sine * s);
    (Pair::from(guess) + further).into()
}

/// The length of the other side in a circle of radius 1.
fn other_side(x: f64) -> Pair {
    ((Pair::from(1.0) - x.into()) * (Pair::from(1.0) + x.into())).square_root()
}

/// The inverse sine.
pub fn asin(x: f64) -> Reference {
    if x.abs() < 1e-100 { Pair::from(x).into() } else { angle((other_side(x), x.into()), x.asin()) }
}

/// The inverse cosine.
pub fn acos(x: f64) -> Reference {
    angle((x.into(), other_side(x)), x.acos())
}

/// The inverse tangent.
pub fn atan(x: f64) -> Reference {
    match x.abs() {
        ..1e-100 => Pair::from(x).into(),
        ..1e100 => angle((1.0.into(), x.into()), x.atan()),
        _ => angle((Pair::from(1.0) / x.abs().into(), 1.0_f64.copysign(x).into()), x.atan()),
    }
}
