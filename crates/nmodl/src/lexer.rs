//! Text to tokens.
//!
//! Comments (`:` and `?` to the end of the line, COMMENT … ENDCOMMENT) are dropped here; TITLE and VERBATIM take
//! raw text and become one token each.

use crate::diagnostic::{Diagnostic, Span};

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name or a keyword.
    Name(String),
    Number(f64),
    String(String),
    /// Punctuation and operators.
    Symbol(&'static str),
    /// The rest of a TITLE line.
    Title(String),
    /// What stands between VERBATIM and ENDVERBATIM.
    Verbatim(String),
    End,
}

const SYMBOLS: [&str; 33] = [
    "<->", "<<", "->", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "^", "(", ")", "{", "}", "[",
    "]", ",", "=", "<", ">", "!", "'", "~", "&", ";", "@", "%", "$", "\\",
];

/// A name may have so many bytes.
const LONGEST_NAME: usize = 500;
/// Characters shown of what is too long.
const SHOWN: usize = 20;

/// All tokens of a text, ending with [`TokenKind::End`].
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Diagnostic> {
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        if let Some(width) = blank(&source[at..]) {
            at += width;
        } else if byte == b':' || byte == b'?' {
            at = line_end(bytes, at);
        } else if let Some(width) = word(&source[at..]) {
            at += width;
            let span = Span::new(start, at);
            if width > LONGEST_NAME {
                let shown: String = source[start..at].chars().take(SHOWN).collect();
                return Err(Diagnostic::error(format!("a name of more than {LONGEST_NAME} bytes"))
                    .at(span, format!("it begins with `{shown}`")));
            }
            match &source[start..at] {
                "COMMENT" => at = block_end(source, at, "ENDCOMMENT", span)?,
                "VERBATIM" => {
                    let body = at;
                    at = block_end(source, at, "ENDVERBATIM", span)?;
                    let text = source[body..at - "ENDVERBATIM".len()].to_owned();
                    tokens.push(Token { kind: TokenKind::Verbatim(text), span });
                }
                "TITLE" => {
                    let body = at;
                    at = line_end(bytes, at);
                    tokens.push(Token { kind: TokenKind::Title(source[body..at].trim().to_owned()), span });
                }
                name => tokens.push(Token { kind: TokenKind::Name(name.to_owned()), span }),
            }
        } else if byte.is_ascii_digit() || (byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
        {
            at = number_end(bytes, at);
            let span = Span::new(start, at);
            let number = source[start..at].parse().unwrap_or(f64::INFINITY);
            if number == f64::INFINITY {
                let shown: String = source[start..at].chars().take(SHOWN).collect();
                return Err(Diagnostic::error(format!("the number `{shown}` is too large"))
                    .at(span, format!("expected at most {:e}", f64::MAX)));
            }
            tokens.push(Token { kind: TokenKind::Number(number), span });
        } else if byte == b'"' {
            let end = source[at + 1..].find(['"', '\n', '\r']).map(|i| at + 1 + i);
            let Some(end) = end.filter(|&e| bytes[e] == b'"') else {
                return Err(Diagnostic::error("a string that does not end")
                    .at(Span::new(at, line_end(bytes, at)), "expected `\"` on the same line"));
            };
            at = end + 1;
            let text = source[start + 1..end].to_owned();
            tokens.push(Token { kind: TokenKind::String(text), span: Span::new(start, at) });
        } else if let Some(symbol) =
            SYMBOLS.iter().find(|s| source.as_bytes()[at..].starts_with(s.as_bytes()))
        {
            at += symbol.len();
            tokens.push(Token { kind: TokenKind::Symbol(symbol), span: Span::new(start, at) });
        } else {
            let character = source[at..].chars().next().unwrap_or('\u{fffd}');
            let span = Span::new(at, at + character.len_utf8());
            return Err(Diagnostic::error(format!("unexpected character `{}`", character.escape_debug()))
                .at(span, "not part of NMODL outside comments"));
        }
    }
    tokens.push(Token { kind: TokenKind::End, span: Span::new(source.len(), source.len()) });
    Ok(tokens)
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|&b| b == b'\n' || b == b'\r').map_or(bytes.len(), |i| from + i)
}

/// The width of the blank that a text begins with, if it does: white space of any kind, a byte order mark, and the
/// control characters that old editors leave behind.
fn blank(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    (first.is_whitespace() || first.is_control() || first == '\u{feff}').then(|| first.len_utf8())
}

/// The width of the name that a text begins with, if it does. Letters beyond ASCII occur in units, such as µm.
fn word(text: &str) -> Option<usize> {
    let letter = |c: char| c.is_alphabetic() || c == '_' || (!c.is_ascii() && !c.is_whitespace());
    let rest = text.find(|c: char| !letter(c) && !c.is_ascii_digit()).unwrap_or(text.len());
    text.starts_with(letter).then_some(rest)
}

fn block_end(source: &str, from: usize, end: &str, opened: Span) -> Result<usize, Diagnostic> {
    source[from..].find(end).map(|i| from + i + end.len()).ok_or_else(|| {
        let open = &source[opened.start..opened.end];
        Diagnostic::error(format!("{open} without {end}")).at(opened, "opened here and never closed")
    })
}

fn number_end(bytes: &[u8], mut at: usize) -> usize {
    let digits = |mut at: usize| {
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        at
    };
    at = digits(at);
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at
}
