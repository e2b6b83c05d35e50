use super::TopicPartition;
use std::collections::BTreeMap;

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
