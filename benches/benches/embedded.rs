//! The embedded Kafka: 5,000 records of 100 bytes in one batch, in and out, over a socket. Its thread uses one core; the
//! client here only sends and receives bytes made before.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafka_sdk_benches::random;
use kafka_sdk_protocol::api::delete_records::{DeleteRecordsPartition, DeleteRecordsTopic};
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{DeleteRecordsRequest, FetchRequest, ProduceRequest};
use kafka_sdk_protocol::message::{Request, request_frame};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use kafka_sdk_testcontainers::TestKafka;
use std::io::{Read, Write};
use std::net::TcpStream;

const RECORDS: usize = 5_000;

fn embedded(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let kafka =
        runtime.block_on(TestKafka::embedded().topic("in", 1).topic("out", 1).start()).expect("a cluster");
    let mut stream = TcpStream::connect(kafka.bootstrap_servers()).expect("a connection");
    stream.set_nodelay(true).expect("a connection");
    let (produce, delete) = (frame(&produce("in"), 12), frame(&delete("in"), 2));
    let fetch = frame(&fetch("out"), 12);
    let mut answer = Vec::new();
    call(&mut stream, &frame(&self::produce("out"), 12), &mut answer);

    let mut group = c.benchmark_group("embedded");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("produce", |b| {
        b.iter(|| {
            call(&mut stream, &produce, &mut answer);
            // Or the memory would be full before long.
            call(&mut stream, &delete, &mut answer);
        });
    });
    group.bench_function("fetch", |b| b.iter(|| call(&mut stream, &fetch, &mut answer)));
    group.finish();
    assert!(answer.len() > RECORDS * 100);
}

fn call(stream: &mut TcpStream, frame: &[u8], answer: &mut Vec<u8>) {
    stream.write_all(frame).expect("a connection");
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a connection");
    answer.resize(u32::from_be_bytes(length) as usize, 0);
    stream.read_exact(answer).expect("a connection");
}

fn frame<R: Request>(request: &R, version: i16) -> Vec<u8> {
    request_frame(request, version, 1, None).expect("a frame").concat()
}

fn produce(topic: &str) -> ProduceRequest {
    let mut builder = BatchBuilder::new(Vec::new());
    for value in random(RECORDS, 100) {
        builder.append(1_700_000_000_000, None, Some(&value), std::iter::empty());
    }
    let records = Some(Bytes::from(builder.seal(ProducerStamp::NONE)));
    let partition_data = vec![PartitionProduceData { index: 0, records }];
    let topic = TopicProduceData { name: topic.into(), partition_data, ..Default::default() };
    ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 1000, topic_data: vec![topic] }
}

/// Of all records.
fn delete(topic: &str) -> DeleteRecordsRequest {
    let partitions = vec![DeleteRecordsPartition { partition_index: 0, offset: -1 }];
    DeleteRecordsRequest {
        topics: vec![DeleteRecordsTopic { name: topic.into(), partitions }],
        timeout_ms: 1000,
    }
}

fn fetch(topic: &str) -> FetchRequest {
    let partition = FetchPartition { partition_max_bytes: 1 << 20, ..Default::default() };
    let topic = FetchTopic { topic: topic.into(), partitions: vec![partition], ..Default::default() };
    FetchRequest { max_bytes: 1 << 20, topics: vec![topic], ..Default::default() }
}

criterion_group!(benches, embedded);
criterion_main!(benches);
