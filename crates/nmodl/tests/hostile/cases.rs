//! Texts that try to make the compiler run on, overflow its stack or fill the memory, with what it must say.

/// A name, a text, and a part of the first message; no message where it compiles.
pub type Case = (&'static str, String, Option<&'static str>);

fn initial(statements: &str) -> String {
    format!("NEURON {{ SUFFIX x RANGE a }} ASSIGNED {{ v a }} INITIAL {{ {statements} }}")
}

fn chain(routine: impl Fn(usize) -> String, count: usize) -> String {
    (0..count).map(routine).collect()
}

fn names(prefix: &str, count: usize) -> String {
    (0..count).map(|i| format!("{prefix}{i} ")).collect()
}

/// Every text. Sizes are such that work which grows with the square of the size would show.
pub fn cases() -> Vec<Case> {
    let mut cases = nesting();
    cases.extend(repetition());
    cases.extend(quantity());
    cases.extend(characters());
    cases.extend(equations());
    cases
}

fn nesting() -> Vec<Case> {
    let deep = 200_000;
    let nested = |open: &str, middle: &str, close: &str| {
        initial(&format!("a = {}{middle}{}", open.repeat(deep), close.repeat(deep)))
    };
    vec![
        ("parentheses", nested("(", "1", ")"), Some("nested more than 60 deep")),
        (
            "parentheses that do not close",
            initial(&format!("a = {}", "(".repeat(deep))),
            Some("nested more than"),
        ),
        ("calls in calls", nested("exp(", "1", ")"), Some("nested more than 60 deep")),
        ("indices in indices", nested("a[", "1", "]"), Some("nested more than 60 deep")),
        ("minus signs", nested("-", "1", ""), Some("nested more than 60 deep")),
        ("negations", nested("!", "1", ""), Some("nested more than 60 deep")),
        ("powers", nested("2^", "1", ""), Some("nested more than 60 deep")),
        ("sums", nested("1+", "1", ""), Some("a statement of more than 200 operators")),
        ("a sum of two hundred", initial(&format!("a = {}1", "v+".repeat(200))), None),
        (
            "sums of two hundred in calls of each other",
            format!(
                "{} {} FUNCTION f60(x) {{ f60 = x }}",
                initial("a = f0(1)"),
                chain(|i| format!("FUNCTION f{i}(x) {{ f{i} = f{}(x){} }} ", i + 1, "+v".repeat(199)), 60)
            ),
            Some("nested more than 300 deep"),
        ),
        ("products and comparisons", nested("a*a<", "1", ""), Some("a statement of more than 200 operators")),
        ("conditions", initial(&"if (v > 0) { ".repeat(deep)), Some("nested more than 60 deep")),
        (
            "conditions that close",
            initial(&format!("{}a = 1{}", "if (v > 0) { ".repeat(deep), "}".repeat(deep))),
            Some("nested more than 60 deep"),
        ),
        (
            "alternatives",
            initial(&format!("if (v > 0) {{ a = 1 }} {}", "else if (v > 1) { a = 2 } ".repeat(100_000))),
            Some("nested more than 60 deep"),
        ),
        ("blocks", initial(&"{".repeat(deep)), Some("nested more than 60 deep")),
        ("loops", initial(&"while (1) {".repeat(deep)), Some("nested more than 60 deep")),
        ("blocks of the file", "NEURON {".repeat(deep), Some("`NEURON` is not a declaration")),
        ("units", format!("PARAMETER {{ a = 1 {}", "(".repeat(deep)), Some("a unit that does not end")),
        (
            "units that end",
            format!(
                "NEURON {{ SUFFIX x }} PARAMETER {{ a = 1 {}mV{} }} INITIAL {{ a = 2 }}",
                "(".repeat(deep),
                ")".repeat(deep)
            ),
            None,
        ),
        (
            "units of powers",
            format!(
                "NEURON {{ SUFFIX x }} PARAMETER {{ a = 1 ({}) }} INITIAL {{ a = 2 }}",
                "mV2-".repeat(deep)
            ),
            None,
        ),
        ("comments", format!("{}ENDCOMMENT", "COMMENT\n".repeat(deep)), Some("no NEURON block")),
        ("a comment that does not end", "COMMENT ".repeat(deep), Some("COMMENT without ENDCOMMENT")),
        ("texts", initial(&format!("a = {}", "\"".repeat(deep))), Some("expected a statement")),
        (
            "braces of C",
            initial(&format!("VERBATIM a = 1; {} ENDVERBATIM", "{".repeat(deep))),
            Some("C code cannot be compiled"),
        ),
        (
            "parentheses of C",
            initial(&format!("VERBATIM a = {}1{}; ENDVERBATIM", "(".repeat(deep), ")".repeat(deep))),
            Some("C code cannot be compiled"),
        ),
        (
            "sums of C",
            initial(&format!("VERBATIM a = {}1; ENDVERBATIM", "a+".repeat(deep))),
            Some("C code cannot be compiled"),
        ),
        ("comments of C", initial(&format!("VERBATIM {} ENDVERBATIM", "//\n".repeat(deep))), None),
        ("open comments of C", initial(&format!("VERBATIM {} ENDVERBATIM", "/* ".repeat(deep))), None),
    ]
}

