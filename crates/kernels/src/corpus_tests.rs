//! One corpus of mechanisms, run on every backend: `testdata/nmodl/*.toml`.
//!
//! A case is a text, values, the programs to run and what they must leave. Its numbers are analytic or NEURON's, never
//! ours; `testdata/nmodl/reference.py` computes and checks them. Each case runs in every way that there is, for several
//! numbers of instances, with parameters as one number and as columns, nodes in order and through a list, and both kinds
//! of conductance.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use apical_nmodl::ir::{
    EffectKind, Hook, Instruction, IonId, IonQuantity, Mechanism, Place, Program, Role, Source, VariableId,
};
use apical_nmodl::passes::{self, Conductance};
use serde::Deserialize;

use super::{Level, Lists, Scratch};
use crate::random;
use crate::{Access, Kernel, Table};

/// Numbers of instances: one, a part of a small block, a small block, a full one, a full one and more.
const COUNTS: [usize; 5] = [1, 7, 8, 64, 100];

#[derive(Deserialize)]
struct Corpus {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Where its numbers are from.
    #[serde(default)]
    source: String,
    #[serde(rename = "mod")]
    text: String,
    /// Texts that it includes.
    #[serde(default)]
    include: BTreeMap<String, String>,
    /// Programs in order, `step` being what a time step does; `name*3` three times.
    #[serde(default)]
    run: Vec<String>,
    /// Values at the beginning.
    #[serde(default)]
    set: BTreeMap<String, Numbers>,
    #[serde(default)]
    arguments: BTreeMap<String, Numbers>,
    #[serde(default)]
    table: BTreeMap<String, Points>,
    #[serde(default)]
    expect: BTreeMap<String, Numbers>,
    /// What the last program asks of the simulator.
    effects: Option<Vec<BTreeMap<String, Asked>>>,
    /// Largest relative difference.
    tolerance: Option<f64>,
    /// A part of a warning that the compiler must give. Without it there must be none.
    warning: Option<String>,
    /// The error that the compiler must give instead.
    refused: Option<Refusal>,
    // For reference.py alone: whether NEURON runs it, and how near its result is.
    #[serde(default, rename = "neuron")]
    _neuron: bool,
    #[serde(default, rename = "neuron_tolerance")]
    _neuron_tolerance: f64,
}

/// One number for all instances, or one each in turn.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(f64),
    Each(Vec<f64>),
}

impl Numbers {
    fn of(&self, instance: usize) -> f64 {
        match self {
            Self::One(number) => *number,
            Self::Each(numbers) => numbers[instance % numbers.len()],
        }
    }

    fn count(&self) -> usize {
        if let Self::Each(numbers) = self { numbers.len() } else { 1 }
    }
}

#[derive(Deserialize)]
struct Points {
    arguments: Vec<f64>,
    values: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Asked {
    Kind(String),
    Numbers(Numbers),
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
    line: usize,
    column: usize,
}

/// How a case is laid out in memory.
#[derive(Clone, Copy, Debug)]
struct Layout {
    instances: usize,
    conductance: Conductance,
    /// Parameters that are the same for all are one number.
    uniform: bool,
    /// Nodes are reached through a list.
    indexed: bool,
}

/// A case in memory.
struct Machine<'a> {
    case: &'a Case,
    mechanism: &'a Mechanism,
    current: Program,
    layout: Layout,
    level: Level,
    /// Programs made ready, by name.
    kernels: HashMap<String, Kernel>,
    memory: Vec<f64>,
    lists: Lists,
    /// Where each place lies, with the number of its first instance.
    places: HashMap<Place, Access>,
    tables: Vec<Option<Arc<Table>>>,
}

impl<'a> Machine<'a> {
    fn new(case: &'a Case, mechanism: &'a Mechanism, layout: Layout) -> Result<Self, String> {
        let tables = mechanism.tables.iter().map(|table| {
            let points = case.table.get(&table.name)?;
            Table::new(points.arguments.clone(), points.values.clone()).map(Arc::new)
        });
        let mut machine = Self {
            case,
            mechanism,
            current: passes::conductance(&mechanism.current, layout.conductance),
            layout,
            level: Level::available()[0],
            kernels: HashMap::new(),
            memory: Vec::new(),
            lists: Lists::default(),
            places: HashMap::new(),
            tables: tables.collect(),
        };
        let count = layout.instances as u32;
        let order = (0..count).map(|i| if layout.indexed { (i * 37 + 5) % count.max(1) } else { i });
        // 37 shares a divisor with none of the counts.
        machine.lists.push(order.collect());
        machine.fill()?;
        Ok(machine)
    }

