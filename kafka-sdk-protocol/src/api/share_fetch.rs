//! ShareFetch (API key 78).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 1-2; flexible from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareFetchRequest {
    /// Versions 1-2; nullable in 1-2; default null.
    pub group_id: Option<String>,
    /// Versions 1-2; nullable in 1-2.
    pub member_id: Option<String>,
    /// Versions 1-2.
    pub share_session_epoch: i32,
    /// Versions 1-2.
    pub max_wait_ms: i32,
    /// Versions 1-2.
    pub min_bytes: i32,
    /// Versions 1-2; default 2147483647.
    pub max_bytes: i32,
    /// Versions 1-2.
    pub max_records: i32,
    /// Versions 1-2.
    pub batch_size: i32,
    /// Versions 2; ignorable.
    pub share_acquire_mode: i8,
    /// Versions 2.
    pub is_renew_ack: bool,
    /// Versions 1-2.
    pub topics: Vec<FetchTopic>,
    /// Versions 1-2.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
}

impl Default for ShareFetchRequest {
    fn default() -> Self {
        Self {
            group_id: None,
            member_id: Some(String::new()),
            share_session_epoch: 0,
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: i32::MAX,
            max_records: 0,
            batch_size: 0,
            share_acquire_mode: 0,
            is_renew_ack: false,
            topics: Vec::new(),
            forgotten_topics_data: Vec::new(),
        }
    }
}

impl Element for ShareFetchRequest {
    const MIN_SIZE: usize = 29;

