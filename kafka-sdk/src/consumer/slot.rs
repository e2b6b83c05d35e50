//! A partition that is read, as fetcher, reader and its controls share it.

use crate::error::{Error, ErrorKind};
use crate::model::{Isolation, TopicPartition, Watermarks};
use crate::observe::FetchMeter;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often what cannot be read is fetched before that is an error: the fault may have been on the way.
pub(super) const ATTEMPTS_TO_READ: u32 = 3;

/// A partition that is read.
#[derive(Debug)]
pub(super) struct Slot {
    /// Never used again for another one.
    pub(super) index: usize,
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// Bytes fetched, and not drained: the [`Budget`](super::budget::Budget) counts them.
    pub(super) buffered: AtomicUsize,
    pub(super) meter: FetchMeter,
    paused: AtomicBool,
    round: Mutex<Arc<Round>>,
    watermarks: Mutex<Option<Watermarks>>,
}

/// Reading from where it began, or went on after a seek or an unreadable batch. What was fetched in one round is not
/// handed out in another.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) number: u64,
    /// Behind what was handed out.
    position: AtomicI64,
    finished: AtomicBool,
}

impl Round {
    fn new(number: u64, from: i64) -> Arc<Self> {
        Arc::new(Self { number, position: AtomicI64::new(from), finished: AtomicBool::new(false) })
    }

    pub(super) fn position(&self) -> i64 {
        self.position.load(Ordering::Acquire)
    }

    /// Everything before `next` has been handed out.
    pub(super) fn advance(&self, next: i64) {
        self.position.store(next, Ordering::Release);
    }

    /// The partition's end has been handed out.
    pub(super) fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }
}

impl Slot {
    pub(super) fn new(index: usize, partition: &TopicPartition, from: i64) -> Self {
        Self {
            index,
            topic: partition.shared_topic().clone(),
            partition: partition.partition(),
            buffered: AtomicUsize::new(0),
            meter: FetchMeter::default(),
            paused: AtomicBool::new(false),
            round: Mutex::new(Round::new(0, from)),
            watermarks: Mutex::new(None),
        }
    }

    pub(super) fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(self.topic.clone(), self.partition)
    }

    fn present(&self) -> MutexGuard<'_, Arc<Round>> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn position(&self) -> i64 {
        self.present().position()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.present().finished.load(Ordering::Acquire)
    }

    /// The round with this number, if it is not over.
    pub(super) fn round(&self, number: u64) -> Option<Arc<Round>> {
        Some(self.present().clone()).filter(|round| round.number == number)
    }

    /// Begins the next round, from this offset on; gives its number.
    pub(super) fn begin_round(&self, from: i64) -> u64 {
        let mut present = self.present();
        *present = Round::new(present.number + 1, from);
        present.number
    }

    /// As [`Self::begin_round`], unless `round` is over already.
    pub(super) fn end_round(&self, round: &Round, from: i64) -> Option<u64> {
        let mut present = self.present();
        if present.number != round.number {
            return None;
        }
        *present = Round::new(present.number + 1, from);
        Some(present.number)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    pub(super) fn pause(&self) {
        self.paused.store(true, Ordering::Release);
    }

    pub(super) fn resume(&self) {
        self.paused.store(false, Ordering::Release);
    }

    /// As the leader has told last; none before its first answer.
    pub(super) fn watermarks(&self) -> Option<Watermarks> {
        *self.watermarks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_watermarks(&self, watermarks: Watermarks) {
        *self.watermarks.lock().unwrap_or_else(PoisonError::into_inner) = Some(watermarks);
    }

    /// How many offsets the end is ahead of the position.
    pub(super) fn lag(&self, isolation: Isolation) -> Option<u64> {
        let Watermarks { high, last_stable, .. } = self.watermarks()?;
        let end = match isolation {
            Isolation::ReadUncommitted => high,
            Isolation::ReadCommitted => last_stable,
        };
        Some(u64::try_from(end.saturating_sub(self.position())).unwrap_or(0))
    }

    /// The error of records that could not be read, again and again.
    pub(super) fn unreadable(&self, offset: i64) -> Error {
        let (topic, partition) = (&self.topic, self.partition);
        let text = format!("the records of {topic}-{partition} from offset {offset} on cannot be read");
        Error::new(ErrorKind::Decode, text).with_topic(topic.clone()).with_partition(partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_broker_says_of_an_end_there_is_a_lag() {
        let slot = Slot::new(0, &("t", 0).into(), 5);
        for (high, lag) in [(9, 4), (3, 0), (i64::MIN, 0), (i64::MAX, i64::MAX - 5)] {
            slot.set_watermarks(Watermarks { low: 0, high, last_stable: high });
            assert_eq!(slot.lag(Isolation::ReadUncommitted), u64::try_from(lag).ok());
        }
    }
}
