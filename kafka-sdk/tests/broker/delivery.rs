//! What becomes of records, and of the futures that wait for them.

use crate::common::{NEWEST, everywhere, kafka, new_topic, values};
use futures_util::FutureExt;
use kafka_sdk::{ErrorKind, Kafka, Offset, Record, Result, Written};
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn keys_go_where_java_puts_them() -> Result<()> {
    let test = "delivery::keys_go_where_java_puts_them";
    let Some(broker) = crate::common::broker(NEWEST, test).await else { return Ok(()) };
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let (ours, javas) = (new_topic(&kafka, "ours", 7).await?, new_topic(&kafka, "javas", 7).await?);
    let keys: Vec<String> = (0..300).map(|n| format!("key-{}", n * 7919)).collect();
    let producer = kafka.producer().await?;
    for key in &keys {
        producer.enqueue(&ours, Record::new("v").key(key)).await?.forget();
    }
    producer.close().await?;
    let lines: String = keys.iter().map(|key| format!("{key}:v\n")).collect();
    let args = ["--topic", &javas, "--property", "parse.key=true", "--property", "key.separator=:"];
    let output = broker.console_producer().args(args).stdin(lines).run().await.unwrap();
    assert!(output.success(), "{}", output.stderr());
    let mut placed = Vec::new();
    for topic in [&ours, &javas] {
        let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
        let mut found = Vec::new();
        while let Some(message) = reader.next().await {
            let message = message?;
            found.push((message.key().unwrap().to_vec(), message.partition()));
        }
        found.sort_unstable();
        placed.push(found);
    }
    assert_eq!(placed[0].len(), 300);
    assert_eq!(placed[0], placed[1]);
    Ok(())
}

#[tokio::test]
async fn records_without_a_key_fill_batches_and_reach_all_partitions() -> Result<()> {
    let test = "delivery::records_without_a_key_fill_batches_and_reach_all_partitions";
    let Some(kafka) = kafka(NEWEST, test).await else { return Ok(()) };
    let topic = new_topic(&kafka, "sticky", 4).await?;
    let producer = kafka.producer().await?;
    for _ in 0..20_000 {
        producer.enqueue(&topic, vec![b'x'; 100]).await?.forget();
    }
    producer.close().await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    let (mut records, mut batches) = ([0; 4], 0);
    while let Some(batch) = reader.next_batch().await {
        let batch = batch?;
        records[batch.partition() as usize] += batch.len();
        batches += 1;
    }
    assert_eq!(records.iter().sum::<usize>(), 20_000);
    assert!(records.iter().all(|&n| n > 2_500), "{records:?}");
    assert!(batches < 400, "{batches} batches of 20,000 records");
    Ok(())
}

