//! Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11, 2011).
//!
//! A number is a function of what it is for (seed, stream, count), so it does not depend on threads, lanes or on what else
//! was drawn.

/// Ten rounds of Philox4x32.
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut c = counter;
    let mut k = key;
    for round in 0..10 {
        if round > 0 {
            k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
        }
        let a = u64::from(c[0]) * 0xD251_1F53;
        let b = u64::from(c[2]) * 0xCD9E_8D57;
        c = [(b >> 32) as u32 ^ c[1] ^ k[0], b as u32, (a >> 32) as u32 ^ c[3] ^ k[1], a as u32];
    }
    c
}

/// A number in the open interval from 0 to 1, the `draw`-th of `stream` under `seed`.
pub fn uniform(seed: u64, stream: [u32; 2], draw: u64) -> f64 {
    let counter = [draw as u32, (draw >> 32) as u32, stream[0], stream[1]];
    let bits = philox(counter, [seed as u32, (seed >> 32) as u32]);
    let wide = u64::from(bits[0]) << 32 | u64::from(bits[1]);
    ((wide >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
}

/// An exponentially distributed number of mean 1.
pub fn exponential(seed: u64, stream: [u32; 2], draw: u64) -> f64 {
    -crate::math::log(uniform(seed, stream, draw))
}

/// The seed for what belongs to one cell of a network. A cell alone is number 0 and has the network's.
pub fn of_cell(seed: u64, cell: u64) -> u64 {
    if cell == 0 {
        return seed;
    }
    let counter = [cell as u32, (cell >> 32) as u32, 0x4345_4c4c, 0];
    let bits = philox(counter, [seed as u32, (seed >> 32) as u32]);
    u64::from(bits[0]) << 32 | u64::from(bits[1])
}

/// The seed for what bears a name.
pub fn of_name(seed: u64, name: &str) -> u64 {
    let mut key = [seed as u32, (seed >> 32) as u32];
    let length = name.len() as u32;
    for chunk in name.as_bytes().chunks(8) {
        let mut words = [0_u8; 8];
        words[..chunk.len()].copy_from_slice(chunk);
        let wide = u64::from_le_bytes(words);
        let bits = philox([wide as u32, (wide >> 32) as u32, length, 0x4e41_4d45], key);
        key = [bits[0], bits[1]];
    }
    u64::from(key[0]) << 32 | u64::from(key[1])
}

/// A finite number that stands for a stream: what programs of mechanisms hold as such.
pub fn stream(seed: u64, group: u32, instance: u32) -> f64 {
    let bits = philox([group, instance, 0x5354_5245, 0x414d_0000], [seed as u32, (seed >> 32) as u32]);
    let wide = u64::from(bits[0]) << 32 | u64::from(bits[1]);
    // Without the topmost bits the exponent is that of a finite number.
    f64::from_bits(wide >> 2)
}

/// The `count`-th number of a stream, between 0 and 1; not a number when one of them is none, whose bits may be any.
pub fn draw(stream: f64, count: f64) -> f64 {
    if stream.is_nan() || count.is_nan() {
        return f64::NAN;
    }
    let key = stream.to_bits();
    uniform(key, [0, 0], count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_published_vectors() {
        let ones = u32::MAX;
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([ones; 4], [ones; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        assert_eq!(
            philox(pi, [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn exponential_deviates_have_mean_and_variance_one() {
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|i| exponential(7, [1, 2], i)).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n as f64;
        // Four standard errors: 1/√n for the mean, √8/√n for the variance.
        assert!((mean - 1.0).abs() < 4.0 / (n as f64).sqrt(), "{mean}");
        assert!((variance - 1.0).abs() < 4.0 * (8.0 / n as f64).sqrt(), "{variance}");
    }
}
