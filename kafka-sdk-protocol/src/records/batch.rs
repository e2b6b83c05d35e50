//! The header of a batch.

use super::compression::Codec;
use super::crc32c;
use crate::error::{DecodeError, DecodeErrorKind};

/// Bytes of a batch before its first record.
pub const HEADER_SIZE: usize = 61;

/// Bytes before those that the length field counts: base offset and the length itself.
pub(super) const LENGTH_END: usize = 12;
pub(super) const MAGIC: i8 = 2;

pub(super) const MAGIC_AT: usize = 16;
const CRC_AT: usize = 17;
const ATTRIBUTES_AT: usize = 21;
const LAST_OFFSET_DELTA_AT: usize = 23;
const BASE_TIMESTAMP_AT: usize = 27;
const MAX_TIMESTAMP_AT: usize = 35;
const PRODUCER_AT: usize = 43;
const COUNT_AT: usize = 57;

/// The header of a batch, parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record.
    pub base_offset: i64,
    /// Bytes that follow the length field.
    pub length: i32,
    /// Epoch of the leader that appended it; -1 on its way there.
    pub leader_epoch: i32,
    /// CRC-32C of everything from the attributes on.
    pub crc: u32,
    /// Codec, kind of timestamp, transactional, control.
    pub attributes: Attributes,
    /// Offset of the last record, counted from the base offset; compaction keeps it.
    pub last_offset_delta: i32,
    /// Timestamp that the records' deltas add to, in milliseconds since 1970.
    pub base_timestamp: i64,
    /// The largest timestamp; with `LogAppendTime` the one of all records.
    pub max_timestamp: i64,
    /// Who wrote it, for de-duplication.
    pub producer: ProducerStamp,
    /// Number of records.
    pub count: i32,
}

/// Producer id, epoch and the sequence number of a batch's first record (KIP-98).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerStamp {
    /// Producer id, -1 for none.
    pub id: i64,
    /// Epoch of the producer id, -1 for none.
    pub epoch: i16,
    /// Sequence number of the first record, -1 for none.
    pub base_sequence: i32,
}

impl ProducerStamp {
    /// Of a producer that is not idempotent.
    pub const NONE: Self = Self { id: -1, epoch: -1, base_sequence: -1 };
}

/// The flags of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(pub i16);

impl Attributes {
    /// Number of the compression codec, 0 for none.
    #[must_use]
    pub fn codec(self) -> u8 {
        (self.0 & 0x07) as u8
    }

    /// Whether the broker set the timestamp (`LogAppendTime`), not the producer.
    #[must_use]
    pub fn is_log_append_time(self) -> bool {
        self.0 & 0x08 != 0
    }

    /// Whether the batch belongs to a transaction.
    #[must_use]
    pub fn is_transactional(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// Whether the batch holds a marker of Kafka's own instead of records of an application.
    #[must_use]
    pub fn is_control(self) -> bool {
        self.0 & 0x20 != 0
    }
}

/// Reads a fixed-width integer; the caller has checked that the header is there.
macro_rules! get {
    ($bytes:expr, $at:expr, $type:ty) => {
        match $bytes.get($at..).and_then(|b| b.split_first_chunk()) {
            Some((b, _)) => <$type>::from_be_bytes(*b),
            None => return Err(DecodeError::new(DecodeErrorKind::Truncated, $at)),
        }
    };
}

impl BatchHeader {
    /// Parses the header at the start of `bytes`.
    ///
    /// # Errors
    /// Fewer than [`HEADER_SIZE`] bytes, another format than v2, or numbers that cannot be.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let magic = get!(bytes, MAGIC_AT, i8);
        if magic != MAGIC {
            return Err(DecodeError::new(DecodeErrorKind::Magic(magic), MAGIC_AT));
        }
        let header = Self {
            base_offset: get!(bytes, 0, i64),
            length: get!(bytes, 8, i32),
            leader_epoch: get!(bytes, LENGTH_END, i32),
            crc: get!(bytes, CRC_AT, u32),
            attributes: Attributes(get!(bytes, ATTRIBUTES_AT, i16)),
            last_offset_delta: get!(bytes, LAST_OFFSET_DELTA_AT, i32),
            base_timestamp: get!(bytes, BASE_TIMESTAMP_AT, i64),
            max_timestamp: get!(bytes, MAX_TIMESTAMP_AT, i64),
            producer: ProducerStamp {
                id: get!(bytes, PRODUCER_AT, i64),
                epoch: get!(bytes, PRODUCER_AT + 8, i16),
                base_sequence: get!(bytes, PRODUCER_AT + 10, i32),
            },
            count: get!(bytes, COUNT_AT, i32),
        };
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), DecodeError> {
        let possible = self.base_offset >= 0
            && self.last_offset_delta >= 0
            && self.base_offset.checked_add(i64::from(self.last_offset_delta) + 1).is_some()
            && self.count >= 0;
        if possible { Ok(()) } else { Err(DecodeError::new(DecodeErrorKind::Batch, 0)) }
    }

