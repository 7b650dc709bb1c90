//! From code with registers to machine code: the frame, the loop over vectors, addresses and calls. The instructions for
//! vectors are in `emit_avx512` and `emit_avx2`.
//!
//! The function made takes one argument, the address of a [`Workspace`](super::workspace) laid out as [`Layout`] says; no
//! address is part of the code. Whole vectors run in a loop; what remains runs through a second copy of the body in which memory is
//! read and written under a mask.

use iced_x86::{Code as Op, IcedError, MemoryOperand, Register};

use super::allocate::{Allocation, Location, Placed};
use super::assembler::{Assembler, Label, Source};
use super::code::{Access, Code, Id, What, permuted};
use super::target::Target;

/// Start of the memory.
const MEMORY: Register = Register::RBX;
/// The workspace.
pub const WORKSPACE: Register = Register::R12;
/// The constants; before them stand the tables of [`PREFIX`].
pub const CONSTANTS: Register = Register::R13;
/// The instance that is the vector's first.
pub const INSTANCE: Register = Register::R14;
/// One past the last instance.
const END: Register = Register::R15;
/// The lanes of a vector of indices, one by one, as AVX2 fetches coefficients.
pub const INDICES: [Register; 4] = [Register::RBP, Register::R9, Register::R10, Register::R11];
/// Registers that [`Layout::saved`] has room for.
pub const SAVED_VECTORS: usize = 32;
pub const SAVED_TRUTHS: usize = 8;
/// Registers that the caller wants back.
const SAVED: [Register; 6] =
    [Register::RBX, Register::RBP, Register::R12, Register::R13, Register::R14, Register::R15];

/// What stands before the constants: the first lanes' numbers, then ones and zeros, a window of which is AVX2's mask.
pub const PREFIX: [u64; 16] = {
    let ones = u64::MAX;
    [1 << 32, 3 << 32 | 2, 5 << 32 | 4, 7 << 32 | 6, 0, 0, 0, 0, ones, ones, ones, ones, 0, 0, 0, 0]
};
/// Where in front of the constants the lanes' numbers are.
pub const LANE_NUMBERS: i64 = -128;

/// Where things lie in a workspace, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Addresses of lists.
    pub lists: usize,
    /// Numbers of the prologue.
    pub uniforms: usize,
    /// Arguments and results of calls.
    pub call: usize,
    /// All registers of vectors and truths, while a call lasts that is seldom made.
    pub saved: usize,
    /// The lanes of one value, to be used one by one.
    pub lanes: usize,
    /// Values without a register.
    pub slots: usize,
    /// Its length.
    pub length: usize,
}

/// What stands at the start of a workspace, each of eight bytes.
pub mod head {
    pub const MEMORY: i64 = 0;
    pub const CONSTANTS: i64 = 8;
    pub const START: i64 = 16;
    pub const END: i64 = 24;
    pub const CONTEXT: i64 = 32;
    pub const CALL: i64 = 40;
    pub const LENGTH: usize = 64;
}

impl Layout {
    /// For code with so many numbers of the prologue and slots.
    pub fn new(code: &Code, uniforms: usize, slots: usize, target: Target) -> Self {
        let vector = target.lanes() * 8;
        let line = |bytes: usize| bytes.next_multiple_of(64);
        let lists = head::LENGTH;
        let uniforms_at = lists + line(code.lists.len() * 8);
        let call = uniforms_at + line(uniforms * target.shared_stride());
        let saved = call + line(code.call_area() * vector);
        let lanes = saved + SAVED_VECTORS * vector + line(SAVED_TRUTHS * 8);
        let slots_at = lanes + 64;
        Self {
            lists,
            uniforms: uniforms_at,
            call,
            saved,
            lanes,
            slots: slots_at,
            length: slots_at + line(slots * vector),
        }
    }
}

