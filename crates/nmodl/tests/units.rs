//! Units: what is found, and what is rightly not found. The expected texts stand in `snapshots`.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::fmt::Write as _;

use apical_nmodl::{Diagnostic, compile};

/// A channel with a state and a calcium current; a case puts its statements in the place of the mark.
const CHANNEL: &str = "NEURON {
    SUFFIX channel
    USEION ca READ cai, eca WRITE ica
    RANGE gbar, depth
}
UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
    (um) = (micron)
    (mM) = (milli/liter)
    FARADAY = (faraday) (coulomb)
    R = (k-mole) (joule/degC)
}
PARAMETER {
    gbar = 0.001 (S/cm2)
    depth = 0.1 (um)
    slope = 7 (mV)
    half = -30
    tau = 5 (ms)
    slow = 0.2 (s)
}
STATE { m }
ASSIGNED {
    v (mV)
    celsius (degC)
    eca (mV)
    cai (mM)
    ica (mA/cm2)
    g (S/cm2)
    x
    voltage (mV)
    rate (/ms)
    change (mM/ms)
    share (1)
}
INITIAL { m = 0 }
BREAKPOINT {
    SOLVE gates METHOD cnexp
    ica = gbar*m*(v - eca)
    <here>
}
DERIVATIVE gates { m' = (1 - m)/tau }
FUNCTION boltzmann(v (mV), k (mV)) (1) { boltzmann = 1/(1 + exp(-v/k)) }
FUNCTION free(v, k) { free = v/k }
PROCEDURE settle(v (mV)) { x = v }
";

const HERE: &str = "<here>";

/// What is said about the units of a text.
fn findings(text: &str) -> Vec<Diagnostic> {
    let mechanism = compile(text).unwrap_or_else(|e| panic!("{}\n{text}", e[0].render("case.mod", text)));
    mechanism.warnings.into_iter().filter(|w| w.code.starts_with("unit")).collect()
}

fn rendered(cases: &[(&str, String)]) -> String {
    let mut all = String::new();
    for (name, text) in cases {
        let findings = findings(text);
        assert!(!findings.is_empty(), "{name}: nothing found");
        writeln!(all, "## {name}").unwrap();
        findings.iter().for_each(|finding| all.push_str(&finding.render("case.mod", text)));
        all.push('\n');
    }
    all
}

#[test]
fn statements_with_wrong_units_are_told_with_both_units() {
    let cases = [
        ("dimensions in a sum", "voltage = v + ica"),
        ("dimensions in a difference", "x = slope - tau"),
        ("dimensions in an assignment", "voltage = gbar*(v - eca)"),
        ("an assignment without a unit on its right", "voltage = v/slope"),
        ("a factor in an assignment", "change = -ica/(2*FARADAY*depth)"),
        ("a factor the wrong way round", "change = -(0.0001)*ica/(2*FARADAY*depth)"),
        ("a number that does not explain the factor", "change = -3*ica/(FARADAY*depth)"),
        ("a factor in a sum", "x = tau + slow"),
        ("a factor in a comparison", "if (slow > tau) { x = 1 }"),
        ("dimensions in a comparison", "if (v > tau) { x = 1 }"),
        ("exp of a voltage", "x = exp(v)"),
        ("exp of volts per millivolt", "x = exp(v*FARADAY/(R*(celsius + 273.15)))"),
        ("log of a concentration", "x = log(cai)"),
        ("an exponent with a unit", "x = 3^(celsius - 6.3)"),
        ("a power", "voltage = slope^2"),
        ("a root", "rate = sqrt(slope*slope)"),
        ("the smaller of different things", "x = fmin(v, tau)"),
        ("an argument", "x = boltzmann(tau, slope)"),
        ("the value of a function", "voltage = boltzmann(v, slope)"),
        ("a procedure's argument", "settle(tau)"),
        ("a number with another unit", "voltage = v + 5 (nA)"),
        ("a number whose unit is unknown", "voltage = v + 5 (milivolt)"),
        ("a LOCAL that was given a unit", "{ LOCAL a a = v*2 rate = a/slope/slope }"),
        ("what remains checked after UNITSON", "UNITSOFF x = v + tau UNITSON x = slope + tau"),
    ];
    let cases = cases.map(|(name, statement)| (name, CHANNEL.replace(HERE, statement)));
    insta::assert_snapshot!("statements", rendered(&cases));
}

#[test]
fn declarations_with_wrong_units_are_told() {
    let cases = [
        ("an unknown unit", "tau = 5 (ms)", "tau = 5 (mesc)"),
        ("an unknown unit that nothing resembles", "tau = 5 (ms)", "tau = 5 (furlongs/fortnight)"),
        ("a unit defined by an unknown one", "(um) = (micron)", "(um) = (mikron)"),
        ("a reversal potential in volts", "eca (mV)", "eca (volt)"),
        ("a current density without area", "ica (mA/cm2)", "ica (mA)"),
        ("a unit of the file that is another than its name says", "(mA) = (milliamp)", "(mA) = (nanoamp)"),
        ("a gate whose time constant has the wrong unit", "tau = 5 (ms)", "tau = 5 (mV)"),
        ("a gate whose time constant is in seconds", "tau = 5 (ms)", "tau = 5 (s)"),
        ("a state in mM that changes by a rate of its own", "STATE { m }", "STATE { m (mM) }"),
    ];
    let cases = cases.map(|(name, from, to)| {
        assert!(CHANNEL.contains(from), "{name}");
        (name, CHANNEL.replacen(from, to, 1).replace(HERE, ""))
    });
    insta::assert_snapshot!("declarations", rendered(&cases));
}

#[test]
fn point_processes_and_reactions_are_checked() {
    let synapse = "NEURON { POINT_PROCESS synapse NONSPECIFIC_CURRENT i RANGE tau }
PARAMETER { tau = 2 (ms) e = 0 (mV) }
STATE { g (uS) }
ASSIGNED { v (mV) i (nA) }
INITIAL { g = 0 }
BREAKPOINT { SOLVE decay METHOD cnexp i = g*(v - e) }
DERIVATIVE decay { g' = -g/tau }
NET_RECEIVE(weight (uS)) { g = g + weight net_send(tau, 1) }
";
    let buffer = "NEURON { SUFFIX buffer USEION ca READ ica, cai WRITE cai }
UNITS { (molar) = (1/liter) (mM) = (millimolar) (um) = (micron) FARADAY = (faraday) (coulomb) }
PARAMETER { depth = 0.1 (um) on = 100 (/mM-ms) off = 0.1 (/ms) total = 0.05 (mM) }
STATE { cai (mM) free (mM) bound (mM) }
ASSIGNED { ica (mA/cm2) diam (um) }
INITIAL { free = total }
BREAKPOINT { SOLVE scheme METHOD sparse }
KINETIC scheme {
    ~ cai << (-(10000)*ica/(2*FARADAY*depth))
    ~ cai + free <-> bound (on, off)
    CONSERVE free + bound = total
}
";
    assert_eq!(findings(synapse), []);
    assert_eq!(findings(buffer), []);
    let cases = [
        ("a conductance density in a point process", synapse, "g (uS)", "g (S/cm2)"),
        ("a current density in a point process", synapse, "i (nA)", "i (mA/cm2)"),
        ("a weight in another unit", synapse, "weight (uS)", "weight (nA)"),
        ("an event after a voltage", synapse, "net_send(tau", "net_send(e"),
        ("a flux without its factor", buffer, "-(10000)*ica", "-ica"),
        ("a forward rate without a concentration", buffer, "on = 100 (/mM-ms)", "on = 100 (/ms)"),
        ("a backward rate per second", buffer, "off = 0.1 (/ms)", "off = 0.1 (/s)"),
        ("a total of something else", buffer, "total = 0.05 (mM)", "total = 0.05 (mV)"),
        (
            "a flux into a compartment by concentration",
            buffer,
            "KINETIC scheme {",
            "KINETIC scheme { COMPARTMENT diam*diam { cai }",
        ),
    ];
    let cases = cases.map(|(name, text, from, to)| {
        assert!(text.contains(from), "{name}");
        (name, text.replacen(from, to, 1))
    });
    insta::assert_snapshot!("points_and_reactions", rendered(&cases));
}

#[test]
fn what_fits_or_is_left_unsaid_is_not_complained_about() {
    let statements = [
        "voltage = v + 65",
        "voltage = 65",
        "if (v > -65) { x = 1 }",
        "x = v + half",
        "x = tau x = v",
        "voltage = half*tau",
        "x = 3^((celsius - 6.3)/10)",
        "x = exp((v + 40)/10)",
        "x = exp((v + 40)/slope)",
        "x = exp((v - half)/half)",
        "rate = 0.1*(v + 40)/(1 - exp(-(v + 40)/10))",
        "rate = 1/(exp(v/slope) + 1)",
        "change = -(10000)*ica/(2*FARADAY*depth)",
        "change = -10000*ica/(2*FARADAY*depth)",
        "change = -1e4*ica/(2*FARADAY*depth) + (0.0001 - cai)/tau",
        "change = -half*ica/(2*FARADAY*depth)",
        "voltage = (1000)*R*(celsius + 273.15)/(2*FARADAY)*log(cai/2 (mM))",
        "share = 1 - m",
        "share = cai^2/(cai^2 + 0.01 (mM2))",
        "x = cai^half/(cai^half + 1)",
        "voltage = sqrt(slope*slope)",
        "voltage = fabs(v)",
        "voltage = fmax(v, slope)",
        "x = boltzmann(v, 9)",
        "x = free(tau, gbar)",
        "settle(v)",
        "{ LOCAL a a = v voltage = a a = tau x = tau + a }",
        "UNITSOFF x = v + tau voltage = gbar UNITSON",
        "rate = 2 (/ms)",
        "x = 5 (microns) + depth",
    ];
    for statement in statements {
        let text = CHANNEL.replace(HERE, statement);
        let found = findings(&text);
        assert!(found.is_empty(), "{statement}\n{}", found[0].render("case.mod", &text));
    }
}

#[test]
fn of_many_findings_the_rest_is_counted() {
    let text = CHANNEL.replace(HERE, &"voltage = tau\n".repeat(23));
    let found = findings(&text);
    assert_eq!(found.len(), 21);
    assert_eq!(found.iter().filter(|f| f.code == "unit-mismatch").count(), 20);
    assert_eq!(found.last().unwrap().message, "3 more findings about units");
}

#[test]
fn unitsoff_holds_through_inclusions() {
    let found = |before: &str, included: &str| {
        let main = format!(
            "NEURON {{ SUFFIX a }}\nASSIGNED {{ v (mV) x (ms) }}\n{before}\nINCLUDE \"rates.inc\"\nINITIAL {{ x = v }}\n"
        );
        let mechanism = apical_nmodl::compile_with(&main, &|_| Ok(included.to_owned())).unwrap();
        let lines = mechanism.warnings.iter().filter(|w| w.code == "unit-mismatch");
        lines.map(|w| w.line_column(&main).unwrap().0).collect::<Vec<_>>()
    };
    let rates = "PROCEDURE rates() { x = v }";
    assert_eq!(found("", rates), [4, 5]);
    assert_eq!(found("UNITSOFF", rates), [0; 0]);
    assert_eq!(found("UNITSOFF", &format!("{rates} UNITSON")), [5]);
    assert_eq!(found("", &format!("UNITSOFF {rates}")), [0; 0]);
    assert_eq!(found("", &format!("UNITSOFF {rates} UNITSON")), [5]);
}
