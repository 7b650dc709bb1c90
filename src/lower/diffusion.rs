//! Diffusion along the cable: which instances of a mechanism are neighbours, and how far they are apart.

use apical_kernels::tree::{ROOT, Tree as Matrix, schedule};

use super::bind::Bound;
use crate::discretize::{NodeKind, Tree};
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::Morphology;

/// Neighbours of the instances of one mechanism.
#[derive(Clone, Debug)]
pub struct Path {
    /// The instance towards the root of each.
    pub parents: Vec<u32>,
    /// The shape of the equations.
    pub matrix: Matrix,
    /// Length of the compartment of each, µm.
    pub length: Vec<f64>,
}

/// The neighbours of a mechanism's instances, when it has states that diffuse. Neighbours are compartments that touch;
/// children at a branch point all touch the compartment at the parent's end, as in NEURON.
///
/// # Errors
/// Compartments that are out of order, which is a fault of the library.
pub fn path(bound: &Bound, tree: &Tree, morphology: &Morphology) -> Result<Option<Path>> {
    if bound.diffusing.is_empty() {
        return Ok(None);
    }
    let mut instance_at = vec![ROOT; tree.len()];
    for (instance, &node) in bound.nodes.iter().enumerate() {
        instance_at[node as usize] = instance as u32;
    }
    let parents: Vec<u32> = bound
        .nodes
        .iter()
        .map(|&node| towards_root(tree, node as usize).map_or(ROOT, |node| instance_at[node]))
        .collect();
    let matrix = schedule(&parents, &vec![0; parents.len()])
        .and_then(|steps| Matrix::new(parents.clone(), &steps))
        .map_err(|e| Error::new(ErrorKind::Internal, format!("diffusion is out of order: {e}")))?;
    let length = |node: &u32| {
        let section = tree.section[*node as usize];
        morphology.sections[section].length() / tree.compartments[section].len() as f64
    };
    Ok(Some(Path { parents, matrix, length: bound.nodes.iter().map(length).collect() }))
}

/// The compartment that a compartment touches on its way to the root.
fn towards_root(tree: &Tree, node: usize) -> Option<usize> {
    let is_compartment = |node: usize| tree.kind[node] == NodeKind::Compartment;
    let mut above = tree.parent[node]?;
    while !is_compartment(above) {
        match tree.parent[above] {
            Some(next) => above = next,
            // The free end of the root's section: its first compartment is next to it.
            None => {
                let first = tree.parent.iter().position(|&p| p == Some(above)).filter(|&n| is_compartment(n));
                return first.filter(|&first| first != node);
            }
        }
    }
    Some(above)
}
