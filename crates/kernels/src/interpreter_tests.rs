//! The interpreter against a plain evaluation of the program, one instance after the other, bit for bit.

use super::*;
use crate::kernel::{Access, KernelError};
use apical_nmodl::ir::{Instruction, Place, Program, Value, VariableId};
use proptest::prelude::*;

const UNARY: [Unary; 18] = [
    Unary::Negate,
    Unary::Not,
    Unary::Abs,
    Unary::Exp,
    Unary::Log,
    Unary::Log10,
    Unary::Sqrt,
    Unary::Sin,
    Unary::Cos,
    Unary::Tan,
    Unary::Sinh,
    Unary::Cosh,
    Unary::Tanh,
    Unary::Asin,
    Unary::Acos,
    Unary::Atan,
    Unary::Floor,
    Unary::Ceil,
];
const BINARY: [Binary; 17] = [
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::Power,
    Binary::Remainder,
    Binary::Minimum,
    Binary::Maximum,
    Binary::Less,
    Binary::LessEqual,
    Binary::Greater,
    Binary::GreaterEqual,
    Binary::Equal,
    Binary::NotEqual,
    Binary::And,
    Binary::Or,
    Binary::Random,
];
const COLUMNS: usize = 4;
const INSTANCES: usize = 150;

/// Variable 0..4 are columns, 4 is uniform, voltage is indexed, the time step a constant.
fn access(place: Place) -> Option<Access> {
    Some(match place {
        Place::Variable(VariableId(id)) if (id as usize) < COLUMNS => Access::Column(id as usize * INSTANCES),
        Place::Variable(_) => Access::Uniform(COLUMNS * INSTANCES),
        Place::Voltage | Place::MembraneCurrent => {
            let offset = COLUMNS * INSTANCES + 1 + if place == Place::Voltage { 0 } else { INSTANCES };
            Access::Indexed(offset, 0)
        }
        Place::TimeStep => Access::Constant(0.025),
        _ => return None,
    })
}

/// The meaning of a program, written without any of the machinery.
fn plain(program: &Program, memory: &mut [f64], list: &[u32], instances: Range<usize>) {
    // Block by block as the accumulations of one block follow its loads, instance by instance within.
    for i in instances {
        let offset = |access: Access| match access {
            Access::Uniform(o) => o,
            Access::Column(o) => o + i,
            Access::Indexed(o, _) => o + list[i] as usize,
            Access::Constant(_) => unreachable!(),
        };
        let mut values: Vec<f64> = Vec::new();
        for instruction in &program.instructions {
            let at = |v: Value| values[v.0 as usize];
            let value = match *instruction {
                Instruction::Constant(c) => c,
                Instruction::Load(place) => match access(place).unwrap() {
                    Access::Constant(c) => c,
                    other => memory[offset(other)],
                },
                Instruction::Unary(what, a) => unary(what, at(a)),
                Instruction::Binary(what, a, b) => binary(what, at(a), at(b)),
                Instruction::Select(c, t, o) => {
                    if at(c) != 0.0 {
                        at(t)
                    } else {
                        at(o)
                    }
                }
                Instruction::Lookup(..) => unreachable!("no tables here"),
                Instruction::Store(place, v) => {
                    memory[offset(access(place).unwrap())] = at(v);
                    f64::NAN
                }
                Instruction::Accumulate(place, v) => {
                    memory[offset(access(place).unwrap())] += at(v);
                    f64::NAN
                }
            };
            values.push(value);
        }
    }
}

