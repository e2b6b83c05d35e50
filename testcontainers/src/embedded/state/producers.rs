//! What a partition remembers of idempotent producers (KIP-98, KIP-360).

use std::collections::{HashMap, VecDeque};

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::records::{BatchHeader, ProducerStamp};

/// Batches that are remembered of each producer.
const REMEMBERED: usize = 5;

/// The producers of a partition.
#[derive(Debug, Default)]
pub(crate) struct Producers(HashMap<i64, Producer>);

#[derive(Debug)]
struct Producer {
    epoch: i16,
    batches: VecDeque<Written>,
}

/// A batch that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    first_sequence: i32,
    last_sequence: i32,
    last_offset: i64,
    pub(crate) first_offset: i64,
    pub(crate) timestamp: i64,
}

/// What is to be done with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Append,
    /// It is in the log already.
    Duplicate(Written),
    Refuse(ErrorCode),
}

impl Producers {
    /// Judges a batch. `strict`: a producer that is not known must begin at 0 (before KIP-360, Kafka 2.5).
    pub(crate) fn judge(&self, header: &BatchHeader, strict: bool) -> Verdict {
        let stamp = header.producer;
        if stamp.id < 0 {
            return Verdict::Append;
        }
        let Some(known) = self.0.get(&stamp.id) else { return judge_unknown(stamp, strict) };
        if let Some(written) = known.find(header) {
            return Verdict::Duplicate(written);
        }
        match stamp.epoch.cmp(&known.epoch) {
            std::cmp::Ordering::Less => Verdict::Refuse(ErrorCode::INVALID_PRODUCER_EPOCH),
            std::cmp::Ordering::Greater => accept_if(stamp.base_sequence == 0),
            std::cmp::Ordering::Equal => accept_if(known.expects() == Some(stamp.base_sequence)),
        }
    }

    /// Remembers a batch that was appended at `first_offset`.
    pub(crate) fn note(&mut self, header: &BatchHeader, first_offset: i64) {
        let stamp = header.producer;
        if stamp.id < 0 {
            return;
        }
        let known =
            self.0.entry(stamp.id).or_insert(Producer { epoch: stamp.epoch, batches: VecDeque::new() });
        if known.epoch != stamp.epoch {
            *known = Producer { epoch: stamp.epoch, batches: VecDeque::new() };
        }
        if known.batches.len() == REMEMBERED {
            known.batches.pop_front();
        }
        known.batches.push_back(Written {
            first_sequence: stamp.base_sequence,
            last_sequence: add(stamp.base_sequence, header.last_offset_delta),
            last_offset: first_offset + i64::from(header.last_offset_delta),
            first_offset,
            timestamp: header.max_timestamp,
        });
    }

    /// Forgets producers none of whose records are left, as deleting records does. Kafka's brokers before 2.4 do.
    pub(crate) fn forget_before(&mut self, start: i64) {
        self.0.retain(|_, known| known.batches.back().is_some_and(|batch| batch.last_offset >= start));
    }
}

impl Producer {
    fn find(&self, header: &BatchHeader) -> Option<Written> {
        let first = header.producer.base_sequence;
        let last = add(first, header.last_offset_delta);
        let same = |batch: &&Written| (batch.first_sequence, batch.last_sequence) == (first, last);
        (self.epoch == header.producer.epoch).then(|| self.batches.iter().find(same).copied()).flatten()
    }

    fn expects(&self) -> Option<i32> {
        self.batches.back().map(|batch| add(batch.last_sequence, 1))
    }
}

fn judge_unknown(stamp: ProducerStamp, strict: bool) -> Verdict {
    if strict && stamp.base_sequence != 0 {
        return Verdict::Refuse(ErrorCode::UNKNOWN_PRODUCER_ID);
    }
    Verdict::Append
}

fn accept_if(accepted: bool) -> Verdict {
    if accepted { Verdict::Append } else { Verdict::Refuse(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER) }
}

/// Sequence numbers go from 2,147,483,647 on to 0.
fn add(sequence: i32, more: i32) -> i32 {
    sequence.wrapping_add(more) & i32::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(epoch: i16, base_sequence: i32, count: i32) -> BatchHeader {
        BatchHeader {
            base_offset: 0,
            length: 0,
            leader_epoch: 0,
            crc: 0,
            attributes: Default::default(),
            last_offset_delta: count - 1,
            base_timestamp: 0,
            max_timestamp: 0,
            producer: ProducerStamp { id: 7, epoch, base_sequence },
            count,
        }
    }

    fn wrote(batches: &[(i16, i32, i32)]) -> Producers {
        let mut producers = Producers::default();
        let mut offset = 0;
        for &(epoch, sequence, count) in batches {
            let header = header(epoch, sequence, count);
            assert_eq!(producers.judge(&header, false), Verdict::Append, "{epoch} {sequence}");
            producers.note(&header, offset);
            offset += i64::from(count);
        }
        producers
    }

    fn offset_of_duplicate(verdict: Verdict) -> Option<i64> {
        if let Verdict::Duplicate(written) = verdict { Some(written.first_offset) } else { None }
    }

    const OUT_OF_ORDER: Verdict = Verdict::Refuse(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);

    #[test]
    fn each_of_the_last_five_batches_is_known_again_and_no_older_one() {
        let producers = wrote(&[(0, 0, 2), (0, 2, 2), (0, 4, 2), (0, 6, 2), (0, 8, 2), (0, 10, 2)]);
        for nth in 1..6 {
            assert_eq!(
                offset_of_duplicate(producers.judge(&header(0, nth * 2, 2), false)),
                Some(i64::from(nth * 2))
            );
        }
        assert_eq!(producers.judge(&header(0, 0, 2), false), OUT_OF_ORDER);
    }

    #[test]
    fn a_gap_and_another_boundary_are_out_of_order() {
        let producers = wrote(&[(0, 0, 2)]);
        assert_eq!(producers.judge(&header(0, 3, 1), false), OUT_OF_ORDER);
        assert_eq!(producers.judge(&header(0, 0, 1), false), OUT_OF_ORDER);
        assert_eq!(producers.judge(&header(0, 2, 1), false), Verdict::Append);
    }

    #[test]
    fn an_older_epoch_is_fenced_and_a_newer_one_begins_at_zero() {
        let producers = wrote(&[(3, 0, 2)]);
        assert_eq!(
            producers.judge(&header(2, 2, 1), false),
            Verdict::Refuse(ErrorCode::INVALID_PRODUCER_EPOCH)
        );
        assert_eq!(producers.judge(&header(4, 2, 1), false), OUT_OF_ORDER);
        assert_eq!(producers.judge(&header(4, 0, 1), false), Verdict::Append);
    }

    #[test]
    fn sequences_wrap() {
        let producers = wrote(&[(0, i32::MAX - 1, 3)]);
        assert_eq!(producers.judge(&header(0, 1, 1), false), Verdict::Append);
        assert!(offset_of_duplicate(producers.judge(&header(0, i32::MAX - 1, 3), false)).is_some());
    }

    #[test]
    fn an_unknown_producer_may_begin_anywhere_since_2_5() {
        let producers = Producers::default();
        assert_eq!(producers.judge(&header(0, 9, 1), false), Verdict::Append);
        assert_eq!(producers.judge(&header(0, 9, 1), true), Verdict::Refuse(ErrorCode::UNKNOWN_PRODUCER_ID));
    }
}
