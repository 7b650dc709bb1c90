//! Regions: compartments with the same density mechanisms, for which all of them run as one kernel.
//!
//! In come the description's regions and the mechanisms with their places; out go the classes that nodes are numbered by, so that
//! a region is one stretch of every column, and the [`Plan`]: what runs in a step, in which order. In a region the membrane
//! potential is loaded once, what mechanisms have in common is computed once, and the matrix is written once. Mechanisms
//! that cannot be joined, such as point processes, run by themselves in their turn.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use apical_kernels::{Access, Kernel, Lists, Table};
use apical_nmodl::fuse::{Fusion, Start};
use apical_nmodl::ir::{Instruction, IonId, IonQuantity, Kind, Mechanism, Place, Program, Role, VariableId};

use super::bind::{Bound, LaidOut, Over, Places, Shared};
use super::instances::Ground;
use super::ions::{self, IonColumns};
use super::rates::{self, Rates, RatesReport};
use crate::discretize::NodeKind;
use crate::error::{Error, ErrorKind, Result};

/// For each node the number of its class: compartments with the same density mechanisms have one, and so have all ends of
/// sections, the last.
///
/// # Errors
/// A wrong region.
pub fn classes(ground: &Ground) -> Result<Vec<usize>> {
    let tree = ground.tree;
    let mut names: Vec<&str> = Vec::new();
    let mut painted: Vec<Vec<usize>> = vec![Vec::new(); tree.len()];
    for (number, paint) in ground.cell.paint.iter().enumerate() {
        let known = names.iter().position(|n| *n == paint.mechanism);
        let name = known.unwrap_or(names.len());
        if known.is_none() {
            names.push(&paint.mechanism);
        }
        for node in ground.compartments(&paint.region, &format!("cell.paint[{number}]"))? {
            if !painted[node].contains(&name) {
                painted[node].push(name);
            }
        }
    }
    painted.iter_mut().for_each(|mechanisms| mechanisms.sort_unstable());
    let mut known: Vec<&[usize]> = Vec::new();
    let mut classes = vec![usize::MAX; tree.len()];
    for node in (0..tree.len()).filter(|&n| tree.kind[n] == NodeKind::Compartment) {
        let here = painted[node].as_slice();
        classes[node] = known.iter().position(|k| *k == here).unwrap_or_else(|| {
            known.push(here);
            known.len() - 1
        });
    }
    classes.iter_mut().filter(|class| **class == usize::MAX).for_each(|class| *class = known.len());
    Ok(classes)
}

/// A kernel and what it runs over.
#[derive(Clone, Debug)]
pub struct Run {
    /// The mechanisms in it, by their number.
    pub mechanisms: Vec<usize>,
    /// The nodes of a region; `None` where one mechanism runs over all its instances.
    pub nodes: Option<Range<usize>>,
    /// How many instances.
    pub instances: usize,
    /// What to do.
    pub kernel: Kernel,
    /// What became of its rates, where tables were asked for.
    pub rates: Option<RatesReport>,
}

/// What runs in a step.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Currents and conductances, in order.
    pub currents: Vec<Run>,
    /// So many of them, from the first, run over regions.
    pub regional_currents: usize,
    /// States, in order.
    pub states: Vec<Run>,
    /// So many of them, from the first, run over regions.
    pub regional_states: usize,
    /// The regions' states of one step and their currents of the next at once; empty where something between the two
    /// could see a difference.
    pub through: Vec<Run>,
    /// How many regions there are.
    pub regions: usize,
    /// Nodes whose sums no region begins.
    pub bare: Vec<Range<usize>>,
    /// Nernst's equation at nodes where no region computes it.
    pub nernst: Vec<Run>,
    /// Whether tables of rates were asked for.
    pub tabulated: bool,
}

