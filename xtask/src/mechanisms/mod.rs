//! `cargo xtask mechanisms`: `docs/mechanisms.md`, from the texts of `mechanisms/`.
//!
//! In come the NMODL files, compiled, and [`groups`]; out goes the reference of what is built in: kind, ions, parameters with
//! default, unit and limits from the compiled form, sources from the comment at the head of each text.

use std::fmt::Write as _;
use std::process::ExitCode;

use apical::mechanism::{compile_all, read};
use apical_nmodl::ir::{IonQuantity, IonUse, Kind, Mechanism, Role};

mod groups;

use groups::GROUPS;

const DOCUMENT: &str = "docs/mechanisms.md";

/// Writes the document, or checks that the committed one is what would be written.
pub fn run(check: bool) -> ExitCode {
    let text = match document() {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let path = crate::root().join(DOCUMENT);
    if check {
        if std::fs::read_to_string(&path).ok().as_deref() == Some(&text) {
            return ExitCode::SUCCESS;
        }
        eprintln!("{DOCUMENT} differs from what `cargo xtask mechanisms` makes");
        return ExitCode::FAILURE;
    }
    if let Err(error) = std::fs::write(&path, text) {
        eprintln!("cannot write {DOCUMENT}: {error}");
        return ExitCode::from(2);
    }
    println!("wrote {DOCUMENT}");
    ExitCode::SUCCESS
}

/// One built-in mechanism.
struct Entry {
    mechanism: Mechanism,
    /// The comment at the head of its text, in one line.
    head: String,
}

fn load(name: &str) -> Result<Entry, String> {
    let path = crate::root().join("mechanisms").join(format!("{name}.mod"));
    let text = read(&path).map_err(|e| e.to_string())?;
    let mechanism = compile_all(&path, &text).map_err(|findings| {
        findings.iter().map(|d| d.render(&path.display().to_string(), &text)).collect::<String>()
    })?;
    if mechanism.name != name {
        return Err(format!("mechanisms/{name}.mod is about `{}`", mechanism.name));
    }
    let before_blocks = text.lines().skip(1).take_while(|line| line.is_empty() || line.starts_with(':'));
    let words = before_blocks.flat_map(|line| line.trim_start_matches(':').split_whitespace());
    Ok(Entry { mechanism, head: words.collect::<Vec<_>>().join(" ") })
}

fn document() -> Result<String, String> {
    let mut text = String::from(
        "# Built-in mechanisms\n\n\
         Made from the texts in `mechanisms/` by `cargo xtask mechanisms`. Density mechanisms are `paint`ed, point processes \
         `place`d at a locset, artificial cells `place`d without one (see [model.md](model.md)). A file of yours that defines \
         the same name replaces a built-in one. *Records* are the variables that `record` may name beside the currents and \
         concentrations of ions. Temperatures enter as each text says.\n",
    );
    let mut sections = String::new();
    for group in GROUPS {
        let entries = group.names.iter().map(|name| load(name)).collect::<Result<Vec<_>, _>>()?;
        let (heading, about) = (group.title, group.about);
        let _ = write!(text, "\n**{heading}**\n\n| | |\n| --- | --- |\n");
        let _ = write!(sections, "\n## {heading}\n");
        if !about.is_empty() {
            let _ = write!(sections, "\n{about}\n");
        }
        for entry in &entries {
            let name = &entry.mechanism.name;
            let _ = writeln!(text, "| [`{name}`](#{}) | {} |", name.to_lowercase(), entry.mechanism.title);
            section(&mut sections, entry);
        }
    }
    Ok(text + &sections)
}

fn section(text: &mut String, Entry { mechanism, head }: &Entry) {
    let kind = match mechanism.kind {
        Kind::Density => "Density mechanism",
        Kind::PointProcess => "Point process",
        Kind::ArtificialCell => "Artificial cell",
    };
    let _ = write!(text, "\n### {}\n\n{kind}: {}.", mechanism.name, mechanism.title);
    if !head.is_empty() {
        let _ = write!(text, " {}", escape(head));
    }
    text.push('\n');
    let mut facts: Vec<String> = mechanism.ions.iter().map(ion).collect();
    let pointers = names(mechanism, |role| role == Role::Pointer);
    if !pointers.is_empty() {
        facts.push(format!("pointers {pointers}"));
    }
    if !mechanism.tables.is_empty() {
        let tables: Vec<String> =
            mechanism.tables.iter().map(|t| format!("`{}` ({})", t.name, t.unit)).collect();
        facts.push(format!("tables {}", tables.join(", ")));
    }
    if let Some(weight) = mechanism.arguments.first() {
        facts.push(format!("receives events with a `{weight}`"));
    }
    let recorded = names(mechanism, |role| matches!(role, Role::State | Role::Assigned { range: true }));
    if !recorded.is_empty() {
        facts.push(format!("records {recorded}"));
    }
    if let Some(first) = facts.first_mut()
        && let Some(letter) = first.get_mut(..1)
    {
        letter.make_ascii_uppercase();
    }
    if !facts.is_empty() {
        let _ = write!(text, "\n{}.\n", facts.join("; "));
    }
    let parameters: Vec<_> =
        mechanism.variables.iter().filter(|v| matches!(v.role, Role::Parameter { .. })).collect();
    if parameters.is_empty() {
        return;
    }
    text.push_str("\n| parameter | default | unit | limits |\n| --- | ---: | --- | --- |\n");
    for p in parameters {
        let limits =
            p.limits.map_or(String::new(), |(low, high)| format!("{} to {}", number(low), number(high)));
        let _ = writeln!(text, "| `{}` | {} | {} | {limits} |", p.name, number(p.default), unit(&p.unit));
    }
}

/// The names of a mechanism's variables of some role, those of arrays once.
fn names(mechanism: &Mechanism, wanted: impl Fn(Role) -> bool) -> String {
    let of_ions =
        |name: &str| mechanism.ions.iter().any(|i| quantities(i, &i.writes).contains(&name.to_owned()));
    let mut names: Vec<String> = mechanism
        .variables
        .iter()
        .filter(|v| wanted(v.role) && !of_ions(&v.name))
        .map(|v| format!("`{}`", v.name.split('[').next().unwrap_or_default()))
        .collect();
    names.dedup();
    names.join(", ")
}

fn quantities(ion: &IonUse, which: &[IonQuantity]) -> Vec<String> {
    let name = &ion.name;
    which
        .iter()
        .map(|quantity| match quantity {
            IonQuantity::Reversal => format!("e{name}"),
            IonQuantity::Internal => format!("{name}i"),
            IonQuantity::External => format!("{name}o"),
            IonQuantity::Current => format!("i{name}"),
        })
        .collect()
}

/// `reads ena, writes ina`.
fn ion(ion: &IonUse) -> String {
    let list = |verb: &str, which: &[IonQuantity]| {
        let quoted: Vec<String> = quantities(ion, which).iter().map(|q| format!("`{q}`")).collect();
        (!quoted.is_empty()).then(|| format!("{verb} {}", quoted.join(", ")))
    };
    [list("reads", &ion.reads), list("writes", &ion.writes)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// As short as it can be read: powers of ten for the very large and the very small.
fn number(value: f64) -> String {
    if value != 0.0 && !(1e-4..1e6).contains(&value.abs()) { format!("{value:e}") } else { value.to_string() }
}

/// A unit as people write it.
fn unit(text: &str) -> String {
    ["um2", "cm2", "um", "uS", "uM4", "uM", "degC"]
        .into_iter()
        .zip(["µm²", "cm²", "µm", "µS", "µM⁴", "µM", "°C"])
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Text of a comment as Markdown: nothing in it means emphasis or a tag.
fn escape(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "&lt;").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, GROUPS, document};

    #[test]
    fn the_committed_document_is_what_the_files_say() {
        let committed = std::fs::read_to_string(crate::root().join(DOCUMENT)).unwrap();
        assert!(committed == document().unwrap(), "run `cargo xtask mechanisms`");
    }

    #[test]
    fn every_mechanism_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|g| g.names).copied().collect();
        grouped.sort_unstable();
        let catalogue = apical::mechanism::Catalogue::builtin();
        let built_in: Vec<&str> = catalogue.names().collect();
        assert_eq!(grouped, built_in);
    }
}
