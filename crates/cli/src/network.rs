//! `apical network`, and `apical run` on a network's document.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use apical::lower::report::Report;
use apical::model::{Rates, Text};
use apical::network::Document;
use apical::output::{self, network::NetworkSummary};
use apical::{Error, ErrorKind, PreparedNetwork};
use clap::Subcommand;

use crate::Outcome;
use crate::drive::{self, Drive};
use crate::run::{Options, print_defaults};
use crate::say::count;

#[derive(Subcommand)]
pub enum Command {
    /// Tell what a network consists of and what its synapses do at rest, without running it.
    Describe {
        /// The network document, .toml or .json; docs/network.md describes it.
        network: PathBuf,
    },
}

/// Does what the command says.
pub fn command(command: &Command) -> Outcome {
    let Command::Describe { network } = command;
    let document = Document::load(network)?;
    let description = document.network.describe(document.base()).map_err(|e| document.locate(e))?;
    description.to_string().lines().for_each(|line| say!("{line}"));
    Ok(true)
}

/// Runs a network and writes its results.
pub fn run(text: Text, out: &Path, options: &Options) -> Outcome {
    let path = text.path().to_owned();
    let document = Document::read(text)?;
    let network = &document.network;
    output::prepare(out)?;
    let start = Instant::now();
    let locate = |e| document.locate(e);
    let prepared = PreparedNetwork::new(network, document.base()).map_err(locate)?;
    let needed = prepared.memory(drive::HELD).map_err(locate)?;
    tell!("about {} of memory", Memory(needed));
    if let Some(limit) = options.memory.filter(|limit| limit.0 < needed) {
        let message =
            format!("the run needs about {} of memory, more than the {limit} allowed", Memory(needed));
        let help = "make fewer cells or connections, or allow more by `--memory`";
        return Err(Error::new(ErrorKind::Model, message).help(help).in_file(path));
    }
    let mut simulation = prepared.simulation().map_err(locate)?;
    let threads = options.threads.map_or_else(cores, NonZeroUsize::get);
    tell!(
        "{}: {} in {}, {}, {}, set up in {:.0} ms",
        path.display(),
        count(network.cell_count(), "cell"),
        count(network.populations.len(), "population"),
        count(simulation.compartment_count(), "compartment"),
        count(simulation.connection_count(), "connection"),
        start.elapsed().as_secs_f64() * 1e3
    );
    tell!("{}", count(threads, "thread"));
    print_defaults(document.text(), &serde_json::json!({ "run": network.run }));
    if network.run.rates == Rates::Tabulated {
        let mut rates: Vec<String> = simulation.plan().iter().filter_map(Report::rates_in_words).collect();
        rates.dedup();
        rates.iter().for_each(|rates| tell!("rates: {rates}"));
    }

    let drive = Drive {
        out,
        run: network.run,
        threads,
        head: output::network::SPIKES_HEAD,
        labels: Some(output::network::labels(network)),
    };
    let driven = drive.go(&mut simulation, options.resume)?;
    let streamed = driven.stream.finish(!driven.finished && driven.failed.is_none())?;
    let summary = NetworkSummary::new(network, &simulation, &streamed, driven.wall, driven.steps);
    let mut files = summary.write(out)?;
    files.push(summary.draw(out, network)?);
    if let Some(error) = driven.failed {
        return Err(error.in_file(path));
    }
    if !driven.finished {
        let run = &network.run;
        drive::interrupted(&path, out, simulation.steps() as f64 * run.time_step, run.duration);
    }
    let wall = driven.wall;
    say!(
        "{} steps in {wall:.3} s, {:.1} ns per compartment and step",
        driven.steps,
        summary.ns_per_compartment_step
    );
    for p in &summary.populations {
        say!(
            "{}: {} of {}, {:.2} per second and cell; {} of {} cells spike",
            p.name,
            count(p.spikes, "spike"),
            count(p.cells, "cell"),
            p.rate_hz,
            p.active,
            p.cells
        );
    }
    for file in files {
        say!("wrote {}", file.display());
    }
    Ok(true)
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory(pub u64);

/// Units of memory, the smallest first.
const UNITS: [(&str, u64); 4] = [("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)];

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (unit, size) = UNITS.into_iter().rev().find(|(_, size)| self.0 >= *size).unwrap_or(UNITS[0]);
        let amount = self.0 as f64 / size as f64;
        write!(f, "{:.*} {unit}", usize::from(amount < 10.0 && size > 1), amount)
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
        let size =
            UNITS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).map(|(_, size)| size);
        match (number.trim().parse::<f64>(), size) {
            (Ok(number), Some(size)) if number > 0.0 && number.is_finite() => {
                Ok(Self((number * size as f64) as u64))
            }
            _ => Err("expected a number with B, kB, MB or GB, such as 4GB".to_owned()),
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
