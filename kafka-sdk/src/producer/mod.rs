//! Writing records.
//!
//! A record is encoded into the open batch of its partition by whoever enqueues it; one task per producer sends the
//! batches to the leaders and tells the [`Delivery`]s what came of them. By default the producer is idempotent: retries,
//! leader changes and lost answers neither duplicate nor reorder records within a partition.
//!
#![doc = include_str!("../../docs/delivery.md")]

mod attention;
mod batch;
mod buffer;
mod builder;
mod compress;
mod core;
mod delivery;
mod enqueue;
mod outstanding;
mod partition;
mod partition_list;
mod partitioner;
mod placing;
mod properties;
mod ready;
mod report;
mod sender;
mod settings;
mod shared;
mod sink;
mod stalls;
mod topic;
mod topics;
mod waiters;

use self::buffer::{Buffers, Shortage};
use self::partition::{Refused, closed};
use self::placing::TopicState;
use self::settings::Settings;
use self::shared::Shared;
use self::topics::Topics;
use crate::clock::coarse_millis;
use crate::cluster::{Cluster, LookUp};
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::model::{Record, Timestamp};
use arc_swap::Guard;
pub use builder::ProducerBuilder;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub use core::{Answer, Situation, Verdict, verdict};
pub use delivery::Delivery;
pub use enqueue::{Enqueue, Sending};
pub use partitioner::{Partitioner, Partitioning, Partitions, Spreading};
pub(crate) use properties::NAMES;
pub use report::BatchReport;
pub use sink::TopicSink;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::timeout;
pub use topic::Topic;
use tracing::{Instrument, debug_span};

/// Writes records to topics. A cheap clone; every method takes `&self`, so tasks share one.
///
/// When the last clone is dropped, records that are still queued are sent in the background; [`Producer::close`] waits
/// for them.
///
/// # Ordering
/// Records of one partition are written in the order in which their `enqueue` (or `send`) futures become ready; without
/// idempotence only with one [request in flight](ProducerBuilder::max_in_flight).
///
/// # Examples
/// ```no_run
/// # async fn example() -> kafka_sdk::Result<()> {
/// use kafka_sdk::{Kafka, Record};
///
/// let kafka = Kafka::connect("localhost:9092").await?;
/// let producer = kafka.producer().await?;
/// let placed = producer.send("orders", Record::new("v").key("k-1").header("trace", "7")).await?;
/// println!("partition {} offset {}", placed.partition, placed.offset);
/// // Tasks have clones.
/// let task = tokio::spawn({
///     let producer = producer.clone();
///     async move { producer.send("orders", "from a task").await }
/// });
/// task.await.expect("it does not panic")?;
/// producer.close().await
/// # }
/// ```
#[derive(Clone)]
pub struct Producer(Arc<Inner>);

struct Inner {
    cluster: Cluster,
    shared: Arc<Shared>,
    topics: Arc<Topics>,
    closing: AtomicBool,
}

impl Producer {
    fn start(cluster: Cluster, settings: Settings) -> Self {
        let (shared, news) = Shared::new(settings);
        let shared = Arc::new(shared);
        let topics = Arc::new(Topics::new(shared.clone()));
        let source: Weak<Topics> = Arc::downgrade(&topics);
        cluster.observe(source);
        let client_id = &*cluster.settings().client_id;
        let span = debug_span!(target: "kafka_sdk::producer", "producer", client_id);
        let sender = sender::run(cluster.clone(), shared.clone(), topics.clone(), news);
        shared.ready.set_sender(cluster.spawn_helped(sender.instrument(span)));
        Self(Arc::new(Inner { cluster, shared, topics, closing: AtomicBool::new(false) }))
    }

