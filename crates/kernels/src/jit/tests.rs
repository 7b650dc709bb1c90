//! Every instruction that the emitters know is run and gives what the step means, and is decoded again; pages are
//! never writable and executable.

use std::collections::BTreeSet;

use iced_x86::{CpuidFeature, Decoder, DecoderOptions};

use super::code::{Access, Called, Coefficients, Id, Kind, Relation};
use super::*;
use apical_nmodl::ir::{Binary, Unary};

fn targets() -> Vec<Target> {
    let levels = crate::run::Level::available().into_iter();
    let machine = levels.filter_map(|level| match level {
        crate::run::Level::Machine(target) => Some(target),
        crate::run::Level::Interpreter(_) => None,
    });
    let targets: Vec<Target> = machine.collect();
    if targets.len() < 2 {
        println!("skipped: this processor has {targets:?} alone");
    }
    targets
}

const RELATIONS: [Relation; 6] = [
    Relation::Less,
    Relation::LessEqual,
    Relation::Greater,
    Relation::GreaterEqual,
    Relation::Equal,
    Relation::NotEqual,
];

/// Steps that only compute.
fn pure() -> Vec<What> {
    let mut all = vec![
        What::Add,
        What::Subtract,
        What::Multiply,
        What::Divide,
        What::MultiplyAdd,
        What::Minimum,
        What::Maximum,
        What::SquareRoot,
        What::Floor,
        What::Ceil,
        What::BothBits,
        What::EitherBits,
        What::OneOfBits,
        What::AddIntegers,
        What::SubtractIntegers,
        What::ShiftUp(52),
        What::ShiftDown(12),
        What::Scale,
        What::BothTrue,
        What::EitherTrue,
        What::NotTrue,
        What::Select,
        What::Where,
    ];
    all.extend(RELATIONS.map(What::Compare));
    all
}

/// Kinds of the operands of a step.
fn operand_kinds(what: What) -> Vec<Kind> {
    let truths = match what {
        What::BothTrue | What::EitherTrue => 2,
        What::NotTrue | What::Select | What::Where => 1,
        _ => 0,
    };
    (0..what.arity()).map(|n| if n < truths { Kind::Truth } else { Kind::Number }).collect()
}

/// What a step means, for numbers, where truths are anything but 0.
fn meaning(what: What, x: &[f64]) -> f64 {
    let truth = |t: bool| f64::from(u8::from(t));
    let bits = |f: fn(u64, u64) -> u64| f64::from_bits(f(x[0].to_bits(), x[1].to_bits()));
    match what {
        What::Add => x[0] + x[1],
        What::Subtract => x[0] - x[1],
        What::Multiply => x[0] * x[1],
        What::Divide => x[0] / x[1],
        What::MultiplyAdd => x[0].mul_add(x[1], x[2]),
        What::Minimum => {
            if x[0] < x[1] {
                x[0]
            } else {
                x[1]
            }
        }
        What::Maximum => {
            if x[0] > x[1] {
                x[0]
            } else {
                x[1]
            }
        }
        What::SquareRoot => x[0].sqrt(),
        What::Floor => x[0].floor(),
        What::Ceil => x[0].ceil(),
        What::BothBits => bits(|a, b| a & b),
        What::EitherBits => bits(|a, b| a | b),
        What::OneOfBits => bits(|a, b| a ^ b),
        What::AddIntegers => bits(u64::wrapping_add),
        What::SubtractIntegers => bits(u64::wrapping_sub),
        What::ShiftUp(by) => f64::from_bits(x[0].to_bits() << by),
        What::ShiftDown(by) => f64::from_bits(x[0].to_bits() >> by),
        What::Scale => x[0] * x[1].exp2(),
        What::BothTrue => truth(x[0] != 0.0 && x[1] != 0.0),
        What::EitherTrue => truth(x[0] != 0.0 || x[1] != 0.0),
        What::NotTrue => truth(x[0] == 0.0),
        What::Select => {
            if x[0] != 0.0 {
                x[1]
            } else {
                x[2]
            }
        }
        What::Where => {
            if x[0] != 0.0 {
                x[1]
            } else {
                0.0
            }
        }
        What::Compare(relation) => truth(match relation {
            Relation::Less => x[0] < x[1],
            Relation::LessEqual => x[0] <= x[1],
            Relation::Greater => x[0] > x[1],
            Relation::GreaterEqual => x[0] >= x[1],
            Relation::Equal => x[0] == x[1],
            Relation::NotEqual => x[0] != x[1],
        }),
        other => unreachable!("{other:?} does not compute"),
    }
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Column,
    Constant,
    Uniform,
    /// A column's value that waited on the stack.
    Stack,
}

