//! Solves the cable equation's matrix along the tree, several nodes at a time.
//!
//! The matrix is symmetric, with one off-diagonal pair per edge: eliminating from the tips to the root creates no new
//! entries (Hines 1984, Int. J. Bio-Med. Comput. 15:69), so a solve is O(n). Nodes whose children are done do not wait for
//! each other: up to [`LANES`] of them make a *step* (after Zhang et al. 2023, Nat. Commun. 14:5798), so that the
//! branches of one cell fill a vector; of many cells of one shape the same nodes do. In comes the shape of a tree; out go
//! steps, and solutions for given numbers. The order of steps is the order of elimination, on every processor.

use std::fmt;

mod schedule;
mod solve;

pub use schedule::{number, schedule};
pub use solve::Equations;

/// Marks a root in a list of parents.
pub const ROOT: u32 = u32::MAX;
/// The most nodes of a step.
pub const LANES: usize = 8;

/// What a list of parents or of steps can have wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A parent that is no node.
    Parent(usize),
    /// Nodes that are their own ancestors.
    Cycle,
    /// A node that is missing, comes twice, or comes before one of its children.
    Order(usize),
    /// A step of too many nodes, or of two with the same parent.
    Step(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parent(node) => write!(f, "the parent of node {node} does not exist"),
            Self::Cycle => f.write_str("nodes are their own ancestors"),
            Self::Order(node) => write!(f, "node {node} is missing, comes twice or before its children"),
            Self::Step(step) => write!(f, "step {step} has too many nodes or two of one parent"),
        }
    }
}

impl std::error::Error for Fault {}

/// The shape of the matrix: each node's parent, or [`ROOT`], and the order of its elimination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    parents: Vec<u32>,
    pieces: Vec<Piece>,
}

/// So many consecutive nodes with consecutive parents, 8, 4, 2 or 1, that do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    node: u32,
    /// Of one alone it may be [`ROOT`].
    parent: u32,
    width: u32,
}

impl Tree {
    /// A forest with steps, as [`schedule`] makes them.
    ///
    /// # Errors
    /// Steps that are not an order of elimination.
    pub fn new(parents: Vec<u32>, steps: &[Vec<u32>]) -> Result<Self, Fault> {
        let mut waiting = vec![0_u32; parents.len()];
        for (node, &parent) in parents.iter().enumerate() {
            if parent != ROOT {
                *waiting.get_mut(parent as usize).ok_or(Fault::Parent(node))? += 1;
            }
        }
        let mut eliminated = vec![false; parents.len()];
        let mut tree = Self { pieces: Vec::new(), parents };
        for (number, step) in steps.iter().enumerate() {
            for (lane, &node) in step.iter().enumerate() {
                let index = node as usize;
                if waiting.get(index) != Some(&0) || eliminated[index] {
                    return Err(Fault::Order(index));
                }
                let parent = tree.parents[index];
                let shared = step[..lane].iter().any(|&other| tree.parents[other as usize] == parent);
                if lane == LANES || (shared && parent != ROOT) {
                    return Err(Fault::Step(number));
                }
            }
            tree.cut(step);
            for &node in step {
                eliminated[node as usize] = true;
                if let Some(waiting) = waiting.get_mut(tree.parents[node as usize] as usize) {
                    *waiting -= 1;
                }
            }
        }
        match eliminated.iter().position(|done| !done) {
            Some(node) => Err(Fault::Order(node)),
            None => Ok(tree),
        }
    }

    /// Cuts a step into pieces.
    fn cut(&mut self, step: &[u32]) {
        let mut rest = step;
        while let Some(&node) = rest.first() {
            let parent = self.parents[node as usize];
            let follows = |(&next, lane): (&u32, u32)| {
                let above = self.parents[next as usize];
                next == node + lane && above != ROOT && above.checked_sub(lane) == Some(parent)
            };
            let length = match parent {
                ROOT => 1,
                _ => rest.iter().zip(0..).take_while(|&pair| follows(pair)).count().max(1),
            };
            // Nodes and parents of a piece are written as two vectors, which must not overlap.
            let fits = |width: &u32| *width as usize <= length && parent.abs_diff(node) >= *width;
            let width = [8, 4, 2].into_iter().find(fits).unwrap_or(1);
            self.pieces.push(Piece { node, parent, width });
            rest = &rest[width as usize..];
        }
    }

