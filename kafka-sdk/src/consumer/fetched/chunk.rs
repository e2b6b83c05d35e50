//! Fetched bytes of one partition: the one place where records are checked and taken apart.

use super::aborted::Aborted;
use super::budget::Budget;
use super::request::Request;
use crate::consumer::assignment::slot::Slot;
use crate::error::Error;
use crate::mailbox::Mailbox;
use crate::model::{Batch, Switch};
use bytes::Bytes;
use kafka_sdk_protocol::DecodeError;
use kafka_sdk_protocol::records::{Batches, RecordBatch, batches};
use std::sync::Arc;

/// Bytes of one partition out of one fetch. They count against the budget until the chunk is dropped.
#[derive(Debug)]
pub(in super::super) struct Chunk {
    charge: Charge,
    round: u64,
    crc_checks: Switch,
    batches: Batches,
    aborted: Aborted,
    /// Where the next batch is read from.
    from: i64,
    /// What is not to be read any more.
    until: i64,
}

/// Which records of a chunk count, and how they are looked at.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Range {
    /// The number of the round when it asked.
    pub(in super::super) round: u64,
    pub(in super::super) from: i64,
    pub(in super::super) until: i64,
    pub(in super::super) crc_checks: Switch,
}

/// Bytes out of the budget; when they return, the fetcher may have to hear of it.
#[derive(Debug)]
pub(in super::super) struct Charge {
    slot: Arc<Slot>,
    budget: Arc<Budget>,
    bytes: usize,
    fetcher: Mailbox<Request>,
}

impl Charge {
    pub(in super::super) fn new(
        slot: Arc<Slot>,
        budget: Arc<Budget>,
        bytes: usize,
        fetcher: Mailbox<Request>,
    ) -> Self {
        budget.add(&slot, bytes);
        slot.meter.fetched(bytes);
        Self { slot, budget, bytes, fetcher }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.budget.drain(&self.slot, self.bytes) {
            let _ = self.fetcher.push(Request::Drained);
        }
    }
}

impl Chunk {
    pub(in super::super) fn new(charge: Charge, records: &Bytes, aborted: Aborted, range: Range) -> Self {
        let Range { round, from, until, crc_checks } = range;
        Self { charge, round, crc_checks, batches: batches(records), aborted, from, until }
    }

    pub(in super::super) fn slot(&self) -> &Arc<Slot> {
        &self.charge.slot
    }

    pub(in super::super) fn round(&self) -> u64 {
        self.round
    }

    pub(in super::super) fn bytes(&self) -> usize {
        self.charge.bytes
    }

    /// Copies what has not been taken out, so that it keeps nothing else of the answer in memory.
    pub(in super::super) fn detach(&mut self) {
        self.batches.detach();
    }

    /// Where reading goes on after what was taken out.
    pub(in super::super) fn position(&self) -> i64 {
        self.from
    }

    /// The next batch with something in it; none at the end, where [`Self::position`] is behind everything.
    pub(in super::super) fn next_batch(&mut self) -> Option<Result<Batch, DecodeError>> {
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
                    self.slot().meter.delivered(batch.bytes().len());
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
    fn open(&mut self, batch: &RecordBatch) -> Result<Option<Batch>, DecodeError> {
        if self.crc_checks == Switch::On {
            batch.check()?;
        }
        if self.aborted.covers(batch)? || batch.header().attributes.is_control() {
            return Ok(None);
        }
        let slot = self.slot();
        let (topic, partition) = (slot.topic.clone(), slot.partition);
        let opened = Batch::new(topic, partition, batch.records()?, self.from, self.until);
        Ok(Some(opened).filter(|batch| !batch.is_empty()))
    }

    /// The error of a batch that could not be read, again and again.
    pub(in super::super) fn unreadable(&self, cause: DecodeError) -> Error {
        self.slot().unreadable(self.from).with_source(cause)
    }
}

#[cfg(test)]
mod tests;