const SOURCES: [Source; 4] = [Source::Column, Source::Constant, Source::Uniform, Source::Stack];
const SPECIAL: [f64; 12] =
    [0.0, -0.0, 1.0, -2.5, 3.7, f64::NAN, f64::INFINITY, -1e-310, 5e-324, 1e308, -7.0, 0.5];
/// Lanes of the tests: two whole vectors of eight and a part of one.
const COUNT: usize = 21;
/// The operand columns, then the result's.
const RESULT: usize = 3 * COUNT;

fn number(column: usize, instance: usize) -> f64 {
    SPECIAL[(instance * (column + 1) + 5 * column) % SPECIAL.len()]
}

/// A truth as a number.
fn stored(code: &mut Code, id: Id, kind: Kind, one: Id) -> Id {
    if kind == Kind::Truth { code.push(What::Where, &[id, one]) } else { id }
}

/// Runs code that has no calls, on the operand columns, and returns the bytes and the memory.
fn run(code: Code, target: Target, memory: &mut [f64], lists: &Lists) -> Vec<u8> {
    let machine = Machine::of_code(code, target).expect("machine code");
    let kernel = Kernel::default();
    let mut workspace = Workspace::default();
    // SAFETY: the tests keep inside their memory and lists.
    unsafe {
        machine.run(
            &kernel,
            memory,
            lists,
            0..COUNT,
            &[number(7, 1), number(7, 2), number(7, 3)],
            &mut workspace,
        )
    };
    machine.executable.bytes().to_vec()
}

/// One step whose operands come from these sources.
fn code_of(what: What, sources: &[Source]) -> Code {
    let mut code = Code::default();
    let constant = |code: &mut Code, number: f64| {
        code.constants.push(number.to_bits());
        code.push(What::Constant(code.constants.len() as u16 - 1), &[])
    };
    let (zero, one) = (constant(&mut code, 0.0), constant(&mut code, 1.0));
    let operands: Vec<Id> = sources
        .iter()
        .zip(operand_kinds(what))
        .enumerate()
        .map(|(column, (source, kind))| {
            let id = match source {
                Source::Column | Source::Stack => code.push(What::Load(Access::Column(column * COUNT)), &[]),
                Source::Constant => constant(&mut code, number(7, column + 1)),
                Source::Uniform => code.push(What::Uniform(column as u16), &[]),
            };
            match kind {
                Kind::Truth => code.push(What::Compare(Relation::NotEqual), &[id, zero]),
                _ => id,
            }
        })
        .collect();
    if sources.contains(&Source::Stack) {
        // A call between definition and use; what it is given comes first.
        let given = operands[0];
        let given = stored(&mut code, given, operand_kinds(what)[0], one);
        code.calls.push(Call { called: Called::Unary(Unary::Negate), arguments: 1, results: 1 });
        code.push(What::Pass(0), &[given]);
        code.push(What::Call(0), &[]);
        let called = code.push(What::Result(0), &[]);
        code.push(What::Store(Access::Column(RESULT + COUNT)), &[called]);
        // The result of the call is among what is stored before the step, so the operands are older.
        let both = code.push(what, &operands);
        let both = stored(&mut code, both, what.kind(), one);
        let sum = code.push(What::OneOfBits, &[both, called]);
        let again = code.push(What::OneOfBits, &[sum, called]);
        code.push(What::Store(Access::Column(RESULT)), &[again]);
        return code;
    }
    let result = code.push(what, &operands);
    let result = stored(&mut code, result, what.kind(), one);
    code.push(What::Store(Access::Column(RESULT)), &[result]);
    code
}

