//! Units of measurement: what a unit's text means, as a factor and powers of base units.
//!
//! In comes text as NMODL writes it (`mA/cm2`, `1/ms`, `joule/degC`); out goes [`Unit`]. The definitions are those of the
//! SI (BIPM, 9th edition, 2019); names follow the Unix `units` program, which NEURON uses.

use std::collections::HashMap;

mod check;
mod expressions;
mod quantity;
pub(crate) mod spelling;

pub(crate) use check::check;

/// Powers of metre, kilogram, second, ampere, kelvin, mole, candela.
pub(crate) type Dimensions = [i8; 7];

/// A factor and what it multiplies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    pub factor: f64,
    pub dimensions: Dimensions,
}

impl Unit {
    /// A plain number.
    pub const ONE: Unit = Unit { factor: 1.0, dimensions: [0; 7] };

    pub fn times(self, other: Unit) -> Unit {
        let mut dimensions = self.dimensions;
        dimensions.iter_mut().zip(other.dimensions).for_each(|(a, b)| *a = a.saturating_add(b));
        Unit { factor: self.factor * other.factor, dimensions }
    }

    pub fn power(self, exponent: i8) -> Unit {
        let dimensions = self.dimensions.map(|d| d.saturating_mul(exponent));
        Unit { factor: self.factor.powi(i32::from(exponent)), dimensions }
    }

    pub fn over(self, other: Unit) -> Unit {
        self.times(other.power(-1))
    }

    /// Whether both measure the same thing, whatever the factor.
    pub fn fits(self, other: Unit) -> bool {
        self.dimensions == other.dimensions
    }

    /// Whether both are the same unit.
    pub fn equals(self, other: Unit) -> bool {
        self.fits(other) && (self.factor / other.factor - 1.0).abs() < 1e-6
    }
}

