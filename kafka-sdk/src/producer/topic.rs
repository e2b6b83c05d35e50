//! The topics that a producer writes to.

use super::attention::Attention;
use super::batch::usual_size;
use super::enqueue::{Enqueue, Sending};
use super::partition::{Partition, Refused};
use super::partitioner::{Partitioning, Partitions, Spreading, Sticky, next_sticky};
use super::shared::Shared;
use super::{Delivery, Producer, TopicSink};
use crate::cluster::{self, Interest, Snapshot};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;
use crate::observe::{Metrics, ProducerMetrics, ProducerPartitionMetrics, Source};
use arc_swap::{ArcSwap, Guard};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// A producer's handle on one topic: looked up once, its methods look up nothing. A cheap clone.
///
/// ```no_run
/// # async fn example(producer: kafka_sdk::Producer, lines: Vec<String>) -> kafka_sdk::Result<()> {
/// let logs = producer.topic("logs").await?;
/// for line in &lines {
///     // What becomes of a single line does not matter here.
///     logs.enqueue(line).await?.forget();
/// }
/// producer.flush().await
/// # }
/// ```
#[derive(Clone)]
pub struct Topic {
    pub(super) producer: Producer,
    pub(super) state: Arc<TopicState>,
}

impl Topic {
    pub(super) fn new(producer: Producer, state: Arc<TopicState>) -> Self {
        Self { producer, state }
    }

    /// The topic's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Number of partitions, as far as this client knows.
    #[must_use]
    pub fn partitions(&self) -> usize {
        self.state.slots.load().partitions().len()
    }

    /// As [`Producer::send`].
    pub fn send<'a>(&'a self, record: impl Into<Record<'a>>) -> Sending<'a> {
        Sending::new(self.enqueue(record))
    }

    /// As [`Producer::enqueue`].
    pub fn enqueue<'a>(&'a self, record: impl Into<Record<'a>>) -> Enqueue<'a> {
        Enqueue::to_topic(self, record.into())
    }

    /// As [`Producer::try_enqueue`].
    ///
    /// # Errors
    /// As [`Producer::try_enqueue`].
    pub fn try_enqueue<'r>(&self, record: impl Into<Record<'r>>) -> Result<Delivery> {
        self.producer.try_append(&self.state, &record.into())
    }

    /// A `futures::Sink` for this topic. Its methods are in `SinkExt` of the crate `futures-util`, with its feature `sink`.
    ///
    /// ```no_run
    /// # async fn example(logs: kafka_sdk::Topic) -> kafka_sdk::Result<()> {
    /// use futures_util::{SinkExt, StreamExt, stream};
    /// let mut lines = stream::iter(["one", "two"]).map(|line| Ok(line.into()));
    /// let mut sink = logs.sink();
    /// sink.send_all(&mut lines).await?;
    /// sink.close().await
    /// # }
    /// ```
    pub fn sink(&self) -> TopicSink {
        TopicSink::new(self.clone())
    }
}

impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Topic").field(&self.state.name).finish()
    }
}

/// What the handles on a topic share.
pub(super) struct TopicState {
    name: Arc<str>,
    slots: ArcSwap<Slots>,
    sticky: Sticky,
    /// Counts the records that were placed in turn.
    turn: AtomicU32,
    shared: Arc<Shared>,
    attention: Arc<Attention>,
}

/// The partitions by number, and who leads them.
struct Slots {
    /// Also those that the topic does not have any more, since it was created anew: sequence numbers go on where they
    /// were, should it get them again.
    all: Vec<Arc<Partition>>,
    /// Of the partitions that there are.
    leaders: Vec<Option<i32>>,
    /// Those that have a leader.
    led: Vec<u32>,
}

impl Slots {
    fn partitions(&self) -> &[Arc<Partition>] {
        self.all.get(..self.leaders.len()).unwrap_or_default()
    }

    #[inline]
    fn view(&self) -> Partitions<'_> {
        Partitions::new(&self.leaders, &self.led)
    }
}

impl TopicState {
    /// Encodes the record into the batch of its partition: `earlier`, if that was found before.
    pub(super) fn append(
        &self,
        record: &Record<'_>,
        timestamp: i64,
        earlier: Option<i32>,
    ) -> std::result::Result<Delivery, Refused> {
        let slots = self.slots.load();
        let partition = self.choose(&slots, record, earlier).map_err(Refused::Never)?;
        partition.append(record, timestamp)
    }

