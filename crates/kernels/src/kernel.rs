//! A program made ready to run: places become offsets, values become registers.
//!
//! In comes a [`Program`] and, for each place, an [`Access`]; out goes a [`Kernel`], which holds offsets but no
//! addresses. Values that are the same for all instances form a prologue, computed once per run with the same
//! functions as in the lanes, so that what is uniform never changes bits.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use apical_nmodl::ir::{Binary, Instruction, Place, Program, TableId, Unary, Value};

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

/// What to do once per run; writes uniform `k` at position `k`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum UniformOperation {
    Constant(f64),
    Load(usize),
    Unary(Unary, u16),
    Binary(Binary, u16, u16),
    Select(u16, u16, u16),
    Lookup(u16, u16),
}

/// What to do for every block of lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation {
    LoadColumn { to: u16, offset: usize },
    LoadIndexed { to: u16, offset: usize, list: usize },
    Unary { to: u16, what: Unary, a: u16 },
    Binary { to: u16, what: Binary, a: Operand, b: Operand },
    Select { to: u16, condition: Operand, then: Operand, otherwise: Operand },
    Lookup { to: u16, table: u16, a: u16 },
    StoreColumn { offset: usize, from: Operand },
    StoreIndexed { offset: usize, list: usize, from: Operand },
    AddColumn { offset: usize, from: Operand },
    AddIndexed { offset: usize, list: usize, from: Operand },
}

/// A program bound to memory.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    pub(crate) prologue: Vec<UniformOperation>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) registers: usize,
    pub(crate) tables: Vec<Arc<Table>>,
    /// One past the last offset of anything that is the same for all instances.
    pub(crate) uniform_end: usize,
    /// Offsets of columns: each reaches to offset + last instance.
    pub(crate) columns: Vec<usize>,
    /// Offset and list of everything indexed.
    pub(crate) indexed: Vec<(usize, usize)>,
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
        let mut builder = Builder::new(program);
        builder.available = tables.to_vec();
        for (index, instruction) in program.instructions.iter().enumerate() {
            builder.add(index, *instruction, access)?;
        }
        Ok(builder.kernel)
    }

    /// Whether running it does nothing.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Operations per block of lanes, and those done once per run.
    pub fn operation_counts(&self) -> (usize, usize) {
        (self.operations.len(), self.prologue.len())
    }
}

struct Builder {
    kernel: Kernel,
    /// Where each value is; `None` before its definition and for writes.
    places: Vec<Option<Operand>>,
    last_use: Vec<usize>,
    free: Vec<u16>,
    constants: HashMap<u64, u16>,
    available: Vec<Option<Arc<Table>>>,
}

impl Builder {
    fn new(program: &Program) -> Self {
        let count = program.instructions.len();
        let mut last_use = vec![0; count];
        for (index, instruction) in program.instructions.iter().enumerate() {
            for operand in operands(instruction).into_iter().flatten() {
                if let Some(last) = last_use.get_mut(operand.0 as usize) {
                    *last = index;
                }
            }
        }
        Self {
            kernel: Kernel::default(),
            places: vec![None; count],
            last_use,
            free: Vec::new(),
            constants: HashMap::new(),
            available: Vec::new(),
        }
    }

    fn operand(&self, value: Value) -> Result<Operand, KernelError> {
        self.places.get(value.0 as usize).copied().flatten().ok_or(KernelError::Operand(value))
    }

    fn uniform(&mut self, operation: UniformOperation) -> Result<Operand, KernelError> {
        let index = u16::try_from(self.kernel.prologue.len()).map_err(|_| KernelError::TooManyRegisters)?;
        self.kernel.prologue.push(operation);
        Ok(Operand::Uniform(index))
    }

    fn constant(&mut self, number: f64) -> Result<Operand, KernelError> {
        if let Some(&index) = self.constants.get(&number.to_bits()) {
            return Ok(Operand::Uniform(index));
        }
        let operand = self.uniform(UniformOperation::Constant(number))?;
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
        for value in operands(instruction).into_iter().flatten() {
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
                Operand::Uniform(a) => self.uniform(UniformOperation::Unary(what, a))?,
                Operand::Register(a) => {
                    let to = self.register()?;
                    self.kernel.operations.push(Operation::Unary { to, what, a });
                    Operand::Register(to)
                }
            }),
            Instruction::Binary(what, a, b) => Some(match (self.operand(a)?, self.operand(b)?) {
                (Operand::Uniform(a), Operand::Uniform(b)) => {
                    self.uniform(UniformOperation::Binary(what, a, b))?
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
                        self.uniform(UniformOperation::Select(c, t, o))?
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
                    Operand::Uniform(a) => self.uniform(UniformOperation::Lookup(table, a))?,
                    Operand::Register(a) => {
                        let to = self.register()?;
                        self.kernel.operations.push(Operation::Lookup { to, table, a });
                        Operand::Register(to)
                    }
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

    fn load(&mut self, _place: Place, access: Access) -> Result<Operand, KernelError> {
        Ok(match access {
            Access::Constant(number) => self.constant(number)?,
            Access::Uniform(offset) => {
                self.kernel.uniform_end = self.kernel.uniform_end.max(offset + 1);
                self.uniform(UniformOperation::Load(offset))?
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
        if !self.kernel.columns.contains(&offset) {
            self.kernel.columns.push(offset);
        }
        offset
    }

    fn indexed(&mut self, offset: usize, list: usize) {
        if !self.kernel.indexed.contains(&(offset, list)) {
            self.kernel.indexed.push((offset, list));
        }
    }
}

fn operands(instruction: &Instruction) -> [Option<Value>; 3] {
    match *instruction {
        Instruction::Constant(_) | Instruction::Load(_) => [None; 3],
        Instruction::Unary(_, a)
        | Instruction::Lookup(_, a)
        | Instruction::Store(_, a)
        | Instruction::Accumulate(_, a) => [Some(a), None, None],
        Instruction::Binary(_, a, b) => [Some(a), Some(b), None],
        Instruction::Select(a, b, c) => [Some(a), Some(b), Some(c)],
    }
}