/// Bytes of machine code for an allocation.
///
/// # Errors
/// An instruction that cannot be encoded, which is a fault of the emitter.
pub fn emit(
    code: &Code,
    allocation: &Allocation,
    layout: Layout,
    target: Target,
) -> Result<Vec<u8>, IcedError> {
    let mut emitter =
        Emitter { code, layout, target, assembler: Assembler::new(), shape: Shape::Whole, indices: None };
    emitter.function(allocation);
    emitter.assembler.finish()
}

/// How many instructions fetch a coefficient.
pub fn of_coefficient(pieces: usize, target: Target) -> usize {
    match target {
        Target::Avx512 if permuted(pieces, target) => 2,
        Target::Avx512 => 3,
        Target::Avx2 => 5,
    }
}

pub(super) struct Emitter<'a> {
    pub code: &'a Code,
    pub layout: Layout,
    pub target: Target,
    pub assembler: Assembler,
    pub shape: Shape,
    /// The vector whose lanes are in [`INDICES`].
    pub indices: Option<Location>,
}

/// What is known of a vector. There is a copy of the body for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// All lanes exist, and their entries follow one another in each list: what is indexed is a column.
    Whole,
    /// All lanes exist.
    Scattered,
    /// Lanes beyond the last instance are neither read nor written.
    Last,
}