fn repetition() -> Vec<Case> {
    vec![
        (
            "a function of itself",
            format!("{} FUNCTION f(x) {{ f = f(x) }}", initial("a = f(1)")),
            Some("`f` calls itself"),
        ),
        (
            "functions of each other",
            format!("{} FUNCTION f(x) {{ f = g(x) }} FUNCTION g(x) {{ g = f(x) }}", initial("a = f(1)")),
            Some("`f` calls itself"),
        ),
        (
            "a long chain of functions",
            format!(
                "{} {} FUNCTION f20000(x) {{ f20000 = x }}",
                initial("a = f0(1)"),
                chain(|i| format!("FUNCTION f{i}(x) {{ f{i} = f{}(x) }} ", i + 1), 20_000)
            ),
            Some("calls are nested more than"),
        ),
        (
            "a function that doubles, forty times",
            format!(
                "{} {} FUNCTION f40(x) {{ f40 = x*x + v }}",
                initial("a = f0(1)"),
                chain(|i| format!("FUNCTION f{i}(x) {{ f{i} = f{n}(x) + f{n}(x + v) }} ", n = i + 1), 40)
            ),
            Some("this mechanism is too large"),
        ),
        (
            "values that double, two hundred times",
            initial(&format!("a = v {}", "a = a*a + a ".repeat(200))),
            None,
        ),
        (
            "values that double in the exponent of a current",
            format!(
                "NEURON {{ SUFFIX x NONSPECIFIC_CURRENT i }} ASSIGNED {{ v i z }}
                 BREAKPOINT {{ z = v {} i = z }}",
                "z = exp(z)*z + z/(z + v) ".repeat(500)
            ),
            None,
        ),
        (
            "a loop of a thousand million",
            initial("FROM i = 1 TO 1000000000 { a = a + i }"),
            Some("too large"),
        ),
        (
            "a loop to a number beyond counting",
            initial("FROM i = 1e18 TO 1e300 { a = i }"),
            Some("too large"),
        ),
        (
            "loops in loops",
            initial(&format!("{} a = 1 {}", "FROM i = 1 TO 99 {".repeat(20), "}".repeat(20))),
            Some("too large"),
        ),
        ("a loop without end", initial("while (1) { a = a + 1 }"), Some("too large")),
        (
            "loops of unknown length in each other",
            initial(&format!("{} a = a + 1 {}", "while (a < v) { a = a + v*a ".repeat(40), "}".repeat(40))),
            Some("too large"),
        ),
        (
            "a loop that hands on a large array",
            "NEURON { SUFFIX x } ASSIGNED { v w[5000] k }
                 INITIAL { while (k < v) { w[k] = w[k + 1] + w[k] k = k + 1 } }"
                .to_owned(),
            None,
        ),
        (
            "conditions over a large array",
            format!(
                "NEURON {{ SUFFIX x }} ASSIGNED {{ v w[10000] }}
                 INITIAL {{ FROM i = 0 TO 9999 {{ w[i] = v*i }} {} }}",
                "if (v > 1) { w[0] = v } ".repeat(20_000)
            ),
            None,
        ),
        (
            "elements of a large array by unknown index",
            format!(
                "NEURON {{ SUFFIX x RANGE a }} ASSIGNED {{ v w[10000] a }} INITIAL {{ a = {}0 }}",
                "w[v]+".repeat(190)
            ),
            Some("too large"),
        ),
        (
            "assignments to a large array by unknown index",
            format!(
                "NEURON {{ SUFFIX x }} ASSIGNED {{ v w[10000] }} INITIAL {{ {} }}",
                "w[v] = v ".repeat(2000)
            ),
            Some("too large"),
        ),
        (
            "elements of a large array",
            format!(
                "NEURON {{ SUFFIX x RANGE a }} ASSIGNED {{ v w[10000] a }} INITIAL {{ {} }}",
                "a = w[17] ".repeat(150_000)
            ),
            None,
        ),
        (
            "a procedure of much C, called often",
            format!(
                "{} PROCEDURE p() {{ VERBATIM {} ENDVERBATIM }}",
                initial(&"p() ".repeat(20_000)),
                "/* nothing */ ".repeat(20_000)
            ),
            None,
        ),
        (
            "many routines, all called",
            format!(
                "{} {}",
                initial(&chain(|i| format!("p{i}() "), 20_000)),
                chain(|i| format!("PROCEDURE p{i}() {{ a = a + {i} }} "), 20_000)
            ),
            None,
        ),
    ]
}

