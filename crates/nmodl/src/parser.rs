//! Tokens to [`File`]: recursive descent over blocks and statements.
//!
//! What NMODL has and this compiler does not (yet) is refused by name, never skipped.

use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::{Token, TokenKind, tokens};
use crate::syntax::{Declaration, Expression, ExpressionKind, File, IonUse, Name, Routine, Statement};

/// Deeper nesting than this is refused: it is no mechanism, and recursion has an end.
const DEPTH: usize = 100;

const BLOCKS: [&str; 16] = [
    "NEURON",
    "UNITS",
    "PARAMETER",
    "STATE",
    "ASSIGNED",
    "INITIAL",
    "BREAKPOINT",
    "DERIVATIVE",
    "PROCEDURE",
    "FUNCTION",
    "NET_RECEIVE",
    "CONSTANT",
    "INDEPENDENT",
    "LOCAL",
    "DEFINE",
    "UNITSON",
];

const NOT_YET: [&str; 22] = [
    "KINETIC",
    "LINEAR",
    "NONLINEAR",
    "DISCRETE",
    "FUNCTION_TABLE",
    "BEFORE",
    "AFTER",
    "INCLUDE",
    "CONSTRUCTOR",
    "DESTRUCTOR",
    "POINTER",
    "BBCOREPOINTER",
    "RANDOM",
    "ARTIFICIAL_CELL",
    "EXTERNAL",
    "FROM",
    "WHILE",
    "WATCH",
    "FOR_NETCONS",
    "CONSERVE",
    "PROTECT",
    "MUTEXLOCK",
];

/// Whether a name is one of the solution methods of `SOLVE … METHOD`.
pub(crate) fn is_method(name: &str) -> bool {
    ["cnexp", "euler", "derivimplicit", "sparse", "runge", "after_cvode", "newton"].contains(&name)
}

pub(crate) type Parsed<T> = Result<T, Diagnostic>;

/// Reads a whole file.
pub(crate) fn file(source: &str) -> Parsed<File> {
    let mut parser = Parser::new(source)?;
    let mut file = File::default();
    while !parser.at_end() {
        parser.block(&mut file)?;
    }
    Ok(file)
}