/// The names of the instructions in some code. All of them exist, and need nothing but what the target is known to have.
fn decoded(bytes: &[u8], target: Target) -> BTreeSet<String> {
    let mut allowed = vec![
        CpuidFeature::INTEL8086,
        CpuidFeature::INTEL386,
        CpuidFeature::X64,
        CpuidFeature::AVX,
        CpuidFeature::AVX2,
        CpuidFeature::FMA,
    ];
    if target == Target::Avx512 {
        allowed.extend([CpuidFeature::AVX512F, CpuidFeature::AVX512DQ, CpuidFeature::AVX512VL]);
    }
    let mut names = BTreeSet::new();
    for instruction in Decoder::new(64, bytes, DecoderOptions::NONE) {
        assert!(!instruction.is_invalid());
        for feature in instruction.cpuid_features() {
            assert!(allowed.contains(feature), "{:?} needs {feature:?}", instruction.code());
        }
        names.insert(format!("{:?}", instruction.code()));
        if instruction.code() == iced_x86::Code::Retnq {
            break;
        }
    }
    names
}

/// The instructions that a source file of the emitters names.
fn named(text: &str) -> BTreeSet<String> {
    let rest = text.split("Op::").skip(1);
    let name = |r: &str| r.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    rest.map(name).filter(|n| n != "INVALID").collect()
}

#[test]
fn every_instruction_does_what_its_step_means() {
    for target in targets() {
        let mut seen = BTreeSet::new();
        for what in pure() {
            if what == What::Scale && target == Target::Avx2 {
                continue;
            }
            let places = SOURCES.len().pow(what.arity() as u32);
            for place in 0..places {
                let sources: Vec<Source> = (0..what.arity())
                    .map(|n| SOURCES[place / SOURCES.len().pow(n as u32) % SOURCES.len()])
                    .collect();
                let mut memory: Vec<f64> =
                    (0..RESULT).map(|i| number(i / COUNT, i % COUNT)).chain([0.0; 2 * COUNT]).collect();
                if what == What::Scale {
                    // An integer that powers of two exist for.
                    (0..COUNT).for_each(|i| memory[COUNT + i] = i as f64 * 3.0 - 20.0);
                    if sources[1] == Source::Constant || sources[1] == Source::Uniform {
                        continue;
                    }
                }
                let start = memory.clone();
                let bytes = run(code_of(what, &sources), target, &mut memory, &Lists::default());
                for instance in 0..COUNT {
                    let operands: Vec<f64> = sources
                        .iter()
                        .enumerate()
                        .map(|(column, source)| match source {
                            Source::Column | Source::Stack => start[column * COUNT + instance],
                            Source::Constant => number(7, column + 1),
                            Source::Uniform => number(7, column + 1),
                        })
                        .collect();
                    let (got, expected) = (memory[RESULT + instance], meaning(what, &operands));
                    assert!(
                        same(got, expected),
                        "{what:?} {sources:?} {operands:?}: {got} {expected} {target:?}"
                    );
                }
                seen.extend(decoded(&bytes, target));
            }
        }
        seen.extend(run_memory(target));
        seen.extend(run_crowd(target));
        seen.extend(run_far(target));
        seen.extend(run_seldom_called(target));
        seen.extend(run_coefficients(target));
        let own = match target {
            Target::Avx2 => include_str!("emit_avx2.rs"),
            Target::Avx512 => include_str!("emit_avx512.rs"),
        };
        let other = if target == Target::Avx2 { "EVEX_" } else { "_ymm_ymmm256" };
        let shared = [include_str!("emit.rs"), include_str!("emit_lists.rs")];
        let expected = shared.iter().flat_map(|t| named(t)).filter(|n| !n.contains(other));
        let vex_scalar = |n: &String| {
            target == Target::Avx512 && n.starts_with("VEX_Vmovsd") | n.starts_with("VEX_Vaddsd")
        };
        let expected: BTreeSet<String> = expected.filter(|n| !vex_scalar(n)).chain(named(own)).collect();
        let missing: Vec<&String> = expected.difference(&seen).collect();
        assert!(missing.is_empty(), "never run for {target:?}: {missing:?}");
    }
}

