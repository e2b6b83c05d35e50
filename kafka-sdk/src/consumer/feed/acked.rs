//! Messages that say themselves when they are processed.

use crate::consumer::assignment::tracker::Tracker;
use std::ops::Deref;
use std::sync::Arc;

/// A message that counts as processed only when it is acknowledged: in any order, from any task. What is committed is
/// what is acknowledged without a gap, over what was handed out of the partition.
///
/// One that is dropped without that holds back the commits of its partition, and comes again for who goes on from there.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// let mut consumer = kafka.consumer("billing").topics(["orders"]).acked().await?;
/// while let Some(message) = consumer.next().await {
///     let message = message?;
///     println!("{:?}", message.value());
///     message.ack();
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a message that is never acknowledged holds back its partition's commits"]
pub struct Acked<M> {
    message: M,
    ack: Ack,
}

impl<M> Acked<M> {
    pub(crate) fn new(message: M, ack: Ack) -> Self {
        Self { message, ack }
    }

    /// The message is processed.
    pub fn ack(self) {
        self.ack.ack();
    }

    /// The message, and what to acknowledge it by, which keeps nothing of it in memory.
    pub fn into_parts(self) -> (M, Ack) {
        (self.message, self.ack)
    }
}

impl<M> Deref for Acked<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.message
    }
}

/// What a message is acknowledged by: see [`Acked::into_parts`].
#[derive(Debug)]
#[must_use = "a message that is never acknowledged holds back its partition's commits"]
pub struct Ack {
    tracker: Arc<Tracker>,
    offset: i64,
}

impl Ack {
    #[inline]
    pub(in super::super) fn new(tracker: Arc<Tracker>, offset: i64) -> Self {
        Self { tracker, offset }
    }

    pub(in super::super) fn tracker(&self) -> &Arc<Tracker> {
        &self.tracker
    }

    /// The message, and all that came after it, will not be processed.
    pub(in super::super) fn give_back(self) {
        self.tracker.give_back(self.offset);
    }

    /// The message, which was the last one that was handed out, comes again.
    pub(in super::super) fn take_back(self) {
        self.tracker.take_back(self.offset);
    }

    /// The message is processed. Once its partition has been given up, that is counted, and changes nothing.
    pub fn ack(self) {
        self.tracker.ack(self.offset);
    }
}
