//! Readers, as fetcher and reader count.

use std::sync::Arc;

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
    /// The high watermark, as the last answer of a broker told it; none before the first.
    pub high_watermark: Option<i64>,
    /// Bytes fetched, and not drained.
    pub buffered_bytes: usize,
    /// Bytes fetched in all.
    pub fetched_bytes: u64,
    /// Bytes of the batches that were handed out, as they were fetched.
    pub delivered_bytes: u64,
}

impl ReaderPartitionMetrics {
    /// How many offsets are between the position and the high watermark; none before the first answer of a broker.
    /// Markers and compacted records count as well.
    #[must_use]
    pub fn lag(&self) -> Option<i64> {
        Some((self.high_watermark? - self.position).max(0))
    }
}