/// Loads, stores and additions through columns and through lists, with entries that follow one another, that do not, and that
/// several instances share.
fn run_memory(target: Target) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let shared: Vec<u32> = (0..COUNT as u32).map(|i| i / 3).collect();
    let mixed: Vec<u32> = (0..COUNT as u32).map(|i| if i < 9 { i } else { 2 * i - 9 }).collect();
    for list in [(0..COUNT as u32).collect(), shared, mixed] {
        let mut lists = Lists::default();
        lists.push(list.clone());
        let mut code = Code { lists: vec![0], ..Code::default() };
        let indexed = |offset| Access::Indexed { offset, list: 0 };
        // Columns of 40 for what the list reaches.
        let column = |number: usize| number * 40;
        let read = code.push(What::Load(indexed(column(0))), &[]);
        let own = code.push(What::Load(Access::Column(column(1))), &[]);
        let sum = code.push(What::Add, &[read, own]);
        code.push(What::Store(Access::Column(column(2))), &[sum]);
        code.push(What::AddTo(Access::Column(column(3))), &[sum]);
        code.push(What::AddTo(indexed(column(4))), &[sum]);
        code.push(What::Store(indexed(column(5))), &[own]);
        let mut memory: Vec<f64> = (0..6 * 40).map(|i| (i as f64 * 0.37).sin()).collect();
        let mut expected = memory.clone();
        for (i, &entry) in list.iter().enumerate() {
            let entry = entry as usize;
            let sum = expected[column(0) + entry] + expected[column(1) + i];
            expected[column(2) + i] = sum;
            expected[column(3) + i] += sum;
            expected[column(4) + entry] += sum;
            expected[column(5) + entry] = expected[column(1) + i];
        }
        let bytes = run(code, target, &mut memory, &lists);
        assert_eq!(memory, expected, "{target:?}");
        names.extend(decoded(&bytes, target));
    }
    names
}

/// More numbers and truths at once than there are registers, in a list's order too.
fn run_crowd(target: Target) -> BTreeSet<String> {
    let mut code = Code { lists: vec![0], constants: vec![0], ..Code::default() };
    let mut lists = Lists::default();
    lists.push((0..COUNT as u32).rev().collect());
    let zero = code.push(What::Constant(0), &[]);
    let loads: Vec<Id> = (0..40).map(|n| code.push(What::Load(Access::Column(n * COUNT)), &[])).collect();
    let truths: Vec<Id> =
        loads.iter().map(|&l| code.push(What::Compare(Relation::Less), &[l, zero])).collect();
    // All loads before all sums, all truths before all choices: a call in between keeps the order from being changed.
    let mut sum = loads[0];
    for &load in &loads[1..] {
        sum = code.push(What::Add, &[sum, load]);
    }
    code.calls.push(Call { called: Called::Unary(Unary::Abs), arguments: 1, results: 1 });
    code.push(What::Pass(0), &[sum]);
    code.push(What::Call(0), &[]);
    let mut chosen = code.push(What::Result(0), &[]);
    for (&truth, &load) in truths.iter().zip(&loads) {
        chosen = code.push(What::Select, &[truth, load, chosen]);
        chosen = code.push(What::Add, &[load, chosen]);
    }
    for load in &loads[..3] {
        code.push(What::Store(Access::Indexed { offset: 41 * COUNT, list: 0 }), &[*load]);
    }
    code.push(What::AddTo(Access::Column(42 * COUNT)), &[loads[5]]);
    code.push(What::Store(Access::Column(40 * COUNT)), &[chosen]);
    let mut memory: Vec<f64> = (0..43 * COUNT).map(|i| (i as f64 * 0.7).sin()).collect();
    let mut expected = memory.clone();
    for i in 0..COUNT {
        let load = |n: usize| memory[n * COUNT + i];
        let mut chosen = (1..40).fold(load(0), |sum, n| sum + load(n)).abs();
        for n in 0..40 {
            chosen = load(n) + if load(n) < 0.0 { load(n) } else { chosen };
        }
        expected[40 * COUNT + i] = chosen;
        expected[41 * COUNT + COUNT - 1 - i] = load(2);
        expected[42 * COUNT + i] += load(5);
    }
    let bytes = run(code, target, &mut memory, &lists);
    assert_eq!(memory, expected, "{target:?}");
    decoded(&bytes, target)
}