/// What is needed to make a [`Plan`].
pub struct Parts<'a> {
    /// Common columns.
    pub shared: Shared,
    /// °C.
    pub celsius: f64,
    /// Ions.
    pub ions: &'a [IonColumns],
    /// Mechanisms.
    pub mechanisms: &'a [Bound],
    /// What they do.
    pub laid_out: &'a [LaidOut],
    /// Where everything of them lies.
    pub places: &'a [Places<'a>],
    /// Their tables.
    pub tables: &'a [Vec<Option<Arc<Table>>>],
    /// What they do with tables of rates, where that was asked for.
    pub rates: Option<&'a [Option<Rates>]>,
    /// The order in which they run.
    pub order: &'a [usize],
    /// The class of each node, in ascending order.
    pub classes: &'a [usize],
}

/// Tables for the rates of mechanisms that run over regions. `fixed` tells the number at an offset that is the same for all
/// instances, if it stays what it is during the run.
///
/// # Errors
/// A kernel that cannot be made, which is a fault of the library.
pub fn rates(
    laid_out: &[LaidOut],
    places: &[Places],
    tables: &[Vec<Option<Arc<Table>>>],
    fixed: &dyn Fn(usize) -> Option<f64>,
) -> Result<Vec<Option<Rates>>> {
    let one = |m: usize| {
        let number = |place: Place| match places[m].access(place, &Over::Consecutive(0), None)? {
            Access::Constant(number) => Some(number),
            Access::Uniform(offset) => fixed(offset),
            Access::Column(_) | Access::Indexed(..) => None,
        };
        let mechanism = &laid_out[m].mechanism;
        joins(mechanism)
            .then(|| rates::tabulate(mechanism, &tables[m], &number))
            .transpose()
            .map_err(no_kernel)
    };
    (0..laid_out.len()).map(one).collect()
}

/// Makes the plan.
///
/// # Errors
/// A kernel that cannot be made, which is a fault of the library.
pub fn plan(parts: &Parts, lists: &mut Lists) -> Result<Plan> {
    let mut plan = Plan { tabulated: parts.rates.is_some(), ..Plan::default() };
    let regions = parts.regions();
    let all: Vec<usize> = parts.order.iter().copied().filter(|&m| parts.mechanisms[m].density).collect();
    plan.regions = regions.iter().filter(|region| !parts.present(&all, region).is_empty()).count();
    let joined = |m: usize| joins(&parts.laid_out[m].mechanism);
    let mut order = parts.order;
    let mut computed: Vec<Vec<Range<usize>>> = vec![Vec::new(); parts.ions.len()];
    let mut begun = Vec::new();
    let mut batches = 0;
    while let Some(&first) = order.first() {
        if !joined(first) {
            parts.alone(first, &mut plan);
            order = &order[1..];
            continue;
        }
        let count = order.iter().take_while(|&&m| joined(m)).count();
        let (batch, rest) = order.split_at(count);
        let begins = order.len() == parts.order.len();
        for region in &regions {
            let here = parts.present(batch, region);
            if here.is_empty() {
                continue;
            }
            let nernst: Vec<usize> = if begins { parts.followed(region).collect() } else { Vec::new() };
            nernst.iter().for_each(|&ion| computed[ion].push(region.clone()));
            let run = |what: &[Part], lists: &mut Lists| {
                let join = Join { parts: what, region, here: &here, nernst: &nernst, begins };
                let mut kernel = parts.fused(&join, false, lists)?;
                let rates = parts.rates_report(what, &here);
                if rates.as_ref().is_some_and(|rates| !rates.tables.is_empty()) {
                    let voltage = parts.shared.voltage + region.start;
                    kernel = parts.fused(&join, true, lists)?.within(voltage, rates::RANGE, kernel);
                }
                let mechanisms = here.iter().map(|&(m, _)| m).collect();
                let nodes = Some(region.clone());
                Ok::<_, Error>(Run { mechanisms, nodes, instances: region.len(), kernel, rates })
            };
            let current = run(&[Part::Current], lists)?;
            let state = run(&[Part::State], lists)?;
            if begins {
                begun.push(region.clone());
                plan.through.push(run(&[Part::State, Part::Current], lists)?);
            }
            push(&mut plan.currents, current);
            push(&mut plan.states, state);
        }
        if begins {
            plan.regional_currents = plan.currents.len();
            plan.regional_states = plan.states.len();
        }
        batches += 1;
        order = rest;
    }
    if batches != 1 || !parts.may_defer() {
        plan.through.clear();
    }
    plan.bare = rest_of(0..parts.classes.len(), begun);
    for (ion, columns) in parts.ions.iter().enumerate() {
        let inside = |node: &u32| computed[ion].iter().any(|r| r.contains(&(*node as usize)));
        let nodes: Vec<u32> = columns.nernst.iter().copied().filter(|n| !inside(n)).collect();
        if !nodes.is_empty() {
            plan.nernst.push(nernst_over(columns, parts.celsius, &nodes, lists)?);
        }
    }
    Ok(plan)
}

