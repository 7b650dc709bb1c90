//! From grown nodes to SWC text: diameters, order, header.

use std::fmt::Write;

use super::grow::{Arbor, Vector};

/// Thickness of neurites.
pub struct Thickness {
    /// Diameter at a tip, µm.
    pub tip: f64,
    /// Taper along a branch: relative growth of the diameter per µm towards the soma.
    pub taper: f64,
    /// No neurite is thicker, µm.
    pub most: f64,
}

/// A soma of three samples that stand for a cylinder as long as it is wide.
pub struct Soma {
    /// Radius, µm.
    pub radius: f64,
}

/// The file's text. Where branches meet, the squares of their diameters add up.
pub fn text(header: &str, soma: &Soma, arbor: &Arbor, thickness: &dyn Fn(i32) -> Thickness) -> String {
    let nodes = &arbor.nodes;
    let mut children = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        if let Some(parent) = node.parent {
            children[parent].push(index);
        }
    }
    let mut diameter = vec![0.0_f64; nodes.len()];
    for index in (0..nodes.len()).rev() {
        let t = thickness(nodes[index].tag);
        let grown = |&child: &usize| {
            let gap = super::grow::norm(super::grow::minus(nodes[child].at, nodes[index].at));
            diameter[child] * (1.0 + t.taper * gap)
        };
        // Square root of the sum of squares (between Rall's power 3/2 and the 3 of equal area ratios).
        let square: f64 = children[index].iter().map(|c| grown(c) * grown(c)).sum();
        diameter[index] = square.sqrt().max(t.tip).min(t.most);
    }
    let mut out = String::new();
    for line in header.trim().lines() {
        let _ = writeln!(out, "# {}", line.trim());
    }
    let _ = writeln!(out, "# id type x y z radius parent (um)");
    let r = soma.radius;
    let mut sample = |id: usize, tag: i32, at: Vector, radius: f64, parent: i64| {
        let _ = writeln!(out, "{id} {tag} {:.3} {:.3} {:.3} {radius:.4} {parent}", at[0], at[1], at[2]);
    };
    sample(1, 1, [0.0; 3], r, -1);
    sample(2, 1, [0.0, -r, 0.0], r, 1);
    sample(3, 1, [0.0, r, 0.0], r, 1);
    // Depth first, so that a branch's samples stand together.
    let mut next = 4;
    let mut stack: Vec<(usize, i64)> =
        (0..nodes.len()).rev().filter(|&n| nodes[n].parent.is_none()).map(|n| (n, 1)).collect();
    while let Some((node, parent)) = stack.pop() {
        sample(next, nodes[node].tag, nodes[node].at, 0.5 * diameter[node], parent);
        stack.extend(children[node].iter().rev().map(|&child| (child, next as i64)));
        next += 1;
    }
    out
}
