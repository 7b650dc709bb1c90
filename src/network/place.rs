//! Where cells are.

use apical_kernels::deviates::Draws;
use apical_kernels::random;
use serde::{Deserialize, Serialize};

use super::Population;

/// Positions of the cells of a population, µm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "arrange", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Positions {
    /// One by one.
    List {
        /// x, y and z of each cell.
        points: Vec<[f64; 3]>,
    },
    /// On a grid, x running fastest; as many points as there are cells.
    Grid {
        /// Points along x, y and z.
        counts: [usize; 3],
        /// Between neighbours.
        spacing: f64,
        /// The first point.
        #[serde(default)]
        origin: [f64; 3],
    },
    /// Anywhere in a box.
    Box {
        /// One corner.
        low: [f64; 3],
        /// The opposite one.
        high: [f64; 3],
    },
}

/// The positions of a population's cells, which depend on the seed, its name and a cell's number.
pub(super) fn of(population: &Population, positions: &Positions, seed: u64) -> Vec<[f64; 3]> {
    match positions {
        Positions::List { points } => points.clone(),
        Positions::Grid { counts: [x, y, _], spacing, origin } => (0..population.count)
            .map(|cell| {
                let steps = [cell % x, cell / x % y, cell / x / y];
                std::array::from_fn(|axis| origin[axis] + spacing * steps[axis] as f64)
            })
            .collect(),
        Positions::Box { low, high } => {
            let seed = random::of_name(seed, &format!("positions/{}", population.name));
            let place = |cell: usize| {
                let mut draws = Draws::new(seed, [cell as u32, 0]);
                std::array::from_fn(|axis| low[axis] + (high[axis] - low[axis]) * draws.uniform())
            };
            (0..population.count).map(place).collect()
        }
    }
}
