//! Evaluates label expressions on a morphology: names and labels here, functions in [`super::regions`] and
//! [`super::locsets`].
//!
//! In comes the text of an expression; out goes what it means, or an error with the place in the text at fault. A label is
//! evaluated once, when first met.

use std::collections::BTreeMap;

use apical_nmodl::{Diagnostic, Span};

use super::syntax::{Kind, Node, parse};
use super::{Labels, Location, Region};
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::{APICAL, AXON, DENDRITE, SOMA};

/// Labels that every cell has, by the type numbers of SWC; a cell may define them otherwise.
const KINDS: [(&str, i32); 4] = [("soma", SOMA), ("axon", AXON), ("dend", DENDRITE), ("apic", APICAL)];

/// Expressions within expressions, through labels too: deeper ones are refused, so that evaluation needs little stack.
const DEPTH: usize = 200;

/// What went wrong inside an expression.
pub(super) enum Fault {
    /// In this expression, whose text is yet to be attached.
    Here(Diagnostic),
    /// In the expression of a label that it refers to.
    InLabel(Error),
}

pub(super) type Found<T> = std::result::Result<T, Fault>;

impl Fault {
    /// A fault at a place of the expression, with what is said beside the caret.
    pub fn new(message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::Here(Diagnostic::error(message).at(span, label))
    }

    /// Adds the nearest of `candidates` to the help line.
    pub fn suggest<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match self {
            Self::Here(diagnostic) => Self::Here(diagnostic.suggest(name, candidates)),
            Self::InLabel(error) => Self::InLabel(error),
        }
    }

    /// Sets the help line.
    pub fn help(self, help: &str) -> Self {
        match self {
            Self::Here(diagnostic) => Self::Here(diagnostic.help(help)),
            Self::InLabel(error) => Self::InLabel(error),
        }
    }

    /// The name of a function that does not exist.
    pub fn unknown_function(sort: &str, name: &str, span: Span, known: &[&str]) -> Self {
        let message = format!("no {sort} function is called `{name}`");
        let mut diagnostic = Diagnostic::error(message).at(span, "unknown function");
        diagnostic = diagnostic.suggest(name, known.iter().copied());
        if diagnostic.help.is_empty() {
            diagnostic = diagnostic.help(format!("known: {}", known.join(", ")));
        }
        Self::Here(diagnostic)
    }

    fn in_text(self, what: &str, text: &str) -> Error {
        match self {
            Self::Here(diagnostic) => {
                Error::from_diagnostic(ErrorKind::Label, diagnostic).in_text(what, text)
            }
            Self::InLabel(error) => error,
        }
    }
}

/// What the labels that were evaluated so far mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    regions: BTreeMap<String, Region>,
    locsets: BTreeMap<String, Vec<Location>>,
}

/// An evaluation under way.
pub(super) struct Evaluation<'a> {
    pub labels: &'a Labels<'a>,
    /// What was found out on the way.
    known: Known,
    /// Labels being evaluated, to find circles.
    open: Vec<(Sort, String)>,
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Region,
    Locset,
}

impl<'a> Evaluation<'a> {
    pub fn new(labels: &'a Labels<'a>) -> Self {
        Self { labels, known: Known::default(), open: Vec::new(), depth: 0 }
    }

    /// Evaluates all labels of the cell.
    pub fn all(mut self) -> Result<Known> {
        let elsewhere = |fault: Fault| fault.in_text("label", "");
        for name in self.labels.regions.keys() {
            self.region_label(name, Span::default()).map_err(elsewhere)?;
        }
        for name in self.labels.locsets.keys() {
            self.locset_label(name, Span::default()).map_err(elsewhere)?;
        }
        Ok(self.known)
    }

    pub fn region_text(&mut self, text: &str) -> Result<Region> {
        let node = parse(text).map_err(Fault::Here);
        node.and_then(|node| self.region(&node)).map_err(|f| f.in_text("region expression", text))
    }