    /// Bytes of the whole batch.
    #[must_use]
    pub fn size(&self) -> usize {
        LENGTH_END + usize::try_from(self.length).unwrap_or_default()
    }

    /// Offset of the last record.
    #[must_use]
    pub fn last_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// Offset after the batch: where reading goes on.
    #[must_use]
    pub fn next_offset(&self) -> i64 {
        self.last_offset() + 1
    }
}

/// What a builder knows of its batch when it seals it.
pub(super) struct Seal {
    pub(super) base_timestamp: i64,
    pub(super) max_timestamp: i64,
    pub(super) count: i32,
    pub(super) codec: Codec,
    pub(super) producer: ProducerStamp,
}

/// Fills in the header that was left free at the start of `batch`.
pub(super) fn seal(batch: &mut [u8], seal: &Seal) {
    let length = i32::try_from(batch.len() - LENGTH_END).unwrap_or(i32::MAX);
    put(batch, 0, &0i64.to_be_bytes());
    put(batch, 8, &length.to_be_bytes());
    put(batch, LENGTH_END, &(-1i32).to_be_bytes());
    put(batch, MAGIC_AT, &MAGIC.to_be_bytes());
    put(batch, ATTRIBUTES_AT, &(seal.codec as i16).to_be_bytes());
    put(batch, LAST_OFFSET_DELTA_AT, &(seal.count - 1).to_be_bytes());
    put(batch, BASE_TIMESTAMP_AT, &seal.base_timestamp.to_be_bytes());
    put(batch, MAX_TIMESTAMP_AT, &seal.max_timestamp.to_be_bytes());
    put(batch, COUNT_AT, &seal.count.to_be_bytes());
    stamp(batch, seal.producer);
}

/// A copy of a sealed batch with another producer id, epoch and sequence, and the checksum that goes with them. Length
/// and records stay as they are. It is a copy because the batch may still be on its way to the socket.
///
/// # Panics
/// If `batch` is not a whole sealed batch.
#[must_use]
pub fn restamp(batch: &[u8], producer: ProducerStamp) -> Vec<u8> {
    let mut copy = batch.to_vec();
    stamp(&mut copy, producer);
    copy
}

/// Gives a sealed batch another producer id, epoch and sequence, and the checksum that goes with them.
///
/// # Panics
/// If `batch` is not a whole sealed batch.
pub fn stamp(batch: &mut [u8], producer: ProducerStamp) {
    put(batch, PRODUCER_AT, &producer.id.to_be_bytes());
    put(batch, PRODUCER_AT + 8, &producer.epoch.to_be_bytes());
    put(batch, PRODUCER_AT + 10, &producer.base_sequence.to_be_bytes());
    let crc = computed_crc(batch);
    put(batch, CRC_AT, &crc.to_be_bytes());
}

/// The checksum that the bytes of a batch give.
pub(super) fn computed_crc(batch: &[u8]) -> u32 {
    crc32c(batch.get(ATTRIBUTES_AT..).unwrap_or_default())
}

/// The header is there, or `restamp` is documented to panic.
#[allow(clippy::indexing_slicing, reason = "writing")]
fn put(batch: &mut [u8], at: usize, bytes: &[u8]) {
    batch[at..at + bytes.len()].copy_from_slice(bytes);
}
