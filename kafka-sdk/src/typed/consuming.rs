//! Consumers and readers of one message type.

use super::dead_letter::DeadLetters;
use super::message::KafkaMessage;
use super::poison::{OnPoison, Poison};
use super::topic::topic_of;
use crate::consumer::{Acked, Carries, ConsumerBuilder, Counts, Decoder, Hand, Item, ReaderBuilder};
use crate::error::{Error, Result};
use crate::model::{Message, Offset};
use futures_util::future::BoxFuture;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// A message of type `T`, and the record that it came in.
pub struct Typed<T> {
    value: T,
    message: Message,
}

impl<T> Typed<T> {
    /// The record: key, headers, timestamp and where it lies.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Typed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Typed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Typed").field("value", &self.value).field("message", &self.message).finish()
    }
}

impl<T> Carries for Typed<T> {
    fn carried(&self) -> &Message {
        &self.message
    }
}

/// In a lock that nobody waits for, so that consumers can be shared as others can.
type Sending = Mutex<BoxFuture<'static, Result<()>>>;

/// Makes messages of records, and deals with those that are none.
pub(crate) struct Decoding<T> {
    policy: OnPoison,
    letters: DeadLetters,
    group: Option<Arc<str>>,
    /// The dead letter that is being written, of the record in hand.
    sending: Option<Sending>,
    of: PhantomData<fn() -> T>,
}

impl<T> Decoding<T> {
    fn new(letters: DeadLetters) -> Self {
        Self { policy: OnPoison::Fail, letters, group: None, sending: None, of: PhantomData }
    }
}

/// For another stream.
impl<T> Clone for Decoding<T> {
    fn clone(&self) -> Self {
        let Self { policy, letters, group, .. } = self;
        Self {
            policy: policy.clone(),
            letters: letters.clone(),
            group: group.clone(),
            sending: None,
            of: PhantomData,
        }
    }
}

impl<T: KafkaMessage> Decoder for Decoding<T> {
    fn of_group(&mut self, group: &Arc<str>) {
        self.group = Some(group.clone());
    }

    fn forget(&mut self) {
        self.sending = None;
    }
}

/// What a record comes to; all but the last take it out of hand.
enum Outcome<T, R> {
    Message(T, R),
    /// It is dealt with.
    Gone(R),
    Poison(Error, R),
    /// Its dead letter could not be written.
    Failed(Error),
}

impl<T: KafkaMessage> Decoding<T> {
    /// None where there is no record in hand.
    fn poll<R: Carries>(&mut self, raw: &mut Option<R>, cx: &mut Context<'_>) -> Poll<Option<Outcome<T, R>>> {
        if let Some(sending) = &mut self.sending {
            let sending = sending.get_mut().unwrap_or_else(PoisonError::into_inner);
            let written = ready!(sending.as_mut().poll(cx));
            self.sending = None;
            return Poll::Ready(match written {
                Ok(()) => raw.take().map(Outcome::Gone),
                Err(error) => Some(Outcome::Failed(error)),
            });
        }
        let Some(record) = raw.take() else { return Poll::Ready(None) };
        let cause = match T::from_message(record.carried()) {
            Ok(value) => return Poll::Ready(Some(Outcome::Message(value, record))),
            Err(cause) => cause,
        };
        let poison = Poison::new(record.carried().clone(), cause, None);
        match self.policy.of(&poison) {
            OnPoison::Skip => {
                skipped(&poison);
                Poll::Ready(Some(Outcome::Gone(record)))
            }
            OnPoison::DeadLetter(topic) => {
                let write = self.letters.clone().write(topic, poison, self.group.clone());
                self.sending = Some(Mutex::new(Box::pin(write)));
                *raw = Some(record);
                self.poll(raw, cx)
            }
            OnPoison::Fail | OnPoison::Decide(_) => {
                Poll::Ready(Some(Outcome::Poison(poison.into_cause(), record)))
            }
        }
    }
}

fn skipped(poison: &Poison) {
    let message = poison.message();
    tracing::warn!(
        target: "kafka_sdk::consumer",
        topic = message.topic(),
        partition = message.partition(),
        offset = message.offset(),
        error = %poison.cause(),
        "record skipped: it cannot be decoded"
    );
}

impl<T: KafkaMessage> Hand for Typed<T> {
    type Raw = Message;
    type Decoder = Decoding<T>;
    const COUNTS: Counts = Counts::OnceMade;

