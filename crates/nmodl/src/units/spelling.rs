//! Units as text, for people: in the words of the file or of the field.

use std::sync::LazyLock;

use super::{PREFIXES, UNITS, Unit, Units};
use crate::diagnostic;

/// What the field writes, in the order of preference.
const USUAL: [&str; 37] = [
    "1",
    "mV",
    "V",
    "ms",
    "s",
    "mA/cm2",
    "nA",
    "pA",
    "mA",
    "S/cm2",
    "uS",
    "nS",
    "S",
    "1/ms",
    "1/s",
    "mM",
    "mM/ms",
    "um",
    "cm",
    "um2",
    "cm2",
    "um3",
    "uF/cm2",
    "nF",
    "degC",
    "mV/ms",
    "1/mV",
    "1/ms/mV",
    "1/ms/mM",
    "coulomb",
    "joule",
    "joule/degC",
    "ohm",
    "ohm cm",
    "cm/s",
    "cm2/s",
    "mV2",
];

const BASE: [&str; 7] = ["m", "kg", "s", "A", "degC", "mol", "candela"];

/// The usual units with what they mean.
static MEANINGS: LazyLock<Vec<(&str, Unit)>> = LazyLock::new(|| {
    let standard = Units::default();
    USUAL.iter().filter_map(|&text| Some((text, standard.parse(text).ok()?))).collect()
});

/// What the text of a usual unit means, whatever a file defines.
pub(super) fn usual(text: &str) -> Option<Unit> {
    MEANINGS.iter().find(|(usual, _)| *usual == text).map(|(_, meaning)| *meaning)
}

/// A unit in one of the file's own texts, in a usual one, in many of one of these, as a product of two,
/// or in powers of the base units.
pub(super) fn spell<'a>(unit: Unit, own: impl Iterator<Item = (&'a str, Unit)>) -> String {
    let all: Vec<(&str, Unit)> = own.chain(MEANINGS.iter().copied()).collect();
    if let Some((text, _)) = all.iter().find(|(_, known)| known.equals(unit)) {
        return (*text).to_owned();
    }
    if let Some((text, known)) = all.iter().find(|(_, known)| known.fits(unit)) {
        let number = number(unit.factor / known.factor);
        return if *text == "1" { number } else { format!("{number} {text}") };
    }
    for (first, one) in &all {
        for (second, other) in &all {
            if one.times(*other).equals(unit) {
                return format!("{first} {second}");
            }
        }
    }
    let powers = |below: bool| {
        let of_side =
            BASE.iter().zip(unit.dimensions).filter(move |(_, power)| (*power < 0) == below && *power != 0);
        let names = of_side.map(|(name, power)| match power.unsigned_abs() {
            1 => (*name).to_owned(),
            power => format!("{name}{power}"),
        });
        names.collect::<Vec<_>>()
    };
    let mut text = powers(false).join(" ");
    if unit.factor != 1.0 || text.is_empty() {
        text = format!("{} {text}", number(unit.factor)).trim_end().to_owned();
    }
    for name in powers(true) {
        text = format!("{text}/{name}");
    }
    text
}

/// The unit that a misspelt one may have been meant to be: one of the file, of the field, or of the standard with a prefix.
pub(super) fn nearest(part: &str, units: &Units) -> Option<String> {
    let first = part.chars().next()?.to_ascii_lowercase();
    let begins_alike = |name: &str| name.starts_with(|c: char| c.to_ascii_lowercase() == first);
    let standard = || UNITS.iter().map(|unit| unit.0).filter(|name| name.len() > 2);
    let prefixes = PREFIXES.iter().map(|prefix| prefix.0);
    let prefixes = prefixes.filter(|prefix| prefix.len() > 3 && begins_alike(prefix));
    let prefixed = prefixes.flat_map(|prefix| standard().map(move |name| format!("{prefix}{name}")));
    let usual = USUAL.into_iter().chain(["msec", "mho", "umho", "uA", "uM", "nM", "kHz"]).chain(standard());
    let usual = usual.filter(|name| begins_alike(name)).map(str::to_owned);
    let names: Vec<String> = units.own.keys().cloned().chain(usual).chain(prefixed).collect();
    diagnostic::nearest(part, names.iter().map(String::as_str)).map(str::to_owned)
}

/// A number to six digits.
pub(crate) fn number(number: f64) -> String {
    let rounded = format!("{number:.5e}").parse().unwrap_or(number);
    if (1e-4..1e7).contains(&f64::abs(rounded)) { format!("{rounded}") } else { format!("{rounded:e}") }
}
