//! The command as a user meets it: exit status, what goes where, and what is left behind.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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
    for default in [
        "run.time_step = 0.025 ms",
        "run.scheme = \"backward-euler\"",
        "cell.compartments = { fraction = 0.1, frequency = 100, rule = \"d-lambda\" }",
        "run.sample_interval = \"every step\"",
    ] {
        assert!(stderr(&output).contains(default), "{default} is in force: {}", stderr(&output));
    }
    assert!(stdout(&output).contains("soma: 1 spike at"));

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
    for arguments in [
        ["mechanism", "check"].as_slice(),
        &["bench", "W9"],
        &["bench", "W1", "--repeats", "0"],
        &["bench", "W1", "--threads", "0"],
        &["run", "models/layer5_pyramidal.toml", "--threads", "0"],
        &["morphology", "plot", "morphologies/purkinje.swc", "-o", "purkinje.png"],
    ] {
        assert_eq!(apical(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(stdout(&apical(&["--version"])), concat!("apical ", env!("CARGO_PKG_VERSION"), "\n"));
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
fn where_results_cannot_be_written_nothing_is_run() {
    let folder = folder("unwritable");
    let model = folder.join("model.toml");
    // Hours of work, were it begun.
    std::fs::write(&model, MODEL.replace("duration = 10", "duration = 1e9\nsample_interval = 1e6")).unwrap();
    let file = folder.join("file");
    std::fs::write(&file, "").unwrap();
    let occupied = folder.join("occupied");
    std::fs::create_dir_all(occupied.join("traces.npz")).unwrap();
    for out in [file.clone(), file.join("below"), occupied] {
        let output = apical(&["run", model.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        assert!(said.contains("cannot write") && said.contains(out.to_str().unwrap()), "{said}");
    }
}

#[test]
fn names_with_commas_stay_one_field_and_titles_stay_xml() {
    let folder = folder("names");
    let model = folder.join("model.toml");
    let text = MODEL.replace("[[detect]]\nname = \"soma\"", "[[detect]]\nname = 'so,\"ma\"'");
    std::fs::write(&model, text.replace("One spike", "a < b & \\u0007 \\uFFFF")).unwrap();
    let out = folder.join("results");
    let output = apical(&["run", model.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let spikes = std::fs::read_to_string(out.join("spikes.csv")).unwrap();
    assert!(spikes.lines().nth(1).unwrap().starts_with("\"so,\"\"ma\"\"\","), "{spikes}");
    let figure = std::fs::read_to_string(out.join("plot.svg")).unwrap();
    assert!(figure.contains("a &lt; b &amp;"));
    assert!(!figure.contains(['\u{7}', '\u{ffff}']));
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    let mut child = Command::new(APICAL)
        .args(["morphology", "check"])
        .args(["morphologies/purkinje.swc"; 20])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn files_in_another_unit_and_with_gaps_are_read_as_told() {
    let folder = folder("reading");
    let file = folder.join("fly.swc");
    let text = "1 1 0 0 0 1533 -1\n2 3 3000 0 0 132 1\n3 3 6000 0 0 0 2\n4 3 9000 0 0 155 3\n5 3 9000 900 0 155 4\n\
                6 3 9000 990 0 99 5\n";
    std::fs::write(&file, text).unwrap();
    let check = |options: &[&str]| {
        apical(&[&["morphology", "check", "--json", file.to_str().unwrap()], options].concat())
    };
    let diagnostic = |output: &Output| {
        let report: serde_json::Value = serde_json::from_str(&stdout(output)).unwrap();
        report[0]["diagnostics"][0].as_str().unwrap().to_owned()
    };
    let refused = check(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(diagnostic(&refused).contains("`smallest_radius`"), "{}", diagnostic(&refused));
    let refused = check(&["--smallest-radius", "0.05"]);
    assert!(diagnostic(&refused).contains("`scale`"), "{}", diagnostic(&refused));
    let refused = check(&["--smallest-radius", "-1"]);
    assert!(diagnostic(&refused).contains("must be a positive number"), "{}", diagnostic(&refused));
    let read = check(&["--smallest-radius", "0.05", "--scale", "0.001"]);
    assert_eq!(read.status.code(), Some(0), "{}", stdout(&read));
    let report: serde_json::Value = serde_json::from_str(&stdout(&read)).unwrap();
    // Soma 2 · 1.533 µm, neurite 6.99 µm.
    assert!((report[0]["length_um"].as_f64().unwrap() - (3.066 + 6.99)).abs() < 1e-9, "{report}");
    assert_eq!(check(&["--gap", "fog"]).status.code(), Some(2));
    let cone = check(&["--smallest-radius", "0.05", "--scale", "0.001", "--gap", "cone"]);
    let report: serde_json::Value = serde_json::from_str(&stdout(&cone)).unwrap();
    assert!((report[0]["length_um"].as_f64().unwrap() - (3.066 + 9.99)).abs() < 1e-9, "{report}");
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

/// Writes files into a fresh folder.
fn files(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = folder(name);
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

const LEAK: &str = "NEURON { SUFFIX leak NONSPECIFIC_CURRENT i }
PARAMETER { g = 0.001 (S/cm2) }
ASSIGNED { v (mV) i (mA/cm2) }
BREAKPOINT { i = g*(v + 70) }
";

/// With a conductance that is no density.
const DOUBTFUL: &str = "NEURON { SUFFIX doubtful NONSPECIFIC_CURRENT i }
PARAMETER { g = 0.001 (S) }
ASSIGNED { v (mV) i (mA/cm2) }
BREAKPOINT { i = g*(v + 70) }
";

const BROKEN: &str = "NEURON { SUFFIX broken }\nBREAKPOINT { x = 1 + }\n";

fn json(arguments: &[&str]) -> (Option<i32>, serde_json::Value) {
    let output = apical(arguments);
    (output.status.code(), serde_json::from_str(&stdout(&output)).unwrap())
}

#[test]
fn the_built_in_mechanisms_pass_their_check() {
    let output = apical(&["mechanism", "check", "--strict-units", "mechanisms"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains(" compiled, 0 refused, 0 warnings, "), "{}", stdout(&output));
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
}

#[test]
fn findings_are_shown_with_carets_and_summed_up() {
    let folder =
        files("carets", &[("broken.mod", BROKEN), ("doubtful.mod", DOUBTFUL), ("deep/leak.MOD", LEAK)]);
    let output = apical(&["mechanism", "check", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let (summary, shown) = (stdout(&output), stderr(&output));
    assert!(
        summary.starts_with("2 compiled, 1 refused, 1 warning, ") && summary.ends_with(" s\n"),
        "{summary}"
    );
    assert_eq!(summary.lines().count(), 1);
    let broken = shown.find("broken.mod:2:22").unwrap();
    let doubtful =
        shown.find("warning[unit-mismatch]: `i` is in `mA/cm2`, but gets a value in `mA`").unwrap();
    assert!(broken < doubtful, "in the order of the files: {shown}");
    assert!(
        shown.contains("4 | BREAKPOINT { i = g*(v + 70) }\n  |                  ^^^^^^^^^^ this is in `mA`"),
        "{shown}"
    );
}

#[test]
fn findings_are_a_list_for_programs() {
    let folder = files("list", &[("broken.mod", BROKEN), ("doubtful.mod", DOUBTFUL), ("leak.mod", LEAK)]);
    let (status, report) = json(&["mechanism", "check", "--json", folder.to_str().unwrap()]);
    assert_eq!(status, Some(1));
    let of = |key: &str| report.as_array().unwrap().iter().map(|r| r[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("ok"), [false, true, true]);
    assert_eq!(of("name"), ["broken", "doubtful", "leak"]);
    assert_eq!(of("kind"), ["density", "density", "density"]);
    assert!(report[2]["file"].as_str().unwrap().ends_with("leak.mod"));
    assert_eq!(report[2]["diagnostics"], serde_json::json!([]));
    assert_eq!(
        report[2]["constructs"],
        serde_json::json!(["ASSIGNED", "BREAKPOINT", "NEURON", "NONSPECIFIC_CURRENT", "PARAMETER", "SUFFIX"])
    );
    assert_eq!(report[0]["diagnostics"][0]["severity"], "error");
    assert_eq!(report[0]["diagnostics"][0]["line"], 2);
    let warning = report[1]["diagnostics"][0].as_object().unwrap();
    assert_eq!(warning.keys().collect::<Vec<_>>(), ["code", "column", "help", "line", "message", "severity"]);
    assert_eq!(warning["severity"], "warning");
    assert_eq!(warning["code"], "unit-mismatch");
    assert_eq!((warning["line"].as_u64(), warning["column"].as_u64()), (Some(4), Some(18)));
    assert!(!warning["help"].as_str().unwrap().is_empty());
}

#[test]
fn strict_units_refuse_what_is_otherwise_warned_of() {
    let folder = files("strict", &[("doubtful.mod", DOUBTFUL), ("leak.mod", LEAK)]);
    let folder = folder.to_str().unwrap();
    let (status, report) = json(&["mechanism", "check", "--json", folder]);
    assert_eq!((status, &report[0]["ok"]), (Some(0), &serde_json::json!(true)));
    let (status, report) = json(&["mechanism", "check", "--json", "--strict-units", folder]);
    assert_eq!((status, &report[0]["ok"]), (Some(1), &serde_json::json!(false)));
    assert_eq!(report[0]["diagnostics"][0]["severity"], "error");
    assert_eq!(report[1]["ok"], true);
}

#[test]
fn what_cannot_be_read_is_one_finding_and_the_rest_is_checked() {
    let folder = files("unreadable", &[("leak.mod", LEAK), ("empty/readme.txt", "no mechanism")]);
    let (leak, empty) = (folder.join("leak.mod"), folder.join("empty"));
    let arguments =
        ["mechanism", "check", "--json", "nowhere.mod", empty.to_str().unwrap(), leak.to_str().unwrap()];
    let (status, report) = json(&arguments);
    assert_eq!(status, Some(1));
    for (index, why) in [(0, "cannot read `nowhere.mod`"), (1, "no .mod file in this folder")] {
        assert_eq!(report[index]["ok"], false);
        assert_eq!(report[index]["diagnostics"][0]["code"], "unreadable");
        let message = report[index]["diagnostics"][0]["message"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
    }
    assert_eq!(report[2]["ok"], true);
}

#[test]
fn many_files_are_reported_in_their_order() {
    let names: Vec<String> = (100..200).map(|number| format!("leak{number}.mod")).collect();
    let written: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), LEAK)).collect();
    let folder = files("many", &written);
    let (status, report) = json(&["mechanism", "check", "--json", folder.to_str().unwrap()]);
    assert_eq!(status, Some(0));
    let reported: Vec<&str> =
        report.as_array().unwrap().iter().map(|r| r["file"].as_str().unwrap()).collect();
    assert_eq!(reported.len(), names.len());
    for (reported, name) in reported.iter().zip(&names) {
        assert!(reported.ends_with(name.as_str()), "{reported} in the place of {name}");
    }
}

#[test]
fn help_for_mechanisms_shows_an_example_and_the_exit_status() {
    let help = stdout(&apical(&["mechanism", "check", "--help"]));
    for word in ["--strict-units", "--json", "apical mechanism check channels/kv.mod", "Exit status: 0"] {
        assert!(help.contains(word), "{word} is missing in {help}");
    }
}

#[test]
fn a_network_leaves_traces_spikes_and_a_summary() {
    let out = folder("network");
    let arguments = ["run", "models/balanced_network.toml", "--threads", "2", "--out", out.to_str().unwrap()];
    let output = apical(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for told in ["100 cells in 2 populations", "2 threads", " of memory", "run.initial_voltage = -65 mV"] {
        assert!(stderr(&output).contains(told), "{told}: {}", stderr(&output));
    }
    let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let spikes = std::fs::read_to_string(out.join("spikes.csv")).unwrap();
    let mut lines = spikes.lines();
    assert_eq!(lines.next(), Some("population,cell,time_ms"));
    let (mut last, mut counts) = ((0.0, "excitatory", 0), [0_u64; 2]);
    for line in lines {
        let [name, cell, time]: [&str; 3] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let here = (time.parse::<f64>().unwrap(), name, cell.parse::<u32>().unwrap());
        assert!(here >= last && (0.0..=500.0).contains(&here.0), "{line}");
        counts[usize::from(name == "inhibitory")] += 1;
        last = here;
    }
    for (population, count) in counts.into_iter().enumerate() {
        assert_eq!(summary["populations"][population]["spikes"].as_u64(), Some(count));
    }
    let mut archive = npyz::npz::NpzArchive::open(out.join("traces.npz")).unwrap();
    let trace = archive.by_name("excitatory[1].v@soma(0.5)").unwrap().unwrap();
    assert_eq!(trace.shape(), [20_001]);
}

#[test]
fn a_network_beyond_the_memory_allowed_is_refused_before_it_is_made() {
    let out = folder("network_memory");
    let arguments =
        ["run", "models/balanced_network.toml", "--memory", "0.5 MB", "--out", out.to_str().unwrap()];
    let output = apical(&arguments);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("the run needs about 1.4 MB of memory, more than the 500 kB allowed"), "{text}");
    for wrong in ["4 parsecs", "-1GB", "GB"] {
        let output = apical(&["run", "models/balanced_network.toml", "--memory", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_network_is_described_without_being_run() {
    let output = apical(&["network", "describe", "models/balanced_network.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("100 cells, 200 compartments, "), "{text}");
    assert!(text.contains("inhibits: reverses -15.0 mV from the rest, -65 mV"), "{text}");
    let cell = apical(&["network", "describe", "models/layer5_pyramidal.toml"]);
    assert_eq!(cell.status.code(), Some(1));
}

#[test]
fn one_cell_runs_on_one_thread() {
    let output = apical(&["run", "models/layer5_pyramidal.toml", "--threads", "2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is one cell, which runs on one thread"));
}
