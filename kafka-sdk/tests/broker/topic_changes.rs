//! Topics that get more partitions, that are deleted and created again, and that brokers do not know for a while.

use crate::common::{broker, everywhere, new_topic, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Kafka, Offset, Record, Result};
use kafka_sdk_protocol::api::CreatePartitionsRequest;
use kafka_sdk_protocol::api::create_partitions::CreatePartitionsTopic;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// All values by partition.
async fn read(kafka: &Kafka, topic: &str) -> Result<BTreeMap<i32, Vec<String>>> {
    let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    let mut values = BTreeMap::<i32, Vec<String>>::new();
    while let Some(message) = reader.next().await {
        let message = message?;
        let value = String::from_utf8(message.value().unwrap_or_default().to_vec()).unwrap();
        values.entry(message.partition()).or_default().push(value);
    }
    Ok(values)
}

async fn grow(kafka: &Kafka, topic: &str, count: i32) -> Result<()> {
    let topic = CreatePartitionsTopic { name: topic.to_owned(), count, assignments: None };
    let request =
        |_| CreatePartitionsRequest { topics: vec![topic.clone()], timeout_ms: 10_000, validate_only: false };
    let response = kafka.raw().call(&Route::Controller, Duration::from_secs(10), request).await?;
    assert_eq!(response.results[0].error_code, ErrorCode::NONE, "{response:?}");
    Ok(())
}

#[tokio::test]
async fn partitions_that_are_added_are_written_to_and_the_order_holds_in_each() -> Result<()> {
    let test = "topic_changes::partitions_that_are_added_are_written_to_and_the_order_holds_in_each";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let builder = Kafka::builder(broker.bootstrap_servers());
        let kafka = builder.metadata_max_age(Duration::from_millis(200)).await?;
        let topic = new_topic(&kafka, "grows", 1).await?;
        let producer = kafka.producer().batch_size(300).await?;
        let (mut n, mut deliveries) = (0, Vec::new());
        let start = Instant::now();
        let (mut of_keys, mut without_key) = (HashMap::<u32, Vec<i32>>::new(), Vec::new());
        while n < 500 || without_key.contains(&0) {
            if n == 200 {
                grow(&kafka, &topic, 4).await?;
                without_key = vec![0; 4];
            }
            let record = Record::new(n.to_string());
            let key = (n % 2 == 0).then_some(n / 2 % 10);
            let key_bytes = key.map(|key| format!("key-{key}"));
            let record = match &key_bytes {
                Some(key) => record.key(key),
                None => record,
            };
            deliveries.push((key, producer.enqueue(&topic, record).await?));
            n += 1;
            if n % 100 == 0 {
                for (key, delivery) in deliveries.drain(..) {
                    let partition = delivery.await?.partition;
                    match key {
                        Some(key) => of_keys.entry(key).or_default().push(partition),
                        None if without_key.is_empty() => assert_eq!(partition, 0),
                        None => without_key[partition as usize] += 1,
                    }
                }
                sleep(Duration::from_millis(10)).await;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{version}: {without_key:?}");
        }
        for (_, delivery) in deliveries {
            delivery.await?;
        }
        // Each key moves once at most, when the partitions are seen, and some do.
        let moves = |partitions: &Vec<i32>| partitions.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(of_keys.values().all(|partitions| moves(partitions) <= 1), "{version}: {of_keys:?}");
        assert!(of_keys.values().any(|partitions| moves(partitions) == 1), "{version}: {of_keys:?}");
        let found = read(&kafka, &topic).await?;
        assert_eq!(found.values().map(Vec::len).sum::<usize>(), n as usize, "{version}");
        for values in found.values() {
            let numbers: Vec<u32> = values.iter().map(|value| value.parse().unwrap()).collect();
            assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{version}: {numbers:?}");
        }
    }
    Ok(())
}

async fn create_again(kafka: &Kafka, topic: &str) -> Result<()> {
    kafka.admin().delete_topics([topic]).await?.all()?;
    until("the topic can be created again", async || {
        let created = kafka.admin().create_topics([NewTopic::new(topic).partitions(1)]).await?.all();
        Ok(created.is_ok())
    })
    .await?;
    until("the topic is there", async || Ok(kafka.admin().describe_topics([topic]).await?.all().is_ok()))
        .await
}

