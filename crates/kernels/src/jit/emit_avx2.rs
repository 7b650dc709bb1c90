//! Instructions of AVX2 with FMA: four lanes, truths as vectors of all ones or zeros, shared numbers already spread in memory.

use iced_x86::{Code as Op, MemoryOperand, Register};

use super::allocate::Location;
use super::assembler::{Mask, Source};
use super::code::{Access, What};
use super::emit::{CONSTANTS, Emitter, INDICES, LANE_NUMBERS, Shape};
use super::emit_avx512::{DOWN, UP, predicate};

/// The emitter's own vectors; values never lie in them. In the last vector the second holds the mask of the lanes that exist.
const OWN: Register = Register::YMM14;
const OWN_HALF: Register = Register::XMM14;
const LANES: Register = Register::YMM15;

/// The lower half of a vector.
fn half(vector: Register) -> Register {
    Register::XMM0 + (vector as u32 - Register::YMM0 as u32)
}

/// Instructions of three operands: two read, one written.
fn binary(what: What) -> Option<Op> {
    Some(match what {
        What::Add => Op::VEX_Vaddpd_ymm_ymm_ymmm256,
        What::Subtract => Op::VEX_Vsubpd_ymm_ymm_ymmm256,
        What::Multiply => Op::VEX_Vmulpd_ymm_ymm_ymmm256,
        What::Divide => Op::VEX_Vdivpd_ymm_ymm_ymmm256,
        What::Minimum => Op::VEX_Vminpd_ymm_ymm_ymmm256,
        What::Maximum => Op::VEX_Vmaxpd_ymm_ymm_ymmm256,
        What::BothBits | What::BothTrue | What::Where => Op::VEX_Vandpd_ymm_ymm_ymmm256,
        What::EitherBits | What::EitherTrue => Op::VEX_Vorpd_ymm_ymm_ymmm256,
        What::OneOfBits => Op::VEX_Vxorpd_ymm_ymm_ymmm256,
        What::AddIntegers => Op::VEX_Vpaddq_ymm_ymm_ymmm256,
        What::SubtractIntegers => Op::VEX_Vpsubq_ymm_ymm_ymmm256,
        _ => return None,
    })
}

