//! The table of a comparison, in Markdown.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use super::compare::{Entry, Verdict};

const COLUMNS: [(&str, &[Verdict]); 7] = [
    ("agree", &[Verdict::Agrees]),
    ("differ", &[Verdict::Differs]),
    ("stop", &[Verdict::Stops]),
    ("random", &[Verdict::Random]),
    ("beyond 10 V", &[Verdict::Runaway]),
    ("refused", &[Verdict::Refused]),
    ("NEURON refuses", &[Verdict::NeuronRefuses, Verdict::BothRefuse]),
];

/// Counts by folder, reasons of refusal, and every file that does not agree.
pub fn table(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut line = |cells: Vec<String>| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    };
    let names = ["folder", "files", "texts"].into_iter().chain(COLUMNS.map(|c| c.0)).chain(["largest"]);
    line(names.clone().map(str::to_owned).collect());
    line(names.enumerate().map(|(i, _)| if i == 0 { "---" } else { "---:" }.to_owned()).collect());
    let mut groups: BTreeMap<(usize, &str), Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        // Accession numbers in the order of numbers.
        groups.entry((entry.group.len(), &entry.group)).or_default().push(entry);
    }
    for ((_, group), members) in &groups {
        line(row(group, members));
    }
    line(row("all", &entries.iter().collect::<Vec<_>>()));

    let distinct = distinct(&entries.iter().collect::<Vec<_>>());
    let mut reasons: BTreeMap<(Verdict, String), usize> = BTreeMap::new();
    for entry in &distinct {
        if !matches!(entry.verdict, Verdict::Agrees | Verdict::Differs | Verdict::Random) {
            *reasons.entry((entry.verdict, without_names(&entry.reason))).or_default() += 1;
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|((verdict, _), count)| (*verdict, std::cmp::Reverse(*count)));
    let _ = writeln!(text, "\n| | texts | why |\n| --- | ---: | --- |");
    for ((verdict, reason), count) in reasons {
        let _ = writeln!(text, "| {} | {count} | {} |", word(verdict), reason.replace('|', "\\|"));
    }
    let mut different: Vec<_> = distinct.iter().filter(|e| e.verdict == Verdict::Differs).collect();
    different.sort_by(|a, b| b.largest.total_cmp(&a.largest));
    let _ = writeln!(text, "\n| differs | largest | in |\n| --- | ---: | --- |");
    for entry in different {
        let name = entry.file.rsplit('/').next().unwrap_or_default();
        let _ = writeln!(text, "| {} {name} | {:.1e} | {} |", entry.group, entry.largest, entry.reason);
    }
    text
}

fn row(group: &str, members: &[&Entry]) -> Vec<String> {
    let texts = distinct(members);
    let count = |verdicts: &[Verdict]| texts.iter().filter(|e| verdicts.contains(&e.verdict)).count();
    let largest =
        texts.iter().filter(|e| e.verdict == Verdict::Agrees).map(|e| e.largest).fold(0.0, f64::max);
    let mut cells = vec![group.to_owned(), members.len().to_string(), texts.len().to_string()];
    cells.extend(COLUMNS.map(|(_, verdicts)| count(verdicts).to_string()));
    cells.push(format!("{largest:.0e}"));
    cells
}

fn distinct<'a>(entries: &[&'a Entry]) -> Vec<&'a Entry> {
    let mut seen = HashSet::new();
    entries.iter().copied().filter(|e| seen.insert(&e.key)).collect()
}

/// A message with the names in it and its line left out, so that equal causes are counted together.
fn without_names(message: &str) -> String {
    let message = message.rsplit_once(" (line ").map_or(message, |(m, _)| m);
    let parts = message.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 0 { part } else { "`…`" }).collect()
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agrees => "agrees",
        Verdict::Differs => "differs",
        Verdict::Random => "random",
        Verdict::Runaway => "beyond 10 V",
        Verdict::Stops => "stops",
        Verdict::Refused => "refused",
        Verdict::NeuronRefuses => "NEURON refuses",
        Verdict::BothRefuse => "both refuse",
        Verdict::Nothing => "no mechanism",
    }
}
