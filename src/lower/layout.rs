//! Where everything of a simulation lies in its one buffer of numbers. The arguments of connections follow what the table names.

/// What a stretch of the buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Changes during a run and is read before it is written: what a snapshot must hold.
    State,
    /// Constant during a run.
    Parameter,
    /// Written before it is read in every step.
    Scratch,
}

/// A named stretch of the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is, e.g. `voltage` or `hh.m`.
    pub name: String,
    /// First index.
    pub offset: usize,
    /// Numbers.
    pub length: usize,
    /// What it holds.
    pub class: Class,
}

/// Numbers of a cache line.
const LINE: usize = 8;

/// The table of all stretches, and the buffer's first content.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// In order of their offsets.
    pub entries: Vec<Entry>,
    /// Content before the run, but for what depends on a cell's number.
    pub memory: Vec<f64>,
}

impl Layout {
    /// Adds a stretch with its first content and returns its offset.
    pub fn add(&mut self, name: impl Into<String>, class: Class, content: &[f64]) -> usize {
        let offset = self.next(content.len());
        self.entries.push(Entry { name: name.into(), offset, length: content.len(), class });
        self.memory.extend_from_slice(content);
        offset
    }

    /// Adds a stretch over the nodes or instances of one cell, each number once for every one of so many cells side by side.
    pub fn add_for(&mut self, name: impl Into<String>, class: Class, content: &[f64], cells: usize) -> usize {
        if cells == 1 {
            return self.add(name, class, content);
        }
        self.add(name, class, &side_by_side(content, cells))
    }

    /// Adds a stretch of `length` equal numbers and returns its offset.
    pub fn fill(&mut self, name: impl Into<String>, class: Class, length: usize, value: f64) -> usize {
        let offset = self.next(length);
        self.entries.push(Entry { name: name.into(), offset, length, class });
        self.memory.resize(offset + length, value);
        offset
    }

    /// Where a stretch of so many numbers begins: one that holds vectors at a cache line of [`Buffer`](apical_kernels::Buffer).
    fn next(&mut self, length: usize) -> usize {
        if length >= LINE {
            self.memory.resize(self.memory.len().next_multiple_of(LINE), 0.0);
        }
        self.memory.len()
    }
}

/// Each value once for every one of so many cells: what belongs to the same node of all of them lies side by side.
pub fn side_by_side<T: Copy>(values: &[T], cells: usize) -> Vec<T> {
    values.iter().flat_map(|&value| std::iter::repeat_n(value, cells)).collect()
}

/// Node or instance numbers of one cell as numbers among so many cells side by side.
pub fn numbers_side_by_side(numbers: &[u32], cells: usize) -> Vec<u32> {
    let cells = cells as u32;
    numbers.iter().flat_map(|&number| (0..cells).map(move |cell| number * cells + cell)).collect()
}
