//! Runs a kernel over blocks of instances.
//!
//! Each operation is one loop over a block of lanes, which the compiler turns into vector code; a block is small
//! enough for all registers of a kernel to stay in the first-level cache. The loops exist three times, compiled for
//! AVX-512, for AVX2 with FMA and for any processor; which one runs is decided by what the processor can do and
//! never changes a bit.

use std::ops::Range;

use apical_nmodl::ir::{Binary, MOST_REPETITIONS, Unary};

use crate::kernel::{Kernel, Operand, Operation, ScalarLoop, ScalarOperation};
use crate::math::arithmetic::Scalar;
use crate::math::{self, exponential, logarithm, trigonometry};
use crate::random;
use crate::run::Lists;
use crate::table::Table;

/// Lanes of a full block: 64 by measurement (dispatch is spread thin, forty registers fit in 20 kB).
const BLOCK: usize = 64;
/// Lanes of a block for what remains.
const SMALL: usize = 8;

/// The lanes of one value. Aligned to a cache line: a vector that straddles two costs a quarter of the speed.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Register([f64; BLOCK]);

/// Working memory of the interpreter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registers(Vec<Register>);

/// The processors that the interpreter's loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// Any processor.
    Any,
    /// x86-64 with AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512 F, DQ and VL.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    /// Runs all operations for the given instances.
    ///
    /// # Safety
    /// Everything that the kernel touches for them lies inside `memory`: what [`Kernel::check`](crate::run) finds out. The
    /// processor is one of those named.
    pub(crate) unsafe fn interpret(
        &self,
        processor: Processor,
        memory: &mut [f64],
        lists: &Lists,
        instances: Range<usize>,
        registers: &mut Registers,
        uniforms: &[f64],
    ) {
        // One more than the kernel counts, to spread a uniform that is written.
        if registers.0.len() <= self.registers {
            registers.0.resize(self.registers + 1, Register([0.0; BLOCK]));
        }
        let mut start = instances.start;
        while start < instances.end {
            let left = instances.end - start;
            // A block partly filled costs as much as a full one: from a quarter on it is the cheaper way.
            let full = left >= BLOCK / 4;
            let lanes = left.min(if full { BLOCK } else { SMALL });
            let block = Block {
                kernel: self,
                memory: &mut *memory,
                lists,
                registers: &mut registers.0,
                uniforms,
                start,
                lanes,
            };
            match (processor, full) {
                (Processor::Any, true) => block.execute::<BLOCK>(),
                (Processor::Any, false) => block.execute::<SMALL>(),
                // SAFETY: the caller says that the processor has the features.
                #[cfg(target_arch = "x86_64")]
                (Processor::Avx2, true) => unsafe { block.execute_avx2::<BLOCK>() },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                (Processor::Avx2, false) => unsafe { block.execute_avx2::<SMALL>() },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                (Processor::Avx512, true) => unsafe { block.execute_avx512::<BLOCK>() },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                (Processor::Avx512, false) => unsafe { block.execute_avx512::<SMALL>() },
            }
            start += lanes;
        }
    }

    /// Operations on single numbers; `values` holds what they may use and takes their results.
    pub(crate) fn run_scalars(
        &self,
        operations: &[ScalarOperation],
        memory: &[f64],
        values: &mut Vec<f64>,
        budget: &mut usize,
    ) {
        for operation in operations {
            let at = |index: u16| values[index as usize];
            let value = match *operation {
                ScalarOperation::Constant(number) => number,
                ScalarOperation::Load(offset) => memory[offset],
                ScalarOperation::Unary(what, a) => unary_alone(what, at(a)),
                ScalarOperation::Binary(what, a, b) => binary_alone(what, at(a), at(b)),
                ScalarOperation::Lookup(table, a) => self.tables[table as usize].at(at(a)),
                ScalarOperation::Select(c, t, o) => {
                    if at(c) != 0.0 {
                        at(t)
                    } else {
                        at(o)
                    }
                }
                ScalarOperation::Iterate(index) => {
                    let iteration = &self.iterations[index as usize];
                    let input = |operand: &Operand| match *operand {
                        Operand::Uniform(index) | Operand::Register(index) => at(index),
                    };
                    let mut inner = iteration.inputs.iter().map(input).collect();
                    self.iterate(&iteration.body, &mut inner, budget);
                    values.extend(inner);
                    continue;
                }
            };
            values.push(value);
        }
    }

    /// Repeats a loop's body; `values` holds what it is given and is left with what it hands on. Whoever goes on for too long
    /// gets what is not a number.
    pub(crate) fn iterate(&self, body: &ScalarLoop, values: &mut Vec<f64>, budget: &mut usize) {
        let given = values.len();
        loop {
            self.run_scalars(&body.operations, &[], values, budget);
            if values[body.condition as usize] == 0.0 {
                values.truncate(body.carried);
                return;
            }
            if *budget == 0 {
                *values = vec![f64::NAN; body.carried];
                return;
            }
            *budget -= 1;
            let next: Vec<f64> = body.next.iter().map(|&index| values[index as usize]).collect();
            values.truncate(given);
            values[..body.carried].copy_from_slice(&next);
        }
    }
}

