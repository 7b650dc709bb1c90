//! Random mechanisms, from the grammar: a text that compiles, and changes to its tokens after which it mostly does not.

use proptest::collection::vec;
use proptest::prelude::*;

/// A text that compiles.
pub fn mechanism() -> BoxedStrategy<String> {
    let parts = (
        kind(),
        vec(statement(3), 1..5),
        equations(),
        vec(statement(2), 0..4),
        currents(),
        (expression(3), expression(2), vec(statement(1), 0..3)),
        net_receive(),
        vec(-3.0_f64..3.0, 6),
    );
    parts
        .prop_map(|(kind, initial, equations, breakpoint, currents, routines, net_receive, numbers)| {
            let (f, g, q) = routines;
            let points = kind.starts_with("POINT");
            let net_receive = if points { net_receive } else { String::new() };
            format!(
                "TITLE made by chance
NEURON {{
    {kind} made
    USEION ca READ cai, eca
    USEION na READ ena WRITE ina
    NONSPECIFIC_CURRENT i
    RANGE p, q, r, a, b, c, i
    GLOBAL big
}}
UNITSOFF
DEFINE n 3
PARAMETER {{
    p = {:.3} (mV)
    q = {:.4e}
    r = {:.2} <-10, 10>
    big = {:.1}
    ena = 50 (mV)
}}
STATE {{ s u w[n] }}
ASSIGNED {{ v (mV) cai (mM) eca (mV) ina (mA/cm2) i (mA/cm2) celsius (degC) a b c k[n] }}
INITIAL {{
    s = {:.3}
    u = {:.3}
    FROM j = 0 TO n - 1 {{ w[j] = 0.1*j k[j] = j - 1 }}
    {}
}}
BREAKPOINT {{
    {}
    {}
    {currents}
}}
{}
FUNCTION f(x) {{
    f = {f}
}}
FUNCTION g(x, y) {{
    LOCAL l
    l = x - y
    g = {g}
}}
PROCEDURE m(x) {{
    LOCAL l
    l = x
    {}
}}
{net_receive}
",
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[4].abs(),
                numbers[5].abs(),
                in_block(&initial),
                equations.0,
                in_block(&breakpoint),
                equations.1,
                in_routine(&q),
            )
        })
        .boxed()
}

/// The same text with some tokens left out, doubled or exchanged.
pub fn broken() -> impl Strategy<Value = String> {
    let change = (0_u8..4, any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (mechanism(), vec(change, 1..4)).prop_map(|(text, changes)| {
        let mut tokens = tokens(&text);
        for (kind, at, other) in changes {
            let (at, other) = (at.index(tokens.len()), other.index(tokens.len()));
            match kind {
                0 => {
                    tokens.remove(at);
                }
                1 => tokens.insert(at, tokens[at].clone()),
                2 => tokens.swap(at, other),
                _ => tokens.insert(at, tokens[other].clone()),
            }
        }
        tokens.join(" ")
    })
}

/// Words, numbers and single characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for line in text.split_whitespace() {
        let mut joins = false;
        for character in line.chars() {
            let is_word = character.is_alphanumeric() || "._".contains(character);
            match tokens.last_mut().filter(|_| joins && is_word) {
                Some(last) => last.push(character),
                None => tokens.push(character.to_string()),
            }
            joins = is_word;
        }
    }
    tokens
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("SUFFIX"), Just("POINT_PROCESS")]
}

/// Blocks know the names of NEURON's variables, routines those of their arguments.
fn in_block(statements: &[String]) -> String {
    statements.join("\n    ").replace("$x", "v").replace("$y", "celsius").replace("$l", "a")
}