    fn write(&self, w: &mut Writer, version: i16) {
        w.nullable_string(self.group_id.as_deref());
        w.nullable_string(self.member_id.as_deref());
        w.i32(self.share_session_epoch);
        w.i32(self.max_wait_ms);
        w.i32(self.min_bytes);
        w.i32(self.max_bytes);
        w.i32(self.max_records);
        w.i32(self.batch_size);
        if version >= 2 {
            w.i8(self.share_acquire_mode);
        }
        if version >= 2 {
            w.bool(self.is_renew_ack);
        } else if self.is_renew_ack {
            w.unsupported("ShareFetchRequest.is_renew_ack", version);
        }
        w.array(&self.topics, version);
        w.array(&self.forgotten_topics_data, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.nullable_string()?,
            member_id: r.nullable_string()?,
            share_session_epoch: r.i32()?,
            max_wait_ms: r.i32()?,
            min_bytes: r.i32()?,
            max_bytes: r.i32()?,
            max_records: r.i32()?,
            batch_size: r.i32()?,
            share_acquire_mode: if version >= 2 { r.i8()? } else { 0 },
            is_renew_ack: if version >= 2 { r.bool()? } else { false },
            topics: r.array(version)?,
            forgotten_topics_data: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareFetchRequest {
    const NAME: &'static str = "ShareFetchRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 6;
}

impl Request for ShareFetchRequest {
    const KEY: ApiKey = ApiKey::SHARE_FETCH;
    const LATEST_STABLE: i16 = 2;
    type Response = ShareFetchResponse;
}

/// Part of [`ShareFetchRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchTopic {
    /// Versions 1-2.
    pub topic_id: Uuid,
    /// Versions 1-2.
    pub partitions: Vec<FetchPartition>,
}

impl Element for FetchTopic {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.uuid(self.topic_id);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_id: r.uuid()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareFetchRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchPartition {
    /// Versions 1-2.
    pub partition_index: i32,
    /// Versions 1-2.
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

impl Element for FetchPartition {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.array(&self.acknowledgement_batches, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()?, acknowledgement_batches: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareFetchRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgementBatch {
    /// Versions 1-2.
    pub first_offset: i64,
    /// Versions 1-2.
    pub last_offset: i64,
    /// Versions 1-2.
    pub acknowledge_types: Vec<i8>,
}

impl Element for AcknowledgementBatch {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i64(self.first_offset);
        w.i64(self.last_offset);
        w.array(&self.acknowledge_types, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { first_offset: r.i64()?, last_offset: r.i64()?, acknowledge_types: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareFetchRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForgottenTopic {
    /// Versions 1-2.
    pub topic_id: Uuid,
    /// Versions 1-2.
    pub partitions: Vec<i32>,
}

impl Element for ForgottenTopic {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.uuid(self.topic_id);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_id: r.uuid()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 1-2; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareFetchResponse {
    /// Versions 1-2.
    pub throttle_time_ms: i32,
    /// Versions 1-2.
    pub error_code: ErrorCode,
    /// Versions 1-2; nullable in 1-2; default null.
    pub error_message: Option<String>,
    /// Versions 1-2.
    pub acquisition_lock_timeout_ms: i32,
    /// Versions 1-2.
    pub responses: Vec<ShareFetchableTopicResponse>,
    /// Versions 1-2.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Element for ShareFetchResponse {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.i32(self.acquisition_lock_timeout_ms);
        w.array(&self.responses, version);
        w.array(&self.node_endpoints, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            acquisition_lock_timeout_ms: r.i32()?,
            responses: r.array(version)?,
            node_endpoints: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareFetchResponse {
    const NAME: &'static str = "ShareFetchResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 6;
}

impl Response for ShareFetchResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ShareFetchResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareFetchableTopicResponse {
    /// Versions 1-2.
    pub topic_id: Uuid,
    /// Versions 1-2.
    pub partitions: Vec<PartitionData>,
}

impl Element for ShareFetchableTopicResponse {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.uuid(self.topic_id);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_id: r.uuid()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareFetchResponse`], versions 1-2.
#[derive(Clone, Default, PartialEq)]
pub struct PartitionData {
    /// Versions 1-2.
    pub partition_index: i32,
    /// Versions 1-2.
    pub error_code: ErrorCode,
    /// Versions 1-2; nullable in 1-2; default null.
    pub error_message: Option<String>,
    /// Versions 1-2.
    pub acknowledge_error_code: ErrorCode,
    /// Versions 1-2; nullable in 1-2; default null.
    pub acknowledge_error_message: Option<String>,
    /// Versions 1-2.
    pub current_leader: LeaderIdAndEpoch,
    /// Versions 1-2.
    pub records: Bytes,
    /// Versions 1-2.
    pub acquired_records: Vec<AcquiredRecords>,
}

impl std::fmt::Debug for PartitionData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionData")
            .field("partition_index", &self.partition_index)
            .field("error_code", &self.error_code)
            .field("error_message", &self.error_message)
            .field("acknowledge_error_code", &self.acknowledge_error_code)
            .field("acknowledge_error_message", &self.acknowledge_error_message)
            .field("current_leader", &self.current_leader)
            .field("records", &self.records.len())
            .field("acquired_records", &self.acquired_records)
            .finish()
    }
}

impl Element for PartitionData {
    const MIN_SIZE: usize = 22;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.error_code(self.acknowledge_error_code);
        w.nullable_string(self.acknowledge_error_message.as_deref());
        self.current_leader.write(w, version);
        w.bytes(&self.records);
        w.array(&self.acquired_records, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            acknowledge_error_code: r.error_code()?,
            acknowledge_error_message: r.nullable_string()?,
            current_leader: LeaderIdAndEpoch::read(r, version)?,
            records: r.bytes()?,
            acquired_records: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareFetchResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// Versions 1-2.
    pub leader_id: i32,
    /// Versions 1-2.
    pub leader_epoch: i32,
}

impl Element for LeaderIdAndEpoch {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.leader_id);
        w.i32(self.leader_epoch);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { leader_id: r.i32()?, leader_epoch: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareFetchResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcquiredRecords {
    /// Versions 1-2.
    pub first_offset: i64,
    /// Versions 1-2.
    pub last_offset: i64,
    /// Versions 1-2.
    pub delivery_count: i16,
}

impl Element for AcquiredRecords {
    const MIN_SIZE: usize = 19;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i64(self.first_offset);
        w.i64(self.last_offset);
        w.i16(self.delivery_count);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { first_offset: r.i64()?, last_offset: r.i64()?, delivery_count: r.i16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareFetchResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeEndpoint {
    /// Versions 1-2.
    pub node_id: i32,
    /// Versions 1-2.
    pub host: String,
    /// Versions 1-2.
    pub port: i32,
    /// Versions 1-2; nullable in 1-2; default null.
    pub rack: Option<String>,
}

impl Element for NodeEndpoint {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.node_id);
        w.string(&self.host);
        w.i32(self.port);
        w.nullable_string(self.rack.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { node_id: r.i32()?, host: r.string()?, port: r.i32()?, rack: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
