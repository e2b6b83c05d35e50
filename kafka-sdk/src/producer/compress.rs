//! Compression of a batch: fast codecs where it is sent, slow ones on other threads.

use super::buffer::Buffer;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Compression;
use kafka_sdk_protocol::records::compression::{Codec, CompressionError};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use std::cell::Cell;

/// How batches are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packing {
    pub(super) codec: Codec,
    pub(super) level: i32,
}

impl Packing {
    /// Whether a batch takes so long that its connection is not to wait for it: gzip and zstd write some 50 to 400 MB/s, the
    /// others twice that and more.
    pub(super) fn is_slow(self) -> bool {
        matches!(self.codec, Codec::Gzip | Codec::Zstd)
    }

    /// Refuses a codec whose feature is off.
    pub(super) fn check(self) -> Result<()> {
        if self.codec.is_built_in() {
            return Ok(());
        }
        let text = format!("compression.type: {}", CompressionError::NotBuiltIn(self.codec));
        Err(Error::new(ErrorKind::Settings, text))
    }
}

pub(super) fn codec_of(compression: Compression) -> Codec {
    match compression {
        Compression::None => Codec::None,
        Compression::Gzip => Codec::Gzip,
        Compression::Snappy => Codec::Snappy,
        Compression::Lz4 => Codec::Lz4,
        Compression::Zstd => Codec::Zstd,
    }
}

/// The records of a batch, to be compressed on whatever thread.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub(super) builder: BatchBuilder,
    pub(super) buffer: Buffer,
    pub(super) packing: Packing,
}

thread_local! {
    /// What is compressed into, before it is known how much memory that takes.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Unpacked {
    /// The sealed batch without a stamp: compressed, or plain where that is not smaller. None without the codec.
    pub(super) fn pack(self) -> Option<Buffer> {
        let Self { builder, mut buffer, packing: Packing { codec, level } } = self;
        let plain_size = builder.size();
        let sealed = builder.seal_compressed(ProducerStamp::NONE, codec, level, SCRATCH.take()).ok()?;
        if sealed.batch.len() >= plain_size {
            buffer.put_back(sealed.batch);
            SCRATCH.set(sealed.spare);
            return Some(buffer);
        }
        buffer.put_back(sealed.spare);
        buffer = buffer.refilled(&sealed.batch);
        SCRATCH.set(sealed.batch);
        Some(buffer)
    }
}
