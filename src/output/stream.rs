//! Results on disk while a run goes on, so that memory does not grow with it and nothing is lost when it stops.
//!
//! In come results taken out of a run piece by piece. Spikes are appended to `spikes.csv` in the order of time, samples to `samples.partial`,
//! row by row; `traces.npz`, which holds trace by trace, is made of that in the end. Where a run is interrupted a snapshot lies beside
//! them (`snapshot.bin`), and a stream goes on from there: the files are then those of a run that never stopped.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{TraceSummary, cannot, write_arrays, written};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Results, Spikes, Statistics, Trace};

/// Name of the file that an interrupted run leaves.
pub const SNAPSHOT: &str = "snapshot.bin";
/// Bytes of traces that are in memory at once when `traces.npz` is made.
const AT_ONCE: u64 = 64 << 20;

/// Files that grow with a run.
#[derive(Debug)]
pub struct Stream {
    folder: PathBuf,
    spikes: BufWriter<File>,
    rows: BufWriter<File>,
    /// What stands before the time of a spike, for each detector.
    labels: Vec<String>,
    /// Names and units, without values.
    traces: Vec<Trace>,
    samples: u64,
    statistics: Vec<Statistics>,
    /// Spikes that others of the same time may still come before.
    held: Vec<(f64, usize)>,
    counts: Vec<u64>,
    /// ms.
    time_step: f64,
}