#[tokio::test]
async fn records_for_a_topic_that_was_created_again_are_in_the_new_one_once_and_in_order() -> Result<()> {
    let test =
        "topic_changes::records_for_a_topic_that_was_created_again_are_in_the_new_one_once_and_in_order";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "again", 1).await?;
        let producer = kafka.producer().batch_size(100).await?;
        for round in 0..3 {
            // Fewer and fewer: a sequence that goes on would be a duplicate, or a gap, in the new topic.
            let mut deliveries = Vec::new();
            for n in 0..100 - 30 * round {
                deliveries.push(producer.enqueue(&topic, format!("{round}-{n}")).await?);
            }
            let mut expected = Vec::new();
            for (n, delivery) in deliveries.into_iter().enumerate() {
                let placed = delivery.await?;
                assert_eq!(placed.offset, n as i64, "{version}: round {round}");
                expected.push(format!("{round}-{n}"));
            }
            let found = read(&Kafka::connect(broker.bootstrap_servers()).await?, &topic).await?;
            assert_eq!(found[&0], expected, "{version}: round {round}");
            create_again(&kafka, &topic).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn records_on_their_way_while_a_topic_is_created_again_are_never_acknowledged_into_nothing()
-> Result<()> {
    let test = "topic_changes::records_on_their_way_while_a_topic_is_created_again_are_never_acknowledged_into_nothing";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka =
            Kafka::builder(broker.bootstrap_servers()).request_timeout(Duration::from_secs(5)).await?;
        let topic = unique("under-way");
        kafka.admin().create_topics([NewTopic::new(&topic).partitions(1)]).await?.all()?;
        let producer = kafka.producer().delivery_timeout(Duration::from_secs(20)).await?;
        let handle = producer.topic(&topic).await?;
        let writing = tokio::spawn(async move {
            let mut outcomes = Vec::new();
            for n in 0..400 {
                let delivery = handle.enqueue(n.to_string()).await?;
                outcomes.push((n, Instant::now(), delivery));
                sleep(Duration::from_millis(5)).await;
            }
            Result::Ok(outcomes)
        });
        sleep(Duration::from_millis(500)).await;
        create_again(&kafka, &topic).await?;
        let there_again = Instant::now();
        let outcomes = writing.await.unwrap()?;
        let mut after = Vec::new();
        for (n, enqueued, delivery) in outcomes {
            let outcome = delivery.await;
            if enqueued > there_again {
                outcome?;
                after.push(n.to_string());
            }
        }
        assert!(after.len() > 50, "{version}: {} records", after.len());
        let found = read(&Kafka::connect(broker.bootstrap_servers()).await?, &topic).await?;
        let found = &found[&0];
        assert!(found.ends_with(&after), "{version}: {found:?}");
        let numbers: Vec<u32> = found.iter().map(|value| value.parse().unwrap()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{version}: {numbers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_broker_that_knows_no_topic_for_a_while_loses_nothing() -> Result<()> {
    let test = "topic_changes::a_broker_that_knows_no_topic_for_a_while_loses_nothing";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "unknown", 1).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let producer = Kafka::connect(proxy.bootstrap_servers()).await?.producer().batch_size(100).await?;
        producer.send(&topic, "0").await?;
        let unknown = |api| {
            let unknown = Reaction::Answer(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
            proxy.intercept(Rule::on(api).topic(&topic).always().react(unknown)).unwrap()
        };
        let rules = [unknown(Api::Produce), unknown(Api::Metadata)];
        let mut deliveries = Vec::new();
        for n in 1..100 {
            deliveries.push(producer.enqueue(&topic, n.to_string()).await?);
        }
        // Longer than a topic has to be unknown to be taken for deleted by who looks it up: 5 s.
        let start = Instant::now();
        rules[1].wait_for_hits(8).await;
        sleep(Duration::from_secs(6).saturating_sub(start.elapsed())).await;
        assert!(deliveries.iter().all(|delivery| delivery.now().is_none()), "{version}");
        rules.iter().for_each(|rule| rule.disarm());
        for (offset, delivery) in (1..).zip(deliveries) {
            assert_eq!(delivery.await?.offset, offset, "{version}");
        }
        let found = read(&direct, &topic).await?;
        assert!(found[&0].iter().map(|value| value.parse::<u32>().unwrap()).eq(0..100), "{version}");
    }
    Ok(())
}
