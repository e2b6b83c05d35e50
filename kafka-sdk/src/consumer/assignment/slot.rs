//! A partition that is read, as fetcher, reader and its controls share it.

use super::changes::Changes;
use super::tracker::Tracker;
use crate::error::{Error, ErrorKind};
use crate::model::{Isolation, TopicPartition, Watermarks};
use crate::observe::FetchMeter;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// How often what cannot be read is fetched before that is an error: the fault may have been on the way.
pub(in super::super) const ATTEMPTS_TO_READ: u32 = 3;

/// A partition that is read.
#[derive(Debug)]
pub(in super::super) struct Slot {
    /// Never used again for another one.
    pub(in super::super) index: usize,
    pub(in super::super) topic: Arc<str>,
    pub(in super::super) partition: i32,
    /// Bytes fetched, and not drained: the [`Budget`](crate::consumer::fetched::budget::Budget) counts them.
    pub(in super::super) buffered: AtomicUsize,
    pub(in super::super) meter: FetchMeter,
    /// Why it is not handed out: the bits of [`Why`].
    withheld: AtomicU8,
    changes: Arc<Changes>,
    /// What the group has for it; -1 where it has nothing, or that is not known.
    committed: AtomicI64,
    /// What the group was asked last to have for it.
    asked: AtomicI64,
    round: Mutex<Arc<Round>>,
    watermarks: Mutex<Option<Watermarks>>,
}

/// Why a partition is not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in super::super) enum Why {
    /// The application has paused it.
    Paused = 1,
    /// It was assigned a moment ago, and the listener has not been told.
    Beginning = 2,
    /// It is being given up.
    Leaving = 4,
    /// The application has dropped its stream.
    Abandoned = 8,
    /// It is not known yet where it begins.
    Unplaced = 16,
    /// Nobody knows of it yet: its place is looked for.
    Unseen = 32,
}

/// How a round goes on from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Turn {
    /// Elsewhere: what is out of the earlier one counts no more.
    Elsewhere,
    /// Where that one stood.
    Onwards,
}

/// Reading from where it began, or went on after a seek or an unreadable batch. What was fetched in one round is not
/// handed out in another.
#[derive(Debug)]
pub(in super::super) struct Round {
    pub(in super::super) number: u64,
    /// Behind what was handed out.
    position: AtomicI64,
    /// Behind what is processed, unless acknowledgements say that.
    processed: AtomicI64,
    finished: AtomicBool,
    /// A chunk of it is in hand: what it gives may be handed out at any moment, and what was may not be processed.
    out: AtomicBool,
    tracker: OnceLock<Arc<Tracker>>,
    /// Where the batch in hand begins, and the leader epoch in which it was appended.
    batch: Mutex<(i64, i32)>,
}

/// How far a partition is processed, or handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Reached {
    pub(in super::super) offset: i64,
    /// In which the record before it was appended; -1 where that is not known.
    pub(in super::super) leader_epoch: i32,
}

impl Round {
    fn new(number: u64, from: i64) -> Arc<Self> {
        Arc::new(Self::at(number, from))
    }

    fn at(number: u64, from: i64) -> Self {
        Self {
            number,
            position: AtomicI64::new(from),
            processed: AtomicI64::new(from),
            finished: AtomicBool::new(false),
            out: AtomicBool::new(false),
            tracker: OnceLock::new(),
            batch: Mutex::new((i64::MAX, -1)),
        }
    }

    /// The next one, which begins there.
    fn next(&self, from: i64, turn: Turn) -> Arc<Self> {
        let next = Self::at(self.number + 1, from);
        if turn == Turn::Elsewhere {
            self.tracker.get().into_iter().for_each(|tracker| tracker.end());
            return Arc::new(next);
        }
        let processed = AtomicI64::new(self.processed.load(Ordering::Acquire));
        Arc::new(Self { processed, tracker: self.tracker.clone(), ..next })
    }

    pub(in super::super) fn position(&self) -> i64 {
        self.position.load(Ordering::Acquire)
    }

    /// Everything before `next` has been handed out.
    pub(in super::super) fn advance(&self, next: i64) {
        self.position.store(next, Ordering::Release);
    }

    /// Nothing of it is handed out any more, or what was is processed.
    pub(in super::super) fn settle(&self) {
        self.processed.store(self.position(), Ordering::Release);
    }

    /// There is nothing for the application before `next`; what was handed out is processed.
    pub(in super::super) fn pass(&self, next: i64) {
        self.advance(next);
        self.settle();
    }

    pub(in super::super) fn take_in_hand(&self) {
        self.out.store(true, Ordering::SeqCst);
    }

    pub(in super::super) fn let_go(&self) {
        self.out.store(false, Ordering::SeqCst);
    }

    /// A batch is opened that begins there.
    pub(in super::super) fn open(&self, offset: i64, leader_epoch: i32) {
        *self.batch.lock().unwrap_or_else(PoisonError::into_inner) = (offset, leader_epoch);
    }

