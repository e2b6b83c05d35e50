//! Produce (API key 0).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 3-13; flexible from 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProduceRequest {
    /// Versions 3-13; nullable in 3-13; default null.
    pub transactional_id: Option<String>,
    /// Versions 3-13.
    pub acks: i16,
    /// Versions 3-13.
    pub timeout_ms: i32,
    /// Versions 3-13.
    pub topic_data: Vec<TopicProduceData>,
}

impl Element for ProduceRequest {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.nullable_string(self.transactional_id.as_deref());
        w.i16(self.acks);
        w.i32(self.timeout_ms);
        w.array(&self.topic_data, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: r.nullable_string()?,
            acks: r.i16()?,
            timeout_ms: r.i32()?,
            topic_data: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ProduceRequest {
    const NAME: &'static str = "ProduceRequest";
    const VERSIONS: RangeInclusive<i16> = 3..=13;
    const FIRST_FLEXIBLE: i16 = 9;
    const EXPANSION: usize = 22;
}

impl Request for ProduceRequest {
    const KEY: ApiKey = ApiKey::PRODUCE;
    const LATEST_STABLE: i16 = 13;
    type Response = ProduceResponse;
}

/// Part of [`ProduceRequest`], versions 3-13.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicProduceData {
    /// Versions 3-12; ignorable.
    pub name: String,
    /// Versions 13; ignorable.
    pub topic_id: Uuid,
    /// Versions 3-13.
    pub partition_data: Vec<PartitionProduceData>,
}

impl Element for TopicProduceData {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 12 {
            w.string(&self.name);
        }
        if version >= 13 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partition_data, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version <= 12 { r.string()? } else { String::new() },
            topic_id: if version >= 13 { r.uuid()? } else { Uuid::ZERO },
            partition_data: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ProduceRequest`], versions 3-13.
#[derive(Clone, Default, PartialEq)]
pub struct PartitionProduceData {
    /// Versions 3-13.
    pub index: i32,
    /// Versions 3-13; nullable in 3-13; default null.
    pub records: Option<Bytes>,
}

impl std::fmt::Debug for PartitionProduceData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionProduceData")
            .field("index", &self.index)
            .field("records", &self.records.as_ref().map(Bytes::len))
            .finish()
    }
}

impl Element for PartitionProduceData {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.index);
        w.nullable_bytes(self.records.as_ref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { index: r.i32()?, records: r.nullable_bytes()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 3-13; flexible from 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProduceResponse {
    /// Versions 3-13.
    pub responses: Vec<TopicProduceResponse>,
    /// Versions 3-13; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 10-13; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Element for ProduceResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.responses, version);
        w.i32(self.throttle_time_ms);
        let has_node_endpoints = version >= 10 && !self.node_endpoints.is_empty();
        if !has_node_endpoints && !self.node_endpoints.is_empty() {
            w.unsupported("ProduceResponse.node_endpoints", version);
        }
        w.tag_count(u32::from(has_node_endpoints));
        if has_node_endpoints {
            w.tag(0, |w| {
                w.array(&self.node_endpoints, version);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it =
            Self { responses: r.array(version)?, throttle_time_ms: r.i32()?, node_endpoints: Vec::new() };
        r.tags(|r, tag| {
            match tag {
                0 if version >= 10 => it.node_endpoints = r.array(version)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Message for ProduceResponse {
    const NAME: &'static str = "ProduceResponse";
    const VERSIONS: RangeInclusive<i16> = 3..=13;
    const FIRST_FLEXIBLE: i16 = 9;
    const EXPANSION: usize = 22;
}

impl Response for ProduceResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ProduceResponse`], versions 3-13.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicProduceResponse {
    /// Versions 3-12; ignorable.
    pub name: String,
    /// Versions 13; ignorable.
    pub topic_id: Uuid,
    /// Versions 3-13.
    pub partition_responses: Vec<PartitionProduceResponse>,
}

impl Element for TopicProduceResponse {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 12 {
            w.string(&self.name);
        }
        if version >= 13 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partition_responses, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version <= 12 { r.string()? } else { String::new() },
            topic_id: if version >= 13 { r.uuid()? } else { Uuid::ZERO },
            partition_responses: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ProduceResponse`], versions 3-13.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionProduceResponse {
    /// Versions 3-13.
    pub index: i32,
    /// Versions 3-13.
    pub error_code: ErrorCode,
    /// Versions 3-13.
    pub base_offset: i64,
    /// Versions 3-13; ignorable; default -1.
    pub log_append_time_ms: i64,
    /// Versions 5-13; ignorable; default -1.
    pub log_start_offset: i64,
    /// Versions 8-13; ignorable.
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    /// Versions 8-13; nullable in 8-13; ignorable; default null.
    pub error_message: Option<String>,
    /// Versions 10-13; tag 0.
    pub current_leader: LeaderIdAndEpoch,
}

impl Default for PartitionProduceResponse {
    fn default() -> Self {
        Self {
            index: 0,
            error_code: ErrorCode::NONE,
            base_offset: 0,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: Vec::new(),
            error_message: None,
            current_leader: Default::default(),
        }
    }
}

impl Element for PartitionProduceResponse {
    const MIN_SIZE: usize = 22;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.index);
        w.error_code(self.error_code);
        w.i64(self.base_offset);
        w.i64(self.log_append_time_ms);
        if version >= 5 {
            w.i64(self.log_start_offset);
        }
        if version >= 8 {
            w.array(&self.record_errors, version);
        }
        if version >= 8 {
            w.nullable_string(self.error_message.as_deref());
        }
        let has_current_leader = version >= 10 && self.current_leader != Default::default();
        if !has_current_leader && self.current_leader != Default::default() {
            w.unsupported("PartitionProduceResponse.current_leader", version);
        }
        w.tag_count(u32::from(has_current_leader));
        if has_current_leader {
            w.tag(0, |w| {
                self.current_leader.write(w, version);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it = Self {
            index: r.i32()?,
            error_code: r.error_code()?,
            base_offset: r.i64()?,
            log_append_time_ms: r.i64()?,
            log_start_offset: if version >= 5 { r.i64()? } else { -1 },
            record_errors: if version >= 8 { r.array(version)? } else { Vec::new() },
            error_message: if version >= 8 { r.nullable_string()? } else { None },
            current_leader: Default::default(),
        };
        r.tags(|r, tag| {
            match tag {
                0 if version >= 10 => it.current_leader = LeaderIdAndEpoch::read(r, version)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

/// Part of [`ProduceResponse`], versions 8-13.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchIndexAndErrorMessage {
    /// Versions 8-13.
    pub batch_index: i32,
    /// Versions 8-13; nullable in 8-13; default null.
    pub batch_index_error_message: Option<String>,
}

impl Element for BatchIndexAndErrorMessage {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.batch_index);
        w.nullable_string(self.batch_index_error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { batch_index: r.i32()?, batch_index_error_message: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ProduceResponse`], versions 10-13.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// Versions 10-13; default -1.
    pub leader_id: i32,
    /// Versions 10-13; default -1.
    pub leader_epoch: i32,
}

impl Default for LeaderIdAndEpoch {
    fn default() -> Self {
        Self { leader_id: -1, leader_epoch: -1 }
    }
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

/// Part of [`ProduceResponse`], versions 10-13.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeEndpoint {
    /// Versions 10-13.
    pub node_id: i32,
    /// Versions 10-13.
    pub host: String,
    /// Versions 10-13.
    pub port: i32,
    /// Versions 10-13; nullable in 10-13; default null.
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
