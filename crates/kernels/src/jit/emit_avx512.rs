//! Instructions of AVX-512: eight lanes, masks in registers of their own, shared numbers spread from memory.

use iced_x86::{Code as Op, MemoryOperand, Register};

use super::allocate::Location;
use super::assembler::{Mask, Source};
use super::code::{Access, Relation, What};
use super::emit::{CONSTANTS, Emitter, LANE_NUMBERS, Shape};

/// The lanes that exist of the last vector.
const LANES: Register = Register::K1;
/// Lanes still to be gathered.
const OPEN: Register = Register::K7;
/// The emitter's own vector; values never lie in it.
const OWN: Register = Register::ZMM31;

/// The number by which instructions know a comparison, such that none complains of what is not a number.
pub fn predicate(relation: Relation) -> i32 {
    match relation {
        Relation::Equal => 0x00,
        Relation::NotEqual => 0x04,
        Relation::Less => 0x11,
        Relation::LessEqual => 0x12,
        Relation::GreaterEqual => 0x1D,
        Relation::Greater => 0x1E,
    }
}

/// Rounding down and up, without a complaint of inexactness.
pub const DOWN: i32 = 0x09;
pub const UP: i32 = 0x0A;

/// Instructions of three operands: two read, one written.
fn binary(what: What) -> Option<Op> {
    Some(match what {
        What::Add => Op::EVEX_Vaddpd_zmm_k1z_zmm_zmmm512b64_er,
        What::Subtract => Op::EVEX_Vsubpd_zmm_k1z_zmm_zmmm512b64_er,
        What::Multiply => Op::EVEX_Vmulpd_zmm_k1z_zmm_zmmm512b64_er,
        What::Divide => Op::EVEX_Vdivpd_zmm_k1z_zmm_zmmm512b64_er,
        What::Minimum => Op::EVEX_Vminpd_zmm_k1z_zmm_zmmm512b64_sae,
        What::Maximum => Op::EVEX_Vmaxpd_zmm_k1z_zmm_zmmm512b64_sae,
        What::BothBits => Op::EVEX_Vandpd_zmm_k1z_zmm_zmmm512b64,
        What::EitherBits => Op::EVEX_Vorpd_zmm_k1z_zmm_zmmm512b64,
        What::OneOfBits => Op::EVEX_Vxorpd_zmm_k1z_zmm_zmmm512b64,
        What::AddIntegers => Op::EVEX_Vpaddq_zmm_k1z_zmm_zmmm512b64,
        What::SubtractIntegers => Op::EVEX_Vpsubq_zmm_k1z_zmm_zmmm512b64,
        What::Scale => Op::EVEX_Vscalefpd_zmm_k1z_zmm_zmmm512b64_er,
        _ => return None,
    })
}

