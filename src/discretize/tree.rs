//! Puts the nodes of one section after the other into a [`Tree`].
//!
//! In come a section's pieces and the node it joins; out go its nodes. A section's near end is the node of its parent
//! that it joins, so that a child at a parent's near end meets the grandparent, and only a root has a near node of
//! its own.

use super::cut::Piece;
use super::{Cable, NodeKind, Tree};
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::profile::Profile;
use crate::morphology::{Morphology, Section};
use crate::units::NANOFARAD_PER_SPECIFIC;

/// A section about to be added.
pub(super) struct Addition<'a> {
    pub index: usize,
    pub section: &'a Section,
    pub profile: &'a Profile,
    /// From the joined end on.
    pub pieces: &'a [Piece],
    pub cable: &'a Cable,
    /// The node it joins; `None` for a root.
    pub joined: Option<usize>,
    /// Path distance of the joined end, µm.
    pub start: f64,
}

impl Tree {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.parent.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.parent.is_empty()
    }

    /// Number of compartments: nodes that hold membrane.
    pub fn compartment_count(&self) -> usize {
        self.compartments.iter().map(Vec::len).sum()
    }

    /// The node that stands for a place: an end node for x = 0 and x = 1, else the compartment with number ⌊n·x⌋ of
    /// the section's n.
    pub fn node_at(&self, section: usize, x: f64) -> Result<usize> {
        let (Some(ends), Some(nodes)) = (self.ends.get(section), self.compartments.get(section)) else {
            let what = format!("there is no section {section}; the cell has {}", self.ends.len());
            return Err(Error::new(ErrorKind::Location, what));
        };
        if x == 0.0 {
            return Ok(ends[0]);
        }
        if x == 1.0 {
            return Ok(ends[1]);
        }
        let number = (nodes.len() as f64 * x) as usize;
        let inside = nodes.get(number).or(nodes.last()).filter(|_| x > 0.0 && x < 1.0);
        inside
            .copied()
            .ok_or_else(|| Error::new(ErrorKind::Location, format!("x is {x}; it must be from 0 to 1")))
    }

    /// The same tree with its nodes in another order: `order` lists the present numbers.
    ///
    /// # Panics
    /// When `order` does not hold every number once.
    #[must_use]
    pub fn reordered(&self, order: &[usize]) -> Self {
        let mut place = vec![usize::MAX; self.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
        assert!(order.len() == self.len() && !place.contains(&usize::MAX), "every node has one place");
        let moved = |node: usize| place[node];
        Self {
            parent: order.iter().map(|&n| self.parent[n].map(moved)).collect(),
            kind: order.iter().map(|&n| self.kind[n]).collect(),
            section: order.iter().map(|&n| self.section[n]).collect(),
            x: order.iter().map(|&n| self.x[n]).collect(),
            area: order.iter().map(|&n| self.area[n]).collect(),
            diameter: order.iter().map(|&n| self.diameter[n]).collect(),
            axial_resistance: order.iter().map(|&n| self.axial_resistance[n]).collect(),
            distance: order.iter().map(|&n| self.distance[n]).collect(),
            position: order.iter().map(|&n| self.position[n]).collect(),
            compartments: self.compartments.iter().map(|c| c.iter().map(|&n| moved(n)).collect()).collect(),
            ends: self.ends.iter().map(|ends| ends.map(moved)).collect(),
        }
    }

    /// Refuses what cannot be computed with: an area or a resistance that is nothing or infinite, and compartments coupled
    /// so strongly that nothing remains of what their membranes carry.
    pub(super) fn refuse_extremes(&self, morphology: &Morphology, cables: &[Cable]) -> Result<()> {
        // Traced cells reach 1e6 per ms; of sixteen digits four remain for the membrane.
        const FASTEST: f64 = 1e12;
        for node in 0..self.len() {
            let (section, area, resistance) =
                (self.section[node], self.area[node], self.axial_resistance[node]);
            let usable = |value: f64| value.is_normal() && value > 0.0;
            let membrane = self.kind[node] == NodeKind::Compartment;
            let coupled = self.parent[node].is_some();
            let capacitance = NANOFARAD_PER_SPECIFIC * cables[section].capacitance * area;
            let what = if membrane && !usable(area) {
                format!("an area of {area:.1e} µm²")
            } else if coupled && !usable(resistance) {
                format!("an axial resistance of {resistance:.1e} MΩ")
            } else if membrane && coupled && 1.0 / resistance > FASTEST * capacitance && capacitance > 0.0 {
                format!("an axial resistance of {resistance:.1e} MΩ on a capacitance of {capacitance:.1e} nF")
            } else {
                continue;
            };
            let message =
                format!("a compartment of section `{}` has {what}", morphology.sections[section].name);
            return Err(Error::new(ErrorKind::Morphology, message)
                .help("its measures or its axial resistivity are out of reason")
                .key(format!("section[{section}]")));
        }
        Ok(())
    }

    pub(super) fn add_section(&mut self, new: &Addition<'_>) {
        // Ω·cm/µm to MΩ.
        let megaohm = 0.01 * new.cable.axial_resistivity;
        let count = new.pieces.len();
        let reversed = new.section.is_reversed();
        let end = |arc: f64| Piece { area: 0.0, diameter: new.profile.diameter_at(arc), halves: [0.0; 2] };
        let (near_x, far_x) = if reversed { (1.0, 0.0) } else { (0.0, 1.0) };

        let near = new
            .joined
            .unwrap_or_else(|| self.push(new, None, NodeKind::End, near_x, &end(0.0), f64::INFINITY));
        let mut nodes = Vec::with_capacity(count);
        let mut before = near;
        let mut half_before = 0.0;
        for (number, piece) in new.pieces.iter().enumerate() {
            let from_zero = if reversed { count - 1 - number } else { number };
            let x = (from_zero as f64 + 0.5) / count as f64;
            let resistance = megaohm * (half_before + piece.halves[0]);
            before = self.push(new, Some(before), NodeKind::Compartment, x, piece, resistance);
            half_before = piece.halves[1];
            nodes.push(before);
        }
        let last = end(new.profile.length());
        let far = self.push(new, Some(before), NodeKind::End, far_x, &last, megaohm * half_before);
        if reversed {
            nodes.reverse();
        }
        self.compartments.push(nodes);
        self.ends.push(if reversed { [far, near] } else { [near, far] });
    }

    fn push(
        &mut self,
        new: &Addition<'_>,
        parent: Option<usize>,
        kind: NodeKind,
        x: f64,
        piece: &Piece,
        axial_resistance: f64,
    ) -> usize {
        self.parent.push(parent);
        self.kind.push(kind);
        self.section.push(new.index);
        self.x.push(x);
        self.area.push(piece.area);
        self.diameter.push(piece.diameter);
        self.axial_resistance.push(axial_resistance);
        self.distance.push(new.section.distance_within(x, new.profile.length(), new.start));
        self.position.push(new.section.position(x));
        self.len() - 1
    }
}