/// One block of instances about to be run.
struct Block<'a> {
    kernel: &'a Kernel,
    memory: &'a mut [f64],
    lists: &'a Lists,
    registers: &'a mut [Register],
    uniforms: &'a [f64],
    start: usize,
    lanes: usize,
}

/// An operand as a loop sees it.
enum Lanes<'a, const N: usize> {
    Vector(&'a [f64; N]),
    Scalar(f64),
}

impl Block<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
    fn execute_avx512<const N: usize>(self) {
        self.execute::<N>();
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn execute_avx2<const N: usize>(self) {
        self.execute::<N>();
    }

    /// Runs all operations. `N` is the number of lanes computed, at least `self.lanes`: lanes beyond hold leftovers,
    /// which are never stored.
    #[inline(always)]
    fn execute<const N: usize>(mut self) {
        let (start, lanes) = (self.start, self.lanes);
        for operation in &self.kernel.operations {
            match *operation {
                Operation::LoadColumn { to, offset } => {
                    let from = offset + start;
                    self.registers[to as usize].0[..lanes].copy_from_slice(&self.memory[from..from + lanes]);
                }
                Operation::LoadIndexed { to, offset, list } => {
                    let list = &self.lists.get(list).entries[start..start + lanes];
                    let register = &mut self.registers[to as usize].0;
                    let memory = &self.memory[offset..];
                    for (lane, &index) in register.iter_mut().zip(list) {
                        // SAFETY: `check` found the offset and the list's largest entry inside the memory.
                        *lane = unsafe { *memory.get_unchecked(index as usize) };
                    }
                }
                Operation::Unary { to, what, a } => {
                    let (to, a) = self
                        .result::<N>(to, [Operand::Register(a), Operand::Register(a), Operand::Register(a)]);
                    let Lanes::Vector(a) = a[0] else { continue };
                    apply_unary(what, to, a);
                }
                Operation::Binary { to, what, a, b } => {
                    let (to, operands) = self.result::<N>(to, [a, b, b]);
                    let [a, b, _] = operands;
                    apply_binary(what, to, a, b);
                }
                Operation::Select { to, condition, then, otherwise } => {
                    let (to, [condition, then, otherwise]) =
                        self.result::<N>(to, [condition, then, otherwise]);
                    for (i, lane) in to.iter_mut().enumerate() {
                        *lane = if condition.at(i) != 0.0 { then.at(i) } else { otherwise.at(i) };
                    }
                }
                Operation::Lookup { to, table, a } => {
                    let table = &self.kernel.tables[table as usize];
                    let (to, [a, ..]) = self.result::<N>(to, [Operand::Register(a); 3]);
                    match &**table {
                        Table::Points(points) => {
                            for (i, lane) in to.iter_mut().enumerate() {
                                *lane = points.at(a.at(i));
                            }
                        }
                        Table::Pieces(pieces) => {
                            for (i, lane) in to.iter_mut().enumerate() {
                                *lane = pieces.at(a.at(i));
                            }
                        }
                    }
                }
                Operation::Iterate { to, iteration } => self.iterate(to, iteration),
                Operation::StoreColumn { offset, from } => {
                    let (from, memory) = self.source(from);
                    let column = &mut memory[offset + start..][..lanes];
                    column.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
                }
                Operation::AddColumn { offset, from } => {
                    let (from, memory) = self.source(from);
                    let column = &mut memory[offset + start..][..lanes];
                    column.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
                }
                Operation::StoreIndexed { offset, list, from } => {
                    let list = &self.lists.get(list).entries[start..start + lanes];
                    let (from, memory) = self.source(from);
                    let memory = &mut memory[offset..];
                    for (&index, &from) in list.iter().zip(from) {
                        // SAFETY: `check` found the offset and the list's largest entry inside the memory.
                        unsafe { *memory.get_unchecked_mut(index as usize) = from };
                    }
                }
                // One after the other: several instances may share a node, and their order is theirs.
                Operation::AddIndexed { offset, list, from } => {
                    let list = &self.lists.get(list).entries[start..start + lanes];
                    let (from, memory) = self.source(from);
                    let memory = &mut memory[offset..];
                    for (&index, &from) in list.iter().zip(from) {
                        // SAFETY: `check` found the offset and the list's largest entry inside the memory.
                        unsafe { *memory.get_unchecked_mut(index as usize) += from };
                    }
                }
            }
        }
    }

    /// A loop, lane by lane: how often it is repeated differs from one to the next.
    fn iterate(&mut self, to: u16, iteration: u16) {
        let iteration = &self.kernel.iterations[iteration as usize];
        let mut values = Vec::new();
        for lane in 0..self.lanes {
            values.clear();
            values.extend(iteration.inputs.iter().map(|operand| match *operand {
                Operand::Register(index) => self.registers[index as usize].0[lane],
                Operand::Uniform(index) => self.uniforms[index as usize],
            }));
            self.kernel.iterate(&iteration.body, &mut values, &mut { MOST_REPETITIONS });
            for (number, &value) in values.iter().enumerate() {
                self.registers[to as usize + number].0[lane] = value;
            }
        }
    }

    /// What is written to memory, as lanes, and the memory. A uniform is spread over a register of its own.
    #[inline(always)]
    fn source(&mut self, operand: Operand) -> (&[f64; BLOCK], &mut [f64]) {
        let register = match operand {
            Operand::Register(r) => r as usize,
            Operand::Uniform(u) => {
                let spare = self.kernel.registers;
                self.registers[spare].0 = [self.uniforms[u as usize]; BLOCK];
                spare
            }
        };
        (&self.registers[register].0, self.memory)
    }

    /// The register to write and the operands to read, as arrays of `N` lanes.
    #[inline(always)]
    fn result<const N: usize>(&mut self, to: u16, from: [Operand; 3]) -> (&mut [f64; N], [Lanes<'_, N>; 3]) {
        let count = self.registers.len();
        let base = self.registers.as_mut_ptr();
        let operand = |operand: Operand| match operand {
            Operand::Uniform(u) => Lanes::Scalar(self.uniforms[u as usize]),
            Operand::Register(r) => {
                assert!((r as usize) < count && r != to);
                // SAFETY: the register exists and is not the one written; N ≤ BLOCK numbers of it are read.
                Lanes::Vector(unsafe { &*base.add(r as usize).cast::<[f64; N]>() })
            }
        };
        // Not `from.map`, which is not always inlined.
        let operands = [operand(from[0]), operand(from[1]), operand(from[2])];
        assert!((to as usize) < count && N <= BLOCK);
        // SAFETY: the register exists, and none of the operands is the same one, as asserted above.
        (unsafe { &mut *base.add(to as usize).cast::<[f64; N]>() }, operands)
    }
}

impl<const N: usize> Lanes<'_, N> {
    #[inline(always)]
    fn at(&self, i: usize) -> f64 {
        match self {
            Lanes::Vector(v) => v[i],
            Lanes::Scalar(s) => *s,
        }
    }
}

