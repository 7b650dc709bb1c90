//! Texts that nobody means: whatever they are, the compiler answers with a mechanism or a finding at a place of the text, after
//! an amount of work that has a limit, on a stack that has one too.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::cell::Cell;
use std::path::{Path, PathBuf};

use apical_nmodl::expression::Expression;
use apical_nmodl::{Diagnostic, compile, compile_with, decode, summary};

#[path = "hostile/cases.rs"]
mod cases;

/// Half of what a thread has usually.
const STACK: usize = 1 << 20;

/// Runs on a stack of its own, whose overflow would end all tests.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

/// A finding says something, and its place lies in the text.
fn check(finding: &Diagnostic, text: &str) {
    assert!(!finding.message.is_empty());
    if let Some(span) = finding.span {
        assert!(span.start <= span.end && span.end <= text.len(), "{finding:?} of {} bytes", text.len());
        assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{finding:?}");
    }
}

/// Compiles, checks every finding, and returns the first error's message.
fn first_message(text: &str) -> Option<String> {
    match compile(text) {
        Ok(mechanism) => {
            apical_nmodl::validate(&mechanism).unwrap();
            mechanism.warnings.iter().for_each(|warning| check(warning, text));
            None
        }
        Err(errors) => {
            errors.iter().for_each(|error| check(error, text));
            Some(errors[0].message.clone())
        }
    }
}

#[test]
fn every_hostile_text_is_answered() {
    for (name, text, expected) in cases::cases() {
        let found = on_a_small_stack(move || {
            summary(&text);
            first_message(&text)
        });
        match (&found, expected) {
            (None, None) => {}
            (Some(message), Some(part)) if message.contains(part) => {}
            _ => panic!("{name}: {found:?}, not {expected:?}"),
        }
    }
}

fn mechanism(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mechanisms").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A channel, a synapse with arguments, a scheme, a pool, something with a POINTER, an artificial cell.
const REAL: [&str; 6] =
    ["hh.mod", "TsodyksMarkram.mod", "Na_markov.mod", "CaDynamics_E2.mod", "dCaAP.mod", "LeakyFire.mod"];

#[test]
fn a_file_that_ends_anywhere_is_answered() {
    for name in REAL {
        let text = mechanism(name);
        assert_eq!(first_message(&text), None, "{name}");
        let mut refused = 0;
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            refused += usize::from(first_message(&text[..end]).is_some());
        }
        // What is left of most of them cannot be compiled.
        assert!(2 * refused > text.len(), "{name}: {refused} of {}", text.len());
    }
}

#[test]
fn a_file_with_a_foreign_byte_anywhere_is_answered() {
    for name in REAL {
        let bytes = mechanism(name).into_bytes();
        for (at, foreign) in (0..bytes.len()).step_by(5).zip(b"\x00\xff\"{}(\xc3~':\x80^,0=[".iter().cycle())
        {
            let mut changed = bytes.clone();
            changed[at] = *foreign;
            first_message(&decode(&changed));
            changed.remove(at);
            first_message(&decode(&changed));
        }
    }
}

#[test]
fn a_file_of_another_encoding_is_answered() {
    let text = mechanism("hh.mod");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(first_message(&decode(&wide)).is_some());
    let with_mark: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide).collect();
    assert!(first_message(&decode(&with_mark)).is_some());
    // Latin-1, and line ends of every system.
    let latin: Vec<u8> = text.bytes().chain(*b": \xb5m\r").collect();
    assert_eq!(first_message(&decode(&latin)), None);
    for end in ["\r\n", "\r", "\n\r"] {
        assert_eq!(first_message(&decode(text.replace('\n', end).as_bytes())), None, "{end:?}");
    }
}