    /// As many trees like this one, with the same node of all of them side by side.
    #[must_use]
    pub fn interleaved(&self, count: usize) -> Self {
        if count == 1 {
            return self.clone();
        }
        let count = count as u32;
        let parents = self.parents.iter().flat_map(|&parent| {
            (0..count).map(move |tree| if parent == ROOT { ROOT } else { parent * count + tree })
        });
        let mut forest = Self { parents: parents.collect(), pieces: Vec::new() };
        for piece in &self.pieces {
            for node in piece.node..piece.node + piece.width {
                let trees: Vec<u32> = (node * count..(node + 1) * count).collect();
                forest.cut(&trees);
            }
        }
        forest
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// How many vectors an elimination takes.
    pub fn vectors(&self) -> usize {
        self.pieces.len()
    }

    /// What flows into each node, nA: along the cable from its neighbours.
    ///
    /// # Panics
    /// When a slice has another length than the tree.
    pub fn inflow(&self, coupling: &[f64], voltage: &[f64], inflow: &mut [f64]) {
        let n = self.parents.len();
        let (coupling, voltage, inflow) = (&coupling[..n], &voltage[..n], &mut inflow[..n]);
        inflow.fill(0.0);
        for node in 0..n {
            let parent = self.parents[node];
            if parent != ROOT {
                let parent = parent as usize;
                let axial = coupling[node] * (voltage[parent] - voltage[node]);
                inflow[node] += axial;
                inflow[parent] -= axial;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::schedule::vectors;
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
            let voltage: Vec<f64> = seed.iter().map(|s| s.1 - s.3).collect();
            let current: Vec<f64> = seed.iter().map(|s| s.3 * s.3).collect();
            let outside: Vec<f64> = seed.iter().map(|s| s.3).collect();
            let steps = schedule(&parents, &seed.iter().map(|s| usize::from(s.2 < 0.1)).collect::<Vec<_>>()).unwrap();
            let tree = Tree::new(parents.clone(), &steps).unwrap();
            let mut right = vec![0.0; parents.len()];
            tree.inflow(&coupling, &voltage, &mut right);
            right.iter_mut().zip(outside.iter().zip(&current)).for_each(|(r, (o, c))| *r += o - c);
            let expected = dense(&parents, &coupling, &diagonal, &right);
            let outward: Vec<f64> = outside.iter().zip(&current).map(|(o, c)| c - o).collect();
            let solved = |tree: &Tree, limit| {
                let (mut x, mut moved, mut used) = (outward.clone(), voltage.clone(), diagonal.clone());
                let mut equations = Equations {
                    coupling: &coupling,
                    diagonal: &mut used,
                    outward: &mut x,
                    voltage: &mut moved,
                    factor: 2.0,
                };
                let within = tree.advance(&mut equations, limit);
                (x, moved, within)
            };
            let (x, moved, within) = solved(&tree, f64::INFINITY);
            // Neither classes nor steps change a bit.
            let other = schedule(&parents, &seed.iter().map(|s| (s.3 + 5.0) as usize).collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(&x, &solved(&Tree::new(parents.clone(), &other).unwrap(), f64::INFINITY).0);
            prop_assert!(within);
            let largest = moved.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            prop_assert!(!solved(&tree, largest).2);
            for ((moved, v), x) in moved.iter().zip(&voltage).zip(&x) {
                prop_assert_eq!(*moved, v + 2.0 * x);
            }
            // Lanes and detours through memory give the same bits.
            let one_by_one = |p: &Piece| {
                let (first, width) = (p.node, p.width);
                (first..first + width).map(|node| Piece { node, parent: parents[node as usize], width: 1 })
            };
            let plain = Tree { pieces: tree.pieces.iter().flat_map(one_by_one).collect(), ..tree.clone() };
            prop_assert_eq!(&x, &solved(&plain, f64::INFINITY).0);
            // So do trees side by side.
            for count in [3_usize, 8, 13] {
                let side_by_side = |n: &[f64]| n.iter().flat_map(|&n| vec![n; count]).collect::<Vec<f64>>();
                let (mut y, mut v, mut used) =
                    (side_by_side(&outward), side_by_side(&voltage), side_by_side(&diagonal));
                let mut equations = Equations {
                    coupling: &side_by_side(&coupling),
                    diagonal: &mut used,
                    outward: &mut y,
                    voltage: &mut v,
                    factor: 2.0,
                };
                prop_assert!(tree.interleaved(count).advance(&mut equations, f64::INFINITY));
                prop_assert_eq!(y, side_by_side(&x));
            }
            let scale = expected.iter().fold(0.0_f64, |m, e| m.max(e.abs()));
            for (x, e) in x.iter().zip(&expected) {
                prop_assert!((x - e).abs() <= 1e-10 * scale, "{x} {e}");
            }
        }
    }

    #[test]
    fn what_is_no_forest_is_refused() {
        assert_eq!(schedule(&[ROOT, 2, 1], &[0; 3]), Err(Fault::Cycle));
        assert_eq!(schedule(&[ROOT, 2, 1, 1], &[0; 4]), Err(Fault::Cycle));
        assert_eq!(schedule(&[ROOT, 7], &[0; 2]), Err(Fault::Parent(1)));
        let chain = || vec![ROOT, 0, 1];
        assert_eq!(Tree::new(chain(), &[vec![2], vec![0], vec![1]]), Err(Fault::Order(0)));
        assert_eq!(Tree::new(chain(), &[vec![2], vec![1]]), Err(Fault::Order(0)));
        assert_eq!(Tree::new(chain(), &[vec![2], vec![2], vec![1]]), Err(Fault::Order(2)));
        assert_eq!(Tree::new(vec![ROOT, 0, 0], &[vec![1, 2], vec![0]]), Err(Fault::Step(0)));
    }

    #[test]
    fn branches_of_equal_length_fill_the_lanes() {
        // Eight branches of ten nodes on one root, and a root of their own for the nodes set apart.
        let parents: Vec<u32> =
            (0..81_u32).map(|n| if n == 0 { ROOT } else { n.saturating_sub(8) }).collect();
        let steps = schedule(&parents, &[0; 81]).unwrap();
        assert_eq!(steps.iter().filter(|s| s.len() == LANES).count(), 9);
        // The innermost share a parent, so they come one by one.
        assert_eq!(steps.len(), 9 + 8 + 1);
        let mut class = vec![0; 81];
        class[73..].fill(1);
        for step in schedule(&parents, &class).unwrap() {
            assert!(step.iter().all(|&n| class[n as usize] == class[step[0] as usize]));
        }
    }

    #[test]
    fn a_balanced_tree_fills_vectors_down_to_eight_branches() {
        // A balanced tree of 64 tips, two nodes a branch: full vectors down to eight branches.
        let parents: Vec<u32> = (0..254_u32)
            .map(|n| match n {
                0 => ROOT,
                n if n % 2 == 1 => n - 1,
                n => (n / 2 - 1) / 2 * 2 + 1,
            })
            .collect();
        let class = vec![0; parents.len()];
        let steps = schedule(&parents, &class).unwrap();
        // 120 branches of the outer levels fill lanes, then 4, 2 and 1 branch; where eight, four and two nodes meet in pairs they
        // come in two halves.
        assert_eq!(vectors(&parents, &class, &steps), 2 * (120 / 8 + 1 + 1 + 1) + 3);
    }
}
