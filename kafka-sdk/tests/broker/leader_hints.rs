//! Leaders that move, and the brokers that say where to (KIP-951).

use crate::common::{NEWEST, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Kafka, Offset, Result};
use kafka_sdk_protocol::api::alter_partition_reassignments::{ReassignablePartition, ReassignableTopic};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::{AlterPartitionReassignmentsRequest, InitProducerIdRequest, MetadataRequest};
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, TestKafka, TestProxy};
use std::time::Duration;
use tokio::time::Instant;

/// Far longer than a test: whoever pauses after a failure is seen.
const PAUSE: Duration = Duration::from_secs(30);
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn producer_and_reader_follow_a_leader_without_a_pause_and_without_metadata() -> Result<()> {
    let cluster = TestKafka::embedded().nodes(2).start().await.unwrap();
    follow(&cluster, PAUSE, async |_, topic| {
        let rule = Rule::on(Api::Produce).topic(topic).partition(0).react(Reaction::MoveLeader);
        cluster.intercept(rule).unwrap();
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn producers_of_4_4_0_follow_a_leader_without_a_pause_and_without_metadata() -> Result<()> {
    let test = "leader_hints::producers_of_4_4_0_follow_a_leader_without_a_pause_and_without_metadata";
    if !Providers::here().run_jvm(test).unwrap() {
        return Ok(());
    }
    let cluster = TestKafka::jvm().version(NEWEST).nodes(2).start().await.unwrap();
    // A reader that is told of a leader before the leader itself knows has to try again.
    follow(&cluster, Duration::from_millis(100), move_leader).await
}

/// Sends and reads while `mover` moves the leader; the reader pauses for so long after a failure.
async fn follow(
    cluster: &TestKafka,
    pause: Duration,
    mover: impl AsyncFn(&Kafka, &str) -> Result<()>,
) -> Result<()> {
    let proxy = TestProxy::in_front_of(cluster.bootstrap_servers()).start().await.unwrap();
    let direct = Kafka::connect(cluster.bootstrap_servers()).await?;
    let topic = unique("moves");
    direct.admin().create_topics([NewTopic::new(&topic).replication(2)]).await?.all()?;
    direct.producer().await?.send(&topic, "0").await?;
    for broker in [1, 2] {
        until("a young broker has producer ids to give", async || {
            let request = |_| InitProducerIdRequest {
                transactional_id: None,
                transaction_timeout_ms: i32::MAX,
                ..Default::default()
            };
            let answer = direct.raw().call(&Route::Broker(broker), AT_ONCE, request).await?;
            Ok(answer.error_code == ErrorCode::NONE)
        })
        .await?;
    }
    let reading = Kafka::builder(cluster.bootstrap_servers()).retry_backoff(pause).retry_backoff_max(pause);
    let mut reader = reading.await?.reader().topic(&topic, Offset::Earliest).await?;

    let kafka =
        Kafka::builder(proxy.bootstrap_servers()).retry_backoff(PAUSE).retry_backoff_max(PAUSE).await?;
    let producer = kafka.producer().await?;
    producer.send(&topic, "1").await?;
    for expected in ["0", "1"] {
        assert_eq!(reader.next().await.unwrap()?.value().unwrap(), expected.as_bytes());
    }
    let asked = proxy.intercept(Rule::on(Api::Metadata).always()).unwrap();
    for round in 2..=5 {
        mover(&direct, &topic).await?;
        let start = Instant::now();
        producer.send(&topic, round.to_string()).await?;
        let message = reader.next().await.unwrap()?;
        assert_eq!(message.value().unwrap(), round.to_string().as_bytes());
        assert!(start.elapsed() < AT_ONCE, "round {round}: {:?}", start.elapsed());
    }
    assert_eq!(asked.hits(), 0, "metadata was asked for");
    Ok(())
}

/// Makes the other broker of two the only replica, and so the leader, and waits until both know.
async fn move_leader(kafka: &Kafka, topic: &str) -> Result<()> {
    let described = kafka.admin().describe_topics([topic]).await?.all()?;
    let next = 3 - described[0].1.partitions[&0].leader.unwrap();
    let partition = ReassignablePartition { partition_index: 0, replicas: Some(vec![next]) };
    let topics = vec![ReassignableTopic { name: topic.to_owned(), partitions: vec![partition] }];
    let request = |_| AlterPartitionReassignmentsRequest {
        timeout_ms: 10_000,
        topics: topics.clone(),
        ..Default::default()
    };
    let answer = kafka.raw().call(&Route::Controller, AT_ONCE, request).await?;
    assert_eq!(answer.error_code, ErrorCode::NONE);
    for broker in [1, 2] {
        let of = MetadataRequestTopic { name: Some(topic.to_owned()), ..Default::default() };
        let request = |_| MetadataRequest { topics: Some(vec![of.clone()]), ..Default::default() };
        until("the leader has moved", async || {
            let answer = kafka.raw().call(&Route::Broker(broker), AT_ONCE, request).await?;
            let partition = &answer.topics[0].partitions[0];
            Ok((partition.leader_id, partition.replica_nodes.as_slice()) == (next, &[next]))
        })
        .await?;
    }
    Ok(())
}
