//! The arguments of functions: how many, of which kind, within which limits.

use super::evaluate::{Evaluation, Fault, Found};
use super::syntax::{Kind, Node};

/// The head and the arguments of a list.
pub(super) fn call<'n>(node: &'n Node, what: &str) -> Found<(&'n str, &'n [Node])> {
    let Kind::List(items) = &node.kind else {
        return Err(Fault::new(format!("expected {what}"), node.span, format!("expected {what}")));
    };
    match items.split_first() {
        Some((Node { kind: Kind::Word(head), .. }, arguments)) => Ok((head, arguments)),
        _ => Err(Fault::new("a list without a function", node.span, "expected a name after `(`")),
    }
}

/// Exactly so many arguments; `form` shows the function as it should be written.
pub(super) fn exactly<'n, const N: usize>(
    node: &Node,
    arguments: &'n [Node],
    form: &str,
) -> Found<&'n [Node; N]> {
    arguments.try_into().map_err(|_| miscounted(node, arguments, form))
}

/// One argument or more.
pub(super) fn some<'n>(node: &Node, arguments: &'n [Node], form: &str) -> Found<&'n [Node]> {
    if arguments.is_empty() { Err(miscounted(node, arguments, form)) } else { Ok(arguments) }
}

pub(super) fn miscounted(node: &Node, arguments: &[Node], form: &str) -> Fault {
    let label = match arguments.len() {
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    };
    Fault::new(format!("expected `{form}`"), node.span, label)
}

pub(super) fn number(node: &Node) -> Found<f64> {
    match node.kind {
        Kind::Number(number) if number.is_finite() => Ok(number),
        _ => Err(Fault::new("expected a number", node.span, "expected a number")),
    }
}

/// A length of cable.
pub(super) fn length(node: &Node) -> Found<f64> {
    match number(node)? {
        length if length >= 0.0 => Ok(length),
        length => Err(Fault::new(format!("a length of {length} µm"), node.span, "expected µm from 0 on")),
    }
}

/// A whole number that every reader of the text takes for the same.
pub(super) fn whole(node: &Node) -> Found<u64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    match number(node)? {
        number if number.fract() == 0.0 && (0.0..=LARGEST).contains(&number) => Ok(number as u64),
        number => {
            let message = format!("{number} is not a whole number from 0 to 2^53");
            Err(Fault::new(message, node.span, "expected a whole number"))
        }
    }
}

/// A relative position on a section.
pub(super) fn place(node: &Node) -> Found<f64> {
    let x = number(node)?;
    if (0.0..=1.0).contains(&x) {
        return Ok(x);
    }
    let message = format!("position {x} lies beyond the end of the section");
    Err(Fault::new(message, node.span, "expected a number from 0 to 1"))
}

/// The name of a label.
pub(super) fn text(node: &Node) -> Found<&str> {
    match &node.kind {
        Kind::Text(text) | Kind::Word(text) => Ok(text),
        _ => Err(Fault::new("expected a name", node.span, "expected a name in quotes")),
    }
}

impl Evaluation<'_> {
    /// Index of a section that is named or numbered.
    pub fn section(&self, node: &Node) -> Found<usize> {
        let count = self.labels.morphology.sections.len();
        match &node.kind {
            Kind::Number(number) if number.fract() == 0.0 && *number >= 0.0 && *number < count as f64 => {
                Ok(*number as usize)
            }
            Kind::Number(number) => {
                let message = format!("there is no section {number}: the cell has {count} sections");
                let label = format!("expected 0 to {}", count.saturating_sub(1));
                Err(Fault::new(message, node.span, label))
            }
            Kind::Text(name) | Kind::Word(name) => {
                self.labels.section_by_name(name).ok_or_else(|| self.unknown_section(name, node.span))
            }
            Kind::List(_) => {
                let label = "expected a number or a name in quotes";
                Err(Fault::new("expected a section", node.span, label))
            }
        }
    }
}