/// Nernst's equation for an ion at these nodes.
///
/// # Errors
/// A kernel that cannot be made, which is a fault of the library.
pub fn nernst_over(ion: &IonColumns, celsius: f64, nodes: &[u32], lists: &mut Lists) -> Result<Run> {
    let over = super::bind::over(nodes, lists);
    let mut access = |place: Place| match place {
        Place::Ion(_, quantity) => Some(over.at(ion.column(quantity))),
        _ => None,
    };
    let kernel = Kernel::compile(&ions::nernst_program(ion, celsius), &mut access, &[]).map_err(no_kernel)?;
    Ok(Run { mechanisms: Vec::new(), nodes: None, instances: nodes.len(), kernel, rates: None })
}

/// What of a mechanism is joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    State,
    Current,
}

/// What is joined into one kernel.
struct Join<'a> {
    parts: &'a [Part],
    region: &'a Range<usize>,
    /// The mechanisms, each with its first instance in the region.
    here: &'a [(usize, usize)],
    /// Ions whose reversal potential it computes.
    nernst: &'a [usize],
    /// Whether its sums begin here.
    begins: bool,
}

/// Places of the memory that several mechanisms share or that have no name in a mechanism.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Common {
    Variable(usize, VariableId),
    Stream(usize),
    Ion(usize, IonQuantity),
    FixedConductance,
}

