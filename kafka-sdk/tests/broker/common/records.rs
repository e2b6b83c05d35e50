//! What is in a topic.

use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Kafka, Offset, Result};
use kafka_sdk_protocol::api::alter_configs::{AlterConfigsResource, AlterableConfig};
use kafka_sdk_protocol::api::delete_records::{DeleteRecordsPartition, DeleteRecordsTopic};
use kafka_sdk_protocol::api::{AlterConfigsRequest, DeleteRecordsRequest};
use kafka_sdk_testcontainers::TestKafka;
use std::time::Duration;

/// All values, as our reader gives them.
pub(crate) async fn values(kafka: &Kafka, topic: &str) -> Result<Vec<String>> {
    let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    let mut values = Vec::new();
    while let Some(message) = reader.next().await {
        values.push(String::from_utf8(message?.value().unwrap_or_default().to_vec()).unwrap());
    }
    Ok(values)
}

/// All values, as Kafka's own consumer gives them.
pub(crate) async fn values_by_java(broker: &TestKafka, topic: &str) -> Vec<String> {
    let args = ["--topic", topic, "--from-beginning", "--timeout-ms", "5000"];
    let output = broker.console_consumer().args(args).run().await.unwrap();
    output.text().lines().map(str::to_owned).collect()
}

/// The first `count` values, as Kafka's own consumer gives them; less where it finds no more in a minute.
pub(crate) async fn first_values_by_java(broker: &TestKafka, topic: &str, count: usize) -> Vec<String> {
    let count = count.to_string();
    let args = ["--topic", topic, "--from-beginning", "--timeout-ms", "60000", "--max-messages", &count];
    let output = broker.console_consumer().args(args).run().await.unwrap();
    output.text().lines().map(str::to_owned).collect()
}

/// Gives a topic this setting; its others are as by default then.
pub(crate) async fn alter_topic(kafka: &Kafka, topic: &str, name: &str, value: &str) -> Result<()> {
    /// Kafka's number for a topic among things that have settings.
    const TOPIC: i8 = 2;
    let config = AlterableConfig { name: name.into(), value: Some(value.into()) };
    let resource =
        AlterConfigsResource { resource_type: TOPIC, resource_name: topic.into(), configs: vec![config] };
    let request = |_| AlterConfigsRequest { resources: vec![resource.clone()], ..Default::default() };
    let response = kafka.raw().call(&Route::Any, Duration::from_secs(10), request).await?;
    assert_eq!(response.responses[0].error_code, ErrorCode::NONE, "{response:?}");
    Ok(())
}

/// Has the records of partition 0 before `offset` deleted; -1 for all.
pub(crate) async fn delete_before(kafka: &Kafka, topic: &str, offset: i64) -> Result<()> {
    let partitions = vec![DeleteRecordsPartition { partition_index: 0, offset }];
    let topics = vec![DeleteRecordsTopic { name: topic.into(), partitions }];
    let request = |_| DeleteRecordsRequest { topics: topics.clone(), timeout_ms: 10_000 };
    let leader = Route::Leader((topic, 0).into());
    let answer = kafka.raw().call(&leader, Duration::from_secs(20), request).await?;
    assert_eq!(answer.topics[0].partitions[0].error_code, ErrorCode::NONE);
    Ok(())
}
