//! What became of a record, told once for its whole batch.

use super::outstanding::Unresolved;
use crate::error::{Error, ErrorKind, Result, Written};
use crate::model::{Placed, Timestamp};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Where a record went, later: a future of 16 bytes. Always resolves: a batch that is dropped anywhere answers with an
/// error of kind [`Closed`](ErrorKind::Closed).
///
/// Dropping it is free, and changes nothing about the record.
#[must_use = "await it, or `forget()` it if the outcome does not matter here"]
#[derive(Clone)]
pub struct Delivery {
    fate: Arc<Fate>,
    index: u32,
    /// The record's timestamp, counted from that of its batch.
    timestamp_delta: i32,
}

impl Delivery {
    pub(super) fn new(fate: Arc<Fate>, index: u32, timestamp_delta: i32) -> Self {
        Self { fate, index, timestamp_delta }
    }

    /// Whether the call that enqueued the record takes from its task's turn: one in 16 of a batch does. Then there is more
    /// to be sent at once when the task gives way, and the runtime has to look for others less often.
    #[inline]
    pub(super) fn takes_from_turn(&self) -> bool {
        self.index.is_multiple_of(16)
    }

    /// Drops it: the outcome does not matter here.
    pub fn forget(self) {}

    /// The outcome, if it is known by now.
    #[must_use]
    pub fn now(&self) -> Option<Result<Placed>> {
        self.read(&self.fate.state())
    }

    fn read(&self, state: &State) -> Option<Result<Placed>> {
        let part = state.parts().find(|part| part.first <= self.index && self.index < part.end)?;
        Some(part.outcome.clone().map(|written| {
            let own = self.fate.base_timestamp.saturating_add(self.timestamp_delta.into());
            Placed {
                partition: self.fate.partition,
                offset: match written.base_offset {
                    // Also what no broker should say.
                    ..0 => -1,
                    base => base.saturating_add(i64::from(self.index - part.first)),
                },
                timestamp: Timestamp::from_millis(written.log_append_time.unwrap_or(own)),
            }
        }))
    }
}

impl Future for Delivery {
    type Output = Result<Placed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.fate.state();
        match self.read(&state) {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.wait(cx.waker());
                Poll::Pending
            }
        }
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("now", &self.now()).finish_non_exhaustive()
    }
}

/// What the deliveries of a batch share.
#[derive(Debug)]
pub(super) struct Fate {
    partition: i32,
    base_timestamp: i64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    part: Option<Part>,
    /// Of a batch that was taken apart.
    more_parts: Vec<Part>,
    wakers: Vec<Waker>,
    /// How many wakers there were when each had just been kept once.
    tidied: usize,
}

#[derive(Debug)]
struct Part {
    first: u32,
    end: u32,
    outcome: Result<BatchPlace>,
}

/// Where the first record of a batch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BatchPlace {
    /// -1 where the broker did not say.
    pub(super) base_offset: i64,
    pub(super) log_append_time: Option<i64>,
}

/// Wakers of one task are kept once if they are among the last so many; others are found when there are many.
const RECENT: usize = 8;
const MANY: usize = 64;

impl State {
    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.part.iter().chain(&self.more_parts)
    }

    fn add(&mut self, part: Part) {
        match self.part {
            None => self.part = Some(part),
            Some(_) => self.more_parts.push(part),
        }
    }

    /// Wakes `waker` at the end. Most batches are awaited by one task, some by as many tasks as records.
    fn wait(&mut self, waker: &Waker) {
        if self.wakers.iter().rev().take(RECENT).any(|known| known.will_wake(waker)) {
            return;
        }
        if self.wakers.len() >= self.tidied.max(MANY) * 2 {
            self.tidy();
        }
        self.wakers.push(waker.clone());
    }

    /// Keeps each waker once.
    fn tidy(&mut self) {
        self.wakers.sort_unstable_by_key(Waker::data);
        self.wakers.dedup_by(|a, b| a.will_wake(b));
        self.tidied = self.wakers.len();
    }
}

impl Fate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The other end of deliveries: answers those of some records of a batch, at the latest when it is dropped.
#[derive(Debug)]
pub(super) struct Promise {
    fate: Arc<Fate>,
    first: u32,
    end: u32,
    unresolved: Option<Unresolved>,
}

impl Promise {
    /// For a batch whose first record has this timestamp.
    pub(super) fn new(partition: i32, base_timestamp: i64, unresolved: Unresolved) -> Self {
        let fate = Arc::new(Fate { partition, base_timestamp, state: Mutex::default() });
        Self { fate, first: 0, end: u32::MAX, unresolved: Some(unresolved) }
    }

    pub(super) fn fate(&self) -> &Arc<Fate> {
        &self.fate
    }

