//! The linter: each finding as it is shown, and what must not be found. The expected texts stand in `snapshots`.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::fmt::Write as _;
use std::path::Path;

use apical_nmodl::{Diagnostic, compile};

/// A channel without fault; a case changes one thing of it.
const CHANNEL: &str = "NEURON {
    SUFFIX channel
    USEION k READ ek WRITE ik
    RANGE gbar, g
}
UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}
PARAMETER {
    gbar = 0.001 (S/cm2)
    half = -30 (mV)
    slope = 7 (mV)
}
STATE { n }
ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    ninf
    tau
    list[4]
}
INITIAL {
    rates(v)
    n = ninf
    FROM i = 0 TO 3 { list[i] = i }
}
BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*n*list[2]
    ik = g*(v - ek)
}
DERIVATIVE gates {
    rates(v)
    n' = (ninf - n)/tau
}
PROCEDURE rates(v (mV)) {
    LOCAL x
    x = (v - half)/slope
    ninf = 1/(1 + exp(-x))
    tau = 5
}
";

/// Name of the case, what is replaced, by what.
const CHANGES: &[(&str, &str, &str)] = &[
    ("a rate that is 0/0", "tau = 5", "tau = 0.1*(v + 40)/(1 - exp(-(v + 40)/10))"),
    ("a rate that is 0/0 at a parameter", "tau = 5", "tau = 0.1*(v - half)/(exp((v - half)/slope) - 1)"),
    ("a rate that is 0/0 by a LOCAL", "tau = 5", "tau = x/(exp(x) - 1)"),
    ("a rate that is 0/0 in hidden ways", "tau = 5", "{ LOCAL y y = exp(x) tau = x/(1 - y) }"),
    (
        "a guard at another place",
        "tau = 5",
        "if (v == -41) { tau = 1 } else { tau = (v + 40)/(exp((v + 40)/10) - 1) }",
    ),
    ("a parameter that nothing uses", "half = -30 (mV)", "half = -30 (mV)\n    halt = 3"),
    ("a variable that is read and not assigned", "tau = 5", "{}"),
    ("a LOCAL that is read and not assigned", "x = (v - half)/slope", "{}"),
    ("a state without an equation", "STATE { n }", "STATE { n s }"),
    ("a state that INITIAL alone sets", "n' = (ninf - n)/tau", "tau = tau*n"),
    ("a block that is never solved", "SOLVE gates METHOD cnexp", ""),
    ("a GLOBAL that is computed", "RANGE gbar, g", "RANGE gbar, g\n    GLOBAL ninf, tau"),
    (
        "a parameter that is computed",
        "slope = 7 (mV)\n}",
        "slope = 7 (mV)\n    f = 1\n}\nBEFORE BREAKPOINT { f = 2*f }",
    ),
    (
        "a file's LOCAL that carries a value",
        "STATE { n }",
        "STATE { n }\nLOCAL last\nBEFORE BREAKPOINT { last = last + 1 }",
    ),
    ("halves", "tau = 5", "tau = 5^(1/2)"),
    ("a half as an index", "list[2]", "list[3/2]"),
    ("a half as a bound", "TO 3", "TO 7/2"),
    ("a sign before a power", "tau = 5", "tau = exp(-x^2)"),
    ("a sign before a power of a number", "tau = 5", "tau = 5 + -2^2"),
    ("a voltage that is assigned", "ik = g*(v - ek)", "v = v + 1\n    ik = g*(v - ek)"),
    ("a concentration that is assigned without WRITE", "ik = g*(v - ek)", "ek = -90\n    ik = g*(v - ek)"),
    ("a name that is RANGE and nothing else", "RANGE gbar, g", "RANGE gbar, g, gber"),
    ("a name that is declared twice", "half = -30 (mV)", "half = -30 (mV)\n    gbar = 2 (S/cm2)"),
    ("an array without an index", "list[2]", "list"),
    (
        "a compartment of nothing",
        "DERIVATIVE gates {\n    rates(v)\n    n' = (ninf - n)/tau",
        "KINETIC gates {\n    COMPARTMENT 1 { n nn }\n    rates(v)\n    ~ n << ((ninf - n)/tau)",
    ),
    ("a block whose method is not said", "SOLVE gates METHOD cnexp", "SOLVE gates"),
    ("an equation that cnexp cannot solve", "(ninf - n)/tau", "(ninf - n*n)/tau"),
];

fn findings(text: &str) -> Vec<Diagnostic> {
    compile(text).unwrap_or_else(|e| panic!("{}\n{text}", e[0].render("case.mod", text))).warnings
}

#[test]
fn the_channel_itself_is_without_fault() {
    assert_eq!(findings(CHANNEL), []);
}

#[test]
fn every_finding_is_shown_with_its_code_and_place() {
    let mut all = String::new();
    for (name, from, to) in CHANGES {
        assert!(CHANNEL.contains(from), "{name}: the channel does not contain {from:?}");
        let text = CHANNEL.replacen(from, to, 1);
        let findings = findings(&text);
        assert!(!findings.is_empty(), "{name}: nothing found");
        writeln!(all, "## {name}").unwrap();
        for finding in findings {
            assert!(!finding.code.is_empty() && !finding.help.is_empty(), "{name}: {finding:?}");
            all.push_str(&finding.render("case.mod", &text));
        }
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_meant_is_not_complained_about() {
    let changes = [
        ("tau = 5", "tau = 4/2"),
        ("tau = 5", "tau = 1.0/2 + 1/2.0"),
        ("tau = 5", "tau = exp(-(x^2))"),
        ("tau = 5", "tau = exp(-(v/slope)^2) + (-x)^2 - x^2"),
        ("RANGE gbar, g", "RANGE gbar, g\n    GLOBAL ninf, tau\n    THREADSAFE"),
        ("TO 3 {", "TO 6/2 {"),
        // A state that events change.
        ("STATE { n }", "STATE { n s }\nNET_RECEIVE(w) { s = s + w }"),
        // C may assign it.
        ("tau = 5", "{}\nVERBATIM\n/* tau = 5; */\nENDVERBATIM\n"),
        // Names of a routine's own.
        ("tau = 5", "tau = f(3)\n}\nFUNCTION f(list) { LOCAL n\n n = 1 f = list*n"),
    ];
    for (from, to) in changes {
        assert!(CHANNEL.contains(from), "{from}");
        let text = CHANNEL.replacen(from, to, 1);
        let found = findings(&text);
        assert!(found.is_empty(), "{to}\n{}", found[0].render("case.mod", &text));
    }
}

#[test]
fn the_mechanisms_of_the_project_are_without_fault() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mechanisms");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "mod") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let found = findings(&text);
        assert!(found.is_empty(), "{}", found[0].render(&path.display().to_string(), &text));
        checked += 1;
    }
    assert!(checked >= 18, "{checked} mechanisms");
}
