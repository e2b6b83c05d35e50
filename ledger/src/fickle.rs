//! A writer that drops its futures before they are done, and goes on with the same producer.

use crate::book::{Book, Fate};
use crate::drops::Drops;
use crate::payload::{Stamp, encode};
use crate::world::Trouble;
use crate::writer::{TICK, Writer, fate, size};
use kafka_sdk::producer::{Producer, Topic};
use kafka_sdk::{Delivery, Record};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Interval, interval};

/// Records that one producer gets, before the next one is built.
const EACH: usize = 10_000;
/// Longer than a record may take.
const A_LONG_TIME: Duration = Duration::from_secs(600);

/// What it writes with, and what it has written.
struct Fickle<'a> {
    topics: &'a [String],
    partitions: i32,
    drops: &'a Drops,
    book: Book,
    /// Records whose outcome is not known yet: topic, partition and sequence.
    waiting: Vec<(&'a str, i32, usize, Delivery)>,
}

/// Which call it is that is dropped.
#[derive(Clone, Copy)]
enum Way {
    Enqueue,
    Send,
    TopicEnqueue,
    TopicSend,
}

/// Writes as [`Writer::run`] does; closes its producer and builds another again and again.
///
/// # Errors
/// A producer could not be built, or not be closed.
pub async fn run(
    writer: Writer,
    topics: Vec<String>,
    partitions: i32,
    stop: Arc<AtomicBool>,
    drops: Drops,
) -> Result<Book, Trouble> {
    let book = Book::new(writer.id, writer.promise);
    let mut fickle = Fickle { topics: &topics, partitions, drops: &drops, book, waiting: Vec::new() };
    let mut ticks = interval(TICK);
    while !stop.load(Ordering::Relaxed) {
        let producer = writer.producer.clone().build().await?;
        fickle.write(&producer, &mut ticks, writer.each_tick(), &stop).await?;
        fickle.close(producer).await?;
    }
    Ok(fickle.book)
}

impl<'a> Fickle<'a> {
    async fn write(
        &mut self,
        producer: &Producer,
        ticks: &mut Interval,
        each: u32,
        stop: &AtomicBool,
    ) -> Result<(), Trouble> {
        let mut handles = Vec::new();
        for name in self.topics {
            let handle = match self.drops.at_random("topic", producer.topic(name)).await {
                Some(handle) => handle?,
                None => producer.topic(name).await?,
            };
            handles.push((name.as_str(), handle));
        }
        let mut written = 0;
        while written < EACH && !stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            for _ in 0..each {
                let Some((name, handle)) = fastrand::choice(&handles) else { break };
                self.record(producer, name, handle).await;
                written += 1;
            }
        }
        Ok(())
    }

    async fn record(&mut self, producer: &Producer, topic: &'a str, handle: &Topic) {
        let partition = fastrand::i32(0..self.partitions);
        let sequence = self.book.open(topic, partition);
        let stamp = Stamp { topic, partition, writer: self.book.writer(), sequence };
        let record = Record::new(encode(&stamp, size())).partition(partition);
        let drops = self.drops;
        let enqueued = match way() {
            Way::Enqueue => drops.at_random("enqueue", producer.enqueue(topic, record)).await,
            Way::TopicEnqueue => drops.at_random("Topic::enqueue", handle.enqueue(record)).await,
            Way::Send => {
                let sent = drops.at_random("send", producer.send(topic, record)).await;
                return self.book.close(&stamp, sent.map_or(Fate::Unheard, fate));
            }
            Way::TopicSend => {
                let sent = drops.at_random("Topic::send", handle.send(record)).await;
                return self.book.close(&stamp, sent.map_or(Fate::Unheard, fate));
            }
        };
        match enqueued {
            None => self.book.close(&stamp, Fate::Withdrawn),
            Some(Err(error)) => self.book.close(&stamp, fate(Err(error))),
            Some(Ok(mut delivery)) => {
                let outcome = match fastrand::u32(..16) {
                    0 => self.outcome(&mut delivery).await,
                    _ => None,
                };
                match outcome {
                    Some(fate) => self.book.close(&stamp, fate),
                    None => self.waiting.push((topic, partition, sequence, delivery)),
                }
            }
        }
    }

    /// Waits for it a while. Now and then nobody comes back to it.
    async fn outcome(&self, delivery: &mut Delivery) -> Option<Fate> {
        match self.drops.at_random("Delivery", delivery).await {
            Some(outcome) => Some(fate(outcome)),
            None => (fastrand::u32(..10) == 0).then_some(Fate::Unheard),
        }
    }

    /// Closes the producer, and waits for what is on its way, both more than once.
    async fn close(&mut self, producer: Producer) -> Result<(), Trouble> {
        let drops = self.drops;
        drops.at_random("flush", producer.flush()).await;
        match fastrand::bool() {
            true => drops.at_random("close", producer.close()).await,
            false => drops.at_random("close_within", producer.close_within(A_LONG_TIME)).await,
        };
        for (topic, partition, sequence, mut delivery) in std::mem::take(&mut self.waiting) {
            let outcome = match self.outcome(&mut delivery).await {
                Some(fate) => fate,
                None => fate(delivery.await),
            };
            self.book.close(&Stamp { topic, partition, writer: self.book.writer(), sequence }, outcome);
        }
        Ok(producer.close().await?)
    }
}

fn way() -> Way {
    match fastrand::u32(..10) {
        0..4 => Way::Enqueue,
        4..8 => Way::TopicEnqueue,
        8 => Way::Send,
        _ => Way::TopicSend,
    }
}
