//! Records that are written, and answers that do not come, or come late.

use crate::common::{EMBEDDED, broker, everywhere, new_topic, values, values_by_java};
use kafka_sdk::{ErrorKind, Kafka, Producer, Result, Written};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// Sends these one behind the other, without waiting for answers; then each has to be at its place.
async fn write(producer: &Producer, topic: &str, values: std::ops::Range<i64>) -> Result<()> {
    let topic = producer.topic(topic).await?;
    let mut deliveries = Vec::new();
    for n in values {
        deliveries.push((n, topic.enqueue(n.to_string()).await?));
    }
    for (n, delivery) in deliveries {
        assert_eq!(delivery.await?.offset, n);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_sent_again_after_a_lost_answer_is_there_once_and_has_its_first_offset() -> Result<()> {
    let test = "lost_answers::what_is_sent_again_after_a_lost_answer_is_there_once_and_has_its_first_offset";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "lost-answer", 1).await?;
        let producer = kafka.producer().linger(Duration::ZERO).batch_size(50).max_request_size(1_024).await?;
        for (round, reaction) in (0..).zip([
            Reaction::ResetAfter,
            Reaction::DropAfter,
            Reaction::CutAnswer(11),
            Reaction::HalfClose,
        ]) {
            let lost = proxy.intercept(Rule::on(Api::Produce).topic(&topic).nth(3).react(reaction)).unwrap();
            write(&producer, &topic, round * 1_000..(round + 1) * 1_000).await?;
            assert_eq!(lost.hits(), 1);
        }
        let all: Vec<String> = (0..4_000).map(|n| n.to_string()).collect();
        assert_eq!(values(&kafka, &topic).await?, all, "{version}");
        if version != EMBEDDED {
            assert_eq!(values_by_java(broker, &topic).await, all, "{version}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_comes_after_the_request_timeout_is_nobodys() -> Result<()> {
    let test = "lost_answers::an_answer_that_comes_after_the_request_timeout_is_nobodys";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let topic = new_topic(&Kafka::connect(broker.bootstrap_servers()).await?, "late", 1).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::builder(proxy.bootstrap_servers()).request_timeout(SECOND).await?;
        let producer = kafka.producer().linger(Duration::ZERO).await?;
        write(&producer, &topic, 0..10).await?;
        let late = Rule::on(Api::Produce).topic(&topic).times(3);
        let late = proxy.intercept(late.react(Reaction::Delay(SECOND * 3 / 2))).unwrap();
        let start = Instant::now();
        write(&producer, &topic, 10..500).await?;
        assert!(late.hits() > 0 && start.elapsed() > SECOND, "{version}");
        write(&producer, &topic, 500..600).await?;
        assert!(
            values(&kafka, &topic).await?.into_iter().eq((0..600).map(|n: i64| n.to_string())),
            "{version}"
        );
    }
    Ok(())
}

/// As a broker that is stopped (SIGSTOP) for longer than the delivery timeout, and goes on.
#[tokio::test]
async fn records_that_a_frozen_broker_had_may_be_written_and_later_ones_are_not_swallowed() -> Result<()> {
    let test =
        "lost_answers::records_that_a_frozen_broker_had_may_be_written_and_later_ones_are_not_swallowed";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let topic = new_topic(&Kafka::connect(broker.bootstrap_servers()).await?, "frozen", 1).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::builder(proxy.bootstrap_servers()).request_timeout(SECOND).await?;
        let producer = kafka.producer().linger(Duration::ZERO).delivery_timeout(SECOND * 5 / 2).await?;
        producer.send(&topic, "before").await?;
        let frozen = Rule::on(Api::Produce).topic(&topic).always().react(Reaction::Hold);
        let frozen = proxy.intercept(frozen).unwrap();
        let mut deliveries = Vec::new();
        for n in 0..3 {
            deliveries.push(producer.enqueue(&topic, format!("frozen {n}")).await?);
        }
        tokio::time::timeout(SECOND * 10, frozen.wait_for_hits(1)).await.unwrap();
        for delivery in deliveries {
            let error = delivery.await.unwrap_err();
            assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::Maybe), "{error}");
        }
        frozen.disarm();
        let mut after = Vec::new();
        for n in 0..20 {
            after.push(format!("after {n}"));
            producer.send(&topic, after.last().cloned().unwrap_or_default()).await?;
        }
        let values = values(&kafka, &topic).await?;
        assert_eq!(values.first().map(String::as_str), Some("before"));
        let found: Vec<&String> = values.iter().filter(|value| value.starts_with("after")).collect();
        assert!(found.into_iter().eq(&after), "{version}: {values:?}");
        let frozen: Vec<&String> = values.iter().filter(|value| value.starts_with("frozen")).collect();
        assert!(frozen.windows(2).all(|pair| pair[0] < pair[1]), "{version}: once, and in order: {frozen:?}");
        println!("{version}: {frozen:?} were written after all");
    }
    Ok(())
}
