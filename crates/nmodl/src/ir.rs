//! The intermediate code: what a mechanism means, without how or where it runs.
//!
//! A *program* is a straight line of instructions in single-assignment form: instruction `k` defines [`Value`]`(k)`,
//! operands are earlier values. It is executed for many *instances* of the mechanism at once (one per compartment, or
//! one per point process); no instruction looks at another instance, so instances may be lanes of a vector.
//! Branches of the source are both computed and then selected: pure code has no side effect that could tell. A loop whose
//! number of repetitions only the run knows is one instruction with a body of its own: [`Loop`].
//! Truth values are numbers: comparisons yield 1.0 or 0.0, anything but 0.0 is true.
//!
//! What a program touches is named by [`Place`]; binding a place to memory is the business of `apical::lower`.
//! Programs only `Load` and `Store` each variable place at most once: reads come first and see the value at entry,
//! stores come last.

use crate::diagnostic::Diagnostic;

/// Index into [`Mechanism::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub u32);

/// Index into [`Mechanism::ions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IonId(pub u32);

/// The result of the instruction with this index in the same program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub u32);

/// A compiled mechanism.
#[derive(Clone, Debug)]
pub struct Mechanism {
    /// `SUFFIX` or `POINT_PROCESS` name.
    pub name: String,
    /// Where instances live.
    pub kind: Kind,
    /// Text of `TITLE`, or empty.
    pub title: String,
    /// Everything named that has storage or a default.
    pub variables: Vec<Variable>,
    /// One entry per `USEION`.
    pub ions: Vec<IonUse>,
    /// Names of the arguments of `NET_RECEIVE`; the first is the connection's weight. Empty without the block.
    pub arguments: Vec<String>,
    /// Tables of values that the user supplies: `FUNCTION_TABLE`.
    pub tables: Vec<Table>,
    /// What programs ask of the simulator: events to send, conditions to watch.
    pub effects: Vec<Effect>,
    /// Initial values: runs once, after ions have theirs. `INITIAL`, after every state got its start value.
    pub initial: Program,
    /// Currents at given voltage and states, *without* their derivative by voltage
    /// (see [`crate::passes::conductance`]). The part of `BREAKPOINT` outside `SOLVE`.
    pub current: Program,
    /// Advances the states by one time step: what `SOLVE` names, solved.
    pub state: Program,
    /// The unsolved right-hand sides: stores [`Place::Derivative`] for every state that has a differential equation.
    pub derivative: Program,
    /// Receives one event; reads [`Place::Argument`]. `None` without `NET_RECEIVE`.
    pub net_receive: Option<Program>,
    /// Sets the arguments that a connection keeps for itself: `INITIAL` inside `NET_RECEIVE`. Runs once for each connection.
    pub net_initial: Option<Program>,
    /// Stores the truth of every condition that is watched, in the variables that [`EffectKind::Watch`] names.
    pub watch: Program,
    /// `FOR_NETCONS`: run for every connection of the instance, with that connection's arguments.
    pub for_connections: Vec<Program>,
    /// States that diffuse along the cable, by what [`Mechanism::diffusion`] says of them.
    pub diffusing: Vec<Diffusing>,
    /// Stores what every diffusing state needs for a step of diffusion. Runs after `state`.
    pub diffusion: Program,
    /// Takes over the concentrations after that step.
    pub diffused: Program,
    /// `BEFORE` and `AFTER` blocks, in the order of the text.
    pub hooks: Vec<(Hook, Program)>,
    /// Findings that do not prevent use.
    pub warnings: Vec<Diagnostic>,
}

/// Where the instances of a mechanism live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Spread over the membrane of compartments; currents are densities, mA/cm².
    Density,
    /// At a point; currents are nA.
    PointProcess,
    /// Without a place: it only receives and sends events.
    ArtificialCell,
}

/// Index into [`Mechanism::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub u32);

/// A function of one argument that the user supplies as values at equal distances or at given places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name in the text.
    pub name: String,
    /// Unit of its value as written; empty when none was given.
    pub unit: String,
}

/// Something a program asks for. What it asks with is stored in variables of role [`Role::Message`], afresh in every run of
/// the program.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The program that asks.
    pub source: Source,
    /// Whether it asks: anything but 0.
    pub condition: VariableId,
    /// What it asks for.
    pub kind: EffectKind,
}

/// The programs that may have effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// [`Mechanism::initial`].
    Initial,
    /// [`Mechanism::state`].
    State,
    /// [`Mechanism::net_receive`].
    NetReceive,
}

