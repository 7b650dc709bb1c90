//! Every elementary function over its whole range: the same bits in every way of running it, and how far it errs.

use std::f64::consts::{FRAC_PI_4, LN_2, SQRT_2};
use std::fmt::Write;

use apical_nmodl::ir::{Binary, Instruction, Place, Program, Unary, Value, VariableId};

use super::log;
use super::reference::{self, Reference, scaled};
use super::trigonometry::REACH;
use crate::interpreter::{binary_alone, unary_alone};
use crate::kernel::Access;
use crate::{Kernel, Level, Lists, Scratch};

/// A function that has an error.
struct Function {
    what: Unary,
    reference: fn(f64) -> Reference,
    /// In units of the last place.
    bound: f64,
    /// Where it has a value; it is not a number elsewhere.
    domain: fn(f64) -> bool,
    /// Its values at −∞, −0, 0 and ∞.
    limits: [f64; 4],
}

const INFINITY: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
const QUARTER: f64 = std::f64::consts::FRAC_PI_2;

fn everywhere(_: f64) -> bool {
    true
}

fn positive(x: f64) -> bool {
    x > 0.0
}

fn up_to_one(x: f64) -> bool {
    x.abs() <= 1.0
}

const FUNCTIONS: [Function; 14] = [
    Function {
        what: Unary::Exp,
        reference: reference::exp,
        bound: 1.05,
        domain: everywhere,
        limits: [0.0, 1.0, 1.0, INFINITY],
    },
    Function {
        what: Unary::Log,
        reference: reference::natural_log,
        bound: 1.0,
        domain: positive,
        limits: [NAN, -INFINITY, -INFINITY, INFINITY],
    },
    Function {
        what: Unary::Log10,
        reference: reference::log10,
        bound: 1.0,
        domain: positive,
        limits: [NAN, -INFINITY, -INFINITY, INFINITY],
    },
    Function {
        what: Unary::Exprelr,
        reference: reference::exprelr,
        bound: 1.05,
        domain: everywhere,
        limits: [INFINITY, 1.0, 1.0, 0.0],
    },
    Function {
        what: Unary::Sin,
        reference: reference::sin,
        bound: 1.0,
        domain: everywhere,
        limits: [NAN, -0.0, 0.0, NAN],
    },
    Function {
        what: Unary::Cos,
        reference: reference::cos,
        bound: 1.0,
        domain: everywhere,
        limits: [NAN, 1.0, 1.0, NAN],
    },
    Function {
        what: Unary::Tan,
        reference: reference::tan,
        bound: 2.5,
        domain: everywhere,
        limits: [NAN, -0.0, 0.0, NAN],
    },
    Function {
        what: Unary::Sinh,
        reference: reference::sinh,
        bound: 2.0,
        domain: everywhere,
        limits: [-INFINITY, -0.0, 0.0, INFINITY],
    },
    Function {
        what: Unary::Cosh,
        reference: reference::cosh,
        bound: 1.5,
        domain: everywhere,
        limits: [INFINITY, 1.0, 1.0, INFINITY],
    },
    Function {
        what: Unary::Tanh,
        reference: reference::tanh,
        bound: 1.05,
        domain: everywhere,
        limits: [-1.0, -0.0, 0.0, 1.0],
    },
    Function {
        what: Unary::Asin,
        reference: reference::asin,
        bound: 1.0,
        domain: up_to_one,
        limits: [NAN, -0.0, 0.0, NAN],
    },
    Function {
        what: Unary::Acos,
        reference: reference::acos,
        bound: 1.0,
        domain: up_to_one,
        limits: [NAN, QUARTER, QUARTER, NAN],
    },
    Function {
        what: Unary::Atan,
        reference: reference::atan,
        bound: 1.0,
        domain: everywhere,
        limits: [-QUARTER, -0.0, 0.0, QUARTER],
    },
    Function {
        what: Unary::Sqrt,
        reference: reference::square_root,
        bound: 0.5,
        domain: positive,
        limits: [NAN, -0.0, 0.0, INFINITY],
    },
];

/// Functions of one number that are exact, or only right or wrong.
const EXACT: [Unary; 5] = [Unary::Negate, Unary::Not, Unary::Abs, Unary::Floor, Unary::Ceil];
/// Of powers, in units of the last place.
const POWER_BOUND: f64 = 1.0;
const OF_TWO: [Binary; 4] = [Binary::Power, Binary::Remainder, Binary::Minimum, Binary::Maximum];

/// Numbers between 0 and 1 without a pattern.
struct Units(u64);

impl Units {
    fn next(&mut self) -> f64 {
        self.bits(53) as f64 / (1_u64 << 53) as f64
    }

