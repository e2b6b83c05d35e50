//! A record that every side can be given and can give back.

use bytes::Bytes;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{NO_PARTITION_LEADER_EPOCH, TimestampType};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, RecordRef};

/// Whom the batches are from.
pub const STAMP: ProducerStamp = ProducerStamp { id: 1, epoch: 0, base_sequence: 0 };

/// An owned record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub offset: i64,
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    /// A value, and nothing else.
    pub fn of(offset: i64, value: Vec<u8>) -> Self {
        Self { offset, timestamp: 1_700_000_000_000, key: None, value: Some(value), headers: Vec::new() }
    }

    /// Appends it to a batch of ours.
    pub fn append_to(&self, batch: &mut BatchBuilder) {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref()));
        batch.append(self.timestamp, self.key.as_deref(), self.value.as_deref(), headers);
    }
}

impl From<RecordRef<'_>> for Record {
    fn from(record: RecordRef<'_>) -> Self {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
        Self {
            offset: record.offset,
            timestamp: record.timestamp,
            key: owned(record.key),
            value: owned(record.value),
            headers: record.headers().map(|h| (text(h.name), owned(h.value))).collect(),
        }
    }
}

impl From<&Record> for kafka_protocol::records::Record {
    fn from(record: &Record) -> Self {
        let bytes = |bytes: &Option<Vec<u8>>| bytes.clone().map(Bytes::from);
        let header = |(name, value): &(String, Option<Vec<u8>>)| (StrBytes::from(name.clone()), bytes(value));
        Self {
            transactional: false,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
            producer_id: STAMP.id,
            producer_epoch: STAMP.epoch,
            timestamp_type: TimestampType::Creation,
            offset: record.offset,
            sequence: record.offset as i32,
            timestamp: record.timestamp,
            key: bytes(&record.key),
            value: bytes(&record.value),
            headers: record.headers.iter().map(header).collect::<IndexMap<_, _>>(),
        }
    }
}

impl From<kafka_protocol::records::Record> for Record {
    fn from(record: kafka_protocol::records::Record) -> Self {
        let owned = |bytes: Option<Bytes>| bytes.map(Vec::from);
        let headers = record.headers.into_iter();
        Self {
            offset: record.offset,
            timestamp: record.timestamp,
            key: owned(record.key),
            value: owned(record.value),
            headers: headers.map(|(name, value)| (name.to_string(), owned(value))).collect(),
        }
    }
}
