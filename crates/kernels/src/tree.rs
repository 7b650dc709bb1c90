//! Solves the cable equation's matrix along the tree, several nodes at a time.
//!
//! The matrix is symmetric, with one off-diagonal pair per edge: eliminating from the tips to the root creates no new
//! entries (Hines 1984, Int. J. Bio-Med. Comput. 15:69), so a solve is O(n). Nodes whose children are done do not wait for
//! each other: up to [`LANES`] of them make a *step* (after Zhang et al. 2023, Nat. Commun. 14:5798), so that the
//! branches of one cell fill a vector; of many cells of one shape the same nodes do. In comes the shape of a tree; out go
//! steps, and solutions for given numbers. The order of steps is the order of elimination, on every processor.

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

/// Groups the nodes of a forest into steps of elimination. Nodes of different `class`, a small number, never share a step.
///
/// Children are eliminated into their parent in the order of their numbers, so that sums are the same however steps are made.
/// The forest is dealt out to lanes, whole subtrees of about equal size to each; a step takes one node from every lane that has
/// one whose children and elder siblings are done. Of those of a lane the deepest is taken, but rather not one that
/// has to wait for what was just begun. How fine the subtrees should be depends on the tree: several ways are tried, and the one
/// with the fewest vectors stays.
///
/// # Errors
/// Parents that make no forest.
pub fn schedule(parents: &[u32], class: &[usize]) -> Result<Vec<Vec<u32>>, Fault> {
    let mut children = vec![0_u32; parents.len()];
    for (node, &parent) in parents.iter().enumerate() {
        if parent != ROOT {
            *children.get_mut(parent as usize).ok_or(Fault::Parent(node))? += 1;
        }
    }
    let depth = depths(parents, &children)?;
    let tried = [1, 2, 4, 8].map(|fineness| {
        let lanes = lanes_of(parents, &depth, fineness);
        let steps = deal(parents, class, &children, &depth, &lanes);
        (vectors(parents, class, &steps), steps)
    });
    Ok(tried.into_iter().min_by_key(|(vectors, _)| *vectors).map_or(Vec::new(), |(_, steps)| steps))
}

/// How many vectors the steps make when nodes are numbered by class and then in their order.
fn vectors(parents: &[u32], class: &[usize], steps: &[Vec<u32>]) -> usize {
    let mut order: Vec<u32> = steps.iter().flatten().copied().collect();
    order.sort_by_key(|&node| class[node as usize]);
    let mut place = vec![0_u32; order.len()];
    order.iter().zip(0..).for_each(|(&node, new)| place[node as usize] = new);
    let moved = |parent: u32| if parent == ROOT { ROOT } else { place[parent as usize] };
    let parents = order.iter().map(|&node| moved(parents[node as usize])).collect();
    let mut tree = Tree { parents, pieces: Vec::new() };
    for step in steps {
        let step: Vec<u32> = step.iter().map(|&node| place[node as usize]).collect();
        tree.cut(&step);
    }
    tree.pieces.len()
}

/// The order in which lanes are dealt to: siblings of a balanced tree are half a vector apart, so that their parents' steps
/// are halves of theirs.
const DEALT: [usize; LANES] = [0, 4, 2, 6, 1, 5, 3, 7];

/// Deals subtrees out to lanes. None of them is larger than a lane's share of the forest divided by `fineness`; above them
/// each node has the lane of its largest child.
fn lanes_of(parents: &[u32], depth: &[u32], fineness: usize) -> Vec<usize> {
    let count = parents.len();
    let mut by_depth: Vec<u32> = (0..count as u32).collect();
    by_depth.sort_by_key(|&node| (u32::MAX - depth[node as usize], node));
    let mut size = vec![1_u32; count];
    let mut largest_child = vec![ROOT; count];
    for &node in &by_depth {
        let parent = parents[node as usize];
        if parent != ROOT {
            let (own, parent) = (size[node as usize], parent as usize);
            size[parent] += own;
            let rival = largest_child[parent];
            if rival == ROOT || own > size[rival as usize] || (own == size[rival as usize] && node < rival) {
                largest_child[parent] = node;
            }
        }
    }
    let most = count.div_ceil(LANES * fineness) as u32;
    let is_small = |node: u32| size[node as usize] <= most;
    let mut subtrees: Vec<u32> = (0..count as u32)
        .filter(|&n| {
            let parent = parents[n as usize];
            is_small(n) && (parent == ROOT || !is_small(parent))
        })
        .collect();
    subtrees.sort_by_key(|&node| (u32::MAX - size[node as usize], node));
    let mut lane = vec![usize::MAX; count];
    let mut load = [0_u32; LANES];
    for node in subtrees {
        let lightest = DEALT.into_iter().min_by_key(|&l| load[l]).unwrap_or(0);
        load[lightest] += size[node as usize];
        lane[node as usize] = lightest;
    }
    for &node in &by_depth {
        let child = largest_child[node as usize];
        if lane[node as usize] == usize::MAX && child != ROOT && !is_small(node) {
            lane[node as usize] = lane[child as usize];
        }
    }
    for &node in by_depth.iter().rev() {
        if lane[node as usize] == usize::MAX {
            let parent = parents[node as usize];
            lane[node as usize] = if parent == ROOT { 0 } else { lane[parent as usize] };
        }
    }
    lane
}

