//! Statements.

use super::{Parsed, Parser};
use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::TokenKind;
use crate::syntax::{Declaration, Expression, Name, Reactant, Statement, Target, Watched};
use crate::verbatim;

impl Parser<'_> {
    pub fn body(&mut self) -> Parsed<Vec<Statement>> {
        self.nested(|parser| {
            let open = parser.token().span;
            parser.symbol("{")?;
            let mut statements = Vec::new();
            while !parser.eat_symbol("}") {
                if parser.at_end() {
                    return Err(
                        Diagnostic::error("a block that does not end").at(open, "opened here, expected `}`")
                    );
                }
                if let Some(statement) = parser.statement()? {
                    statements.push(statement);
                }
            }
            Ok(statements)
        })
    }

    /// One statement; `None` for what has no effect here.
    fn statement(&mut self) -> Parsed<Option<Statement>> {
        self.operators = 0;
        if let TokenKind::Verbatim(text) = self.token().kind.clone() {
            let span = self.advance().span;
            let meaning = verbatim::statements(&text, span);
            return Ok(Some(Statement::Verbatim { text, span, meaning }));
        }
        if self.eat_symbol(";") {
            return Ok(None);
        }
        if self.is_symbol("{") {
            let then = self.body()?;
            let always = Expression {
                kind: crate::syntax::ExpressionKind::Number(1.0, String::new()),
                span: Span::default(),
            };
            return Ok(Some(Statement::If { condition: always, then, otherwise: Vec::new() }));
        }
        if self.is_symbol("~") {
            return self.reaction().map(Some);
        }
        let name = self.name("a statement or `}`")?;
        Ok(match name.text.as_str() {
            "LOCAL" => Some(Statement::Local(self.locals()?)),
            "UNITSON" | "UNITSOFF" | "MUTEXLOCK" | "MUTEXUNLOCK" | "RESET" => None,
            // One lane never disturbs another: there is nothing to protect.
            "PROTECT" => return self.statement(),
            // What TABLE would tabulate is computed exactly.
            "TABLE" => {
                self.table()?;
                None
            }
            "if" | "IF" => Some(self.conditional()?),
            "while" | "WHILE" => {
                self.symbol("(")?;
                let condition = self.expression()?;
                self.symbol(")")?;
                Some(Statement::While { condition, body: self.body()? })
            }
            "FROM" => Some(self.counted()?),
            "SOLVE" => Some(self.solve()?),
            "CONSERVE" => Some(self.conserve(name.span)?),
            "COMPARTMENT" => {
                let (index, volume, states) = self.of_states()?;
                Some(Statement::Compartment { index, volume, states })
            }
            "LONGITUDINAL_DIFFUSION" => {
                let (index, coefficient, states) = self.of_states()?;
                Some(Statement::LongitudinalDiffusion { index, coefficient, states })
            }
            "WATCH" => Some(self.watch()?),
            "FOR_NETCONS" => {
                let arguments = self.arguments()?;
                Some(Statement::ForNetcons { arguments, body: self.body()?, span: name.span })
            }
            "INITIAL" if self.is_symbol("{") => Some(Statement::NetInitial(self.body()?)),
            _ if self.is_symbol("(") => Some(Statement::Call { name, arguments: self.call_arguments()? }),
            _ => Some(self.assignment(name)?),
        })
    }

    fn assignment(&mut self, name: Name) -> Parsed<Statement> {
        let differential = self.eat_symbol("'");
        let index = self.index()?;
        let target = Target { name, index };
        if differential || self.eat_symbol("'") {
            self.symbol("=")?;
            return Ok(Statement::Differential { state: target, value: self.expression()? });
        }
        if self.eat_symbol("=") {
            return Ok(Statement::Assign { target, value: self.expression()? });
        }
        Err(self.expected("`=`, `'` or `(`"))
    }

    fn index(&mut self) -> Parsed<Option<Box<Expression>>> {
        if !self.eat_symbol("[") {
            return Ok(None);
        }
        let index = self.expression()?;
        self.symbol("]")?;
        Ok(Some(Box::new(index)))
    }

    /// Names, each perhaps with the size of an array.
    pub fn locals(&mut self) -> Parsed<Vec<Declaration>> {
        let mut locals = Vec::new();
        loop {
            let name = self.name("a name")?;
            let size = self.index()?.map(|size| *size);
            locals.push(Declaration { name, size, value: None, unit: String::new(), limits: None });
            if !self.eat_symbol(",") {
                return Ok(locals);
            }
        }
    }

    fn solve(&mut self) -> Parsed<Statement> {
        let block = self.name("a block's name")?;
        let (mut method, mut steady) = (None, false);
        loop {
            if self.eat_name("METHOD") {
                method = Some(self.name("a method")?);
            } else if self.eat_name("STEADYSTATE") {
                steady = true;
                method = Some(self.name("a method")?);
            } else if self.eat_name("IFERROR") {
                self.body()?;
            } else {
                return Ok(Statement::Solve { block, method, steady });
            }
        }
    }

    fn table(&mut self) -> Parsed<()> {
        if !self.is_name("DEPEND") && !self.is_name("FROM") {
            self.names()?;
        }
        if self.eat_name("DEPEND") {
            self.names()?;
        }
        for keyword in ["FROM", "TO", "WITH"] {
            self.keyword(keyword)?;
            self.sum()?;
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

    /// `FROM i = a TO b BY c { … }`.
    fn counted(&mut self) -> Parsed<Statement> {
        let variable = self.name("the loop's variable")?;
        self.symbol("=")?;
        let from = self.expression()?;
        self.keyword("TO")?;
        let to = self.expression()?;
        let by = if self.eat_name("BY") { Some(self.expression()?) } else { None };
        Ok(Statement::For { variable, from, to, by, body: self.body()? })
    }

    /// Everything that begins with `~`.
    fn reaction(&mut self) -> Parsed<Statement> {
        let start = self.advance().span;
        let first = self.position;
        // An equation's left side is an expression, a reaction's a sum of states: the sign between the sides tells.
        let left = self.reactants();
        if self.eat_symbol("<->") {
            let left = left?;
            let right = self.reactants()?;
            self.symbol("(")?;
            let forward = self.expression()?;
            self.symbol(",")?;
            let backward = Some(self.expression()?);
            self.symbol(")")?;
            return Ok(Statement::Reaction { left, right, forward, backward });
        }
        if self.eat_symbol("<<") {
            let into = left?;
            self.symbol("(")?;
            let flux = self.expression()?;
            self.symbol(")")?;
            return Ok(Statement::Flux { into, flux });
        }
        if self.eat_symbol("->") {
            let left = left?;
            let right = if self.is_symbol("(") { Vec::new() } else { self.reactants()? };
            self.symbol("(")?;
            let forward = self.expression()?;
            self.symbol(")")?;
            return Ok(Statement::Reaction { left, right, forward, backward: None });
        }
        self.position = first;
        let left = self.expression()?;
        self.symbol("=")?;
        let right = self.expression()?;
        let span = start.to(right.span);
        Ok(Statement::Equation { left, right, span })
    }

    /// `2 a + b[1]`: a sum of states with whole coefficients.
    fn reactants(&mut self) -> Parsed<Vec<Reactant>> {
        let mut sum = Vec::new();
        loop {
            let coefficient = match self.token().kind {
                TokenKind::Number(number) => {
                    self.position += 1;
                    self.eat_symbol("*");
                    number
                }
                _ => 1.0,
            };
            let name = self.name("a state")?;
            let index = self.index()?;
            sum.push(Reactant { coefficient, target: Target { name, index } });
            if !self.eat_symbol("+") {
                return Ok(sum);
            }
        }
    }

    fn conserve(&mut self, start: Span) -> Parsed<Statement> {
        let sum = self.reactants()?;
        self.symbol("=")?;
        let total = self.expression()?;
        let span = start.to(total.span);
        Ok(Statement::Conserve { sum, total, span })
    }

    /// `i, expression { states }`, what COMPARTMENT and LONGITUDINAL_DIFFUSION say.
    fn of_states(&mut self) -> Parsed<(Option<Name>, Expression, Vec<Name>)> {
        let mut index = None;
        if let (TokenKind::Name(_), Some(TokenKind::Symbol(","))) =
            (&self.token().kind, self.tokens.get(self.position + 1).map(|t| &t.kind))
        {
            index = Some(self.name("an index")?);
            self.symbol(",")?;
        }
        let value = self.sum()?;
        self.symbol("{")?;
        let mut states = Vec::new();
        while !self.eat_symbol("}") {
            states.push(self.name("a state or `}`")?);
            self.eat_symbol(",");
        }
        Ok((index, value, states))
    }

    fn watch(&mut self) -> Parsed<Statement> {
        let mut watched = Vec::new();
        loop {
            self.symbol("(")?;
            let condition = self.expression()?;
            self.symbol(")")?;
            let flag = self.sum()?;
            watched.push(Watched { condition, flag });
            if !self.eat_symbol(",") {
                return Ok(Statement::Watch(watched));
            }
        }
    }
}
