//! The memory for fetched bytes: one budget, of which each partition has an equal share.

use crate::consumer::assignment::slot::Slot;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// What is left of the memory. The fetcher asks for room and then looks, the reader makes room and then looks whether
/// it was asked for: with all of it sequentially consistent, one of them sees the other.
#[derive(Debug)]
pub(in super::super) struct Budget {
    limit: usize,
    /// What a share has at least: what one fetch of a partition brings.
    least: usize,
    share: AtomicUsize,
    buffered: AtomicUsize,
    /// The fetcher has left something out, and wants to hear when there is room.
    wanted: AtomicBool,
}

impl Budget {
    pub(in super::super) fn new(limit: usize, partition_max_bytes: usize) -> Self {
        Self {
            limit,
            least: partition_max_bytes,
            share: AtomicUsize::new(limit),
            buffered: AtomicUsize::new(0),
            wanted: AtomicBool::new(false),
        }
    }

    /// Has so many partitions share it.
    pub(in super::super) fn divide(&self, partitions: usize) {
        self.share.store((self.limit / partitions.max(1)).max(self.least), SeqCst);
    }

    /// Bytes that were fetched, and are not drained.
    pub(in super::super) fn buffered(&self) -> usize {
        self.buffered.load(SeqCst)
    }

    /// All of it.
    pub(in super::super) fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that may be fetched besides those that are there and those `reserved` for fetches under way.
    pub(in super::super) fn free(&self, reserved: usize) -> usize {
        self.limit.saturating_sub(self.buffered.load(SeqCst)).saturating_sub(reserved)
    }

    /// What each partition may have buffered, about.
    pub(in super::super) fn share(&self) -> usize {
        self.share.load(SeqCst)
    }

    /// Whether the partition has its share.
    pub(in super::super) fn is_over(&self, slot: &Slot) -> bool {
        slot.buffered.load(SeqCst) >= self.share()
    }

    /// Asks to hear of room. It has to be looked for once more after this.
    pub(in super::super) fn want_room(&self) {
        self.wanted.store(true, SeqCst);
    }

    /// Counts fetched bytes.
    pub(in super::super) fn add(&self, slot: &Slot, bytes: usize) {
        slot.buffered.fetch_add(bytes, SeqCst);
        self.buffered.fetch_add(bytes, SeqCst);
    }

    /// Takes drained bytes off; says whether the fetcher is to hear of it.
    pub(in super::super) fn drain(&self, slot: &Slot, bytes: usize) -> bool {
        let of_slot = slot.buffered.fetch_sub(bytes, SeqCst) - bytes;
        self.buffered.fetch_sub(bytes, SeqCst);
        // Half a share is left to be read while the next fetch is on its way.
        of_slot <= self.share.load(SeqCst) / 2 && self.wanted.swap(false, SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fetcher_hears_once_when_half_a_share_is_drained() {
        let (budget, slot) =
            (Budget::new(200, 1), Slot::new(0, &("t", 0).into(), 0, std::sync::Arc::default()));
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
        let (budget, slot) =
            (Budget::new(100, 40), Slot::new(0, &("t", 0).into(), 0, std::sync::Arc::default()));
        budget.divide(50);
        budget.add(&slot, 39);
        assert!(!budget.is_over(&slot));
        budget.add(&slot, 1);
        assert!(budget.is_over(&slot));
        budget.divide(2);
        assert!(!budget.is_over(&slot), "with fewer partitions, shares grow");
    }
}