    /// Gives every place that may occur its memory and its value at the beginning.
    fn fill(&mut self) -> Result<(), String> {
        let mut named: HashMap<&str, &Numbers> = self.case.set.iter().map(|(k, n)| (k.as_str(), n)).collect();
        let mut written = std::collections::HashSet::new();
        for program in self.programs() {
            for instruction in &program.instructions {
                if let Instruction::Store(place, _) | Instruction::Accumulate(place, _) = instruction {
                    written.insert(*place);
                }
            }
        }
        let one = Numbers::One;
        let time_steps = self.case.set.get("dt").map_or(1, Numbers::count);
        let given = [
            ("v", Place::Voltage, -65.0),
            ("t", Place::Time, 0.0),
            ("dt", Place::TimeStep, 0.025),
            ("celsius", Place::Celsius, 6.3),
            ("area", Place::Area, 100.0),
            ("diam", Place::Diameter, 10.0),
            ("implicit share", Place::ImplicitShare, 1.0),
        ];
        for (name, place, usual) in given {
            let numbers = named.remove(name).cloned().unwrap_or(one(usual));
            // Times differ where time steps do.
            let varies = numbers.count() > 1 || (place == Place::Time && time_steps > 1);
            self.place(place, &numbers, varies || place == Place::Voltage);
        }
        let area = self.case.set.get("area").cloned().unwrap_or(one(100.0));
        self.place(Place::MembraneScale, &scaled(&area, 0.01), true);
        let sums = [
            Place::MembraneCurrent,
            Place::MembraneConductance,
            Place::ElectrodeCurrent,
            Place::ElectrodeConductance,
        ];
        sums.into_iter().for_each(|place| self.place(place, &one(0.0), true));
        for (index, ion) in self.mechanism.ions.iter().enumerate() {
            use IonQuantity::{Current, External, Internal, Reversal};
            for quantity in [Reversal, Internal, External, Current] {
                let place = Place::Ion(IonId(index as u32), quantity);
                let name = ion_name(&ion.name, quantity);
                let is_variable = self.mechanism.variables.iter().any(|v| v.name == name);
                let numbers = if is_variable && quantity == Current { None } else { named.remove(&*name) };
                self.place(place, &numbers.cloned().unwrap_or(one(0.0)), true);
            }
        }
        for (index, variable) in self.mechanism.variables.iter().enumerate() {
            let id = VariableId(index as u32);
            let base = variable.name.split('[').next().unwrap_or_default();
            let numbers = named.get(variable.name.as_str()).or(named.get(base)).copied().cloned();
            let numbers = numbers.unwrap_or(one(variable.default));
            let varies = numbers.count() > 1 || written.contains(&Place::Variable(id));
            self.place(Place::Variable(id), &numbers, varies || variable.role == Role::Pointer);
            self.place(Place::Derivative(id), &one(f64::NAN), true);
        }
        for variable in &self.mechanism.variables {
            named.remove(variable.name.as_str());
            named.remove(variable.name.split('[').next().unwrap_or_default());
        }
        if let Some(name) = named.keys().next() {
            return Err(format!("nothing is called `{name}`"));
        }
        let flag = "flag".to_owned();
        for (index, name) in self.mechanism.arguments.iter().chain([&flag]).enumerate() {
            let numbers = self.case.arguments.get(name).cloned().unwrap_or(one(0.0));
            self.place(Place::Argument(index as u32), &numbers, true);
        }
        let streams = (0..self.layout.instances).map(|i| random::stream(7, 0, i as u32)).collect();
        self.place(Place::Stream, &Numbers::Each(streams), true);
        Ok(())
    }

    fn programs(&self) -> impl Iterator<Item = &Program> {
        passes::programs(self.mechanism)
    }

    /// Appends memory for a place: a column where it `varies` or nothing is to be uniform.
    fn place(&mut self, place: Place, numbers: &Numbers, varies: bool) {
        let offset = self.memory.len();
        let over_nodes =
            !matches!(place, Place::Variable(_) | Place::Argument(_) | Place::Stream | Place::Derivative(_));
        if self.layout.uniform && !varies {
            self.memory.push(numbers.of(0));
            self.places.insert(place, Access::Uniform(offset));
            return;
        }
        self.memory.extend((0..self.layout.instances).map(|_| f64::NAN));
        let access = if over_nodes && self.layout.indexed {
            Access::Indexed(offset, 0)
        } else {
            Access::Column(offset)
        };
        self.places.insert(place, access);
        for instance in 0..self.layout.instances {
            let at = self.at(place, instance);
            self.memory[at] = numbers.of(instance);
        }
    }

