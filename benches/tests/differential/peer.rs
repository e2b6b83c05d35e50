//! Whoever writes and reads record batches.

use bytes::Bytes;
use kafka_sdk_benches::{Record, STAMP};
use kafka_sdk_protocol::records::compression::Codec;
use kafka_sdk_protocol::records::{BatchBuilder, batches};

/// A batch to be written.
#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) codec: Codec,
    pub(crate) records: Vec<Record>,
}

/// Many batches at a time, as one of them has to start a program.
pub(crate) trait Peer {
    fn write(&self, batches: &[Batch]) -> Vec<Bytes>;

    fn read(&self, batches: &[Bytes]) -> Vec<Vec<Record>>;

    /// The record as near to `record` as the peer can express one.
    fn express(&self, record: Record) -> Record {
        record
    }
}

pub(crate) struct Ours;

impl Peer for Ours {
    fn write(&self, batches: &[Batch]) -> Vec<Bytes> {
        let write = |batch: &Batch| {
            let mut builder = BatchBuilder::new(Vec::new());
            batch.records.iter().for_each(|record| record.append_to(&mut builder));
            let level = batch.codec.default_level();
            builder.seal_compressed(STAMP, batch.codec, level, Vec::new()).unwrap().batch.into()
        };
        batches.iter().map(write).collect()
    }

    fn read(&self, fetched: &[Bytes]) -> Vec<Vec<Record>> {
        let read = |bytes: &Bytes| {
            let mut records = Vec::new();
            for batch in batches(bytes) {
                let batch = batch.unwrap();
                batch.check().unwrap();
                records.extend(batch.records().unwrap().iter().map(Record::from));
            }
            records
        };
        fetched.iter().map(read).collect()
    }
}
