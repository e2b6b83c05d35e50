//! Batches that are larger than their topic takes.

use crate::common::{EMBEDDED, alter_topic, broker, everywhere, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{ErrorCode, Kafka, Result, Written};
use std::time::Duration;

async fn take_up_to(kafka: &Kafka, topic: &str, bytes: usize) -> Result<()> {
    alter_topic(kafka, topic, "max.message.bytes", &bytes.to_string()).await
}

/// Every hundredth record is larger than the topic takes from the middle on.
fn value(n: usize) -> String {
    match n % 100 {
        50 => format!("{n}-{}", "L".repeat(9_000)),
        _ => format!("{n}-{}", "s".repeat(100)),
    }
}

#[tokio::test]
async fn only_the_record_that_is_too_large_fails_and_the_others_are_in_order() -> Result<()> {
    let test = "too_large::only_the_record_that_is_too_large_fails_and_the_others_are_in_order";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = unique("too-large");
        kafka.admin().create_topics([NewTopic::new(&topic).partitions(1)]).await?.all()?;
        let producer = kafka.producer().batch_size(100_000).linger(Duration::from_millis(20)).await?;
        let mut expected = Vec::new();
        for n in 0..1_000 {
            producer.enqueue(&topic, value(n)).await?.forget();
            expected.push(value(n));
        }
        producer.flush().await?;
        take_up_to(&kafka, &topic, 5_000).await?;
        // Older brokers learn it with some delay.
        while producer.send(&topic, value(50)).await.is_ok() {
            expected.push(value(50));
        }
        let mut deliveries = Vec::new();
        for n in 1_000..2_000 {
            deliveries.push((n, producer.enqueue(&topic, value(n)).await?));
        }
        for (n, delivery) in deliveries {
            match delivery.await {
                Ok(placed) => {
                    assert_eq!(placed.offset, expected.len() as i64, "{version}: {n}");
                    assert_ne!(n % 100, 50, "{version}");
                    expected.push(value(n));
                }
                Err(error) => {
                    assert_eq!(n % 100, 50, "{version}: {n}: {error}");
                    assert!(error.is(ErrorCode::MESSAGE_TOO_LARGE), "{error}");
                    assert_eq!(error.written(), Written::No);
                }
            }
        }
        take_up_to(&kafka, &topic, 50_000).await?;
        until("the topic takes it", async || Ok(producer.send(&topic, value(50)).await.is_ok())).await?;
        expected.push(value(50));
        if version != EMBEDDED {
            let args = ["--topic", &topic, "--from-beginning", "--timeout-ms", "3000"];
            let output = broker.console_consumer().args(args).run().await.unwrap();
            assert!(output.text().lines().eq(expected.iter().map(String::as_str)), "{version}");
        }
    }
    Ok(())
}
