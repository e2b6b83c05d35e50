//! The formats before v2 (magic 0 and 1): message sets, as brokers before 4.0 keep them in old topics. They are read, not
//! written.
//!
//! A message stands alone, and is made into a batch of one record; or it is a *wrapper*, whose value is a compressed
//! message set. Records come out in the layout of v2, so that whoever reads batches need not know.

use super::batch::{Attributes, BatchHeader, LENGTH_END, ProducerStamp};
use super::compression::{Codec, decompress};
use super::write::put_record;
use crate::error::{DecodeError, DecodeErrorKind};
use crc_fast::CrcAlgorithm;

type Result<T> = std::result::Result<T, DecodeErrorKind>;

const MAGIC_AT: usize = 16;
/// The checksum covers everything behind it.
const CRC_END: usize = MAGIC_AT;
/// What stands for a time in format 0.
const NO_TIMESTAMP: i64 = -1;

/// A message, with the offset and the length before it.
struct Message<'a> {
    offset: i64,
    crc: u32,
    magic: i8,
    attributes: Attributes,
    timestamp: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
}

/// Takes numbers and parts off the front of some bytes.
struct Cursor<'a>(&'a [u8]);

macro_rules! numbers {
    ($($name:ident: $type:ty;)*) => {
        $(fn $name(&mut self) -> Result<$type> {
            let (number, rest) = self.0.split_first_chunk().ok_or(DecodeErrorKind::Batch)?;
            self.0 = rest;
            Ok(<$type>::from_be_bytes(*number))
        })*
    };
}

impl<'a> Cursor<'a> {
    numbers! { i8: i8; i32: i32; u32: u32; i64: i64; }

    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(n).ok_or(DecodeErrorKind::Batch)?;
        self.0 = rest;
        Ok(part)
    }

    /// Bytes behind their length, -1 for null.
    fn part(&mut self) -> Result<Option<&'a [u8]>> {
        match self.i32()? {
            -1 => Ok(None),
            n => usize::try_from(n).map_err(|_| DecodeErrorKind::Batch).and_then(|n| self.take(n)).map(Some),
        }
    }

    /// The next message; it has to be whole.
    fn message(&mut self) -> Result<Message<'a>> {
        let offset = self.i64()?;
        let size = usize::try_from(self.i32()?).map_err(|_| DecodeErrorKind::Batch)?;
        let mut body = Cursor(self.take(size)?);
        let (crc, magic) = (body.u32()?, body.i8()?);
        let attributes = Attributes(body.i8()?.into());
        let timestamp = match magic {
            0 => NO_TIMESTAMP,
            1 => body.i64()?,
            other => return Err(DecodeErrorKind::Magic(other)),
        };
        let (key, value) = (body.part()?, body.part()?);
        if !body.0.is_empty() || offset < 0 {
            return Err(DecodeErrorKind::Batch);
        }
        Ok(Message { offset, crc, magic, attributes, timestamp, key, value })
    }
}

/// The header that stands for a message: of one record, or of a wrapper, whose first offset only its content tells.
pub(super) fn header(bytes: &[u8]) -> std::result::Result<BatchHeader, DecodeError> {
    let message = Cursor(bytes).message().map_err(|kind| DecodeError::new(kind, 0))?;
    if message.offset == i64::MAX {
        return Err(DecodeError::new(DecodeErrorKind::Batch, 0));
    }
    Ok(BatchHeader {
        base_offset: message.offset,
        length: i32::try_from(bytes.len() - LENGTH_END).unwrap_or(i32::MAX),
        leader_epoch: -1,
        crc: message.crc,
        attributes: message.attributes,
        last_offset_delta: 0,
        base_timestamp: message.timestamp,
        max_timestamp: message.timestamp,
        producer: ProducerStamp::NONE,
        count: 1,
    })
}

/// The checksum (of gzip and zip) that the bytes of a message give.
pub(super) fn computed_crc(bytes: &[u8]) -> u32 {
    let covered = bytes.get(CRC_END..).unwrap_or_default();
    (crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, covered) & 0xffff_ffff) as u32
}

