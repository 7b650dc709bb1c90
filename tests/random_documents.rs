//! Model documents assembled and damaged at random: they run, or are refused with the place of the fault; nothing panics.

use apical::model::{Document, Format};
use apical::{ErrorKind, Simulation};
use proptest::prelude::*;
use proptest::sample::select;

/// Steps that are worth a test's time.
const STEPS: u64 = 2000;

/// What became of a document.
#[derive(Debug, PartialEq)]
enum Fate {
    Ran,
    Refused,
}

/// Runs a document as `apical run` does.
fn fate(text: &str) -> Result<Fate, TestCaseError> {
    let document = match Document::parse(text, Format::Toml, "model.toml") {
        Ok(document) => document,
        Err(error) => {
            prop_assert!(error.line().is_some() && !error.is_internal(), "{error}");
            return Ok(Fate::Refused);
        }
    };
    let mut simulation = match Simulation::new(&document.model, document.base()) {
        Ok(simulation) => simulation,
        Err(error) => {
            let error = document.locate(error);
            prop_assert!(error.line().is_some() && !error.is_internal(), "{error}");
            return Ok(Fate::Refused);
        }
    };
    if simulation.step_count() > STEPS {
        return Ok(Fate::Refused);
    }
    if let Err(error) = simulation.run() {
        prop_assert_eq!(error.kind(), ErrorKind::Numerical, "{}", error);
        return Ok(Fate::Refused);
    }
    prop_assert!(simulation.voltages().iter().all(|v| v.is_finite()));
    let results = simulation.results();
    prop_assert!(results.traces.iter().all(|t| t.values.len() == results.time.len()));
    Ok(Fate::Ran)
}

fn region() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "all",
        "soma",
        "dend",
        "(section 0)",
        "(section 1)",
        "(cable 1 0.2 0.9)",
        "(region-nil)",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (select(vec!["join", "intersect", "difference"]), inner.clone(), inner.clone())
                .prop_map(|(f, a, b)| format!("({f} {a} {b})")),
            inner.clone().prop_map(|a| format!("(complement {a})")),
            (select(vec!["lt", "le", "gt", "ge"]), inner.clone(), 0.2_f64..3.0)
                .prop_map(|(f, a, r)| format!("(radius-{f} {a} {r})")),
            (select(vec!["lt", "ge"]), 0.0_f64..200.0).prop_map(|(f, d)| format!("(distance-{f} {d})")),
            (select(vec!["distal", "proximal"]), select(vec!["distal", "proximal"]), inner, 0.0_f64..150.0)
                .prop_map(|(f, g, a, d)| format!("({f}-interval ({g} {a}) {d})")),
        ]
    })
}

fn locset() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "soma(0.5)",
            "soma(0)",
            "soma(1)",
            "(location 1 1)",
            "(root)",
            "(terminal)",
            "(on-branches 0.3)"
        ])
        .prop_map(str::to_owned),
        (select(vec!["distal", "proximal"]), region()).prop_map(|(f, a)| format!("({f} {a})")),
        (0.0_f64..1.0, region()).prop_map(|(x, a)| format!("(on-components {x} {a})")),
        (0.0_f64..200.0, region()).prop_map(|(d, a)| format!("(distance {d} {a})")),
        (region(), 0_u8..5, 0_u8..9).prop_map(|(a, n, s)| format!("(uniform {a} 0 {n} {s})")),
        region().prop_map(|a| format!("(restrict-to (on-branches 0.5) {a})")),
    ]
}

