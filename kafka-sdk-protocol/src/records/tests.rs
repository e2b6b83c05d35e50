use super::compression::{Codec, CompressionError};
use super::*;
use crate::error::DecodeErrorKind;
use bytes::Bytes;

type Header = (&'static str, Option<&'static [u8]>);
type Plain = (i64, Option<&'static [u8]>, Option<&'static [u8]>, Vec<Header>);

fn samples() -> Vec<Plain> {
    vec![
        (1_000, Some(b"key"), Some(b"value"), vec![]),
        (999, None, Some(b""), vec![("name", Some(b"x")), ("name", None), ("", Some(b""))]),
        (1_500, Some(b""), None, vec![]),
        (i64::MAX, None, None, vec![("long", Some(&[9; 300]))]),
    ]
}

fn build(records: &[Plain], producer: ProducerStamp) -> Bytes {
    let mut builder = BatchBuilder::new(Vec::new());
    for (index, (timestamp, key, value, headers)) in records.iter().enumerate() {
        assert_eq!(builder.append(*timestamp, *key, *value, headers.iter().copied()), index as u32);
    }
    builder.seal(producer).into()
}

fn only(bytes: &Bytes) -> RecordBatch {
    let mut all = batches(bytes);
    let batch = all.next().unwrap().unwrap();
    assert!(all.next().is_none());
    batch
}

/// `bytes` with `change` made to it and a checksum that fits.
fn edited(bytes: &Bytes, change: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut copy = bytes.to_vec();
    change(&mut copy);
    let crc = crc32c(&copy[21..]);
    copy[17..21].copy_from_slice(&crc.to_be_bytes());
    copy.into()
}

