//! Programs bound to memory: for each mechanism its columns in the buffer and its kernels.
//!
//! In come [`Instances`] and the columns they share (voltage, matrix, ions); out goes one [`Bound`] per mechanism. A
//! parameter that is the same for all instances becomes one number of the buffer, the rest one column each
//! (see "binding time" in ARCHITECTURE.md).

use apical_kernels::{Access, Kernel, Lists};
use apical_nmodl::ir::{Instruction, IonQuantity, Place, Program, VariableId};
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
    /// The node of each instance.
    pub nodes: Vec<u32>,
    /// Its variables and where each is.
    pub variables: Vec<BoundVariable>,
    /// Whether it writes concentrations.
    pub writes_concentration: bool,
    /// Runs once at the start.
    pub initial: Kernel,
    /// Adds currents and conductances.
    pub current: Kernel,
    /// Advances states.
    pub state: Kernel,
    /// Receives an event.
    pub net_receive: Option<Kernel>,
    /// Offset of the arguments of `net_receive`.
    pub arguments: usize,
    /// How many there are.
    pub argument_count: usize,
}

/// A variable of a mechanism and its place in the buffer.
#[derive(Clone, Debug)]
pub struct BoundVariable {
    /// Its name.
    pub name: String,
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

/// What [`bind`] needs beside the instances.
pub struct Surroundings<'a> {
    /// Common columns.
    pub shared: Shared,
    /// Ions of the cell.
    pub ions: &'a [IonColumns],
    /// Electrode slot of each node.
    pub electrode_slots: &'a [Option<u32>],
    /// How ∂i/∂v is made.
    pub conductance: passes::Conductance,
}

/// Lays out one mechanism's variables and compiles its kernels. `observed` names variables that somebody records.
///
/// # Errors
/// A kernel that cannot be made, which is a fault of the library.
pub fn bind(
    mut instances: Instances,
    around: &Surroundings,
    observed: &dyn Fn(&str) -> bool,
    layout: &mut Layout,
    lists: &mut Lists,
) -> Result<Bound> {
    let names: Vec<String> = instances.mechanism.variables.iter().map(|v| v.name.clone()).collect();
    passes::prune(&mut instances.mechanism, &|id: VariableId| observed(&names[id.0 as usize]));
    let Instances { mechanism, nodes, values } = instances;
    let mut programs = vec![
        mechanism.initial.clone(),
        passes::conductance(&mechanism.current, around.conductance),
        mechanism.state.clone(),
    ];
    programs.extend(mechanism.net_receive.clone());
    for program in &mut programs {
        let unread =
            |ion: usize| around.ions.iter().any(|c| c.name == mechanism.ions[ion].name && !c.current_is_read);
        program.instructions.retain(|i| {
            !matches!(i, Instruction::Accumulate(Place::Ion(id, IonQuantity::Current), _) if unread(id.0 as usize))
        });
        passes::dead_code(program);
    }

    let touched = |id: VariableId, store: bool| {
        programs.iter().flat_map(|p| &p.instructions).any(|i| match i {
            Instruction::Load(Place::Variable(v)) => !store && *v == id,
            Instruction::Store(Place::Variable(v), _) => *v == id,
            _ => false,
        })
    };
    let count = nodes.len();
    let mut storage = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let id = VariableId(index as u32);
        let entry = format!("{}.{name}", mechanism.name);
        let written = touched(id, true);
        let class = if written { Class::State } else { Class::Parameter };
        storage.push(match &values[index] {
            _ if !touched(id, false) && !observed(name) => Storage::None,
            Values::Uniform(value) if written => Storage::Column(layout.fill(entry, class, count, *value)),
            Values::Uniform(value) => Storage::Uniform(layout.add(entry, class, &[*value])),
            Values::Each(column) => Storage::Column(layout.add(entry, class, column)),
        });
    }
    let argument_count = mechanism.arguments.len();
    let arguments = layout.fill(format!("{}.arguments", mechanism.name), Class::Scratch, argument_count, 0.0);

    let over_nodes = over(&nodes, lists);
    let slots: Option<Vec<u32>> = nodes.iter().map(|&n| around.electrode_slots[n as usize]).collect();
    let over_slots = slots.map(|slots| over(&slots, lists));
    let shared = around.shared;
    let mut access = |place: Place| -> Option<Access> {
        Some(match place {
            Place::Variable(id) => match storage.get(id.0 as usize)? {
                Storage::None => return None,
                Storage::Uniform(offset) => Access::Uniform(*offset),
                Storage::Column(offset) => Access::Column(*offset),
            },
            Place::Voltage => over_nodes.at(shared.voltage),
            Place::Time => Access::Uniform(shared.time),
            Place::TimeStep => Access::Uniform(shared.time_step),
            Place::Celsius => Access::Uniform(shared.celsius),
            Place::Area => over_nodes.at(shared.area),
            Place::Diameter => over_nodes.at(shared.diameter),
            Place::MembraneScale => over_nodes.at(shared.scale),
            Place::Ion(id, quantity) => {
                let name = &mechanism.ions.get(id.0 as usize)?.name;
                over_nodes.at(around.ions.iter().find(|c| &c.name == name)?.column(quantity))
            }
            Place::Argument(index) => Access::Uniform(arguments + index as usize),
            Place::MembraneCurrent => over_nodes.at(shared.membrane_current),
            Place::MembraneConductance => over_nodes.at(shared.diagonal),
            Place::ElectrodeCurrent => over_slots.as_ref()?.at(shared.electrode_current),
            Place::ElectrodeConductance => over_slots.as_ref()?.at(shared.electrode_conductance),
            Place::Derivative(_) => return None,
        })
    };
    let mut kernel = |program: &Program| {
        Kernel::compile(program, &mut access)
            .map_err(|e| Error::new(ErrorKind::Internal, format!("no kernel for `{}`: {e}", mechanism.name)))
    };
    Ok(Bound {
        initial: kernel(&programs[0])?,
        current: kernel(&programs[1])?,
        state: kernel(&programs[2])?,
        net_receive: programs.get(3).map(&mut kernel).transpose()?,
        variables: mechanism
            .variables
            .iter()
            .zip(storage)
            .map(|(v, storage)| BoundVariable { name: v.name.clone(), unit: v.unit.clone(), storage })
            .collect(),
        writes_concentration: writes_concentration(&mechanism),
        name: mechanism.name,
        nodes,
        arguments,
        argument_count,
    })
}

/// Whether a mechanism writes a concentration, so that it runs before those that may read it.
pub fn writes_concentration(mechanism: &apical_nmodl::ir::Mechanism) -> bool {
    let concentration = |q: &IonQuantity| matches!(q, IonQuantity::Internal | IonQuantity::External);
    mechanism.ions.iter().any(|ion| ion.writes.iter().any(concentration))
}

/// How instances reach a column over nodes: directly where the nodes are consecutive, otherwise through a list.
enum Over {
    Consecutive(usize),
    List(usize),
}

impl Over {
    fn at(&self, base: usize) -> Access {
        match *self {
            Self::Consecutive(first) => Access::Column(base + first),
            Self::List(list) => Access::Indexed(base, list),
        }
    }
}

fn over(nodes: &[u32], lists: &mut Lists) -> Over {
    let first = nodes.first().copied().unwrap_or(0);
    if nodes.iter().zip(first..).all(|(&n, expected)| n == expected) {
        return Over::Consecutive(first as usize);
    }
    Over::List(lists.push(nodes.to_vec()))
}
