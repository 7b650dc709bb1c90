//! Programs bound to memory: for each mechanism its columns in the buffer and its kernels.
//!
//! In come [`Instances`] and the columns they share (voltage, matrix, ions); out goes one [`Bound`] per mechanism. A
//! parameter that is the same for all instances becomes one number of the buffer, the rest one column each
//! (see "binding time" in ARCHITECTURE.md). First every mechanism is laid out, then its kernels are made: a POINTER may
//! lead into any other.

use std::sync::Arc;

use apical_kernels::{Access, Kernel, KernelError, Lists, Table};
use apical_nmodl::ir::{
    EffectKind, Hook, Instruction, IonQuantity, Kind, Mechanism, Place, Program, Role, Source, VariableId,
};
use apical_nmodl::passes;

use super::instances::{Instances, Values};
use super::ions::IonColumns;
use super::layout::{Class, Layout};
use crate::error::{Error, ErrorKind, Result};

/// Offsets of what all mechanisms share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shared {
    /// ms, one number.
    pub time: usize,
    /// ms, one number.
    pub time_step: usize,
    /// °C, one number.
    pub celsius: usize,
    /// mV, over nodes.
    pub voltage: usize,
    /// Outward membrane current, nA, over nodes.
    pub membrane_current: usize,
    /// Diagonal of the matrix, µS, over nodes.
    pub diagonal: usize,
    /// What of the diagonal never changes: C/Δt (2C/Δt for Crank–Nicolson) and the axial conductances, µS, over nodes.
    pub fixed_conductance: usize,
    /// µm², over nodes; 100 at a zero-area node, NEURON's convention for densities at points without membrane.
    pub area: usize,
    /// µm, over nodes.
    pub diameter: usize,
    /// nA per mA/cm², over nodes.
    pub scale: usize,
    /// Current of electrodes, inward positive, nA, over electrode slots.
    pub electrode_current: usize,
    /// Conductance of electrodes, µS, over electrode slots.
    pub electrode_conductance: usize,
}

/// A mechanism ready to run.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Its name.
    pub name: String,
    /// Whether it is painted on membrane, rather than placed at points.
    pub density: bool,
    /// The node of each instance.
    pub nodes: Vec<u32>,
    /// Its variables and where each is.
    pub variables: Vec<BoundVariable>,
    /// Whether it writes concentrations.
    pub writes_concentration: bool,
    /// Whether it adds a current to the membrane. What BREAKPOINT of one that does not computes follows its states.
    pub carries_current: bool,
    /// Runs once at the start.
    pub initial: Kernel,
    /// Adds currents and conductances.
    pub current: Kernel,
    /// Advances states.
    pub state: Kernel,
    /// Receives an event.
    pub net_receive: Option<Kernel>,
    /// Sets what a connection keeps.
    pub net_initial: Option<Kernel>,
    /// Finds out which watched conditions hold.
    pub watch: Kernel,
    /// Run for every connection of an instance.
    pub for_connections: Vec<Kernel>,
    /// Stores what diffusion needs, and takes over what it left.
    pub diffusion: [Kernel; 2],
    /// The states that diffuse.
    pub diffusing: Vec<BoundDiffusing>,
    /// `BEFORE` and `AFTER` blocks.
    pub hooks: Vec<(Hook, Kernel)>,
    /// What programs ask for, with the columns they ask through.
    pub effects: Vec<BoundEffect>,
    /// Names of the arguments of `net_receive`.
    pub argument_names: Vec<String>,
    /// Offset of their columns, one after the other, the flag's last.
    pub arguments: usize,
}

/// An effect and the offsets of its columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundEffect {
    /// The program that asks.
    pub source: Source,
    /// Column that tells whether it asks.
    pub condition: usize,
    /// What for.
    pub kind: BoundKind,
}

