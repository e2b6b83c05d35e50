//! Record batches of 10,000 records of 100 bytes: append with seal, and borrowed decode with checksum.

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafka_protocol::records::{Compression, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions};
use kafka_sdk_benches::{CpuTime, Record, STAMP, random};
use kafka_sdk_protocol::records::{BatchBuilder, batches};
use std::hint::black_box;

type Theirs = kafka_protocol::records::Record;

const RECORDS: usize = 10_000;

fn records(c: &mut Criterion<CpuTime>) {
    for (name, key) in [("no key", None), ("16-byte key", Some(b"0123456789abcdef".to_vec()))] {
        let record = |(i, value)| Record { key: key.clone(), ..Record::of(i, value) };
        let records: Vec<Record> = (0..).zip(random(RECORDS, 100)).map(record).collect();
        let prebuilt: Vec<Theirs> = records.iter().map(Theirs::from).collect();

        let mut group = c.benchmark_group(format!("append and seal, {name}"));
        group.throughput(Throughput::Elements(RECORDS as u64));
        let mut buffer = Vec::with_capacity(2 << 20);
        group.bench_function("kafka-sdk", |b| {
            b.iter(|| buffer = black_box(append(std::mem::take(&mut buffer), &records)));
        });
        let mut buffer = BytesMut::with_capacity(2 << 20);
        group.bench_function("kafka-protocol, records built before", |b| {
            b.iter(|| encode(&mut buffer, black_box(&prebuilt)));
        });
        // Values are `Bytes` there: cloning one is what a caller does who has it already.
        group.bench_function("kafka-protocol", |b| {
            b.iter(|| encode(&mut buffer, &black_box(&prebuilt).to_vec()));
        });
        group.finish();

        let mut group = c.benchmark_group(format!("check and iterate, {name}"));
        group.throughput(Throughput::Elements(RECORDS as u64));
        let bytes = Bytes::from(append(Vec::new(), &records));
        assert_eq!(read(&bytes), decode(&bytes));
        group.bench_function("kafka-sdk", |b| b.iter(|| read(black_box(&bytes))));
        group.bench_function("kafka-protocol", |b| b.iter(|| decode(black_box(&bytes))));
        group.finish();
    }
}

fn append(buffer: Vec<u8>, records: &[Record]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(buffer);
    for record in records {
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        builder.try_append(usize::MAX, record.timestamp, key, value, std::iter::empty());
    }
    builder.seal(STAMP)
}

fn encode(buffer: &mut BytesMut, records: &[Theirs]) {
    buffer.clear();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(buffer, records, &options).unwrap();
}

fn read(bytes: &Bytes) -> usize {
    let mut total = 0;
    for batch in batches(bytes) {
        let batch = batch.unwrap();
        batch.check().unwrap();
        for record in &batch.records().unwrap() {
            total += record.value.map_or(0, <[u8]>::len) + record.offset as usize;
        }
    }
    total
}

fn decode(bytes: &Bytes) -> usize {
    let sets = RecordBatchDecoder::decode_all(&mut bytes.clone()).unwrap();
    let records = sets.iter().flat_map(|set| &set.records);
    records.map(|record| record.value.as_ref().map_or(0, Bytes::len) + record.offset as usize).sum()
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = records
}
criterion_main!(benches);
