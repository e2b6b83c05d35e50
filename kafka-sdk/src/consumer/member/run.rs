//! Messages by several handlers at a time, in order per key.

use crate::consumer::feed::acked::Ack;
use crate::consumer::feed::item::{AckedItem, Carries, Item};
use crate::consumer::member::Consumer;
use crate::error::{Error, ErrorKind, Result};
use crate::model::TopicPartition;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::{HashMap, VecDeque};
use std::fmt::Display;
use std::hash::{BuildHasher, RandomState};

/// How many messages are taken for each handler at most, so that one behind a busy key does not hold up others.
const TAKEN_PER_HANDLER: usize = 8;

impl<M: Item> Consumer<M> {
    /// Has `handler` process the messages, up to `n` at a time, and acknowledges those for which it gives `Ok`: of a consumer
    /// that is built with [`acked`](crate::consumer::ConsumerBuilder::acked). The handler gets the message itself. Messages of
    /// a partition with the same key are processed one after the other, in their order; those without a key in any.
    ///
    /// It ends after [`stop`](crate::consumer::ConsumerControl::stop): what was taken is processed, committed, and the group left.
    /// It ends with the first `Err` of a handler: those that run are waited for, what is acknowledged without a gap is
    /// committed, and the group left; the message that failed, and what comes after it, comes again.
    ///
    /// A record that cannot be decoded ends it, too, unless [`on_poison`](crate::consumer::ConsumerBuilder::on_poison) says otherwise.
    ///
    /// All handlers run in the task that awaits this: one that computes for long spawns. One that ends with `Ok(())` has to say
    /// its type of errors: `Ok::<_, std::io::Error>(())`.
    ///
    /// ```no_run
    /// # async fn save(_: &[u8]) -> std::io::Result<()> { Ok(()) }
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// let consumer = kafka.consumer("billing").topics(["orders"]).acked().await?;
    /// consumer.run(8, async |message| save(message.value().unwrap_or_default()).await).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// Kind [`State`](ErrorKind::State): a handler has failed; the error says at which message, and what it said. Otherwise
    /// those of [`next`](Self::next) and [`close`](Self::close).
    ///
    /// # Cancel safety
    /// Dropping the future drops the handlers that run; what they were at is not acknowledged, and comes again.
    pub async fn run<F, R, E>(mut self, n: usize, handler: F) -> Result<()>
    where
        M: AckedItem,
        F: Fn(M::Message) -> R,
        R: Future<Output = std::result::Result<(), E>>,
        E: Display,
    {
        let mut queues = Queues::<M::Message>::new(n.max(1));
        let mut running = FuturesUnordered::new();
        let mut outcome = Ok(());
        let mut open = true;
        loop {
            while let Some(work) = queues.next() {
                let Work { key, message, ack } = work;
                let carried = message.carried();
                let at = (carried.topic_partition(), carried.offset());
                let handled = handler(message);
                running.push(async move { (key, ack, at, handled.await) });
            }
            if running.is_empty() && !open {
                break;
            }
            tokio::select! {
                biased;
                Some((key, ack, at, handled)) = running.next(), if !running.is_empty() => {
                    queues.done(key);
                    match handled {
                        Ok(()) => ack.ack(),
                        Err(error) => {
                            outcome = outcome.and(Err(failed(&at, &error)));
                            queues.clear();
                            open = false;
                        }
                    }
                }
                message = self.next(), if open && queues.has_room() => match message {
                    Some(Ok(message)) => queues.push(message.apart()),
                    Some(Err(error)) => {
                        outcome = outcome.and(Err(error));
                        open = false;
                    }
                    None => open = false,
                },
            }
        }
        let closed = self.close().await;
        outcome.and(closed)
    }
}

fn failed((partition, offset): &(TopicPartition, i64), error: &impl Display) -> Error {
    let text = format!("the handler of {partition} at offset {offset} failed: {error}");
    Error::new(ErrorKind::State, text)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}

/// A message for a handler.
struct Work<M> {
    /// None: it waits for no other.
    key: Option<u64>,
    message: M,
    ack: Ack,
}

/// Messages that were taken, by key: of each key one is processed at a time. Two keys with one hash wait for each other.
struct Queues<M> {
    handlers: usize,
    running: usize,
    ready: VecDeque<Work<M>>,
    /// What waits for the one before it, for each key that is being processed or ready.
    behind: HashMap<u64, VecDeque<Work<M>>>,
    waiting: usize,
    hash: RandomState,
}

impl<M: Carries> Queues<M> {
    fn new(handlers: usize) -> Self {
        let (ready, behind) = (VecDeque::new(), HashMap::new());
        Self { handlers, running: 0, ready, behind, waiting: 0, hash: RandomState::new() }
    }

    fn has_room(&self) -> bool {
        self.ready.is_empty()
            && self.running + self.waiting < self.handlers.saturating_mul(TAKEN_PER_HANDLER)
            && self.running < self.handlers
    }

    fn push(&mut self, (message, ack): (M, Ack)) {
        let carried = message.carried();
        let hash = |key| self.hash.hash_one((carried.topic(), carried.partition(), key));
        let key = carried.key().map(hash);
        let work = Work { key, message, ack };
        match key.map(|key| self.behind.entry(key)) {
            Some(std::collections::hash_map::Entry::Occupied(mut behind)) => {
                behind.get_mut().push_back(work);
                self.waiting += 1;
            }
            Some(std::collections::hash_map::Entry::Vacant(free)) => {
                free.insert(VecDeque::new());
                self.ready.push_back(work);
            }
            None => self.ready.push_back(work),
        }
    }

    /// The next one to process, if there is a handler for it.
    fn next(&mut self) -> Option<Work<M>> {
        if self.running >= self.handlers {
            return None;
        }
        let work = self.ready.pop_front()?;
        self.running += 1;
        Some(work)
    }

    /// One of this key is processed.
    fn done(&mut self, key: Option<u64>) {
        self.running -= 1;
        let Some(key) = key else { return };
        match self.behind.get_mut(&key).and_then(VecDeque::pop_front) {
            Some(next) => {
                self.waiting -= 1;
                self.ready.push_back(next);
            }
            None => drop(self.behind.remove(&key)),
        }
    }

    /// Nothing more is to be processed.
    fn clear(&mut self) {
        self.ready.clear();
        self.behind.values_mut().for_each(VecDeque::clear);
        self.waiting = 0;
    }
}
