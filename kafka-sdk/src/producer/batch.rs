//! A batch of records: open while records are appended, sealed when the sender takes it.

mod halves;

use super::buffer::{Account, Buffer};
use super::compress::{Packing, Unpacked};
use super::core::Payload;
use super::delivery::{BatchPlace, Delivery, Promise};
use super::report::{BatchReport, OnBatch, base_offset};
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::model::Record;
use crate::observe::{PartitionMeter, warn_seldom};
use bytes::Bytes;
use kafka_sdk_protocol::records::compression::Codec;
use kafka_sdk_protocol::records::{BatchBuilder, HEADER_SIZE, MAX_OVERHEAD, ProducerStamp, restamp, stamp};
use std::cell::OnceCell;
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
    #[inline]
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

    /// No more records are appended. The header is written when the batch is compressed, or gets its first stamp.
    pub(super) fn close(mut self, meter: Arc<PartitionMeter>, settings: &Settings) -> Batch {
        let records = self.builder.count();
        self.promise.complete(records);
        Batch {
            records,
            promise: self.promise,
            created: self.created,
            meter,
            packing: settings.packing(),
            on_batch: settings.on_batch.clone(),
            plain_size: self.builder.size(),
            account: self.buffer.account(),
            content: Content::Open(self.builder, self.buffer),
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
    packing: Packing,
    on_batch: Option<OnBatch>,
    /// Bytes before they were compressed, or about as many.
    plain_size: usize,
    account: Account,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Open(BatchBuilder, Buffer),
    /// Being compressed elsewhere; so large before.
    Away(usize),
    /// Compressed, or found not to get smaller by it; without a stamp.
    Packed(Buffer),
    /// Out of a buffer. These never change: another stamp makes other bytes, because the socket may still hold these.
    Sealed(Bytes),
}

impl Batch {
    /// The bytes for the wire, which are there from the first stamp on.
    pub(super) fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Sealed(bytes) => Some(bytes),
            Content::Open(..) | Content::Away(_) | Content::Packed(_) => None,
        }
    }

    pub(super) fn size(&self) -> usize {
        match &self.content {
            Content::Sealed(bytes) => bytes.len(),
            Content::Open(builder, _) => builder.size(),
            Content::Away(size) => *size,
            Content::Packed(buffer) => buffer.as_ref().len(),
        }
    }

    /// As [`Self::size`], before it was compressed.
    pub(super) fn plain_size(&self) -> usize {
        self.plain_size
    }

    pub(super) fn created(&self) -> Instant {
        self.created
    }

    /// Gives the records away to be compressed; none where that is done, or not wanted.
    pub(super) fn unpack(&mut self) -> Option<Unpacked> {
        if self.packing.codec == Codec::None || !matches!(self.content, Content::Open(..)) {
            return None;
        }
        let size = self.size();
        match std::mem::replace(&mut self.content, Content::Away(size)) {
            Content::Open(builder, buffer) => Some(Unpacked { builder, buffer, packing: self.packing }),
            _ => None,
        }
    }

    /// Takes back what [`Self::unpack`] gave away.
    pub(super) fn packed(&mut self, packed: Buffer) {
        self.content = Content::Packed(packed);
    }

    /// Whether the records are back.
    pub(super) fn is_packed(&self) -> bool {
        matches!(self.content, Content::Packed(_))
    }

    /// Tells all who wait for one of the records. No lock may be held: a function of the user's is called.
    pub(super) fn resolve(&mut self, outcome: Result<BatchPlace>) {
        if let Some(on_batch) = self.on_batch.clone() {
            self.tell(&on_batch, &outcome);
        }
        match &outcome {
            Ok(_) => self.meter.written(self.records, self.size()),
            Err(error) => {
                self.meter.failed(self.records);
                self.report(error);
            }
        }
        self.promise.resolve(outcome);
    }

    fn tell(&mut self, on_batch: &OnBatch, outcome: &Result<BatchPlace>) {
        if matches!(self.content, Content::Open(..) | Content::Packed(_)) {
            // It was never sent: what the records are read from is made now.
            self.stamp(ProducerStamp::NONE);
        }
        on_batch.call(&BatchReport {
            topic: &self.meter.topic,
            partition: self.meter.partition,
            result: base_offset(outcome),
            len: self.records as usize,
            bytes: self.bytes().cloned(),
            decoded: OnceCell::new(),
        });
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
}

impl Payload for Batch {
    fn records(&self) -> u32 {
        self.records
    }

    fn stamp(&mut self, producer: ProducerStamp) {
        let before = std::mem::replace(&mut self.content, Content::Sealed(Bytes::new()));
        let buffer = match before {
            Content::Open(builder, mut buffer) => {
                buffer.put_back(builder.seal(producer));
                buffer
            }
            Content::Packed(mut buffer) => {
                let mut bytes = buffer.take_bytes();
                stamp(&mut bytes, producer);
                buffer.put_back(bytes);
                buffer
            }
            Content::Sealed(bytes) => self.account.charge(restamp(&bytes, producer)),
            // Never: only what is back is sent.
            Content::Away(size) => {
                self.content = Content::Away(size);
                return;
            }
        };
        self.content = Content::Sealed(Bytes::from_owner(buffer));
    }
}
