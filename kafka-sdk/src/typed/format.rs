//! How a value becomes bytes.

use super::parts::{Part, mismatch, undecodable};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Message;
use std::error::Error as StdError;
use std::fmt::Display;
use std::io::Write;
use std::str::FromStr;

/// What went wrong in a format.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// How values of `T` become bytes, and come back: JSON, Avro, Protobuf, text, or one's own by
/// `#[kafka(with = path::ToFormat)]`. The type that implements it has no values.
///
/// ```
/// use kafka_sdk::KafkaMessage;
/// use kafka_sdk::typed::{BoxError, Format};
///
/// #[derive(KafkaMessage)]
/// #[kafka(with = Hex, transparent)]
/// struct Checksum(u64);
///
/// /// The bytes in hexadecimal.
/// enum Hex {}
///
/// impl Format<u64> for Hex {
///     fn encode(value: &u64, buffer: &mut Vec<u8>) -> Result<(), BoxError> {
///         buffer.extend(format!("{value:x}").bytes());
///         Ok(())
///     }
///
///     fn decode(bytes: &[u8]) -> Result<u64, BoxError> {
///         Ok(u64::from_str_radix(std::str::from_utf8(bytes)?, 16)?)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no format for `{T}`",
    label = "this type cannot be encoded as `{Self}`",
    note = "`Json` needs serde's `Serialize` and `Deserialize`; `Text` needs `Display` and `FromStr`; `Plain` needs `AsRef<[u8]>` and `TryFrom<&[u8]>`",
    note = "`Avro` needs apache-avro's `AvroSchema` besides serde's; `Protobuf` needs prost's `Message`"
)]
pub trait Format<T> {
    /// Appends the value's bytes.
    ///
    /// # Errors
    /// A value that the format does not have.
    fn encode(value: &T, buffer: &mut Vec<u8>) -> std::result::Result<(), BoxError>;

    /// The value of these bytes, which may be anything.
    ///
    /// # Errors
    /// Bytes that are not of this format, or of another type. The text goes to logs: it says what is wrong and where, and
    /// shows nothing of the payload.
    fn decode(bytes: &[u8]) -> std::result::Result<T, BoxError>;
}

/// Text, by `Display` and `FromStr`: `#[kafka(format = string)]`, as Java's `StringSerializer` has it.
#[derive(Debug)]
pub enum Text {}

impl<T: Display + FromStr<Err: Into<BoxError>>> Format<T> for Text {
    fn encode(value: &T, buffer: &mut Vec<u8>) -> std::result::Result<(), BoxError> {
        Ok(write!(buffer, "{value}")?)
    }

    fn decode(bytes: &[u8]) -> std::result::Result<T, BoxError> {
        std::str::from_utf8(bytes)?.parse().map_err(Into::into)
    }
}

/// The bytes themselves: `#[kafka(format = bytes)]`, as Java's `ByteArraySerializer` has it.
#[derive(Debug)]
pub enum Plain {}

impl<T> Format<T> for Plain
where
    T: AsRef<[u8]> + for<'b> TryFrom<&'b [u8], Error: Display>,
{
    fn encode(value: &T, buffer: &mut Vec<u8>) -> std::result::Result<(), BoxError> {
        buffer.extend_from_slice(value.as_ref());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> std::result::Result<T, BoxError> {
        T::try_from(bytes).map_err(|error| error.to_string().into())
    }
}

/// A message type whose value is in a format. Written by the derive.
pub trait HasFormat: Sized {
    /// The format.
    type Format: Format<Self>;
}

/// [`encode`] in the type's own format.
///
/// # Errors
/// As there.
pub fn encode_value<'b, T: HasFormat>(value: &T, buffer: &'b mut Vec<u8>) -> Result<&'b [u8]> {
    encode::<T::Format, T>(value, buffer)
}

/// [`decode`] in the type's own format.
///
/// # Errors
/// As there.
pub fn decode_value<T: HasFormat>(message: &Message) -> Result<T> {
    decode::<T::Format, T>(message)
}

/// Appends the value's bytes in format `F`, and lends them.
///
/// # Errors
/// Kind [`Settings`](ErrorKind::Settings): a value that the format does not have.
pub fn encode<'b, F: Format<T>, T>(value: &T, buffer: &'b mut Vec<u8>) -> Result<&'b [u8]> {
    let start = buffer.len();
    match F::encode(value, buffer) {
        Ok(()) => Ok(buffer.get(start..).unwrap_or_default()),
        Err(cause) => {
            let text = format!("a message cannot be encoded: {cause}");
            Err(Error::new(ErrorKind::Settings, text).with_boxed_source(cause))
        }
    }
}

/// The value of a message in format `F`.
///
/// # Errors
/// Kind [`Decode`](ErrorKind::Decode): the value is null, or not of this format.
pub fn decode<F: Format<T>, T>(message: &Message) -> Result<T> {
    let Some(bytes) = message.value() else {
        return Err(mismatch(
            &Part::Value,
            "is null (a tombstone): read `Option<…>` of the message type to have it",
        ));
    };
    F::decode(bytes).map_err(|cause| undecodable(&Part::Value, cause))
}
