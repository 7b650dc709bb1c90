//! Cuts the forest of samples into sections.
//!
//! In comes a [`Forest`]; out go sections with points and attachments, parents first and otherwise in the order of
//! their first samples' ids, named by type (`soma[0]`, `axon[1]`, `dend[2]`, `apic[3]`, `dend_5[0]`). A section ends
//! where its neurite branches or changes type. It begins with the parent's sample, unless it joins a soma by a wire.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::forest::Forest;
use super::table::{fault, lines};
use super::{RootPolicy, SomaGap, SomaPolicy, SwcOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::{APICAL, AXON, Attachment, DENDRITE, Point, SOMA, Section, Shape};

/// A section in the making.
struct Draft {
    /// Its own samples.
    samples: Vec<usize>,
    /// Where it joins: the draft and the place on it.
    joint: Option<(usize, f64)>,
    /// The sample of the parent that comes before its own.
    before: Option<usize>,
}

struct Cutter<'a> {
    forest: &'a Forest,
    options: &'a SwcOptions,
    /// Whether a sample stands for a whole soma: alone, or with two others that are left out.
    sphere: Vec<bool>,
    drafts: Vec<Draft>,
    /// For each sample its draft. Nothing hangs on samples that are left out.
    draft_of: Vec<usize>,
}

/// The sections of `forest`; what had to be invented goes to `repairs`.
pub(super) fn cut(forest: &Forest, options: &SwcOptions, repairs: &mut Vec<String>) -> Result<Vec<Section>> {
    let sphere = match options.soma {
        SomaPolicy::Neuron => {
            let mut sphere = vec![false; forest.samples.len()];
            forest.somata.iter().for_each(|&soma| sphere[soma] = is_sphere(forest, soma));
            sphere
        }
    };
    let draft_of = vec![0; forest.samples.len()];
    let mut cutter = Cutter { forest, options, sphere, drafts: Vec::new(), draft_of };
    cutter.collect();
    cutter.join()?;
    cutter.sections(repairs)
}

/// A soma at the root of one sample, or of three in the layout that NeuroMorpho.org gives to spheres.
fn is_sphere(forest: &Forest, soma: usize) -> bool {
    let around: Vec<usize> = forest.soma_children(soma).collect();
    if forest.parent[soma].is_some() || around.is_empty() {
        return forest.parent[soma].is_none();
    }
    let centre = &forest.samples[soma];
    let length: f64 = around.iter().map(|&at| distance(forest.samples[at].position, centre.position)).sum();
    let bare = |&at: &usize| forest.children[at].is_empty() && forest.samples[at].radius == centre.radius;
    // Within one per cent, as in NEURON's Import3d: coordinates in these files have two decimals.
    around.len() == 2 && around.iter().all(bare) && (length / centre.diameter() - 1.0).abs() < 0.01
}