impl Emitter<'_> {
    pub(super) fn mark_lanes_avx512(&mut self) {
        // 2^RCX − 1.
        self.assembler.immediate(Op::Mov_r32_imm32, Register::EAX, 1);
        self.assembler.two(Op::Shl_rm32_CL, Register::EAX, Source::Register(Register::CL));
        self.assembler.immediate(Op::Sub_rm32_imm8, Register::EAX, 1);
        self.assembler.two(Op::VEX_Kmovb_kr_r32, LANES, Source::Register(Register::EAX));
    }

    pub(super) fn bring_avx512(&mut self, from: Location, to: Location) {
        let (source, target, register) = (self.source(from), self.in_memory(to), self.register(to));
        match (from, to) {
            (Location::Mask(_), _) => self.store_whole(Op::VEX_Kmovb_m8_kr, target, from),
            (_, Location::Mask(_)) => self.assembler.two(Op::VEX_Kmovb_kr_km8, register, source),
            (Location::Vector(_), Location::Slot(_)) => {
                self.store_whole(Op::EVEX_Vmovapd_zmmm512_k1z_zmm, target, from);
            }
            (Location::Vector(_) | Location::Slot(_), _) => {
                self.assembler.two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, register, source);
            }
            _ => self.spread(register, source, Mask::All),
        }
    }

    fn store_whole(&mut self, op: Op, to: Option<MemoryOperand>, from: Location) {
        if let Some(to) = to {
            self.assembler.store(op, to, self.register(from), Mask::All);
        }
    }

    /// Fills a vector with a number of memory.
    fn spread(&mut self, to: Register, from: Source, mask: Mask) {
        let from = match from {
            // This instruction always spreads, and is not told so.
            Source::Memory(memory) => Source::Memory(MemoryOperand { is_broadcast: false, ..memory }),
            register => register,
        };
        self.assembler.masked_two(Op::EVEX_Vbroadcastsd_zmm_k1z_xmmm64, to, from, mask);
    }

    pub(super) fn lay_down_avx512(&mut self, from: Location, to: MemoryOperand) {
        self.assembler.store(Op::EVEX_Vmovapd_zmmm512_k1z_zmm, to, self.register(from), Mask::All);
    }

    pub(super) fn take_up_avx512(&mut self, from: MemoryOperand, to: Location) {
        let to = self.register(to);
        self.assembler.two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, to, Source::Memory(from));
    }

    /// Saves a truth, or brings it back.
    pub(super) fn save_truth_avx512(&mut self, truth: Location, at: MemoryOperand, save: bool) {
        let truth = self.register(truth);
        if save {
            self.assembler.store(Op::VEX_Kmovb_m8_kr, at, truth, Mask::All);
        } else {
            self.assembler.two(Op::VEX_Kmovb_kr_km8, truth, Source::Memory(at));
        }
    }

    /// Leaves "equal" when a truth holds nowhere.
    pub(super) fn test_truth_avx512(&mut self, truth: Location) {
        let truth = self.register(truth);
        self.assembler.two(Op::VEX_Kortestb_kr_kr, truth, Source::Register(truth));
    }

    /// A register with a value that may lie on the stack.
    fn in_own_avx512(&mut self, from: Location) -> Register {
        if from.is_register() {
            return self.register(from);
        }
        let source = self.source(from);
        self.assembler.two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, OWN, source);
        OWN
    }

    /// Leaves "equal" when the entries at RDX follow one another.
    pub(super) fn compare_entries_avx512(&mut self) {
        let (own, entries) = (Register::YMM31, Source::Memory(MemoryOperand::with_base(Register::RDX)));
        self.assembler.two(Op::EVEX_Vpbroadcastd_ymm_k1z_xmmm32, own, entries);
        let lanes = Source::Memory(MemoryOperand::with_base_displ(CONSTANTS, LANE_NUMBERS));
        self.assembler.three(Op::EVEX_Vpaddd_ymm_k1z_ymm_ymmm256b32, own, own, lanes);
        self.assembler.three(Op::EVEX_Vpcmpeqd_kr_k1_ymm_ymmm256b32, OPEN, own, entries);
        self.assembler.two(Op::VEX_Kmovb_r32_kr, Register::EAX, Source::Register(OPEN));
        self.assembler.immediate(Op::Cmp_rm32_imm32, Register::EAX, 0xFF);
    }

    fn lanes(&self) -> (Mask, Mask) {
        if self.shape == Shape::Last {
            (Mask::Zeroing(LANES), Mask::Merging(LANES))
        } else {
            (Mask::All, Mask::All)
        }
    }

    pub(super) fn step_avx512(&mut self, what: What, from: &[Location; 3], to: Option<Location>) {
        let to = to.map_or(Register::None, |to| self.register(to));
        let [a, b, _] = from.map(|l| self.source(l));
        let [first, second, third] = from.map(|l| self.register(l));
        let (reading, writing) = self.lanes();
        match what {
            What::Load(Access::Indexed { offset, list }) if self.shape != Shape::Whole => {
                self.gather(offset, list, to);
            }
            What::Load(access) => {
                let column = Source::Memory(self.column(access));
                self.assembler.masked_two(Op::EVEX_Vmovupd_zmm_k1z_zmmm512, to, column, reading);
            }
            What::Store(access) => {
                let first = self.in_own_avx512(from[0]);
                let column = self.column(access);
                self.assembler.store(Op::EVEX_Vmovupd_zmmm512_k1z_zmm, column, first, writing);
            }
            What::AddTo(access) => {
                let first = self.in_own_avx512(from[0]);
                let column = self.column(access);
                let add = Op::EVEX_Vaddpd_zmm_k1z_zmm_zmmm512b64_er;
                self.assembler.masked_three(add, OWN, first, Source::Memory(column), reading);
                self.assembler.store(Op::EVEX_Vmovupd_zmmm512_k1z_zmm, column, OWN, writing);
            }
            What::Pass(position) => self.lay_down_avx512(from[0], self.call_position(position)),
            What::Result(position) => {
                let result = Source::Memory(self.call_position(position));
                self.assembler.two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, to, result);
            }
            What::SquareRoot => self.assembler.two(Op::EVEX_Vsqrtpd_zmm_k1z_zmmm512b64_er, to, a),
            What::Floor => {
                self.assembler.two_immediate(Op::EVEX_Vrndscalepd_zmm_k1z_zmmm512b64_imm8_sae, to, a, DOWN);
            }
            What::Ceil => {
                self.assembler.two_immediate(Op::EVEX_Vrndscalepd_zmm_k1z_zmmm512b64_imm8_sae, to, a, UP);
            }
            What::ShiftUp(by) => {
                self.assembler.two_immediate(Op::EVEX_Vpsllq_zmm_k1z_zmmm512b64_imm8, to, a, i32::from(by));
            }
            What::ShiftDown(by) => {
                self.assembler.two_immediate(Op::EVEX_Vpsrlq_zmm_k1z_zmmm512b64_imm8, to, a, i32::from(by));
            }
            What::Compare(relation) => {
                let compare = Op::EVEX_Vcmppd_kr_k1_zmm_zmmm512b64_imm8_sae;
                self.assembler.three_immediate(compare, to, first, b, predicate(relation));
            }
            What::BothTrue => self.assembler.three(Op::VEX_Kandb_kr_kr_kr, to, first, b),
            What::EitherTrue => self.assembler.three(Op::VEX_Korb_kr_kr_kr, to, first, b),
            What::NotTrue => self.assembler.two(Op::VEX_Knotb_kr_kr, to, a),
            What::Select => {
                let blend = Op::EVEX_Vblendmpd_zmm_k1z_zmm_zmmm512b64;
                self.assembler.masked_three(blend, to, third, b, Mask::Merging(first));
            }
            What::Where => match from[1] {
                Location::Vector(_) | Location::Slot(_) => {
                    let zeroing = Mask::Zeroing(first);
                    self.assembler.masked_two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, to, b, zeroing);
                }
                _ => self.spread(to, b, Mask::Zeroing(first)),
            },
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

    fn gather(&mut self, offset: usize, list: u16, to: Register) {
        let (base, displacement) = self.base(offset);
        self.entries(list);
        let entries = Source::Memory(MemoryOperand::with_base(Register::RDX));
        let (reading, _) = self.lanes();
        let indices = Register::YMM31;
        self.assembler.masked_two(Op::EVEX_Vmovdqu32_ymm_k1z_ymmm256, indices, entries, reading);
        if self.shape == Shape::Last {
            self.assembler.two(Op::VEX_Kmovb_kr_km8, OPEN, Source::Register(LANES));
        } else {
            self.assembler.three(Op::VEX_Kxnorb_kr_kr_kr, OPEN, OPEN, Source::Register(OPEN));
        }
        // Nothing of the register's old value is waited for.
        self.assembler.three(Op::EVEX_Vxorpd_zmm_k1z_zmm_zmmm512b64, to, to, Source::Register(to));
        let from = MemoryOperand::with_base_index_scale_displ_size(base, indices, 8, displacement, 1);
        let gather = Op::EVEX_Vgatherdpd_zmm_k1_vm32y;
        self.assembler.masked_two(gather, to, Source::Memory(from), Mask::Merging(OPEN));
    }

    /// A row of sixteen numbers, permuted: by the low bits of each lane, whatever the others are.
    pub(super) fn permute_avx512(&mut self, at: i64, piece: Location, to: Location) {
        let row = |at| Source::Memory(MemoryOperand::with_base_displ(CONSTANTS, at));
        let (piece, to) = (self.register(piece), self.register(to));
        // The first half of the row gives way to the result.
        let half = if piece == to { OWN } else { to };
        self.assembler.two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, half, row(at));
        self.assembler.three(Op::EVEX_Vpermt2pd_zmm_k1z_zmm_zmmm512b64, half, piece, row(at + 64));
        if half != to {
            self.assembler.two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, to, Source::Register(half));
        }
    }

    /// Numbers of a row of any length.
    pub(super) fn gather_coefficients_avx512(&mut self, at: i64, piece: Location, to: Location) {
        let (mut piece, to) = (self.register(piece), self.register(to));
        if piece == to {
            self.assembler.two(Op::EVEX_Vmovapd_zmm_k1z_zmmm512, OWN, Source::Register(piece));
            piece = OWN;
        }
        self.assembler.three(Op::VEX_Kxnorb_kr_kr_kr, OPEN, OPEN, Source::Register(OPEN));
        // Nothing of the register's old value is waited for.
        self.assembler.three(Op::EVEX_Vxorpd_zmm_k1z_zmm_zmmm512b64, to, to, Source::Register(to));
        let from = MemoryOperand::with_base_index_scale_displ_size(CONSTANTS, piece, 8, at, 1);
        let gather = Op::EVEX_Vgatherqpd_zmm_k1_vm64z;
        self.assembler.masked_two(gather, to, Source::Memory(from), Mask::Merging(OPEN));
    }
}