    /// Answers.
    pub(super) fn resolve(&mut self, outcome: Result<BatchPlace>) {
        let Some(unresolved) = self.unresolved.take() else { return };
        if matches!(&outcome, Err(error) if error.kind() == ErrorKind::Closed) {
            unresolved.give_up();
        }
        let wakers = {
            let mut state = self.fate.state();
            state.add(Part { first: self.first, end: self.end, outcome });
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
        drop(unresolved);
    }

    /// The batch is complete, with so many records.
    pub(super) fn complete(&mut self, records: u32) {
        self.end = records;
        if let Some(unresolved) = &mut self.unresolved {
            unresolved.complete(records as usize);
        }
    }

    /// Keeps the first `records`, and gives a promise for the others.
    pub(super) fn split_off(&mut self, records: u32) -> Self {
        let at = self.first + records;
        let rest = Self {
            fate: self.fate.clone(),
            first: at,
            end: self.end,
            unresolved: self.unresolved.as_mut().map(|unresolved| unresolved.split_off(records as usize)),
        };
        self.end = at;
        rest
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.unresolved.is_some() {
            let text = "the producer was closed before the record was acknowledged";
            // How far it came is not known here.
            let error = Error::new(ErrorKind::Closed, text).with_written(Written::Maybe);
            self.resolve(Err(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outstanding::Outstanding;
    use super::*;
    use futures_util::FutureExt;

    fn promise() -> Promise {
        Promise::new(3, 1_000, Outstanding::new().add())
    }

    fn delivery(promise: &Promise, index: u32) -> Delivery {
        Delivery::new(promise.fate().clone(), index, index as i32 * 10)
    }

    const WRITTEN: BatchPlace = BatchPlace { base_offset: 100, log_append_time: None };

    #[test]
    fn a_delivery_is_16_bytes() {
        assert_eq!(size_of::<Delivery>(), 16);
    }

    #[test]
    fn each_record_learns_its_own_place() {
        let mut promise = promise();
        let (first, third) = (delivery(&promise, 0), delivery(&promise, 2));
        assert!(first.now().is_none());
        promise.resolve(Ok(WRITTEN));
        let placed =
            |offset, millis| Placed { partition: 3, offset, timestamp: Timestamp::from_millis(millis) };
        assert_eq!(first.now().unwrap().unwrap(), placed(100, 1_000));
        assert_eq!(third.now_or_never().unwrap().unwrap(), placed(102, 1_020));
    }

    #[test]
    fn the_brokers_time_counts_where_it_gives_one() {
        let mut promise = promise();
        let delivery = delivery(&promise, 1);
        promise.resolve(Ok(BatchPlace { log_append_time: Some(5), ..WRITTEN }));
        assert_eq!(delivery.now().unwrap().unwrap().timestamp.as_millis(), 5);
    }

    #[test]
    fn a_duplicate_of_long_ago_has_no_offset() {
        let mut promise = promise();
        let delivery = delivery(&promise, 1);
        promise.resolve(Ok(BatchPlace { base_offset: -1, ..WRITTEN }));
        assert_eq!(delivery.now().unwrap().unwrap().offset, -1);
    }

    #[test]
    fn parts_of_a_batch_are_answered_one_by_one() {
        let mut left = promise();
        let (a, b) = (delivery(&left, 1), delivery(&left, 2));
        let mut right = left.split_off(2);
        right.resolve(Ok(WRITTEN));
        assert!(a.now().is_none());
        assert_eq!(b.now().unwrap().unwrap().offset, 100, "the first of its part");
        left.resolve(Err(Error::new(ErrorKind::Timeout, "x")));
        assert!(a.now().unwrap().is_err());
    }

    #[test]
    fn tasks_that_look_again_and_again_do_not_pile_up() {
        struct Task;
        impl std::task::Wake for Task {
            fn wake(self: Arc<Self>) {}
        }
        let promise = promise();
        let wakers: Vec<Waker> = (0..20).map(|_| Waker::from(Arc::new(Task))).collect();
        for _ in 0..1_000 {
            for (i, waker) in wakers.iter().enumerate() {
                let mut waiting = delivery(&promise, i as u32);
                assert!(Pin::new(&mut waiting).poll(&mut Context::from_waker(waker)).is_pending());
            }
        }
        let kept = promise.fate().state().wakers.clone();
        assert!(kept.len() <= 2 * MANY, "{} wakers of 20 tasks", kept.len());
        assert!(wakers.iter().all(|waker| kept.iter().any(|known| known.will_wake(waker))));
    }

    #[test]
    fn a_dropped_promise_is_an_answer() {
        let promise = promise();
        let mut delivery = delivery(&promise, 0);
        assert!((&mut delivery).now_or_never().is_none());
        drop(promise);
        assert_eq!(delivery.now_or_never().unwrap().unwrap_err().kind(), ErrorKind::Closed);
    }
}
