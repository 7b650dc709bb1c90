//! Rates that are 0/0 at one voltage: the compiled program has their limit there, and everywhere else the quotient's own
//! bits.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use apical_nmodl::compile;
use apical_nmodl::ir::{Binary, Instruction, Mechanism, Place, Unary};

/// A mechanism whose `x` is computed by these statements at the start.
fn text(statements: &str, more: &str) -> String {
    format!(
        "NEURON {{ SUFFIX rates RANGE x, half, slope, height }}
PARAMETER {{ half = -40 slope = 10 height = 0.1 }}
ASSIGNED {{ v (mV) x }}
INITIAL {{ {statements} }}
{more}"
    )
}

fn mechanism(statements: &str, more: &str) -> Mechanism {
    let text = text(statements, more);
    compile(&text).unwrap_or_else(|errors| panic!("{}", errors[0].render("rates.mod", &text)))
}

/// `x` at a voltage, with parameters at their defaults.
fn x(mechanism: &Mechanism, v: f64) -> f64 {
    let mut values: Vec<f64> = Vec::new();
    for instruction in &mechanism.initial.instructions {
        let at = |value: &apical_nmodl::ir::Value| values[value.0 as usize];
        let truth = |t: bool| f64::from(u8::from(t));
        let value = match instruction {
            Instruction::Constant(number) => *number,
            Instruction::Load(Place::Voltage) => v,
            Instruction::Load(Place::Variable(id)) => mechanism.variables[id.0 as usize].default,
            Instruction::Unary(Unary::Negate, a) => -at(a),
            Instruction::Unary(Unary::Not, a) => truth(at(a) == 0.0),
            Instruction::Unary(Unary::Abs, a) => at(a).abs(),
            Instruction::Unary(Unary::Exp, a) => at(a).exp(),
            Instruction::Binary(Binary::Add, a, b) => at(a) + at(b),
            Instruction::Binary(Binary::Subtract, a, b) => at(a) - at(b),
            Instruction::Binary(Binary::Multiply, a, b) => at(a) * at(b),
            Instruction::Binary(Binary::Divide, a, b) => at(a) / at(b),
            Instruction::Binary(Binary::Less, a, b) => truth(at(a) < at(b)),
            Instruction::Binary(Binary::Greater, a, b) => truth(at(a) > at(b)),
            Instruction::Binary(Binary::Equal, a, b) => truth(at(a) == at(b)),
            Instruction::Binary(Binary::And, a, b) => truth(at(a) != 0.0 && at(b) != 0.0),
            Instruction::Select(c, t, o) => {
                if at(c) != 0.0 {
                    at(t)
                } else {
                    at(o)
                }
            }
            Instruction::Store(Place::Variable(id), a) if mechanism.variables[id.0 as usize].name == "x" => {
                return at(a);
            }
            other => panic!("{other:?} is not expected"),
        };
        values.push(value);
    }
    panic!("x is not stored")
}

fn selects(mechanism: &Mechanism) -> usize {
    mechanism.initial.instructions.iter().filter(|i| matches!(i, Instruction::Select(..))).count()
}

fn is_reported(mechanism: &Mechanism) -> bool {
    mechanism.warnings.iter().any(|w| w.code == "singular-quotient")
}

const VTRAP: &str = "FUNCTION vtrap(x, y) { vtrap = x/(exp(x/y) - 1) }";

