//! Protobuf, without a registry: the bare message.

use super::format::{BoxError, Format};

/// Protobuf, by `prost`'s `Message`: `#[kafka(format = protobuf)]`. What is on the wire is the message alone, without the id
/// of a schema.
///
/// ```
/// use kafka_sdk::KafkaMessage;
///
/// #[derive(prost::Message, KafkaMessage)]
/// #[kafka(topic = "air", format = protobuf)]
/// struct Reading {
///     #[kafka(key)]
///     #[prost(string, tag = "1")]
///     station: String,
///     #[prost(double, tag = "2")]
///     celsius: f64,
/// }
/// ```
#[derive(Debug)]
pub enum Protobuf {}

impl<T: prost::Message + Default> Format<T> for Protobuf {
    fn encode(value: &T, buffer: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(value.encode(buffer)?)
    }

    fn decode(bytes: &[u8]) -> Result<T, BoxError> {
        Ok(T::decode(bytes)?)
    }
}
