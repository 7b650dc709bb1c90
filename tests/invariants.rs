//! What must hold on any tree, whatever its shape: reciprocity, superposition, charge, steady states, and that names, order
//! and cuts do not matter.

use apical::cell::{Cell, SectionDescription};
use apical::model::{Model, Record, Scheme};
use apical::{Quantity, Simulation};
use proptest::prelude::*;

/// A random section: where on whom it joins (fractions), its size, its number of compartments.
type Draw = (f64, u8, f64, f64, usize, bool);

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    proptest::collection::vec((0.0..1.0, 0_u8..4, 10.0..300.0, 0.3..6.0, 1_usize..6, any::<bool>()), 2..24)
}

/// A passive tree whose leak reverses at 0 mV, so that voltages are deflections without cancellation.
fn tree(draws: &[Draw]) -> Cell {
    let mut cell = Cell::default();
    for (index, &(whom, how, length, diameter, compartments, reversed)) in draws.iter().enumerate() {
        let parent = (index > 0).then(|| format!("s{}", (whom * index as f64) as usize));
        let parent_x = parent.as_ref().map(|_| [0.0, 1.0, 0.5, whom][how as usize]);
        let child_x = parent.as_ref().map(|_| f64::from(u8::from(reversed && how == 1)));
        cell.section.push(SectionDescription {
            name: format!("s{index}"),
            length: Some(length),
            diameter: Some(diameter),
            parent,
            parent_x,
            child_x,
            compartments: Some(compartments),
            ..SectionDescription::default()
        });
    }
    cell.paint("all", "pas", [("g", 3e-4.into()), ("e", 0.0.into())])
}

/// The centres of all compartments.
fn centres(cell: &Cell) -> Vec<(String, f64)> {
    let of = |s: &SectionDescription| {
        let n = s.compartments.unwrap_or(1);
        (0..n).map(|i| (s.name.clone(), (i as f64 + 0.5) / n as f64)).collect::<Vec<_>>()
    };
    cell.section.iter().flat_map(of).collect()
}

fn place(section: &str, x: f64) -> String {
    format!("(location \"{section}\" {x})")
}

fn inject(cell: Cell, name: &str, at: &str, amplitude: f64) -> Cell {
    let step: [(&str, Quantity); 3] = [("del", 0.0.into()), ("dur", 1e12.into()), ("amp", amplitude.into())];
    cell.place(name, at, "IClamp", step)
}

/// Traces of a quantity at places.
fn run(
    cell: Cell,
    what: &str,
    at: &[String],
    scheme: Scheme,
    step: f64,
    steps: usize,
) -> (Simulation, Vec<Vec<f64>>) {
    let mut model = Model::new(cell, step * steps as f64);
    model.run.time_step = step;
    model.run.initial_voltage = 0.0;
    model.run.scheme = scheme;
    for (number, place) in at.iter().enumerate() {
        let name = Some(format!("r{number}"));
        model.record.push(Record { name, what: what.into(), at: Some(place.clone()), ..Record::default() });
    }
    let mut simulation = Simulation::new(&model, ".").unwrap_or_else(|e| panic!("{e}"));
    simulation.run().unwrap_or_else(|e| panic!("{e}"));
    let traces = simulation.results().traces.iter().map(|t| t.values.clone()).collect();
    (simulation, traces)
}

