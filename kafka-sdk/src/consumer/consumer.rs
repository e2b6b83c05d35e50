use super::consumer_control::ConsumerControl;
use super::feed::Feed;
use super::fetching::Fetching;
use super::group::{Leaving, Shell};
use super::item::Item;
use super::partitions::Partitions;
use super::pulse::Pulse;
use super::reader::cooperate;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Batch, Message};
use futures_core::Stream;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A member of a group, or reads given partitions and keeps its offsets with a group. `M` is what it hands out: a
/// [`Message`], or an [`Acked`](super::Acked) one. Also a `Stream` of that, with `StreamExt` or `TryStreamExt` of the
/// `futures-util` crate; it is `Unpin`.
///
/// Two tasks work for it: one fetches ahead, one keeps its place in the group, whatever the application is at. Partitions
/// come and go by themselves; what the application asks for with [`next`](Self::next) comes from those that are its own.
///
/// # Ordering
/// As a [`Reader`](super::Reader)'s. No record of a partition comes after it was given up.
///
/// # What is committed
/// A record counts as processed once the next one is asked for; [`ConsumerBuilder::acked`](super::ConsumerBuilder::acked)
/// makes a consumer where that is said for each record. What is processed is committed from time to time, before a
/// partition is given up, and at the end: [`commit`](super::ConsumerBuilder::commit) sets that.
///
/// # Drop behaviour
/// The task commits what is processed, not what was handed out last, and leaves the group, in the background; nothing is
/// blocked. [`close`](Self::close) waits for that, and counts what was handed out as processed.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// let mut consumer = kafka.consumer("billing").topics(["orders"]).await?;
/// while let Some(message) = consumer.next().await {
///     println!("{:?}", message?.value());
/// }
/// consumer.close().await
/// # }
/// ```
pub struct Consumer<M: Item = Message> {
    pub(super) fetching: Fetching,
    pub(super) place: Place,
    pub(super) bound: usize,
    hands_out: PhantomData<fn() -> M>,
}

/// The place in the group, which is left when it is dropped.
pub(super) struct Place {
    pub(super) shell: Arc<Shell>,
    ended: Option<oneshot::Receiver<()>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shell.assignment.stop();
        self.shell.leave(Leaving::Default);
    }
}

impl Place {
    pub(super) fn new(shell: Arc<Shell>, ended: oneshot::Receiver<()>) -> Self {
        Self { shell, ended: Some(ended) }
    }

    /// Leaves it, and waits until that is done.
    pub(super) async fn leave(mut self, within: Duration) -> Result<()> {
        let (shell, ended) = (self.shell.clone(), self.ended.take());
        drop(self);
        let Some(ended) = ended else { return Ok(()) };
        match timeout(within, ended).await {
            Ok(_) => shell.verdict(),
            Err(_) => {
                let text = format!(
                    "the consumer has not left its group within {within:?}; it goes on in the background"
                );
                Err(Error::new(ErrorKind::Timeout, text))
            }
        }
    }
}

impl<M: Item> Consumer<M> {
    pub(super) fn new(fetching: Fetching, place: Place, bound: usize) -> Self {
        Self { fetching, place, bound, hands_out: PhantomData }
    }

    /// The next message; none at the end: [`ConsumerControl::stop`] or an error.
    ///
    /// # Errors
    /// What would not pass: kind [`Authorize`](ErrorKind::Authorize), kind [`Broker`](ErrorKind::Broker) where the group
    /// does not take this consumer, kind [`State`](ErrorKind::State) for a partition without a committed offset under
    /// [`Reset::Fail`](crate::Reset::Fail), and those of [`Reader::next`](super::Reader::next). After an error the
    /// consumer is at its end.
    ///
    /// # Cancel safety
    /// A dropped `next` loses no message.
    pub async fn next(&mut self) -> Option<Result<M>> {
        let mut waiting = None;
        poll_fn(|cx| {
            let polled = self.poll_message(cx);
            if polled.is_pending() {
                waiting.get_or_insert_with(|| self.pulse().wait());
            }
            polled
        })
        .await
    }

    #[inline]
    fn pulse(&self) -> &Arc<Pulse> {
        &self.fetching.assignment.news().pulse
    }

    #[inline]
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.pulse().ask();
        let bound = self.bound;
        cooperate(cx, |cx| M::poll_hand(&mut self.fetching.feed, bound, cx))
    }

    /// What other tasks need: to commit, to pause and to seek, to see how far it has come, and to end it.
    #[must_use]
    pub fn control(&self) -> ConsumerControl {
        self.place.shell.control()
    }

    /// See [`ConsumerControl::commit`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn commit(&self) -> Result<()> {
        self.control().commit().await
    }

    /// Commits what was handed out (of an acked consumer: what is acknowledged without a gap), unless commits are manual,
    /// and leaves the group, so that others take over at once; a static member stays. At most
    /// [`api_timeout`](crate::KafkaBuilder::api_timeout).
    ///
    /// # Errors
    /// Kind [`Timeout`](ErrorKind::Timeout): it took longer, and goes on in the background. Otherwise why the last commit
    /// was refused.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the rest to the background, as a dropped consumer does.
    pub async fn close(self) -> Result<()> {
        let within = self.place.shell.cluster.settings().api_timeout;
        self.close_within(within).await
    }

    /// As [`Self::close`], in at most this time.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn close_within(self, within: Duration) -> Result<()> {
        let Self { fetching, place, .. } = self;
        fetching.assignment.slots().iter().for_each(|slot| slot.settle());
        drop(fetching);
        place.leave(within).await
    }

    /// A stream for each partition, each for a task of its own. Records of one stream are processed when the next one of
    /// that stream is asked for.
    #[must_use]
    pub fn into_partitions(self) -> Partitions<M> {
        let Self { fetching, place, bound, .. } = self;
        fetching.feed.settle();
        Partitions::start(fetching, place, bound)
    }
}

impl Consumer<Message> {
    /// The next messages together, borrowed from the batch in which they came: no allocation, no reference count each.
    /// After `next` it gives the rest of that message's batch.
    ///
    /// # Errors
    /// As [`Self::next`].
    ///
    /// # Cancel safety
    /// A dropped `next_batch` loses no message.
    pub async fn next_batch(&mut self) -> Option<Result<Batch>> {
        let mut waiting = None;
        poll_fn(|cx| {
            self.pulse().ask();
            let polled = cooperate(cx, |cx| Feed::poll_batch(&mut self.fetching.feed, cx));
            if polled.is_pending() {
                waiting.get_or_insert_with(|| self.pulse().wait());
            }
            polled
        })
        .await
    }
}

impl<M: Item> Stream for Consumer<M> {
    type Item = Result<M>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.get_mut().poll_message(cx)
    }
}

impl<M: Item> std::fmt::Debug for Consumer<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("group", &self.place.shell.group).finish_non_exhaustive()
    }
}
