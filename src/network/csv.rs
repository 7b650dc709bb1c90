//! Tables of numbers in CSV files: a line of column names, then a line of numbers for each row. Empty lines and lines that begin
//! with `#` are passed over.

use std::path::{Path, PathBuf};

use apical_nmodl::Span;

use crate::error::{Error, ErrorKind, Result, read_text};

/// A file whose first line is understood.
pub struct Csv {
    path: PathBuf,
    text: String,
    /// For each column of the file which of the known columns it is.
    columns: Vec<usize>,
    known: &'static [&'static str],
}

/// The fields of a line, by the number of the known column.
pub struct Row<'a> {
    csv: &'a Csv,
    fields: Vec<Option<Span>>,
}

impl Csv {
    /// Reads a file with columns of these names, of which the first `required` must be there.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown, missing or repeated column.
    pub fn read(path: &Path, known: &'static [&'static str], required: usize) -> Result<Self> {
        let text = read_text(path, ErrorKind::Model)?;
        let mut csv = Self { path: path.to_owned(), text, columns: Vec::new(), known };
        let Some(header) = csv.lines().next() else {
            let message = format!("expected a line of column names, {}", known.join(", "));
            return Err(csv.error(Span::new(0, 0), message, "the file is empty"));
        };
        let names: Vec<Span> = csv.fields(header).collect();
        for span in names {
            let name = &csv.text[span.start..span.end];
            let Some(column) = known.iter().position(|k| *k == name) else {
                let message = format!("unknown column `{name}`");
                return Err(csv.error(span, message, "not known here").suggest(name, known.iter().copied()));
            };
            if csv.columns.contains(&column) {
                return Err(csv.error(span, format!("the column `{name}` is there twice"), "again"));
            }
            csv.columns.push(column);
        }
        if let Some(missing) = (0..required).find(|column| !csv.columns.contains(column)) {
            let message = format!("there is no column `{}`", known[missing]);
            return Err(csv.error(header, message, "the names of the columns"));
        }
        Ok(csv)
    }

    /// Whether a known column is there.
    pub fn has(&self, column: usize) -> bool {
        self.columns.contains(&column)
    }

    /// Goes through the rows.
    ///
    /// # Errors
    /// A row of another number of fields than there are columns; what `visit` finds wrong.
    pub fn rows(&self, mut visit: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        let mut row = Row { csv: self, fields: vec![None; self.known.len()] };
        for line in self.lines().skip(1) {
            let mut count = 0;
            for span in self.fields(line) {
                if let Some(&column) = self.columns.get(count) {
                    row.fields[column] = Some(span);
                }
                count += 1;
            }
            if count != self.columns.len() {
                let message = format!("expected {} fields, found {count}", self.columns.len());
                return Err(self.error(line, message, "this line"));
            }
            visit(&row)?;
        }
        Ok(())
    }

    /// Lines that say something, without their ends.
    fn lines(&self) -> impl Iterator<Item = Span> {
        let mut start = 0;
        let lines = self.text.split_inclusive('\n').map(move |line| {
            let span = Span::new(start, start + line.trim_end().len());
            start += line.len();
            span
        });
        lines.filter(|span| {
            let line = self.text[span.start..span.end.max(span.start)].trim_start();
            !line.is_empty() && !line.starts_with('#')
        })
    }

    fn fields(&self, line: Span) -> impl Iterator<Item = Span> {
        let mut start = line.start;
        self.text[line.start..line.end].split(',').map(move |field| {
            let from = start + (field.len() - field.trim_start().len());
            start += field.len() + 1;
            Span::new(from, from + field.trim().len())
        })
    }

    fn error(&self, span: Span, message: String, label: &str) -> Error {
        Error::new(ErrorKind::Model, message).at(span, label).in_text(&self.path, &self.text)
    }
}

impl Row<'_> {
    /// The finite number in a column, when the file has the column.
    ///
    /// # Errors
    /// Something else.
    pub fn number(&self, column: usize) -> Result<Option<f64>> {
        let Some(span) = self.fields[column] else { return Ok(None) };
        let field = &self.csv.text[span.start..span.end];
        match field.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(self.fault(column, format!("expected a finite number, found `{field}`"))),
        }
    }

    /// The whole number below `count` in a column, when the file has the column.
    ///
    /// # Errors
    /// Something else; `things` are what is counted.
    pub fn index(&self, column: usize, count: u32, things: &str) -> Result<Option<u32>> {
        let Some(span) = self.fields[column] else { return Ok(None) };
        let field = &self.csv.text[span.start..span.end];
        match field.parse::<u32>() {
            Ok(index) if index < count => Ok(Some(index)),
            Ok(index) => {
                let message = format!("there are {count} {things}, so there is none numbered {index}");
                Err(self.fault(column, message).help("they count from 0"))
            }
            Err(_) => Err(self.fault(column, format!("expected a whole number from 0 on, found `{field}`"))),
        }
    }

    /// An error about a field.
    pub fn fault(&self, column: usize, message: impl Into<String>) -> Error {
        let span = self.fields[column].unwrap_or_default();
        self.csv.error(span, message.into(), &format!("`{}`", self.csv.known[column]))
    }
}
