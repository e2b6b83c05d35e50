//! The crate `rskafka`.

use crate::record::{Record, text};
use crate::{Broker, Peer};
use kafka_sdk_protocol::records::compression::Codec;

use rskafka::chrono::DateTime;
use rskafka::client::ClientBuilder;
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::record::Record as TheirRecord;
use std::time::SystemTime;

pub(crate) struct Rskafka;

impl Peer for Rskafka {
    fn name(&self) -> &'static str {
        "rskafka"
    }

    fn write(&self, broker: &Broker, topic: &str, codec: Codec, records: &[Record]) {
        // Kafka removes what is a week old.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let timestamp = DateTime::from_timestamp_millis(now.as_millis() as i64).unwrap();
        let records = records.iter().map(|record| TheirRecord {
            key: record.key.clone().map(String::into_bytes),
            value: record.value.clone().map(String::into_bytes),
            headers: record
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect(),
            timestamp,
        });
        let records = records.collect();
        broker.runtime.block_on(async {
            let partition = partition(broker, topic).await;
            partition.produce(records, compression(codec)).await.unwrap();
        });
    }

    fn read(&self, broker: &Broker, topic: &str, count: usize) -> Vec<Record> {
        broker.runtime.block_on(async {
            let partition = partition(broker, topic).await;
            let mut records = Vec::new();
            while records.len() < count {
                let fetched = partition.fetch_records(records.len() as i64, 1..10 << 20, 1_000).await;
                let (fetched, _) = fetched.unwrap();
                assert!(!fetched.is_empty(), "nothing after {} records", records.len());
                records.extend(fetched.into_iter().map(|record| ours(record.record)));
            }
            records
        })
    }
}

async fn partition(broker: &Broker, topic: &str) -> PartitionClient {
    let client = ClientBuilder::new(vec![broker.servers().into()]).build().await.unwrap();
    client.partition_client(topic, 0, UnknownTopicHandling::Retry).await.unwrap()
}

fn compression(codec: Codec) -> Compression {
    match codec {
        Codec::None => Compression::NoCompression,
        Codec::Gzip => Compression::Gzip,
        Codec::Snappy => Compression::Snappy,
        Codec::Lz4 => Compression::Lz4,
        Codec::Zstd => Compression::Zstd,
        codec => panic!("a codec that rskafka may not have: {codec}"),
    }
}

fn ours(record: TheirRecord) -> Record {
    Record {
        key: record.key.as_deref().map(text),
        value: record.value.as_deref().map(text),
        headers: record.headers.into_iter().map(|(name, value)| (name, text(&value))).collect(),
    }
}
