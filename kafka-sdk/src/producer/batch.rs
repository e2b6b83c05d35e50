//! A batch of records: open while records are appended, sealed when the sender takes it.

use super::buffer::Buffer;
use super::core::Payload;
use super::delivery::{BatchPlace, Delivery, Promise};
use crate::error::{Error, Result};
use crate::model::Record;
use crate::observe::{PartitionMeter, warn_seldom};
use bytes::Bytes;
use kafka_sdk_protocol::records::{BatchBuilder, HEADER_SIZE, MAX_OVERHEAD, ProducerStamp, batches, restamp};
use std::sync::Arc;
use tokio::time::Instant;

/// A batch under construction.
#[derive(Debug)]
pub(super) struct OpenBatch {
    builder: BatchBuilder,
    buffer: Buffer,
    promise: Promise,
    created: Instant,
}

impl OpenBatch {
    pub(super) fn new(mut buffer: Buffer, promise: Promise, created: Instant) -> Self {
        let builder = BatchBuilder::new(buffer.take_bytes());
        Self { builder, buffer, promise, created }
    }

    pub(super) fn size(&self) -> usize {
        self.builder.size()
    }

    pub(super) fn capacity(&self) -> usize {
        self.builder.capacity()
    }

    pub(super) fn created(&self) -> Instant {
        self.created
    }

    pub(super) fn records(&self) -> usize {
        self.builder.count() as usize
    }

    /// Appends the record, if the batch stays within `limit` and within its buffer.
    pub(super) fn try_append(
        &mut self,
        limit: usize,
        record: &Record<'_>,
        timestamp: i64,
    ) -> Option<Delivery> {
        let base = if self.builder.is_empty() { timestamp } else { self.builder.base_timestamp() };
        // A delivery has 32 bits for the difference: 24 days. Beyond that another batch begins.
        let delta = i32::try_from(timestamp.checked_sub(base)?).ok()?;
        let limit = limit.min(self.builder.capacity());
        let headers = record.header_list().iter();
        let (key, value) = (record.key_bytes(), record.value_bytes());
        let index = self.builder.try_append(limit, timestamp, key, value, headers)?;
        Some(Delivery::new(self.promise.fate().clone(), index, delta))
    }

    /// Moves the records into a larger buffer; gives the one that they were in.
    pub(super) fn grow(&mut self, mut larger: Buffer) -> Buffer {
        let old = self.builder.grow_into(larger.take_bytes());
        self.buffer.put_back(old);
        std::mem::replace(&mut self.buffer, larger)
    }

    /// No more records are appended. The header is written when the batch gets its first stamp.
    pub(super) fn close(mut self, meter: Arc<PartitionMeter>) -> Batch {
        let records = self.builder.count();
        self.promise.complete(records);
        Batch {
            records,
            promise: self.promise,
            created: self.created,
            meter,
            content: Content::Unsealed(self.builder, self.buffer),
        }
    }
}

/// The most bytes that a batch with only this record has.
pub(super) fn size_alone(record: &Record<'_>) -> usize {
    HEADER_SIZE + MAX_OVERHEAD + content_size(record)
}

/// About as many bytes as the record takes in a batch of many.
pub(super) fn usual_size(record: &Record<'_>) -> usize {
    const USUAL_OVERHEAD: usize = 9;
    USUAL_OVERHEAD + content_size(record)
}

/// Key, value and headers, with the most that the lengths of a header take.
fn content_size(record: &Record<'_>) -> usize {
    let size = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
    let headers = record.header_list().iter().map(|(name, value)| name.len() + size(value) + 10);
    size(record.key_bytes()) + size(record.value_bytes()) + headers.sum::<usize>()
}

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Batch {
    records: u32,
    promise: Promise,
    created: Instant,
    meter: Arc<PartitionMeter>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Unsealed(BatchBuilder, Buffer),
    /// These never change: another stamp makes other bytes, because the socket may still hold these.
    Sealed(Bytes),
}

impl Batch {
    /// The bytes for the wire, which are there from the first stamp on.
    pub(super) fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Sealed(bytes) => Some(bytes),
            Content::Unsealed(..) => None,
        }
    }

    pub(super) fn size(&self) -> usize {
        match &self.content {
            Content::Sealed(bytes) => bytes.len(),
            Content::Unsealed(builder, _) => builder.size(),
        }
    }

    pub(super) fn created(&self) -> Instant {
        self.created
    }

    /// Tells all who wait for one of the records.
    pub(super) fn resolve(&mut self, outcome: Result<BatchPlace>) {
        match &outcome {
            Ok(_) => self.meter.written(self.records, self.size()),
            Err(error) => {
                self.meter.failed(self.records);
                self.report(error);
            }
        }
        self.promise.resolve(outcome);
    }

    fn report(&self, error: &Error) {
        let PartitionMeter { topic, partition, warnings, .. } = &*self.meter;
        let (records, written, error) = (self.records, error.written(), error.whole());
        warn_seldom!(
            warnings,
            target: "kafka_sdk::producer",
            { %topic, partition, records, ?written, %error },
            "batch failed"
        );
    }

    /// Two halves of it, the first records first. A batch of one record stays whole, and so does one that cannot be
    /// read back, which is not possible for what we wrote.
    pub(super) fn halves(mut self) -> Vec<Self> {
        let halves = self.bytes().and_then(|bytes| halve(bytes, self.records));
        let Some((left, right)) = halves.map(|(l, r)| (Content::Sealed(l), Content::Sealed(r))) else {
            return vec![self];
        };
        let at = self.records / 2;
        let rest = self.promise.split_off(at);
        let (created, meter) = (self.created, self.meter);
        vec![
            Self { content: left, records: at, promise: self.promise, created, meter: meter.clone() },
            Self { content: right, records: self.records - at, promise: rest, created, meter },
        ]
    }
}

/// The bytes of two batches with half of the records each.
fn halve(bytes: &Bytes, records: u32) -> Option<(Bytes, Bytes)> {
    if records < 2 {
        return None;
    }
    let whole = batches(bytes).next()?.ok()?.records().ok()?;
    let mut halves = [BatchBuilder::new(Vec::new()), BatchBuilder::new(Vec::new())];
    for (i, record) in (0..records).zip(&whole) {
        let headers: Vec<_> =
            record.headers().map(|h| (std::str::from_utf8(h.name).unwrap_or_default(), h.value)).collect();
        let half = &mut halves[usize::from(i >= records / 2)];
        half.append(record.timestamp, record.key, record.value, headers.into_iter());
    }
    let [left, right] = halves.map(|half| Bytes::from(half.seal(ProducerStamp::NONE)));
    Some((left, right))
}

impl Payload for Batch {
    fn records(&self) -> u32 {
        self.records
    }

    fn stamp(&mut self, stamp: ProducerStamp) {
        let before = std::mem::replace(&mut self.content, Content::Sealed(Bytes::new()));
        self.content = Content::Sealed(match before {
            Content::Unsealed(builder, mut buffer) => {
                buffer.put_back(builder.seal(stamp));
                Bytes::from_owner(buffer)
            }
            Content::Sealed(bytes) => Bytes::from(restamp(&bytes, stamp)),
        });
    }
}
