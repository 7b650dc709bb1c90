//! Network documents: what a user is told about those that cannot be meant, and what about those that can.
//!
//! Each bad case changes one thing of a network that runs. The expected texts stand in `tests/snapshots`.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use apical::model::{Format, Text};
use apical::network::{Distribution, Document, Kind, Network};
use apical::{Error, NetworkSimulation};

const NETWORK: &str = r#"version = 1

[[population]]
name = "pyramidal"
count = 20
spike = { at = "soma(0.5)", threshold = -10 }
positions = { arrange = "box", low = [0, 0, 0], high = [100, 100, 50] }
recorded = [0]

[population.cell]
section = [{ name = "soma", length = 20, diameter = 20 }, { name = "apical", length = 200, diameter = 2, parent = "soma", tag = 4 }]
regions = { tuft = "(distance-ge 120)" }
paint = [{ region = "all", mechanism = "hh" }]

[[population.cell.place]]
name = "excitation"
at = "(uniform tuft 0 19 1)"
mechanism = "ExpSyn"

[[population.cell.place]]
name = "inhibition"
at = "soma(0.5)"
mechanism = "ExpSyn"
parameters = { tau = 8, e = -80 }

[[population.record]]
what = "v"
at = "soma(0.5)"

[[population]]
name = "basket"
count = 5
model = "basket.toml"
spike = { at = "soma(0.5)", threshold = -10 }

[[projection]]
name = "feedforward"
from = "pyramidal"
to = "basket"
place = "synapse"
kind = "excitatory"
connect = { rule = "probability", probability = 0.5 }
weight = 0.002
delay = { distribution = "uniform", minimum = 1, maximum = 2 }

[[projection]]
name = "feedback"
from = "basket"
to = "pyramidal"
place = "inhibition"
kind = "inhibitory"
connect = { rule = "fixed-in-degree", degree = 3 }
weight = 0.004
delay = 1

[[drive]]
name = "noise"
to = "pyramidal"
place = "excitation"
weight = 0.001
generator = { kind = "poisson", rate = 20 }

[run]
duration = 20
"#;

/// The model document of the basket cells.
const BASKET: &str = r#"version = 1
mechanisms = ["alpha.mod"]

[cell]
section = [{ name = "soma", length = 15, diameter = 15 }]
paint = [{ region = "all", mechanism = "hh" }]
place = [
    { name = "synapse", at = "soma(0.5)", mechanism = "ExpSyn" },
    { name = "current", at = "soma(0.5)", mechanism = "CurrentSyn" },
    { name = "clamp", at = "soma(0.5)", mechanism = "IClamp" },
    { name = "shunt", at = "soma(0.5)", mechanism = "ExpSyn", parameters = { tau = 5, e = -65 } },
]

[run]
duration = 1
"#;

