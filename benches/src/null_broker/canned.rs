//! Batches made before the first fetch.

use crate::data::random;
use bytes::{Bytes, BytesMut};
use kafka_sdk_protocol::records::{BatchBuilder, HEADER_SIZE, ProducerStamp};
use std::collections::VecDeque;

/// As many batches as one partition has in an answer, at most; all records are different.
pub(super) struct Canned {
    bytes: Vec<u8>,
    batches: Vec<Span>,
}

/// A batch, by where it ends.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    records: i64,
}

/// How much of it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portion {
    batches: usize,
    pub(super) bytes: usize,
    pub(super) records: i64,
}

impl Canned {
    pub(super) fn new(record_size: usize, batch_bytes: usize, most: usize) -> Self {
        let (mut bytes, mut batches) = (Vec::new(), Vec::new());
        let records = (batch_bytes - HEADER_SIZE) / (record_size + RECORD_OVERHEAD);
        let mut values = random(records.max(1) * (most / batch_bytes).max(1), record_size).into_iter();
        while values.len() > 0 {
            let start = bytes.len();
            let mut batch = BatchBuilder::new(Vec::new());
            for value in values.by_ref().take(records.max(1)) {
                batch.append(TIMESTAMP, None, Some(&value), std::iter::empty());
            }
            let records = i64::from(batch.count());
            bytes.extend(batch.seal(ProducerStamp::NONE));
            batches.push(Span { start, end: bytes.len(), records });
        }
        Self { bytes, batches }
    }

    /// As many whole batches as `room` has room for; none if not even one.
    pub(super) fn portion(&self, room: usize) -> Portion {
        let batches = self.batches.partition_point(|batch| batch.end <= room);
        self.first(batches)
    }

    /// The smallest that there is.
    pub(super) fn one(&self) -> Portion {
        self.first(1)
    }

    fn first(&self, batches: usize) -> Portion {
        let taken = self.batches.get(..batches).unwrap_or_default();
        let records = taken.iter().map(|batch| batch.records).sum();
        Portion { batches, bytes: taken.last().map_or(0, |batch| batch.end), records }
    }
}

/// What a record has besides its value, about: nothing is filled to the last byte.
const RECORD_OVERHEAD: usize = 10;
const TIMESTAMP: i64 = 1_700_000_000_000;

/// Copies of the canned batches, of one connection: each is lent to an answer, and used again when that is written.
#[derive(Default)]
pub(super) struct Copies(VecDeque<Bytes>);

impl Copies {
    /// The batches of `portion`, from `offset` on. A batch's checksum does not cover its offset.
    pub(super) fn lend(&mut self, canned: &Canned, portion: Portion, offset: i64) -> Bytes {
        let mut copy = self.unused(canned);
        let mut next = offset;
        for batch in canned.batches.iter().take(portion.batches) {
            copy[batch.start..batch.start + 8].copy_from_slice(&next.to_be_bytes());
            next += batch.records;
        }
        let copy = copy.freeze();
        self.0.push_back(copy.clone());
        copy.slice(..portion.bytes)
    }

    fn unused(&mut self, canned: &Canned) -> BytesMut {
        match self.0.pop_front().map(Bytes::try_into_mut) {
            Some(Ok(copy)) => return copy,
            // The oldest is not written yet.
            Some(Err(lent)) => self.0.push_front(lent),
            None => {}
        }
        BytesMut::from(&canned.bytes[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_sdk_protocol::records::batches;

    #[test]
    fn batches_begin_at_the_offset_that_was_asked_for_and_pass_all_checks() {
        let canned = Canned::new(100, 4 << 10, 16 << 10);
        let mut copies = Copies::default();
        for offset in [0, 7_000_000_000] {
            let portion = canned.portion(9 << 10);
            let lent = copies.lend(&canned, portion, offset);
            assert!(lent.len() <= 9 << 10 && lent.len() > 7 << 10, "{}", lent.len());
            let mut next = offset;
            for batch in batches(&lent) {
                let batch = batch.unwrap();
                batch.check().unwrap();
                for record in &batch.records().unwrap() {
                    assert_eq!((record.offset, record.value.map(<[u8]>::len)), (next, Some(100)));
                    next += 1;
                }
            }
            assert_eq!(next, offset + portion.records);
        }
        assert_eq!(copies.0.len(), 1, "the copy came back before it was lent again");
    }

    #[test]
    fn what_is_still_lent_is_not_patched() {
        let canned = Canned::new(100, 4 << 10, 16 << 10);
        let mut copies = Copies::default();
        let portion = canned.one();
        let (first, second) = (copies.lend(&canned, portion, 1), copies.lend(&canned, portion, 2));
        assert_eq!((first[7], second[7]), (1, 2));
    }
}
