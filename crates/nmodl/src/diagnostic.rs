//! What is said to a user about a text they wrote: a message, the place, what would have been right.
//!
//! Comes in: spans of bytes in a named text. Goes out: [`Diagnostic`] values, and their rendered form with the
//! source line and a caret. Every reader of the workspace (NMODL, SWC, label expressions, model documents)
//! reports through this type, so that all errors look alike.

use codespan_reporting::diagnostic::{self as report, Label};
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term;

/// A range of bytes in a source text: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` (inclusive) to `end` (exclusive).
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// More warnings than this about one text are not kept.
pub(crate) const MOST_WARNINGS: usize = 1000;

/// How serious a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The text is accepted, but probably not what was meant.
    Warning,
    /// The text cannot be used.
    Error,
}

/// One finding about a text, with its place and, where there is one, the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Names the kind of finding, in words with hyphens; empty for errors, which say what they are.
    pub code: &'static str,
    /// What is wrong, in one line, without the place.
    pub message: String,
    /// Where; `None` when it concerns the text as a whole.
    pub span: Option<Span>,
    /// Said beside the caret, e.g. what was expected there.
    pub label: String,
    /// What to do about it; empty when there is nothing to add.
    pub help: String,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: "",
            message: message.into(),
            span: None,
            label: String::new(),
            help: String::new(),
        }
    }

    /// A warning without a place yet.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// Sets the kind of finding.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Sets the place and what is said beside it.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// Sets the help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Adds "did you mean …?" when one of `candidates` is close to `name`; otherwise, when there are few, lists them.
    #[must_use]
    pub fn suggest<'a>(mut self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let hint = suggestion(name, candidates);
        if !hint.is_empty() {
            self.help = if self.help.is_empty() { hint } else { format!("{}; {hint}", self.help) };
        }
        self
    }

    /// The line and column (both from 1, columns in characters) of the place in `source`.
    pub fn line_column(&self, source: &str) -> Option<(usize, usize)> {
        let start = self.span?.start.min(source.len());
        let before = &source.as_bytes()[..start];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
        let column = 1 + String::from_utf8_lossy(&before[line_start..]).chars().count();
        Some((line, column))
    }

    /// The rendered form: message, file with line and column, the source line with a caret, the help line.
    pub fn render(&self, file: &str, source: &str) -> String {
        let severity = match self.severity {
            Severity::Error => report::Severity::Error,
            Severity::Warning => report::Severity::Warning,
        };
        let mut shown = report::Diagnostic::new(severity).with_message(&self.message);
        if !self.code.is_empty() {
            shown = shown.with_code(self.code);
        }
        if let Some(span) = self.span {
            let (start, end) =
                (span.start.min(source.len()), span.end.clamp(span.start.min(source.len()), source.len()));
            shown = shown.with_labels(vec![Label::primary((), start..end).with_message(&self.label)]);
        }
        let mut notes = Vec::new();
        if self.span.is_none() {
            notes.push(format!("in {file}"));
        }
        if !self.help.is_empty() {
            notes.push(format!("help: {}", self.help));
        }
        shown = shown.with_notes(notes);
        let config = term::Config { chars: term::Chars::ascii(), ..term::Config::default() };
        let rendered = term::emit_into_string(&config, &SimpleFile::new(file, source), &shown);
        rendered.unwrap_or_else(|_| format!("error: {} (in {file})\n", self.message))
    }
}

/// "did you mean `x`?" for the nearest of `candidates`, or a list of them when none is near and there are at most
/// twelve; empty when there is nothing useful to say.
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let mut candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(nearest) = nearest(name, candidates.iter().copied()) {
        return format!("did you mean `{nearest}`?");
    }
    candidates.sort_unstable();
    candidates.dedup();
    if candidates.is_empty() || candidates.len() > 12 {
        return String::new();
    }
    format!("known: {}", candidates.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "))
}

/// Longer names are compared with none.
const LONGEST_COMPARED: usize = 64;
/// A name is compared with so many at most.
const MOST_COMPARED: usize = 1000;

/// The candidate that a misspelt name is most like, when it is like one.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let length = lower.chars().count();
    if length > LONGEST_COMPARED {
        return None;
    }
    let most = (length / 3).max(1);
    // Names of very different lengths are far apart, without counting how far.
    let similar = candidates.filter(|c| c.chars().count().abs_diff(length) <= most).take(MOST_COMPARED);
    let distances = similar.map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c));
    distances.min().filter(|(distance, _)| *distance <= most).map(|(_, c)| c)
}
