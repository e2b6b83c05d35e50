//! Records appended into their final bytes.

use super::batch::{HEADER_SIZE, ProducerStamp, Seal, seal};
use super::compression::{Codec, CompressionError, compress};
use crate::wire::{varint_len, zigzag, zigzag_long};

/// The most bytes that a record takes besides its key, value and headers: length, attributes, timestamp, offset, the
/// lengths of key and value, the number of headers.
pub const MAX_OVERHEAD: usize = 5 + 1 + 10 + 5 + 5 + 5 + 5;

/// A batch under construction: records go into `buffer` as they will be on the wire, behind room for the header.
///
/// ```
/// # use kafka_sdk_protocol::records::{BatchBuilder, HEADER_SIZE};
/// let mut builder = BatchBuilder::new(Vec::new());
/// let index = builder.append(0, None, Some(b"v"), std::iter::empty());
/// assert_eq!((index, builder.count(), builder.size()), (0, 1, HEADER_SIZE + 8));
/// ```
#[derive(Debug)]
pub struct BatchBuilder {
    buffer: Vec<u8>,
    base_timestamp: i64,
    max_timestamp: i64,
    count: i32,
}

impl BatchBuilder {
    /// An empty batch in `buffer`, whose content is dropped and whose capacity is kept.
    #[must_use]
    pub fn new(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        buffer.resize(HEADER_SIZE, 0);
        Self { buffer, base_timestamp: -1, max_timestamp: -1, count: 0 }
    }

    /// Records so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count.unsigned_abs()
    }

    /// Whether there is no record yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the batch so far, header included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.buffer.len()
    }

    /// Bytes that the buffer holds without growing.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Moves the batch into a larger buffer; gives back the old one.
    #[must_use]
    pub fn grow_into(&mut self, mut larger: Vec<u8>) -> Vec<u8> {
        larger.clear();
        larger.extend_from_slice(&self.buffer);
        std::mem::replace(&mut self.buffer, larger)
    }

    /// The timestamp that the others are counted from: the first record's.
    #[must_use]
    pub fn base_timestamp(&self) -> i64 {
        self.base_timestamp
    }

    /// Appends a record; the buffer grows if it must. Gives the record's index in the batch.
    pub fn append<'h>(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)> + Clone,
    ) -> u32 {
        let record = Plan::new(self, timestamp, key, value, headers_size(headers.clone()));
        self.buffer.reserve(record.size);
        self.put(timestamp, &record, key, value, headers)
    }

    /// As [`Self::append`], if the batch is not over `limit` bytes with it. `None`: it does not fit, and nothing has
    /// happened.
    #[inline]
    pub fn try_append<'h>(
        &mut self,
        limit: usize,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)> + Clone,
    ) -> Option<u32> {
        let record = Plan::new(self, timestamp, key, value, headers_size(headers.clone()));
        let fits = record.size <= limit.saturating_sub(self.buffer.len());
        fits.then(|| self.put(timestamp, &record, key, value, headers))
    }

    /// Fills in the header, with the checksum. An empty batch is not something that a broker takes.
    #[must_use]
    pub fn seal(mut self, producer: ProducerStamp) -> Vec<u8> {
        let header = self.header(Codec::None, producer);
        seal(&mut self.buffer, &header);
        self.buffer
    }

    /// As [`Self::seal`], with the records compressed into `spare`, whose content is dropped and whose capacity is kept.
    /// If they do not get smaller by it, they stay as they are.
    ///
    /// # Errors
    /// A codec that is not built in; then nothing is lost but the batch.
    pub fn seal_compressed(
        mut self,
        producer: ProducerStamp,
        codec: Codec,
        level: i32,
        mut spare: Vec<u8>,
    ) -> Result<Sealed, CompressionError> {
        spare.clear();
        spare.resize(HEADER_SIZE, 0);
        let records = self.buffer.get(HEADER_SIZE..).unwrap_or_default();
        if codec != Codec::None {
            compress(codec, level, records, &mut spare)?;
        }
        if codec != Codec::None && spare.len() < self.buffer.len() {
            seal(&mut spare, &self.header(codec, producer));
            return Ok(Sealed { batch: spare, spare: self.buffer });
        }
        let header = self.header(Codec::None, producer);
        seal(&mut self.buffer, &header);
        Ok(Sealed { batch: self.buffer, spare })
    }

    fn header(&self, codec: Codec, producer: ProducerStamp) -> Seal {
        let (base_timestamp, max_timestamp) = (self.base_timestamp, self.max_timestamp);
        Seal { base_timestamp, max_timestamp, count: self.count, codec, producer }
    }

    #[inline]
    fn put<'h>(
        &mut self,
        timestamp: i64,
        record: &Plan,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)>,
    ) -> u32 {
        if self.count == 0 {
            self.base_timestamp = timestamp;
            self.max_timestamp = timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp);
        match &record.short {
            Some(Start { first, second, value_length }) => {
                // One after the other: joined, they would go through memory.
                first.append_to(&mut self.buffer);
                second.append_to(&mut self.buffer);
                if let Some(key) = key {
                    self.buffer.extend_from_slice(key);
                    value_length.append_to(&mut self.buffer);
                }
            }
            None => self.put_long_start(timestamp, record.body, key, value),
        }
        self.buffer.extend_from_slice(value.unwrap_or_default());
        self.put_headers(headers);
        self.count += 1;
        (self.count - 1).unsigned_abs()
    }

    #[cold]
    fn put_long_start(&mut self, timestamp: i64, body: usize, key: Option<&[u8]>, value: Option<&[u8]>) {
        let delta = self.zigzag_delta(timestamp);
        put_varint(&mut self.buffer, zigzag_size(body));
        self.buffer.push(0);
        put_varint(&mut self.buffer, delta);
        put_varint(&mut self.buffer, zigzag(self.count).into());
        put_varint(&mut self.buffer, zigzag_length(key));
        self.buffer.extend_from_slice(key.unwrap_or_default());
        put_varint(&mut self.buffer, zigzag_length(value));
    }

    #[inline]
    fn zigzag_delta(&self, timestamp: i64) -> u64 {
        zigzag_long(if self.count == 0 { 0 } else { timestamp.wrapping_sub(self.base_timestamp) })
    }

    #[inline]
    fn put_headers<'h>(&mut self, headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)>) {
        if headers.len() == 0 {
            self.buffer.push(0);
            return;
        }
        put_varint(&mut self.buffer, zigzag_size(headers.len()));
        for (name, value) in headers {
            for part in [Some(name.as_bytes()), value] {
                put_varint(&mut self.buffer, zigzag_length(part));
                self.buffer.extend_from_slice(part.unwrap_or_default());
            }
        }
    }
}