impl Emitter<'_> {
    /// All ones in the first RCX lanes: a window of what stands before the constants, ones and then zeros.
    pub(super) fn mark_lanes_avx2(&mut self) {
        self.assembler.one(Op::Neg_rm64, Register::RCX);
        let window = MemoryOperand::with_base_index_scale_displ_size(CONSTANTS, Register::RCX, 8, -32, 1);
        self.assembler.two(Op::VEX_Vmovupd_ymm_ymmm256, LANES, Source::Memory(window));
    }

    pub(super) fn bring_avx2(&mut self, from: Location, to: Location) {
        match self.in_memory(to) {
            Some(slot) => self.lay_down_avx2(from, slot),
            None => {
                let (to, source) = (self.register(to), self.source(from));
                self.assembler.two(Op::VEX_Vmovapd_ymm_ymmm256, to, source);
            }
        }
    }

    pub(super) fn lay_down_avx2(&mut self, from: Location, to: MemoryOperand) {
        self.assembler.store(Op::VEX_Vmovapd_ymmm256_ymm, to, self.register(from), Mask::All);
    }

    pub(super) fn take_up_avx2(&mut self, from: MemoryOperand, to: Location) {
        let to = self.register(to);
        self.assembler.two(Op::VEX_Vmovapd_ymm_ymmm256, to, Source::Memory(from));
    }

    /// Leaves "equal" when a truth holds nowhere.
    pub(super) fn test_truth_avx2(&mut self, truth: Location) {
        let truth = self.register(truth);
        self.assembler.two(Op::VEX_Vmovmskpd_r32_ymm, Register::EAX, Source::Register(truth));
        self.assembler.immediate(Op::Cmp_rm32_imm8, Register::EAX, 0);
    }

    pub(super) fn step_avx2(&mut self, what: What, from: &[Location; 3], to: Option<Location>) {
        let to = to.map_or(Register::None, |to| self.register(to));
        let [a, b, _] = from.map(|l| self.source(l));
        let [first, second, third] = from.map(|l| self.register(l));
        match what {
            What::Load(Access::Indexed { offset, list }) if self.shape != Shape::Whole => {
                self.gather_avx2(offset, list, to);
            }
            What::Load(access) => {
                let column = self.column(access);
                self.read(to, column);
            }
            What::Store(access) => {
                let first = self.in_own_avx2(from[0]);
                let column = self.column(access);
                self.write(column, first);
            }
            What::AddTo(access) => {
                let column = self.column(access);
                self.read(OWN, column);
                // The sum's operands may change places: one of them may lie on the stack.
                self.assembler.three(Op::VEX_Vaddpd_ymm_ymm_ymmm256, OWN, OWN, a);
                self.write(column, OWN);
            }
            What::Pass(position) => self.lay_down_avx2(from[0], self.call_position(position)),
            What::Result(position) => {
                let result = Source::Memory(self.call_position(position));
                self.assembler.two(Op::VEX_Vmovapd_ymm_ymmm256, to, result);
            }
            What::SquareRoot => self.assembler.two(Op::VEX_Vsqrtpd_ymm_ymmm256, to, a),
            What::Floor => self.assembler.two_immediate(Op::VEX_Vroundpd_ymm_ymmm256_imm8, to, a, DOWN),
            What::Ceil => self.assembler.two_immediate(Op::VEX_Vroundpd_ymm_ymmm256_imm8, to, a, UP),
            What::ShiftUp(by) => {
                self.assembler.two_immediate(Op::VEX_Vpsllq_ymm_ymm_imm8, to, a, i32::from(by));
            }
            What::ShiftDown(by) => {
                self.assembler.two_immediate(Op::VEX_Vpsrlq_ymm_ymm_imm8, to, a, i32::from(by));
            }
            What::Compare(relation) => {
                let compare = Op::VEX_Vcmppd_ymm_ymm_ymmm256_imm8;
                self.assembler.three_immediate(compare, to, first, b, predicate(relation));
            }
            What::NotTrue => {
                let ones = Source::Register(OWN);
                self.assembler.three(Op::VEX_Vpcmpeqd_ymm_ymm_ymmm256, OWN, OWN, ones);
                self.assembler.three(Op::VEX_Vxorpd_ymm_ymm_ymmm256, to, first, ones);
            }
            What::Select => self.assembler.four(Op::VEX_Vblendvpd_ymm_ymm_ymmm256_ymm, to, third, b, first),
            // Only the second may lie in memory: a commuting one may have it first.
            what => {
                let op = binary(what).unwrap_or(Op::INVALID);
                match a {
                    Source::Memory(_) => self.assembler.three(op, to, second, a),
                    Source::Register(_) => self.assembler.three(op, to, first, b),
                }
            }
        }
    }

    /// A register with a value that may lie on the stack.
    fn in_own_avx2(&mut self, from: Location) -> Register {
        if from.is_register() {
            return self.register(from);
        }
        let source = self.source(from);
        self.assembler.two(Op::VEX_Vmovapd_ymm_ymmm256, OWN, source);
        OWN
    }

    /// Leaves "equal" when the entries at RDX follow one another.
    pub(super) fn compare_entries_avx2(&mut self) {
        let entries = Source::Memory(MemoryOperand::with_base(Register::RDX));
        self.assembler.two(Op::VEX_Vpbroadcastd_xmm_xmmm32, OWN_HALF, entries);
        let lanes = Source::Memory(MemoryOperand::with_base_displ(CONSTANTS, LANE_NUMBERS));
        self.assembler.three(Op::VEX_Vpaddd_xmm_xmm_xmmm128, OWN_HALF, OWN_HALF, lanes);
        self.assembler.three(Op::VEX_Vpcmpeqd_xmm_xmm_xmmm128, OWN_HALF, OWN_HALF, entries);
        self.assembler.two(Op::VEX_Vmovmskps_r32_xmm, Register::EAX, Source::Register(OWN_HALF));
        self.assembler.immediate(Op::Cmp_rm32_imm8, Register::EAX, 0xF);
    }

    fn read(&mut self, to: Register, from: MemoryOperand) {
        let from = Source::Memory(from);
        if self.shape == Shape::Last {
            self.assembler.three(Op::VEX_Vmaskmovpd_ymm_ymm_m256, to, LANES, from);
        } else {
            self.assembler.two(Op::VEX_Vmovupd_ymm_ymmm256, to, from);
        }
    }

    fn write(&mut self, to: MemoryOperand, from: Register) {
        if self.shape == Shape::Last {
            self.assembler.store_by(Op::VEX_Vmaskmovpd_m256_ymm_ymm, to, LANES, from);
        } else {
            self.assembler.store(Op::VEX_Vmovupd_ymmm256_ymm, to, from, Mask::All);
        }
    }

    /// One after the other: this is not slower than what such processors have for it.
    fn gather_avx2(&mut self, offset: usize, list: u16, to: Register) {
        let (base, displacement) = self.base(offset);
        let number = |index| MemoryOperand::with_base_index_scale_displ_size(base, index, 8, displacement, 1);
        if self.shape == Shape::Last {
            let lanes = self.layout.lanes;
            self.for_each_lane(lanes, list, |assembler, entry, value| {
                assembler.two(Op::Mov_r32_rm32, Register::ESI, Source::Memory(entry));
                assembler.two(Op::Mov_r64_rm64, Register::RSI, Source::Memory(number(Register::RSI)));
                assembler.store(Op::Mov_rm64_r64, value, Register::RSI, Mask::All);
            });
            let lanes = Source::Memory(self.lane(0));
            self.assembler.two(Op::VEX_Vmovapd_ymm_ymmm256, to, lanes);
            return;
        }
        self.entries(list);
        for (register, lanes) in [(OWN_HALF, [2, 3]), (half(to), [0, 1])] {
            for lane in lanes {
                let entry = MemoryOperand::with_base_displ(Register::RDX, lane * 4);
                self.assembler.two(Op::Mov_r32_rm32, Register::ESI, Source::Memory(entry));
                let from = Source::Memory(number(Register::RSI));
                if lane % 2 == 0 {
                    self.assembler.two(Op::VEX_Vmovsd_xmm_m64, register, from);
                } else {
                    self.assembler.three(Op::VEX_Vmovhpd_xmm_xmm_m64, register, register, from);
                }
            }
        }
        let upper = Source::Register(OWN_HALF);
        self.assembler.three_immediate(Op::VEX_Vinsertf128_ymm_ymm_xmmm128_imm8, to, to, upper, 1);
    }

    /// Numbers of a row, one after the other; the lanes' indices stay where they are for the next row.
    pub(super) fn gather_coefficients_avx2(&mut self, at: i64, piece: Location, to: Location) {
        if self.indices != Some(piece) {
            let (upper, lower) = (OWN_HALF, half(self.register(piece)));
            let whole = self.register(piece);
            self.assembler.two_immediate(
                Op::VEX_Vextracti128_xmmm128_ymm_imm8,
                upper,
                Source::Register(whole),
                1,
            );
            for (register, lanes) in [(lower, [INDICES[0], INDICES[1]]), (upper, [INDICES[2], INDICES[3]])] {
                self.assembler.two(Op::VEX_Vmovq_rm64_xmm, lanes[0], Source::Register(register));
                self.assembler.two_immediate(
                    Op::VEX_Vpextrq_rm64_xmm_imm8,
                    lanes[1],
                    Source::Register(register),
                    1,
                );
            }
            self.indices = Some(piece);
        }
        let to = self.register(to);
        for (register, lanes) in [(OWN_HALF, [INDICES[2], INDICES[3]]), (half(to), [INDICES[0], INDICES[1]])]
        {
            let number = |index| {
                Source::Memory(MemoryOperand::with_base_index_scale_displ_size(CONSTANTS, index, 8, at, 1))
            };
            self.assembler.two(Op::VEX_Vmovsd_xmm_m64, register, number(lanes[0]));
            self.assembler.three(Op::VEX_Vmovhpd_xmm_xmm_m64, register, register, number(lanes[1]));
        }
        let upper = Source::Register(OWN_HALF);
        self.assembler.three_immediate(Op::VEX_Vinsertf128_ymm_ymm_xmmm128_imm8, to, to, upper, 1);
    }
}
