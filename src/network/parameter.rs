//! Parameters that differ between the cells of a population.

use crate::error::{Error, ErrorKind, Result};

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

impl CellParameter {
    /// What can be told of the values of so many cells.
    ///
    /// # Errors
    /// Not as many values as cells, or one that is no number.
    pub fn validate(&self, cells: usize) -> Result<()> {
        let fault = |message: String| Err(Error::new(ErrorKind::Parameter, message).key("values"));
        if self.values.len() != cells {
            return fault(format!("{} values for {cells} cells", self.values.len()));
        }
        match self.values.iter().position(|value| !value.is_finite()) {
            Some(cell) => fault(format!("the value of cell {cell} is {}", self.values[cell])),
            None => Ok(()),
        }
    }
}