/// So many steps after a node its parent need not wait for it.
const LATENCY: usize = 3;

fn deal(parents: &[u32], class: &[usize], children: &[u32], depth: &[u32], lane: &[usize]) -> Vec<Vec<u32>> {
    let count = parents.len();
    // Children and the next elder sibling.
    let mut waiting = children.to_vec();
    let mut younger = vec![ROOT; count];
    let mut youngest = vec![ROOT; count];
    for (node, &parent) in parents.iter().enumerate().filter(|(_, parent)| **parent != ROOT) {
        let elder = std::mem::replace(&mut youngest[parent as usize], node as u32);
        if elder != ROOT {
            younger[elder as usize] = node as u32;
            waiting[node] += 1;
        }
    }
    // By class and lane: the deepest first, of equals the one that has been ready for longest.
    let classes = class.iter().max().map_or(0, |&most| most + 1);
    let mut ready = vec![vec![BTreeSet::new(); LANES]; classes];
    let key = |node: usize, since: usize| (u32::MAX - depth[node], since, node as u32);
    for node in (0..count).filter(|&n| waiting[n] == 0) {
        ready[class[node]][lane[node]].insert(key(node, 0));
    }
    let mut steps: Vec<Vec<u32>> = Vec::new();
    let mut done = 0;
    while done < count {
        // Step numbers start late enough that no tip waits.
        let now = steps.len() + LATENCY;
        let pick = |lanes: &Vec<BTreeSet<(u32, usize, u32)>>| {
            let mut picked: Vec<(u32, usize, u32)> = Vec::with_capacity(LANES);
            let mut rested = 0;
            for candidates in lanes {
                let best = candidates.iter().find(|candidate| candidate.1 + LATENCY <= now);
                rested += usize::from(best.is_some());
                picked.extend(best.or_else(|| candidates.first()));
            }
            let deepest = picked.iter().map(|p| u32::MAX - p.0).max();
            (rested, picked.len(), deepest, picked)
        };
        // The step with most lanes that need not wait, then the longest, then the deepest.
        let best = ready.iter().map(pick).enumerate().max_by_key(|(n, (rested, length, deepest, _))| {
            (*rested, *length, *deepest, std::cmp::Reverse(*n))
        });
        let Some((chosen, (_, _, _, step))) = best else { break };
        for key in &step {
            ready[chosen][lane[key.2 as usize]].remove(key);
        }
        for &(_, _, node) in &step {
            for next in [parents[node as usize], younger[node as usize]] {
                if next != ROOT {
                    let next = next as usize;
                    waiting[next] -= 1;
                    if waiting[next] == 0 {
                        ready[class[next]][lane[next]].insert(key(next, now));
                    }
                }
            }
        }
        done += step.len();
        steps.push(step.into_iter().map(|(_, _, node)| node).collect());
    }
    steps
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
        let numbers = Numbers {
            coupling: equations.coupling.as_ptr(),
            diagonal: equations.diagonal.as_mut_ptr(),
            outward: equations.outward.as_mut_ptr(),
            voltage: equations.voltage.as_mut_ptr(),
            factor: equations.factor,
            limit,
        };
        for piece in &self.pieces {
            let (node, parent) = (piece.node as usize, piece.parent as usize);
            // SAFETY: `new` and `cut` made pieces of nodes and parents below the number of nodes, which `advance` found all
            // slices to have; of a root only the node is used.
            unsafe {
                match piece.width {
                    8 => numbers.eliminate::<8>(node, parent),
                    4 => numbers.eliminate::<4>(node, parent),
                    2 => numbers.eliminate::<2>(node, parent),
                    _ if piece.parent == ROOT => numbers.eliminate_root(node),
                    _ => numbers.eliminate::<1>(node, parent),
                }
            }
        }
        let mut within = true;
        for piece in self.pieces.iter().rev() {
            let (node, parent) = (piece.node as usize, piece.parent as usize);
            // SAFETY: as above.
            within &= unsafe {
                match piece.width {
                    8 => numbers.substitute::<8>(node, parent),
                    4 => numbers.substitute::<4>(node, parent),
                    2 => numbers.substitute::<2>(node, parent),
                    _ if piece.parent == ROOT => numbers.substitute_root(node),
                    _ => numbers.substitute::<1>(node, parent),
                }
            };
        }
        within
    }
}