/// A sealed batch, and the buffer that is free again.
#[derive(Debug)]
pub struct Sealed {
    /// The batch as it goes over the wire.
    pub batch: Vec<u8>,
    /// What the records were in, or what was lent for the compressed ones: to be used again.
    pub spare: Vec<u8>,
}

/// How a record is written: worked out before it is known whether it fits.
struct Plan {
    /// Its start, in registers: none where a number is too large for that.
    short: Option<Start>,
    /// Bytes of the record without its length.
    body: usize,
    /// Bytes of the record.
    size: usize,
}

/// From a record's length to that of its key, or of its value where there is no key; and the length of the value.
struct Start {
    /// Length, attributes, timestamp: up to 7 bytes.
    first: Short,
    /// Offset, lengths of key and value: up to 7 bytes.
    second: Short,
    value_length: Short,
}

impl Plan {
    #[inline]
    fn new(
        batch: &BatchBuilder,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers_size: usize,
    ) -> Self {
        let parts = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers_size;
        let (delta, offset) = (batch.zigzag_delta(timestamp), u64::from(zigzag(batch.count)));
        let (key_length, value_length) = (zigzag_length(key), zigzag_length(value));
        let three_bytes = delta | offset | zigzag_size(parts + 16);
        if three_bytes >= 1 << 21 || (key_length | value_length) >= 1 << 14 {
            return Self::long(delta, offset, key_length, value_length, parts);
        }
        // The attributes, which are all zero, are the first byte.
        let timestamp = Short { bits: 0, bytes: 1 }.then(Short::of(delta));
        let value_length = Short::of(value_length);
        let mut second = Short::of(offset).then(Short::of(key_length));
        let body = parts + (timestamp.bytes + second.bytes + value_length.bytes) as usize;
        if key.is_none() {
            second = second.then(value_length);
        }
        let first = Short::of(zigzag_size(body)).then(timestamp);
        let size = body + (first.bytes - timestamp.bytes) as usize;
        Self { short: Some(Start { first, second, value_length }), body, size }
    }