    fn bits(&mut self, count: u32) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 11 >> (53 - count)
    }
}

/// Where functions change their ways, and where results begin and cease to be normal.
const EDGES: [f64; 22] = [
    0.0,
    5e-324,
    f64::MIN_POSITIVE,
    1e-300,
    1e-100,
    1e-50,
    f64::EPSILON,
    0.5,
    SQRT_2 / 2.0,
    1.0,
    SQRT_2,
    25.0,
    50.0,
    708.396_418_532_264_1,
    709.782_712_893_384,
    710.475_860_073_943_9,
    710.6,
    745.133_219_101_941_1,
    750.0,
    760.0,
    REACH,
    f64::MAX,
];

/// Numbers of all sizes and of both signs, many where functions have their digits, and everything special with its neighbours.
fn samples() -> Vec<f64> {
    let mut units = Units(1);
    let mut all = vec![INFINITY, NAN];
    all.extend(EDGES.iter().flat_map(|&x| [x, x.next_down(), x.next_up()]));
    // Every binade, denormal ones as well.
    for exponent in 0..2047_u64 {
        all.extend((0..12).map(|_| f64::from_bits(exponent << 52 | units.bits(52))));
    }
    for bit in 0..52 {
        all.extend((0..4).map(|_| f64::from_bits((1 << bit) + units.bits(bit))));
    }
    for (count, size) in [(100_000, 1.0), (100_000, 4.0), (50_000, 45.0), (50_000, 760.0), (20_000, REACH)] {
        all.extend((0..count).map(|_| units.next() * size));
    }
    all.extend((0..20_000).map(|_| 1.0 + (units.next() - 0.5) * 0.01));
    // Where exponents and quarter turns are rounded to integers, and where these are nearest to doubles.
    let steps = (0..1100).map(|k| f64::from(k) * LN_2 / 2.0);
    let turns = (0..8_000).map(|k| f64::from(if k < 4000 { k } else { k * 255 }) * FRAC_PI_4);
    // The logarithm's exponents change at √½.
    let roots = (-1022..1023).map(|k| scaled(SQRT_2, k));
    all.extend(steps.chain(turns).chain(roots).flat_map(|x| [x, x.next_down(), x.next_up()]));
    all.iter().flat_map(|&x| [x, -x]).collect()
}

/// Bases and exponents: everything special with everything special, and bases of all sizes with exponents for powers of all sizes.
fn pairs() -> Vec<(f64, f64)> {
    let whole = [2.0, 3.0, 1023.0, 1024.0, 1074.0, 1075.0, 9_007_199_254_740_991.0, 9_007_199_254_740_992.0];
    let special: Vec<f64> = EDGES
        .iter()
        .chain(&whole)
        .chain(&[0.7, 2.5, INFINITY, NAN])
        .flat_map(|&x| [x, x.next_down(), -x, -x.next_down()])
        .collect();
    let mut all: Vec<(f64, f64)> =
        special.iter().flat_map(|&a| special.iter().map(move |&b| (a, b))).collect();
    let mut units = Units(2);
    for exponent in 0..2047_u64 {
        for _ in 0..40 {
            let a = f64::from_bits(exponent << 52 | units.bits(52));
            all.push((a, (units.next() - 0.5) * 2200.0 * LN_2 / log(a)));
        }
    }
    for _ in 0..60_000 {
        let near = 1.0 + scaled(units.next() - 0.5, -(units.bits(6) as i32) % 50);
        all.push((near, (units.next() - 0.5) * 2200.0 * LN_2 / log(near)));
        all.push((units.next() * 4.0, (units.next() - 0.5) * 20.0));
        all.push((-4.0 * units.next(), ((units.next() - 0.5) * 400.0).round()));
    }
    all
}

/// The same bits, any NaN being as good as another.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Applies an operation to columns of numbers in every way of running kernels, which must give these bits.
fn compare(name: &str, operation: Instruction, columns: &[&[f64]], expected: &[f64]) {
    let count = expected.len();
    let place = |column: usize| Place::Variable(VariableId(column as u32));
    let mut instructions: Vec<Instruction> =
        (0..columns.len()).map(|column| Instruction::Load(place(column))).collect();
    instructions.push(operation);
    instructions.push(Instruction::Store(place(columns.len()), Value(columns.len() as u32)));
    let mut access = |place: Place| match place {
        Place::Variable(VariableId(column)) => Some(Access::Column(column as usize * count)),
        _ => None,
    };
    let program = Program { instructions, ..Program::default() };
    let kernel = Kernel::compile(&program, &mut access, &[]).unwrap();
    for level in Level::available() {
        let mut memory = columns.concat();
        memory.resize((columns.len() + 1) * count, 0.0);
        kernel.run_at(level, &mut memory, &Lists::default(), 0..count, &mut Scratch::default());
        for (i, (&result, &expected)) in memory[columns.len() * count..].iter().zip(expected).enumerate() {
            let arguments: Vec<f64> = columns.iter().map(|column| column[i]).collect();
            assert!(same(result, expected), "{name}{arguments:?} at {level:?}: {result:e}, not {expected:e}");
        }
    }
}