    #[inline]
    fn choose<'s>(
        &self,
        slots: &'s Slots,
        record: &Record<'_>,
        earlier: Option<i32>,
    ) -> Result<&'s Arc<Partition>> {
        let own = record.chosen_partition();
        // Should the topic have been created anew meanwhile, with fewer partitions, another one is found.
        let earlier = earlier.filter(|&number| number < slots.view().count());
        let place = || self.partitioning().place(&self.name, record.key_bytes(), slots.view(), &self.turn);
        let number = match own.or(earlier).or_else(place) {
            Some(number) => number,
            None => self.spread(slots, usual_size(record)),
        };
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        slots.partitions().get(index).ok_or_else(|| match own {
            Some(number) => self.no_such_partition(slots, number),
            None => self.bad_place(slots, number),
        })
    }

    /// The partition for a record of this size that nothing places.
    #[inline]
    fn spread(&self, slots: &Slots, size: usize) -> i32 {
        let has_leader = |number: u32| slots.view().leader(number.cast_signed()).is_some();
        self.sticky.next(size, has_leader, || self.next_sticky(slots)).cast_signed()
    }

    fn next_sticky(&self, slots: &Slots) -> u32 {
        if self.shared.settings.spreading == Spreading::Uniform {
            return next_sticky(slots.view(), &[], None::<fn(u32) -> usize>);
        }
        let load = |number: u32| slots.all.get(number as usize).map_or(0, |partition| partition.load());
        next_sticky(slots.view(), &self.shared.stalls.stalled(Instant::now()), Some(load))
    }

    fn partitioning(&self) -> &Partitioning {
        &self.shared.settings.partitioning
    }

    fn no_such_partition(&self, slots: &Slots, number: i32) -> Error {
        let count = slots.leaders.len();
        let text = format!("topic \"{}\" has {count} partitions, and none with number {number}", self.name);
        Error::new(ErrorKind::Settings, text).with_topic(self.name.clone()).with_partition(number)
    }

    fn bad_place(&self, slots: &Slots, number: i32) -> Error {
        let count = slots.leaders.len();
        let text = format!(
            "the partitioner answers {number} for a record to topic \"{}\", which has {count} partitions, from 0",
            self.name
        );
        Error::new(ErrorKind::Settings, text).with_topic(self.name.clone())
    }
}

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
        let state = Arc::new(TopicState {
            name: topic.name.clone(),
            slots: ArcSwap::from_pointee(self.slots(topic, &[], &attention)),
            sticky: Sticky::new(self.shared.settings.full_size()),
            turn: AtomicU32::new(fastrand::u32(..)),
            shared: self.shared.clone(),
            attention,
        });
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
            state.slots.load().all.iter().map(|partition| partition.queued()).sum::<usize>()
        };
        all.values().map(of_topic).sum()
    }

    /// Takes over partitions that were added, and who leads them.
    pub(super) fn update(&self, snapshot: &Snapshot) {
        let _change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for (name, state) in self.by_name.load().iter() {
            let Some(topic) = snapshot.topic(name) else { continue };
            let known = state.slots.load();
            if leaders(topic) != known.leaders {
                state.slots.store(Arc::new(self.slots(topic, &known.all, &state.attention)));
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

    fn slots(&self, topic: &cluster::Topic, known: &[Arc<Partition>], attention: &Arc<Attention>) -> Slots {
        let new = |number: usize| {
            let index = self.next_index.fetch_add(1, Ordering::Relaxed);
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            Arc::new(Partition::new(attention.clone(), number, index, self.shared.clone()))
        };
        let partitions = 0..topic.partitions.len().max(known.len());
        let all: Vec<_> = partitions.map(|n| known.get(n).cloned().unwrap_or_else(|| new(n))).collect();
        let leaders = leaders(topic);
        for (partition, leader) in all.iter().zip(&leaders) {
            partition.led_by(*leader);
        }
        let led = (0..).zip(&leaders).filter(|(_, leader)| leader.is_some()).map(|(number, _)| number);
        Slots { led: led.collect(), leaders, all }
    }

    /// Memory is shared among the brokers that lead these partitions.
    fn share_memory(&self) {
        let all = self.by_name.load();
        let slots = all.values().map(|state| state.slots.load());
        let leaders = slots.flat_map(|slots| slots.leaders.iter().flatten().copied().collect::<Vec<_>>());
        self.shared.buffers.share_among(leaders.collect());
    }
}

impl Source for Topics {
    fn read(&self, metrics: &mut Metrics) {
        let all = self.by_name.load();
        let slots = all.values().map(|state| state.slots.load());
        let mut partitions: Vec<ProducerPartitionMetrics> = slots
            .flat_map(|slots| slots.all.iter().map(|partition| partition.metrics()).collect::<Vec<_>>())
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
