//! Information, in bits: entropy of a distribution, mutual information of a joint one, and what is to be taken off when it is
//! estimated from few observations.
//!
//! Distributions are weights, probabilities or counts: what they sum to does not matter, except where the number of observations
//! is asked for. Weights that are all 0, negative or no numbers are no distribution: `None`.

/// Entropy −Σ p·log₂ p of a distribution, bits (Shannon 1948, Bell Syst. Tech. J. 27:379).
///
/// ```
/// use apical::analysis::information::entropy;
///
/// assert_eq!(entropy(&[1.0, 1.0, 2.0]), Some(1.5));
/// ```
pub fn entropy(weights: &[f64]) -> Option<f64> {
    let total = total(weights)?;
    let each = weights.iter().filter(|&&w| w > 0.0).map(|w| -w / total * (w / total).log2());
    Some(each.sum::<f64>().max(0.0))
}

/// Entropy of what happens with a probability or does not, bits.
///
/// ```
/// use apical::analysis::information::binary_entropy;
///
/// assert_eq!(binary_entropy(0.5), Some(1.0));
/// assert_eq!(binary_entropy(1.5), None);
/// ```
pub fn binary_entropy(probability: f64) -> Option<f64> {
    entropy(&[probability, 1.0 - probability])
}

/// Mutual information Σ p(x, y)·log₂ [p(x, y) / (p(x)·p(y))] of a joint distribution, a row for each x, bits (Shannon 1948). Of counts
/// it is the plug-in estimate, which is too large on average: see [`miller_madow`].
///
/// ```
/// use apical::analysis::information::mutual_information;
///
/// // What comes out is what went in, and it was one of two.
/// assert_eq!(mutual_information(&[[3.0, 0.0], [0.0, 3.0]]), Some(1.0));
/// assert_eq!(mutual_information(&[[1.0, 2.0], [2.0, 4.0]]), Some(0.0));
/// ```
pub fn mutual_information(joint: &[impl AsRef<[f64]>]) -> Option<f64> {
    let [rows, columns, cells] = margins(joint);
    // In the order in which the differences are small.
    Some((entropy(&rows)? - (entropy(&cells)? - entropy(&columns)?)).max(0.0))
}

/// Mutual information estimated from counts, bits: the plug-in estimate less its bias to first order in one over the number N of
/// observations, (K_xy − K_x − K_y + 1) / (2·N·ln 2), where the K are how many pairs, x and y were seen at all (Miller 1955, in
/// Quastler, Information Theory in Psychology; Panzeri & Treves 1996, Network 7:87). It may be below 0 where there is little to find.
///
/// ```
/// use apical::analysis::information::{miller_madow, mutual_information};
///
/// let counts = [[12.0, 8.0], [9.0, 11.0]];
/// let bias = mutual_information(&counts).unwrap() - miller_madow(&counts).unwrap();
/// assert!((bias - 1.0 / (2.0 * 40.0 * 2.0_f64.ln())).abs() < 1e-12);
/// ```
pub fn miller_madow(counts: &[impl AsRef<[f64]>]) -> Option<f64> {
    let [rows, columns, cells] = margins(counts);
    let seen = |weights: &[f64]| weights.iter().filter(|&&w| w > 0.0).count() as f64;
    let excess = seen(&cells) - seen(&rows) - seen(&columns) + 1.0;
    let bias = excess / (2.0 * total(&cells)? * std::f64::consts::LN_2);
    Some(mutual_information(counts)? - bias)
}

/// How often each pair occurs: a row for each first number from 0 to the largest, all as long as the second ones need.
///
/// ```
/// use apical::analysis::information::joint_counts;
///
/// assert_eq!(joint_counts([(0, 1), (2, 0), (0, 1)]), [[0.0, 2.0], [0.0, 0.0], [1.0, 0.0]]);
/// ```
pub fn joint_counts(pairs: impl IntoIterator<Item = (usize, usize)>) -> Vec<Vec<f64>> {
    let mut counts: Vec<Vec<f64>> = Vec::new();
    let mut width = 0;
    for (x, y) in pairs {
        if x >= counts.len() {
            counts.resize(x + 1, Vec::new());
        }
        if y >= counts[x].len() {
            counts[x].resize(y + 1, 0.0);
            width = width.max(y + 1);
        }
        counts[x][y] += 1.0;
    }
    counts.iter_mut().for_each(|row| row.resize(width, 0.0));
    counts
}

