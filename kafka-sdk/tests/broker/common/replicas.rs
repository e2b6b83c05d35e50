//! Who leads a partition, and which replicas are in sync.

use super::until;
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Kafka, Result};
use kafka_sdk_protocol::api::alter_partition_reassignments::{ReassignablePartition, ReassignableTopic};
use kafka_sdk_protocol::api::elect_leaders::TopicPartitions;
use kafka_sdk_protocol::api::{AlterPartitionReassignmentsRequest, ElectLeadersRequest};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(20);

/// The leader of a partition, as soon as there is one.
pub(crate) async fn leader(kafka: &Kafka, topic: &str, partition: i32) -> Result<i32> {
    let mut leader = None;
    until("the partition has a leader", async || {
        let described = kafka.admin().describe_topics([topic]).await?.all();
        leader = described.ok().and_then(|topics| topics[0].1.partitions[&partition].leader);
        Ok(leader.is_some())
    })
    .await?;
    Ok(leader.unwrap())
}

/// Waits until each partition has so many replicas in sync.
pub(crate) async fn in_sync(kafka: &Kafka, topic: &str, replicas: usize) -> Result<()> {
    until("so many replicas are in sync", async || {
        // A broker may not know it yet.
        let described = kafka.admin().describe_topics([topic]).await?.all();
        Ok(described.is_ok_and(|topics| {
            topics[0].1.partitions.values().all(|partition| partition.in_sync.len() == replicas)
        }))
    })
    .await
}

/// Makes this node of three the leader of the topic's only partition. Kafka 2.1 has no API for that.
pub(crate) async fn lead(kafka: &Kafka, topic: &str, to: i32) -> Result<()> {
    let replicas = vec![to, to % 3 + 1, (to + 1) % 3 + 1];
    let partition = ReassignablePartition { partition_index: 0, replicas: Some(replicas) };
    let topics = vec![ReassignableTopic { name: topic.to_owned(), partitions: vec![partition] }];
    let request = |_| AlterPartitionReassignmentsRequest {
        timeout_ms: 10_000,
        topics: topics.clone(),
        ..Default::default()
    };
    let response = kafka.raw().call(&Route::Controller, WITHIN, request).await?;
    assert_eq!(response.error_code, ErrorCode::NONE, "{response:?}");
    until("the leader has moved", async || {
        let partitions = TopicPartitions { topic: topic.to_owned(), partitions: vec![0] };
        let request = |_| ElectLeadersRequest {
            topic_partitions: Some(vec![partitions.clone()]),
            timeout_ms: 10_000,
            ..Default::default()
        };
        kafka.raw().call(&Route::Controller, WITHIN, request).await?;
        Ok(leader(kafka, topic, 0).await? == to)
    })
    .await
}
