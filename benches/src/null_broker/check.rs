//! Looks into batches that were produced, by code of its own: what the client and the broker share cannot hide a fault.

use bytes::Bytes;
use kafka_protocol::records::RecordBatchDecoder;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::HashMap;

/// What is known of the producers so far.
#[derive(Default)]
pub(super) struct Checks {
    next: HashMap<(String, Uuid, i32, i64), Next>,
}

/// What a producer has to write next to a partition.
struct Next {
    epoch: i16,
    sequence: i32,
}

impl Checks {
    /// Checksum, number of records, and the place of the batch in the producer's sequence.
    pub(super) fn check(
        &mut self,
        topic: &str,
        id: Uuid,
        partition: i32,
        batch: &[u8],
    ) -> Result<(), String> {
        let fault = |text: String| Err(format!("partition {partition} of {topic:?}: {text}"));
        let header = match Header::read(batch) {
            Ok(header) => header,
            Err(text) => return fault(text),
        };
        let counted = if header.compressed() { decompressed(batch) } else { records(&batch[61..]) };
        match counted {
            Some(records) if records == header.records && header.last_offset_delta == records - 1 => {}
            records => {
                return fault(format!(
                    "{records:?} records where the header says {} and {} for the last",
                    header.records, header.last_offset_delta
                ));
            }
        }
        if header.producer < 0 {
            return Ok(());
        }
        let first = Next { epoch: header.epoch, sequence: 0 };
        let next = self.next.entry((topic.to_owned(), id, partition, header.producer)).or_insert(first);
        if header.epoch > next.epoch {
            *next = Next { epoch: header.epoch, sequence: 0 };
        }
        if (header.epoch, header.sequence) != (next.epoch, next.sequence) {
            return fault(format!(
                "sequence {} in epoch {} where {} in {} is the next one",
                header.sequence, header.epoch, next.sequence, next.epoch
            ));
        }
        // After 2³¹ - 1 comes 0.
        next.sequence = (header.sequence.wrapping_add(header.records)) & i32::MAX;
        Ok(())
    }
}

struct Header {
    attributes: i16,
    last_offset_delta: i32,
    producer: i64,
    epoch: i16,
    sequence: i32,
    records: i32,
}

impl Header {
    fn read(batch: &[u8]) -> Result<Self, String> {
        let header = batch.first_chunk::<61>().ok_or("less than the header of a batch")?;
        let length = i32::from_be_bytes(part(header, 8));
        if i32::try_from(batch.len() - 12) != Ok(length) {
            return Err(format!("{} bytes follow the length, which says {length}", batch.len() - 12));
        }
        let (crc, computed) = (u32::from_be_bytes(part(header, 17)), crc32c::crc32c(&batch[21..]));
        if crc != computed {
            return Err(format!("checksum {crc:08x} where {computed:08x} is right"));
        }
        Ok(Self {
            attributes: i16::from_be_bytes(part(header, 21)),
            last_offset_delta: i32::from_be_bytes(part(header, 23)),
            producer: i64::from_be_bytes(part(header, 43)),
            epoch: i16::from_be_bytes(part(header, 51)),
            sequence: i32::from_be_bytes(part(header, 53)),
            records: i32::from_be_bytes(part(header, 57)),
        })
    }

    fn compressed(&self) -> bool {
        self.attributes & 7 != 0
    }
}

fn part<const N: usize>(header: &[u8; 61], at: usize) -> [u8; N] {
    std::array::from_fn(|i| header[at + i])
}

/// How many there are, by the length of each; none if they do not end where the batch does.
fn records(mut rest: &[u8]) -> Option<i32> {
    let mut count = 0;
    while !rest.is_empty() {
        let length = varint(&mut rest)?;
        rest = rest.get(usize::try_from(length).ok()?..)?;
        count += 1;
    }
    Some(count)
}

/// How many there are, as another library counts them.
fn decompressed(batch: &[u8]) -> Option<i32> {
    let sets = RecordBatchDecoder::decode_all(&mut Bytes::copy_from_slice(batch)).ok()?;
    i32::try_from(sets.iter().map(|set| set.records.len()).sum::<usize>()).ok()
}

fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random;
    use crate::record::Record;
    use bytes::BytesMut;
    use kafka_protocol::records::{Compression, RecordBatchEncoder, RecordEncodeOptions};
    use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};

    fn batch(records: usize, base_sequence: i32) -> Vec<u8> {
        let mut batch = BatchBuilder::new(Vec::new());
        for value in random(records, 100) {
            batch.append(1, None, Some(&value), std::iter::empty());
        }
        batch.seal(ProducerStamp { id: 7, epoch: 0, base_sequence })
    }

    fn check(checks: &mut Checks, batch: &[u8]) -> Result<(), String> {
        checks.check("orders", Uuid::ZERO, 0, batch)
    }

    #[test]
    fn batches_in_sequence_pass() {
        let mut checks = Checks::default();
        for sequence in [0, 10, 20] {
            check(&mut checks, &batch(10, sequence)).unwrap();
        }
    }

    #[test]
    fn a_gap_a_repetition_and_a_false_start_are_faults() {
        let mut checks = Checks::default();
        assert!(check(&mut checks, &batch(10, 10)).unwrap_err().contains("sequence 10"));
        check(&mut checks, &batch(10, 0)).unwrap();
        assert!(check(&mut checks, &batch(10, 0)).is_err());
        assert!(check(&mut checks, &batch(10, 20)).is_err());
    }

    #[test]
    fn a_bit_that_is_not_as_it_was_written_is_a_fault() {
        let good = batch(10, 0);
        for at in [8, 17, 22, 57, 100] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(check(&mut Checks::default(), &bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn compressed_records_are_counted() {
        let values = (0..).zip(random(10, 100));
        let records: Vec<_> = values.map(|(n, value)| (&Record::of(n, value)).into()).collect();
        let options = RecordEncodeOptions { version: 2, compression: Compression::Lz4 };
        let mut batch = BytesMut::new();
        RecordBatchEncoder::encode(&mut batch, &records, &options).unwrap();
        check(&mut Checks::default(), &batch).unwrap();
        batch[60] = 11;
        let crc = crc32c::crc32c(&batch[21..]);
        batch[17..21].copy_from_slice(&crc.to_be_bytes());
        assert!(check(&mut Checks::default(), &batch).is_err());
    }

    #[test]
    fn a_header_that_counts_more_records_than_there_are_is_a_fault() {
        let mut bad = batch(10, 0);
        bad[60] = 11;
        let crc = crc32c::crc32c(&bad[21..]);
        bad[17..21].copy_from_slice(&crc.to_be_bytes());
        assert!(check(&mut Checks::default(), &bad).unwrap_err().contains("Some(10) records"));
    }
}
