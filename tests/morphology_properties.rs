//! What must hold for every cell: the same cell whatever the order of its file, the same membrane however it is cut.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::collections::BTreeMap;

use apical::discretize::{Cable, NodeKind, Options, Precision, Rule, discretize};
use apical::morphology::swc::{self, SwcOptions};
use apical::morphology::{Morphology, Point, Section, Shape};
use proptest::prelude::*;

/// A sample: parent (an earlier one), type, coordinates in hundredths of µm, radius in hundredths.
type Draw = (prop::sample::Index, i32, [i32; 3], i32);

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    let coordinate = || -20_000..20_000_i32;
    let draw =
        (any::<prop::sample::Index>(), 2..5_i32, [coordinate(), coordinate(), coordinate()], 10..400_i32);
    prop::collection::vec(draw, 1..60)
}

/// Lines of a file in order; the first sample is the soma. Most samples continue the one before them.
fn lines(draws: &[Draw], id: impl Fn(usize) -> i64) -> Vec<String> {
    let mut lines = vec![format!("{} 1 0 0 0 7.5 -1", id(0))];
    let mut types = vec![1];
    for (number, (parent, tag, at, radius)) in draws.iter().enumerate() {
        let parent = if number % 3 == 0 { parent.index(number + 1) } else { number };
        let tag = if types[parent] == 1 || number % 7 == 0 { *tag } else { types[parent] };
        types.push(tag);
        let [x, y, z] = at.map(|value| f64::from(value) / 100.0);
        let radius = f64::from(*radius) / 100.0;
        lines.push(format!("{} {tag} {x} {y} {z} {radius} {}", id(number + 1), id(parent)));
    }
    lines
}

fn read(lines: &[String]) -> Morphology {
    swc::read(&lines.join("\n"), &SwcOptions::default()).unwrap()
}

/// A cell without regard to names, ids and the order of sections: each section's tag and points with the points and
/// place it joins.
fn content(cell: &Morphology) -> BTreeMap<String, usize> {
    let points = |section: &Section| format!("{} {:?}", section.tag, section.shape);
    let mut content = BTreeMap::new();
    for section in &cell.sections {
        let joint = section.attachment.map(|at| (points(&cell.sections[at.parent]), at.parent_x));
        *content.entry(format!("{} on {joint:?}", points(section))).or_insert(0) += 1;
    }
    content
}

/// A cell of cones, cylinders, steps, and joints at ends and inside, by either end.
fn cells() -> impl Strategy<Value = Morphology> {
    let point = (0..4_u8, 1..60_u8, 2..50_u8);
    let section = (
        any::<prop::sample::Index>(),
        prop::collection::vec(point, 1..6),
        0..=4_u8,
        any::<bool>(),
        any::<bool>(),
    );
    prop::collection::vec(section, 1..12).prop_map(|drawn| {
        let mut sections = vec![Section::cylinder("soma", 1, 18.0, 12.0)];
        for (number, (parent, points, place, far, cylinder)) in drawn.into_iter().enumerate() {
            let mut at = [0.0; 3];
            let mut shape = vec![Point::new(0.0, 0.0, 0.0, 1.5)];
            for (axis, step, diameter) in points {
                // Axis 3 stays in place: a step in diameter.
                if let Some(value) = at.get_mut(usize::from(axis)) {
                    *value += f64::from(step);
                }
                shape.push(Point::new(at[0], at[1], at[2], f64::from(diameter) / 10.0));
            }
            shape.push(Point::new(at[0], at[1] + 3.0, at[2], 0.8));
            let name = format!("dend[{number}]");
            let section = if cylinder {
                Section::cylinder(name, 3, at[0] + 5.0, 1.2)
            } else {
                Section::points(name, 3, shape)
            };
            let (parent, x) = (parent.index(number + 1), f64::from(place) / 4.0);
            sections.push(if far { section.joined_by_far_end(parent, x) } else { section.joined(parent, x) });
        }
        Morphology::from_sections(sections).unwrap()
    })
}

