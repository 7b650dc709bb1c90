//! The one error of the library: what went wrong, in which text, where, and what would have been right.
//!
//! An [`Error`] is opaque; ask it for its [`ErrorKind`], its place ([`Error::path`], [`Error::line`],
//! [`Error::column`]) or print it: `Display` gives the source line with a caret when the text is known.

use std::fmt;
use std::path::{Path, PathBuf};

use apical_nmodl::{Diagnostic, Span};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file could not be read or written.
    Io,
    /// A morphology is malformed.
    Morphology,
    /// A region or locset expression, or a label, is wrong.
    Label,
    /// A mechanism's text does not compile, or its name is unknown.
    Mechanism,
    /// A parameter's name or value is wrong.
    Parameter,
    /// A location lies outside the cell.
    Location,
    /// A model document is malformed.
    Model,
    /// A number became NaN or unphysical during a run.
    Numerical,
    /// A fault of the library itself, not of its user.
    Internal,
}

/// Why something could not be done. See the [module](self).
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    diagnostic: Diagnostic,
    path: Option<PathBuf>,
    source: Option<String>,
    key: Option<String>,
    referred_from: Option<String>,
}

impl Error {
    /// An error of this kind that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::from_diagnostic(kind, Diagnostic::error(message))
    }

    /// An error made from a reader's finding.
    pub fn from_diagnostic(kind: ErrorKind, diagnostic: Diagnostic) -> Self {
        Self(Box::new(Inner { kind, diagnostic, path: None, source: None, key: None, referred_from: None }))
    }

    /// Names the file and holds its text, so that place and source line can be shown.
    #[must_use]
    pub fn in_text(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.0.path = Some(path.into());
        self.0.source = Some(text.into());
        self
    }

    /// Names the file when its text is not at hand.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// Sets the place in the text and what is said beside the caret.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.0.diagnostic = self.0.diagnostic.at(span, label);
        self
    }

    /// Names the key of the model document that is at fault, e.g. `cell.paint[2].mechanism`.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        let inner: String = key.into();
        self.0.key = Some(match self.0.key.take() {
            Some(rest) if rest.starts_with('[') => format!("{inner}{rest}"),
            Some(rest) => format!("{inner}.{rest}"),
            None => inner,
        });
        self
    }

    /// Names another key in place of the one so far.
    #[must_use]
    pub(crate) fn with_key(mut self, key: impl Into<String>) -> Self {
        self.0.key = Some(key.into());
        self
    }

    /// Says where the text at fault is referred to, as `file:line:column`.
    #[must_use]
    pub fn referred_from(mut self, place: impl Into<String>) -> Self {
        self.0.referred_from = Some(place.into());
        self
    }

    /// Sets the help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.diagnostic = self.0.diagnostic.help(help);
        self
    }

    /// Adds the nearest of `candidates` to the help line; see [`Diagnostic::suggest`].
    #[must_use]
    pub fn suggest<'a>(mut self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.diagnostic = self.0.diagnostic.suggest(name, candidates);
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.0.diagnostic.message
    }

    /// The finding itself.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.0.diagnostic
    }

    /// The file concerned.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The key of the model document concerned.
    pub fn document_key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// Whether a place in a text is already known.
    pub fn has_text(&self) -> bool {
        self.0.source.is_some()
    }

    /// Line in the file, from 1.
    pub fn line(&self) -> Option<usize> {
        Some(self.place()?.0)
    }

    /// Column in the file in characters, from 1.
    pub fn column(&self) -> Option<usize> {
        Some(self.place()?.1)
    }

    fn place(&self) -> Option<(usize, usize)> {
        self.0.diagnostic.line_column(self.0.source.as_deref()?)
    }

    /// True for a fault of the library itself.
    pub fn is_internal(&self) -> bool {
        self.0.kind == ErrorKind::Internal
    }
}

/// The text of a file.
///
/// # Errors
/// The file cannot be read, or is not UTF-8.
pub(crate) fn read_text(path: &Path, kind: ErrorKind) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| {
        Error::new(ErrorKind::Io, format!("the file cannot be read: {error}")).in_file(path)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        Error::new(kind, "the file is not UTF-8 text")
            .at(Span::new(at, at + 1), format!("the byte {byte:#04x} begins no character"))
            .help("save the file as UTF-8; older files are often Latin-1")
            .in_text(path, text)
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let (Some(path), Some(source)) = (&inner.path, &inner.source) {
            f.write_str(inner.diagnostic.render(&path.display().to_string(), source).trim_end())?;
            return match (&inner.referred_from, &inner.key) {
                (Some(place), Some(key)) => write!(f, "\n  = at {key}, {place}"),
                _ => Ok(()),
            };
        }
        if inner.kind == ErrorKind::Internal {
            write!(f, "internal error (a fault of apical, please report it): {}", inner.diagnostic.message)?;
        } else {
            write!(f, "error: {}", inner.diagnostic.message)?;
        }
        if let Some(path) = &inner.path {
            write!(f, "\n  = in {}", path.display())?;
        }
        if let Some(key) = &inner.key {
            write!(f, "\n  = at {key}")?;
        }
        if !inner.diagnostic.help.is_empty() {
            write!(f, "\n  = help: {}", inner.diagnostic.help)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