/// A current that events switch on, whatever the voltage.
const CURRENT: &str = "NEURON { POINT_PROCESS CurrentSyn NONSPECIFIC_CURRENT i RANGE tau }
PARAMETER { tau = 2 (ms) }
ASSIGNED { i (nA) }
STATE { c (nA) }
INITIAL { c = 0 }
BREAKPOINT { SOLVE decay METHOD cnexp i = -c }
DERIVATIVE decay { c' = -c/tau }
NET_RECEIVE(weight (nA)) { c = c + weight }
";

/// Name of the case, what is replaced, by what.
const CHANGES: &[(&str, &str, &str)] = &[
    ("an unknown key of a population", "count = 20", "cuont = 20"),
    ("a negative count", "count = 20", "count = -20"),
    ("no cells", "count = 20", "count = 0"),
    ("a population of a taken name", "name = \"basket\"", "name = \"pyramidal\""),
    ("a projection of a taken name", "name = \"feedback\"", "name = \"feedforward\""),
    ("an unknown population", "from = \"pyramidal\"", "from = \"pyramidl\""),
    ("an unknown placement", "place = \"inhibition\"", "place = \"inhibitoin\""),
    ("an unknown placement of a drive", "place = \"excitation\"", "place = \"excite\""),
    ("a probability above 1", "probability = 0.5", "probability = 1.5"),
    ("an unknown rule", "rule = \"probability\"", "rule = \"probabilty\""),
    ("an unknown key of a rule", "probability = 0.5", "probability = 0.5, autapse = true"),
    (
        "a rule that is no table",
        "connect = { rule = \"probability\", probability = 0.5 }",
        "connect = \"probability\"",
    ),
    ("a degree beyond the sources", "degree = 3", "degree = 6"),
    ("a negative degree", "degree = 3", "degree = -3"),
    ("a delay below the step", "delay = 1\n", "delay = 0.01\n"),
    ("a delay that may be below the step", "minimum = 1,", "minimum = 0,"),
    (
        "a delay that is drawn below the step",
        "delay = 1\n",
        "delay = { distribution = \"normal\", mean = 0.1, standard_deviation = 0.1 }\n",
    ),
    ("a delay left away", "delay = 1\n", ""),
    ("an unknown distribution", "distribution = \"uniform\"", "distribution = \"unifrom\""),
    ("a distribution that lacks a number", "minimum = 1, ", ""),
    ("a distribution that is no table", "weight = 0.004", "weight = \"strong\""),
    (
        "a width that is not positive",
        "weight = 0.004",
        "weight = { distribution = \"lognormal\", median = 0.004, sigma = 0 }",
    ),
    (
        "cut-offs that leave nothing",
        "weight = 0.004",
        "weight = { distribution = \"normal\", mean = 0, standard_deviation = 1, minimum = 30 }",
    ),
    (
        "distance without positions",
        "rule = \"probability\", probability",
        "rule = \"distance\", profile = \"gaussian\", length = 50, peak",
    ),
    (
        "one-to-one of unequal populations",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"one-to-one\" }",
    ),
    ("an instance beyond the placement", "delay = 1\n", "delay = 1\ninstance = 1\n"),
    ("an instance that is no way to choose", "delay = 1\n", "delay = 1\ninstance = \"inturn\"\n"),
    (
        "a list with a cell that does not exist",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"list\", connections = [{ from = 0, to = 0 }, { from = 5, to = 1 }] }",
    ),
    (
        "a file that is missing",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"file\", path = \"nothing.csv\" }",
    ),
    (
        "a file with a broken line",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"file\", path = \"broken.csv\" }",
    ),
    (
        "a file with a short line",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"file\", path = \"short.csv\" }",
    ),
    (
        "a file with an unknown column",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"file\", path = \"column.csv\" }",
    ),
    (
        "a file with a cell that does not exist",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"file\", path = \"cell.csv\" }",
    ),
    (
        "a file with a delay below the step",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"file\", path = \"delay.csv\" }",
    ),
    (
        "a declared kind that is not true",
        "place = \"inhibition\"\nkind = \"inhibitory\"",
        "place = \"excitation\"\nkind = \"inhibitory\"",
    ),
    ("a negative conductance", "weight = 0.004", "weight = -0.004"),
    (
        "a current of the wrong sign",
        "place = \"synapse\"\nkind = \"excitatory\"\nconnect",
        "place = \"current\"\nkind = \"inhibitory\"\nconnect",
    ),
    ("events to what receives none", "place = \"synapse\"\nkind = \"excitatory\"", "place = \"clamp\""),
    ("a drive without a source", "generator = { kind = \"poisson\", rate = 20 }\n", ""),
    ("a drive with two sources", "generator =", "file = \"spikes.csv\"\ngenerator ="),
    ("an unknown generator", "kind = \"poisson\"", "kind = \"possion\""),
    ("a rate below 0", "rate = 20", "rate = -20"),
    (
        "a vector strength above 1",
        "kind = \"poisson\", rate = 20",
        "kind = \"rhythmic\", rate = 20, frequency = 500, vector_strength = 1.1",
    ),
    ("more events than fit into memory", "rate = 20", "rate = 1e15"),
    (
        "a correlation of next to nothing",
        "kind = \"poisson\", rate = 20",
        "kind = \"correlated\", rate = 20, correlation = 1e-200",
    ),
    (
        "a rhythm of next to no frequency",
        "kind = \"poisson\", rate = 20",
        "kind = \"rhythmic\", rate = 20, frequency = 1e-200, vector_strength = 0.5",
    ),
    (
        "more connections than have numbers",
        "{ rule = \"fixed-in-degree\", degree = 3 }",
        "{ rule = \"fixed-in-degree\", degree = 4000000000, multapses = true }",
    ),
    (
        "a file of spikes with a broken line",
        "generator = { kind = \"poisson\", rate = 20 }",
        "file = \"spikes.csv\"",
    ),
    ("cells that do not exist", "weight = 0.001", "weight = 0.001\ncells = [3, 20]"),
    ("a region with no compartments", "(distance-ge 120)", "(distance-ge 1200)"),
    ("an unknown region of a cell", "region = \"all\"", "region = \"apcial\""),
    ("an unknown mechanism of a cell", "mechanism = \"hh\"", "mechanism = \"hhh\""),
    (
        "a spike at no place",
        "spike = { at = \"soma(0.5)\", threshold = -10 }\npositions",
        "spike = { at = \"somma(0.5)\", threshold = -10 }\npositions",
    ),
    (
        "a spike without a threshold",
        "spike = { at = \"soma(0.5)\", threshold = -10 }\npositions",
        "spike = { at = \"soma(0.5)\" }\npositions",
    ),
    ("an unknown key of a spike", "threshold = -10 }\npositions", "treshold = -10 }\npositions"),
    ("a recorded cell that does not exist", "recorded = [0]", "recorded = [0, 20]"),
    ("a record of no cells", "recorded = [0]\n", ""),
    (
        "points for other cells",
        "arrange = \"box\", low = [0, 0, 0], high = [100, 100, 50]",
        "arrange = \"list\", points = [[0, 0, 0]]",
    ),
    ("a box that is inside out", "high = [100, 100, 50]", "high = [100, -100, 50]"),
    (
        "a parameter of nothing varies",
        "recorded = [0]",
        "recorded = [0]\nvary = [{ mechanism = \"pas\", parameter = \"g\", values = 1 }]",
    ),
    (
        "a parameter that does not exist varies",
        "recorded = [0]",
        "recorded = [0]\nvary = [{ mechanism = \"hh\", parameter = \"gna\", values = 1 }]",
    ),
    (
        "a parameter of too few cells",
        "recorded = [0]",
        "recorded = [0]\nvary = [{ placement = \"inhibition\", parameter = \"tau\", values = [1, 2] }]",
    ),
    (
        "what varies is not told",
        "recorded = [0]",
        "recorded = [0]\nvary = [{ parameter = \"tau\", values = [1, 2] }]",
    ),
    ("a model that is missing", "\"basket.toml\"", "\"baskets.toml\""),
    ("a model with a fault", "\"basket.toml\"", "\"faulty.toml\""),
    ("a model whose fault shows when it is built", "\"basket.toml\"", "\"late.toml\""),
    (
        "a cell beside its model",
        "model = \"basket.toml\"",
        "model = \"basket.toml\"\ncell = { section = [{ name = \"soma\", length = 1, diameter = 1 }] }",
    ),
    ("no cell", "model = \"basket.toml\"\n", ""),
    ("a model of another temperature", "duration = 20", "duration = 20\ntemperature = 34"),
    (
        "a junction to a cell that does not exist",
        "[run]",
        "[[junction]]\nends = [{ cell = 0, at = \"soma(0.5)\" }, { cell = 25, at = \"soma(0.5)\" }]\nconductance = 1e-3\n\n[run]",
    ),
    (
        "a junction at no place",
        "[run]",
        "[[junction]]\nends = [{ cell = 0, at = \"soma(0.5)\" }, { cell = 1, at = \"sonam(0.5)\" }]\nconductance = 1e-3\n\n[run]",
    ),
    ("a time step below 0", "duration = 20", "duration = 20\ntime_step = -1"),
    ("another version", "version = 1", "version = 2"),
];

fn folder() -> &'static Path {
    static FOLDER: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("network_document");
        std::fs::create_dir_all(&folder).unwrap();
        let files = [
            ("basket.toml", BASKET.to_owned()),
            ("faulty.toml", BASKET.replace("region = ", "reigon = ")),
            ("late.toml", BASKET.replace("\"hh\"", "\"hhh\"")),
            ("alpha.mod", CURRENT.to_owned()),
            ("broken.csv", "from,to\n0,1\n# what follows is broken\n2, one\n".to_owned()),
            ("short.csv", "from,to,weight\n0,1,2\n0,1\n".to_owned()),
            ("column.csv", "from,to,wieght\n".to_owned()),
            ("cell.csv", "from,to\n0,1\n7,1\n".to_owned()),
            ("delay.csv", "from,to,delay\n0,1,1.5\n0,2,0.001\n".to_owned()),
            ("spikes.csv", "cell,time\n0,1.5\n0,-1\n".to_owned()),
        ];
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        folder
    })
}

