//! The topics that a producer writes to, by name.

use super::attention::Attention;
use super::partition::Partition;
use super::placing::{Leaders, TopicState};
use super::shared::Shared;
use crate::cluster::{self, Interest, Snapshot};
use crate::observe::{Metrics, ProducerMetrics, ProducerPartitionMetrics, Source};
use arc_swap::{ArcSwap, Guard};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// All topics of a producer.
pub(super) struct Topics {
    by_name: ArcSwap<HashMap<Arc<str>, Arc<TopicState>>>,
    /// Held while the map is replaced.
    change: Mutex<()>,
    next_index: AtomicUsize,
    shared: Arc<Shared>,
}

impl Topics {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let by_name = ArcSwap::default();
        Self { by_name, change: Mutex::new(()), next_index: AtomicUsize::new(0), shared }
    }

    /// What is known now.
    pub(super) fn known(&self) -> Guard<Arc<HashMap<Arc<str>, Arc<TopicState>>>> {
        self.by_name.load()
    }

    /// The state of a topic that the cluster knows; made when it is not there yet.
    pub(super) fn insert(&self, topic: &cluster::Topic, interest: Option<Interest>) -> Arc<TopicState> {
        let _change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known().get(&topic.name) {
            return known.clone();
        }
        let attention = Arc::new(Attention::new(topic.name.clone(), interest));
        let state = Arc::new(TopicState::new(attention, self.shared.clone()));
        self.learn(&state, leaders(topic));
        let mut all = HashMap::clone(&self.by_name.load());
        all.insert(topic.name.clone(), state.clone());
        self.by_name.store(Arc::new(all));
        self.share_memory();
        state
    }

    /// Records in the queues of all partitions.
    pub(super) fn queued(&self) -> usize {
        let all = self.by_name.load();
        let of_topic = |state: &Arc<TopicState>| {
            state.partitions.iter().map(|partition| partition.queued()).sum::<usize>()
        };
        all.values().map(of_topic).sum()
    }

    /// Takes over partitions that were added, and who leads them.
    pub(super) fn update(&self, snapshot: &Snapshot) {
        let _change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for (name, state) in self.by_name.load().iter() {
            let Some(topic) = snapshot.topic(name) else { continue };
            let leaders = leaders(topic);
            if leaders != state.leaders.load().all {
                self.learn(state, leaders);
                changed = true;
            }
        }
        if changed {
            self.share_memory();
        }
    }

    /// Has the cluster forget the topics that were not written to for long; gives the time when the next may be idle.
    pub(super) fn forget_idle(&self, now: Instant) -> Option<Instant> {
        let idle = self.shared.settings.metadata_max_idle;
        let all = self.by_name.load();
        all.values().filter_map(|state| state.attention.forget_after(idle, now)).min()
    }

    /// A forgotten topic is kept up to date again.
    pub(super) fn renew(&self, topic: &str, interest: Interest) {
        if let Some(state) = self.by_name.load().get(topic) {
            state.attention.renew(interest);
        }
    }

    /// Takes over who leads the partitions of a topic; those that are new are made before anybody can choose them.
    fn learn(&self, topic: &TopicState, leaders: Vec<Option<i32>>) {
        topic.partitions.resize(leaders.len(), |number| {
            let index = self.next_index.fetch_add(1, Ordering::Relaxed);
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            Arc::new(Partition::new(topic.attention.clone(), number, index, self.shared.clone()))
        });
        for (partition, leader) in topic.partitions.iter().zip(&leaders) {
            partition.led_by(*leader);
        }
        topic.leaders.store(Arc::new(Leaders::new(leaders)));
    }

    /// Memory is shared among the brokers that lead these partitions.
    fn share_memory(&self) {
        let all = self.by_name.load();
        let leaders = all.values().map(|state| state.leaders.load());
        let leaders = leaders.flat_map(|leaders| leaders.all.iter().flatten().copied().collect::<Vec<_>>());
        self.shared.buffers.share_among(leaders.collect());
    }
}

impl Source for Topics {
    fn read(&self, metrics: &mut Metrics) {
        let all = self.by_name.load();
        let mut partitions: Vec<ProducerPartitionMetrics> = all
            .values()
            .flat_map(|state| state.partitions.iter().map(|partition| partition.metrics()))
            .collect();
        partitions.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        let buffers = &self.shared.buffers;
        metrics.producers.push(ProducerMetrics {
            buffered_bytes: buffers.used(),
            buffer_limit: buffers.limit(),
            partitions,
        });
    }
}

fn leaders(topic: &cluster::Topic) -> Vec<Option<i32>> {
    topic.partitions.iter().map(|partition| partition.leader).collect()
}