fn quantity() -> Vec<Case> {
    let many = 100_000;
    vec![
        (
            "many variables",
            format!("NEURON {{ SUFFIX x }} ASSIGNED {{ {} }}", names("w", many)),
            Some("too many variables"),
        ),
        (
            "many arrays",
            format!("NEURON {{ SUFFIX x }} ASSIGNED {{ {} }}", chain(|i| format!("w{i}[10000] "), 2000)),
            Some("too many variables"),
        ),
        (
            "a huge array",
            "NEURON { SUFFIX x } DEFINE n 1000000000 ASSIGNED { w[n] }".to_owned(),
            Some("an array needs a fixed size"),
        ),
        (
            "many names that nothing declares",
            format!("NEURON {{ SUFFIX x RANGE a{} }}", chain(|i| format!(",b{i}"), many)),
            Some("too many variables"),
        ),
        (
            "many unknown names",
            initial(&chain(|i| format!("a = unknown{i} "), many)),
            Some("unknown variable `unknown0`"),
        ),
        (
            "many unknown units",
            format!(
                "NEURON {{ SUFFIX x }} PARAMETER {{ {} }}",
                chain(|i| format!("p{i} = 1 (milivolts{i}) "), 5000)
            ),
            None,
        ),
        ("many findings of the linter", initial(&"a = -v^2 + 1/3 ".repeat(20_000)), None),
        (
            "many ions",
            format!(
                "NEURON {{ SUFFIX x {} }}",
                chain(|i| format!("USEION q{i} READ q{i}i WRITE iq{i} "), 5000)
            ),
            None,
        ),
        (
            "many ions written",
            format!(
                "NEURON {{ SUFFIX x {} }} INITIAL {{ {} }}",
                chain(|i| format!("USEION q{i} WRITE q{i}i "), 5000),
                chain(|i| format!("q{i}i = 1 "), 5000)
            ),
            None,
        ),
        (
            "many arguments",
            format!(
                "NEURON {{ POINT_PROCESS x }} NET_RECEIVE({}w) {{ w = w0 + w }}",
                chain(|i| format!("w{i}, "), 20_000)
            ),
            None,
        ),
        ("many blocks", format!("NEURON {{ SUFFIX x }} {}", "BEFORE STEP { } ".repeat(many)), None),
        (
            "many conditions that are watched",
            format!(
                "NEURON {{ POINT_PROCESS x }} NET_RECEIVE(w) {{ {} }}",
                "WATCH (v > 1) 2 ".repeat(20_000)
            ),
            None,
        ),
        (
            "many events",
            format!("NEURON {{ POINT_PROCESS x }} NET_RECEIVE(w) {{ {} }}", "net_send(1, 2) ".repeat(20_000)),
            None,
        ),
        (
            "many units that define each other",
            format!(
                "NEURON {{ SUFFIX x }} UNITS {{ {} }} PARAMETER {{ p = 1 (u0) }} INITIAL {{ p = 1 }}",
                chain(|i| format!("(u{i}) = (u{}) ", (i + 1) % 5000), 5000)
            ),
            None,
        ),
        ("a long title", format!("TITLE {}\nNEURON {{ SUFFIX x }}", "x".repeat(3_000_000)), None),
        ("a long comment", format!("NEURON {{ SUFFIX x }} : {}", "x".repeat(3_000_000)), None),
        (
            "a long name",
            format!("NEURON {{ SUFFIX x }} INITIAL {{ {} = 1 }}", "x".repeat(1_000_000)),
            Some("a name of more than"),
        ),
        (
            "two long names that differ",
            format!("NEURON {{ SUFFIX x }} ASSIGNED {{ {0}y }} INITIAL {{ {0}z = 1 }}", "x".repeat(100_000)),
            Some("a name of more than"),
        ),
        ("a long number", initial(&format!("a = {}", "9".repeat(1_000_000))), Some("is too large")),
        ("digits behind the point", initial(&format!("a = 0.{}", "9".repeat(1_000_000))), None),
        (
            "an exponent of many digits",
            initial(&format!("a = 1e{}", "9".repeat(100_000))),
            Some("is too large"),
        ),
        ("a number beyond all", initial("a = 1e999"), Some("is too large")),
        ("a number below all", initial("a = 1e-999"), None),
        ("a definition beyond all", "NEURON { SUFFIX x } DEFINE n 1e999".to_owned(), Some("is too large")),
        ("blanks", " \t\r\n".repeat(700_000), Some("no NEURON block")),
        ("semicolons", ";".repeat(1_000_000), Some("no NEURON block")),
    ]
}