/// What an [`Effect`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum EffectKind {
    /// `net_send`: an event to the instance itself.
    Send {
        /// After how long, ms.
        delay: VariableId,
        /// Its flag.
        flag: VariableId,
    },
    /// `net_event`: an event to everything that listens to the instance.
    Event {
        /// When, ms.
        time: VariableId,
    },
    /// `net_move`: another time for the self-event that is under way.
    Move {
        /// When, ms.
        time: VariableId,
    },
    /// `WATCH`: from now on an event to itself whenever a condition becomes true.
    Watch {
        /// Whether the condition holds; stored by [`Mechanism::watch`].
        holds: VariableId,
        /// The flag of the event.
        flag: VariableId,
    },
    /// `FOR_NETCONS`: runs one of [`Mechanism::for_connections`] for each connection of the instance.
    Connections(u32),
}

/// A state under `LONGITUDINAL_DIFFUSION`, by variables through which programs and simulator speak of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diffusing {
    /// The state's value, before the step and after it.
    pub concentration: VariableId,
    /// Diffusion constant times cross section, e.g. µm²·µm²/ms.
    pub coefficient: VariableId,
    /// Its `COMPARTMENT`: volume per length, e.g. µm².
    pub volume: VariableId,
}

/// When a `BEFORE` or `AFTER` block runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    /// `BEFORE INITIAL`.
    BeforeInitial,
    /// `AFTER INITIAL`.
    AfterInitial,
    /// `BEFORE BREAKPOINT`: before the currents of a step.
    BeforeBreakpoint,
    /// `AFTER SOLVE`: after the states of a step.
    AfterSolve,
    /// `BEFORE STEP`: when a step is complete.
    BeforeStep,
}

/// Something named by the mechanism's text that keeps a value per instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Name in the text.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Value before `INITIAL` runs: the default of a parameter, otherwise 0.
    pub default: f64,
    /// Unit as written, without parentheses; empty when none was given.
    pub unit: String,
    /// `<low, high>` as written.
    pub limits: Option<(f64, f64)>,
}

/// What a variable is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Set by the user, constant during a run. `range`: may differ from place to place, otherwise one for all.
    Parameter {
        /// Declared `RANGE`.
        range: bool,
    },
    /// Advanced by the mechanism in time.
    State,
    /// Computed by the mechanism. `range`: declared `RANGE`, so that users may record it.
    Assigned {
        /// Declared `RANGE`.
        range: bool,
    },
    /// `POINTER`: a number that lies elsewhere and that the user connects.
    Pointer,
    /// How often the instance has drawn a random number. No name of the text.
    Draws,
    /// Tells the simulator of an [`Effect`]. No name of the text.
    Message,
}

/// How a mechanism uses an ion.
#[derive(Clone, Debug, PartialEq)]
pub struct IonUse {
    /// Name of the ion, e.g. `na`.
    pub name: String,
    /// `VALENCE`, when given.
    pub valence: Option<f64>,
    /// Quantities read.
    pub reads: Vec<IonQuantity>,
    /// Quantities written.
    pub writes: Vec<IonQuantity>,
}

/// A quantity that an ion has in every compartment that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IonQuantity {
    /// Reversal potential, mV (`ena`).
    Reversal,
    /// Concentration inside, mM (`nai`).
    Internal,
    /// Concentration outside, mM (`nao`).
    External,
    /// Total current density of the ion, mA/cm², outward positive (`ina`).
    Current,
}

/// Something outside the program that an instruction reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A variable of the instance.
    Variable(VariableId),
    /// Membrane potential of the compartment, mV. Read only.
    Voltage,
    /// Time, ms: in `current` the middle of the step, in `state` its end. Read only.
    Time,
    /// Time step, ms. Read only.
    TimeStep,
    /// Temperature, °C. Read only.
    Celsius,
    /// Membrane area of the compartment, µm². Read only.
    Area,
    /// Diameter of the compartment, µm. Read only.
    Diameter,
    /// nA per mA/cm² in this compartment: 0.01 × area. Read only.
    MembraneScale,
    /// Share of the step that implicit methods of [`Mechanism::state`] take at once: 1, or ½ with Crank–Nicolson. Read only.
    ImplicitShare,
    /// Number of the instance's stream of random numbers, for [`Binary::Random`]. Read only.
    Stream,
    /// A quantity of an ion. Reversal and concentrations are loaded and stored, the current is loaded or accumulated.
    Ion(IonId, IonQuantity),
    /// An argument of `NET_RECEIVE`. Loaded and stored.
    Argument(u32),
    /// Outward membrane current of the compartment, nA. Accumulated.
    MembraneCurrent,
    /// Its derivative by voltage, µS. Accumulated.
    MembraneConductance,
    /// Current injected by an electrode, inward positive, nA. Accumulated.
    ElectrodeCurrent,
    /// Minus its derivative by voltage (so that a clamp's is positive), µS. Accumulated.
    ElectrodeConductance,
    /// Time derivative of a state, per ms. Stored, in [`Mechanism::derivative`] only.
    Derivative(VariableId),
    /// Stands for a value that a repetition hands to the next, while a loop is made. In no finished program.
    Carried(u32),
}

