//! A program made ready to run: places become offsets, values become registers.
//!
//! In comes a [`Program`] and, for each place, an [`Access`]; out goes a [`Kernel`], which holds offsets but no
//! addresses. Values that are the same for all instances form a prologue, computed once per run with the same
//! functions as in the lanes, so that what is uniform never changes bits.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use apical_nmodl::ir::{Binary, Instruction, LoopId, Place, Program, TableId, Unary, Value};

use crate::run::History;
#[cfg(target_arch = "x86_64")]
use crate::run::Level;
use crate::table::Table;

/// Where a place lies in the buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Access {
    /// A number known beforehand.
    Constant(f64),
    /// One number for all instances, at this offset.
    Uniform(usize),
    /// One number for each instance: offset + instance.
    Column(usize),
    /// One number found through a list: offset + lists\[second\]\[instance\].
    Indexed(usize, usize),
}

/// Why a program cannot become a kernel: always a fault of what made the program or bound it.
#[derive(Clone, Debug, PartialEq)]
pub enum KernelError {
    /// A place that the caller does not know.
    Unbound(Place),
    /// A write to a place that is the same for all instances.
    SharedWrite(Place),
    /// A table without values.
    NoTable(TableId),
    /// A loop that the program does not hold.
    NoLoop(LoopId),
    /// An operand that is not an earlier value.
    Operand(Value),
    /// More values alive at once than registers can be numbered.
    TooManyRegisters,
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbound(place) => write!(f, "{place:?} is not bound to memory"),
            Self::SharedWrite(place) => write!(f, "{place:?} is written but is the same for all instances"),
            Self::NoTable(table) => write!(f, "table {} has no values", table.0),
            Self::NoLoop(id) => write!(f, "loop {} does not exist", id.0),
            Self::Operand(value) => write!(f, "value {} is used before it is defined", value.0),
            Self::TooManyRegisters => f.write_str("too many values are alive at once"),
        }
    }
}

impl std::error::Error for KernelError {}

/// A place where an operand of a lane operation is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A vector register.
    Register(u16),
    /// A number of the prologue.
    Uniform(u16),
}

/// An operation on single numbers: of the prologue, done once per run, or of a loop's body. Its result takes the next free
/// position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ScalarOperation {
    Constant(f64),
    Load(usize),
    Unary(Unary, u16),
    Binary(Binary, u16, u16),
    Select(u16, u16, u16),
    Lookup(u16, u16),
    /// Runs a loop by its position in [`Kernel::iterations`]; the results take as many positions as it hands on values.
    Iterate(u16),
}

/// A loop's body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScalarLoop {
    pub carried: usize,
    pub operations: Vec<ScalarOperation>,
    pub condition: u16,
    pub next: Vec<u16>,
}

/// A loop with what it is given: what the first repetition takes over, then what it uses of its surroundings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Iteration {
    pub body: ScalarLoop,
    pub inputs: Vec<Operand>,
}

/// What to do for every block of lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation {
    LoadColumn {
        to: u16,
        offset: usize,
    },
    LoadIndexed {
        to: u16,
        offset: usize,
        list: usize,
    },
    Unary {
        to: u16,
        what: Unary,
        a: u16,
    },
    Binary {
        to: u16,
        what: Binary,
        a: Operand,
        b: Operand,
    },
    Select {
        to: u16,
        condition: Operand,
        then: Operand,
        otherwise: Operand,
    },
    Lookup {
        to: u16,
        table: u16,
        a: u16,
    },
    /// Results go to as many registers as the loop hands on values, from `to` on.
    Iterate {
        to: u16,
        iteration: u16,
    },
    StoreColumn {
        offset: usize,
        from: Operand,
    },
    StoreIndexed {
        offset: usize,
        list: usize,
        from: Operand,
    },
    AddColumn {
        offset: usize,
        from: Operand,
    },
    AddIndexed {
        offset: usize,
        list: usize,
        from: Operand,
    },
}

