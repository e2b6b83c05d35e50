//! What can go wrong between bytes and messages.

use crate::records::compression::CompressionError;
use std::fmt;

/// Bytes that are not what they should be.
///
/// Names the message and version that was being decoded (where there is one) and the position in the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    at: usize,
    within: Option<(&'static str, i16)>,
}

/// The kinds of [`DecodeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end too early; a length or a count promises more than is there.
    Truncated,
    /// A length or count is negative where that is not allowed.
    NegativeLength,
    /// A variable-length integer has too many bytes.
    Varint,
    /// A string is not UTF-8.
    Utf8,
    /// Null where the version does not allow it.
    Null,
    /// Tagged fields are not in ascending order, or a tagged field's size is not that of its content.
    Tags,
    /// The message is complete, and bytes are left over.
    LeftOver(usize),
    /// The message has no such version.
    Version(i16),
    /// The checksum of a record batch does not match its bytes.
    Checksum {
        /// What the batch says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// A record batch in a format that is not known; the format's number (`magic`).
    Magic(i8),
    /// A record batch contradicts itself: counts, offsets or lengths do not fit each other.
    Batch,
    /// A record batch is compressed with a codec that nobody knows; the codec's number.
    Codec(u8),
    /// A record batch that cannot be decompressed.
    Compression(CompressionError),
}

impl DecodeError {
    pub(crate) fn new(kind: DecodeErrorKind, at: usize) -> Self {
        Self { kind, at, within: None }
    }

    pub(crate) fn within(self, message: &'static str, version: i16) -> Self {
        Self { within: self.within.or(Some((message, version))), ..self }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Where: bytes from the start of the message or of the batch.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((message, version)) = self.within {
            write!(f, "{message} v{version}: ")?;
        }
        match self.kind {
            DecodeErrorKind::Truncated => write!(f, "truncated")?,
            DecodeErrorKind::NegativeLength => write!(f, "negative length")?,
            DecodeErrorKind::Varint => write!(f, "overlong variable-length integer")?,
            DecodeErrorKind::Utf8 => write!(f, "string is not UTF-8")?,
            DecodeErrorKind::Null => write!(f, "null where this version has none")?,
            DecodeErrorKind::Tags => write!(f, "malformed tagged fields")?,
            DecodeErrorKind::LeftOver(n) => write!(f, "{n} bytes left over")?,
            DecodeErrorKind::Version(v) => write!(f, "there is no version {v}")?,
            DecodeErrorKind::Checksum { stored, computed } => {
                write!(f, "checksum is {stored:#010x} but the bytes give {computed:#010x}")?;
            }
            DecodeErrorKind::Magic(magic) => write!(f, "record format {magic} is not known")?,
            DecodeErrorKind::Batch => write!(f, "record batch contradicts itself")?,
            DecodeErrorKind::Codec(codec) => write!(f, "there is no compression codec {codec}")?,
            DecodeErrorKind::Compression(error) => write!(f, "{error}")?,
        }
        write!(f, " (at byte {})", self.at)
    }
}

/// A message that the chosen version cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A field is set, and this version has no such field.
    #[error("{field} is set, but version {version} cannot carry it")]
    Unsupported {
        /// `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field is null, and in this version it cannot be.
    #[error("{field} is null, which version {version} does not allow")]
    Null {
        /// `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// The message has no such version.
    #[error("{message} has no version {version}")]
    Version {
        /// The message's name.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A string over 32,767 bytes, or bytes or an array over 2,147,483,647.
    #[error("a length of {length} is more than the protocol can express")]
    TooLong {
        /// The length that did not fit.
        length: usize,
    },
}