    /// The offset of an instance's value.
    fn at(&self, place: Place, instance: usize) -> usize {
        match self.places[&place] {
            Access::Uniform(offset) => offset,
            Access::Column(offset) => offset + instance,
            Access::Indexed(offset, _) => offset + (instance * 37 + 5) % self.layout.instances,
            Access::Constant(_) => unreachable!("nothing is bound as a constant"),
        }
    }

    fn run_program(&mut self, name: &str, program: &Program) -> Result<(), String> {
        if !self.kernels.contains_key(name) {
            let places = &self.places;
            let kernel = Kernel::compile(program, &mut |place| places.get(&place).copied(), &self.tables)
                .map_err(|e| e.to_string())?;
            self.kernels.insert(name.to_owned(), kernel);
        }
        let instances = 0..self.layout.instances;
        self.kernels[name].run_at(
            self.level,
            &mut self.memory,
            &self.lists,
            instances,
            &mut Scratch::default(),
        );
        Ok(())
    }

    fn add_time(&mut self, share: f64) {
        for instance in 0..self.layout.instances {
            let step = self.memory[self.at(Place::TimeStep, instance)];
            let at = self.at(Place::Time, instance);
            self.memory[at] += share * step;
            if let Access::Uniform(_) = self.places[&Place::Time] {
                return;
            }
        }
    }

    fn run(&mut self) -> Result<(), String> {
        for entry in &self.case.run {
            let (name, count) = match entry.split_once('*') {
                Some((name, count)) => (name, count.parse().map_err(|_| format!("how often is `{entry}`?"))?),
                None => (entry.as_str(), 1),
            };
            for _ in 0..count {
                self.run_named(name)?;
            }
        }
        Ok(())
    }

    fn run_named(&mut self, name: &str) -> Result<(), String> {
        let mechanism = self.mechanism;
        let none = || format!("there is no program `{name}`");
        let hook = |hook: Hook| mechanism.hooks.iter().find(|h| h.0 == hook).map(|h| &h.1).ok_or_else(none);
        let program = match name {
            "step" => {
                self.add_time(0.5);
                self.run_named("current")?;
                self.add_time(0.5);
                return self.run_named("state");
            }
            "current" => {
                self.clear_sums();
                &self.current.clone()
            }
            "initial" => &mechanism.initial,
            "state" => &mechanism.state,
            "derivative" => &mechanism.derivative,
            "net_receive" => mechanism.net_receive.as_ref().ok_or_else(none)?,
            "net_initial" => mechanism.net_initial.as_ref().ok_or_else(none)?,
            "watch" => &mechanism.watch,
            "before initial" => hook(Hook::BeforeInitial)?,
            "after initial" => hook(Hook::AfterInitial)?,
            "before breakpoint" => hook(Hook::BeforeBreakpoint)?,
            "after solve" => hook(Hook::AfterSolve)?,
            "before step" => hook(Hook::BeforeStep)?,
            _ => return Err(none()),
        };
        self.run_program(name, program)
    }

    fn clear_sums(&mut self) {
        let ions =
            (0..self.mechanism.ions.len() as u32).map(|ion| Place::Ion(IonId(ion), IonQuantity::Current));
        let accumulated: Vec<Place> = self
            .current
            .instructions
            .iter()
            .filter_map(|i| match i {
                Instruction::Accumulate(place, _) => Some(*place),
                _ => None,
            })
            .collect();
        let ions: Vec<Place> = ions.filter(|place| accumulated.contains(place)).collect();
        let sums = [
            Place::MembraneCurrent,
            Place::MembraneConductance,
            Place::ElectrodeCurrent,
            Place::ElectrodeConductance,
        ];
        for place in sums.into_iter().chain(ions) {
            for instance in 0..self.layout.instances {
                let at = self.at(place, instance);
                self.memory[at] = 0.0;
            }
        }
    }

