//! Who leads a partition, and which replicas are in sync.

use super::until;
use kafka_sdk::{Kafka, Result};

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