/// A program bound to memory.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    pub(crate) prologue: Vec<ScalarOperation>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) registers: usize,
    pub(crate) iterations: Vec<Iteration>,
    pub(crate) tables: Vec<Arc<Table>>,
    /// One past the last offset of anything that is the same for all instances.
    pub(crate) uniform_end: usize,
    /// Offsets of columns: each reaches to offset + last instance.
    pub(crate) columns: Vec<usize>,
    /// Offset and list of everything indexed.
    pub(crate) indexed: Vec<(usize, usize)>,
    /// Shared by copies.
    pub(crate) history: Arc<History>,
    /// Where it holds, when that is not everywhere.
    pub(crate) within: Option<Arc<Within>>,
}

/// Where a kernel holds, and what is run elsewhere.
#[derive(Debug)]
pub(crate) struct Within {
    /// The column that decides.
    pub column: usize,
    pub range: Range<f64>,
    pub beyond: Kernel,
}

impl Kernel {
    /// Binds a program. `access` says where each place lies, `tables` holds what [`Instruction::Lookup`] looks up.
    ///
    /// # Errors
    /// A place that is not bound, or a write to something that all instances share.
    pub fn compile(
        program: &Program,
        access: &mut dyn FnMut(Place) -> Option<Access>,
        tables: &[Option<Arc<Table>>],
    ) -> Result<Self, KernelError> {
        let mut builder = Builder::new(program, tables);
        for (index, instruction) in program.instructions.iter().enumerate() {
            builder.add(index, *instruction, access)?;
        }
        Ok(builder.kernel)
    }

    /// This kernel for those instances whose number in a column lies in a range, and another for the others. It changes nothing of what
    /// an instance gets, whoever lies beside it.
    #[must_use]
    pub fn within(mut self, column: usize, range: Range<f64>, beyond: Kernel) -> Self {
        self.touch_column(column);
        self.within = Some(Arc::new(Within { column, range, beyond }));
        self
    }

    fn touch_column(&mut self, offset: usize) {
        if !self.columns.contains(&offset) {
            self.columns.push(offset);
        }
    }

    /// Whether running it does nothing.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Writes what it does, and where, so that kernels can be told apart.
    ///
    /// # Errors
    /// As the writer's.
    pub fn describe(&self, to: &mut impl fmt::Write) -> fmt::Result {
        write!(to, "{:?} {:?} {:?} {:?}", self.prologue, self.operations, self.iterations, self.tables)
    }

    /// Operations per block of lanes, and those done once per run.
    pub fn operation_counts(&self) -> (usize, usize) {
        (self.operations.len(), self.prologue.len())
    }
}

impl Kernel {
    /// How many numbers of memory each instance reads or writes.
    pub fn accesses(&self) -> usize {
        self.columns.len() + self.indexed.len()
    }

    /// What it runs where it does not hold: see [`within`](Self::within).
    pub fn beyond(&self) -> Option<&Kernel> {
        self.within.as_ref().map(|within| &within.beyond)
    }

    /// How many instructions machine code spends on each vector of instances, in the best way of this processor; `None`
    /// when it has none.
    pub fn vector_instructions(&self) -> Option<usize> {
        #[cfg(target_arch = "x86_64")]
        if let Some(Level::Machine(target)) = Level::available().last() {
            return crate::jit::instructions(self, *target);
        }
        None
    }
}

struct Builder<'a> {
    kernel: Kernel,
    program: &'a Program,
    /// Numbers of the prologue so far.
    uniforms: usize,
    /// Where each value is; `None` before its definition and for writes.
    places: Vec<Option<Operand>>,
    last_use: Vec<usize>,
    free: Vec<u16>,
    constants: HashMap<u64, u16>,
    /// The first result of each loop that was run.
    outcomes: HashMap<Value, Operand>,
    available: &'a [Option<Arc<Table>>],
}

impl<'a> Builder<'a> {
    fn new(program: &'a Program, available: &'a [Option<Arc<Table>>]) -> Self {
        let count = program.instructions.len();
        let mut last_use = vec![0; count];
        for (index, instruction) in program.instructions.iter().enumerate() {
            for operand in read_by(program, instruction) {
                if let Some(last) = last_use.get_mut(operand.0 as usize) {
                    *last = index;
                }
            }
        }
        Self {
            kernel: Kernel::default(),
            program,
            uniforms: 0,
            places: vec![None; count],
            last_use,
            free: Vec::new(),
            constants: HashMap::new(),
            outcomes: HashMap::new(),
            available,
        }
    }

    fn operand(&self, value: Value) -> Result<Operand, KernelError> {
        self.places.get(value.0 as usize).copied().flatten().ok_or(KernelError::Operand(value))
    }

