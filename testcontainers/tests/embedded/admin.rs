//! What administrators ask for.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::alter_configs::{AlterConfigsResource, AlterableConfig};
use kafka_sdk_protocol::api::create_partitions::{CreatePartitionsAssignment, CreatePartitionsTopic};
use kafka_sdk_protocol::api::delete_records::{DeleteRecordsPartition, DeleteRecordsTopic};
use kafka_sdk_protocol::api::describe_configs::{DescribeConfigsResource, DescribeConfigsResourceResult};
use kafka_sdk_protocol::api::offset_for_leader_epoch::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use kafka_sdk_protocol::api::{
    AlterConfigsRequest, CreatePartitionsRequest, DeleteRecordsRequest, DescribeClusterRequest,
    DescribeConfigsRequest, IncrementalAlterConfigsRequest, OffsetForLeaderEpochRequest,
    incremental_alter_configs,
};
use kafka_sdk_testcontainers::TestKafka;

use crate::common::{Client, TestResult, plain, records};

const TOPIC: i8 = 2;

#[tokio::test]
async fn partitions_are_added_and_never_taken_away() -> TestResult {
    let kafka = TestKafka::embedded().nodes(2).topic("orders", 2).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let mut ask = async |count, assignments: Option<&[&[i32]]>| {
        let assignment = |ids: &&[i32]| CreatePartitionsAssignment { broker_ids: ids.to_vec() };
        let assignments = assignments.map(|all| all.iter().map(assignment).collect());
        let topics = vec![CreatePartitionsTopic { name: "orders".into(), count, assignments }];
        let request = CreatePartitionsRequest { topics, timeout_ms: 1000, validate_only: false };
        Ok::<_, std::io::Error>(client.ask(&request, 3).await?.results[0].error_code)
    };
    assert_eq!(ask(3, None).await?, ErrorCode::NONE);
    assert_eq!(ask(4, Some(&[&[2, 1]])).await?, ErrorCode::NONE);
    assert_eq!(ask(4, None).await?, ErrorCode::INVALID_PARTITIONS);
    assert_eq!(ask(5, Some(&[&[2, 3]])).await?, ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    assert_eq!(ask(6, Some(&[&[1, 2]])).await?, ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    let partitions = client.metadata(&["orders"]).await?.topics.remove(0).partitions;
    assert_eq!((partitions.len(), partitions[3].leader_id), (4, 2));
    Ok(())
}

#[tokio::test]
async fn deleted_records_are_out_of_range() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.produce("orders", 0, plain(&["a", "b"])).await?;
    client.produce("orders", 0, plain(&["c"])).await?;
    let delete = |offset| {
        let partitions = vec![DeleteRecordsPartition { partition_index: 0, offset }];
        let topics = vec![DeleteRecordsTopic { name: "orders".into(), partitions }];
        DeleteRecordsRequest { topics, timeout_ms: 1000 }
    };
    for (offset, low_watermark, code) in
        [(1, 1, ErrorCode::NONE), (4, -1, ErrorCode::OFFSET_OUT_OF_RANGE), (-1, 3, ErrorCode::NONE)]
    {
        let answer = client.ask(&delete(offset), 2).await?.topics.remove(0).partitions.remove(0);
        assert_eq!((answer.low_watermark, answer.error_code), (low_watermark, code), "{offset}");
    }
    assert_eq!(client.fetch("orders", 0, 2).await?.error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(records(&client.fetch("orders", 0, 3).await?), []);
    assert_eq!(client.list_offset("orders", 0, -2).await?.offset, 3);
    Ok(())
}

#[tokio::test]
async fn an_epoch_ends_where_the_next_leader_has_begun() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.produce("orders", 0, plain(&["a", "b"])).await?;
    kafka.node(1)?.restart().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.produce("orders", 0, plain(&["c"])).await?;
    for (leader_epoch, current_leader_epoch, expected) in [
        (0, -1, (ErrorCode::NONE, 0, 2)),
        (2, 2, (ErrorCode::NONE, 2, 3)),
        (3, -1, (ErrorCode::NONE, -1, -1)),
        (0, 1, (ErrorCode::FENCED_LEADER_EPOCH, -1, -1)),
        (0, 3, (ErrorCode::UNKNOWN_LEADER_EPOCH, -1, -1)),
    ] {
        let partitions = vec![OffsetForLeaderPartition { partition: 0, current_leader_epoch, leader_epoch }];
        let topics = vec![OffsetForLeaderTopic { topic: "orders".into(), partitions }];
        let request = OffsetForLeaderEpochRequest { replica_id: -1, topics };
        let end = client.ask(&request, 4).await?.topics.remove(0).partitions.remove(0);
        assert_eq!((end.error_code, end.leader_epoch, end.end_offset), expected);
    }
    Ok(())
}

/// A setting of the topic.
async fn described(client: &mut Client, name: &str) -> std::io::Result<DescribeConfigsResourceResult> {
    let resource = DescribeConfigsResource {
        resource_type: TOPIC,
        resource_name: "orders".into(),
        configuration_keys: Some(vec![name.into()]),
    };
    let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
    Ok(client.ask(&request, 4).await?.results.remove(0).configs.remove(0))
}

#[tokio::test]
async fn settings_are_described_with_their_source_and_altered() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).property("message.max.bytes", "500").start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let found = described(&mut client, "max.message.bytes").await?;
    assert_eq!((found.value.as_deref(), found.config_source, found.config_type), (Some("500"), 4, 3));
    assert_eq!(described(&mut client, "retention.ms").await?.config_source, 5);

    let mut set = async |name: &str, value: &str| {
        let configs = vec![AlterableConfig { name: name.into(), value: Some(value.into()) }];
        let resource = AlterConfigsResource { resource_type: TOPIC, resource_name: "orders".into(), configs };
        let request = AlterConfigsRequest { resources: vec![resource], validate_only: false };
        Ok::<_, std::io::Error>(client.ask(&request, 2).await?.responses[0].error_code)
    };
    assert_eq!(set("max.message.bytes", "100").await?, ErrorCode::NONE);
    assert_eq!(set("max.message.bytes", "many").await?, ErrorCode::INVALID_CONFIG);
    assert_eq!(set("no.such.thing", "1").await?, ErrorCode::INVALID_CONFIG);
    let found = described(&mut client, "max.message.bytes").await?;
    assert_eq!((found.value.as_deref(), found.config_source), (Some("100"), 1));
    let refused = client.produce("orders", 0, plain(&["x".repeat(100).as_str()])).await?;
    assert_eq!(refused.error_code, ErrorCode::MESSAGE_TOO_LARGE);
    Ok(())
}

