//! What is wrong with a part of a record.

use crate::error::{Error, ErrorKind};
use std::error::Error as StdError;
use std::fmt::{self, Display};

/// A part of a record that is not what the message type wants: kind [`Decode`](ErrorKind::Decode).
pub(super) fn mismatch(part: &Part<'_>, what: impl Display) -> Error {
    Error::new(ErrorKind::Decode, format!("{part} {what}"))
}

/// As [`mismatch`], with a cause.
pub(super) fn undecodable(part: &Part<'_>, cause: Box<dyn StdError + Send + Sync>) -> Error {
    Error::new(ErrorKind::Decode, format!("{part} cannot be decoded: {cause}")).with_boxed_source(cause)
}

pub(super) enum Part<'p> {
    Value,
    /// With the field that it is.
    Key(&'p str),
    Header(&'p str, &'p str),
}

impl Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value => write!(f, "the value"),
            Self::Key(field) => write!(f, "the key (field `{field}`)"),
            Self::Header(name, field) => write!(f, "the header `{name}` (field `{field}`)"),
        }
    }
}

/// Bytes of another number than the type has.
#[derive(Debug)]
pub(super) struct Length {
    pub(super) is: usize,
    pub(super) should_be: usize,
}

impl Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has {} bytes instead of {}", self.is, self.should_be)
    }
}

impl StdError for Length {}
