//! The names of a mechanism and what they stand for.
//!
//! In comes a parsed [`File`]; out go the mechanism's variables and ions, and a table from names to [`Symbol`]s.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::ir::{IonId, IonQuantity, IonUse, Kind, Place, Role, Variable, VariableId};
use crate::syntax::{Declaration, Expression, ExpressionKind, File, Name, Shape, Statement};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Symbol {
    /// A variable of the instance.
    Variable(VariableId),
    /// So many variables of the instance, from this one.
    Array(VariableId, usize),
    /// A quantity of an ion; with a variable when the mechanism writes it, so that it can be recorded.
    Ion(IonId, IonQuantity, Option<VariableId>),
    /// Something the simulator provides.
    Given(Place),
    /// A fixed number.
    Constant(f64),
    /// A generator declared RANDOM.
    Random,
}

/// What a current variable feeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Feed {
    Ion(IonId),
    Nonspecific,
    Electrode,
}

/// All names of a mechanism.
pub(crate) struct Symbols {
    pub kind: Kind,
    pub variables: Vec<Variable>,
    pub ions: Vec<IonUse>,
    pub table: HashMap<String, Symbol>,
    pub currents: Vec<(VariableId, Feed)>,
    pub warnings: Vec<Diagnostic>,
}

/// Names that the simulator provides, declared or not.
pub(crate) const GIVEN: [(&str, Place); 6] = [
    ("v", Place::Voltage),
    ("t", Place::Time),
    ("dt", Place::TimeStep),
    ("celsius", Place::Celsius),
    ("area", Place::Area),
    ("diam", Place::Diameter),
];

/// An array has at most so many elements: each is a variable of its own.
const LARGEST_ARRAY: usize = 10_000;
/// All variables together, elements of arrays counted.
const MOST_VARIABLES: usize = 50_000;
/// So many misspelt names are compared with all others.
const MOST_SUGGESTIONS: usize = 100;

const QUANTITIES: [IonQuantity; 4] =
    [IonQuantity::Reversal, IonQuantity::Internal, IonQuantity::External, IonQuantity::Current];

/// The name of an ion's quantity.
fn quantity_name(ion: &str, quantity: IonQuantity) -> String {
    match quantity {
        IonQuantity::Reversal => format!("e{ion}"),
        IonQuantity::Internal => format!("{ion}i"),
        IonQuantity::External => format!("{ion}o"),
        IonQuantity::Current => format!("i{ion}"),
    }
}

impl Symbols {
    /// Collects the declarations of a file; every fault is reported.
    pub fn new(file: &File) -> (Self, Vec<Diagnostic>) {
        let kind = match file.shape {
            Shape::Density => Kind::Density,
            Shape::Point => Kind::PointProcess,
            Shape::Artificial => Kind::ArtificialCell,
        };
        let mut symbols = Self {
            kind,
            variables: Vec::new(),
            ions: Vec::new(),
            table: GIVEN.iter().map(|&(name, place)| (name.to_owned(), Symbol::Given(place))).collect(),
            currents: Vec::new(),
            warnings: Vec::new(),
        };
        let mut errors = Vec::new();
        let assigned = assigned_names(file);
        for constant in &file.constants {
            let name = &constant.name;
            let symbol = if assigned.contains(name.text.as_str()) {
                // C lets a program change it, and some do.
                let role = Role::Assigned { range: false };
                Symbol::Variable(symbols.variable(&name.text, role, constant.value, &constant.unit, None))
            } else {
                Symbol::Constant(constant.value)
            };
            symbols.table.insert(name.text.clone(), symbol);
        }
        for random in &file.random {
            symbols.table.insert(random.text.clone(), Symbol::Random);
        }
        let range: HashSet<&str> = file.range.iter().map(|n| n.text.as_str()).collect();
        let pointers: HashSet<&str> = file.pointers.iter().map(|n| n.text.as_str()).collect();
        symbols.ions(file, &mut errors);
        let ranged = |d: &Declaration| range.contains(d.name.text.as_str());
        for declared in &file.parameters {
            let role = match pointers.contains(declared.name.text.as_str()) {
                true => Role::Pointer,
                false => Role::Parameter { range: ranged(declared) },
            };
            symbols.declare(declared, role, &mut errors);
        }
        for declared in &file.states {
            symbols.declare(declared, Role::State, &mut errors);
        }
        for declared in &file.assigned {
            let role = match pointers.contains(declared.name.text.as_str()) {
                true => Role::Pointer,
                false => Role::Assigned { range: ranged(declared) },
            };
            symbols.declare(declared, role, &mut errors);
        }
        for declared in &file.locals {
            symbols.declare(declared, Role::Assigned { range: false }, &mut errors);
        }
        let plain = |name: &Name| Declaration {
            name: name.clone(),
            size: None,
            value: None,
            unit: String::new(),
            limits: None,
        };
        for (names, role) in [
            (&file.pointers, Role::Pointer),
            // What another mechanism declares EXTERNAL is a parameter here, which the user sets.
            (&file.external, Role::Parameter { range: false }),
        ] {
            for name in names.iter() {
                if !symbols.table.contains_key(&name.text) {
                    symbols.declare(&plain(name), role, &mut errors);
                }
            }
        }
        for (names, feed) in [(&file.nonspecific, Feed::Nonspecific), (&file.electrode, Feed::Electrode)] {
            for name in names {
                let id = symbols.current(name);
                symbols.currents.push((id, feed));
            }
        }
        for (names, role) in
            [(&file.range, Role::Assigned { range: true }), (&file.global, Role::Assigned { range: false })]
        {
            for name in names.iter() {
                if symbols.table.contains_key(&name.text) {
                    continue;
                }
                let warning = Diagnostic::warning(format!(
                    "`{}` is declared RANGE or GLOBAL but nowhere else",
                    name.text
                ))
                .code("undeclared")
                .at(name.span, "expected a PARAMETER, STATE, ASSIGNED or current")
                .help("a variable of this name is made");
                let suggests = symbols.warnings.len() < MOST_SUGGESTIONS;
                let known = symbols.variables.iter().map(|v| v.name.as_str());
                symbols.warnings.push(if suggests { warning.suggest(&name.text, known) } else { warning });
                symbols.declare(&plain(name), role, &mut errors);
            }
        }
        (symbols, errors)
    }