/// A section: its parent among those before it, where it joins, by which end, its shape and type.
fn section(index: usize) -> impl Strategy<Value = String> {
    let joint = (0..index.max(1), select(vec![0.0, 0.3, 0.5, 1.0]), select(vec![0, 1]));
    let shape = prop_oneof![
        (1.0_f64..400.0, 0.2_f64..30.0).prop_map(|(l, d)| format!("length = {l}\ndiameter = {d}")),
        proptest::collection::vec((0.0_f64..200.0, 0.2_f64..9.0), 2..6).prop_map(|points| {
            let points: Vec<String> = points.iter().map(|(x, d)| format!("[{x}, 0, 0, {d}]")).collect();
            format!("points = [{}]", points.join(", "))
        }),
    ];
    (joint, shape, select(vec![2, 3, 4]), 1_u8..20).prop_map(move |((parent, x, end), shape, tag, count)| {
        let (name, tag) = if index == 0 { ("soma".to_owned(), 1) } else { (format!("dend{index}"), tag) };
        let whom = if parent == 0 { "soma".to_owned() } else { format!("dend{parent}") };
        let joint = match index {
            0 => String::new(),
            _ => format!("parent = \"{whom}\"\nparent_x = {x}\nchild_x = {end}\n"),
        };
        format!("[[cell.section]]\nname = \"{name}\"\ntag = {tag}\n{joint}{shape}\ncompartments = {count}\n")
    })
}

fn document() -> impl Strategy<Value = String> {
    let sections = (2_usize..6).prop_flat_map(|n| (0..n).map(section).collect::<Vec<_>>());
    let paint = (select(vec!["hh", "pas", "Ih", "NaTa_t", "CaDynamics_E2", "Ca_HVA", "SK_E2"]), region());
    let place = (select(vec!["IClamp", "ExpSyn", "Exp2Syn", "SEClamp", "AMPANMDA"]), locset());
    let record = (select(vec!["v", "v", "i_membrane"]), locset());
    let run = (select(vec!["backward-euler", "crank-nicolson"]), select(vec!["symbolic", "difference"]));
    let lists = (
        proptest::collection::vec(paint, 0..4),
        proptest::collection::vec(place, 0..3),
        proptest::collection::vec(record, 0..3),
    );
    (sections, lists, run).prop_map(|(sections, (paints, places, records), (scheme, conductance))| {
        let mut text = format!("version = 1\n{}", sections.concat());
        for (mechanism, region) in paints {
            text += &format!("[[cell.paint]]\nmechanism = \"{mechanism}\"\nregion = '{region}'\n");
        }
        for (number, (mechanism, at)) in places.iter().enumerate() {
            text +=
                &format!("[[cell.place]]\nname = \"p{number}\"\nmechanism = \"{mechanism}\"\nat = '{at}'\n");
            if mechanism.ends_with("Syn") || mechanism.ends_with("NMDA") {
                text += &format!(
                    "[[events]]\ntarget = \"p{number}\"\nweight = 0.001\npoisson = {{ rate = 500 }}\n"
                );
            }
        }
        for (number, (what, at)) in records.iter().enumerate() {
            text += &format!("[[record]]\nname = \"r{number}\"\nwhat = \"{what}\"\nat = '{at}'\n");
        }
        text += &format!("[run]\nduration = 1\nscheme = \"{scheme}\"\nconductance = \"{conductance}\"\n");
        text
    })
}

#[test]
fn assembled_documents_run_or_are_refused_with_their_place() {
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let (ran, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let result = runner.run(&document(), |text| {
        let count = if fate(&text)? == Fate::Ran { &ran } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    result.unwrap_or_else(|e| panic!("{e}"));
    assert!(ran.get() >= 40 && refused.get() >= 40, "{} ran, {} were refused", ran.get(), refused.get());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Words of a document are replaced by others of the same document, by numbers beyond reason and by rubbish.
    #[test]
    fn damaged_documents_never_panic(
        text in document(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..4), 1..4),
    ) {
        const RUBBISH: [&str; 16] = [
            "nan", "-inf", "1e308", "-1", "0", "\"\"", "[]", "{}", "[1, 2]", "true", "'('", "\"distance\"", "[[", "=",
            "\u{0}", "'(cable 1 1 1)'",
        ];
        let mut words: Vec<String> = text.split_inclusive([' ', '\n']).map(str::to_owned).collect();
        for (at, other, kind) in changes {
            let at = at.index(words.len());
            words[at] = match kind {
                0 => words[other.index(words.len())].clone(),
                1 => String::new(),
                _ => format!("{} ", RUBBISH[other.index(RUBBISH.len())]),
            };
        }
        fate(&words.concat())?;
    }
}
