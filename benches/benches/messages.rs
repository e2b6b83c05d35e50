//! Requests and responses of 1,000 partitions.

use bytes::{Bytes, BytesMut};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, Encodable};
use kafka_sdk_benches::CpuTime;
use kafka_sdk_protocol::api::fetch::{FetchableTopicResponse, PartitionData};
use kafka_sdk_protocol::api::metadata::{MetadataResponsePartition, MetadataResponseTopic};
use kafka_sdk_protocol::api::produce::{
    PartitionProduceData, PartitionProduceResponse, TopicProduceData, TopicProduceResponse,
};
use kafka_sdk_protocol::api::{FetchResponse, MetadataResponse, ProduceRequest, ProduceResponse};
use kafka_sdk_protocol::message::{Message, request_frame};
use std::hint::black_box;

const PARTITIONS: i32 = 1_000;
const TOPIC: &str = "a-topic-with-a-name";

fn messages(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("1,000 partitions");
    group.throughput(Throughput::Elements(PARTITIONS as u64));
    pair::<_, theirs::MetadataResponse>(&mut group, "Metadata response", &metadata(), 12);
    pair::<_, theirs::ProduceResponse>(&mut group, "Produce response", &produced(), 12);
    pair::<_, theirs::FetchResponse>(&mut group, "Fetch response", &fetched(1_000), 17);
    pair::<_, theirs::FetchResponse>(&mut group, "Fetch response without records", &fetched(0), 17);
    let produce = produce();
    pair::<_, theirs::ProduceRequest>(&mut group, "Produce request", &produce, 12);
    group.bench_function("Produce request, as a frame that shares its records: kafka-sdk", |b| {
        b.iter(|| request_frame(black_box(&produce), 12, 1, Some("bench")));
    });
    group.finish();
}

/// The same message in both crates: theirs is what they read from our bytes, and gives the same bytes again.
fn pair<M: Message, T: Encodable + Decodable>(
    group: &mut BenchmarkGroup<'_, CpuTime>,
    name: &str,
    ours: &M,
    version: i16,
) {
    let bytes = ours.encode(version).unwrap();
    let theirs = T::decode(&mut bytes.clone(), version).unwrap();
    // They allocate once, as we do.
    let encode = |theirs: &T| {
        let mut buffer = BytesMut::with_capacity(bytes.len());
        theirs.encode(&mut buffer, version).unwrap();
        buffer.freeze()
    };
    assert_eq!(encode(&theirs), bytes);
    group
        .bench_function(format!("{name}, encode: kafka-sdk"), |b| b.iter(|| black_box(ours).encode(version)));
    group
        .bench_function(format!("{name}, encode: kafka-protocol"), |b| b.iter(|| encode(black_box(&theirs))));
    group.bench_function(format!("{name}, decode: kafka-sdk"), |b| {
        b.iter(|| M::decode(black_box(&bytes), version).unwrap());
    });
    group.bench_function(format!("{name}, decode: kafka-protocol"), |b| {
        b.iter(|| T::decode(&mut black_box(&bytes).clone(), version).unwrap());
    });
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
    let partitions = (0..PARTITIONS).map(partition).collect();
    let topic = MetadataResponseTopic { name: Some(TOPIC.into()), partitions, ..Default::default() };
    MetadataResponse { topics: vec![topic], ..Default::default() }
}

fn fetched(bytes: usize) -> FetchResponse {
    let partition = |partition_index| PartitionData {
        partition_index,
        high_watermark: 1_000,
        records: Some(Bytes::from(vec![0; bytes])),
        ..Default::default()
    };
    let partitions = (0..PARTITIONS).map(partition).collect();
    let topic = FetchableTopicResponse { partitions, ..Default::default() };
    FetchResponse { responses: vec![topic], ..Default::default() }
}

fn produce() -> ProduceRequest {
    let records = Bytes::from(vec![0; 16 << 10]);
    let partition = |index| PartitionProduceData { index, records: Some(records.clone()) };
    let partition_data = (0..PARTITIONS).map(partition).collect();
    let topic = TopicProduceData { name: TOPIC.into(), partition_data, ..Default::default() };
    ProduceRequest { acks: -1, topic_data: vec![topic], ..Default::default() }
}

fn produced() -> ProduceResponse {
    let partition = |index| PartitionProduceResponse { index, base_offset: 1_000_000, ..Default::default() };
    let partition_responses = (0..PARTITIONS).map(partition).collect();
    let topic = TopicProduceResponse { name: TOPIC.into(), partition_responses, ..Default::default() };
    ProduceResponse { responses: vec![topic], ..Default::default() }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = messages
}
criterion_main!(benches);
