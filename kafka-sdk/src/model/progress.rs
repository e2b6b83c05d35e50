//! How far: where a log begins and ends, what a group has committed, where reading goes on.

use super::TopicPartition;
use std::collections::BTreeMap;

/// Where a partition begins and ends, as its leader has told with records, or in place of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watermarks {
    /// The first offset that is still there (the log start offset); -1 where the broker does not say.
    pub low: i64,
    /// Behind the last record that is replicated (the high watermark): the end for who reads uncommitted.
    pub high: i64,
    /// Behind the last record of no open transaction (the last stable offset): the end for who reads committed; -1 where
    /// the broker does not say.
    pub last_stable: i64,
}

/// What a group has committed of a partition: of an `i64`, that offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset to read: one more than that of the last record that is processed.
    pub offset: i64,
    /// The epoch of the leader that appended the record before it (KIP-320), where that is known: who goes on from there
    /// notices a log that was cut.
    pub leader_epoch: Option<i32>,
    /// Whatever the application keeps with it; brokers take 4,096 bytes, unless set otherwise
    /// (`offset.metadata.max.bytes`).
    pub metadata: String,
}

impl From<i64> for CommittedOffset {
    fn from(offset: i64) -> Self {
        Self { offset, ..Self::default() }
    }
}

/// For each partition the next offset to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets(BTreeMap<TopicPartition, i64>);

impl Offsets {
    /// The next offset of a partition.
    #[must_use]
    pub fn get(&self, partition: &TopicPartition) -> Option<i64> {
        self.0.get(partition).copied()
    }

    /// All of them, by topic and partition.
    pub fn iter(&self) -> impl Iterator<Item = (&TopicPartition, i64)> {
        self.0.iter().map(|(partition, &offset)| (partition, offset))
    }

    /// Number of partitions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Offsets {
    type Item = (TopicPartition, i64);
    type IntoIter = std::collections::btree_map::IntoIter<TopicPartition, i64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Into<TopicPartition>> FromIterator<(T, i64)> for Offsets {
    fn from_iter<I: IntoIterator<Item = (T, i64)>>(offsets: I) -> Self {
        Self(offsets.into_iter().map(|(partition, offset)| (partition.into(), offset)).collect())
    }
}
