//! `cargo xtask peers`: apical, NEURON, Arbor and Jaxley on the workloads of `apical bench`, one after the other in turn.
//!
//! In come names of workloads; `definitions.py` says what they are and writes the drive of the networks, `run_*.py` run one
//! workload in one peer, `apical bench` in apical. Out goes a table in Markdown, and whether the physics agrees. Everything
//! that is made lies in `target/peers`: the virtual environment, compiled mechanisms, drive.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde::Deserialize;

use crate::root;

mod report;

/// Why nothing could be measured.
type Failure = Box<dyn std::error::Error>;

/// A program that runs workloads.
struct Peer {
    /// Name in the table.
    name: &'static str,
    /// The script; none for apical.
    script: Option<&'static str>,
    /// The script's last argument.
    variant: &'static str,
    /// The workloads that it runs.
    workloads: &'static [&'static str],
    /// What pip installs.
    package: Option<&'static str>,
    /// Compiles mechanisms for it, and the workloads that need them.
    compile: Option<(Compile, &'static [&'static str])>,
}

/// Makes mechanisms in a folder with the programs of another, or says why not.
type Compile = fn(&Path, &Path) -> Result<(), String>;

const ALL: &[&str] = &["W1", "W2", "W3", "W4", "W5"];

/// Those whose events and wiring `definitions.py` writes.
const DRIVEN: [&str; 2] = ["W3", "W5"];

const PEERS: [Peer; 6] = [
    Peer { name: "apical", script: None, variant: "exact", workloads: ALL, package: None, compile: None },
    Peer {
        name: "apical, tables of rates",
        script: None,
        variant: "tabulated",
        workloads: &["W2", "W4"],
        package: None,
        compile: None,
    },
    Peer {
        name: "NEURON 9.0.2",
        script: Some("run_neuron.py"),
        variant: "exact",
        workloads: ALL,
        package: Some("neuron==9.0.2"),
        compile: Some((compile_neuron, &["W4", "W5"])),
    },
    Peer {
        name: "NEURON 9.0.2, tables of rates",
        script: Some("run_neuron.py"),
        variant: "tables",
        workloads: &["W2"],
        package: Some("neuron==9.0.2"),
        compile: None,
    },
    Peer {
        name: "Arbor 0.12.2",
        script: Some("run_arbor.py"),
        variant: "",
        workloads: ALL,
        package: Some("arbor==0.12.2"),
        compile: Some((compile_arbor, &["W5"])),
    },
    Peer {
        name: "Jaxley 0.14.0",
        script: Some("run_jaxley.py"),
        variant: "",
        // Its Hodgkin–Huxley channel does not fire as the others' under W2's clamp: other equations are no comparison.
        workloads: &["W1"],
        package: Some("jaxley==0.14.0"),
        compile: None,
    },
];

/// The built-in mechanisms that NEURON compiles for W4.
const LAYER5_MECHANISMS: [&str; 11] = [
    "Nap_Et2",
    "NaTa_t",
    "K_Pst",
    "K_Tst",
    "SKv3_1",
    "SK_E2",
    "Ca_HVA",
    "Ca_LVAst",
    "Im",
    "Ih",
    "CaDynamics_E2",
];

/// The built-in mechanism that is W5's excitatory synapse.
const SYNAPSE: &str = "ExpAMPANMDA.mod";

/// What one run gives.
#[derive(Deserialize)]
struct Run {
    /// Nanoseconds per compartment and step.
    #[serde(alias = "ns_per_comp_step")]
    ns: f64,
    spikes: usize,
    /// ms.
    last_spike: Option<f64>,
    /// mV.
    v_final: f64,
}

/// The runs of a peer on a workload, or why there are none.
struct Row {
    workload: String,
    peer: &'static str,
    runs: Result<Vec<Run>, String>,
}