    fn uniform(&mut self, operation: ScalarOperation) -> Result<Operand, KernelError> {
        let index = u16::try_from(self.uniforms).map_err(|_| KernelError::TooManyRegisters)?;
        self.kernel.prologue.push(operation);
        self.uniforms += 1;
        Ok(Operand::Uniform(index))
    }

    fn constant(&mut self, number: f64) -> Result<Operand, KernelError> {
        if let Some(&index) = self.constants.get(&number.to_bits()) {
            return Ok(Operand::Uniform(index));
        }
        let operand = self.uniform(ScalarOperation::Constant(number))?;
        if let Operand::Uniform(index) = operand {
            self.constants.insert(number.to_bits(), index);
        }
        Ok(operand)
    }

    /// A register for a result. It is taken before those of the operands are given back, so that an operation never
    /// writes what it reads.
    fn register(&mut self) -> Result<u16, KernelError> {
        if let Some(register) = self.free.pop() {
            return Ok(register);
        }
        let register = u16::try_from(self.kernel.registers).map_err(|_| KernelError::TooManyRegisters)?;
        self.kernel.registers += 1;
        Ok(register)
    }

    fn release(&mut self, index: usize, instruction: &Instruction) {
        let mut done: Vec<u16> = Vec::new();
        for value in read_by(self.program, instruction) {
            if self.last_use[value.0 as usize] == index
                && let Some(Some(Operand::Register(register))) = self.places.get(value.0 as usize)
                && !done.contains(register)
            {
                done.push(*register);
            }
        }
        self.free.extend(done);
    }

    fn add(
        &mut self,
        index: usize,
        instruction: Instruction,
        access: &mut dyn FnMut(Place) -> Option<Access>,
    ) -> Result<(), KernelError> {
        let result = match instruction {
            Instruction::Constant(number) => Some(self.constant(number)?),
            Instruction::Load(place) => {
                Some(self.load(place, access(place).ok_or(KernelError::Unbound(place))?)?)
            }
            Instruction::Unary(what, a) => Some(match self.operand(a)? {
                Operand::Uniform(a) => self.uniform(ScalarOperation::Unary(what, a))?,
                Operand::Register(a) => {
                    let to = self.register()?;
                    self.kernel.operations.push(Operation::Unary { to, what, a });
                    Operand::Register(to)
                }
            }),
            Instruction::Binary(what, a, b) => Some(match (self.operand(a)?, self.operand(b)?) {
                (Operand::Uniform(a), Operand::Uniform(b)) => {
                    self.uniform(ScalarOperation::Binary(what, a, b))?
                }
                (a, b) => {
                    let to = self.register()?;
                    self.kernel.operations.push(Operation::Binary { to, what, a, b });
                    Operand::Register(to)
                }
            }),
            Instruction::Select(condition, then, otherwise) => {
                let all = (self.operand(condition)?, self.operand(then)?, self.operand(otherwise)?);
                Some(match all {
                    (Operand::Uniform(c), Operand::Uniform(t), Operand::Uniform(o)) => {
                        self.uniform(ScalarOperation::Select(c, t, o))?
                    }
                    (condition, then, otherwise) => {
                        let to = self.register()?;
                        self.kernel.operations.push(Operation::Select { to, condition, then, otherwise });
                        Operand::Register(to)
                    }
                })
            }
            Instruction::Lookup(id, a) => {
                let table = self.table(id)?;
                Some(match self.operand(a)? {
                    Operand::Uniform(a) => self.uniform(ScalarOperation::Lookup(table, a))?,
                    Operand::Register(a) => {
                        let to = self.register()?;
                        self.kernel.operations.push(Operation::Lookup { to, table, a });
                        Operand::Register(to)
                    }
                })
            }
            // Read where the loop is run.
            Instruction::List(..) => None,
            Instruction::Iterate(id, list) => {
                let first = self.iterate(id, list)?;
                self.outcomes.insert(Value(index as u32), first);
                None
            }
            Instruction::Outcome(from, number) => {
                let past = |first: u16| u16::try_from(u32::from(first) + number);
                let too_many = |_| KernelError::TooManyRegisters;
                Some(match self.outcomes.get(&from).ok_or(KernelError::Operand(from))? {
                    Operand::Register(first) => Operand::Register(past(*first).map_err(too_many)?),
                    Operand::Uniform(first) => Operand::Uniform(past(*first).map_err(too_many)?),
                })
            }
            Instruction::Store(place, value) => {
                let from = self.operand(value)?;
                let operation = match access(place).ok_or(KernelError::Unbound(place))? {
                    Access::Column(offset) => Operation::StoreColumn { offset: self.column(offset), from },
                    Access::Indexed(offset, list) => {
                        self.indexed(offset, list);
                        Operation::StoreIndexed { offset, list, from }
                    }
                    Access::Constant(_) | Access::Uniform(_) => return Err(KernelError::SharedWrite(place)),
                };
                self.kernel.operations.push(operation);
                None
            }
            Instruction::Accumulate(place, value) => {
                let from = self.operand(value)?;
                let operation = match access(place).ok_or(KernelError::Unbound(place))? {
                    Access::Column(offset) => Operation::AddColumn { offset: self.column(offset), from },
                    Access::Indexed(offset, list) => {
                        self.indexed(offset, list);
                        Operation::AddIndexed { offset, list, from }
                    }
                    Access::Constant(_) | Access::Uniform(_) => return Err(KernelError::SharedWrite(place)),
                };
                self.kernel.operations.push(operation);
                None
            }
        };
        self.places[index] = result;
        self.release(index, &instruction);
        // A result that nobody uses gives its register back at once.
        if let Some(Operand::Register(register)) = result
            && self.last_use[index] == 0
        {
            self.free.push(register);
        }
        Ok(())
    }

