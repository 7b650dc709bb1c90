//! Units checked: whether what a text adds, compares, assigns and hands over is in the units that it states.
//!
//! In comes a parsed file; out go warnings, never errors: nothing is converted, here as in NEURON, so a file with wrong units
//! runs as it stands. The rules are those of NEURON's `modlunit` where a text states its units: a number in a sum takes the
//! unit of the other side, `5 (mV)` carries one, `(1000)` in parentheses converts, exponents and what `exp` takes have none,
//! a differential equation is per ms, UNITSOFF … UNITSON is passed over. What a text leaves unsaid is not held against it,
//! since most files state few units and their readers would see no fault among hundreds of complaints:
//!
//! - a variable, an argument or a function without a unit may have any (`modlunit`: none), and a LOCAL has that of what it
//!   was last given;
//! - a factor without a unit may carry one, as 10 does in `(v + 40)/10`, so that only products of stated units can have
//!   wrong dimensions;
//! - where the dimensions agree, such factors explain a different size only when they are powers of ten;
//! - a STATE without a unit is a share of something, as gates are.

use std::collections::{BTreeMap, HashMap};

use super::quantity::{Fit, Quantity};
use super::{Units, spelling};
use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::TokenKind;
use crate::source::Source;
use crate::syntax::{Expression, File, Name, Reactant, Routine, Shape, Statement, Target};

/// So many findings about one file are shown.
const MOST: usize = 20;

/// What the simulator provides.
const GIVEN: [(&str, &str); 6] =
    [("v", "mV"), ("t", "ms"), ("dt", "ms"), ("celsius", "degC"), ("area", "um2"), ("diam", "um")];

/// Checks a file.
pub(crate) fn check(source: &Source, file: &File) -> Vec<Diagnostic> {
    let mut checker = Checker {
        source,
        units: Units::default(),
        millisecond: spelling::usual("ms").map_or(Quantity::unstated(), Quantity::known),
        texts: BTreeMap::new(),
        names: HashMap::new(),
        routines: HashMap::new(),
        scope: Vec::new(),
        volumes: HashMap::new(),
        findings: Vec::new(),
    };
    checker.declarations(file);
    for body in [&file.constructor, &file.initial, &file.breakpoint] {
        checker.block(body);
    }
    file.hooks.iter().for_each(|hook| checker.block(&hook.body));
    let routines = file.equations.iter().map(|(_, routine)| routine);
    let routines = routines.chain(&file.procedures).chain(&file.functions).chain(&file.net_receive);
    routines.for_each(|routine| checker.routine(routine));
    checker.finish()
}

pub(super) struct Checker<'a> {
    pub source: &'a Source,
    pub units: Units,
    pub millisecond: Quantity,
    /// Texts of units that occur, and what they mean.
    pub texts: BTreeMap<&'a str, Quantity>,
    pub names: HashMap<&'a str, Quantity>,
    pub routines: HashMap<&'a str, &'a Routine>,
    pub scope: Vec<Local<'a>>,
    /// Sizes of the compartments of a KINETIC block's states.
    volumes: HashMap<&'a str, Quantity>,
    findings: Vec<Diagnostic>,
}

/// An argument, a LOCAL, or the result of a function.
pub(super) struct Local<'a> {
    name: &'a str,
    pub quantity: Quantity,
    /// Without a stated unit: it has that of what it is given.
    takes_any: bool,
}