impl Parts<'_> {
    /// The stretches of nodes of one class that hold a mechanism.
    fn regions(&self) -> Vec<Range<usize>> {
        let mut regions: Vec<Range<usize>> = Vec::new();
        for (node, class) in self.classes.iter().enumerate() {
            match regions.last_mut() {
                Some(last) if self.classes[last.start] == *class => last.end = node + 1,
                _ => regions.push(node..node + 1),
            }
        }
        regions
    }

    /// The mechanisms of a batch that are in a region, each with its first instance there.
    fn present(&self, batch: &[usize], region: &Range<usize>) -> Vec<(usize, usize)> {
        let first = |&m: &usize| {
            let nodes = &self.mechanisms[m].nodes;
            let instance = nodes.partition_point(|&n| (n as usize) < region.start);
            (nodes.get(instance).is_some_and(|&n| n as usize == region.start)).then_some((m, instance))
        };
        batch.iter().filter_map(first).collect()
    }

    /// The ions whose reversal potential follows concentrations everywhere in a region.
    fn followed(&self, region: &Range<usize>) -> impl Iterator<Item = usize> {
        self.ions.iter().enumerate().filter_map(move |(number, ion)| {
            let inside = |n: &&u32| region.contains(&(**n as usize));
            (ion.nernst.iter().filter(inside).count() == region.len()).then_some(number)
        })
    }

    /// A mechanism that is not joined with others.
    fn alone(&self, mechanism: usize, plan: &mut Plan) {
        let bound = &self.mechanisms[mechanism];
        let run = |kernel: &Kernel| Run {
            mechanisms: vec![mechanism],
            nodes: None,
            instances: bound.nodes.len(),
            kernel: kernel.clone(),
            rates: None,
        };
        push(&mut plan.states, run(&bound.state));
        push(if bound.carries_current { &mut plan.currents } else { &mut plan.states }, run(&bound.current));
    }

    /// One kernel for the mechanisms of a region, with or without tables of rates.
    fn fused(&self, join: &Join, with_tables: bool, lists: &mut Lists) -> Result<Kernel> {
        let &Join { parts, region, here, nernst, begins } = join;
        let nodes: Vec<u32> = region.clone().map(|n| n as u32).collect();
        let over = Over::Consecutive(region.start);
        let mut names = Names::default();
        let mut fusion = Fusion::new();
        let mut tables: Vec<Option<Arc<Table>>> = Vec::new();
        let mut first_table = Vec::new();
        for &(m, _) in here {
            first_table.push(tables.len() as u32);
            tables.extend(self.tables_of(m, with_tables).iter().cloned());
        }
        for part in parts {
            if *part == Part::Current {
                for &ion in nernst {
                    let program = ions::nernst_program(&self.ions[ion], self.celsius);
                    fusion.append(&program, 0, &mut |place| match place {
                        Place::Ion(_, quantity) => names.of(Common::Ion(ion, quantity)),
                        other => other,
                    });
                }
                let own = |place| if begins { Start::Zero } else { Start::Of(place) };
                let fixed = match begins {
                    true => Start::Of(names.of(Common::FixedConductance)),
                    false => Start::Of(Place::MembraneConductance),
                };
                fusion.begin(Place::MembraneCurrent, own(Place::MembraneCurrent));
                fusion.begin(Place::MembraneConductance, fixed);
                for (ion, _) in self.ions.iter().enumerate().filter(|(_, ion)| ion.current_is_read) {
                    let sum = names.of(Common::Ion(ion, IonQuantity::Current));
                    fusion.begin(sum, own(sum));
                }
            }
            for (&(m, _), &first_table) in here.iter().zip(&first_table) {
                let mechanism = &self.laid_out[m].mechanism;
                let mut common = |place| names.common(self, m, place);
                let mut append = |program: &Program| fusion.append(program, first_table, &mut common);
                let follows = !self.mechanisms[m].carries_current;
                let (state, current) = match self.rates_of(m) {
                    Some(rates) if with_tables => (&rates.state.program, &rates.current.program),
                    _ => (&mechanism.state, &mechanism.current),
                };
                if *part == Part::State {
                    append(state);
                }
                if follows == (*part == Part::State) {
                    append(current);
                }
            }
        }
        let slots = here.first().and_then(|&(m, _)| self.places[m].slots(&nodes, lists));
        let mut access = |place: Place| match place {
            Place::Variable(id) => match *names.list.get(id.0 as usize)? {
                Common::Variable(m, id) => {
                    let first = here.iter().find(|(other, _)| *other == m)?.1;
                    Some(from(self.places[m].access(Place::Variable(id), &over, None)?, first))
                }
                Common::Stream(m) => {
                    let first = here.iter().find(|(other, _)| *other == m)?.1;
                    Some(from(self.places[m].access(Place::Stream, &over, None)?, first))
                }
                Common::Ion(ion, quantity) => Some(over.at(self.ions[ion].column(quantity))),
                Common::FixedConductance => Some(over.at(self.shared.fixed_conductance)),
            },
            other => self.places[here.first()?.0].access(other, &over, slots.as_ref()),
        };
        Kernel::compile(&fusion.finish(), &mut access, &tables).map_err(no_kernel)
    }

    fn rates_of(&self, mechanism: usize) -> Option<&Rates> {
        self.rates?[mechanism].as_ref()
    }

    /// A mechanism's tables, those of its rates included or not.
    fn tables_of(&self, mechanism: usize, with_rates: bool) -> &[Option<Arc<Table>>] {
        match self.rates_of(mechanism) {
            Some(rates) if with_rates => &rates.tables,
            _ => &self.tables[mechanism],
        }
    }

    /// What became of the rates of a kernel; `None` where tables were not asked for.
    fn rates_report(&self, parts: &[Part], here: &[(usize, usize)]) -> Option<RatesReport> {
        self.rates?;
        let mut report = RatesReport::default();
        for &(m, _) in here {
            let Some(rates) = self.rates_of(m) else { continue };
            for part in parts {
                let follows = !self.mechanisms[m].carries_current;
                if *part == Part::State {
                    report.extend(&rates.state.report);
                }
                if follows == (*part == Part::State) {
                    report.extend(&rates.current.report);
                }
            }
        }
        Some(report)
    }

    /// Whether the regions' states of a step may wait for the currents of the next: nothing looks at them in between.
    fn may_defer(&self) -> bool {
        let regional = |m: &usize| joins(&self.laid_out[*m].mechanism);
        let written = |ion: &str| {
            self.laid_out
                .iter()
                .flat_map(|l| &l.mechanism.ions)
                .any(|use_| use_.name == ion && use_.writes.iter().any(|q| *q != IonQuantity::Current))
        };
        self.order.iter().all(|m| {
            let mechanism = &self.laid_out[*m].mechanism;
            let acts = !mechanism.hooks.is_empty() || !mechanism.diffusing.is_empty();
            let points = mechanism.variables.iter().any(|v| v.role == Role::Pointer);
            // What runs with the states would see the time of the next step's middle.
            let follows = !self.mechanisms[*m].carries_current;
            let timed = regional(m)
                && (loads(&mechanism.state, Place::Time)
                    || follows && loads(&mechanism.current, Place::Time));
            let asks = regional(m) && !mechanism.effects.is_empty();
            let looks = !regional(m)
                && (mechanism.kind == Kind::Density || mechanism.ions.iter().any(|i| written(&i.name)));
            !(acts || points || timed || asks || looks)
        })
    }
}