/// Name, factor, powers of m, kg, s, A, K, mol, cd. The first name is the usual one; plurals are understood.
const UNITS: &[(&str, f64, Dimensions)] = &[
    ("m", 1.0, [1, 0, 0, 0, 0, 0, 0]),
    ("meter", 1.0, [1, 0, 0, 0, 0, 0, 0]),
    ("metre", 1.0, [1, 0, 0, 0, 0, 0, 0]),
    ("micron", 1e-6, [1, 0, 0, 0, 0, 0, 0]),
    ("angstrom", 1e-10, [1, 0, 0, 0, 0, 0, 0]),
    ("inch", 0.0254, [1, 0, 0, 0, 0, 0, 0]),
    ("g", 1e-3, [0, 1, 0, 0, 0, 0, 0]),
    ("gm", 1e-3, [0, 1, 0, 0, 0, 0, 0]),
    ("gram", 1e-3, [0, 1, 0, 0, 0, 0, 0]),
    ("s", 1.0, [0, 0, 1, 0, 0, 0, 0]),
    ("sec", 1.0, [0, 0, 1, 0, 0, 0, 0]),
    ("second", 1.0, [0, 0, 1, 0, 0, 0, 0]),
    ("min", 60.0, [0, 0, 1, 0, 0, 0, 0]),
    ("minute", 60.0, [0, 0, 1, 0, 0, 0, 0]),
    ("hour", 3600.0, [0, 0, 1, 0, 0, 0, 0]),
    ("hr", 3600.0, [0, 0, 1, 0, 0, 0, 0]),
    ("day", 86_400.0, [0, 0, 1, 0, 0, 0, 0]),
    ("A", 1.0, [0, 0, 0, 1, 0, 0, 0]),
    ("amp", 1.0, [0, 0, 0, 1, 0, 0, 0]),
    ("ampere", 1.0, [0, 0, 0, 1, 0, 0, 0]),
    ("K", 1.0, [0, 0, 0, 0, 1, 0, 0]),
    ("degK", 1.0, [0, 0, 0, 0, 1, 0, 0]),
    ("kelvin", 1.0, [0, 0, 0, 0, 1, 0, 0]),
    ("degC", 1.0, [0, 0, 0, 0, 1, 0, 0]),
    ("celsius", 1.0, [0, 0, 0, 0, 1, 0, 0]),
    // A number, as in (molar) = (1/liter) and (faraday) (coulomb), which the field writes.
    ("mol", 1.0, [0; 7]),
    ("mole", 1.0, [0; 7]),
    ("candela", 1.0, [0, 0, 0, 0, 0, 0, 1]),
    ("coul", 1.0, [0, 0, 1, 1, 0, 0, 0]),
    ("coulomb", 1.0, [0, 0, 1, 1, 0, 0, 0]),
    ("C", 1.0, [0, 0, 1, 1, 0, 0, 0]),
    ("V", 1.0, [2, 1, -3, -1, 0, 0, 0]),
    ("volt", 1.0, [2, 1, -3, -1, 0, 0, 0]),
    ("ohm", 1.0, [2, 1, -3, -2, 0, 0, 0]),
    ("S", 1.0, [-2, -1, 3, 2, 0, 0, 0]),
    ("mho", 1.0, [-2, -1, 3, 2, 0, 0, 0]),
    ("siemens", 1.0, [-2, -1, 3, 2, 0, 0, 0]),
    ("siemen", 1.0, [-2, -1, 3, 2, 0, 0, 0]),
    ("F", 1.0, [-2, -1, 4, 2, 0, 0, 0]),
    ("farad", 1.0, [-2, -1, 4, 2, 0, 0, 0]),
    ("H", 1.0, [2, 1, -2, -2, 0, 0, 0]),
    ("henry", 1.0, [2, 1, -2, -2, 0, 0, 0]),
    ("W", 1.0, [2, 1, -3, 0, 0, 0, 0]),
    ("watt", 1.0, [2, 1, -3, 0, 0, 0, 0]),
    ("J", 1.0, [2, 1, -2, 0, 0, 0, 0]),
    ("joule", 1.0, [2, 1, -2, 0, 0, 0, 0]),
    ("cal", 4.1868, [2, 1, -2, 0, 0, 0, 0]),
    ("calorie", 4.1868, [2, 1, -2, 0, 0, 0, 0]),
    ("ev", ELEMENTARY_CHARGE, [2, 1, -2, 0, 0, 0, 0]),
    ("newton", 1.0, [1, 1, -2, 0, 0, 0, 0]),
    ("N", 1.0, [1, 1, -2, 0, 0, 0, 0]),
    ("pascal", 1.0, [-1, 1, -2, 0, 0, 0, 0]),
    ("atm", 101_325.0, [-1, 1, -2, 0, 0, 0, 0]),
    ("mmHg", 133.322_387_415, [-1, 1, -2, 0, 0, 0, 0]),
    ("Hz", 1.0, [0, 0, -1, 0, 0, 0, 0]),
    ("hertz", 1.0, [0, 0, -1, 0, 0, 0, 0]),
    ("l", 1e-3, [3, 0, 0, 0, 0, 0, 0]),
    ("L", 1e-3, [3, 0, 0, 0, 0, 0, 0]),
    ("liter", 1e-3, [3, 0, 0, 0, 0, 0, 0]),
    ("litre", 1e-3, [3, 0, 0, 0, 0, 0, 0]),
    ("cc", 1e-6, [3, 0, 0, 0, 0, 0, 0]),
    ("lumen", 1.0, [0, 0, 0, 0, 0, 0, 1]),
    ("weber", 1.0, [2, 1, -2, -1, 0, 0, 0]),
    ("tesla", 1.0, [0, 1, -2, -1, 0, 0, 0]),
    ("radian", 1.0, [0; 7]),
    ("rad", 1.0, [0; 7]),
    ("degree", std::f64::consts::PI / 180.0, [0; 7]),
    ("event", 1.0, [0; 7]),
    ("bit", 1.0, [0; 7]),
    ("percent", 0.01, [0; 7]),
    ("%", 0.01, [0; 7]),
    ("pi", std::f64::consts::PI, [0; 7]),
    ("e", ELEMENTARY_CHARGE, [0, 0, 1, 1, 0, 0, 0]),
    ("faraday", FARADAY, [0, 0, 1, 1, 0, 0, 0]),
    ("boltzmann", BOLTZMANN, [2, 1, -2, 0, -1, 0, 0]),
    ("k", BOLTZMANN, [2, 1, -2, 0, -1, 0, 0]),
    ("avogadro", AVOGADRO, [0; 7]),
    ("molar", 1e3, [-3, 0, 0, 0, 0, 0, 0]),
    ("M", 1e3, [-3, 0, 0, 0, 0, 0, 0]),
];

