//! The text of a document: reading it, and finding the place of a key.
//!
//! In comes TOML or JSON; out goes what it says as data, or an error with file, line and column. Errors that arise later, when
//! the data are lowered, carry only a key such as `cell.paint[2].mechanism`: [`Text::locate`] finds it in the text.

use std::path::{Path, PathBuf};

use apical_nmodl::{Diagnostic, Span};
use jsonc_parser::ast::{self, ObjectPropName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::cell::table::Table;
use crate::error::{Error, ErrorKind, Result, read_text};

/// The two forms of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.json`
    Json,
}

/// What a document says, as TOML; `what` it is goes into the error.
pub(crate) fn to_toml(said: &impl Serialize, what: &str) -> Result<String> {
    toml::to_string(said).map_err(|e| Error::new(ErrorKind::Model, format!("no TOML for this {what}: {e}")))
}

/// What a document says, as JSON.
pub(crate) fn to_json(said: &impl Serialize, what: &str) -> Result<String> {
    serde_json::to_string_pretty(said)
        .map_err(|e| Error::new(ErrorKind::Model, format!("no JSON for this {what}: {e}")))
}

/// A document as it is written.
#[derive(Clone, Debug)]
pub struct Text {
    path: PathBuf,
    text: String,
    format: Format,
}

impl Text {
    /// Reads a `.toml` or `.json` file.
    ///
    /// # Errors
    /// A file that cannot be read or is of another kind.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        let format = match ending.as_deref() {
            Some("toml") => Format::Toml,
            Some("json") => Format::Json,
            _ => {
                let message = "a model document is a .toml or .json file";
                return Err(Error::new(ErrorKind::Model, message).in_file(path));
            }
        };
        Ok(Self::new(read_text(path, ErrorKind::Model)?, format, path))
    }

    /// A text; `path` names it in errors.
    pub fn new(text: impl Into<String>, format: Format, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), text: text.into(), format }
    }

    /// What it says.
    ///
    /// # Errors
    /// Text that does not parse, unknown and missing keys, values of the wrong type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        let text = &self.text;
        let parsed = match self.format {
            Format::Toml => toml::from_str::<Table<T>>(text).map_err(|e| {
                let span = e.span().map(|s| Span::new(s.start, s.end));
                explained(e.message(), span.map(|span| narrowed(span, e.message(), text)))
            }),
            Format::Json => serde_json::from_str::<Table<T>>(text).map_err(|e| json_error(text, &e)),
        };
        parsed.map(|table| table.0).map_err(|e| e.in_text(&self.path, text))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that paths in the document are relative to.
    pub fn base(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Whether the text itself states a key.
    pub fn states(&self, key: &str) -> bool {
        self.find(&steps(key)).is_some_and(|(_, depth)| depth == steps(key).len())
    }

    /// Gives an error that names a key of the document its place in the text: that of the key, or of the nearest
    /// part of the document that holds it. An error about a text of its own, such as a mechanism's or a label
    /// expression's, keeps that and is told beside it where the document refers to the text.
    pub fn locate(&self, error: Error) -> Error {
        let Some(key) = error.document_key().map(str::to_owned) else { return error };
        let found = self.find(&steps(&key)).map(|(span, _)| span);
        if error.has_text() {
            let place = found.and_then(|span| Diagnostic::error("").at(span, "").line_column(&self.text));
            let Some((line, column)) = place else { return error };
            return error.referred_from(format!("{}:{line}:{column}", self.path.display()));
        }
        let label = format!("`{key}`");
        let error = error.in_text(&self.path, &self.text);
        match found {
            Some(span) => error.at(span, label),
            None => error,
        }
    }

    /// The span of the deepest part that exists, and how many steps it took.
    fn find(&self, steps: &[Step]) -> Option<(Span, usize)> {
        match self.format {
            Format::Toml => {
                let table = DeTable::parse(&self.text).ok()?;
                find_toml(table.get_ref(), steps)
            }
            Format::Json => {
                let options = jsonc_parser::CollectOptions::default();
                let parsed =
                    jsonc_parser::parse_to_ast(&self.text, &options, &jsonc_parser::ParseOptions::default());
                find_json(parsed.ok()?.value.as_ref()?, steps)
            }
        }
    }
}

/// One step of a key.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Splits `cell.paint[2].mechanism`.
fn steps(key: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in key.split('.') {
        let (name, indices) = part.split_once('[').unwrap_or((part, ""));
        if !name.is_empty() {
            steps.push(Step::Name(name.to_owned()));
        }
        for index in indices.split('[').filter_map(|i| i.trim_end_matches(']').parse().ok()) {
            steps.push(Step::Index(index));
        }
    }
    steps
}

fn find_toml(table: &DeTable, steps: &[Step]) -> Option<(Span, usize)> {
    let Some((Step::Name(name), rest)) = steps.split_first() else { return None };
    let (key, value) = table.get_key_value(name.as_str())?;
    let own = Span::new(key.span().start, key.span().end);
    let mut found = (own, 1);
    let mut value = value;
    let mut rest = rest;
    while let Some((Step::Index(index), after)) = rest.split_first() {
        let DeValue::Array(items) = value.get_ref() else { return Some(found) };
        let Some(item) = items.get(*index) else { return Some(found) };
        value = item;
        rest = after;
        // The span of a table of an array of tables is its header.
        let span = item.span();
        found = (Span::new(span.start, span.end), found.1 + 1);
    }
    match value.get_ref() {
        DeValue::Table(inner) => find_toml(inner, rest).map_or(Some(found), |(s, n)| Some((s, n + found.1))),
        _ if rest.is_empty() && found.1 == 1 => {
            let span = value.span();
            Some((Span::new(span.start, span.end), 1))
        }
        _ => Some(found),
    }
}