fn in_routine(statements: &[String]) -> String {
    let calls_no_other = |s: &&String| !s.contains("m(");
    let kept: Vec<&str> = statements.iter().filter(calls_no_other).map(String::as_str).collect();
    kept.join("\n    ").replace("$x", "x").replace("$y", "l").replace("$l", "l")
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "v", "p", "q", "r", "a", "b", "c", "s", "u", "cai", "eca", "ena", "celsius", "dt", "big", "w[1]", "k[2]", "n",
        ])
        .prop_map(str::to_owned),
        1 => (-5.0_f64..5.0).prop_map(|x| format!("{x:.3}")),
        1 => (0_u32..20).prop_map(|x| x.to_string()),
        1 => (-3_i32..3).prop_map(|e| format!("1.5e{e}")),
    ]
}

/// An expression, in parentheses where it is more than a leaf.
fn expression(depth: u32) -> BoxedStrategy<String> {
    leaf()
        .prop_recursive(depth, 24, 3, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                4 => (two.clone(), prop::sample::select(vec!["+", "-", "*"])).prop_map(|((a, b), o)| format!("({a} {o} {b})")),
                // Divisors that are not 0.
                2 => two.clone().prop_map(|(a, b)| format!("({a}/(0.7 + fabs({b})))")),
                1 => (two.clone(), prop::sample::select(vec!["<", ">", "<=", ">=", "==", "!=", "&&", "||"]))
                    .prop_map(|((a, b), o)| format!("({a} {o} {b})")),
                1 => (inner.clone(), 0_u32..5).prop_map(|(a, n)| format!("({a}^{n})")),
                1 => inner.clone().prop_map(|a| format!("-{a}")),
                1 => inner.clone().prop_map(|a| format!("!{a}")),
                // No floor: of a steep function it is a stair whose steps are narrower than any difference.
                2 => (inner.clone(), prop::sample::select(vec!["sin", "cos", "tanh", "fabs", "atan", "exprelr"]))
                    .prop_map(|(a, f)| format!("{f}({a})")),
                1 => inner.clone().prop_map(|a| format!("exp(-fabs({a})/20)")),
                1 => inner.clone().prop_map(|a| format!("log(1 + fabs({a}))")),
                1 => inner.clone().prop_map(|a| format!("sqrt(fabs({a}))")),
                // Not beyond what exp can hold: there the value is 0 and the slope 0 times infinity.
                1 => inner.clone().prop_map(|a| format!("(90*tanh({a})/(exp(9*tanh({a})) - 1))")),
                1 => two.prop_map(|(a, b)| format!("fmin({a}, {b})")),
            ]
        })
        .boxed()
}

/// An expression that may call the mechanism's functions.
fn calling(depth: u32) -> BoxedStrategy<String> {
    prop_oneof![
        3 => expression(depth),
        1 => expression(depth).prop_map(|a| format!("f({a})")),
        1 => (expression(depth), expression(depth)).prop_map(|(a, b)| format!("(g({a}, {b}) + f({b}))")),
    ]
    .boxed()
}

fn target() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "a", "b", "c", "s", "k[0]", "k[n-1]", "$l"])
}

fn statement(depth: u32) -> BoxedStrategy<String> {
    let assignment = (target(), calling(2)).prop_map(|(to, value)| format!("{to} = {value}"));
    assignment
        .prop_recursive(depth, 12, 3, |inner| {
            let block = vec(inner.clone(), 0..3).prop_map(|s| s.join("\n    "));
            prop_oneof![
                3 => (expression(1), block.clone()).prop_map(|(c, b)| format!("if ({c} > 0) {{ {b} }}")),
                2 => (expression(1), block.clone(), block.clone())
                    .prop_map(|(c, b, d)| format!("if ({c} < $x) {{ {b} }} else {{ {d} }}")),
                1 => (expression(1), expression(1), block.clone(), block.clone(), block.clone())
                    .prop_map(|(c, e, b, d, f)| format!("if ({c}) {{ {b} }} else if ({e}) {{ {d} }} else {{ {f} }}")),
                2 => (0_u32..3, block.clone()).prop_map(|(to, b)| format!("FROM j = 0 TO {to} {{ k[j] = k[j] + j {b} }}")),
                1 => (0.0_f64..9.0, block).prop_map(|(to, b)| {
                    format!("{{ LOCAL h h = 0 while (h < fmin(fabs($y), {to:.1})) {{ h = h + 1 {b} }} }}")
                }),
                1 => expression(1).prop_map(|a| format!("m({a})")),
                1 => inner.prop_map(|s| format!("{{ {s} }}")),
            ]
        })
        .boxed()
}