/// Sums over columns, sums over rows, and all cells in one list.
fn margins(joint: &[impl AsRef<[f64]>]) -> [Vec<f64>; 3] {
    let rows = joint.iter().map(|row| row.as_ref().iter().sum()).collect();
    let mut columns = vec![0.0; joint.iter().map(|row| row.as_ref().len()).max().unwrap_or(0)];
    for row in joint {
        for (sum, weight) in columns.iter_mut().zip(row.as_ref()) {
            *sum += weight;
        }
    }
    let cells = joint.iter().flat_map(|row| row.as_ref().iter().copied()).collect();
    [rows, columns, cells]
}

/// What weights sum to; `None` when they are no distribution.
fn total(weights: &[f64]) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    (weights.iter().all(|&w| w >= 0.0) && total > 0.0 && total.is_finite()).then_some(total)
}

#[cfg(test)]
mod tests {
    use apical_kernels::random;

    use super::*;

    #[test]
    fn entropies_are_those_of_the_textbook() {
        let eighths = entropy(&[4.0, 2.0, 1.0, 1.0]).expect("a distribution");
        assert!((eighths - 1.75).abs() < 1e-15, "{eighths}");
        assert_eq!((entropy(&[7.0]), entropy(&[0.0, 2.0])), (Some(0.0), Some(0.0)));
        assert_eq!((binary_entropy(0.0), binary_entropy(1.0)), (Some(0.0), Some(0.0)));
        // −0.11·log₂ 0.11 − 0.89·log₂ 0.89.
        let h = binary_entropy(0.11).expect("a probability");
        assert!((h - 0.499_915_958_164_528).abs() < 1e-12, "{h}");
        for none in [vec![], vec![0.0], vec![1.0, -1e-9], vec![f64::NAN, 1.0], vec![f64::INFINITY]] {
            assert_eq!(entropy(&none), None, "{none:?}");
        }
    }

    #[test]
    fn channels_carry_their_capacity() {
        // A binary symmetric channel with errors of 11 %: 1 − H(0.11).
        let symmetric = mutual_information(&[[0.89, 0.11], [0.11, 0.89]]).expect("a distribution");
        assert!((symmetric - (1.0 - 0.499_915_958_164_528)).abs() < 1e-12, "{symmetric}");
        // A binary erasure channel passes what is not erased.
        let erasing = mutual_information(&[[0.7, 0.3, 0.0], [0.0, 0.3, 0.7]]).expect("a distribution");
        assert!((erasing - 0.7).abs() < 1e-12, "{erasing}");
        // Rows that leave away their zeros, and which is x and which y, make no difference.
        let z = mutual_information(&[vec![2.0], vec![1.0, 1.0]]).expect("a distribution");
        let turned = mutual_information(&[[2.0, 1.0], [0.0, 1.0]]).expect("a distribution");
        assert!((z - 0.311_278_124_459_132_8).abs() < 1e-12 && (z - turned).abs() < 1e-15, "{z} {turned}");
        assert_eq!(mutual_information(&[[0.0; 0]; 0]), None);
        assert_eq!(miller_madow(&[[0.0, 0.0]]), None);
    }

    #[test]
    fn independent_numbers_share_nothing_once_the_bias_is_off() {
        // Many tables of few observations: on average the plug-in estimate is at its bias, 6/(2·N·ln 2), the corrected one near 0.
        const TABLES: u64 = 2000;
        const EACH: u64 = 200;
        let draw = |table: u64, k: u64, stream: u32, of: f64| {
            (of * random::uniform(5, [stream, 0], table * EACH + k)) as usize
        };
        let tables: Vec<_> = (0..TABLES)
            .map(|t| joint_counts((0..EACH).map(|k| (draw(t, k, 0, 4.0), draw(t, k, 1, 3.0)))))
            .collect();
        let mean = |estimate: fn(&[Vec<f64>]) -> Option<f64>| {
            tables.iter().filter_map(|t| estimate(t)).sum::<f64>() / TABLES as f64
        };
        let bias = 6.0 / (2.0 * EACH as f64 * std::f64::consts::LN_2);
        // 2·N·ln 2·I is distributed as χ² of 6 degrees of freedom, whose deviation is √12.
        let error = 12.0_f64.sqrt() / 6.0 * bias / (TABLES as f64).sqrt();
        let (plain, corrected) = (mean(mutual_information), mean(miller_madow));
        // The next order in 1/N is about a fiftieth of the first here.
        assert!((plain - bias).abs() < 4.0 * error + 0.02 * bias, "{plain}, not {bias} ± {error}");
        assert!(corrected.abs() < 4.0 * error + 0.02 * bias, "{corrected}, not 0 ± {error}");
    }
}
