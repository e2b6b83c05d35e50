use super::acked::Ack;
use super::consumer::Place;
use super::consumer_control::ConsumerControl;
use super::fetching::Fetching;
use super::group::{Origin, Shell, committing};
use super::item::Item;
use super::slot::{Slot, Why};
use super::tracker::Tracker;
use crate::error::{Error, Result};
use crate::mailbox::{Mail, Mailbox, mailbox};
use crate::model::{Message, TopicPartition};
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::task::AtomicWaker;
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

/// A consumer's partitions, each as a stream of its own: see [`Consumer::into_partitions`](super::Consumer::into_partitions).
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
    pub(super) fn start(fetching: Fetching, place: Place, bound: usize) -> Self {
        let (begun, streams) = mailbox();
        let shell = place.shell.clone();
        let pump = Pump { fetching, shell: shell.clone(), bound, routes: HashMap::new(), seen: None, begun };
        shell.cluster.spawn(pump.run());
        Self { streams, place }
    }

    /// The next partition that is this consumer's; none at the end: [`ConsumerControl::stop`] or an error.
    ///
    /// # Errors
    /// As [`Consumer::next`](super::Consumer::next).
    ///
    /// # Cancel safety
    /// A dropped `next` loses no partition.
    pub async fn next(&mut self) -> Option<Result<PartitionStream<M>>> {
        self.streams.next().await
    }

    /// See [`Consumer::control`](super::Consumer::control).
    #[must_use]
    pub fn control(&self) -> ConsumerControl {
        self.place.shell.control()
    }

    /// Ends all streams, commits what is processed, unless commits are manual, and leaves the group. What a stream has
    /// handed out last counts as processed once it is asked for the next one, which is none.
    ///
    /// # Errors
    /// As [`Consumer::close`](super::Consumer::close).
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

/// The messages of one partition, in order. Also a `Stream`; it is `Unpin`.
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
    hands_out: PhantomData<fn() -> M>,
}

impl<M: Item> PartitionStream<M> {
    /// Which partition.
    #[must_use]
    pub fn topic_partition(&self) -> TopicPartition {
        self.slot.topic_partition()
    }

    /// The next message; none when the partition is given up. What was handed out before is processed.
    ///
    /// # Cancel safety
    /// A dropped `next` loses no message.
    pub async fn next(&mut self) -> Option<Result<M>> {
        let mut waiting = None;
        poll_fn(|cx| {
            let polled = self.poll_message(cx);
            if polled.is_pending() {
                waiting.get_or_insert_with(|| self.shell.assignment.news().pulse.wait());
            }
            polled
        })
        .await
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.shell.assignment.news().pulse.ask();
        if let Some(ack) = self.last.take() {
            ack.ack();
        }
        let Some((message, ack)) = ready!(self.queue.poll_take(cx)) else { return Poll::Ready(None) };
        if !Arc::ptr_eq(ack.tracker(), &self.tracker) {
            self.tracker = ack.tracker().clone();
        }
        let (item, last) = M::of(message, ack);
        self.last = last;
        Poll::Ready(Some(Ok(item)))
    }

    /// Commits what this stream has handed out (of an acked consumer: what is acknowledged without a gap).
    ///
    /// # Errors
    /// As [`ConsumerControl::commit`].
    ///
    /// # Cancel safety
    /// As there.
    pub async fn commit(&mut self) -> Result<()> {
        if let Some(ack) = self.last.take() {
            ack.ack();
        }
        let slots = [self.slot.clone()];
        self.shell.commit(committing(&slots, Slot::covered), Origin::Positions).await
    }
}

impl<M: Item> Stream for PartitionStream<M> {
    type Item = Result<M>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.get_mut().poll_message(cx)
    }
}

impl<M: Item> Drop for PartitionStream<M> {
    fn drop(&mut self) {
        self.slot.withhold(Why::Abandoned);
        self.queue.close();
        if let Some(ack) = self.last.take() {
            ack.give_back();
        }
        self.tracker.let_go();
    }
}

impl<M: Item> std::fmt::Debug for PartitionStream<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PartitionStream({})", self.slot.topic_partition())
    }
}