impl<'a> Checker<'a> {
    fn declarations(&mut self, file: &'a File) {
        for defined in &file.units {
            if let Err(part) = self.units.define(&defined.name, &defined.meaning) {
                self.unknown_unit(&part, defined.span);
                self.texts.insert(&defined.name, Quantity::unstated());
            }
        }
        for (name, unit) in GIVEN {
            self.given(name, unit);
        }
        let current = if file.shape == Shape::Density { "mA/cm2" } else { "nA" };
        for ion in &file.ions {
            for (names, written) in [(&ion.reads, false), (&ion.writes, true)] {
                for Name { text, .. } in names {
                    // What symbols.rs refuses is called otherwise.
                    self.given(
                        text,
                        match text.strip_suffix(ion.name.text.as_str()) {
                            Some("i") if written => current,
                            Some("i") => "mA/cm2",
                            Some("e") => "mV",
                            _ => "mM",
                        },
                    );
                }
            }
        }
        for name in file.nonspecific.iter().chain(&file.electrode) {
            self.given(&name.text, current);
        }
        for constant in &file.constants {
            let unstated = Quantity::literal(constant.value);
            self.declare(&constant.name, &constant.unit, unstated);
        }
        for declared in file.parameters.iter().chain(&file.assigned).chain(&file.locals) {
            self.declare(&declared.name, &declared.unit, Quantity::unstated());
        }
        for declared in &file.states {
            self.declare(&declared.name, &declared.unit, Quantity::pure());
        }
        for routine in file.procedures.iter().chain(&file.functions).chain(&file.tables) {
            self.routines.insert(&routine.name.text, routine);
        }
    }

    fn given(&mut self, name: &'a str, unit: &str) {
        self.names.insert(name, spelling::usual(unit).map_or(Quantity::unstated(), Quantity::known));
    }

    fn declare(&mut self, name: &'a Name, unit: &'a str, unstated: Quantity) {
        let quantity = if unit.is_empty() { unstated } else { self.stated(unit, name.span.end) };
        match self.names.get(name.text.as_str()).copied() {
            Some(given) if given.is_stated() => {
                if quantity.fit(&given) != Fit::Same {
                    let standard = |quantity: Quantity| spelling::spell(quantity.unit, std::iter::empty());
                    let (always, here) = (standard(given), standard(quantity));
                    let finding = Diagnostic::warning(format!("`{}` is always in `{always}`", name.text))
                        .code("unit-given")
                        .at(self.unit_span(unit, name.span.end), format!("this is `{here}`"))
                        .help(format!(
                            "the simulator gives or takes it in `{always}`, whatever is written here"
                        ));
                    self.report(finding);
                }
            }
            _ => {
                self.names.insert(&name.text, quantity);
            }
        }
    }

    /// What the text of a unit means that stands somewhere behind a place.
    pub fn stated(&mut self, text: &'a str, behind: usize) -> Quantity {
        if let Some(&known) = self.texts.get(text) {
            return known;
        }
        let quantity = match self.units.parse(text) {
            Ok(unit) => Quantity::known(unit),
            Err(part) => {
                self.unknown_unit(&part, self.unit_span(text, behind));
                Quantity::unstated()
            }
        };
        self.texts.insert(text, quantity);
        quantity
    }

    /// Where the text of a unit stands behind a place: the tree keeps the text alone.
    fn unit_span(&self, text: &str, behind: usize) -> Span {
        let rest = self.source.text.get(behind..).unwrap_or("");
        let start = behind + rest.find(text).unwrap_or(0);
        Span::new(start, start + text.len())
    }

    fn unknown_unit(&mut self, part: &str, at: Span) {
        let mut help = "a unit of one's own is defined in the UNITS block, `(new) = (known)`".to_owned();
        if let Some(nearest) = spelling::nearest(part, &self.units) {
            help = format!("{help}; did you mean `{nearest}`?");
        }
        let finding = Diagnostic::warning(format!("`{part}` is not a known unit"))
            .code("unit-unknown")
            .at(at, "what is in this unit is not checked")
            .help(help);
        self.report(finding);
    }

    pub fn routine(&mut self, routine: &'a Routine) {
        self.declare_local(&routine.name, &routine.unit);
        routine.arguments.iter().for_each(|a| self.declare_local(&a.name, &a.unit));
        self.volumes.clear();
        self.block(&routine.body);
        self.scope.clear();
    }

