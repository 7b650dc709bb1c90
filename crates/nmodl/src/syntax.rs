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
    pub shape: Shape,
    pub ions: Vec<IonUse>,
    pub nonspecific: Vec<Name>,
    pub electrode: Vec<Name>,
    pub range: Vec<Name>,
    pub global: Vec<Name>,
    pub pointers: Vec<Name>,
    /// Generators: RANDOM.
    pub random: Vec<Name>,
    /// Names that other files declare: EXTERNAL.
    pub external: Vec<Name>,
    pub parameters: Vec<Declaration>,
    pub states: Vec<Declaration>,
    pub assigned: Vec<Declaration>,
    pub locals: Vec<Declaration>,
    /// Names with a fixed value: CONSTANT, DEFINE and constants of the UNITS block.
    pub constants: Vec<Constant>,
    /// Units that the UNITS block names.
    pub units: Vec<UnitDefinition>,
    pub constructor: Vec<Statement>,
    pub initial: Vec<Statement>,
    pub breakpoint: Vec<Statement>,
    pub hooks: Vec<HookBlock>,
    pub equations: Vec<(EquationKind, Routine)>,
    pub procedures: Vec<Routine>,
    pub functions: Vec<Routine>,
    pub tables: Vec<Routine>,
    pub net_receive: Option<Routine>,
}

/// What the NEURON block declares the mechanism to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    #[default]
    Density,
    Point,
    Artificial,
}

/// `USEION name READ … WRITE … VALENCE …`.
#[derive(Clone, Debug)]
pub(crate) struct IonUse {
    pub name: Name,
    pub reads: Vec<Name>,
    pub writes: Vec<Name>,
    pub valence: Option<f64>,
}

/// A declared variable.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub name: Name,
    /// Elements of an array.
    pub size: Option<Expression>,
    pub value: Option<f64>,
    pub unit: String,
    pub limits: Option<(f64, f64)>,
}

/// A name with a fixed value.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    pub name: Name,
    pub value: f64,
    pub unit: String,
}

/// `(new) = (old)` of the UNITS block.
#[derive(Clone, Debug)]
pub(crate) struct UnitDefinition {
    pub name: String,
    pub meaning: String,
    pub span: Span,
}

/// A block with a name and arguments.
#[derive(Clone, Debug)]
pub(crate) struct Routine {
    pub name: Name,
    pub arguments: Vec<Argument>,
    /// Unit of a FUNCTION's value.
    pub unit: String,
    pub body: Vec<Statement>,
}

/// An argument of a routine.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub name: Name,
    pub unit: String,
}

/// `BEFORE BREAKPOINT { … }` and its like.
#[derive(Clone, Debug)]
pub(crate) struct HookBlock {
    pub after: bool,
    pub what: Name,
    pub body: Vec<Statement>,
}

/// What a block of equations is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EquationKind {
    Derivative,
    Kinetic,
    Linear,
    Nonlinear,
    Discrete,
}

/// What is assigned or reacts: a variable or an element of an array.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub name: Name,
    pub index: Option<Box<Expression>>,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Local(Vec<Declaration>),
    Assign {
        target: Target,
        value: Expression,
    },
    /// `state' = value`.
    Differential {
        state: Target,
        value: Expression,
    },
    If {
        condition: Expression,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    /// `FROM variable = from TO to BY by { … }`.
    For {
        variable: Name,
        from: Expression,
        to: Expression,
        by: Option<Expression>,
        body: Vec<Statement>,
    },
    While {
        condition: Expression,
        body: Vec<Statement>,
    },
    Call {
        name: Name,
        arguments: Vec<Expression>,
    },
    Solve {
        block: Name,
        method: Option<Name>,
        steady: bool,
    },
    /// `~ left <-> right (forward, backward)`.
    Reaction {
        left: Vec<Reactant>,
        right: Vec<Reactant>,
        forward: Expression,
        /// None for `->`.
        backward: Option<Expression>,
    },
    /// `~ states << (flux)`.
    Flux {
        into: Vec<Reactant>,
        flux: Expression,
    },
    /// `~ left = right`.
    Equation {
        left: Expression,
        right: Expression,
        span: Span,
    },
    /// `CONSERVE sum = total`.
    Conserve {
        sum: Vec<Reactant>,
        total: Expression,
        span: Span,
    },
    /// `COMPARTMENT index, volume { states }`.
    Compartment {
        index: Option<Name>,
        volume: Expression,
        states: Vec<Name>,
    },
    /// `LONGITUDINAL_DIFFUSION index, coefficient { states }`.
    LongitudinalDiffusion {
        index: Option<Name>,
        coefficient: Expression,
        states: Vec<Name>,
    },
    /// `WATCH (condition) flag`.
    Watch(Vec<Watched>),
    /// `INITIAL { … }` inside NET_RECEIVE.
    NetInitial(Vec<Statement>),
    ForNetcons {
        arguments: Vec<Argument>,
        body: Vec<Statement>,
        span: Span,
    },
    /// Leaves the routine, a FUNCTION with a value; C has it, NMODL does not.
    Return(Option<Expression>),
    Verbatim {
        text: String,
        span: Span,
        /// What it means, where that can be told.
        meaning: Option<Vec<Statement>>,
    },
}

/// A term of a reaction's side: a coefficient and a state.
#[derive(Clone, Debug)]
pub(crate) struct Reactant {
    pub coefficient: f64,
    pub target: Target,
}

/// One condition of a WATCH and the flag of its event.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub condition: Expression,
    pub flag: Expression,
}

/// An expression and its place, parentheses around it included.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum ExpressionKind {
    /// A number with its unit, empty when it has none.
    Number(f64, String),
    /// A text, as in printf.
    Text,
    Variable(String),
    /// An element of an array.
    Element(Name, Box<Expression>),
    Negate(Box<Expression>),
    Not(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    Call(Name, Vec<Expression>),
}
