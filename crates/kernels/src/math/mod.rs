//! Elementary functions with the same bits everywhere.
//!
//! Ours are written over [`Arithmetic`], so that the interpreter's loops over them and the machine code made from them are
//! vector code (errors are stated and tested with each); the rest is the `libm` crate, pure Rust.

pub mod arithmetic;
pub mod exponential;
pub mod logarithm;

use arithmetic::Scalar;

/// eˣ.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    exponential::exp(&mut Scalar, x)
}

/// The natural logarithm.
#[inline(always)]
pub fn log(x: f64) -> f64 {
    logarithm::log(&mut Scalar, x)
}

/// aᵇ with C's special cases.
#[inline(always)]
pub fn pow(a: f64, b: f64) -> f64 {
    logarithm::pow(&mut Scalar, a, b)
}

/// The hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    exponential::tanh(&mut Scalar, x)
}

/// Distance in units of the last place of the reference.
#[cfg(test)]
fn ulps(value: f64, reference: f64) -> f64 {
    let bits = reference.abs().to_bits();
    let spacing = f64::from_bits(bits + 1) - f64::from_bits(bits);
    (value - reference).abs() / spacing
}
