//! Tasks of the repository. `cargo xtask --help` lists them.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod ci;
mod morphologies;

/// Tasks of the apical repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything a change must pass: formatting, lints, documentation, all tests, the self-test, the examples.
    ///
    /// Stops at the first command that fails and exits with its status. Needs a Rust toolchain and nothing else.
    Ci,
    /// Makes the cells of `morphologies/` anew.
    ///
    /// The same bytes on every machine: a test compares them with the committed files.
    Morphologies {
        /// Change nothing; fail when a file differs.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Ci => ci::run(),
        Task::Morphologies { check } => morphologies::run(check),
    }
}

/// The root of the repository.
fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
