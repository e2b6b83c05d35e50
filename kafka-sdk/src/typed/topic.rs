//! A producer's view of one message type.

use super::key::Key;
use super::message::KafkaMessage;
use crate::error::{ErrorKind, Result};
use crate::model::{Placed, Record};
use crate::producer::{Delivery, Producer, Topic};
use std::cell::RefCell;
use std::marker::PhantomData;

/// How much of the buffer for encoding a thread keeps.
const KEPT: usize = 1 << 20;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A producer's view of one message type: several types share one producer, and its buffers. A cheap clone.
///
/// ```no_run
/// # use kafka_sdk::{Kafka, KafkaMessage, Result};
/// # async fn example<Order: KafkaMessage>(kafka: Kafka, order: Order) -> Result<()> {
/// let producer = kafka.producer().await?;
/// let orders = producer.topic("orders").await?.of::<Order>();
/// let placed = orders.send(&order).await?;
/// # Ok(()) }
/// ```
pub struct TypedTopic<T> {
    topic: Topic,
    /// What the application has chosen; otherwise the partitioner chooses.
    partition: Option<i32>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for TypedTopic<T> {
    fn clone(&self) -> Self {
        Self { topic: self.topic.clone(), partition: self.partition, of: PhantomData }
    }
}

impl<T: KafkaMessage> TypedTopic<T> {
    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// A view that writes to this partition, whatever the messages' keys are: the application chooses instead of the
    /// partitioner.
    ///
    /// ```no_run
    /// # use kafka_sdk::{KafkaMessage, Result, typed::TypedTopic};
    /// # async fn example<Reading: KafkaMessage>(readings: TypedTopic<Reading>, all: Vec<Reading>) -> Result<()> {
    /// for (row, reading) in (0..).zip(&all) {
    ///     readings.to_partition(row % 2).send(reading).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// A partition that the topic does not have is an error of the send, as with [`Record::partition`].
    #[must_use]
    pub fn to_partition(&self, partition: i32) -> Self {
        Self { partition: Some(partition), ..self.clone() }
    }

    fn placed<'r>(&self, record: Record<'r>) -> Record<'r> {
        match self.partition {
            Some(partition) => record.partition(partition),
            None => record,
        }
    }

    /// Writes a message, and waits until brokers have acknowledged it: [`Producer::send`].
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): the message cannot be encoded. Otherwise those of [`Producer::send`].
    ///
    /// # Cancel safety
    /// As [`Producer::send`].
    pub async fn send(&self, message: &T) -> Result<Placed> {
        self.enqueue(message).await?.await
    }

    /// Encodes a message into the batch of its partition, and waits only where there is no room: [`Producer::enqueue`].
    ///
    /// # Errors
    /// As [`Self::send`].
    ///
    /// # Cancel safety
    /// As [`Producer::enqueue`].
    pub async fn enqueue(&self, message: &T) -> Result<Delivery> {
        match self.try_enqueue(message) {
            // Seldom, and not for each message to have room for.
            Err(full) if full.kind() == ErrorKind::Full => Box::pin(self.enqueue_in_time(message)).await,
            outcome => outcome,
        }
    }

    async fn enqueue_in_time(&self, message: &T) -> Result<Delivery> {
        let mut buffer = Vec::new();
        self.topic.enqueue(self.placed(message.to_record(&mut buffer)?)).await
    }

    /// Encodes a message into the batch of its partition, if there is room: [`Producer::try_enqueue`].
    ///
    /// # Errors
    /// As [`Self::send`], and kind [`Full`](ErrorKind::Full).
    pub fn try_enqueue(&self, message: &T) -> Result<Delivery> {
        with_buffer(|buffer| self.topic.try_enqueue(self.placed(message.to_record(buffer)?)))
    }

    /// Writes a null value for this key: a compacted topic forgets the messages that have it.
    ///
    /// # Errors
    /// Those of [`Producer::send`].
    ///
    /// # Cancel safety
    /// As [`Producer::send`].
    pub async fn tombstone(&self, key: T::Key<'_>) -> Result<Placed> {
        self.topic.send(self.placed(Record::tombstone(key.to_payload()))).await
    }
}

/// Lends the thread's buffer; another one to whoever encodes while it encodes.
fn with_buffer<R>(encode: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    BUFFER.with(|buffer| match buffer.try_borrow_mut() {
        Ok(mut buffer) => {
            buffer.clear();
            let result = encode(&mut buffer);
            if buffer.capacity() > KEPT {
                *buffer = Vec::new();
            }
            result
        }
        Err(_) => encode(&mut Vec::new()),
    })
}

impl<T> std::fmt::Debug for TypedTopic<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TypedTopic").field("topic", &self.topic).field("partition", &self.partition).finish()
    }
}

impl Topic {
    /// This topic, for messages of one type.
    #[must_use]
    pub fn of<T: KafkaMessage>(self) -> TypedTopic<T> {
        TypedTopic { topic: self, partition: None, of: PhantomData }
    }
}

impl Producer {
    /// The topic of a message type, for its messages.
    ///
    /// For a type without a topic it does not compile; then [`send_to`](Self::send_to) and [`Topic::of`] take one.
    ///
    /// ```compile_fail,E0080
    /// # use kafka_sdk::{Kafka, Message, Result};
    /// # #[tokio::main]
    /// # async fn main() -> Result<()> {
    /// # let producer = Kafka::connect("localhost:9092").await?.producer().await?;
    /// // Any record, of whatever topic.
    /// producer.of::<Message>().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Self::topic`].
    ///
    /// # Cancel safety
    /// As [`Self::topic`].
    pub async fn of<T: KafkaMessage>(&self) -> Result<TypedTopic<T>> {
        Ok(self.topic(topic_of::<T>()).await?.of())
    }

    /// Writes a message to a topic that is not its type's.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): the message cannot be encoded. Otherwise those of [`Self::send`].
    ///
    /// # Cancel safety
    /// As [`Self::send`].
    pub async fn send_to<T: KafkaMessage>(&self, topic: &str, message: &T) -> Result<Placed> {
        self.topic(topic).await?.of().send(message).await
    }
}

/// The topic of a type that has one.
pub(super) const fn topic_of<T: KafkaMessage>() -> &'static str {
    const {
        match T::TOPIC {
            Some(topic) => topic,
            None => {
                panic!("this message type has no topic: #[kafka(topic = \"…\")], or say it where it is used")
            }
        }
    }
}
