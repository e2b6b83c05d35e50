//! The memory for fetched bytes: one budget, of which each partition has an equal share.

use crate::error::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// A partition that is read.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) index: usize,
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// Bytes fetched, and not drained.
    buffered: AtomicUsize,
}

impl Slot {
    pub(super) fn new(index: usize, topic: Arc<str>, partition: i32) -> Self {
        Self { index, topic, partition, buffered: AtomicUsize::new(0) }
    }

    /// The error of records that could not be read, again and again.
    pub(super) fn unreadable(&self, offset: i64) -> Error {
        let (topic, partition) = (&self.topic, self.partition);
        let text = format!("the records of {topic}-{partition} from offset {offset} on cannot be read");
        Error::new(ErrorKind::Decode, text).with_topic(topic.clone()).with_partition(partition)
    }
}

/// What is left of the memory. The fetcher asks for room and then looks, the reader makes room and then looks whether
/// it was asked for: with all of it sequentially consistent, one of them sees the other.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    share: usize,
    buffered: AtomicUsize,
    /// The fetcher has left something out, and wants to hear when there is room.
    wanted: AtomicBool,
}

impl Budget {
    /// A share holds at least what one fetch of a partition brings.
    pub(super) fn new(limit: usize, partitions: usize, partition_max_bytes: usize) -> Self {
        let share = (limit / partitions.max(1)).max(partition_max_bytes);
        Self { limit, share, buffered: AtomicUsize::new(0), wanted: AtomicBool::new(false) }
    }

    /// Bytes that may be fetched besides those that are there and those `reserved` for fetches under way.
    pub(super) fn free(&self, reserved: usize) -> usize {
        self.limit.saturating_sub(self.buffered.load(SeqCst)).saturating_sub(reserved)
    }

    /// Whether the partition has its share.
    pub(super) fn is_over(&self, slot: &Slot) -> bool {
        slot.buffered.load(SeqCst) >= self.share
    }

    /// Asks to hear of room. It has to be looked for once more after this.
    pub(super) fn want_room(&self) {
        self.wanted.store(true, SeqCst);
    }

    /// Counts fetched bytes.
    pub(super) fn add(&self, slot: &Slot, bytes: usize) {
        slot.buffered.fetch_add(bytes, SeqCst);
        self.buffered.fetch_add(bytes, SeqCst);
    }

    /// Takes drained bytes off; says whether the fetcher is to hear of it.
    pub(super) fn drain(&self, slot: &Slot, bytes: usize) -> bool {
        let of_slot = slot.buffered.fetch_sub(bytes, SeqCst) - bytes;
        self.buffered.fetch_sub(bytes, SeqCst);
        // Half a share is left to be read while the next fetch is on its way.
        of_slot <= self.share / 2 && self.wanted.swap(false, SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fetcher_hears_once_when_half_a_share_is_drained() {
        let (budget, slot) = (Budget::new(200, 1, 1), Slot::new(0, "t".into(), 0));
        budget.add(&slot, 120);
        budget.add(&slot, 80);
        assert!(budget.is_over(&slot) && budget.free(0) == 0);
        budget.want_room();
        assert!(!budget.drain(&slot, 80), "more than half is left");
        assert!(!budget.is_over(&slot));
        assert!(budget.drain(&slot, 120));
        assert_eq!((budget.free(50), budget.free(300)), (150, 0));
        budget.add(&slot, 10);
        assert!(!budget.drain(&slot, 10), "nobody asked");
    }

    #[test]
    fn a_share_holds_at_least_one_fetch() {
        let (budget, slot) = (Budget::new(100, 50, 40), Slot::new(0, "t".into(), 0));
        budget.add(&slot, 39);
        assert!(!budget.is_over(&slot));
    }
}