/// Statements, functions, the voltage where they are 0/0, and the limit.
const SINGULAR: &[(&str, &str, f64, f64)] = &[
    ("x = 0.1*(v + 40)/(1 - exp(-(v + 40)/10))", "", -40.0, 1.0),
    ("x = (v + 40)*0.1/(1 - exp(-0.1*(v + 40)))", "", -40.0, 1.0),
    ("x = -0.01*(v + 55)/(exp(-(v + 55)/10) - 1)", "", -55.0, 0.1),
    ("x = 0.1*(25 - v)/(exp((25 - v)/10) - 1)", "", 25.0, 1.0),
    ("x = 0.1*(v - 25)/(1 - exp((25 - v)/10))", "", 25.0, 1.0),
    ("x = (0.2*v + 8)/(1 - exp(-(v + 40)/10))", "", -40.0, 2.0),
    ("x = (-0.018*(v - 13))/(-1 + exp(-((v - 13)/25)))", "", 13.0, 0.45),
    ("x = height*(v - half)/(1 - exp(-(v - half)/slope))", "", -40.0, 1.0),
    ("x = height*(half - v)/(exp((half - v)/slope) - 1)", "", -40.0, 1.0),
    ("x = (v - half)/slope/(exp((v - half)/slope) - 1)", "", -40.0, 1.0),
    ("x = 3*(v + 40)/(2*(exp((v + 40)/10) - 1))", "", -40.0, 15.0),
    ("x = vtrap(v + 40, 10)", VTRAP, -40.0, 10.0),
    ("x = 0.1*vtrap(-(v + 40), 10)", VTRAP, -40.0, 1.0),
    ("{ LOCAL z, e z = v/25 e = exp(z) x = z*(2 - 5*e)/(1 - e) }", "", 0.0, 3.0),
    // The condition does not keep away from the place.
    ("if (v < -20) { x = (v + 40)/(exp((v + 40)/10) - 1) } else { x = 0 }", "", -40.0, 10.0),
    ("if (fabs(v/40) > 1e-6) { x = (v + 40)/(exp((v + 40)/10) - 1) } else { x = 0 }", "", -40.0, 10.0),
    ("{ LOCAL u u = v if (u == -41) { u = -41.0001 } x = (u + 40)/(exp((u + 40)/10) - 1) }", "", -40.0, 10.0),
];

#[test]
fn the_limit_stands_where_the_quotient_is_not_a_number() {
    for &(statements, more, place, limit) in SINGULAR {
        let mechanism = mechanism(statements, more);
        assert!(is_reported(&mechanism), "{statements}");
        let found = x(&mechanism, place);
        assert!((found - limit).abs() < 1e-14 * limit.abs(), "{statements}: {found}, not {limit}");
    }
}

#[test]
fn near_the_place_values_are_those_of_the_exact_function() {
    let mechanism = mechanism("x = 0.1*(v + 40)/(1 - exp(-(v + 40)/10))", "");
    for exponent in -12..2 {
        for mantissa in [1.0, 2.5, 6.3] {
            for sign in [-1.0, 1.0] {
                // What the voltage is after rounding counts.
                let v = -40.0 + sign * mantissa * 10_f64.powi(exponent);
                let b: f64 = -(v + 40.0) / 10.0;
                let exact = if b == 0.0 { 1.0 } else { b / b.exp_m1() };
                let error = (x(&mechanism, v) / exact - 1.0).abs();
                // Cancellation costs the quotient eps/b, at most 1e-6 away from the place; rounding of b costs b·eps.
                let allowed = 4.0 * f64::EPSILON * (1.0 + b.abs() + 1.0 / b.abs().max(1e-6));
                assert!(error < allowed, "{error} at b = {b}");
            }
        }
    }
}

#[test]
fn away_from_the_place_nothing_changes() {
    let quotient = "0.1*(v + 40)/(1 - exp(-(v + 40)/10))";
    let open = mechanism(&format!("x = {quotient}"), "");
    let guarded = mechanism(&format!("if (fabs(v + 40) < 1e-6) {{ x = 1 }} else {{ x = {quotient} }}"), "");
    for step in -4000..4000 {
        let v = f64::from(step) * 0.037 + 1e-4;
        assert_eq!(x(&open, v).to_bits(), x(&guarded, v).to_bits(), "at {v}");
    }
}

