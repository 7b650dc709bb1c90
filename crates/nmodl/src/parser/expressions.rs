//! Expressions, by precedence climbing.

use super::{OPERATORS, Parsed, Parser};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::syntax::{Expression, ExpressionKind, Name};

/// How tightly a binary operator binds, as in C; all of them group from the left. The power, which does not, is apart.
fn level(operator: &str) -> Option<usize> {
    Some(match operator {
        "||" => 0,
        "&&" => 1,
        "==" | "!=" => 2,
        "<" | ">" | "<=" | ">=" => 3,
        "+" | "-" => SUM,
        "*" | "/" | "%" => 5,
        _ => return None,
    })
}

/// The level of sums.
const SUM: usize = 4;

impl Parser<'_> {
    pub fn expression(&mut self) -> Parsed<Expression> {
        self.nested(|parser| parser.binary(0))
    }

    /// An expression without comparisons at its top, as CONSERVE has on its left.
    pub fn sum(&mut self) -> Parsed<Expression> {
        self.nested(|parser| parser.binary(SUM))
    }

    /// Operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: usize) -> Parsed<Expression> {
        let mut left = self.unary()?;
        loop {
            let TokenKind::Symbol(symbol) = self.token().kind else { return Ok(left) };
            let Some(level) = level(symbol).filter(|&level| level >= least) else { return Ok(left) };
            self.operators += 1;
            if self.operators > OPERATORS {
                return Err(Diagnostic::error(format!("a statement of more than {OPERATORS} operators"))
                    .at(self.token().span, "expected the end of the statement before this"));
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
                let unit = self.unit()?;
                Ok(Expression { kind: ExpressionKind::Number(number, unit), span })
            }
            TokenKind::String(_) => {
                self.position += 1;
                Ok(Expression { kind: ExpressionKind::Text, span })
            }
            TokenKind::Symbol("(") => {
                self.position += 1;
                let inner = self.expression()?;
                self.symbol(")")?;
                Ok(Expression { span: span.to(self.before()), ..inner })
            }
            TokenKind::Name(text) => {
                self.position += 1;
                let name = Name { text, span };
                if self.is_symbol("(") {
                    let arguments = self.call_arguments()?;
                    let span = span.to(self.before());
                    return Ok(Expression { kind: ExpressionKind::Call(name, arguments), span });
                }
                if self.eat_symbol("[") {
                    let index = Box::new(self.expression()?);
                    self.symbol("]")?;
                    let span = span.to(self.before());
                    return Ok(Expression { kind: ExpressionKind::Element(name, index), span });
                }
                Ok(Expression { kind: ExpressionKind::Variable(name.text), span })
            }
            _ => Err(self.expected("an expression")),
        }
    }

    pub fn call_arguments(&mut self) -> Parsed<Vec<Expression>> {
        self.symbol("(")?;
        let mut arguments = Vec::new();
        while !self.eat_symbol(")") {
            // `&x` hands over a place in C; it means nothing more here.
            self.eat_symbol("&");
            arguments.push(self.expression()?);
            if !self.eat_symbol(",") && !self.is_symbol(")") {
                return Err(self.expected("`,`, `)` or an operator"));
            }
        }
        Ok(arguments)
    }
}
