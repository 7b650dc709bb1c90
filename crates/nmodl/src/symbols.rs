//! The names of a mechanism and what they stand for.
//!
//! In comes a parsed [`File`]; out go the mechanism's variables and ions, and a table from names to [`Symbol`]s.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::ir::{IonId, IonQuantity, IonUse, Kind, Place, Role, Variable, VariableId};
use crate::syntax::{Declaration, File, Name};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Symbol {
    /// A variable of the instance.
    Variable(VariableId),
    /// A quantity of an ion; with a variable when the mechanism writes it, so that it can be recorded.
    Ion(IonId, IonQuantity, Option<VariableId>),
    /// Something the simulator provides.
    Given(Place),
    /// A fixed number.
    Constant(f64),
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
const GIVEN: [(&str, Place); 6] = [
    ("v", Place::Voltage),
    ("t", Place::Time),
    ("dt", Place::TimeStep),
    ("celsius", Place::Celsius),
    ("area", Place::Area),
    ("diam", Place::Diameter),
];

impl Symbols {
    /// Collects the declarations of a file; every fault is reported.
    pub fn new(file: &File) -> (Self, Vec<Diagnostic>) {
        let kind = if file.point_process { Kind::PointProcess } else { Kind::Density };
        let mut symbols = Self {
            kind,
            variables: Vec::new(),
            ions: Vec::new(),
            table: GIVEN.iter().map(|&(name, place)| (name.to_owned(), Symbol::Given(place))).collect(),
            currents: Vec::new(),
            warnings: Vec::new(),
        };
        let mut errors = Vec::new();
        for (name, value) in &file.constants {
            symbols.table.insert(name.text.clone(), Symbol::Constant(*value));
        }
        let range: HashSet<&str> = file.range.iter().map(|n| n.text.as_str()).collect();
        symbols.ions(file, &mut errors);
        let ranged = |d: &Declaration| range.contains(d.name.text.as_str());
        for declared in &file.parameters {
            symbols.declare(declared, Role::Parameter { range: ranged(declared) }, &mut errors);
        }
        for declared in &file.states {
            symbols.declare(declared, Role::State, &mut errors);
        }
        for declared in &file.assigned {
            symbols.declare(declared, Role::Assigned { range: ranged(declared) }, &mut errors);
        }
        for name in &file.locals {
            let plain = Declaration { name: name.clone(), value: None, unit: String::new(), limits: None };
            symbols.declare(&plain, Role::Assigned { range: false }, &mut errors);
        }
        for (names, feed) in [(&file.nonspecific, Feed::Nonspecific), (&file.electrode, Feed::Electrode)] {
            for name in names {
                let id = symbols.current(name);
                symbols.currents.push((id, feed));
            }
        }
        for name in file.range.iter().chain(&file.global) {
            if !symbols.table.contains_key(&name.text) {
                let known: Vec<&str> = symbols.variables.iter().map(|v| v.name.as_str()).collect();
                errors.push(
                    Diagnostic::error(format!(
                        "`{}` is declared RANGE or GLOBAL but nowhere else",
                        name.text
                    ))
                    .at(name.span, "expected a PARAMETER, STATE, ASSIGNED or current")
                    .suggest(&name.text, known),
                );
            }
        }
        (symbols, errors)
    }

    fn ions(&mut self, file: &File, errors: &mut Vec<Diagnostic>) {
        for used in &file.ions {
            let id = IonId(self.ions.len() as u32);
            let ion = used.name.text.as_str();
            let quantity = |name: &Name| match name.text.as_str() {
                n if n == format!("e{ion}") => Some(IonQuantity::Reversal),
                n if n == format!("{ion}i") => Some(IonQuantity::Internal),
                n if n == format!("{ion}o") => Some(IonQuantity::External),
                n if n == format!("i{ion}") => Some(IonQuantity::Current),
                _ => None,
            };
            let mut found =
                IonUse { name: ion.to_owned(), valence: used.valence, reads: Vec::new(), writes: Vec::new() };
            for (names, writes) in [(&used.reads, false), (&used.writes, true)] {
                for name in names {
                    let Some(quantity) = quantity(name) else {
                        let known =
                            [format!("e{ion}"), format!("{ion}i"), format!("{ion}o"), format!("i{ion}")];
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
                    let variable = self.variable(name, Role::Assigned { range: true }, 0.0, unit, None);
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
        name: &Name,
        role: Role,
        default: f64,
        unit: &str,
        limits: Option<(f64, f64)>,
    ) -> VariableId {
        let id = VariableId(self.variables.len() as u32);
        self.variables.push(Variable {
            name: name.text.clone(),
            role,
            default,
            unit: unit.to_owned(),
            limits,
        });
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
            Some(_) => errors.push(
                Diagnostic::error(format!("`{}` is declared twice", name.text))
                    .at(name.span, "declared again here"),
            ),
            None => {
                let default = declared.value.unwrap_or(0.0);
                let id = self.variable(name, role, default, &declared.unit, declared.limits);
                self.table.insert(name.text.clone(), Symbol::Variable(id));
            }
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
        let id = self.variable(name, Role::Assigned { range: true }, 0.0, unit, None);
        self.table.insert(name.text.clone(), Symbol::Variable(id));
        id
    }
}