/// The records of a message in the layout of v2, and the header that goes with them.
pub(super) fn records(bytes: &[u8], limit: usize) -> Result<(BatchHeader, Vec<u8>)> {
    let outer = Cursor(bytes).message()?;
    let number = outer.attributes.codec();
    let codec = Codec::from_number(number).filter(|codec| *codec != Codec::Zstd);
    let codec = codec.ok_or(DecodeErrorKind::Codec(number))?;
    if codec == Codec::None {
        return convert(&outer, &[&outer], 0);
    }
    let mut plain = Vec::new();
    let content = outer.value.ok_or(DecodeErrorKind::Batch)?;
    decompress(codec, content, &mut plain, limit).map_err(DecodeErrorKind::Compression)?;
    let inner = messages(&plain, outer.magic)?;
    let last = inner.last().ok_or(DecodeErrorKind::Batch)?;
    // In format 1 the offsets inside count from 0, and the wrapper has that of the last one (KIP-31).
    let shift = if outer.magic == 0 { 0 } else { outer.offset - last.offset };
    convert(&outer, &inner.iter().collect::<Vec<_>>(), shift)
}

fn messages(mut plain: &[u8], magic: i8) -> Result<Vec<Message<'_>>> {
    let mut messages = Vec::new();
    while !plain.is_empty() {
        let mut cursor = Cursor(plain);
        let message = cursor.message()?;
        if message.magic != magic || message.attributes.codec() != 0 {
            return Err(DecodeErrorKind::Batch);
        }
        messages.push(message);
        plain = cursor.0;
    }
    Ok(messages)
}

/// Messages of one wrapper as records, with offsets that are so much higher.
fn convert(outer: &Message<'_>, inner: &[&Message<'_>], shift: i64) -> Result<(BatchHeader, Vec<u8>)> {
    let (first, last) = inner.first().zip(inner.last()).ok_or(DecodeErrorKind::Batch)?;
    let base_offset = first.offset.checked_add(shift).filter(|&offset| offset >= 0);
    let delta = |offset: i64| i32::try_from(offset - first.offset).map_err(|_| DecodeErrorKind::Batch);
    let max_timestamp = match outer.attributes.is_log_append_time() {
        true => outer.timestamp,
        false => inner.iter().map(|message| message.timestamp).max().unwrap_or(NO_TIMESTAMP),
    };
    let mut body = Vec::new();
    for message in inner {
        let timestamp_delta = message.timestamp.wrapping_sub(first.timestamp);
        put_record(&mut body, timestamp_delta, delta(message.offset)?, message.key, message.value);
    }
    let header = BatchHeader {
        base_offset: base_offset.ok_or(DecodeErrorKind::Batch)?,
        length: i32::try_from(body.len()).map_err(|_| DecodeErrorKind::Batch)?,
        leader_epoch: -1,
        crc: outer.crc,
        attributes: outer.attributes,
        last_offset_delta: delta(last.offset)?,
        base_timestamp: first.timestamp,
        max_timestamp,
        producer: ProducerStamp::NONE,
        count: i32::try_from(inner.len()).map_err(|_| DecodeErrorKind::Batch)?,
    };
    Ok((header, body))
}

#[cfg(test)]
mod tests {
    use super::super::batches;
    use super::*;
    use bytes::Bytes;