/// What a [`BoundEffect`] asks for; every number is the offset of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundKind {
    /// An event to the instance itself.
    Send {
        /// After, ms.
        delay: usize,
        /// Its flag.
        flag: usize,
    },
    /// An event to everybody who listens.
    Event {
        /// When, ms.
        time: usize,
    },
    /// Another time for the event under way.
    Move {
        /// When, ms.
        time: usize,
    },
    /// Events whenever a condition becomes true.
    Watch {
        /// Whether it holds.
        holds: usize,
        /// Flag of the events.
        flag: usize,
    },
    /// A program for every connection, by its position in [`Bound::for_connections`].
    Connections(usize),
}

/// A state that diffuses, by offsets of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundDiffusing {
    /// Its value.
    pub concentration: usize,
    /// Diffusion constant times cross section.
    pub coefficient: usize,
    /// Volume per length.
    pub volume: usize,
}

impl Bound {
    /// Refuses a mechanism that receives no events.
    ///
    /// # Errors
    /// It has no NET_RECEIVE.
    pub fn check_receives(&self) -> Result<()> {
        match self.net_receive {
            Some(_) => Ok(()),
            None => {
                let message = format!("`{}` receives no events: it has no NET_RECEIVE block", self.name);
                Err(Error::new(ErrorKind::Mechanism, message))
            }
        }
    }

    /// Whether it asks for another time for an event under way.
    pub fn moves_events(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect.kind, BoundKind::Move { .. }))
    }

    /// The column of an argument of `net_receive`; the flag follows the named ones.
    pub fn argument(&self, index: usize) -> usize {
        self.arguments + index * self.nodes.len()
    }
}

/// A variable of a mechanism and its place in the buffer.
#[derive(Clone, Debug)]
pub struct BoundVariable {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Unit as its text states it.
    pub unit: String,
    /// Where it lies.
    pub storage: Storage,
}

/// Where a variable lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere: no program needs it and nobody looks at it.
    None,
    /// One number for all instances.
    Uniform(usize),
    /// One for each instance, from this offset.
    Column(usize),
}

impl Storage {
    /// The offset of an instance's value.
    pub fn of(self, instance: usize) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Uniform(offset) => Some(offset),
            Self::Column(offset) => Some(offset + instance),
        }
    }
}

/// What binding needs beside the instances.
pub struct Surroundings<'a> {
    /// Common columns.
    pub shared: Shared,
    /// Ions of the cell.
    pub ions: &'a [IonColumns],
    /// Electrode slot of each node.
    pub electrode_slots: &'a [Option<u32>],
    /// How ∂i/∂v is made.
    pub conductance: passes::Conductance,
    /// Share of the step that implicit methods take at once.
    pub implicit_share: f64,
    /// The number of each node along the cell's sections: it does not depend on what is painted.
    pub order_of_sections: &'a [usize],
    /// How many cells lie side by side.
    pub cells: usize,
}

/// The column of a mechanism's random streams, which are those of its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Offset of the column.
    pub offset: usize,
    /// The mechanism.
    pub mechanism: u32,
    /// The number within a cell of each instance on one cell.
    pub numbers: Vec<u32>,
}

/// A mechanism with its place in the buffer, whose kernels are yet to be made.
pub struct LaidOut {
    /// What it does.
    pub mechanism: Mechanism,
    /// Its random streams.
    pub streams: Option<Streams>,
}

