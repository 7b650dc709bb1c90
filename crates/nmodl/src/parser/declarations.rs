//! Blocks and declarations: everything outside of statements.

use super::{Parsed, Parser};
use crate::diagnostic::{Diagnostic, Span};
use crate::lexer::TokenKind;
use crate::syntax::{
    Argument, Constant, Declaration, EquationKind, File, HookBlock, IonUse, Name, Routine, Shape,
    UnitDefinition,
};

const BLOCKS: [&str; 25] = [
    "NEURON",
    "UNITS",
    "PARAMETER",
    "STATE",
    "ASSIGNED",
    "INITIAL",
    "BREAKPOINT",
    "DERIVATIVE",
    "KINETIC",
    "LINEAR",
    "NONLINEAR",
    "DISCRETE",
    "PROCEDURE",
    "FUNCTION",
    "FUNCTION_TABLE",
    "NET_RECEIVE",
    "BEFORE",
    "AFTER",
    "CONSTANT",
    "INDEPENDENT",
    "LOCAL",
    "DEFINE",
    "INCLUDE",
    "CONSTRUCTOR",
    "DESTRUCTOR",
];

const DECLARATIONS: [&str; 15] = [
    "SUFFIX",
    "POINT_PROCESS",
    "ARTIFICIAL_CELL",
    "USEION",
    "NONSPECIFIC_CURRENT",
    "ELECTRODE_CURRENT",
    "RANGE",
    "GLOBAL",
    "POINTER",
    "BBCOREPOINTER",
    "EXTERNAL",
    "RANDOM",
    "THREADSAFE",
    "REPRESENTS",
    "NONLOCAL",
];

