//! Each reads what the other has written: we, two other crates, and Java.
//!
//! The crates share `snap` with us, and here `flate2` too, so that for snappy and gzip they only tell about the framing.
//! Java shares nothing.

mod java;
mod kafka_protocol;
mod peer;
mod rskafka;

use self::java::Java;
use self::kafka_protocol::KafkaProtocol;
use self::peer::{Batch, Ours, Peer};
use self::rskafka::Rskafka;
use bytes::Bytes;
use kafka_sdk_benches::{Record, json};
use kafka_sdk_protocol::records::compression::Codec;
use kafka_sdk_protocol::records::{Attributes, BatchHeader};

const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
/// Batches of so many records: the last one has 3 MB, more than a block of any codec.
const SIZES: [usize; 5] = [1, 2, 17, 500, 10_000];
/// Far beyond 32 bits.
const SOME_OFFSET: i64 = 7_000_000_000;

#[test]
fn kafka_protocol_reads_what_we_write() {
    reads(&KafkaProtocol, &Ours, 0);
}

#[test]
fn we_read_what_kafka_protocol_writes() {
    reads(&Ours, &KafkaProtocol, SOME_OFFSET);
}

#[test]
fn rskafka_reads_what_we_write() {
    reads(&Rskafka, &Ours, 0);
}

#[test]
fn we_read_what_rskafka_writes() {
    reads(&Ours, &Rskafka, SOME_OFFSET);
}

#[test]
fn java_reads_what_we_write() {
    let Some(java) = Java::here("java_reads_what_we_write") else { return };
    reads(&java, &Ours, 0);
}

#[test]
fn we_read_what_java_writes() {
    let Some(java) = Java::here("we_read_what_java_writes") else { return };
    reads(&Ours, &java, SOME_OFFSET);
}

#[test]
fn we_read_log_append_time_as_java_writes_it() {
    let Some(java) = Java::here("we_read_log_append_time_as_java_writes_it") else { return };
    let now = 1_800_000_000_000;
    let batches = batches(SOME_OFFSET);
    let read = Ours.read(&java.write_at(now, &batches));
    for (batch, read) in batches.iter().zip(read) {
        let stamped = batch.records.iter().map(|record| Record { timestamp: now, ..record.clone() });
        assert!(stamped.eq(read), "{}", batch.codec);
    }
}

#[test]
fn batches_that_follow_each_other_are_read_by_all() {
    let one_by_one = batches(0);
    let fetched = [Bytes::from(Ours.write(&one_by_one).concat())];
    let written: Vec<Record> = one_by_one.into_iter().flat_map(|batch| batch.records).collect();
    assert!(Ours.read(&fetched)[0] == written);
    let expressed = written.iter().cloned().map(|record| KafkaProtocol.express(record));
    assert!(expressed.eq(KafkaProtocol.read(&fetched).remove(0)));
    let Some(java) = Java::here("batches_that_follow_each_other_are_read_by_all") else { return };
    assert!(java.read(&fetched)[0] == written);
}

/// If this fails, rskafka has learnt it: then it needs no `express`.
#[test]
fn rskafka_refuses_a_header_without_a_value() {
    let record = Record { headers: vec![("name".into(), None)], ..Record::of(0, b"value".to_vec()) };
    let batch = Ours.write(&[Batch { codec: Codec::None, records: vec![record] }]).remove(0);
    assert!(rskafka::read(&batch).is_err());
}

/// `to` reads all that `from` writes.
fn reads(to: &impl Peer, from: &impl Peer, base_offset: i64) {
    let mut batches = batches(base_offset);
    for record in batches.iter_mut().flat_map(|batch| &mut batch.records) {
        *record = to.express(from.express(record.clone()));
    }
    let written = from.write(&batches);
    let read = to.read(&written);
    for ((batch, written), read) in batches.iter().zip(&written).zip(read) {
        let (codec, count) = (batch.codec, batch.records.len());
        let header = BatchHeader::read(written).unwrap();
        assert_eq!(header.attributes, Attributes(codec as i16), "{count} records");
        assert_eq!((header.size(), header.count as usize), (written.len(), count), "in one batch of {codec}");
        let differing = batch.records.iter().zip(&read).find(|(written, read)| written != read);
        assert_eq!(differing, None, "{codec}, {count} records");
        assert_eq!(read.len(), count, "{codec}");
    }
}

/// Every number of records in every codec.
fn batches(base_offset: i64) -> Vec<Batch> {
    let sizes = SIZES.map(|n| records(base_offset, n));
    let batch = |codec, records: &Vec<Record>| Batch { codec, records: records.clone() };
    CODECS.into_iter().flat_map(|codec| sizes.iter().map(move |records| batch(codec, records))).collect()
}

/// With and without keys, values and headers, of all lengths, with timestamps that go back and forth.
fn records(base_offset: i64, n: usize) -> Vec<Record> {
    let record = |(i, json): (usize, Vec<u8>)| Record {
        offset: base_offset + i as i64,
        timestamp: 1_700_000_000_000 + (i as i64 * 7_919) % 2_000
            - if i % 101 == 100 { 9_000_000_000 } else { 0 },
        key: match i % 5 {
            0 => None,
            1 => Some(vec![]),
            _ => Some(format!("key-{i}").into_bytes()),
        },
        value: match i % 7 {
            6 => None,
            5 => Some(vec![]),
            // Alone in a batch, it still gets smaller in every codec.
            _ if i == 0 => Some(json.repeat(2)),
            _ if i % 2_000 == 11 => Some(json.repeat(300)),
            _ => Some(json),
        },
        headers: match i % 4 {
            0 => vec![
                ("trace".into(), Some(format!("{i:016x}").into_bytes())),
                ("größe".into(), None),
                ("trace".into(), Some(vec![])),
                ("trace".into(), Some(vec![b'x'; i % 300])),
            ],
            1 => vec![("".into(), Some(vec![0; 70]))],
            _ => vec![],
        },
    };
    json(n).into_iter().enumerate().map(record).collect()
}
