//! Which partition a record goes to: by its key as Java does, and without a key to one partition for a while.

use std::sync::atomic::{AtomicU64, Ordering};

/// The partition of `key` among `partitions`: murmur2, as in Java's producer, so that both place a key equally.
pub(super) fn of_key(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions
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

/// The partition for records without a key: the same one until it got `batch_size` bytes, then another (KIP-794). So
/// batches fill up, and partitions get equal shares.
#[derive(Debug)]
pub(super) struct Sticky {
    /// Partition in the upper half, bytes that went there in the lower.
    state: AtomicU64,
    batch_size: u32,
}

impl Sticky {
    pub(super) fn new(batch_size: usize) -> Self {
        let batch_size = u32::try_from(batch_size).unwrap_or(u32::MAX).max(1);
        Self { state: AtomicU64::new(u64::from(fastrand::u32(..)) << 32), batch_size }
    }

    /// The partition for a record of `size` bytes; `candidates` are the partitions to choose from, usually all.
    pub(super) fn next(&self, size: usize, partitions: u32, is_candidate: impl Fn(u32) -> bool) -> u32 {
        let size = u32::try_from(size).unwrap_or(u32::MAX).min(self.batch_size);
        let state = self.state.load(Ordering::Relaxed);
        let (partition, bytes) = unpack(state);
        let current = partition % partitions;
        if bytes < self.batch_size && is_candidate(current) {
            // A race loses some bytes of the count, and nothing else.
            self.state.store(pack(partition, bytes.saturating_add(size)), Ordering::Relaxed);
            return current;
        }
        let chosen = choose(current, partitions, is_candidate);
        self.state.store(pack(chosen, size), Ordering::Relaxed);
        chosen
    }
}

/// A random candidate, another than `current` if there is one; any partition if there is none.
fn choose(current: u32, partitions: u32, is_candidate: impl Fn(u32) -> bool) -> u32 {
    let start = fastrand::u32(..partitions);
    let rotated = (0..partitions).map(|i| (start + i) % partitions);
    let mut candidates = rotated.filter(|&p| is_candidate(p));
    match candidates.next() {
        Some(first) if first == current => candidates.next().unwrap_or(first),
        Some(first) => first,
        None => start,
    }
}

fn pack(partition: u32, bytes: u32) -> u64 {
    u64::from(partition) << 32 | u64::from(bytes)
}

#[allow(clippy::cast_possible_truncation, reason = "the two halves")]
fn unpack(state: u64) -> (u32, u32) {
    ((state >> 32) as u32, state as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Java, see `golden/README.md` of kafka-sdk-protocol: key, hash, partitions among [`COUNTS`].
    const OF_JAVA: &str = include_str!("partitioner/java.txt");
    const COUNTS: [u32; 8] = [1, 2, 3, 7, 12, 100, 1_000, i32::MAX as u32];

    #[test]
    fn a_key_goes_where_java_puts_it() {
        for line in OF_JAVA.lines() {
            let (key, rest) = line.strip_prefix('x').unwrap().split_once(' ').unwrap();
            let key: Vec<u8> =
                (0..key.len() / 2).map(|i| u8::from_str_radix(&key[2 * i..2 * i + 2], 16).unwrap()).collect();
            let numbers: Vec<i64> = rest.split(' ').map(|n| n.parse().unwrap()).collect();
            let hash = i64::from(murmur2(&key).cast_signed());
            let partitions = COUNTS.map(|count| i64::from(of_key(&key, count)));
            assert_eq!((hash, &partitions[..]), (numbers[0], &numbers[1..]), "{key:02x?}");
        }
        assert_eq!(OF_JAVA.lines().count(), 326);
    }

    #[test]
    fn a_sticky_partition_changes_after_a_batch_and_shares_are_equal() {
        let sticky = Sticky::new(1_000);
        let mut counts = [0; 5];
        let mut changes = 0;
        let mut last = None;
        for _ in 0..50_000 {
            let partition = sticky.next(100, 5, |_| true);
            counts[partition as usize] += 1;
            changes += u32::from(last.replace(partition) != Some(partition));
        }
        assert_eq!(changes, 5_000, "another one after each ten records");
        assert!(counts.iter().all(|n| (8_000..12_000).contains(n)), "{counts:?}");
    }

    #[test]
    fn partitions_without_a_leader_are_passed_over() {
        let sticky = Sticky::new(100);
        for _ in 0..1_000 {
            assert_eq!(sticky.next(60, 4, |p| p == 2), 2);
        }
        assert!(sticky.next(60, 4, |_| false) < 4, "any, where there is none");
    }
}
