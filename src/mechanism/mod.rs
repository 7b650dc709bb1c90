//! Mechanisms by name: the built-in catalogue and the user's own NMODL files.
//!
//! In come names, texts, files and folders; out go compiled [`ir::Mechanism`]s. Every mechanism is NMODL text, the
//! built-in ones too. A text is compiled when it is first asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical_nmodl::{Diagnostic, ir};

use crate::error::{Error, ErrorKind, Result};

mod builtin;

/// NMODL texts by mechanism name.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    path: PathBuf,
    text: Arc<str>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Catalogue {
    /// The mechanisms that come with the library.
    pub fn builtin() -> Self {
        let entry = |&(file, text): &(&str, &str)| {
            let path = PathBuf::from(format!("mechanisms/{file}"));
            (apical_nmodl::summary(text).name, Entry { path, text: text.into() })
        };
        Self { entries: builtin::FILES.iter().map(entry).collect() }
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Adds a `.mod` file, or every `.mod` file of a folder. A name that is already there is replaced: a user's own
    /// text goes before the built-in one.
    ///
    /// # Errors
    /// A file that cannot be read, a folder without any, or a text that names no mechanism.
    pub fn add(&mut self, path: &Path) -> Result<()> {
        let io = |e: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot read `{}`: {e}", path.display())).in_file(path)
        };
        if !path.is_dir() {
            return self.add_file(path);
        }
        let mut files = Vec::new();
        for file in std::fs::read_dir(path).map_err(io)? {
            let file = file.map_err(io)?.path();
            if is_mechanism(&file) {
                files.push(file);
            }
        }
        files.sort();
        if files.is_empty() {
            let message = format!("no `.mod` file in the folder `{}`", path.display());
            return Err(Error::new(ErrorKind::Mechanism, message));
        }
        files.iter().try_for_each(|file| self.add_file(file))
    }

    fn add_file(&mut self, path: &Path) -> Result<()> {
        let text = read(path)?;
        let compiled = compile(path, &text)?;
        self.entries.insert(compiled.name.clone(), Entry { path: path.to_owned(), text: text.into() });
        Ok(())
    }

    /// The compiled mechanism of this name.
    ///
    /// # Errors
    /// No mechanism has the name (the nearest one is suggested), or its text does not compile.
    pub fn get(&self, name: &str) -> Result<ir::Mechanism> {
        let Some(entry) = self.entries.get(name) else {
            return Err(Error::new(ErrorKind::Mechanism, format!("unknown mechanism `{name}`"))
                .suggest(name, self.names()));
        };
        compile(&entry.path, &entry.text)
    }
}

/// Whether a file is named like one with a mechanism's text.
pub fn is_mechanism(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mod"))
}

/// The text of a mechanism's file; bytes that are no UTF-8 are taken as Latin-1.
///
/// # Errors
/// The file cannot be read.
pub fn read(path: &Path) -> Result<String> {
    let bytes = bytes_of(path).map_err(|e| {
        Error::new(ErrorKind::Io, format!("cannot read `{}`: {e}", path.display())).in_file(path)
    })?;
    Ok(apical_nmodl::decode(&bytes))
}

/// What a file holds; a device or a pipe may have no end.
fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    std::fs::read(path)
}

/// Compiles the text of a file; what it INCLUDEs is looked for in the file's folder.
///
/// # Errors
/// Everything found wrong in the text.
pub fn compile_all(path: &Path, text: &str) -> std::result::Result<ir::Mechanism, Vec<Diagnostic>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    apical_nmodl::compile_with(text, &|name| {
        let bytes = bytes_of(&folder.join(name)).map_err(|e| e.to_string())?;
        Ok(apical_nmodl::decode(&bytes))
    })
}

/// Compiles one text; the first of its errors is returned, placed in the text (`apical mechanism check` shows all).
fn compile(path: &Path, text: &str) -> Result<ir::Mechanism> {
    compile_all(path, text).map_err(|findings| match findings.into_iter().next() {
        Some(first) => Error::from_diagnostic(ErrorKind::Mechanism, first).in_text(path, text),
        None => Error::new(ErrorKind::Internal, "a mechanism was refused without a reason").in_file(path),
    })
}