/// Gives one mechanism's variables their place. `observed` names variables that somebody records or points to.
///
/// # Errors
/// A parameter that no instance could have.
pub fn lay_out(
    mut instances: Instances,
    index: usize,
    around: &Surroundings,
    observed: &dyn Fn(&str) -> bool,
    layout: &mut Layout,
) -> (Bound, LaidOut) {
    let names: Vec<String> = instances.mechanism.variables.iter().map(|v| v.name.clone()).collect();
    passes::prune(&mut instances.mechanism, &|id: VariableId| observed(&names[id.0 as usize]));
    let Instances { mut mechanism, nodes, values } = instances;
    let carries_current =
        mechanism.current.instructions.iter().any(|i| matches!(i, Instruction::Accumulate(..)));
    let mut current = passes::conductance(&mechanism.current, around.conductance);
    let ions = mechanism.ions.clone();
    let unread = |ion: usize| around.ions.iter().any(|c| c.name == ions[ion].name && !c.current_is_read);
    current.instructions.retain(|i| {
        !matches!(i, Instruction::Accumulate(Place::Ion(id, IonQuantity::Current), _) if unread(id.0 as usize))
    });
    passes::dead_code(&mut current);
    mechanism.current = current;

    let touched = |id: VariableId, store: bool| {
        passes::programs(&mechanism).flat_map(|p| &p.instructions).any(|i| match i {
            Instruction::Load(Place::Variable(v)) => !store && *v == id,
            Instruction::Store(Place::Variable(v), _) => *v == id,
            _ => false,
        })
    };
    let count = nodes.len();
    let mut variables = Vec::with_capacity(names.len());
    for (number, variable) in mechanism.variables.iter().enumerate() {
        let id = VariableId(number as u32);
        let entry = format!("{}.{}", mechanism.name, variable.name);
        let written = touched(id, true);
        let class = match variable.role {
            Role::Message => Class::Scratch,
            _ if written => Class::State,
            _ => Class::Parameter,
        };
        let storage = match &values[number] {
            _ if variable.role == Role::Pointer => Storage::None,
            _ if !touched(id, false) && !observed(&variable.name) => Storage::None,
            Values::Uniform(value) if written => Storage::Column(layout.fill(entry, class, count, *value)),
            Values::Uniform(value) => Storage::Uniform(layout.add(entry, class, &[*value])),
            Values::Each(column) => Storage::Column(layout.add(entry, class, column)),
        };
        variables.push(BoundVariable {
            name: variable.name.clone(),
            role: variable.role,
            unit: variable.unit.clone(),
            storage,
        });
    }
    let receives = mechanism.net_receive.is_some();
    let argument_count = if receives { mechanism.arguments.len() + 1 } else { 0 };
    let arguments =
        layout.fill(format!("{}.arguments", mechanism.name), Class::Scratch, argument_count * count, 0.0);
    let draws = passes::programs(&mechanism)
        .flat_map(|p| &p.instructions)
        .any(|i| matches!(i, Instruction::Load(Place::Stream)));
    let streams = draws.then(|| {
        let number = |instance: usize| match mechanism.kind {
            Kind::Density => {
                around.order_of_sections[nodes[instance * around.cells] as usize / around.cells] as u32
            }
            Kind::PointProcess | Kind::ArtificialCell => instance as u32,
        };
        let offset = layout.fill(format!("{}.streams", mechanism.name), Class::Parameter, count, 0.0);
        let numbers = (0..count / around.cells).map(number).collect();
        Streams { offset, mechanism: index as u32, numbers }
    });
    let bound = Bound {
        name: mechanism.name.clone(),
        density: mechanism.kind == Kind::Density,
        nodes,
        variables,
        writes_concentration: writes_concentration(&mechanism),
        carries_current,
        initial: Kernel::default(),
        current: Kernel::default(),
        state: Kernel::default(),
        net_receive: None,
        net_initial: None,
        watch: Kernel::default(),
        for_connections: Vec::new(),
        diffusion: [Kernel::default(), Kernel::default()],
        diffusing: Vec::new(),
        hooks: Vec::new(),
        effects: Vec::new(),
        argument_names: mechanism.arguments.clone(),
        arguments,
    };
    (bound, LaidOut { mechanism, streams })
}

/// Where everything lies that the programs of one mechanism speak of.
pub struct Places<'a> {
    around: &'a Surroundings<'a>,
    mechanism: &'a Mechanism,
    variables: Vec<Option<Access>>,
    stream: Option<usize>,
    arguments: usize,
    count: usize,
}