    /// Runs a loop: once for all when it is given what all instances share, otherwise in each lane. Returns where its
    /// first result goes.
    fn iterate(&mut self, id: LoopId, list: Value) -> Result<Operand, KernelError> {
        let body = self.body(id)?;
        let carried = body.carried;
        let count = self.program.loops.get(id.0 as usize).map_or(0, |l| l.carried + l.captured);
        let inputs: Vec<Operand> = items(&self.program.instructions, list, count)
            .into_iter()
            .map(|v| self.operand(v))
            .collect::<Result<_, _>>()?;
        let uniform = inputs.iter().all(|i| matches!(i, Operand::Uniform(_)));
        let too_many = |_| KernelError::TooManyRegisters;
        let iteration = u16::try_from(self.kernel.iterations.len()).map_err(too_many)?;
        self.kernel.iterations.push(Iteration { body, inputs });
        if uniform {
            let first = u16::try_from(self.uniforms).map_err(too_many)?;
            self.kernel.prologue.push(ScalarOperation::Iterate(iteration));
            self.uniforms += carried;
            return Ok(Operand::Uniform(first));
        }
        let to = u16::try_from(self.kernel.registers).map_err(too_many)?;
        self.kernel.registers += carried;
        u16::try_from(self.kernel.registers).map_err(too_many)?;
        self.kernel.operations.push(Operation::Iterate { to, iteration });
        Ok(Operand::Register(to))
    }

