//! Regions and locsets: which parts of a cell are meant.
//!
//! In come a label or an s-expression in the manner of Arbor; out go cables ([`Region`]) and locations (locsets).
//! The language is described in `docs/model.md`.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Result;
use crate::morphology::Morphology;

mod arguments;
mod evaluate;
mod geometry;
mod locsets;
mod regions;
mod syntax;

use evaluate::{Evaluation, Known};
pub(crate) use geometry::Neighbours;

/// A stretch of a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cable {
    /// Index of the section.
    pub section: usize,
    /// Relative position where it starts.
    pub start: f64,
    /// Relative position where it ends, not before `start`.
    pub end: f64,
}

/// A place on a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Location {
    /// Index of the section.
    pub section: usize,
    /// Relative position, 0 to 1.
    pub x: f64,
}

/// A part of a cell: disjoint cables in the order of sections and positions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    cables: Vec<Cable>,
}

impl Region {
    /// The region that these cables cover together.
    pub fn new(mut cables: Vec<Cable>) -> Self {
        cables.sort_by(|a, b| {
            (a.section, a.start).partial_cmp(&(b.section, b.start)).unwrap_or(std::cmp::Ordering::Equal)
        });
        let mut merged: Vec<Cable> = Vec::with_capacity(cables.len());
        for cable in cables {
            match merged.last_mut() {
                Some(last) if last.section == cable.section && cable.start <= last.end => {
                    last.end = last.end.max(cable.end);
                }
                _ => merged.push(cable),
            }
        }
        Self { cables: merged }
    }

    /// Its cables.
    pub fn cables(&self) -> &[Cable] {
        &self.cables
    }

    /// Whether it covers nothing.
    pub fn is_empty(&self) -> bool {
        self.cables.is_empty()
    }

    /// Whether a place lies in it, ends included.
    pub fn contains(&self, section: usize, x: f64) -> bool {
        let first = self.cables.partition_point(|c| c.section < section);
        self.cables[first..]
            .iter()
            .take_while(|c| c.section == section)
            .any(|c| (c.start..=c.end).contains(&x))
    }

    /// Length of all its cables, µm.
    pub fn total_length(&self, morphology: &Morphology) -> f64 {
        let length = |c: &Cable| (c.end - c.start) * morphology.sections[c.section].length();
        self.cables.iter().map(length).sum()
    }

    fn intersect(&self, other: &Self) -> Self {
        let mut cables = Vec::new();
        for a in &self.cables {
            for b in other.cables.iter().filter(|b| b.section == a.section) {
                let (start, end) = (a.start.max(b.start), a.end.min(b.end));
                if start < end || (start == end && (a.start == a.end || b.start == b.end)) {
                    cables.push(Cable { section: a.section, start, end });
                }
            }
        }
        Self::new(cables)
    }

    fn complement(&self, sections: std::ops::Range<usize>) -> Self {
        let mut cables = Vec::new();
        for section in sections {
            let mut start = 0.0;
            for cable in self.cables.iter().filter(|c| c.section == section) {
                if cable.start > start {
                    cables.push(Cable { section, start, end: cable.start });
                }
                start = cable.end;
            }
            if start < 1.0 {
                cables.push(Cable { section, start, end: 1.0 });
            }
        }
        Self::new(cables)
    }
}

/// The labels of a cell, ready to evaluate expressions on its morphology.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    regions: &'a BTreeMap<String, String>,
    locsets: &'a BTreeMap<String, String>,
    morphology: &'a Morphology,
    neighbours: Neighbours,
    known: Known,
}

impl<'a> Labels<'a> {
    /// Labels of a cell. Every one is evaluated, so that a wrong one is told even when nobody uses it.
    ///
    /// # Errors
    /// An expression that does not parse, names something unknown or refers to itself.
    pub fn new(
        regions: &'a BTreeMap<String, String>,
        locsets: &'a BTreeMap<String, String>,
        morphology: &'a Morphology,
    ) -> Result<Self> {
        let neighbours = Neighbours::new(morphology);
        let labels = Self { regions, locsets, morphology, neighbours, known: Known::default() };
        let known = Evaluation::new(&labels).all()?;
        Ok(Self { known, ..labels })
    }

    /// The region that a label or an expression stands for.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn region(&self, text: &str) -> Result<Region> {
        Evaluation::new(self).region_text(text)
    }

    /// The locations that a label or an expression stands for, in the order in which it gives them.
    ///
    /// # Errors
    /// As [`new`](Self::new), and locations beyond the end of a section.
    pub fn locset(&self, text: &str) -> Result<Vec<Location>> {
        Evaluation::new(self).locset_text(text)
    }

    /// The name of a section.
    pub fn section_name(&self, section: usize) -> &str {
        self.morphology.sections.get(section).map_or("?", |s| s.name.as_str())
    }

    /// A location as NEURON writes it, e.g. `dend[3](0.5)`.
    pub fn display(&self, location: Location) -> impl fmt::Display {
        format!("{}({})", self.section_name(location.section), location.x)
    }

    /// A section by name, or the first of a kind: `soma` stands for `soma[0]` where nothing is called so.
    fn section_by_name(&self, name: &str) -> Option<usize> {
        let find = |name: &str| self.morphology.sections.iter().position(|s| s.name == name);
        find(name).or_else(|| find(&format!("{name}[0]")))
    }
}
