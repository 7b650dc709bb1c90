//! What a user is told about input that cannot be meant: every text rendered as `apical run` prints it.
//!
//! Each case changes one thing of a model that runs. The expected texts stand in `tests/snapshots`.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use apical::model::{Document, Format};
use apical::{Error, Simulation};

const MODEL: &str = r#"version = 1

[cell.regions]
far = "(distance-ge 100)"

[cell.locsets]
tip = "(terminal)"

[[cell.section]]
name = "soma"
length = 20
diameter = 20

[[cell.section]]
name = "dend"
parent = "soma"
length = 200
diameter = 2

[[cell.paint]]
region = "all"
mechanism = "hh"
parameters = { gnabar = 0.12 }

[[cell.place]]
name = "clamp"
at = "soma(0.5)"
mechanism = "IClamp"
parameters = { del = 1, dur = 3, amp = 0.5 }

[[cell.place]]
name = "synapse"
at = "dend(0.5)"
mechanism = "ExpSyn"

[[events]]
target = "synapse"
weight = 0.001
times = [1]

[[detect]]
name = "soma"
at = "soma(0.5)"
threshold = 0

[[record]]
what = "v"
at = "soma(0.5)"

[run]
duration = 5
"#;

/// Name of the case, what is replaced, by what.
const CHANGES: &[(&str, &str, &str)] = &[
    ("a table in place of a list of them", "[[record]]", "[record]"),
    ("values without their keys", "times = [1]", "regular = [1, 2, 3]"),
    ("a rule without its numbers", "[cell.regions]", "[cell]\ncompartments = \"count\"\n\n[cell.regions]"),
    ("a length that is true", "length = 200", "length = true"),
    ("a point of three numbers", "length = 200\ndiameter = 2\n", "points = [[0, 0, 0], [9, 0, 0, 1]]\n"),
    ("a duration that is no number", "duration = 5", "duration = nan"),
    ("too many steps", "duration = 5", "duration = 1e300"),
    ("more samples than fit into memory", "duration = 5", "duration = 25000000"),
    ("a sample interval beyond the end", "duration = 5", "duration = 5\nsample_interval = 10"),
    ("an initial voltage beyond reason", "duration = 5", "duration = 5\ninitial_voltage = 1e5"),
    (
        "an initial voltage beyond reason somewhere",
        "[[cell.paint]]",
        "[[cell.membrane]]\nregion = \"all\"\ninitial_voltage = \"1e6 * distance\"\n\n[[cell.paint]]",
    ),
    ("a seed below zero", "duration = 5", "duration = 5\nseed = -1"),
    ("a seed beyond 64 bits", "duration = 5", "duration = 5\nseed = 99999999999999999999"),
    ("membrane that sets nothing", "[[cell.paint]]", "[[cell.membrane]]\nregion = \"all\"\n\n[[cell.paint]]"),
    (
        "an ion that sets nothing",
        "[[cell.paint]]",
        "[[cell.ion]]\nregion = \"all\"\nname = \"na\"\n\n[[cell.paint]]",
    ),
    (
        "axial resistivity of an empty region",
        "[[cell.paint]]",
        "[[cell.membrane]]\nregion = \"axon\"\naxial_resistivity = 50\n\n[[cell.paint]]",
    ),
    ("a section without a name", "name = \"dend\"\n", ""),
    ("a placement with a slash in its name", "name = \"clamp\"", "name = \"../clamp\""),
    ("a detector with a line break in its name", "name = \"soma\"\nat", "name = \"so\\nma\"\nat"),
    ("a record that is called like the times", "what = \"v\"", "what = \"v\"\nname = \"t\""),
    ("a section of no compartments", "length = 200", "length = 200\ncompartments = 0"),
    (
        "a rule of no compartments",
        "[cell.regions]",
        "[cell]\ncompartments = { rule = \"count\", count = 0 }\n\n[cell.regions]",
    ),
    ("a section as long as the universe", "length = 200", "length = 1e300"),
    ("more compartments than fit into memory", "length = 200", "length = 200\ncompartments = 9999999"),
    ("a section without membrane", "length = 200", "length = 1e-300"),
    (
        "a section that conducts beyond reason",
        "[cell.regions]",
        "[cell]\naxial_resistivity = 1e-300\n\n[cell.regions]",
    ),
    ("reading options without a file", "[cell.regions]", "[cell.swc]\ngap = \"cone\"\n\n[cell.regions]"),
    ("an unknown reading option", SECTIONS, "[cell]\nmorphology = \"radius.swc\"\nswc.gap = \"fog\"\n"),
    ("a reading option beyond reason", SECTIONS, "[cell]\nmorphology = \"radius.swc\"\nswc.scale = -1\n"),
    ("a morphology in nanometres", SECTIONS, "[cell]\nmorphology = \"nanometres.swc\"\n"),
    ("text that is not TOML", "[run]", "[run"),
    ("misspelt key", "diameter = 2\n", "diametre = 2\n"),
    ("misspelt key of an inline table", "times = [1]", "regular = { start = 1, intervall = 2, count = 3 }"),
    ("value of the wrong type", "duration = 5", "duration = \"5 ms\""),
    ("missing key", "mechanism = \"ExpSyn\"\n", ""),
    ("version of the future", "version = 1\n", "version = 2\n"),
    ("no duration", "duration = 5", "time_step = 0.1"),
    ("negative time step", "duration = 5", "duration = 5\ntime_step = -0.025"),
    ("duration between steps", "duration = 5", "duration = 5.01"),
    ("below absolute zero", "duration = 5", "duration = 5\ntemperature = -300"),
    ("unknown scheme", "duration = 5", "duration = 5\nscheme = \"crank-nicholson\""),
    ("unknown rates", "duration = 5", "duration = 5\nrates = \"tabulatd\""),
    ("sample interval between steps", "duration = 5", "duration = 5\nsample_interval = 0.03"),
    ("negative length", "length = 200", "length = -200"),
    ("no diameter", "diameter = 2\n", ""),
    ("unknown parent", "parent = \"soma\"", "parent = \"some\""),
    ("two sections of one name", "name = \"dend\"", "name = \"soma\""),
    ("unknown mechanism", "\"hh\"", "\"hhh\""),
    ("unknown parameter", "gnabar", "gNabar"),
    ("point process painted", "mechanism = \"hh\"", "mechanism = \"ExpSyn\""),
    ("density mechanism placed", "mechanism = \"ExpSyn\"", "mechanism = \"hh\""),
    ("unknown region", "region = \"all\"", "region = \"apical\""),
    ("empty region", "region = \"all\"", "region = \"axon\""),
    ("region without a compartment", "region = \"all\"", "region = \"(cable \\\"dend\\\" 0.001 0.002)\""),
    ("region expression that does not end", "(distance-ge 100)", "(distance-ge 100"),
    ("unknown function of a region", "(distance-ge 100)", "(distance-gr 100)"),
    ("label of itself", "\"(distance-ge 100)\"", "\"(region \\\"far\\\")\""),
    ("locset where a region is due", "\"(distance-ge 100)\"", "\"(terminal)\""),
    ("location past the end", "dend(0.5)", "dend(1.5)"),
    ("location on a section that is not there", "dend(0.5)", "dent(0.5)"),
    ("parameter expression with an unknown name", "gnabar = 0.12", "gnabar = \"0.12 * distanc\""),
    ("parameter expression that is infinite", "gnabar = 0.12", "gnabar = \"0.12 / (distance - distance)\""),
    ("events to nothing", "target = \"synapse\"", "target = \"synapses\""),
    ("events to a clamp", "target = \"synapse\"", "target = \"clamp\""),
    ("events to an instance that is not there", "times = [1]", "times = [1]\ninstance = 1"),
    ("events without a source", "times = [1]\n", ""),
    ("events with two sources", "times = [1]", "times = [1]\npoisson = { rate = 5 }"),
    ("a train without end", "times = [1]", "regular = { start = 0, interval = 0, count = 1000000000000 }"),
    ("a train of too many events", "times = [1]", "poisson = { rate = 1e300 }"),
    ("a train that stops before it starts", "times = [1]", "poisson = { rate = 5, start = 3, stop = 2 }"),
    ("an argument that is no number", "times = [1]", "times = [1]\narguments = { x = nan }"),
    ("the weight given twice", "times = [1]", "times = [1]\narguments = { weight = 2 }"),
    ("negative event time", "times = [1]", "times = [-1]"),
    ("events from an unknown detector", "times = [1]", "from = \"some\"\ndelay = 1"),
    ("delay without a detector", "times = [1]", "times = [1]\ndelay = 1"),
    (
        "detector of several places",
        "name = \"soma\"\nat = \"soma(0.5)\"\nthreshold",
        "name = \"soma\"\nat = \"(join (terminal) (root))\"\nthreshold",
    ),
    ("unknown quantity", "what = \"v\"", "what = \"vm\""),
    ("unknown variable", "what = \"v\"", "what = \"hh.mm\""),
    ("record without a place", "what = \"v\"\nat = \"soma(0.5)\"", "what = \"v\""),
    (
        "record of an end that has no membrane",
        "what = \"v\"\nat = \"soma(0.5)\"",
        "what = \"hh.m\"\nat = \"dend(1)\"",
    ),
    ("two records of one name", "[run]", "[[record]]\nwhat = \"v\"\nat = \"soma(0.5)\"\n\n[run]"),
    (
        "a current that is no number",
        "mechanism = \"hh\"\nparameters = { gnabar = 0.12 }",
        "mechanism = \"logarithm\"",
    ),
    ("current beyond reason", "amp = 0.5", "amp = 1e9"),
    ("a mechanism file that is not there", "version = 1\n", "version = 1\nmechanisms = [\"nowhere.mod\"]\n"),
    ("a mechanism with a syntax error", "version = 1\n", "version = 1\nmechanisms = [\"syntax.mod\"]\n"),
    ("a mechanism with an unknown name", "version = 1\n", "version = 1\nmechanisms = [\"unknown.mod\"]\n"),
    (
        "GLOBAL parameter that differs from place to place",
        "mechanism = \"hh\"\nparameters = { gnabar = 0.12 }",
        "mechanism = \"global\"\nparameters = { k = \"distance\" }",
    ),
    ("a morphology that is not there", SECTIONS, "[cell]\nmorphology = \"nowhere.swc\"\n"),
    ("a morphology with a cycle", SECTIONS, "[cell]\nmorphology = \"cycle.swc\"\n"),
    ("a morphology with two somas", SECTIONS, "[cell]\nmorphology = \"somas.swc\"\n"),
    ("a morphology with a radius that is no number", SECTIONS, "[cell]\nmorphology = \"radius.swc\"\n"),
    ("a morphology and sections", "[cell.regions]", "[cell]\nmorphology = \"cycle.swc\"\n\n[cell.regions]"),
];

