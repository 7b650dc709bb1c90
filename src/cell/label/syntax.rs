//! S-expressions with the place in the text of everything in them.

use apical_nmodl::{Diagnostic, Span};

/// Deeper nesting than this is refused.
const DEPTH: usize = 100;

/// A node of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub kind: Kind,
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    List(Vec<Node>),
    Word(String),
    Text(String),
    Number(f64),
}

/// Reads one expression that makes up the whole text.
pub(super) fn parse(text: &str) -> Result<Node, Diagnostic> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.node(0)?;
    reader.space();
    if reader.at < text.len() {
        let span = Span::new(reader.at, text.len());
        return Err(Diagnostic::error("more than one expression").at(span, "expected the end"));
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn space(&mut self) {
        while let Some(c) = self.peek() {
            if c == ';' {
                self.at = self.text[self.at..].find('\n').map_or(self.text.len(), |i| self.at + i);
            } else if c.is_whitespace() {
                self.at += c.len_utf8();
            } else {
                return;
            }
        }
    }

    /// A location as NEURON writes it, `dend[3](0.5)`: short for `(location dend[3] 0.5)`.
    fn location(&mut self, section: Node, depth: usize) -> Result<Node, Diagnostic> {
        let place = self.node(depth + 1)?;
        let span = section.span.to(place.span);
        match place.kind {
            Kind::List(mut items) if items.len() == 1 => {
                let head = Node { kind: Kind::Word("location".to_owned()), span };
                items.splice(0..0, [head, section]);
                Ok(Node { kind: Kind::List(items), span })
            }
            _ => {
                let label = "expected one number from 0 to 1";
                Err(Diagnostic::error("a place on a section is one number").at(place.span, label))
            }
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        self.space();
        let start = self.at;
        let here = Span::new(start, start);
        let error = |message: &str, label: &str, span| Err(Diagnostic::error(message).at(span, label));
        if depth > DEPTH {
            return error("nested too deeply", "here", here);
        }
        match self.peek() {
            None => error("an expression is missing", "expected a label or `(`", here),
            Some(')') => error("`)` without `(`", "expected an expression", Span::new(start, start + 1)),
            Some('(') => {
                self.at += 1;
                let mut nodes = Vec::new();
                loop {
                    self.space();
                    match self.peek() {
                        None => return error("`(` without `)`", "opened here", Span::new(start, start + 1)),
                        Some(')') => break,
                        Some(_) => nodes.push(self.node(depth + 1)?),
                    }
                }
                self.at += 1;
                Ok(Node { kind: Kind::List(nodes), span: Span::new(start, self.at) })
            }
            Some('"') => {
                let Some(length) = self.text[start + 1..].find('"') else {
                    return error("a string that does not end", "opened here", Span::new(start, start + 1));
                };
                self.at = start + length + 2;
                let text = self.text[start + 1..self.at - 1].to_owned();
                Ok(Node { kind: Kind::Text(text), span: Span::new(start, self.at) })
            }
            Some(_) => {
                let rest = &self.text[start..];
                let stop = |c: char| c.is_whitespace() || ['(', ')', '"', ';'].contains(&c);
                self.at = start + rest.find(stop).unwrap_or(rest.len());
                let word = &self.text[start..self.at];
                // Words such as `nan` and `inf` are labels, not numbers.
                let number = word.parse().ok().filter(|_| !word.starts_with(|c: char| c.is_alphabetic()));
                let kind = number.map_or_else(|| Kind::Word(word.to_owned()), Kind::Number);
                let node = Node { kind, span: Span::new(start, self.at) };
                if matches!(node.kind, Kind::Word(_)) && self.peek() == Some('(') {
                    return self.location(node, depth);
                }
                Ok(node)
            }
        }
    }
}
