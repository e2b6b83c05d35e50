//! Record batches: Java's are read as Java reads them, ours are Java's byte for byte where they are not compressed, and
//! Java reads ours where they are.

use crate::vectors::{self, Vector};
use bytes::Bytes;
use kafka_sdk_protocol::DecodeError;
use kafka_sdk_protocol::records::compression::Codec;
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, RecordBatch, RecordRef, batches, restamp};
use std::fmt::Write as _;

fn from_java() -> Vec<Vector> {
    vectors::read(include_bytes!("../../golden/batches.gz"))
}

/// A line for each batch and each record, as `golden/Batches.java` has them.
fn text(bytes: &Bytes) -> Result<String, DecodeError> {
    let mut text = String::new();
    for batch in batches(bytes) {
        let batch = batch?;
        batch.check()?;
        text.push_str(&batch_line(&batch));
        for record in &batch.records()? {
            text.push_str(&record_line(&record));
        }
    }
    Ok(text)
}

fn batch_line(batch: &RecordBatch) -> String {
    let h = batch.header();
    let (attributes, ProducerStamp { id, epoch, base_sequence }) = (h.attributes, h.producer);
    format!(
        "batch offsets {} {} leader {} codec {} append-time {} transactional {} control {} max {} \
         producer {id} {epoch} {base_sequence} count {}\n",
        h.base_offset,
        h.last_offset(),
        h.leader_epoch,
        attributes.codec(),
        attributes.is_log_append_time(),
        attributes.is_transactional(),
        attributes.is_control(),
        h.max_timestamp,
        h.count
    )
}

fn record_line(record: &RecordRef<'_>) -> String {
    let mut line = format!("{} {}", record.offset, record.timestamp);
    let parts = [record.key, record.value].into_iter();
    for part in parts.chain(record.headers().flat_map(|h| [Some(h.name), h.value])) {
        line.push(' ');
        push_hex(&mut line, part);
    }
    line.push('\n');
    line
}

fn push_hex(line: &mut String, part: Option<&[u8]>) {
    let Some(bytes) = part else { return line.push('-') };
    line.push('x');
    bytes.iter().for_each(|byte| write!(line, "{byte:02x}").unwrap());
}

/// A record of a text.
struct Plain {
    timestamp: i64,
    /// Key, value, then name and value of each header.
    parts: Vec<Option<Vec<u8>>>,
}

impl Plain {
    fn parse(line: &str) -> Self {
        let mut words = line.split(' ').skip(1);
        let timestamp = words.next().unwrap().parse().unwrap();
        Self { timestamp, parts: words.map(bytes_of).collect() }
    }

    fn headers(&self) -> impl ExactSizeIterator<Item = (&str, Option<&[u8]>)> + Clone {
        self.parts[2..]
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[name, value]| (std::str::from_utf8(name.as_deref().unwrap()).unwrap(), value.as_deref()))
    }
}

fn bytes_of(word: &str) -> Option<Vec<u8>> {
    let digits = word.strip_prefix('x')?;
    let byte = |i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap();
    Some((0..digits.len()).step_by(2).map(byte).collect())
}

/// The records of `vector` in our builder, and who writes them: none where they are not as a producer writes them.
fn ours(vector: &Vector) -> Option<(BatchBuilder, ProducerStamp)> {
    let batch = batches(&vector.bytes).next().unwrap().unwrap();
    let h = batch.header();
    let is_of_producer = (h.base_offset, h.leader_epoch, h.attributes.0) == (0, -1, 0);
    is_of_producer.then(|| {
        let mut builder = BatchBuilder::new(Vec::new());
        for record in vector.text.lines().skip(1).map(Plain::parse) {
            let (key, value) = (record.parts[0].as_deref(), record.parts[1].as_deref());
            builder.append(record.timestamp, key, value, record.headers());
        }
        (builder, h.producer)
    })
}

#[test]
fn batches_of_java_are_read() {
    let all = from_java();
    for vector in &all {
        let text = text(&vector.bytes).unwrap_or_else(|error| panic!("{}: {error}", vector.name));
        let differs = text.lines().zip(vector.text.lines()).find(|(ours, theirs)| ours != theirs);
        assert_eq!(differs, None, "{}", vector.name);
        assert_eq!(text.len(), vector.text.len(), "{}", vector.name);
    }
    println!("{} batches of Java are read", all.len());
}

#[test]
fn message_sets_of_java_are_read() {
    let all = vectors::read(include_bytes!("../../golden/legacy.gz"));
    let mut records = 0;
    for vector in &all {
        let mut text = String::new();
        for batch in batches(&vector.bytes) {
            let batch = batch.unwrap();
            batch.check().unwrap();
            batch.records().unwrap().iter().for_each(|record| text.push_str(&record_line(&record)));
        }
        let differs = text.lines().zip(vector.text.lines()).find(|(ours, theirs)| ours != theirs);
        assert_eq!(differs, None, "{}", vector.name);
        assert_eq!(text.lines().count(), vector.text.lines().count(), "{}", vector.name);
        records += text.lines().count();
    }
    println!("{records} records in {} message sets of Java are read", all.len());
}

#[test]
fn plain_batches_are_those_of_java() {
    let mut names = Vec::new();
    for vector in from_java() {
        let Some((builder, producer)) = ours(&vector) else { continue };
        let batch = builder.seal(producer);
        assert!(batch == vector.bytes, "{} differs", vector.name);
        assert!(restamp(&batch, ProducerStamp::NONE) == ours(&vector).unwrap().0.seal(ProducerStamp::NONE));
        names.push(vector.name);
    }
    assert_eq!(
        names,
        ["mixed none CreateTime", "one none CreateTime", "borders none", "idempotent none", "many"]
    );
}

/// Writes into the file that `BATCHES_FOR_JAVA` names.
#[test]
#[ignore = "run by `cargo codegen golden`, which has Java read them"]
fn java_reads_batches_of_ours() {
    let mut all = Vec::new();
    for vector in from_java() {
        for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            let Some((builder, producer)) = ours(&vector) else { continue };
            let batch = builder.seal_compressed(producer, codec, 3, Vec::new()).unwrap().batch;
            let bytes = Bytes::from(batch);
            // One short record does not get smaller, and stays plain.
            let is_compressed =
                batches(&bytes).next().unwrap().unwrap().header().attributes.codec() == codec as u8;
            assert!(is_compressed || vector.name.starts_with("one "), "{} as {codec}", vector.name);
            let (name, text) = (format!("{} as {codec}", vector.name), text(&bytes).unwrap());
            all.push(Vector { name, text, bytes });
        }
    }
    assert_eq!(all.len(), 25);
    std::fs::write(std::env::var("BATCHES_FOR_JAVA").unwrap(), vectors::write(&all)).unwrap();
}
