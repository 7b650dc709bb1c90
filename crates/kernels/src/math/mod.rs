//! Elementary functions with the same bits everywhere.
//!
//! Ours are written over [`Arithmetic`], so that the interpreter's loops over them and the machine code made from them are
//! vector code (errors below 1 ulp, see the tests of each); the rest is the `libm` crate, pure Rust.

pub mod arithmetic;
pub mod exponential;

use arithmetic::Scalar;

/// eˣ.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    exponential::exp(&mut Scalar, x)
}

/// Natural logarithm.
pub fn log(x: f64) -> f64 {
    libm::log(x)
}

/// aᵇ with C's special cases.
pub fn pow(a: f64, b: f64) -> f64 {
    libm::pow(a, b)
}
