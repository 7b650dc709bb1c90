//! The table of an SWC file.
//!
//! In comes the text; out go its samples in the order of lines, each with its place in the text. A line is blank, a
//! comment, or seven numbers and perhaps a comment; anything else is an error with line and column.

use std::borrow::Cow;

use apical_nmodl::Span;

use super::SwcOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::SOMA;

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub id: i64,
    pub tag: i32,
    /// µm.
    pub position: [f64; 3],
    /// µm.
    pub radius: f64,
    /// `None` where the file says -1.
    pub parent: Option<i64>,
    /// Line in the file, from 1.
    pub line: usize,
    /// The seven columns.
    pub span: Span,
    /// The column of the radius.
    pub radius_span: Span,
    /// The column that names the parent.
    pub parent_span: Span,
}

impl Sample {
    pub fn diameter(&self) -> f64 {
        2.0 * self.radius
    }
}

/// What the seven columns hold.
const COLUMNS: [&str; 7] = ["id", "type", "x", "y", "z", "radius", "parent"];

/// A kilometre, µm.
const FARTHEST: f64 = 1e9;

/// Ids beyond this could not have been written as `1.0` and read back unharmed.
const LARGEST_ID: f64 = 9_007_199_254_740_992.0;

/// The text with lines ended by a line feed each, byte for byte as long, so that places in it stay valid.
pub(super) fn with_line_feeds(text: &str) -> (Cow<'_, str>, Vec<String>) {
    let bytes = text.as_bytes();
    let alone = |&(at, &byte): &(usize, &u8)| byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    if bytes.iter().enumerate().any(|place| alone(&place)) {
        let text = text.replace("\r\n", " \n").replace('\r', "\n");
        return (text.into(), vec!["carriage returns alone were taken as ends of lines".into()]);
    }
    (text.into(), Vec::new())
}

/// A finding at a place.
pub(super) fn fault(message: impl Into<String>, span: Span, label: impl Into<String>) -> Error {
    Error::new(ErrorKind::Morphology, message).at(span, label)
}

/// The samples of `text`.
pub(super) fn parse(text: &str, options: &SwcOptions, repairs: &mut Vec<String>) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let (mut longer, mut raised) = (Vec::new(), Vec::new());
    let after_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut start = text.len() - after_mark.len();
    for (number, whole) in after_mark.split('\n').enumerate() {
        let line = Line { number: number + 1, start, fields: fields(whole) };
        start += whole.len() + 1;
        if line.fields.is_empty() {
            continue;
        }
        if line.fields.len() > COLUMNS.len() {
            longer.push(line.number);
        }
        let mut sample = line.sample(options.scale.unwrap_or(1.0))?;
        check_radius(&mut sample, line.span(5), options.smallest_radius, &mut raised)?;
        samples.push(sample);
    }
    if let Some(least) = options.smallest_radius
        && !raised.is_empty()
    {
        repairs.push(format!("radii below {least} µm were raised to it: {}", lines(&raised)));
    }
    if !longer.is_empty() {
        repairs.push(format!("columns after the seventh were not used: {}", lines(&longer)));
    }
    if samples.is_empty() {
        let what = "there is no sample in this file";
        return Err(
            Error::new(ErrorKind::Morphology, what).help(format!("a sample is {}", COLUMNS.join(" ")))
        );
    }
    if options.scale.is_none() {
        refuse_giants(&samples)?;
    }
    Ok(samples)
}

/// Refuses options that nobody can mean.
pub(super) fn check(options: &SwcOptions) -> Result<()> {
    for (name, value) in [("smallest_radius", options.smallest_radius), ("scale", options.scale)] {
        if let Some(value) = value
            && !(value.is_finite() && value > 0.0)
        {
            let what = format!("`{name}` is {value}; it must be a positive number");
            return Err(Error::new(ErrorKind::Parameter, what).key(format!("swc.{name}")));
        }
    }
    Ok(())
}

/// The words before a comment, with their offset in the line.
fn fields(line: &str) -> Vec<(usize, &str)> {
    let data = line.split('#').next().unwrap_or_default();
    let offset = |word: &str| word.as_ptr() as usize - data.as_ptr() as usize;
    data.split_ascii_whitespace().map(|word| (offset(word), word)).collect()
}

/// A line that is neither blank nor a comment.
struct Line<'a> {
    number: usize,
    /// Offset in the text.
    start: usize,
    fields: Vec<(usize, &'a str)>,
}

