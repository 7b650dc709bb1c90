//! `apical morphology`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use apical::morphology::swc::{RootPolicy, SomaGap, SomataPolicy, SwcOptions};
use apical::{Error, ErrorKind, Morphology, plot};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::say::count;

/// What to do with morphologies.
#[derive(Subcommand)]
pub enum Command {
    /// Read files and say what is in them, or what is wrong with them.
    Check {
        /// SWC files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        reading: Reading,
        /// Print a JSON list.
        #[arg(long)]
        json: bool,
    },
    /// Draw a cell as SVG.
    Plot {
        /// SWC file.
        file: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// SVG file to write.
        #[arg(short, long, value_parser = svg_file)]
        out: PathBuf,
    },
}

/// How SWC files are read where that is a choice; as the keys of `cell.swc` in a model document.
#[derive(Args)]
pub struct Reading {
    /// From a soma sample to a neurite's first: wire, cylinder or cone.
    #[arg(long, value_parser = named::<SomaGap>, default_value = "wire")]
    gap: SomaGap,
    /// Raise radii below this one, µm; without it a radius of zero is refused.
    #[arg(long, allow_negative_numbers = true)]
    smallest_radius: Option<f64>,
    /// A second sample without a parent: refuse, keep or join-soma.
    #[arg(long, value_parser = named::<RootPolicy>, default_value = "refuse")]
    roots: RootPolicy,
    /// Soma samples that do not hang together: refuse or keep.
    #[arg(long, value_parser = named::<SomataPolicy>, default_value = "refuse")]
    somata: SomataPolicy,
    /// Micrometres in one unit of the file; 0.001 for nanometres.
    #[arg(long, allow_negative_numbers = true)]
    scale: Option<f64>,
}

impl Reading {
    fn options(&self) -> SwcOptions {
        SwcOptions {
            gap: self.gap,
            smallest_radius: self.smallest_radius,
            roots: self.roots,
            somata: self.somata,
            scale: self.scale,
            ..SwcOptions::default()
        }
    }
}

/// A choice by the name it has in a model document.
fn named<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

fn svg_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("svg") => Ok(path),
        _ => Err("figures are SVG: expected a name that ends in .svg".to_owned()),
    }
}

#[derive(Serialize)]
struct Report {
    file: String,
    ok: bool,
    kind: &'static str,
    name: String,
    diagnostics: Vec<String>,
    sections: usize,
    tips: usize,
    branch_points: usize,
    length_um: f64,
    area_um2: f64,
    length_by_type_um: BTreeMap<i32, f64>,
}

/// Runs the command; false when a file cannot be read.
pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Check { files, reading, json } => check(files, &reading.options(), *json),
        Command::Plot { file, reading, out } => {
            let cell = Morphology::load_with(file, &reading.options())?;
            let name = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            std::fs::write(out, plot::morphology(&cell, &name)).map_err(|e| {
                Error::new(ErrorKind::Io, format!("cannot write `{}`: {e}", out.display())).in_file(out)
            })?;
            say!("wrote {}", out.display());
            Ok(true)
        }
    }
}

fn check(files: &[PathBuf], options: &SwcOptions, json: bool) -> Outcome {
    let mut reports = Vec::new();
    for file in files {
        let name = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let mut report = Report {
            file: file.display().to_string(),
            ok: false,
            kind: "morphology",
            name,
            diagnostics: Vec::new(),
            sections: 0,
            tips: 0,
            branch_points: 0,
            length_um: 0.0,
            area_um2: 0.0,
            length_by_type_um: BTreeMap::new(),
        };
        match Morphology::load_with(file, options) {
            Ok(cell) => {
                report.ok = true;
                report.sections = cell.sections.len();
                report.tips = cell.tips();
                report.branch_points = cell.branch_points();
                report.length_um = cell.total_length();
                report.area_um2 = cell.total_area();
                report.length_by_type_um = cell.length_by_tag();
                report.diagnostics = cell.repairs;
            }
            Err(error) => report.diagnostics.push(error.to_string()),
        }
        if !json {
            print(&report);
        }
        reports.push(report);
    }
    let failed = reports.iter().filter(|r| !r.ok).count();
    if json {
        say!("{}", serde_json::to_string_pretty(&reports).unwrap_or_default());
    } else {
        say!("{} read, {failed} refused", reports.len() - failed);
    }
    Ok(failed == 0)
}

fn print(report: &Report) {
    if !report.ok {
        report.diagnostics.iter().for_each(|d| tell!("{d}"));
        return;
    }
    let kind = |tag: &i32| match tag {
        1 => "soma".to_owned(),
        2 => "axon".to_owned(),
        3 => "dendrite".to_owned(),
        4 => "apical".to_owned(),
        other => format!("type {other}"),
    };
    let lengths: Vec<String> =
        report.length_by_type_um.iter().map(|(tag, length)| format!("{} {length:.1}", kind(tag))).collect();
    say!(
        "{}: {}, {}, {}, {:.1} µm ({}), {:.1} µm²",
        report.file,
        count(report.sections, "section"),
        count(report.tips, "tip"),
        count(report.branch_points, "branch point"),
        report.length_um,
        lengths.join(", "),
        report.area_um2
    );
    report.diagnostics.iter().for_each(|d| say!("  {d}"));
}
