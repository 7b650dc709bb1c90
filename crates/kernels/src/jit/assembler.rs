//! Machine code, instruction by instruction, with jumps.

use iced_x86::{Code, Encoder, IcedError, Instruction, MemoryOperand, Register};

/// A place in the code to jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(usize);

/// The last operand of many instructions.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    Register(Register),
    Memory(MemoryOperand),
}

/// Collects instructions. The first one that cannot be encoded is told at the end.
pub struct Assembler {
    encoder: Encoder,
    length: usize,
    fault: Option<IcedError>,
    labels: Vec<Option<usize>>,
    /// Ends of jumps, whose last four bytes are the distance to a label.
    jumps: Vec<(usize, Label)>,
}

impl Assembler {
    pub fn new() -> Self {
        Self { encoder: Encoder::new(64), length: 0, fault: None, labels: Vec::new(), jumps: Vec::new() }
    }

    fn encode(&mut self, instruction: Result<Instruction, IcedError>) {
        match instruction.and_then(|i| self.encoder.encode(&i, self.length as u64)) {
            Ok(length) => self.length += length,
            Err(fault) => self.fault = self.fault.take().or(Some(fault)),
        }
    }

    /// A plain instruction of no operands.
    pub fn plain(&mut self, code: Code) {
        self.encode(Ok(Instruction::with(code)));
    }

    /// One register.
    pub fn one(&mut self, code: Code, a: Register) {
        self.encode(Instruction::with1(code, a));
    }

    /// One operand in memory.
    pub fn one_in_memory(&mut self, code: Code, a: MemoryOperand) {
        self.encode(Instruction::with1(code, a));
    }

    /// A register and a number.
    pub fn immediate(&mut self, code: Code, a: Register, number: i32) {
        self.encode(Instruction::with2(code, a, number));
    }

    /// A register and a long number.
    pub fn long_immediate(&mut self, code: Code, a: Register, number: u64) {
        self.encode(Instruction::with2(code, a, number));
    }

    /// Two operands.
    pub fn two(&mut self, code: Code, to: Register, from: Source) {
        self.masked_two(code, to, from, Mask::All);
    }

    /// Two operands under a mask.
    pub fn masked_two(&mut self, code: Code, to: Register, from: Source, mask: Mask) {
        let instruction = match from {
            Source::Register(from) => Instruction::with2(code, to, from),
            Source::Memory(from) => Instruction::with2(code, to, from),
        };
        self.encode(instruction.map(|i| mask.on(i)));
    }

    /// A write to memory.
    pub fn store(&mut self, code: Code, to: MemoryOperand, from: Register, mask: Mask) {
        self.encode(Instruction::with2(code, to, from).map(|i| mask.on(i)));
    }

    /// A write to memory under a mask that is an operand.
    pub fn store_by(&mut self, code: Code, to: MemoryOperand, mask: Register, from: Register) {
        self.encode(Instruction::with3(code, to, mask, from));
    }

    /// Three operands.
    pub fn three(&mut self, code: Code, to: Register, a: Register, b: Source) {
        self.masked_three(code, to, a, b, Mask::All);
    }

    /// Three operands under a mask.
    pub fn masked_three(&mut self, code: Code, to: Register, a: Register, b: Source, mask: Mask) {
        let instruction = match b {
            Source::Register(b) => Instruction::with3(code, to, a, b),
            Source::Memory(b) => Instruction::with3(code, to, a, b),
        };
        self.encode(instruction.map(|i| mask.on(i)));
    }

    /// Two operands and a number.
    pub fn two_immediate(&mut self, code: Code, to: Register, a: Source, number: i32) {
        self.encode(match a {
            Source::Register(a) => Instruction::with3(code, to, a, number),
            Source::Memory(a) => Instruction::with3(code, to, a, number),
        });
    }

    /// Three operands and a number.
    pub fn three_immediate(&mut self, code: Code, to: Register, a: Register, b: Source, number: i32) {
        self.encode(match b {
            Source::Register(b) => Instruction::with4(code, to, a, b, number),
            Source::Memory(b) => Instruction::with4(code, to, a, b, number),
        });
    }

    /// Three operands and a register that chooses.
    pub fn four(&mut self, code: Code, to: Register, a: Register, b: Source, by: Register) {
        self.encode(match b {
            Source::Register(b) => Instruction::with4(code, to, a, b, by),
            Source::Memory(b) => Instruction::with4(code, to, a, b, by),
        });
    }

    /// A label to be bound later.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Binds a label to the present place.
    pub fn bind(&mut self, label: Label) {
        self.labels[label.0] = Some(self.length);
    }

    /// A jump with a distance of four bytes.
    pub fn jump(&mut self, code: Code, label: Label) {
        // The distance is filled in at the end; this one only has to fit.
        self.encode(Instruction::with_branch(code, self.length as u64));
        self.jumps.push((self.length, label));
    }

    /// The code.
    ///
    /// # Errors
    /// An instruction that does not exist.
    pub fn finish(mut self) -> Result<Vec<u8>, IcedError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut bytes = self.encoder.take_buffer();
        for (end, label) in self.jumps {
            let target = self.labels[label.0].unwrap_or(end);
            let distance = target as i32 - end as i32;
            bytes[end - 4..end].copy_from_slice(&distance.to_le_bytes());
        }
        Ok(bytes)
    }
}

/// Which lanes an instruction of AVX-512 writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    All,
    /// Those of a mask; the others stay.
    Merging(Register),
    /// Those of a mask; the others become 0.
    Zeroing(Register),
}

impl Mask {
    fn on(self, mut instruction: Instruction) -> Instruction {
        match self {
            Mask::All => {}
            Mask::Merging(mask) => instruction.set_op_mask(mask),
            Mask::Zeroing(mask) => {
                instruction.set_op_mask(mask);
                instruction.set_zeroing_masking(true);
            }
        }
        instruction
    }
}