/// A random program: loads of everything, arithmetic on what is there, stores and an accumulation at the end.
fn program() -> impl Strategy<Value = Program> {
    let step = (0_u8..4, 0_usize..18, 0.0_f64..1.0, 0.0_f64..1.0, 0.0_f64..1.0, -3.0_f64..3.0);
    proptest::collection::vec(step, 1..60).prop_map(|steps| {
        let mut instructions: Vec<Instruction> =
            (0..=COLUMNS as u32).map(|v| Instruction::Load(Place::Variable(VariableId(v)))).collect();
        instructions.extend([Instruction::Load(Place::Voltage), Instruction::Load(Place::TimeStep)]);
        for (kind, what, a, b, c, number) in steps {
            let n = instructions.len() as f64;
            let pick = |x: f64| Value((x * n) as u32);
            instructions.push(match kind {
                0 => Instruction::Constant(number),
                1 => Instruction::Unary(UNARY[what % 18], pick(a)),
                2 => Instruction::Binary(BINARY[what % 16], pick(a), pick(b)),
                _ => Instruction::Select(pick(a), pick(b), pick(c)),
            });
        }
        let last = Value(instructions.len() as u32 - 1);
        instructions.push(Instruction::Store(Place::Variable(VariableId(1)), last));
        instructions.push(Instruction::Accumulate(Place::MembraneCurrent, Value(last.0 / 2)));
        Program { instructions }
    })
}

fn start_memory(list_seed: u32) -> (Vec<f64>, Vec<u32>) {
    let special = [f64::NAN, f64::INFINITY, -0.0, 5e-324, -1e308, 700.0];
    let memory = (0..COLUMNS * INSTANCES + 1 + 2 * INSTANCES)
        .map(|i| if i % 37 == 5 { special[i % special.len()] } else { (i as f64 * 0.7).sin() * 3.0 })
        .collect();
    let list = (0..INSTANCES as u32).map(|i| i.wrapping_mul(list_seed) % INSTANCES as u32).collect();
    (memory, list)
}

/// The same bits, any NaN being as good as another.
fn same(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn every_level_gives_the_bits_of_the_plain_evaluation(
        program in program(),
        range in prop_oneof![Just(0..0), Just(3..4), Just(0..63), Just(0..64), Just(5..70), Just(0..INSTANCES)],
        list_seed in 1_u32..7,
    ) {
        let (start, list) = start_memory(list_seed);
        let mut expected = start.clone();
        plain(&program, &mut expected, &list, range.clone());
        let kernel = Kernel::compile(&program, &mut access, &[]).unwrap();
        for level in Level::available() {
            let mut memory = start.clone();
            let mut lists = Lists::default();
            lists.push(list.clone());
            kernel.run_at(level, &mut memory, &lists, range.clone(), &mut Scratch::default());
            prop_assert!(same(&memory, &expected), "{level:?}");
        }
    }
}

#[test]
fn a_place_without_memory_and_a_write_to_a_uniform_are_refused() {
    let load = Program { instructions: vec![Instruction::Load(Place::Celsius)] };
    assert_eq!(Kernel::compile(&load, &mut access, &[]).unwrap_err(), KernelError::Unbound(Place::Celsius));
    let uniform = Place::Variable(VariableId(4));
    let store =
        Program { instructions: vec![Instruction::Constant(1.0), Instruction::Store(uniform, Value(0))] };
    assert_eq!(Kernel::compile(&store, &mut access, &[]).unwrap_err(), KernelError::SharedWrite(uniform));
    let early = Program { instructions: vec![Instruction::Unary(Unary::Exp, Value(0))] };
    assert_eq!(Kernel::compile(&early, &mut access, &[]).unwrap_err(), KernelError::Operand(Value(0)));
}

#[test]
#[should_panic(expected = "a column lies outside the memory")]
fn memory_that_is_too_short_is_refused_before_anything_is_changed() {
    let instructions = vec![
        Instruction::Load(Place::Variable(VariableId(3))),
        Instruction::Store(Place::Variable(VariableId(3)), Value(0)),
    ];
    let kernel = Kernel::compile(&Program { instructions }, &mut access, &[]).unwrap();
    kernel.run(&mut [0.0; 10], &Lists::default(), 0..INSTANCES, &mut Scratch::default());
}