    /// A name of the routine, with its unit as written.
    fn declare_local(&mut self, name: &'a Name, unit: &'a str) {
        let takes_any = unit.is_empty();
        let quantity = if takes_any { Quantity::unstated() } else { self.stated(unit, name.span.end) };
        self.scope.push(Local { name: &name.text, quantity, takes_any });
    }

    fn block(&mut self, statements: &'a [Statement]) {
        let outer = self.scope.len();
        statements.iter().for_each(|statement| self.statement(statement));
        self.scope.truncate(outer);
    }

    fn statement(&mut self, statement: &'a Statement) {
        match statement {
            Statement::Local(declared) => {
                let local = |name: &'a str| Local { name, quantity: Quantity::unstated(), takes_any: true };
                self.scope.extend(declared.iter().map(|d| local(&d.name.text)));
            }
            Statement::Assign { target, value } => {
                self.index(target);
                let found = self.value(value);
                self.assign(target, found, value.span);
            }
            Statement::Differential { state, value } => self.differential(state, value),
            Statement::If { condition, then, otherwise } => {
                self.value(condition);
                self.block(then);
                self.block(otherwise);
            }
            Statement::For { variable, from, to, by, body } => {
                [from, to].into_iter().chain(by).for_each(|bound| {
                    self.value(bound);
                });
                self.scope.push(Local { name: &variable.text, quantity: Quantity::pure(), takes_any: false });
                self.block(body);
                self.scope.pop();
            }
            Statement::While { condition, body } => {
                self.value(condition);
                self.block(body);
            }
            Statement::Call { name, arguments } => {
                self.call(name, arguments);
            }
            Statement::Reaction { left, right, forward, backward } => {
                self.reaction(left, right, forward, backward.as_ref());
            }
            Statement::Flux { into, flux } => {
                let found = self.value(flux);
                self.flow(into, found, flux.span);
            }
            Statement::Equation { left, right, .. } => {
                let (left, found) = (self.value(left), self.value(right));
                self.pair("set equal", left, found, right.span);
            }
            Statement::Conserve { sum, total, .. } => {
                let found = self.value(total);
                for term in sum {
                    let amount = self.amount(term);
                    if !self.expect(
                        format_args!("the sum with `{}`", term.target.name.text),
                        "is set",
                        amount,
                        found,
                        total.span,
                    ) {
                        return;
                    }
                }
            }
            Statement::Compartment { index, volume, states } => {
                let outer = self.scope.len();
                let number =
                    |name: &'a Name| Local { name: &name.text, quantity: Quantity::pure(), takes_any: false };
                self.scope.extend(index.iter().map(number));
                let volume = self.value(volume);
                self.scope.truncate(outer);
                self.volumes.extend(states.iter().map(|state| (state.text.as_str(), volume)));
            }
            Statement::Watch(watched) => {
                for condition in watched {
                    self.value(&condition.condition);
                    self.value(&condition.flag);
                }
            }
            Statement::NetInitial(body) => self.block(body),
            // C may give any of them another value.
            Statement::Verbatim { .. } => {
                let locals = self.scope.iter_mut().filter(|local| local.takes_any);
                locals.for_each(|local| local.quantity = Quantity::unstated());
            }
            Statement::ForNetcons { arguments, body, .. } => {
                let outer = self.scope.len();
                arguments.iter().for_each(|a| self.declare_local(&a.name, &a.unit));
                self.block(body);
                self.scope.truncate(outer);
            }
            Statement::Solve { .. } | Statement::LongitudinalDiffusion { .. } | Statement::Return(_) => {}
        }
    }

    fn index(&mut self, target: &'a Target) {
        if let Some(index) = &target.index {
            self.value(index);
        }
    }

    fn assign(&mut self, target: &'a Target, found: Quantity, at: Span) {
        let name = target.name.text.as_str();
        match self.scope.iter_mut().rev().find(|local| local.name == name) {
            Some(local) if local.takes_any => local.quantity = found,
            _ => {
                let expected = self.named(name);
                self.expect(format_args!("`{name}`"), "gets a value", expected, found, at);
            }
        }
    }

