//! Solves the cable equation's matrix along the tree, several nodes at a time.
//!
//! The matrix is symmetric, with one off-diagonal pair per edge: eliminating from the tips to the root creates no new
//! entries (Hines 1984, Int. J. Bio-Med. Comput. 15:69), so a solve is O(n). Nodes whose children are done do not wait for
//! each other: up to [`LANES`] of them make a *step*, the deepest first (Zhang et al. 2023, Nat. Commun. 14:5798), so that the
//! branches of one cell fill a vector. In comes the shape of a tree; out go steps, and solutions for given numbers. The
//! order of steps is the order of elimination, on every processor.

use std::collections::BTreeSet;
use std::fmt;

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

/// Groups the nodes of a forest into steps of elimination: each takes the deepest nodes whose children are done, never
/// two of one parent. Nodes of different `class`, a small number, never share a step.
///
/// # Errors
/// Parents that make no forest.
pub fn schedule(parents: &[u32], class: &[usize]) -> Result<Vec<Vec<u32>>, Fault> {
    let count = parents.len();
    let mut waiting = vec![0_u32; count];
    for (node, &parent) in parents.iter().enumerate() {
        if parent != ROOT {
            *waiting.get_mut(parent as usize).ok_or(Fault::Parent(node))? += 1;
        }
    }
    let depth = depths(parents, &waiting)?;
    // The deepest first; of equals those whose child was eliminated first, so that lanes stay with their branches.
    let mut ready = vec![BTreeSet::new(); class.iter().max().map_or(0, |&most| most + 1)];
    let key = |node: usize, age: u32| (u32::MAX - depth[node], age, node as u32);
    for node in (0..count).filter(|&n| waiting[n] == 0) {
        ready[class[node]].insert(key(node, u32::MAX));
    }
    let mut steps = Vec::new();
    let mut done = 0;
    while done < count as u32 {
        let pick = |set: &BTreeSet<(u32, u32, u32)>| {
            let mut picked: Vec<(u32, u32, u32)> = Vec::with_capacity(LANES);
            for &candidate in set {
                let parent = parents[candidate.2 as usize];
                let taken = parent != ROOT && picked.iter().any(|p| parents[p.2 as usize] == parent);
                if !taken {
                    picked.push(candidate);
                }
                if picked.len() == LANES {
                    break;
                }
            }
            picked
        };
        // The longest step; of equals that of the first class.
        let longest = ready.iter().map(pick).enumerate().rev().max_by_key(|(_, step)| step.len());
        let Some((chosen, mut step)) = longest else { break };
        step.iter().for_each(|key| _ = ready[chosen].remove(key));
        step.sort_unstable_by_key(|&(_, age, node)| (age, node));
        for &(_, _, node) in &step {
            let parent = parents[node as usize];
            if parent != ROOT {
                let parent = parent as usize;
                waiting[parent] -= 1;
                if waiting[parent] == 0 {
                    ready[class[parent]].insert(key(parent, done));
                }
            }
            done += 1;
        }
        steps.push(step.into_iter().map(|(_, _, node)| node).collect());
    }
    Ok(steps)
}

/// Edges between each node and its root.
fn depths(parents: &[u32], children: &[u32]) -> Result<Vec<u32>, Fault> {
    let mut depth = vec![u32::MAX; parents.len()];
    let mut path = Vec::new();
    for tip in (0..parents.len()).filter(|&n| children[n] == 0) {
        let mut node = tip;
        while depth[node] == u32::MAX {
            path.push(node);
            if parents[node] == ROOT || path.len() > parents.len() {
                break;
            }
            node = parents[node] as usize;
        }
        if path.len() > parents.len() {
            return Err(Fault::Cycle);
        }
        while let Some(node) = path.pop() {
            let parent = parents[node];
            depth[node] = if parent == ROOT { 0 } else { depth[parent as usize] + 1 };
        }
    }
    // A cycle that no tip leads to.
    if depth.contains(&u32::MAX) { Err(Fault::Cycle) } else { Ok(depth) }
}

/// The shape of the matrix: each node's parent, or [`ROOT`], and the steps of its elimination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    parents: Vec<u32>,
    /// The nodes of all steps, one step after the other.
    nodes: Vec<u32>,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// Position in `nodes`.
    first: u32,
    count: u32,
    /// A full step of consecutive nodes with consecutive parents that come after none of them: the first of each.
    aligned: Option<(u32, u32)>,
}