/// The numbers of [`Equations`] without their lengths.
struct Numbers {
    coupling: *const f64,
    diagonal: *mut f64,
    outward: *mut f64,
    voltage: *mut f64,
    factor: f64,
    limit: f64,
}

/// # Safety
/// `first` and as many after it as there are lanes are inside.
#[inline(always)]
unsafe fn lanes<const N: usize>(numbers: *const f64, first: usize) -> [f64; N] {
    // SAFETY: the caller promises it.
    unsafe { numbers.add(first).cast::<[f64; N]>().read() }
}

/// # Safety
/// As [`lanes`].
#[inline(always)]
unsafe fn put<const N: usize>(numbers: *mut f64, first: usize, lanes: [f64; N]) {
    // SAFETY: the caller promises it.
    unsafe { numbers.add(first).cast::<[f64; N]>().write(lanes) };
}

impl Numbers {
    /// Eliminates nodes into their parents.
    ///
    /// # Safety
    /// `node` and `parent` and as many after them as there are lanes are nodes.
    #[inline(always)]
    unsafe fn eliminate<const N: usize>(&self, node: usize, parent: usize) {
        // SAFETY: the caller promises it.
        unsafe {
            let c: [f64; N] = lanes(self.coupling, node);
            let (v, v_above): ([f64; N], [f64; N]) = (lanes(self.voltage, node), lanes(self.voltage, parent));
            let (mut d, mut d_above): ([f64; N], [f64; N]) =
                (lanes(self.diagonal, node), lanes(self.diagonal, parent));
            let (mut out, mut out_above): ([f64; N], [f64; N]) =
                (lanes(self.outward, node), lanes(self.outward, parent));
            for k in 0..N {
                // The pivot's reciprocal stays in the diagonal: the way back then needs no division.
                d[k] = 1.0 / d[k];
                let axial = c[k] * (v_above[k] - v[k]);
                out[k] -= axial;
                let factor = c[k] * d[k];
                d_above[k] -= factor * c[k];
                out_above[k] += factor * out[k] + axial;
            }
            put(self.diagonal, node, d);
            put(self.diagonal, parent, d_above);
            put(self.outward, node, out);
            put(self.outward, parent, out_above);
        }
    }

    /// # Safety
    /// `node` is a node.
    #[inline(always)]
    unsafe fn eliminate_root(&self, node: usize) {
        // SAFETY: the caller promises it.
        unsafe { *self.diagonal.add(node) = 1.0 / *self.diagonal.add(node) };
    }

    /// The way back; says whether all voltages stay within the limit.
    ///
    /// # Safety
    /// As [`eliminate`](Self::eliminate).
    #[inline(always)]
    unsafe fn substitute<const N: usize>(&self, node: usize, parent: usize) -> bool {
        // SAFETY: the caller promises it.
        unsafe {
            let (c, pivot): ([f64; N], [f64; N]) = (lanes(self.coupling, node), lanes(self.diagonal, node));
            let (above, mut x): ([f64; N], [f64; N]) =
                (lanes(self.outward, parent), lanes(self.outward, node));
            let mut v: [f64; N] = lanes(self.voltage, node);
            let mut within = true;
            for k in 0..N {
                x[k] = (c[k] * above[k] - x[k]) * pivot[k];
                v[k] += self.factor * x[k];
                within &= v[k].abs() < self.limit;
            }
            put(self.outward, node, x);
            put(self.voltage, node, v);
            within
        }
    }

    /// # Safety
    /// `node` is a node.
    #[inline(always)]
    unsafe fn substitute_root(&self, node: usize) -> bool {
        // SAFETY: the caller promises it.
        unsafe {
            let x = (0.0 - *self.outward.add(node)) * *self.diagonal.add(node);
            *self.outward.add(node) = x;
            *self.voltage.add(node) += self.factor * x;
            (*self.voltage.add(node)).abs() < self.limit
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
