//! The crate `kafka-protocol`.

use crate::peer::{Batch, Peer};
use bytes::{Bytes, BytesMut};
use kafka_protocol::records::{Compression, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions};
use kafka_sdk_benches::Record;
use kafka_sdk_protocol::records::compression::Codec;
use std::collections::HashSet;

pub(crate) struct KafkaProtocol;

impl Peer for KafkaProtocol {
    fn write(&self, batches: &[Batch]) -> Vec<Bytes> {
        let write = |batch: &Batch| {
            let records: Vec<_> = batch.records.iter().map(kafka_protocol::records::Record::from).collect();
            let options = RecordEncodeOptions { version: 2, compression: compression(batch.codec) };
            let mut bytes = BytesMut::new();
            RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
            bytes.freeze()
        };
        batches.iter().map(write).collect()
    }

    fn read(&self, batches: &[Bytes]) -> Vec<Vec<Record>> {
        let read = |bytes: &Bytes| {
            let sets = RecordBatchDecoder::decode_all(&mut bytes.clone()).unwrap();
            sets.into_iter().flat_map(|set| set.records).map(Record::from).collect()
        };
        batches.iter().map(read).collect()
    }

    /// Headers are a map: of those with one name only the last is kept, where the first was.
    fn express(&self, mut record: Record) -> Record {
        let all = record.headers.clone();
        for (name, value) in &mut record.headers {
            *value = all.iter().rfind(|(other, _)| other == name).and_then(|(_, last)| last.clone());
        }
        let mut seen = HashSet::new();
        record.headers.retain(|(name, _)| seen.insert(name.clone()));
        record
    }
}

fn compression(codec: Codec) -> Compression {
    match codec {
        Codec::Gzip => Compression::Gzip,
        Codec::Snappy => Compression::Snappy,
        Codec::Lz4 => Compression::Lz4,
        Codec::Zstd => Compression::Zstd,
        _ => Compression::None,
    }
}
