//! The partitions of a consumer, each as a stream of its own: one task reads for all of them ([`pump`]), and brings each
//! stream its messages ([`queue`]).

mod pump;
mod queue;

use crate::consumer::assignment::lease::Glances;
use crate::consumer::assignment::pulse::{Asks, Pulse, Waiting, ask_for};
use crate::consumer::assignment::slot::{Slot, Why};
use crate::consumer::assignment::tracker::Tracker;
use crate::consumer::feed::acked::Ack;
use crate::consumer::feed::item::{Item, Maker, Raw};
use crate::consumer::fetch::fetching::Fetching;
use crate::consumer::group::control::ConsumerControl;
use crate::consumer::group::{Shell, committing};
use crate::consumer::member::Place;
use crate::error::Result;
use crate::mailbox::{Mail, mailbox};
use crate::model::{Message, TopicPartition};
use futures_core::Stream;
use futures_util::StreamExt;
use pump::Pump;
use queue::Queue;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A consumer's partitions, each as a stream of its own: see [`Consumer::into_partitions`](crate::consumer::Consumer::into_partitions).
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// let mut partitions = kafka.consumer("sinks").topics(["orders"]).await?.into_partitions();
/// while let Some(partition) = partitions.next().await {
///     let mut partition = partition?;
///     tokio::spawn(async move {
///         while let Some(message) = partition.next().await {
///             println!("{:?}", message?.value());
///         }
///         partition.commit().await
///     });
/// }
/// # Ok(()) }
/// ```
pub struct Partitions<M: Item = Message> {
    streams: Mail<Result<PartitionStream<M>>>,
    place: Place,
}

impl<M: Item> Partitions<M> {
    pub(in super::super) fn start(
        fetching: Fetching,
        place: Place,
        bound: usize,
        decoder: M::Decoder,
    ) -> Self {
        let (begun, streams) = mailbox();
        let shell = place.shell.clone();
        let pump = Pump::<M>::new(fetching, shell.clone(), bound, decoder, begun);
        shell.cluster.spawn(pump.run());
        Self { streams, place }
    }

    /// The next partition that is this consumer's; none at the end: [`ConsumerControl::stop`] or an error.
    ///
    /// For `max.poll.interval.ms` it is the streams that have to be asked. Who waits here, and has dropped all of them, has
    /// nothing to ask for, and stays a member.
    ///
    /// # Errors
    /// As [`Consumer::next`](crate::consumer::Consumer::next).
    ///
    /// # Cancel safety
    /// A dropped `next` loses no partition.
    pub async fn next(&mut self) -> Option<Result<PartitionStream<M>>> {
        let _at_the_door = self.place.shell.assignment.news().pulse.wait_for_partitions();
        self.streams.next().await
    }

    /// See [`Consumer::control`](crate::consumer::Consumer::control).
    #[must_use]
    pub fn control(&self) -> ConsumerControl {
        self.place.shell.control()
    }

    /// Ends all streams, commits what is processed, unless commits are manual, and leaves the group. What a stream has
    /// handed out last counts as processed once it is asked for the next one, which is none.
    ///
    /// # Errors
    /// As [`Consumer::close`](crate::consumer::Consumer::close).
    ///
    /// # Cancel safety
    /// As there.
    pub async fn close(self) -> Result<()> {
        let within = self.place.shell.cluster.settings().api_timeout;
        self.place.leave(within).await
    }
}

impl<M: Item> std::fmt::Debug for Partitions<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partitions").finish_non_exhaustive()
    }
}

/// The messages of one partition, in order. Also a `Stream`; it is `Unpin`. Who waits for the next one counts as polling,
/// for `max.poll.interval.ms`, and so does a stream that had nothing when it was polled last.
///
/// It ends when the partition is given up. Until it is dropped then, or the rebalance timeout has passed, nobody else gets
/// the partition: it is the time to finish, and to [`commit`](Self::commit).
///
/// # Drop behaviour
/// Dropped before its end, it leaves its partition unread until that goes to somebody; the message that was handed out
/// last does not count as processed.
pub struct PartitionStream<M: Item = Message> {
    slot: Arc<Slot>,
    shell: Arc<Shell>,
    queue: Arc<Queue>,
    tracker: Arc<Tracker>,
    /// Of what was handed out last.
    last: Option<Ack>,
    maker: Maker<M>,
    glances: Glances,
    /// Since it was polled as a stream, and had nothing.
    waiting: Option<Waiting>,
}

impl<M: Item> PartitionStream<M> {
    /// Which partition.
    #[must_use]
    pub fn topic_partition(&self) -> TopicPartition {
        self.slot.topic_partition()
    }

    /// The next message; none when the partition is given up. What was handed out before is processed.
    ///
    /// # Errors
    /// Of a typed stream: a record that is no `T`, or whose dead letter could not be written. The stream goes on behind it.
    /// What ends the consumer is an error of [`Partitions::next`], and this stream ends.
    ///
    /// # Cancel safety
    /// A dropped `next` loses no message.
    pub async fn next(&mut self) -> Option<Result<M>> {
        ask_for(self, Self::poll_message).await
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.shell.assignment.news().pulse.ask();
        let Self { shell, queue, tracker, last, maker, glances, .. } = self;
        let news = shell.assignment.news();
        maker.poll(tracker, cx, |tracker, cx| {
            if let Some(ack) = last.take() {
                ack.ack();
            }
            let Some((message, ack)) = ready!(queue.poll_unless_held(cx, news, glances)) else {
                return Poll::Ready(None);
            };
            if !Arc::ptr_eq(ack.tracker(), tracker) {
                *tracker = ack.tracker().clone();
            }
            let item;
            (item, *last) = M::Raw::of(message, ack);
            Poll::Ready(Some(Ok(item)))
        })
    }

    /// Commits what this stream has handed out (of an acked consumer: what is acknowledged without a gap).
    ///
    /// # Errors
    /// As [`ConsumerControl::commit`].
    ///
    /// # Cancel safety
    /// As there.
    pub async fn commit(&mut self) -> Result<()> {
        // What is in hand is not handed out.
        if let Some(ack) = self.last.take_if(|_| self.maker.raw.is_none()) {
            ack.ack();
        }
        let slots = [self.slot.clone()];
        self.shell.commit(committing(&slots, Slot::cover)).await
    }
}

impl<M: Item> Asks for PartitionStream<M> {
    fn pulse(&self) -> &Arc<Pulse> {
        &self.shell.assignment.news().pulse
    }

    fn waiting(&mut self) -> &mut Option<Waiting> {
        &mut self.waiting
    }
}

impl<M: Item> Stream for PartitionStream<M> {
    type Item = Result<M>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        let me = self.get_mut();
        let polled = me.poll_message(cx);
        me.shell.assignment.news().pulse.keep_waiting(&polled, &mut me.waiting);
        polled
    }
}

impl<M: Item> Drop for PartitionStream<M> {
    fn drop(&mut self) {
        self.shell.assignment.news().pulse.ask();
        self.slot.withhold(Why::Abandoned);
        self.queue.close();
        if let Some(ack) = self.last.take().or_else(|| self.maker.raw.take()?.into_ack()) {
            ack.give_back();
        }
        self.tracker.let_go();
        // After a seek it may be another one.
        self.slot.let_go();
    }
}

impl<M: Item> std::fmt::Debug for PartitionStream<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PartitionStream({})", self.slot.topic_partition())
    }
}