    /// A hidden variable: no name of the text, since names have no blanks.
    pub fn hidden(&mut self, name: &str, role: Role) -> VariableId {
        self.variable(name, role, 0.0, "", None)
    }

    /// The variable that keeps what the mechanism writes of an ion.
    pub fn written(&self, ion: IonId, quantity: IonQuantity) -> Option<VariableId> {
        let name = quantity_name(&self.ions.get(ion.0 as usize)?.name, quantity);
        match *self.table.get(&name)? {
            Symbol::Ion(i, q, id) if (i, q) == (ion, quantity) => id,
            _ => None,
        }
    }

    fn ions(&mut self, file: &File, errors: &mut Vec<Diagnostic>) {
        for used in &file.ions {
            let id = IonId(self.ions.len() as u32);
            let ion = used.name.text.as_str();
            let quantity = |name: &Name| QUANTITIES.into_iter().find(|&q| name.text == quantity_name(ion, q));
            let mut found =
                IonUse { name: ion.to_owned(), valence: used.valence, reads: Vec::new(), writes: Vec::new() };
            for (names, writes) in [(&used.reads, false), (&used.writes, true)] {
                for name in names {
                    let Some(quantity) = quantity(name) else {
                        let known = QUANTITIES.map(|quantity| quantity_name(ion, quantity));
                        errors.push(
                            Diagnostic::error(format!(
                                "`{}` is not a quantity of the ion `{ion}`",
                                name.text
                            ))
                            .at(name.span, "expected a quantity of the ion")
                            .suggest(&name.text, known.iter().map(String::as_str)),
                        );
                        continue;
                    };
                    if !writes {
                        found.reads.push(quantity);
                        self.table.entry(name.text.clone()).or_insert(Symbol::Ion(id, quantity, None));
                        continue;
                    }
                    found.writes.push(quantity);
                    let unit = if quantity == IonQuantity::Current { "mA/cm2" } else { "mM" };
                    let variable = self.variable(&name.text, Role::Assigned { range: true }, 0.0, unit, None);
                    if quantity == IonQuantity::Current {
                        self.table.insert(name.text.clone(), Symbol::Variable(variable));
                        self.currents.push((variable, Feed::Ion(id)));
                    } else {
                        self.table.insert(name.text.clone(), Symbol::Ion(id, quantity, Some(variable)));
                    }
                }
            }
            self.ions.push(found);
        }
    }

    fn variable(
        &mut self,
        name: &str,
        role: Role,
        default: f64,
        unit: &str,
        limits: Option<(f64, f64)>,
    ) -> VariableId {
        let id = VariableId(self.variables.len() as u32);
        self.variables.push(Variable { name: name.to_owned(), role, default, unit: unit.to_owned(), limits });
        id
    }

    fn declare(&mut self, declared: &Declaration, role: Role, errors: &mut Vec<Diagnostic>) {
        let name = &declared.name;
        match self.table.get(&name.text).copied() {
            // Declaring what the simulator provides, or what USEION already brought, states its unit and no more.
            Some(Symbol::Given(_)) => {}
            Some(Symbol::Ion(_, _, variable)) => {
                if let (Role::State, Some(id)) = (role, variable) {
                    self.variables[id.0 as usize].role = Role::State;
                }
            }
            Some(Symbol::Variable(id)) if self.is_current(id) => {
                if !declared.unit.is_empty() {
                    self.variables[id.0 as usize].unit.clone_from(&declared.unit);
                }
            }
            Some(Symbol::Variable(id)) => {
                // A parameter that is also assigned, or a state that is also listed: the first declaration counts.
                self.warnings.push(
                    Diagnostic::warning(format!("`{}` is declared twice", name.text))
                        .code("declared-twice")
                        .at(name.span, "declared again here")
                        .help("the first declaration counts"),
                );
                if role == Role::State {
                    self.variables[id.0 as usize].role = Role::State;
                }
            }
            Some(_) => errors.push(
                Diagnostic::error(format!("`{}` is declared twice", name.text))
                    .at(name.span, "declared again here"),
            ),
            None => self.add(declared, role, errors),
        }
    }

