//! Tasks of the repository. `cargo xtask --help` lists them.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod ci;
mod mechanisms;
mod morphologies;
mod neuron;
mod peers;

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
    /// Makes `docs/mechanisms.md` anew, the reference of the built-in mechanisms.
    Mechanisms {
        /// Change nothing; fail when the document differs.
        #[arg(long)]
        check: bool,
    },
    /// Makes the cells of `morphologies/` anew.
    ///
    /// The same bytes on every machine: a test compares them with the committed files.
    Morphologies {
        /// Change nothing; fail when a file differs.
        #[arg(long)]
        check: bool,
    },
    /// Compares apical with NEURON on the same NMODL files and prints a table by folder.
    ///
    /// Needs Python with NEURON and a C++ compiler. What NEURON computes is kept in target/neuron and made anew when a file
    /// or the script changes; target/neuron/report.json holds every file with its largest differences.
    Neuron {
        /// NMODL files, or folders that are searched for them; the folders in a folder are told apart in the table.
        #[arg(default_value = "mechanisms")]
        paths: Vec<std::path::PathBuf>,
        /// The Python that has NEURON.
        #[arg(long, default_value = "python")]
        python: std::path::PathBuf,
    },
    /// Measures apical, NEURON, Arbor and Jaxley on the same workloads and prints a table.
    ///
    /// Makes a virtual environment in target/peers, which needs python3 and pip; W4 and W5 need a C++ compiler too. Exits with
    /// 1 when the physics disagrees.
    Peers {
        /// A workload; may be given several times.
        #[arg(long, value_parser = ["W1", "W2", "W3", "W4", "W5"], default_values = ["W1", "W2", "W4"])]
        workload: Vec<String>,
        /// How often each is run in each program, in turn.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
        repeats: u8,
        /// Threads, as many for all; each run is pinned to as many cores.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
        threads: u8,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Ci => ci::run(),
        Task::Mechanisms { check } => mechanisms::run(check),
        Task::Morphologies { check } => morphologies::run(check),
        Task::Neuron { paths, python } => neuron::run(&paths, &python),
        Task::Peers { workload, repeats, threads } => peers::run(&workload, repeats.into(), threads.into()),
    }
}

/// The root of the repository.
fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