impl Places<'_> {
    /// Where a place lies for instances that reach their nodes in this way.
    pub fn access(&self, place: Place, nodes: &Over, slots: Option<&Over>) -> Option<Access> {
        let shared = self.around.shared;
        Some(match place {
            Place::Variable(id) => return self.variables.get(id.0 as usize).copied().flatten(),
            Place::Voltage => nodes.at(shared.voltage),
            Place::Time => Access::Uniform(shared.time),
            Place::TimeStep => Access::Uniform(shared.time_step),
            Place::Celsius => Access::Uniform(shared.celsius),
            Place::Area => nodes.at(shared.area),
            Place::Diameter => nodes.at(shared.diameter),
            Place::MembraneScale => nodes.at(shared.scale),
            Place::ImplicitShare => Access::Constant(self.around.implicit_share),
            Place::Stream => Access::Column(self.stream?),
            Place::Ion(id, quantity) => {
                let name = &self.mechanism.ions.get(id.0 as usize)?.name;
                nodes.at(self.around.ions.iter().find(|c| &c.name == name)?.column(quantity))
            }
            Place::Argument(index) => Access::Column(self.arguments + index as usize * self.count),
            Place::MembraneCurrent => nodes.at(shared.membrane_current),
            Place::MembraneConductance => nodes.at(shared.diagonal),
            Place::ElectrodeCurrent => slots?.at(shared.electrode_current),
            Place::ElectrodeConductance => slots?.at(shared.electrode_conductance),
            Place::Derivative(_) | Place::Carried(_) => return None,
        })
    }

    /// The list of electrode slots of these nodes, where each has one.
    pub fn slots(&self, nodes: &[u32], lists: &mut Lists) -> Option<Over> {
        let slots: Option<Vec<u32>> =
            nodes.iter().map(|&n| self.around.electrode_slots[n as usize]).collect();
        slots.map(|slots| over(&slots, lists))
    }
}

/// Makes the kernels of a mechanism. `pointers` holds, for each POINTER, the offset of every instance's target; `tables`
/// the values of its tables.
///
/// # Errors
/// A POINTER or a table that is used and that nobody connected or filled; a kernel that cannot be made, which is a fault
/// of the library.
pub fn compile<'a>(
    bound: &mut Bound,
    laid_out: &'a LaidOut,
    around: &'a Surroundings<'a>,
    pointers: &dyn Fn(&str) -> Option<Vec<u32>>,
    tables: &[Option<Arc<Table>>],
    lists: &mut Lists,
) -> Result<Places<'a>> {
    let mechanism = &laid_out.mechanism;
    let mut variables = Vec::with_capacity(bound.variables.len());
    for (number, variable) in mechanism.variables.iter().enumerate() {
        let used = || {
            let place = Place::Variable(VariableId(number as u32));
            passes::programs(mechanism)
                .flat_map(|p| &p.instructions)
                .any(|i| matches!(i, Instruction::Load(p) | Instruction::Store(p, _) if *p == place))
        };
        variables.push(match bound.variables[number].storage {
            _ if variable.role == Role::Pointer && used() => match pointers(&variable.name) {
                Some(offsets) => Some(Access::Indexed(0, lists.push(offsets))),
                None => return Err(unconnected(&mechanism.name, &variable.name)),
            },
            Storage::None => None,
            Storage::Uniform(offset) => Some(Access::Uniform(offset)),
            Storage::Column(offset) => Some(Access::Column(offset)),
        });
    }
    let stream = laid_out.streams.as_ref().map(|s| s.offset);
    let (arguments, count) = (bound.arguments, bound.nodes.len());
    let places = Places { around, mechanism, variables, stream, arguments, count };
    let over_nodes = over(&bound.nodes, lists);
    let over_slots = places.slots(&bound.nodes, lists);
    let mut access = |place: Place| places.access(place, &over_nodes, over_slots.as_ref());
    let mut kernel = |program: &Program| {
        Kernel::compile(program, &mut access, tables).map_err(|error| match error {
            KernelError::NoTable(id) => unfilled(mechanism, id.0 as usize),
            other => Error::new(ErrorKind::Internal, format!("no kernel for `{}`: {other}", mechanism.name)),
        })
    };
    bound.initial = kernel(&mechanism.initial)?;
    bound.current = kernel(&mechanism.current)?;
    bound.state = kernel(&mechanism.state)?;
    bound.watch = kernel(&mechanism.watch)?;
    bound.net_receive = mechanism.net_receive.as_ref().map(&mut kernel).transpose()?;
    bound.net_initial = mechanism.net_initial.as_ref().map(&mut kernel).transpose()?;
    bound.for_connections = mechanism.for_connections.iter().map(&mut kernel).collect::<Result<_>>()?;
    bound.diffusion = [kernel(&mechanism.diffusion)?, kernel(&mechanism.diffused)?];
    for (hook, program) in &mechanism.hooks {
        bound.hooks.push((*hook, kernel(program)?));
    }
    let column = |id: VariableId| match bound.variables.get(id.0 as usize).map(|v| v.storage) {
        Some(Storage::Column(offset)) => Ok(offset),
        _ => Err(Error::new(ErrorKind::Internal, format!("an effect of `{}` has no column", mechanism.name))),
    };
    for diffusing in &mechanism.diffusing {
        bound.diffusing.push(BoundDiffusing {
            concentration: column(diffusing.concentration)?,
            coefficient: column(diffusing.coefficient)?,
            volume: column(diffusing.volume)?,
        });
    }
    for effect in &mechanism.effects {
        let kind = match effect.kind {
            EffectKind::Send { delay, flag } => {
                BoundKind::Send { delay: column(delay)?, flag: column(flag)? }
            }
            EffectKind::Event { time } => BoundKind::Event { time: column(time)? },
            EffectKind::Move { time } => BoundKind::Move { time: column(time)? },
            EffectKind::Watch { holds, flag } => {
                BoundKind::Watch { holds: column(holds)?, flag: column(flag)? }
            }
            EffectKind::Connections(index) => BoundKind::Connections(index as usize),
        };
        let condition = column(effect.condition)?;
        bound.effects.push(BoundEffect { source: effect.source, condition, kind });
    }
    Ok(places)
}