    fn poll_decode(
        decoding: &mut Decoding<T>,
        raw: &mut Option<Message>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Self>>> {
        Poll::Ready(match ready!(decoding.poll(raw, cx)) {
            Some(Outcome::Message(value, message)) => Some(Ok(Self { value, message })),
            Some(Outcome::Poison(cause, message)) => {
                Some(Err(Poison::new(message, cause, None).into_error()))
            }
            Some(Outcome::Failed(error)) => Some(Err(error)),
            Some(Outcome::Gone(_)) | None => None,
        })
    }
}

impl<T: KafkaMessage> Item for Typed<T> {}

impl<T: KafkaMessage> Hand for Acked<Typed<T>> {
    type Raw = Acked<Message>;
    type Decoder = Decoding<T>;
    const COUNTS: Counts = Counts::AtOnce;

    fn poll_decode(
        decoding: &mut Decoding<T>,
        raw: &mut Option<Acked<Message>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Self>>> {
        Poll::Ready(match ready!(decoding.poll(raw, cx)) {
            Some(Outcome::Message(value, acked)) => {
                let (message, ack) = acked.into_parts();
                Some(Ok(Self::new(Typed { value, message }, ack)))
            }
            Some(Outcome::Poison(cause, acked)) => {
                let (message, ack) = acked.into_parts();
                Some(Err(Poison::new(message, cause, Some(ack)).into_error()))
            }
            Some(Outcome::Failed(error)) => Some(Err(error)),
            Some(Outcome::Gone(acked)) => {
                acked.ack();
                None
            }
            None => None,
        })
    }
}

impl<T: KafkaMessage> Item for Acked<Typed<T>> {}

impl ConsumerBuilder<Message> {
    /// Hands out messages of type `T`, and subscribes to their topic. For a type without a topic it does not compile; then
    /// there is [`typed`](Self::typed).
    ///
    /// ```no_run
    /// use kafka_sdk::{Kafka, KafkaMessage};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize, KafkaMessage)]
    /// #[kafka(topic = "orders")]
    /// struct Order {
    ///     cents: i64,
    /// }
    ///
    /// # async fn example(kafka: Kafka) -> kafka_sdk::Result<()> {
    /// let mut orders = kafka.consumer("billing").of::<Order>().await?;
    /// while let Some(order) = orders.next().await {
    ///     let order = order?;
    ///     println!("{} at offset {}", order.cents, order.message().offset());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn of<T: KafkaMessage>(self) -> ConsumerBuilder<Typed<T>> {
        self.topics([topic_of::<T>()]).typed()
    }

    /// Hands out messages of type `T`, of whatever topics it reads.
    pub fn typed<T: KafkaMessage>(self) -> ConsumerBuilder<Typed<T>> {
        let letters = DeadLetters::new(self.cluster().clone(), self.source().clone());
        self.handing_out(Decoding::new(letters))
    }
}

impl<T: KafkaMessage> ConsumerBuilder<Typed<T>> {
    /// What becomes of records that are no `T`. Default: [`OnPoison::Fail`].
    pub fn on_poison(mut self, policy: OnPoison) -> Self {
        self.decoder_mut().policy = policy;
        self
    }

    /// As [`acked`](ConsumerBuilder::<Message>::acked) for messages as they are.
    pub fn acked(self) -> ConsumerBuilder<Acked<Typed<T>>> {
        let decoding = self.decoder().clone();
        self.handing_out(decoding)
    }
}

impl<T: KafkaMessage> ConsumerBuilder<Acked<Typed<T>>> {
    /// What becomes of records that are no `T`. Default: [`OnPoison::Fail`].
    pub fn on_poison(mut self, policy: OnPoison) -> Self {
        self.decoder_mut().policy = policy;
        self
    }
}

impl ReaderBuilder<Message> {
    /// Hands out messages of type `T`, and reads all partitions of their topic. For a type without a topic it does not
    /// compile; then there is [`typed`](Self::typed).
    pub fn of<T: KafkaMessage>(self, from: impl Into<Offset>) -> ReaderBuilder<Typed<T>> {
        self.topic(topic_of::<T>(), from).typed()
    }

    /// Hands out messages of type `T`, of whatever it reads.
    pub fn typed<T: KafkaMessage>(self) -> ReaderBuilder<Typed<T>> {
        let letters = DeadLetters::new(self.cluster().clone(), self.source().clone());
        self.handing_out(Decoding::new(letters))
    }
}

impl<T: KafkaMessage> ReaderBuilder<Typed<T>> {
    /// What becomes of records that are no `T`. Default: [`OnPoison::Fail`].
    pub fn on_poison(mut self, policy: OnPoison) -> Self {
        self.decoder_mut().policy = policy;
        self
    }
}