impl Cutter<'_> {
    /// Whether the neurite that begins with sample `first` joins its soma by a wire, if it has samples enough.
    fn is_wired(&self, first: usize) -> bool {
        self.options.gap == SomaGap::Wire && self.has_gap(first)
    }

    /// Whether `first` begins a neurite that joins its soma elsewhere than at a plain end of a stack.
    fn has_gap(&self, first: usize) -> bool {
        let forest = self.forest;
        let Some(above) = forest.parent[first] else { return false };
        if forest.is_soma(first) || !forest.is_soma(above) {
            return false;
        }
        let neighbours = forest.soma_children(above).count();
        let is_root = forest.parent[above].is_none();
        let ends_stack = if is_root { neighbours == 1 } else { neighbours == 0 };
        self.sphere[above] || !ends_stack
    }

    /// The child that continues the section of `sample`.
    fn next(&self, sample: usize) -> Option<usize> {
        let forest = self.forest;
        if self.sphere[sample] {
            return None;
        }
        if forest.is_soma(sample) {
            let mut soma = forest.soma_children(sample);
            let first = soma.next()?;
            let goes_on = soma.next().is_none() || forest.parent[sample].is_none();
            return goes_on.then_some(first);
        }
        let tag = forest.samples[sample].tag;
        let branches = forest.children[sample].len() > 1;
        // A section that began with this sample alone would have one point: the first of its children goes on in it.
        let begins = forest.parent[sample].is_none() || self.is_wired(sample);
        if branches && !begins {
            return None;
        }
        forest.children[sample].iter().copied().find(|&child| forest.samples[child].tag == tag)
    }

    /// Finds the samples of every section.
    fn collect(&mut self) {
        for first in 0..self.forest.samples.len() {
            let above = self.forest.parent[first];
            let left_out = self.forest.is_soma(first) && above.is_some_and(|above| self.sphere[above]);
            if left_out || above.is_some_and(|above| self.next(above) == Some(first)) {
                continue;
            }
            let mut samples = vec![first];
            let mut at = first;
            while let Some(next) = self.next(at) {
                samples.push(next);
                at = next;
            }
            for &sample in &samples {
                self.draft_of[sample] = self.drafts.len();
            }
            self.drafts.push(Draft { samples, joint: None, before: None });
        }
    }

    /// Finds where every section joins.
    fn join(&mut self) -> Result<()> {
        for at in 0..self.drafts.len() {
            let first = self.drafts[at].samples[0];
            let Some(above) = self.forest.parent[first] else {
                self.drafts[at].joint = self.join_tree(first)?;
                continue;
            };
            let parent = self.draft_of[above];
            let wired = self.is_wired(first) && self.drafts[at].samples.len() > 1;
            self.drafts[at].joint = Some((parent, self.place(above, parent)));
            self.drafts[at].before = (!wired).then_some(above);
        }
        Ok(())
    }

    /// Where a root joins the first soma, if it must.
    fn join_tree(&self, root: usize) -> Result<Option<(usize, f64)>> {
        let [first, second, ..] = *self.forest.roots.as_slice() else { return Ok(None) };
        if self.options.roots != RootPolicy::JoinSoma {
            return Ok(None);
        }
        let Some(&soma) = self.forest.somata.first() else {
            let (first, second) = (&self.forest.samples[first], &self.forest.samples[second]);
            let what = format!("sample {} is a second root, and there is no soma to join it to", second.id);
            let label = format!("the first root is sample {} in line {}", first.id, first.line);
            return Err(fault(what, second.parent_span, label));
        };
        let mut trunk = soma;
        while let Some(above) = self.forest.parent[trunk] {
            trunk = above;
        }
        Ok((trunk != root).then(|| (self.draft_of[soma], 0.5)))
    }

    /// Where on its draft a sample lies for what hangs on it.
    fn place(&self, sample: usize, draft: usize) -> f64 {
        let samples = &self.drafts[draft].samples;
        let is_first = samples.first() == Some(&sample);
        let is_last = samples.last() == Some(&sample);
        let is_root = self.forest.parent[samples[0]].is_none();
        if self.sphere[sample] {
            0.5
        } else if is_first && (is_root || (self.is_wired(sample) && samples.len() > 1)) {
            0.0
        } else if is_last {
            1.0
        } else {
            // Only somas have neurites along their way.
            0.5
        }
    }

    /// Drafts with parents first, otherwise in the order of their first samples.
    fn order(&self) -> Vec<usize> {
        let mut children = vec![Vec::new(); self.drafts.len()];
        let mut ready = BinaryHeap::new();
        for (at, draft) in self.drafts.iter().enumerate() {
            match draft.joint {
                Some((parent, _)) => children[parent].push(at),
                None => ready.push(Reverse(at)),
            }
        }
        let mut order = Vec::with_capacity(self.drafts.len());
        while let Some(Reverse(at)) = ready.pop() {
            order.push(at);
            ready.extend(children[at].iter().copied().map(Reverse));
        }
        order
    }

    fn sections(&self, repairs: &mut Vec<String>) -> Result<Vec<Section>> {
        let mut sections: Vec<Section> = Vec::new();
        let mut found = Findings::default();
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        // Where each draft went: its section, or the place that a draft without length had joined.
        let mut went: Vec<Option<Went>> = vec![None; self.drafts.len()];
        for at in self.order() {
            let draft = &self.drafts[at];
            let first = &self.forest.samples[draft.samples[0]];
            let attachment = draft.joint.and_then(|(parent, x)| match went[parent]? {
                Went::Section(parent) => Some(Attachment { parent, parent_x: x, child_x: 0.0 }),
                Went::Nowhere(joint) => Some(joint),
            });
            let (points, sample_ids, start) = self.points(draft);
            let shape = Shape::Points(points);
            let tag = first.tag;
            let length = crate::morphology::profile::Profile::exact(&shape).length();
            if length == 0.0 {
                let Some(joint) = attachment else {
                    let what = format!("the root section from sample {} has no length", first.id);
                    return Err(fault(what, first.span, "all its samples lie in one place"));
                };
                found.without_length.push(first.line);
                went[at] = Some(Went::Nowhere(joint));
                continue;
            }
            found.note(start, first.line);
            let count = counts.entry(tag).or_insert(0);
            let name = format!("{}[{count}]", name_of(tag));
            *count += 1;
            went[at] = Some(Went::Section(sections.len()));
            sections.push(Section { name, tag, shape, attachment, sample_ids });
        }
        found.report(repairs);
        if sections.is_empty() {
            return Err(Error::new(ErrorKind::Internal, "samples without a section"));
        }
        Ok(sections)
    }

    /// The points of a section, the samples they come from, and how it starts.
    fn points(&self, draft: &Draft) -> (Vec<Point>, Vec<Option<i64>>, Start) {
        let forest = self.forest;
        let head = draft.samples[0];
        let first = &forest.samples[head];
        let point = |at: usize| {
            let sample = &forest.samples[at];
            let [x, y, z] = sample.position;
            Point::new(x, y, z, sample.diameter())
        };
        let own = draft.samples.iter().copied().map(point);
        let ids = draft.samples.iter().map(|&at| Some(forest.samples[at].id));
        let Some(before) = draft.before else {
            if let [only] = draft.samples.as_slice() {
                let middle = point(*only);
                let shifted = |by: f64| Point { x: middle.x + by, ..middle };
                let points = vec![shifted(-first.radius), middle, shifted(first.radius)];
                let three = self.sphere[head] && forest.soma_children(head).next().is_some();
                let start = if three { Start::SphereOfThree } else { Start::Sphere };
                return (points, vec![None, Some(first.id), None], start);
            }
            let start = match (forest.parent[head], draft.joint) {
                (Some(soma), _) => Start::Wire(distance(first.position, forest.samples[soma].position)),
                (None, Some(_)) => Start::OtherTree,
                (None, None) => Start::Plain,
            };
            return (own.collect(), ids.collect(), start);
        };
        let mut start = (point(before), Start::Plain);
        let leaves_soma = first.tag != SOMA && forest.is_soma(before);
        if leaves_soma && !(self.options.gap == SomaGap::Cone && self.has_gap(head)) {
            start = (Point { diameter: first.diameter(), ..start.0 }, Start::SomaSample);
        }
        let ids = std::iter::once(Some(forest.samples[before].id)).chain(ids);
        (std::iter::once(start.0).chain(own).collect(), ids.collect(), start.1)
    }
}

