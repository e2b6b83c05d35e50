//! librdkafka by the crate `rdkafka`.

use crate::record::{Record, text};
use crate::{Broker, Peer};
use kafka_sdk_protocol::records::compression::Codec;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{Header, Headers, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use std::time::{Duration, Instant};

pub(crate) struct Librdkafka;

const PATIENCE: Duration = Duration::from_secs(20);

impl Peer for Librdkafka {
    fn name(&self) -> &'static str {
        "librdkafka"
    }

    fn write(&self, broker: &Broker, topic: &str, codec: Codec, records: &[Record]) {
        produce(broker.servers(), topic, &[("compression.codec", codec.name())], records);
    }

    fn read(&self, broker: &Broker, topic: &str, count: usize) -> Vec<Record> {
        let mut config = config(broker.servers());
        config.set("group.id", "none").set("enable.auto.commit", "false").set("check.crcs", "true");
        let consumer: BaseConsumer = config.create().unwrap();
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&partitions).unwrap();
        let (begun, mut records) = (Instant::now(), Vec::new());
        while records.len() < count && begun.elapsed() < PATIENCE {
            let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
            records.push(ours(&message.unwrap()));
        }
        records
    }
}

/// So many, as a member of a group that goes on where it has stopped; then they are committed, and it leaves.
pub(crate) fn read_in_group(
    servers: &str,
    topic: &str,
    settings: &[(&str, &str)],
    count: usize,
) -> Vec<Record> {
    let mut config = config(servers);
    config.set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
    for (key, value) in settings {
        config.set(*key, *value);
    }
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let (begun, mut records) = (Instant::now(), Vec::new());
    while records.len() < count && begun.elapsed() < PATIENCE {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message.unwrap();
        records.push(ours(&message));
        if records.len() == count {
            consumer.commit_message(&message, CommitMode::Sync).unwrap();
        }
    }
    records
}

/// All of them, acknowledged; with further settings.
pub(crate) fn produce(servers: &str, topic: &str, settings: &[(&str, &str)], records: &[Record]) {
    let mut config = config(servers);
    for (name, value) in settings {
        config.set(*name, *value);
    }
    let producer: BaseProducer = config.create().unwrap();
    for record in records {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &record.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut sent: BaseRecord<'_, str, str> = BaseRecord::to(topic).partition(0).headers(headers);
        (sent.key, sent.payload) = (record.key.as_deref(), record.value.as_deref());
        producer.send(sent).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

fn config(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers);
    config
}

fn ours(message: &impl Message) -> Record {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    Record {
        key: message.key().map(text),
        value: message.payload().map(text),
        headers: headers.map(|header| (header.key.into(), text(header.value.unwrap()))).collect(),
    }
}
