//! Which cells are connected: rules as plain data, and the partners that a cell gets by them.
//!
//! In come a rule and a cell's number; out come the numbers of the cells at the other end, drawn from a stream of that cell. The
//! work is that of the connections made, not of all pairs.

use std::path::PathBuf;

use apical_kernels::deviates::Draws;
use apical_kernels::math;
use serde::{Deserialize, Serialize};

/// Which cells are connected. Autapses are connections of a cell to itself and can arise only within a population; multapses
/// are several connections between the same two cells. A rule makes neither unless it says so, but for lists, which mean what
/// they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// Every cell to every cell.
    AllToAll {
        /// Also each to itself.
        #[serde(default)]
        autapses: bool,
    },
    /// Each cell to that of its own number; the populations are of one size and not the same.
    OneToOne {},
    /// Every pair with this probability, independently.
    Probability {
        /// From 0 to 1.
        probability: f64,
        /// Whether a cell may be connected to itself, with the same probability.
        #[serde(default)]
        autapses: bool,
    },
    /// Exactly so many connections to every target cell, from sources drawn at random.
    FixedInDegree {
        /// Connections of each target cell.
        degree: u32,
        /// Whether the same source may be drawn again for a target.
        #[serde(default)]
        multapses: bool,
        /// Whether a cell may be its own source.
        #[serde(default)]
        autapses: bool,
    },
    /// Exactly so many connections from every source cell, to targets drawn at random.
    FixedOutDegree {
        /// Connections of each source cell.
        degree: u32,
        /// Whether the same target may be drawn again for a source.
        #[serde(default)]
        multapses: bool,
        /// Whether a cell may be its own target.
        #[serde(default)]
        autapses: bool,
    },
    /// Every pair with a probability that falls with the distance of the two cells.
    Distance {
        /// How it falls.
        profile: Profile,
        /// Probability at distance 0, from 0 to 1.
        peak: f64,
        /// µm.
        length: f64,
        /// Whether a cell may be connected to itself, with the probability `peak`.
        #[serde(default)]
        autapses: bool,
    },
    /// Those given one by one.
    List {
        /// In the order of delivery at one time.
        connections: Vec<Listed>,
    },
    /// Those of a CSV file with columns `from` and `to`, and perhaps `instance`, `weight` and `delay`.
    File {
        /// Relative to the document.
        path: PathBuf,
    },
}

impl Rule {
    /// About how many connections it makes between so many cells: at most for rules of distance, and none for those of a file.
    pub(super) fn expected_count(&self, sources: f64, targets: f64) -> f64 {
        match self {
            Self::AllToAll { .. } => sources * targets,
            Self::OneToOne {} => targets,
            Self::Probability { probability, .. } => probability * sources * targets,
            Self::Distance { peak, .. } => peak * sources * targets,
            Self::FixedInDegree { degree, .. } => f64::from(*degree) * targets,
            Self::FixedOutDegree { degree, .. } => f64::from(*degree) * sources,
            Self::List { connections } => connections.len() as f64,
            Self::File { .. } => 0.0,
        }
    }
}

/// How a probability falls with the distance d.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// peak · exp(−(d / length)² / 2)
    Gaussian,
    /// peak · exp(−d / length)
    Exponential,
}

/// A connection of a list. What it does not state is drawn as the projection says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Number of the cell in the population that it comes from.
    pub from: u32,
    /// Number of the cell in the population that it goes to.
    pub to: u32,
    /// Which instance of the placement, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// First argument of NET_RECEIVE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
}

/// The cells that a cell may be connected with.
pub(super) struct Candidates<'a> {
    /// How many cells the population at the other end has.
    pub count: u32,
    /// The cell itself, when it belongs to that population.
    pub itself: Option<u32>,
    /// Positions of those cells and of this one.
    pub positions: Option<(&'a [[f64; 3]], [f64; 3])>,
}

impl Candidates<'_> {
    /// Partners by a rule, in increasing order except where one may be drawn several times. `marks` is false for every cell and
    /// stays so.
    pub fn partners(&self, rule: &Rule, draws: &mut Draws, marks: &mut [bool], into: &mut Vec<u32>) {
        into.clear();
        match *rule {
            Rule::AllToAll { autapses } => into.extend(self.eligible(autapses)),
            Rule::Probability { probability, autapses } => {
                self.thinned(probability, autapses, draws, |_, _| true, into);
            }
            Rule::Distance { profile, peak, length, autapses } => {
                let Some((positions, own)) = self.positions else { return };
                let kept = |cell: u32, draws: &mut Draws| {
                    let there = positions[cell as usize];
                    let square: f64 = (0..3).map(|axis| (there[axis] - own[axis]).powi(2)).sum();
                    let exponent = match profile {
                        Profile::Gaussian => -0.5 * square / (length * length),
                        Profile::Exponential => -square.sqrt() / length,
                    };
                    draws.uniform() < math::exp(exponent)
                };
                self.thinned(peak, autapses, draws, kept, into);
            }
            Rule::FixedInDegree { degree, multapses, autapses }
            | Rule::FixedOutDegree { degree, multapses, autapses } => {
                let eligible = self.eligible_count(autapses);
                if multapses {
                    into.extend((0..degree).map(|_| self.numbered(draws.below(eligible), autapses)));
                    return;
                }
                // Floyd's sampling without replacement: as many draws as there are partners.
                for last in eligible - degree..eligible {
                    let drawn = draws.below(last + 1);
                    let drawn = if marks[drawn as usize] { last } else { drawn };
                    marks[drawn as usize] = true;
                    into.push(drawn);
                }
                into.iter().for_each(|&drawn| marks[drawn as usize] = false);
                into.sort_unstable();
                into.iter_mut().for_each(|drawn| *drawn = self.numbered(*drawn, autapses));
            }
            Rule::OneToOne {} | Rule::List { .. } | Rule::File { .. } => {}
        }
    }

    /// How many cells are eligible.
    pub fn eligible_count(&self, autapses: bool) -> u32 {
        self.count - u32::from(!autapses && self.itself.is_some())
    }

    fn eligible(&self, autapses: bool) -> impl Iterator<Item = u32> {
        (0..self.eligible_count(autapses)).map(move |index| self.numbered(index, autapses))
    }

    /// The number of a cell by its index among those eligible.
    fn numbered(&self, index: u32, autapses: bool) -> u32 {
        match self.itself {
            Some(itself) if !autapses && index >= itself => index + 1,
            _ => index,
        }
    }

    /// Each eligible cell with a probability, and of these those that are kept.
    fn thinned(
        &self,
        probability: f64,
        autapses: bool,
        draws: &mut Draws,
        kept: impl Fn(u32, &mut Draws) -> bool,
        into: &mut Vec<u32>,
    ) {
        if probability == 0.0 {
            return;
        }
        let eligible = f64::from(self.eligible_count(autapses));
        let mut index = draws.failures(probability);
        while index < eligible {
            let cell = self.numbered(index as u32, autapses);
            if kept(cell, draws) {
                into.push(cell);
            }
            index += 1.0 + draws.failures(probability);
        }
    }
}