/// Straight-line code; see the module's head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// In order of execution.
    pub instructions: Vec<Instruction>,
    /// What [`Instruction::Iterate`] repeats.
    pub loops: Vec<Loop>,
}

/// Index into [`Program::loops`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopId(pub u32);

/// Something that is repeated as long as a condition holds, in each instance for itself.
///
/// The body is straight-line code with a numbering of its own: its first values are what one repetition hands to the next,
/// then come the values from outside, then its instructions' results. It neither loads nor stores.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// How many values one repetition hands to the next.
    pub carried: u32,
    /// How many values of the surroundings it uses.
    pub captured: u32,
    /// The body.
    pub instructions: Vec<Instruction>,
    /// Whether the repetition takes place: computed before it from what is handed over.
    pub condition: Value,
    /// What is handed on.
    pub next: Vec<Value>,
}

/// The most repetitions of a loop. One that goes on has no result: its values are not numbers.
pub const MOST_REPETITIONS: usize = 1_000_000;

/// One operation on all lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instruction {
    /// A number.
    Constant(f64),
    /// Reads a place.
    Load(Place),
    /// One operand.
    Unary(Unary, Value),
    /// Two operands.
    Binary(Binary, Value, Value),
    /// `condition != 0 ? then : otherwise`, lane by lane.
    Select(Value, Value, Value),
    /// The value of a table at an argument: linear between its points, constant beyond them.
    Lookup(TableId, Value),
    /// A list: the first operand, alone or itself a list, and then the second.
    List(Value, Value),
    /// Runs a loop from a list of what it starts with and what it uses.
    Iterate(LoopId, Value),
    /// One of the values that a loop, the operand, hands on at its end.
    Outcome(Value, u32),
    /// Writes a place. Defines no usable value.
    Store(Place, Value),
    /// Adds to a place. Defines no usable value.
    Accumulate(Place, Value),
}

impl Instruction {
    /// The same instruction with other operands.
    #[must_use]
    pub fn with_operands(self, mut at: impl FnMut(Value) -> Value) -> Self {
        match self {
            Self::Constant(_) | Self::Load(_) => self,
            Self::Unary(what, a) => Self::Unary(what, at(a)),
            Self::Binary(what, a, b) => Self::Binary(what, at(a), at(b)),
            Self::Select(c, t, o) => Self::Select(at(c), at(t), at(o)),
            Self::Lookup(table, a) => Self::Lookup(table, at(a)),
            Self::List(a, b) => Self::List(at(a), at(b)),
            Self::Iterate(id, a) => Self::Iterate(id, at(a)),
            Self::Outcome(a, index) => Self::Outcome(at(a), index),
            Self::Store(place, a) => Self::Store(place, at(a)),
            Self::Accumulate(place, a) => Self::Accumulate(place, at(a)),
        }
    }

    /// Calls `f` with each operand.
    pub fn operands(&self, mut f: impl FnMut(Value)) {
        let _ = self.with_operands(|value| {
            f(value);
            value
        });
    }
}

/// Operations with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// −x.
    Negate,
    /// 1 if x is 0, otherwise 0.
    Not,
    /// |x|.
    Abs,
    /// eˣ.
    Exp,
    /// Natural logarithm.
    Log,
    /// Logarithm to base 10.
    Log10,
    /// Square root.
    Sqrt,
    /// Sine of radians.
    Sin,
    /// Cosine of radians.
    Cos,
    /// Tangent of radians.
    Tan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
    /// x/(eˣ − 1), and 1 at 0.
    Exprelr,
    /// Inverse sine.
    Asin,
    /// Inverse cosine.
    Acos,
    /// Inverse tangent.
    Atan,
    /// Largest integer not above.
    Floor,
    /// Smallest integer not below.
    Ceil,
}

/// Operations with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// a + b.
    Add,
    /// a − b.
    Subtract,
    /// a · b.
    Multiply,
    /// a / b.
    Divide,
    /// aᵇ.
    Power,
    /// Remainder with the sign of a (`fmod`).
    Remainder,
    /// The smaller.
    Minimum,
    /// The larger.
    Maximum,
    /// a < b.
    Less,
    /// a ≤ b.
    LessEqual,
    /// a > b.
    Greater,
    /// a ≥ b.
    GreaterEqual,
    /// a = b.
    Equal,
    /// a ≠ b.
    NotEqual,
    /// Both true.
    And,
    /// At least one true.
    Or,
    /// A number between 0 and 1, a function of the stream (a) and of how many were drawn before (b).
    Random,
}
