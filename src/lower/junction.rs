//! Electrical synapses between cells, and which groups of cells they join.

use super::group::Group;

/// An electrical synapse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Junction {
    /// What it joins.
    pub ends: [End; 2],
    /// µS.
    pub conductance: f64,
}

/// A side of a junction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Position of the group in its assembly.
    pub group: usize,
    /// Node of the group.
    pub node: usize,
}

/// Groups that take their steps together, with the junctions between their cells: most are one group with none.
#[derive(Clone, Debug)]
pub struct Assembly {
    /// By the number of the first cell.
    pub groups: Vec<Group>,
    /// Between cells of these groups.
    pub junctions: Vec<Junction>,
}

/// Puts groups that junctions join together; the ends of `junctions` name positions in `groups`.
pub fn assemble(groups: Vec<Group>, junctions: Vec<Junction>) -> Vec<Assembly> {
    // The first group of those that each is joined with, directly or through others.
    let mut first: Vec<usize> = (0..groups.len()).collect();
    fn find(first: &mut [usize], mut group: usize) -> usize {
        while first[group] != group {
            first[group] = first[first[group]];
            group = first[group];
        }
        group
    }
    for junction in &junctions {
        let [a, b] = junction.ends.map(|end| find(&mut first, end.group));
        first[a.max(b)] = a.min(b);
    }
    let mut assemblies: Vec<Assembly> = Vec::new();
    let mut place = Vec::with_capacity(groups.len());
    for (number, group) in groups.into_iter().enumerate() {
        let head = find(&mut first, number);
        let assembly = match place.get(head) {
            Some(&(assembly, _)) => assembly,
            None => {
                assemblies.push(Assembly { groups: Vec::new(), junctions: Vec::new() });
                assemblies.len() - 1
            }
        };
        place.push((assembly, assemblies[assembly].groups.len()));
        assemblies[assembly].groups.push(group);
    }
    for junction in junctions {
        let ends = junction.ends.map(|end| End { group: place[end.group].1, node: end.node });
        assemblies[place[junction.ends[0].group].0].junctions.push(Junction { ends, ..junction });
    }
    assemblies
}
