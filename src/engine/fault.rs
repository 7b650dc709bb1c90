//! Tells a user where and why a voltage ran away.

use apical_kernels::Scratch;

use crate::error::{Error, ErrorKind};
use crate::lower::Lowered;
use crate::lower::group::Names;

/// The error for the first node whose voltage did not stay physical in the step that begins at `time`. The column of
/// membrane currents holds the change of the voltages; they are moved back to ask mechanisms for their currents.
pub fn runaway(
    lowered: &Lowered,
    names: Option<&Names>,
    memory: &mut [f64],
    factor: f64,
    time: f64,
) -> Error {
    let count = lowered.coupling.len();
    let moved = memory[lowered.shared.voltage..][..count].to_vec();
    for (node, after) in moved.iter().enumerate() {
        memory[lowered.shared.voltage + node] =
            after - factor * memory[lowered.shared.membrane_current + node];
    }
    let memory = &*memory;
    let after = |node: usize| moved[node];
    // A node that is not a number spoils its neighbours: the culprit is the one whose own membrane is out of order.
    let mut bad: Vec<usize> =
        (0..count).filter(|&n| after(n).is_nan() || after(n).abs() >= crate::units::UNPHYSICAL).collect();
    // In the order that a reader has of the cell, not in that of elimination.
    let (tree, cells) = (&lowered.tree, lowered.cells);
    bad.sort_by(|&a, &b| {
        let ((a, of_a), (b, of_b)) = ((a / cells, a % cells), (b / cells, b % cells));
        let place = tree.section[a].cmp(&tree.section[b]).then(tree.x[a].total_cmp(&tree.x[b]));
        of_a.cmp(&of_b).then(place)
    });
    let culprit = bad.iter().find_map(|&node| Some((node, broken(lowered, memory, node)?)));
    let (node, why) = culprit.unwrap_or_else(|| {
        // Where something is that may be the cause, before ends of sections that follow it.
        let has_mechanism =
            |node: usize| lowered.mechanisms.iter().any(|m| instances(m, node).next().is_some());
        let rank = |node: usize| (has_mechanism(node), after(node).abs());
        let lesser = |a: &&usize, b: &&usize| {
            let ((a_has, a), (b_has, b)) = (rank(**a), rank(**b));
            a_has.cmp(&b_has).then(a.total_cmp(&b))
        };
        let node = bad.iter().max_by(lesser).copied().unwrap_or(0);
        (node, strongest(lowered, memory, node))
    });
    let section = &lowered.morphology.sections[tree.section[node / cells]].name;
    let place = format!("{section}({}){}", tree.x[node / cells], of_cell(names, node % cells));
    let value = after(node);
    let became = if value.is_finite() { format!("{value:.3e} mV") } else { "not a number".to_owned() };
    Error::new(
        ErrorKind::Numerical,
        format!("the voltage at {place} became {became} in the step from {time:.6} ms"),
    )
    .help(format!("{why}; a smaller time step, or the mechanism's parameters, may be the cause"))
}

/// Names the cell at a position in its group, to follow what is said to be of it; nothing for a cell alone.
pub fn of_cell(names: Option<&Names>, position: usize) -> String {
    names.map_or_else(String::new, |names| format!(" of {}", names.of(position)))
}

/// A mechanism at the node with a value or a current that is not finite.
fn broken(lowered: &Lowered, memory: &[f64], node: usize) -> Option<String> {
    for mechanism in &lowered.mechanisms {
        for instance in instances(mechanism, node) {
            for variable in &mechanism.variables {
                if let Some(value) = variable.storage.of(instance).map(|o| memory[o])
                    && !value.is_finite()
                {
                    return Some(format!(
                        "`{}` of the mechanism `{}` is {value} there",
                        variable.name, mechanism.name
                    ));
                }
            }
        }
        let current = current_of(lowered, memory, mechanism, node);
        if !current.is_finite() {
            return Some(format!("the current of the mechanism `{}` is {current} nA there", mechanism.name));
        }
    }
    None
}

/// Names the mechanism with the largest current at the node.
fn strongest(lowered: &Lowered, memory: &[f64], node: usize) -> String {
    let here = lowered.mechanisms.iter().filter(|m| instances(m, node).next().is_some());
    let with_current = here.map(|m| (current_of(lowered, memory, m, node), &m.name));
    match with_current.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs())) {
        Some((current, name)) => {
            format!("the largest current there is {current:.3e} nA, of the mechanism `{name}`")
        }
        None => "no mechanism is there".to_owned(),
    }
}

fn instances(mechanism: &crate::lower::bind::Bound, node: usize) -> impl Iterator<Item = usize> {
    mechanism.nodes.iter().enumerate().filter_map(move |(i, &n)| (n as usize == node).then_some(i))
}

/// What one mechanism drives through the node, by running its currents alone on a copy.
fn current_of(lowered: &Lowered, memory: &[f64], mechanism: &crate::lower::bind::Bound, node: usize) -> f64 {
    let shared = lowered.shared;
    let mut copy = memory.to_vec();
    copy[shared.membrane_current + node] = 0.0;
    let slot = lowered.electrodes.iter().position(|&n| n as usize == node);
    if let Some(slot) = slot {
        copy[shared.electrode_current + slot] = 0.0;
    }
    mechanism.current.run(&mut copy, &lowered.lists, 0..mechanism.nodes.len(), &mut Scratch::default());
    copy[shared.membrane_current + node] - slot.map_or(0.0, |slot| copy[shared.electrode_current + slot])
}
