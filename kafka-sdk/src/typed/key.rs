//! Keys, as Java's serializers have them, so that they go to the same partitions.

use super::format::BoxError;
use super::parts::{Length, Part, mismatch, undecodable};
use crate::error::Result;
use crate::model::{Message, Payload};
use bytes::Bytes;

/// What can be the key of a record, with the bytes that Java's serializers give it: UTF-8, big-endian integers.
///
/// | type | Java's serializer |
/// |---|---|
/// | `String`, `&str`, `Box<str>`, `Arc<str>` | `StringSerializer` |
/// | `i16`, `i32`, `i64` | `ShortSerializer`, `IntegerSerializer`, `LongSerializer` |
/// | `bool` | `BooleanSerializer` |
/// | `Vec<u8>`, `&[u8]`, `Bytes` | `ByteArraySerializer` |
/// | `Uuid` (feature `uuid`) | `UUIDSerializer`: with hyphens |
///
/// ```
/// use kafka_sdk::typed::Key;
/// assert_eq!(258_i32.to_payload().as_slice(), [0, 0, 1, 2]);
/// assert_eq!(i32::from_bytes(&[0, 0, 1, 2]).unwrap(), 258);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a Kafka record key",
    label = "not a key",
    note = "key types: String, &str, i16, i32, i64, bool, Vec<u8>, &[u8], Bytes, and Uuid with feature `uuid`",
    note = "keys of several fields, and of other types, are JSON: #[kafka(key_format = json)]"
)]
pub trait Key: Sized {
    /// How it is handed to a call that only looks at it: `&str` for `String`.
    type Lent<'k>: Key;

    /// The key's bytes.
    fn to_payload(&self) -> Payload<'_>;

    /// The key of these bytes, which may be anything. Types that only lend their bytes have none.
    ///
    /// # Errors
    /// Bytes that are no such key.
    fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError>;
}

/// A key of several fields, which is kept as its bytes.
#[cfg(any(feature = "json", feature = "avro"))]
macro_rules! key_of_fields {
    ($type:ident) => {
        impl From<$type> for Payload<'_> {
            fn from(key: $type) -> Self {
                key.0.into()
            }
        }

        impl Key for $type {
            type Lent<'k> = Self;

            fn to_payload(&self) -> Payload<'_> {
                self.0.as_slice().into()
            }

            fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError> {
                Ok(Self(bytes.to_owned()))
            }
        }
    };
}
#[cfg(any(feature = "json", feature = "avro"))]
pub(super) use key_of_fields;

/// Of messages that have no key: there is none.
#[derive(Clone, Copy, Debug)]
pub enum NoKey {}

impl Key for NoKey {
    type Lent<'k> = Self;

    fn to_payload(&self) -> Payload<'_> {
        match *self {}
    }

    fn from_bytes(_: &[u8]) -> std::result::Result<Self, BoxError> {
        Err("the message has no key".into())
    }
}

macro_rules! owned {
    ($($type:ty as $lent:ty, $bytes:ident => $read:expr;)*) => {
        $(impl Key for $type {
            type Lent<'k> = &'k $lent;

            fn to_payload(&self) -> Payload<'_> {
                let lent: &$lent = self;
                lent.into()
            }

            fn from_bytes($bytes: &[u8]) -> std::result::Result<Self, BoxError> {
                $read
            }
        })*
    };
}
owned! {
    String as str, bytes => Ok(std::str::from_utf8(bytes)?.to_owned());
    Box<str> as str, bytes => Ok(std::str::from_utf8(bytes)?.into());
    std::sync::Arc<str> as str, bytes => Ok(std::str::from_utf8(bytes)?.into());
    Vec<u8> as [u8], bytes => Ok(bytes.to_owned());
    Bytes as [u8], bytes => Ok(Bytes::copy_from_slice(bytes));
}

macro_rules! lent {
    ($($type:ty),*) => {
        $(impl Key for &$type {
            type Lent<'k> = &'k $type;

            fn to_payload(&self) -> Payload<'_> {
                (*self).into()
            }

            fn from_bytes(_: &[u8]) -> std::result::Result<Self, BoxError> {
                Err(concat!("`&", stringify!($type), "` cannot hold a key that was read").into())
            }
        })*
    };
}
lent!(str, [u8], String, Vec<u8>);

macro_rules! numbers {
    ($($type:ty),*) => {
        $(impl Key for $type {
            type Lent<'k> = Self;

            fn to_payload(&self) -> Payload<'_> {
                Payload::inline(self.to_be_bytes())
            }

            fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError> {
                Ok(Self::from_be_bytes(array(bytes)?))
            }
        })*
    };
}
numbers!(i16, i32, i64);

impl Key for bool {
    type Lent<'k> = Self;

    fn to_payload(&self) -> Payload<'_> {
        Payload::inline([u8::from(*self)])
    }

    fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError> {
        match array(bytes)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err("it is neither 0 nor 1".into()),
        }
    }
}

#[cfg(feature = "uuid")]
impl Key for uuid::Uuid {
    type Lent<'k> = Self;

    fn to_payload(&self) -> Payload<'_> {
        self.hyphenated().to_string().into()
    }

    fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, BoxError> {
        Ok(Self::try_parse_ascii(bytes)?)
    }
}

/// So many bytes, and no others.
pub(super) fn array<const N: usize>(bytes: &[u8]) -> std::result::Result<[u8; N], Length> {
    bytes.try_into().map_err(|_| Length { is: bytes.len(), should_be: N })
}

/// The key of a message, for the field that it is.
///
/// # Errors
/// Kind [`Decode`](crate::ErrorKind::Decode): the key is null, or not of this type.
pub fn key<K: Key>(message: &Message, field: &str) -> Result<K> {
    optional_key(message, field)?.ok_or_else(|| mismatch(&Part::Key(field), "is null"))
}

/// As [`key`]; none where it is null.
///
/// # Errors
/// Kind [`Decode`](crate::ErrorKind::Decode): the key is not of this type.
pub fn optional_key<K: Key>(message: &Message, field: &str) -> Result<Option<K>> {
    let key = message.key().map(K::from_bytes).transpose();
    key.map_err(|cause| undecodable(&Part::Key(field), cause))
}
