//! Pages of machine code: written first, then made executable, never both at once.

use std::io;

use memmap2::{Mmap, MmapMut};

/// Machine code that can be run.
#[derive(Debug)]
pub struct Executable(Mmap);

impl Executable {
    /// Copies code to pages of its own.
    ///
    /// # Errors
    /// When the system has no memory for it or forbids that it be executed.
    pub fn new(code: &[u8]) -> io::Result<Self> {
        let mut pages = MmapMut::map_anon(code.len().max(1))?;
        pages[..code.len()].copy_from_slice(code);
        pages.make_exec().map(Self)
    }

    /// Where it begins.
    pub fn start(&self) -> *const u8 {
        self.0.as_ptr()
    }

    /// Its bytes.
    #[cfg(test)]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