/// How a section begins, where that is not in the file.
enum Start {
    /// As drawn.
    Plain,
    /// One sample for a whole section.
    Sphere,
    /// One sample for itself and two others.
    SphereOfThree,
    /// At its first sample, this far (µm) from the soma sample it hangs on.
    Wire(f64),
    /// At the root of a tree that was not connected.
    OtherTree,
    /// At a sample of the soma, with the diameter of its own first sample.
    SomaSample,
}

/// What became of a draft.
#[derive(Clone, Copy)]
enum Went {
    Section(usize),
    Nowhere(Attachment),
}

/// NEURON's names for SWC's types.
fn name_of(tag: i32) -> String {
    match tag {
        SOMA => "soma".into(),
        AXON => "axon".into(),
        DENDRITE => "dend".into(),
        APICAL => "apic".into(),
        other if other < 0 => format!("minus_{}", other.unsigned_abs()),
        other => format!("dend_{other}"),
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1]).hypot(a[2] - b[2])
}

/// What was invented or left out, by line of the sample concerned.
#[derive(Default)]
struct Findings {
    spheres: Vec<usize>,
    spheres_of_three: Vec<usize>,
    other_trees: Vec<usize>,
    soma_samples: Vec<usize>,
    without_length: Vec<usize>,
    wires: Vec<usize>,
    /// Length of all wires, µm.
    wired: f64,
}

impl Findings {
    fn note(&mut self, start: Start, line: usize) {
        match start {
            Start::Sphere => self.spheres.push(line),
            Start::SphereOfThree => self.spheres_of_three.push(line),
            Start::OtherTree => self.other_trees.push(line),
            Start::SomaSample => self.soma_samples.push(line),
            Start::Wire(length) if length > 0.0 => {
                self.wires.push(line);
                self.wired += length;
            }
            Start::Wire(_) | Start::Plain => {}
        }
    }

    fn report(&self, repairs: &mut Vec<String>) {
        let mut say = |at: &[usize], what: &str| {
            if !at.is_empty() {
                repairs.push(format!("{what}: {}", lines(at)));
            }
        };
        say(&self.spheres, "a section of one sample became a cylinder along x, as long as it is wide");
        say(
            &self.spheres_of_three,
            "a soma of three samples became a cylinder along x, as long as it is wide, about the first of them",
        );
        say(&self.other_trees, "a tree of its own was joined to the centre of the soma");
        say(
            &self.soma_samples,
            "a neurite begins at its soma's sample with the diameter of its own first sample",
        );
        say(&self.without_length, "a section without length was left out");
        say(
            &self.wires,
            &format!(
                "gaps to the soma, {:.3} µm in all, were bridged without length or resistance",
                self.wired
            ),
        );
    }
}