    #[cold]
    fn long(delta: u64, offset: u64, key_length: u64, value_length: u64, parts: usize) -> Self {
        let numbers = [delta, offset, key_length, value_length];
        let body = 1 + numbers.into_iter().map(varint_len).sum::<usize>() + parts;
        Self { short: None, body, size: body + varint_len(zigzag_size(body)) }
    }
}

/// Up to 8 bytes in a register.
#[derive(Clone, Copy)]
struct Short {
    bits: u64,
    bytes: u32,
}

impl Short {
    /// Of a number of at most 21 bits, as a varint.
    #[inline]
    fn of(value: u64) -> Self {
        match value {
            ..0x80 => Self { bits: value, bytes: 1 },
            0x80..0x4000 => Self { bits: value & 0x7f | 0x80 | (value << 1) & 0x7f00, bytes: 2 },
            _ => Self {
                bits: value & 0x7f | 0x8080 | (value << 1) & 0x7f00 | (value << 2) & 0x7f_0000,
                bytes: 3,
            },
        }
    }

    #[inline]
    fn append_to(self, buffer: &mut Vec<u8>) {
        append_fixed(buffer, self.bits.to_le_bytes(), self.bytes as usize);
    }

    #[inline]
    fn then(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits << (8 * self.bytes), bytes: self.bytes + other.bytes }
    }
}

/// Appends the first `used` of `bytes`: all of them where there is room, to drop what is too many. A copy of fixed size is
/// one instruction, one of a few bytes is a call.
#[inline]
fn append_fixed<const N: usize>(buffer: &mut Vec<u8>, bytes: [u8; N], used: usize) {
    let end = buffer.len() + used;
    if buffer.capacity() - buffer.len() >= N {
        buffer.extend_from_slice(&bytes);
        buffer.truncate(end);
    } else {
        buffer.extend_from_slice(bytes.get(..used).unwrap_or_default());
    }
}

#[allow(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn put_varint(buffer: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        buffer.push(value as u8 | 0x80);
        value >>= 7;
    }
    buffer.push(value as u8);
}

/// A record without headers, with any offset: for what was not written here.
pub(super) fn put_record(
    buffer: &mut Vec<u8>,
    timestamp_delta: i64,
    offset_delta: i32,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) {
    let numbers = [zigzag_long(timestamp_delta), zigzag(offset_delta).into()];
    let parts = [key, value].map(|part| varint_len(zigzag_length(part)) + part.map_or(0, <[u8]>::len));
    let body = 2 + numbers.iter().map(|n| varint_len(*n)).sum::<usize>() + parts.iter().sum::<usize>();
    buffer.reserve(varint_len(zigzag_size(body)) + body);
    put_varint(buffer, zigzag_size(body));
    buffer.push(0);
    numbers.iter().for_each(|n| put_varint(buffer, *n));
    for part in [key, value] {
        put_varint(buffer, zigzag_length(part));
        buffer.extend_from_slice(part.unwrap_or_default());
    }
    buffer.push(0);
}

#[inline]
fn headers_size<'h>(headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)>) -> usize {
    let part = |part: Option<&[u8]>| varint_len(zigzag_length(part)) + part.map_or(0, <[u8]>::len);
    let count = if headers.len() == 0 { 1 } else { varint_len(zigzag_size(headers.len())) };
    headers.fold(count, |size, (name, value)| size + part(Some(name.as_bytes())) + part(value))
}

/// The length of a part as it is written: -1 for null.
#[inline]
fn zigzag_length(part: Option<&[u8]>) -> u64 {
    part.map_or(1, |bytes| zigzag_size(bytes.len()))
}

/// Lengths and counts are not negative: zig-zag doubles them. A record is never near 2 GiB, as what holds it is bounded
/// long before.
#[inline]
fn zigzag_size(size: usize) -> u64 {
    (size as u64) << 1
}