/// What `apical run` would say.
fn refused(text: &str, format: Format) -> Option<Error> {
    let name = if format == Format::Toml { "network.toml" } else { "network.json" };
    let document = match Document::parse(text, format, folder().join(name)) {
        Ok(document) => document,
        Err(error) => return Some(error),
    };
    NetworkSimulation::new(&document.network, document.base()).err().map(|e| document.locate(e))
}

fn shown(error: &Error) -> String {
    error.to_string().replace(&format!("{}/", folder().display()), "")
}

fn document(text: &str) -> Document {
    Document::parse(text, Format::Toml, folder().join("network.toml")).unwrap()
}

#[test]
fn every_fault_is_told_with_its_place() {
    assert!(refused(NETWORK, Format::Toml).is_none());
    let mut all = String::new();
    for (name, from, to) in CHANGES {
        assert!(NETWORK.contains(from), "{name}: the network does not contain {from:?}");
        let error = refused(&NETWORK.replacen(from, to, 1), Format::Toml);
        let error = error.unwrap_or_else(|| panic!("{name}: accepted"));
        assert!(!error.is_internal(), "{name}: {error}");
        assert!(error.line().is_some(), "{name} has no line: {error}");
        writeln!(all, "## {name}\n{}\n", shown(&error)).unwrap();
    }
    insta::assert_snapshot!(all);
}