    /// Writes a record, and waits until it is acknowledged, as [`acks`](ProducerBuilder::acks) asks for.
    ///
    /// # Errors
    /// What [`Self::enqueue`] and the [`Delivery`] end with. [`Error::written`] says whether the record may be in the
    /// topic all the same.
    ///
    /// # Cancel safety
    /// Dropped before the record is enqueued, nothing is written; after that the record is written all the same, and
    /// only its outcome is not seen.
    pub fn send<'a>(&'a self, topic: &'a str, record: impl Into<Record<'a>>) -> Sending<'a> {
        Sending::new(self.enqueue(topic, record))
    }

    /// Puts a record into the queue; waits only for room, and for the first record of a topic until that is looked up.
    /// The [`Delivery`] it gives says later what came of the record.
    ///
    /// # Errors
    /// [`Timeout`](ErrorKind::Timeout) after `max.block.ms`, which says whether metadata or memory was waited for;
    /// [`Broker`](ErrorKind::Broker) for a topic that does not
    /// exist; [`Settings`](ErrorKind::Settings) for an illegal topic name, a partition that does not exist, a time
    /// before 1970, or a record over `max.request.size`; [`Closed`](ErrorKind::Closed). In all of these nothing was written.
    ///
    /// # Cancel safety
    /// Nothing happens before the future is polled; dropped before it is ready, nothing was enqueued, and its place in
    /// the queue for room goes to the next.
    pub fn enqueue<'a>(&'a self, topic: &'a str, record: impl Into<Record<'a>>) -> Enqueue<'a> {
        Enqueue::to_name(self, topic, record.into())
    }

    /// Puts a record into the queue, and never waits.
    ///
    /// # Errors
    /// [`Full`](ErrorKind::Full) where [`Self::enqueue`] would wait: there is no room, others wait for it, or the topic
    /// was not looked up yet (see [`Self::topic`]). Otherwise as there.
    pub fn try_enqueue<'r>(&self, topic: &str, record: impl Into<Record<'r>>) -> Result<Delivery> {
        match self.known_topics().get(topic) {
            Some(state) => self.try_append(state, &record.into()),
            None => {
                let text =
                    format!("topic \"{topic}\" was not looked up yet: await producer.topic(..) once before");
                Err(Error::new(ErrorKind::Full, text).with_topic(topic))
            }
        }
    }

    /// Looks a topic up, once: the handle it gives looks up nothing.
    ///
    /// # Errors
    /// [`Broker`](ErrorKind::Broker) for a topic that does not exist, [`Settings`](ErrorKind::Settings) for an illegal
    /// name, [`Timeout`](ErrorKind::Timeout) when no broker has told of it within `max.block.ms`; its cause says why.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn topic(&self, name: &str) -> Result<Topic> {
        let known = self.known_topics().get(name).cloned();
        let state = match known {
            Some(state) => state,
            None => self.look_up(name).await?,
        };
        Ok(Topic::new(self.clone(), state))
    }

    /// Sends what is queued without lingering, and waits until every record that was enqueued before this call is
    /// acknowledged or has failed; their [`Delivery`]s say which. `Ok` does not mean that all were written: what fails with
    /// nobody to see it is a warning in the log.
    ///
    /// # Errors
    /// None at present.
    ///
    /// # Cancel safety
    /// Dropping the future only stops the waiting.
    pub async fn flush(&self) -> Result<()> {
        let drained = self.0.shared.outstanding.drained();
        self.hurry();
        drained.await;
        Ok(())
    }

    /// Takes no more records, and waits until those that were enqueued are acknowledged or have failed: at most
    /// `delivery.timeout.ms`, counted for each batch from its first record. Others that hold a clone find it closed, and
    /// so do those that wait for room. Closing twice is fine, also at the same time.
    ///
    /// # Errors
    /// None at present.
    ///
    /// # Cancel safety
    /// Dropping the future only stops the waiting: the producer stays closed.
    pub async fn close(&self) -> Result<()> {
        self.take_no_more();
        self.flush().await?;
        self.0.shared.ready.close();
        Ok(())
    }

    /// As [`Self::close`], for no longer than `time`: then the rest is given up as by [`Self::abort`]. Where several tasks
    /// call this, the shortest time counts, and all of them are told the same.
    ///
    /// # Errors
    /// [`Timeout`](ErrorKind::Timeout): records were given up, by this call, by another one, or by [`Self::abort`]. The
    /// [`Delivery`]s say which.
    ///
    /// # Cancel safety
    /// Dropping the future only stops the waiting: the producer stays closed, and gives nothing up.
    pub async fn close_within(&self, time: Duration) -> Result<()> {
        let outstanding = &self.0.shared.outstanding;
        if timeout(time, self.close()).await.is_err() {
            self.abort();
            outstanding.drained().await;
        }
        match outstanding.given_up() {
            0 => Ok(()),
            records => Err(gave_up(records)),
        }
    }

    /// Takes no more records, and gives up those that are not acknowledged: what is queued is not sent any more, and fails
    /// with [`Closed`](ErrorKind::Closed) and `written() == No`; what is on its way may be written all the same, and fails
    /// with `Maybe`. Returns at once; the [`Delivery`]s are told soon after, and [`Self::close`] waits for that.
    pub fn abort(&self) {
        self.take_no_more();
        self.0.shared.ready.abort();
    }

    fn take_no_more(&self) {
        self.0.closing.store(true, Ordering::Release);
        self.0.shared.buffers.wake_all();
    }

    /// About how many records were enqueued, and are neither acknowledged nor failed: a batch that is taken up by the
    /// sender at the moment may be counted not at all. Looks at every partition that was written to.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.0.topics.queued() + self.0.shared.outstanding.records()
    }

    fn try_append(&self, topic: &TopicState, record: &Record<'_>) -> Result<Delivery> {
        if self.is_closing() {
            return Err(closed());
        }
        let full = |shortage: Shortage| {
            let text = format!("{shortage}: wait with enqueue, or raise buffer.memory");
            Error::new(ErrorKind::Full, text)
        };
        if self.buffers().has_waiters() {
            return Err(full(Shortage::Memory));
        }
        self.append(topic, record, None).map_err(|refused| match refused {
            Refused::Never(error) => error,
            Refused::NoRoom(_, shortage) => {
                self.hurry();
                full(shortage)
            }
        })
    }

    fn append(
        &self,
        topic: &TopicState,
        record: &Record<'_>,
        earlier: Option<i32>,
    ) -> std::result::Result<Delivery, Refused> {
        let at = match record.at().map(Timestamp::as_millis) {
            Some(millis) if millis < 0 => return Err(Refused::Never(before_1970(millis))),
            Some(millis) => millis,
            None => coarse_millis(),
        };
        topic.append(record, at, earlier)
    }

    fn known_topics(&self) -> Guard<Arc<HashMap<Arc<str>, Arc<TopicState>>>> {
        self.0.topics.known()
    }

    /// The first look-up of a topic: the only one that may create it.
    async fn look_up(&self, name: &str) -> Result<Arc<TopicState>> {
        let found = self.0.cluster.topic(name, LookUp::ToWrite, self.max_block()).await;
        let (topic, interest) = found.map_err(|error| match error.advice() {
            Advice::Retry => no_metadata(name, self.max_block(), error),
            _ => error,
        })?;
        Ok(self.0.topics.insert(&topic, Some(interest)))
    }

    fn buffers(&self) -> &Buffers {
        &self.0.shared.buffers
    }

    fn hurry(&self) {
        self.0.shared.ready.hurry();
    }

    fn max_block(&self) -> Duration {
        self.0.shared.settings.max_block
    }

    fn is_closing(&self) -> bool {
        self.0.closing.load(Ordering::Acquire)
    }
}

fn gave_up(records: usize) -> Error {
    let text = format!(
        "{records} records were given up when the producer ended before they were acknowledged: each of their deliveries \
         says whether it may be written"
    );
    Error::new(ErrorKind::Timeout, text).with_written(Written::Maybe)
}

fn no_metadata(topic: &str, max_block: Duration, last: Error) -> Error {
    let text = format!("no metadata of topic \"{topic}\" within max.block.ms ({max_block:?})");
    Error::new(ErrorKind::Timeout, text).with_topic(topic).with_source(last)
}

fn before_1970(millis: i64) -> Error {
    let text = format!("the record's timestamp is {millis} ms, before 1970: Kafka takes none below 0");
    Error::new(ErrorKind::Settings, text)
}

impl Drop for Inner {
    /// Lets the sender finish what is queued.
    fn drop(&mut self) {
        self.shared.ready.close();
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("queued", &self.queued()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
