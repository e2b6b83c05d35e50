//! Variable-length integers: base 128, least significant group first; signed ones zig-zag encoded.

/// Bytes that `value` takes as an unsigned varint.
#[inline]
pub(crate) fn varint_len(value: u64) -> usize {
    // One byte for each started group of 7 bits; 9/64 is near enough to 1/7.
    (640 - 9 * (value | 1).leading_zeros() as usize) / 64
}

/// Maps small negative numbers to small unsigned ones.
#[inline]
#[allow(clippy::cast_sign_loss, reason = "the bits are what counts")]
pub(crate) fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

/// [`zigzag`] for 64 bits.
#[inline]
#[allow(clippy::cast_sign_loss, reason = "the bits are what counts")]
pub(crate) fn zigzag_long(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_at_every_border() {
        for groups in 1..=9 {
            let first_longer = 1u64 << (7 * groups);
            assert_eq!(varint_len(first_longer - 1), groups, "{groups}");
            assert_eq!(varint_len(first_longer), groups + 1, "{groups}");
        }
        assert_eq!((varint_len(0), varint_len(u64::MAX)), (1, 10));
    }

    #[test]
    fn zigzag_keeps_small_numbers_small() {
        assert_eq!([0, -1, 1, -2, i32::MAX, i32::MIN].map(zigzag), [0, 1, 2, 3, u32::MAX - 1, u32::MAX]);
        assert_eq!([0, -1, 1, i64::MIN].map(zigzag_long), [0, 1, 2, u64::MAX]);
    }
}