    /// Where acknowledgements are counted, from now on.
    pub(in super::super) fn tracker(&self, bound: usize, changes: &Arc<Changes>) -> &Arc<Tracker> {
        self.tracker.get_or_init(|| Arc::new(Tracker::new(bound, changes.clone())))
    }

    fn processed(&self) -> i64 {
        match self.tracker.get() {
            Some(tracker) => tracker.processed(|| self.position()),
            None => self.processed.load(Ordering::Acquire),
        }
    }

    /// The place that an offset stands for, as far as that is still known.
    fn place(&self, offset: i64) -> Reached {
        let (begun, leader_epoch) = *self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        Reached { offset, leader_epoch: if offset > begun { leader_epoch } else { -1 } }
    }

    /// The partition's end has been handed out.
    pub(in super::super) fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }
}

impl Slot {
    /// Of which it is not known yet where it [begins](Self::begin).
    pub(in super::super) fn unplaced(
        index: usize,
        partition: &TopicPartition,
        changes: Arc<Changes>,
    ) -> Self {
        Self {
            index,
            topic: partition.shared_topic().clone(),
            partition: partition.partition(),
            buffered: AtomicUsize::new(0),
            meter: FetchMeter::default(),
            withheld: AtomicU8::new(Why::Unplaced as u8),
            changes,
            committed: AtomicI64::new(-1),
            asked: AtomicI64::new(-1),
            round: Mutex::new(Round::new(0, -1)),
            watermarks: Mutex::new(None),
        }
    }

    #[cfg(test)]
    pub(in super::super) fn new(
        index: usize,
        partition: &TopicPartition,
        from: i64,
        changes: Arc<Changes>,
    ) -> Self {
        let slot = Self::unplaced(index, partition, changes);
        slot.begin(from);
        slot
    }

    /// It begins there.
    pub(in super::super) fn begin(&self, from: i64) {
        *self.present() = Round::new(0, from);
        self.release(Why::Unplaced);
        self.changes.settled();
    }

    /// Whether it is not known yet where it begins: there is no position then.
    pub(in super::super) fn is_unplaced(&self) -> bool {
        self.is_withheld_as(Why::Unplaced)
    }

    pub(in super::super) fn is_unseen(&self) -> bool {
        self.is_withheld_as(Why::Unseen)
    }

    fn is_withheld_as(&self, why: Why) -> bool {
        self.withheld.load(Ordering::SeqCst) & why as u8 != 0
    }

