//! The solve itself, compiled for each kind of processor: the same operations, so the same bits.

use super::{ROOT, Tree};

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
