//! The codecs over 8 MiB of distinct records in batches of 64 KiB, next to libraries that do the same.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::write::{GzDecoder, GzEncoder};
use kafka_sdk_benches::{CpuTime, STAMP, json, tokens};
use kafka_sdk_protocol::records::compression::{Codec, DEFAULT_LIMIT, compress, decompress};
use kafka_sdk_protocol::records::{BatchBuilder, HEADER_SIZE};
use std::hint::black_box;
use std::io::{Read, Write};
use std::time::Duration;

const BATCH: usize = 64 << 10;
const TOTAL: usize = 8 << 20;

/// Something that appends what it makes of some bytes to others.
type Pass = Box<dyn FnMut(&[u8], &mut Vec<u8>)>;

struct Library {
    name: String,
    compress: Pass,
    decompress: Pass,
}

fn codecs(c: &mut Criterion<CpuTime>) {
    for (data, values) in [("JSON events", json(TOTAL / 330)), ("100 B tokens", tokens(TOTAL / 100, 100))] {
        let batches = batches(values);
        let total: usize = batches.iter().map(Vec::len).sum();
        let mut group = c.benchmark_group(data);
        group.throughput(Throughput::Bytes(total as u64)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        for Library { name, mut compress, mut decompress } in libraries() {
            let compressed: Vec<Vec<u8>> = batches.iter().map(|batch| run(&mut compress, batch)).collect();
            let size: usize = compressed.iter().map(Vec::len).sum();
            println!("{data}: {name}: 1 : {:.2}", total as f64 / size as f64);
            assert!(batches.iter().zip(&compressed).all(|(batch, c)| run(&mut decompress, c) == *batch));
            let mut output = Vec::with_capacity(2 * BATCH);
            for (direction, pass, input) in
                [("compress", &mut compress, &batches), ("decompress", &mut decompress, &compressed)]
            {
                group.bench_function(format!("{direction}: {name}"), |b| {
                    b.iter(|| {
                        for bytes in input {
                            output.clear();
                            pass(black_box(bytes), &mut output);
                        }
                    });
                });
            }
        }
        group.finish();
    }
}

fn run(pass: &mut Pass, input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    pass(input, &mut output);
    output
}

/// The records of full batches as they are before they are compressed; a record that does not fit is left out.
fn batches(values: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let (mut batches, mut batch) = (Vec::new(), BatchBuilder::new(Vec::new()));
    for (timestamp, value) in (1_700_000_000_000..).zip(values) {
        if batch.try_append(BATCH, timestamp, None, Some(&value), std::iter::empty()).is_none() {
            let full = std::mem::replace(&mut batch, BatchBuilder::new(Vec::new()));
            batches.push(full.seal(STAMP).split_off(HEADER_SIZE));
        }
    }
    batches
}

fn libraries() -> Vec<Library> {
    let mut libraries: Vec<Library> = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd].map(ours).into();
    libraries.extend([gzip(), snappy(), lz4_c(), lz4_flex(), zstd_c()]);
    libraries
}

fn ours(codec: Codec) -> Library {
    let level = codec.default_level();
    Library {
        name: format!("kafka-sdk {codec}"),
        compress: Box::new(move |input, output| compress(codec, level, input, output).unwrap()),
        decompress: Box::new(move |input, output| decompress(codec, input, output, DEFAULT_LIMIT).unwrap()),
    }
}

fn gzip() -> Library {
    Library {
        name: "flate2 with zlib-rs, a state for each batch".into(),
        compress: Box::new(|input, output| {
            let mut encoder = GzEncoder::new(output, flate2::Compression::default());
            encoder.write_all(input).unwrap();
            encoder.finish().unwrap();
        }),
        decompress: Box::new(|input, output| {
            let mut decoder = GzDecoder::new(output);
            decoder.write_all(input).unwrap();
            decoder.finish().unwrap();
        }),
    }
}

/// Blocks without Kafka's framing.
fn snappy() -> Library {
    let (mut encoder, mut decoder) = (snap::raw::Encoder::new(), snap::raw::Decoder::new());
    Library {
        name: "snap, raw blocks".into(),
        compress: Box::new(move |input, output| {
            output.resize(snap::raw::max_compress_len(input.len()), 0);
            let size = encoder.compress(input, output).unwrap();
            output.truncate(size);
        }),
        decompress: Box::new(move |input, output| {
            output.resize(snap::raw::decompress_len(input).unwrap(), 0);
            decoder.decompress(input, output).unwrap();
        }),
    }
}

fn lz4_c() -> Library {
    Library {
        name: "lz4 (C), a frame for each batch".into(),
        compress: Box::new(|input, output| {
            let mut encoder = lz4::EncoderBuilder::new().build(output).unwrap();
            encoder.write_all(input).unwrap();
            encoder.finish().1.unwrap();
        }),
        decompress: Box::new(|input, output| {
            lz4::Decoder::new(input).unwrap().read_to_end(output).unwrap();
        }),
    }
}

fn lz4_flex() -> Library {
    Library {
        name: "lz4_flex, a frame for each batch".into(),
        compress: Box::new(|input, output| {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(output);
            encoder.write_all(input).unwrap();
            encoder.finish().unwrap();
        }),
        decompress: Box::new(|input, output| {
            lz4_flex::frame::FrameDecoder::new(input).read_to_end(output).unwrap();
        }),
    }
}

fn zstd_c() -> Library {
    let mut compressor = zstd::bulk::Compressor::new(3).unwrap();
    let mut decompressor = zstd::bulk::Decompressor::new().unwrap();
    Library {
        name: "zstd (C), a reused context".into(),
        compress: Box::new(move |input, output| {
            output.reserve(zstd::zstd_safe::compress_bound(input.len()));
            compressor.compress_to_buffer(input, output).unwrap();
        }),
        decompress: Box::new(move |input, output| {
            output.reserve(2 * BATCH);
            decompressor.decompress_to_buffer(input, output).unwrap();
        }),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = codecs
}
criterion_main!(benches);
