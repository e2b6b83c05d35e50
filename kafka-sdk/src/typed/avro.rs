//! Avro, without a registry: the bare datum, by the type's own schema.

use super::format::{BoxError, Format};
use apache_avro::{AvroSchema, Schema, from_avro_datum, from_value, to_avro_datum, to_value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

/// Avro, by `apache_avro`'s `AvroSchema` and serde: `#[kafka(format = avro)]`. What is on the wire is the datum alone,
/// without a header or the id of a schema: who reads it has to know the schema.
///
/// ```
/// use apache_avro::AvroSchema;
/// use kafka_sdk::KafkaMessage;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, AvroSchema, KafkaMessage)]
/// #[kafka(topic = "air", format = avro)]
/// struct Reading {
///     #[kafka(key)]
///     station: String,
///     celsius: f64,
/// }
/// ```
#[derive(Debug)]
pub enum Avro {}

impl<T: AvroSchema + Serialize + DeserializeOwned + 'static> Format<T> for Avro {
    fn encode(value: &T, buffer: &mut Vec<u8>) -> Result<(), BoxError> {
        buffer.extend_from_slice(&datum(value)?);
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<T, BoxError> {
        let mut left = bytes;
        let value = from_avro_datum(schema::<T>(), &mut left, None)?;
        if !left.is_empty() {
            return Err(format!("{} bytes are left over", left.len()).into());
        }
        Ok(from_value(&value)?)
    }
}

/// The bytes of a value by its type's schema.
pub(super) fn datum<T: AvroSchema + Serialize + 'static>(value: &T) -> Result<Vec<u8>, BoxError> {
    let schema = schema::<T>();
    let value = to_value(value)?.resolve(schema)?;
    Ok(to_avro_datum(schema, value)?)
}

/// The schema of a type. It is made once, and kept: there are as many as there are types.
pub fn schema<T: AvroSchema + 'static>() -> &'static Schema {
    static SCHEMAS: LazyLock<RwLock<HashMap<TypeId, &'static Schema>>> = LazyLock::new(RwLock::default);
    let id = TypeId::of::<T>();
    if let Some(schema) = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
        return schema;
    }
    let mut schemas = SCHEMAS.write().unwrap_or_else(PoisonError::into_inner);
    schemas.entry(id).or_insert_with(|| Box::leak(Box::new(T::get_schema())))
}
