use crate::record::{Record, text};
use crate::{Broker, Peer};
use kafka_sdk::model::Compression;
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Offset, Record as OurRecord};
use kafka_sdk_protocol::api::FetchRequest;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::records::batches;
use kafka_sdk_protocol::records::compression::Codec;
use std::time::Duration;

pub(crate) struct Ours;

async fn connect(broker: &Broker) -> Kafka {
    Kafka::connect(broker.servers()).await.unwrap()
}

impl Peer for Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn write(&self, broker: &Broker, topic: &str, codec: Codec, records: &[Record]) {
        broker.runtime.block_on(async {
            let producer = connect(broker).await.producer().compression(compression(codec));
            let producer = producer.await.unwrap();
            let mut deliveries = Vec::new();
            for record in records {
                deliveries.push(producer.enqueue(topic, sent(record)).await.unwrap());
            }
            for delivery in deliveries {
                delivery.await.unwrap();
            }
        });
    }

    fn read(&self, broker: &Broker, topic: &str, count: usize) -> Vec<Record> {
        broker.runtime.block_on(async {
            let reader = connect(broker).await.reader().topic(topic, Offset::Earliest).stop_at_end();
            let mut reader = reader.await.unwrap();
            let mut records = Vec::new();
            while let Some(message) = reader.next().await {
                let message = message.unwrap();
                let headers = message.headers().map(|h| (h.name.to_owned(), text(h.value.unwrap())));
                records.push(Record {
                    key: message.key().map(text),
                    value: message.value().map(text),
                    headers: headers.collect(),
                });
            }
            assert_eq!(records.len(), count);
            records
        })
    }
}

fn compression(codec: Codec) -> Compression {
    match codec {
        Codec::None => Compression::None,
        Codec::Gzip => Compression::Gzip,
        Codec::Snappy => Compression::Snappy,
        Codec::Lz4 => Compression::Lz4,
        Codec::Zstd => Compression::Zstd,
        codec => panic!("a codec that is not in the table: {codec}"),
    }
}

fn sent(record: &Record) -> OurRecord<'_> {
    let key = record.key.as_deref();
    let sent = match (&record.value, key) {
        (Some(value), Some(key)) => OurRecord::new(value.as_str()).key(key),
        (Some(value), None) => OurRecord::new(value.as_str()),
        (None, key) => OurRecord::tombstone(key.unwrap()),
    };
    let headers = record.headers.iter();
    headers.fold(sent, |sent, (name, value)| sent.header(name.as_str(), value.as_str()))
}

/// Those of the batches in partition 0, each once.
pub(crate) fn codecs(broker: &Broker, topic: &str) -> Vec<Codec> {
    let partition = FetchPartition { partition_max_bytes: 10 << 20, ..Default::default() };
    let topic = FetchTopic { topic: topic.into(), partitions: vec![partition], ..Default::default() };
    let request = FetchRequest { max_bytes: 10 << 20, topics: vec![topic], ..Default::default() };
    // The last version with names of topics.
    let answer = broker.runtime.block_on(async {
        let raw = connect(broker).await.raw();
        raw.call_up_to(12, &Route::Broker(1), Duration::from_secs(10), |_| request.clone()).await.unwrap()
    });
    let fetched = answer.responses[0].partitions[0].records.clone().unwrap();
    let mut codecs: Vec<Codec> = batches(&fetched)
        .map(|batch| Codec::from_number(batch.unwrap().header().attributes.codec()).unwrap())
        .collect();
    codecs.dedup();
    codecs
}
