//! Which batches of a fetch are of transactions that were aborted (KIP-98). Pure.

use kafka_sdk_protocol::DecodeError;
use kafka_sdk_protocol::records::{ControlRecord, RecordBatch};

/// The transactions that a broker has named with the records. Empty where uncommitted records are read as well.
#[derive(Debug, Default)]
pub(in super::super) struct Aborted {
    /// First offset and producer id of those that begin further on; the next one is the last.
    ahead: Vec<(i64, i64)>,
    /// The producers whose records do not count at the moment.
    producers: Vec<i64>,
}

impl Aborted {
    /// Of transactions with first offset and producer id, in any order.
    pub(in super::super) fn new(mut transactions: Vec<(i64, i64)>) -> Self {
        transactions.sort_unstable_by(|a, b| b.cmp(a));
        Self { ahead: transactions, producers: Vec::new() }
    }

    /// Whether the records of the next batch do not count.
    ///
    /// # Errors
    /// A marker that cannot be read.
    pub(in super::super) fn covers(&mut self, batch: &RecordBatch) -> Result<bool, DecodeError> {
        if self.ahead.is_empty() && self.producers.is_empty() {
            return Ok(false);
        }
        let header = batch.header();
        while let Some((_, producer)) = self.ahead.pop_if(|(first, _)| *first <= header.last_offset()) {
            self.producers.push(producer);
        }
        let (attributes, producer) = (header.attributes, header.producer.id);
        if attributes.is_control() && is_abort(batch)? {
            self.producers.retain(|open| *open != producer);
        }
        Ok(attributes.is_transactional() && !attributes.is_control() && self.producers.contains(&producer))
    }
}

fn is_abort(marker: &RecordBatch) -> Result<bool, DecodeError> {
    let records = marker.records()?;
    let key = records.iter().next().and_then(|record| record.key);
    Ok(key.map(ControlRecord::from_key).transpose()? == Some(ControlRecord::Abort))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, batches, restamp};

    const TRANSACTIONAL: u8 = 0x10;
    const CONTROL: u8 = 0x20;

    fn batch(offset: i64, producer: i64, attributes: u8, key: Option<&[u8]>) -> RecordBatch {
        let mut builder = BatchBuilder::new(Vec::new());
        builder.append(0, key, Some(b"v"), std::iter::empty());
        let mut bytes = builder.seal(ProducerStamp::NONE);
        bytes[..8].copy_from_slice(&offset.to_be_bytes());
        bytes[22] |= attributes;
        let bytes = restamp(&bytes, ProducerStamp { id: producer, epoch: 0, base_sequence: 0 });
        batches(&bytes.into()).next().unwrap().unwrap()
    }

    fn records(offset: i64, producer: i64) -> RecordBatch {
        batch(offset, producer, TRANSACTIONAL, None)
    }

    fn marker(offset: i64, producer: i64, kind: u8) -> RecordBatch {
        batch(offset, producer, TRANSACTIONAL | CONTROL, Some(&[0, 0, 0, kind]))
    }

    const ABORT: u8 = 0;
    const COMMIT: u8 = 1;

    /// The offsets of the batches with records that do not count.
    fn covered(mut aborted: Aborted, batches: &[RecordBatch]) -> Vec<i64> {
        let covered = batches.iter().filter(|batch| aborted.covers(batch).unwrap());
        covered.map(|batch| batch.header().base_offset).collect()
    }

    #[test]
    fn transactions_are_told_apart_by_producer_and_by_their_markers() {
        let log = [
            records(0, 1),
            records(1, 2),
            batch(2, 1, 0, None),
            records(3, 1),
            marker(4, 1, ABORT),
            records(5, 1),
            marker(6, 2, COMMIT),
            marker(7, 1, COMMIT),
            records(8, 1),
            marker(9, 1, ABORT),
        ];
        let aborted = Aborted::new(vec![(8, 1), (0, 1)]);
        assert_eq!(covered(aborted, &log), [0, 3, 8], "unsorted, and one producer twice");
        assert!(covered(Aborted::default(), &log).is_empty());
    }

    #[test]
    fn doubled_markers_and_transactions_named_twice_do_no_harm() {
        let log =
            [records(0, 1), marker(1, 1, ABORT), marker(2, 1, ABORT), records(3, 1), marker(4, 1, COMMIT)];
        assert_eq!(covered(Aborted::new(vec![(0, 1), (0, 1)]), &log), [0]);
    }

    #[test]
    fn a_transaction_that_begins_within_a_batch_of_another_producer_is_known_by_then() {
        let log = [records(5, 2), records(6, 1), marker(7, 1, ABORT), records(8, 1)];
        assert_eq!(covered(Aborted::new(vec![(2, 1)]), &log), [6]);
    }

    #[test]
    fn a_marker_without_a_readable_key_is_an_error() {
        let mut aborted = Aborted::new(vec![(0, 1)]);
        assert!(aborted.covers(&batch(0, 1, TRANSACTIONAL | CONTROL, Some(&[0]))).is_err());
    }
}