    /// The place that a name of `expect` means.
    fn find(&self, name: &str) -> Result<Place, String> {
        let variable = |name: &str| {
            let index = self.mechanism.variables.iter().position(|v| v.name == name)?;
            Some(VariableId(index as u32))
        };
        let ion = |name: &str| {
            use IonQuantity::{Current, External, Internal, Reversal};
            self.mechanism.ions.iter().enumerate().find_map(|(index, ion)| {
                let quantity = [Reversal, Internal, External, Current]
                    .into_iter()
                    .find(|q| ion_name(&ion.name, *q) == name)?;
                Some(Place::Ion(IonId(index as u32), quantity))
            })
        };
        let argument = |name: &str| {
            let flag = "flag".to_owned();
            let index = self.mechanism.arguments.iter().chain([&flag]).position(|a| a == name)?;
            Some(Place::Argument(index as u32))
        };
        match name {
            "membrane current" => Some(Place::MembraneCurrent),
            "membrane conductance" | "difference conductance" => Some(Place::MembraneConductance),
            "electrode current" => Some(Place::ElectrodeCurrent),
            "electrode conductance" | "electrode difference conductance" => Some(Place::ElectrodeConductance),
            _ => match name.split_once(' ') {
                Some(("derivative", state)) => variable(state).map(Place::Derivative),
                Some(("ion", quantity)) => ion(quantity),
                Some(("argument", name)) => argument(name),
                _ => variable(name).map(Place::Variable).or(ion(name)),
            },
        }
        .ok_or_else(|| format!("nothing is called `{name}`"))
    }

    fn check(&self) -> Result<(), String> {
        let tolerance = self.case.tolerance.unwrap_or(1e-13);
        for (name, numbers) in &self.case.expect {
            let exact = name.ends_with("conductance") && !name.contains("difference");
            let wanted = if exact { Conductance::Symbolic } else { Conductance::Difference };
            if name.ends_with("conductance") && wanted != self.layout.conductance {
                continue;
            }
            let place = self.find(name)?;
            for instance in 0..self.layout.instances {
                let found = self.memory[self.at(place, instance)];
                compare(name, instance, found, numbers.of(instance), tolerance)?;
            }
        }
        match &self.case.effects {
            Some(expected) => self.check_effects(expected, tolerance),
            None => Ok(()),
        }
    }