#[test]
fn a_file_that_keeps_away_itself_is_left_alone() {
    let vtrap = |condition: &str| {
        format!(
            "FUNCTION vtrap(x, y) {{ if ({condition}) {{ vtrap = y*(1 - x/y/2) }} else {{ vtrap = x/(exp(x/y) - 1) }} }}"
        )
    };
    let cases = [
        ("x = vtrap(v + 40, 10)", vtrap("fabs(x/y) < 1e-6"), 1),
        ("x = vtrap(v + 40, slope)", vtrap("fabs(x/y) < 1e-6"), 1),
        ("x = vtrap(v - half, slope)", vtrap("fabs(x) <= slope/1000"), 1),
        ("x = vtrap(v + 40, 10)", vtrap("x == 0"), 1),
        ("x = vtrap(v + 40, 10)", vtrap("x < 1e-6 && x > -1e-6"), 1),
        ("x = vtrap(v + 40, 10)", vtrap("!(fabs(x) > 1e-6)"), 1),
        ("x = vtrap(v + 40, 10)", vtrap("fabs(exp(x/y) - 1) < 1e-6"), 1),
        (
            "if (v == half) { x = height*slope } else { x = height*(v - half)/(1 - exp(-(v - half)/slope)) }",
            String::new(),
            1,
        ),
        // A routine that is left before.
        (
            "x = vtrap(v + 40, 10)",
            "FUNCTION vtrap(x, y) {
                 if (fabs(x/y) < 1e-6) {
                     vtrap = y*(1 - x/y/2)
                     VERBATIM
                     return _lvtrap;
                     ENDVERBATIM
                 }
                 vtrap = x/(exp(x/y) - 1)
             }"
            .to_owned(),
            3,
        ),
        // A condition around the call.
        ("if (v != -40) { x = vtrap(v + 40, 10) } else { x = 10 }", VTRAP.to_owned(), 1),
        // Another voltage in its place.
        (
            "{ LOCAL u u = v if (u == -40) { u = u + 0.0001 } x = (u + 40)/(exp((u + 40)/10) - 1) }",
            String::new(),
            1,
        ),
        ("{ LOCAL u u = v + 40 if (fabs(u) < 1e-4) { u = 1e-4 } x = u/(exp(u/10) - 1) }", String::new(), 1),
        (
            "{ LOCAL u u = v if (u == -17) { u = u + 0.0001 } if (u == -40) { u = u + 0.0001 }
             x = (u + 40)/(exp((u + 40)/10) - 1) + (u + 17)/(1 - exp(-(u + 17)/5)) }",
            String::new(),
            2,
        ),
        (
            "{ LOCAL u u = v if (u == half) { u = u + 0.0001 } x = (half - u)/(1 - exp((half - u)/slope)) }",
            String::new(),
            1,
        ),
    ];
    for (statements, more, conditions) in cases {
        let mechanism = mechanism(statements, &more);
        assert!(!is_reported(&mechanism), "{statements}\n{more}");
        // `v != -40` is one instruction, as is every other condition here; a guard of ours would be one more choice.
        assert_eq!(selects(&mechanism), conditions, "{statements}\n{more}");
    }
}

#[test]
fn long_chains_of_shared_values_take_no_time() {
    // Taken apart as written, these would have 2^200 terms.
    let doubled = "z = z + z ".repeat(200);
    let squared = "w = w*w ".repeat(200);
    let text = format!(
        "{{ LOCAL z, w z = v w = v {doubled} {squared}
         if (w > 1) {{ x = z/(exp(z) - 1) }} else {{ x = w/(1 - exp(w)) }} }}"
    );
    assert!(is_reported(&mechanism(&text, "")));
}

#[test]
fn quotients_without_such_a_place_are_left_alone() {
    for statements in [
        "x = 1/(1 + exp(-(v + 40)/10))",
        "x = (v + 41)/(exp((v + 40)/10) - 1)",
        "x = (v + 40)/(exp((v + 40)/10) - 1.1)",
        "x = 1/(exp((v + 40)/10) - 1)",
        "x = (v + 40)/(exp(v/10) + exp(-v/10))",
        "x = height/(1 - exp(-slope))",
    ] {
        let mechanism = mechanism(statements, "");
        assert!(!is_reported(&mechanism), "{statements}");
        assert_eq!(selects(&mechanism), 0, "{statements}");
    }
}
