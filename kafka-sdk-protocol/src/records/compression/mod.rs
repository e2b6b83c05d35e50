//! The four codecs behind one trait: bytes to fewer bytes, and back within a limit.
//!
//! Contexts are kept for the next use, since making one costs more than a small batch. Each codec is a cargo feature; a
//! batch in a codec that is not built in is an error that names the feature.

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "lz4")]
mod lz4;
#[cfg(feature = "snappy")]
mod snappy;
#[cfg(all(feature = "zstd", not(feature = "zstd-c")))]
mod zstd;
#[cfg(feature = "zstd-c")]
#[path = "zstd_c.rs"]
mod zstd;

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The most that a batch may have decompressed: 128 MiB.
pub const DEFAULT_LIMIT: usize = 128 << 20;

/// How records are compressed. The numbers are those in the attributes of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Not at all.
    #[default]
    None = 0,
    /// gzip (RFC 1952).
    Gzip = 1,
    /// Snappy in xerial's framing; without it, it is read as well.
    Snappy = 2,
    /// LZ4 frames of independent blocks of 64 KiB; other ones are read as well.
    Lz4 = 3,
    /// Zstandard (RFC 8878).
    Zstd = 4,
}

impl Codec {
    /// The codec with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd].into_iter().find(|c| *c as u8 == number)
    }

    /// Kafka's name for it; the cargo feature has the same.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// Whether the codec's feature is on.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        coders(self).is_ok()
    }

    /// The levels that can be chosen, as in Java (KIP-390): none for snappy; lz4's are taken, and have no effect.
    #[must_use]
    pub fn levels(self) -> Option<std::ops::RangeInclusive<i32>> {
        match self {
            Self::None | Self::Snappy => None,
            Self::Gzip => Some(1..=9),
            Self::Lz4 => Some(1..=17),
            Self::Zstd => Some(-131_072..=22),
        }
    }

    /// The level where none is chosen, as in Java.
    #[must_use]
    pub fn default_level(self) -> i32 {
        match self {
            Self::None | Self::Snappy => 0,
            Self::Gzip => 6,
            Self::Lz4 => 9,
            Self::Zstd => 3,
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why bytes could not be compressed or decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompressionError {
    /// The codec's feature is not on.
    #[error("{0} is not built in: switch on the feature \"{0}\" of kafka-sdk or kafka-sdk-protocol")]
    NotBuiltIn(Codec),
    /// They are not what the codec writes.
    #[error("these bytes are not {0}")]
    Corrupt(Codec),
    /// There would be more than allowed.
    #[error("more than {limit} bytes when decompressed")]
    Limit {
        /// What is allowed.
        limit: usize,
    },
}

/// One of the codecs, with its tables and buffers.
trait Coder: Default + Send {
    /// Appends `input`, compressed, to `output`.
    fn compress(&mut self, level: i32, input: &[u8], output: &mut Vec<u8>);

    /// Appends what `input` holds to `output`.
    fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure>;
}

/// What a coder meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    #[allow(dead_code, reason = "without any codec there is nothing to be corrupt")]
    Corrupt,
    Full,
}

/// Where decompressed bytes go, up to a limit.
struct Output<'a> {
    /// What was written, and behind it room: it is cleared once, not for each of a million blocks that need next to none.
    bytes: &'a mut Vec<u8>,
    /// How many of `bytes` were written.
    written: usize,
    /// How many may be.
    limit: usize,
}

impl Output<'_> {
    /// Appends up to `most` bytes, which `fill` writes and counts; it sees what was written before as well. It gets less
    /// room near the limit, and none at it.
    fn fill(
        &mut self,
        most: usize,
        fill: impl FnOnce(&[u8], &mut [u8]) -> Result<usize, Failure>,
    ) -> Result<usize, Failure> {
        let start = self.written;
        let room = most.min(self.limit - start);
        if self.bytes.capacity() < start + room {
            // Doubling, as a Vec does by itself, but never beyond the limit.
            let wanted = (start + room).max(2 * start).min(self.limit);
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        if self.bytes.len() < start + room {
            self.bytes.resize(start + room, 0);
        }
        let (before, after) = self.bytes.split_at_mut(start);
        let filled = fill(before, after.get_mut(..room).unwrap_or_default())?;
        self.written += filled;
        Ok(filled)
    }

    #[cfg(any(feature = "gzip", feature = "zstd", feature = "zstd-c"))]
    fn is_full(&self) -> bool {
        self.written == self.limit
    }

    /// Appends `bytes` as they are.
    fn copy(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let copied = self.fill(bytes.len(), |_, room| {
            if room.len() < bytes.len() {
                return Err(Failure::Full);
            }
            room.copy_from_slice(bytes);
            Ok(bytes.len())
        });
        copied.map(drop)
    }
}

