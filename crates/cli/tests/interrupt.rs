//! Ctrl-C in the middle of a run, and what goes on from there.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const APICAL: &str = env!("CARGO_BIN_EXE_apical");
const FILES: [&str; 2] = ["spikes.csv", "traces.npz"];

/// A document of the repository made to last longer, in a folder of its own; the document and the folder.
fn document(name: &str, model: &str, duration: &str, longer: &str) -> (PathBuf, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let text = fs::read_to_string(root.join("models").join(model)).unwrap();
    assert!(text.contains(duration), "{model} has another duration");
    let morphologies = root.join("morphologies").canonicalize().unwrap();
    let text = text.replace(duration, longer).replace("../morphologies", &morphologies.display().to_string());
    let path = folder.join(model);
    fs::write(&path, text).unwrap();
    (path, folder)
}

/// Starts a run, interrupts it when its samples fill a file so far, and returns its status and complaint.
fn interrupt(path: &Path, out: &Path, after: u64, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(APICAL);
    command.arg("run").arg(path).arg("--out").arg(out).args(more);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let samples = out.join("samples.partial");
    let start = Instant::now();
    while fs::metadata(&samples).map_or(0, |m| m.len()) < after {
        assert!(start.elapsed() < Duration::from_secs(120), "the run does not get on");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn run(path: &Path, out: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(APICAL);
    let output = command.arg("run").arg(path).arg("--out").arg(out).args(more).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn goes_on(path: &Path, folder: &Path, after: u64, more: &[&str]) {
    let (whole, parts) = (folder.join("whole"), folder.join("parts"));
    assert_eq!(run(path, &whole, more).0, Some(0));
    let (status, complaint) = interrupt(path, &parts, after, more);
    assert_eq!(status, Some(130), "{complaint}");
    assert!(complaint.contains("interrupted at") && complaint.contains("--resume"), "{complaint}");
    assert!(parts.join("summary.json").exists() && parts.join("traces.npz").exists());
    // What came after the snapshot, had the process been killed later, does not count.
    let mut spikes = fs::OpenOptions::new().append(true).open(parts.join("spikes.csv")).unwrap();
    let last = fs::read_to_string(parts.join("spikes.csv")).unwrap().lines().last().unwrap().to_owned();
    let label = last.rsplit_once(',').unwrap().0.to_owned();
    std::io::Write::write_all(&mut spikes, format!("{label},1e6\n").as_bytes()).unwrap();

    let mut resumed = more.to_vec();
    resumed.push("--resume");
    let (status, complaint) = run(path, &parts, &resumed);
    assert_eq!(status, Some(0), "{complaint}");
    for file in FILES {
        let [one, other] = [&whole, &parts].map(|folder| fs::read(folder.join(file)).unwrap());
        assert!(one == other, "{file} differs");
    }
    assert!(!parts.join("snapshot.bin").exists() && !parts.join("samples.partial").exists());
    let (status, complaint) = run(path, &parts, &resumed);
    assert_eq!(status, Some(1));
    assert!(complaint.contains("no interrupted run to go on with"), "{complaint}");
}

#[test]
fn an_interrupted_network_goes_on_to_the_same_files() {
    let (path, folder) = document("network", "balanced_network.toml", "duration = 500", "duration = 6000");
    goes_on(&path, &folder, 400_000, &["--threads", "2"]);
}

#[test]
fn an_interrupted_cell_goes_on_to_the_same_files() {
    let (path, folder) = document("cell", "layer5_pyramidal.toml", "duration = 900", "duration = 5000");
    goes_on(&path, &folder, 50_000, &[]);
}
