//! Batches and records as views: nothing is copied, nothing is allocated per record.

use super::batch::{BatchHeader, HEADER_SIZE, LENGTH_END, MAGIC, MAGIC_AT, computed_crc};
use super::compression::{Codec, DEFAULT_LIMIT, decompress};
use super::legacy;
use crate::error::{DecodeError, DecodeErrorKind};
use bytes::Bytes;

type Result<T> = std::result::Result<T, DecodeError>;

/// Walks the batches in the records of a fetch response, by their headers.
///
/// A broker cuts the last batch where its limit is; such a rest ends the walk without an error.
#[must_use]
pub fn batches(records: &Bytes) -> Batches {
    Batches { rest: records.clone(), at: 0 }
}

/// See [`batches`]. After an error the walk is over.
#[derive(Clone, Debug)]
pub struct Batches {
    rest: Bytes,
    at: usize,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        let batch = self.read().transpose();
        match &batch {
            Some(Ok(batch)) => self.at += batch.bytes.len(),
            _ => self.rest.clear(),
        }
        batch
    }
}

impl Batches {
    /// Copies what has not been walked yet, so that it keeps nothing else of the response in memory.
    pub fn detach(&mut self) {
        self.rest = Bytes::copy_from_slice(&self.rest);
    }

    fn read(&mut self) -> Result<Option<RecordBatch>> {
        let Some((length, _)) = self.rest.get(8..).and_then(|b| b.split_first_chunk()) else {
            return Ok(None);
        };
        let error = || DecodeError::new(DecodeErrorKind::Batch, self.at);
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| error())?;
        let size = LENGTH_END + length;
        if size <= MAGIC_AT {
            return Err(error());
        }
        if size > self.rest.len() {
            return Ok(None);
        }
        let bytes = self.rest.split_to(size);
        let is_legacy = bytes.get(MAGIC_AT).is_some_and(|&magic| i16::from(magic) < MAGIC.into());
        let header = if is_legacy { legacy::header(&bytes)? } else { BatchHeader::read(&bytes)? };
        Ok(Some(RecordBatch { header, bytes, is_legacy }))
    }
}

/// One batch: its header, and bytes that have not been looked at yet.
#[derive(Clone, Debug)]
pub struct RecordBatch {
    header: BatchHeader,
    bytes: Bytes,
    /// A message of format 0 or 1.
    is_legacy: bool,
}

impl RecordBatch {
    /// The header. That of an old message is made up: of one that wraps others it has the offset of the last of them, and
    /// their number is not known before they are decompressed.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// All bytes of the batch.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Compares the checksum.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Checksum`].
    pub fn check(&self) -> Result<()> {
        let computed =
            if self.is_legacy { legacy::computed_crc(&self.bytes) } else { computed_crc(&self.bytes) };
        let stored = self.header.crc;
        if stored == computed {
            return Ok(());
        }
        Err(DecodeError::new(DecodeErrorKind::Checksum { stored, computed }, 0))
    }

    /// The records, decompressed and each looked at once: reading them afterwards cannot fail.
    ///
    /// # Errors
    /// A codec that is not known or not built in, more than [`DEFAULT_LIMIT`] bytes, or records that are not as the
    /// header says.
    pub fn records(&self) -> Result<Records> {
        self.records_within(DEFAULT_LIMIT)
    }

    /// As [`Self::records`], with another limit for the decompressed bytes.
    ///
    /// # Errors
    /// As [`Self::records`].
    pub fn records_within(&self, limit: usize) -> Result<Records> {
        let error = |kind| DecodeError::new(kind, HEADER_SIZE);
        if self.is_legacy {
            let (header, body) = legacy::records(&self.bytes, limit).map_err(error)?;
            return Records::new(header, body.into());
        }
        let body = self.bytes.slice(HEADER_SIZE..);
        let number = self.header.attributes.codec();
        match Codec::from_number(number).ok_or_else(|| error(DecodeErrorKind::Codec(number)))? {
            Codec::None => Records::new(self.header, body),
            codec => {
                let mut plain = Vec::new();
                decompress(codec, &body, &mut plain, limit)
                    .map_err(|e| error(DecodeErrorKind::Compression(e)))?;
                Records::new(self.header, plain.into())
            }
        }
    }
}

/// The records of a batch: uncompressed, and known to be well formed.
#[derive(Clone, Debug)]
pub struct Records {
    header: BatchHeader,
    body: Bytes,
}

impl Records {
    fn new(header: BatchHeader, body: Bytes) -> Result<Self> {
        let records = Self { header, body };
        records.check().map_err(|kind| DecodeError::new(kind, HEADER_SIZE))?;
        Ok(records)
    }

