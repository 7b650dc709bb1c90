//! The part of C that says what NMODL could say: assignments, conditions, loops, calls of mathematical functions.
//!
//! In comes a block's text without comments; out go the statements that it means, or nothing where it does anything else:
//! pointers, addresses, whole numbers (whose division and overflow differ), control flow other than if, while and return.
//! nocmodl's names are understood: `_lx` is the local x, `_v` the voltage, `_ion_cai` the ion's cai.

use crate::diagnostic::Span;
use crate::functions;
use crate::syntax::{Declaration, Expression, ExpressionKind, Name, Statement, Target};

/// Nesting allowed.
const DEPTH: usize = 64;
/// Operators allowed in one statement.
const OPERATORS: usize = 200;
/// Declares variables that hold any number.
const FLOATING: [&str; 2] = ["double", "float"];
/// Functions that write for a person to read.
const PRINTING: [&str; 4] = ["printf", "fprintf", "fflush", "puts"];
/// Ends a run with a message.
const STOPPING: &str = "hoc_execerror";
/// Variables of NEURON that are 0 where the step is fixed.
const FIXED_STEP: [&str; 2] = ["cvode_active_", "use_cvode"];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Number(f64),
    Text,
    Symbol(&'static str),
}

const SYMBOLS: [&str; 29] = [
    "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "++", "--", "+", "-", "*", "/", "<", ">",
    "!", "=", "(", ")", "{", "}", "[", "]", ",", ";", "&",
];

/// What a block means; `None` where it cannot be told.
pub(super) fn statements(code: &str, span: Span) -> Option<Vec<Statement>> {
    let mut reader = Reader { tokens: tokens(code)?, position: 0, span, depth: 0, operators: 0 };
    let mut statements = Vec::new();
    while reader.position < reader.tokens.len() {
        statements.extend(reader.statement()?);
    }
    Some(statements)
}

fn tokens(code: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..end].to_owned()));
            end
        } else if first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let sign = |i: usize, c: char| "+-".contains(c) && rest[..i].ends_with(['e', 'E']);
            let part = |&(i, c): &(usize, char)| !(c.is_ascii_alphanumeric() || c == '.' || sign(i, c));
            let end = rest.char_indices().find(part).map_or(rest.len(), |(i, _)| i);
            tokens.push(Token::Number(rest[..end].trim_end_matches(['f', 'F', 'l', 'L']).parse().ok()?));
            end
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].char_indices().find(|&(_, c)| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?;
            tokens.push(Token::Text);
            end.0 + 2
        } else {
            let symbol = SYMBOLS.iter().find(|s| rest.starts_with(**s))?;
            tokens.push(Token::Symbol(symbol));
            symbol.len()
        };
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    position: usize,
    /// The whole block: C has no places of its own here.
    span: Span,
    depth: usize,
    /// Operators of the statement so far: an expression is as deep as it has operators.
    operators: usize,
}

