//! Compressed batches on their way to a broker and back.

use crate::common::{broker, everywhere, heavy, new_topic};
use kafka_sdk::model::Compression;
use kafka_sdk::raw::Route;
use kafka_sdk::{Batch, ErrorCode, Kafka, Offset, Producer, Record, Result};
use kafka_sdk_protocol::api::FetchRequest;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::records::BatchHeader;
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, TestKafka, TestProxy};
use std::time::Duration;

const CODECS: [Compression; 4] =
    [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
const RECORDS: usize = 1_000;

/// The `n`-th record: some text that compresses.
fn line(n: usize) -> String {
    format!("record {n:06}: {}", ["lorem ipsum ", "dolor sit amet "][n % 2].repeat(n % 20))
}

/// Writes these records, the first one to the offset that has its number.
async fn produce(producer: &Producer, topic: &str, records: std::ops::Range<usize>) -> Result<()> {
    let topic = producer.topic(topic).await?;
    let mut deliveries = Vec::new();
    for n in records.clone() {
        deliveries.push(topic.enqueue(Record::new(line(n)).header("n", n.to_string())).await?);
    }
    for (n, delivery) in records.zip(deliveries) {
        assert_eq!(delivery.await?.offset, n as i64);
    }
    producer.close().await
}

/// Reads with our reader: all there, in order.
async fn read_back(kafka: &Kafka, topic: &str, records: usize) -> Result<()> {
    let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    let mut n = 0;
    while let Some(batch) = reader.next_batch().await {
        let batch: Batch = batch?;
        for message in &batch {
            assert_eq!(message.value().unwrap(), line(n).as_bytes());
            assert_eq!(message.header("n").unwrap(), n.to_string().as_bytes());
            n += 1;
        }
    }
    assert_eq!(n, records);
    Ok(())
}

/// Reads with Java's.
async fn java_reads(broker: &TestKafka, topic: &str, records: usize) {
    let count = records.to_string();
    let args = ["--topic", topic, "--partition", "0", "--offset", "earliest", "--max-messages", &count];
    let output = broker.console_consumer().args(args).run().await.unwrap();
    let text = output.text();
    assert!(text.lines().eq((0..records).map(line)), "{topic}: {} {}", text.len(), output.stderr());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_compressed_is_read_by_us_and_by_java() -> Result<()> {
    for version in everywhere() {
        let test = "compression::what_is_compressed_is_read_by_us_and_by_java";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "compression", 1).await?;
        for (turn, codec) in CODECS.into_iter().enumerate() {
            let producer = kafka.producer().compression(codec).await?;
            produce(&producer, &topic, turn * RECORDS..(turn + 1) * RECORDS).await?;
        }
        let (all, codecs) = (CODECS.len() * RECORDS, codecs(&kafka, &topic, 0).await?);
        assert!((1..=4).all(|codec| codecs.contains(&codec)), "{codecs:?}");
        read_back(&kafka, &topic, all).await?;
        if Providers::here().run_jvm(test).unwrap() {
            java_reads(broker, &topic, all).await;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_batches_stay_in_order_while_connections_break() -> Result<()> {
    for version in everywhere() {
        let test = "compression::compressed_batches_stay_in_order_while_connections_break";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let often = |reaction| Rule::on(Api::Produce).chance(0.04).react(reaction);
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers())
            .seed(11)
            .rule(often(Reaction::ResetBefore))
            .rule(often(Reaction::ResetAfter))
            .rule(often(Reaction::AnswerAfter(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND)))
            .rule(often(Reaction::Answer(ErrorCode::NOT_ENOUGH_REPLICAS)))
            .start()
            .await
            .unwrap();
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        for codec in [Compression::Zstd, Compression::Lz4] {
            let topic = new_topic(&direct, "compression", 1).await?;
            let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
            let builder = kafka.producer().compression(codec).batch_size(1_000).max_request_size(2_000);
            produce(&builder.await?, &topic, 0..RECORDS).await?;
            read_back(&direct, &topic, RECORDS).await?;
        }
        assert!(proxy.log().actions().len() > 10);
    }
    Ok(())
}

#[tokio::test]
async fn a_compressed_batch_that_is_too_large_is_split() -> Result<()> {
    for version in everywhere() {
        let test = "compression::a_compressed_batch_that_is_too_large_is_split";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let name = crate::common::unique("compression");
        let topic = kafka_sdk::admin::NewTopic::new(&name).config("max.message.bytes", 8_000);
        kafka.admin().create_topics([topic]).await?.all()?;
        for codec in [Compression::Zstd, Compression::Snappy] {
            let producer = kafka.producer().compression(codec).batch_size(500_000).await?;
            let values: Vec<Vec<u8>> = (0..2_000u32).map(digits).collect();
            let mut deliveries = Vec::new();
            for value in &values {
                deliveries.push(producer.enqueue(&name, value).await?);
            }
            for delivery in deliveries {
                delivery.await?;
            }
            producer.close().await?;
        }
        let mut reader = kafka.reader().topic(&name, Offset::Earliest).stop_at_end().await?;
        let mut n = 0;
        while let Some(message) = reader.next().await {
            assert!(message?.value() == Some(&digits(n % 2_000)));
            n += 1;
        }
        assert_eq!(n, 4_000);
    }
    Ok(())
}

/// Hexadecimal digits, which compress to about a half.
fn digits(n: u32) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(n.into());
    (0..100).map(|_| b"0123456789abcdef"[random.usize(..16)]).collect()
}

#[tokio::test]
async fn what_does_not_compress_is_sent_plain() -> Result<()> {
    for version in everywhere() {
        let test = "compression::what_does_not_compress_is_sent_plain";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "compression", 1).await?;
        let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(10_000).collect();
        for (value, expected) in [(noise, [0, 0, 0, 0]), (vec![0; 10_000], [1, 2, 3, 4])] {
            for (codec, expected) in CODECS.into_iter().zip(expected) {
                let producer = kafka.producer().compression(codec).await?;
                let placed = producer.send(&topic, &value).await?;
                producer.close().await?;
                assert_eq!(codecs(&kafka, &topic, placed.offset).await?, [expected], "{codec:?}");
            }
        }
    }
    Ok(())
}

/// The codecs of the batches that the broker has, from this offset on.
async fn codecs(kafka: &Kafka, topic: &str, from: i64) -> Result<Vec<u8>> {
    let partition = FetchPartition {
        partition: 0,
        fetch_offset: from,
        partition_max_bytes: 50_000_000,
        ..Default::default()
    };
    let topic = FetchTopic { topic: topic.into(), partitions: vec![partition], ..Default::default() };
    let request =
        FetchRequest { max_wait_ms: 100, max_bytes: 50_000_000, topics: vec![topic], ..Default::default() };
    let within = Duration::from_secs(10);
    let answer = kafka.raw().call_up_to(11, &Route::Any, within, |_| request.clone()).await?;
    let records = answer.responses[0].partitions[0].records.clone().unwrap();
    let (mut codecs, mut rest) = (Vec::new(), &records[..]);
    while !rest.is_empty() {
        let header = BatchHeader::read(rest).unwrap();
        codecs.push(header.attributes.codec());
        rest = &rest[header.size()..];
    }
    Ok(codecs)
}