impl Parser<'_> {
    pub fn block(&mut self, file: &mut File) -> Parsed<()> {
        let token = self.advance();
        let keyword = match token.kind {
            TokenKind::Title(title) => {
                file.title = title;
                return Ok(());
            }
            // C outside of blocks declares things for the C inside of them.
            TokenKind::Verbatim(_) => return Ok(()),
            TokenKind::Name(keyword) => keyword,
            TokenKind::Symbol(";") => return Ok(()),
            _ => {
                self.position -= 1;
                return Err(self.expected("a block such as NEURON or PARAMETER"));
            }
        };
        let equations = |kind| move |routine| (kind, routine);
        match keyword.as_str() {
            "NEURON" => self.neuron(file)?,
            "UNITS" => self.units(file)?,
            "PARAMETER" => file.parameters.extend(self.declarations()?),
            "STATE" => file.states.extend(self.declarations()?),
            "ASSIGNED" => file.assigned.extend(self.declarations()?),
            "CONSTANT" => self.constants(file)?,
            "DEFINE" => {
                let name = self.name("a name")?;
                let value = self.number()?;
                file.constants.push(Constant { name, value, unit: String::new() });
            }
            "LOCAL" => file.locals.extend(self.locals()?),
            "EXTERNAL" => file.external.extend(self.names()?),
            "INDEPENDENT" | "PLOT" | "STEPPED" | "MATCH" => self.skip(token.span)?,
            "UNITSON" | "UNITSOFF" | "THREADSAFE" => {}
            "INITIAL" => file.initial.extend(self.body()?),
            "CONSTRUCTOR" => file.constructor.extend(self.body()?),
            "DESTRUCTOR" => self.skip(token.span)?,
            "BREAKPOINT" => file.breakpoint.extend(self.body()?),
            "BEFORE" | "AFTER" => {
                let what = self.name("INITIAL, BREAKPOINT, SOLVE or STEP")?;
                let body = self.body()?;
                file.hooks.push(HookBlock { after: keyword == "AFTER", what, body });
            }
            "DERIVATIVE" => file.equations.push(equations(EquationKind::Derivative)(self.plain()?)),
            "KINETIC" => file.equations.push(equations(EquationKind::Kinetic)(self.plain()?)),
            "LINEAR" => file.equations.push(equations(EquationKind::Linear)(self.plain()?)),
            "NONLINEAR" => file.equations.push(equations(EquationKind::Nonlinear)(self.plain()?)),
            "DISCRETE" => file.equations.push(equations(EquationKind::Discrete)(self.plain()?)),
            "PROCEDURE" => file.procedures.push(self.routine()?),
            "FUNCTION" => file.functions.push(self.routine()?),
            "FUNCTION_TABLE" => {
                let name = self.name("the table's name")?;
                let arguments = self.arguments()?;
                let unit = self.unit()?;
                file.tables.push(Routine { name, arguments, unit, body: Vec::new() });
            }
            "NET_RECEIVE" => {
                let name = Name { text: keyword, span: token.span };
                let arguments = self.arguments()?;
                let body = self.body()?;
                if file.net_receive.is_some() {
                    return Err(Diagnostic::error("a second NET_RECEIVE block")
                        .at(token.span, "the first one stands above"));
                }
                file.net_receive = Some(Routine { name, arguments, unit: String::new(), body });
            }
            other => {
                return Err(Diagnostic::error(format!("`{other}` is not a block of NMODL"))
                    .at(token.span, "expected a block such as NEURON or PARAMETER")
                    .suggest(other, BLOCKS));
            }
        }
        Ok(())
    }

    fn neuron(&mut self, file: &mut File) -> Parsed<()> {
        self.symbol("{")?;
        while !self.eat_symbol("}") {
            if self.eat_symbol(",") || self.eat_symbol(";") {
                continue;
            }
            let keyword = self.name("a declaration such as SUFFIX, USEION or RANGE")?;
            match keyword.text.as_str() {
                "SUFFIX" => file.suffix = Some(self.name("the mechanism's name")?),
                "POINT_PROCESS" | "ARTIFICIAL_CELL" => {
                    file.suffix = Some(self.name("the mechanism's name")?);
                    file.shape =
                        if keyword.text == "POINT_PROCESS" { Shape::Point } else { Shape::Artificial };
                }
                "USEION" => {
                    let ion = self.use_ion()?;
                    file.ions.push(ion);
                }
                "NONSPECIFIC_CURRENT" => file.nonspecific.extend(self.names()?),
                "ELECTRODE_CURRENT" => file.electrode.extend(self.names()?),
                "RANGE" | "SECTION" => file.range.extend(self.names()?),
                "GLOBAL" => file.global.extend(self.names()?),
                "POINTER" | "BBCOREPOINTER" | "NONLOCAL" => file.pointers.extend(self.names()?),
                "EXTERNAL" => file.external.extend(self.names()?),
                "REPRESENTS" => {
                    self.eat_symbol("[");
                    self.name("what it represents")?;
                    if self.eat_symbol(":") {
                        self.name("what it represents")?;
                    }
                    self.eat_symbol("]");
                }
                "RANDOM" => file.random.extend(self.names()?),
                "THREADSAFE" => {}
                other => {
                    return Err(Diagnostic::error(format!(
                        "`{other}` is not a declaration of the NEURON block"
                    ))
                    .at(keyword.span, "unknown declaration")
                    .suggest(other, DECLARATIONS));
                }
            }
        }
        Ok(())
    }

    fn use_ion(&mut self) -> Parsed<IonUse> {
        let mut ion = IonUse {
            name: self.name("the ion's name")?,
            reads: Vec::new(),
            writes: Vec::new(),
            valence: None,
        };
        loop {
            if self.eat_name("READ") {
                ion.reads.extend(self.names()?);
            } else if self.eat_name("WRITE") {
                ion.writes.extend(self.names()?);
            } else if self.eat_name("VALENCE") || self.eat_name("CHARGE") {
                ion.valence = Some(self.number()?);
            } else if self.eat_name("REPRESENTS") {
                self.name("what it represents")?;
            } else {
                return Ok(ion);
            }
        }
    }

    fn units(&mut self, file: &mut File) -> Parsed<()> {
        self.symbol("{")?;
        while !self.eat_symbol("}") {
            if self.eat_name("UNITSOFF") || self.eat_name("UNITSON") || self.eat_symbol(",") {
                continue;
            }
            if self.is_symbol("(") {
                let start = self.token().span;
                let name = self.unit()?;
                self.symbol("=")?;
                let meaning = self.unit()?;
                let span = start.to(self.before());
                file.units.push(UnitDefinition { name, meaning, span });
                continue;
            }
            let name = self.name("a unit such as `(mV) = (millivolt)` or a constant")?;
            self.symbol("=")?;
            if !self.is_symbol("(") {
                let value = self.number()?;
                let unit = self.unit()?;
                file.constants.push(Constant { name, value, unit });
                continue;
            }
            let at = self.token().span;
            let constant = self.unit()?;
            // `F = (faraday) (coulomb)`, and `F = (faraday) (10000 coulomb)`, which scales it.
            let unit = self.unit()?;
            let Some(value) = crate::units::constant(&constant, &unit) else {
                return Err(Diagnostic::error(format!("`({constant})` is not a known constant"))
                    .at(at, "expected (faraday), (k-mole), (pi), (e), (avogadro) or a number")
                    .help("write the number instead"));
            };
            file.constants.push(Constant { name, value, unit });
        }
        Ok(())
    }

    fn constants(&mut self, file: &mut File) -> Parsed<()> {
        for declared in self.declarations()? {
            let Some(value) = declared.value else {
                return Err(Diagnostic::error(format!("the constant `{}` has no value", declared.name.text))
                    .at(declared.name.span, "expected `= number`"));
            };
            file.constants.push(Constant { name: declared.name, value, unit: declared.unit });
        }
        Ok(())
    }

    fn declarations(&mut self) -> Parsed<Vec<Declaration>> {
        self.symbol("{")?;
        let mut declared = Vec::new();
        while !self.eat_symbol("}") {
            let separators = [",", ";"];
            if self.eat_name("UNITSOFF")
                || self.eat_name("UNITSON")
                || separators.iter().any(|s| self.eat_symbol(s))
            {
                continue;
            }
            let name = self.name("a name or `}`")?;
            let size = if self.eat_symbol("[") {
                let size = self.expression()?;
                self.symbol("]")?;
                Some(size)
            } else {
                None
            };
            let mut value = if self.eat_symbol("=") { Some(self.number()?) } else { None };
            let mut unit = self.unit()?;
            if self.eat_name("FROM") {
                self.sum()?;
                self.keyword("TO")?;
                self.sum()?;
            }
            if self.eat_name("START") {
                value = Some(self.number()?);
            }
            if unit.is_empty() {
                unit = self.unit()?;
            }
            let mut limits = None;
            if self.eat_symbol("<") {
                let low = self.number()?;
                limits = if self.eat_symbol(",") { Some((low, self.number()?)) } else { None };
                self.symbol(">")?;
            }
            declared.push(Declaration { name, size, value, unit, limits });
        }
        Ok(declared)
    }

    /// Passes over a block that says nothing about the mechanism.
    fn skip(&mut self, keyword: Span) -> Parsed<()> {
        while !self.is_symbol("{") {
            if self.at_end() {
                return Err(self.expected("`{`"));
            }
            self.position += 1;
        }
        let mut depth = 0;
        loop {
            depth += i32::from(self.is_symbol("{")) - i32::from(self.is_symbol("}"));
            if self.at_end() {
                return Err(
                    Diagnostic::error("a block that does not end").at(keyword, "expected `}` at its end")
                );
            }
            self.position += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The name and body of a block of equations. `SOLVEFOR states` says what the equations say too.
    fn plain(&mut self) -> Parsed<Routine> {
        let name = self.name("the block's name")?;
        if self.is_symbol("(") {
            self.arguments()?;
        }
        if self.eat_name("SOLVEFOR") {
            self.names()?;
        }
        Ok(Routine { name, arguments: Vec::new(), unit: String::new(), body: self.body()? })
    }

    fn routine(&mut self) -> Parsed<Routine> {
        let name = self.name("the block's name")?;
        let arguments = if self.is_symbol("(") { self.arguments()? } else { Vec::new() };
        let unit = self.unit()?;
        Ok(Routine { name, arguments, unit, body: self.body()? })
    }

    pub fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        self.symbol("(")?;
        let mut arguments = Vec::new();
        while !self.eat_symbol(")") {
            let name = self.name("an argument or `)`")?;
            let unit = self.unit()?;
            arguments.push(Argument { name, unit });
            if !self.eat_symbol(",") && !self.is_symbol(")") {
                return Err(self.expected("`,` or `)`"));
            }
        }
        Ok(arguments)
    }
}
