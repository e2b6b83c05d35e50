//! Clocks that differ: records from clients and brokers whose time of day is off by more than a day.

use crate::common::{EMBEDDED, NEWEST, broker, everywhere, new_topic, unique};
use futures_util::TryStreamExt;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::model::Timestamp;
use kafka_sdk::{Advice, ErrorCode, Kafka, Message, Offset, Record, Result, Written};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;
const SECONDS_TO_2100: i64 = 4_102_444_800;

#[allow(clippy::disallowed_methods, reason = "it is the time of day that is tested")]
fn now() -> i64 {
    Timestamp::from(SystemTime::now()).as_millis()
}

async fn read(kafka: &Kafka, topic: &str, from: Offset) -> Result<Vec<Message>> {
    kafka.reader().topic(topic, from).stop_at_end().await?.try_collect().await
}

/// Takes records from the future: since Kafka 4.0 brokers refuse what is more than an hour ahead of their clock.
async fn open_minded(kafka: &Kafka, version: &str) -> Result<String> {
    let topic = unique("clocks");
    let mut new = NewTopic::new(&topic).partitions(1).config("retention.ms", "-1");
    if [EMBEDDED, NEWEST].contains(&version) {
        new = new.config("message.timestamp.after.max.ms", i64::MAX);
    }
    kafka.admin().create_topics([new]).await?.all()?;
    Ok(topic)
}

#[tokio::test]
async fn records_of_clients_whose_clocks_are_off_are_written_and_read_in_order_and_in_time() -> Result<()> {
    for version in everywhere() {
        let test =
            "clocks::records_of_clients_whose_clocks_are_off_are_written_and_read_in_order_and_in_time";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = open_minded(&kafka, version).await?;
        let now = now();
        // From 1970 and from 2100; the others are from clients whose clocks are a day off, or right.
        let times = [0, now, now - DAY, now + DAY, 1000 * SECONDS_TO_2100, now - 1, now + 1];
        // A timer that went by any of these times would end them at once, or never.
        let producer =
            kafka.producer().delivery_timeout(Duration::from_secs(31)).linger(Duration::from_millis(20));
        let producer = producer.await?;
        let start = Instant::now();
        let mut deliveries = Vec::new();
        for (n, time) in times.into_iter().enumerate() {
            let record = Record::new(n.to_string()).timestamp(Timestamp::from_millis(time));
            deliveries.push(producer.enqueue(&topic, record).await?);
        }
        for (delivery, time) in deliveries.into_iter().zip(times) {
            assert_eq!(delivery.await?.timestamp.as_millis(), time, "{version}");
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{version}: {:?}", start.elapsed());

        let kept = |messages: Vec<Message>| -> Vec<_> {
            messages.iter().map(|m| (m.offset(), m.timestamp().as_millis())).collect()
        };
        let all: Vec<_> = (0..).zip(times).collect();
        assert_eq!(kept(read(&kafka, &topic, Offset::Earliest).await?), all, "{version}");
        for after in [0, now - DAY, now, now + DAY, now + DAY + 1] {
            let first = times.iter().position(|time| *time >= after).unwrap();
            let from = Offset::After(Timestamp::from_millis(after));
            assert_eq!(kept(read(&kafka, &topic, from).await?), all[first..], "{version}: after {after}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_clock_of_a_broker_may_be_far_from_that_of_the_client() -> Result<()> {
    for version in everywhere() {
        let test = "clocks::the_clock_of_a_broker_may_be_far_from_that_of_the_client";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = unique("append-clock");
        let new = NewTopic::new(&topic).partitions(1).config("message.timestamp.type", "LogAppendTime");
        kafka.admin().create_topics([new]).await?.all()?;
        let producer = kafka.producer().await?;
        let mut placed = Vec::new();
        // To a client that stamps these records, the broker's clock is days behind, or decades ahead.
        for time in [now() + 3 * DAY, 0] {
            let record = Record::new("x").timestamp(Timestamp::from_millis(time));
            placed.push(producer.send(&topic, record).await?.timestamp);
        }
        let found = read(&kafka, &topic, Offset::Earliest).await?;
        assert_eq!(found.iter().map(Message::timestamp).collect::<Vec<_>>(), placed, "{version}");
        assert!(placed.is_sorted(), "{version}: {placed:?}");
        let between = |from: i64| Offset::After(Timestamp::from_millis(from));
        assert_eq!(read(&kafka, &topic, between(now() - HOUR)).await?.len(), 2, "{version}");
        assert_eq!(read(&kafka, &topic, between(now() + HOUR)).await?.len(), 0, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn a_record_too_far_ahead_of_the_brokers_clock_fails_at_once_and_the_error_speaks_of_clocks()
-> Result<()> {
    for version in [EMBEDDED, NEWEST] {
        let test = "clocks::a_record_too_far_ahead_of_the_brokers_clock_fails_at_once_and_the_error_speaks_of_clocks";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "ahead", 1).await?;
        let producer = kafka.producer().await?;
        let start = Instant::now();
        let record = Record::new("tomorrow's").timestamp(Timestamp::from_millis(now() + DAY));
        let error = producer.send(&topic, record).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10), "{version}: {:?}", start.elapsed());
        assert_eq!(error.code(), Some(ErrorCode::INVALID_TIMESTAMP), "{version}: {error}");
        assert_eq!((error.written(), error.advice()), (Written::No, Advice::GiveUp), "{version}: {error}");
        for word in ["clock", "message.timestamp.after.max.ms"] {
            assert!(error.to_string().contains(word), "{version}: {error}");
        }
        producer.send(&topic, "today's").await?;
        assert_eq!(read(&kafka, &topic, Offset::Earliest).await?.len(), 1, "{version}");
    }
    Ok(())
}
