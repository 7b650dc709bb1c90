//! Vector code: what a kernel does to one vector of instances, in single-assignment form and without registers.
//!
//! It lies between a [`Kernel`](crate::Kernel)'s operations and machine code. Elementary functions are spelt out,
//! truths are values of a kind of their own, and whatever has no instructions is a call.

use apical_nmodl::ir::{Binary, Unary};

use super::target::Target;
use crate::pieces::FEWEST_PIECES;

/// The result of the step with this index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

impl Id {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a step results in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A double in each lane.
    Number,
    /// Yes or no in each lane.
    Truth,
    /// Nothing that could be used.
    Nothing,
}

/// A comparison of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    /// Also true where one of them is not a number.
    NotEqual,
}

/// Where in memory a step reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Offset + instance.
    Column(usize),
    /// Offset + entry of the list; the list is counted among those of the code.
    Indexed { offset: usize, list: u16 },
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A number of [`Code::constants`].
    Constant(u16),
    /// A number of the prologue.
    Uniform(u16),
    Load(Access),
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The first two multiplied, the third added, rounded once.
    MultiplyAdd,
    /// a < b ? a : b.
    Minimum,
    /// a > b ? a : b.
    Maximum,
    SquareRoot,
    Floor,
    Ceil,
    BothBits,
    EitherBits,
    OneOfBits,
    AddIntegers,
    SubtractIntegers,
    ShiftUp(u8),
    ShiftDown(u8),
    /// The first times two to the power of the second, an integer: only where the processor has it.
    Scale,
    Compare(Relation),
    BothTrue,
    EitherTrue,
    NotTrue,
    /// By the first, a truth: the second, otherwise the third.
    Select,
    /// The second where the first, a truth, holds; 0 elsewhere.
    Where,
    Store(Access),
    /// Adds to memory.
    AddTo(Access),
    /// Lays down an argument of the call that follows.
    Pass(u16),
    /// Calls; number of [`Code::calls`].
    Call(u16),
    /// The third; but when the first, a truth, holds in any lane, what is called gives for the second. Number of [`Code::calls`],
    /// one of one argument and one result.
    UnlessCalled(u16),
    /// Takes up a result of the call before.
    Result(u16),
    /// A coefficient of each lane's piece, whose number is in the low bits of the operand: table of [`Code::tables`], and row.
    Coefficient {
        table: u16,
        row: u16,
    },
}

impl What {
    /// What it results in.
    pub fn kind(self) -> Kind {
        match self {
            What::Store(_) | What::AddTo(_) | What::Pass(_) | What::Call(_) => Kind::Nothing,
            What::Compare(_) | What::BothTrue | What::EitherTrue | What::NotTrue => Kind::Truth,
            _ => Kind::Number,
        }
    }

    /// How many operands it has.
    pub fn arity(self) -> usize {
        match self {
            What::Constant(_) | What::Uniform(_) | What::Load(_) | What::Call(_) | What::Result(_) => 0,
            What::SquareRoot
            | What::Floor
            | What::Ceil
            | What::ShiftUp(_)
            | What::ShiftDown(_)
            | What::NotTrue
            | What::Store(_)
            | What::AddTo(_)
            | What::Pass(_)
            | What::Coefficient { .. } => 1,
            What::MultiplyAdd | What::Select | What::UnlessCalled(_) => 3,
            _ => 2,
        }
    }

    /// Whether the first two operands may be exchanged.
    pub fn commutes(self) -> bool {
        matches!(
            self,
            What::Add
                | What::Multiply
                | What::MultiplyAdd
                | What::BothBits
                | What::EitherBits
                | What::OneOfBits
                | What::AddIntegers
        )
    }

    /// What every vector shares, and what has a place in memory before anything runs.
    pub fn is_shared(self) -> bool {
        matches!(self, What::Constant(_) | What::Uniform(_))
    }
}

/// A step with its operands; those beyond its arity mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub what: What,
    operands: [Id; 3],
}

impl Step {
    /// Its operands.
    pub fn operands(&self) -> &[Id] {
        &self.operands[..self.what.arity()]
    }
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    Unary(Unary),
    Binary(Binary),
    /// Looks a table up.
    Lookup(u16),
    /// Runs a loop.
    Iterate(u16),
}

/// A call and how much is laid down for it and taken up after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub called: Called,
    pub arguments: u16,
    pub results: u16,
}

/// The code of a kernel.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub steps: Vec<Step>,
    /// Bits of the constants.
    pub constants: Vec<u64>,
    pub calls: Vec<Call>,
    /// The lists that are used, by their number in [`Lists`](crate::Lists).
    pub lists: Vec<usize>,
    /// Coefficients of polynomials.
    pub tables: Vec<Coefficients>,
}

/// Whether a row of so many coefficients is permuted within registers, rather than fetched lane by lane: an instruction of AVX-512 does
/// so among sixteen numbers, and heeds no other bits of a lane's index.
pub fn permuted(pieces: usize, target: Target) -> bool {
    target == Target::Avx512 && pieces == FEWEST_PIECES
}

/// The coefficients of a table, for each row those of all pieces.
#[derive(Clone, Debug)]
pub struct Coefficients {
    pub pieces: usize,
    pub bits: Vec<u64>,
}

impl Code {
    /// Adds a step.
    ///
    /// # Panics
    /// When it has another number of operands than it needs, which is a fault of the caller.
    pub fn push(&mut self, what: What, from: &[Id]) -> Id {
        assert_eq!(from.len(), what.arity(), "{what:?}");
        let mut operands = [Id(u32::MAX); 3];
        operands[..from.len()].copy_from_slice(from);
        self.steps.push(Step { what, operands });
        Id(self.steps.len() as u32 - 1)
    }

    /// A step.
    pub fn step(&self, id: Id) -> Step {
        self.steps[id.index()]
    }

    /// Where a row of coefficients lies, in bytes from the constants, each of which takes `stride` bytes: behind them, every row from the
    /// start of a cache line on.
    pub fn row_at(&self, table: u16, row: u16, stride: usize) -> usize {
        let (table, row) = (usize::from(table), usize::from(row));
        let before: usize = self.tables[..table].iter().map(|t| t.bits.len()).sum();
        (self.constants.len() * stride).next_multiple_of(64) + 8 * (before + row * self.tables[table].pieces)
    }

    /// The most that any call lays down or takes up.
    pub fn call_area(&self) -> usize {
        self.calls.iter().map(|c| c.arguments.max(c.results)).max().unwrap_or(0) as usize
    }
}
