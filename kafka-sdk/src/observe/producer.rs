//! Producers, as the sender of each counts.

use super::Seldom;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// What one producer is at, and has done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProducerMetrics {
    /// Bytes of the buffers that records are in which are not acknowledged.
    pub buffered_bytes: usize,
    /// `buffer.memory`.
    pub buffer_limit: usize,
    /// The partitions of the topics that it has written to, or looked up.
    pub partitions: Vec<ProducerPartitionMetrics>,
}

/// What a producer has done for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProducerPartitionMetrics {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Records that wait to be sent for the first time.
    pub queued_records: usize,
    /// Bytes of them, not compressed.
    pub queued_bytes: usize,
    /// Batches on their way, without an answer.
    pub in_flight_batches: usize,
    /// Batches that were acknowledged.
    pub written_batches: u64,
    /// Records in them.
    pub written_records: u64,
    /// Bytes of them, as they were sent.
    pub written_bytes: u64,
    /// Batches that were sent once more.
    pub retries: u64,
    /// Records that were given up: their deliveries hold the error.
    pub failed_records: u64,
}

/// The counters of a partition that is written to.
#[derive(Debug)]
pub(crate) struct PartitionMeter {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    in_flight_batches: AtomicUsize,
    written_batches: AtomicU64,
    written_records: AtomicU64,
    written_bytes: AtomicU64,
    retries: AtomicU64,
    failed_records: AtomicU64,
    /// Warnings about its batches.
    pub(crate) warnings: Seldom,
}

impl PartitionMeter {
    pub(crate) fn new(topic: Arc<str>, partition: i32) -> Self {
        Self {
            topic,
            partition,
            in_flight_batches: AtomicUsize::new(0),
            written_batches: AtomicU64::new(0),
            written_records: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            failed_records: AtomicU64::new(0),
            warnings: Seldom::default(),
        }
    }

    /// A batch is on its way.
    pub(crate) fn sent(&self) {
        self.in_flight_batches.fetch_add(1, Relaxed);
    }

    /// The batch that is on its way was on its way before.
    pub(crate) fn sent_again(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// Something came of a batch that was on its way.
    pub(crate) fn answered(&self) {
        self.in_flight_batches.fetch_sub(1, Relaxed);
    }

    /// A batch is acknowledged.
    pub(crate) fn written(&self, records: u32, bytes: usize) {
        self.written_batches.fetch_add(1, Relaxed);
        self.written_records.fetch_add(records.into(), Relaxed);
        self.written_bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// A batch is given up.
    pub(crate) fn failed(&self, records: u32) {
        self.failed_records.fetch_add(records.into(), Relaxed);
    }

    /// With what is queued, which others count.
    pub(crate) fn read(&self, queued_records: usize, queued_bytes: usize) -> ProducerPartitionMetrics {
        ProducerPartitionMetrics {
            topic: self.topic.clone(),
            partition: self.partition,
            queued_records,
            queued_bytes,
            in_flight_batches: self.in_flight_batches.load(Relaxed),
            written_batches: self.written_batches.load(Relaxed),
            written_records: self.written_records.load(Relaxed),
            written_bytes: self.written_bytes.load(Relaxed),
            retries: self.retries.load(Relaxed),
            failed_records: self.failed_records.load(Relaxed),
        }
    }
}
