//! The command as a user meets it: exit status, what goes where, and what is left behind.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const APICAL: &str = env!("CARGO_BIN_EXE_apical");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs the command in the repository's root.
fn apical(arguments: &[&str]) -> Output {
    Command::new(APICAL).args(arguments).current_dir(root()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

const MODEL: &str = r#"
version = 1
title = "One spike"
[[cell.section]]
name = "soma"
length = 20
diameter = 20
[[cell.paint]]
region = "all"
mechanism = "hh"
[[cell.place]]
name = "clamp"
at = "soma(0.5)"
mechanism = "IClamp"
parameters = { del = 1, dur = 1, amp = 0.5 }
[[detect]]
name = "soma"
at = "soma(0.5)"
threshold = 0
[[record]]
what = "v"
at = "soma(0.5)"
[run]
duration = 10
"#;

#[test]
fn run_leaves_traces_spikes_summary_and_figure() {
    let folder = folder("run");
    let model = folder.join("one_spike.toml");
    std::fs::write(&model, MODEL).unwrap();
    let out = folder.join("results");
    let output = apical(&["run", model.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("run.time_step = 0.025 ms"), "defaults in force are printed");
    assert!(stdout(&output).contains("soma: 1 spikes at"));

    let archive = npyz::npz::NpzArchive::open(out.join("traces.npz"));
    let mut archive = archive.unwrap();
    let read = |archive: &mut npyz::npz::NpzArchive<_>, name: &str| -> Vec<f64> {
        archive.by_name(name).unwrap().unwrap().into_vec().unwrap()
    };
    let time = read(&mut archive, "t");
    let voltage = read(&mut archive, "v@soma(0.5)");
    assert_eq!((time.len(), voltage.len()), (401, 401));
    assert!((time[400] - 10.0).abs() < 1e-9);
    let peak = voltage.iter().copied().fold(f64::MIN, f64::max);
    assert!(peak > 30.0, "the peak is {peak} mV");

    let spikes = std::fs::read_to_string(out.join("spikes.csv")).unwrap();
    assert_eq!(spikes.lines().count(), 2, "{spikes}");
    let summary: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["spikes"][0]["count"], 1);
    assert_eq!(summary["run"]["seed"], 1);
    let figure = std::fs::read_to_string(out.join("plot.svg")).unwrap();
    assert!(figure.contains("One spike") && figure.contains("mV") && figure.contains("ms"));
}

#[test]
fn a_fault_in_a_model_is_told_with_its_line_and_status_1() {
    let folder = folder("fault");
    let model = folder.join("fault.toml");
    std::fs::write(&model, MODEL.replace("\"hh\"", "\"hhx\"")).unwrap();
    let output = apical(&["run", model.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).is_empty(), "nothing was computed");
    let said = stderr(&output);
    assert!(said.contains("fault.toml:10:13") && said.contains("did you mean `hh`?"), "{said}");
}

#[test]
fn files_that_are_not_there_are_named() {
    for arguments in [
        ["run", "nowhere.toml"].as_slice(),
        &["morphology", "check", "nowhere.swc"],
        &["morphology", "plot", "nowhere.swc", "-o", "x.svg"],
        &["mechanism", "check", "nowhere.mod"],
    ] {
        let output = apical(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("nowhere"), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn wrong_use_has_status_2_and_a_hint() {
    let output = apical(&["rum", "models/layer5_pyramidal.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("'run'"));
    assert_eq!(apical(&["mechanism", "check"]).status.code(), Some(2));
}

#[test]
fn help_teaches_every_command() {
    let help = stdout(&apical(&["--help"]));
    for command in ["run", "selftest", "morphology", "mechanism", "bench", "Examples:"] {
        assert!(help.contains(command), "{command} is missing in {help}");
    }
    assert!(stdout(&apical(&["run", "--help"])).contains("docs/model.md"));
}

#[test]
fn morphologies_are_checked_and_drawn() {
    let output = apical(&["morphology", "check", "--json", "morphologies/purkinje.swc"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report[0]["ok"], true);
    assert!(report[0]["length_um"].as_f64().unwrap() > 1000.0);
    let figure = folder("plot").join("purkinje.svg");
    let output = apical(&["morphology", "plot", "morphologies/purkinje.swc", "-o", figure.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(std::fs::read_to_string(figure).unwrap().contains("µm"));
}

#[test]
fn the_built_in_mechanisms_pass_their_check_and_a_broken_one_does_not() {
    let output = apical(&["mechanism", "check", "mechanisms"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let broken = folder("broken").join("broken.mod");
    std::fs::write(&broken, "NEURON { SUFFIX broken }\nBREAKPOINT { x = 1 + }\n").unwrap();
    let output = apical(&["mechanism", "check", "--json", broken.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report[0]["ok"], false);
    assert_eq!(report[0]["name"], "broken");
    assert_eq!(report[0]["diagnostics"][0]["line"], 2);
}
