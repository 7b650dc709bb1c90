//! What hangs on what.
//!
//! In come samples; out goes a [`Forest`]: the same samples in the order of their ids with parents and children as
//! indices. Refused with their line: ids given twice, parents that do not exist, cycles, and, unless allowed, a second
//! root or a second soma.

use std::collections::HashMap;

use super::table::{Sample, fault};
use super::{RootPolicy, SomataPolicy, SwcOptions};
use crate::error::Result;
use crate::morphology::SOMA;

/// Samples in the order of their ids, joined into trees.
pub(super) struct Forest {
    pub samples: Vec<Sample>,
    pub parent: Vec<Option<usize>>,
    /// In the order of ids.
    pub children: Vec<Vec<usize>>,
    /// In the order of lines.
    pub roots: Vec<usize>,
    /// The first sample of each group of soma samples, in the order of lines.
    pub somata: Vec<usize>,
}

impl Forest {
    pub fn is_soma(&self, sample: usize) -> bool {
        self.samples[sample].tag == SOMA
    }

    /// The children that are soma samples too.
    pub fn soma_children(&self, sample: usize) -> impl Iterator<Item = usize> + '_ {
        self.children[sample].iter().copied().filter(|&child| self.is_soma(child))
    }
}

/// Joins `samples`.
pub(super) fn link(mut samples: Vec<Sample>, options: &SwcOptions) -> Result<Forest> {
    refuse_duplicates(&samples)?;
    samples.sort_by_key(|sample| sample.id);
    let index: HashMap<i64, usize> = samples.iter().enumerate().map(|(at, sample)| (sample.id, at)).collect();
    let mut by_line: Vec<usize> = (0..samples.len()).collect();
    by_line.sort_by_key(|&at| samples[at].line);

    let mut parent = vec![None; samples.len()];
    for &at in &by_line {
        let sample = &samples[at];
        let Some(id) = sample.parent else { continue };
        if id == sample.id {
            return Err(fault(format!("sample {id} is its own parent"), sample.parent_span, ROOT_OR_SAMPLE));
        }
        parent[at] = index.get(&id).copied();
        if parent[at].is_none() {
            let what = format!("the parent of sample {} does not exist", sample.id);
            let error = fault(what, sample.parent_span, format!("no sample has the id {id}"));
            return Err(if id == 0 { error.help("the parent of a root is -1") } else { error });
        }
    }
    let mut children = vec![Vec::new(); samples.len()];
    for (at, parent) in parent.iter().enumerate() {
        if let Some(parent) = *parent {
            children[parent].push(at);
        }
    }
    let roots = by_line.iter().copied().filter(|&at| parent[at].is_none()).collect();
    let heads_soma = |at: usize| {
        samples[at].tag == SOMA && parent[at].is_none_or(|above: usize| samples[above].tag != SOMA)
    };
    let somata = by_line.iter().copied().filter(|&at| heads_soma(at)).collect();
    let forest = Forest { samples, parent, children, roots, somata };
    refuse_cycles(&forest, &by_line)?;
    refuse_second_root(&forest, options.roots)?;
    refuse_second_soma(&forest, options.somata)?;
    Ok(forest)
}

const ROOT_OR_SAMPLE: &str = "expected the id of another sample, or -1 for the root";

fn refuse_duplicates(samples: &[Sample]) -> Result<()> {
    let mut first: HashMap<i64, &Sample> = HashMap::new();
    for sample in samples {
        if let Some(before) = first.insert(sample.id, sample) {
            let what = format!("sample {} is given twice", sample.id);
            return Err(fault(what, sample.span, format!("first given in line {}", before.line)));
        }
    }
    Ok(())
}

/// Samples that no root leads to are in a cycle or hang on one.
fn refuse_cycles(forest: &Forest, by_line: &[usize]) -> Result<()> {
    let mut reached = vec![false; forest.samples.len()];
    let mut open = forest.roots.clone();
    while let Some(at) = open.pop() {
        reached[at] = true;
        open.extend(&forest.children[at]);
    }
    let Some(&lost) = by_line.iter().find(|&&at| !reached[at]) else { return Ok(()) };
    let mut on_path = vec![false; forest.samples.len()];
    let mut at = lost;
    while !on_path[at] {
        on_path[at] = true;
        at = forest.parent[at].unwrap_or(at);
    }
    let entry = at;
    let mut cycle = vec![entry];
    while let Some(above) = forest.parent[at].filter(|&above| above != entry) {
        cycle.push(above);
        at = above;
    }
    let by_line = |position: &usize| forest.samples[cycle[*position]].line;
    let first = (0..cycle.len()).min_by_key(by_line).unwrap_or(0);
    cycle.rotate_left(first);
    let sample = &forest.samples[cycle[0]];
    const SHOWN: usize = 6;
    let mut ids: Vec<String> =
        cycle.iter().take(SHOWN).map(|&at| forest.samples[at].id.to_string()).collect();
    ids.push(if cycle.len() > SHOWN { "…".into() } else { sample.id.to_string() });
    let what = format!("sample {} is its own ancestor", sample.id);
    Err(fault(what, sample.parent_span, format!("from child to parent: {}", ids.join(", "))))
}

fn refuse_second_root(forest: &Forest, policy: RootPolicy) -> Result<()> {
    let (RootPolicy::Refuse, [first, second, ..]) = (policy, forest.roots.as_slice()) else { return Ok(()) };
    let (first, second) = (&forest.samples[*first], &forest.samples[*second]);
    let noun = if second.tag == SOMA && first.tag == SOMA { "soma" } else { "root" };
    let what = format!("sample {} is a second {noun}", second.id);
    let label = format!("the first root is sample {} in line {}", first.id, first.line);
    Err(fault(what, second.parent_span, label).help(
        "a cell is one tree; `roots = \"keep\"` reads every tree by itself, `roots = \"join-soma\"` joins them to the \
         soma",
    ))
}

fn refuse_second_soma(forest: &Forest, policy: SomataPolicy) -> Result<()> {
    let (SomataPolicy::Refuse, [first, second, ..]) = (policy, forest.somata.as_slice()) else {
        return Ok(());
    };
    let (first, second) = (&forest.samples[*first], &forest.samples[*second]);
    let what = format!("sample {} begins a second soma", second.id);
    let label = format!("the first soma begins with sample {} in line {}", first.id, first.line);
    Err(fault(what, second.span, label).help(
        "the samples of a soma (type 1) hang together; `somata = \"keep\"` reads each group as a soma of its own",
    ))
}