    fn differential(&mut self, state: &'a Target, value: &'a Expression) {
        self.index(state);
        let found = self.value(value);
        let name = &state.name.text;
        let expected = self.named(name).over(self.millisecond);
        self.expect(format_args!("`{name}'`"), "gets a value", expected, found, value.span);
    }

    /// The unit of a name, local or not.
    pub fn named(&self, name: &str) -> Quantity {
        let local = self.scope.iter().rev().find(|local| local.name == name).map(|local| local.quantity);
        local.or_else(|| self.names.get(name).copied()).unwrap_or(Quantity::unstated())
    }

    /// `~ left <-> right (forward, backward)`: both directions change the same amounts.
    fn reaction(
        &mut self,
        left: &'a [Reactant],
        right: &'a [Reactant],
        forward: &'a Expression,
        backward: Option<&'a Expression>,
    ) {
        let all = || left.iter().chain(right);
        all().for_each(|reactant| self.index(&reactant.target));
        for (side, rate) in [(left, Some(forward)), (right, backward)] {
            let Some(rate) = rate else { continue };
            let mut flow = self.value(rate);
            for reactant in side {
                let concentration = self.named(&reactant.target.name.text);
                // A coefficient is a whole number, and small.
                flow = flow.times(concentration.power(reactant.coefficient as i8));
            }
            if !all().all(|reactant| self.flow(std::slice::from_ref(reactant), flow, rate.span)) {
                return;
            }
        }
    }

    /// Whether the states may change by a flow; the first that may not is reported.
    fn flow(&mut self, into: &'a [Reactant], flow: Quantity, at: Span) -> bool {
        into.iter().all(|reactant| {
            let expected = self.amount(reactant).over(self.millisecond);
            let name = &reactant.target.name.text;
            self.expect(format_args!("`{name}'`"), "gets a flow", expected, flow, at)
        })
    }

    /// The unit of how much there is of a state: its concentration times the size of its compartment.
    fn amount(&self, reactant: &Reactant) -> Quantity {
        let name = reactant.target.name.text.as_str();
        let concentration = self.named(name);
        self.volumes.get(name).map_or(concentration, |&volume| concentration.times(volume))
    }

    pub fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// The findings that are to be seen.
    fn finish(self) -> Vec<Diagnostic> {
        let mut findings = self.findings;
        if !findings.is_empty() {
            let unchecked = unchecked(self.source);
            let inside = |at: Span| unchecked.iter().any(|off| off.start <= at.start && at.start < off.end);
            findings.retain(|finding| !finding.span.is_some_and(inside));
        }
        if findings.len() > MOST {
            let more = findings.len() - MOST;
            findings.truncate(MOST);
            let plural = if more == 1 { "" } else { "s" };
            let rest = format!("{more} more finding{plural} about units");
            findings.push(Diagnostic::warning(rest).code("unit-more").help("they show when these are gone"));
        }
        findings
    }
}

/// The stretches between UNITSOFF and UNITSON, in the order in which an INCLUDE inserts its text.
fn unchecked(source: &Source) -> Vec<Span> {
    let mut stretches: Vec<Span> = Vec::new();
    let mut off = false;
    let mut text_end = 0;
    for token in &source.tokens {
        let is = |keyword: &str| matches!(&token.kind, TokenKind::Name(name) if name == keyword);
        if is("UNITSOFF") || is("UNITSON") {
            off = is("UNITSOFF");
            text_end = 0;
        }
        if !off {
            continue;
        }
        match stretches.last_mut() {
            // The tokens of an included text stand elsewhere.
            Some(stretch) if (stretch.end..text_end).contains(&token.span.start) => {
                stretch.end = token.span.end
            }
            _ => {
                stretches.push(token.span);
                text_end = source.end_of_text(token.span.start);
            }
        }
    }
    stretches
}
