//! Random mechanisms: nothing makes the compiler panic, what it makes is checked code that means the same for any number of
//! instances, and its conductances are the slopes of its currents. `PROPTEST_CASES` says how many are tried.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::collections::HashMap;

use apical_kernels::{Access, Kernel, Lists, Scratch, random};
use apical_nmodl::ir::{Mechanism, Place, Program, VariableId};
use apical_nmodl::passes::{self, Conductance};
use proptest::prelude::*;

#[path = "random_mechanisms/grammar.rs"]
mod grammar;

/// More than a block of lanes.
const INSTANCES: usize = 70;
/// mV, for slopes.
const STEP: f64 = 1e-4;

/// Columns for the places of some programs, filled by a rule that gives every instance numbers of its own.
struct Memory {
    numbers: Vec<f64>,
    places: HashMap<Place, usize>,
    instances: usize,
}

impl Memory {
    /// For so many instances of what would be more, from the `first`.
    fn new(mechanism: &Mechanism, programs: &[&Program], first: usize, instances: usize) -> Self {
        let mut memory = Self { numbers: Vec::new(), places: HashMap::new(), instances };
        for instruction in programs.iter().flat_map(|p| &p.instructions) {
            use apical_nmodl::ir::Instruction::{Accumulate, Load, Store};
            let (Load(place) | Store(place, _) | Accumulate(place, _)) = *instruction else { continue };
            if memory.places.contains_key(&place) {
                continue;
            }
            memory.places.insert(place, memory.numbers.len());
            let number = memory.places.len();
            memory.numbers.extend((first..first + instances).map(|i| start(mechanism, place, number, i)));
        }
        memory
    }

    fn run(&mut self, program: &Program, scratch: &mut Scratch) {
        let access = |place: Place| self.places.get(&place).map(|&offset| Access::Column(offset));
        let kernel = Kernel::compile(program, &mut { access }, &[]).unwrap();
        // Twice where it makes a difference: from the second run on there may be machine code.
        kernel.run(&mut self.numbers.clone(), &Lists::default(), 0..self.instances, scratch);
        kernel.run(&mut self.numbers, &Lists::default(), 0..self.instances, scratch);
    }

    fn of(&self, place: Place, instance: usize) -> Option<f64> {
        self.places.get(&place).map(|&offset| self.numbers[offset + instance])
    }

    fn column(&mut self, place: Place) -> Option<&mut [f64]> {
        let offset = *self.places.get(&place)?;
        Some(&mut self.numbers[offset..][..self.instances])
    }
}

/// What an instance starts with: parameters near their defaults, potentials of membranes, small numbers else.
fn start(mechanism: &Mechanism, place: Place, number: usize, instance: usize) -> f64 {
    let wave = ((number * 31 + instance * 17) as f64 * 0.61).sin();
    match place {
        Place::Voltage => -60.0 + 45.0 * wave,
        Place::TimeStep => 0.025,
        Place::Time => 3.0,
        Place::Celsius => 20.0 + 10.0 * wave,
        Place::ImplicitShare | Place::MembraneScale => 1.0,
        Place::Stream => random::stream(1, 0, instance as u32),
        Place::MembraneCurrent | Place::MembraneConductance => 0.0,
        Place::Argument(_) => {
            if instance.is_multiple_of(2) {
                0.0
            } else {
                wave
            }
        }
        Place::Variable(VariableId(id)) => mechanism.variables[id as usize].default + 0.5 * wave,
        _ => wave,
    }
}

/// The same bits, any NaN being as good as another.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// The programs of a mechanism in the order of a simulation, currents with their slopes.
fn programs(mechanism: &Mechanism, conductance: Conductance) -> Vec<Program> {
    let current = passes::conductance(&mechanism.current, conductance);
    let mut programs = vec![mechanism.initial.clone(), current.clone(), mechanism.state.clone(), current];
    programs.extend(mechanism.net_initial.clone());
    programs.extend(mechanism.net_receive.clone());
    programs.push(mechanism.state.clone());
    programs
}

