//! Hashes of keys. The same key goes to the same partition as in other clients, so each hash is theirs to the bit.

use crc_fast::{CrcAlgorithm, checksum};

/// Java's: murmur2 without its sign.
pub(super) fn murmur2_partition(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions
}

/// librdkafka's `consistent`: CRC-32.
#[allow(clippy::cast_possible_truncation, reason = "the upper half is zero")]
pub(super) fn crc32_partition(key: &[u8], partitions: u32) -> u32 {
    checksum(CrcAlgorithm::Crc32IsoHdlc, key) as u32 % partitions
}

/// librdkafka's and sarama's: FNV-1a, taken as a signed number, without its sign.
pub(super) fn fnv1a_partition(key: &[u8], partitions: u32) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    key.iter().fold(0x811c_9dc5, step).cast_signed().unsigned_abs() % partitions
}

/// `MurmurHash2` with Kafka's seed.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    // Kafka's lengths are of 31 bits.
    #[allow(clippy::cast_possible_truncation, reason = "no key has 4 GiB")]
    let mut hash = SEED ^ data.len() as u32;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        for (i, &byte) in rest.iter().enumerate() {
            hash ^= u32::from(byte) << (8 * i);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Java, see `golden/README.md` of kafka-sdk-protocol: key, hash, partitions among [`COUNTS`].
    const OF_JAVA: &str = include_str!("java.txt");
    const COUNTS: [u32; 8] = [1, 2, 3, 7, 12, 100, 1_000, i32::MAX as u32];

    #[test]
    fn a_key_goes_where_java_puts_it() {
        for line in OF_JAVA.lines() {
            let (key, rest) = line.strip_prefix('x').unwrap().split_once(' ').unwrap();
            let (key, numbers) = (bytes(key), numbers(rest));
            let hash = i64::from(murmur2(&key).cast_signed());
            let partitions = COUNTS.map(|count| i64::from(murmur2_partition(&key, count)));
            assert_eq!((hash, &partitions[..]), (numbers[0], &numbers[1..]), "{key:02x?}");
        }
        assert_eq!(OF_JAVA.lines().count(), 326);
    }

    /// Written by librdkafka, by a program beside those for Java: key, then partitions by each of the three hashes.
    const OF_LIBRDKAFKA: &str = include_str!("librdkafka.txt");

    #[test]
    fn a_key_goes_where_librdkafka_puts_it() {
        for line in OF_LIBRDKAFKA.lines() {
            let (key, rest) = line.split_once(' ').unwrap();
            // Without a key they hash nothing, as with an empty one.
            let key = bytes(key.strip_prefix('x').unwrap_or_default());
            let hashes = [crc32_partition, murmur2_partition, fnv1a_partition];
            let ours = [2, 7, 12, 1_000].map(|count| hashes.map(|hash| i64::from(hash(&key, count))));
            assert_eq!(ours.concat(), numbers(rest), "{key:02x?}");
        }
        assert_eq!(OF_LIBRDKAFKA.lines().count(), 100);
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    fn numbers(line: &str) -> Vec<i64> {
        line.split(' ').map(|n| n.parse().unwrap()).collect()
    }
}