/// Reads one expression that makes up the whole text.
pub(crate) fn expression(source: &str) -> Parsed<Expression> {
    let mut parser = Parser::new(source)?;
    let expression = parser.expression()?;
    if parser.at_end() { Ok(expression) } else { Err(parser.expected("an operator or the end")) }
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str) -> Parsed<Self> {
        Ok(Self { source, tokens: tokens(source)?, position: 0, depth: 0 })
    }

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
        while !self.is_symbol(")") {
            if self.at_end() || self.is_symbol("{") || self.is_symbol("}") {
                return Err(
                    Diagnostic::error("a unit that does not end").at(open, "opened here, expected `)`")
                );
            }
            self.position += 1;
        }
        let close = self.advance().span;
        Ok(self.source[open.end..close.start].trim().to_owned())
    }

    fn number(&mut self) -> Parsed<f64> {
        let negative = self.eat_symbol("-");
        match self.token().kind {
            TokenKind::Number(number) => {
                self.position += 1;
                Ok(if negative { -number } else { number })
            }
            _ => Err(self.expected("a number")),
        }
    }

    fn block(&mut self, file: &mut File) -> Parsed<()> {
        let token = self.advance();
        let keyword = match token.kind {
            TokenKind::Title(title) => {
                file.title = title;
                return Ok(());
            }
            TokenKind::Verbatim(text) => return verbatim(&text, token.span),
            TokenKind::Name(keyword) => keyword,
            _ => {
                self.position -= 1;
                return Err(self.expected("a block such as NEURON or PARAMETER"));
            }
        };
        match keyword.as_str() {
            "NEURON" => self.neuron(file)?,
            "UNITS" => self.units(file)?,
            "PARAMETER" => file.parameters.extend(self.declarations()?),
            "STATE" => file.states.extend(self.declarations()?),
            "ASSIGNED" => file.assigned.extend(self.declarations()?),
            "CONSTANT" => {
                for declared in self.declarations()? {
                    let Some(value) = declared.value else {
                        return Err(Diagnostic::error(format!(
                            "the constant `{}` has no value",
                            declared.name.text
                        ))
                        .at(declared.name.span, "expected `= number`"));
                    };
                    file.constants.push((declared.name, value));
                }
            }
            "DEFINE" => {
                let name = self.name("a name")?;
                let value = self.number()?;
                file.constants.push((name, value));
            }
            "LOCAL" => file.locals.extend(self.names()?),
            "INDEPENDENT" => self.skip_block()?,
            "UNITSON" | "UNITSOFF" | "THREADSAFE" => {}
            "INITIAL" => once(&mut file.initial, self.body()?, "INITIAL", token.span)?,
            "BREAKPOINT" => once(&mut file.breakpoint, self.body()?, "BREAKPOINT", token.span)?,
            "DERIVATIVE" => {
                let name = self.name("the block's name")?;
                let body = self.body()?;
                file.derivatives.push(Routine { name, arguments: Vec::new(), body });
            }
            "PROCEDURE" => {
                let routine = self.routine()?;
                file.procedures.push(routine);
            }
            "FUNCTION" => {
                let routine = self.routine()?;
                file.functions.push(routine);
            }
            "NET_RECEIVE" => {
                let name = Name { text: keyword, span: token.span };
                let arguments = self.arguments()?;
                let body = self.body()?;
                once(&mut file.net_receive, Routine { name, arguments, body }, "NET_RECEIVE", token.span)?;
            }
            other => return Err(unknown_block(other, token.span)),
        }
        Ok(())
    }

    fn neuron(&mut self, file: &mut File) -> Parsed<()> {
        self.symbol("{")?;
        while !self.eat_symbol("}") {
            let keyword = self.name("a declaration such as SUFFIX, USEION or RANGE")?;
            match keyword.text.as_str() {
                "SUFFIX" => file.suffix = Some(self.name("the mechanism's name")?),
                "POINT_PROCESS" => {
                    file.suffix = Some(self.name("the mechanism's name")?);
                    file.point_process = true;
                }
                "USEION" => {
                    let ion = self.use_ion()?;
                    file.ions.push(ion);
                }
                "NONSPECIFIC_CURRENT" => file.nonspecific.extend(self.names()?),
                "ELECTRODE_CURRENT" => file.electrode.extend(self.names()?),
                "RANGE" => file.range.extend(self.names()?),
                "GLOBAL" => file.global.extend(self.names()?),
                "THREADSAFE" => {}
                other if NOT_YET.contains(&other) => return Err(not_yet(other, keyword.span)),
                other => {
                    let known = [
                        "SUFFIX",
                        "POINT_PROCESS",
                        "USEION",
                        "NONSPECIFIC_CURRENT",
                        "ELECTRODE_CURRENT",
                        "RANGE",
                        "GLOBAL",
                    ];
                    return Err(Diagnostic::error(format!(
                        "`{other}` is not a declaration of the NEURON block"
                    ))
                    .at(keyword.span, "unknown declaration")
                    .suggest(other, known));
                }
            }
        }
        Ok(())
    }

    fn use_ion(&mut self) -> Parsed<IonUse> {
        let mut ion = IonUse {
            name: self.name("the ion's name")?,
            reads: Vec::new(),
            writes: Vec::new(),
            valence: None,
        };
        loop {
            if self.eat_name("READ") {
                ion.reads.extend(self.names()?);
            } else if self.eat_name("WRITE") {
                ion.writes.extend(self.names()?);
            } else if self.eat_name("VALENCE") {
                ion.valence = Some(self.number()? as i32);
            } else {
                return Ok(ion);
            }
        }
    }

    fn names(&mut self) -> Parsed<Vec<Name>> {
        let mut names = vec![self.name("a name")?];
        while self.eat_symbol(",") {
            names.push(self.name("a name")?);
        }
        Ok(names)
    }

    fn units(&mut self, file: &mut File) -> Parsed<()> {
        self.symbol("{")?;
        while !self.eat_symbol("}") {
            if self.is_symbol("(") {
                self.unit()?;
                self.symbol("=")?;
                self.unit()?;
                continue;
            }
            let name = self.name("a unit such as `(mV) = (millivolt)` or a constant")?;
            self.symbol("=")?;
            if matches!(self.token().kind, TokenKind::Number(_)) {
                let value = self.number()?;
                self.unit()?;
                file.constants.push((name, value));
                continue;
            }
            let at = self.token().span;
            let constant = self.unit()?;
            self.unit()?;
            let Some(value) = physical_constant(&constant) else {
                return Err(Diagnostic::error(format!("`({constant})` is not a known constant"))
                    .at(at, "expected (faraday), (k-mole), (pi), (e), (avogadro) or a number")
                    .help("write the number instead"));
            };
            file.constants.push((name, value));
        }
        Ok(())
    }

    fn declarations(&mut self) -> Parsed<Vec<Declaration>> {
        self.symbol("{")?;
        let mut declared = Vec::new();
        while !self.eat_symbol("}") {
            if self.eat_name("UNITSOFF") || self.eat_name("UNITSON") || self.eat_symbol(",") {
                continue;
            }
            let name = self.name("a name or `}`")?;
            if self.is_symbol("[") {
                return Err(not_yet("an array", name.span));
            }
            let value = if self.eat_symbol("=") { Some(self.number()?) } else { None };
            let mut unit = self.unit()?;
            if self.eat_name("FROM") {
                self.number()?;
                if !self.eat_name("TO") {
                    return Err(self.expected("TO"));
                }
                self.number()?;
            }
            if unit.is_empty() {
                unit = self.unit()?;
            }
            let mut limits = None;
            if self.eat_symbol("<") {
                let low = self.number()?;
                limits = if self.eat_symbol(",") { Some((low, self.number()?)) } else { None };
                self.symbol(">")?;
            }
            declared.push(Declaration { name, value, unit, limits });
        }
        Ok(declared)
    }

    fn skip_block(&mut self) -> Parsed<()> {
        while !self.is_symbol("{") {
            if self.at_end() {
                return Err(self.expected("`{`"));
            }
            self.position += 1;
        }
        while !self.eat_symbol("}") {
            if self.at_end() {
                return Err(self.expected("`}`"));
            }
            self.position += 1;
        }
        Ok(())
    }

    fn routine(&mut self) -> Parsed<Routine> {
        let name = self.name("the block's name")?;
        let arguments = self.arguments()?;
        self.unit()?;
        Ok(Routine { name, arguments, body: self.body()? })
    }

    fn arguments(&mut self) -> Parsed<Vec<Name>> {
        self.symbol("(")?;
        let mut arguments = Vec::new();
        while !self.eat_symbol(")") {
            arguments.push(self.name("an argument or `)`")?);
            self.unit()?;
            if !self.eat_symbol(",") && !self.is_symbol(")") {
                return Err(self.expected("`,` or `)`"));
            }
        }
        Ok(arguments)
    }

    fn body(&mut self) -> Parsed<Vec<Statement>> {
        self.nested(|parser| {
            parser.symbol("{")?;
            let mut statements = Vec::new();
            while !parser.eat_symbol("}") {
                if let Some(statement) = parser.statement()? {
                    statements.push(statement);
                }
            }
            Ok(statements)
        })
    }

    /// One statement; `None` for what has no effect here.
    fn statement(&mut self) -> Parsed<Option<Statement>> {
        if let TokenKind::Verbatim(text) = self.token().kind.clone() {
            let span = self.advance().span;
            return verbatim(&text, span).map(|()| None);
        }
        if self.eat_symbol(";") {
            return Ok(None);
        }
        if self.is_symbol("~") {
            return Err(not_yet("a reaction or equation with `~`", self.token().span));
        }
        let name = self.name("a statement or `}`")?;
        Ok(match name.text.as_str() {
            "LOCAL" => Some(Statement::Local(self.names()?)),
            "UNITSON" | "UNITSOFF" => None,
            // What TABLE would tabulate is computed exactly.
            "TABLE" => {
                self.table()?;
                None
            }
            "if" | "IF" => Some(self.conditional()?),
            "SOLVE" => {
                let block = self.name("a block's name")?;
                let method = if self.eat_name("METHOD") { Some(self.name("a method")?) } else { None };
                if self.is_name("STEADYSTATE") {
                    return Err(not_yet("STEADYSTATE", self.token().span));
                }
                Some(Statement::Solve { block, method })
            }
            "INITIAL" if self.is_symbol("{") => {
                if !self.body()?.is_empty() {
                    return Err(not_yet("an INITIAL block inside NET_RECEIVE", name.span));
                }
                None
            }
            "while" => return Err(not_yet("while", name.span)),
            "net_send" | "net_event" | "net_move" => return Err(not_yet(&name.text, name.span)),
            other if NOT_YET.contains(&other) => return Err(not_yet(other, name.span)),
            _ if self.eat_symbol("'") => {
                self.symbol("=")?;
                Some(Statement::Differential { state: name, value: self.expression()? })
            }
            _ if self.eat_symbol("=") => Some(Statement::Assign { target: name, value: self.expression()? }),
            _ if self.is_symbol("(") => Some(Statement::Call { name, arguments: self.call_arguments()? }),
            _ if self.is_symbol("[") => return Err(not_yet("an array", name.span)),
            _ => return Err(self.expected("`=`, `'` or `(`")),
        })
    }

    fn table(&mut self) -> Parsed<()> {
        if !self.is_name("DEPEND") && !self.is_name("FROM") {
            self.names()?;
        }
        if self.eat_name("DEPEND") {
            self.names()?;
        }
        for keyword in ["FROM", "TO", "WITH"] {
            if !self.eat_name(keyword) {
                return Err(self.expected(keyword));
            }
            if matches!(self.token().kind, TokenKind::Name(_)) {
                self.position += 1;
            } else {
                self.number()?;
            }
        }
        Ok(())
    }

    fn conditional(&mut self) -> Parsed<Statement> {
        self.nested(|parser| {
            parser.symbol("(")?;
            let condition = parser.expression()?;
            parser.symbol(")")?;
            let then = parser.body()?;
            let otherwise = if parser.eat_name("else") || parser.eat_name("ELSE") {
                if parser.eat_name("if") || parser.eat_name("IF") {
                    vec![parser.conditional()?]
                } else {
                    parser.body()?
                }
            } else {
                Vec::new()
            };
            Ok(Statement::If { condition, then, otherwise })
        })
    }

    fn call_arguments(&mut self) -> Parsed<Vec<Expression>> {
        self.symbol("(")?;
        let mut arguments = Vec::new();
        while !self.eat_symbol(")") {
            arguments.push(self.expression()?);
            if !self.eat_symbol(",") && !self.is_symbol(")") {
                return Err(self.expected("`,`, `)` or an operator"));
            }
        }
        Ok(arguments)
    }

    fn expression(&mut self) -> Parsed<Expression> {
        self.nested(|parser| parser.binary(0))
    }

    /// Precedence climbing; NMODL's levels, all left-associative but the power.
    fn binary(&mut self, level: usize) -> Parsed<Expression> {
        const LEVELS: [&[&str]; 5] =
            [&["||"], &["&&"], &["<", ">", "<=", ">=", "==", "!="], &["+", "-"], &["*", "/"]];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let TokenKind::Symbol(symbol) = self.token().kind else { return Ok(left) };
            if !operators.contains(&symbol) {
                return Ok(left);
            }
            self.position += 1;
            let right = self.binary(level + 1)?;
            let span = left.span.to(right.span);
            left = Expression { kind: ExpressionKind::Binary(symbol, Box::new(left), Box::new(right)), span };
        }
    }

    /// `-a^b` is −(aᵇ): the sign binds less tightly than the power.
    fn unary(&mut self) -> Parsed<Expression> {
        let start = self.token().span;
        if self.eat_symbol("-") {
            let inner = self.nested(Self::unary)?;
            let span = start.to(inner.span);
            return Ok(Expression { kind: ExpressionKind::Negate(Box::new(inner)), span });
        }
        if self.eat_symbol("+") {
            return self.nested(Self::unary);
        }
        if self.eat_symbol("!") {
            let inner = self.nested(Self::unary)?;
            let span = start.to(inner.span);
            return Ok(Expression { kind: ExpressionKind::Not(Box::new(inner)), span });
        }
        self.power()
    }

    /// `a^b^c` is a^(b^c).
    fn power(&mut self) -> Parsed<Expression> {
        let base = self.primary()?;
        if !self.eat_symbol("^") {
            return Ok(base);
        }
        let exponent = self.nested(Self::unary)?;
        let span = base.span.to(exponent.span);
        Ok(Expression { kind: ExpressionKind::Binary("^", Box::new(base), Box::new(exponent)), span })
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let span = self.token().span;
        match self.token().kind.clone() {
            TokenKind::Number(number) => {
                self.position += 1;
                // A number may carry a unit: `0.1 (mV)`.
                self.unit()?;
                Ok(Expression { kind: ExpressionKind::Number(number), span })
            }
            TokenKind::Symbol("(") => {
                self.position += 1;
                let inner = self.expression()?;
                self.symbol(")")?;
                Ok(inner)
            }
            TokenKind::Name(text) => {
                self.position += 1;
                let name = Name { text, span };
                if self.is_symbol("(") {
                    let arguments = self.call_arguments()?;
                    let end = self.tokens[self.position - 1].span;
                    return Ok(Expression {
                        kind: ExpressionKind::Call(name, arguments),
                        span: span.to(end),
                    });
                }
                if self.is_symbol("[") {
                    return Err(not_yet("an array", span));
                }
                Ok(Expression { kind: ExpressionKind::Variable(name.text), span })
            }
            _ => Err(self.expected("an expression")),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T, what: &str, span: Span) -> Parsed<()> {
    if slot.is_some() {
        return Err(
            Diagnostic::error(format!("a second {what} block")).at(span, "the first one stands above")
        );
    }
    *slot = Some(value);
    Ok(())
}

fn not_yet(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(format!("{what} is not supported yet")).at(span, "not supported yet")
}

fn unknown_block(name: &str, span: Span) -> Diagnostic {
    if NOT_YET.contains(&name) {
        return not_yet(name, span);
    }
    Diagnostic::error(format!("`{name}` is not a block of NMODL"))
        .at(span, "expected a block")
        .suggest(name, BLOCKS)
}

/// C that does nothing is ignored; other C is refused.
fn verbatim(text: &str, span: Span) -> Parsed<()> {
    let nothing = ["", "return 0;", "return 0.;", "return 1;"];
    if nothing.contains(&text.trim()) {
        return Ok(());
    }
    Err(Diagnostic::error("C code in VERBATIM cannot be compiled")
        .at(span, "VERBATIM … ENDVERBATIM")
        .help("write it in NMODL: the compiler knows exp, log, pow, fabs and the other functions of C's math library"))
}

/// Values of the UNITS block's constants, as NEURON has had them since 2019 (SI).
fn physical_constant(name: &str) -> Option<f64> {
    Some(match name {
        "faraday" => 96_485.332_123_310_01,
        "k-mole" => 8.314_462_618_153_24,
        "pi" => std::f64::consts::PI,
        "e" => 1.602_176_634e-19,
        "avogadro" => 6.022_140_76e23,
        _ => return None,
    })
}
