//! Every way of running a kernel against a plain evaluation of the program, one instance after the other, bit for bit.

use super::*;
use crate::interpreter::{binary, unary};
use crate::kernel::{Access, KernelError};
use std::sync::Arc;

use crate::pieces::Pieces;
use crate::table::Table;
use apical_nmodl::ir::{
    Binary, Instruction, Loop, LoopId, Place, Program, TableId, Unary, Value, VariableId,
};
use proptest::prelude::*;

const UNARY: [Unary; 19] = [
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
    Unary::Exprelr,
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
                Instruction::Lookup(table, a) => tables()[table.0 as usize].at(at(a)),
                Instruction::List(..) | Instruction::Iterate(..) | Instruction::Outcome(..) => {
                    unreachable!("no loops here")
                }
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
    let step = (0_u8..16, 0_usize..19, 0.0_f64..1.0, 0.0_f64..1.0, 0.0_f64..1.0, -3.0_f64..3.0);
    // Up to more values than any processor has registers.
    proptest::collection::vec(step, 1..140).prop_map(|steps| {
        let mut instructions: Vec<Instruction> =
            (0..=COLUMNS as u32).map(|v| Instruction::Load(Place::Variable(VariableId(v)))).collect();
        instructions.extend([Instruction::Load(Place::Voltage), Instruction::Load(Place::TimeStep)]);
        for (kind, what, a, b, c, number) in steps {
            let n = instructions.len() as f64;
            let pick = |x: f64| Value((x * n) as u32);
            instructions.push(match kind {
                0 => Instruction::Lookup(TableId(what as u32 % 3), pick(a)),
                1..=3 => Instruction::Constant(number),
                4..=7 => Instruction::Unary(UNARY[what], pick(a)),
                8..=12 => Instruction::Binary(BINARY[what % 17], pick(a), pick(b)),
                _ => Instruction::Select(pick(a), pick(b), pick(c)),
            });
        }
        let last = Value(instructions.len() as u32 - 1);
        instructions.push(Instruction::Store(Place::Variable(VariableId(1)), last));
        instructions.push(Instruction::Accumulate(Place::MembraneCurrent, Value(last.0 / 2)));
        Program { instructions, ..Program::default() }
    })
}

/// One of points, and polynomials on as many pieces as each way to fetch coefficients is for.
fn tables() -> Vec<Table> {
    let polynomials = [(16, 5), (64, 2)].map(|(pieces, degree)| {
        let coefficient = |piece: usize, power: usize| ((piece * 7 + power) as f64).sin();
        let pieces: Vec<Vec<f64>> =
            (0..pieces).map(|piece| (0..=degree).map(|power| coefficient(piece, power)).collect()).collect();
        Table::Pieces(Pieces::new(-2.5..2.5, &pieces).unwrap())
    });
    let points = Table::new(vec![-1.0, 0.5, 2.0], vec![3.0, -1.0, 0.25]).unwrap();
    [points].into_iter().chain(polynomials).collect()
}

/// Lists that are nobody's, everybody's and in part consecutive.
fn list() -> impl Strategy<Value = Vec<u32>> {
    let count = INSTANCES as u32;
    prop_oneof![
        (1..7_u32).prop_map(move |factor| (0..count).map(|i| i * factor % count).collect()),
        (0..count).prop_map(move |same| vec![same; INSTANCES]),
        (1..20_u32, 0..8_u32)
            .prop_map(move |(run, first)| { (0..count).map(|i| (first + i + i / run) % count).collect() }),
    ]
}

fn start_memory() -> Vec<f64> {
    let special = [f64::NAN, f64::INFINITY, -0.0, 5e-324, -1e308, 700.0];
    (0..COLUMNS * INSTANCES + 1 + 2 * INSTANCES)
        .map(|i| if i % 37 == 5 { special[i % special.len()] } else { (i as f64 * 0.7).sin() * 3.0 })
        .collect()
}

