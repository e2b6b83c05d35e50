//! What the coordinator wants this member to own.

use super::super::pace::{Next, Pace};
use super::super::{Call, Topics};
use crate::model::TopicPartition;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;

/// Partitions by topic id.
pub(super) type ById = BTreeMap<Uuid, Vec<i32>>;

#[derive(Debug)]
pub(super) struct Target {
    wanted: ById,
    names: BTreeMap<Uuid, Arc<str>>,
    /// The ids under which partitions were assigned: a topic that was created anew has another one.
    ids: BTreeMap<Arc<str>, Uuid>,
    news: News,
    /// Between attempts to find names.
    pace: Pace,
}

/// Whether the listener has been told of what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Told,
    Untold,
}

impl Target {
    pub(super) fn new(pace: Pace) -> Self {
        let (wanted, names, ids) = (ById::new(), BTreeMap::new(), BTreeMap::new());
        Self { wanted, names, ids, news: News::Told, pace }
    }

    pub(super) fn set(&mut self, wanted: ById) {
        self.wanted = wanted;
        self.news = News::Untold;
        self.pace.succeeded();
    }

    pub(super) fn clear(&mut self) {
        self.wanted.clear();
        self.news = News::Told;
        self.pace.succeeded();
    }

    /// Names that are wanted stay known, also when the client forgets the topic.
    pub(super) fn learn(&mut self, topics: &Topics) {
        self.names.retain(|id, _| self.wanted.contains_key(id));
        let told = topics.iter().filter(|(_, facts)| !facts.id.is_zero());
        self.names.extend(told.map(|(name, facts)| (facts.id, name.clone())));
    }

    /// What is owned and not wanted.
    pub(super) fn surplus(&self, owned: &BTreeSet<TopicPartition>) -> Vec<TopicPartition> {
        let wanted = |partition: &&TopicPartition| {
            let id = self.ids.get(partition.topic());
            let numbers = id.and_then(|id| self.wanted.get(id));
            numbers.is_some_and(|numbers| numbers.contains(&partition.partition()))
        };
        owned.iter().filter(|partition| !wanted(partition)).cloned().collect()
    }

    /// What is to be assigned now: what is wanted and not owned, of topics whose names are known. Nothing, too, if the
    /// listener has not been told yet. To be asked for when there is no surplus.
    pub(super) fn take(&mut self, owned: &BTreeSet<TopicPartition>) -> Option<Vec<TopicPartition>> {
        let mut added = Vec::new();
        for (id, numbers) in &self.wanted {
            let Some(name) = self.names.get(id) else { continue };
            let before = added.len();
            added.extend(
                numbers
                    .iter()
                    .map(|&number| TopicPartition::new(name.clone(), number))
                    .filter(|p| !owned.contains(p)),
            );
            if added.len() > before {
                self.ids.insert(name.clone(), *id);
            }
        }
        let told = std::mem::replace(&mut self.news, News::Told);
        (!added.is_empty() || told == News::Untold).then_some(added)
    }

    /// These partitions, as the coordinator has them.
    pub(super) fn by_id<'a>(&self, partitions: impl IntoIterator<Item = &'a TopicPartition>) -> ById {
        let mut by_id = ById::new();
        for partition in partitions {
            if let Some(id) = self.ids.get(partition.topic()) {
                by_id.entry(*id).or_default().push(partition.partition());
            }
        }
        by_id.values_mut().for_each(|numbers| numbers.sort_unstable());
        by_id
    }

    fn unknown(&self) -> impl Iterator<Item = Uuid> {
        self.wanted.keys().filter(|id| !self.names.contains_key(id)).copied()
    }

    /// Looks for the names of what is wanted, with pauses.
    pub(super) fn resolve(&mut self, now: Instant) -> Option<Call> {
        if self.unknown().next().is_none() || !self.pace.may_go(now) {
            return None;
        }
        self.pace.failed(now, Next::Paused);
        Some(Call::Resolve(self.unknown().collect()))
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pace.deadline().filter(|_| self.unknown().next().is_some())
    }
}