#[test]
fn what_is_appended_is_read_back() {
    let stamp = ProducerStamp { id: 77, epoch: 3, base_sequence: 1_000 };
    let batch = only(&build(&samples(), stamp));
    batch.check().unwrap();
    let header = *batch.header();
    assert_eq!((header.producer, header.count, header.last_offset_delta), (stamp, 4, 3));
    assert_eq!((header.base_timestamp, header.max_timestamp), (1_000, i64::MAX));
    let records = batch.records().unwrap();
    for (record, (timestamp, key, value, headers)) in records.iter().zip(samples()) {
        assert_eq!((record.timestamp, record.key, record.value), (timestamp, key, value));
        let read: Vec<_> = record.headers().map(|h| (h.name, h.value)).collect();
        let written: Vec<_> = headers.iter().map(|(n, v)| (n.as_bytes(), *v)).collect();
        assert_eq!(read, written);
    }
    assert_eq!(records.iter().map(|r| r.offset).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn bytes_are_those_that_java_writes() {
    // MemoryRecords of kafka-clients 4.4.0: producer 5, epoch 1, sequence 7, one record at time 10, key "k", value
    // "v", header h=1.
    let mut builder = BatchBuilder::new(Vec::new());
    builder.append(10, Some(b"k"), Some(b"v"), [("h", Some(&b"1"[..]))].into_iter());
    let bytes = builder.seal(ProducerStamp { id: 5, epoch: 1, base_sequence: 7 });
    let expected = [
        "00000000000000000000003effffffff027cb196a4000000000000000000000000000a000000000000000a",
        "00000000000000050001000000070000000118000000026b02760202680231",
    ];
    assert_eq!(hex(&bytes), expected.concat());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn an_append_that_does_not_fit_changes_nothing() {
    let mut builder = BatchBuilder::new(Vec::with_capacity(100));
    let limit = HEADER_SIZE + 8;
    assert_eq!(builder.try_append(limit, 0, None, Some(b"v"), std::iter::empty()), Some(0));
    assert_eq!(builder.size(), limit, "the size was foreseen exactly");
    assert_eq!(builder.try_append(limit + 7, 5, None, Some(b"v"), std::iter::empty()), None);
    assert_eq!((builder.count(), builder.size()), (1, limit));
    assert_eq!(builder.try_append(limit + 8, 5, None, Some(b"v"), std::iter::empty()), Some(1));
}

#[test]
fn sizes_are_foreseen_at_every_border() {
    for length in [0, 1, 62, 63, 64, 8_190, 8_191, 8_192, 1_048_575] {
        let value = vec![1; length];
        for timestamp in [0, 63, 64, -65, i64::MAX, i64::MIN] {
            let mut builder = BatchBuilder::new(Vec::new());
            builder.append(0, None, None, std::iter::empty());
            let before = builder.size();
            builder.append(timestamp, Some(&value), Some(&value), std::iter::empty());
            let size = builder.size() - before;
            let mut again = BatchBuilder::new(Vec::new());
            again.append(0, None, None, std::iter::empty());
            let fits = |b: &mut BatchBuilder, limit| {
                b.try_append(limit, timestamp, Some(&value), Some(&value), std::iter::empty()).is_some()
            };
            assert!(!fits(&mut again, before + size - 1), "{length} {timestamp}");
            assert!(fits(&mut again, before + size), "{length} {timestamp}");
            assert!(size <= 2 * length + MAX_OVERHEAD);
        }
    }
}

#[test]
fn another_stamp_is_another_copy() {
    let bytes = build(&samples(), ProducerStamp::NONE);
    let stamp = ProducerStamp { id: 1, epoch: 2, base_sequence: 3 };
    let stamped = Bytes::from(restamp(&bytes, stamp));
    assert_eq!(stamped, build(&samples(), stamp));
    only(&stamped).check().unwrap();
}

#[test]
fn the_walk_ends_at_a_cut_batch() {
    let one = build(&samples(), ProducerStamp::NONE);
    let two = Bytes::from([&one[..], &one[..]].concat());
    assert_eq!(batches(&two).count(), 2);
    for cut in 0..one.len() {
        let all: Vec<_> = batches(&two.slice(..one.len() + cut)).collect::<Result<_, _>>().unwrap();
        assert_eq!(all.len(), 1, "cut at {cut}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = build(&samples(), ProducerStamp::NONE);
    for at in 21..bytes.len() {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 4;
        let noticed = batches(&flipped.into()).next().unwrap().and_then(|b| b.check()).is_err();
        assert!(noticed, "byte {at}");
    }
}

#[test]
fn contradictions_are_errors() {
    let bytes = build(&samples(), ProducerStamp::NONE);
    let of = |change: fn(&mut Vec<u8>)| {
        let bytes = edited(&bytes, change);
        batches(&bytes).next().unwrap().and_then(|b| b.records().map(|r| r.len())).unwrap_err().kind()
    };
    assert_eq!(of(|b| b[60] = 5), DecodeErrorKind::Batch, "one record more than there is");
    assert_eq!(of(|b| b[60] = 3), DecodeErrorKind::Batch, "one record fewer");
    assert_eq!(of(|b| b[57] = 0x7f), DecodeErrorKind::Batch, "two billion records");
    assert_eq!(of(|b| b[57] = 0xff), DecodeErrorKind::Batch, "a negative count");
    assert_eq!(of(|b| b[26] = 2), DecodeErrorKind::Batch, "an offset beyond the last");
    assert_eq!(of(|b| b[0] = 0xff), DecodeErrorKind::Batch, "a negative base offset");
    assert_eq!(
        of(|b| b[..8].copy_from_slice(&i64::MAX.to_be_bytes())),
        DecodeErrorKind::Batch,
        "offsets that wrap"
    );
    assert_eq!(of(|b| b[16] = 3), DecodeErrorKind::Magic(3), "a format that there is not");
    assert_eq!(of(|b| b[16] = 1), DecodeErrorKind::Batch, "not an old message");
    assert_eq!(of(|b| b[22] = 7), DecodeErrorKind::Codec(7), "a codec that there is not");
    let corrupt = DecodeErrorKind::Compression(CompressionError::Corrupt(Codec::Zstd));
    assert_eq!(of(|b| b[22] = 4), corrupt, "not compressed at all");
    assert_eq!(of(|b| b[61] = 0), DecodeErrorKind::Batch, "an empty record");
}

#[test]
fn random_bytes_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let valid = build(&samples(), ProducerStamp::NONE);
    for _ in 0..100_000 {
        let bytes = edited(&valid, |b| {
            for _ in 0..=random() % 4 {
                let at = (random() % b.len() as u64) as usize;
                b[at] = random() as u8;
            }
        });
        for batch in batches(&bytes).flatten() {
            let Ok(records) = batch.records() else { continue };
            assert_eq!(records.iter().count(), records.len());
            records.iter().for_each(|r| assert!(r.headers().count() < 100));
        }
    }
}

#[test]
fn compressed_batches_are_read_back_and_buffers_come_back() {
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut builder = BatchBuilder::new(Vec::with_capacity(100_000));
        for i in 0..1_000 {
            builder.append(i, Some(b"key"), Some(b"a value that repeats"), std::iter::empty());
        }
        let plain_size = builder.size();
        let spare = Vec::with_capacity(50_000);
        let stamp = ProducerStamp { id: 1, epoch: 2, base_sequence: 3 };
        let sealed = builder.seal_compressed(stamp, codec, codec.default_level(), spare).unwrap();
        let mut capacities = [sealed.batch.capacity(), sealed.spare.capacity()];
        capacities.sort_unstable();
        assert_eq!(capacities, [50_000, 100_000]);
        assert_eq!(sealed.batch.len() < plain_size / 2, codec != Codec::None, "{codec}");
        let batch = only(&sealed.batch.into());
        batch.check().unwrap();
        assert_eq!((batch.header().attributes.codec(), batch.header().producer), (codec as u8, stamp));
        let records = batch.records().unwrap();
        assert_eq!((records.len(), records.iter().last().unwrap().timestamp), (1_000, 999));
        let limit = batch.records_within(records.body().len() - 1);
        assert_eq!(limit.is_err(), codec != Codec::None, "{codec}");
    }
}

#[test]
fn what_does_not_get_smaller_stays_plain() {
    let mut builder = BatchBuilder::new(Vec::new());
    builder.append(0, None, Some(b"x"), std::iter::empty());
    let sealed = builder.seal_compressed(ProducerStamp::NONE, Codec::Gzip, 6, Vec::new()).unwrap();
    let batch = only(&sealed.batch.into());
    batch.check().unwrap();
    assert_eq!(batch.header().attributes.codec(), 0);
}
