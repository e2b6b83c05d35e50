//! Nodes that are killed, stopped, paused and restarted.

use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::metadata::MetadataResponsePartition;
use kafka_sdk_testcontainers::{Error, TestKafka};
use tokio::time::timeout;

use crate::common::{Client, TestResult, plain, records};

async fn partition(
    kafka: &TestKafka,
    asked: i32,
) -> Result<MetadataResponsePartition, Box<dyn std::error::Error>> {
    let mut client = Client::connect(kafka.node(asked)?.address()).await?;
    Ok(client.metadata(&["orders"]).await?.topics.remove(0).partitions.remove(0))
}

#[tokio::test]
async fn what_a_killed_node_led_is_led_by_another_in_the_next_epoch_with_all_records() -> TestResult {
    let kafka = TestKafka::embedded().nodes(3).topic("orders", 1).start().await?;
    let leader = partition(&kafka, 1).await?.leader_id;
    let mut client = Client::connect(kafka.node(leader)?.address()).await?;
    client.produce("orders", 0, plain(&["a"])).await?;
    kafka.node(leader)?.kill().await?;
    assert!(client.is_closed().await);
    assert!(Client::connect(kafka.node(leader)?.address()).await.is_err());
    assert!(!kafka.node(leader)?.is_running());

    let other = leader % 3 + 1;
    let seen = partition(&kafka, other).await?;
    assert_ne!(seen.leader_id, leader);
    assert_eq!((seen.leader_epoch, seen.isr_nodes.len(), seen.offline_replicas), (1, 2, vec![leader]));
    let mut client = Client::connect(kafka.node(seen.leader_id)?.address()).await?;
    assert_eq!(records(&client.fetch("orders", 0, 0).await?), [(0, "a".into())]);
    assert_eq!(client.produce("orders", 0, plain(&["b"])).await?.base_offset, 1);
    Ok(())
}

#[tokio::test]
async fn a_restarted_node_is_in_sync_again_and_does_not_take_its_leaderships_back() -> TestResult {
    let kafka = TestKafka::embedded().nodes(3).topic("orders", 1).start().await?;
    let leader = partition(&kafka, 1).await?.leader_id;
    let address = kafka.node(leader)?.address().to_owned();
    kafka.node(leader)?.stop().await?;
    kafka.node(leader)?.restart().await?;
    assert_eq!(kafka.node(leader)?.address(), address);
    let seen = partition(&kafka, leader).await?;
    assert_ne!(seen.leader_id, leader);
    assert_eq!((seen.leader_epoch, seen.isr_nodes.len(), seen.offline_replicas.len()), (1, 3, 0));
    Ok(())
}

#[tokio::test]
async fn too_few_in_sync_refuse_records_that_all_must_have() -> TestResult {
    let kafka = TestKafka::embedded().nodes(3).topic("orders", 1).start().await?;
    let leader = partition(&kafka, 1).await?.leader_id;
    for node in kafka.nodes().iter().filter(|node| node.id() != leader) {
        node.kill().await?;
    }
    let mut client = Client::connect(kafka.node(leader)?.address()).await?;
    let refused = client.produce_with("orders", 0, plain(&["a"]), -1).await?;
    assert_eq!(refused.error_code, ErrorCode::NOT_ENOUGH_REPLICAS);
    assert_eq!(client.produce_with("orders", 0, plain(&["a"]), 1).await?.error_code, ErrorCode::NONE);
    kafka.node(leader % 3 + 1)?.restart().await?;
    assert_eq!(client.produce_with("orders", 0, plain(&["a"]), -1).await?.base_offset, 1);
    Ok(())
}

#[tokio::test]
async fn a_node_that_is_alone_leads_again_when_it_is_back() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.produce("orders", 0, plain(&["a"])).await?;
    kafka.node(1)?.kill().await?;
    kafka.node(1)?.restart().await?;
    assert_eq!(partition(&kafka, 1).await?.leader_epoch, 2, "nobody has led in epoch 1");
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    assert_eq!(records(&client.fetch("orders", 0, 0).await?), [(0, "a".into())]);
    Ok(())
}

#[tokio::test]
async fn a_paused_node_does_not_answer_until_it_is_resumed() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    kafka.node(1)?.pause()?;
    assert!(!kafka.node(1)?.is_running());
    assert!(timeout(Duration::from_millis(50), client.produce("orders", 0, plain(&["a"]))).await.is_err());
    kafka.node(1)?.resume()?;
    let answer = client.receive::<kafka_sdk_protocol::api::ProduceRequest>(12).await?;
    assert_eq!(answer.responses[0].partition_responses[0].error_code, ErrorCode::NONE);
    Ok(())
}

#[tokio::test]
async fn a_node_that_is_down_can_be_killed_and_not_be_paused() -> TestResult {
    let kafka = TestKafka::embedded().start().await?;
    kafka.node(1)?.kill().await?;
    kafka.node(1)?.kill().await?;
    assert!(matches!(kafka.node(1)?.pause(), Err(Error::Down { .. })));
    assert!(matches!(kafka.node(1)?.stop().await, Err(Error::Down { .. })));
    Ok(())
}

#[test]
fn a_cluster_outlives_the_runtime_that_started_it_and_ends_when_it_is_dropped() -> TestResult {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let kafka = runtime()?.block_on(TestKafka::embedded().topic("orders", 1).start())?;
    let node = kafka.node(1)?.clone();
    runtime()?.block_on(async {
        let mut client = Client::connect(node.address()).await?;
        client.produce("orders", 0, plain(&["a"])).await?;
        drop(kafka);
        assert!(client.is_closed().await);
        assert!(matches!(node.restart().await, Err(Error::Ended { .. })));
        Ok(())
    })
}
