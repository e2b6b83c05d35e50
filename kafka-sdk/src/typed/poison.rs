//! Records that are not what their type says.

use crate::consumer::Ack;
use crate::error::{Error, ErrorKind};
use crate::model::Message;
use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, PoisonError};

/// What becomes of a record that cannot be decoded.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum OnPoison {
    /// It is handed out, as an error of kind [`Decode`](ErrorKind::Decode) that does not end the stream:
    /// [`Poison::from_error`] has the record.
    #[default]
    Fail,
    /// It is left out, with a warning in the log, and counts as processed.
    Skip,
    /// It is written to this topic as it is, with headers that say where it comes from and what is wrong with it, and
    /// counts as processed once that is acknowledged. By convention the topic is called `dlq.` and the name of the one it
    /// comes from. Where it cannot be written, the error is handed out, and the next call tries again.
    DeadLetter(String),
    /// As this function decides: see [`Self::decide`].
    Decide(Decision),
}

/// See [`OnPoison::decide`].
#[derive(Clone)]
pub struct Decision(Arc<dyn Fn(&Poison) -> OnPoison + Send + Sync>);

impl OnPoison {
    /// Decides for each record. One that decides to decide again fails.
    ///
    /// ```
    /// use kafka_sdk::typed::OnPoison;
    /// let policy = OnPoison::decide(|poison| match poison.message().value() {
    ///     None => OnPoison::Skip,
    ///     Some(_) => OnPoison::DeadLetter(format!("dlq.{}", poison.message().topic())),
    /// });
    /// ```
    pub fn decide(decision: impl Fn(&Poison) -> Self + Send + Sync + 'static) -> Self {
        Self::Decide(Decision(Arc::new(decision)))
    }

    /// What this one comes to.
    pub(super) fn of(&self, poison: &Poison) -> Self {
        match self {
            Self::Decide(decision) => match (decision.0)(poison) {
                Self::Decide(_) => Self::Fail,
                decided => decided,
            },
            policy => policy.clone(),
        }
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decision")
    }
}

/// A record that cannot be decoded: the source of an error of kind [`Decode`](ErrorKind::Decode).
///
/// ```no_run
/// # use kafka_sdk::{Kafka, KafkaMessage, Result, typed::Poison};
/// # async fn example<T: KafkaMessage>(kafka: Kafka) -> Result<()> {
/// let mut orders = kafka.consumer("billing").of::<T>().acked().await?;
/// while let Some(order) = orders.next().await {
///     match order {
///         Ok(order) => order.ack(),
///         Err(error) => match Poison::from_error(&error) {
///             Some(poison) => {
///                 eprintln!("{error}: {:?}", poison.message().value());
///                 poison.ack();
///             }
///             None => return Err(error),
///         },
///     }
/// }
/// # Ok(()) }
/// ```
pub struct Poison {
    message: Message,
    cause: Error,
    ack: Mutex<Option<Ack>>,
}

impl Poison {
    pub(super) fn new(message: Message, cause: Error, ack: Option<Ack>) -> Self {
        Self { message, cause, ack: Mutex::new(ack) }
    }

    /// The record, if it is one that made this error.
    #[must_use]
    pub fn from_error(error: &Error) -> Option<&Self> {
        error.source()?.downcast_ref()
    }

    /// The record, as it was read.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// What is wrong with it.
    #[must_use]
    pub fn cause(&self) -> &Error {
        &self.cause
    }

    /// It is dealt with. Once, and only where the consumer is [acked](crate::ConsumerBuilder::acked): elsewhere it counts
    /// as processed when the next one is asked for.
    pub fn ack(&self) {
        if let Some(ack) = self.ack.lock().unwrap_or_else(PoisonError::into_inner).take() {
            ack.ack();
        }
    }

    pub(super) fn into_cause(self) -> Error {
        self.cause
    }

    /// The error that hands it out.
    pub(super) fn into_error(self) -> Error {
        let (topic, partition) = (self.message.topic().to_owned(), self.message.partition());
        let text =
            format!("the record at offset {} of {topic}-{partition}: {}", self.message.offset(), self.cause);
        Error::new(ErrorKind::Decode, text).with_topic(topic).with_partition(partition).with_source(self)
    }
}

/// Without the payload, which is not for logs.
impl fmt::Debug for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poison")
            .field("message", &self.message)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl StdError for Poison {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.source()
    }
}
