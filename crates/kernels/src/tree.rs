//! Solves the cable equation's matrix along the tree.
//!
//! The matrix is symmetric, with one off-diagonal pair per edge: eliminating from the tips to the root creates no new
//! entries (Hines 1984, Int. J. Bio-Med. Comput. 15:69), so a solve is O(n). Nodes are numbered with parents before
//! children; children are eliminated into a parent in descending order of their numbers, always.

use std::fmt;

/// Marks a root in a list of parents.
pub const ROOT: u32 = u32::MAX;

/// The shape of the matrix: for each node the number of its parent, smaller than its own, or [`ROOT`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    parents: Vec<u32>,
}

/// A node whose parent does not come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// The node.
    pub node: usize,
    /// Its parent.
    pub parent: u32,
}

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} has parent {}, which does not come before it", self.node, self.parent)
    }
}

impl std::error::Error for OutOfOrder {}

impl Tree {
    /// A tree or forest.
    ///
    /// # Errors
    /// A parent that does not come before its child.
    pub fn new(parents: Vec<u32>) -> Result<Self, OutOfOrder> {
        for (node, &parent) in parents.iter().enumerate() {
            if parent != ROOT && parent as usize >= node {
                return Err(OutOfOrder { node, parent });
            }
        }
        Ok(Self { parents })
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// What flows into each node, nA: along the cable from its neighbours, less the outward `current`.
    ///
    /// # Panics
    /// When a slice has another length than the tree.
    pub fn inflow(&self, coupling: &[f64], voltage: &[f64], current: &[f64], inflow: &mut [f64]) {
        let n = self.parents.len();
        let (coupling, voltage, current, inflow) =
            (&coupling[..n], &voltage[..n], &current[..n], &mut inflow[..n]);
        for node in 0..n {
            let parent = self.parents[node] as usize;
            let mut own = -current[node];
            if parent < node {
                let axial = coupling[node] * (voltage[parent] - voltage[node]);
                own += axial;
                inflow[parent] -= axial;
            }
            inflow[node] = own;
        }
    }

    /// Solves (diagonal − coupling) x = right_hand_side; x is left in `right_hand_side`, `diagonal` is used up.
    ///
    /// `coupling` is the axial conductance to the parent (µS), 0 for a root.
    ///
    /// # Panics
    /// When a slice has another length than the tree.
    pub fn solve(&self, coupling: &[f64], diagonal: &mut [f64], right_hand_side: &mut [f64]) {
        let n = self.parents.len();
        let (coupling, diagonal, right_hand_side) =
            (&coupling[..n], &mut diagonal[..n], &mut right_hand_side[..n]);
        for node in (0..n).rev() {
            // The pivot's reciprocal stays in the diagonal: the way back then needs no division.
            let pivot = 1.0 / diagonal[node];
            diagonal[node] = pivot;
            let parent = self.parents[node] as usize;
            if parent < node {
                let factor = coupling[node] * pivot;
                diagonal[parent] -= factor * coupling[node];
                right_hand_side[parent] += factor * right_hand_side[node];
            }
        }
        for node in 0..n {
            let parent = self.parents[node] as usize;
            let mut sum = right_hand_side[node];
            if parent < node {
                sum += coupling[node] * right_hand_side[parent];
            }
            right_hand_side[node] = sum * diagonal[node];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gaussian elimination with pivoting on the full matrix.
    fn dense(parents: &[u32], coupling: &[f64], diagonal: &[f64], right: &[f64]) -> Vec<f64> {
        let n = parents.len();
        let mut a = vec![vec![0.0; n + 1]; n];
        for i in 0..n {
            a[i][i] = diagonal[i];
            a[i][n] = right[i];
            if parents[i] != ROOT {
                a[i][parents[i] as usize] = -coupling[i];
                a[parents[i] as usize][i] = -coupling[i];
            }
        }
        for k in 0..n {
            let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
            a.swap(k, pivot);
            for i in k + 1..n {
                let f = a[i][k] / a[k][k];
                let pivot_row = a[k].clone();
                a[i].iter_mut().zip(pivot_row).skip(k).for_each(|(x, p)| *x -= f * p);
            }
        }
        for k in (0..n).rev() {
            let sum: f64 = (k + 1..n).map(|j| a[k][j] * a[j][n]).sum();
            a[k][n] = (a[k][n] - sum) / a[k][k];
        }
        a.into_iter().map(|row| row[n]).collect()
    }

    proptest! {
        #[test]
        fn solve_equals_the_dense_solve_on_any_forest(
            seed in proptest::collection::vec((0.0_f64..1.0, 1e-3_f64..10.0, 1e-6_f64..1.0, -5.0_f64..5.0), 1..60)
        ) {
            let parents: Vec<u32> = seed.iter().enumerate()
                .map(|(i, s)| if i == 0 || s.0 > 0.95 { ROOT } else { (s.0 / 0.95 * i as f64) as u32 }).collect();
            let coupling: Vec<f64> = parents.iter().zip(&seed).map(|(&p, s)| if p == ROOT { 0.0 } else { s.1 }).collect();
            let mut diagonal: Vec<f64> = seed.iter().map(|s| s.2).collect();
            for (i, &p) in parents.iter().enumerate() {
                if p != ROOT {
                    diagonal[i] += coupling[i];
                    diagonal[p as usize] += coupling[i];
                }
            }
            let right: Vec<f64> = seed.iter().map(|s| s.3).collect();
            let expected = dense(&parents, &coupling, &diagonal, &right);
            let mut x = right.clone();
            Tree::new(parents).unwrap().solve(&coupling, &mut diagonal.clone(), &mut x);
            let scale = expected.iter().fold(0.0_f64, |m, e| m.max(e.abs()));
            for (x, e) in x.iter().zip(&expected) {
                prop_assert!((x - e).abs() <= 1e-10 * scale, "{x} {e}");
            }
        }
    }

    #[test]
    fn a_parent_after_its_child_is_refused() {
        let error = Tree::new(vec![ROOT, 2, 0]).unwrap_err();
        assert_eq!(error.to_string(), "node 1 has parent 2, which does not come before it");
    }
}
