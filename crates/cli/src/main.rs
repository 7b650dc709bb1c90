//! The `apical` command: run models, look at morphologies and mechanisms, validate, benchmark.
//!
//! Results that programs read go to standard output, messages to standard error. Exit status: 0 done, 1 the check or run found a
//! fault, 2 wrong use, 130 a run was interrupted.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use apical::model::Rates;
use apical::workload::WORKLOADS;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Parser, Subcommand, ValueEnum};

#[macro_use]
mod say;

mod bench;
mod drive;
mod mechanism;
mod morphology;
mod network;
mod run;
mod running;
mod selftest;

const EXAMPLES: &str = "\
Examples:
  apical run models/layer5_pyramidal.toml
  apical run models/balanced_network.toml --threads 2
  apical network describe models/balanced_network.toml
  apical morphology plot morphologies/purkinje.swc -o purkinje.svg
  apical mechanism check mechanisms
  apical selftest";

/// Neurons with dendrites: from a morphology file and NMODL channels to voltages and spikes.
#[derive(Parser)]
#[command(name = "apical", version, about, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a model or network document and leave traces, spikes, a summary and a figure.
    ///
    /// Writes traces.npz, spikes.csv, summary.json and plot.svg. The document is TOML or JSON; docs/model.md describes
    /// that of a cell, docs/network.md that of a network.
    Run {
        /// The document, .toml or .json.
        model: PathBuf,
        /// Folder for the results; out/NAME when not given, with NAME that of the document.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Worker threads of a network, all cores when not given. One cell runs on one.
        #[arg(long)]
        threads: Option<NonZeroUsize>,
        /// What a network may take, such as 4GB; one that needs more is refused before it is made.
        #[arg(long, value_name = "LIMIT")]
        memory: Option<network::Memory>,
        /// Go on with a run that Ctrl-C ended, from the files in its folder. The document must be the same.
        #[arg(long)]
        resume: bool,
    },
    /// Run the validation cases: exact answers, Rallpacks, Hodgkin-Huxley figures.
    Selftest {
        /// Print a JSON list of {name, value, limit, pass}.
        #[arg(long)]
        json: bool,
    },
    /// Check or draw morphology files.
    #[command(subcommand)]
    Morphology(morphology::Command),
    /// Look at network documents.
    #[command(subcommand)]
    Network(network::Command),
    /// Check NMODL files.
    #[command(subcommand)]
    Mechanism(mechanism::Command),
    /// Measure the time per compartment and step of the standard workloads.
    ///
    /// Times stepping only, set-up apart; five repeats, the median counts.
    Bench {
        /// Which workload; all when not given.
        #[arg(value_parser = PossibleValuesParser::new(WORKLOADS.map(|(name, what)| PossibleValue::new(name).help(what))))]
        workload: Option<String>,
        /// Print a JSON list.
        #[arg(long)]
        json: bool,
        /// Worker threads of a network; one cell runs on one.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
        threads: u16,
        /// The events of a network (W3), a .npz file with arrays `times` and `counts`, instead of its own.
        #[arg(long, value_name = "FILE", requires = "workload")]
        drive: Option<PathBuf>,
        /// Print what a step consists of: regions, kernels, operations, bytes.
        #[arg(long, conflicts_with = "json")]
        explain: bool,
        /// How often each workload is run.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
        repeats: u32,
        /// How rates are computed.
        #[arg(long, value_enum, default_value_t = RatesArgument::Exact)]
        rates: RatesArgument,
    },
}

/// `run.rates` of a document.
#[derive(Clone, Copy, ValueEnum)]
enum RatesArgument {
    /// As the mechanisms' text says.
    Exact,
    /// From tables whose relative error is bounded.
    Tabulated,
}

/// What a command has to say at its end: whether it found a fault.
pub type Outcome = apical::Result<bool>;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run { model, out, threads, memory, resume } => {
            run::run(&model, &run::Options { out, threads, memory, resume })
        }
        Command::Network(command) => network::command(&command),
        Command::Selftest { json } => selftest::run(json),
        Command::Morphology(command) => morphology::run(&command),
        Command::Mechanism(command) => mechanism::run(&command),
        Command::Bench { workload, json, threads, drive, explain, repeats, rates } => {
            bench::run(&bench::Options {
                workload: workload.as_deref(),
                json,
                explain,
                repeats,
                threads: threads.into(),
                drive: drive.as_deref(),
                rates: match rates {
                    RatesArgument::Exact => Rates::Exact,
                    RatesArgument::Tabulated => Rates::Tabulated,
                },
            })
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tell!("{error}");
            ExitCode::FAILURE
        }
    }
}
