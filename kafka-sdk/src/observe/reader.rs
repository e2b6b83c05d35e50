//! Readers, as fetcher and reader count.

use crate::model::Watermarks;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What one reader is at, and has done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReaderMetrics {
    /// Bytes fetched, and not drained.
    pub buffered_bytes: usize,
    /// `fetch_buffer`: what is fetched ahead at most, about.
    pub buffer_limit: usize,
    /// The partitions that it reads.
    pub partitions: Vec<ReaderPartitionMetrics>,
}

/// What a reader has done for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderPartitionMetrics {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The offset behind the last record that was handed out, or where reading began.
    pub position: i64,
    /// Where the partition begins and ends, as the last answer of a broker told it; none before the first.
    pub watermarks: Option<Watermarks>,
    /// How many offsets the end is ahead of the position: as [`Control::lag_of`](crate::consumer::Control::lag_of).
    pub lag: Option<u64>,
    /// Bytes fetched, and not drained.
    pub buffered_bytes: usize,
    /// Bytes fetched in all.
    pub fetched_bytes: u64,
    /// Bytes of the batches that were handed out or passed over, as they were fetched.
    pub delivered_bytes: u64,
}

/// The counters of a partition that is read.
#[derive(Debug, Default)]
pub(crate) struct FetchMeter {
    fetched: AtomicU64,
    delivered: AtomicU64,
}

impl FetchMeter {
    pub(crate) fn fetched(&self, bytes: usize) {
        self.fetched.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn delivered(&self, bytes: usize) {
        self.delivered.fetch_add(bytes as u64, Relaxed);
    }

    /// Bytes fetched, and bytes delivered.
    pub(crate) fn read(&self) -> (u64, u64) {
        (self.fetched.load(Relaxed), self.delivered.load(Relaxed))
    }
}
