//! Which of the records that were handed out are acknowledged.
//!
//! What was not handed out (markers, aborted and compacted records) needs no acknowledgement: contiguous means over what
//! was handed out, in its order.

use super::changes::Changes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of one partition, as long as reading goes on from where it was.
#[derive(Debug)]
pub(super) struct Tracker {
    state: Mutex<State>,
    /// As many as may be are not acknowledged: no more is handed out until half of them are.
    full: AtomicBool,
    bound: usize,
    changes: Arc<Changes>,
}

#[derive(Debug, Default)]
struct State {
    /// What was handed out, from the first one on that is not acknowledged.
    out: VecDeque<Out>,
    /// How many were handed out before the first of `out`.
    before: u64,
    unacked: usize,
    standing: Standing,
    /// A stream of this partition is in somebody's hands.
    kept: bool,
    /// From here on, what was handed out was given back.
    cut: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Out {
    offset: i64,
    acked: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    #[default]
    Open,
    /// Nothing more is handed out; acknowledgements count.
    Closing,
    /// They do not count any more: the partition is given up.
    Over,
}

impl Tracker {
    pub(super) fn new(bound: usize, changes: Arc<Changes>) -> Self {
        Self { state: Mutex::default(), full: AtomicBool::new(false), bound, changes }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    /// Hands out what `take` gives, unless nothing is handed out any more; with the number to acknowledge it by. `take`
    /// gives an offset, and moves the position behind it.
    pub(super) fn hand_out<T>(&self, take: impl FnOnce() -> Option<(i64, T)>) -> Option<(u64, T)> {
        let mut state = self.state();
        if state.standing != Standing::Open {
            return None;
        }
        let (offset, taken) = take()?;
        let number = state.before + state.out.len() as u64;
        state.out.push_back(Out { offset, acked: false });
        state.unacked += 1;
        let is_full = state.unacked >= self.bound;
        drop(state);
        if is_full {
            self.full.store(true, Ordering::Release);
            self.changes.changed();
        }
        Some((number, taken))
    }

    /// That of `number` is processed.
    pub(super) fn ack(&self, number: u64) {
        let mut state = self.state();
        let at = number.checked_sub(state.before).and_then(|at| usize::try_from(at).ok());
        let Some(out) = at.and_then(|at| state.out.get_mut(at)) else { return };
        if std::mem::replace(&mut out.acked, true) {
            return;
        }
        if state.standing == Standing::Over {
            self.changes.late();
            return;
        }
        state.unacked -= 1;
        while state.out.front().is_some_and(|first| first.acked) {
            state.out.pop_front();
            state.before += 1;
        }
        let (unacked, closing) = (state.unacked, state.standing == Standing::Closing);
        drop(state);
        if unacked <= self.bound / 2 && self.is_full() {
            self.full.store(false, Ordering::Release);
            self.changes.changed();
        }
        if closing && unacked == 0 {
            self.changes.settled();
        }
    }

    /// Everything before this is acknowledged; `position` is asked where all is that was handed out.
    pub(super) fn processed(&self, position: impl FnOnce() -> i64) -> i64 {
        let state = self.state();
        let first = state.out.front().map(|first| first.offset);
        first.or(state.cut).unwrap_or_else(position)
    }

    /// This one, and all that were handed out after it, were not processed, and nobody will; nothing more is handed out.
    pub(super) fn give_back(&self, number: u64) {
        let mut state = self.state();
        if state.standing == Standing::Open {
            state.standing = Standing::Closing;
        }
        let at = number.checked_sub(state.before).and_then(|at| usize::try_from(at).ok());
        let Some(offset) = at.and_then(|at| state.out.get(at)).map(|out| out.offset) else { return };
        let given_back = state.out.split_off(at.unwrap_or_default());
        state.unacked -= given_back.iter().filter(|out| !out.acked).count();
        state.cut = Some(state.cut.map_or(offset, |cut| cut.min(offset)));
        drop(state);
        self.changes.settled();
    }

    /// Whether acknowledgements do not count any more: reading went on elsewhere.
    pub(super) fn is_over(&self) -> bool {
        self.state().standing == Standing::Over
    }

    /// A stream of the partition is in somebody's hands: it is not given up before that is gone.
    pub(super) fn keep(&self) {
        self.state().kept = true;
    }

    pub(super) fn let_go(&self) {
        self.state().kept = false;
        self.changes.settled();
    }

    /// Nothing more is handed out.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if state.standing == Standing::Open {
            state.standing = Standing::Closing;
        }
    }

    /// What is acknowledged from now on does not count.
    pub(super) fn end(&self) {
        self.state().standing = Standing::Over;
    }

    pub(super) fn is_settled(&self) -> bool {
        let state = self.state();
        state.unacked == 0 && !state.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker(bound: usize) -> Tracker {
        Tracker::new(bound, Arc::default())
    }

    fn hand_out(tracker: &Tracker, offset: i64) -> u64 {
        tracker.hand_out(|| Some((offset, ()))).unwrap().0
    }

    #[test]
    fn what_counts_is_contiguous_over_what_was_handed_out_and_not_over_numbers() {
        let tracker = tracker(10);
        let [a, b, c] = [3, 7, 8].map(|offset| hand_out(&tracker, offset));
        let processed = || tracker.processed(|| 12);
        assert_eq!(processed(), 3);
        tracker.ack(b);
        assert_eq!(processed(), 3);
        tracker.ack(a);
        assert_eq!(processed(), 8, "4 to 6 were never handed out");
        tracker.ack(c);
        assert_eq!(processed(), 12, "and neither was what is behind");
    }

    #[test]
    fn at_the_bound_the_partition_waits_until_half_is_acknowledged() {
        let tracker = tracker(4);
        let numbers: Vec<u64> = (0..4).map(|offset| hand_out(&tracker, offset)).collect();
        assert!(tracker.is_full());
        tracker.ack(numbers[3]);
        assert!(tracker.is_full());
        tracker.ack(numbers[1]);
        assert!(!tracker.is_full(), "in any order");
    }

    #[test]
    fn a_partition_that_closes_hands_out_nothing_and_waits_for_what_is_out() {
        let tracker = tracker(4);
        let number = hand_out(&tracker, 5);
        tracker.close();
        assert!(tracker.hand_out(|| Some((6, ()))).is_none());
        assert!(!tracker.is_settled());
        tracker.ack(number);
        assert!(tracker.is_settled());
        assert_eq!(tracker.processed(|| 6), 6);
    }

    #[test]
    fn what_is_given_back_is_not_processed_and_not_waited_for() {
        let tracker = tracker(9);
        let numbers: Vec<u64> = [5, 6, 8].map(|offset| hand_out(&tracker, offset)).into();
        tracker.ack(numbers[0]);
        tracker.give_back(numbers[1]);
        assert!(tracker.is_settled());
        assert_eq!(tracker.processed(|| 9), 6);
        tracker.ack(numbers[2]);
        assert_eq!(tracker.processed(|| 9), 6);
    }

    #[test]
    fn an_acknowledgement_that_comes_too_late_is_counted_and_does_not_count() {
        let changes: Arc<Changes> = Arc::default();
        let tracker = Tracker::new(4, changes.clone());
        let number = hand_out(&tracker, 5);
        tracker.end();
        tracker.ack(number);
        assert_eq!((tracker.processed(|| 6), changes.late_acks()), (5, 1));
    }
}
