//! Records, and between them the ends of partitions.

use crate::model::{Message, TopicPartition};

/// What `next_event` of a [`Reader`](crate::consumer::Reader::next_event) or a [`Consumer`](crate::consumer::Consumer::next_event) gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<M = Message> {
    /// A record.
    Record(M),
    /// All that was there has been handed out: up to the high watermark or, for who reads committed, up to the last stable
    /// offset. Once for each end that is reached: when records have come after it, there is another one.
    End {
        /// Which partition.
        partition: TopicPartition,
        /// Where it ends: the offset of the next record that will be written.
        offset: i64,
    },
}
