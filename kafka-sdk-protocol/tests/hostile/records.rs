//! Record batches, message sets and compressed bytes.

use super::ALLOWANCE;
use super::heap::peak;
use bytes::Bytes;
use kafka_sdk_protocol::records::compression::{Codec, CompressionError, compress, decompress};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, batches};

const CODECS: [Codec; 4] = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
const LIMIT: usize = 1 << 20;
/// While the output grows the part before is there twice; a codec has tables, and zstd a window besides, which is no
/// larger than what it has decompressed so far.
const MOST: usize = 3 * LIMIT + (2 << 20) + ALLOWANCE;

/// Reads everything that can be read.
fn read_all(bytes: &Bytes) -> usize {
    let readable = batches(bytes).flatten().filter_map(|batch| batch.records_within(LIMIT).ok());
    readable.map(|records| records.iter().flat_map(|record| record.headers()).count()).sum()
}

fn attack(bytes: Vec<u8>, limit: usize) -> u64 {
    let bytes = Bytes::from(bytes);
    let (_, taken) = peak(|| read_all(&bytes));
    assert!(taken <= limit, "{taken} bytes of heap for {bytes:?}");
    1
}

fn batch(codec: Codec) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Vec::new());
    for n in 0..20u8 {
        let headers = [("h", Some(&b"x"[..])), ("null", None)];
        builder.append(1_000 + i64::from(n), Some(&[n]), Some(&[n; 30]), headers.into_iter());
    }
    builder.seal_compressed(ProducerStamp::NONE, codec, codec.default_level(), Vec::new()).unwrap().batch
}

#[test]
fn a_batch_takes_no_more_heap_than_its_bytes_or_the_limit_justify() {
    let (mut random, mut cases) = (fastrand::Rng::with_seed(9), 0);
    for codec in [Codec::None].into_iter().chain(CODECS) {
        let whole = batch(codec);
        let limit = match codec {
            Codec::None => 2 * whole.len() + ALLOWANCE,
            _ => MOST,
        };
        for cut in 0..whole.len() {
            cases += attack(whole[..cut].to_vec(), limit);
        }
        for at in 0..whole.len() {
            for bent in [&[0xff; 4][..], &[0x7f, 0xff, 0xff, 0xff], &[0; 4], &[0xff, 0xff, 0xff, 0xff, 0x0f]]
            {
                let mut bytes = whole.clone();
                bytes.iter_mut().skip(at).zip(bent).for_each(|(byte, new)| *byte = *new);
                cases += attack(bytes, limit);
            }
            for magic in [0, 1] {
                let mut bytes = whole.clone();
                bytes[16] = magic;
                bytes[at] = random.u8(..);
                cases += attack(bytes, MOST);
            }
        }
    }
    println!("{cases} hostile batches");
}

#[test]
fn a_bomb_is_defused_at_the_limit() {
    for codec in CODECS {
        let mut bomb = Vec::new();
        compress(codec, codec.default_level(), &vec![0; 64 << 20], &mut bomb).unwrap();
        let mut output = Vec::new();
        let (outcome, taken) = peak(|| decompress(codec, &bomb, &mut output, LIMIT));
        assert_eq!(outcome, Err(CompressionError::Limit { limit: LIMIT }), "{codec}");
        println!("{codec}: {} bytes hold 64 MiB; {taken} bytes of heap were taken", bomb.len());
        assert!(taken <= MOST, "{codec}: {taken}");
    }
}

#[test]
fn bent_compressed_bytes_are_bounded_as_well() {
    let (mut random, mut cases) = (fastrand::Rng::with_seed(3), 0);
    for codec in CODECS {
        let plain: Vec<u8> = (0..5_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut whole = Vec::new();
        compress(codec, codec.default_level(), &plain, &mut whole).unwrap();
        for _ in 0..3_000 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..4) {
                // The lengths stand at the front.
                let front = if random.bool() { 32 } else { whole.len() };
                bytes[random.usize(..front)] = random.u8(..);
            }
            bytes.truncate(random.usize(1..=bytes.len()));
            let mut output = Vec::new();
            let (_, taken) = peak(|| decompress(codec, &bytes, &mut output, LIMIT));
            assert!(output.len() <= LIMIT && taken <= MOST, "{codec}: {taken} {bytes:?}");
            cases += 1;
        }
    }
    println!("{cases} bent streams");
}

/// zstd says first how far its blocks may reach back: up to 128 MiB, at the highest level and also in front of little.
#[test]
fn a_window_that_is_announced_costs_nothing_by_itself() {
    const LARGEST: u8 = 17 << 3;
    let raw_block = |size: u32, last: u32| (size << 3 | last).to_le_bytes()[..3].to_vec();
    let start = [&[0x28, 0xb5, 0x2f, 0xfd, 0, LARGEST][..], &raw_block(5, 1), b"hello"].concat();
    let mut output = Vec::new();
    let (outcome, taken) = peak(|| decompress(Codec::Zstd, &start, &mut output, LIMIT));
    outcome.unwrap();
    assert_eq!(output, b"hello");
    assert!(taken <= 1 << 20, "{taken}");
}
