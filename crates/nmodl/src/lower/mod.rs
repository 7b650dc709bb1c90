//! From the syntax tree to programs.
//!
//! Every block is executed symbolically: names hold values, procedures and functions are inlined, loops are unrolled,
//! both branches of a condition are computed and what they leave is selected. What a block assigned is stored at its
//! end. Statements are in `block`, expressions in `expressions`, equations in `solve`, `kinetic` and `algebra`, events in
//! `events`, loops in `loops`.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, MOST_WARNINGS};
use crate::ir::{
    Binary, Diffusing, Effect, Hook, Instruction, IonQuantity, Kind, Mechanism, Place, Program, Role, Source,
    Table, VariableId,
};
use crate::symbols::{Feed, Symbol, Symbols};
use crate::syntax::{EquationKind, Expression, File, HookBlock, Routine, Statement};
use crate::verbatim::Draw;

mod algebra;
mod block;
mod diffusion;
mod events;
mod expressions;
mod kinetic;
mod loops;
mod solve;
mod values;

use block::{Block, Slot};

type Lowered<T> = Result<T, Diagnostic>;

/// More errors than this are not looked for.
const MOST_ERRORS: usize = 100;

/// What the programs of a mechanism share while they are made.
struct Context<'a> {
    file: &'a File,
    symbols: Symbols,
    effects: Vec<Effect>,
    /// Conditions under WATCH and the variables that tell whether they hold.
    watched: Vec<(&'a Expression, VariableId)>,
    /// Bodies of FOR_NETCONS.
    for_connections: Vec<Program>,
    /// States that diffuse along the cable, and what they are.
    diffusing: Vec<(Diffusing, Slot)>,
    /// Counts random draws.
    draws: Option<VariableId>,
    /// FUNCTIONs, PROCEDUREs and blocks of equations by name; of several of one name, the first.
    functions: HashMap<&'a str, &'a Routine>,
    procedures: HashMap<&'a str, &'a Routine>,
    equations: HashMap<&'a str, (EquationKind, &'a Routine)>,
    /// How routines draw whose C draws.
    drawing: HashMap<*const Routine, Option<Draw<'a>>>,
    /// Names that were touched.
    used: HashSet<String>,
    warnings: Vec<Diagnostic>,
    errors: Vec<Diagnostic>,
    /// Statements executed so far: inlining may grow without end.
    work: usize,
}

impl<'a> Context<'a> {
    /// Makes one program; an error empties it.
    fn program(
        &mut self,
        source: Option<Source>,
        build: &dyn Fn(&mut Block<'_, 'a>) -> Lowered<()>,
    ) -> Program {
        if self.errors.len() >= MOST_ERRORS {
            return Program::default();
        }
        let mut block = Block::new(self, source);
        // Whether the last of it was too much is asked at the end.
        match build(&mut block).and_then(|()| block.charge(0, None)) {
            Ok(()) => block.finish(),
            Err(error) => {
                if !self.errors.contains(&error) {
                    self.errors.push(error);
                }
                Program::default()
            }
        }
    }

