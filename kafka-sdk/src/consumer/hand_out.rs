//! From fetched bytes to batches that can be handed out: what fetcher and reader share, and the one place where records
//! are checked and taken apart.

use crate::error::{Error, ErrorKind};
use crate::mailbox::Mailbox;
use crate::model::Batch;
use bytes::Bytes;
use kafka_sdk_protocol::DecodeError;
use kafka_sdk_protocol::records::{Batches, RecordBatch, batches};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What the reader says to the fetcher.
#[derive(Debug)]
pub(super) enum Request {
    /// There is room again for what was left out.
    Drained,
    /// What was fetched from this offset on is of no use: fetch it again.
    Rewind { slot: usize, offset: i64 },
}

/// What the fetcher says to the reader, in order.
#[derive(Debug)]
pub(super) enum Handed {
    Chunk(Chunk),
    /// A partition is at its end.
    Finished {
        slot: usize,
        round: u64,
    },
    /// It is over for all partitions.
    Failed(Error),
}

/// A partition that is read.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) index: usize,
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// Bytes fetched, and not drained.
    buffered: AtomicUsize,
    /// Counts the rewinds: what was fetched in an earlier round is not handed out.
    round: AtomicU64,
}

impl Slot {
    pub(super) fn new(index: usize, topic: Arc<str>, partition: i32) -> Self {
        let (buffered, round) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { index, topic, partition, buffered, round }
    }

    pub(super) fn buffered(&self) -> usize {
        self.buffered.load(Ordering::Acquire)
    }

    pub(super) fn round(&self) -> u64 {
        self.round.load(Ordering::Acquire)
    }

    /// From here on nothing of what was fetched so far is handed out.
    pub(super) fn begin_round(&self) {
        self.round.fetch_add(1, Ordering::AcqRel);
    }
}

/// The memory for fetched bytes: one budget, of which each partition has an equal share.
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
        self.limit.saturating_sub(self.buffered.load(Ordering::Acquire)).saturating_sub(reserved)
    }

    /// Whether the partition has its share.
    pub(super) fn is_over(&self, slot: &Slot) -> bool {
        slot.buffered() >= self.share
    }

    /// Asks to hear of room. It has to be looked for once more after this.
    pub(super) fn want_room(&self) {
        self.wanted.store(true, Ordering::Release);
    }

    fn add(&self, slot: &Slot, bytes: usize) {
        slot.buffered.fetch_add(bytes, Ordering::AcqRel);
        self.buffered.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Takes drained bytes off; says whether the fetcher is to hear of it.
    fn drain(&self, slot: &Slot, bytes: usize) -> bool {
        let of_slot = slot.buffered.fetch_sub(bytes, Ordering::AcqRel) - bytes;
        self.buffered.fetch_sub(bytes, Ordering::AcqRel);
        // Half a share is left to be read while the next fetch is on its way.
        of_slot <= self.share / 2 && self.wanted.swap(false, Ordering::AcqRel)
    }
}

/// Bytes of one partition out of one fetch. They count against the budget until the chunk is dropped.
#[derive(Debug)]
pub(super) struct Chunk {
    slot: Arc<Slot>,
    budget: Arc<Budget>,
    fetcher: Mailbox<Request>,
    round: u64,
    batches: Batches,
    size: usize,
    /// Where the next batch is read from.
    from: i64,
    /// What is not to be read any more.
    until: i64,
}

/// Where the records of a chunk begin and end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) from: i64,
    pub(super) until: i64,
}

impl Chunk {
    pub(super) fn new(
        slot: Arc<Slot>,
        budget: Arc<Budget>,
        fetcher: Mailbox<Request>,
        records: &Bytes,
        range: Range,
    ) -> Self {
        budget.add(&slot, records.len());
        let round = slot.round();
        let (size, batches) = (records.len(), batches(records));
        Self { slot, budget, fetcher, round, batches, size, from: range.from, until: range.until }
    }

    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Whether it was fetched before a rewind.
    pub(super) fn is_stale(&self) -> bool {
        self.round != self.slot.round()
    }

    /// Where reading goes on after what was taken out.
    pub(super) fn position(&self) -> i64 {
        self.from
    }

    /// The next batch with something in it; none at the end, where [`Self::position`] is behind everything.
    pub(super) fn next_batch(&mut self) -> Option<Result<Batch, DecodeError>> {
        while self.from < self.until {
            let batch = match self.batches.next()? {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error)),
            };
            let next = batch.header().next_offset();
            if next <= self.from {
                continue;
            }
            match self.open(&batch) {
                Ok(opened) => {
                    self.from = next;
                    if let Some(opened) = opened {
                        return Some(Ok(opened));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }

    /// The records of a batch; none where there are none for the application.
    fn open(&self, batch: &RecordBatch) -> Result<Option<Batch>, DecodeError> {
        batch.check()?;
        if batch.header().attributes.is_control() {
            return Ok(None);
        }
        let (topic, partition) = (self.slot.topic.clone(), self.slot.partition);
        let opened = Batch::new(topic, partition, batch.records()?, self.from, self.until);
        Ok(Some(opened).filter(|batch| !batch.is_empty()))
    }

    /// The error of a batch that could not be read, again and again.
    pub(super) fn corrupt(&self, cause: DecodeError) -> Error {
        let (topic, partition, offset) = (&self.slot.topic, self.slot.partition, self.from);
        let text = format!("the records of {topic}-{partition} from offset {offset} on cannot be read");
        Error::new(ErrorKind::Decode, text)
            .with_source(cause)
            .with_topic(topic.clone())
            .with_partition(partition)
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if self.budget.drain(&self.slot, self.size) {
            let _ = self.fetcher.push(Request::Drained);
        }
    }
}

#[cfg(test)]
mod tests;
