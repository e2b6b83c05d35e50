//! Requests and responses of 1,000 partitions.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafka_sdk_protocol::api::fetch::{FetchableTopicResponse, PartitionData};
use kafka_sdk_protocol::api::metadata::{MetadataResponsePartition, MetadataResponseTopic};
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{FetchResponse, MetadataResponse, ProduceRequest};
use kafka_sdk_protocol::message::{Message, request_frame};
use std::hint::black_box;

const PARTITIONS: i32 = 1_000;

fn messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("1,000 partitions");
    group.throughput(Throughput::Elements(PARTITIONS as u64));
    let metadata = metadata();
    let bytes = metadata.encode(12).unwrap();
    group.bench_function("Metadata response, encode", |b| b.iter(|| black_box(&metadata).encode(12)));
    group.bench_function("Metadata response, decode", |b| {
        b.iter(|| MetadataResponse::decode(black_box(&bytes), 12));
    });
    let fetch = fetch();
    let bytes = fetch.encode(17).unwrap();
    group.bench_function("Fetch response, encode", |b| b.iter(|| black_box(&fetch).encode(17)));
    group.bench_function("Fetch response, decode", |b| b.iter(|| FetchResponse::decode(black_box(&bytes), 17)));
    let produce = produce();
    group.bench_function("Produce request, encode", |b| {
        b.iter(|| request_frame(black_box(&produce), 12, 1, Some("bench")));
    });
    group.finish();
}

fn metadata() -> MetadataResponse {
    let partition = |partition_index| MetadataResponsePartition {
        partition_index,
        leader_id: partition_index % 3,
        leader_epoch: 5,
        replica_nodes: vec![0, 1, 2],
        isr_nodes: vec![0, 1, 2],
        ..Default::default()
    };
    let topic = MetadataResponseTopic {
        name: Some("a-topic-with-a-name".into()),
        partitions: (0..PARTITIONS).map(partition).collect(),
        ..Default::default()
    };
    MetadataResponse { topics: vec![topic], ..Default::default() }
}

fn fetch() -> FetchResponse {
    let partition = |partition_index| PartitionData {
        partition_index,
        high_watermark: 1_000,
        records: Some(Bytes::from(vec![0; 1_000])),
        ..Default::default()
    };
    let partitions = (0..PARTITIONS).map(partition).collect();
    let topic = FetchableTopicResponse { partitions, ..Default::default() };
    FetchResponse { responses: vec![topic], ..Default::default() }
}

fn produce() -> ProduceRequest {
    let records = Bytes::from(vec![0; 16 << 10]);
    let partition = |index| PartitionProduceData { index, records: Some(records.clone()) };
    let topic = TopicProduceData {
        name: "a-topic-with-a-name".into(),
        partition_data: (0..PARTITIONS).map(partition).collect(),
        ..Default::default()
    };
    ProduceRequest { acks: -1, topic_data: vec![topic], ..Default::default() }
}

criterion_group!(benches, messages);
criterion_main!(benches);
