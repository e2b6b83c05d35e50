//! The log of a partition: batches as they lie on a broker's disk, with their final offsets.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use kafka_sdk_protocol::records::{BatchHeader, batches};

use super::epochs::Epochs;

/// Where the length field of a batch ends, and the leader's epoch begins.
const LEADER_EPOCH_AT: usize = 12;

/// All that is kept of a partition's records. All of them are committed: there is one copy, which all replicas share.
#[derive(Debug, Default)]
pub(crate) struct Log {
    batches: VecDeque<Stored>,
    start: i64,
    end: i64,
    /// The batch with the largest timestamp.
    largest: Option<Stored>,
    pub(crate) epochs: Epochs,
}

#[derive(Debug, Clone)]
struct Stored {
    first: i64,
    last: i64,
    max_timestamp: i64,
    epoch: i32,
    bytes: Bytes,
}

/// A place in the log, with the timestamp of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
    pub(crate) epoch: i32,
}

impl Log {
    /// An empty log that begins at an offset.
    pub(crate) fn starting_at(start: i64) -> Self {
        Self { start, end: start, ..Self::default() }
    }

    /// The offset of the first record that can be read.
    pub(crate) fn start(&self) -> i64 {
        self.start
    }

    /// The offset of the next record to be written; the high watermark.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// Appends a batch that has been checked, and answers the bytes that are now in the log.
    pub(crate) fn append(&mut self, header: &BatchHeader, batch: &[u8], epoch: i32) -> Bytes {
        let first = self.end;
        let mut bytes = BytesMut::from(batch);
        bytes[..8].copy_from_slice(&first.to_be_bytes());
        bytes[LEADER_EPOCH_AT..LEADER_EPOCH_AT + 4].copy_from_slice(&epoch.to_be_bytes());
        let bytes = bytes.freeze();
        let last = first + i64::from(header.last_offset_delta);
        self.push(Stored { first, last, max_timestamp: header.max_timestamp, epoch, bytes: bytes.clone() });
        bytes
    }

    /// Takes a batch back that was in the log before. One that lies wholly before the start stays away.
    pub(crate) fn restore(&mut self, header: &BatchHeader, bytes: Bytes) {
        let (first, last) = (header.base_offset, header.last_offset());
        if last >= self.start {
            let (max_timestamp, epoch) = (header.max_timestamp, header.leader_epoch);
            self.push(Stored { first, last, max_timestamp, epoch, bytes });
        }
    }

    fn push(&mut self, stored: Stored) {
        self.end = stored.last + 1;
        self.epochs.assign(stored.epoch, stored.first);
        if self.largest.as_ref().is_none_or(|largest| largest.max_timestamp < stored.max_timestamp) {
            self.largest = Some(stored.clone());
        }
        self.batches.push_back(stored);
    }

    /// Drops everything before `offset`, which is not beyond the end. Batches go as a whole.
    pub(crate) fn truncate_before(&mut self, offset: i64) {
        self.start = self.start.max(offset);
        while self.batches.front().is_some_and(|batch| batch.last < self.start) {
            self.batches.pop_front();
        }
        self.epochs.begin_at(self.start);
    }

    /// The bytes from the batch that holds `offset`, at most `limit` of them: the last batch may be cut. A first batch
    /// that is larger comes whole if `whole`, otherwise not at all.
    pub(crate) fn read(&self, offset: i64, limit: usize, whole: bool) -> Bytes {
        let at = self.batches.partition_point(|batch| batch.last < offset);
        let Some(first) = self.batches.get(at) else { return Bytes::new() };
        if first.bytes.len() > limit {
            return if whole { first.bytes.clone() } else { Bytes::new() };
        }
        self.join(at, limit)
    }

    fn join(&self, at: usize, limit: usize) -> Bytes {
        let (mut parts, mut left) = (Vec::new(), limit);
        for batch in self.batches.range(at..) {
            let part = batch.bytes.slice(..batch.bytes.len().min(left));
            left -= part.len();
            parts.push(part);
            if left == 0 {
                break;
            }
        }
        match parts.as_slice() {
            [one] => one.clone(),
            many => many.concat().into(),
        }
    }

