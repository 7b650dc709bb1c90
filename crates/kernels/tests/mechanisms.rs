//! Every program of every file in `mechanisms/`, on random memory: the same bits in every way of running it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use apical_kernels::{Access, Kernel, Level, Lists, Scratch, Table};
use apical_nmodl::ir::{Mechanism, Place, Program};
use apical_nmodl::passes::{self, Conductance};

/// Instances, and numbers of a column that a list reaches.
const COUNT: usize = 101;
const REACHED: usize = 150;

/// How places lie in memory.
#[derive(Clone, Copy, Debug)]
enum Binding {
    /// All columns.
    Columns,
    /// What is of the instance a column, what is of the compartment through a list, the rest one number.
    Mixed,
    /// Everything that is only read one number.
    Uniform,
}

struct Memory {
    numbers: Vec<f64>,
    places: HashMap<Place, Access>,
    state: u64,
}

impl Memory {
    /// Uniformly between −100 and 100, now and then something special.
    fn number(&mut self) -> f64 {
        const SPECIAL: [f64; 6] = [0.0, f64::NAN, f64::INFINITY, -1e-310, 1e308, -0.0];
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = self.state >> 33;
        if bits % 50 == 7 {
            return SPECIAL[(bits / 50) as usize % SPECIAL.len()];
        }
        bits as f64 / (1_u64 << 31) as f64 * 200.0 - 100.0
    }

    fn access(&mut self, place: Place, binding: Binding, written: bool) -> Access {
        if let Some(&access) = self.places.get(&place) {
            return access;
        }
        let offset = self.numbers.len();
        let of_instance = matches!(place, Place::Variable(_) | Place::Argument(_) | Place::Stream);
        let shared = matches!(place, Place::Time | Place::TimeStep | Place::Celsius | Place::ImplicitShare);
        let (access, count) = match binding {
            Binding::Uniform if !written => (Access::Uniform(offset), 1),
            Binding::Mixed if shared => (Access::Uniform(offset), 1),
            Binding::Mixed if !of_instance => (Access::Indexed(offset, 0), REACHED),
            _ => (Access::Column(offset), COUNT),
        };
        for _ in 0..count {
            let number = self.number();
            self.numbers.push(number);
        }
        self.places.insert(place, access);
        access
    }
}

fn written(program: &Program) -> Vec<Place> {
    use apical_nmodl::ir::Instruction::{Accumulate, Store};
    let of = |i: &_| if let Store(place, _) | Accumulate(place, _) = i { Some(*place) } else { None };
    program.instructions.iter().filter_map(of).collect()
}

/// Runs one program in every way and compares. Returns how many numbers it changed.
fn compare(name: &str, mechanism: &Mechanism, program: &Program) -> usize {
    let tables: Vec<Option<Arc<Table>>> = mechanism
        .tables
        .iter()
        .map(|_| Table::new(vec![-50.0, 0.0, 40.0], vec![1.0, -2.0, 5.0]).map(Arc::new))
        .collect();
    let written = written(program);
    let mut changed = 0;
    for (number, binding) in [Binding::Columns, Binding::Mixed, Binding::Uniform].into_iter().enumerate() {
        let mut memory = Memory {
            numbers: Vec::new(),
            places: HashMap::new(),
            state: name.len() as u64 + 31 * number as u64,
        };
        let mut bind = |place| Some(memory.access(place, binding, written.contains(&place)));
        let kernel = Kernel::compile(program, &mut bind, &tables).expect("a kernel");
        // Compartments with gaps: the entries of some vectors follow one another, those of others do not.
        let mut lists = Lists::default();
        lists.push((0..COUNT as u32).map(|i| i + i / 11).collect());
        let mut expected: Option<Vec<f64>> = None;
        for level in Level::available() {
            let mut numbers = memory.numbers.clone();
            for range in [0..13, 13..COUNT] {
                kernel.run_at(level, &mut numbers, &lists, range, &mut Scratch::default());
            }
            let first = expected.get_or_insert_with(|| numbers.clone());
            for (at, (a, b)) in numbers.iter().zip(first.iter()).enumerate() {
                let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
                assert!(same, "{name}, {binding:?}, {level:?}: {a} and {b} at {at}");
            }
        }
        let moved = |(a, b): (&f64, &f64)| a.to_bits() != b.to_bits();
        changed += memory.numbers.iter().zip(expected.iter().flatten()).filter(|&p| moved(p)).count();
    }
    changed
}

#[test]
fn every_program_of_every_mechanism_has_the_same_bits_in_every_way() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mechanisms");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let mechanism = apical_nmodl::compile(&text).unwrap();
        let mut changed = 0;
        for conductance in [Conductance::Symbolic, Conductance::Difference] {
            changed += compare(&name, &mechanism, &passes::conductance(&mechanism.current, conductance));
        }
        for program in passes::programs(&mechanism).chain([&mechanism.derivative]) {
            changed += compare(&name, &mechanism, program);
        }
        assert!(changed > 0, "{name} does nothing");
        files += 1;
    }
    assert!(files >= 25, "only {files} mechanisms found");
}
