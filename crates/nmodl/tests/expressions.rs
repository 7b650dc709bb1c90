//! Expressions as NEURON reads them.
//!
//! The values are those that functions of a file with these expressions gave when they were called in NEURON 9.0.2.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use apical_nmodl::compile;
use apical_nmodl::expression::Expression;

fn value(text: &str, values: [f64; 3]) -> f64 {
    Expression::parse(text, &["a", "b", "c"]).unwrap().evaluate(&values)
}

#[test]
fn operators_bind_as_in_neuron() {
    for (text, values, expected) in [
        ("-a^b", [3.0, 2.0, 0.0], -9.0),
        ("a^b^c", [2.0, 3.0, 2.0], 512.0),
        ("-a*b", [2.0, 3.0, 0.0], -6.0),
        ("a - -b", [2.0, 3.0, 0.0], 5.0),
        ("a--b", [2.0, 3.0, 0.0], 5.0),
        ("a^-b", [2.0, 1.0, 0.0], 0.5),
        ("a^-b^c", [2.0, 2.0, 2.0], 0.0625),
        ("a*-b^c", [2.0, 3.0, 2.0], -18.0),
        ("-a^b*c", [2.0, 2.0, 3.0], -12.0),
        ("a - b - c", [10.0, 3.0, 2.0], 5.0),
        ("a/b/c", [8.0, 2.0, 2.0], 2.0),
        ("-a + b", [2.0, 3.0, 0.0], 1.0),
        ("!a < b", [3.0, 1.0, 0.0], 1.0),
        ("!a + b", [0.0, 3.0, 0.0], 4.0),
        ("-a < b", [3.0, 1.0, 0.0], 1.0),
        ("a < b == c", [3.0, 5.0, 1.0], 1.0),
        ("a == b < c", [3.0, 3.0, 2.0], 0.0),
        ("a || b && c", [1.0, 0.0, 0.0], 1.0),
        ("1/2", [0.0; 3], 0.5),
        ("3/2*2", [0.0; 3], 3.0),
    ] {
        assert_eq!(value(text, values), expected, "{text} at {values:?}");
    }
}

#[test]
fn a_sum_without_end_is_refused() {
    let file = |operators: usize| {
        let sum = vec!["v"; operators + 1].join("+");
        format!("NEURON {{ SUFFIX a RANGE x }}\nASSIGNED {{ v (mV) x }}\nINITIAL {{ x = {sum} }}\n")
    };
    assert!(compile(&file(200)).is_ok());
    let errors = compile(&file(201)).unwrap_err();
    assert_eq!(errors[0].message, "a statement of more than 200 operators");
}
