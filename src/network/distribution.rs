//! Numbers drawn from named distributions: weights, delays, parameters.

use std::fmt;

use apical_kernels::deviates::Draws;
use apical_kernels::math;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Deserialize as Derived, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// A number, or what it is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Distribution {
    /// Always the same.
    Constant(f64),
    /// Drawn each time.
    Drawn(Drawn),
}

/// A named distribution. What lies outside stated cut-offs, `minimum` and `maximum`, is drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Derived)]
#[serde(tag = "distribution", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Drawn {
    /// Each number between the two as likely.
    Uniform {
        /// The least.
        minimum: f64,
        /// The greatest.
        maximum: f64,
    },
    /// Normal.
    Normal {
        /// Before cutting off.
        mean: f64,
        /// Before cutting off.
        standard_deviation: f64,
        /// Cut-off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<f64>,
        /// Cut-off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<f64>,
    },
    /// The logarithm is normal.
    Lognormal {
        /// As many are smaller as are greater.
        median: f64,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
        /// Cut-off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<f64>,
        /// Cut-off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<f64>,
    },
    /// Gamma.
    Gamma {
        /// Before cutting off.
        mean: f64,
        /// The squared ratio of mean and standard deviation.
        shape: f64,
        /// Cut-off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<f64>,
        /// Cut-off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<f64>,
    },
    /// Exponential, beginning at `offset`.
    Exponential {
        /// The least.
        #[serde(default)]
        offset: f64,
        /// Mean above `offset`, before cutting off.
        mean: f64,
        /// Cut-off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<f64>,
    },
}

impl From<f64> for Distribution {
    fn from(number: f64) -> Self {
        Self::Constant(number)
    }
}

impl From<Drawn> for Distribution {
    fn from(drawn: Drawn) -> Self {
        Self::Drawn(drawn)
    }
}

/// A distribution of which cut-offs leave less than about this is not meant.
const MOST_REDRAWS: usize = 10_000;

impl Distribution {
    /// The next number.
    ///
    /// # Errors
    /// Cut-offs that leave next to nothing of the distribution.
    pub fn draw(&self, draws: &mut Draws) -> Result<f64> {
        let drawn = match self {
            Self::Constant(number) => return Ok(*number),
            Self::Drawn(drawn) => drawn,
        };
        let [minimum, maximum] = drawn.cut_offs();
        let (least, greatest) = (minimum.unwrap_or(f64::NEG_INFINITY), maximum.unwrap_or(f64::INFINITY));
        for _ in 0..MOST_REDRAWS {
            let value = drawn.once(draws);
            if (least..=greatest).contains(&value) {
                return Ok(value);
            }
        }
        let message = format!("the cut-offs leave nothing: {MOST_REDRAWS} draws lie outside of them");
        Err(Error::new(ErrorKind::Model, message))
    }

    /// The least number that it says can be drawn; none when it says nothing of it.
    pub fn stated_minimum(&self) -> Option<f64> {
        match self {
            Self::Constant(number) => Some(*number),
            Self::Drawn(Drawn::Exponential { offset, .. }) => Some(*offset),
            Self::Drawn(drawn) => drawn.cut_offs()[0],
        }
    }

    /// Checks its numbers.
    ///
    /// # Errors
    /// Numbers that are not finite, a width that is not positive, cut-offs in the wrong order; the key is that of the number.
    pub fn validate(&self) -> Result<()> {
        let fault = |name: &str, what: &str, value: f64| {
            Err(Error::new(ErrorKind::Model, format!("expected {what}, found {value}")).key(name))
        };
        let finite = |name: &str, value: f64| match value.is_finite() {
            true => Ok(()),
            false => fault(name, "a finite number", value),
        };
        let positive = |name: &str, value: f64| match value > 0.0 && value.is_finite() {
            true => Ok(()),
            false => fault(name, "a positive number", value),
        };
        let drawn = match self {
            Self::Constant(number) if number.is_finite() => return Ok(()),
            Self::Constant(number) => {
                let message = format!("expected a finite number, found {number}");
                return Err(Error::new(ErrorKind::Model, message));
            }
            Self::Drawn(drawn) => drawn,
        };
        match *drawn {
            Drawn::Uniform { .. } => {}
            Drawn::Normal { mean, standard_deviation, .. } => {
                finite("mean", mean)?;
                positive("standard_deviation", standard_deviation)?;
            }
            Drawn::Lognormal { median, sigma, .. } => {
                positive("median", median)?;
                positive("sigma", sigma)?;
            }
            Drawn::Gamma { mean, shape, .. } => {
                positive("mean", mean)?;
                positive("shape", shape)?;
            }
            Drawn::Exponential { offset, mean, .. } => {
                finite("offset", offset)?;
                positive("mean", mean)?;
            }
        }
        let [minimum, maximum] = drawn.cut_offs();
        for (name, value) in [("minimum", minimum), ("maximum", maximum)] {
            value.map_or(Ok(()), |value| finite(name, value))?;
        }
        match (self.stated_minimum(), maximum) {
            (Some(minimum), Some(maximum)) if minimum >= maximum => {
                let message = format!("nothing lies between {minimum} and {maximum}");
                Err(Error::new(ErrorKind::Model, message).key("maximum"))
            }
            _ => Ok(()),
        }
    }
}

impl Drawn {
    /// Minimum and maximum.
    fn cut_offs(&self) -> [Option<f64>; 2] {
        match *self {
            Self::Uniform { minimum, maximum } => [Some(minimum), Some(maximum)],
            Self::Normal { minimum, maximum, .. }
            | Self::Lognormal { minimum, maximum, .. }
            | Self::Gamma { minimum, maximum, .. } => [minimum, maximum],
            Self::Exponential { maximum, .. } => [None, maximum],
        }
    }

    fn once(&self, draws: &mut Draws) -> f64 {
        match *self {
            Self::Uniform { minimum, maximum } => minimum + (maximum - minimum) * draws.uniform(),
            Self::Normal { mean, standard_deviation, .. } => mean + standard_deviation * draws.normal(),
            Self::Lognormal { median, sigma, .. } => median * math::exp(sigma * draws.normal()),
            Self::Gamma { mean, shape, .. } => mean / shape * draws.gamma(shape),
            Self::Exponential { offset, mean, .. } => offset + mean * draws.exponential(),
        }
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Distribution;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number or a table with a `distribution`")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> std::result::Result<Distribution, E> {
                Ok(number.into())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<Distribution, E> {
                Ok((number as f64).into())
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<Distribution, E> {
                Ok((number as f64).into())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Distribution, A::Error> {
                Drawn::deserialize(MapAccessDeserializer::new(map)).map(Distribution::Drawn)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
