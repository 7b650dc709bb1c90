//! `apical mechanism`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use apical::{Diagnostic, Severity};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::Outcome;
use crate::say::count;

const EXAMPLES: &str = "\
Examples:
  apical mechanism check channels/kv.mod
  apical mechanism check --strict-units channels synapses
  apical mechanism check --json channels | jq '.[].diagnostics[] | select(.code == \"singular-quotient\")'

An error refuses a file. A warning does not: the file is compiled as NEURON would, and each warning has a code in
brackets, a place and a way out, as in

  warning[unit-scale]: `cai'` is in `mM/ms`, but gets a value in `10000 mM/ms`
     --> cad.mod:31:12
     |
  31 |     cai' = -ica/(2*FARADAY*depth)
     |            ^^^^^^^^^^^^^^^^^^^^^^ this is in `10000 mM/ms`

Exit status: 0 every file compiles, 1 a file is refused or cannot be read, 2 wrong use.";

/// What to do with mechanisms.
#[derive(Subcommand)]
pub enum Command {
    /// Compile NMODL files and show what is wrong or doubtful in them.
    ///
    /// Findings go to standard error, a line that sums them up to standard output.
    #[command(after_help = EXAMPLES)]
    Check {
        /// Files, or folders that are searched for .mod files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Print a JSON list of {file, ok, kind, name, diagnostics, constructs} instead, with diagnostics of
        /// {severity, code, message, line, column, help}.
        #[arg(long)]
        json: bool,
        /// Refuse files whose units do not fit.
        #[arg(long)]
        strict_units: bool,
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
    /// What is shown to people.
    #[serde(skip)]
    rendered: String,
}

#[derive(Serialize)]
struct Finding {
    severity: &'static str,
    code: &'static str,
    message: String,
    line: Option<usize>,
    column: Option<usize>,
    help: String,
}

/// A file to check, or why there is none.
type Found = Result<PathBuf, (PathBuf, String)>;

/// Runs the command; false when a file does not compile.
pub fn run(command: &Command) -> Outcome {
    let Command::Check { paths, json, strict_units } = command;
    let start = Instant::now();
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        collect(path, &mut files);
        if files.len() == before {
            files.push(Err((path.clone(), "no .mod file in this folder".to_owned())));
        }
    }
    let reports = check_all(&files, *strict_units, start);
    let refused = reports.iter().filter(|report| !report.ok).count();
    if *json {
        say!("{}", serde_json::to_string_pretty(&reports).unwrap_or_default());
    } else {
        let found = reports.iter().filter(|report| !report.rendered.is_empty());
        found.for_each(|report| tell!("{}", report.rendered.trim_end()));
        let all = reports.iter().flat_map(|report| &report.diagnostics);
        let warnings = all.filter(|finding| finding.severity == "warning").count();
        say!(
            "{} compiled, {refused} refused, {}, {:.2} s",
            reports.len() - refused,
            count(warnings, "warning"),
            start.elapsed().as_secs_f64()
        );
    }
    Ok(refused == 0)
}

/// Checks files on all processors; the reports are in the order of the files.
fn check_all(files: &[Found], strict_units: bool, start: Instant) -> Vec<Report> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut reports: Vec<(usize, Report)> = std::thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { return };
                    // The receiver lives until all senders are gone.
                    let _ = sender.send((index, check(file, strict_units)));
                }
            });
        }
        drop(sender);
        let bar = progress(files.len());
        let mut reports = Vec::with_capacity(files.len());
        for report in receiver {
            reports.push(report);
            // A bar that comes and goes within a second only flickers.
            if start.elapsed() > Duration::from_secs(1) {
                bar.set_position(reports.len() as u64);
            }
        }
        bar.finish_and_clear();
        reports
    });
    reports.sort_by_key(|(index, _)| *index);
    reports.into_iter().map(|(_, report)| report).collect()
}

fn check(file: &Found, strict_units: bool) -> Report {
    let read = match file {
        Ok(path) => {
            apical::mechanism::read(path).map(|text| (path, text)).map_err(|e| (path, e.message().to_owned()))
        }
        Err((path, why)) => Err((path, why.clone())),
    };
    let (path, text) = match read {
        Ok(read) => read,
        Err((path, why)) => return unreadable(path, &why),
    };
    let name = path.display().to_string();
    let (compiles, mut findings) = match apical::mechanism::compile_all(path, &text) {
        Ok(mechanism) => (true, mechanism.warnings),
        Err(errors) => (false, errors),
    };
    if strict_units {
        let of_units = findings.iter_mut().filter(|finding| finding.code.starts_with("unit-"));
        of_units.for_each(|finding| finding.severity = Severity::Error);
    }
    let summary = apical::summarise_mechanism(&text);
    Report {
        ok: compiles && findings.iter().all(|finding| finding.severity != Severity::Error),
        kind: summary.kind,
        name: summary.name,
        rendered: findings.iter().map(|finding| finding.render(&name, &text)).collect(),
        file: name,
        diagnostics: findings.iter().map(|finding| shown(finding, &text)).collect(),
        constructs: summary.constructs,
    }
}

/// A file or folder that cannot be read is a finding like others.
fn unreadable(path: &Path, why: &str) -> Report {
    let name = path.display().to_string();
    let finding =
        Diagnostic::error(why).code("unreadable").help("expected a .mod file or a folder with some");
    Report {
        ok: false,
        kind: "",
        name: String::new(),
        rendered: finding.render(&name, ""),
        file: name,
        diagnostics: vec![shown(&finding, "")],
        constructs: Vec::new(),
    }
}

fn shown(diagnostic: &Diagnostic, text: &str) -> Finding {
    let place = diagnostic.line_column(text);
    Finding {
        severity: if diagnostic.severity == Severity::Error { "error" } else { "warning" },
        code: diagnostic.code,
        message: diagnostic.message.clone(),
        line: place.map(|p| p.0),
        column: place.map(|p| p.1),
        help: diagnostic.help.clone(),
    }
}

fn collect(path: &Path, files: &mut Vec<Found>) {
    if !path.is_dir() {
        files.push(Ok(path.to_owned()));
        return;
    }
    let inside = std::fs::read_dir(path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    match inside {
        Ok(mut entries) => {
            entries.sort_by_key(std::fs::DirEntry::path);
            for entry in entries {
                // A link to a folder may lead back here.
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_folder || apical::mechanism::is_mechanism(&entry.path()) {
                    collect(&entry.path(), files);
                }
            }
        }
        Err(error) => {
            files.push(Err((path.to_owned(), format!("cannot read `{}`: {error}", path.display()))))
        }
    }
}

/// Shows itself on a terminal alone.
fn progress(files: usize) -> ProgressBar {
    let bar = ProgressBar::new(files as u64);
    let style = "{bar:40} {pos} of {len} files, {eta} left";
    bar.with_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()))
}
