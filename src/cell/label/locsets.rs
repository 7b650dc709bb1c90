//! The functions that give locsets.

use std::collections::HashSet;

use apical_kernels::random;
use apical_nmodl::Span;

use super::arguments::{call, exactly, number, place, some, text, whole};
use super::evaluate::{Evaluation, Fault, Found, label};
use super::geometry::{self, Neighbours};
use super::regions::REGIONS;
use super::syntax::Node;
use super::{Cable, Location, Region};

/// Their names.
pub(super) const LOCSETS: [&str; 15] = [
    "locset-nil",
    "root",
    "terminal",
    "location",
    "locset",
    "on-branches",
    "on-components",
    "uniform",
    "sum",
    "join",
    "restrict-to",
    "distal",
    "proximal",
    "distance",
    "support",
];

/// More random places than this are taken for a mistake.
const MOST_PLACES: u64 = 10_000_000;

impl Evaluation<'_> {
    /// What an expression means as a locset.
    pub fn locset(&mut self, node: &Node) -> Found<Vec<Location>> {
        match label(node) {
            Some(name) => self.locset_label(name, node.span),
            None => self.deeper(node.span, |e| e.locset_function(node)),
        }
    }

    /// All locations of several locsets, one locset after the other.
    fn locsets(&mut self, nodes: &[Node]) -> Found<Vec<Location>> {
        let parts: Found<Vec<Vec<Location>>> = nodes.iter().map(|n| self.locset(n)).collect();
        Ok(parts?.concat())
    }

    fn locset_function(&mut self, node: &Node) -> Found<Vec<Location>> {
        let (head, arguments) = call(node, "a locset")?;
        let morphology = self.labels.morphology;
        let neighbours = &self.labels.neighbours;
        match head {
            "locset-nil" => exactly::<0>(node, arguments, "(locset-nil)").map(|_| Vec::new()),
            "root" => exactly::<0>(node, arguments, "(root)").map(|_| vec![Location { section: 0, x: 0.0 }]),
            "terminal" => {
                exactly::<0>(node, arguments, "(terminal)").map(|_| neighbours.terminals(morphology))
            }
            "location" => {
                let [which, x] = exactly(node, arguments, "(location section x)")?;
                Ok(vec![Location { section: self.section(which)?, x: place(x)? }])
            }
            "locset" => {
                let [name] = exactly(node, arguments, "(locset \"label\")")?;
                self.locset_label(text(name)?, name.span)
            }
            "on-branches" => {
                let [x] = exactly(node, arguments, "(on-branches x)")?;
                let x = place(x)?;
                Ok(self.sections().map(|section| Location { section, x }).collect())
            }
            "on-components" => {
                let [x, within] = exactly(node, arguments, "(on-components x region)")?;
                let (x, region) = (place(x)?, self.region(within)?);
                Ok(neighbours.on_components(morphology, &region, x))
            }
            "uniform" => {
                let [within, first, last, seed] =
                    exactly(node, arguments, "(uniform region first last seed)")?;
                let region = self.region(within)?;
                let numbers = [whole(first)?, whole(last)?];
                if numbers[0] > numbers[1] {
                    let label = format!("expected {} or more", numbers[0]);
                    return Err(Fault::new("the last number stands before the first", last.span, label));
                }
                if numbers[1] - numbers[0] >= MOST_PLACES {
                    let message = format!("{} places are too many", numbers[1] - numbers[0] + 1);
                    return Err(Fault::new(message, last.span, format!("{MOST_PLACES} at most")));
                }
                self.uniform(&region, numbers, whole(seed)?, within.span)
            }
            "sum" => self.locsets(some(node, arguments, "(sum locset locset …)")?),
            "join" => Ok(once_each(self.locsets(some(node, arguments, "(join locset locset …)")?)?)),
            "support" => {
                let [locations] = exactly(node, arguments, "(support locset)")?;
                Ok(once_each(self.locset(locations)?))
            }
            "restrict-to" => {
                let [locations, within] = exactly(node, arguments, "(restrict-to locset region)")?;
                let (mut locations, region) = (self.locset(locations)?, self.region(within)?);
                locations.retain(|l| region.contains(l.section, l.x));
                Ok(locations)
            }
            "distal" | "proximal" => {
                let [within] = exactly(node, arguments, &format!("({head} region)"))?;
                let region = self.region(within)?;
                Ok(self.extremes(&region, head == "distal"))
            }
            "distance" => {
                let [far, within] = exactly(node, arguments, "(distance µm region)")?;
                let (value, region) = (number(far)?, self.region(within)?);
                let mut found = Vec::new();
                for section in self.sections() {
                    let course = self.distance_course(section)?;
                    found.extend(geometry::at_value(section, &course, value, &region));
                }
                // A section that begins at the distance begins where its parent has it already.
                let begins = |l: &Location| {
                    let joint = Neighbours::joint(morphology, *l);
                    joint != *l && found.contains(&joint)
                };
                Ok(found.iter().copied().filter(|l| !begins(l)).collect())
            }
            other if REGIONS.contains(&other) => {
                Err(Fault::new(format!("`{other}` gives a region"), node.span, "expected a locset"))
            }
            other => Err(Fault::unknown_function("locset", other, node.span, &LOCSETS)),
        }
    }

    /// Random places, uniform by length: those numbered `first` to `last` of the stream that `seed` names.
    fn uniform(
        &self,
        region: &Region,
        [first, last]: [u64; 2],
        seed: u64,
        span: Span,
    ) -> Found<Vec<Location>> {
        let morphology = self.labels.morphology;
        let total = region.total_length(morphology);
        let end = match region.cables.last() {
            Some(cable) if total > 0.0 => Location { section: cable.section, x: cable.end },
            _ => {
                let message = "random places on a region without length";
                return Err(Fault::new(message, span, "the region is empty"));
            }
        };
        let draw = |number: u64| {
            let mut rest = random::uniform(seed, [0, 0], number) * total;
            for cable in &region.cables {
                let length = morphology.sections[cable.section].length() * (cable.end - cable.start);
                if rest <= length {
                    let x = cable.start + (cable.end - cable.start) * (rest / length);
                    return Location { section: cable.section, x };
                }
                rest -= length;
            }
            end
        };
        Ok((first..=last).map(draw).collect())
    }

    /// The ends of a region's cables beyond which, away from the root or towards it, nothing more of the region lies.
    fn extremes(&self, region: &Region, distal: bool) -> Vec<Location> {
        let morphology = self.labels.morphology;
        let mut found = Vec::new();
        for cable in &region.cables {
            let reversed = morphology.sections[cable.section].is_reversed();
            let x = if distal != reversed { cable.end } else { cable.start };
            let at = Location { section: cable.section, x };
            let beyond = if distal {
                self.labels.neighbours.distal(morphology, at, f64::INFINITY)
            } else {
                Neighbours::proximal(morphology, at, f64::INFINITY)
            };
            let more = |c: &Cable| c.section != cable.section || c.start != x || c.end != x;
            if !Region::new(beyond).intersect(region).cables.iter().any(more) {
                found.push(at);
            }
        }
        found
    }
}

/// Every location where it first stands.
fn once_each(locations: Vec<Location>) -> Vec<Location> {
    let mut seen = HashSet::new();
    locations.into_iter().filter(|l| seen.insert((l.section, l.x.to_bits()))).collect()
}
