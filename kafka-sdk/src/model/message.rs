//! What is read: batches, and messages that are lent out of them or kept.

use super::{HeaderRef, Record, Timestamp, TopicPartition};
use bytes::Bytes;
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, RecordRef, Records, RecordsIter, batches};
use std::fmt;
use std::sync::Arc;

/// Records that were read together: checked and decompressed before they are handed out, so that reading them cannot
/// fail. A cheap clone, `'static`.
///
/// ```
/// # fn total(batch: &kafka_sdk::Batch) -> usize {
/// batch.iter().filter_map(|message| message.value()).map(<[u8]>::len).sum()
/// # }
/// ```
#[derive(Clone)]
pub struct Batch {
    source: Arc<Source>,
    start: u32,
    count: u32,
}

/// What the messages of a batch share.
struct Source {
    topic: Arc<str>,
    partition: i32,
    records: Records,
}

impl Batch {
    /// The records of `records` from offset `from` to before `until`.
    pub(crate) fn new(topic: Arc<str>, partition: i32, records: Records, from: i64, until: i64) -> Self {
        let header = records.header();
        let (start, count) = if from <= header.base_offset && header.last_offset() < until {
            (0, records.len())
        } else {
            range(&records, from, until)
        };
        let short = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            source: Arc::new(Source { topic, partition, records }),
            start: short(start),
            count: short(count),
        }
    }

    /// The topic's name.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.source.topic
    }

    /// The partition's number.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.source.partition
    }

    /// Topic and partition.
    #[must_use]
    pub fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(self.source.topic.clone(), self.source.partition)
    }

    /// Number of messages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none. A reader hands out no empty batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The messages in order, borrowed: no allocation, no reference count each.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> BatchIter<'_> {
        BatchIter {
            batch: self,
            records: self.source.records.iter_from(self.start as usize),
            left: self.count,
        }
    }

    /// A copy of these messages, which keeps nothing else in memory: a batch keeps what it was fetched with, as a
    /// [`Message`] does.
    #[must_use]
    pub fn detach(self) -> Self {
        let records = self.source.records.copied(self.start as usize, self.len());
        let source = Source { topic: self.source.topic.clone(), partition: self.source.partition, records };
        Self { source: Arc::new(source), start: 0, count: self.count }
    }

    /// Of the leader that appended it; -1 where the format has none.
    pub(crate) fn leader_epoch(&self) -> i32 {
        self.source.records.header().leader_epoch
    }

    /// Takes the first message off, with its offset.
    #[inline]
    pub(crate) fn take_first(&mut self) -> Option<(i64, Message)> {
        self.count = self.count.checked_sub(1)?;
        let (offset, behind) = self.source.records.step(self.start as usize)?;
        let message = Message { source: self.source.clone(), at: self.start };
        self.start = u32::try_from(behind).unwrap_or(u32::MAX);
        Some((offset, message))
    }

    /// Puts the message that was taken last to its place again.
    pub(crate) fn put_back(&mut self, message: Message) {
        self.start = message.at;
        self.count += 1;
    }
}

/// Where the first record from offset `from` on begins, and how many follow before `until`.
fn range(records: &Records, from: i64, until: i64) -> (usize, usize) {
    let (mut start, mut count) = (0, 0);
    let mut iter = records.iter();
    while let Some(record) = iter.next() {
        if record.offset < from {
            start = iter.position();
        } else if record.offset < until {
            count += 1;
        } else {
            break;
        }
    }
    (start, count)
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({}-{}, {} messages)", self.topic(), self.partition(), self.count)
    }
}

/// See [`Batch::iter`].
#[derive(Clone, Debug)]
pub struct BatchIter<'b> {
    batch: &'b Batch,
    records: RecordsIter<'b>,
    left: u32,
}

impl<'b> Iterator for BatchIter<'b> {
    type Item = MessageRef<'b>;

    #[inline]
    fn next(&mut self) -> Option<MessageRef<'b>> {
        self.left = self.left.checked_sub(1)?;
        let at = self.records.position();
        let record = self.records.next()?;
        Some(MessageRef { source: &self.batch.source, record, at })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for BatchIter<'_> {}

impl<'b> IntoIterator for &'b Batch {
    type Item = MessageRef<'b>;
    type IntoIter = BatchIter<'b>;

    fn into_iter(self) -> BatchIter<'b> {
        self.iter()
    }
}

/// One record, borrowed from its batch.
#[derive(Clone, Copy)]
pub struct MessageRef<'b> {
    source: &'b Arc<Source>,
    record: RecordRef<'b>,
    at: usize,
}