/// The same bits, any NaN being as good as another.
fn same(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn every_level_gives_the_bits_of_the_plain_evaluation(
        program in program(),
        first in prop_oneof![Just(0_usize), 0..40_usize],
        count in prop_oneof![0..=17_usize, 63..=65_usize, Just(100_usize)],
        list in list(),
    ) {
        let range = first..first + count;
        let start = start_memory();
        let mut expected = start.clone();
        plain(&program, &mut expected, &list, range.clone());
        let tables: Vec<_> = tables().into_iter().map(|table| Some(Arc::new(table))).collect();
        let kernel = Kernel::compile(&program, &mut access, &tables).unwrap();
        for level in Level::available() {
            let mut memory = start.clone();
            let mut lists = Lists::default();
            lists.push(list.clone());
            kernel.run_at(level, &mut memory, &lists, range.clone(), &mut Scratch::default());
            prop_assert!(same(&memory, &expected), "{level:?}");
            #[cfg(target_arch = "x86_64")]
            if let Level::Machine(target) = level {
                let made = kernel.are_independent(&lists, range.end) && kernel.machine(target).is_some();
                prop_assert!(made, "the interpreter ran in the place of {level:?}");
            }
        }
    }
}

#[test]
fn a_place_without_memory_and_a_write_to_a_uniform_are_refused() {
    let load = Program { instructions: vec![Instruction::Load(Place::Celsius)], ..Program::default() };
    assert_eq!(Kernel::compile(&load, &mut access, &[]).unwrap_err(), KernelError::Unbound(Place::Celsius));
    let uniform = Place::Variable(VariableId(4));
    let store = Program {
        instructions: vec![Instruction::Constant(1.0), Instruction::Store(uniform, Value(0))],
        ..Program::default()
    };
    assert_eq!(Kernel::compile(&store, &mut access, &[]).unwrap_err(), KernelError::SharedWrite(uniform));
    let early =
        Program { instructions: vec![Instruction::Unary(Unary::Exp, Value(0))], ..Program::default() };
    assert_eq!(Kernel::compile(&early, &mut access, &[]).unwrap_err(), KernelError::Operand(Value(0)));
}

#[test]
#[should_panic(expected = "a column lies outside the memory")]
fn memory_that_is_too_short_is_refused_before_anything_is_changed() {
    let instructions = vec![
        Instruction::Load(Place::Variable(VariableId(3))),
        Instruction::Store(Place::Variable(VariableId(3)), Value(0)),
    ];
    let kernel = Kernel::compile(&Program { instructions, ..Program::default() }, &mut access, &[]).unwrap();
    kernel.run(&mut [0.0; 10], &Lists::default(), 0..INSTANCES, &mut Scratch::default());
}

/// Two loops, one in the other: for n and m in the memory, the sum over i ≤ n of i·m, by adding i m times.
fn nested_loops() -> Program {
    let (constant, binary) = (Instruction::Constant, Instruction::Binary);
    let inner = Loop {
        // Carried: sum, count. Captured: i, m.
        carried: 2,
        captured: 2,
        instructions: vec![
            binary(Binary::Less, Value(1), Value(3)),
            binary(Binary::Add, Value(0), Value(2)),
            constant(1.0),
            binary(Binary::Add, Value(1), Value(6)),
        ],
        condition: Value(4),
        next: vec![Value(5), Value(7)],
    };
    let outer = Loop {
        // Carried: sum, i. Captured: n, m.
        carried: 2,
        captured: 2,
        instructions: vec![
            binary(Binary::LessEqual, Value(1), Value(2)),
            constant(0.0),
            Instruction::List(Value(0), Value(5)),
            Instruction::List(Value(6), Value(1)),
            Instruction::List(Value(7), Value(3)),
            Instruction::Iterate(LoopId(0), Value(8)),
            Instruction::Outcome(Value(9), 0),
            constant(1.0),
            binary(Binary::Add, Value(1), Value(11)),
        ],
        condition: Value(4),
        next: vec![Value(10), Value(12)],
    };
    let variable = |index| Place::Variable(VariableId(index));
    let instructions = vec![
        Instruction::Load(variable(0)),
        Instruction::Load(variable(1)),
        constant(0.0),
        constant(1.0),
        Instruction::List(Value(2), Value(3)),
        Instruction::List(Value(4), Value(0)),
        Instruction::List(Value(5), Value(1)),
        Instruction::Iterate(LoopId(1), Value(6)),
        Instruction::Outcome(Value(7), 0),
        Instruction::Store(variable(2), Value(8)),
    ];
    Program { instructions, loops: vec![inner, outer] }
}

