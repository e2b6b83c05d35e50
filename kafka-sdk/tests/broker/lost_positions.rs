//! Positions that a partition no longer has, and what the policy makes of them.

use crate::common::{
    EMBEDDED, NEWEST, OLDEST, delete_before, everywhere, kafka, new_topic, several_nodes, unique, until,
};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Advice, ErrorCode, ErrorKind, Kafka, Offset, Reader, Record, Reset, Result, TopicPartition};
use kafka_sdk_testcontainers::{Node, Providers, TestKafka};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(30);

async fn write(kafka: &Kafka, topic: &str, values: impl IntoIterator<Item = String>) -> Result<()> {
    let producer = kafka.producer().linger(Duration::ZERO).await?;
    for value in values {
        producer.send(topic, Record::new(value).partition(0)).await?;
    }
    producer.close().await
}

fn numbers(name: &str, range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| format!("{name}-{n}")).collect()
}

async fn read(reader: &mut Reader, count: usize) -> Result<Vec<String>> {
    let mut values = Vec::new();
    while values.len() < count {
        let message = tokio::time::timeout(WITHIN, reader.next()).await.unwrap().unwrap()?;
        values.push(String::from_utf8_lossy(message.value().unwrap()).into_owned());
    }
    Ok(values)
}

#[tokio::test]
async fn a_position_that_was_deleted_is_an_error_or_set_anew_by_the_policy() -> Result<()> {
    for version in everywhere() {
        let test = "lost_positions::a_position_that_was_deleted_is_an_error_or_set_anew_by_the_policy";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "deleted", 1).await?;
        write(&kafka, &topic, numbers("old", 0..20)).await?;
        delete_before(&kafka, &topic, 10).await?;
        let from = |reset| kafka.reader().topic(&topic, Offset::At(3)).offset_reset(reset);

        let error = kafka.reader().topic(&topic, Offset::At(3)).await?.next().await.unwrap().unwrap_err();
        assert!(error.is(ErrorCode::OFFSET_OUT_OF_RANGE), "{error}");
        let text = error.to_string();
        assert!(text.contains("begins at 10 and ends at 20") && text.contains("offset_reset"), "{error}");

        let mut earliest = from(Reset::Earliest).await?;
        assert_eq!(read(&mut earliest, 10).await?, numbers("old", 10..20));
        let mut recent = from(Reset::Within(Duration::from_secs(3_600))).await?;
        assert_eq!(read(&mut recent, 10).await?, numbers("old", 10..20));
        let mut latest = from(Reset::Latest).await?;
        let place = TopicPartition::new(topic.as_str(), 0);
        until("the position is set anew", async || {
            assert!(futures_util::FutureExt::now_or_never(latest.next()).is_none());
            Ok(latest.positions().get(&place) == Some(20))
        })
        .await?;
        write(&kafka, &topic, numbers("new", 0..2)).await?;
        for reader in [&mut earliest, &mut recent, &mut latest] {
            assert_eq!(read(reader, 2).await?, numbers("new", 0..2));
        }
    }
    Ok(())
}

#[tokio::test]
async fn with_a_policy_a_topic_that_was_created_anew_is_read_from_its_beginning() -> Result<()> {
    for version in [EMBEDDED, NEWEST] {
        let test = "lost_positions::with_a_policy_a_topic_that_was_created_anew_is_read_from_its_beginning";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "anew", 1).await?;
        write(&kafka, &topic, numbers("old", 0..3)).await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).offset_reset(Reset::Latest).await?;
        assert_eq!(read(&mut reader, 3).await?, numbers("old", 0..3));
        kafka.admin().delete_topics([&topic]).await?.all()?;
        until("the topic can be created again", async || {
            Ok(kafka.admin().create_topics([NewTopic::new(&topic).partitions(1)]).await?.all().is_ok())
        })
        .await?;
        // More than there were: the old position is in the middle of them.
        let other = Kafka::connect(kafka_servers(version).await).await?;
        write(&other, &topic, numbers("new", 0..5)).await?;
        assert_eq!(read(&mut reader, 5).await?, numbers("new", 0..5), "{version}");
    }
    Ok(())
}

async fn kafka_servers(version: &'static str) -> &'static str {
    crate::common::broker(version, "").await.unwrap().bootstrap_servers()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_an_unclean_election_has_cut_are_not_passed_over() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "lost_positions::records_that_an_unclean_election_has_cut_are_not_passed_over";
        if !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let _turn = several_nodes().await;
        let cluster = TestKafka::jvm().version(version).nodes(3).start().await.unwrap();
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let topic = NewTopic::new(unique("cut")).partitions(1).replication(2);
        let topic = topic.config("unclean.leader.election.enable", true).config("min.insync.replicas", 1);
        let topic = kafka.admin().create_topics([topic]).await?.all()?.remove(0).0;
        write(&kafka, &topic, numbers("common", 0..5)).await?;
        let (leader, follower) = replicas(&cluster, &kafka, &topic).await?;
        follower.stop().await.unwrap();
        write(&kafka, &topic, numbers("cut", 0..5)).await?;
        let from = || kafka.reader().topic(&topic, Offset::Earliest);
        let (mut strict, mut lenient) = (from().await?, from().offset_reset(Reset::Latest).await?);
        for reader in [&mut strict, &mut lenient] {
            let read = read(reader, 10).await?;
            assert_eq!((&read[..5], &read[5..]), (&numbers("common", 0..5)[..], &numbers("cut", 0..5)[..]));
        }
        let mut policies = vec![(strict, lenient)];
        if version == NEWEST {
            // These are to begin at 10, behind what will be cut, and have read nothing until then. 2.1.1 tells no epoch with
            // an offset.
            let end = || kafka.reader().topic(&topic, Offset::Latest);
            policies.push((end().await?, end().offset_reset(Reset::Latest).await?));
        }
        leader.kill().await.unwrap();
        follower.restart().await.unwrap();
        write(&kafka, &topic, numbers("other", 0..20)).await?;
        for (mut strict, mut lenient) in policies {
            assert_eq!(read(&mut lenient, 20).await?, numbers("other", 0..20), "{version}");
            let error = tokio::time::timeout(WITHIN, strict.next()).await.unwrap().unwrap().unwrap_err();
            assert_eq!((error.kind(), error.advice()), (ErrorKind::State, Advice::Rebuild), "{error}");
            assert!(error.to_string().contains("from offset 5 on"), "{error}");
        }
    }
    Ok(())
}

/// Leader and follower.
async fn replicas<'a>(cluster: &'a TestKafka, kafka: &Kafka, topic: &str) -> Result<(&'a Node, &'a Node)> {
    let described = kafka.admin().describe_topics([topic]).await?.all()?.remove(0).1;
    let partition = &described.partitions[&0];
    let leader = partition.leader.unwrap();
    let follower = partition.replicas.iter().find(|id| **id != leader).unwrap();
    Ok((cluster.node(leader).unwrap(), cluster.node(*follower).unwrap()))
}