fn characters() -> Vec<Case> {
    vec![
        ("nothing", String::new(), Some("no NEURON block")),
        ("a byte order mark", "\u{feff}NEURON { SUFFIX x }".to_owned(), None),
        ("zero bytes", "NEURON { SUFFIX x }\0\0\0".to_owned(), None),
        ("zero bytes alone", "\0".repeat(1_000_000), Some("no NEURON block")),
        (
            "carriage returns alone",
            "NEURON { SUFFIX x } : c\rINITIAL { q = 1 }".to_owned(),
            Some("unknown variable `q`"),
        ),
        (
            "line ends of two characters",
            "NEURON { SUFFIX x }\r\n: c\r\nINITIAL {\r\n q = 1 }\r\n".to_owned(),
            Some("unknown variable `q`"),
        ),
        (
            "names of other scripts",
            "NEURON { SUFFIX канал RANGE ток } ASSIGNED { ток } INITIAL { ток = 1 }".to_owned(),
            None,
        ),
        ("symbols of other scripts", "NEURON { SUFFIX x } INITIAL { ≤ }".to_owned(), Some("expected `=`")),
        ("a smiling face", "NEURON { SUFFIX 😀 } 😀".to_owned(), Some("`😀` is not a block of NMODL")),
        (
            "directions of writing",
            "NEURON { SUFFIX x }\u{202e} INITIAL { \u{2066} }".to_owned(),
            Some("is not a block of NMODL"),
        ),
        (
            "a text that does not end",
            "NEURON { SUFFIX x } INITIAL { printf(\"é".to_owned(),
            Some("a string that does not end"),
        ),
        (
            "C that does not end",
            "NEURON { SUFFIX x } VERBATIM é".to_owned(),
            Some("VERBATIM without ENDVERBATIM"),
        ),
        ("a lone quotation mark", "\"".to_owned(), Some("a string that does not end")),
        ("a lone point", "NEURON { SUFFIX x } INITIAL { . }".to_owned(), Some("unexpected character `.`")),
        ("numbers in a row", initial("a = 1.2.3.4"), Some("expected")),
        ("an exponent without a number", initial("a = 1e"), Some("expected")),
    ]
}

