//! JSON, by serde.

use super::format::{BoxError, Format};
use super::json_field::field_at;
use super::key::{Key, key_of_fields};
use super::parts::{Part, mismatch, undecodable};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Message, Payload};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::fmt::{self, Display};

/// JSON, by serde: `#[kafka(format = json)]`, and the format where none is said.
#[derive(Debug)]
pub enum Json {}

impl<T: Serialize + DeserializeOwned> Format<T> for Json {
    fn encode(value: &T, buffer: &mut Vec<u8>) -> std::result::Result<(), BoxError> {
        Ok(serde_json::to_writer(buffer, value)?)
    }

    fn decode(bytes: &[u8]) -> std::result::Result<T, BoxError> {
        serde_json::from_slice(bytes)
            .map_err(|error| Unread::of(&error).in_field_of::<T>(bytes, &error).into())
    }
}

/// What is wrong with JSON, and where: without what it was, since payloads are not for logs.
#[derive(Debug)]
struct Unread(String);

impl Unread {
    fn of(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        Self(match error.classify() {
            Category::Data => without_values(&text),
            _ => format!("it is not JSON: {text}"),
        })
    }

    /// With the field of `T` that it is in.
    fn in_field_of<T: DeserializeOwned>(self, json: &[u8], error: &serde_json::Error) -> Self {
        match field_at::<T>(json, error.line(), error.column()) {
            Some(field) if error.is_data() => Self(format!("field `{field}`: {}", self.0)),
            _ => self,
        }
    }
}

/// serde tells what it found after these words, and what it would take after a comma.
fn without_values(text: &str) -> String {
    for (what, instead) in [
        ("invalid type: ", "of another type"),
        ("invalid value: ", "not a possible value"),
        ("unknown variant ", "an unknown variant"),
        ("unknown field ", "an unknown field"),
    ] {
        let Some(found) = text.strip_prefix(what) else { continue };
        let kind: String = found.chars().take_while(|c| c.is_ascii_alphabetic() || *c == ' ').collect();
        let rest = found.rfind(", expected ").map_or("", |at| found.get(at..).unwrap_or_default());
        return match kind.trim() {
            "" => format!("{instead}{rest}"),
            kind => format!("{instead} ({kind}){rest}"),
        };
    }
    text.to_owned()
}

impl Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unread {}

/// A key of several fields: a JSON object of them, in the order in which they were added.
///
/// ```
/// use kafka_sdk::Payload;
/// use kafka_sdk::typed::JsonKey;
/// # fn main() -> kafka_sdk::Result<()> {
/// let key = JsonKey::new().field("region", "eu")?.field("id", &7)?;
/// assert_eq!(Payload::from(key).as_slice(), br#"{"region":"eu","id":7}"#);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct JsonKey(Vec<u8>);

impl Default for JsonKey {
    fn default() -> Self {
        Self::new()
    }
}

impl JsonKey {
    /// Without fields.
    #[must_use]
    pub fn new() -> Self {
        Self(b"{}".to_vec())
    }

    /// Adds a field.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): a value that JSON does not have.
    pub fn field<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Result<Self> {
        let failed = |cause: serde_json::Error| {
            Error::new(ErrorKind::Settings, format!("the field `{name}` of a key cannot be encoded: {cause}"))
        };
        self.0.pop();
        if self.0 != b"{" {
            self.0.push(b',');
        }
        serde_json::to_writer(&mut self.0, name).map_err(failed)?;
        self.0.push(b':');
        serde_json::to_writer(&mut self.0, value).map_err(failed)?;
        self.0.push(b'}');
        Ok(self)
    }
}

key_of_fields!(JsonKey);

/// A field of a message's key of several fields.
///
/// # Errors
/// Kind [`Decode`](ErrorKind::Decode): the key is null, no JSON object, or the field is not there or of another type.
pub fn json_key_field<T: DeserializeOwned>(message: &Message, field: &str) -> Result<T> {
    let part = Part::Key(field);
    let Some(key) = message.key() else { return Err(mismatch(&part, "is null")) };
    let object = serde_json::from_slice::<serde_json::Map<_, _>>(key);
    let mut object = object.map_err(|error| undecodable(&part, Unread::of(&error).into()))?;
    let Some(value) = object.remove(field) else { return Err(mismatch(&part, "is not there")) };
    serde_json::from_value(value).map_err(|error| undecodable(&part, Unread::of(&error).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, serde::Serialize)]
    #[allow(dead_code, reason = "only decoded")]
    #[serde(deny_unknown_fields)]
    struct Order {
        id: u32,
        state: State,
        #[serde(default, rename = "Lines")]
        lines: Vec<Line>,
    }

    #[derive(Debug, serde::Deserialize, serde::Serialize)]
    #[allow(dead_code, reason = "only decoded")]
    struct Line {
        article: u32,
    }

    #[derive(Debug, serde::Deserialize, serde::Serialize)]
    enum State {
        Open,
    }

    fn wrong(json: &str) -> String {
        <Json as Format<Order>>::decode(json.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn errors_say_what_is_wrong_and_where_and_not_what_it_was() {
        assert_eq!(
            wrong(r#"{"id": "hunter2", "state": "Open"}"#),
            "field `id`: of another type (string), expected u32 at line 1 column 16"
        );
        assert_eq!(
            wrong("{\n \"id\": -5}"),
            "field `id`: not a possible value (integer), expected u32 at line 2 column 9"
        );
        assert_eq!(
            wrong(r#"{"id": 1, "Lines": [{"article": 1}, {"hunter2": 5}], "state": "Open"}"#),
            "field `Lines`: missing field `article` at line 1 column 50"
        );
        assert_eq!(
            wrong(r#"{"hunter2": 1}"#),
            "an unknown field, expected one of `id`, `state`, `Lines` at line 1 column 10"
        );
        assert_eq!(
            wrong(r#"{"id": 1, "state": "hunter2, expected x"}"#),
            "field `state`: an unknown variant, expected `Open` at line 1 column 40"
        );
        assert_eq!(wrong(r#"{"state": "Open"}"#), "missing field `id` at line 1 column 17");
        assert!(wrong("hunter2").starts_with("it is not JSON: expected value"), "{}", wrong("hunter2"));
        assert!(wrong("").starts_with("it is not JSON: EOF"));
    }
}