#[test]
fn inclusion_has_an_end() {
    let text = "NEURON { SUFFIX x }\nINCLUDE \"a\"\n";
    let asked = Cell::new(0);
    let includes = |resolver: &dyn Fn(&str) -> Result<String, String>| {
        asked.set(0);
        let errors = compile_with(text, &|name| {
            asked.set(asked.get() + 1);
            resolver(name)
        })
        .unwrap_err();
        check(&errors[0], text);
        (errors[0].message.clone(), asked.get())
    };
    let (message, asked_for) = includes(&|name| Ok(format!("INCLUDE \"{name}\"")));
    assert!(message.contains("inclusions are nested more than 20 deep"), "{message}");
    assert_eq!(asked_for, 20);
    // Two files in each: a million of them.
    let (message, asked_for) = includes(&|name| Ok(format!("INCLUDE \"{name}a\" INCLUDE \"{name}b\"")));
    assert!(message.contains("inclusions are nested more than 20 deep"), "{message}");
    assert_eq!(asked_for, 20);
    let (message, asked_for) = includes(&|name| match name.len() {
        15.. => Ok(String::new()),
        _ => Ok(format!("INCLUDE \"{name}a\" INCLUDE \"{name}b\"")),
    });
    assert!(message.contains("more than 1000 inclusions"), "{message}");
    assert_eq!(asked_for, 1000);
    let (message, _) = includes(&|_| Ok("x".repeat(5 << 20)));
    assert!(message.contains("more than 4194304 bytes in all"), "{message}");
    let (message, _) = includes(&|_| Err("it is a folder".to_owned()));
    assert!(message.contains("cannot include `a`: it is a folder"), "{message}");
    let (message, _) = includes(&|_| Ok("INCLUDE".to_owned()));
    assert!(message.contains("INCLUDE without a file's name (in a, line 1, column 1)"), "{message}");
}

#[test]
fn a_text_beyond_all_measure_is_refused_unread() {
    let message = first_message(&" ".repeat((4 << 20) + 1)).unwrap();
    assert_eq!(message, "a text of 4194305 bytes");
}

#[test]
fn single_expressions_have_the_same_limits() {
    let refused = |text: String| {
        on_a_small_stack(move || Expression::parse(&text, &["x"]).map(|_| ()).unwrap_err().message)
    };
    assert!(refused("(".repeat(100_000)).contains("nested more than 60 deep"));
    assert!(refused("-".repeat(100_000)).contains("nested more than 60 deep"));
    assert!(refused("x+".repeat(100_000)).contains("a statement of more than 200 operators"));
    assert!(refused("exp(".repeat(100_000)).contains("nested more than 60 deep"));
    assert!(refused(String::new()).contains("expected an expression"));
    assert!(refused("1e999".to_owned()).contains("the number `1e999` is too large"));
    let longest = format!("{}x", "x*".repeat(200));
    let value = on_a_small_stack(move || Expression::parse(&longest, &["x"]).unwrap().evaluate(&[1.0]));
    assert_eq!(value, 1.0);
}

#[test]
fn findings_have_an_end_too() {
    let text = format!(
        "NEURON {{ SUFFIX x RANGE a }} ASSIGNED {{ v a }} INITIAL {{ {} }}",
        "a = -v^2 + 1/3 ".repeat(2000)
    );
    let warnings = compile(&text).unwrap().warnings;
    assert_eq!(warnings.len(), 1001);
    assert_eq!(warnings[1000].message, "there are more warnings than these 1000");
    let hooks = "BEFORE STEP { q = 1 } ".repeat(2000);
    assert!(compile(&format!("NEURON {{ SUFFIX x }} {hooks}")).unwrap_err().len() <= 100);
}

#[test]
fn every_file_of_the_folder_is_shown_with_its_findings() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../mechanisms");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        // Without its first brace, with all lines in one: whatever is found can be rendered.
        for broken in [text.replacen('}', "", 1), text.replace('\n', " "), text.replace(' ', "\u{3000}")] {
            match compile(&broken) {
                Ok(mechanism) => mechanism.warnings,
                Err(errors) => errors,
            }
            .iter()
            .for_each(|finding| assert!(finding.render("x.mod", &broken).contains(&finding.message)));
        }
    }
}