impl Reader {
    fn is(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.position), Some(Token::Symbol(s)) if *s == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.position += usize::from(found);
        found
    }

    fn word(&self) -> &str {
        match self.tokens.get(self.position) {
            Some(Token::Name(name)) => name,
            _ => "",
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word() == word;
        self.position += usize::from(found);
        found
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let result = if self.depth <= DEPTH { read(self) } else { None };
        self.depth -= 1;
        result
    }

    fn name(&mut self) -> Option<Name> {
        let word = self.word().to_owned();
        if word.is_empty() {
            return None;
        }
        self.position += 1;
        let text = match word.as_str() {
            "_v" => "v",
            other => other.strip_prefix("_ion_").or(other.strip_prefix("_l")).unwrap_or(other),
        };
        Some(Name { text: text.to_owned(), span: self.span })
    }

    fn statement(&mut self) -> Option<Vec<Statement>> {
        self.deeper(Self::statement_here)
    }

    fn statement_here(&mut self) -> Option<Vec<Statement>> {
        self.operators = 0;
        if self.eat(";") {
            return Some(Vec::new());
        }
        if self.eat("{") {
            let mut block = Vec::new();
            while !self.eat("}") {
                block.extend(self.statement()?);
            }
            return Some(block);
        }
        if self.eat_word("extern") {
            // A declaration of something that exists elsewhere does nothing.
            while !self.eat(";") {
                self.tokens.get(self.position)?;
                self.position += 1;
            }
            return Some(Vec::new());
        }
        if self.eat_word("if") {
            let condition = self.in_parentheses()?;
            let then = self.statement()?;
            let otherwise = if self.eat_word("else") { self.statement()? } else { Vec::new() };
            return Some(vec![Statement::If { condition, then, otherwise }]);
        }
        if self.eat_word("while") {
            let condition = self.in_parentheses()?;
            return Some(vec![Statement::While { condition, body: self.statement()? }]);
        }
        if self.eat_word("return") {
            let value = if self.is(";") { None } else { Some(self.expression(0)?) };
            self.eat(";").then_some(())?;
            return Some(vec![Statement::Return(value)]);
        }
        let statements = if FLOATING.contains(&self.word()) { self.declaration()? } else { self.simple()? };
        self.eat(";").then_some(statements)
    }

    fn in_parentheses(&mut self) -> Option<Expression> {
        self.eat("(").then_some(())?;
        let inside = self.expression(0)?;
        self.eat(")").then_some(inside)
    }

    /// `double a, b = 1`.
    fn declaration(&mut self) -> Option<Vec<Statement>> {
        self.position += 1;
        let mut statements = Vec::new();
        loop {
            let name = self.name()?;
            let local = Declaration {
                name: name.clone(),
                size: None,
                value: None,
                unit: String::new(),
                limits: None,
            };
            statements.push(Statement::Local(vec![local]));
            if self.eat("=") {
                let target = Target { name, index: None };
                statements.push(Statement::Assign { target, value: self.expression(0)? });
            }
            if !self.eat(",") {
                return Some(statements);
            }
        }
    }

    /// An assignment or a call.
    fn simple(&mut self) -> Option<Vec<Statement>> {
        let copied_from_ion = self.word().to_owned();
        let name = self.name()?;
        if self.is("(") {
            let (prints, stops) = (PRINTING.contains(&name.text.as_str()), name.text == STOPPING);
            let arguments = self.arguments(prints || stops)?;
            return Some(match (prints, stops) {
                (true, _) => Vec::new(),
                // Refused where it is reached.
                (_, true) => vec![Statement::Verbatim { text: name.text, span: self.span, meaning: None }],
                _ => vec![Statement::Call { name, arguments }],
            });
        }
        let index = if self.eat("[") {
            let index = self.expression(0)?;
            self.eat("]").then_some(())?;
            Some(Box::new(index))
        } else {
            None
        };
        let target = Target { name: name.clone(), index: index.clone() };
        let present = match index {
            Some(index) => ExpressionKind::Element(name.clone(), index),
            None => ExpressionKind::Variable(name.text.clone()),
        };
        for (symbol, operator) in
            [("+=", "+"), ("-=", "-"), ("*=", "*"), ("/=", "/"), ("++", "+"), ("--", "-")]
        {
            if self.eat(symbol) {
                let value = match symbol {
                    "++" | "--" => self.make(ExpressionKind::Number(1.0, String::new())),
                    _ => self.expression(0)?,
                };
                let present = self.make(present);
                let value = self.make(ExpressionKind::Binary(operator, Box::new(present), Box::new(value)));
                return Some(vec![Statement::Assign { target, value }]);
            }
        }
        self.eat("=").then_some(())?;
        if self.word() == format!("_ion_{copied_from_ion}")
            && self.tokens.get(self.position + 1) == Some(&Token::Symbol(";"))
        {
            // Refreshes a copy that does not exist here: the ion's value is always read itself.
            self.position += 1;
            return Some(Vec::new());
        }
        Some(vec![Statement::Assign { target, value: self.expression(0)? }])
    }

    fn make(&self, kind: ExpressionKind) -> Expression {
        Expression { kind, span: self.span }
    }

    /// The arguments of a call; what is printed may be anything that has an end.
    fn arguments(&mut self, printed: bool) -> Option<Vec<Expression>> {
        self.eat("(").then_some(())?;
        let mut arguments = Vec::new();
        if printed {
            let mut depth = 1;
            while depth > 0 {
                match self.tokens.get(self.position)? {
                    Token::Symbol("(") => depth += 1,
                    Token::Symbol(")") => depth -= 1,
                    Token::Symbol("=" | "++" | "--") => return None,
                    _ => {}
                }
                self.position += 1;
            }
            return Some(arguments);
        }
        while !self.eat(")") {
            arguments.push(self.expression(0)?);
            if !self.eat(",") && !self.is(")") {
                return None;
            }
        }
        Some(arguments)
    }

    /// Operators by precedence, from the loosest.
    fn expression(&mut self, level: usize) -> Option<Expression> {
        const LEVELS: [&[&str]; 6] =
            [&["||"], &["&&"], &["==", "!="], &["<", ">", "<=", ">="], &["+", "-"], &["*", "/"]];
        let Some(operators) = LEVELS.get(level) else { return self.deeper(Self::unary) };
        let mut left = self.expression(level + 1)?;
        loop {
            let Some(&Token::Symbol(symbol)) = self.tokens.get(self.position) else { return Some(left) };
            if !operators.contains(&symbol) {
                return Some(left);
            }
            self.position += 1;
            self.operators += 1;
            if self.operators > OPERATORS {
                return None;
            }
            let right = self.expression(level + 1)?;
            // 1/2 is 0 in C.
            let whole = |e: &Expression| matches!(e.kind, ExpressionKind::Number(n, _) if n.fract() == 0.0);
            if symbol == "/" && whole(&left) && whole(&right) {
                return None;
            }
            left = self.make(ExpressionKind::Binary(symbol, Box::new(left), Box::new(right)));
        }
    }

    fn unary(&mut self) -> Option<Expression> {
        if self.eat("-") {
            let inner = self.deeper(Self::unary)?;
            return Some(self.make(ExpressionKind::Negate(Box::new(inner))));
        }
        if self.eat("!") {
            let inner = self.deeper(Self::unary)?;
            return Some(self.make(ExpressionKind::Not(Box::new(inner))));
        }
        if self.eat("+") {
            return self.deeper(Self::unary);
        }
        if self.eat("(") {
            if FLOATING.contains(&self.word())
                && self.tokens.get(self.position + 1) == Some(&Token::Symbol(")"))
            {
                self.position += 2;
                return self.deeper(Self::unary);
            }
            let inside = self.expression(0)?;
            return self.eat(")").then_some(inside);
        }
        if let Some(&Token::Number(number)) = self.tokens.get(self.position) {
            self.position += 1;
            return Some(self.make(ExpressionKind::Number(number, String::new())));
        }
        let name = self.name()?;
        if FIXED_STEP.contains(&name.text.as_str()) {
            return Some(self.make(ExpressionKind::Number(0.0, String::new())));
        }
        if self.is("(") {
            // Only what means the same in both languages; abs() of C cuts its argument.
            let known = name.text != "abs" && functions::find(&name.text).is_some_and(functions::is_pure);
            let arguments = self.arguments(false)?;
            return known.then(|| self.make(ExpressionKind::Call(name, arguments)));
        }
        if self.eat("[") {
            let index = self.expression(0)?;
            self.eat("]").then_some(())?;
            return Some(self.make(ExpressionKind::Element(name, Box::new(index))));
        }
        Some(self.make(ExpressionKind::Variable(name.text)))
    }
}
