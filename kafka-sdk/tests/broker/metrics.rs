//! What is counted agrees with what was done.

use crate::common::{EMBEDDED, broker, everywhere, new_topic, until};
use crate::forwarder::{Advertised, Forwarder};
use kafka_sdk::observe::{BrokerMetrics, ProducerPartitionMetrics};
use kafka_sdk::{ErrorCode, Kafka, Offset, Record, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;

fn sum(brokers: &[BrokerMetrics], of: impl Fn(&BrokerMetrics) -> u64) -> u64 {
    brokers.iter().map(of).sum()
}

#[tokio::test]
async fn records_batches_bytes_and_requests_are_those_that_were_sent() -> Result<()> {
    for version in everywhere() {
        let test = "metrics::records_batches_bytes_and_requests_are_those_that_were_sent";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let forwarder = Forwarder::start(broker.bootstrap_servers(), Advertised::Own).await;
        let kafka = Kafka::connect(&forwarder.address).await?;
        let topic = new_topic(&kafka, "counted", 2).await?;
        let producer = kafka.producer().await?;
        for n in 0..5_000 {
            producer.enqueue(&topic, Record::new(vec![b'x'; 100]).partition(n % 2)).await?.forget();
        }
        producer.flush().await?;
        let metrics = kafka.metrics();
        let partitions = &metrics.producers[0].partitions;
        assert_eq!(partitions.len(), 2);
        for (number, partition) in partitions.iter().enumerate() {
            assert_eq!((&*partition.topic, partition.partition), (&*topic, number as i32));
            assert_eq!((partition.written_records, partition.failed_records), (2_500, 0));
            assert_eq!((partition.queued_records, partition.in_flight_batches), (0, 0));
        }
        assert_eq!(metrics.producers[0].buffer_limit, 32 << 20);

        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let mut batches = [0; 2];
        while let Some(batch) = reader.next_batch().await {
            batches[batch?.partition() as usize] += 1;
        }
        drop(reader);
        let written = partitions.iter().map(|partition| partition.written_batches);
        assert_eq!(written.collect::<Vec<u64>>(), batches, "{version}");

        // The reader's last fetch may still be on its way.
        until("all is counted", async || {
            let brokers = kafka.metrics().brokers;
            let bytes = (sum(&brokers, |b| b.bytes_out), sum(&brokers, |b| b.bytes_in));
            Ok(sum(&brokers, |b| b.requests) == forwarder.requests() && bytes == forwarder.bytes())
        })
        .await?;
        let brokers = kafka.metrics().brokers;
        assert_eq!(sum(&brokers, |b| b.connections_opened), forwarder.connections());
        let answered = sum(&brokers, |b| b.latency.count() + b.fetch_latency.count() + b.in_flight as u64);
        assert!(answered <= forwarder.requests(), "{brokers:?}");
        let leader = brokers.iter().find(|b| b.broker.is_some()).unwrap();
        assert_eq!(leader.address, forwarder.address);
        assert!(leader.fetch_latency.count() > 0 && leader.latency.count() > 0);
        assert!(leader.latency.percentile(50.0) > Duration::ZERO);
        assert!(leader.latency.percentile(99.9) <= leader.latency.max());
    }
    Ok(())
}

#[tokio::test]
async fn what_a_reader_has_read_and_is_behind_is_counted() -> Result<()> {
    for version in everywhere() {
        let test = "metrics::what_a_reader_has_read_and_is_behind_is_counted";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "lag", 1).await?;
        let producer = kafka.producer().await?;
        for n in 0..1_000 {
            producer.enqueue(&topic, n.to_string()).await?.forget();
        }
        producer.flush().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        for _ in 0..100 {
            reader.next().await.unwrap()?;
        }
        // It stands still: what it is behind is the end without its position.
        let read = || kafka.metrics().readers[0].partitions[0].clone();
        let behind = read();
        assert_eq!((&*behind.topic, behind.partition, behind.position), (&*topic, 0, 100));
        assert_eq!((behind.watermarks.unwrap().high, behind.lag), (1_000, Some(900)));
        assert_eq!(kafka.metrics().readers[0].buffer_limit, 32 << 20);
        for _ in 100..1_000 {
            reader.next().await.unwrap()?;
        }
        let done = read();
        assert_eq!((done.position, done.lag), (1_000, Some(0)));
        let written = kafka.metrics().producers[0].partitions[0].written_bytes;
        assert_eq!((done.fetched_bytes, done.delivered_bytes), (written, written), "{version}");
        drop(reader);
        assert!(kafka.metrics().readers.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn what_a_kept_message_keeps_in_memory_is_counted_until_it_is_detached() -> Result<()> {
    const RECORD: usize = 50_000;
    for version in everywhere() {
        let test = "metrics::what_a_kept_message_keeps_in_memory_is_counted_until_it_is_detached";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "kept", 1).await?;
        let producer = kafka.producer().linger(Duration::from_secs(1)).batch_size(1 << 20).await?;
        for byte in [b'x'; 10] {
            producer.enqueue(&topic, vec![byte; RECORD]).await?.forget();
        }
        producer.flush().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let mut kept = reader.next().await.unwrap()?;
        while let Some(message) = reader.next().await {
            message?;
        }
        let metrics = kafka.metrics();
        assert_eq!(metrics.readers[0].buffered_bytes, 0, "{version}");
        assert!(metrics.answer_bytes >= 10 * RECORD, "{version}: {}", metrics.answer_bytes);
        kept = kept.detach();
        assert_eq!(kafka.metrics().answer_bytes, 0, "{version}");
        assert_eq!(kept.value().map(<[u8]>::len), Some(RECORD));
    }
    Ok(())
}

fn only(kafka: &Kafka) -> ProducerPartitionMetrics {
    kafka.metrics().producers[0].partitions[0].clone()
}

#[tokio::test]
async fn what_waits_and_what_went_wrong_is_counted() -> Result<()> {
    for version in everywhere() {
        let test = "metrics::what_waits_and_what_went_wrong_is_counted";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "waiting", 1).await?;
        let producer = kafka.producer().linger(Duration::ZERO).await?;
        let handle = producer.topic(&topic).await?;
        let on_produce = |reaction| proxy.intercept(Rule::on(Api::Produce).react(reaction)).unwrap();

        let held = on_produce(Reaction::Hold);
        let first = handle.enqueue("first").await?;
        held.wait_for_hits(1).await;
        let second = handle.enqueue(vec![b'x'; 1_000]).await?;
        let waiting = only(&kafka);
        assert_eq!((waiting.in_flight_batches, waiting.queued_records), (1, 1), "{version}");
        assert!((1_000..1_200).contains(&waiting.queued_bytes), "{waiting:?}");
        assert!(kafka.metrics().producers[0].buffered_bytes > 0);
        assert_eq!(kafka.metrics().brokers.iter().map(|b| b.in_flight).sum::<usize>(), 1);
        held.release();
        first.await?;
        second.await?;
        let done = only(&kafka);
        assert_eq!((done.in_flight_batches, done.queued_records, done.queued_bytes), (0, 0, 0));
        assert_eq!((done.written_batches, done.written_records, done.retries), (2, 2, 0));

        on_produce(Reaction::Answer(ErrorCode::NOT_ENOUGH_REPLICAS));
        handle.send("again").await?;
        on_produce(Reaction::Answer(ErrorCode::INVALID_RECORD));
        handle.send("refused").await.unwrap_err();
        on_produce(Reaction::Delay(Duration::from_millis(100)));
        handle.send("slow").await?;
        let done = only(&kafka);
        assert_eq!((done.written_records, done.retries, done.failed_records), (4, 1, 1));
        let longest = kafka.metrics().brokers.iter().map(|b| b.latency.max()).max().unwrap();
        assert!(longest >= Duration::from_millis(100), "{longest:?}");

        producer.close().await?;
        drop((producer, handle));
        until("the producer is in no snapshot", async || Ok(kafka.metrics().producers.is_empty())).await?;
    }
    Ok(())
}

#[tokio::test]
async fn connections_that_fail_are_counted() -> Result<()> {
    let test = "metrics::connections_that_fail_are_counted";
    let Some(broker) = broker(EMBEDDED, test).await else { return Ok(()) };
    let nobody = "127.0.0.1:1";
    let kafka = Kafka::connect(&format!("{nobody},{}", broker.bootstrap_servers())).await?;
    let (mut tried, mut failed) = (0, 0);
    // Which address is tried first is drawn.
    until("the address without a broker is tried", async || {
        let fresh = Kafka::connect(&format!("{nobody},{}", broker.bootstrap_servers())).await?;
        let seed = fresh.metrics().brokers.into_iter().find(|b| b.address == nobody);
        tried += 1;
        failed = seed.map_or(0, |seed| seed.connections_failed);
        Ok(failed > 0)
    })
    .await?;
    assert_eq!(failed, 1, "after {tried} clients");
    assert!(kafka.metrics().brokers.iter().any(|b| b.connections == 1));
    Ok(())
}
