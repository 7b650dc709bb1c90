//! The working memory of machine code: what it is told at its start, numbers that all lanes share, values without a register.

use crate::line::Line;

/// Lines of 64 bytes, seen as numbers.
#[derive(Clone, Debug, Default)]
pub struct Workspace(Vec<Line>);

impl Workspace {
    /// At least so many bytes, as numbers.
    pub fn numbers(&mut self, bytes: usize) -> &mut [u64] {
        let lines = bytes.div_ceil(64);
        if self.0.len() < lines {
            self.0.resize(lines, Line::default());
        }
        // SAFETY: a line is eight numbers without anything between them, and all bits are numbers.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * 8) }
    }

    /// The same without the right to change them.
    pub fn as_numbers(&self) -> &[u64] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * 8) }
    }
}