impl Stream {
    /// Begins files in a folder made ready by [`prepare`](super::prepare). `shape` has the traces and detectors of the run, `head` names the
    /// columns of `spikes.csv`, and each label is what stands before a detector's times there.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn create(
        folder: &Path,
        shape: &Results,
        head: &str,
        labels: Vec<String>,
        time_step: f64,
    ) -> Result<Self> {
        let create = |name: &str| {
            let path = folder.join(name);
            let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
            file.map(BufWriter::new).map_err(|e| cannot(&path, &e))
        };
        let (mut spikes, rows) = (create("spikes.csv")?, create(PARTIAL)?);
        writeln!(spikes, "{head}").map_err(|e| cannot(&folder.join("spikes.csv"), &e))?;
        Ok(Self::with(folder, spikes, rows, shape, labels, time_step))
    }

    fn with(
        folder: &Path,
        spikes: BufWriter<File>,
        rows: BufWriter<File>,
        shape: &Results,
        labels: Vec<String>,
        time_step: f64,
    ) -> Self {
        let empty = |trace: &Trace| Trace { values: Vec::new(), ..trace.clone() };
        Self {
            folder: folder.to_owned(),
            spikes,
            rows,
            counts: vec![0; labels.len()],
            labels,
            traces: shape.traces.iter().map(empty).collect(),
            samples: 0,
            statistics: shape.statistics.clone(),
            held: Vec::new(),
            time_step,
        }
    }

    /// Goes on with the files of a run that was interrupted after so many samples and ms. What stands in them beyond that is dropped.
    ///
    /// # Errors
    /// Files that are missing, or are those of another run.
    pub fn go_on(
        folder: &Path,
        shape: &Results,
        labels: Vec<String>,
        time_step: f64,
        samples: u64,
        time: f64,
    ) -> Result<Self> {
        let open = |name: &str| {
            let path = folder.join(name);
            OpenOptions::new().read(true).write(true).open(&path).map_err(|e| {
                Error::new(
                    ErrorKind::Io,
                    format!("no interrupted run to go on with: `{}`: {e}", path.display()),
                )
            })
        };
        let (spikes, mut rows) = (open("spikes.csv")?, open(PARTIAL)?);
        let other = || {
            let message = format!("the files in `{}` are not those of this run", folder.display());
            Error::new(ErrorKind::Io, message).help("run without `--resume` to begin anew")
        };
        let length = samples * (shape.traces.len() as u64 + 1) * 8;
        let partial = folder.join(PARTIAL);
        if rows.metadata().map_err(|e| cannot(&partial, &e))?.len() < length {
            return Err(other());
        }
        rows.set_len(length).and_then(|()| rows.seek(SeekFrom::End(0))).map_err(|e| cannot(&partial, &e))?;
        let mut stream =
            Self::with(folder, BufWriter::new(spikes), BufWriter::new(rows), shape, labels, time_step);
        stream.samples = samples;
        let path = folder.join("spikes.csv");
        let numbers: HashMap<String, usize> =
            stream.labels.iter().enumerate().map(|(k, label)| (label.clone(), k)).collect();
        let reader = BufReader::new(File::open(&path).map_err(|e| cannot(&path, &e))?);
        let mut end = 0;
        for (number, line) in reader.split(b'\n').enumerate() {
            let line = line.map_err(|e| cannot(&path, &e))?;
            let whole = line.len() as u64 + 1;
            if number > 0 {
                let line = std::str::from_utf8(&line).map_err(|_| other())?;
                let (label, spike) = line.rsplit_once(',').ok_or_else(other)?;
                let spike: f64 = spike.parse().map_err(|_| other())?;
                if spike > time + 0.25 * time_step {
                    break;
                }
                let &detector = numbers.get(label).ok_or_else(other)?;
                if spike > time - HELD * time_step {
                    stream.held.push((spike, detector));
                    continue;
                }
                stream.counts[detector] += 1;
            }
            end += whole;
        }
        let spikes = stream.spikes.get_mut();
        spikes.set_len(end).and_then(|()| spikes.seek(SeekFrom::End(0))).map_err(|e| cannot(&path, &e))?;
        Ok(stream)
    }

    /// Appends what a run recorded up to a time, ms.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn append(&mut self, results: &Results, until: f64) -> Result<()> {
        for (k, time) in results.time.iter().enumerate() {
            let row = std::iter::once(*time).chain(results.traces.iter().map(|trace| trace.values[k]));
            for number in row {
                self.rows
                    .write_all(&number.to_le_bytes())
                    .map_err(|e| cannot(&self.folder.join(PARTIAL), &e))?;
            }
        }
        self.samples += results.time.len() as u64;
        self.statistics.clone_from(&results.statistics);
        let spikes = results.spikes.iter().enumerate();
        self.held.extend(spikes.flat_map(|(detector, s)| s.times.iter().map(move |&time| (time, detector))));
        self.write_spikes(until - HELD * self.time_step)
    }

    /// Writes held spikes up to a time.
    fn write_spikes(&mut self, until: f64) -> Result<()> {
        self.held.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let count = self.held.partition_point(|spike| spike.0 <= until);
        for (time, detector) in self.held.drain(..count) {
            self.counts[detector] += 1;
            writeln!(self.spikes, "{},{}", self.labels[detector], written(time))
                .map_err(|e| cannot(&self.folder.join("spikes.csv"), &e))?;
        }
        Ok(())
    }

    /// Writes all that is held back and makes `traces.npz`. What is needed to go on stays when `keep`.
    ///
    /// # Errors
    /// A file that cannot be written or read.
    pub fn finish(mut self, keep: bool) -> Result<Streamed> {
        self.write_spikes(f64::INFINITY)?;
        let partial = self.folder.join(PARTIAL);
        self.spikes.flush().map_err(|e| cannot(&self.folder.join("spikes.csv"), &e))?;
        self.rows.flush().map_err(|e| cannot(&partial, &e))?;
        let columns = self.traces.len() + 1;
        let at_once = (AT_ONCE / (8 * self.samples.max(1))).clamp(1, columns as u64) as usize;
        let names: Vec<String> =
            std::iter::once("t".to_owned()).chain(self.traces.iter().map(|t| t.name.clone())).collect();
        let mut summaries = Vec::new();
        let chunks = (0..columns).step_by(at_once).map(|first| {
            let last = (first + at_once).min(columns);
            let values = read_columns(&partial, columns, first..last, self.samples)?;
            for (column, values) in (first..last).zip(&values) {
                if let Some(trace) = column.checked_sub(1).map(|k| &self.traces[k]) {
                    summaries.push(TraceSummary::new(&trace.name, &trace.unit, values));
                }
            }
            Ok(names[first..last].iter().cloned().zip(values).collect::<Vec<_>>())
        });
        write_arrays(&self.folder.join("traces.npz"), chunks)?;
        let (counts, statistics) = (std::mem::take(&mut self.counts), std::mem::take(&mut self.statistics));
        self.close(keep)?;
        Ok(Streamed { traces: summaries, counts, statistics })
    }

    /// Leaves the files to others; what is needed to go on stays when `keep`.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn close(self, keep: bool) -> Result<()> {
        for path in [PARTIAL, SNAPSHOT].map(|name| self.folder.join(name)) {
            if !keep && path.exists() {
                fs::remove_file(&path).map_err(|e| cannot(&path, &e))?;
            }
        }
        Ok(())
    }

    /// Everything that was appended so far, in memory.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn results(&mut self) -> Result<Results> {
        let (partial, path) = (self.folder.join(PARTIAL), self.folder.join("spikes.csv"));
        self.spikes.flush().map_err(|e| cannot(&path, &e))?;
        self.rows.flush().map_err(|e| cannot(&partial, &e))?;
        let columns = self.traces.len() + 1;
        let mut values = read_columns(&partial, columns, 0..columns, self.samples)?.into_iter();
        let time = values.next().unwrap_or_default();
        let traces = self.traces.iter().zip(values).map(|(trace, values)| Trace { values, ..trace.clone() });
        let name = |label: &String| Spikes { detector: label.clone(), times: Vec::new() };
        let mut spikes: Vec<Spikes> = self.labels.iter().map(name).collect();
        let numbers: HashMap<&str, usize> = self.labels.iter().map(String::as_str).zip(0..).collect();
        let text = fs::read_to_string(&path).map_err(|e| cannot(&path, &e))?;
        let lines = text.lines().skip(1).filter_map(|line| {
            let (label, time) = line.rsplit_once(',')?;
            Some((*numbers.get(label)?, time.parse().ok()?))
        });
        let mut all: Vec<(usize, f64)> = lines.collect();
        all.extend(self.held.iter().map(|&(time, detector)| (detector, time)));
        for (detector, time) in all {
            spikes[detector].times.push(time);
        }
        Ok(Results { time, traces: traces.collect(), spikes, statistics: self.statistics.clone() })
    }
}