/// Messages on their way to a stream: as many as may be out of the partition.
#[derive(Default)]
struct Queue {
    state: Mutex<Queued>,
    taker: AtomicWaker,
}

#[derive(Default)]
struct Queued {
    messages: VecDeque<(Message, Ack)>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, Queued> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, message: Message, ack: Ack) {
        let mut state = self.state();
        if state.closed {
            drop(state);
            return ack.give_back();
        }
        state.messages.push_back((message, ack));
        drop(state);
        self.taker.wake();
    }

    /// Nothing more comes; what has not been taken is given back.
    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let left = std::mem::take(&mut state.messages);
        drop(state);
        if let Some((_, first)) = left.into_iter().next() {
            first.give_back();
        }
        self.taker.wake();
    }

    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<(Message, Ack)>> {
        self.taker.register(cx.waker());
        let mut state = self.state();
        while let Some((message, ack)) = state.messages.pop_front() {
            // From before a seek.
            if !ack.tracker().is_over() {
                return Poll::Ready(Some((message, ack)));
            }
        }
        if state.closed { Poll::Ready(None) } else { Poll::Pending }
    }
}

/// Brings messages to the streams of their partitions.
struct Pump<M: Item> {
    fetching: Fetching,
    shell: Arc<Shell>,
    bound: usize,
    /// By partition.
    routes: HashMap<TopicPartition, Route>,
    /// The changes of the assignment that have been looked at.
    seen: Option<u64>,
    begun: Mailbox<Result<PartitionStream<M>>>,
}

struct Route {
    slot: Arc<Slot>,
    queue: Arc<Queue>,
    tracker: Arc<Tracker>,
}

impl<M: Item> Pump<M> {
    async fn run(mut self) {
        loop {
            match poll_fn(|cx| self.poll_next(cx)).await {
                Some(Ok((message, ack))) => self.bring(message, ack),
                Some(Err(error)) => break self.fail(error),
                None => break,
            }
            tokio::task::coop::consume_budget().await;
        }
        self.routes.values().for_each(|route| route.queue.close());
        self.begun.close();
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(Message, Ack)>>> {
        let polled = self.fetching.feed.poll_acked(cx, self.bound);
        // After the feed has its waker, so that no change is missed.
        self.follow();
        polled
    }

    /// Streams begin and end with their partitions.
    fn follow(&mut self) {
        let assignment = &self.fetching.assignment;
        if self.seen.replace(assignment.changes()) == Some(assignment.changes()) {
            return;
        }
        let slots = assignment.slots();
        let is_there = |route: &Route| {
            !route.slot.is_leaving() && slots.iter().any(|slot| Arc::ptr_eq(slot, &route.slot))
        };
        self.routes.retain(|_, route| {
            let stays = is_there(route);
            if !stays {
                route.queue.close();
            }
            stays
        });
        for slot in slots.iter().filter(|slot| !slot.is_leaving()) {
            let partition = slot.topic_partition();
            if self.routes.contains_key(&partition) {
                continue;
            }
            let (queue, tracker) = (Arc::<Queue>::default(), slot.tracker(self.bound));
            tracker.keep();
            let stream = PartitionStream {
                slot: slot.clone(),
                shell: self.shell.clone(),
                queue: queue.clone(),
                tracker: tracker.clone(),
                last: None,
                hands_out: PhantomData,
            };
            self.routes.insert(partition, Route { slot: slot.clone(), queue, tracker });
            // Nobody may want it any more: then it is given up at once.
            let _ = self.begun.push(Ok(stream));
        }
    }

    fn bring(&mut self, message: Message, ack: Ack) {
        match self.routes.get_mut(&message.topic_partition()) {
            Some(route) => {
                if !Arc::ptr_eq(ack.tracker(), &route.tracker) {
                    route.tracker = ack.tracker().clone();
                    route.tracker.keep();
                }
                route.queue.push(message, ack);
            }
            None => ack.give_back(),
        }
    }

    fn fail(&self, error: Error) {
        let _ = self.begun.push(Err(error));
    }
}
