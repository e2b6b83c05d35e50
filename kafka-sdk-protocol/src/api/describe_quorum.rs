//! DescribeQuorum (API key 55).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeQuorumRequest {
    /// Versions 0-2.
    pub topics: Vec<RequestTopicData>,
}

impl Element for DescribeQuorumRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeQuorumRequest {
    const NAME: &'static str = "DescribeQuorumRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 16;
}

impl Request for DescribeQuorumRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_QUORUM;
    const LATEST_STABLE: i16 = 2;
    type Response = DescribeQuorumResponse;
}

/// Part of [`DescribeQuorumRequest`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicData {
    /// Versions 0-2.
    pub topic_name: String,
    /// Versions 0-2.
    pub partitions: Vec<RequestPartitionData>,
}

impl Element for RequestTopicData {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.topic_name);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_name: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeQuorumRequest`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPartitionData {
    /// Versions 0-2.
    pub partition_index: i32,
}

impl Element for RequestPartitionData {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeQuorumResponse {
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 2; nullable in 2; ignorable.
    pub error_message: Option<String>,
    /// Versions 0-2.
    pub topics: Vec<ResponseTopicData>,
    /// Versions 2.
    pub nodes: Vec<Node>,
}

impl Default for DescribeQuorumResponse {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            topics: Vec::new(),
            nodes: Vec::new(),
        }
    }
}

impl Element for DescribeQuorumResponse {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        if version >= 2 {
            w.nullable_string(self.error_message.as_deref());
        }
        w.array(&self.topics, version);
        if version >= 2 {
            w.array(&self.nodes, version);
        } else if !self.nodes.is_empty() {
            w.unsupported("DescribeQuorumResponse.nodes", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: if version >= 2 { r.nullable_string()? } else { Some(String::new()) },
            topics: r.array(version)?,
            nodes: if version >= 2 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeQuorumResponse {
    const NAME: &'static str = "DescribeQuorumResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 16;
}

impl Response for DescribeQuorumResponse {}

/// Part of [`DescribeQuorumResponse`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicData {
    /// Versions 0-2.
    pub topic_name: String,
    /// Versions 0-2.
    pub partitions: Vec<ResponsePartitionData>,
}

impl Element for ResponseTopicData {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.topic_name);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_name: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeQuorumResponse`], versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponsePartitionData {
    /// Versions 0-2.
    pub partition_index: i32,
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 2; nullable in 2; ignorable.
    pub error_message: Option<String>,
    /// Versions 0-2.
    pub leader_id: i32,
    /// Versions 0-2.
    pub leader_epoch: i32,
    /// Versions 0-2.
    pub high_watermark: i64,
    /// Versions 0-2.
    pub current_voters: Vec<ReplicaState>,
    /// Versions 0-2.
    pub observers: Vec<ReplicaState>,
}

impl Default for ResponsePartitionData {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            leader_id: 0,
            leader_epoch: 0,
            high_watermark: 0,
            current_voters: Vec::new(),
            observers: Vec::new(),
        }
    }
}

impl Element for ResponsePartitionData {
    const MIN_SIZE: usize = 25;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.error_code);
        if version >= 2 {
            w.nullable_string(self.error_message.as_deref());
        }
        w.i32(self.leader_id);
        w.i32(self.leader_epoch);
        w.i64(self.high_watermark);
        w.array(&self.current_voters, version);
        w.array(&self.observers, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            error_code: r.error_code()?,
            error_message: if version >= 2 { r.nullable_string()? } else { Some(String::new()) },
            leader_id: r.i32()?,
            leader_epoch: r.i32()?,
            high_watermark: r.i64()?,
            current_voters: r.array(version)?,
            observers: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeQuorumResponse`], versions 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Versions 2.
    pub node_id: i32,
    /// Versions 2.
    pub listeners: Vec<Listener>,
}

impl Element for Node {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.node_id);
        w.array(&self.listeners, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { node_id: r.i32()?, listeners: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeQuorumResponse`], versions 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    /// Versions 2.
    pub name: String,
    /// Versions 2.
    pub host: String,
    /// Versions 2.
    pub port: u16,
}

impl Element for Listener {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.string(&self.host);
        w.u16(self.port);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, host: r.string()?, port: r.u16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeQuorumResponse`], versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    /// Versions 0-2.
    pub replica_id: i32,
    /// Versions 2.
    pub replica_directory_id: Uuid,
    /// Versions 0-2.
    pub log_end_offset: i64,
    /// Versions 1-2; ignorable; default -1.
    pub last_fetch_timestamp: i64,
    /// Versions 1-2; ignorable; default -1.
    pub last_caught_up_timestamp: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self {
            replica_id: 0,
            replica_directory_id: Uuid::ZERO,
            log_end_offset: 0,
            last_fetch_timestamp: -1,
            last_caught_up_timestamp: -1,
        }
    }
}

impl Element for ReplicaState {
    const MIN_SIZE: usize = 13;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.replica_id);
        if version >= 2 {
            w.uuid(self.replica_directory_id);
        } else if !self.replica_directory_id.is_zero() {
            w.unsupported("ReplicaState.replica_directory_id", version);
        }
        w.i64(self.log_end_offset);
        if version >= 1 {
            w.i64(self.last_fetch_timestamp);
        }
        if version >= 1 {
            w.i64(self.last_caught_up_timestamp);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            replica_id: r.i32()?,
            replica_directory_id: if version >= 2 { r.uuid()? } else { Uuid::ZERO },
            log_end_offset: r.i64()?,
            last_fetch_timestamp: if version >= 1 { r.i64()? } else { -1 },
            last_caught_up_timestamp: if version >= 1 { r.i64()? } else { -1 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