#[tokio::test]
async fn flush_waits_for_what_was_enqueued() -> Result<()> {
    for version in everywhere() {
        let Some(kafka) = kafka(version, "delivery::flush_waits_for_what_was_enqueued").await else {
            return Ok(());
        };
        let topic = new_topic(&kafka, "flush", 3).await?;
        let producer = kafka
            .producer()
            .linger(Duration::from_secs(60))
            .delivery_timeout(Duration::from_secs(120))
            .await?;
        let mut deliveries = Vec::new();
        for n in 0..1_000 {
            deliveries.push(producer.enqueue(&topic, n.to_string()).await?);
        }
        assert_eq!(producer.queued(), 1_000);
        let start = Instant::now();
        producer.flush().await?;
        assert!(start.elapsed() < Duration::from_secs(10), "it does not linger");
        assert!(deliveries.into_iter().all(|delivery| delivery.now().is_some_and(|outcome| outcome.is_ok())));
        assert_eq!(producer.queued(), 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_enqueue_enqueues_nothing_and_a_dropped_delivery_changes_nothing() -> Result<()> {
    let test = "delivery::a_dropped_enqueue_enqueues_nothing_and_a_dropped_delivery_changes_nothing";
    let Some(kafka) = kafka(NEWEST, test).await else { return Ok(()) };
    let topic = new_topic(&kafka, "dropped", 1).await?;
    let producer = kafka.producer().await?;
    drop(producer.enqueue(&topic, "never polled"));
    // Polled once, it waits for the topic to be looked up.
    assert!(producer.enqueue(&topic, "dropped while it waits").now_or_never().is_none());
    producer.send(&topic, "sent").await?;
    drop(producer.enqueue(&topic, "enqueued").await?);
    // Enqueued at its first poll, and then dropped: it is sent all the same.
    assert!(producer.send(&topic, "send dropped").now_or_never().is_none());
    producer.close().await?;
    assert_eq!(values(&kafka, &topic).await?, ["sent", "enqueued", "send dropped"]);
    Ok(())
}

#[tokio::test]
async fn a_closed_producer_takes_nothing_and_closing_twice_is_fine() -> Result<()> {
    let test = "delivery::a_closed_producer_takes_nothing_and_closing_twice_is_fine";
    let Some(kafka) = kafka(NEWEST, test).await else { return Ok(()) };
    let topic = new_topic(&kafka, "closed", 1).await?;
    let producer = kafka.producer().await?;
    let clone = producer.clone();
    let handle = producer.topic(&topic).await?;
    let delivery = handle.enqueue("last").await?;
    producer.close().await?;
    assert!(delivery.now().unwrap().is_ok());
    for outcome in [clone.send(&topic, "x").await.map(drop), handle.try_enqueue("x").map(drop)] {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.written()), (ErrorKind::Closed, Written::No));
    }
    clone.close().await
}

#[tokio::test]
async fn what_is_queued_when_the_last_handle_goes_is_sent() -> Result<()> {
    let test = "delivery::what_is_queued_when_the_last_handle_goes_is_sent";
    let Some(kafka) = kafka(NEWEST, test).await else { return Ok(()) };
    let topic = new_topic(&kafka, "last-handle", 1).await?;
    let producer = kafka.producer().await?;
    let delivery = producer.enqueue(&topic, "queued").await?;
    drop(producer);
    delivery.await?;
    assert_eq!(values(&kafka, &topic).await?, ["queued"]);
    Ok(())
}

#[tokio::test]
async fn try_enqueue_never_waits() -> Result<()> {
    let Some(kafka) = kafka(NEWEST, "delivery::try_enqueue_never_waits").await else { return Ok(()) };
    let topic = new_topic(&kafka, "try", 1).await?;
    let producer = kafka.producer().buffer_memory(1 << 20).await?;
    let error = producer.try_enqueue(&topic, "x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full, "the topic was not looked up yet");
    let handle = producer.topic(&topic).await?;
    producer.try_enqueue(&topic, "x")?.await?;
    // Nothing can be sent while this task does not yield.
    let full = (0..100_000).find_map(|_| handle.try_enqueue(vec![0; 1_000]).err()).unwrap();
    assert_eq!((full.kind(), full.written()), (ErrorKind::Full, Written::No));
    producer.flush().await?;
    handle.try_enqueue("there is room again")?.await?;
    Ok(())
}

#[tokio::test]
async fn with_the_cluster_away_enqueue_waits_and_everything_ends_in_time() {
    let test = "delivery::with_the_cluster_away_enqueue_waits_and_everything_ends_in_time";
    if !Providers::here().run_jvm(test).unwrap() {
        return;
    }
    let cluster = TestKafka::jvm().topic("t", 1).start().await.unwrap();
    let kafka =
        Kafka::builder(cluster.bootstrap_servers()).request_timeout(Duration::from_secs(1)).await.unwrap();
    let builder = kafka.producer().buffer_memory(1 << 20).max_block(Duration::from_secs(1));
    let producer = builder.delivery_timeout(Duration::from_secs(3)).await.unwrap();
    producer.send("t", "first").await.unwrap();
    cluster.node(1).unwrap().pause().unwrap();
    let start = Instant::now();
    let mut deliveries = Vec::new();
    let full = loop {
        match producer.enqueue("t", vec![0; 10_000]).await {
            Ok(delivery) => deliveries.push(delivery),
            Err(error) => break error,
        }
    };
    assert_eq!((full.kind(), full.written()), (ErrorKind::Timeout, Written::No));
    assert!(full.to_string().contains("max.block.ms"), "{full}");
    let mut maybe = 0;
    for delivery in deliveries {
        let error = delivery.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert!(error.to_string().contains("delivery.timeout.ms"), "{error}");
        maybe += u32::from(error.written() == Written::Maybe);
    }
    assert!(maybe > 0, "some were in flight");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    cluster.node(1).unwrap().resume().unwrap();
    let placed = producer.send("t", "after").await.unwrap();
    assert!(placed.offset > 0);
    let values = values(&kafka, "t").await.unwrap();
    assert_eq!((values.first().unwrap().as_str(), values.last().unwrap().as_str()), ("first", "after"));
}
