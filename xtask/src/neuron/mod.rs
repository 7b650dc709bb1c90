//! `cargo xtask neuron`: apical and NEURON on the same NMODL files, step by step.
//!
//! In come files and folders. `xtask/neuron/traces.py` runs each mechanism in NEURON on a cell of one compartment (a voltage
//! ramp, a current step, events where it receives them) and leaves traces beside the same experiment as a model document;
//! here apical runs that document. Out goes, for each file, a verdict and the largest difference of every variable.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::root;

mod compare;
mod report;

/// A file to be compared.
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// The folder that it is counted under.
    pub group: String,
    /// What tells texts apart: files of the same text share NEURON's traces.
    pub key: String,
}

/// Why nothing could be compared.
type Failure = Box<dyn std::error::Error>;

/// Compares all files; fails when one differs or apical stops where NEURON does not.
pub fn run(paths: &[PathBuf], python: &Path) -> ExitCode {
    match try_run(paths, python) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn try_run(paths: &[PathBuf], python: &Path) -> Result<bool, Failure> {
    check_tools(python)?;
    let kept = root().join("target/neuron");
    std::fs::create_dir_all(&kept)?;
    let mut files = Vec::new();
    for path in paths {
        let path = std::path::absolute(path)?;
        collect(&path, &path, &mut files)?;
    }
    if files.is_empty() {
        return Err("no .mod file there".into());
    }
    trace(&files, &kept, python)?;
    let entries: Vec<_> = files.iter().map(|file| compare::file(file, &kept)).collect();
    std::fs::write(kept.join("report.json"), serde_json::to_string_pretty(&entries)?)?;
    print!("{}", report::table(&entries));
    Ok(!entries.iter().any(|e| e.verdict.is_fault()))
}

fn check_tools(python: &Path) -> Result<(), Failure> {
    let works = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    if !works(Command::new(python).args(["-c", "import neuron"])) {
        let python = python.display();
        return Err(format!(
            "{python} has no NEURON: pip install neuron==9.0.2, or name another Python by --python"
        )
        .into());
    }
    if !works(Command::new("g++").arg("--version")) {
        return Err("NEURON needs a C++ compiler for NMODL files: install g++".into());
    }
    Ok(())
}

/// The `.mod` files of a folder and of the folders in it, in the order of their names.
fn collect(path: &Path, top: &Path, files: &mut Vec<File>) -> Result<(), Failure> {
    if path.is_dir() {
        let mut inside = std::fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>, std::io::Error>>()?;
        inside.sort();
        for entry in inside {
            if entry.is_dir() || apical::mechanism::is_mechanism(&entry) {
                collect(&entry, top, files)?;
            }
        }
        return Ok(());
    }
    let below: Vec<_> = path.strip_prefix(top)?.components().collect();
    let group = match below.as_slice() {
        [first, _, ..] => first.as_os_str().to_string_lossy().into_owned(),
        _ => top.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    files.push(File { path: path.to_owned(), group, key: key(path)? });
    Ok(())
}

/// A hash of the text, of what it includes, and of what makes the traces.
fn key(path: &Path) -> Result<String, Failure> {
    let mut hasher = DefaultHasher::new();
    let text = apical::mechanism::read(path)?;
    text.hash(&mut hasher);
    let folder = path.parent().unwrap_or(Path::new("."));
    for line in text.lines().filter_map(|l| l.trim_start().strip_prefix("INCLUDE")) {
        // What is not there is the compilers' to report.
        if let Ok(bytes) = std::fs::read(folder.join(line.trim().trim_matches('"'))) {
            bytes.hash(&mut hasher);
        }
    }
    for name in
        ["traces.py", "compare_leak.mod", "compare_ramp.mod", "compare_step.mod", "compare_target.mod"]
    {
        std::fs::read(script_folder().join(name))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn script_folder() -> PathBuf {
    root().join("xtask/neuron")
}

/// Where NEURON's traces of a file are kept.
fn kept_traces(file: &File, kept: &Path) -> PathBuf {
    kept.join(format!("{}.json", file.key))
}

/// Has NEURON run every text whose traces are not there yet.
fn trace(files: &[File], kept: &Path, python: &Path) -> Result<(), Failure> {
    let mut asked = HashSet::new();
    let jobs: Vec<_> = files
        .iter()
        .filter(|file| !kept_traces(file, kept).exists() && asked.insert(&file.key))
        .map(|file| serde_json::json!({ "file": file.path, "folder": file.group, "out": kept_traces(file, kept) }))
        .collect();
    if jobs.is_empty() {
        return Ok(());
    }
    let mut child =
        Command::new(python).arg(script_folder().join("traces.py")).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(serde_json::to_string(&jobs)?.as_bytes())?;
    }
    if !child.wait()?.success() {
        return Err("the script that runs NEURON failed".into());
    }
    Ok(())
}
