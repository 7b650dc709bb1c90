//! One text out of a file and what it includes.
//!
//! In comes a text and a way to fetch the files it INCLUDEs; out goes [`Source`]: the tokens of all of them in order.
//! The texts stand one behind the other in a single string, the file itself first, so that a [`Span`] names a place in
//! any of them; [`Source::relocate`] moves findings in an included text to the INCLUDE that brought it.

use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::{Token, TokenKind, tokens};

/// Deeper inclusion than this is refused: it is a circle.
const DEPTH: usize = 20;
/// So many files may be included.
const MOST: usize = 1000;
/// All texts together may have this many bytes.
const LONGEST: usize = 4 << 20;

/// Fetches an included file: its name as written, to its text or the reason why there is none.
pub type Resolver<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// A file with everything it includes.
#[derive(Debug)]
pub(crate) struct Source {
    /// All texts, the file's own first.
    pub text: String,
    /// All tokens in the order in which the compiler reads them.
    pub tokens: Vec<Token>,
    included: Vec<Included>,
    own: usize,
}

#[derive(Debug)]
struct Included {
    name: String,
    /// Where its text stands.
    range: Span,
    /// The INCLUDE that brought it.
    site: Span,
}

impl Source {
    /// Reads a text and what it includes.
    pub fn read(text: &str, resolver: &Resolver) -> Result<Self, Diagnostic> {
        if text.len() > LONGEST {
            return Err(Diagnostic::error(format!("a text of {} bytes", text.len()))
                .help(format!("expected at most {LONGEST}")));
        }
        let mut source =
            Self { text: text.to_owned(), tokens: Vec::new(), included: Vec::new(), own: text.len() };
        let result = source.append(Span::new(0, text.len()), 0, resolver);
        match result {
            Ok(()) => {
                let end = Span::new(source.own, source.own);
                source.tokens.push(Token { kind: TokenKind::End, span: end });
                Ok(source)
            }
            Err(error) => Err(source.relocate(error)),
        }
    }

    fn append(&mut self, range: Span, depth: usize, resolver: &Resolver) -> Result<(), Diagnostic> {
        let moved = |span: Span| Span::new(span.start + range.start, span.end + range.start);
        let mut own = tokens(&self.text[range.start..range.end])
            .map_err(|error| Diagnostic { span: error.span.map(moved), ..error })?
            .into_iter()
            .map(|token| Token { span: moved(token.span), ..token })
            .filter(|token| token.kind != TokenKind::End)
            .peekable();
        while let Some(token) = own.next() {
            if !matches!(&token.kind, TokenKind::Name(name) if name == "INCLUDE") {
                self.tokens.push(token);
                continue;
            }
            let Some(Token { kind: TokenKind::String(name), span }) =
                own.next_if(|t| matches!(t.kind, TokenKind::String(_)))
            else {
                return Err(Diagnostic::error("INCLUDE without a file's name")
                    .at(token.span, "expected `INCLUDE \"file\"`"));
            };
            let refused = |why: String| {
                Diagnostic::error(format!("cannot include `{name}`: {why}")).at(span, "included here")
            };
            if depth == DEPTH {
                return Err(refused(format!("inclusions are nested more than {DEPTH} deep")));
            }
            if self.included.len() == MOST {
                return Err(refused(format!("more than {MOST} inclusions")));
            }
            let text = resolver(&name).map_err(refused)?;
            if self.text.len() + text.len() > LONGEST {
                return Err(refused(format!("more than {LONGEST} bytes in all")));
            }
            let start = self.text.len() + 1;
            self.text.push('\n');
            self.text.push_str(&text);
            let range = Span::new(start, self.text.len());
            self.included.push(Included { name: name.clone(), range, site: token.span.to(span) });
            self.append(range, depth + 1, resolver)?;
        }
        Ok(())
    }

    /// What stands at a place.
    pub fn text_of(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// Where the text ends in which a place stands.
    pub fn end_of_text(&self, at: usize) -> usize {
        let included = self.included.iter().map(|i| i.range.end).find(|&end| at > self.own && at <= end);
        included.unwrap_or(self.own)
    }

    /// A finding in an included text, moved to the INCLUDE in the file itself; others as they are.
    pub fn relocate(&self, mut finding: Diagnostic) -> Diagnostic {
        while let Some(span) = finding.span.filter(|s| s.start > self.own) {
            let holds = |i: &&Included| i.range.start <= span.start && span.start <= i.range.end;
            let Some(file) = self.included.iter().find(holds) else { break };
            let text = &self.text[file.range.start..file.range.end];
            let local = Diagnostic {
                span: Some(Span::new(span.start - file.range.start, span.end - file.range.start)),
                ..finding.clone()
            };
            if let Some((line, column)) = local.line_column(text) {
                finding.message =
                    format!("{} (in {}, line {line}, column {column})", finding.message, file.name);
            }
            finding.span = Some(file.site);
        }
        finding
    }
}

/// Turns the bytes of a file into text: UTF-8, or Latin-1 as older files are; a carriage return alone ends a line.
pub fn decode(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    };
    if !text.contains('\r') {
        return text;
    }
    let mut characters = text.chars().peekable();
    let mut lines = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let alone = character == '\r' && characters.peek() != Some(&'\n');
        lines.push(if alone { '\n' } else { character });
    }
    lines
}