/// One unary operation on a single number, where no loop is compiled for the processor.
pub(crate) fn unary_alone(what: Unary, a: f64) -> f64 {
    match what {
        Unary::Exp => math::exp(a),
        Unary::Log => math::log(a),
        Unary::Sin => math::sin(a),
        Unary::Cos => math::cos(a),
        Unary::Tan => math::tan(a),
        Unary::Sinh => math::sinh(a),
        Unary::Cosh => math::cosh(a),
        Unary::Tanh => math::tanh(a),
        Unary::Exprelr => math::exprelr(a),
        other => unary(other, a),
    }
}

/// One binary operation on single numbers.
pub(crate) fn binary_alone(what: Binary, a: f64, b: f64) -> f64 {
    match what {
        Binary::Power => math::pow(a, b),
        other => binary(other, a, b),
    }
}

/// One unary operation, in the form that both lanes and prologue use.
#[inline(always)]
pub(crate) fn unary(what: Unary, a: f64) -> f64 {
    match what {
        Unary::Negate => -a,
        Unary::Not => f64::from(u8::from(a == 0.0)),
        Unary::Abs => a.abs(),
        Unary::Exp => exponential::exp(&mut Scalar, a),
        Unary::Log => logarithm::log(&mut Scalar, a),
        Unary::Log10 => libm::log10(a),
        Unary::Sqrt => a.sqrt(),
        Unary::Sin => trigonometry::alone(a, trigonometry::sin, libm::sin),
        Unary::Cos => trigonometry::alone(a, trigonometry::cos, libm::cos),
        Unary::Tan => trigonometry::alone(a, trigonometry::tan, libm::tan),
        Unary::Sinh => exponential::sinh(&mut Scalar, a),
        Unary::Cosh => exponential::cosh(&mut Scalar, a),
        Unary::Tanh => exponential::tanh(&mut Scalar, a),
        Unary::Exprelr => exponential::exprelr(&mut Scalar, a),
        Unary::Asin => libm::asin(a),
        Unary::Acos => libm::acos(a),
        Unary::Atan => libm::atan(a),
        Unary::Floor => a.floor(),
        Unary::Ceil => a.ceil(),
    }
}

