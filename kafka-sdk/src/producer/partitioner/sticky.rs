//! Where records go that no key places: to one partition for a while, then to another (KIP-480, KIP-794).

use std::sync::atomic::{AtomicU64, Ordering};

/// The partition of the moment: the same one until it got `batch_size` bytes. So batches fill up.
#[derive(Debug)]
pub(in crate::producer) struct Sticky {
    /// Partition in the upper half, bytes that went there in the lower.
    state: AtomicU64,
    batch_size: u32,
}

impl Sticky {
    pub(in crate::producer) fn new(batch_size: usize) -> Self {
        let batch_size = u32::try_from(batch_size).unwrap_or(u32::MAX).max(1);
        // It begins as if some partition had got its share.
        Self { state: AtomicU64::new(pack(0, batch_size)), batch_size }
    }

    /// The partition for a record of `size` bytes: another one, if it is time or the last one does not hold any more.
    pub(in crate::producer) fn next(
        &self,
        size: usize,
        still_holds: impl FnOnce(u32) -> bool,
        another: impl FnOnce() -> u32,
    ) -> u32 {
        let size = u32::try_from(size).unwrap_or(u32::MAX).min(self.batch_size);
        let state = self.state.load(Ordering::Relaxed);
        let (partition, bytes) = unpack(state);
        if bytes < self.batch_size && still_holds(partition) {
            // A race loses some bytes of the count, and nothing else.
            self.state.store(pack(partition, bytes.saturating_add(size)), Ordering::Relaxed);
            return partition;
        }
        let chosen = another();
        self.state.store(pack(chosen, size), Ordering::Relaxed);
        chosen
    }
}

/// One of `candidates` at random; of two random ones the one with the smaller load where `load` is given. So partitions
/// whose broker is slow get less, as in Java's adaptive partitioning, for two looks and not one at every partition.
pub(super) fn choose(candidates: &[u32], load: Option<impl Fn(u32) -> usize>) -> Option<u32> {
    let first = index(candidates.len())?;
    let chosen = candidates.get(first).copied();
    let (Some(load), Some(other)) = (load, index(candidates.len() - 1)) else { return chosen };
    let other = candidates.get(if other < first { other } else { other + 1 }).copied();
    chosen.into_iter().chain(other).min_by_key(|&partition| load(partition))
}

/// A random index of a list of `len`.
fn index(len: usize) -> Option<usize> {
    (len > 0).then(|| fastrand::usize(..len))
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

    const UNIFORM: Option<fn(u32) -> usize> = None;

    /// How often each of five partitions is chosen.
    fn counts(load: Option<impl Fn(u32) -> usize>) -> [usize; 5] {
        let mut counts = [0; 5];
        (0..50_000).for_each(|_| counts[choose(&[0, 1, 2, 3, 4], load.as_ref()).unwrap() as usize] += 1);
        counts
    }

    #[test]
    fn a_sticky_partition_changes_after_a_batch() {
        let (sticky, mut turn) = (Sticky::new(1_000), 0);
        let mut next = |holds: bool| {
            sticky.next(
                100,
                |_| holds,
                || {
                    turn += 1;
                    turn
                },
            )
        };
        for batch in 1..=50 {
            assert_eq!([(); 10].map(|()| next(true)), [batch; 10]);
        }
        assert_eq!((next(true), next(false), next(true)), (51, 52, 52), "it did not hold any more");
    }

    #[test]
    fn shares_are_equal_where_loads_are() {
        for counts in [counts(UNIFORM), counts(Some(|_| 3))] {
            assert!(counts.iter().all(|n| (9_000..11_000).contains(n)), "{counts:?}");
        }
    }

    #[test]
    fn a_partition_with_more_load_gets_less() {
        let counts = counts(Some(|p| usize::from(p == 2)));
        assert_eq!(counts[2], 0);
        assert!(counts.iter().filter(|n| (11_000..14_000).contains(*n)).count() == 4, "{counts:?}");
        // The lighter one of two is found as well.
        assert_eq!(choose(&[7, 8], Some(|p| usize::from(p == 8))), Some(7));
    }

    #[test]
    fn there_is_none_among_none() {
        assert_eq!((choose(&[], UNIFORM), choose(&[5], Some(|_| 9))), (None, Some(5)));
    }
}