    /// The body of a loop as operations on single numbers.
    fn body(&mut self, id: LoopId) -> Result<ScalarLoop, KernelError> {
        let repeated = self.program.loops.get(id.0 as usize).ok_or(KernelError::NoLoop(id))?;
        let first = (repeated.carried + repeated.captured) as usize;
        let mut code = vec![Instruction::Constant(0.0); first];
        code.extend(&repeated.instructions);
        let mut position: Vec<u16> = Vec::with_capacity(code.len());
        let mut next = 0usize;
        let mut operations = Vec::with_capacity(repeated.instructions.len());
        for (index, instruction) in code.iter().enumerate() {
            let here = u16::try_from(next).map_err(|_| KernelError::TooManyRegisters)?;
            if index < first {
                position.push(here);
                next += 1;
                continue;
            }
            let at = |v: Value| position.get(v.0 as usize).copied().ok_or(KernelError::Operand(v));
            let operation = match *instruction {
                Instruction::Constant(number) => ScalarOperation::Constant(number),
                Instruction::Unary(what, a) => ScalarOperation::Unary(what, at(a)?),
                Instruction::Binary(what, a, b) => ScalarOperation::Binary(what, at(a)?, at(b)?),
                Instruction::Select(c, t, o) => ScalarOperation::Select(at(c)?, at(t)?, at(o)?),
                Instruction::Lookup(table, a) => {
                    let a = at(a)?;
                    ScalarOperation::Lookup(self.table(table)?, a)
                }
                Instruction::List(..) => {
                    position.push(here);
                    continue;
                }
                Instruction::Iterate(id, list) => {
                    let count = self.program.loops.get(id.0 as usize).map_or(0, |l| l.carried + l.captured);
                    let inputs = items(&code, list, count)
                        .into_iter()
                        .map(|v| at(v).map(Operand::Uniform))
                        .collect::<Result<_, _>>()?;
                    let body = self.body(id)?;
                    position.push(here);
                    next += body.carried;
                    let iteration = u16::try_from(self.kernel.iterations.len())
                        .map_err(|_| KernelError::TooManyRegisters)?;
                    self.kernel.iterations.push(Iteration { body, inputs });
                    operations.push(ScalarOperation::Iterate(iteration));
                    continue;
                }
                Instruction::Outcome(from, number) => {
                    let result = u32::from(at(from)?) + number;
                    position.push(u16::try_from(result).map_err(|_| KernelError::TooManyRegisters)?);
                    continue;
                }
                Instruction::Load(place)
                | Instruction::Store(place, _)
                | Instruction::Accumulate(place, _) => {
                    return Err(KernelError::Unbound(place));
                }
            };
            operations.push(operation);
            position.push(here);
            next += 1;
        }
        let at = |v: &Value| position.get(v.0 as usize).copied().ok_or(KernelError::Operand(*v));
        Ok(ScalarLoop {
            carried: repeated.carried as usize,
            condition: at(&repeated.condition)?,
            next: repeated.next.iter().map(at).collect::<Result<_, _>>()?,
            operations,
        })
    }

    fn load(&mut self, _place: Place, access: Access) -> Result<Operand, KernelError> {
        Ok(match access {
            Access::Constant(number) => self.constant(number)?,
            Access::Uniform(offset) => {
                self.kernel.uniform_end = self.kernel.uniform_end.max(offset + 1);
                self.uniform(ScalarOperation::Load(offset))?
            }
            Access::Column(offset) => {
                let (to, offset) = (self.register()?, self.column(offset));
                self.kernel.operations.push(Operation::LoadColumn { to, offset });
                Operand::Register(to)
            }
            Access::Indexed(offset, list) => {
                let to = self.register()?;
                self.indexed(offset, list);
                self.kernel.operations.push(Operation::LoadIndexed { to, offset, list });
                Operand::Register(to)
            }
        })
    }

    fn table(&mut self, id: TableId) -> Result<u16, KernelError> {
        let table = self.available.get(id.0 as usize).cloned().flatten().ok_or(KernelError::NoTable(id))?;
        let known = self.kernel.tables.iter().position(|t| Arc::ptr_eq(t, &table));
        let index = known.unwrap_or(self.kernel.tables.len());
        if known.is_none() {
            self.kernel.tables.push(table);
        }
        u16::try_from(index).map_err(|_| KernelError::TooManyRegisters)
    }

    fn column(&mut self, offset: usize) -> usize {
        self.kernel.touch_column(offset);
        offset
    }

    fn indexed(&mut self, offset: usize, list: usize) {
        if !self.kernel.indexed.contains(&(offset, list)) {
            self.kernel.indexed.push((offset, list));
        }
    }
}

/// The values that an instruction reads: a loop reads its list, and lists read nothing.
fn read_by(program: &Program, instruction: &Instruction) -> Vec<Value> {
    let mut values = Vec::new();
    match *instruction {
        Instruction::List(..) | Instruction::Outcome(..) => {}
        Instruction::Iterate(id, list) => {
            let count = program.loops.get(id.0 as usize).map_or(0, |l| l.carried + l.captured);
            values = items(&program.instructions, list, count);
        }
        _ => instruction.operands(|value| values.push(value)),
    }
    values
}

/// The items of a list of so many.
fn items(code: &[Instruction], list: Value, count: u32) -> Vec<Value> {
    let (mut rest, mut items) = (list, Vec::new());
    for _ in 1..count {
        let Some(&Instruction::List(before, item)) = code.get(rest.0 as usize) else { break };
        items.push(item);
        rest = before;
    }
    items.push(rest);
    items.reverse();
    items
}