/// A call that only some vectors need, amid numbers and truths that lie in registers.
fn run_seldom_called(target: Target) -> BTreeSet<String> {
    let mut code = Code { constants: vec![0, 0.5_f64.to_bits()], ..Code::default() };
    let (zero, bound) = (code.push(What::Constant(0), &[]), code.push(What::Constant(1), &[]));
    let loads: Vec<Id> = (0..10).map(|n| code.push(What::Load(Access::Column(n * COUNT)), &[])).collect();
    let truths: Vec<Id> =
        loads[1..4].iter().map(|&l| code.push(What::Compare(Relation::Less), &[l, zero])).collect();
    code.calls.push(Call { called: Called::Unary(Unary::Abs), arguments: 1, results: 1 });
    let large = code.push(What::Compare(Relation::Less), &[bound, loads[0]]);
    let mut sum = code.push(What::UnlessCalled(0), &[large, loads[1], loads[2]]);
    for &load in &loads {
        sum = code.push(What::Add, &[sum, load]);
    }
    for (&truth, &load) in truths.iter().zip(&loads[5..]) {
        let chosen = code.push(What::Select, &[truth, load, zero]);
        sum = code.push(What::Add, &[sum, chosen]);
    }
    code.push(What::Store(Access::Column(10 * COUNT)), &[sum]);
    // In the second vector of one lane alone, and in the last one.
    let large = [target.lanes() + 1, COUNT - 1];
    let mut memory: Vec<f64> = (0..11 * COUNT).map(|i| (i as f64 * 0.7).sin()).collect();
    (0..COUNT).for_each(|i| memory[i] = if large.contains(&i) { 1.0 } else { 0.25 });
    let mut expected = memory.clone();
    for i in 0..COUNT {
        let load = |n: usize| memory[n * COUNT + i];
        let is_called = large.iter().any(|l| l / target.lanes() == i / target.lanes());
        let first = if is_called { load(1).abs() } else { load(2) };
        let sum = (0..10).fold(first, |sum, n| sum + load(n));
        expected[10 * COUNT + i] = (1..4).fold(sum, |s, n| s + if load(n) < 0.0 { load(n + 4) } else { 0.0 });
    }
    let bytes = run(code, target, &mut memory, &Lists::default());
    assert_eq!(memory, expected, "{target:?}");
    decoded(&bytes, target)
}

