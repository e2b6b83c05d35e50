//! Records appended into their final bytes.

use super::batch::{HEADER_SIZE, ProducerStamp, Seal, seal};
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
        let headers_size = headers_size(headers.clone());
        let record = Parts { timestamp_delta: self.delta(timestamp), key, value, headers_size };
        self.put(timestamp, &record, headers)
    }

    /// As [`Self::append`], if the batch is not over `limit` bytes with it. `None`: it does not fit, and nothing has
    /// happened.
    pub fn try_append<'h>(
        &mut self,
        limit: usize,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)> + Clone,
    ) -> Option<u32> {
        let headers_size = headers_size(headers.clone());
        let record = Parts { timestamp_delta: self.delta(timestamp), key, value, headers_size };
        let body = record.body_size(self.count);
        let size = body + length_size(body);
        (size <= limit.saturating_sub(self.buffer.len())).then(|| self.put(timestamp, &record, headers))
    }

    /// Fills in the header, with the checksum. An empty batch is not something that a broker takes.
    #[must_use]
    pub fn seal(mut self, producer: ProducerStamp) -> Vec<u8> {
        let (base_timestamp, max_timestamp) = (self.base_timestamp, self.max_timestamp);
        seal(&mut self.buffer, &Seal { base_timestamp, max_timestamp, count: self.count, producer });
        self.buffer
    }

    fn delta(&self, timestamp: i64) -> i64 {
        if self.count == 0 { 0 } else { timestamp.wrapping_sub(self.base_timestamp) }
    }

    #[inline]
    fn put<'h>(
        &mut self,
        timestamp: i64,
        record: &Parts<'_>,
        headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)>,
    ) -> u32 {
        if self.count == 0 {
            self.base_timestamp = timestamp;
            self.max_timestamp = timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp);

        let mut start = Short::default();
        start.varint(zigzag(to_i32(record.body_size(self.count))));
        start.byte(0);
        start.varlong(zigzag_long(record.timestamp_delta));
        start.varint(zigzag(self.count));
        start.length(record.key);
        match record.key {
            None => {
                start.length(record.value);
                self.buffer.extend_from_slice(start.bytes());
            }
            Some(key) => {
                self.buffer.extend_from_slice(start.bytes());
                self.buffer.extend_from_slice(key);
                let mut middle = Short::default();
                middle.length(record.value);
                self.buffer.extend_from_slice(middle.bytes());
            }
        }
        self.buffer.extend_from_slice(record.value.unwrap_or_default());
        self.put_headers(headers);
        self.count += 1;
        (self.count - 1).unsigned_abs()
    }

    fn put_headers<'h>(&mut self, headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)>) {
        if headers.len() == 0 {
            self.buffer.push(0);
            return;
        }
        let mut short = Short::default();
        short.varint(zigzag(to_i32(headers.len())));
        self.buffer.extend_from_slice(short.bytes());
        for (name, value) in headers {
            for part in [Some(name.as_bytes()), value] {
                let mut short = Short::default();
                short.length(part);
                self.buffer.extend_from_slice(short.bytes());
                self.buffer.extend_from_slice(part.unwrap_or_default());
            }
        }
    }
}

struct Parts<'a> {
    timestamp_delta: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    headers_size: usize,
}

impl Parts<'_> {
    /// Bytes of the record as the `index`-th of its batch, without its length.
    #[inline]
    fn body_size(&self, index: i32) -> usize {
        1 + varlong_len(zigzag_long(self.timestamp_delta))
            + varint_len(zigzag(index))
            + part_size(self.key)
            + part_size(self.value)
            + self.headers_size
    }
}

/// Bytes of the length in front of a record of `body` bytes.
#[inline]
fn length_size(body: usize) -> usize {
    varint_len(zigzag(to_i32(body)))
}

#[inline]
fn part_size(part: Option<&[u8]>) -> usize {
    match part {
        None => 1,
        Some(bytes) => length_size(bytes.len()) + bytes.len(),
    }
}

#[inline]
fn headers_size<'h>(headers: impl ExactSizeIterator<Item = (&'h str, Option<&'h [u8]>)>) -> usize {
    let count = length_size(headers.len());
    headers.fold(count, |size, (name, value)| size + part_size(Some(name.as_bytes())) + part_size(value))
}

/// A record is never near 2 GiB: what holds it is bounded long before.
#[inline]
fn to_i32(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

#[inline]
fn varlong_len(value: u64) -> usize {
    // One byte for each started group of 7 bits.
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// A few varints, gathered before they are appended at once.
struct Short {
    bytes: [u8; 32],
    used: usize,
}

impl Default for Short {
    #[inline]
    fn default() -> Self {
        Self { bytes: [0; 32], used: 0 }
    }
}

impl Short {
    #[inline]
    fn byte(&mut self, byte: u8) {
        self.bytes[self.used] = byte;
        self.used += 1;
    }

    #[inline]
    fn varint(&mut self, value: u32) {
        self.varlong(value.into());
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn varlong(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }

    #[inline]
    fn length(&mut self, part: Option<&[u8]>) {
        self.varint(zigzag(part.map_or(-1, |bytes| to_i32(bytes.len()))));
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}