const CABLE: Cable = Cable { axial_resistivity: 120.0, capacitance: 1.0 };

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn renumbering_and_shuffling_a_file_gives_the_same_cell(
        drawn in draws(),
        keys in prop::collection::vec(any::<u32>(), 61),
    ) {
        let cell = read(&lines(&drawn, |number| number as i64 + 1));
        // New ids keep the order in which children of one sample are met, as that decides how a neurite that
        // branches at its first sample goes on; lines come in any order.
        let renumbered = lines(&drawn, |number| 10 + 7 * number as i64 + i64::from(keys[number] % 7));
        let mut shuffled: Vec<(u32, String)> = keys.iter().copied().zip(renumbered).collect();
        shuffled.sort();
        let shuffled: Vec<String> = shuffled.into_iter().map(|(_, line)| line).collect();
        let other = read(&shuffled);
        prop_assert_eq!(content(&cell), content(&other));
        let names = |cell: &Morphology| cell.sections.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        prop_assert_eq!(names(&cell), names(&other));
    }

    #[test]
    fn ids_in_any_order_give_the_same_membrane(drawn in draws(), keys in prop::collection::vec(any::<u32>(), 61)) {
        let cell = read(&lines(&drawn, |number| number as i64 + 1));
        let other = read(&lines(&drawn, |number| (i64::from(keys[number]) << 8) + number as i64));
        prop_assert_eq!(cell.sections.len(), other.sections.len());
        prop_assert!(close(cell.total_length(), other.total_length()));
        prop_assert!(close(cell.total_area(), other.total_area()));
        prop_assert_eq!(cell.tips(), other.tips());
        prop_assert_eq!(cell.branch_points(), other.branch_points());
    }

    #[test]
    fn area_and_resistance_do_not_depend_on_the_number_of_compartments(cell in cells(), count in 1..40_usize) {
        let options = |count| Options::uniform(&cell, Rule::Count(count), CABLE);
        let (fine, coarse) = (discretize(&cell, &options(count)).unwrap(), discretize(&cell, &options(1)).unwrap());
        prop_assert!(close(fine.area.iter().sum(), cell.total_area()));
        for (index, section) in cell.sections.iter().enumerate() {
            let area: f64 = fine.compartments[index].iter().map(|&node| fine.area[node]).sum();
            prop_assert!(close(area, section.area()), "{}", section.name);
            // From end to end: all that the nodes of the section see towards their parents.
            let resistance = |tree: &apical::discretize::Tree| -> f64 {
                (0..tree.len())
                    .filter(|&node| tree.section[node] == index && tree.parent[node].is_some())
                    .map(|node| tree.axial_resistance[node])
                    .sum()
            };
            prop_assert!(close(resistance(&fine), resistance(&coarse)), "{}", section.name);
        }
    }

    #[test]
    fn nodes_lie_where_the_morphology_has_them(cell in cells(), count in 1..12_usize) {
        let tree = discretize(&cell, &Options::uniform(&cell, Rule::Count(count), CABLE)).unwrap();
        for node in 0..tree.len() {
            prop_assert!(tree.parent[node].is_none_or(|parent| parent < node));
            prop_assert_eq!(tree.kind[node] == NodeKind::End, tree.area[node] == 0.0);
            let (section, x) = (tree.section[node], tree.x[node]);
            prop_assert_eq!(tree.node_at(section, x).unwrap(), node);
            let distance = cell.path_distance(section, x).unwrap();
            prop_assert!((tree.distance[node] - distance).abs() < 1e-9);
            prop_assert_eq!(tree.position[node], cell.sections[section].position(x));
        }
    }

    /// Two halves joined end to end are the whole: same area, same distances, same resistance.
    #[test]
    fn splitting_a_section_at_a_point_changes_nothing(cell in cells(), pick in any::<prop::sample::Index>()) {
        let whole: Vec<usize> = cell
            .sections
            .iter()
            .enumerate()
            .filter(|(_, section)| matches!(&section.shape, Shape::Points(points) if points.len() > 3))
            .map(|(index, _)| index)
            .collect();
        prop_assume!(!whole.is_empty());
        let index = whole[pick.index(whole.len())];
        let Shape::Points(points) = &cell.sections[index].shape else { unreachable!() };
        let mut section = cell.sections[index].clone();
        section.attachment = None;
        let middle = points.len() / 2;
        let parts = [points[..=middle].to_vec(), points[middle..].to_vec()];
        let alone = Morphology::from_sections(vec![section]).unwrap();
        let split = Morphology::from_sections(vec![
            Section::points("near", 3, parts[0].clone()),
            Section::points("far", 3, parts[1].clone()).joined(0, 1.0),
        ]);
        // A part may lie in one place altogether.
        prop_assume!(split.is_ok());
        let split = split.unwrap();
        prop_assert!(close(alone.total_area(), split.total_area()));
        prop_assert!(close(alone.path_distance(0, 1.0).unwrap(), split.path_distance(1, 1.0).unwrap()));
        let resistance = |cell: &Morphology| -> f64 {
            let options = Options { precision: Precision::NeuronFloat32, ..Options::uniform(cell, Rule::Count(3), CABLE) };
            let tree = discretize(cell, &options).unwrap();
            tree.axial_resistance.iter().filter(|r| r.is_finite()).sum()
        };
        prop_assert!(close(resistance(&alone), resistance(&split)));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([-0-9. #\n\r\teNa,]|1 1 0 0 0 1 -1\n|2 3 1 1 1 1 1\n){0,60}") {
        let _ = swc::read(&text, &SwcOptions::default()).map_err(|error| error.to_string());
    }

    #[test]
    fn no_table_makes_the_reader_panic(rows in prop::collection::vec((0..9_i64, 0..5_i32, 0..3_u8, -1..9_i64), 1..12)) {
        let text: String =
            rows.iter().map(|(id, tag, x, parent)| format!("{id} {tag} {x} 0 0 1 {parent}\n")).collect();
        for roots in [swc::RootPolicy::Refuse, swc::RootPolicy::Keep, swc::RootPolicy::JoinSoma] {
            for gap in [swc::SomaGap::Wire, swc::SomaGap::Cylinder, swc::SomaGap::Cone] {
                let somata = swc::SomataPolicy::Keep;
                let options = SwcOptions { roots, gap, somata, ..SwcOptions::default() };
                match swc::read(&text, &options) {
                    Err(error) => {
                        prop_assert!(!error.is_internal(), "{text}{error}");
                        prop_assert!(error.line().is_some(), "{text}{error}");
                    }
                    // Whatever is not in a section has been reported.
                    Ok(cell) if !cell.repairs.iter().any(|r| r.contains("left out") || r.contains("three")) => {
                        let used: std::collections::BTreeSet<i64> =
                            cell.sections.iter().flat_map(|s| s.sample_ids.iter().copied().flatten()).collect();
                        prop_assert_eq!(used.len(), rows.len(), "{}{:?}", text, cell);
                    }
                    Ok(_) => {}
                }
            }
        }
    }
}