#[tokio::test]
async fn lists_are_added_to_and_taken_from() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let (set, delete, append, subtract) = (0, 1, 2, 3);
    for (name, config_operation, value, expected) in [
        ("cleanup.policy", append, Some("compact"), Some("delete,compact")),
        ("cleanup.policy", subtract, Some("delete"), Some("compact")),
        ("cleanup.policy", delete, None, Some("delete")),
        ("retention.ms", set, Some("5"), Some("5")),
        ("retention.ms", append, Some("6"), None),
    ] {
        let config = incremental_alter_configs::AlterableConfig {
            name: name.into(),
            config_operation,
            value: value.map(Into::into),
        };
        let resource = incremental_alter_configs::AlterConfigsResource {
            resource_type: TOPIC,
            resource_name: "orders".into(),
            configs: vec![config],
        };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
        let code = client.ask(&request, 1).await?.responses[0].error_code;
        match expected {
            Some(_) => assert_eq!(described(&mut client, name).await?.value.as_deref(), expected),
            None => assert_eq!(code, ErrorCode::INVALID_CONFIG),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_compacted_topic_takes_no_records_without_keys() -> TestResult {
    let kafka =
        TestKafka::embedded().topic("orders", 1).property("log.cleanup.policy", "compact").start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    assert_eq!(client.produce("orders", 0, plain(&["x"])).await?.error_code, ErrorCode::INVALID_RECORD);
    Ok(())
}

#[tokio::test]
async fn a_topic_can_give_records_the_time_of_the_broker() -> TestResult {
    let property = ("log.message.timestamp.type", "LogAppendTime");
    let kafka = TestKafka::embedded().topic("orders", 1).property(property.0, property.1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let written = client.produce("orders", 0, plain(&["x"])).await?;
    assert!(written.log_append_time_ms > 1_000_000_000_000, "and not 1000, as the client has set it");
    assert_eq!(records(&client.fetch("orders", 0, 0).await?).len(), 1);
    assert_eq!(client.list_offset("orders", 0, -3).await?.timestamp, written.log_append_time_ms);
    Ok(())
}

#[tokio::test]
async fn a_cluster_is_described() -> TestResult {
    let kafka = TestKafka::embedded().nodes(3).start().await?;
    kafka.node(2)?.kill().await?;
    let mut client = Client::connect(kafka.node(1)?.address()).await?;
    let request =
        DescribeClusterRequest { endpoint_type: 1, include_fenced_brokers: true, ..Default::default() };
    let answer = client.ask(&request, 2).await?;
    let nodes: Vec<(i32, bool)> =
        answer.brokers.iter().map(|broker| (broker.broker_id, broker.is_fenced)).collect();
    assert_eq!((nodes, answer.controller_id), (vec![(1, false), (2, true), (3, false)], 1));
    assert_eq!(Some(answer.cluster_id), client.metadata(&[]).await?.cluster_id);
    Ok(())
}
