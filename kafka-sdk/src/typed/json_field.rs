//! Which field of a message its JSON does not fit.

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// The field of `T` that was being read when reading ended behind so many bytes; none in no field, and where `T` is no
/// struct. Only names that the type has: others are of the payload.
pub(super) fn field_at<T: DeserializeOwned>(json: &[u8], line: usize, column: usize) -> Option<&'static str> {
    let before: usize =
        json.split_inclusive(|byte| *byte == b'\n').take(line.checked_sub(1)?).map(<[u8]>::len).sum();
    let key = last_key(json.get(..before.checked_add(column)?)?)?;
    fields_of::<T>().iter().copied().find(|field| field.as_bytes() == key)
}

/// That of the outermost object, unless it is over.
fn last_key(read: &[u8]) -> Option<&[u8]> {
    let (mut key, mut depth, mut at) = (None, 0_usize, 0);
    let (mut is_object, mut is_next) = (false, false);
    while let Some(byte) = read.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let Some(end) = end_of_text(read, at) else { break };
                if std::mem::take(&mut is_next) {
                    key = read.get(at..end);
                }
                at = end + 1;
            }
            b'{' | b'[' => {
                depth += 1;
                is_object = is_object || (depth == 1 && *byte == b'{');
                is_next = depth == 1 && is_object;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => is_next = depth == 1 && is_object,
            _ => {}
        }
    }
    key.filter(|_| depth > 0)
}

/// Where its closing quote is.
fn end_of_text(read: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match read.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
}

/// As serde's derive says them to a format; none where it says none.
fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &[&str] = &[];
    let _ = T::deserialize(Asked(&mut fields));
    fields
}

/// Reads nothing, and remembers which fields were asked for.
struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("there is nothing to read"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_is_that_of_the_outermost_object() {
        for (read, key) in [
            (r#"{"a": 1, "b": {"c": 2"#, Some("b")),
            (r#"{"a": 1, "b": {"c": 2}"#, Some("b")),
            (r#"{"a": [1, {"c": "d,{"}, "e""#, Some("a")),
            (r#"{"a\"b": "c"#, Some(r#"a\"b"#)),
            (r#"{"a": 1}"#, None),
            (r#"["a", "b""#, None),
            (r#"[{"a": 1"#, None),
            (r#"{"a"#, None),
            (r#"{"a\"#, None),
            ("", None),
        ] {
            assert_eq!(last_key(read.as_bytes()), key.map(str::as_bytes), "{read}");
        }
    }

    #[test]
    fn whatever_it_is_no_place_is_outside_of_it() {
        let random = |_| *fastrand::choice(br#"{}[]",:\a1"#.iter()).unwrap();
        for _ in 0..10_000 {
            let json: Vec<u8> = (0..fastrand::usize(..20)).map(random).collect();
            let _ = last_key(&json);
            let _ = field_at::<Vec<u8>>(&json, fastrand::usize(..3), fastrand::usize(..30));
        }
    }
}