/// The deflection that a steady current at one place causes at others.
fn steady(cell: &Cell, from: &str, to: &[String]) -> Vec<f64> {
    let (_, traces) = run(inject(cell.clone(), "clamp", from, 0.01), "v", to, Scheme::BackwardEuler, 1e9, 4);
    traces.iter().map(|t| *t.last().expect("samples")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn reciprocity(draws in draws(), a in 0.0_f64..1.0, b in 0.0_f64..1.0) {
        let cell = tree(&draws);
        let centres = centres(&cell);
        let pick = |f: f64| &centres[(f * centres.len() as f64) as usize];
        let (a, b) = (place(&pick(a).0, pick(a).1), place(&pick(b).0, pick(b).1));
        let forth = steady(&cell, &a, std::slice::from_ref(&b))[0];
        let back = steady(&cell, &b, std::slice::from_ref(&a))[0];
        prop_assert!((forth / back - 1.0).abs() < 1e-10, "{forth} {back}");
    }

    #[test]
    fn superposition(draws in draws(), a in 0.0_f64..1.0, b in 0.0_f64..1.0) {
        let cell = tree(&draws);
        let centres = centres(&cell);
        let pick = |f: f64| { let c = &centres[(f * centres.len() as f64) as usize]; place(&c.0, c.1) };
        let all: Vec<String> = centres.iter().map(|c| place(&c.0, c.1)).collect();
        for scheme in [Scheme::BackwardEuler, Scheme::CrankNicolson] {
            let one = run(inject(cell.clone(), "a", &pick(a), 0.02), "v", &all, scheme, 0.1, 30).1;
            let two = run(inject(cell.clone(), "b", &pick(b), -0.05), "v", &all, scheme, 0.1, 30).1;
            let both = inject(inject(cell.clone(), "a", &pick(a), 0.02), "b", &pick(b), -0.05);
            let both = run(both, "v", &all, scheme, 0.1, 30).1;
            let scale = both.iter().chain(&one).flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
            for ((x, y), sum) in one.iter().flatten().zip(two.iter().flatten()).zip(both.iter().flatten()) {
                prop_assert!((x + y - sum).abs() <= 1e-11 * scale, "{x} + {y} is not {sum}");
            }
        }
    }

    /// In every step and compartment the membrane current is what the capacitance and the leak take, and over the cell
    /// it is what the electrode gives.
    #[test]
    fn charge_is_conserved_in_every_step(draws in draws(), a in 0.0_f64..1.0) {
        let cell = tree(&draws);
        let centres = centres(&cell);
        let from = &centres[(a * centres.len() as f64) as usize];
        let cell = inject(cell.clone(), "clamp", &place(&from.0, from.1), 0.05);
        let all: Vec<String> = centres.iter().map(|c| place(&c.0, c.1)).collect();
        let (simulation, current) = run(cell.clone(), "i_membrane", &all, Scheme::BackwardEuler, 0.1, 25);
        let voltage = run(cell, "v", &all, Scheme::BackwardEuler, 0.1, 25).1;
        let lowered = simulation.lowered();
        for step in 1..=25 {
            let mut total = 0.0;
            for (number, (section, x)) in centres.iter().enumerate() {
                let section = lowered.morphology.section_index(section).expect("a section");
                let area = lowered.tree.area[lowered.tree.node_at(section, *x).expect("a node")];
                let (before, after) = (voltage[number][step - 1], voltage[number][step]);
                let expected = 1e-5 * area * (after - before) / 0.1 + 0.01 * area * 3e-4 * after;
                let found = current[number][step];
                prop_assert!((found - expected).abs() < 1e-12, "{found} {expected}");
                total += found;
            }
            prop_assert!((total - 0.05).abs() < 1e-12, "{total} nA of 0.05");
        }
    }

    #[test]
    fn the_steady_state_does_not_depend_on_the_time_step(draws in draws()) {
        let cell = inject(tree(&draws), "clamp", "(location 0 0.5)", 0.01);
        let all: Vec<String> = centres(&cell).iter().map(|c| place(&c.0, c.1)).collect();
        let last = |step: f64, steps: usize| -> Vec<f64> {
            let traces = run(cell.clone(), "v", &all, Scheme::BackwardEuler, step, steps).1;
            traces.iter().map(|t| *t.last().expect("samples")).collect()
        };
        // The membrane's time constant is 3.3 ms: 200 ms leave e^-60 of a transient.
        for (a, b) in last(0.5, 400).iter().zip(last(7.0, 100)) {
            prop_assert!((a - b).abs() <= 1e-11 * b.abs(), "{a} {b}");
        }
    }

    #[test]
    fn the_order_of_sections_does_not_matter(draws in draws(), keys in proptest::collection::vec(0.0_f64..1.0, 24)) {
        let cell = tree(&draws);
        // Any order in which parents come first: again and again one of those whose parent is there.
        let mut left: Vec<SectionDescription> = cell.section.clone();
        let mut shuffled: Vec<SectionDescription> = vec![left.remove(0)];
        for key in keys.iter().cycle() {
            let ready: Vec<usize> = (0..left.len())
                .filter(|&i| shuffled.iter().any(|s| Some(&s.name) == left[i].parent.as_ref())).collect();
            let Some(&chosen) = ready.get((key * ready.len() as f64) as usize) else { break };
            shuffled.push(left.remove(chosen));
        }
        let other = Cell { section: shuffled, ..cell.clone() };
        let all: Vec<String> = centres(&cell).iter().map(|c| place(&c.0, c.1)).collect();
        let first = run(inject(cell, "clamp", "s1(0.5)", 0.05), "v", &all, Scheme::BackwardEuler, 0.1, 20).1;
        let second = run(inject(other, "clamp", "s1(0.5)", 0.05), "v", &all, Scheme::BackwardEuler, 0.1, 20).1;
        let scale = first.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
        for (a, b) in first.iter().flatten().zip(second.iter().flatten()) {
            prop_assert!((a - b).abs() <= 1e-10 * scale, "{a} {b}");
        }
    }

    #[test]
    fn a_section_joined_by_its_other_end_is_the_same_seen_from_there(draws in draws()) {
        let cell = tree(&draws);
        let mut turned = cell.clone();
        let last = turned.section.len() - 1;
        let flipped = turned.section[last].child_x.unwrap_or(0.0);
        turned.section[last].child_x = Some(1.0 - flipped);
        let n = turned.section[last].compartments.unwrap_or(1);
        let name = turned.section[last].name.clone();
        let places = |from_end: bool| -> Vec<String> {
            (0..n).map(|i| (i as f64 + 0.5) / n as f64).map(|x| place(&name, if from_end { 1.0 - x } else { x })).collect()
        };
        let first = steady(&cell, "(location 0 0.5)", &places(false));
        let second = steady(&turned, "(location 0 0.5)", &places(true));
        for (a, b) in first.iter().zip(&second) {
            prop_assert!((a / b - 1.0).abs() < 1e-10, "{a} {b}");
        }
    }

    #[test]
    fn a_cut_at_a_border_between_compartments_changes_nothing(draws in draws(), which in 0.0_f64..1.0) {
        let cell = tree(&draws);
        let cuttable: Vec<usize> = (0..cell.section.len())
            .filter(|&i| cell.section[i].compartments > Some(1) && cell.section[i].child_x != Some(1.0))
            // Children inside would have to be moved to the halves: only sections without any are cut.
            .filter(|&i| cell.section.iter().all(|s| s.parent.as_ref() != Some(&cell.section[i].name) || s.parent_x == Some(1.0)))
            .collect();
        prop_assume!(!cuttable.is_empty());
        let index = cuttable[(which * cuttable.len() as f64) as usize];
        let whole = cell.section[index].clone();
        let (n, length) = (whole.compartments.expect("a count"), whole.length.expect("a length"));
        let near = n / 2;
        let part = |count: usize| Some(length * count as f64 / n as f64);
        let mut cut = cell.clone();
        cut.section[index].compartments = Some(near);
        cut.section[index].length = part(near);
        cut.section.iter_mut().filter(|s| s.parent.as_ref() == Some(&whole.name)).for_each(|s| s.parent = Some("far".into()));
        cut.section.insert(index + 1, SectionDescription {
            name: "far".into(), compartments: Some(n - near), length: part(n - near), parent: Some(whole.name.clone()),
            parent_x: Some(1.0), child_x: Some(0.0), ..whole.clone()
        });
        let places = |cell: &Cell| -> Vec<String> { centres(cell).iter().map(|c| place(&c.0, c.1)).collect() };
        let first = run(inject(cell.clone(), "clamp", "(location 0 0)", 0.05), "v", &places(&cell), Scheme::BackwardEuler, 0.1, 20).1;
        let second = run(inject(cut.clone(), "clamp", "(location 0 0)", 0.05), "v", &places(&cut), Scheme::BackwardEuler, 0.1, 20).1;
        let scale = first.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
        prop_assert_eq!(first.len(), second.len());
        for (a, b) in first.iter().flatten().zip(second.iter().flatten()) {
            prop_assert!((a - b).abs() <= 1e-10 * scale, "{} {}", a, b);
        }
    }
}
