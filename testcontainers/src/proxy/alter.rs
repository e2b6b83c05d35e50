//! Answers that are not what the broker sent.

use bytes::{Bytes, BytesMut};
use kafka_sdk_protocol::api::{ApiKey, FetchRequest};

use super::frame::{Head, PREFIX};

/// A change to an answer's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alteration {
    FlipBit(usize),
    FlipRecordBit,
    Overwrite { at: usize, bytes: Vec<u8> },
    Replace(Vec<u8>),
}

impl Alteration {
    /// The altered answer to a request with this head.
    pub(super) fn apply(&self, head: &Head, answer: Bytes) -> Bytes {
        match self {
            Self::FlipBit(bit) => flip_bit(&answer, *bit),
            Self::FlipRecordBit => flip_record_bit(head, &answer).unwrap_or(answer),
            Self::Overwrite { at, bytes } => overwrite(&answer, *at, bytes),
            Self::Replace(bytes) => framed(head.correlation_id, bytes),
        }
    }
}

fn flip_bit(frame: &[u8], bit: usize) -> Bytes {
    let mut bytes = BytesMut::from(frame);
    let message = &mut bytes[PREFIX..];
    if !message.is_empty() {
        let bit = bit % (message.len() * 8);
        message[bit / 8] ^= 0x80 >> (bit % 8);
    }
    bytes.freeze()
}

fn overwrite(frame: &[u8], at: usize, with: &[u8]) -> Bytes {
    let mut bytes = BytesMut::from(frame);
    for (there, byte) in bytes.iter_mut().skip(at).zip(with) {
        *there = *byte;
    }
    bytes.freeze()
}

fn framed(correlation_id: i32, rest: &[u8]) -> Bytes {
    let length = (4 + rest.len()) as u32;
    [&length.to_be_bytes()[..], &correlation_id.to_be_bytes(), rest].concat().into()
}

/// The last byte of the first records there are belongs to a record, whatever the batch's format.
fn flip_record_bit(head: &Head, frame: &Bytes) -> Option<Bytes> {
    if head.api != ApiKey::FETCH {
        return None;
    }
    let mut response = head.response::<FetchRequest>(frame)?;
    let mut partitions = response.responses.iter_mut().flat_map(|topic| &mut topic.partitions);
    let records = partitions.find_map(|partition| partition.records.as_mut().filter(|it| !it.is_empty()))?;
    let mut flipped = BytesMut::from(&records[..]);
    *flipped.last_mut()? ^= 1;
    *records = flipped.freeze();
    head.answer::<FetchRequest>(&response)
}

/// Gives each of two answers the other's correlation id.
pub(super) fn swap_correlation_ids(one: &Bytes, other: &Bytes) -> (Bytes, Bytes) {
    let id = |frame: &Bytes| frame.get(PREFIX..PREFIX + 4).unwrap_or_default().to_vec();
    (overwrite(one, PREFIX, &id(other)), overwrite(other, PREFIX, &id(one)))
}

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::api::FetchResponse;
    use kafka_sdk_protocol::api::fetch::{FetchableTopicResponse, PartitionData};

    use super::*;

    fn frame(message: &[u8]) -> Bytes {
        [&(message.len() as u32).to_be_bytes(), message].concat().into()
    }

    #[test]
    fn bits_are_counted_from_behind_the_length_and_around_the_end() {
        assert_eq!(flip_bit(&frame(&[0, 0]), 0), frame(&[0x80, 0]));
        assert_eq!(flip_bit(&frame(&[0, 0]), 15), frame(&[0, 1]));
        assert_eq!(flip_bit(&frame(&[0, 0]), 16), frame(&[0x80, 0]));
        assert_eq!(flip_bit(&frame(&[]), 3), frame(&[]));
    }

    #[test]
    fn overwriting_does_not_make_a_frame_longer() {
        assert_eq!(overwrite(&frame(&[1, 2]), 5, &[8, 9, 10]), frame(&[1, 8]));
        assert_eq!(overwrite(&frame(&[1, 2]), 60, &[8]), frame(&[1, 2]));
    }

    #[test]
    fn two_answers_swap_their_ids_and_nothing_else() {
        let (one, other) = (frame(&[0, 0, 0, 1, 11]), frame(&[0, 0, 0, 2, 22]));
        let swapped = swap_correlation_ids(&one, &other);
        assert_eq!(swapped, (frame(&[0, 0, 0, 2, 11]), frame(&[0, 0, 0, 1, 22])));
    }

    #[test]
    fn a_flipped_bit_of_records_leaves_the_rest_of_the_answer() {
        let fetched = |records: &'static [u8]| {
            let partition = |records| PartitionData { records: Some(records), ..Default::default() };
            let partitions = vec![partition(Bytes::new()), partition(Bytes::from_static(records))];
            let topic = FetchableTopicResponse { partitions, ..Default::default() };
            FetchResponse { responses: vec![topic], ..Default::default() }
        };
        let head = Head { api: ApiKey::FETCH, version: 13, correlation_id: 5 };
        let answer = head.answer::<FetchRequest>(&fetched(&[1, 2])).unwrap();
        let altered = Alteration::FlipRecordBit.apply(&head, answer);
        assert_eq!(head.response::<FetchRequest>(&altered).unwrap(), fetched(&[1, 3]));
        let empty = head.answer::<FetchRequest>(&fetched(&[])).unwrap();
        assert_eq!(Alteration::FlipRecordBit.apply(&head, empty.clone()), empty);
    }
}
