//! The timestamp of a record, as a field.

use crate::model::{Message, Timestamp};
use std::time::SystemTime;

/// What can be the timestamp of a record: [`Timestamp`], `SystemTime`, or `i64` in milliseconds since 1970.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the timestamp of a Kafka record",
    label = "not a time",
    note = "times: kafka_sdk::Timestamp, std::time::SystemTime, i64 in milliseconds since 1970; and Option of them"
)]
pub trait EventTime: Sized {
    /// The time, in milliseconds.
    fn to_timestamp(&self) -> Timestamp;

    /// The time of a record; -1 ms where Kafka knows none.
    fn from_timestamp(timestamp: Timestamp) -> Self;
}

impl EventTime for Timestamp {
    fn to_timestamp(&self) -> Timestamp {
        *self
    }

    fn from_timestamp(timestamp: Timestamp) -> Self {
        timestamp
    }
}

impl EventTime for SystemTime {
    fn to_timestamp(&self) -> Timestamp {
        (*self).into()
    }

    fn from_timestamp(timestamp: Timestamp) -> Self {
        timestamp.into()
    }
}

impl EventTime for i64 {
    fn to_timestamp(&self) -> Timestamp {
        Timestamp::from_millis(*self)
    }

    fn from_timestamp(timestamp: Timestamp) -> Self {
        timestamp.as_millis()
    }
}

/// The time of a record; none where Kafka knows none.
#[must_use]
pub fn optional_time<T: EventTime>(message: &Message) -> Option<T> {
    let known = Some(message.timestamp()).filter(|timestamp| timestamp.as_millis() >= 0);
    known.map(T::from_timestamp)
}
