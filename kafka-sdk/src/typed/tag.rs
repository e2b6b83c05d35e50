//! The header that says which type a record is of.

use crate::error::{Error, ErrorKind};
use crate::model::Message;

/// What the header says; none where it is not there, null, or no text.
#[must_use]
pub fn tag<'m>(message: &'m Message, header: &str) -> Option<&'m str> {
    std::str::from_utf8(message.header(header)?).ok()
}

/// The error for a record whose tag is none of the known ones: kind [`Decode`](ErrorKind::Decode).
#[must_use]
pub fn unknown_tag(header: &str, tag: Option<&str>, known: &[&str]) -> Error {
    let known = known.join(", ");
    let text = match tag {
        Some(_) => format!("the header `{header}` has a tag that is none of {known}"),
        None => format!(
            "the header `{header}`, which says what the record is (one of {known}), is not there, or no text"
        ),
    };
    Error::new(ErrorKind::Decode, text)
}
