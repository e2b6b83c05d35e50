//! What the benchmarks share.

/// `n` values of `size` bytes, all different: compressing or copying one again and again would flatter.
pub fn values(n: usize, size: usize) -> Vec<Vec<u8>> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..n).map(|_| (0..size).map(|_| random() as u8).collect()).collect()
}
