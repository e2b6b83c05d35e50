//! Counts the batches that are not resolved, so that a flush can wait for those that were there when it began.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The count. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Outstanding(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    generations: Mutex<Generations>,
    drained: Notify,
    /// Records in the batches that are complete.
    records: AtomicUsize,
    /// Records that nobody tries to write any more.
    given_up: AtomicUsize,
}

/// A flush ends a generation.
#[derive(Debug, Default)]
struct Generations {
    now: u64,
    /// How many batches of each are left, where there are any: no more entries than batches, however many flushes.
    left: BTreeMap<u64, usize>,
}

/// A batch that is not resolved; dropped when it is.
#[derive(Debug)]
pub(super) struct Unresolved {
    generation: u64,
    records: usize,
    of: Outstanding,
}

impl Outstanding {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.0.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more batch.
    pub(super) fn add(&self) -> Unresolved {
        let mut generations = self.generations();
        let generation = generations.now;
        generations.add(generation);
        Unresolved { generation, records: 0, of: self.clone() }
    }

    /// Batches that are not resolved.
    pub(super) fn count(&self) -> usize {
        self.generations().left.values().sum()
    }

    /// Records in batches that are complete, and not resolved.
    pub(super) fn records(&self) -> usize {
        self.0.records.load(Ordering::Relaxed)
    }

    /// Records that were given up so far: not refused, but left because the producer ended.
    pub(super) fn given_up(&self) -> usize {
        self.0.given_up.load(Ordering::Acquire)
    }

    /// Waits until every batch that is there now is resolved: now, and not when the future is polled first.
    pub(super) fn drained(&self) -> impl Future<Output = ()> + use<> {
        let last = {
            let mut generations = self.generations();
            generations.now += 1;
            generations.now - 1
        };
        let of = self.clone();
        async move {
            loop {
                let notified = of.0.drained.notified();
                if of.generations().first().is_none_or(|first| first > last) {
                    return;
                }
                notified.await;
            }
        }
    }
}

impl Generations {
    fn add(&mut self, generation: u64) {
        *self.left.entry(generation).or_default() += 1;
    }

    /// The first that has a batch left.
    fn first(&self) -> Option<u64> {
        self.left.first_key_value().map(|(&generation, _)| generation)
    }

    /// One batch less; says whether somebody may have waited for it.
    fn remove(&mut self, generation: u64) -> bool {
        let first = self.first();
        if let Some(left) = self.left.get_mut(&generation) {
            *left -= 1;
            if *left == 0 {
                self.left.remove(&generation);
            }
        }
        self.first() != first
    }
}

impl Unresolved {
    /// The batch is complete, with so many records.
    pub(super) fn complete(&mut self, records: usize) {
        self.records = records;
        self.of.0.records.fetch_add(records, Ordering::Relaxed);
    }

    /// Nobody tries to write it any more. To be said before it is dropped: whoever waits for that finds it counted.
    pub(super) fn give_up(&self) {
        self.of.0.given_up.fetch_add(self.records, Ordering::Release);
    }

    /// Keeps `records` of them, and gives a count for the others: for a batch that is taken apart.
    pub(super) fn split_off(&mut self, records: usize) -> Self {
        self.of.generations().add(self.generation);
        let rest = self.records.saturating_sub(records);
        self.records -= rest;
        Self { generation: self.generation, records: rest, of: self.of.clone() }
    }
}

impl Drop for Unresolved {
    fn drop(&mut self) {
        let advanced = self.of.generations().remove(self.generation);
        self.of.0.records.fetch_sub(self.records, Ordering::Relaxed);
        if advanced {
            self.of.0.drained.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_flush_waits_for_what_was_there_when_it_began_and_for_no_more() {
        let outstanding = Outstanding::new();
        assert!(outstanding.drained().now_or_never().is_some());
        let (mut a, b) = (outstanding.add(), outstanding.add());
        a.complete(5);
        let mut flush = Box::pin(outstanding.drained());
        let later = outstanding.add();
        assert!(flush.as_mut().now_or_never().is_none());
        let part = a.split_off(2);
        drop((a, b));
        assert_eq!(outstanding.records(), 3);
        assert!(flush.as_mut().now_or_never().is_none(), "a part is left");
        drop(part);
        assert!(flush.as_mut().now_or_never().is_some());
        assert_eq!(outstanding.count(), 1);
        drop(later);
        assert_eq!(outstanding.count(), 0);
    }

    #[test]
    fn flushes_that_are_dropped_while_a_batch_is_stuck_take_no_memory() {
        let outstanding = Outstanding::new();
        let stuck = outstanding.add();
        for _ in 0..1_000 {
            // Meanwhile others are written.
            drop(outstanding.add());
            assert!(outstanding.drained().now_or_never().is_none());
            assert_eq!(outstanding.generations().left.len(), 1);
        }
        let mut flush = Box::pin(outstanding.drained());
        assert!(flush.as_mut().now_or_never().is_none());
        drop(stuck);
        assert!(flush.now_or_never().is_some() && outstanding.generations().left.is_empty());
    }

    #[test]
    fn who_waits_for_the_end_finds_counted_what_was_given_up() {
        let outstanding = Outstanding::new();
        let (mut given_up, mut written) = (outstanding.add(), outstanding.add());
        given_up.complete(3);
        written.complete(4);
        given_up.give_up();
        drop((given_up, written));
        assert_eq!((outstanding.count(), outstanding.records(), outstanding.given_up()), (0, 0, 3));
    }
}
