//! What a consumer is subscribed to changes while it runs: topics and partitions come, subscriptions change.

use crate::common::{NEWEST, OLDEST, broker, new_topic, unique, until};
use futures_util::FutureExt;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{Consumer, ErrorCode, Kafka, Record, Reset, Result};
use kafka_sdk_protocol::api::CreatePartitionsRequest;
use kafka_sdk_protocol::api::create_partitions::CreatePartitionsTopic;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const REAL: [&str; 2] = [OLDEST, NEWEST];
/// Longer than anything should take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that learns of what is new within a second.
async fn attentive(servers: &str) -> Result<Kafka> {
    Kafka::builder(servers).metadata_max_age(Duration::from_secs(1)).await
}

async fn next(consumer: &mut Consumer) -> Result<(String, i32, i64)> {
    let message = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?;
    Ok((message.topic().to_owned(), message.partition(), message.offset()))
}

#[tokio::test]
async fn a_topic_that_a_pattern_matches_later_is_read_from_its_first_record() -> Result<()> {
    for version in REAL {
        let test = "subscriptions::a_topic_that_a_pattern_matches_later_is_read_from_its_first_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = attentive(broker.bootstrap_servers()).await?;
        let prefix = unique("subscribed");
        let consumer = kafka.consumer(unique("subscribed")).topics_matching(&format!("^{prefix}\\.[ab]$"));
        let mut consumer = consumer.offset_reset(Reset::Latest).await?;
        let producer = kafka.producer().await?;
        for name in ["a", "c", "b"] {
            let topic = format!("{prefix}.{name}");
            kafka.admin().create_topics([NewTopic::new(&topic).partitions(1)]).await?.all()?;
            producer.send(&topic, Record::new("first")).await?;
            if name != "c" {
                assert_eq!(next(&mut consumer).await?, (topic, 0, 0));
            }
        }
        let control = consumer.control();
        assert_eq!(control.assignment().len(), 2);
        let other = new_topic(&kafka, "subscribed-other", 1).await?;
        producer.send(&other, Record::new("before")).await?;
        control.subscribe([&other])?;
        until("the new subscription counts", async || {
            // Asks for the next one: so what was handed out is processed, and its partition can go.
            assert!(consumer.next().now_or_never().is_none());
            Ok(control.assignment() == [(other.as_str(), 0).into()])
        })
        .await?;
        producer.send(&other, Record::new("after")).await?;
        assert_eq!(next(&mut consumer).await?, (other, 0, 1), "it was there before: from its end");
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_partition_that_is_added_is_read_from_its_first_record() -> Result<()> {
    for version in REAL {
        let test = "subscriptions::a_partition_that_is_added_is_read_from_its_first_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = attentive(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "subscribed-grows", 1).await?;
        let mut consumer = kafka.consumer(unique("subscribed")).topics([&topic]).await?;
        let control = consumer.control();
        until("it has its partition", async || Ok(control.assignment().len() == 1)).await?;
        let grown = CreatePartitionsTopic { name: topic.clone(), count: 2, assignments: None };
        let request = |_| CreatePartitionsRequest {
            topics: vec![grown.clone()],
            timeout_ms: 10_000,
            validate_only: false,
        };
        let answer = kafka.raw().call(&Route::Controller, Duration::from_secs(20), request).await?;
        assert_eq!(answer.results[0].error_code, ErrorCode::NONE);
        let producer = kafka.producer().await?;
        let record = || Record::new("first").partition(1);
        // The producer may not know of it yet.
        while producer.send(&topic, record()).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(next(&mut consumer).await?, (topic.clone(), 1, 0));
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_does_not_ask_for_records_for_too_long_loses_them_until_he_asks_again() -> Result<()> {
    for version in REAL {
        let test = "subscriptions::who_does_not_ask_for_records_for_too_long_loses_them_until_he_asks_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = attentive(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "subscribed-idle", 1).await?;
        let group = unique("subscribed-idle");
        let producer = kafka.producer().await?;
        for n in 0..10 {
            producer.send(&topic, Record::new(n.to_string())).await?;
        }
        let member = || {
            let member = kafka.consumer(&group).topics([&topic]).offset_reset(Reset::Earliest);
            member.heartbeat_interval(Duration::from_millis(200)).max_poll_interval(Duration::from_secs(6))
        };
        let mut idle = member().await?;
        assert_eq!(next(&mut idle).await?.2, 0);
        let mut other = member().await?;
        assert_eq!(next(&mut other).await?.2, 0, "nothing was committed of what the idle one had");
        let control = idle.control();
        until("it has lost its partition", async || Ok(control.assignment().is_empty())).await?;
        other.close().await?;
        assert_eq!(next(&mut idle).await?.2, 1, "it asks again, and is a member again");
        idle.close().await?;
    }
    Ok(())
}
