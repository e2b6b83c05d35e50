//! The crate `rskafka`: its record batches are public with the feature `unstable-fuzzing`.

use crate::peer::{Batch, Peer};
use bytes::Bytes;
use kafka_sdk_benches::{Record, STAMP};
use kafka_sdk_protocol::records::compression::Codec;
use rskafka::protocol::record::{
    ControlBatchOrRecords, Record as TheirRecord, RecordBatch, RecordBatchCompression,
    RecordBatchTimestampType, RecordHeader,
};
use rskafka::protocol::traits::{ReadError, ReadType, WriteType};

pub(crate) struct Rskafka;

impl Peer for Rskafka {
    fn write(&self, batches: &[Batch]) -> Vec<Bytes> {
        let write = |batch: &Batch| {
            let mut bytes = Vec::new();
            theirs(batch).write(&mut bytes).unwrap();
            bytes.into()
        };
        batches.iter().map(write).collect()
    }

    fn read(&self, batches: &[Bytes]) -> Vec<Vec<Record>> {
        batches.iter().map(|bytes| ours(read(bytes).unwrap())).collect()
    }

    /// A header has a value: null cannot be written.
    fn express(&self, mut record: Record) -> Record {
        for (_, value) in &mut record.headers {
            value.get_or_insert_default();
        }
        record
    }
}

pub(crate) fn read(batch: &[u8]) -> Result<RecordBatch, ReadError> {
    RecordBatch::read(&mut &*batch)
}

fn theirs(batch: &Batch) -> RecordBatch {
    let timestamps = || batch.records.iter().map(|record| record.timestamp);
    let (base_offset, first_timestamp) = (batch.records[0].offset, batch.records[0].timestamp);
    let header = |(name, value): &(String, Option<Vec<u8>>)| RecordHeader {
        key: name.clone(),
        value: value.clone().unwrap_or_default(),
    };
    let record = |record: &Record| TheirRecord {
        timestamp_delta: record.timestamp - first_timestamp,
        offset_delta: (record.offset - base_offset) as i32,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.iter().map(header).collect(),
    };
    RecordBatch {
        base_offset,
        partition_leader_epoch: -1,
        last_offset_delta: batch.records.len() as i32 - 1,
        first_timestamp,
        max_timestamp: timestamps().max().unwrap(),
        producer_id: STAMP.id,
        producer_epoch: STAMP.epoch,
        base_sequence: STAMP.base_sequence,
        records: ControlBatchOrRecords::Records(batch.records.iter().map(record).collect()),
        compression: compression(batch.codec),
        is_transactional: false,
        timestamp_type: RecordBatchTimestampType::CreateTime,
    }
}

fn ours(batch: RecordBatch) -> Vec<Record> {
    let ControlBatchOrRecords::Records(records) = batch.records else { panic!("a control batch") };
    let record = |record: TheirRecord| Record {
        offset: batch.base_offset + i64::from(record.offset_delta),
        timestamp: batch.first_timestamp + record.timestamp_delta,
        key: record.key,
        value: record.value,
        headers: record.headers.into_iter().map(|header| (header.key, Some(header.value))).collect(),
    };
    records.into_iter().map(record).collect()
}

fn compression(codec: Codec) -> RecordBatchCompression {
    match codec {
        Codec::Gzip => RecordBatchCompression::Gzip,
        Codec::Snappy => RecordBatchCompression::Snappy,
        Codec::Lz4 => RecordBatchCompression::Lz4,
        Codec::Zstd => RecordBatchCompression::Zstd,
        _ => RecordBatchCompression::NoCompression,
    }
}
