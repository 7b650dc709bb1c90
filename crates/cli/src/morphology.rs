//! `apical morphology`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use apical::{Error, ErrorKind, Morphology, plot};
use clap::Subcommand;
use serde::Serialize;

use crate::Outcome;

/// What to do with morphologies.
#[derive(Subcommand)]
pub enum Command {
    /// Read files and say what is in them, or what is wrong with them.
    Check {
        /// SWC files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print a JSON list.
        #[arg(long)]
        json: bool,
    },
    /// Draw a cell as SVG.
    Plot {
        /// SWC file.
        file: PathBuf,
        /// SVG file to write.
        #[arg(short, long)]
        out: PathBuf,
    },
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
        Command::Check { files, json } => check(files, *json),
        Command::Plot { file, out } => {
            let cell = Morphology::load(file)?;
            let name = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            std::fs::write(out, plot::morphology(&cell, &name)).map_err(|e| {
                Error::new(ErrorKind::Io, format!("cannot write `{}`: {e}", out.display())).in_file(out)
            })?;
            println!("wrote {}", out.display());
            Ok(true)
        }
    }
}

fn check(files: &[PathBuf], json: bool) -> Outcome {
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
        match Morphology::load(file) {
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
        println!("{}", serde_json::to_string_pretty(&reports).unwrap_or_default());
    } else {
        println!("{} read, {failed} refused", reports.len() - failed);
    }
    Ok(failed == 0)
}

fn print(report: &Report) {
    if !report.ok {
        report.diagnostics.iter().for_each(|d| eprintln!("{d}"));
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
    println!(
        "{}: {} sections, {} tips, {} branch points, {:.1} µm ({}), {:.1} µm²",
        report.file,
        report.sections,
        report.tips,
        report.branch_points,
        report.length_um,
        lengths.join(", "),
        report.area_um2
    );
    report.diagnostics.iter().for_each(|d| println!("  {d}"));
}