fn unconnected(mechanism: &str, variable: &str) -> Error {
    Error::new(ErrorKind::Parameter, format!("the POINTER `{variable}` of `{mechanism}` points to nothing"))
        .help(format!("connect it in [[cell.pointer]], variable = \"{variable}\""))
        .key("cell.pointer")
}

fn unfilled(mechanism: &Mechanism, table: usize) -> Error {
    let name = mechanism.tables.get(table).map_or("", |t| t.name.as_str());
    Error::new(
        ErrorKind::Parameter,
        format!("the FUNCTION_TABLE `{name}` of `{}` has no values", mechanism.name),
    )
    .help(format!("give them in [[cell.table]], name = \"{name}\""))
    .key("cell.table")
}

/// Whether a mechanism writes a concentration, so that it runs before those that may read it.
pub fn writes_concentration(mechanism: &Mechanism) -> bool {
    let concentration = |q: &IonQuantity| matches!(q, IonQuantity::Internal | IonQuantity::External);
    mechanism.ions.iter().any(|ion| ion.writes.iter().any(concentration))
}

/// How instances reach a column over nodes: directly where the nodes are consecutive, otherwise through a list.
pub enum Over {
    /// From this one on.
    Consecutive(usize),
    /// By this list.
    List(usize),
}

impl Over {
    /// Where a column lies.
    pub fn at(&self, base: usize) -> Access {
        match *self {
            Self::Consecutive(first) => Access::Column(base + first),
            Self::List(list) => Access::Indexed(base, list),
        }
    }
}

/// How instances at these nodes reach them.
pub fn over(nodes: &[u32], lists: &mut Lists) -> Over {
    let first = nodes.first().copied().unwrap_or(0);
    if nodes.iter().zip(first..).all(|(&n, expected)| n == expected) {
        return Over::Consecutive(first as usize);
    }
    Over::List(lists.push(nodes.to_vec()))
}
