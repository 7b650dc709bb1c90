//! What the compiler of kernels compiles for.

/// A set of instructions with its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Four lanes, sixteen registers; truths are registers of all ones or zeros.
    Avx2,
    /// Eight lanes, thirty-two registers; truths have registers of their own.
    Avx512,
}

impl Target {
    /// Lanes of a vector.
    pub const fn lanes(self) -> usize {
        match self {
            Target::Avx2 => 4,
            Target::Avx512 => 8,
        }
    }

    /// Vector registers that values may lie in; those above are the emitter's own.
    pub const fn vector_registers(self) -> u8 {
        match self {
            Target::Avx2 => 14,
            Target::Avx512 => 31,
        }
    }

    /// Registers that truths may lie in, when they are no vectors. k0 means "no mask" to most instructions, k1 marks the
    /// lanes of the last vector, and k7 is the emitter's own.
    pub const fn truth_registers(self) -> std::ops::Range<u8> {
        match self {
            Target::Avx2 => 0..0,
            Target::Avx512 => 2..7,
        }
    }

    /// How many values may wait at once before the order of steps turns to saving registers: by measurement. A few that leave
    /// their register cost less than chains that wait for one another.
    pub const fn most_alive(self) -> usize {
        match self {
            Target::Avx2 => 16,
            Target::Avx512 => 24,
        }
    }

    /// Bytes between two numbers that all lanes share: AVX-512 spreads them itself, AVX2 finds them spread.
    pub const fn shared_stride(self) -> usize {
        match self {
            Target::Avx2 => 32,
            Target::Avx512 => 8,
        }
    }
}
