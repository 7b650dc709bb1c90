//! What the examples have in common: their arguments, and the folder that their files go to.

#![allow(dead_code, reason = "an example may leave a part of this unused")]

use std::error::Error;
use std::fs;
use std::path::PathBuf;

/// What an example does when something is wrong: the message, and a status that is not 0.
pub type Outcome = Result<(), Box<dyn Error>>;

/// What an example is asked for.
pub struct Options {
    /// A small version, in seconds.
    pub fast: bool,
    /// Where files go.
    pub out: PathBuf,
    /// Of everything random.
    pub seed: u64,
}

impl Options {
    /// Reads the command line of the example of this name. `--help` says what it is for and ends it; so do words that mean nothing.
    pub fn read(name: &str, about: &str) -> Self {
        let mut options = Self { fast: false, out: PathBuf::from("out").join(name), seed: 1 };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let outcome = match word.as_str() {
                "--fast" => {
                    options.fast = true;
                    Ok(())
                }
                "--out" => {
                    words.next().map(|folder| options.out = folder.into()).ok_or("--out needs a folder")
                }
                "--seed" => match words.next().map(|seed| seed.parse()) {
                    Some(Ok(seed)) => {
                        options.seed = seed;
                        Ok(())
                    }
                    _ => Err("--seed needs a whole number"),
                },
                "--help" | "-h" => {
                    println!("{about}\n");
                    println!("cargo run --release --example {name} -- [--fast] [--out DIR] [--seed N]\n");
                    println!("  --fast      a small version, in seconds");
                    println!("  --out DIR   where files go (out/{name})");
                    println!("  --seed N    of everything random (1)");
                    std::process::exit(0);
                }
                _ => Err("it is none of --fast, --out DIR, --seed N, --help"),
            };
            if let Err(why) = outcome {
                eprintln!("`{word}`: {why}");
                std::process::exit(2);
            }
        }
        options
    }

    /// Writes a file into the folder and says so.
    pub fn write(&self, file: &str, text: &str) -> Outcome {
        let path = self.out.join(file);
        let written = fs::create_dir_all(&self.out).and_then(|()| fs::write(&path, text));
        written.map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        println!("wrote {}", path.display());
        Ok(())
    }
}