    pub(in super::super) fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), self.partition)
    }

    fn present(&self) -> MutexGuard<'_, Arc<Round>> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in super::super) fn position(&self) -> i64 {
        self.present().position()
    }

    pub(in super::super) fn is_finished(&self) -> bool {
        self.present().finished.load(Ordering::Acquire)
    }

    /// The round with this number, if it is not over.
    pub(in super::super) fn round(&self, number: u64) -> Option<Arc<Round>> {
        Some(self.present().clone()).filter(|round| round.number == number)
    }

    /// Begins the next round, from this offset on; gives its number.
    pub(in super::super) fn begin_round(&self, from: i64, turn: Turn) -> u64 {
        let mut present = self.present();
        *present = present.next(from, turn);
        present.number
    }

    /// As [`Self::begin_round`] onwards, unless `round` is over already.
    pub(in super::super) fn end_round(&self, round: &Round, from: i64) -> Option<u64> {
        let mut present = self.present();
        if present.number != round.number {
            return None;
        }
        *present = present.next(from, Turn::Onwards);
        Some(present.number)
    }

    pub(in super::super) fn is_paused(&self) -> bool {
        self.is_withheld_as(Why::Paused)
    }

    /// Whether nothing of it is handed out at present, for whatever reason.
    pub(in super::super) fn is_withheld(&self) -> bool {
        self.withheld.load(Ordering::SeqCst) != 0
            || self.changes.is_held()
            || self.present().tracker.get().is_some_and(|tracker| tracker.is_full())
    }

    pub(in super::super) fn withhold(&self, why: Why) {
        self.withheld.fetch_or(why as u8, Ordering::SeqCst);
        if why == Why::Leaving {
            self.present().tracker.get().into_iter().for_each(|tracker| tracker.close());
        }
    }

    /// Whether the application has dropped its stream.
    pub(in super::super) fn is_abandoned(&self) -> bool {
        self.is_withheld_as(Why::Abandoned)
    }

    pub(in super::super) fn release(&self, why: Why) {
        self.withheld.fetch_and(!(why as u8), Ordering::SeqCst);
    }

    /// Whether it is being given up.
    pub(in super::super) fn is_leaving(&self) -> bool {
        self.is_withheld_as(Why::Leaving)
    }

    /// Where acknowledgements of the present round are counted.
    pub(in super::super) fn tracker(&self, bound: usize) -> Arc<Tracker> {
        self.present().tracker(bound, &self.changes).clone()
    }

    /// Whether nothing that was handed out is still to be processed. Of a partition that is [`Why::Leaving`].
    pub(in super::super) fn is_settled(&self) -> bool {
        let present = self.present();
        match present.tracker.get() {
            Some(tracker) => {
                // It may have begun to count after the partition was withheld.
                tracker.close();
                tracker.is_settled()
            }
            None => !present.out.load(Ordering::SeqCst),
        }
    }

    /// Nobody has a stream of it any more.
    pub(in super::super) fn let_go(&self) {
        self.present().tracker.get().into_iter().for_each(|tracker| tracker.let_go());
    }

    /// Behind what is processed.
    pub(in super::super) fn processed(&self) -> Reached {
        let present = self.present().clone();
        present.place(present.processed())
    }

    /// What an explicit commit covers: everything that was handed out, which is processed by that word; or, where records
    /// are acknowledged, what is acknowledged without a gap.
    pub(in super::super) fn cover(&self) -> Reached {
        let present = self.present().clone();
        if present.tracker.get().is_some() {
            return present.place(present.processed());
        }
        let position = present.position();
        present.processed.fetch_max(position, Ordering::AcqRel);
        present.place(position)
    }

    /// What was handed out is processed.
    pub(in super::super) fn settle(&self) {
        self.present().settle();
    }

    /// Whether the group has this offset, and was asked for no other one since, which may be on its way.
    pub(in super::super) fn is_committed(&self, offset: i64) -> bool {
        [&self.asked, &self.committed].iter().all(|it| it.load(Ordering::Acquire) == offset)
    }

    /// The group had this offset when the partition was assigned.
    pub(in super::super) fn found_committed(&self, offset: i64) {
        self.ask_for(offset);
        self.set_committed(Some(offset));
    }

    /// The group is to have this offset: a commit of it waits, or is sent.
    pub(in super::super) fn ask_for(&self, offset: i64) {
        self.asked.store(offset, Ordering::Release);
    }

    /// What came of a commit; none where the group may have it or not.
    pub(in super::super) fn set_committed(&self, offset: Option<i64>) {
        self.committed.store(offset.unwrap_or(-1), Ordering::Release);
    }

    /// As the leader has told last; none before its first answer.
    pub(in super::super) fn watermarks(&self) -> Option<Watermarks> {
        *self.watermarks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in super::super) fn set_watermarks(&self, watermarks: Watermarks) {
        *self.watermarks.lock().unwrap_or_else(PoisonError::into_inner) = Some(watermarks);
    }

    /// How many offsets the end is ahead of the position.
    pub(in super::super) fn lag(&self, isolation: Isolation) -> Option<u64> {
        let Watermarks { high, last_stable, .. } = self.watermarks()?;
        let end = match isolation {
            Isolation::ReadUncommitted => high,
            Isolation::ReadCommitted => last_stable,
        };
        Some(u64::try_from(end.saturating_sub(self.position())).unwrap_or(0))
    }

    /// The error of records that could not be read, again and again.
    pub(in super::super) fn unreadable(&self, offset: i64) -> Error {
        let (topic, partition) = (&self.topic, self.partition);
        let text = format!("the records of {topic}-{partition} from offset {offset} on cannot be read");
        Error::new(ErrorKind::Decode, text).with_topic(topic.clone()).with_partition(partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_explicit_commit_covers_is_processed() {
        let slot = Slot::new(0, &("t", 0).into(), 5, Arc::default());
        slot.present().advance(7);
        assert_eq!((slot.processed().offset, slot.cover().offset, slot.processed().offset), (5, 7, 7));
    }

    #[test]
    fn a_partition_that_leaves_as_its_first_record_goes_out_hands_out_no_other_once_it_is_settled() {
        let slot = Slot::new(0, &("t", 0).into(), 5, Arc::default());
        slot.withhold(Why::Leaving);
        let tracker = slot.tracker(10);
        assert!(tracker.hand_out(5), "who hands out has not seen it yet");
        assert!(!slot.is_settled());
        tracker.ack(5);
        assert!(slot.is_settled() && !tracker.hand_out(6));
    }

    #[test]
    fn an_offset_is_committed_unless_another_one_is_on_its_way_or_may_have_arrived() {
        let slot = Slot::new(0, &("t", 0).into(), 5, Arc::default());
        assert!(!slot.is_committed(5));
        slot.found_committed(5);
        assert!(slot.is_committed(5));
        slot.ask_for(10);
        assert!(!slot.is_committed(5) && !slot.is_committed(10));
        slot.set_committed(None);
        slot.ask_for(5);
        assert!(!slot.is_committed(5), "10 may be there");
        slot.set_committed(Some(5));
        assert!(slot.is_committed(5));
    }

    #[test]
    fn whatever_a_broker_says_of_an_end_there_is_a_lag() {
        let slot = Slot::new(0, &("t", 0).into(), 5, Arc::default());
        for (high, lag) in [(9, 4), (3, 0), (i64::MIN, 0), (i64::MAX, i64::MAX - 5)] {
            slot.set_watermarks(Watermarks { low: 0, high, last_stable: high });
            assert_eq!(slot.lag(Isolation::ReadUncommitted), u64::try_from(lag).ok());
        }
    }
}