#[test]
fn every_level_has_the_bits_of_the_single_number_over_the_whole_range() {
    let samples = samples();
    for what in FUNCTIONS.iter().map(|f| f.what).chain(EXACT) {
        let expected: Vec<f64> = samples.iter().map(|&x| unary_alone(what, x)).collect();
        compare(&format!("{what:?}"), Instruction::Unary(what, Value(0)), &[&samples], &expected);
    }
    let (a, b): (Vec<f64>, Vec<f64>) = pairs().into_iter().unzip();
    for what in OF_TWO {
        let expected: Vec<f64> = a.iter().zip(&b).map(|(&a, &b)| binary_alone(what, a, b)).collect();
        let operation = Instruction::Binary(what, Value(0), Value(1));
        compare(&format!("{what:?}"), operation, &[&a, &b], &expected);
    }
}

/// The largest error and where it is.
#[derive(Default)]
struct Worst {
    error: f64,
    at: Vec<f64>,
}

impl Worst {
    fn see(&mut self, error: f64, at: &[f64]) {
        if error > self.error {
            *self = Worst { error, at: at.to_vec() };
        }
    }
}

fn worst_of(function: &Function, samples: &[f64]) -> Worst {
    let mut worst = Worst::default();
    for &x in samples {
        let result = unary_alone(function.what, x);
        let exactly = match x {
            _ if x.is_nan() => Some(NAN),
            _ if x == 0.0 || x.is_infinite() => {
                let [lowest, minus_zero, zero, highest] = function.limits;
                Some(match (x == 0.0, x.is_sign_negative()) {
                    (false, true) => lowest,
                    (true, true) => minus_zero,
                    (true, false) => zero,
                    (false, false) => highest,
                })
            }
            _ if !(function.domain)(x) => Some(NAN),
            _ => None,
        };
        match exactly {
            Some(exactly) => {
                assert!(same(result, exactly), "{:?}({x:e}) is {result:e}, not {exactly:e}", function.what)
            }
            None => worst.see((function.reference)(x).ulps(result), &[x]),
        }
    }
    worst
}

fn worst_power() -> Worst {
    let mut worst = Worst::default();
    for (a, b) in pairs() {
        let result = binary_alone(Binary::Power, a, b);
        let odd = b % 2.0 != 0.0 && b.trunc() == b;
        if a.is_finite() && b.is_finite() && a != 0.0 && (a > 0.0 || b.trunc() == b) {
            let negative = a < 0.0 && odd;
            let signed = if negative { -result } else { result };
            assert_eq!(result.is_sign_negative(), negative, "({a:e})^({b:e})");
            worst.see(reference::pow(a.abs(), b).ulps(signed), &[a, b]);
        } else {
            let expected = libm::pow(a, b);
            assert!(same(result, expected), "({a:e})^({b:e}) is {result:e}, not {expected:e}");
        }
    }
    worst
}

/// The table that stands in `docs/numerics.md`; measured errors are rounded up.
#[test]
fn errors_are_those_that_the_documentation_states() {
    let samples = samples();
    let mut rows: Vec<(String, f64, Worst)> = FUNCTIONS
        .iter()
        .map(|function| {
            let worst = worst_of(function, &samples);
            (format!("{:?}", function.what).to_lowercase(), function.bound, worst)
        })
        .collect();
    rows.push(("pow".into(), POWER_BOUND, worst_power()));
    let mut table =
        String::from("| function | error at most | largest found | at |\n| --- | --- | --- | --- |\n");
    for (name, bound, worst) in &rows {
        let at: Vec<String> = worst.at.iter().map(|x| format!("{x:e}")).collect();
        let error = (worst.error * 1000.0).ceil() / 1000.0;
        writeln!(table, "| {name} | {bound} | {error:.3} | {} |", at.join(", ")).unwrap();
    }
    for (name, bound, worst) in &rows {
        assert!(worst.error <= *bound, "{name} errs by {} at {:?}\n{table}", worst.error, worst.at);
    }
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/numerics.md");
    let stated = std::fs::read_to_string(document).unwrap().replace("\r\n", "\n");
    assert!(stated.contains(&table), "docs/numerics.md states other errors than these:\n{table}");
}
