//! Record batches: append with seal, and borrowed decode with checksum. 10,000 records of 100 bytes, as in
//! docs/performance.md.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kafka_sdk_benches::values;
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, batches};
use std::hint::black_box;

const RECORDS: usize = 10_000;
const STAMP: ProducerStamp = ProducerStamp { id: 1, epoch: 0, base_sequence: 0 };

fn build(buffer: Vec<u8>, values: &[Vec<u8>], key: Option<&[u8]>) -> Vec<u8> {
    let mut builder = BatchBuilder::new(buffer);
    for value in values {
        builder.try_append(usize::MAX, 1_700_000_000_000, key, Some(value), std::iter::empty());
    }
    builder.seal(STAMP)
}

fn records(c: &mut Criterion) {
    let values = values(RECORDS, 100);
    let mut group = c.benchmark_group("records");
    group.throughput(Throughput::Elements(RECORDS as u64));
    for (name, key) in [("no key", None), ("16-byte key", Some(&b"0123456789abcdef"[..]))] {
        let mut buffer = Vec::with_capacity(2 << 20);
        group.bench_function(format!("append and seal, {name}"), |b| {
            b.iter(|| buffer = black_box(build(std::mem::take(&mut buffer), &values, key)));
        });
        let bytes = Bytes::from(build(Vec::new(), &values, key));
        group.bench_function(format!("check and iterate, {name}"), |b| {
            b.iter(|| read(black_box(&bytes)));
        });
    }
    group.finish();
}

fn read(bytes: &Bytes) -> usize {
    let mut total = 0;
    for batch in batches(bytes).flatten() {
        if batch.check().is_err() {
            continue;
        }
        let Ok(records) = batch.records() else { continue };
        for record in &records {
            total += record.value.map_or(0, <[u8]>::len) + record.offset as usize;
        }
    }
    total
}

criterion_group!(benches, records);
criterion_main!(benches);