fn find_json(value: &ast::Value, steps: &[Step]) -> Option<(Span, usize)> {
    use jsonc_parser::common::Ranged;
    let span = |r: jsonc_parser::common::Range| Span::new(r.start, r.end);
    match (steps.split_first(), value) {
        (Some((Step::Name(name), rest)), ast::Value::Object(object)) => {
            let property = object.properties.iter().find(|p| match &p.name {
                ObjectPropName::String(s) => s.value == name.as_str(),
                ObjectPropName::Word(w) => w.value == name.as_str(),
            })?;
            let own = (span(property.name.range()), 1);
            if rest.is_empty() && !matches!(property.value, ast::Value::Object(_) | ast::Value::Array(_)) {
                return Some((span(property.value.range()), 1));
            }
            find_json(&property.value, rest).map_or(Some(own), |(s, n)| Some((s, n + 1)))
        }
        (Some((Step::Index(index), rest)), ast::Value::Array(array)) => {
            let item = array.elements.get(*index)?;
            let start = span(item.range()).start;
            let own = (Span::new(start, start + 1), 1);
            find_json(item, rest).map_or(Some(own), |(s, n)| Some((s, n + 1)))
        }
        _ => None,
    }
}

/// The place of an unknown key in the table that holds it, which is all that is known of tables whose kind is told by a key.
fn narrowed(span: Span, message: &str, text: &str) -> Span {
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let (Some((name, _)), Some(table)) = (unknown, text.get(span.start..span.end)) else { return span };
    let is_key = |&(at, _): &(usize, &str)| {
        let before = table[..at].chars().next_back();
        let after = table[at + name.len()..].trim_start_matches(['"', '\'']).trim_start();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-') && after.starts_with('=')
    };
    let start = table.match_indices(name).find(is_key).map(|(at, _)| span.start + at);
    start.map_or(span, |start| Span::new(start, start + name.len()))
}

/// Turns the words of a deserialiser into ours: what is unknown gets the nearest known name.
fn explained(message: &str, span: Option<Span>) -> Error {
    let message = message.trim().replace('\n', " ");
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = ["unknown field", "unknown variant"].iter().find(|u| message.starts_with(**u));
    let error = match (unknown, quoted.split_first()) {
        (Some(what), Some((name, known))) => {
            let what = if *what == "unknown field" { "unknown key" } else { "unknown value" };
            let error = Error::new(ErrorKind::Model, format!("{what} `{name}`"));
            let nearest = error.clone().suggest(name, known.iter().copied());
            if nearest.diagnostic().help.is_empty() {
                error.help(format!("known: {}", known.join(", ")))
            } else {
                nearest
            }
        }
        _ => {
            let message = in_our_words(&message);
            let single = message == "expected a list of tables, found a table";
            let error = Error::new(ErrorKind::Model, message);
            if single {
                error.help("in TOML each table of a list has two brackets: [[record]]")
            } else {
                error
            }
        }
    };
    let label = if unknown.is_some() { "not known here" } else { "here" };
    match span {
        Some(span) => error.at(span, label),
        None => error,
    }
}

fn in_our_words(message: &str) -> String {
    let mismatch = ["invalid type: ", "invalid value: ", "invalid length "];
    if let Some(rest) = mismatch.iter().find_map(|start| message.strip_prefix(start))
        && let Some((found, expected)) = rest.split_once(", expected ")
    {
        let expected = match expected {
            "f64" => "a number",
            "usize" | "u64" | "u32" => "a whole number from 0 on",
            "i32" => "a whole number",
            "path string" => "a path in quotes",
            "a string" => "a text in quotes",
            "a sequence" => "a list",
            "a map" => "a table",
            "an array of length 4" => "four numbers: x, y, z and the diameter",
            other => other,
        };
        let found = ["integer ", "floating point ", "string ", "boolean "]
            .iter()
            .find_map(|kind| found.strip_prefix(kind))
            .unwrap_or(match found {
                "map" => "a table",
                "sequence" => "a list",
                other => other,
            });
        let found = found.trim_end_matches(" as i128").trim_end_matches(" as u128");
        return format!("expected {expected}, found {found}");
    }
    let message = message.replace("missing field", "missing key");
    match message.strip_prefix("EOF while parsing ") {
        Some(what) => format!("the text ends within {what}"),
        None => message,
    }
}

fn json_error(text: &str, error: &serde_json::Error) -> Error {
    let full = error.to_string();
    let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(m, _)| m);
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let end = (line_start + error.column()).min(text.len());
    let before = text.get(..end).unwrap_or(text);
    // An unknown name is the last of its kind so far: a table whose kind is told by a key is read to its end first.
    let unknown =
        ["unknown field `", "unknown variant `"].iter().find_map(|start| message.strip_prefix(start));
    let quoted = unknown.and_then(|rest| rest.split_once('`')).map(|(name, _)| format!("\"{name}\""));
    if let Some(start) = quoted.as_ref().and_then(|quoted| before.rfind(quoted.as_str())) {
        let length = quoted.map_or(0, |quoted| quoted.len() - 2);
        return explained(message, Some(Span::new(start + 1, start + 1 + length)));
    }
    // The reader stands behind what it refused: the caret goes to the last word before.
    let stop = before.trim_end_matches(['"', ':', ' ', ',', '\n', '}', ']']).len();
    let word = |c: char| c.is_alphanumeric() || "_-+.".contains(c);
    let start = before[..stop].rfind(|c| !word(c)).map_or(0, |i| i + 1);
    explained(message, Some(Span::new(start, stop.max(start))))
}
