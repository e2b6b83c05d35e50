//! More records than there is memory for.

use crate::common::{NEWEST, OLDEST, everywhere, heavy, kafka, new_topic, until};
use kafka_sdk::{ErrorKind, Kafka, Record, Result, Written};
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tasks_wait_for_room_no_longer_than_they_may_and_all_records_end() {
    let test = "full_buffer::a_thousand_tasks_wait_for_room_no_longer_than_they_may_and_all_records_end";
    // One of its own, to be stopped.
    let embedded = TestKafka::embedded().topic("t", 3).start().await.unwrap();
    a_thousand_tasks(&embedded).await;
    for version in [OLDEST, NEWEST] {
        if !Providers::here().run_jvm(test).unwrap() {
            return;
        }
        let _turn = heavy().await;
        a_thousand_tasks(&TestKafka::jvm().version(version).topic("t", 3).start().await.unwrap()).await;
    }
}

async fn a_thousand_tasks(cluster: &TestKafka) {
    let kafka = Kafka::builder(cluster.bootstrap_servers()).request_timeout(SECOND).await.unwrap();
    let builder = kafka.producer().buffer_memory(2 << 20).max_block(SECOND);
    let producer = builder.delivery_timeout(SECOND * 3).await.unwrap();
    producer.send("t", "first").await.unwrap();
    cluster.node(1).unwrap().pause().unwrap();
    let start = Instant::now();
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let producer = producer.clone();
            tokio::spawn(async move { producer.enqueue("t", vec![b'x'; 8_000]).await })
        })
        .collect();
    let (mut deliveries, mut refused) = (Vec::new(), 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(delivery) => deliveries.push(delivery),
            Err(error) => {
                assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::No), "{error}");
                refused += 1;
            }
        }
    }
    assert!(start.elapsed() < SECOND * 2, "{:?}", start.elapsed());
    let of_memory = &kafka.metrics().producers[0];
    assert!(of_memory.buffered_bytes <= of_memory.buffer_limit, "{of_memory:?}");
    assert!(refused > 0 && deliveries.len() * 8_000 <= 2 << 20, "{} were taken", deliveries.len());
    let (all, mut written) = (deliveries.len(), 0);
    for delivery in deliveries {
        match delivery.await {
            // A process that is stopped may go on for a moment.
            Ok(_) => written += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Timeout),
        }
    }
    assert!(written < all / 2, "{written} of {all} were written");
    assert!(start.elapsed() < SECOND * 5, "{:?}", start.elapsed());
    cluster.node(1).unwrap().resume().unwrap();
    // A broker that was away for long has to come back to its cluster first.
    until("it is written to again", async || Ok(producer.send("t", "after").await.is_ok())).await.unwrap();
    producer.flush().await.unwrap();
    assert_eq!(producer.queued(), 0);
}

#[tokio::test]
async fn who_waits_for_room_does_not_wait_for_others_to_linger() -> Result<()> {
    for version in everywhere() {
        let test = "full_buffer::who_waits_for_room_does_not_wait_for_others_to_linger";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "full", 40).await?;
        let builder = kafka.producer().linger(SECOND * 60).delivery_timeout(SECOND * 120);
        let producer = builder.buffer_memory(256 << 10).max_request_size(16 << 10).await?;
        let topic = producer.topic(&topic).await?;
        let start = Instant::now();
        // Sixteen buffers of the least size for forty partitions.
        for n in 0..400 {
            topic.enqueue(Record::new("x").partition(n % 40)).await?.forget();
        }
        assert!(start.elapsed() < SECOND * 20, "{version}: {:?}", start.elapsed());
        producer.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_broker_that_is_away_leaves_room_for_records_to_the_others() {
    let cluster = TestKafka::embedded().nodes(2).topic("t", 2).start().await.unwrap();
    let kafka = Kafka::builder(cluster.bootstrap_servers()).request_timeout(SECOND * 5).await.unwrap();
    let builder = kafka.producer().buffer_memory(1 << 20).max_request_size(64 << 10);
    let producer = builder.delivery_timeout(SECOND * 60).await.unwrap();
    let topic = producer.topic("t").await.unwrap();
    let to = |partition| Record::new(vec![b'x'; 10_000]).partition(partition);
    for partition in 0..2 {
        topic.send(to(partition)).await.unwrap();
    }
    let described = kafka.admin().describe_topics(["t"]).await.unwrap().all().unwrap();
    let leader = described[0].1.partitions[&0].leader.unwrap();
    assert_ne!(described[0].1.partitions[&1].leader, Some(leader));
    cluster.node(leader).unwrap().pause().unwrap();
    // Many wait for room for it, and more come.
    let waiting: Vec<_> = (0..200)
        .map(|_| {
            let topic = topic.clone();
            tokio::spawn(async move { topic.enqueue(to(0)).await })
        })
        .collect();
    let full = async || Ok(topic.try_enqueue(to(0)).is_err());
    until("the records for it have their share", full).await.unwrap();
    let error = topic.try_enqueue(to(0)).unwrap_err();
    assert!(error.to_string().contains(&format!("broker {leader} has not acknowledged")), "{error}");
    let start = Instant::now();
    for _ in 0..500 {
        topic.send(to(1)).await.unwrap();
    }
    assert!(start.elapsed() < SECOND * 10, "{:?}", start.elapsed());
    assert!(waiting.iter().any(|task| !task.is_finished()));
    cluster.node(leader).unwrap().resume().unwrap();
    for task in waiting {
        task.await.unwrap().unwrap().await.unwrap();
    }
}
