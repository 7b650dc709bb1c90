//! Tables against the expressions that they stand for, and expressions for which there is none.

use apical_nmodl::ir::{Place, Role};
use proptest::prelude::*;

use super::exact::Exact;
use super::*;

/// A mechanism whose state `m` moves by a rate computed in `rate`.
fn gate(rate: &str) -> Mechanism {
    let text = format!(
        "NEURON {{ SUFFIX gate NONSPECIFIC_CURRENT i }}
        PARAMETER {{ half = -40 slope = 6 }}
        ASSIGNED {{ v (mV) i (mA/cm2) }}
        STATE {{ m }}
        BREAKPOINT {{ SOLVE states METHOD cnexp i = 1e-4*m*(v + 77) }}
        DERIVATIVE states {{ m' = rate(v) - m/5 }}
        FUNCTION rate(v) {{ {rate} }}"
    );
    apical_nmodl::compile(&text).expect("a mechanism")
}

/// The numbers of parameters and of the run.
fn fixed(mechanism: &Mechanism) -> impl Fn(Place) -> Option<f64> {
    move |place| match place {
        Place::TimeStep => Some(0.025),
        Place::Celsius => Some(6.3),
        Place::ImplicitShare => Some(1.0),
        Place::Variable(id) => {
            let variable = &mechanism.variables[id.0 as usize];
            matches!(variable.role, Role::Parameter { .. }).then_some(variable.default)
        }
        _ => None,
    }
}

fn tabulated(rate: &str) -> Tabulated {
    let mechanism = gate(rate);
    tabulate(&mechanism, &[], &fixed(&mechanism)).expect("kernels").state
}

/// The one expression of a rate with its table.
fn table_of(rate: &str) -> (Exact, fit::Fit) {
    let mechanism = gate(rate);
    let fixed = fixed(&mechanism);
    let depends = depends(&mechanism.state, &fixed);
    let search =
        Search { mechanism: &mechanism, program: &mechanism.state, depends, own: &[], fixed: &fixed };
    let value = search.outermost().next().expect("something depends on v alone");
    let cone = search.cone(value);
    let exact = Exact::new(search.program, value, &search.conditions(&cone), &[], &fixed).expect("a kernel");
    (exact, search.table(value, &cone).expect("a kernel").unwrap_or_else(|why| panic!("{rate}: {why}")))
}

/// Rates of the usual forms.
fn rates() -> impl Strategy<Value = String> {
    let numbers = (-90.0..40.0_f64, 3.0..25.0_f64, 0.1..10.0_f64);
    (0..6_usize, numbers).prop_map(|(form, (half, slope, factor))| match form {
        0 => format!("rate = {factor}/(1 + exp(-(v - ({half}))/{slope}))"),
        1 => format!("rate = {factor}*exp((v - ({half}))/{slope}) + {factor}"),
        2 => format!("rate = {factor}*(v - ({half}))/(1 - exp(-(v - ({half}))/{slope}))"),
        3 => format!("rate = {factor}/(exp((v - ({half}))/{slope}) + exp(-(v - ({half}))/{slope}))"),
        4 => format!("rate = {factor} + 1/(1 + exp((v - ({half}))/{slope}))^3"),
        _ => format!("rate = {factor} + exp(-((v - ({half}))/{slope}/5)^2)"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_table_keeps_its_bound(
        rate in rates(),
        potentials in proptest::collection::vec(RANGE.start..RANGE.end, 2000),
    ) {
        let (mut exact, fit::Fit { pieces, bound, .. }) = table_of(&rate);
        prop_assert!(bound <= TOLERANCE, "{rate}: {bound}");
        for (potential, value) in potentials.iter().zip(exact.values(&potentials)) {
            let error = (pieces.at(*potential) - value).abs();
            prop_assert!(error <= bound * value.abs(), "{rate} at {potential} mV: {error} of {value}, bound {bound}");
        }
    }
}

#[test]
fn an_error_beside_a_zero_is_relative_to_the_largest_value_of_the_piece() {
    let (mut exact, fit::Fit { pieces, bound, .. }) = table_of("rate = 0.5 - 1/(1 + exp(-(v + 43)/7))");
    let potentials: Vec<f64> = (0..10_000).map(|i| -50.0 + f64::from(i) * 1e-3).collect();
    let values = exact.values(&potentials);
    let largest = values.iter().map(|v| v.abs()).fold(0.0, f64::max);
    for (potential, value) in potentials.iter().zip(&values) {
        assert!((pieces.at(*potential) - value).abs() <= bound * largest, "{potential} mV");
    }
}

/// What is no smooth function stays, is told with its reason, and is computed as ever.
#[test]
fn what_cannot_be_had_within_the_tolerance_stays_exact() {
    let cases = [
        (
            "a jump",
            "if (v < -43.21) { rate = 1 } else { rate = 1.001 + 1e-9*exp(v/50) }",
            "relative error of 7.8e-4 near -43 mV",
        ),
        (
            "one potential",
            "if (v == -40) { rate = exp(v/50) + 1e-5 } else { rate = exp(v/50) }",
            "-40.0000 mV",
        ),
        (
            "a narrow window",
            "if (fabs(v + 37.123) < 1e-7) { rate = exp(v/50)*1.01 } else { rate = exp(v/50) }",
            "-37.1230 mV",
        ),
        ("a pole", "rate = exp(v/50)/(v + 43.21)", "relative error"),
        ("a pole on a sample", "rate = exp(v/50)/(v + 40)", "it is "),
        ("a kink", "rate = exp(v/50) + fabs(v + 43.21)*exp(v/40)", ""),
        ("too large a number", "rate = exp(20*v)", "it is inf at"),
        ("whole numbers", "rate = exp(floor(v)/50)", "rounds"),
        ("too steep", "rate = exp(-v*v*v*v/100)", "relative error"),
    ];
    for (name, rate, reason) in cases {
        let Tabulated { report, .. } = tabulated(rate);
        let [Refusal { variable, reason: given }] = &report.exact[..] else { panic!("{name}: {report:?}") };
        assert_eq!(variable, "gate.m", "{name}");
        assert!(given.contains(reason), "{name}: {given}");
    }
}

/// Both forms of a rate that jumps have tables of their own, and the jump stays where it is.
#[test]
fn the_parts_of_what_stays_exact_are_tried() {
    let Tabulated { program, report } = tabulated(
        "if (v < -43.21) { rate = 1/(1 + exp(-(v + 40)/6)) } else { rate = 2/(3 + exp(-(v + 30)/7)) }",
    );
    assert_eq!((report.tables.len(), report.exact.len()), (2, 1), "{report:?}");
    assert!(program.instructions.iter().any(|i| matches!(i, Instruction::Select(..))));
    // The share of the step is fixed, and computed once.
    let exponentials = |i: &&Instruction| matches!(i, Instruction::Unary(Unary::Exp, _));
    assert_eq!(program.instructions.iter().filter(exponentials).count(), 1);
}

#[test]
fn little_work_and_what_depends_on_more_have_no_table() {
    let simple = tabulated("rate = 0.1*(v + 40) + v*v");
    assert_eq!(simple.report, RatesReport::default());
    assert_eq!(simple.program, gate("rate = 0.1*(v + 40) + v*v").state);
    // With a parameter that is not the same everywhere, or may change, only the rest.
    let mechanism = gate("rate = exp((v - half)/slope) + 1/(1 + exp(-v/9)) + exp(-v/20)");
    let all = fixed(&mechanism);
    let half = mechanism.variables.iter().position(|v| v.name == "half").expect("a parameter");
    let without = |place| match place {
        Place::Variable(id) if id.0 as usize == half => None,
        other => all(other),
    };
    let exponentials = |fixed: &dyn Fn(Place) -> Option<f64>| {
        let program = tabulate(&mechanism, &[], fixed).expect("kernels").state.program;
        program.instructions.iter().filter(|i| matches!(i, Instruction::Unary(Unary::Exp, _))).count()
    };
    assert_eq!((exponentials(&all), exponentials(&without)), (1, 2), "one is that of the step");
}

/// The way of one potential from a rate to a table: what `bench --explain` prints.
#[test]
fn a_report_names_tables_and_refusals() {
    let Tabulated { report, .. } = tabulated(
        "if (v < -43.21) { rate = 1/(1 + exp(-(v + 40)/6)) } else { rate = 2/(3 + exp(-(v + 30)/7)) }",
    );
    insta::assert_snapshot!(report.to_string());
}
