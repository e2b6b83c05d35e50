//! Reading from a replica nearby (KIP-392).

use crate::common::{NEWEST, several_nodes, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Kafka, Offset, Producer, Reader, Record, Result};
use kafka_sdk_testcontainers::{Api, Armed, Providers, Rule, TestKafka, TestProxy};
use std::time::Duration;
use tokio::time::timeout;

/// Writes these, one by one, and reads each before the next.
async fn in_turn(
    producer: &Producer,
    topic: &str,
    reader: &mut Reader,
    numbers: std::ops::Range<u32>,
) -> Result<()> {
    for n in numbers {
        producer.send(topic, Record::new(n.to_string()).partition(0)).await?;
        let message = timeout(Duration::from_secs(30), reader.next()).await.unwrap().unwrap()?;
        assert_eq!(message.value().unwrap(), n.to_string().as_bytes());
    }
    Ok(())
}

/// With ZooKeeper, and topics without ids in fetches.
const OLDER: &str = "2.8.2";

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_in_the_same_rack_is_read_from_and_its_death_strands_nobody_on_4_4_0() -> Result<()> {
    nearby(NEWEST, "followers::a_replica_in_the_same_rack_is_read_from_and_its_death_strands_nobody_on_4_4_0")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_in_the_same_rack_is_read_from_and_its_death_strands_nobody_on_2_8_2() -> Result<()> {
    nearby(OLDER, "followers::a_replica_in_the_same_rack_is_read_from_and_its_death_strands_nobody_on_2_8_2")
        .await
}

async fn nearby(version: &'static str, test: &str) -> Result<()> {
    if !Providers::here().run_jvm(test).unwrap() {
        return Ok(());
    }
    let _turn = several_nodes().await;
    // Each node is in a rack of its own.
    let cluster = TestKafka::jvm().version(version).nodes(3).start().await.unwrap();
    let direct = Kafka::connect(cluster.bootstrap_servers()).await?;
    let topic = NewTopic::new(unique("near")).partitions(1).replication(3);
    let topic = direct.admin().create_topics([topic]).await?.all()?.remove(0).0;
    let mut described = None;
    until("the brokers know the topic", async || {
        let topics = direct.admin().describe_topics([&topic]).await?.all();
        described = topics.ok().map(|mut topics| topics.remove(0).1);
        Ok(described.as_ref().is_some_and(|topic| topic.partitions[&0].leader.is_some()))
    })
    .await?;
    let described = described.unwrap();
    let leader = described.partitions[&0].leader.unwrap();
    let near = described.partitions[&0].replicas.iter().copied().find(|id| *id != leader).unwrap();

    let proxy = TestProxy::in_front_of(cluster.bootstrap_servers()).start().await.unwrap();
    let count = |node: i32| -> Armed { proxy.intercept(Rule::on(Api::Fetch).node(node).always()).unwrap() };
    let (at_leader, at_replica) = (count(leader), count(near));
    let kafka = Kafka::builder(proxy.bootstrap_servers()).rack(format!("rack-{near}")).await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
    let producer = direct.producer().linger(Duration::ZERO).await?;
    in_turn(&producer, &topic, &mut reader, 0..50).await?;
    println!("{} fetches at the leader, {} nearby", at_leader.hits(), at_replica.hits());
    assert!(at_replica.hits() > 20 && at_leader.hits() < 10);

    cluster.node(near).unwrap().kill().await.unwrap();
    in_turn(&producer, &topic, &mut reader, 50..80).await
}