/// What a finished stream held, in short.
#[derive(Clone, Debug)]
pub struct Streamed {
    /// Of each trace.
    pub traces: Vec<TraceSummary>,
    /// Spikes of each detector.
    pub counts: Vec<u64>,
    /// Of quantities without a trace.
    pub statistics: Vec<Statistics>,
}

/// Samples, row by row: the time, then all traces.
const PARTIAL: &str = "samples.partial";

/// Spikes of the last half step may come after those of the step's end: events arrive up to its middle. With room for rounding.
const HELD: f64 = 0.75;

/// Some columns of the rows of a file.
fn read_columns(
    path: &Path,
    columns: usize,
    wanted: std::ops::Range<usize>,
    samples: u64,
) -> Result<Vec<Vec<f64>>> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(|e| cannot(path, &e))?);
    let mut values = vec![Vec::with_capacity(samples as usize); wanted.len()];
    let mut row = vec![0_u8; 8 * columns];
    for _ in 0..samples {
        reader.read_exact(&mut row).map_err(|e| cannot(path, &e))?;
        for (values, bytes) in values.iter_mut().zip(row[8 * wanted.start..8 * wanted.end].chunks_exact(8)) {
            values.push(bytes.try_into().map_or(f64::NAN, f64::from_le_bytes));
        }
    }
    Ok(values)
}
