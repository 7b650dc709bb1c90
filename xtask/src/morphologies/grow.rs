//! Growth of branching trees towards scattered points (space colonisation: Runions, Lane & Prusinkiewicz, Eurographics
//! Workshop on Natural Phenomena, 2007).
//!
//! Every point pulls the nearest node of the tree; a node that is pulled grows one step in the mean direction; a
//! point that is reached is removed. Trees fill a volume evenly and their branches avoid each other, as dendrites do.

/// A position or direction, µm.
pub type Vector = [f64; 3];

/// The sum of a and s·b.
pub fn along(a: Vector, b: Vector, s: f64) -> Vector {
    [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]]
}

/// The difference a − b.
pub fn minus(a: Vector, b: Vector) -> Vector {
    along(a, b, -1.0)
}

/// The length of a vector.
pub fn norm(a: Vector) -> f64 {
    (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt()
}

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Uniform between two numbers.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A point in the box of these half-widths around the origin, accepted by `inside`.
    pub fn point(&mut self, half: Vector, inside: impl Fn(Vector) -> bool) -> Vector {
        loop {
            let p = [0, 1, 2].map(|i: usize| self.between(-half[i], half[i]));
            if inside(p) {
                return p;
            }
        }
    }
}

/// A node of a growing tree.
#[derive(Clone, Copy)]
pub struct Node {
    /// Position, µm.
    pub at: Vector,
    /// Index of its parent; `None` on the soma.
    pub parent: Option<usize>,
    /// SWC's type number.
    pub tag: i32,
}

/// How a tree grows.
pub struct Growth {
    /// µm per step.
    pub step: f64,
    /// A point closer than this is reached, µm.
    pub reach: f64,
    /// Points farther than this pull nothing, µm.
    pub sight: f64,
    /// Strength of the random part of each direction.
    pub wander: f64,
    /// How much of the previous direction is kept.
    pub keep: f64,
    /// Branches shorter than this many steps at the tips are cut away.
    pub twig: usize,
}

