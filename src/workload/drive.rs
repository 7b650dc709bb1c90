//! What the networks among the workloads get from outside: wiring and events, from a file or from streams of our own.
//!
//! In comes a `.npz` file that the peers are measured with too, or nothing; out go sources, delays and times.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use apical_kernels::random;
use npyz::npz::NpzArchive;

use crate::error::{Error, ErrorKind, Result};

/// Times of each train, ms.
pub type Trains = Vec<Vec<f64>>;

/// Who drives the synapses of a kind, cell by synapse, and how late, ms.
#[derive(Clone, Debug, PartialEq)]
pub struct Sources {
    pub cells: Vec<u32>,
    pub delays: Vec<f64>,
}

/// The wiring of a recurrent network and its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Wiring {
    pub excitatory: Sources,
    pub inhibitory: Sources,
    /// Cell by synapse.
    pub trains: Trains,
}

/// The shape of a recurrent network.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The excitatory cells come first.
    pub cells: u32,
    pub excitatory: u32,
    /// Synapses of each cell, and so many of the excitatory ones get events from outside.
    pub excitation: u32,
    pub inhibition: u32,
    pub trains: u32,
    /// Events of a train per second.
    pub rate: f64,
    /// ms.
    pub duration: f64,
}

/// Delays of a recurrent network, ms.
const DELAYS: [f64; 2] = [1.0, 5.0];

/// Poisson trains on the grid of time steps, from 1 ms on.
pub fn poisson(count: u32, rate: f64, stop: f64, step: f64) -> Trains {
    let train = |number: u32| {
        let times = (0..).scan(1.0, |time, draw| {
            *time += 1000.0 / rate * random::exponential(1, [number, 0], draw);
            Some(*time)
        });
        times.take_while(|&time| time < stop).map(|time| (time / step).round() * step).collect()
    };
    (0..count).map(train).collect()
}

impl Wiring {
    /// Sources drawn uniformly, delays too, on the grid of time steps.
    pub fn draw(shape: Shape, step: f64) -> Self {
        let sources = |stream: u32, each: u32, from: std::ops::Range<u32>| {
            let count = u64::from(shape.cells * each);
            let drawn = |what: u32, number| random::uniform(5, [stream, what], number);
            let [low, high] = DELAYS;
            Sources {
                cells: (0..count)
                    .map(|k| from.start + (drawn(0, k) * f64::from(from.end - from.start)) as u32)
                    .collect(),
                delays: (0..count)
                    .map(|k| ((low + (high - low) * drawn(1, k)) / step).round() * step)
                    .collect(),
            }
        };
        Self {
            excitatory: sources(0, shape.excitation, 0..shape.excitatory),
            inhibitory: sources(1, shape.inhibition, shape.excitatory..shape.cells),
            trains: poisson(shape.cells * shape.trains, shape.rate, shape.duration - 5.0, step),
        }
    }

    /// From a `.npz` file with `es`, `is_` (sources), `ed`, `id_` (delays) and what [`trains`] reads.
    pub fn read(path: &Path, shape: Shape) -> Result<Self> {
        let mut archive = Archive::open(path)?;
        let mut sources = |cells: &str, delays: &str, each: u32| {
            let count = (shape.cells * each) as usize;
            let numbers: Vec<i64> = archive.array(cells, Some(count))?;
            let delays: Vec<f64> = archive.array(delays, Some(count))?;
            let number =
                |&n: &i64| match u32::try_from(n) {
                    Ok(number) if number < shape.cells => Ok(number),
                    _ => Err(archive
                        .fault(&format!("`{cells}` holds {n}, which is none of {} cells", shape.cells))),
                };
            let cells = numbers.iter().map(number).collect::<Result<_>>()?;
            Ok(Sources { cells, delays })
        };
        let excitatory = sources("es", "ed", shape.excitation)?;
        let inhibitory = sources("is_", "id_", shape.inhibition)?;
        let trains = archive.trains(Some((shape.cells * shape.trains) as usize))?;
        Ok(Self { excitatory, inhibitory, trains })
    }
}

/// Trains from a `.npz` file: `times`, those of all trains one after the other, ms, and `counts`, how many each has.
pub fn trains(path: &Path) -> Result<Trains> {
    Archive::open(path)?.trains(None)
}

struct Archive<'a> {
    path: &'a Path,
    arrays: NpzArchive<BufReader<File>>,
}

impl<'a> Archive<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let fault = |what: std::io::Error| fault(path, &what.to_string());
        let arrays = NpzArchive::new(BufReader::new(File::open(path).map_err(fault)?)).map_err(fault)?;
        Ok(Self { path, arrays })
    }

    fn fault(&self, what: &str) -> Error {
        fault(self.path, what)
    }

    /// The numbers of an array, row by row; so many, where that is known.
    fn array<T: npyz::Deserialize>(&mut self, name: &str, count: Option<usize>) -> Result<Vec<T>> {
        let path = self.path;
        let array = self.arrays.by_name(name).map_err(|e| fault(path, &e.to_string()))?;
        let array = array.ok_or_else(|| fault(path, &format!("there is no array `{name}`")))?;
        let numbers: Vec<T> = array.into_vec().map_err(|e| fault(path, &format!("`{name}`: {e}")))?;
        match count {
            Some(count) if count != numbers.len() => {
                Err(self.fault(&format!("`{name}` has {} numbers, not {count}", numbers.len())))
            }
            _ => Ok(numbers),
        }
    }

    fn trains(&mut self, count: Option<usize>) -> Result<Trains> {
        let times: Vec<f64> = self.array("times", None)?;
        let counts: Vec<i64> = self.array("counts", count)?;
        let disagree = || self.fault("`counts` and `times` do not agree");
        let mut rest = times.as_slice();
        let mut trains = Vec::with_capacity(counts.len());
        for count in counts {
            let count = usize::try_from(count).ok().filter(|&count| count <= rest.len());
            let (own, others) = rest.split_at(count.ok_or_else(disagree)?);
            trains.push(own.to_vec());
            rest = others;
        }
        if rest.is_empty() { Ok(trains) } else { Err(disagree()) }
    }
}

fn fault(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Io, format!("no drive in `{}`: {what}", path.display()))
}
