//! A member of a group: what the application has of it. Its place in the group is kept in `group`.

pub(super) mod builder;
pub(super) mod partitions;
mod run;
mod wishes;

use super::assignment::pulse::{Asks, Pulse, Waiting, ask_for};
use super::feed::Feed;
use super::feed::cooperate::cooperate;
use super::feed::event::Event;
use super::feed::item::{Item, Maker, Raw, ReadItem};
use super::fetch::fetching::Fetching;
use super::group::Shell;
use super::group::control::ConsumerControl;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Batch, Message};
use futures_core::Stream;
use partitions::Partitions;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A member of a group, or reads given partitions and keeps its offsets with a group. `M` is what it hands out: a
/// [`Message`], a [`Typed`](crate::typed::Typed) one, or one of them that is [`Acked`](super::Acked). Also a `Stream` of
/// that, with `StreamExt` or `TryStreamExt` of the `futures-util` crate; it is `Unpin`. A stream that had nothing when it
/// was polled last counts as waiting, for `max.poll.interval.ms`.
///
/// Two tasks work for it: one fetches ahead, one keeps its place in the group, whatever the application is at. Partitions
/// come and go by themselves; what the application asks for with [`next`](Self::next) comes from those that are its own.
///
/// # Ordering
/// As a [`Reader`](super::Reader)'s. No record of a partition comes after it was given up.
///
/// # What is committed
/// A record counts as processed once the next one is asked for; [`ConsumerBuilder::acked`](super::ConsumerBuilder::acked)
/// makes a consumer where that is said for each record; only that one has [`run`](Self::run), and `ack` at its messages. What
/// is processed is committed from time to time, before a
/// partition is given up, and at the end: [`commit`](super::ConsumerBuilder::commit) sets that.
///
/// # Drop behaviour
/// The task commits what is processed and leaves the group, in the background; nothing is blocked. The last record that was
/// handed out does not count as processed, and comes again. [`close`](Self::close) waits for that, and counts it as
/// processed too.
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
    maker: Maker<M>,
    /// Since it was polled as a stream, and had nothing.
    waiting: Option<Waiting>,
}

/// The place in the group, which is left when it is dropped.
pub(super) struct Place {
    pub(super) shell: Arc<Shell>,
    ended: Option<oneshot::Receiver<()>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shell.assignment.stop();
        self.shell.leave();
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
            Ok(_) => shell.ended(),
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
    pub(super) fn new(fetching: Fetching, place: Place, bound: usize, decoder: M::Decoder) -> Self {
        Self { fetching, place, bound, maker: Maker::new(decoder), waiting: None }
    }

    /// The next message; none at the end: [`ConsumerControl::stop`] or an error.
    ///
    /// # Errors
    /// What would not pass: kind [`Authorize`](ErrorKind::Authorize), kind [`Broker`](ErrorKind::Broker) where the group
    /// does not take this consumer, kind [`State`](ErrorKind::State) for a partition without a committed offset under
    /// [`Reset::Fail`](crate::Reset::Fail), and those of [`Reader::next`](super::Reader::next). After an error the
    /// consumer is at its end; but a record that is no `T` of a typed consumer, or whose dead letter could not be written,
    /// does not end it.
    ///
    /// # Cancel safety
    /// A dropped `next` loses no message.
    #[doc(alias = "poll")]
    pub async fn next(&mut self) -> Option<Result<M>> {
        ask_for(self, Self::poll_message).await
    }

    #[inline]
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.pulse().ask();
        let Self { fetching, bound, maker, .. } = self;
        maker.poll(fetching, cx, |fetching, cx| M::Raw::poll_hand::<M>(&mut fetching.feed, *bound, cx))
    }

    /// What a consumer does not do itself, and what other tasks need: `seek`, `pause` and `resume`, `assignment`, `positions`
    /// and `committed`, `commit_offsets`, `lag`, `subscribe`, `stop`.
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
    /// and leaves the group, so that others take over at once; a static member stays, unless
    /// [`ConsumerControl::on_close`] has been told otherwise. At most [`api_timeout`](crate::KafkaBuilder::api_timeout).
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
        let Self { mut fetching, place, bound, maker, .. } = self;
        fetching.feed.settle();
        let (decoder, raw) = maker.into_parts();
        if let Some(raw) = raw {
            raw.put_back(&mut fetching.feed);
        }
        Partitions::start(fetching, place, bound, decoder)
    }
}

impl<M: ReadItem> Consumer<M> {
    /// The next message, or the end of a partition where that is what comes next; `next` passes over the ends. An acked
    /// consumer has no such method.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::{Event, Reset};
    /// let settings = kafka.consumer("tool").assign([("settings", 0)]).offset_reset(Reset::Earliest);
    /// let mut settings = settings.await?;
    /// while let Some(event) = settings.next_event().await {
    ///     match event? {
    ///         Event::Record(message) => println!("{:?}", message.value()),
    ///         Event::End { .. } => break,
    ///         _ => {}
    ///     }
    /// }
    /// settings.close().await
    /// # }
    /// ```
    ///
    /// Java has no such thing; librdkafka: `enable.partition.eof`.
    ///
    /// # Errors
    /// As [`Self::next`].
    ///
    /// # Cancel safety
    /// A dropped `next_event` loses nothing.
    pub async fn next_event(&mut self) -> Option<Result<Event<M>>> {
        ask_for(self, |me, cx| {
            me.pulse().ask();
            let Self { fetching, maker, .. } = me;
            maker.poll_event(fetching, cx, |fetching, cx| {
                cooperate(cx, |cx| fetching.feed.poll_event::<M>(cx))
            })
        })
        .await
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
        ask_for(self, |me, cx| {
            me.pulse().ask();
            cooperate(cx, |cx| Feed::poll_batch(&mut me.fetching.feed, cx))
        })
        .await
    }
}

impl<M: Item> Asks for Consumer<M> {
    #[inline]
    fn pulse(&self) -> &Arc<Pulse> {
        &self.fetching.assignment.news().pulse
    }

    fn waiting(&mut self) -> &mut Option<Waiting> {
        &mut self.waiting
    }
}

impl<M: Item> Stream for Consumer<M> {
    type Item = Result<M>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        let me = self.get_mut();
        let polled = me.poll_message(cx);
        me.fetching.assignment.news().pulse.keep_waiting(&polled, &mut me.waiting);
        polled
    }
}

impl<M: Item> std::fmt::Debug for Consumer<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("group", &self.place.shell.group).finish_non_exhaustive()
    }
}