    /// A message as Kafka wrote it.
    fn message(
        magic: i8,
        offset: i64,
        attributes: i8,
        timestamp: i64,
        key: Option<&[u8]>,
        value: &[u8],
    ) -> Vec<u8> {
        let mut body = vec![magic as u8, attributes as u8];
        if magic == 1 {
            body.extend(timestamp.to_be_bytes());
        }
        for part in [key, Some(value)] {
            body.extend(part.map_or(-1, |part| part.len() as i32).to_be_bytes());
            body.extend(part.unwrap_or_default());
        }
        let crc = (crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, &body) & 0xffff_ffff) as u32;
        let size = (4 + body.len()) as i32;
        [&offset.to_be_bytes()[..], &size.to_be_bytes(), &crc.to_be_bytes(), &body].concat()
    }

    type Read = Vec<(i64, i64, Option<Vec<u8>>, Vec<u8>)>;

    fn read(bytes: Vec<u8>) -> Read {
        let mut all = Vec::new();
        for batch in batches(&Bytes::from(bytes)) {
            let batch = batch.unwrap();
            batch.check().unwrap();
            for record in &batch.records().unwrap() {
                let (key, value) = (record.key.map(<[u8]>::to_vec), record.value.unwrap().to_vec());
                all.push((record.offset, record.timestamp, key, value));
            }
        }
        all
    }

    #[test]
    fn plain_messages_of_both_formats_follow_each_other() {
        let set = [message(0, 5, 0, 0, None, b"a"), message(1, 6, 0, 77, Some(b"k"), b"b"), vec![0; 11]];
        let expected = [(5, -1, None, b"a".to_vec()), (6, 77, Some(b"k".to_vec()), b"b".to_vec())];
        assert_eq!(read(set.concat()), expected);
    }

    #[test]
    fn a_flipped_bit_does_not_pass() {
        let mut bytes = message(1, 6, 0, 77, Some(b"k"), b"b");
        *bytes.last_mut().unwrap() ^= 1;
        let batch = batches(&bytes.into()).next().unwrap().unwrap();
        assert!(matches!(batch.check().unwrap_err().kind(), DecodeErrorKind::Checksum { .. }));
    }

    #[cfg(feature = "gzip")]
    mod wrapped {
        use super::*;
        use crate::records::compression::compress;

        fn wrapper(magic: i8, offset: i64, attributes: i8, timestamp: i64, inner: &[Vec<u8>]) -> Vec<u8> {
            let mut value = Vec::new();
            compress(Codec::Gzip, 6, &inner.concat(), &mut value).unwrap();
            message(magic, offset, attributes | 1, timestamp, None, &value)
        }

        fn offsets(bytes: Vec<u8>) -> Vec<(i64, i64)> {
            read(bytes).into_iter().map(|(offset, timestamp, ..)| (offset, timestamp)).collect()
        }

        #[test]
        fn offsets_in_a_wrapper_are_absolute_in_format_0_and_relative_in_format_1() {
            let inner = |magic, first| [0, 1, 3].map(|n| message(magic, first + n, 0, 100 + n, None, b"v"));
            let old = wrapper(0, 43, 0, 0, &inner(0, 40));
            assert_eq!(offsets(old), [(40, -1), (41, -1), (43, -1)]);
            let new = wrapper(1, 43, 0, 103, &inner(1, 0));
            assert_eq!(offsets(new.clone()), [(40, 100), (41, 101), (43, 103)]);
            let batch = batches(&new.into()).next().unwrap().unwrap();
            assert_eq!(batch.header().next_offset(), 44);
        }

        #[test]
        fn the_brokers_time_counts_for_all_in_the_wrapper() {
            let inner = [0, 1].map(|n| message(1, n, 0, 100 + n, None, b"v"));
            assert_eq!(offsets(wrapper(1, 1, 8, 999, &inner)), [(0, 999), (1, 999)]);
        }

        #[test]
        fn what_cannot_be_is_an_error() {
            let kind = |bytes: Vec<u8>| {
                let batch = batches(&bytes.into()).next().unwrap().unwrap();
                batch.records().unwrap_err().kind()
            };
            let one = message(1, 0, 0, 0, None, b"v");
            assert_eq!(kind(wrapper(1, 0, 0, 0, &[])), DecodeErrorKind::Batch, "nothing in it");
            assert_eq!(
                kind(wrapper(0, 0, 0, 0, std::slice::from_ref(&one))),
                DecodeErrorKind::Batch,
                "another format"
            );
            let nested = wrapper(1, 0, 0, 0, std::slice::from_ref(&one));
            assert_eq!(
                kind(wrapper(1, 0, 0, 0, &[nested])),
                DecodeErrorKind::Batch,
                "a wrapper in a wrapper"
            );
            let cut = one[..one.len() - 1].to_vec();
            assert_eq!(kind(wrapper(1, 0, 0, 0, &[one.clone(), cut])), DecodeErrorKind::Batch, "cut");
            let descending = [message(1, 1, 0, 0, None, b"v"), message(1, 0, 0, 0, None, b"v")];
            assert_eq!(kind(wrapper(1, 1, 0, 0, &descending)), DecodeErrorKind::Batch, "offsets descend");
            let before_zero = [message(1, 0, 0, 0, None, b"v"), message(1, 9, 0, 0, None, b"v")];
            assert_eq!(kind(wrapper(1, 5, 0, 0, &before_zero)), DecodeErrorKind::Batch, "below offset 0");
            assert_eq!(kind(message(1, 0, 4, 0, None, b"v")), DecodeErrorKind::Codec(4), "zstd came later");
        }
    }
}
