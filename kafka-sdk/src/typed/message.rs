//! What a type says of itself.

use super::key::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Message, Record};

#[doc = include_str!("message.md")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Kafka message",
    label = "not a message",
    note = "add `#[derive(KafkaMessage)]`"
)]
pub trait KafkaMessage: Sized + Send + Unpin + 'static {
    /// The topic of its records; none where that is known only when they are sent.
    const TOPIC: Option<&'static str>;

    /// What a tombstone is sent by.
    type Key<'k>: Key;

    /// The record of this message. The value's bytes are appended to `buffer`; the record may borrow from both.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): a value that the format does not have.
    fn to_record<'r>(&'r self, buffer: &'r mut Vec<u8>) -> Result<Record<'r>>;

    /// The message of a record, which may be anything.
    ///
    /// # Errors
    /// Kind [`Decode`](ErrorKind::Decode): what is wrong with which part.
    fn from_message(message: &Message) -> Result<Self>;
}

/// Any record, as it is.
impl KafkaMessage for Message {
    const TOPIC: Option<&'static str> = None;
    type Key<'k> = &'k [u8];

    fn to_record<'r>(&'r self, _: &'r mut Vec<u8>) -> Result<Record<'r>> {
        Ok(Record::from(self))
    }

    fn from_message(message: &Message) -> Result<Self> {
        Ok(message.clone())
    }
}

/// None is a tombstone: to be read, since what has no key cannot be sent. [`TypedTopic::tombstone`](super::TypedTopic::tombstone)
/// sends them.
impl<T: KafkaMessage> KafkaMessage for Option<T> {
    const TOPIC: Option<&'static str> = T::TOPIC;
    type Key<'k> = T::Key<'k>;

    fn to_record<'r>(&'r self, buffer: &'r mut Vec<u8>) -> Result<Record<'r>> {
        let none =
            || Error::new(ErrorKind::Settings, "nothing is no record: tombstone(key) sends a null value");
        self.as_ref().ok_or_else(none)?.to_record(buffer)
    }

    fn from_message(message: &Message) -> Result<Self> {
        message.value().map(|_| T::from_message(message)).transpose()
    }
}

impl<T: KafkaMessage> KafkaMessage for Box<T> {
    const TOPIC: Option<&'static str> = T::TOPIC;
    type Key<'k> = T::Key<'k>;

    fn to_record<'r>(&'r self, buffer: &'r mut Vec<u8>) -> Result<Record<'r>> {
        T::to_record(self, buffer)
    }

    fn from_message(message: &Message) -> Result<Self> {
        T::from_message(message).map(Self::new)
    }
}