impl Emitter<'_> {
    fn function(&mut self, allocation: &Allocation) {
        for register in SAVED {
            self.assembler.one(Op::Push_r64, register);
        }
        // Six registers and the return address: eight more bytes align the stack for calls.
        self.assembler.immediate(Op::Sub_rm64_imm8, Register::RSP, 8);
        self.assembler.two(Op::Mov_r64_rm64, WORKSPACE, Source::Register(Register::RDI));
        let heads =
            [(MEMORY, head::MEMORY), (CONSTANTS, head::CONSTANTS), (INSTANCE, head::START), (END, head::END)];
        for (register, at) in heads {
            self.assembler.two(Op::Mov_r64_rm64, register, self.workspace(at));
        }
        for &(from, to) in &allocation.entry {
            self.bring(from, to);
        }
        let [again, next, scattered, last, done] = std::array::from_fn(|_| self.assembler.label());
        self.unless_whole(Op::Ja_rel32_64, last);
        self.assembler.bind(again);
        for list in 0..self.code.lists.len() {
            self.unless_consecutive(list as u16, scattered);
        }
        self.body(allocation, Shape::Whole);
        self.assembler.bind(next);
        self.assembler.immediate(Op::Add_rm64_imm8, INSTANCE, self.target.lanes() as i32);
        self.unless_whole(Op::Jbe_rel32_64, again);
        self.assembler.bind(last);
        self.assembler.two(Op::Cmp_r64_rm64, INSTANCE, Source::Register(END));
        self.assembler.jump(Op::Jae_rel32_64, done);
        self.mark_lanes();
        self.body(allocation, Shape::Last);
        self.assembler.jump(Op::Jmp_rel32_64, done);
        self.assembler.bind(scattered);
        if !self.code.lists.is_empty() {
            self.body(allocation, Shape::Scattered);
            self.assembler.jump(Op::Jmp_rel32_64, next);
        }
        self.assembler.bind(done);
        self.assembler.plain(Op::VEX_Vzeroupper);
        self.assembler.immediate(Op::Add_rm64_imm8, Register::RSP, 8);
        for register in SAVED.into_iter().rev() {
            self.assembler.one(Op::Pop_r64, register);
        }
        self.assembler.plain(Op::Retnq);
    }

    /// Jumps by whether the vector that begins with the present instance ends before or beyond the last one.
    fn unless_whole(&mut self, jump: Op, label: Label) {
        let past = MemoryOperand::with_base_displ(INSTANCE, self.target.lanes() as i64);
        self.assembler.two(Op::Lea_r64_m, Register::RAX, Source::Memory(past));
        self.assembler.two(Op::Cmp_r64_rm64, Register::RAX, Source::Register(END));
        self.assembler.jump(jump, label);
    }

    /// Jumps when the vector's entries of a list do not follow one another.
    fn unless_consecutive(&mut self, list: u16, label: Label) {
        self.entries(list);
        match self.target {
            Target::Avx512 => self.compare_entries_avx512(),
            Target::Avx2 => self.compare_entries_avx2(),
        }
        self.assembler.jump(Op::Jne_rel32_64, label);
    }

    /// Marks the lanes of the last vector that exist.
    fn mark_lanes(&mut self) {
        self.lanes_left(Register::RCX);
        match self.target {
            Target::Avx512 => self.mark_lanes_avx512(),
            Target::Avx2 => self.mark_lanes_avx2(),
        }
    }

    /// How many instances there are from the present one on.
    pub fn lanes_left(&mut self, to: Register) {
        self.assembler.two(Op::Mov_r64_rm64, to, Source::Register(END));
        self.assembler.two(Op::Sub_r64_rm64, to, Source::Register(INSTANCE));
    }

    fn body(&mut self, allocation: &Allocation, shape: Shape) {
        self.shape = shape;
        self.indices = None;
        for placed in &allocation.body {
            let written = match *placed {
                Placed::Move { from, to } => {
                    self.bring(from, to);
                    Some(to)
                }
                Placed::Step { id, from, to } => {
                    self.step(id, &from, to);
                    to
                }
            };
            if written == self.indices {
                self.indices = None;
            }
        }
    }

    /// What is done lane by lane, or by others, uses the registers of [`INDICES`] for itself.
    fn forgets_indices(what: What) -> bool {
        let by_list = |access| matches!(access, Access::Indexed { .. });
        match what {
            What::Call(_) | What::UnlessCalled(_) => true,
            What::Load(access) | What::Store(access) | What::AddTo(access) => by_list(access),
            _ => false,
        }
    }

    fn bring(&mut self, from: Location, to: Location) {
        match self.target {
            Target::Avx512 => self.bring_avx512(from, to),
            Target::Avx2 => self.bring_avx2(from, to),
        }
    }

    /// The register of a location; of one in memory none, which the encoder refuses.
    pub fn register(&self, location: Location) -> Register {
        match (location, self.target) {
            (Location::Vector(r), Target::Avx512) => Register::ZMM0 + u32::from(r),
            (Location::Vector(r), Target::Avx2) => Register::YMM0 + u32::from(r),
            (Location::Mask(r), _) => Register::K0 + u32::from(r),
            _ => Register::None,
        }
    }

    /// A location as the last operand of an instruction.
    pub fn source(&self, location: Location) -> Source {
        self.in_memory(location).map_or(Source::Register(self.register(location)), Source::Memory)
    }

    fn step(&mut self, id: Id, from: &[Location; 3], to: Option<Location>) {
        let what = self.code.step(id).what;
        if Self::forgets_indices(what) {
            self.indices = None;
        }
        match what {
            What::Coefficient { table, row } => {
                if let Some(to) = to {
                    self.coefficient(table, row, from[0], to);
                }
            }
            What::Call(site) => self.call(site),
            What::UnlessCalled(site) => {
                if let Some(to) = to {
                    self.unless_called(site, from, to);
                }
            }
            What::MultiplyAdd => {
                if let Some(to) = to {
                    self.multiply_add(from, to);
                }
            }
            What::Store(Access::Indexed { offset, list }) if self.shape != Shape::Whole => {
                self.one_by_one(offset, list, from[0], false);
            }
            What::AddTo(Access::Indexed { offset, list }) if self.shape != Shape::Whole => {
                self.one_by_one(offset, list, from[0], true);
            }
            _ => match self.target {
                Target::Avx512 => self.step_avx512(what, from, to),
                Target::Avx2 => self.step_avx2(what, from, to),
            },
        }
    }

    /// a · b + c. There are three forms: the target is multiplied by the third operand and the second added; it is multiplied by
    /// the second and the third added; or the product of the others is added to it. The third may lie in memory.
    fn multiply_add(&mut self, from: &[Location; 3], to: Location) {
        let (by_third, plus_third, plus_product) = match self.target {
            Target::Avx512 => (
                Op::EVEX_Vfmadd132pd_zmm_k1z_zmm_zmmm512b64_er,
                Op::EVEX_Vfmadd213pd_zmm_k1z_zmm_zmmm512b64_er,
                Op::EVEX_Vfmadd231pd_zmm_k1z_zmm_zmmm512b64_er,
            ),
            Target::Avx2 => (
                Op::VEX_Vfmadd132pd_ymm_ymm_ymmm256,
                Op::VEX_Vfmadd213pd_ymm_ymm_ymmm256,
                Op::VEX_Vfmadd231pd_ymm_ymm_ymmm256,
            ),
        };
        let [mut a, mut b, c] = *from;
        // A factor that is the target comes first, one in memory second.
        if !a.is_register() || b == to {
            std::mem::swap(&mut a, &mut b);
        }
        let (first, factor) = (self.register(a), self.source(b));
        let target = self.register(to);
        if c == to {
            self.assembler.three(plus_product, target, first, factor);
        } else if a != to && !c.is_register() {
            self.bring(c, to);
            self.assembler.three(plus_product, target, first, factor);
        } else {
            if a != to {
                self.bring(a, to);
            }
            if b.is_register() {
                let summand = self.source(c);
                self.assembler.three(plus_third, target, self.register(b), summand);
            } else {
                self.assembler.three(by_third, target, self.register(c), factor);
            }
        }
    }

    /// The coefficients of a row for the pieces that lanes lie in.
    fn coefficient(&mut self, table: u16, row: u16, piece: Location, to: Location) {
        let at = self.code.row_at(table, row, self.target.shared_stride()) as i64;
        let pieces = self.code.tables[table as usize].pieces;
        match self.target {
            Target::Avx512 if permuted(pieces, self.target) => self.permute_avx512(at, piece, to),
            Target::Avx512 => self.gather_coefficients_avx512(at, piece, to),
            Target::Avx2 => self.gather_coefficients_avx2(at, piece, to),
        }
    }

    /// A number of the workspace.
    pub fn workspace(&self, at: i64) -> Source {
        Source::Memory(MemoryOperand::with_base_displ(WORKSPACE, at))
    }

    /// Where a position of the call's arguments or results lies.
    pub fn call_position(&self, position: u16) -> MemoryOperand {
        let at = self.layout.call + position as usize * self.target.lanes() * 8;
        MemoryOperand::with_base_displ(WORKSPACE, at as i64)
    }

    /// Where a value without a register lies; shared numbers are spread by the instruction where it can.
    pub fn in_memory(&self, location: Location) -> Option<MemoryOperand> {
        let stride = self.target.shared_stride();
        let (base, at, spread) = match location {
            Location::Slot(slot) => {
                (WORKSPACE, self.layout.slots + slot as usize * self.target.lanes() * 8, false)
            }
            Location::Constant(c) => (CONSTANTS, c as usize * stride, stride == 8),
            Location::Uniform(u) => (WORKSPACE, self.layout.uniforms + u as usize * stride, stride == 8),
            Location::Vector(_) | Location::Mask(_) => return None,
        };
        Some(MemoryOperand::new(base, Register::None, 1, at as i64, 1, spread, Register::None))
    }

    /// The vector of a column, or of what is one in a whole vector. Uses RDX.
    pub fn column(&mut self, access: Access) -> MemoryOperand {
        let (offset, index) = match access {
            Access::Column(offset) => (offset, INSTANCE),
            Access::Indexed { offset, list } => {
                self.entries(list);
                let first = Source::Memory(MemoryOperand::with_base(Register::RDX));
                self.assembler.two(Op::Mov_r32_rm32, Register::EDX, first);
                (offset, Register::RDX)
            }
        };
        let (base, displacement) = self.base(offset);
        MemoryOperand::with_base_index_scale_displ_size(base, index, 8, displacement, 1)
    }

    /// Register and displacement that together are the address of an offset. Uses RAX.
    pub fn base(&mut self, offset: usize) -> (Register, i64) {
        let bytes = offset as u64 * 8;
        if let Ok(displacement) = i32::try_from(bytes) {
            return (MEMORY, i64::from(displacement));
        }
        self.assembler.long_immediate(Op::Mov_r64_imm64, Register::RAX, bytes);
        self.assembler.two(Op::Add_r64_rm64, Register::RAX, Source::Register(MEMORY));
        (Register::RAX, 0)
    }

    /// Writes a register to the workspace.
    pub fn lay_down(&mut self, from: Location, to: MemoryOperand) {
        match self.target {
            Target::Avx512 => self.lay_down_avx512(from, to),
            Target::Avx2 => self.lay_down_avx2(from, to),
        }
    }

    /// Calls with the context, the number of the call, its arguments and how many lanes exist.
    fn call(&mut self, site: u16) {
        let context = self.workspace(head::CONTEXT);
        self.assembler.two(Op::Mov_r64_rm64, Register::RDI, context);
        self.assembler.immediate(Op::Mov_r32_imm32, Register::ESI, i32::from(site));
        let area = Source::Memory(self.call_position(0));
        self.assembler.two(Op::Lea_r64_m, Register::RDX, area);
        if self.shape == Shape::Last {
            self.lanes_left(Register::RCX);
        } else {
            self.assembler.immediate(Op::Mov_r32_imm32, Register::ECX, self.target.lanes() as i32);
        }
        // Rust's code need not be made for these vectors, and would wait for their upper halves.
        self.assembler.plain(Op::VEX_Vzeroupper);
        let callee = MemoryOperand::with_base_displ(WORKSPACE, head::CALL);
        self.assembler.one_in_memory(Op::Call_rm64, callee);
        if self.shape == Shape::Last {
            self.mark_lanes();
        }
    }

    /// A value, or what a call gives in the place of it. No value leaves its register for a call that is seldom made: it saves and
    /// restores them itself.
    fn unless_called(&mut self, site: u16, &[truth, argument, value]: &[Location; 3], to: Location) {
        let [plain, done] = std::array::from_fn(|_| self.assembler.label());
        match self.target {
            Target::Avx512 => self.test_truth_avx512(truth),
            Target::Avx2 => self.test_truth_avx2(truth),
        }
        self.assembler.jump(Op::Je_rel32_64, plain);
        let position = self.call_position(0);
        self.lay_down(argument, position);
        self.save_registers(true);
        self.call(site);
        self.save_registers(false);
        match self.target {
            Target::Avx512 => self.take_up_avx512(position, to),
            Target::Avx2 => self.take_up_avx2(position, to),
        }
        self.assembler.jump(Op::Jmp_rel32_64, done);
        self.assembler.bind(plain);
        if value != to {
            self.bring(value, to);
        }
        self.assembler.bind(done);
    }

    /// Saves all registers that values may lie in, or brings them back.
    fn save_registers(&mut self, save: bool) {
        let stride = self.target.lanes() * 8;
        for number in 0..self.target.vector_registers() {
            let at = MemoryOperand::with_base_displ(
                WORKSPACE,
                (self.layout.saved + number as usize * stride) as i64,
            );
            let register = Location::Vector(number);
            match (self.target, save) {
                (_, true) => self.lay_down(register, at),
                (Target::Avx512, false) => self.take_up_avx512(at, register),
                (Target::Avx2, false) => self.take_up_avx2(at, register),
            }
        }
        for number in self.target.truth_registers() {
            let at = self.layout.saved + SAVED_VECTORS * stride + number as usize * 8;
            let at = MemoryOperand::with_base_displ(WORKSPACE, at as i64);
            self.save_truth_avx512(Location::Mask(number), at, save);
        }
    }
}
