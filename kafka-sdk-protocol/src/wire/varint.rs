//! Variable-length integers: base 128, least significant group first; signed ones zig-zag encoded.

/// Bytes that `value` takes as an unsigned varint.
#[inline]
pub(crate) fn varint_len(value: u32) -> usize {
    // One byte for each started group of 7 bits.
    (38 - (value | 1).leading_zeros() as usize) / 7
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
        for (value, length) in
            [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_151, 3), (2_097_152, 4)]
        {
            assert_eq!(varint_len(value), length, "{value}");
        }
        assert_eq!(varint_len(268_435_455), 4);
        assert_eq!(varint_len(268_435_456), 5);
        assert_eq!(varint_len(u32::MAX), 5);
    }

    #[test]
    fn zigzag_keeps_small_numbers_small() {
        assert_eq!([0, -1, 1, -2, i32::MAX, i32::MIN].map(zigzag), [0, 1, 2, 3, u32::MAX - 1, u32::MAX]);
        assert_eq!([0, -1, 1, i64::MIN].map(zigzag_long), [0, 1, 2, u64::MAX]);
    }
}