impl<'b> MessageRef<'b> {
    /// The topic's name.
    #[must_use]
    pub fn topic(self) -> &'b str {
        &self.source.topic
    }

    /// The partition's number.
    #[must_use]
    pub fn partition(self) -> i32 {
        self.source.partition
    }

    /// Topic and partition.
    #[must_use]
    pub fn topic_partition(self) -> TopicPartition {
        TopicPartition::new(self.source.topic.clone(), self.source.partition)
    }

    /// The offset in the partition.
    #[inline]
    #[must_use]
    pub fn offset(self) -> i64 {
        self.record.offset
    }

    /// When it happened (`CreateTime`) or was appended (`LogAppendTime`, a setting of the topic).
    #[inline]
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(self.record.timestamp)
    }

    /// The key, if there is one.
    #[inline]
    #[must_use]
    pub fn key(self) -> Option<&'b [u8]> {
        self.record.key
    }

    /// The value; none is a tombstone.
    #[inline]
    #[must_use]
    pub fn value(self) -> Option<&'b [u8]> {
        self.record.value
    }

    /// The value of the last header of this name; none if there is no such header, or if its value is null.
    #[must_use]
    pub fn header(self, name: &str) -> Option<&'b [u8]> {
        self.headers().filter(|header| header.name == name).last()?.value
    }

    /// The headers in order.
    pub fn headers(self) -> impl Iterator<Item = HeaderRef<'b>> {
        self.record.headers().map(|header| HeaderRef {
            name: std::str::from_utf8(header.name).unwrap_or("\u{fffd}"),
            value: header.value,
        })
    }

    /// The same record, owned: one reference count on its batch.
    #[must_use]
    pub fn to_message(self) -> Message {
        Message { source: self.source.clone(), at: u32::try_from(self.at).unwrap_or(u32::MAX) }
    }
}

/// Shows where the record stands, not what is in it.
impl fmt::Debug for MessageRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}-{}@{})", self.topic(), self.partition(), self.offset())
    }
}

/// One record, owned: 16 bytes and one reference count on its batch, whatever it holds.
///
/// A message keeps in memory what it was fetched with: the whole answer of the broker, up to `fetch.max.bytes` and
/// more, or its batch where that was compressed. One that is kept for long should be [detached](Self::detach).
/// [`Metrics::answer_bytes`](crate::observe::Metrics::answer_bytes) shows how much is kept.
#[derive(Clone)]
pub struct Message {
    source: Arc<Source>,
    at: u32,
}

impl Message {
    /// The message that is read from there when the record is written, with its partition left aside: for tests of what
    /// takes messages. Without a timestamp it is of 1970.
    ///
    /// ```
    /// use kafka_sdk::{Message, Record};
    /// let message = Message::of_record(("orders", 0), 7, &Record::new("v").key("k-1"));
    /// assert_eq!((message.offset(), message.value()), (7, Some(&b"v"[..])));
    /// ```
    #[must_use]
    #[allow(clippy::expect_used, reason = "what has just been written can be read")]
    pub fn of_record(partition: impl Into<TopicPartition>, offset: i64, record: &Record<'_>) -> Self {
        let mut builder = BatchBuilder::new(Vec::new());
        let timestamp = record.at().map_or(0, Timestamp::as_millis);
        let headers = record.header_list().iter();
        builder.append(timestamp, record.key_bytes(), record.value_bytes(), headers);
        let mut bytes = builder.seal(ProducerStamp::NONE);
        if let Some(base_offset) = bytes.first_chunk_mut() {
            *base_offset = offset.to_be_bytes();
        }
        let batch = batches(&bytes.into()).next().expect("there is one").expect("it is whole");
        let partition = partition.into();
        let records = batch.records().expect("it is not compressed");
        let topic = partition.shared_topic().clone();
        let source = Source { topic, partition: partition.partition(), records };
        Self { source: Arc::new(source), at: 0 }
    }

    /// The same record, borrowed. Each other method goes through this, and it parses a few bytes: who reads many fields
    /// of many messages calls it once.
    #[inline]
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "a view by value, not a reference")]
    pub fn as_ref(&self) -> MessageRef<'_> {
        let at = self.at as usize;
        let record = self.source.records.iter_from(at).next().unwrap_or_default();
        MessageRef { source: &self.source, record, at }
    }

    /// The topic's name.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.source.topic
    }

    /// The partition's number.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.source.partition
    }

    /// Topic and partition.
    #[must_use]
    pub fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(self.source.topic.clone(), self.source.partition)
    }

    /// The offset in the partition.
    #[inline]
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.as_ref().offset()
    }

    /// When it happened (`CreateTime`) or was appended (`LogAppendTime`, a setting of the topic).
    #[inline]
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.as_ref().timestamp()
    }

    /// The key, if there is one.
    #[inline]
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.as_ref().key()
    }

    /// The value; none is a tombstone.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        self.as_ref().value()
    }

    /// The value as `Bytes` (of the `bytes` crate), which keep the batch in memory as the message does.
    #[must_use]
    pub fn value_bytes(&self) -> Option<Bytes> {
        self.value().map(|value| self.source.records.body().slice_ref(value))
    }

    /// The value of the last header of this name; none if there is no such header, or if its value is null.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.as_ref().header(name)
    }

    /// The headers in order.
    pub fn headers(&self) -> impl Iterator<Item = HeaderRef<'_>> {
        self.as_ref().headers()
    }

    /// A copy of this one record, which keeps nothing else in memory.
    #[must_use]
    pub fn detach(self) -> Self {
        let records = self.source.records.copied(self.at as usize, 1);
        let source = Source { topic: self.source.topic.clone(), partition: self.source.partition, records };
        Self { source: Arc::new(source), at: 0 }
    }
}

/// Shows where the record stands, not what is in it.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref(), f)
    }
}

#[cfg(test)]
mod tests;