    /// What the last program asked for.
    fn check_effects(&self, expected: &[BTreeMap<String, Asked>], tolerance: f64) -> Result<(), String> {
        let source = match self.case.run.last().map(String::as_str) {
            Some("initial") => Source::Initial,
            Some("net_receive" | "watch") => Source::NetReceive,
            _ => Source::State,
        };
        let effects: Vec<_> = self.mechanism.effects.iter().filter(|e| e.source == source).collect();
        if effects.len() != expected.len() {
            return Err(format!("{} effects, not {}", effects.len(), expected.len()));
        }
        for (number, (effect, expected)) in effects.iter().zip(expected).enumerate() {
            let (kind, parts) = match effect.kind {
                EffectKind::Send { delay, flag } => ("send", vec![("delay", delay), ("flag", flag)]),
                EffectKind::Event { time } => ("event", vec![("time", time)]),
                EffectKind::Move { time } => ("move", vec![("time", time)]),
                EffectKind::Watch { holds, flag } => ("watch", vec![("holds", holds), ("flag", flag)]),
                #[allow(unreachable_patterns, reason = "kinds that are added later")]
                _ => ("another", Vec::new()),
            };
            for (key, asked) in expected {
                let numbers = match asked {
                    Asked::Kind(expected) if expected == kind => continue,
                    Asked::Kind(expected) => return Err(format!("effect {number}: {kind}, not {expected}")),
                    Asked::Numbers(numbers) => numbers,
                };
                let id = parts.iter().find(|p| p.0 == key).map(|p| p.1);
                let id = if key == "condition" { Some(effect.condition) } else { id };
                let id = id.ok_or_else(|| format!("effect {number}: {kind} has no {key}"))?;
                for instance in 0..self.layout.instances {
                    let found = self.memory[self.at(Place::Variable(id), instance)];
                    let name = format!("effect {number}: {key}");
                    // A condition is anything but 0, and what is not reached may hold anything.
                    let asked = self.memory[self.at(Place::Variable(effect.condition), instance)] != 0.0;
                    match key.as_str() {
                        "condition" => compare(
                            &name,
                            instance,
                            f64::from(u8::from(found != 0.0)),
                            numbers.of(instance),
                            0.0,
                        )?,
                        _ if asked => compare(&name, instance, found, numbers.of(instance), tolerance)?,
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}

fn compare(name: &str, instance: usize, found: f64, expected: f64, tolerance: f64) -> Result<(), String> {
    let same = found == expected || (found.is_nan() && expected.is_nan());
    if same || (found - expected).abs() <= tolerance * expected.abs() {
        return Ok(());
    }
    let relative = (found - expected).abs() / expected.abs();
    Err(format!("{name} of instance {instance} is {found:?}, not {expected:?}: {relative:.1e}"))
}

fn scaled(numbers: &Numbers, factor: f64) -> Numbers {
    match numbers {
        Numbers::One(number) => Numbers::One(number * factor),
        Numbers::Each(numbers) => Numbers::Each(numbers.iter().map(|n| n * factor).collect()),
    }
}

fn ion_name(ion: &str, quantity: IonQuantity) -> String {
    match quantity {
        IonQuantity::Reversal => format!("e{ion}"),
        IonQuantity::Internal => format!("{ion}i"),
        IonQuantity::External => format!("{ion}o"),
        IonQuantity::Current => format!("i{ion}"),
    }
}

/// Compiles a case; the mechanism, or nothing when it was rightly refused.
fn compile(case: &Case) -> Result<Option<Mechanism>, String> {
    let resolver = |name: &str| case.include.get(name).cloned().ok_or_else(|| "no such file".to_owned());
    let result = apical_nmodl::compile_with(&case.text, &resolver);
    if let Some(expected) = &case.refused {
        let Err(errors) = result else { return Err("it compiles".to_owned()) };
        let first = &errors[0];
        let place = first.line_column(&case.text).unwrap_or((0, 0));
        if first.message.contains(&expected.message) && place == (expected.line, expected.column) {
            return Ok(None);
        }
        return Err(format!("refused with `{}` at {place:?}", first.message));
    }
    let mechanism = result.map_err(|errors| {
        errors.iter().map(|e| e.render(&case.name, &case.text)).collect::<Vec<_>>().concat()
    })?;
    let warnings: Vec<&str> = mechanism.warnings.iter().map(|w| w.message.as_str()).collect();
    match &case.warning {
        Some(part) if !warnings.iter().any(|w| w.contains(part.as_str())) => {
            Err(format!("no warning tells `{part}`: {warnings:?}"))
        }
        None if !warnings.is_empty() => Err(format!("warnings: {warnings:?}")),
        _ => Ok(Some(mechanism)),
    }
}

fn try_case(case: &Case) -> Result<(), String> {
    let Some(mechanism) = compile(case)? else { return Ok(()) };
    if case.source.is_empty() || (case.expect.is_empty() && case.effects.is_none()) {
        return Err("it expects nothing, or does not tell where its numbers are from".to_owned());
    }
    for instances in COUNTS {
        for conductance in [Conductance::Symbolic, Conductance::Difference] {
            for (uniform, indexed) in [(true, false), (false, true), (true, true), (false, false)] {
                let layout = Layout { instances, conductance, uniform, indexed };
                try_layout(case, &mechanism, layout).map_err(|e| format!("{e} ({layout:?})"))?;
            }
        }
    }
    Ok(())
}

/// Every way of running gives what is expected, and the same bits.
fn try_layout(case: &Case, mechanism: &Mechanism, layout: Layout) -> Result<(), String> {
    let mut machine = Machine::new(case, mechanism, layout)?;
    let start = machine.memory.clone();
    let mut first: Option<Vec<f64>> = None;
    for level in Level::available() {
        machine.memory.clone_from(&start);
        machine.level = level;
        machine.run()?;
        machine.check().map_err(|e| format!("{e}, {level:?}"))?;
        let expected = first.get_or_insert_with(|| machine.memory.clone());
        let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        if !machine.memory.iter().zip(expected.iter()).all(same) {
            return Err(format!("{level:?} gives other bits"));
        }
    }
    Ok(())
}

/// Runs every case of a file and reports all that fail.
fn run_file(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/nmodl").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let corpus: Corpus = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut failures = Vec::new();
    for case in &corpus.case {
        if let Err(why) = try_case(case) {
            failures.push(format!("{}: {why}", case.name));
        }
    }
    let count = corpus.case.len();
    assert!(failures.is_empty(), "{} of {count} cases fail:\n{}", failures.len(), failures.join("\n"));
}

macro_rules! files {
    ($($name:ident),*) => {
        $(#[test] fn $name() { run_file(concat!(stringify!($name), ".toml")); })*

        #[test]
        fn every_file_of_the_corpus_is_run() {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/nmodl");
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|e| e == "toml") {
                    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                    assert!([$(stringify!($name)),*].contains(&name.as_str()), "{name} is not run");
                }
            }
        }
    };
}

files!(
    currents,
    declarations,
    events,
    expressions,
    functions,
    loops,
    refused,
    solve,
    statements,
    traps,
    verbatim
);