/// Every number of the document replaced by numbers that nobody means: it is refused with a place, or it can be made.
#[test]
fn numbers_beyond_reason_are_refused_or_run() {
    let numbers = ["-1", "0", "1e-300", "1e300", "-1e300", "nan", "inf", "0.5", "4294967296", "true"];
    let mut refusals = 0;
    for (at, digit) in NETWORK.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let before = &NETWORK[..at];
        // In texts numbers have other rules, and the rest of a number is no number of its own.
        let inside = before.rsplit('\n').next().unwrap_or_default().matches('"').count() % 2 == 1;
        if inside || before.ends_with(|c: char| c.is_ascii_digit() || c == '.' || c == '-') {
            continue;
        }
        let after = NETWORK[at..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        for number in numbers {
            let text = format!("{before}{number}{after}");
            let Some(error) = refused(&text, Format::Toml) else { continue };
            refusals += 1;
            assert!(!error.is_internal(), "{digit} at {at} as {number}: {error}");
            assert!(error.line().is_some(), "{digit} at {at} as {number} has no line: {error}");
        }
    }
    assert!(refusals > 150, "{refusals}");
}

#[test]
fn faults_of_a_json_document_have_places_too() {
    let json = document(NETWORK).network.to_json().unwrap();
    assert!(refused(&json, Format::Json).is_none());
    let mut all = String::new();
    for (name, from, to) in [
        ("unknown population", "\"to\": \"basket\"", "\"to\": \"baskets\""),
        ("probability above 1", "\"probability\": 0.5", "\"probability\": 1.5"),
        ("degree beyond the sources", "\"degree\": 3", "\"degree\": 9"),
        ("unknown key of a rule", "\"degree\": 3", "\"dergee\": 3"),
        ("delay below the step", "\"delay\": 1.0", "\"delay\": 0.0"),
    ] {
        assert!(json.contains(from), "{name}: {json}");
        let error = refused(&json.replacen(from, to, 1), Format::Json);
        let error = error.unwrap_or_else(|| panic!("{name}: accepted"));
        assert!(error.line().is_some(), "{name} has no line: {error}");
        writeln!(all, "## {name}\n{}\n", shown(&error)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_document_written_and_read_again_is_the_same() {
    let network = document(NETWORK).network;
    let read = |text: String, format| -> Network {
        Document::parse(text, format, folder().join("again")).unwrap().network
    };
    assert_eq!(read(network.to_toml().unwrap(), Format::Toml), network);
    assert_eq!(read(network.to_json().unwrap(), Format::Json), network);
}

#[test]
fn a_network_is_known_by_its_populations() {
    let text = |text: &str| Text::new(text, Format::Toml, "document.toml");
    assert!(text(NETWORK).states("population"));
    assert!(!text(BASKET).states("population"));
}

/// Exactly known numbers, and what each synapse does; the alpha function's currents have the sign of their weights.
#[test]
fn a_description_tells_what_synapses_do() {
    let mut network = document(NETWORK).network;
    let mut current = network.projections[0].clone();
    current.name = "current".to_owned();
    current.place = "current".to_owned();
    current.kind = Some(Kind::Inhibitory);
    current.weight = Some(Distribution::Constant(-0.1));
    let mut shunt = network.projections[0].clone();
    shunt.name = "shunt".to_owned();
    shunt.place = "shunt".to_owned();
    shunt.kind = Some(Kind::Shunting);
    network.projections.extend([current, shunt]);
    assert!(NetworkSimulation::new(&network, folder()).is_ok(), "all kinds are true");
    let description = network.describe(folder()).unwrap();
    let feedback = &description.projections[1].end;
    assert_eq!((feedback.count, feedback.in_degree.least, feedback.in_degree.greatest), (60, 3.0, 3.0));
    assert!((feedback.effect.driving_force().unwrap() + 15.0).abs() < 1e-9);
    assert_eq!(feedback.effect.kind(1.0), Some(Kind::Inhibitory));
    insta::assert_snapshot!(description);
}

/// What a declared kind is held to: the reversal potential against the voltage at which the run begins.
#[test]
fn the_kind_of_a_synapse_depends_on_where_the_run_begins() {
    for (initial, expected) in [(-79.5, Kind::Shunting), (-65.0, Kind::Inhibitory), (-90.0, Kind::Excitatory)]
    {
        let mut network = document(NETWORK).network;
        network.run.initial_voltage = initial;
        for kind in [Kind::Excitatory, Kind::Inhibitory, Kind::Shunting] {
            network.projections[1].kind = Some(kind);
            let outcome = NetworkSimulation::new(&network, folder());
            assert_eq!(outcome.is_ok(), kind == expected, "{initial} mV, {kind}");
            if let Err(error) = outcome {
                assert_eq!(error.document_key(), Some("projection[1].kind"));
            }
        }
    }
}

#[test]
fn the_balanced_network_runs_irregularly_and_the_same_on_any_number_of_threads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/balanced_network.toml");
    let document = Document::load(path).unwrap();
    let run = |threads| {
        let mut simulation = NetworkSimulation::new(&document.network, document.base()).unwrap();
        simulation.run_with(threads, |_| {}).unwrap();
        simulation.results()
    };
    let results = run(1);
    assert!(results == run(2));
    assert_eq!(results.traces.len(), 2);
    let network = &document.network;
    for (name, lowest, highest) in [("excitatory", 5.0, 40.0), ("inhibitory", 5.0, 60.0)] {
        let spikes = &results.spikes[network.cells_of(name)];
        let count: usize = spikes.iter().map(|s| s.times.len()).sum();
        let rate = count as f64 / spikes.len() as f64 / (1e-3 * network.run.duration);
        assert!((lowest..highest).contains(&rate), "{name}: {rate} per second");
        // The mean coefficient of variation of the intervals.
        let variation = |times: &[f64]| {
            let intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let n = intervals.len() as f64;
            let mean = intervals.iter().sum::<f64>() / n;
            (n >= 4.0).then(|| (intervals.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / n).sqrt() / mean)
        };
        let variations: Vec<f64> = spikes.iter().filter_map(|s| variation(&s.times)).collect();
        let mean = variations.iter().sum::<f64>() / variations.len() as f64;
        assert!(mean > 0.5, "{name}: a coefficient of variation of {mean}");
    }
}