/// Measures; fails when the physics disagrees.
pub fn run(workloads: &[String], repeats: usize, threads: usize) -> ExitCode {
    match try_run(workloads, repeats, threads) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn try_run(workloads: &[String], repeats: usize, threads: usize) -> Result<bool, Failure> {
    let folder = std::path::absolute(root().join("target/peers"))?;
    std::fs::create_dir_all(&folder)?;
    let bin = folder.join("venv/bin");
    if !bin.join("python").exists() {
        check(&mut quiet("python3", &["-m", "venv"], &[&folder.join("venv")]))?;
    }
    let wanted = |name: &str| workloads.iter().any(|w| w == name);
    check(
        Command::new(env!("CARGO"))
            .args(["build", "--release", "--package", "apical-cli"])
            .current_dir(root()),
    )?;
    // A peer that is missing is a line in the table; the others go on.
    let absent: Vec<Option<String>> = PEERS
        .iter()
        .map(|peer| {
            let package = peer.package.filter(|_| peer.workloads.iter().any(|w| wanted(w)))?;
            eprintln!("{package}");
            check(&mut quiet(bin.join("pip"), &["install", "--quiet", package, "numpy"], &[])).err()
        })
        .collect();
    let uncompiled: Vec<Option<String>> = PEERS
        .iter()
        .zip(&absent)
        .map(|(peer, absent)| {
            let (compile, _) =
                peer.compile.filter(|(_, ws)| absent.is_none() && ws.iter().any(|w| wanted(w)))?;
            compile(&folder, &bin).err().map(|why| format!("skipped: {why}"))
        })
        .collect();
    if DRIVEN.iter().any(|name| wanted(name)) {
        check(&mut quiet(bin.join("python"), &[], &[&scripts().join("definitions.py"), &folder]))?;
    }

    let pinned = check(&mut quiet("taskset", &["--version"], &[])).is_ok();
    let mut rows = Vec::new();
    for workload in workloads {
        let first = rows.len();
        for ((peer, absent), uncompiled) in PEERS.iter().zip(&absent).zip(&uncompiled) {
            if !peer.workloads.contains(&workload.as_str()) {
                continue;
            }
            let needed = peer.compile.is_some_and(|(_, ws)| ws.contains(&workload.as_str()));
            let why = match (absent, uncompiled) {
                (Some(why), _) => Some(format!("not installed: {why}")),
                (None, Some(why)) if needed => Some(why.clone()),
                _ => None,
            };
            let runs = why.map_or_else(|| Ok(Vec::new()), Err);
            rows.push(Row { workload: workload.clone(), peer: peer.name, runs });
        }
        for repeat in 1..=repeats {
            for row in &mut rows[first..] {
                let Ok(runs) = &mut row.runs else { continue };
                let Some(peer) = PEERS.iter().find(|p| p.name == row.peer) else { continue };
                match measure(peer, workload, threads, pinned, &folder) {
                    Ok(run) => {
                        eprintln!("{workload}, {repeat} of {repeats}, {}: {:.2} ns", peer.name, run.ns);
                        runs.push(run);
                    }
                    Err(why) => row.runs = Err(why),
                }
            }
        }
    }
    let (table, agrees) = report::table(&rows, threads, pinned);
    print!("{table}");
    Ok(agrees)
}

/// One run, on as many cores as threads where it can be pinned.
fn measure(peer: &Peer, workload: &str, threads: usize, pinned: bool, folder: &Path) -> Result<Run, String> {
    let threads_text = threads.to_string();
    let mut line: Vec<String> = Vec::new();
    if pinned {
        line.extend(["taskset".into(), "-c".into(), format!("0-{}", threads - 1)]);
    }
    match peer.script {
        Some(script) => {
            line.push(folder.join("venv/bin/python").display().to_string());
            line.push(scripts().join(script).display().to_string());
            line.extend(
                [workload, &threads_text, &folder.display().to_string(), peer.variant].map(str::to_owned),
            );
        }
        None => {
            line.push(root().join("target/release/apical").display().to_string());
            line.extend(
                [
                    "bench",
                    workload,
                    "--json",
                    "--repeats",
                    "1",
                    "--threads",
                    &threads_text,
                    "--rates",
                    peer.variant,
                ]
                .map(str::to_owned),
            );
            if DRIVEN.contains(&workload) {
                let drive = folder.join(format!("{workload}.npz")).display().to_string();
                line.extend(["--drive".to_owned(), drive]);
            }
        }
    }
    // Elsewhere than where mechanisms were compiled: there NEURON would load them of its own accord.
    let text = check(Command::new(&line[0]).args(&line[1..]).current_dir(folder).stderr(Stdio::piped()))?;
    let parsed = match peer.script {
        Some(_) => serde_json::from_str(text.lines().last().unwrap_or_default()).map(|run| vec![run]),
        None => serde_json::from_str::<Vec<Run>>(&text),
    };
    parsed.map_err(|e| e.to_string())?.pop().ok_or_else(|| "no measurement".to_owned())
}

/// The built-in mechanisms of W4 and W5's synapse, by nrnivmodl; the processor's own instructions and inexact arithmetic,
/// NEURON's best figure.
fn compile_neuron(folder: &Path, bin: &Path) -> Result<(), String> {
    let mechanisms = folder.join("mechanisms");
    let made = || -> std::io::Result<()> {
        std::fs::create_dir_all(&mechanisms)?;
        for name in LAYER5_MECHANISMS.map(|n| format!("{n}.mod")).iter().map(String::as_str).chain([SYNAPSE])
        {
            std::fs::copy(root().join("mechanisms").join(name), mechanisms.join(name))?;
        }
        Ok(())
    };
    made().map_err(|e| e.to_string())?;
    let arguments = ["-incflags", "-O3 -march=native -ffast-math", "."];
    with_compiler(quiet(bin.join("nrnivmodl"), &arguments, &[]).current_dir(&mechanisms), bin)
}

/// W5's synapse, by arbor-build-catalogue; W4's mechanisms are in a catalogue of Arbor's own (`bbp`).
fn compile_arbor(folder: &Path, bin: &Path) -> Result<(), String> {
    let made = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder.join("arbor"))?;
        let text = std::fs::read_to_string(root().join("mechanisms").join(SYNAPSE))?;
        // Arbor knows v and i and wants them undeclared.
        let (head, rest) = text.split_once("ASSIGNED").unwrap_or((&text, "}"));
        let (_, tail) = rest.split_once('}').unwrap_or_default();
        std::fs::write(folder.join("arbor").join(SYNAPSE), format!("{head}{tail}"))
    };
    made().map_err(|e| e.to_string())?;
    check(&mut quiet(bin.join("pip"), &["install", "--quiet", "cmake==3.31.6"], &[]))?;
    with_compiler(quiet(bin.join("arbor-build-catalogue"), &["peers", "arbor"], &[]).current_dir(folder), bin)
}

fn with_compiler(command: &mut Command, bin: &Path) -> Result<(), String> {
    check(&mut quiet("g++", &["--version"], &[])).map_err(|_| "needs a C++ compiler, g++".to_owned())?;
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    check(command.env("PATH", path)).map(|_| ())
}

fn scripts() -> PathBuf {
    root().join("xtask/src/peers")
}

fn quiet(program: impl AsRef<std::ffi::OsStr>, words: &[&str], paths: &[&Path]) -> Command {
    let mut command = Command::new(program);
    command.args(words).args(paths).stderr(Stdio::piped());
    command
}

/// What a command prints; its last line of complaint when it fails.
fn check(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdout(Stdio::piped()).output().map_err(|e| format!("cannot run {name}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("no message");
    Err(format!("{name}: {last}"))
}