/// Coefficients of tables of every size, with something lane by lane between them, and with an index for the last time.
fn run_coefficients(target: Target) -> BTreeSet<String> {
    let sizes = [16, 32, 64];
    let entry = |table: usize, row: usize, piece: usize| (1000 * table + 100 * row + piece) as f64;
    let mut lists = Lists::default();
    lists.push((0..COUNT as u32).rev().collect());
    let mut code = Code { lists: vec![0], ..Code::default() };
    for (table, pieces) in sizes.into_iter().enumerate() {
        let numbers = (0..2).flat_map(|row| (0..pieces).map(move |piece| entry(table, row, piece).to_bits()));
        code.tables.push(Coefficients { pieces, bits: numbers.collect() });
    }
    let fetched = [(0, 0), (1, 1), (2, 0), (2, 1), (1, 0), (0, 1)];
    for (column, (table, row)) in (1..).zip(fetched) {
        let index = code.push(What::Load(Access::Column(0)), &[]);
        let index = code.push(What::BothBits, &[index, index]);
        let fetched = code.push(What::Coefficient { table, row }, &[index]);
        code.push(What::Store(Access::Column(column * COUNT)), &[fetched]);
        code.push(What::AddTo(Access::Indexed { offset: 7 * COUNT, list: 0 }), &[fetched]);
        let again = code.push(What::Coefficient { table, row: 1 - row }, &[index]);
        code.push(What::AddTo(Access::Indexed { offset: 7 * COUNT, list: 0 }), &[again]);
    }
    let mut memory = vec![0.0; 8 * COUNT];
    let piece = |i: usize| i * 5 % 16;
    (0..COUNT).for_each(|i| memory[i] = f64::from_bits(piece(i) as u64));
    let bytes = run(code, target, &mut memory, &lists);
    for i in 0..COUNT {
        for (column, (table, row)) in (1..).zip(fetched) {
            let expected = entry(table as usize, row as usize, piece(i));
            assert_eq!(memory[column * COUNT + i], expected, "{target:?} {table} {row}");
        }
        let both = |table| entry(table, 0, piece(i)) + entry(table, 1, piece(i));
        assert_eq!(memory[8 * COUNT - 1 - i], 2.0 * (0..3).map(both).sum::<f64>());
    }
    decoded(&bytes, target)
}

/// Memory beyond the reach of an instruction's distance. Only a few pages of it are touched.
fn run_far(target: Target) -> BTreeSet<String> {
    let far = (1 << 28) + 17;
    let mut lists = Lists::default();
    lists.push((0..COUNT as u32).map(|i| i * 2).collect());
    let mut code = Code { lists: vec![0], ..Code::default() };
    let own = code.push(What::Load(Access::Column(far)), &[]);
    let read = code.push(What::Load(Access::Indexed { offset: far, list: 0 }), &[]);
    let sum = code.push(What::Add, &[own, read]);
    code.push(What::Store(Access::Column(0)), &[sum]);
    code.push(What::AddTo(Access::Indexed { offset: far + 100, list: 0 }), &[own]);
    let mut memory = vec![0.0; far + 200];
    (0..50).for_each(|i| memory[far + i] = i as f64);
    let bytes = run(code, target, &mut memory, &lists);
    for i in 0..COUNT {
        assert_eq!((memory[i], memory[far + 100 + 2 * i]), (3.0 * i as f64, i as f64));
    }
    decoded(&bytes, target)
}

#[test]
fn calls_reach_functions_tables_and_loops_with_all_their_operands() {
    // Through kernels elsewhere; here an operation of two operands, whose order matters.
    for target in targets() {
        let mut code = Code::default();
        let a = code.push(What::Load(Access::Column(0)), &[]);
        let b = code.push(What::Load(Access::Column(COUNT)), &[]);
        code.calls.push(Call { called: Called::Binary(Binary::Remainder), arguments: 2, results: 1 });
        code.push(What::Pass(0), &[a]);
        code.push(What::Pass(1), &[b]);
        code.push(What::Call(0), &[]);
        let result = code.push(What::Result(0), &[]);
        code.push(What::Store(Access::Column(2 * COUNT)), &[result]);
        let mut memory: Vec<f64> = (0..3 * COUNT).map(|i| i as f64 * 1.5).collect();
        run(code, target, &mut memory, &Lists::default());
        for i in 0..COUNT {
            assert_eq!(memory[2 * COUNT + i], memory[i] % memory[COUNT + i]);
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn pages_of_code_are_not_writable() {
    let executable = Executable::new(&[0xC3; 5000]).unwrap();
    let start = executable.start() as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut found = false;
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let number = |text| usize::from_str_radix(text, 16).unwrap();
        assert!(!rest.starts_with("rwx"), "{line}");
        if (number(from)..number(to)).contains(&start) {
            assert!(rest.starts_with("r-x"), "{line}");
            found = true;
        }
    }
    assert!(found);
}