    /// Whether every record can be parsed, their number is right, and their offsets ascend within the batch.
    fn check(&self) -> std::result::Result<(), DecodeErrorKind> {
        let mut iter = self.iter();
        let mut last = -1;
        for _ in 0..self.header.count {
            let Some(record) = iter.parse() else { return Err(DecodeErrorKind::Batch) };
            let ascends = last < record.offset_delta && record.offset_delta <= self.header.last_offset_delta;
            if !ascends || !record.has_good_headers() {
                return Err(DecodeErrorKind::Batch);
            }
            last = record.offset_delta;
        }
        if iter.rest.is_empty() { Ok(()) } else { Err(DecodeErrorKind::Batch) }
    }

    /// The header of the batch.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The bytes of the records; positions in records count from their start.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.header.count).unwrap_or_default()
    }

    /// Whether there are no records: compaction can empty a batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.header.count == 0
    }

    /// The records in order.
    #[must_use]
    pub fn iter(&self) -> RecordsIter<'_> {
        self.iter_from(0)
    }

    /// The records from the one at `position` on, which is a [`RecordsIter::position`].
    #[inline]
    #[must_use]
    pub fn iter_from(&self, position: usize) -> RecordsIter<'_> {
        let rest = self.body.get(position..).unwrap_or_default();
        RecordsIter { header: &self.header, body: &self.body, rest }
    }

    /// The offset of the record at `position`, and the position behind it. That takes less than to read the record.
    #[inline]
    #[must_use]
    pub fn step(&self, position: usize) -> Option<(i64, usize)> {
        let (length, rest) = varint(self.body.get(position..)?)?;
        let (body, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let start = Start::read(body)?;
        Some((self.header.base_offset + i64::from(start.offset_delta), self.body.len() - rest.len()))
    }

    /// A copy of at most so many records, beginning with the one at `position`, with the header of the batch.
    #[must_use]
    pub fn copied(&self, position: usize, most: usize) -> Self {
        let mut iter = self.iter_from(position);
        let count = iter.by_ref().take(most).count();
        let body = Bytes::copy_from_slice(self.body.get(position..iter.position()).unwrap_or_default());
        Self { header: BatchHeader { count: i32::try_from(count).unwrap_or(i32::MAX), ..self.header }, body }
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = RecordRef<'a>;
    type IntoIter = RecordsIter<'a>;

    fn into_iter(self) -> RecordsIter<'a> {
        self.iter()
    }
}

/// See [`Records::iter`].
#[derive(Clone, Debug)]
pub struct RecordsIter<'a> {
    header: &'a BatchHeader,
    body: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Iterator for RecordsIter<'a> {
    type Item = RecordRef<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<RecordRef<'a>> {
        self.parse()
    }
}

impl<'a> RecordsIter<'a> {
    /// The next record; `None` at the end, and where the bytes are not a record.
    #[inline(always)]
    fn parse(&mut self) -> Option<RecordRef<'a>> {
        let (length, rest) = varint(self.rest)?;
        let (body, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let Start { timestamp_delta, offset_delta, key_length, size } = Start::read(body)?;
        let (key, body) = part(body.get(size..)?, key_length)?;
        let (value_length, body) = varint(body)?;
        let (value, body) = part(body, value_length)?;
        let (header_count, headers) = varint(body)?;
        let header_count = usize::try_from(header_count).ok()?;
        self.rest = rest;
        let log_append_time = self.header.attributes.is_log_append_time();
        Some(RecordRef {
            offset: self.header.base_offset + i64::from(offset_delta),
            offset_delta,
            timestamp: match log_append_time {
                true => self.header.max_timestamp,
                false => self.header.base_timestamp.wrapping_add(timestamp_delta),
            },
            key,
            value,
            header_count,
            headers,
        })
    }

    /// Bytes of the body that have been read.
    #[inline]
    #[must_use]
    pub fn position(&self) -> usize {
        self.body.len() - self.rest.len()
    }
}

/// One record, borrowed from its batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Offset in the partition.
    pub offset: i64,
    /// Milliseconds since 1970: the producer's or, with `LogAppendTime`, the broker's.
    pub timestamp: i64,
    /// The key, if there is one.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    offset_delta: i32,
    header_count: usize,
    headers: &'a [u8],
}

impl<'a> RecordRef<'a> {
    /// Whether there are as many headers as announced, and nothing behind them.
    #[inline(always)]
    fn has_good_headers(&self) -> bool {
        if self.header_count == 0 {
            return self.headers.is_empty();
        }
        let mut headers = self.headers();
        headers.by_ref().count() == self.header_count && headers.rest.is_empty()
    }

    /// The headers in order; names can repeat.
    #[must_use]
    pub fn headers(&self) -> Headers<'a> {
        Headers { left: self.header_count, rest: self.headers }
    }
}

/// See [`RecordRef::headers`].
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    left: usize,
    rest: &'a [u8],
}

/// A header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderRef<'a> {
    /// Its name: UTF-8, if the producer kept to the protocol.
    pub name: &'a [u8],
    /// Its value, which can be null.
    pub value: Option<&'a [u8]>,
}

