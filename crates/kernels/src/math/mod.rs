//! Elementary functions with the same bits everywhere.
//!
//! Ours are written over `Arithmetic`, so that the interpreter's loops over them and the machine code made from them are
//! vector code; the rest is the `libm` crate, pure Rust. Errors are tabulated in `docs/numerics.md`, which the tests hold them to.

pub mod arithmetic;
pub mod exponential;
pub mod logarithm;
pub mod trigonometry;

#[cfg(test)]
mod accuracy_tests;
#[cfg(test)]
mod reference;

use arithmetic::Scalar;

/// A function of single numbers, compiled twice: a fused multiplication is one instruction where the processor has it, and
/// otherwise a long calculation with the same result.
macro_rules! alone {
    ($(#[$about:meta])* $name:ident, $($argument:ident),+ => $meaning:expr) => {
        $(#[$about])*
        #[inline]
        pub fn $name($($argument: f64),+) -> f64 {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "fma")]
                fn fused($($argument: f64),+) -> f64 {
                    $meaning
                }
                if is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has it.
                    return unsafe { fused($($argument),+) };
                }
            }
            $meaning
        }
    };
}

alone!(
    /// eˣ.
    exp, x => exponential::exp(&mut Scalar, x)
);
alone!(
    /// The natural logarithm.
    log, x => logarithm::log(&mut Scalar, x)
);
alone!(
    /// aᵇ with C's special cases.
    pow, a, b => logarithm::pow(&mut Scalar, a, b)
);
alone!(
    /// The hyperbolic tangent.
    tanh, x => exponential::tanh(&mut Scalar, x)
);

alone!(
    /// The hyperbolic sine.
    sinh, x => exponential::sinh(&mut Scalar, x)
);
alone!(
    /// The hyperbolic cosine.
    cosh, x => exponential::cosh(&mut Scalar, x)
);
alone!(
    /// x/(eˣ − 1), and 1 at 0.
    exprelr, x => exponential::exprelr(&mut Scalar, x)
);
alone!(
    /// The sine of radians.
    sin, x => trigonometry::alone(x, trigonometry::sin, libm::sin)
);
alone!(
    /// The cosine of radians.
    cos, x => trigonometry::alone(x, trigonometry::cos, libm::cos)
);
alone!(
    /// The tangent of radians.
    tan, x => trigonometry::alone(x, trigonometry::tan, libm::tan)
);