/// Nodes of a cell, parents before children.
#[derive(Default)]
pub struct Arbor {
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Arbor {
    /// A stem that starts at `from` and goes `length` µm in a direction, slightly bent; returns its nodes.
    pub fn stem(
        &mut self,
        from: Vector,
        direction: Vector,
        length: f64,
        step: f64,
        tag: i32,
        random: &mut Random,
    ) -> Vec<usize> {
        self.continue_stem(None, from, direction, length, step, tag, random)
    }

    /// A stem that goes on from a node.
    #[expect(clippy::too_many_arguments, reason = "one call says it all")]
    pub fn continue_stem(
        &mut self,
        parent: Option<usize>,
        from: Vector,
        direction: Vector,
        length: f64,
        step: f64,
        tag: i32,
        random: &mut Random,
    ) -> Vec<usize> {
        let unit = along([0.0; 3], direction, 1.0 / norm(direction));
        let mut made = Vec::new();
        let (mut parent, mut at, mut bend) = (parent, from, [0.0; 3]);
        if parent.is_none() {
            self.nodes.push(Node { at, parent, tag });
            made.push(self.nodes.len() - 1);
            parent = Some(self.nodes.len() - 1);
        }
        for _ in 0..(length / step).ceil() as usize {
            let jitter = [0, 1, 2].map(|_| random.between(-0.12, 0.12));
            // The bend is pulled back, so that a stem wanders about its course and does not leave it.
            bend = along(along([0.0; 3], bend, 0.8), jitter, 1.0);
            let heading = along(unit, bend, 0.5);
            at = along(at, heading, step / norm(heading));
            self.nodes.push(Node { at, parent, tag });
            parent = Some(self.nodes.len() - 1);
            made.extend(parent);
        }
        made
    }

    /// Grows from `seeds` towards `points` until none is left in sight.
    pub fn grow(
        &mut self,
        seeds: &[usize],
        mut points: Vec<Vector>,
        tag: i32,
        growth: &Growth,
        random: &mut Random,
    ) {
        let first = self.nodes.len();
        let mut nearest: Vec<(usize, f64)> = vec![(usize::MAX, f64::INFINITY); points.len()];
        let mut fresh: Vec<usize> = seeds.to_vec();
        for _ in 0..2000 {
            for (point, near) in points.iter().zip(&mut nearest) {
                for &node in &fresh {
                    let distance = norm(minus(*point, self.nodes[node].at));
                    if distance < near.1 {
                        *near = (node, distance);
                    }
                }
            }
            let mut kept = 0;
            for i in 0..points.len() {
                if nearest[i].1 > growth.reach {
                    points[kept] = points[i];
                    nearest[kept] = nearest[i];
                    kept += 1;
                }
            }
            points.truncate(kept);
            nearest.truncate(kept);
            let mut pulls: Vec<(usize, Vector)> = Vec::new();
            for (point, &(node, distance)) in points.iter().zip(&nearest) {
                if distance <= growth.sight {
                    let pull = along([0.0; 3], minus(*point, self.nodes[node].at), 1.0 / distance);
                    pulls.push((node, pull));
                }
            }
            pulls.sort_by_key(|p| p.0);
            fresh.clear();
            let mut i = 0;
            while i < pulls.len() {
                let node = pulls[i].0;
                let mut sum = [0.0; 3];
                while i < pulls.len() && pulls[i].0 == node {
                    sum = along(sum, pulls[i].1, 1.0);
                    i += 1;
                }
                fresh.extend(self.sprout(node, sum, tag, growth, random));
            }
            if fresh.is_empty() {
                break;
            }
        }
        self.cut_twigs(first, growth.twig);
    }

    /// One step from a node towards where it is pulled; nothing where it has a child already.
    fn sprout(
        &mut self,
        node: usize,
        pull: Vector,
        tag: i32,
        growth: &Growth,
        random: &mut Random,
    ) -> Option<usize> {
        let here = self.nodes[node];
        let jitter = [0, 1, 2].map(|_| random.between(-growth.wander, growth.wander));
        let length = norm(pull).max(1e-9);
        let mut heading = along(along([0.0; 3], pull, 1.0 / length), jitter, 1.0);
        if let Some(parent) = here.parent {
            let before = minus(here.at, self.nodes[parent].at);
            heading = along(heading, before, growth.keep / norm(before).max(1e-9));
        }
        let size = norm(heading);
        if size < 1e-6 {
            return None;
        }
        let at = along(here.at, heading, growth.step / size);
        let taken = |n: &Node| n.parent == Some(node) && norm(minus(n.at, at)) < 0.7 * growth.step;
        let children = self.nodes.iter().filter(|n| n.parent == Some(node)).count();
        if children >= 2 || self.nodes.iter().any(taken) {
            return None;
        }
        self.nodes.push(Node { at, parent: Some(node), tag });
        Some(self.nodes.len() - 1)
    }

    /// Cuts away terminal branches of fewer than `least` nodes, as far as they grew from node `first` on.
    fn cut_twigs(&mut self, first: usize, least: usize) {
        loop {
            let mut children = vec![0_usize; self.nodes.len()];
            self.nodes.iter().filter_map(|n| n.parent).for_each(|p| children[p] += 1);
            let mut doomed = vec![false; self.nodes.len()];
            for tip in first..self.nodes.len() {
                if children[tip] > 0 {
                    continue;
                }
                let mut branch = vec![tip];
                let mut at = self.nodes[tip].parent;
                while let Some(node) = at.filter(|&n| n >= first && children[n] == 1) {
                    branch.push(node);
                    at = self.nodes[node].parent;
                }
                if branch.len() < least && at.is_some_and(|n| children[n] > 1) {
                    branch.iter().for_each(|&n| doomed[n] = true);
                    // One branch at a time: its sister may be part of a longer one now.
                    break;
                }
            }
            if !doomed.contains(&true) {
                return;
            }
            let mut map = vec![usize::MAX; self.nodes.len()];
            let mut kept = Vec::with_capacity(self.nodes.len());
            for (index, node) in self.nodes.iter().enumerate() {
                if !doomed[index] {
                    map[index] = kept.len();
                    kept.push(Node { parent: node.parent.map(|p| map[p]), ..*node });
                }
            }
            self.nodes = kept;
        }
    }
}
