//! Keys of several fields in Avro.

use super::avro::datum;
use super::format::BoxError;
use super::key::{Key, key_of_fields};
use super::parts::{Part, mismatch, undecodable};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Message, Payload};
use apache_avro::{AvroSchema, Schema, from_avro_datum, from_value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A key of several fields: the datum of an Avro record of them, in the order in which they were added.
///
/// ```
/// use kafka_sdk::Payload;
/// use kafka_sdk::typed::AvroKey;
/// # fn main() -> kafka_sdk::Result<()> {
/// let key = AvroKey::new().field("region", &"eu".to_owned())?.field("id", &7_i64)?;
/// assert_eq!(Payload::from(key).as_slice(), b"\x04eu\x0e");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct AvroKey(Vec<u8>);

impl AvroKey {
    /// Without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): a value that its schema does not have.
    pub fn field<T: AvroSchema + Serialize + 'static>(mut self, name: &str, value: &T) -> Result<Self> {
        let datum = datum(value).map_err(|cause| {
            Error::new(ErrorKind::Settings, format!("the field `{name}` of a key cannot be encoded: {cause}"))
        })?;
        self.0.extend(datum);
        Ok(self)
    }
}

key_of_fields!(AvroKey);

/// A field of a message's key of several fields, all of which are listed with their schemas.
///
/// # Errors
/// Kind [`Decode`](ErrorKind::Decode): the key is null, or is not made of these fields alone.
pub fn avro_key_field<T: DeserializeOwned>(
    message: &Message,
    field: &str,
    fields: &[(&str, fn() -> &'static Schema)],
) -> Result<T> {
    let part = Part::Key(field);
    let Some(mut left) = message.key() else { return Err(mismatch(&part, "is null")) };
    let mut found = None;
    for (name, schema) in fields {
        let value = from_avro_datum(schema(), &mut left, None);
        let value = value.map_err(|error| undecodable(&Part::Key(name), error.into()))?;
        if *name == field {
            found = Some(value);
        }
    }
    if !left.is_empty() {
        return Err(undecodable(&part, format!("{} bytes are left over", left.len()).into()));
    }
    let Some(found) = found else { return Err(mismatch(&part, "is not there")) };
    from_value(&found).map_err(|error| undecodable(&part, error.into()))
}
