//! Record batches.

use super::LIMIT;
use bytes::Bytes;
use kafka_sdk_protocol::records::compression::Codec;
use kafka_sdk_protocol::records::{
    BatchBuilder, BatchHeader, ProducerStamp, RecordBatch, RecordRef, Records, batches, restamp,
};

/// The records of a fetch response. A checksum hides nothing from the fuzzer: records are read whatever it is, and
/// [`restamp`] corrects it.
pub fn records(input: &[u8]) {
    for batch in batches(&Bytes::copy_from_slice(input)) {
        let Ok(batch) = batch else { return };
        stamped(&batch);
        let Ok(records) = batch.records_within(LIMIT) else { continue };
        walked(&records);
        written_again(&records);
    }
}

/// Another stamp changes the stamp and the checksum, and nothing else.
fn stamped(batch: &RecordBatch) {
    let producer = ProducerStamp { id: 7, epoch: 6, base_sequence: 5 };
    let copy = only(restamp(batch.bytes(), producer));
    copy.check().unwrap();
    let crc = copy.header().crc;
    assert_eq!(*copy.header(), BatchHeader { producer, crc, ..*batch.header() });
    let back = restamp(copy.bytes(), batch.header().producer);
    assert_eq!(batch.check().is_ok(), back == *batch.bytes());
}

/// The batch that is all of `bytes`.
fn only(bytes: Vec<u8>) -> RecordBatch {
    let bytes = Bytes::from(bytes);
    let batch = batches(&bytes).next().unwrap().unwrap();
    assert_eq!(batch.bytes().len(), bytes.len());
    batch
}

/// What has been checked once is as the header says, from wherever it is read.
fn walked(records: &Records) {
    let header = records.header();
    let (mut next, mut count) = (header.base_offset, 0);
    let mut iter = records.iter();
    loop {
        let position = iter.position();
        let Some(record) = iter.next() else { break };
        assert!((next..=header.last_offset()).contains(&record.offset), "offsets ascend within the batch");
        next = record.offset + 1;
        count += 1;
        assert_eq!(records.iter_from(position).next(), Some(record));
        let alone = records.copied(position, 1);
        assert!(alone.iter().eq([record]) && alone.len() == 1);
        assert!(record.headers().size_hint().1 == Some(record.headers().count()));
    }
    assert_eq!((count, iter.position()), (records.len(), records.body().len()));
    assert!(next <= header.next_offset());
}

/// The same records, appended to a batch in the same codec, are read as they were.
fn written_again(records: &Records) {
    let mut builder = BatchBuilder::new(Vec::new());
    for record in records {
        let headers = record.headers().map(|h| Some((std::str::from_utf8(h.name).ok()?, h.value)));
        // Names that are not UTF-8 can be read and not written.
        let Some(headers) = headers.collect::<Option<Vec<_>>>() else { return };
        builder.append(record.timestamp, record.key, record.value, headers.into_iter());
    }
    if builder.is_empty() {
        return;
    }
    let codec = Codec::from_number(records.header().attributes.codec()).unwrap();
    let sealed =
        builder.seal_compressed(ProducerStamp::NONE, codec, codec.default_level(), Vec::new()).unwrap();
    let batch = only(sealed.batch);
    batch.check().unwrap();
    let again = batch.records().unwrap();
    assert!(again.iter().map(content).eq(records.iter().map(content)));
    assert_eq!(Some(batch.header().max_timestamp), records.iter().map(|r| r.timestamp).max());
}

/// Everything but the offset: compaction leaves gaps, and a new batch has none.
fn content<'a>(record: RecordRef<'a>) -> impl PartialEq + use<'a> {
    let headers: Vec<_> = record.headers().map(|h| (h.name, h.value)).collect();
    (record.timestamp, record.key, record.value, headers)
}
