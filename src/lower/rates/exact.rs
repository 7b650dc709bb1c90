//! The expression itself, evaluated by the interpreter: what a table is made from and measured by.

use std::sync::Arc;

use apical_kernels::{Access, Kernel, KernelError, Level, Lists, Scratch, Table};
use apical_nmodl::ir::{Binary, Instruction, Place, Program, Value, VariableId};
use apical_nmodl::passes;

/// Potentials evaluated at once.
const BATCH: usize = 1024;

/// A value of a program as a function of the potential, with what its conditions compare.
pub struct Exact {
    kernel: Kernel,
    level: Option<Level>,
    conditions: usize,
    memory: Vec<f64>,
    scratch: Scratch,
}

impl Exact {
    /// The value, and for each condition the difference of what is compared, the second being 0 where there is none.
    ///
    /// # Errors
    /// A kernel that cannot be made.
    pub fn new(
        program: &Program,
        value: Value,
        conditions: &[(Value, Option<Value>)],
        tables: &[Option<Arc<Table>>],
        fixed: &dyn Fn(Place) -> Option<f64>,
    ) -> Result<Self, KernelError> {
        let writes = |i: &Instruction| matches!(i, Instruction::Store(..) | Instruction::Accumulate(..));
        let count = program.instructions.iter().position(writes).unwrap_or(program.instructions.len());
        let mut instructions = program.instructions[..count].to_vec();
        let mut outputs = vec![value];
        for &(a, b) in conditions {
            outputs.push(match b {
                None => a,
                Some(b) => {
                    instructions.push(Instruction::Binary(Binary::Subtract, a, b));
                    Value(instructions.len() as u32 - 1)
                }
            });
        }
        let output = |(number, value)| Instruction::Store(Place::Variable(VariableId(number as u32)), value);
        instructions.extend(outputs.iter().copied().enumerate().map(output));
        let mut program = Program { instructions, loops: program.loops.clone() };
        passes::dead_code(&mut program);
        // Outputs are places of their own, and what they share names with is loaded as a number.
        let outputs = outputs.len();
        let mut loaded = Vec::new();
        for instruction in &mut program.instructions {
            if let Instruction::Load(place) = *instruction
                && place != Place::Voltage
            {
                loaded.push(fixed(place).ok_or(KernelError::Unbound(place))?);
                *instruction = Instruction::Load(Place::Argument(loaded.len() as u32 - 1));
            }
        }
        let mut access = |place| match place {
            Place::Voltage => Some(Access::Column(0)),
            Place::Variable(id) => Some(Access::Column((1 + id.0 as usize) * BATCH)),
            Place::Argument(number) => loaded.get(number as usize).copied().map(Access::Constant),
            _ => None,
        };
        Ok(Self {
            kernel: Kernel::compile(&program, &mut access, tables)?,
            // One run is not worth machine code.
            level: Level::available().into_iter().rfind(|level| matches!(level, Level::Interpreter(_))),
            conditions: outputs - 1,
            memory: vec![0.0; (1 + outputs) * BATCH],
            scratch: Scratch::default(),
        })
    }

    /// How many conditions there are.
    pub fn conditions(&self) -> usize {
        self.conditions
    }

    /// At each potential the value.
    pub fn values(&mut self, potentials: &[f64]) -> Vec<f64> {
        self.output(0, potentials)
    }

    /// At each potential how far what a condition compares is apart.
    pub fn differences(&mut self, condition: usize, potentials: &[f64]) -> Vec<f64> {
        self.output(1 + condition, potentials)
    }

    fn output(&mut self, number: usize, potentials: &[f64]) -> Vec<f64> {
        let mut outputs = Vec::with_capacity(potentials.len());
        for batch in potentials.chunks(BATCH) {
            self.memory[..batch.len()].copy_from_slice(batch);
            if let Some(level) = self.level {
                let (memory, scratch) = (&mut self.memory, &mut self.scratch);
                self.kernel.run_at(level, memory, &Lists::default(), 0..batch.len(), scratch);
            }
            outputs.extend_from_slice(&self.memory[(1 + number) * BATCH..][..batch.len()]);
        }
        outputs
    }
}
