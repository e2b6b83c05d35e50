//! Producers that want less than the word of all replicas, and producers that are not idempotent.

use crate::common::{broker, everywhere, kafka, new_topic, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Acks, ErrorCode, Kafka, Offset, Record, Result, Switch, Written};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};

async fn values(kafka: &Kafka, topic: &str) -> Result<Vec<u32>> {
    let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    let mut values = Vec::new();
    while let Some(message) = reader.next().await {
        let message = message?;
        values.push(u32::from_be_bytes(message.value().unwrap()[..4].try_into().unwrap()));
    }
    Ok(values)
}

fn number(n: u32) -> Record<'static> {
    Record::new(n.to_be_bytes().to_vec())
}

#[tokio::test]
async fn records_that_nobody_acknowledges_arrive_in_order_and_have_no_offset() -> Result<()> {
    let test = "acks::records_that_nobody_acknowledges_arrive_in_order_and_have_no_offset";
    for version in everywhere() {
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "acks-none", 1).await?;
        let producer = kafka.producer().acks(Acks::None).batch_size(500).await?;
        let mut deliveries = Vec::new();
        for n in 0..5_000 {
            deliveries.push(producer.enqueue(&topic, number(n)).await?);
        }
        for delivery in deliveries {
            assert_eq!(delivery.await?.offset, -1, "{version}");
        }
        producer.close().await?;
        // What was handed to the operating system may be on its way still.
        until("all have arrived", async || Ok(values(&kafka, &topic).await?.len() == 5_000)).await?;
        assert!(values(&kafka, &topic).await?.into_iter().eq(0..5_000), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_refused_without_acks_is_lost_without_notice_and_what_follows_is_not() -> Result<()> {
    let test = "acks::what_is_refused_without_acks_is_lost_without_notice_and_what_follows_is_not";
    for version in everywhere() {
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = crate::common::unique("acks-none-refused");
        let new = NewTopic::new(&topic).partitions(1).config("max.message.bytes", "1000");
        kafka.admin().create_topics([new]).await?.all()?;
        let producer = kafka.producer().acks(Acks::None).await?;
        let too_large = [&7_u32.to_be_bytes()[..], &[0; 5_000]].concat();
        assert_eq!(producer.send(&topic, too_large).await?.offset, -1, "{version}");
        // The broker closes the connection, and some that are sent before that is seen go with it.
        until("a later record has arrived", async || {
            producer.send(&topic, number(1)).await?;
            Ok(!values(&kafka, &topic).await?.is_empty())
        })
        .await?;
        assert!(values(&kafka, &topic).await?.iter().all(|&n| n == 1), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn the_word_of_the_leader_comes_with_an_offset() -> Result<()> {
    for version in everywhere() {
        let test = "acks::the_word_of_the_leader_comes_with_an_offset";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "acks-leader", 1).await?;
        let producer = kafka.producer().acks(Acks::Leader).max_in_flight(50).batch_size(500).await?;
        let mut deliveries = Vec::new();
        for n in 0..5_000 {
            deliveries.push(producer.enqueue(&topic, number(n)).await?);
        }
        for (n, delivery) in (0..).zip(deliveries) {
            assert_eq!(delivery.await?.offset, n, "{version}");
        }
        assert!(values(&kafka, &topic).await?.into_iter().eq(0..5_000), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn without_idempotence_a_retry_may_double_a_record() -> Result<()> {
    for version in everywhere() {
        let test = "acks::without_idempotence_a_retry_may_double_a_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "doubled", 1).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        for (idempotence, expected) in [(Switch::Off, vec![0, 0]), (Switch::On, vec![0, 0, 1])] {
            let producer = kafka.producer().idempotence(idempotence).await?;
            proxy.intercept(Rule::on(Api::Produce).topic(&topic).react(Reaction::ResetAfter)).unwrap();
            let placed = producer.send(&topic, number(u32::from(idempotence == Switch::On))).await?;
            // Without idempotence the second time counts, with it the first and only one.
            assert_eq!(placed.offset, expected.len() as i64 - 1, "{version}");
            assert_eq!(values(&direct, &topic).await?, expected, "{version}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_idempotence_the_order_holds_with_one_request_in_flight() -> Result<()> {
    for version in everywhere() {
        let test = "acks::without_idempotence_the_order_holds_with_one_request_in_flight";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "one-in-flight", 1).await?;
        let often = |reaction| Rule::on(Api::Produce).topic(&topic).chance(0.03).react(reaction);
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers())
            .seed(11)
            .rule(often(Reaction::ResetBefore))
            .rule(often(Reaction::ResetAfter))
            .rule(often(Reaction::Answer(ErrorCode::NOT_ENOUGH_REPLICAS)))
            .rule(often(Reaction::AnswerAfter(ErrorCode::NOT_LEADER_OR_FOLLOWER)))
            .start()
            .await
            .unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let builder = kafka.producer().acks(Acks::Leader).max_in_flight(1);
        let producer = builder.max_request_size(1_024).await?;
        let handle = producer.topic(&topic).await?;
        let mut deliveries = Vec::new();
        for n in 0..6_000 {
            deliveries.push(handle.enqueue(number(n)).await?);
        }
        for delivery in deliveries {
            delivery.await?;
        }
        let mut values = values(&direct, &topic).await?;
        assert!(values.len() > 6_000, "{version}: some are doubled");
        // A batch that is sent again is there again as a whole, before anything behind it.
        let mut seen = 0;
        values.retain(|&value| {
            assert!(value <= seen, "{version}: {value} before {seen}");
            let new = value == seen;
            seen += u32::from(new);
            new
        });
        assert_eq!(values.len(), 6_000, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn a_producer_that_may_not_retry_fails_and_says_whether_the_record_may_be_there() -> Result<()> {
    let test = "acks::a_producer_that_may_not_retry_fails_and_says_whether_the_record_may_be_there";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "no-retries", 1).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let producer = Kafka::connect(proxy.bootstrap_servers()).await?.producer().retries(0).await?;
        for (n, reaction, expected) in [
            (1, Reaction::Answer(ErrorCode::NOT_ENOUGH_REPLICAS), Written::No),
            (2, Reaction::AnswerAfter(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND), Written::Maybe),
            (3, Reaction::ResetAfter, Written::Maybe),
        ] {
            proxy.intercept(Rule::on(Api::Produce).topic(&topic).react(reaction)).unwrap();
            let error = producer.send(&topic, number(n)).await.unwrap_err();
            assert_eq!(error.written(), expected, "{version}: {error}");
        }
        producer.send(&topic, number(4)).await?;
        assert_eq!(values(&direct, &topic).await?, [2, 3, 4], "{version}");
    }
    Ok(())
}
