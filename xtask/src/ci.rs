//! `cargo xtask ci`: the commands that a change must pass, one after the other.

use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::root;

/// Runs everything; stops at the first failure.
pub fn run() -> ExitCode {
    let out = std::env::temp_dir().join(format!("apical-examples-{}", std::process::id()));
    let mut commands: Vec<Vec<String>> = [
        "fmt --all --check",
        "clippy --workspace --all-targets -- -D warnings",
        "doc --workspace --no-deps",
        "test --workspace",
        "run --package apical-cli -- selftest",
    ]
    .iter()
    .map(|line| line.split(' ').map(str::to_owned).collect())
    .collect();
    for name in examples() {
        let folder = out.join(&name).display().to_string();
        let line = ["run", "--example", &name, "--", "--fast", "--out", &folder];
        commands.push(line.iter().map(|&s| s.to_owned()).collect());
    }
    let mut times = Vec::new();
    for arguments in &commands {
        let line = format!("cargo {}", arguments.join(" "));
        println!("\n== {line}");
        let start = Instant::now();
        let status = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(root())
            .env("RUSTDOCFLAGS", "-D warnings")
            .status();
        match status {
            Ok(status) if status.success() => times.push((line, start.elapsed())),
            Ok(status) => {
                eprintln!("failed: {line}");
                return ExitCode::from(status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1));
            }
            Err(error) => {
                eprintln!("cannot run {line}: {error}");
                return ExitCode::from(2);
            }
        }
    }
    // The examples' figures were made to see that they can be; a folder that is already gone is no fault.
    let _ = std::fs::remove_dir_all(out);
    println!("\nall passed");
    for (line, time) in times {
        println!("{:8.1} s  {line}", time.as_secs_f64());
    }
    ExitCode::SUCCESS
}

fn examples() -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(root().join("examples")) else { return Vec::new() };
    let mut names: Vec<String> = folder
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_example = path.extension().is_some_and(|e| e == "rs") || path.join("main.rs").exists();
            is_example.then(|| path.file_stem().map(|s| s.to_string_lossy().into_owned()))?
        })
        .collect();
    names.sort();
    names
}
