//! Connections over which nothing is asked for a while, and who closes them: nobody notices.

use crate::common::{NEWEST, OLDEST, broker, everywhere, new_topic, until};
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, KafkaBuilder, Offset, Producer, Result};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_testcontainers::{Providers, TestKafka, TestProxy};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const AT_ONCE: Duration = Duration::from_secs(2);

/// A client for which any failure means a pause that is seen.
fn impatient(bootstrap: &str) -> KafkaBuilder {
    let long = 5 * AT_ONCE;
    let builder = Kafka::builder(bootstrap).reconnect_backoff(long).reconnect_backoff_max(long);
    builder.retry_backoff(long).retry_backoff_max(long)
}

/// A request that is not repeated if anything goes wrong, and a record: both at once.
async fn use_both(kafka: &Kafka, producer: &Producer, topic: &str, round: u32) -> Result<()> {
    let start = Instant::now();
    kafka.raw().call(&Route::Broker(1), AT_ONCE, |_| MetadataRequest::default()).await?;
    producer.send(topic, round.to_string()).await?;
    assert!(start.elapsed() < AT_ONCE, "round {round}: {:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn connections_that_the_broker_closes_are_opened_again_without_a_word() {
    for version in [OLDEST, NEWEST] {
        let test = "idle::connections_that_the_broker_closes_are_opened_again_without_a_word";
        if !Providers::here().run_jvm(test).unwrap() {
            return;
        }
        let broker = TestKafka::jvm().version(version).property("connections.max.idle.ms", "1000");
        let broker = broker.start().await.unwrap();
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        // A young broker has no producer ids to give yet.
        let patient = Kafka::connect(broker.bootstrap_servers()).await.unwrap();
        let topic = new_topic(&patient, "idle", 1).await.unwrap();
        patient.producer().await.unwrap().send(&topic, "first").await.unwrap();
        let kafka = impatient(proxy.bootstrap_servers()).await.unwrap();
        let producer = kafka.producer().await.unwrap();
        for round in 0..3 {
            use_both(&kafka, &producer, &topic, round).await.unwrap();
            sleep(Duration::from_millis(2_500)).await;
        }
        let opened = proxy.connections()[&1];
        // Of two lanes, in each round.
        assert!(opened >= 6, "{version}: {opened} connections: the broker closed none?");
    }
}

#[tokio::test]
async fn connections_that_a_middlebox_closes_are_opened_again_without_a_word() -> Result<()> {
    for version in everywhere() {
        let test = "idle::connections_that_a_middlebox_closes_are_opened_again_without_a_word";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = impatient(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "idle", 1).await?;
        let producer = kafka.producer().await?;
        for round in 0..6 {
            use_both(&kafka, &producer, &topic, round).await?;
            match round % 2 {
                0 => proxy.close_connections(),
                _ => proxy.reset_connections(),
            }
            // The end of a connection is on its way to the client as a request is on its way to the broker.
            sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_reader_goes_on_over_another_connection() -> Result<()> {
    for version in everywhere() {
        let test = "idle::a_reader_goes_on_over_another_connection";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "idle", 1).await?;
        let producer = kafka.producer().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        for round in 0..4 {
            producer.send(&topic, round.to_string()).await?;
            let message = reader.next().await.unwrap()?;
            assert_eq!(message.value().unwrap(), round.to_string().as_bytes());
            proxy.close_connections();
        }
    }
    Ok(())
}

#[tokio::test]
async fn connections_are_closed_by_us_when_they_are_not_used() -> Result<()> {
    for version in everywhere() {
        let test = "idle::connections_are_closed_by_us_when_they_are_not_used";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka =
            impatient(proxy.bootstrap_servers()).connections_max_idle(Duration::from_millis(200)).await?;
        let topic = new_topic(&kafka, "idle", 1).await?;
        let producer = kafka.producer().await?;
        for round in 0..3 {
            let before = proxy.connections()[&1];
            until("the connections of both lanes are opened again", async || {
                sleep(Duration::from_millis(500)).await;
                use_both(&kafka, &producer, &topic, round).await?;
                Ok(proxy.connections()[&1] >= before + 2)
            })
            .await?;
        }
    }
    Ok(())
}