/// The part of the model that a morphology file replaces.
const SECTIONS: &str = "[[cell.section]]\nname = \"soma\"\nlength = 20\ndiameter = 20\n\n[[cell.section]]\nname = \"dend\"\nparent = \"soma\"\nlength = 200\ndiameter = 2\n";

const FILES: &[(&str, &str)] = &[
    ("cycle.swc", "1 1 0 0 0 5 -1\n2 3 10 0 0 1 4\n3 3 20 0 0 1 2\n4 3 30 0 0 1 3\n"),
    ("somas.swc", "1 1 0 0 0 5 -1\n2 3 10 0 0 1 1\n3 1 99 0 0 5 -1\n4 3 120 0 0 1 3\n"),
    ("radius.swc", "1 1 0 0 0 5 -1\n2 3 10 0 0 NaN 1\n3 3 20 0 0 1 2\n"),
    (
        "nanometres.swc",
        "1 1 0 0 0 1533 -1\n2 3 3000 0 0 132 1\n3 3 6000 0 0 168 2\n4 3 9000 0 0 155 3\n5 3 9000 900 0 155 4\n6 3 9000 990 0 99 5\n",
    ),
    (
        "syntax.mod",
        "NEURON { SUFFIX leaky NONSPECIFIC_CURRENT i RANGE g }\nPARAMETER { g = 0.001 (S/cm2) }\nASSIGNED { v (mV) i (mA/cm2) }\nBREAKPOINT { i = g * (v + 70 }\n",
    ),
    (
        "unknown.mod",
        "NEURON { SUFFIX leaky NONSPECIFIC_CURRENT i RANGE gbar }\nPARAMETER { gbar = 0.001 (S/cm2) }\nASSIGNED { v (mV) i (mA/cm2) }\nBREAKPOINT { i = gber * (v + 70) }\n",
    ),
    (
        "logarithm.mod",
        "NEURON { SUFFIX logarithm NONSPECIFIC_CURRENT i }\nASSIGNED { v (mV) i (mA/cm2) }\nBREAKPOINT { i = 1e-5 * log(v) }\n",
    ),
    (
        "global.mod",
        "NEURON { SUFFIX global NONSPECIFIC_CURRENT i GLOBAL k }\nPARAMETER { k = 1 }\nASSIGNED { v (mV) i (mA/cm2) }\nBREAKPOINT { i = 1e-5 * k * (v + 70) }\n",
    ),
];

