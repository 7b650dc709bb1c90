//! Kernels of the built-in mechanisms and elementary functions, in every way that this processor can run them. Times are of
//! 1024 instances. And the tree solve.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;

use apical_kernels::tree::{self, Equations, ROOT, Tree};
use apical_kernels::{Access, Kernel, Level, Lists, Scratch};
use apical_nmodl::ir::{Binary, Instruction, Mechanism, Place, Program, Role, Unary, Value, VariableId};
use apical_nmodl::passes::{self, Conductance};
use criterion::{Criterion, criterion_group, criterion_main};

const INSTANCES: usize = 1024;

/// The layer-5 set, Hodgkin & Huxley's channels, the leak, a synapse.
const MECHANISMS: [&str; 14] = [
    "hh",
    "pas",
    "AMPANMDA",
    "Ca_HVA",
    "Ca_LVAst",
    "CaDynamics_E2",
    "Ih",
    "Im",
    "K_Pst",
    "K_Tst",
    "NaTa_t",
    "Nap_Et2",
    "SK_E2",
    "SKv3_1",
];

/// Gives places memory as they come: what differs between instances a column, parameters and the like one number.
#[derive(Default)]
struct Memory {
    numbers: Vec<f64>,
    places: HashMap<Place, Access>,
}

impl Memory {
    fn access(&mut self, mechanism: &Mechanism, place: Place) -> Access {
        if let Some(&access) = self.places.get(&place) {
            return access;
        }
        let parameter =
            |id: VariableId| matches!(mechanism.variables[id.0 as usize].role, Role::Parameter { .. });
        let (value, shared) = match place {
            Place::Variable(id) if parameter(id) => (mechanism.variables[id.0 as usize].default, true),
            Place::Voltage => (-60.0, false),
            Place::Time => (10.0, true),
            Place::TimeStep => (0.025, true),
            Place::Celsius => (34.0, true),
            Place::ImplicitShare => (1.0, true),
            _ => (0.3, false),
        };
        let offset = self.numbers.len();
        let count = if shared { 1 } else { INSTANCES };
        self.numbers.extend((0..count).map(|i| value + if shared { 0.0 } else { 1e-3 * i as f64 }));
        let access = if shared { Access::Uniform(offset) } else { Access::Column(offset) };
        self.places.insert(place, access);
        access
    }
}

fn measure(criterion: &mut Criterion, name: &str, mechanism: &Mechanism, program: &Program) {
    let mut memory = Memory::default();
    let mut bind = |place| Some(memory.access(mechanism, place));
    let kernel = Kernel::compile(program, &mut bind, &[]).expect("a kernel");
    if kernel.is_empty() {
        return;
    }
    let (lists, mut scratch) = (Lists::default(), Scratch::default());
    let mut group = criterion.benchmark_group(name);
    for level in Level::available() {
        // Without fused multiplication in hardware the portable form is not worth the wait.
        if level == Level::available()[0] {
            continue;
        }
        let mut numbers = memory.numbers.clone();
        group.bench_function(format!("{level:?}"), |bencher| {
            bencher
                .iter(|| kernel.run_at(level, black_box(&mut numbers), &lists, 0..INSTANCES, &mut scratch));
        });
    }
}

fn mechanisms(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mechanisms");
    for name in MECHANISMS {
        let text = std::fs::read_to_string(folder.join(format!("{name}.mod"))).expect("a mechanism");
        let mut mechanism = apical_nmodl::compile(&text).expect("a mechanism without faults");
        passes::prune(&mut mechanism, &|_| false);
        let current = passes::conductance(&mechanism.current, Conductance::Symbolic);
        measure(criterion, &format!("{name} current"), &mechanism, &current);
        measure(criterion, &format!("{name} state"), &mechanism, &mechanism.state);
    }
}

fn functions(criterion: &mut Criterion) {
    let text = "NEURON { SUFFIX none RANGE x, y }\nSTATE { x y }\nINITIAL { x = 0 }\n";
    let mechanism = apical_nmodl::compile(text).expect("a mechanism");
    let (x, y) = (Place::Variable(VariableId(0)), Place::Variable(VariableId(1)));
    let unary = |what| {
        vec![Instruction::Load(x), Instruction::Unary(what, Value(0)), Instruction::Store(y, Value(1))]
    };
    let power = vec![
        Instruction::Load(x),
        Instruction::Constant(2.3),
        Instruction::Binary(Binary::Power, Value(0), Value(1)),
        Instruction::Store(y, Value(2)),
    ];
    for (name, instructions) in [
        ("exp", unary(Unary::Exp)),
        ("exprelr", unary(Unary::Exprelr)),
        ("log", unary(Unary::Log)),
        ("tanh", unary(Unary::Tanh)),
        ("sin", unary(Unary::Sin)),
        ("pow", power),
    ] {
        let program = Program { instructions, ..Program::default() };
        measure(criterion, name, &mechanism, &program);
    }
}

/// The tree solve on a balanced tree of 1016 nodes, and on the same nodes as eight trees of 127 side by side.
fn solve(criterion: &mut Criterion) {
    let binary = |count: u32| -> Vec<u32> {
        (0..count).map(|node| if node == 0 { ROOT } else { (node - 1) / 2 }).collect()
    };
    // Branches of eight nodes.
    let branched: Vec<u32> = (0..1016_u32)
        .map(|n| {
            if n == 0 {
                ROOT
            } else if n % 8 == 0 {
                (n / 8 - 1) / 2 * 8 + 7
            } else {
                n - 1
            }
        })
        .collect();
    let tree = |parents: Vec<u32>| {
        let steps = tree::schedule(&parents, &vec![0; parents.len()]).expect("a tree");
        Tree::new(parents, &steps).expect("an order")
    };
    for (name, tree) in [
        ("solve/one tree of 1016", tree(branched)),
        ("solve/8 trees of 127", tree(binary(127)).interleaved(8)),
    ] {
        let count = tree.len();
        let coupling = vec![0.3; count];
        let (mut diagonal, mut outward, mut voltage) =
            (vec![0.0; count], vec![0.0; count], vec![-65.0; count]);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                diagonal.fill(2.0);
                outward.fill(0.01);
                let mut equations = Equations {
                    coupling: &coupling,
                    diagonal: &mut diagonal,
                    outward: &mut outward,
                    voltage: &mut voltage,
                    factor: 1.0,
                };
                black_box(tree.advance(&mut equations, f64::INFINITY))
            });
        });
    }
}

criterion_group!(benches, mechanisms, functions, solve);
criterion_main!(benches);
