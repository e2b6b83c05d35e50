//! Counts the batches that are not resolved, so that a flush can wait for those that were there when it began.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The count. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Outstanding(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    generations: Mutex<Generations>,
    drained: Notify,
    /// Records in the batches that are complete.
    records: AtomicUsize,
}

/// A flush ends a generation. Those before `first` have no batch left.
#[derive(Debug)]
struct Generations {
    first: u64,
    counts: VecDeque<usize>,
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
        let generations = Mutex::new(Generations { first: 0, counts: VecDeque::from([0]) });
        Self(Arc::new(Shared { generations, drained: Notify::new(), records: AtomicUsize::new(0) }))
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.0.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more batch.
    pub(super) fn add(&self) -> Unresolved {
        let mut generations = self.generations();
        let generation = generations.first + generations.counts.len() as u64 - 1;
        if let Some(count) = generations.counts.back_mut() {
            *count += 1;
        }
        Unresolved { generation, records: 0, of: self.clone() }
    }

    /// Batches that are not resolved.
    pub(super) fn count(&self) -> usize {
        self.generations().counts.iter().sum()
    }

    /// Records in batches that are complete, and not resolved.
    pub(super) fn records(&self) -> usize {
        self.0.records.load(Ordering::Relaxed)
    }

    /// Waits until every batch that is there now is resolved: now, and not when the future is polled first.
    pub(super) fn drained(&self) -> impl Future<Output = ()> + use<> {
        let last = {
            let mut generations = self.generations();
            generations.counts.push_back(0);
            let last = generations.first + generations.counts.len() as u64 - 2;
            generations.advance();
            last
        };
        let of = self.clone();
        async move {
            loop {
                let notified = of.0.drained.notified();
                if of.generations().first > last {
                    return;
                }
                notified.await;
            }
        }
    }
}

impl Generations {
    /// Leaves generations without a batch behind; says whether there were any.
    fn advance(&mut self) -> bool {
        let before = self.first;
        while self.counts.len() > 1 && self.counts.front() == Some(&0) {
            self.counts.pop_front();
            self.first += 1;
        }
        self.first > before
    }
}

impl Unresolved {
    /// The batch is complete, with so many records.
    pub(super) fn complete(&mut self, records: usize) {
        self.records = records;
        self.of.0.records.fetch_add(records, Ordering::Relaxed);
    }

    /// Keeps `records` of them, and gives a count for the others: for a batch that is taken apart.
    pub(super) fn split_off(&mut self, records: usize) -> Self {
        let mut generations = self.of.generations();
        let index = usize::try_from(self.generation - generations.first).unwrap_or_default();
        if let Some(count) = generations.counts.get_mut(index) {
            *count += 1;
        }
        let rest = self.records.saturating_sub(records);
        self.records -= rest;
        Self { generation: self.generation, records: rest, of: self.of.clone() }
    }
}

impl Drop for Unresolved {
    fn drop(&mut self) {
        let mut generations = self.of.generations();
        let index = usize::try_from(self.generation - generations.first).unwrap_or_default();
        if let Some(count) = generations.counts.get_mut(index) {
            *count -= 1;
        }
        let advanced = generations.advance();
        drop(generations);
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
        assert_eq!((outstanding.count(), outstanding.generations().counts.len()), (0, 1));
    }
}
