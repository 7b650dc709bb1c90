//! Lines to standard output and standard error that outlive their readers: `apical … | head` is no fault.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Prints a line that programs may read.
macro_rules! say {
    ($($part:tt)*) => { $crate::say::out(format_args!($($part)*)) };
}

/// Prints a message for people.
macro_rules! tell {
    ($($part:tt)*) => { $crate::say::message(format_args!($($part)*)) };
}

/// A number of things: `1 spike`, `2 spikes`.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// A line to standard output. When nobody reads any more the command ends; what cannot be written for another reason is a fault.
pub fn out(line: Arguments) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        message(format_args!("error: cannot write to standard output: {error}"));
        std::process::exit(1);
    }
}

/// A line to standard error. When that cannot be written there is nobody to tell.
pub fn message(line: Arguments) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