/// A folder with the files that cases refer to, written once.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_input");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in FILES {
            std::fs::write(folder.join(name), text).unwrap();
        }
        folder
    })
}

/// Loads and runs a text as `apical run` does.
fn refused(text: &str, format: Format, folder: &Path) -> Option<Error> {
    let name = if format == Format::Toml { "model.toml" } else { "model.json" };
    let document = match Document::parse(text, format, folder.join(name)) {
        Ok(document) => document,
        Err(error) => return Some(error),
    };
    let run = || Simulation::new(&document.model, document.base())?.run();
    run().map_err(|e| document.locate(e)).err()
}

/// The rendered error without the folder's path.
fn shown(error: &Error, folder: &Path) -> String {
    error.to_string().replace(&format!("{}/", folder.display()), "")
}

#[test]
fn the_model_itself_runs() {
    assert!(refused(MODEL, Format::Toml, folder()).is_none());
}

#[test]
fn every_fault_is_told_with_its_place() {
    let folder = folder();
    let own = "version = 1\nmechanisms = [\"global.mod\", \"logarithm.mod\"]\n";
    let with_own_mechanisms = MODEL.replacen("version = 1\n", own, 1);
    let mut all = String::new();
    for (name, from, to) in CHANGES {
        let uses_own = ["\"global\"", "\"logarithm\""].iter().any(|m| to.contains(m));
        let model = if uses_own { &with_own_mechanisms } else { MODEL };
        assert!(model.contains(from), "{name}: the model does not contain {from:?}");
        let text = model.replacen(from, to, 1);
        let error = refused(&text, Format::Toml, folder).unwrap_or_else(|| panic!("{name}: accepted"));
        assert!(!error.is_internal(), "{name}: {error}");
        writeln!(all, "## {name}\n{}\n", shown(&error, folder)).unwrap();
    }
    insta::assert_snapshot!("toml", all);
}

