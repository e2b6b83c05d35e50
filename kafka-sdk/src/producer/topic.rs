//! A handle on one topic.

use super::enqueue::{Enqueue, Sending};
use super::placing::TopicState;
use super::{Delivery, Producer, TopicSink};
use crate::error::Result;
use crate::model::Record;
use std::sync::Arc;

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
        self.state.partitions.count()
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
