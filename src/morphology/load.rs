//! Morphologies from files, by the ending of the file's name.

use std::path::Path;

use super::Morphology;
use super::swc::{self, SwcOptions};
use crate::error::{Error, ErrorKind, Result};

impl Morphology {
    /// Reads a file; its ending says how. Only `.swc` is read now, with the default [`SwcOptions`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !ending.eq_ignore_ascii_case("swc") {
            let what = match ending {
                "" => "a morphology's kind is told by the ending of its name; this one has none".to_string(),
                other => format!("morphologies of the kind `.{other}` cannot be read"),
            };
            return Err(Error::new(ErrorKind::Morphology, what).in_file(path).help("readable: `.swc`"));
        }
        Self::load_swc(path, &SwcOptions::default())
    }

    /// Reads an SWC file, whatever its name.
    pub fn load_swc(path: impl AsRef<Path>, options: &SwcOptions) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| {
            Error::new(ErrorKind::Io, format!("the file cannot be read: {error}")).in_file(path)
        })?;
        match String::from_utf8(bytes) {
            Ok(text) => swc::read_named(&text, &path.display().to_string(), options),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let byte = error.as_bytes().get(at).copied().unwrap_or_default();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Err(Error::new(ErrorKind::Morphology, "the file is not UTF-8 text")
                    .at(crate::Span::new(at, at + 1), format!("the byte {byte:#04x} begins no character"))
                    .help("save the file as UTF-8; older files are often Latin-1")
                    .in_text(path, text))
            }
        }
    }
}
