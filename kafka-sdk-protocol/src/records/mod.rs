//! Record batches (format v2, magic 2): written on append, read as borrowed views. The message sets of older brokers
//! (magic 0 and 1) are read like batches.
//!
//! A batch is a header of [`HEADER_SIZE`] bytes and records that follow each other. [`BatchBuilder`] appends records
//! straight into their final bytes and seals them with header and checksum. [`batches`] walks the batches of a fetch
//! response by their headers only; [`RecordBatch::check`] and [`RecordBatch::records`] do the rest when it is wanted.
//!
//! ```
//! use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, batches};
//!
//! let mut builder = BatchBuilder::new(Vec::with_capacity(1024));
//! builder.append(1_700_000_000_000, Some(b"key"), Some(b"value"), [("trace", Some(&b"7"[..]))].into_iter());
//! let bytes = builder.seal(ProducerStamp::NONE).into();
//!
//! for batch in batches(&bytes) {
//!     let batch = batch?;
//!     batch.check()?;
//!     for record in &batch.records()? {
//!         assert_eq!((record.key, record.value), (Some(&b"key"[..]), Some(&b"value"[..])));
//!     }
//! }
//! # Ok::<(), kafka_sdk_protocol::DecodeError>(())
//! ```

mod batch;
pub mod compression;
mod control;
mod legacy;
mod read;
mod write;

pub use batch::{Attributes, BatchHeader, HEADER_SIZE, ProducerStamp, restamp, stamp};
pub use control::ControlRecord;
pub use read::{Batches, HeaderRef, Headers, RecordBatch, RecordRef, Records, RecordsIter, batches};
pub use write::{BatchBuilder, MAX_OVERHEAD, Sealed};

/// CRC-32C (Castagnoli), as batches carry it.
fn crc32c(bytes: &[u8]) -> u32 {
    // The 32-bit algorithms leave the upper half zero.
    (crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes) & 0xffff_ffff) as u32
}

#[cfg(test)]
mod tests;