impl<'a> Iterator for Headers<'a> {
    type Item = HeaderRef<'a>;

    fn next(&mut self) -> Option<HeaderRef<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (name_length, rest) = varint(self.rest)?;
        let (name, rest) = part(rest, name_length)?;
        let (value_length, rest) = varint(rest)?;
        let (value, rest) = part(rest, value_length)?;
        self.rest = rest;
        Some(HeaderRef { name: name?, value })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// What stands in front of a record's key.
struct Start {
    timestamp_delta: i64,
    offset_delta: i32,
    key_length: i32,
    /// Bytes that all of it takes.
    size: usize,
}

impl Start {
    #[inline(always)]
    fn read(body: &[u8]) -> Option<Self> {
        match Self::short(body) {
            Some(start) => Some(start),
            None => Self::long(body),
        }
    }

    /// Reads it out of one word: it nearly always fits, and then costs no test for each byte. `None` when it does not.
    #[inline(always)]
    fn short(body: &[u8]) -> Option<Self> {
        let (_attributes, body) = body.split_first()?;
        let word = u64::from_le_bytes(*body.first_chunk()?);
        let (timestamp, first) = short_varint(word)?;
        let word = word >> first;
        let (offset, second) = short_varint(word)?;
        let word = word >> second;
        let (key, third) = short_varint(word)?;
        // Zeros were shifted in: a varint that needs them is not complete.
        let bits = first + second + third;
        (bits <= 64).then(|| Self {
            timestamp_delta: i64::from(unzigzag(timestamp)),
            offset_delta: unzigzag(offset),
            key_length: unzigzag(key),
            size: 1 + bits as usize / 8,
        })
    }

    #[cold]
    fn long(body: &[u8]) -> Option<Self> {
        let (timestamp_delta, rest) = varlong(body.get(1..)?)?;
        let (offset_delta, rest) = varint(rest)?;
        let (key_length, rest) = varint(rest)?;
        Some(Self { timestamp_delta, offset_delta, key_length, size: body.len() - rest.len() })
    }
}

/// The varint of at most three bytes at the low end of `word`, and its bits.
#[inline(always)]
fn short_varint(word: u64) -> Option<(u32, u32)> {
    #[allow(clippy::cast_possible_truncation, reason = "three bytes of it")]
    let low = word as u32;
    if low & 0x80 == 0 {
        Some((low & 0x7f, 8))
    } else if low & 0x8000 == 0 {
        Some((low & 0x7f | (low >> 1) & 0x3f80, 16))
    } else if low & 0x80_0000 == 0 {
        Some((low & 0x7f | (low >> 1) & 0x3f80 | (low >> 2) & 0x1f_c000, 24))
    } else {
        None
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_wrap, reason = "zig-zag: the bits are what counts")]
fn unzigzag(raw: u32) -> i32 {
    (raw >> 1) as i32 ^ -((raw & 1) as i32)
}

// What follows takes something off the front of some bytes, and gives it with the rest; `None` where it is not there.
// Everything goes by value: a cursor behind a reference would be kept in memory.

/// Most varints have one or two bytes: those are taken without a loop.
#[inline(always)]
fn varint(bytes: &[u8]) -> Option<(i32, &[u8])> {
    match *bytes {
        [a, ref rest @ ..] if a < 0x80 => Some((unzigzag(a.into()), rest)),
        [a, b, ref rest @ ..] if b < 0x80 => Some((unzigzag(u32::from(a & 0x7f) | u32::from(b) << 7), rest)),
        _ => {
            let (raw, rest) = unsigned(bytes, 5)?;
            Some((unzigzag(u32::try_from(raw).ok()?), rest))
        }
    }
}

#[allow(clippy::cast_possible_wrap, reason = "zig-zag: the bits are what counts")]
fn varlong(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (raw, rest) = unsigned(bytes, 10)?;
    Some(((raw >> 1) as i64 ^ -((raw & 1) as i64), rest))
}

#[cold]
fn unsigned(bytes: &[u8], longest: u32) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, &byte) in (0..longest).zip(bytes) {
        let bits = u64::from(byte & 0x7f);
        if i == 9 && bits > 1 {
            return None;
        }
        value |= bits << (7 * i);
        if byte < 0x80 {
            return Some((value, bytes.get(i as usize + 1..)?));
        }
    }
    None
}

/// As many bytes as `length` says; -1 is null.
#[inline(always)]
fn part(bytes: &[u8], length: i32) -> Option<(Option<&[u8]>, &[u8])> {
    match usize::try_from(length) {
        Ok(length) => {
            let (part, rest) = bytes.split_at_checked(length)?;
            Some((Some(part), rest))
        }
        Err(_) if length == -1 => Some((None, bytes)),
        Err(_) => None,
    }
}
