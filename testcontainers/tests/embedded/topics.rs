//! Nodes and topics.

use std::time::{Duration, Instant};

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::metadata::{MetadataRequestTopic, MetadataResponseTopic};
use kafka_sdk_protocol::api::{DeleteTopicsRequest, FetchRequest, MetadataRequest};
use kafka_sdk_testcontainers::TestKafka;

use crate::common::{Client, FETCH_BY_NAME, TestResult, fetch, new_topic};

#[allow(clippy::disallowed_methods, reason = "measures a real duration")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn a_cluster_is_ready_in_20_milliseconds() -> TestResult {
    let mut shortest = Duration::MAX;
    for _ in 0..10 {
        let begin = now();
        let kafka = TestKafka::embedded().nodes(3).topic("orders", 6).start().await?;
        let seen = Client::connect(kafka.node(3)?.address()).await?.metadata(&["orders"]).await?;
        shortest = shortest.min(begin.elapsed());
        assert_eq!(seen.topics[0].partitions.len(), 6);
    }
    assert!(shortest < Duration::from_millis(20), "{shortest:?}");
    Ok(())
}

#[tokio::test]
async fn every_node_lists_every_node_and_leaderships_are_spread() -> TestResult {
    let kafka = TestKafka::embedded().nodes(3).topic("orders", 6).start().await?;
    for node in kafka.nodes() {
        let seen = Client::connect(node.address()).await?.metadata(&["orders"]).await?;
        let nodes: Vec<_> =
            seen.brokers.iter().map(|it| (it.node_id, format!("{}:{}", it.host, it.port))).collect();
        let expected: Vec<_> =
            kafka.nodes().iter().map(|node| (node.id(), node.address().to_owned())).collect();
        assert_eq!(nodes, expected);
        for id in 1..=3 {
            let led = seen.topics[0].partitions.iter().filter(|partition| partition.leader_id == id);
            assert_eq!(led.count(), 2);
        }
        assert!(seen.topics[0].partitions.iter().all(|partition| partition.isr_nodes.len() == 3));
    }
    Ok(())
}

#[tokio::test]
async fn a_topic_is_created_found_by_its_id_and_deleted() -> TestResult {
    let kafka = TestKafka::embedded().start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let created = client.ask(&new_topic("orders", 3, 1), 7).await?.topics.remove(0);
    assert_eq!(
        (created.error_code, created.num_partitions, created.replication_factor),
        (ErrorCode::NONE, 3, 1)
    );
    let by_id = |topic_id| {
        let topic = MetadataRequestTopic { topic_id, name: None };
        MetadataRequest { topics: Some(vec![topic]), ..Default::default() }
    };
    let found = client.ask(&by_id(created.topic_id), 12).await?.topics.remove(0);
    assert_eq!((found.name.as_deref(), found.partitions.len()), (Some("orders"), 3));
    let delete =
        DeleteTopicsRequest { topic_names: vec!["orders".into()], timeout_ms: 1000, ..Default::default() };
    assert_eq!(client.ask(&delete, 5).await?.responses[0].error_code, ErrorCode::NONE);
    assert_eq!(client.ask(&delete, 5).await?.responses[0].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let lost = client.ask(&by_id(created.topic_id), 12).await?.topics.remove(0);
    assert_eq!(lost.error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_created_is_refused_with_kafkas_codes() -> TestResult {
    let kafka = TestKafka::embedded().topic("taken.name", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    for (name, partitions, factor, code) in [
        ("taken.name", 1, 1, ErrorCode::TOPIC_ALREADY_EXISTS),
        ("taken_name", 1, 1, ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("a b", 1, 1, ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("none", 0, 1, ErrorCode::INVALID_PARTITIONS),
        ("wide", 1, 2, ErrorCode::INVALID_REPLICATION_FACTOR),
    ] {
        let answer = client.ask(&new_topic(name, partitions, factor), 7).await?;
        assert_eq!(answer.topics[0].error_code, code, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_topic_comes_by_being_asked_for_if_client_and_brokers_want_that() -> TestResult {
    async fn twice(
        property: &str,
        client_wants: bool,
    ) -> Result<MetadataResponseTopic, Box<dyn std::error::Error>> {
        let kafka = TestKafka::embedded().property("auto.create.topics.enable", property).start().await?;
        let mut client = Client::connect(kafka.bootstrap_servers()).await?;
        let topic = MetadataRequestTopic { name: Some("new".into()), ..Default::default() };
        let request = MetadataRequest {
            topics: Some(vec![topic]),
            allow_auto_topic_creation: client_wants,
            ..Default::default()
        };
        client.ask(&request, 12).await?;
        Ok(client.ask(&request, 12).await?.topics.remove(0))
    }
    assert_eq!(twice("true", true).await?.error_code, ErrorCode::NONE);
    assert_eq!(twice("true", false).await?.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(twice("false", true).await?.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    Ok(())
}

#[tokio::test]
async fn ten_thousand_partitions_are_held() -> TestResult {
    const PARTITIONS: i32 = 10_000;
    let kafka = TestKafka::embedded().nodes(3).topic("orders", PARTITIONS).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let seen = client.metadata(&["orders"]).await?.topics.remove(0).partitions;
    assert_eq!(seen.len(), 10_000);
    kafka.node(2)?.kill().await?;
    let seen = client.metadata(&["orders"]).await?.topics.remove(0).partitions;
    assert!(seen.iter().all(|partition| partition.leader_id == 1 || partition.leader_id == 3));
    let all: Vec<(i32, i64)> = (0..PARTITIONS).map(|index| (index, 0)).collect();
    let open = FetchRequest { session_epoch: 0, ..fetch("orders", &all) };
    let answer = client.ask(&open, FETCH_BY_NAME).await?;
    assert_eq!((answer.error_code, answer.responses[0].partitions.len()), (ErrorCode::NONE, 10_000));
    let next = FetchRequest { session_id: answer.session_id, session_epoch: 1, ..fetch("orders", &[]) };
    let next = FetchRequest { topics: Vec::new(), ..next };
    assert!(client.ask(&next, FETCH_BY_NAME).await?.responses.is_empty());
    Ok(())
}
