//! Model documents: a model with the text it was read from.

use std::path::{Path, PathBuf};

use super::Model;
use super::text::{self, Format, Text};
use crate::error::{Error, Result};

/// A model with the text it was read from.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the text says.
    pub model: Model,
    text: Text,
}

impl Document {
    /// Reads a `.toml` or `.json` file.
    ///
    /// # Errors
    /// A file that cannot be read or is of another kind, and whatever [`Document::read`] refuses.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::read(Text::load(path)?)
    }

    /// Reads a document's text; `path` names it in errors.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn parse(text: impl Into<String>, format: Format, path: impl Into<PathBuf>) -> Result<Self> {
        Self::read(Text::new(text, format, path))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Text that does not parse, unknown and missing keys, values of the wrong type, impossible values.
    pub fn read(text: Text) -> Result<Self> {
        let model: Model = text.read()?;
        model.validate().map_err(|e| text.locate(e))?;
        Ok(Self { model, text })
    }

    /// The text.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The folder that paths in the document are relative to.
    pub fn base(&self) -> &Path {
        self.text.base()
    }

    /// Whether the text itself states a key.
    pub fn states(&self, key: &str) -> bool {
        self.text.states(key)
    }

    /// Gives an error that names a key of the document its place in the text; see [`Text::locate`].
    pub fn locate(&self, error: Error) -> Error {
        self.text.locate(error)
    }
}

impl Model {
    /// Reads a model from TOML.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn from_toml(text: &str) -> Result<Self> {
        Document::parse(text, Format::Toml, "model.toml").map(|d| d.model)
    }

    /// Reads a model from JSON.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn from_json(text: &str) -> Result<Self> {
        Document::parse(text, Format::Json, "model.json").map(|d| d.model)
    }

    /// The model as TOML.
    ///
    /// # Errors
    /// None for a model that can be run.
    pub fn to_toml(&self) -> Result<String> {
        text::to_toml(self, "model")
    }

    /// The model as JSON.
    ///
    /// # Errors
    /// Numbers that are not finite: JSON has none.
    pub fn to_json(&self) -> Result<String> {
        text::to_json(self, "model")
    }
}