/// Numbers over the nodes of a tree.
pub struct Equations<'a> {
    /// Axial conductance to the parent, µS; of no meaning for a root.
    pub coupling: &'a [f64],
    /// µS; used up.
    pub diagonal: &'a mut [f64],
    /// What leaves through the membrane less what electrodes bring in, nA; the change of the voltage is left here, mV.
    pub outward: &'a mut [f64],
    /// mV; moved by `factor` times the change.
    pub voltage: &'a mut [f64],
    /// 1 for a whole step, 2 where the equations are those of half a step.
    pub factor: f64,
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
        let mut tree = Self { nodes: Vec::with_capacity(parents.len()), steps: Vec::new(), parents };
        for (number, step) in steps.iter().enumerate() {
            let first = tree.nodes.len() as u32;
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
                tree.nodes.push(node);
            }
            for &node in step {
                eliminated[node as usize] = true;
                if let Some(waiting) = waiting.get_mut(tree.parents[node as usize] as usize) {
                    *waiting -= 1;
                }
            }
            let aligned = tree.alignment(step);
            tree.steps.push(Step { first, count: step.len() as u32, aligned });
        }
        match eliminated.iter().position(|done| !done) {
            Some(node) => Err(Fault::Order(node)),
            None => Ok(tree),
        }
    }

    fn alignment(&self, step: &[u32]) -> Option<(u32, u32)> {
        let &first = step.first().filter(|_| step.len() == LANES)?;
        let parent = self.parents[first as usize];
        let follows = |(node, lane): (&u32, u32)| {
            let above = self.parents[*node as usize];
            *node == first + lane && above != ROOT && above.checked_sub(lane) == Some(parent)
        };
        let consecutive = parent != ROOT && step.iter().zip(0..).all(follows);
        let apart = parent.abs_diff(first) as usize >= LANES;
        (consecutive && apart).then_some((first, parent))
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// How many steps an elimination takes, and how many of them are full and without detours through memory.
    pub fn step_counts(&self) -> (usize, usize) {
        (self.steps.len(), self.steps.iter().filter(|s| s.aligned.is_some()).count())
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

    /// Solves (diagonal − coupling) x = b, where b is what the voltages drive along the cable minus what flows out, and moves
    /// the voltages. Returns whether every one of them stays nearer to zero than `limit`.
    ///
    /// # Panics
    /// When a slice has another length than the tree.
    #[must_use]
    pub fn advance(&self, equations: &mut Equations, limit: f64) -> bool {
        let n = self.parents.len();
        let Equations { coupling, diagonal, outward, voltage, .. } = equations;
        assert!(
            [coupling.len(), diagonal.len(), outward.len(), voltage.len()] == [n; 4],
            "the tree has {n} nodes"
        );
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                // SAFETY: the processor has the features.
                return unsafe { self.advance_avx512(equations, limit) };
            }
            if is_x86_feature_detected!("avx2") {
                // SAFETY: as above.
                return unsafe { self.advance_avx2(equations, limit) };
            }
        }
        self.advance_here(equations, limit)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl")]
    fn advance_avx512(&self, equations: &mut Equations, limit: f64) -> bool {
        self.advance_here(equations, limit)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn advance_avx2(&self, equations: &mut Equations, limit: f64) -> bool {
        self.advance_here(equations, limit)
    }

    #[inline(always)]
    fn advance_here(&self, equations: &mut Equations, limit: f64) -> bool {
        for step in &self.steps {
            match step.aligned {
                Some((node, parent)) => eliminate(equations, node as usize, parent as usize),
                None => {
                    for &node in self.nodes_of(step) {
                        eliminate_one(equations, node as usize, self.parents[node as usize]);
                    }
                }
            }
        }
        let mut within = [true; LANES];
        for step in self.steps.iter().rev() {
            match step.aligned {
                Some((node, parent)) => {
                    let here = substitute(equations, node as usize, parent as usize, limit);
                    for (all, here) in within.iter_mut().zip(here) {
                        *all &= here;
                    }
                }
                None => {
                    for &node in self.nodes_of(step) {
                        within[0] &=
                            substitute_one(equations, node as usize, self.parents[node as usize], limit);
                    }
                }
            }
        }
        within == [true; LANES]
    }

    fn nodes_of(&self, step: &Step) -> &[u32] {
        &self.nodes[step.first as usize..(step.first + step.count) as usize]
    }
}

#[inline(always)]
fn lanes(numbers: &[f64], first: usize) -> [f64; LANES] {
    let mut lanes = [0.0; LANES];
    lanes.copy_from_slice(&numbers[first..first + LANES]);
    lanes
}

#[inline(always)]
fn put(numbers: &mut [f64], first: usize, lanes: [f64; LANES]) {
    numbers[first..first + LANES].copy_from_slice(&lanes);
}

/// Eliminates as many consecutive nodes as there are lanes into as many consecutive parents.
#[inline(always)]
fn eliminate(equations: &mut Equations, node: usize, parent: usize) {
    let Equations { coupling, diagonal, outward, voltage, .. } = equations;
    let c = lanes(coupling, node);
    let (v, v_above) = (lanes(voltage, node), lanes(voltage, parent));
    let (mut d, mut d_above) = (lanes(diagonal, node), lanes(diagonal, parent));
    let (mut out, mut out_above) = (lanes(outward, node), lanes(outward, parent));
    for k in 0..LANES {
        // The pivot's reciprocal stays in the diagonal: the way back then needs no division.
        d[k] = 1.0 / d[k];
        let axial = c[k] * (v_above[k] - v[k]);
        out[k] -= axial;
        let factor = c[k] * d[k];
        d_above[k] -= factor * c[k];
        out_above[k] += factor * out[k] + axial;
    }
    put(diagonal, node, d);
    put(diagonal, parent, d_above);
    put(outward, node, out);
    put(outward, parent, out_above);
}

/// The same for one node.
#[inline(always)]
fn eliminate_one(equations: &mut Equations, node: usize, parent: u32) {
    let Equations { coupling, diagonal, outward, voltage, .. } = equations;
    let pivot = 1.0 / diagonal[node];
    diagonal[node] = pivot;
    if parent != ROOT {
        let (c, parent) = (coupling[node], parent as usize);
        let axial = c * (voltage[parent] - voltage[node]);
        outward[node] -= axial;
        let factor = c * pivot;
        diagonal[parent] -= factor * c;
        outward[parent] += factor * outward[node] + axial;
    }
}

/// The way back for as many consecutive nodes as there are lanes.
#[inline(always)]
fn substitute(equations: &mut Equations, node: usize, parent: usize, limit: f64) -> [bool; LANES] {
    let Equations { coupling, diagonal, outward, voltage, factor } = equations;
    let (c, pivot) = (lanes(coupling, node), lanes(diagonal, node));
    let (above, mut x) = (lanes(outward, parent), lanes(outward, node));
    let mut v = lanes(voltage, node);
    let mut within = [false; LANES];
    for k in 0..LANES {
        x[k] = (c[k] * above[k] - x[k]) * pivot[k];
        v[k] += *factor * x[k];
        within[k] = v[k].abs() < limit;
    }
    put(outward, node, x);
    put(voltage, node, v);
    within
}

/// The same for one node.
#[inline(always)]
fn substitute_one(equations: &mut Equations, node: usize, parent: u32, limit: f64) -> bool {
    let Equations { coupling, diagonal, outward, voltage, factor } = equations;
    let driven = if parent == ROOT { 0.0 } else { coupling[node] * outward[parent as usize] };
    outward[node] = (driven - outward[node]) * diagonal[node];
    voltage[node] += *factor * outward[node];
    voltage[node].abs() < limit
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
            prop_assert!(within);
            let largest = moved.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            prop_assert!(!solved(&tree, largest).2);
            for ((moved, v), x) in moved.iter().zip(&voltage).zip(&x) {
                prop_assert_eq!(*moved, v + 2.0 * x);
            }
            // Lanes and detours through memory give the same bits.
            let plain = Tree { steps: tree.steps.iter().map(|s| Step { aligned: None, ..*s }).collect(), ..tree.clone() };
            prop_assert_eq!(&x, &solved(&plain, f64::INFINITY).0);
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
}