#[test]
fn loops_repeat_in_each_lane_as_often_as_it_needs() {
    (1..=17).chain([63, 64, 65, 100]).for_each(loops_of);
    // The same of what all instances share.
    let mut shared = |place: Place| match place {
        Place::Variable(VariableId(2)) => Some(Access::Column(2)),
        Place::Variable(id) => Some(Access::Uniform(id.0 as usize)),
        _ => None,
    };
    let kernel = Kernel::compile(&nested_loops(), &mut shared, &[]).unwrap();
    let mut memory = vec![7.0, 3.0, 0.0, 0.0];
    kernel.run(&mut memory, &Lists::default(), 0..2, &mut Scratch::default());
    assert_eq!(memory, [7.0, 3.0, 84.0, 84.0]);
}

fn loops_of(count: usize) {
    let n = |i: usize| (i % 9) as f64;
    let m = |i: usize| (i % 4) as f64;
    let expected = |n: f64, m: f64| m * n * (n + 1.0) / 2.0;
    let lists = Lists::default();
    let mut scratch = Scratch::default();
    let mut columns = |place: Place| match place {
        Place::Variable(id) => Some(Access::Column(id.0 as usize * count)),
        _ => None,
    };
    let kernel = Kernel::compile(&nested_loops(), &mut columns, &[]).unwrap();
    for level in Level::available() {
        let mut memory = vec![0.0; 3 * count];
        (0..count).for_each(|i| (memory[i], memory[count + i]) = (n(i), m(i)));
        kernel.run_at(level, &mut memory, &lists, 0..count, &mut scratch);
        for i in 0..count {
            assert_eq!(memory[2 * count + i], expected(n(i), m(i)), "lane {i}");
        }
    }
}

#[test]
fn a_loop_without_end_has_no_number_as_its_result() {
    let mut program = nested_loops();
    // i stays what it is.
    program.loops[1].next[1] = Value(1);
    let mut columns = |place: Place| match place {
        Place::Variable(id) => Some(Access::Column(id.0 as usize)),
        _ => None,
    };
    let kernel = Kernel::compile(&program, &mut columns, &[]).unwrap();
    let mut memory = vec![1.0, 1.0, 0.0];
    kernel.run(&mut memory, &Lists::default(), 0..1, &mut Scratch::default());
    assert!(memory[2].is_nan());
}