/// Coders that are not in use.
struct Pool<C>(Mutex<Vec<C>>);

/// As many coders as are kept: more are made when more are needed at a time.
const KEPT: usize = 8;

impl<C: Coder> Pool<C> {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn with<T>(&self, work: impl FnOnce(&mut C) -> T) -> T {
        let mut coder = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let result = work(&mut coder);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(coder);
        }
        result
    }
}

/// A pool of whatever coders.
trait Coders: Sync {
    fn compress(&self, level: i32, input: &[u8], output: &mut Vec<u8>);
    fn decompress(&self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure>;
}

impl<C: Coder> Coders for Pool<C> {
    fn compress(&self, level: i32, input: &[u8], output: &mut Vec<u8>) {
        self.with(|coder| coder.compress(level, input, output));
    }

    fn decompress(&self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        self.with(|coder| coder.decompress(input, output))
    }
}

#[cfg(feature = "gzip")]
static GZIP: Pool<gzip::Gzip> = Pool::new();
#[cfg(feature = "snappy")]
static SNAPPY: Pool<snappy::Snappy> = Pool::new();
#[cfg(feature = "lz4")]
static LZ4: Pool<lz4::Lz4> = Pool::new();
#[cfg(any(feature = "zstd", feature = "zstd-c"))]
static ZSTD: Pool<zstd::Zstd> = Pool::new();
static NONE: Pool<Copy> = Pool::new();

fn coders(codec: Codec) -> Result<&'static dyn Coders, CompressionError> {
    match codec {
        Codec::None => Ok(&NONE),
        #[cfg(feature = "gzip")]
        Codec::Gzip => Ok(&GZIP),
        #[cfg(feature = "snappy")]
        Codec::Snappy => Ok(&SNAPPY),
        #[cfg(feature = "lz4")]
        Codec::Lz4 => Ok(&LZ4),
        #[cfg(any(feature = "zstd", feature = "zstd-c"))]
        Codec::Zstd => Ok(&ZSTD),
        #[allow(unreachable_patterns, reason = "which codecs are left depends on the features")]
        _ => Err(CompressionError::NotBuiltIn(codec)),
    }
}

/// Not compressed.
#[derive(Default)]
struct Copy;

impl Coder for Copy {
    fn compress(&mut self, _level: i32, input: &[u8], output: &mut Vec<u8>) {
        output.extend_from_slice(input);
    }

    fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        output.copy(input)
    }
}

/// Appends `input`, compressed, to `output`.
///
/// # Errors
/// A codec that is not built in.
pub fn compress(
    codec: Codec,
    level: i32,
    input: &[u8],
    output: &mut Vec<u8>,
) -> Result<(), CompressionError> {
    coders(codec)?.compress(level, input, output);
    Ok(())
}

/// Appends what `input` holds to `output`, at most `limit` bytes. After an error `output` is as long as before.
///
/// # Errors
/// Bytes that are not of the codec, more than `limit` of them, a codec that is not built in.
pub fn decompress(
    codec: Codec,
    input: &[u8],
    output: &mut Vec<u8>,
    limit: usize,
) -> Result<(), CompressionError> {
    let start = output.len();
    let mut capped = Output { bytes: output, written: start, limit: start.saturating_add(limit) };
    let result = coders(codec)?.decompress(input, &mut capped);
    let end = if result.is_ok() { capped.written } else { start };
    output.truncate(end);
    result.map_err(|failure| match failure {
        Failure::Corrupt => CompressionError::Corrupt(codec),
        Failure::Full => CompressionError::Limit { limit },
    })
}

#[cfg(test)]
mod tests;
