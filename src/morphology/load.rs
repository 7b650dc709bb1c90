//! Morphologies from files, by the ending of the file's name.

use std::path::Path;

use super::Morphology;
use super::swc::{self, SwcOptions};
use crate::error::{Error, ErrorKind, Result, read_text};

impl Morphology {
    /// Reads a file with the default [`SwcOptions`]; see [`load_with`](Self::load_with).
    ///
    /// # Errors
    /// A file that cannot be read, or is not a morphology.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::load_with(path, &SwcOptions::default())
    }

    /// Reads a file; its ending says how. Only `.swc` is read now.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with(path: impl AsRef<Path>, options: &SwcOptions) -> Result<Self> {
        let path = path.as_ref();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !ending.eq_ignore_ascii_case("swc") {
            let what = match ending {
                "" => "a morphology's kind is told by the ending of its name; this one has none".to_string(),
                other => format!("morphologies of the kind `.{other}` cannot be read"),
            };
            return Err(Error::new(ErrorKind::Morphology, what).in_file(path).help("readable: `.swc`"));
        }
        Self::load_swc(path, options)
    }

    /// Reads an SWC file, whatever its name.
    pub fn load_swc(path: impl AsRef<Path>, options: &SwcOptions) -> Result<Self> {
        let path = path.as_ref();
        let text = read_text(path, ErrorKind::Morphology)?;
        swc::read_named(&text, &path.display().to_string(), options)
    }
}