/// SI prefixes, longer names before their beginnings.
const PREFIXES: &[(&str, f64)] = &[
    ("yotta", 1e24),
    ("zetta", 1e21),
    ("exa", 1e18),
    ("peta", 1e15),
    ("tera", 1e12),
    ("giga", 1e9),
    ("mega", 1e6),
    ("meg", 1e6),
    ("kilo", 1e3),
    ("hecto", 1e2),
    ("deka", 1e1),
    ("deci", 1e-1),
    ("centi", 1e-2),
    ("milli", 1e-3),
    ("micro", 1e-6),
    ("nano", 1e-9),
    ("pico", 1e-12),
    ("femto", 1e-15),
    ("atto", 1e-18),
    ("G", 1e9),
    ("M", 1e6),
    ("k", 1e3),
    ("d", 1e-1),
    ("c", 1e-2),
    ("m", 1e-3),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("n", 1e-9),
    ("p", 1e-12),
    ("f", 1e-15),
];

const ELEMENTARY_CHARGE: f64 = 1.602_176_634e-19;
const AVOGADRO: f64 = 6.022_140_76e23;
const BOLTZMANN: f64 = 1.380_649e-23;
const FARADAY: f64 = 96_485.332_123_310_01;
const GAS: f64 = 8.314_462_618_153_24;

/// The value of a physical constant of the UNITS block, `name = (constant) (unit)`.
pub(crate) fn constant(name: &str, unit: &str) -> Option<f64> {
    // k-mole is the gas constant.
    let in_si = match name {
        "k-mole" => Unit { factor: GAS, dimensions: [2, 1, -2, 0, -1, 0, 0] },
        _ => Units::default().parse(name).ok()?,
    };
    if unit.is_empty() {
        return Some(in_si.factor);
    }
    let unit = Units::default().parse(unit).unwrap_or(Unit::ONE);
    // The exact numbers of the usual ones, which a division by one would keep anyway.
    Some(in_si.factor / unit.factor)
}

/// Units with those that a file defines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units {
    own: HashMap<String, Unit>,
}

impl Units {
    /// Defines `(name) = (meaning)`.
    pub fn define(&mut self, name: &str, meaning: &str) -> Result<(), String> {
        let unit = self.parse(meaning)?;
        self.own.insert(name.to_owned(), unit);
        Ok(())
    }

    /// What a text means; the part that is not known otherwise.
    pub fn parse(&self, text: &str) -> Result<Unit, String> {
        let mut unit = Unit::ONE;
        let mut below = false;
        let mut rest = text.trim();
        while let Some(first) = rest.chars().next() {
            match first {
                '/' => {
                    below = true;
                    rest = &rest[1..];
                }
                ' ' | '*' | '-' | '.' | '\t' | '\n' | '\r' if !number_begins(rest) => rest = &rest[1..],
                _ => {
                    let (term, length) = self.term(rest)?;
                    unit = if below { unit.over(term) } else { unit.times(term) };
                    rest = &rest[length..];
                }
            }
        }
        Ok(unit)
    }

