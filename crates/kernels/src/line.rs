//! A cache line.

/// 64 bytes at a multiple of 64: vectors that straddle two are slow.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub struct Line([u64; 8]);
