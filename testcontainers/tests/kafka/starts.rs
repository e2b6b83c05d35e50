//! Each version starts, alone and in threes.

use std::time::Duration;

use kafka_sdk_testcontainers::TestKafka;
use tokio::time::Instant;

use crate::common::{TestResult, listed, metadata, start};

async fn one_node(test: &str, version: &str) -> TestResult {
    let builder = TestKafka::jvm().version(version).topic("orders", 3);
    let begun = Instant::now();
    let Some(running) = start(test, builder).await? else { return Ok(()) };
    println!("{version}, 1 node: {:.1} s", begun.elapsed().as_secs_f64());
    let kafka = &running.kafka;
    assert_eq!(kafka.version(), version);
    assert_eq!(kafka.bootstrap_servers(), kafka.node(1)?.address());
    assert_eq!(listed(kafka.bootstrap_servers())?, [1]);
    let topics = metadata(kafka.bootstrap_servers())?.topics;
    let orders = topics.iter().find(|topic| topic.name.as_deref() == Some("orders")).ok_or("no topic")?;
    assert_eq!(orders.partitions.len(), 3);
    Ok(())
}

async fn three_nodes(test: &str, version: &str) -> TestResult {
    let builder = TestKafka::jvm().version(version).nodes(3).topic("orders", 6);
    let begun = Instant::now();
    let Some(running) = start(test, builder).await? else { return Ok(()) };
    println!("{version}, 3 nodes: {:.1} s", begun.elapsed().as_secs_f64());
    let kafka = &running.kafka;
    assert_eq!(kafka.nodes().len(), 3);
    for node in kafka.nodes() {
        assert_eq!(listed(node.address())?, [1, 2, 3]);
        let topics = metadata(node.address())?.topics;
        let orders = topics.iter().find(|topic| topic.name.as_deref() == Some("orders")).ok_or("no topic")?;
        assert_eq!(orders.partitions.len(), 6);
        assert!(orders.partitions.iter().all(|partition| partition.isr_nodes.len() == 3), "{orders:?}");
    }
    Ok(())
}

#[tokio::test]
async fn kafka_4_4_starts() -> TestResult {
    one_node("kafka_4_4_starts", "4.4.0").await
}

#[tokio::test]
async fn kafka_3_9_starts() -> TestResult {
    one_node("kafka_3_9_starts", "3.9.2").await
}

#[tokio::test]
async fn kafka_3_3_starts() -> TestResult {
    one_node("kafka_3_3_starts", "3.3.2").await
}

#[tokio::test]
async fn kafka_2_8_starts() -> TestResult {
    one_node("kafka_2_8_starts", "2.8.2").await
}

#[tokio::test]
async fn kafka_2_1_starts() -> TestResult {
    one_node("kafka_2_1_starts", "2.1.1").await
}

#[tokio::test]
#[ignore = "takes a minute: all versions, one and three nodes, with their times"]
async fn every_version_starts() -> TestResult {
    for version in TestKafka::versions() {
        one_node("every_version_starts", version).await?;
        three_nodes("every_version_starts", version).await?;
    }
    Ok(())
}

#[tokio::test]
async fn three_nodes_of_kafka_4_4_start() -> TestResult {
    three_nodes("three_nodes_of_kafka_4_4_start", "4.4.0").await
}

#[tokio::test]
async fn three_nodes_of_kafka_2_1_start() -> TestResult {
    three_nodes("three_nodes_of_kafka_2_1_start", "2.1.1").await
}

#[tokio::test]
async fn clusters_do_not_get_in_each_others_way() -> TestResult {
    let test = "clusters_do_not_get_in_each_others_way";
    let (one, other) = (start(test, TestKafka::jvm()), start(test, TestKafka::jvm().version("2.8.2")));
    let (Some(one), Some(other)) = tokio::try_join!(one, other)? else { return Ok(()) };
    assert_ne!(one.kafka.bootstrap_servers(), other.kafka.bootstrap_servers());
    assert_ne!(one.kafka.node(1)?.log_path(), other.kafka.node(1)?.log_path());
    Ok(())
}

#[test]
fn a_cluster_outlives_the_runtime_that_started_it() -> TestResult {
    let test = "a_cluster_outlives_the_runtime_that_started_it";
    let first = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Some(running) = first.block_on(start(test, TestKafka::jvm().version("2.8.2")))? else {
        return Ok(());
    };
    drop(first);
    let node = running.kafka.node(1)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        node.kill().await?;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(!node.is_running());
        node.restart().await
    })?;
    assert_eq!(listed(node.address())?, [1]);
    Ok(())
}
