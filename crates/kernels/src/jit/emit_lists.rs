//! What goes through lists where entries do not follow one another: lane by lane.

use iced_x86::{Code as Op, MemoryOperand, Register};

use super::allocate::Location;
use super::assembler::{Assembler, Mask, Source};
use super::emit::{Emitter, INSTANCE, Shape, WORKSPACE};
use super::target::Target;

impl Emitter<'_> {
    /// Leaves the address of the present instance's entry of a list in RDX.
    pub fn entries(&mut self, list: u16) {
        let list = self.workspace(self.layout.lists as i64 + i64::from(list) * 8);
        self.assembler.two(Op::Mov_r64_rm64, Register::RDX, list);
        let entry = MemoryOperand::with_base_index_scale(Register::RDX, INSTANCE, 4);
        self.assembler.two(Op::Lea_r64_m, Register::RDX, Source::Memory(entry));
    }

    /// The lanes of one value, one by one.
    pub fn lane(&self, lane: usize) -> MemoryOperand {
        MemoryOperand::with_base_displ(WORKSPACE, (self.layout.lanes + lane * 8) as i64)
    }

    /// Does something for each lane: with its number known in whole vectors, in a loop in the last one. `each` is given where the
    /// lane's entry of the list is and where the lane is.
    pub fn for_each_lane(
        &mut self,
        lanes: usize,
        list: u16,
        mut each: impl FnMut(&mut Assembler, MemoryOperand, MemoryOperand),
    ) {
        self.entries(list);
        let (entries, counter) = (Register::RDX, Register::RCX);
        if self.shape != Shape::Last {
            for lane in 0..self.target.lanes() {
                let entry = MemoryOperand::with_base_displ(entries, lane as i64 * 4);
                let value = MemoryOperand::with_base_displ(WORKSPACE, (lanes + lane * 8) as i64);
                each(&mut self.assembler, entry, value);
            }
            return;
        }
        self.lanes_left(Register::R8);
        self.assembler.two(Op::Xor_r32_rm32, Register::ECX, Source::Register(Register::ECX));
        let again = self.assembler.label();
        self.assembler.bind(again);
        let entry = MemoryOperand::with_base_index_scale(entries, counter, 4);
        let value = MemoryOperand::with_base_index_scale_displ_size(WORKSPACE, counter, 8, lanes as i64, 1);
        each(&mut self.assembler, entry, value);
        self.assembler.immediate(Op::Add_rm64_imm8, counter, 1);
        self.assembler.two(Op::Cmp_r64_rm64, counter, Source::Register(Register::R8));
        self.assembler.jump(Op::Jb_rel32_64, again);
    }

    /// Writes or adds through a list. Several instances may share an entry, so each follows the one before.
    pub fn one_by_one(&mut self, offset: usize, list: u16, from: Location, add: bool) {
        let lanes = match from {
            Location::Slot(slot) => self.layout.slots + slot as usize * self.target.lanes() * 8,
            _ => {
                self.lay_down(from, self.lane(0));
                self.layout.lanes
            }
        };
        let (base, displacement) = self.base(offset);
        let (number, load, plus, store) = match self.target {
            Target::Avx512 => (
                Register::XMM31,
                Op::EVEX_Vmovsd_xmm_k1z_m64,
                Op::EVEX_Vaddsd_xmm_k1z_xmm_xmmm64_er,
                Op::EVEX_Vmovsd_m64_k1_xmm,
            ),
            Target::Avx2 => (
                Register::XMM14,
                Op::VEX_Vmovsd_xmm_m64,
                Op::VEX_Vaddsd_xmm_xmm_xmmm64,
                Op::VEX_Vmovsd_m64_xmm,
            ),
        };
        self.for_each_lane(lanes, list, |assembler, entry, value| {
            assembler.two(Op::Mov_r32_rm32, Register::ESI, Source::Memory(entry));
            let to = MemoryOperand::with_base_index_scale_displ_size(base, Register::RSI, 8, displacement, 1);
            assembler.two(load, number, Source::Memory(value));
            if add {
                assembler.three(plus, number, number, Source::Memory(to));
            }
            assembler.store(store, to, number, Mask::All);
        });
    }
}
