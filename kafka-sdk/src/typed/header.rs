//! Headers, as fields.

use super::format::BoxError;
use super::key::array;
use super::parts::{Part, mismatch, undecodable};
use crate::error::Result;
use crate::model::{Headers, Message, Payload, Record};
use bytes::Bytes;

/// What can be the value of a header, with the bytes that Java's serializers give it: UTF-8, big-endian numbers, one byte
/// for `bool`.
///
/// In a message type `Option<T>` is a header that may be missing, and `Vec<T>` one that repeats; `Vec<u8>` is bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a Kafka header",
    label = "not a header's value",
    note = "header values: String, bool, i16, i32, i64, f32, f64, Vec<u8>, Bytes, Uuid with feature `uuid`; and Option or Vec of them"
)]
pub trait HeaderValue: Sized {
    /// The value's bytes.
    fn to_payload(&self) -> Payload<'_>;

    /// The value of these bytes, which may be anything.
    ///
    /// # Errors
    /// Bytes that are no such value.
    fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError>;
}

macro_rules! as_keys {
    ($($type:ty),*) => {
        $(impl HeaderValue for $type {
            fn to_payload(&self) -> Payload<'_> {
                super::Key::to_payload(self)
            }

            fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError> {
                super::Key::from_bytes(bytes)
            }
        })*
    };
}
as_keys!(String, Box<str>, std::sync::Arc<str>, bool, i16, i32, i64, Vec<u8>, Bytes);
#[cfg(feature = "uuid")]
as_keys!(uuid::Uuid);

macro_rules! floats {
    ($($type:ty),*) => {
        $(impl HeaderValue for $type {
            fn to_payload(&self) -> Payload<'_> {
                Payload::inline(self.to_be_bytes())
            }

            fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError> {
                Ok(Self::from_be_bytes(array(bytes)?))
            }
        })*
    };
}
floats!(f32, f64);

/// The header of this name, for the field that it is; of several the last one, as Java's `lastHeader`.
///
/// # Errors
/// Kind [`Decode`](crate::ErrorKind::Decode): there is none, it is null, or not of this type.
pub fn header<H: HeaderValue>(message: &Message, name: &str, field: &str) -> Result<H> {
    optional_header(message, name, field)?.ok_or_else(|| mismatch(&Part::Header(name, field), "is not there"))
}

/// As [`header`]; none where it is not there, or null.
///
/// # Errors
/// Kind [`Decode`](crate::ErrorKind::Decode): it is not of this type.
pub fn optional_header<H: HeaderValue>(message: &Message, name: &str, field: &str) -> Result<Option<H>> {
    let value = message.header(name).map(H::from_bytes).transpose();
    value.map_err(|cause| undecodable(&Part::Header(name, field), cause))
}

/// All headers of this name, in order; without those that are null.
///
/// # Errors
/// Kind [`Decode`](crate::ErrorKind::Decode): one is not of this type.
pub fn repeated_header<H: HeaderValue>(message: &Message, name: &str, field: &str) -> Result<Vec<H>> {
    let values = message.headers().filter(|header| header.name == name).filter_map(|header| header.value);
    let decoded: std::result::Result<_, _> = values.map(H::from_bytes).collect();
    decoded.map_err(|cause| undecodable(&Part::Header(name, field), cause))
}

/// All headers but those of these names.
#[must_use]
pub fn other_headers(message: &Message, claimed: &[&str]) -> Headers<'static> {
    let mut headers = Headers::new();
    for header in message.headers().filter(|header| !claimed.contains(&header.name)) {
        match header.value {
            Some(value) => headers.insert(header.name.to_owned(), value.to_owned()),
            None => headers.insert_null(header.name.to_owned()),
        }
    }
    headers
}

/// Adds a header, whose value may be null.
pub fn with_header<'r>(mut record: Record<'r>, name: &'r str, value: Option<&'r [u8]>) -> Record<'r> {
    let headers = record.headers_mut();
    match value {
        Some(value) => headers.insert(name, value),
        None => headers.insert_null(name),
    }
    record
}