/// SOLVE and the block that it names.
fn equations() -> BoxedStrategy<(String, String)> {
    let rate = || calling(2);
    let positive = || expression(2).prop_map(|e| format!("(0.1 + fabs({e}))"));
    let linear =
        (rate(), positive(), rate(), vec(statement(1), 0..3)).prop_map(|(inf, tau, drive, mut more)| {
            // Implicit methods cannot look through a loop of unknown length.
            more.retain(|statement| !statement.contains("while"));
            format!(
                "DERIVATIVE d {{\n    {}\n    s' = ({} - s)/{}\n    u' = {} - u*q^2\n}}",
                in_block(&more),
                without_states(&inf),
                without_states(&tau),
                without_states(&drive),
            )
        });
    let coupled = (positive(), positive()).prop_map(|(a, b)| {
        format!(
            "DERIVATIVE d {{ s' = u/{} - s*s*0.1 u' = -{}*u + tanh(s) w'[1] = s - w[1] }}",
            without_states(&a),
            without_states(&b),
        )
    });
    let scheme = (positive(), positive(), positive(), any::<bool>()).prop_map(|(a, b, c, conserved)| {
        let [a, b, c] = [a, b, c].map(|rate| without_states(&rate));
        let conserve = if conserved { "CONSERVE s + u + w[0] = 1" } else { "~ s << (0.01)" };
        format!("KINETIC d {{ ~ s <-> u ({a}, {b}) ~ u <-> w[0] ({c}, 0.3) ~ w[0] -> s (0.2) {conserve} }}")
    });
    let procedure = vec(statement(1), 0..4)
        .prop_map(|statements| format!("PROCEDURE d() {{\n    s = s*0.5\n    {}\n}}", in_block(&statements)));
    let with = |methods: &[&'static str], block: BoxedStrategy<String>| {
        (prop::sample::select(methods.to_vec()), block)
            .prop_map(|(method, block)| (format!("SOLVE d METHOD {method}"), block))
    };
    prop_oneof![
        3 => with(&["cnexp", "derivimplicit", "euler", "runge"], linear.boxed()),
        2 => with(&["cnexp", "derivimplicit", "euler"], coupled.boxed()),
        2 => with(&["sparse"], scheme.boxed()),
        1 => procedure.prop_map(|block| ("SOLVE d".to_owned(), block)),
        1 => Just((String::new(), String::new())),
    ]
    .boxed()
}

/// What is to be linear in the states must not hold them.
fn without_states(expression: &str) -> String {
    let mut text = String::new();
    let mut word = String::new();
    for character in expression.chars().chain([' ']) {
        if character.is_alphanumeric() || character == '_' || character == '.' {
            word.push(character);
            continue;
        }
        text += match word.as_str() {
            "s" | "u" => "p",
            "w" => "k",
            other => other,
        };
        word.clear();
        text.push(character);
    }
    text.trim_end().to_owned()
}

fn currents() -> impl Strategy<Value = String> {
    (calling(2), calling(2), any::<bool>()).prop_map(|(g, h, gated)| {
        let gate = if gated { "s*" } else { "" };
        format!("ina = {gate}{g}*(v - ena)\n    i = {h} + 0.01*(v + 65)")
    })
}

fn net_receive() -> impl Strategy<Value = String> {
    (vec(statement(2), 0..3), expression(1), any::<bool>()).prop_map(|(statements, x, sends)| {
        let send = if sends { "if (flag == 0) { net_send(fabs($x) + 1, 1) }" } else { "net_event(t + 1)" };
        let body = in_block(&[statements, vec![send.to_owned()]].concat());
        format!("NET_RECEIVE(weight, z) {{\n    INITIAL {{ z = {x} }}\n    s = s + weight*z\n    z = z + 1\n    {body}\n}}")
    })
}