#[test]
fn faults_of_a_json_document_have_places_too() {
    let folder = folder();
    let document = Document::parse(MODEL, Format::Toml, "model.toml").unwrap();
    let json = document.model.to_json().unwrap();
    let changes = [
        ("text that is not JSON", "\"version\": 1,", "\"version\": 1"),
        ("misspelt key", "\"threshold\"", "\"treshold\""),
        ("unknown mechanism", "\"hh\"", "\"hhh\""),
        ("unknown parameter", "\"gnabar\"", "\"gNabar\""),
        ("negative time step", "\"time_step\": 0.025", "\"time_step\": -0.025"),
        ("unknown region", "\"region\": \"all\"", "\"region\": \"apical\""),
        ("location past the end", "dend(0.5)", "dend(1.5)"),
        ("events to nothing", "\"target\": \"synapse\"", "\"target\": \"synapses\""),
    ];
    let mut all = String::new();
    for (name, from, to) in changes {
        assert!(json.contains(from), "{name}: {json}");
        let error = refused(&json.replacen(from, to, 1), Format::Json, folder);
        let error = error.unwrap_or_else(|| panic!("{name}: accepted"));
        assert!(error.line().is_some(), "{name} has no line: {error}");
        writeln!(all, "## {name}\n{}\n", shown(&error, folder)).unwrap();
    }
    insta::assert_snapshot!("json", all);
}
