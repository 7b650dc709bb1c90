//! `apical mechanism`.

use std::path::{Path, PathBuf};

use apical::{Diagnostic, Error, ErrorKind};
use clap::Subcommand;
use serde::Serialize;

use crate::Outcome;

/// What to do with mechanisms.
#[derive(Subcommand)]
pub enum Command {
    /// Compile NMODL files and show what is wrong or doubtful in them.
    Check {
        /// Files, or folders that are searched for .mod files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Print a JSON list of {file, ok, kind, name, diagnostics, constructs}.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Report {
    file: String,
    ok: bool,
    kind: &'static str,
    name: String,
    diagnostics: Vec<Finding>,
    constructs: Vec<String>,
}

#[derive(Serialize)]
struct Finding {
    severity: &'static str,
    message: String,
    line: Option<usize>,
    column: Option<usize>,
    help: String,
}

/// Runs the command; false when a file does not compile.
pub fn run(command: &Command) -> Outcome {
    let Command::Check { paths, json } = command;
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Io, "no .mod file in the folders given"));
    }
    let mut reports = Vec::new();
    for file in &files {
        let text = apical::mechanism::read(file)?;
        let (ok, findings) = match apical::mechanism::compile_all(file, &text) {
            Ok(mechanism) => (true, mechanism.warnings),
            Err(errors) => (false, errors),
        };
        if !json {
            findings.iter().for_each(|d| eprint!("{}", d.render(&file.display().to_string(), &text)));
        }
        let summary = apical::summarise_mechanism(&text);
        reports.push(Report {
            file: file.display().to_string(),
            ok,
            kind: summary.kind,
            name: summary.name,
            diagnostics: findings.iter().map(|d| finding(d, &text)).collect(),
            constructs: summary.constructs,
        });
    }
    let failed = reports.iter().filter(|r| !r.ok).count();
    if *json {
        println!("{}", serde_json::to_string_pretty(&reports).unwrap_or_default());
    } else {
        let warnings = reports.iter().filter(|r| r.ok).map(|r| r.diagnostics.len()).sum::<usize>();
        println!("{} compiled, {failed} refused, {warnings} warnings", reports.len() - failed);
    }
    Ok(failed == 0)
}

fn finding(diagnostic: &Diagnostic, text: &str) -> Finding {
    let place = diagnostic.line_column(text);
    Finding {
        severity: if diagnostic.severity == apical::Severity::Error { "error" } else { "warning" },
        message: diagnostic.message.clone(),
        line: place.map(|p| p.0),
        column: place.map(|p| p.1),
        help: diagnostic.help.clone(),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", path.display())).in_file(path)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> apical::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|e| unreadable(path, &e))?;
    let mut inside: Vec<PathBuf> = Vec::new();
    for entry in entries {
        inside.push(entry.map_err(|e| unreadable(path, &e))?.path());
    }
    inside.sort();
    for entry in inside {
        if entry.is_dir() || apical::mechanism::is_mechanism(&entry) {
            collect(&entry, files)?;
        }
    }
    Ok(())
}
