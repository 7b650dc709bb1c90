//! The functions that give regions.

use super::arguments::{call, exactly, length, miscounted, number, place, some, text};
use super::evaluate::{Evaluation, Fault, Found, label};
use super::geometry::{self, Course, Neighbours};
use super::locsets::LOCSETS;
use super::syntax::Node;
use super::{Cable, Location, Region};

/// Their names.
pub(super) const REGIONS: [&str; 19] = [
    "all",
    "region-nil",
    "tag",
    "region",
    "section",
    "branch",
    "cable",
    "join",
    "intersect",
    "difference",
    "complement",
    "distal-interval",
    "proximal-interval",
    "radius-lt",
    "radius-ge",
    "radius-le",
    "radius-gt",
    "distance-lt",
    "distance-ge",
];

impl Evaluation<'_> {
    /// What an expression means as a region.
    pub fn region(&mut self, node: &Node) -> Found<Region> {
        match label(node) {
            Some(name) => self.region_label(name, node.span),
            None => self.deeper(node.span, |e| e.region_function(node)),
        }
    }

    pub fn of_sections(&self, wanted: impl Fn(usize) -> bool) -> Region {
        let whole = |section| Cable { section, start: 0.0, end: 1.0 };
        Region::new(self.sections().filter(|&s| wanted(s)).map(whole).collect())
    }

    pub fn sections(&self) -> std::ops::Range<usize> {
        0..self.labels.morphology.sections.len()
    }

    fn regions(&mut self, nodes: &[Node]) -> Found<Vec<Region>> {
        nodes.iter().map(|n| self.region(n)).collect()
    }

    fn region_function(&mut self, node: &Node) -> Found<Region> {
        let (head, arguments) = call(node, "a region")?;
        let morphology = self.labels.morphology;
        match head {
            "all" => exactly::<0>(node, arguments, "(all)").map(|_| self.of_sections(|_| true)),
            "region-nil" => exactly::<0>(node, arguments, "(region-nil)").map(|_| Region::default()),
            "tag" => {
                let [tag] = exactly(node, arguments, "(tag number)")?;
                let (tag, span) = (number(tag)?, tag.span);
                if tag.fract() != 0.0 {
                    let message = format!("{tag} is not a whole number");
                    return Err(Fault::new(message, span, "expected SWC's number of a type"));
                }
                Ok(self.of_sections(|s| f64::from(morphology.sections[s].tag) == tag))
            }
            "region" => {
                let [name] = exactly(node, arguments, "(region \"label\")")?;
                self.region_label(text(name)?, name.span)
            }
            "section" | "branch" => {
                let [which] = exactly(node, arguments, &format!("({head} name-or-number)"))?;
                let wanted = self.section(which)?;
                Ok(self.of_sections(|s| s == wanted))
            }
            "cable" => {
                let [which, start, end] = exactly(node, arguments, "(cable section start end)")?;
                let cable = Cable { section: self.section(which)?, start: place(start)?, end: place(end)? };
                if cable.start > cable.end {
                    let message = "a cable that ends before it starts";
                    return Err(Fault::new(message, node.span, "expected start ≤ end"));
                }
                Ok(Region::new(vec![cable]))
            }
            "join" => {
                let regions = self.regions(some(node, arguments, "(join region region …)")?)?;
                Ok(Region::new(regions.into_iter().flat_map(|r| r.cables).collect()))
            }
            "intersect" => {
                let regions = self.regions(some(node, arguments, "(intersect region region …)")?)?;
                Ok(regions.into_iter().reduce(|a, b| a.intersect(&b)).unwrap_or_default())
            }
            "difference" => {
                let [a, b] = exactly(node, arguments, "(difference region region)")?;
                let (a, b) = (self.region(a)?, self.region(b)?);
                Ok(a.intersect(&b.complement(self.sections())))
            }
            "complement" => {
                let [a] = exactly(node, arguments, "(complement region)")?;
                Ok(self.region(a)?.complement(self.sections()))
            }
            "distal-interval" | "proximal-interval" => {
                let (from, reach) = match arguments {
                    [from] => (from, f64::INFINITY),
                    [from, reach] => (from, length(reach)?),
                    _ => return Err(miscounted(node, arguments, &format!("({head} locset [µm])"))),
                };
                let from = self.locset(from)?;
                let cables = |&at: &Location| match head {
                    "distal-interval" => self.labels.neighbours.distal(morphology, at, reach),
                    _ => Neighbours::proximal(morphology, at, reach),
                };
                Ok(Region::new(from.iter().flat_map(cables).collect()))
            }
            "radius-lt" | "radius-ge" | "radius-le" | "radius-gt" => {
                let [within, limit] = exactly(node, arguments, &format!("({head} region µm)"))?;
                let (within, limit) = (self.region(within)?, number(limit)?);
                // "At most" is "below" the next number.
                let limit = if matches!(head, "radius-le" | "radius-gt") { limit.next_up() } else { limit };
                let inside = matches!(head, "radius-lt" | "radius-le");
                let found = self.by_course(|s| Ok(geometry::radius(morphology, s)), limit, inside)?;
                Ok(found.intersect(&within))
            }
            "distance-lt" | "distance-ge" => {
                let [limit] = exactly(node, arguments, &format!("({head} µm)"))?;
                let limit = number(limit)?;
                self.by_course(|s| self.distance_course(s), limit, head == "distance-lt")
            }
            other if LOCSETS.contains(&other) => {
                Err(Fault::new(format!("`{other}` gives a locset"), node.span, "expected a region"))
            }
            other => Err(Fault::unknown_function("region", other, node.span, &REGIONS)),
        }
    }

    fn by_course(&self, course: impl Fn(usize) -> Found<Course>, limit: f64, inside: bool) -> Found<Region> {
        let mut cables = Vec::new();
        for section in self.sections() {
            cables.extend(geometry::below(section, &course(section)?, limit, inside));
        }
        Ok(Region::new(cables))
    }

    pub fn distance_course(&self, section: usize) -> Found<Course> {
        geometry::distance(self.labels.morphology, section).map_err(Fault::InLabel)
    }
}