impl Line<'_> {
    fn span(&self, column: usize) -> Span {
        let last = self.fields.last();
        let (at, word) = self.fields.get(column).or(last).copied().unwrap_or((0, ""));
        Span::new(self.start + at, self.start + at + word.len())
    }

    /// The sample, with `scale` micrometres in a unit.
    fn sample(&self, scale: f64) -> Result<Sample> {
        let whole = self.span(0).to(self.span(COLUMNS.len() - 1));
        if self.fields.len() < COLUMNS.len() {
            let what = format!("a sample has seven columns; this line has {}", self.fields.len());
            return Err(fault(what, whole, format!("expected {}", COLUMNS.join(" "))));
        }
        let id = self.whole_number(0)?;
        if id < 0 {
            return Err(fault(format!("sample has id {id}"), self.span(0), "expected an id from 0 on"));
        }
        let tag = self.whole_number(1)?;
        let tag = i32::try_from(tag).map_err(|_| {
            fault(format!("type {tag} is out of range"), self.span(1), "expected a small number")
        })?;
        let length = |column| self.length(column, scale);
        let position = [length(2)?, length(3)?, length(4)?];
        let radius = length(5)?;
        let parent = match self.whole_number(6)? {
            -1 => None,
            parent if parent >= 0 => Some(parent),
            parent => {
                let what = format!("sample {id} names {parent} as its parent");
                return Err(fault(what, self.span(6), "expected the id of a sample, or -1 for the root"));
            }
        };
        let (line, radius_span, parent_span) = (self.number, self.span(5), self.span(6));
        Ok(Sample { id, tag, position, radius, parent, line, span: whole, radius_span, parent_span })
    }

    /// A coordinate or a radius in µm.
    fn length(&self, column: usize, scale: f64) -> Result<f64> {
        let length = scale * self.number(column)?;
        if length.abs() <= FARTHEST {
            return Ok(length);
        }
        let name = COLUMNS.get(column).copied().unwrap_or_default();
        Err(fault(format!("the {name} is {length:e} µm"), self.span(column), "no cell is as large as that"))
    }

    /// A finite number.
    fn number(&self, column: usize) -> Result<f64> {
        let word = self.fields.get(column).map_or("", |field| field.1);
        let name = COLUMNS.get(column).copied().unwrap_or_default();
        let unit = if (2..6).contains(&column) { " in µm" } else { "" };
        let expected = format!("expected the {name}, a finite number{unit}");
        match word.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(value) => Err(fault(format!("the {name} is {value}"), self.span(column), expected)),
            Err(_) => {
                let error = fault(format!("`{word}` is not a number"), self.span(column), expected);
                Err(if word.contains(',') { error.help("columns are separated by blanks") } else { error })
            }
        }
    }

    /// A whole number, perhaps written as `1.0`.
    fn whole_number(&self, column: usize) -> Result<i64> {
        let word = self.fields.get(column).map_or("", |field| field.1);
        if let Ok(value) = word.parse::<i64>() {
            return Ok(value);
        }
        let value = self.number(column)?;
        if value.fract() == 0.0 && value.abs() <= LARGEST_ID {
            return Ok(value as i64);
        }
        let name = COLUMNS.get(column).copied().unwrap_or_default();
        Err(fault(format!("the {name} is {word}"), self.span(column), "expected a whole number"))
    }
}

/// Raises a radius that is too small; its line then goes to `raised`.
fn check_radius(
    sample: &mut Sample,
    span: Span,
    smallest: Option<f64>,
    raised: &mut Vec<usize>,
) -> Result<()> {
    let what = || format!("the radius of sample {} is {}", sample.id, sample.radius);
    if sample.radius < 0.0 {
        return Err(fault(what(), span, "expected a positive radius in µm"));
    }
    match smallest {
        None if sample.radius == 0.0 => Err(fault(what(), span, "expected a positive radius in µm").help(
            "a neurite without a radius conducts nothing; `smallest_radius` reads the file with a radius of your choice \
             there",
        )),
        Some(least) if sample.radius < least => {
            sample.radius = least;
            raised.push(sample.line);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Refuses neurites thicker than those of any cell but a few giants: the numbers are then of another unit. Fewer samples
/// than five tell nothing.
fn refuse_giants(samples: &[Sample]) -> Result<()> {
    const THICK: f64 = 20.0;
    const FEWEST: usize = 5;
    let mut radii: Vec<f64> = samples.iter().filter(|s| s.tag != SOMA).map(|s| s.radius).collect();
    radii.sort_by(f64::total_cmp);
    let median = radii.get(radii.len() / 2).copied().unwrap_or(0.0);
    let first = samples.iter().find(|s| s.tag != SOMA && s.radius > THICK);
    match first {
        Some(first) if median > THICK && radii.len() >= FEWEST => {
            let what = format!("half of the samples of neurites have radii of {median} µm and more");
            Err(fault(what, first.radius_span, "are these micrometres?").help(
                "`scale` tells how many micrometres one unit of the file is: 0.001 for nanometres, 1 to read it as it is",
            ))
        }
        _ => Ok(()),
    }
}

/// "line 3" or "lines 3, 4, 5 and 17 more".
pub(super) fn lines(numbers: &[usize]) -> String {
    const SHOWN: usize = 8;
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(usize::to_string).collect();
    let more = numbers.len().saturating_sub(SHOWN);
    let plural = if numbers.len() == 1 { "" } else { "s" };
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("line{plural} {}{rest}", shown.join(", "))
}
