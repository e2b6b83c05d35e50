//! Typed messages: a type says what it is on the wire, and producers, consumers and readers of that type come from the
//! plain ones by `of`.
//!
//! [`KafkaMessage`] is what a message type says, written by `#[derive(KafkaMessage)]` (feature `derive`) or by hand; what
//! the derive writes are calls of this module's functions. A [`Format`] is how its value becomes bytes, a [`Key`] and a
//! [`HeaderValue`] how fields become the other parts of a record, as Java's serializers have them.
//!
//! What cannot be decoded is [`Poison`]: a value, not the end of the stream. [`OnPoison`] says what becomes of it.

#[cfg(feature = "avro")]
mod avro;
#[cfg(feature = "avro")]
mod avro_key;
mod consuming;
mod dead_letter;
mod format;
mod header;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json")]
mod json_field;
mod key;
mod message;
mod parts;
mod poison;
#[cfg(feature = "protobuf")]
mod protobuf;
mod tag;
mod time;
mod topic;

#[cfg(feature = "avro")]
pub use avro::{Avro, schema as avro_schema};
#[cfg(feature = "avro")]
pub use avro_key::{AvroKey, avro_key_field};
pub use consuming::Typed;
pub use format::{BoxError, Format, HasFormat, Plain, Text, decode, decode_value, encode, encode_value};
pub use header::{HeaderValue, header, optional_header, other_headers, repeated_header, with_header};
#[cfg(feature = "json")]
pub use json::{Json, JsonKey, json_key_field};
pub use key::{Key, NoKey, key, optional_key};
pub use message::KafkaMessage;
pub use poison::{OnPoison, Poison};
#[cfg(feature = "protobuf")]
pub use protobuf::Protobuf;
pub use tag::{tag, unknown_tag};
pub use time::{EventTime, optional_time};
pub use topic::TypedTopic;