/// A kernel that adds to a place that it also reads, through a list whose entries several instances share: what an instance reads
/// depends on how many are advanced together, so machine code leaves it to the interpreter.
#[test]
fn instances_that_read_what_others_write_have_the_interpreters_order() {
    let instructions = vec![
        Instruction::Load(Place::MembraneCurrent),
        Instruction::Constant(1.5),
        Instruction::Binary(Binary::Multiply, Value(0), Value(1)),
        Instruction::Accumulate(Place::MembraneCurrent, Value(2)),
    ];
    let program = Program { instructions, ..Program::default() };
    for (list, independent) in [
        ((0..INSTANCES as u32).map(|i| i / 3).collect::<Vec<_>>(), false),
        ((0..INSTANCES as u32).collect(), true),
    ] {
        let kernel = Kernel::compile(&program, &mut access, &[]).unwrap();
        let mut lists = Lists::default();
        lists.push(list);
        assert_eq!(kernel.are_independent(&lists, 100), independent);
        let runs: Vec<Vec<f64>> = Level::available()
            .into_iter()
            .map(|level| {
                let mut memory = start_memory();
                kernel.run_at(level, &mut memory, &lists, 0..100, &mut Scratch::default());
                memory
            })
            .collect();
        assert!(runs.iter().all(|run| same(run, &runs[0])));
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_kernel_becomes_machine_code_when_it_runs_again() {
    let Level::Machine(target) = Level::best().0 else {
        println!("skipped: this processor has no target of the compiler");
        return;
    };
    let instructions = vec![
        Instruction::Load(Place::Variable(VariableId(0))),
        Instruction::Unary(Unary::Exp, Value(0)),
        Instruction::Store(Place::Variable(VariableId(1)), Value(1)),
    ];
    let kernel = Kernel::compile(&Program { instructions, ..Program::default() }, &mut access, &[]).unwrap();
    let made = |kernel: &Kernel| kernel.history.machines[target as usize].get().is_some();
    let (lists, mut scratch, mut memory) = (Lists::default(), Scratch::default(), start_memory());
    kernel.run(&mut memory, &lists, 0..10, &mut scratch);
    assert!(!made(&kernel));
    // A copy shares it.
    kernel.clone().run(&mut memory, &lists, 0..10, &mut scratch);
    assert!(made(&kernel) && kernel.history.machines[target as usize].get().is_some_and(Option::is_some));
}

/// Every instance gets what its own number asks for, whoever lies beside it, and what lies outside the memory is found first.
#[test]
fn a_kernel_runs_within_its_range_and_another_beyond_it() {
    const COUNT: usize = 45;
    let places = [Place::Voltage, Place::MembraneCurrent];
    let mut access =
        |place| places.iter().position(|p| *p == place).map(|number| Access::Column(number * COUNT));
    let mut times = |factor: f64| {
        let instructions = vec![
            Instruction::Load(Place::Voltage),
            Instruction::Constant(factor),
            Instruction::Binary(Binary::Multiply, Value(0), Value(1)),
            Instruction::Accumulate(Place::MembraneCurrent, Value(2)),
        ];
        Kernel::compile(&Program { instructions, ..Program::default() }, &mut access, &[]).unwrap()
    };
    let kernel = times(2.0).within(0, -100.0..60.0, times(3.0));
    assert!(kernel.beyond().is_some_and(|beyond| beyond.beyond().is_none()));
    let inside = |v: f64| (-100.0..60.0).contains(&v);
    let special = [-100.0, 60.0, f64::NAN, -100.000_01, 59.999_99, f64::INFINITY];
    for outside in [vec![], vec![0], vec![7, 8], vec![3, 4, 5, 20, 44], (0..COUNT).collect()] {
        let voltages =
            (0..COUNT).map(|i| if outside.contains(&i) { special[i % 6] } else { i as f64 - 70.0 });
        let start: Vec<f64> = voltages.chain((0..COUNT).map(|i| i as f64)).collect();
        for range in [0..COUNT, 3..41, 44..45] {
            let expected: Vec<f64> = (0..COUNT)
                .map(|i| {
                    let factor = if inside(start[i]) { 2.0 } else { 3.0 };
                    if range.contains(&i) { start[COUNT + i] + start[i] * factor } else { start[COUNT + i] }
                })
                .collect();
            for level in Level::available() {
                let mut memory = start.clone();
                let scratch = &mut Scratch::default();
                kernel.run_at(level, &mut memory, &Lists::default(), range.clone(), scratch);
                assert!(same(&memory[COUNT..], &expected), "{level:?} {range:?} {outside:?}");
            }
        }
    }
    let kernel = times(2.0).within(2 * COUNT, -100.0..60.0, times(3.0));
    let run = || kernel.run(&mut vec![0.0; 2 * COUNT], &Lists::default(), 0..COUNT, &mut Scratch::default());
    assert!(std::panic::catch_unwind(run).is_err());
}
