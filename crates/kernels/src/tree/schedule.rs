//! In which order a tree's nodes are eliminated, and which of them together.
//!
//! In come parents and classes; out go steps.

use std::collections::BTreeSet;

use super::{Fault, LANES, ROOT, Tree};

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

/// Numbers nodes by class, so that each is one stretch, and within it in the order of their steps: the old number of each new
/// one. The steps are renumbered.
///
/// # Panics
/// When the steps do not hold every node once.
pub fn number(class: &[usize], steps: &mut [Vec<u32>]) -> Vec<u32> {
    let mut order: Vec<u32> = steps.iter().flatten().copied().collect();
    order.sort_by_key(|&node| class[node as usize]);
    let mut place = vec![ROOT; class.len()];
    order.iter().zip(0..).for_each(|(&old, new)| place[old as usize] = new);
    assert!(order.len() == class.len() && !place.contains(&ROOT), "every node has one step");
    steps.iter_mut().flatten().for_each(|node| *node = place[*node as usize]);
    order
}

/// How many vectors the steps make when nodes are numbered so.
pub(super) fn vectors(parents: &[u32], class: &[usize], steps: &[Vec<u32>]) -> usize {
    let mut steps = steps.to_vec();
    let order = number(class, &mut steps);
    let mut place = vec![0_u32; order.len()];
    order.iter().zip(0..).for_each(|(&old, new)| place[old as usize] = new);
    let moved = |parent: u32| if parent == ROOT { ROOT } else { place[parent as usize] };
    let parents = order.iter().map(|&node| moved(parents[node as usize])).collect();
    let mut tree = Tree { parents, pieces: Vec::new() };
    steps.iter().for_each(|step| tree.cut(step));
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
