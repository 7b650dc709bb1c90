//! Numbers that begin at a cache line, so that columns that begin at a multiple of eight numbers hold whole vectors in a line.

use std::ops::{Deref, DerefMut};

use crate::line::Line;

/// Numbers at the start of a cache line.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    lines: Vec<Line>,
    length: usize,
}

impl From<&[f64]> for Buffer {
    fn from(numbers: &[f64]) -> Self {
        let mut buffer =
            Self { lines: vec![Line::default(); numbers.len().div_ceil(8)], length: numbers.len() };
        buffer.copy_from_slice(numbers);
        buffer
    }
}

impl Deref for Buffer {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        // SAFETY: a line is eight numbers without anything between them, all bits are numbers, and there are lines for so many.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f64] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_a_line_and_stay_through_copies() {
        for length in [0, 1, 8, 1001] {
            let numbers: Vec<f64> = (0..length).map(f64::from).collect();
            let mut buffer = Buffer::from(numbers.as_slice());
            assert_eq!(buffer.as_ptr().align_offset(64), 0);
            let copy = buffer.clone();
            buffer.fill(-1.0);
            assert_eq!(copy.as_ptr().align_offset(64), 0);
            assert_eq!(*copy, *numbers);
            assert!(buffer.iter().all(|&n| n == -1.0) && buffer.len() == length as usize);
        }
    }
}