    fn warn(&mut self, warning: Diagnostic) {
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// Lowers a parsed file.
pub(crate) fn lower(file: &File) -> Result<Mechanism, Vec<Diagnostic>> {
    let Some(name) = &file.suffix else {
        return Err(vec![
            Diagnostic::error("no NEURON block with a SUFFIX or POINT_PROCESS name")
                .help("a mechanism begins with NEURON { SUFFIX name … }"),
        ]);
    };
    let (symbols, mut errors) = Symbols::new(file);
    errors.extend(declared_twice(file));
    let warnings = symbols.warnings.clone();
    let mut context = Context {
        file,
        symbols,
        effects: Vec::new(),
        watched: Vec::new(),
        for_connections: Vec::new(),
        diffusing: Vec::new(),
        draws: None,
        functions: by_name(&file.functions),
        procedures: by_name(&file.procedures),
        equations: file.equations.iter().rev().map(|(kind, r)| (r.name.text.as_str(), (*kind, r))).collect(),
        drawing: HashMap::new(),
        used: HashSet::new(),
        warnings,
        errors,
        work: 0,
    };
    let initial = context.program(Some(Source::Initial), &|block| block.initial());
    let current = context.program(None, &|block| block.current());
    let state = context.program(Some(Source::State), &|block| block.solves(false));
    let derivative = context.program(None, &|block| block.solves(true));
    let mut net_receive = None;
    let mut net_initial = None;
    if let Some(routine) = &file.net_receive {
        net_receive = Some(context.program(Some(Source::NetReceive), &|block| block.net_receive(routine)));
        if routine.body.iter().any(|s| matches!(s, Statement::NetInitial(_))) {
            net_initial = Some(context.program(None, &|block| block.net_initial(routine)));
        }
    }
    let diffusion = context.program(None, &|block| block.diffusion());
    let diffused = context.program(None, &|block| {
        block.diffused();
        Ok(())
    });
    let watch = context.program(None, &|block| block.watch());
    let mut hooks = Vec::new();
    for block in &file.hooks {
        match hook(block) {
            Ok(when) => hooks.push((when, context.program(None, &|b| b.statements(&block.body)))),
            Err(error) => context.errors.push(error),
        }
    }
    let Context { symbols, effects, for_connections, diffusing, mut warnings, used, errors, .. } = context;
    for declared in file.parameters.iter().chain(&file.states).chain(&file.assigned) {
        let is_own = matches!(symbols.table.get(&declared.name.text), Some(Symbol::Variable(_)));
        if is_own && !used.contains(declared.name.text.as_str()) {
            warnings.push(
                Diagnostic::warning(format!("`{}` is declared but never used", declared.name.text))
                    .code("unused-variable")
                    .at(declared.name.span, "never used")
                    .help("without it the mechanism is the same"),
            );
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let table = |t: &crate::syntax::Routine| Table { name: t.name.text.clone(), unit: t.unit.clone() };
    let mechanism = Mechanism {
        name: name.text.clone(),
        kind: symbols.kind,
        title: file.title.clone(),
        variables: symbols.variables,
        ions: symbols.ions,
        arguments: file.net_receive.iter().flat_map(|r| &r.arguments).map(|a| a.name.text.clone()).collect(),
        tables: file.tables.iter().map(table).collect(),
        effects,
        initial,
        current,
        state,
        derivative,
        net_receive,
        net_initial,
        watch,
        for_connections,
        diffusing: diffusing.into_iter().map(|(diffusing, _)| diffusing).collect(),
        diffusion,
        diffused,
        hooks,
        warnings,
    };
    crate::validate::validate(&mechanism)
        .map_err(|what| vec![Diagnostic::error(format!("the compiler made wrong code: {what}"))])?;
    Ok(mechanism)
}

/// Routines and blocks of equations that bear a name that another has.
fn declared_twice(file: &File) -> Vec<Diagnostic> {
    let mut names = HashSet::new();
    let equations = file.equations.iter().map(|(_, routine)| routine);
    let routines = file.functions.iter().chain(&file.procedures).chain(&file.tables).chain(equations);
    let again = routines.filter(|routine| !names.insert(routine.name.text.as_str()));
    again
        .map(|routine| {
            let message = format!("`{}` is declared twice", routine.name.text);
            Diagnostic::error(message)
                .code("declared-twice")
                .at(routine.name.span, "declared again here")
                .help("a name means one FUNCTION, PROCEDURE or block of equations")
        })
        .collect()
}

fn by_name(routines: &[Routine]) -> HashMap<&str, &Routine> {
    routines.iter().rev().map(|routine| (routine.name.text.as_str(), routine)).collect()
}

fn hook(block: &HookBlock) -> Lowered<Hook> {
    Ok(match (block.after, block.what.text.as_str()) {
        (false, "INITIAL") => Hook::BeforeInitial,
        (true, "INITIAL") => Hook::AfterInitial,
        (false, "BREAKPOINT") => Hook::BeforeBreakpoint,
        (true, "SOLVE") => Hook::AfterSolve,
        (false, "STEP") => Hook::BeforeStep,
        (after, what) => {
            let word = if after { "AFTER" } else { "BEFORE" };
            return Err(Diagnostic::error(format!("{word} {what} does not exist")).at(
                block.what.span,
                "expected BEFORE INITIAL, AFTER INITIAL, BEFORE BREAKPOINT, AFTER SOLVE or BEFORE STEP",
            ));
        }
    })
}

impl<'a> Block<'_, 'a> {
    /// States start at what `state0` says, or at 0; then INITIAL runs. A state that is an ion's concentration starts at the
    /// ion's.
    fn initial(&mut self) -> Lowered<()> {
        let zero = self.builder.constant(0.0);
        for index in 0..self.context.symbols.variables.len() {
            let variable = &self.context.symbols.variables[index];
            if variable.role != Role::State || self.is_concentration(&variable.name) {
                continue;
            }
            let array = variable.name.split('[').next().unwrap_or_default();
            let start = format!("{array}0");
            let value = match self.context.symbols.table.get(&start).copied() {
                Some(Symbol::Variable(id)) if self.is_parameter(id) => {
                    self.context.used.insert(start);
                    self.read(Slot::Variable(id))
                }
                _ => zero,
            };
            self.set(Slot::Variable(VariableId(index as u32)), value);
        }
        let file = self.context.file;
        self.body(&file.constructor)?;
        self.body(&file.initial)
    }

    fn is_concentration(&self, name: &str) -> bool {
        matches!(self.context.symbols.table.get(name), Some(Symbol::Ion(..)))
    }

    fn is_parameter(&self, id: VariableId) -> bool {
        matches!(self.context.symbols.variables[id.0 as usize].role, Role::Parameter { .. })
    }

    /// BREAKPOINT without its SOLVE statements; the sum of the currents goes to the membrane or the electrode.
    fn current(&mut self) -> Lowered<()> {
        let file = self.context.file;
        self.statements(&file.breakpoint)?;
        let kind = self.context.symbols.kind;
        let scale = self.builder.load(Place::MembraneScale);
        let mut membrane = self.builder.constant(0.0);
        let mut electrode = membrane;
        let (mut any_membrane, mut any_electrode) = (false, false);
        for (id, feed) in self.context.symbols.currents.clone() {
            let Some(value) = self.assigned_value(Slot::Variable(id)) else { continue };
            match feed {
                Feed::Electrode => {
                    electrode = self.builder.binary(Binary::Add, electrode, value);
                    any_electrode = true;
                }
                Feed::Nonspecific | Feed::Ion(_) => {
                    membrane = self.builder.binary(Binary::Add, membrane, value);
                    any_membrane = true;
                }
            }
            if let Feed::Ion(ion) = feed {
                let density = match kind {
                    Kind::Density => value,
                    Kind::PointProcess | Kind::ArtificialCell => {
                        self.builder.binary(Binary::Divide, value, scale)
                    }
                };
                self.writes.push(Instruction::Accumulate(Place::Ion(ion, IonQuantity::Current), density));
            }
        }
        for (any, total, place) in [
            (any_membrane, membrane, Place::MembraneCurrent),
            (any_electrode, electrode, Place::ElectrodeCurrent),
        ] {
            if any {
                let total = match kind {
                    Kind::Density => self.builder.binary(Binary::Multiply, scale, total),
                    Kind::PointProcess | Kind::ArtificialCell => total,
                };
                self.writes.push(Instruction::Accumulate(place, total));
            }
        }
        Ok(())
    }

    /// Stores first, then what was accumulated.
    fn finish(mut self) -> Program {
        let mut stores = Vec::new();
        for slot in self.values.assigned() {
            let Some(value) = self.values.get(slot) else { continue };
            match slot {
                Slot::Variable(id) => stores.push(Instruction::Store(Place::Variable(id), value)),
                Slot::Argument(index) => stores.push(Instruction::Store(Place::Argument(index), value)),
                Slot::Ion(ion, quantity) => {
                    // Without a WRITE the mechanism changed a copy of its own.
                    if let Some(id) = self.context.symbols.written(ion, quantity) {
                        stores.push(Instruction::Store(Place::Ion(ion, quantity), value));
                        stores.push(Instruction::Store(Place::Variable(id), value));
                    }
                }
                Slot::Local(_) | Slot::Given(_) | Slot::Rate(_) => {}
            }
        }
        stores.append(&mut self.writes);
        std::mem::take(&mut self.builder).finish(stores)
    }
}