/// All instances at once give what each alone gives.
fn check_instances(mechanism: &Mechanism) -> Result<(), TestCaseError> {
    let programs = programs(mechanism, Conductance::Symbolic);
    let all: Vec<&Program> = programs.iter().collect();
    let mut scratch = Scratch::default();
    let mut together = Memory::new(mechanism, &all, 0, INSTANCES);
    all.iter().for_each(|program| together.run(program, &mut scratch));
    for instance in [0, 1, 6, 63, 64, INSTANCES - 1] {
        let mut alone = Memory::new(mechanism, &all, instance, 1);
        all.iter().for_each(|program| alone.run(program, &mut scratch));
        for &place in together.places.keys() {
            let (a, b) = (together.of(place, instance).unwrap(), alone.of(place, 0).unwrap());
            prop_assert!(same(a, b), "{place:?} of instance {instance}: {a:?} and alone {b:?}");
        }
    }
    Ok(())
}

/// The conductance is the slope of the current, wherever there is one.
fn check_slopes(mechanism: &Mechanism) -> Result<(), TestCaseError> {
    let exact = passes::conductance(&mechanism.current, Conductance::Symbolic);
    let all = [&mechanism.initial, &exact];
    let mut scratch = Scratch::default();
    let mut at = |shift: f64| {
        let mut memory = Memory::new(mechanism, &all, 0, INSTANCES);
        memory.run(&mechanism.initial, &mut scratch);
        if let Some(voltage) = memory.column(Place::Voltage) {
            voltage.iter_mut().for_each(|v| *v += shift);
        }
        memory.run(&exact, &mut scratch);
        memory
    };
    let here = at(0.0);
    let [far_below, below, above, far_above] = [-2.0 * STEP, -STEP, STEP, 2.0 * STEP].map(&mut at);
    for instance in 0..INSTANCES {
        let current = |memory: &Memory| memory.of(Place::MembraneCurrent, instance).unwrap();
        let middle = current(&here);
        let narrow = (current(&above) - current(&below)) / (2.0 * STEP);
        let wide = (current(&far_above) - current(&far_below)) / (4.0 * STEP);
        let (left, right) = ((middle - current(&below)) / STEP, (current(&above) - middle) / STEP);
        let slope = here.of(Place::MembraneConductance, instance).unwrap_or(0.0);
        // Rounding of the currents limits what their differences tell.
        let noise = 1e-15 * middle.abs().max(1.0) / STEP;
        let allowed = 1e-5 * narrow.abs() + 100.0 * noise + 1e-8;
        let smooth = [wide, left, right].iter().all(|d| (d - narrow).abs() < allowed);
        if smooth && narrow.is_finite() {
            prop_assert!(
                (slope - narrow).abs() < 10.0 * allowed,
                "instance {instance}: conductance {slope:?}, slope {narrow:?} of {middle:?}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_grammatical_compiles_and_means_the_same_in_every_way(text in grammar::mechanism()) {
        let mechanism = match apical_nmodl::compile(&text) {
            Ok(mechanism) => mechanism,
            // A rate that comes out of a loop of unknown length has no slope: the grammar cannot tell, the compiler says so.
            Err(errors) if errors[0].message.ends_with("cannot be solved implicitly") => {
                return Err(TestCaseError::reject("no slope"));
            }
            Err(errors) => {
                return Err(TestCaseError::fail(errors[0].render("made.mod", &text)));
            }
        };
        prop_assert_eq!(apical_nmodl::validate(&mechanism), Ok(()));
        let again = apical_nmodl::compile(&text).unwrap();
        // As texts: a number that is none equals nothing, not even itself.
        prop_assert_eq!(format!("{mechanism:?}"), format!("{again:?}"));
        check_instances(&mechanism)?;
        check_slopes(&mechanism)?;
    }

    #[test]
    fn what_is_not_is_answered(text in grammar::broken()) {
        match apical_nmodl::compile(&text) {
            Ok(mechanism) => {
                prop_assert_eq!(apical_nmodl::validate(&mechanism), Ok(()));
                check_instances(&mechanism)?;
            }
            Err(errors) => {
                for error in errors {
                    prop_assert!(error.render("made.mod", &text).contains(error.message.lines().next().unwrap()));
                }
            }
        }
    }
}
