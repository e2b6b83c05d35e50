//! More records than there is memory for.

use crate::common::{EVERYWHERE, kafka, new_topic};
use kafka_sdk::{ErrorKind, Kafka, Result, Written};
use kafka_sdk_testcontainers::TestKafka;
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tasks_wait_for_room_no_longer_than_they_may_and_all_records_end() {
    let cluster = TestKafka::embedded().topic("t", 3).start().await.unwrap();
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
    assert!(refused > 0 && deliveries.len() * 8_000 <= 2 << 20, "{} were taken", deliveries.len());
    for delivery in deliveries {
        assert_eq!(delivery.await.unwrap_err().kind(), ErrorKind::Timeout);
    }
    assert!(start.elapsed() < SECOND * 5, "{:?}", start.elapsed());
    cluster.node(1).unwrap().resume().unwrap();
    producer.send("t", "after").await.unwrap();
    assert_eq!(producer.queued(), 0);
}

#[tokio::test]
async fn who_waits_for_room_does_not_wait_for_others_to_linger() -> Result<()> {
    for version in EVERYWHERE {
        let test = "full_buffer::who_waits_for_room_does_not_wait_for_others_to_linger";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "full", 40).await?;
        let builder = kafka.producer().linger(SECOND * 60).delivery_timeout(SECOND * 120);
        let producer = builder.buffer_memory(256 << 10).max_request_size(16 << 10).await?;
        let topic = producer.topic(&topic).await?;
        let start = Instant::now();
        // Sixteen buffers of the least size for forty partitions.
        for n in 0..400 {
            topic.enqueue(kafka_sdk::Record::new("x").partition(n % 40)).await?.forget();
        }
        assert!(start.elapsed() < SECOND * 20, "{version}: {:?}", start.elapsed());
        producer.close().await?;
    }
    Ok(())
}