    /// The number or the unit with its exponent that a text begins with, and its length.
    fn term(&self, text: &str) -> Result<(Unit, usize), String> {
        if number_begins(text) {
            let end = text
                .char_indices()
                .find(|&(i, c)| {
                    let exponent_sign = "+-".contains(c) && text[..i].ends_with(['e', 'E']);
                    !(c.is_ascii_digit() || c == '.' || exponent_sign || (c == 'e' && exponent(&text[i..])))
                })
                .map_or(text.len(), |(i, _)| i);
            let factor: f64 = text[..end].parse().map_err(|_| text[..end].to_owned())?;
            return Ok((Unit { factor, ..Unit::ONE }, end));
        }
        let letters = |c: char| c.is_alphabetic() || c == '%' || c == '_';
        let name_end = text.find(|c| !letters(c)).unwrap_or(text.len());
        let digits_end =
            text[name_end..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |i| name_end + i);
        let (name, digits) = (&text[..name_end], &text[name_end..digits_end]);
        if name.is_empty() {
            return Err(text.chars().take(1).collect());
        }
        // A file may name a unit with digits, as in `(S/cm2)`, where the 2 is a power, or not.
        if let Some(unit) = self.own.get(&text[..digits_end]) {
            return Ok((*unit, digits_end));
        }
        let power = if digits.is_empty() { 1 } else { digits.parse().map_err(|_| digits.to_owned())? };
        let unit = self.named(name).ok_or_else(|| name.to_owned())?;
        Ok((unit.power(power), digits_end))
    }

    fn named(&self, name: &str) -> Option<Unit> {
        let standard =
            |name: &str| UNITS.iter().find(|u| u.0 == name).map(|u| Unit { factor: u.1, dimensions: u.2 });
        let plain = |name: &str| self.own.get(name).copied().or_else(|| standard(name));
        let prefixed = |name: &str| {
            PREFIXES.iter().find_map(|(prefix, factor)| {
                let rest = name.strip_prefix(prefix)?;
                let unit = if rest.is_empty() && prefix.len() > 2 { Some(Unit::ONE) } else { plain(rest) }?;
                Some(Unit { factor: factor * unit.factor, ..unit })
            })
        };
        let exact = |name: &str| plain(name).or_else(|| prefixed(name));
        // Plurals come last: `ms` are milliseconds, not metres.
        exact(name).or_else(|| exact(name.strip_suffix('s')?))
    }
}

fn number_begins(text: &str) -> bool {
    let mut characters = text.chars();
    match characters.next() {
        Some('.') => characters.next().is_some_and(|c| c.is_ascii_digit()),
        Some(first) => first.is_ascii_digit(),
        None => false,
    }
}

/// Whether an `e` is followed by the exponent of a number.
fn exponent(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or("");
    rest.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Unit {
        Units::default().parse(text).unwrap()
    }

    #[test]
    fn units_of_the_field_are_what_they_should_be() {
        let density = parse("mA/cm2");
        assert!((density.factor - 10.0).abs() < 1e-9, "{density:?}");
        assert!(parse("S/cm2").times(parse("mV")).equals(density));
        assert!(parse("uS").times(parse("mV")).equals(parse("nA")));
        assert!(parse("/ms").equals(parse("1/ms")));
        assert!(parse("1/ms").equals(parse("kilohertz")));
        assert!(parse("joule").equals(parse("coulomb").times(parse("volt"))));
        assert!(parse("millimole/liter").equals(parse("mol/m3")));
        assert!(parse("um").equals(parse("micron")));
        assert!(parse("µm").equals(parse("um")));
        assert!(parse("10000 coulomb").equals(Unit { factor: 1e4, ..parse("coulomb") }));
        assert!(parse("1e-3 amps").equals(parse("milliamp")));
        assert!(!parse("mV").fits(parse("mA")));
        assert_eq!(Units::default().parse("furlongs/fortnight"), Err("furlongs".to_owned()));
    }

    #[test]
    fn a_file_may_define_its_own() {
        let mut units = Units::default();
        units.define("molar", "1/liter").unwrap();
        units.define("mM", "millimolar").unwrap();
        assert!((units.parse("mM").unwrap().factor - 1.0).abs() < 1e-12);
    }

    #[test]
    fn constants_have_the_values_of_the_si() {
        assert_eq!(constant("faraday", "coulomb"), Some(96_485.332_123_310_01));
        assert!((constant("faraday", "kilocoulombs").unwrap() - 96.485_332_123).abs() < 1e-8);
        assert!((constant("faraday", "10000 coulomb").unwrap() - 9.648_533_212_3).abs() < 1e-9);
        assert_eq!(constant("k-mole", "joule/degC"), Some(8.314_462_618_153_24));
        assert_eq!(constant("pi", "1"), Some(std::f64::consts::PI));
        assert_eq!(constant("nonsense", ""), None);
    }
}