    pub fn locset_text(&mut self, text: &str) -> Result<Vec<Location>> {
        let node = parse(text).map_err(Fault::Here);
        node.and_then(|node| self.locset(&node)).map_err(|f| f.in_text("locset expression", text))
    }

    pub fn unknown_section(&self, name: &str, span: Span) -> Fault {
        let names = self.labels.morphology.sections.iter().map(|s| s.name.as_str());
        Fault::new(format!("no section is called `{name}`"), span, "no such section").suggest(name, names)
    }

    /// Evaluates a definition, refusing a label that needs itself.
    fn defined<T>(
        &mut self,
        label: (Sort, &str),
        span: Span,
        evaluate: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Found<T> {
        let (sort, name) = label;
        if self.open.iter().any(|(s, n)| (*s, n.as_str()) == label) {
            return Err(Fault::new(format!("the label `{name}` is defined by itself"), span, "circular"));
        }
        self.open.push((sort, name.to_owned()));
        let result = evaluate(self);
        self.open.pop();
        let table = if sort == Sort::Region { "regions" } else { "locsets" };
        result.map_err(|e| {
            Fault::InLabel(if e.document_key().is_some() { e } else { e.key(format!("cell.{table}.{name}")) })
        })
    }

    /// Counts how deep an evaluation is.
    pub fn deeper<T>(&mut self, span: Span, evaluate: impl FnOnce(&mut Self) -> Found<T>) -> Found<T> {
        if self.depth >= DEPTH {
            return Err(Fault::new("nested too deeply", span, "here"));
        }
        self.depth += 1;
        let result = evaluate(self);
        self.depth -= 1;
        result
    }

    pub fn region_label(&mut self, name: &str, span: Span) -> Found<Region> {
        let labels = self.labels;
        if let Some(known) = labels.known.regions.get(name).or_else(|| self.known.regions.get(name)) {
            return Ok(known.clone());
        }
        if let Some(text) = labels.regions.get(name) {
            let region = self.defined((Sort::Region, name), span, |e| e.region_text(text))?;
            self.known.regions.insert(name.to_owned(), region.clone());
            return Ok(region);
        }
        if name == "all" {
            return Ok(self.of_sections(|_| true));
        }
        if let Some(&(_, tag)) = KINDS.iter().find(|(kind, _)| *kind == name) {
            return Ok(self.of_sections(|s| labels.morphology.sections[s].tag == tag));
        }
        let known: Vec<&str> =
            labels.regions.keys().map(String::as_str).chain(KINDS.map(|k| k.0)).chain(["all"]).collect();
        let fault = Fault::new(format!("no region is called `{name}`"), span, "unknown label");
        Err(if labels.section_by_name(name).is_some() {
            fault.help(&format!("a section is written `(section \"{name}\")`"))
        } else {
            fault.suggest(name, known)
        })
    }

    pub fn locset_label(&mut self, name: &str, span: Span) -> Found<Vec<Location>> {
        let labels = self.labels;
        if let Some(known) = labels.known.locsets.get(name).or_else(|| self.known.locsets.get(name)) {
            return Ok(known.clone());
        }
        if let Some(text) = labels.locsets.get(name) {
            let locset = self.defined((Sort::Locset, name), span, |e| e.locset_text(text))?;
            self.known.locsets.insert(name.to_owned(), locset.clone());
            return Ok(locset);
        }
        let fault = Fault::new(format!("no locset is called `{name}`"), span, "unknown label");
        Err(if labels.section_by_name(name).is_some() {
            fault.help(&format!("a place on a section is written `{name}(0.5)`"))
        } else {
            fault.suggest(name, labels.locsets.keys().map(String::as_str))
        })
    }
}

/// The name of a label, where an expression is one.
pub(super) fn label(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Word(name) | Kind::Text(name) => Some(name),
        _ => None,
    }
}
