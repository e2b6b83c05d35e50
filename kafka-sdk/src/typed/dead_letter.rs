//! Dead letters: records that cannot be decoded, on their way to another topic.

use super::poison::Poison;
use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::model::{Message, Record};
use crate::producer::{Producer, ProducerBuilder};
use crate::settings::Source;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Who writes them: one producer for all streams of a consumer, made for the first of them.
#[derive(Clone)]
pub(super) struct DeadLetters {
    cluster: Cluster,
    source: Source,
    producer: Arc<OnceCell<Producer>>,
}

impl DeadLetters {
    pub(super) fn new(cluster: Cluster, source: Source) -> Self {
        Self { cluster, source, producer: Arc::default() }
    }

    /// Writes the record, as it was read, with headers that say where from and why: those that brokers write since Kafka
    /// 4.4 (KIP-1191), so that tools read both alike, and some of our own.
    pub(super) async fn write(self, topic: String, poison: Poison, group: Option<Arc<str>>) -> Result<()> {
        let build = || ProducerBuilder::new(self.cluster.clone(), self.source.clone()).build();
        let producer = self.producer.get_or_try_init(build).await?;
        let record = letter(poison.message(), poison.cause(), group.as_deref());
        let written = producer.send(&topic, record).await.map(drop);
        written.map_err(|error| not_written(poison.message(), error))
    }
}

fn not_written(message: &Message, error: Error) -> Error {
    let (place, offset) = (message.topic_partition(), message.offset());
    let text =
        format!("the dead letter of the record at offset {offset} of {place} cannot be written: {error}");
    Error::new(error.kind(), text)
        .with_advice(error.advice())
        .with_topic(place.shared_topic().clone())
        .with_partition(place.partition())
        .with_source(error)
}

fn letter<'m>(message: &'m Message, cause: &Error, group: Option<&str>) -> Record<'m> {
    let record = Record::from(message)
        .header("__dlq.errors.topic", message.topic())
        .header("__dlq.errors.partition", message.partition().to_string())
        .header("__dlq.errors.offset", message.offset().to_string())
        .header("__dlq.errors.message", cause.to_string())
        .header("__dlq.errors.class", format!("{:?}", cause.kind()))
        .header("__dlq.errors.stage", "decode");
    let timestamp = message.timestamp().as_millis();
    let record = record.header("__dlq.errors.timestamp", timestamp.to_string());
    match group {
        Some(group) => record.header("__dlq.errors.group", group.to_owned()),
        None => record,
    }
}
