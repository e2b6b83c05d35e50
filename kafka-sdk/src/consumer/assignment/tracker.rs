//! Which of the records that were handed out are acknowledged.
//!
//! What was not handed out (markers, aborted and compacted records) needs no acknowledgement: contiguous means over what
//! was handed out, in its order.

mod out;

use super::changes::Changes;
use out::Out;
use std::sync::atomic::{
    AtomicI64, AtomicU8, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of one partition, as long as reading goes on from where it was. One hands out, anybody acknowledges.
///
/// Neither takes a lock for a record: who hands out marks it, then looks whether the partition closes; who closes says so,
/// then looks at the marks. One of the two sees the other.
#[derive(Debug)]
pub(in super::super) struct Tracker {
    out: Out,
    /// What who acknowledges has to look after, of these: [`FULL`], [`CLOSING`], [`OVER`].
    signs: AtomicU8,
    bound: usize,
    /// So many may be handed out before it has to be counted.
    room: AtomicUsize,
    /// The offset that was handed out last.
    last: AtomicI64,
    state: Mutex<State>,
    changes: Arc<Changes>,
}

/// As many as may be are not acknowledged: no more is handed out until half of them are.
const FULL: u8 = 1;
/// Nothing more is handed out; acknowledgements count.
const CLOSING: u8 = 2;
/// They do not count any more: the partition is given up.
const OVER: u8 = 4;

#[derive(Debug, Default)]
struct State {
    /// When it is full: after so many acknowledgements it may not be any more.
    until_half: usize,
    /// A stream of this partition is in somebody's hands.
    kept: bool,
    /// From here on, what was handed out was given back.
    cut: Option<i64>,
}

impl Tracker {
    pub(in super::super) fn new(bound: usize, changes: Arc<Changes>) -> Self {
        Self {
            out: Out::default(),
            signs: AtomicU8::new(0),
            bound,
            room: AtomicUsize::new(bound),
            last: AtomicI64::new(-1),
            state: Mutex::default(),
            changes,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn has(&self, signs: u8) -> bool {
        self.signs.load(SeqCst) & signs != 0
    }

    pub(in super::super) fn is_full(&self) -> bool {
        self.has(FULL)
    }

    /// Whether the record of this offset is handed out: it is not where nothing is any more. The position moves behind it
    /// only then.
    #[inline]
    pub(in super::super) fn hand_out(&self, offset: i64) -> bool {
        self.out.put(offset);
        if self.has(CLOSING | OVER) {
            self.out.take(offset);
            self.changes.settled();
            return false;
        }
        self.last.store(offset, Relaxed);
        match self.room.load(Relaxed) {
            ..=1 => self.take_stock(),
            room => self.room.store(room - 1, Relaxed),
        }
        true
    }

    #[cold]
    fn take_stock(&self) {
        let unacked = self.out.count();
        if unacked < self.bound {
            return self.room.store(self.bound - unacked, Relaxed);
        }
        let mut state = self.state();
        // Before it is counted again: who acknowledges something of what is counted sees it.
        self.signs.fetch_or(FULL, SeqCst);
        let still = self.is_more_than_half(&mut state);
        drop(state);
        if still {
            self.changes.changed();
        }
    }

    /// Of what is full. Where it is no more than that, it is not full any more, and is counted at the next record.
    fn is_more_than_half(&self, state: &mut State) -> bool {
        state.until_half = self.out.count().saturating_sub(self.bound / 2);
        if state.until_half == 0 {
            self.signs.fetch_and(!FULL, SeqCst);
        }
        state.until_half > 0
    }

    /// That of this offset is processed.
    #[inline]
    pub(in super::super) fn ack(&self, offset: i64) {
        if self.has(OVER) {
            self.changes.late();
        } else if self.out.take(offset) {
            self.came_back();
        }
    }

    /// There is one less that is not acknowledged.
    #[inline]
    fn came_back(&self) {
        if self.has(FULL | CLOSING) {
            self.look_after();
        }
    }

    #[cold]
    fn look_after(&self) {
        let mut state = self.state();
        state.until_half = state.until_half.saturating_sub(1);
        let has_room = self.is_full() && state.until_half == 0 && !self.is_more_than_half(&mut state);
        drop(state);
        if has_room {
            self.changes.changed();
        }
        if self.has(CLOSING) && self.out.first().is_none() {
            self.changes.settled();
        }
    }

    /// That of this offset, the last one and not acknowledged, was not handed out after all. The position is before it
    /// again.
    pub(in super::super) fn take_back(&self, offset: i64) {
        if self.last.load(Relaxed) == offset && !self.is_over() && self.out.take(offset) {
            self.came_back();
        }
    }

    /// Everything before this is acknowledged; `position` is asked where all is that was handed out.
    pub(in super::super) fn processed(&self, position: impl FnOnce() -> i64) -> i64 {
        // First: all that is before it is marked by now.
        let position = position();
        let first = self.out.first();
        let cut = self.state().cut;
        first.into_iter().chain(cut).fold(position, i64::min)
    }

    /// This one, and all that were handed out after it, were not processed, and nobody will; nothing more is handed out.
    pub(in super::super) fn give_back(&self, offset: i64) {
        self.close();
        let mut state = self.state();
        state.cut = Some(state.cut.map_or(offset, |cut| cut.min(offset)));
        drop(state);
        self.out.take_from(offset);
        self.changes.settled();
    }

    /// Whether acknowledgements do not count any more: reading went on elsewhere.
    pub(in super::super) fn is_over(&self) -> bool {
        self.has(OVER)
    }

    /// A stream of the partition is in somebody's hands: it is not given up before that is gone.
    pub(in super::super) fn keep(&self) {
        self.state().kept = true;
    }

    pub(in super::super) fn let_go(&self) {
        self.state().kept = false;
        self.changes.settled();
    }

    /// Nothing more is handed out.
    pub(in super::super) fn close(&self) {
        self.signs.fetch_or(CLOSING, SeqCst);
    }

    /// What is acknowledged from now on does not count.
    pub(in super::super) fn end(&self) {
        self.signs.fetch_or(OVER, SeqCst);
    }

    pub(in super::super) fn is_settled(&self) -> bool {
        !self.state().kept && self.out.first().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::spin_loop;
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::thread;

    fn tracker(bound: usize) -> Tracker {
        Tracker::new(bound, Arc::default())
    }

    fn hand_out(tracker: &Tracker, offset: i64) -> i64 {
        assert!(tracker.hand_out(offset));
        offset
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
        let numbers: Vec<i64> = (0..4).map(|offset| hand_out(&tracker, offset)).collect();
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
        assert!(!tracker.hand_out(6));
        assert!(!tracker.is_settled());
        tracker.ack(number);
        assert!(tracker.is_settled());
        assert_eq!(tracker.processed(|| 6), 6);
    }

    #[test]
    fn what_is_given_back_is_not_processed_and_not_waited_for() {
        let tracker = tracker(9);
        let numbers: Vec<i64> = [5, 6, 8].map(|offset| hand_out(&tracker, offset)).into();
        tracker.ack(numbers[0]);
        tracker.give_back(numbers[1]);
        assert!(tracker.is_settled());
        assert_eq!(tracker.processed(|| 9), 6);
        tracker.ack(numbers[2]);
        assert_eq!(tracker.processed(|| 9), 6);
    }

    #[test]
    fn what_is_taken_back_was_not_handed_out_and_there_is_room_for_it_again() {
        let tracker = tracker(2);
        let numbers = [5, 6].map(|offset| hand_out(&tracker, offset));
        assert!(tracker.is_full());
        tracker.take_back(numbers[0]);
        assert!(tracker.is_full(), "it is not the last one");
        tracker.take_back(numbers[1]);
        assert!(!tracker.is_full());
        assert_eq!(hand_out(&tracker, 6), numbers[1]);
        tracker.ack(numbers[0]);
        tracker.take_back(numbers[1]);
        assert_eq!(tracker.processed(|| 6), 6, "that is where the position is");
        assert!(tracker.is_settled());
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

    #[test]
    fn what_is_handed_out_while_it_is_asked_how_far_all_is_processed_is_not_passed() {
        let tracker = tracker(4);
        assert_eq!(tracker.processed(|| hand_out(&tracker, 7) + 1), 7);
    }

    #[test]
    fn once_a_partition_that_closes_is_settled_nothing_of_it_is_out() {
        for _ in 0..300 {
            let (tracker, is_settled) = (&tracker(4), &AtomicBool::new(false));
            thread::scope(|scope| {
                scope.spawn(move || {
                    while tracker.last.load(Relaxed) < 5 {
                        spin_loop();
                    }
                    tracker.close();
                    while !tracker.is_settled() {
                        thread::yield_now();
                    }
                    is_settled.store(true, SeqCst);
                });
                for offset in (0..).take_while(|offset| tracker.hand_out(*offset)) {
                    assert!(!is_settled.load(SeqCst));
                    tracker.ack(offset);
                }
            });
        }
    }

    #[test]
    fn whoever_acknowledges_in_whatever_order_no_commit_passes_what_is_out_and_the_bound_holds() {
        const RECORDS: usize = 200_000;
        const BOUND: usize = 1_000;
        /// At most so many are held by one who acknowledges: all of them together leave room.
        const HELD: usize = 100;
        let (tracker, position) = (tracker(BOUND), AtomicI64::new(0));
        let acked: Vec<AtomicBool> = (0..RECORDS).map(|_| AtomicBool::new(false)).collect();
        let (tracker, position, acked) = (&tracker, &position, &acked);
        let ack = |offset: i64| {
            acked[usize::try_from(offset).unwrap()].store(true, SeqCst);
            tracker.ack(offset);
        };
        let acknowledge = move |seed, received: Receiver<i64>| {
            let (mut random, mut held) = (fastrand::Rng::with_seed(seed), Vec::new());
            for offset in received {
                held.push(offset);
                while held.len() > random.usize(..HELD) {
                    ack(held.swap_remove(random.usize(..held.len())));
                }
            }
            held.into_iter().for_each(ack);
        };
        thread::scope(|scope| {
            let senders: Vec<_> = (0..3)
                .map(|seed| {
                    let (sender, received) = sync_channel(BOUND);
                    scope.spawn(move || acknowledge(seed, received));
                    sender
                })
                .collect();
            scope.spawn(move || {
                let mut committed = 0;
                while committed < RECORDS {
                    let processed = usize::try_from(tracker.processed(|| position.load(SeqCst))).unwrap();
                    assert!(acked[committed..processed].iter().all(|acked| acked.load(SeqCst)));
                    committed = processed;
                    thread::yield_now();
                }
            });
            for (offset, sender) in (0..).zip(senders.iter().cycle()).take(RECORDS) {
                while tracker.is_full() {
                    thread::yield_now();
                }
                assert!(tracker.hand_out(offset) && tracker.out.count() <= BOUND);
                position.store(offset + 1, SeqCst);
                sender.send(offset).unwrap();
            }
            drop(senders);
        });
        assert!(tracker.is_settled());
    }
}
