//! What decoding the answers of real brokers costs: at most four bytes of heap for each byte that came.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "broker/common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the other tests on brokers")]
mod common;
#[path = "../../kafka-sdk-protocol/tests/hostile/heap.rs"]
mod heap;

use common::{NEWEST, OLDEST, kafka, new_topic};
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorKind, Kafka, Result, TopicPartition};
use kafka_sdk_protocol::api::describe_configs::DescribeConfigsResource;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::message::{Message, Request};
use std::cell::Cell;
use std::time::Duration;

const MOST: usize = 4;

/// Calls and measures.
struct Calls<'k> {
    kafka: &'k Kafka,
    answers: usize,
    dearest: (f64, String),
}

impl Calls<'_> {
    async fn call<R: Request + Clone>(&mut self, route: &Route, request: R) -> Result<()> {
        self.call_up_to(i16::MAX, route, request).await
    }

    /// From Fetch 13 on a topic goes by its id.
    async fn call_up_to<R: Request + Clone>(&mut self, cap: i16, route: &Route, request: R) -> Result<()> {
        let used = Cell::new(-1);
        let build = |version| {
            used.set(version);
            request.clone()
        };
        let answer = match self.kafka.raw().call_up_to(cap, route, Duration::from_secs(30), build).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
            answer => answer?,
        };
        let version = used.get();
        let bytes = answer.encode(version).unwrap();
        let (decoded, taken) = heap::peak(|| R::Response::decode(&bytes, version));
        decoded.unwrap();
        let what = format!("{} v{version}: {taken} bytes of heap for {} bytes", R::NAME, bytes.len());
        assert!(taken <= MOST * bytes.len(), "{what}");
        self.answers += 1;
        let ratio = taken as f64 / bytes.len() as f64;
        if ratio > self.dearest.0 {
            self.dearest = (ratio, what);
        }
        Ok(())
    }
}

#[tokio::test]
async fn an_answer_of_a_real_broker_takes_at_most_four_times_its_bytes() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "heap::an_answer_of_a_real_broker_takes_at_most_four_times_its_bytes";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "wide", 100).await?;
        let producer = kafka.producer().await?;
        for n in 0..1_000 {
            producer.enqueue(&topic, format!("record {n}")).await?.forget();
        }
        producer.close().await?;
        let mut calls = Calls { kafka: &kafka, answers: 0, dearest: (0.0, String::new()) };
        ask_everything(&mut calls, &topic).await?;
        println!("{version}: {} answers; the dearest was {}", calls.answers, calls.dearest.1);
        assert!(calls.answers >= 10);
    }
    Ok(())
}

async fn ask_everything(calls: &mut Calls<'_>, topic: &str) -> Result<()> {
    let (any, leader) = (Route::Any, Route::Leader(TopicPartition::new(topic, 0)));
    let named = MetadataRequestTopic { name: Some(topic.to_owned()), ..Default::default() };
    let metadata = |topics| MetadataRequest { topics, ..Default::default() };
    calls.call(&any, metadata(Some(vec![named]))).await?;
    calls.call(&any, metadata(None)).await?;
    let config =
        DescribeConfigsResource { resource_type: 2, resource_name: topic.into(), ..Default::default() };
    calls.call(&any, DescribeConfigsRequest { resources: vec![config], ..Default::default() }).await?;
    let end = |n| ListOffsetsPartition { partition_index: n, timestamp: -1, ..Default::default() };
    let ends = ListOffsetsTopic { name: topic.into(), partitions: (0..100).map(end).collect() };
    let request = ListOffsetsRequest { replica_id: -1, topics: vec![ends], ..Default::default() };
    calls.call(&leader, request).await?;
    let start = |n| FetchPartition { partition: n, partition_max_bytes: 1 << 20, ..Default::default() };
    let starts =
        FetchTopic { topic: topic.into(), partitions: (0..100).map(start).collect(), ..Default::default() };
    let request = FetchRequest { max_bytes: 1 << 20, topics: vec![starts], ..Default::default() };
    calls.call_up_to(12, &leader, request).await?;
    calls.call(&any, FindCoordinatorRequest { key: "group".into(), ..Default::default() }).await?;
    let request = InitProducerIdRequest { transaction_timeout_ms: 60_000, ..Default::default() };
    calls.call(&any, request).await?;
    calls.call(&any, ApiVersionsRequest::default()).await?;
    calls.call(&any, ListGroupsRequest::default()).await?;
    calls.call(&any, DescribeLogDirsRequest { topics: None }).await?;
    calls.call(&any, DescribeClusterRequest::default()).await?;
    calls.call(&any, DescribeClientQuotasRequest::default()).await?;
    calls.call(&any, ListTransactionsRequest::default()).await
}