/// One binary operation, in the form that both lanes and prologue use.
#[inline(always)]
pub(crate) fn binary(what: Binary, a: f64, b: f64) -> f64 {
    let truth = |t: bool| if t { 1.0 } else { 0.0 };
    match what {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        Binary::Power => logarithm::pow(&mut Scalar, a, b),
        Binary::Remainder => a % b,
        Binary::Minimum => {
            if a < b {
                a
            } else {
                b
            }
        }
        Binary::Maximum => {
            if a > b {
                a
            } else {
                b
            }
        }
        Binary::Less => truth(a < b),
        Binary::LessEqual => truth(a <= b),
        Binary::Greater => truth(a > b),
        Binary::GreaterEqual => truth(a >= b),
        Binary::Equal => truth(a == b),
        Binary::NotEqual => truth(a != b),
        Binary::And => truth((a != 0.0) & (b != 0.0)),
        Binary::Or => truth((a != 0.0) | (b != 0.0)),
        Binary::Random => random::draw(a, b),
    }
}

/// The operation is chosen outside the loop, so that each loop is one vectorisable expression.
#[inline(always)]
fn apply_unary<const N: usize>(what: Unary, to: &mut [f64; N], a: &[f64; N]) {
    macro_rules! each {
        ($($name:ident),*) => {
            match what {
                $(Unary::$name => for i in 0..N { to[i] = unary(Unary::$name, a[i]); },)*
                Unary::Sin | Unary::Cos | Unary::Tan => {}
            }
        };
    }
    match what {
        Unary::Sin => apply_within_reach(to, a, trigonometry::sin, libm::sin),
        Unary::Cos => apply_within_reach(to, a, trigonometry::cos, libm::cos),
        Unary::Tan => apply_within_reach(to, a, trigonometry::tan, libm::tan),
        _ => each!(
            Negate, Not, Abs, Exp, Log, Log10, Sqrt, Sinh, Cosh, Tanh, Exprelr, Asin, Acos, Atan, Floor, Ceil
        ),
    }
}

/// A trigonometric function, first without regard to large arguments: a loop with calls in it would not be vector code.
#[inline(always)]
fn apply_within_reach<const N: usize>(
    to: &mut [f64; N],
    a: &[f64; N],
    within: impl Fn(&mut Scalar, f64) -> f64,
    beyond: fn(f64) -> f64,
) {
    for i in 0..N {
        to[i] = within(&mut Scalar, a[i]);
    }
    if a.iter().any(|x| x.abs() > trigonometry::REACH) {
        for i in 0..N {
            to[i] = trigonometry::alone(a[i], &within, beyond);
        }
    }
}

#[inline(always)]
fn apply_binary<const N: usize>(what: Binary, to: &mut [f64; N], a: Lanes<N>, b: Lanes<N>) {
    macro_rules! each {
        ($($name:ident),*) => {
            match what {
                $(Binary::$name => match (a, b) {
                    (Lanes::Vector(a), Lanes::Vector(b)) => {
                        for i in 0..N { to[i] = binary(Binary::$name, a[i], b[i]); }
                    }
                    (Lanes::Vector(a), Lanes::Scalar(b)) => {
                        for i in 0..N { to[i] = binary(Binary::$name, a[i], b); }
                    }
                    (Lanes::Scalar(a), Lanes::Vector(b)) => {
                        for i in 0..N { to[i] = binary(Binary::$name, a, b[i]); }
                    }
                    (Lanes::Scalar(a), Lanes::Scalar(b)) => *to = [binary(Binary::$name, a, b); N],
                }),*
            }
        };
    }
    each!(
        Add,
        Subtract,
        Multiply,
        Divide,
        Power,
        Remainder,
        Minimum,
        Maximum,
        Less,
        LessEqual,
        Greater,
        GreaterEqual,
        Equal,
        NotEqual,
        And,
        Or,
        Random
    );
}
