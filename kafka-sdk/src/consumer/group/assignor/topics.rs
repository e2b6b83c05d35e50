//! What an assignor can distribute.

use super::super::membership;
use crate::model::TopicPartition;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The topics that a group subscribes to and that exist, with their partitions.
///
/// ```
/// use kafka_sdk::consumer::assignor::Topics;
/// let topics = Topics::default().with("orders", 3);
/// assert_eq!(topics.partition_count("orders"), 3);
/// assert_eq!(topics.partition_count("payments"), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics(BTreeMap<Arc<str>, Vec<Racks>>);

/// The racks that hold a replica of a partition; sorted, each of them once.
pub(crate) type Racks = Arc<[Arc<str>]>;

impl Topics {
    /// Adds a topic with so many partitions, of whose racks nothing is known; for tests of one's own assignor.
    #[must_use]
    pub fn with(self, topic: impl Into<Arc<str>>, partition_count: u16) -> Self {
        self.with_racks(topic, vec![Vec::<&str>::new(); partition_count.into()])
    }

    /// Adds a topic with the racks of the replicas of each partition; for tests of one's own assignor.
    #[must_use]
    pub fn with_racks<R: Into<Arc<str>>, P: IntoIterator<Item = R>>(
        mut self,
        topic: impl Into<Arc<str>>,
        partitions: impl IntoIterator<Item = P>,
    ) -> Self {
        let partitions = partitions.into_iter().map(|racks| {
            let mut racks: Vec<Arc<str>> = racks.into_iter().map(Into::into).collect();
            racks.sort_unstable();
            racks.dedup();
            racks.into()
        });
        self.0.insert(topic.into(), partitions.collect());
        self
    }

    /// Those of `wanted` that exist.
    pub(super) fn of(known: &membership::Topics, wanted: &BTreeSet<Arc<str>>) -> Self {
        let existing = wanted.iter().filter_map(|topic| known.get_key_value(topic));
        existing.filter(|(_, facts)| !facts.racks.is_empty()).fold(
            Self::default(),
            |topics, (topic, facts)| {
                topics.with_racks(topic.clone(), facts.racks.iter().map(|racks| racks.iter().cloned()))
            },
        )
    }

    /// How many partitions the topic has, numbered from 0; none if there is no such topic.
    #[must_use]
    pub fn partition_count(&self, topic: &str) -> i32 {
        i32::try_from(self.racks_of_topic(topic).len()).unwrap_or(i32::MAX)
    }

    /// The names of the topics, in order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.keys()
    }

    /// All partitions, by topic and number.
    pub fn partitions(&self) -> impl Iterator<Item = TopicPartition> {
        self.0.iter().flat_map(|(topic, partitions)| {
            (0..).zip(partitions).map(|(number, _)| TopicPartition::new(topic.clone(), number))
        })
    }

    /// Whether there is such a partition.
    #[must_use]
    pub fn contains(&self, partition: &TopicPartition) -> bool {
        (0..self.partition_count(partition.topic())).contains(&partition.partition())
    }

    /// The racks that hold a replica of the partition, in order, as far as brokers say (KIP-881).
    #[must_use]
    pub fn racks(&self, partition: &TopicPartition) -> &[Arc<str>] {
        let index = usize::try_from(partition.partition()).ok();
        index.and_then(|index| self.racks_of_topic(partition.topic()).get(index)).map_or(&[], AsRef::as_ref)
    }

    pub(super) fn racks_of_topic(&self, topic: &str) -> &[Racks] {
        self.0.get(topic).map_or(&[], Vec::as_slice)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &[Racks])> + Clone {
        self.0.iter().map(|(topic, partitions)| (topic, partitions.as_slice()))
    }
}
