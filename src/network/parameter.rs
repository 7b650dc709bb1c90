//! Parameters that differ between the cells of a population.
//!
//! In come descriptions, [`Vary`], whose values are given or drawn; out go the values, [`CellParameter`].

use std::fmt;

use apical_kernels::deviates::Draws;
use apical_kernels::random;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{Distribution, Network, Population};
use crate::error::{Error, ErrorKind, Result};

/// A parameter that differs from cell to cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Vary {
    /// Which parameter.
    pub what: Varied,
    /// Its values.
    pub values: Values,
}

/// The values of a parameter over the cells of a population.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Values {
    /// One for each cell, in their order.
    Each(Vec<f64>),
    /// Drawn for each cell.
    Drawn(Distribution),
}

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Self {
        Self::Each(values)
    }
}

impl From<Distribution> for Values {
    fn from(distribution: Distribution) -> Self {
        Self::Drawn(distribution)
    }
}

/// As it stands in a document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mechanism: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    placement: Option<String>,
    parameter: String,
    values: Values,
}

/// The parameter that belongs to no mechanism.
const INITIAL_VOLTAGE: &str = "initial_voltage";

impl TryFrom<Written> for Vary {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { mechanism, region, placement, parameter, values } = written;
        let what = match (mechanism, region, placement) {
            (Some(mechanism), region, None) => {
                Varied::Painted { mechanism, region: region.unwrap_or_else(|| "all".to_owned()), parameter }
            }
            (None, None, Some(placement)) => Varied::Placed { placement, parameter },
            (None, None, None) if parameter == INITIAL_VOLTAGE => Varied::InitialVoltage,
            _ => {
                return Err(format!(
                    "what varies needs either a `mechanism`, perhaps with a `region`, or a `placement`; only \
                     `{INITIAL_VOLTAGE}` needs neither"
                ));
            }
        };
        Ok(Self { what, values })
    }
}

impl From<Vary> for Written {
    fn from(vary: Vary) -> Self {
        let Vary { what, values } = vary;
        let (mechanism, region, placement, parameter) = match what {
            Varied::Painted { mechanism, region, parameter } => {
                (Some(mechanism), Some(region), None, parameter)
            }
            Varied::Placed { placement, parameter } => (None, None, Some(placement), parameter),
            Varied::InitialVoltage => (None, None, None, INITIAL_VOLTAGE.to_owned()),
        };
        Self { mechanism, region, placement, parameter, values }
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Values;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of numbers, or a table with a `distribution`")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, numbers: A) -> Result<Values, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(numbers)).map(Values::Each)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Values, A::Error> {
                Distribution::deserialize(MapAccessDeserializer::new(map)).map(Values::Drawn)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Values, E> {
                Ok(Distribution::Constant(number).into())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Values, E> {
                self.visit_f64(number as f64)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Values, E> {
                self.visit_f64(number as f64)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Network {
    /// What differs between the cells of a population, with the values of each.
    ///
    /// # Errors
    /// A distribution whose cut-offs leave nothing.
    pub fn parameters(&self, population: usize) -> Result<Vec<CellParameter>> {
        let population = &self.populations[population];
        let values = |(number, vary): (usize, &Vary)| {
            let values = vary.values_of(population, self.run.seed);
            let values = values.map_err(|e| e.key(format!("vary[{number}].values")))?;
            Ok(CellParameter { what: vary.what.clone(), values })
        };
        population.vary.iter().enumerate().map(values).collect()
    }
}

impl Vary {
    /// Checks the values of so many cells.
    ///
    /// # Errors
    /// Not as many values as cells, or one that is no number; an impossible distribution.
    pub(super) fn validate(&self, cells: usize) -> Result<()> {
        match &self.values {
            Values::Each(values) => check(values, cells),
            Values::Drawn(distribution) => distribution.validate(),
        }
        .map_err(|e| e.key("values"))
    }

    fn values_of(&self, population: &Population, seed: u64) -> Result<Vec<f64>> {
        let distribution = match &self.values {
            Values::Each(values) => return Ok(values.clone()),
            Values::Drawn(distribution) => distribution,
        };
        let Written { mechanism, region, placement, parameter, .. } = self.clone().into();
        let parts = [Some(population.name.clone()), mechanism, region, placement, Some(parameter)];
        let name: Vec<String> = parts.into_iter().flatten().collect();
        let seed = random::of_name(seed, &format!("vary/{}", name.join("/")));
        let draw = |cell: usize| distribution.draw(&mut Draws::new(seed, [cell as u32, 0]));
        let values: Vec<f64> = (0..population.count).map(draw).collect::<Result<_>>()?;
        check(&values, population.count)?;
        Ok(values)
    }
}

/// A parameter with a value of its own for every cell: the cell is the one that its population describes, but for this.
#[derive(Clone, Debug, PartialEq)]
pub struct CellParameter {
    /// Which parameter.
    pub what: Varied,
    /// Its value in each cell, in their order.
    pub values: Vec<f64>,
}

/// What can differ between cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Varied {
    /// A parameter of a painted mechanism.
    Painted {
        /// The mechanism.
        mechanism: String,
        /// A region; what of it has not the mechanism is left out.
        region: String,
        /// The parameter.
        parameter: String,
    },
    /// A parameter of all instances of a placement.
    Placed {
        /// Name of the placement.
        placement: String,
        /// The parameter.
        parameter: String,
    },
    /// The membrane potential of the whole cell at the start, mV.
    InitialVoltage,
}

/// What can be told of the values of so many cells.
fn check(values: &[f64], cells: usize) -> Result<()> {
    let fault = |message: String| Err(Error::new(ErrorKind::Parameter, message));
    if values.len() != cells {
        return fault(format!("{} values for {cells} cells", values.len()));
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(cell) => fault(format!("the value of cell {cell} is {}", values[cell])),
        None => Ok(()),
    }
}