    /// The first record at or after `timestamp`.
    pub(crate) fn find_time(&self, timestamp: i64) -> Option<Found> {
        let late_enough = |batch: &&Stored| batch.max_timestamp >= timestamp && batch.last >= self.start;
        self.batches.iter().filter(late_enough).find_map(|batch| {
            batch
                .records()
                .into_iter()
                .find(|found| found.timestamp >= timestamp && found.offset >= self.start)
        })
    }

    /// The first of the records with the largest timestamp, even if it has been deleted: a broker looks it up in a
    /// segment, which is still there.
    pub(crate) fn find_largest_time(&self) -> Option<Found> {
        let batch = self.largest.as_ref()?;
        batch.records().into_iter().find(|found| found.timestamp >= batch.max_timestamp)
    }
}

impl Stored {
    fn records(&self) -> Vec<Found> {
        let records = batches(&self.bytes).next().and_then(Result::ok).and_then(|batch| batch.records().ok());
        let found = |offset, timestamp| Found { offset, timestamp, epoch: self.epoch };
        records.map_or_else(Vec::new, |all| {
            all.iter().map(|record| found(record.offset, record.timestamp)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};

    use super::*;

    fn batch(timestamps: &[i64]) -> (BatchHeader, Vec<u8>) {
        let mut builder = BatchBuilder::new(Vec::new());
        for &at in timestamps {
            builder.append(at, None, Some(b"value"), std::iter::empty());
        }
        let bytes = builder.seal(ProducerStamp::NONE);
        (BatchHeader::read(&bytes).unwrap(), bytes)
    }

    fn log(all: &[&[i64]]) -> Log {
        let mut log = Log::default();
        for timestamps in all {
            let (header, bytes) = batch(timestamps);
            log.append(&header, &bytes, 0);
        }
        log
    }

    #[test]
    fn a_batch_gets_the_offsets_that_come_next() {
        let log = log(&[&[1, 2], &[3]]);
        let read = log.read(0, usize::MAX, true);
        let offsets: Vec<i64> = batches(&read).map(|batch| batch.unwrap().header().base_offset).collect();
        assert_eq!((offsets, log.end()), (vec![0, 2], 3));
    }

    #[test]
    fn a_read_begins_with_the_batch_that_holds_the_offset() {
        let log = log(&[&[1, 2], &[3]]);
        let first = |offset| BatchHeader::read(&log.read(offset, usize::MAX, true)).unwrap().base_offset;
        assert_eq!((first(1), first(2)), (0, 2));
        assert!(log.read(3, usize::MAX, true).is_empty());
    }

    #[test]
    fn the_last_batch_is_cut_and_the_first_is_whole_or_not_there() {
        let log = log(&[&[1], &[2]]);
        let one = log.read(1, usize::MAX, true).len();
        assert_eq!(log.read(0, one + 10, true).len(), one + 10);
        assert_eq!(log.read(0, 10, true).len(), one);
        assert_eq!(log.read(0, 10, false).len(), 0);
    }

    #[test]
    fn times_are_looked_up_in_records() {
        let log = log(&[&[10, 30, 20], &[5]]);
        assert_eq!(log.find_time(15).unwrap(), Found { offset: 1, timestamp: 30, epoch: 0 });
        assert_eq!(log.find_time(31), None);
        assert_eq!(log.find_largest_time().unwrap().offset, 1);
    }

    #[test]
    fn truncation_keeps_the_batch_that_holds_the_new_start() {
        let mut log = log(&[&[1, 2], &[3, 4]]);
        log.truncate_before(3);
        assert_eq!((log.start(), log.end(), log.batches.len()), (3, 4, 1));
        assert_eq!(log.find_time(0).unwrap().offset, 3);
    }
}
