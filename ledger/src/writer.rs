//! Writes records, and notes what it is told about each. One that is less steady: [`fickle`](crate::fickle).

use crate::book::{Book, Fate, Promise};
use crate::payload::{Stamp, encode};
use crate::world::Trouble;
use kafka_sdk::producer::{ProducerBuilder, Topic};
use kafka_sdk::{Delivery, Error, Placed, Record, Written};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::interval;

/// One writer: a producer of its own.
pub struct Writer {
    /// Its number.
    pub id: u32,
    /// Its settings.
    pub producer: ProducerBuilder,
    /// What these settings promise.
    pub promise: Promise,
    /// Records in a second.
    pub rate: u32,
}

/// A record whose outcome is not known yet.
struct Sent {
    topic: Arc<str>,
    partition: i32,
    sequence: usize,
    delivery: Delivery,
}

/// Records that wait for their outcome at most.
const WAITING: usize = 200_000;
/// How often a portion of the rate is written.
pub(crate) const TICK: Duration = Duration::from_millis(10);

impl Writer {
    /// Writes to all partitions of the topics until it is told to stop, and gives its book when all is answered.
    ///
    /// # Errors
    /// The producer could not be built, or not be closed.
    pub async fn run(
        self,
        topics: Vec<String>,
        partitions: i32,
        stop: Arc<AtomicBool>,
    ) -> Result<Book, Trouble> {
        let each = self.each_tick();
        let producer = self.producer.build().await?;
        let mut handles = Vec::new();
        for topic in topics {
            handles.push((Arc::from(topic.as_str()), producer.topic(&topic).await?));
        }
        let book = Arc::new(Mutex::new(Book::new(self.id, self.promise)));
        let (sent, outcomes) = mpsc::channel(WAITING);
        let noting = tokio::spawn(note(book.clone(), outcomes));
        let mut ticks = interval(TICK);
        while !stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            for _ in 0..each {
                let Some((topic, handle)) = fastrand::choice(&handles) else { break };
                let partition = fastrand::i32(0..partitions);
                if let Some(record) = enqueue(&book, topic, handle, partition, self.id).await {
                    sent.send(record).await?;
                }
            }
        }
        drop(sent);
        // By its delivery timeout all is answered, one way or the other.
        noting.await?;
        let closed = producer.close().await;
        drop(producer);
        closed?;
        Arc::into_inner(book)
            .map(|book| book.into_inner().unwrap_or_else(PoisonError::into_inner))
            .ok_or_else(|| "the book is still held".into())
    }

    /// Records in one [`TICK`].
    pub(crate) fn each_tick(&self) -> u32 {
        (self.rate / 100).max(1)
    }
}

async fn enqueue(
    book: &Mutex<Book>,
    topic: &Arc<str>,
    handle: &Topic,
    partition: i32,
    writer: u32,
) -> Option<Sent> {
    let lock = || book.lock().unwrap_or_else(PoisonError::into_inner);
    let sequence = lock().open(topic, partition);
    let stamp = Stamp { topic, partition, writer, sequence };
    let record = Record::new(encode(&stamp, size())).partition(partition);
    match handle.enqueue(record).await {
        Ok(delivery) => Some(Sent { topic: topic.clone(), partition, sequence, delivery }),
        Err(error) => {
            lock().close(&stamp, fate(Err(error)));
            None
        }
    }
}

/// Mostly small, sometimes large.
pub(crate) fn size() -> usize {
    match fastrand::u32(..1_000) {
        0 => fastrand::usize(10_000..200_000),
        1..50 => fastrand::usize(1_000..5_000),
        _ => fastrand::usize(40..200),
    }
}

async fn note(book: Arc<Mutex<Book>>, mut outcomes: mpsc::Receiver<Sent>) {
    let writer = book.lock().unwrap_or_else(PoisonError::into_inner).writer();
    while let Some(Sent { topic, partition, sequence, delivery }) = outcomes.recv().await {
        let fate = fate(delivery.await);
        let stamp = Stamp { topic: &topic, partition, writer, sequence };
        book.lock().unwrap_or_else(PoisonError::into_inner).close(&stamp, fate);
    }
}

pub(crate) fn fate(outcome: Result<Placed, Error>) -> Fate {
    match outcome {
        Ok(placed) => Fate::Acknowledged((placed.offset >= 0).then_some(placed.offset)),
        Err(error) if error.written() == Written::No => Fate::NotWritten,
        Err(_) => Fate::InDoubt,
    }
}