fn equations() -> Vec<Case> {
    let states = |n: usize| names("s", n);
    let dense = |n: usize| {
        let sum: String = (0..n).map(|j| format!("v^{j}*s{j} + ")).collect();
        (0..n).map(|i| format!("~ {sum}{i}*v = {i} ")).collect::<String>()
    };
    vec![
        (
            "a dense system of 60 linear equations",
            format!(
                "NEURON {{ SUFFIX x }} ASSIGNED {{ v }} STATE {{ {} }} BREAKPOINT {{ SOLVE e }} LINEAR e {{ {} }}",
                states(60),
                dense(60)
            ),
            None,
        ),
        (
            "a chain of reactions of a thousand states",
            "DEFINE n 1000 NEURON { SUFFIX x } ASSIGNED { v } STATE { s[n] } BREAKPOINT { SOLVE k METHOD sparse }
             KINETIC k { FROM i = 0 TO n - 2 { ~ s[i] <-> s[i+1] (v, 1) } CONSERVE s[0] + s[1] = 1 }"
                .to_owned(),
            None,
        ),
        (
            "a chain of reactions of ten thousand states",
            "DEFINE n 10000 NEURON { SUFFIX x } ASSIGNED { v } STATE { s[n] } BREAKPOINT { SOLVE k METHOD sparse }
             KINETIC k { FROM i = 0 TO n - 2 { ~ s[i] <-> s[i+1] (v, 1) } }"
                .to_owned(),
            None,
        ),
        (
            "reactions of everything with everything",
            "DEFINE n 300 NEURON { SUFFIX x } ASSIGNED { v } STATE { s[n] } BREAKPOINT { SOLVE k METHOD sparse }
             KINETIC k { FROM i = 0 TO n - 1 { FROM j = 0 TO n - 1 { ~ s[i] <-> s[j] (v, 1) } } }"
                .to_owned(),
            Some("too large"),
        ),
        (
            "ten thousand differential equations",
            "DEFINE n 10000 NEURON { SUFFIX x } ASSIGNED { v } STATE { s[n] } BREAKPOINT { SOLVE d METHOD cnexp }
             DERIVATIVE d { FROM i = 0 TO n - 1 { s'[i] = v - s[i] } }"
                .to_owned(),
            None,
        ),
        (
            "a thousand coupled nonlinear equations",
            "DEFINE n 1000 NEURON { SUFFIX x } ASSIGNED { v } STATE { s[n] } BREAKPOINT { SOLVE d METHOD derivimplicit }
             DERIVATIVE d { FROM i = 0 TO n - 2 { s'[i] = v - s[i]*s[i+1]*exp(s[0]) } }"
                .to_owned(),
            None,
        ),
        (
            "SOLVE very often",
            format!(
                "DEFINE n 5000 NEURON {{ SUFFIX x }} STATE {{ s[n] }} BREAKPOINT {{ {} }} DERIVATIVE d {{ s'[0] = -s[0] }}",
                "SOLVE d METHOD derivimplicit ".repeat(10_000)
            ),
            Some("too large"),
        ),
        (
            "an equation of very many terms",
            format!(
                "NEURON {{ SUFFIX x }} STATE {{ s }} BREAKPOINT {{ SOLVE d METHOD cnexp }} DERIVATIVE d {{ s' = {}0 }}",
                "s*2+".repeat(99)
            ),
            None,
        ),
        (
            "Newton's method on a long expression",
            format!(
                "NEURON {{ SUFFIX x }} STATE {{ s t0 }} ASSIGNED {{ z }} BREAKPOINT {{ SOLVE d METHOD derivimplicit }}
                 DERIVATIVE d {{ z = s {} s' = z t0' = z }}",
                "z = exp(-z)*z ".repeat(2000)
            ),
            None,
        ),
    ]
}
