//! A hash for keys that are a few small numbers, several times faster than the standard library's.
//!
//! Names of a text are hashed by the standard library, which nobody can provoke into collisions.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from small numbers.
pub(crate) type SmallMap<K, V> = HashMap<K, V, BuildHasherDefault<Multiply>>;

/// Multiplication by an odd number, after Knuth, The Art of Computer Programming 3, 6.4.
#[derive(Clone, Copy, Default)]
pub(crate) struct Multiply(u64);

impl Hasher for Multiply {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u64(u64::from(b)));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_u64(&mut self, number: u64) {
        // 2⁶⁴ divided by the golden ratio, odd.
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        // The upper bits depend on all of the number; the table takes its place from the lower ones.
        self.0.rotate_left(26)
    }
}
