//! Tokens to [`File`]: recursive descent.
//!
//! Blocks and declarations are in `declarations`, statements in `statements`, expressions in `expressions`.

use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::{Token, TokenKind, tokens};
use crate::source::Source;
use crate::syntax::{Expression, File, Name};

mod declarations;
mod expressions;
mod statements;

/// Deeper nesting than this is refused: it is no mechanism, and recursion has an end.
const DEPTH: usize = 60;
/// A statement has at most so many operators: a long sum is a deep tree.
const OPERATORS: usize = 200;

/// The solution methods of `SOLVE … METHOD`.
pub(crate) const METHODS: [&str; 12] = [
    "cnexp",
    "derivimplicit",
    "sparse",
    "euler",
    "runge",
    "adrunge",
    "newton",
    "simeq",
    "after_cvode",
    "cvode_t",
    "heun",
    "adeuler",
];

pub(crate) type Parsed<T> = Result<T, Diagnostic>;

/// Reads a whole file.
pub(crate) fn file(source: &Source) -> Parsed<File> {
    let mut parser =
        Parser { source: &source.text, tokens: &source.tokens, position: 0, depth: 0, operators: 0 };
    let mut file = File::default();
    while !parser.at_end() {
        parser.block(&mut file)?;
    }
    Ok(file)
}

/// Reads one expression that makes up the whole text.
pub(crate) fn expression(source: &str) -> Parsed<Expression> {
    let tokens = tokens(source)?;
    let mut parser = Parser { source, tokens: &tokens, position: 0, depth: 0, operators: 0 };
    let expression = parser.expression()?;
    if parser.at_end() { Ok(expression) } else { Err(parser.expected("an operator or the end")) }
}

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    position: usize,
    depth: usize,
    /// Operators of the present statement.
    operators: usize,
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        // The last token is End and is never passed.
        &self.tokens[self.position.min(self.tokens.len() - 1)]
    }

    fn at_end(&self) -> bool {
        self.token().kind == TokenKind::End
    }

    fn advance(&mut self) -> Token {
        let token = self.token().clone();
        self.position += 1;
        token
    }

    /// The place of the token before this one.
    fn before(&self) -> Span {
        self.tokens[self.position.clamp(1, self.tokens.len()) - 1].span
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(&self.token().kind, TokenKind::Symbol(s) if *s == symbol)
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(&self.token().kind, TokenKind::Name(n) if n == name)
    }

    fn eat_symbol(&mut self, symbol: &str) -> bool {
        let there = self.is_symbol(symbol);
        self.position += usize::from(there);
        there
    }

    fn eat_name(&mut self, name: &str) -> bool {
        let there = self.is_name(name);
        self.position += usize::from(there);
        there
    }

    fn expected(&self, what: &str) -> Diagnostic {
        let token = self.token();
        let found = match &token.kind {
            TokenKind::End => "the end of the file".to_owned(),
            _ => format!("`{}`", self.source.get(token.span.start..token.span.end).unwrap_or("")),
        };
        Diagnostic::error(format!("expected {what}, found {found}"))
            .at(token.span, format!("expected {what}"))
    }

    fn symbol(&mut self, symbol: &str) -> Parsed<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    fn keyword(&mut self, keyword: &str) -> Parsed<()> {
        if self.eat_name(keyword) { Ok(()) } else { Err(self.expected(keyword)) }
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        match &self.token().kind {
            TokenKind::Name(text) => {
                let name = Name { text: text.clone(), span: self.token().span };
                self.position += 1;
                Ok(name)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// Names with commas between them, which some files leave out.
    fn names(&mut self) -> Parsed<Vec<Name>> {
        let mut names = vec![self.name("a name")?];
        while self.eat_symbol(",") {
            names.push(self.name("a name")?);
        }
        Ok(names)
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH {
            return Err(
                Diagnostic::error(format!("nested more than {DEPTH} deep")).at(self.token().span, "here")
            );
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// A unit in parentheses, when one follows; its text without them.
    fn unit(&mut self) -> Parsed<String> {
        if !self.is_symbol("(") {
            return Ok(String::new());
        }
        let open = self.advance().span;
        let mut depth = 1;
        loop {
            if self.at_end() || self.is_symbol("{") || self.is_symbol("}") {
                return Err(
                    Diagnostic::error("a unit that does not end").at(open, "opened here, expected `)`")
                );
            }
            depth += i32::from(self.is_symbol("(")) - i32::from(self.is_symbol(")"));
            if depth == 0 {
                break;
            }
            self.position += 1;
        }
        let close = self.advance().span;
        Ok(self.source.get(open.end..close.start).unwrap_or("").trim().to_owned())
    }

    fn number(&mut self) -> Parsed<f64> {
        let negative = self.eat_symbol("-");
        if !negative {
            self.eat_symbol("+");
        }
        match self.token().kind {
            TokenKind::Number(number) => {
                self.position += 1;
                Ok(if negative { -number } else { number })
            }
            _ => Err(self.expected("a number")),
        }
    }
}
