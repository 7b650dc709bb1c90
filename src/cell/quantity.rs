//! Quantities that depend on the place: numbers and expressions of path distance, diameter and position.

use apical_nmodl::expression::Expression;
use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::Quantity;
use crate::error::{Error, ErrorKind, Result};

/// What an expression may ask about a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// Path distance from the soma, µm.
    pub distance: f64,
    /// µm.
    pub diameter: f64,
    /// µm; `None` on a section given by its measures alone.
    pub position: Option<[f64; 3]>,
}

const VARIABLES: [&str; 5] = ["distance", "diameter", "x", "y", "z"];

/// A quantity ready to be evaluated at many places.
#[derive(Clone, Debug)]
pub enum Compiled<'a> {
    /// The same everywhere.
    Number(f64),
    /// The text and its meaning.
    Expression(&'a str, Expression),
}

impl Quantity {
    /// Parses an expression, once for all places.
    ///
    /// # Errors
    /// What does not parse, a variable or function that does not exist, a number that is not finite.
    pub fn compile(&self) -> Result<Compiled<'_>> {
        match self {
            Self::Number(number) if number.is_finite() => Ok(Compiled::Number(*number)),
            Self::Number(number) => {
                Err(Error::new(ErrorKind::Parameter, format!("{number} is not a finite number")))
            }
            Self::Expression(text) => Expression::parse(text, &VARIABLES)
                .map(|expression| Compiled::Expression(text, expression))
                .map_err(|d| Error::from_diagnostic(ErrorKind::Parameter, d).in_text("expression", text)),
        }
    }
}

impl Compiled<'_> {
    /// The value at a place.
    ///
    /// # Errors
    /// A value that is not finite there.
    pub fn evaluate(&self, site: &Site) -> Result<f64> {
        let (text, expression) = match self {
            Self::Number(number) => return Ok(*number),
            Self::Expression(text, expression) => (text, expression),
        };
        let [x, y, z] = site.position.unwrap_or([f64::NAN; 3]);
        let value = expression.evaluate(&[site.distance, site.diameter, x, y, z]);
        if value.is_finite() {
            return Ok(value);
        }
        let message = format!(
            "`{text}` is {value} where distance = {} and diameter = {}",
            site.distance, site.diameter
        );
        let error = Error::new(ErrorKind::Parameter, message);
        Err(match site.position {
            Some(_) => error,
            None => error.help("sections given by length and diameter have no x, y, z"),
        })
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Quantity;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a number or an expression in quotes")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> std::result::Result<Quantity, E> {
                Ok(Quantity::Number(number))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<Quantity, E> {
                Ok(Quantity::Number(number as f64))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<Quantity, E> {
                Ok(Quantity::Number(number as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Quantity, E> {
                Ok(Quantity::Expression(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