    fn add(&mut self, declared: &Declaration, role: Role, errors: &mut Vec<Diagnostic>) {
        let name = &declared.name.text;
        let default = declared.value.unwrap_or(0.0);
        let size = declared.size.as_ref().map(|size| self.array_size(size)).transpose();
        if self.variables.len() + size.as_ref().map_or(1, |size| size.unwrap_or(1)) > MOST_VARIABLES {
            let error = Diagnostic::error("there are too many variables")
                .at(declared.name.span, format!("{MOST_VARIABLES} are there before this one"))
                .help("every element of an array counts");
            if errors.last().is_none_or(|last| last.message != error.message) {
                errors.push(error);
            }
            return;
        }
        match size {
            Ok(None) => {
                let id = self.variable(name, role, default, &declared.unit, declared.limits);
                self.table.insert(name.clone(), Symbol::Variable(id));
            }
            Ok(Some(size)) => {
                let first = VariableId(self.variables.len() as u32);
                for element in 0..size {
                    let name = format!("{name}[{element}]");
                    self.variable(&name, role, default, &declared.unit, declared.limits);
                }
                self.table.insert(name.clone(), Symbol::Array(first, size));
            }
            Err(error) => errors.push(error),
        }
    }

    /// The size of an array: a number, a DEFINEd name, or an expression of these.
    pub fn array_size(&self, size: &Expression) -> Result<usize, Diagnostic> {
        match self.whole(size) {
            Some(number) if number >= 1.0 && number.fract() == 0.0 && number <= LARGEST_ARRAY as f64 => {
                Ok(number as usize)
            }
            _ => Err(Diagnostic::error("an array needs a fixed size").at(
                size.span,
                format!("expected a whole number from 1 to {LARGEST_ARRAY} or a name that DEFINE gives one"),
            )),
        }
    }

    fn whole(&self, expression: &Expression) -> Option<f64> {
        match &expression.kind {
            ExpressionKind::Number(number, _) => Some(*number),
            ExpressionKind::Variable(name) => match self.table.get(name) {
                Some(Symbol::Constant(number)) => Some(*number),
                _ => None,
            },
            ExpressionKind::Binary(operator, a, b) => {
                let (a, b) = (self.whole(a)?, self.whole(b)?);
                crate::builder::fold_binary(crate::functions::operator(operator)?, a, b)
            }
            _ => None,
        }
    }

    fn is_current(&self, id: VariableId) -> bool {
        self.currents.iter().any(|(current, _)| *current == id)
    }

    /// The variable of a nonspecific or electrode current, declared or not.
    fn current(&mut self, name: &Name) -> VariableId {
        if let Some(Symbol::Variable(id)) = self.table.get(&name.text).copied() {
            self.variables[id.0 as usize].role = Role::Assigned { range: true };
            return id;
        }
        let unit = if self.kind == Kind::Density { "mA/cm2" } else { "nA" };
        let id = self.variable(&name.text, Role::Assigned { range: true }, 0.0, unit, None);
        self.table.insert(name.text.clone(), Symbol::Variable(id));
        id
    }
}

/// Every name that some statement assigns to.
fn assigned_names(file: &File) -> HashSet<&str> {
    fn walk<'a>(statements: &'a [Statement], names: &mut HashSet<&'a str>) {
        for statement in statements {
            match statement {
                Statement::Assign { target, .. } => {
                    names.insert(&target.name.text);
                }
                Statement::If { then, otherwise, .. } => {
                    walk(then, names);
                    walk(otherwise, names);
                }
                Statement::For { body, .. } | Statement::While { body, .. } | Statement::NetInitial(body) => {
                    walk(body, names)
                }
                _ => {}
            }
        }
    }
    let mut names = HashSet::new();
    for body in bodies(file) {
        walk(body, &mut names);
    }
    names
}

/// The statements of every block of a file.
pub(crate) fn bodies(file: &File) -> impl Iterator<Item = &[Statement]> {
    let routines = file.procedures.iter().chain(&file.functions).chain(&file.net_receive);
    [&file.constructor, &file.initial, &file.breakpoint]
        .into_iter()
        .chain(file.hooks.iter().map(|h| &h.body))
        .chain(file.equations.iter().map(|(_, r)| &r.body))
        .chain(routines.map(|r| &r.body))
        .map(Vec::as_slice)
}
