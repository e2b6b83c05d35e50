//! What is written.

use super::{Message, MessageRef, Payload, Timestamp};
use std::borrow::Cow;

/// What to write: value, key, headers, timestamp, partition. Where to write it is an argument of `send`.
///
/// Bytes can be lent, so that sending copies them once, into the batch. A value alone converts into a record:
/// `producer.send("orders", "just a value")`.
///
/// ```
/// use kafka_sdk::Record;
/// let record = Record::new("v").key("k-1").header("trace", "7");
/// let deletion = Record::tombstone("k-1");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a record does nothing until it is sent"]
pub struct Record<'a> {
    value: Option<Payload<'a>>,
    key: Option<Payload<'a>>,
    headers: Headers<'a>,
    timestamp: Option<Timestamp>,
    partition: Option<i32>,
    partition_by: Option<Payload<'a>>,
}

impl<'a> Record<'a> {
    /// A record with this value, without a key.
    pub fn new(value: impl Into<Payload<'a>>) -> Self {
        Self {
            value: Some(value.into()),
            key: None,
            headers: Headers::new(),
            timestamp: None,
            partition: None,
            partition_by: None,
        }
    }

    /// A null value: a compacted topic forgets the key.
    pub fn tombstone(key: impl Into<Payload<'a>>) -> Self {
        Self {
            value: None,
            key: Some(key.into()),
            headers: Headers::new(),
            timestamp: None,
            partition: None,
            partition_by: None,
        }
    }

    /// Sets the key: records of one key go to one partition.
    pub fn key(mut self, key: impl Into<Payload<'a>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a header; names can repeat.
    pub fn header(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Payload<'a>>) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets all headers.
    pub fn headers(mut self, headers: Headers<'a>) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the time at which it happened, not before 1970. Default: when it is enqueued.
    pub fn timestamp(mut self, at: impl Into<Timestamp>) -> Self {
        self.timestamp = Some(at.into());
        self
    }

    /// Sets the partition. Default: the partitioner chooses.
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// Has the partitioner place the record by these bytes instead of the key: what belongs together for the partitions,
    /// while the key tells apart.
    pub fn partition_by(mut self, bytes: impl Into<Payload<'a>>) -> Self {
        self.partition_by = Some(bytes.into());
        self
    }

    /// Copies what is lent.
    pub fn into_owned(self) -> Record<'static> {
        Record {
            value: self.value.map(Payload::into_owned),
            key: self.key.map(Payload::into_owned),
            headers: self.headers.into_owned(),
            timestamp: self.timestamp,
            partition: self.partition,
            partition_by: self.partition_by.map(Payload::into_owned),
        }
    }

    pub(crate) fn value_bytes(&self) -> Option<&[u8]> {
        self.value.as_ref().map(Payload::as_slice)
    }

    pub(crate) fn key_bytes(&self) -> Option<&[u8]> {
        self.key.as_ref().map(Payload::as_slice)
    }

    /// What the partitioner goes by.
    pub(crate) fn placing_bytes(&self) -> Option<&[u8]> {
        self.partition_by.as_ref().or(self.key.as_ref()).map(Payload::as_slice)
    }

    pub(crate) fn headers_mut(&mut self) -> &mut Headers<'a> {
        &mut self.headers
    }

    pub(crate) fn header_list(&self) -> &Headers<'a> {
        &self.headers
    }

    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.timestamp
    }

    pub(crate) fn chosen_partition(&self) -> Option<i32> {
        self.partition
    }
}

impl<'a, P: Into<Payload<'a>>> From<P> for Record<'a> {
    fn from(value: P) -> Self {
        Record::new(value)
    }
}

/// Lent again, so that another try needs no clone.
impl<'a> From<&'a Record<'_>> for Record<'a> {
    fn from(record: &'a Record<'_>) -> Self {
        Record {
            value: record.value.as_ref().map(Payload::from),
            key: record.key.as_ref().map(Payload::from),
            headers: Headers::from(&record.headers),
            timestamp: record.timestamp,
            partition: record.partition,
            partition_by: record.partition_by.as_ref().map(Payload::from),
        }
    }
}

/// To forward it: key, value, headers and, where Kafka knows one, timestamp; not the partition.
impl<'a> From<&'a Message> for Record<'a> {
    fn from(message: &'a Message) -> Self {
        message.as_ref().into()
    }
}

/// To forward it: key, value, headers and, where Kafka knows one, timestamp; not the partition.
impl<'a> From<MessageRef<'a>> for Record<'a> {
    fn from(message: MessageRef<'a>) -> Self {
        let header = |h: HeaderRef<'a>| (Cow::Borrowed(h.name), h.value.map(Payload::from));
        Record {
            value: message.value().map(Payload::from),
            key: message.key().map(Payload::from),
            headers: Headers(message.headers().map(header).collect()),
            timestamp: Some(message.timestamp()).filter(|at| at.as_millis() >= 0),
            partition: None,
            partition_by: None,
        }
    }
}

/// Headers of a record, in order; names can repeat, values can be null.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a>(Vec<(Cow<'a, str>, Option<Payload<'a>>)>);

impl<'a> Headers<'a> {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a header.
    pub fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Payload<'a>>) {
        self.0.push((name.into(), Some(value.into())));
    }

    /// Adds a header whose value is null.
    pub fn insert_null(&mut self, name: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), None));
    }

    /// Name and value of each; a value can be null.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Option<&[u8]>)> + Clone {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref().map(Payload::as_slice)))
    }

    fn into_owned(self) -> Headers<'static> {
        let owned = |(name, value): (Cow<'_, str>, Option<Payload<'_>>)| {
            (Cow::Owned(name.into_owned()), value.map(Payload::into_owned))
        };
        Headers(self.0.into_iter().map(owned).collect())
    }
}

impl<'a> From<&'a Headers<'_>> for Headers<'a> {
    fn from(headers: &'a Headers<'_>) -> Self {
        let lent = headers
            .0
            .iter()
            .map(|(name, value)| (Cow::Borrowed(name.as_ref()), value.as_ref().map(Payload::from)));
        Headers(lent.collect())
    }
}

/// A header of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderRef<'a> {
    /// Its name; U+FFFD if the name on the wire is not UTF-8.
    pub name: &'a str,
    /// Its value, which can be null.
    pub value: Option<&'a [u8]>,
}

/// Shows the length of the value: payloads are not for logs.
impl std::fmt::Debug for HeaderRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.value {
            Some(value) => write!(f, "{}: {} bytes", self.name, value.len()),
            None => write!(f, "{}: null", self.name),
        }
    }
}