/// Numbers for places of the memory, as variables of no mechanism.
#[derive(Default)]
struct Names {
    list: Vec<Common>,
    known: HashMap<Common, u32>,
}

impl Names {
    fn of(&mut self, common: Common) -> Place {
        let next = self.list.len() as u32;
        let number = *self.known.entry(common).or_insert(next);
        if number == next {
            self.list.push(common);
        }
        Place::Variable(VariableId(number))
    }

    /// A place of a mechanism.
    fn common(&mut self, parts: &Parts, m: usize, place: Place) -> Place {
        match place {
            Place::Variable(id) => self.of(Common::Variable(m, id)),
            Place::Stream => self.of(Common::Stream(m)),
            Place::Ion(IonId(id), quantity) => {
                let name = parts.laid_out[m].mechanism.ions.get(id as usize).map(|i| &i.name);
                match parts.ions.iter().position(|ion| Some(&ion.name) == name) {
                    Some(ion) => self.of(Common::Ion(ion, quantity)),
                    None => place,
                }
            }
            other => other,
        }
    }
}

fn push(list: &mut Vec<Run>, run: Run) {
    if !run.kernel.is_empty() {
        list.push(run);
    }
}

/// Whether a mechanism can share a kernel: it sits on the membrane and reaches into nobody else's memory.
fn joins(mechanism: &Mechanism) -> bool {
    mechanism.kind == Kind::Density && mechanism.variables.iter().all(|v| v.role != Role::Pointer)
}

fn loads(program: &Program, place: Place) -> bool {
    program.instructions.iter().any(|i| matches!(i, Instruction::Load(p) if *p == place))
}

/// The same column from a later instance on.
fn from(access: Access, first: usize) -> Access {
    match access {
        Access::Column(offset) => Access::Column(offset + first),
        other => other,
    }
}

/// What of a stretch remains without parts of it, which are in order.
fn rest_of(whole: Range<usize>, parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut rest = Vec::new();
    let mut next = whole.start;
    for part in parts {
        rest.push(next..part.start);
        next = part.end;
    }
    rest.push(next..whole.end);
    rest.retain(|r| !r.is_empty());
    rest
}

fn no_kernel(error: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, format!("no kernel for a region: {error}"))
}
