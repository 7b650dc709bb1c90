//! Evaluates label expressions on a morphology.

use apical_kernels::random;
use apical_nmodl::{Diagnostic, Span};

use super::geometry::{self, Neighbours};
use super::syntax::{Kind, Node, parse};
use super::{Cable, Labels, Location, Region};
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::{APICAL, AXON, DENDRITE, SOMA};

/// Labels that every cell has, by the type numbers of SWC; a cell may define them otherwise.
const KINDS: [(&str, i32); 4] = [("soma", SOMA), ("axon", AXON), ("dend", DENDRITE), ("apic", APICAL)];

const REGIONS: [&str; 19] = [
    "all",
    "nil",
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
const LOCSETS: [&str; 14] = [
    "root",
    "terminal",
    "location",
    "locset",
    "on-branches",
    "on-components",
    "uniform",
    "sum",
    "join",
    "restrict",
    "distal",
    "proximal",
    "distance",
    "support",
];

/// What went wrong inside an expression, before its text is attached.
type Found<T> = std::result::Result<T, Diagnostic>;

pub(super) fn region(labels: &Labels, text: &str, open: &mut Vec<String>) -> Result<Region> {
    let place = |d| Error::from_diagnostic(ErrorKind::Label, d).in_text("region expression", text);
    let node = parse(text).map_err(place)?;
    Evaluation { labels, open }.region(&node).map_err(place)
}

pub(super) fn locset(labels: &Labels, text: &str, open: &mut Vec<String>) -> Result<Vec<Location>> {
    let place = |d| Error::from_diagnostic(ErrorKind::Label, d).in_text("locset expression", text);
    if let Some(location) = neuron_location(labels, text) {
        return location.map_err(place);
    }
    let node = parse(text).map_err(place)?;
    Evaluation { labels, open }.locset(&node).map_err(place)
}

/// NEURON's way of writing a location: `dend[3](0.5)`.
fn neuron_location(labels: &Labels, text: &str) -> Option<Found<Vec<Location>>> {
    let text = text.trim();
    let (name, x) = text.strip_suffix(')')?.split_once('(')?;
    let (name, x) = (name.trim_end(), x.trim());
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let span = Span::new(0, text.len());
    let Some(section) = labels.section_by_name(name) else {
        return Some(Err(labels.unknown_section(name).diagnostic().clone().at(span, "no such section")));
    };
    let Ok(x) = x.parse() else {
        return Some(Err(Diagnostic::error(format!("`{x}` is not a number")).at(span, "expected 0 to 1")));
    };
    Some(position(x, span).map(|x| vec![Location { section, x }]))
}

fn position(x: f64, span: Span) -> Found<f64> {
    if (0.0..=1.0).contains(&x) {
        return Ok(x);
    }
    Err(Diagnostic::error(format!("position {x} lies beyond the end of the section"))
        .at(span, "expected a number from 0 to 1"))
}

fn wrong(message: impl Into<String>, span: Span, label: &str) -> Diagnostic {
    Diagnostic::error(message).at(span, label)
}

struct Evaluation<'a, 'b> {
    labels: &'a Labels<'a>,
    /// Labels being evaluated, to find circles.
    open: &'b mut Vec<String>,
}

impl Evaluation<'_, '_> {
    fn sections(&self) -> usize {
        self.labels.morphology.sections.len()
    }

    fn whole(section: usize) -> Cable {
        Cable { section, start: 0.0, end: 1.0 }
    }

    fn of_sections(&self, wanted: impl Fn(usize) -> bool) -> Region {
        Region::new((0..self.sections()).filter(|&s| wanted(s)).map(Self::whole).collect())
    }

    /// The head and the arguments of a list.
    fn call<'n>(&self, node: &'n Node, what: &str) -> Found<(&'n str, &'n [Node])> {
        let Kind::List(items) = &node.kind else {
            return Err(wrong(format!("expected {what}"), node.span, &format!("expected {what}")));
        };
        match items.split_first() {
            Some((Node { kind: Kind::Word(head), .. }, arguments)) => Ok((head, arguments)),
            _ => Err(wrong("a list without a function", node.span, "expected a name after `(`")),
        }
    }

    fn arity<'n, const N: usize>(
        &self,
        node: &Node,
        arguments: &'n [Node],
        form: &str,
    ) -> Found<&'n [Node; N]> {
        arguments.try_into().map_err(|_| {
            wrong(format!("expected `{form}`"), node.span, &format!("{} arguments", arguments.len()))
        })
    }

    fn number(&self, node: &Node) -> Found<f64> {
        match node.kind {
            Kind::Number(number) if number.is_finite() => Ok(number),
            _ => Err(wrong("expected a number", node.span, "expected a number")),
        }
    }

    fn section(&self, node: &Node) -> Found<usize> {
        match &node.kind {
            Kind::Number(number)
                if number.fract() == 0.0 && *number >= 0.0 && *number < self.sections() as f64 =>
            {
                Ok(*number as usize)
            }
            Kind::Number(number) => {
                let message =
                    format!("there is no section {number}: the cell has {} sections", self.sections());
                Err(wrong(
                    message,
                    node.span,
                    &format!("expected 0 to {}", self.sections().saturating_sub(1)),
                ))
            }
            Kind::Text(name) | Kind::Word(name) => self.labels.section_by_name(name).ok_or_else(|| {
                self.labels.unknown_section(name).diagnostic().clone().at(node.span, "no such section")
            }),
            Kind::List(_) => {
                Err(wrong("expected a section", node.span, "expected a number or a name in quotes"))
            }
        }
    }

    fn text<'n>(&self, node: &'n Node) -> Found<&'n str> {
        match &node.kind {
            Kind::Text(text) | Kind::Word(text) => Ok(text),
            _ => Err(wrong("expected a name", node.span, "expected a name in quotes")),
        }
    }

    /// Evaluates a definition, refusing a label that needs itself.
    fn defined<T>(
        &mut self,
        name: &str,
        span: Span,
        evaluate: impl FnOnce(&mut Vec<String>) -> Result<T>,
    ) -> Found<T> {
        if self.open.iter().any(|n| n == name) {
            return Err(wrong(format!("the label `{name}` is defined by itself"), span, "circular"));
        }
        self.open.push(name.to_owned());
        let result = evaluate(self.open);
        self.open.pop();
        result.map_err(|e| wrong(format!("in the label `{name}`: {}", e.message()), span, "used here"))
    }

    fn region_label(&mut self, name: &str, span: Span) -> Found<Region> {
        let labels = self.labels;
        if let Some(text) = labels.regions.get(name) {
            return self.defined(name, span, |open| region(labels, text, open));
        }
        if name == "all" {
            return Ok(self.of_sections(|_| true));
        }
        if let Some(&(_, tag)) = KINDS.iter().find(|(kind, _)| *kind == name) {
            return Ok(self.of_sections(|s| labels.morphology.sections[s].tag == tag));
        }
        let known: Vec<&str> =
            labels.regions.keys().map(String::as_str).chain(KINDS.map(|k| k.0)).chain(["all"]).collect();
        Err(wrong(format!("no region is called `{name}`"), span, "unknown label").suggest(name, known))
    }

    fn regions(&mut self, nodes: &[Node]) -> Found<Vec<Region>> {
        nodes.iter().map(|n| self.region(n)).collect()
    }

    fn by_course(
        &self,
        course: impl Fn(usize) -> Found<geometry::Course>,
        limit: f64,
        inside: bool,
    ) -> Found<Region> {
        let mut cables = Vec::new();
        for section in 0..self.sections() {
            cables.extend(geometry::below(section, &course(section)?, limit, inside));
        }
        Ok(Region::new(cables))
    }

    fn distance_course(&self, section: usize) -> Found<geometry::Course> {
        geometry::distance(self.labels.morphology, section).map_err(|e| e.diagnostic().clone())
    }

    fn region(&mut self, node: &Node) -> Found<Region> {
        if let Kind::Word(name) | Kind::Text(name) = &node.kind {
            return self.region_label(name, node.span);
        }
        let (head, arguments) = self.call(node, "a region")?;
        let morphology = self.labels.morphology;
        match head {
            "all" => {
                self.arity::<0>(node, arguments, "(all)")?;
                Ok(self.of_sections(|_| true))
            }
            "nil" => Ok(Region::default()),
            "tag" => {
                let [tag] = self.arity(node, arguments, "(tag number)")?;
                let tag = self.number(tag)?;
                Ok(self.of_sections(|s| f64::from(morphology.sections[s].tag) == tag))
            }
            "region" => {
                let [name] = self.arity(node, arguments, "(region \"label\")")?;
                let text = self.text(name)?.to_owned();
                self.region_label(&text, name.span)
            }
            "section" | "branch" => {
                let [which] = self.arity(node, arguments, "(section name-or-number)")?;
                Ok(Region::new(vec![Self::whole(self.section(which)?)]))
            }
            "cable" => {
                let [which, start, end] = self.arity(node, arguments, "(cable section start end)")?;
                let section = self.section(which)?;
                let from = position(self.number(start)?, start.span)?;
                let to = position(self.number(end)?, end.span)?;
                if from > to {
                    return Err(wrong(
                        "a cable that ends before it starts",
                        node.span,
                        "expected start ≤ end",
                    ));
                }
                Ok(Region::new(vec![Cable { section, start: from, end: to }]))
            }
            "join" => {
                let regions = self.regions(arguments)?;
                Ok(Region::new(regions.into_iter().flat_map(|r| r.cables).collect()))
            }
            "intersect" => {
                let regions = self.regions(arguments)?;
                Ok(regions.into_iter().reduce(|a, b| a.intersect(&b)).unwrap_or_default())
            }
            "difference" => {
                let [a, b] = self.arity(node, arguments, "(difference region region)")?;
                let (a, b) = (self.region(a)?, self.region(b)?);
                Ok(a.intersect(&b.complement(self.sections())))
            }
            "complement" => {
                let [a] = self.arity(node, arguments, "(complement region)")?;
                Ok(self.region(a)?.complement(self.sections()))
            }
            "distal-interval" | "proximal-interval" => {
                let (from, reach) = match arguments {
                    [from] => (from, f64::INFINITY),
                    [from, reach] => (from, self.number(reach)?),
                    _ => return Err(wrong(format!("expected `({head} locset [µm])`"), node.span, "here")),
                };
                let from = self.locset(from)?;
                let cables = |&at: &Location| match head {
                    "distal-interval" => self.labels.neighbours.distal(morphology, at, reach),
                    _ => Neighbours::proximal(morphology, at, reach),
                };
                Ok(Region::new(from.iter().flat_map(cables).collect()))
            }
            "radius-lt" | "radius-ge" | "radius-le" | "radius-gt" => {
                let [within, limit] = self.arity(node, arguments, &format!("({head} region µm)"))?;
                let (within, limit) = (self.region(within)?, self.number(limit)?);
                // "At most" is "below" the next number.
                let limit = if matches!(head, "radius-le" | "radius-gt") { limit.next_up() } else { limit };
                let inside = matches!(head, "radius-lt" | "radius-le");
                let found = self.by_course(|s| Ok(geometry::radius(morphology, s)), limit, inside)?;
                Ok(found.intersect(&within))
            }
            "distance-lt" | "distance-ge" => {
                let [limit] = self.arity(node, arguments, &format!("({head} µm)"))?;
                let limit = self.number(limit)?;
                self.by_course(|s| self.distance_course(s), limit, head == "distance-lt")
            }
            other if LOCSETS.contains(&other) => {
                Err(wrong(format!("`{other}` gives a locset"), node.span, "expected a region"))
            }
            other => {
                Err(wrong(format!("no region function is called `{other}`"), node.span, "unknown function")
                    .suggest(other, REGIONS))
            }
        }
    }

    fn locset_label(&mut self, name: &str, span: Span) -> Found<Vec<Location>> {
        let labels = self.labels;
        if let Some(text) = labels.locsets.get(name) {
            return self.defined(name, span, |open| locset(labels, text, open));
        }
        let known = labels.locsets.keys().map(String::as_str);
        Err(wrong(format!("no locset is called `{name}`"), span, "unknown label").suggest(name, known))
    }

    fn locset(&mut self, node: &Node) -> Found<Vec<Location>> {
        if let Kind::Word(name) | Kind::Text(name) = &node.kind {
            return self.locset_label(name, node.span);
        }
        let (head, arguments) = self.call(node, "a locset")?;
        let morphology = self.labels.morphology;
        match head {
            "root" => {
                self.arity::<0>(node, arguments, "(root)")?;
                Ok(vec![Location { section: 0, x: 0.0 }])
            }
            "terminal" => {
                self.arity::<0>(node, arguments, "(terminal)")?;
                Ok(self.labels.neighbours.terminals(morphology))
            }
            "location" => {
                let [which, x] = self.arity(node, arguments, "(location section x)")?;
                let section = self.section(which)?;
                Ok(vec![Location { section, x: position(self.number(x)?, x.span)? }])
            }
            "locset" => {
                let [name] = self.arity(node, arguments, "(locset \"label\")")?;
                let text = self.text(name)?.to_owned();
                self.locset_label(&text, name.span)
            }
            "on-branches" => {
                let [x] = self.arity(node, arguments, "(on-branches x)")?;
                let x = position(self.number(x)?, x.span)?;
                Ok((0..self.sections()).map(|section| Location { section, x }).collect())
            }
            "on-components" => {
                let [x, within] = self.arity(node, arguments, "(on-components x region)")?;
                let x = position(self.number(x)?, x.span)?;
                let at = |c: &Cable| Location { section: c.section, x: c.start + x * (c.end - c.start) };
                Ok(self.region(within)?.cables.iter().map(at).collect())
            }
            "uniform" => {
                let [within, first, last, seed] =
                    self.arity(node, arguments, "(uniform region first last seed)")?;
                let region = self.region(within)?;
                let (first, last, seed) = (self.number(first)?, self.number(last)?, self.number(seed)?);
                self.uniform(&region, first as u64, last as u64, seed as u64, node.span)
            }
            "sum" => {
                let parts: Found<Vec<Vec<Location>>> = arguments.iter().map(|a| self.locset(a)).collect();
                Ok(parts?.concat())
            }
            "join" | "support" => {
                let mut all: Vec<Location> = Vec::new();
                for argument in arguments {
                    for location in self.locset(argument)? {
                        if !all.contains(&location) {
                            all.push(location);
                        }
                    }
                }
                Ok(all)
            }
            "restrict" => {
                let [locations, within] = self.arity(node, arguments, "(restrict locset region)")?;
                let region = self.region(within)?;
                let mut locations = self.locset(locations)?;
                locations.retain(|l| region.contains(l.section, l.x));
                Ok(locations)
            }
            "distal" | "proximal" => {
                let [within] = self.arity(node, arguments, &format!("({head} region)"))?;
                let region = self.region(within)?;
                self.extremes(&region, head == "distal")
            }
            "distance" => {
                let [far, within] = self.arity(node, arguments, "(distance µm region)")?;
                let (value, region) = (self.number(far)?, self.region(within)?);
                let mut found = Vec::new();
                for section in 0..self.sections() {
                    found.extend(geometry::at_value(
                        section,
                        &self.distance_course(section)?,
                        value,
                        &region,
                    ));
                }
                Ok(found)
            }
            other if REGIONS.contains(&other) => {
                Err(wrong(format!("`{other}` gives a region"), node.span, "expected a locset"))
            }
            other => {
                Err(wrong(format!("no locset function is called `{other}`"), node.span, "unknown function")
                    .suggest(other, LOCSETS))
            }
        }
    }

    /// Random places, uniform by length: those numbered `first` to `last` of the stream that `seed` names.
    fn uniform(&self, region: &Region, first: u64, last: u64, seed: u64, span: Span) -> Found<Vec<Location>> {
        let morphology = self.labels.morphology;
        let total = region.total_length(morphology);
        if total <= 0.0 {
            return Err(wrong("random places on a region without length", span, "the region is empty"));
        }
        if first > last || last - first >= 10_000_000 {
            return Err(wrong("the numbers of the places are out of order", span, "expected first ≤ last"));
        }
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
            let last = region.cables[region.cables.len() - 1];
            Location { section: last.section, x: last.end }
        };
        Ok((first..=last).map(draw).collect())
    }

    /// The ends of a region's cables beyond which, away from the root or towards it, it does not go on.
    fn extremes(&self, region: &Region, distal: bool) -> Found<Vec<Location>> {
        let morphology = self.labels.morphology;
        let mut found = Vec::new();
        for cable in &region.cables {
            let reversed = morphology.sections[cable.section].is_reversed();
            let x = if distal != reversed { cable.end } else { cable.start };
            let at = Location { section: cable.section, x };
            let goes_on = if distal {
                let beyond = self.labels.neighbours.distal(morphology, at, f64::INFINITY);
                Region::new(beyond).intersect(region).cables.iter().any(|c| c.section != cable.section)
            } else {
                let way = Neighbours::proximal(morphology, at, f64::INFINITY);
                Region::new(way).intersect(region).cables.iter().any(|c| c.section != cable.section)
            };
            if !goes_on {
                found.push(at);
            }
        }
        Ok(found)
    }
}
