//! What a mechanism's text says, as a tree: the meeting point of parser and lowering.

use crate::diagnostic::Span;

/// A name and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub text: String,
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    pub title: String,
    pub suffix: Option<Name>,
    pub point_process: bool,
    pub ions: Vec<IonUse>,
    pub nonspecific: Vec<Name>,
    pub electrode: Vec<Name>,
    pub range: Vec<Name>,
    pub global: Vec<Name>,
    pub parameters: Vec<Declaration>,
    pub states: Vec<Declaration>,
    pub assigned: Vec<Declaration>,
    pub locals: Vec<Name>,
    /// Names with a fixed value: CONSTANT, DEFINE and constants of the UNITS block.
    pub constants: Vec<(Name, f64)>,
    pub initial: Option<Vec<Statement>>,
    pub breakpoint: Option<Vec<Statement>>,
    pub derivatives: Vec<Routine>,
    pub procedures: Vec<Routine>,
    pub functions: Vec<Routine>,
    pub net_receive: Option<Routine>,
}

/// `USEION name READ … WRITE … VALENCE …`.
#[derive(Clone, Debug)]
pub(crate) struct IonUse {
    pub name: Name,
    pub reads: Vec<Name>,
    pub writes: Vec<Name>,
    pub valence: Option<i32>,
}

/// A declared variable.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub name: Name,
    pub value: Option<f64>,
    pub unit: String,
    pub limits: Option<(f64, f64)>,
}

/// A block with a name and arguments.
#[derive(Clone, Debug)]
pub(crate) struct Routine {
    pub name: Name,
    pub arguments: Vec<Name>,
    pub body: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Local(Vec<Name>),
    Assign {
        target: Name,
        value: Expression,
    },
    /// `state' = value`.
    Differential {
        state: Name,
        value: Expression,
    },
    If {
        condition: Expression,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    Call {
        name: Name,
        arguments: Vec<Expression>,
    },
    Solve {
        block: Name,
        method: Option<Name>,
    },
}

/// An expression and its place.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum ExpressionKind {
    Number(f64),
    Variable(String),
    Negate(Box<Expression>),
    Not(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    Call(Name, Vec<Expression>),
}
