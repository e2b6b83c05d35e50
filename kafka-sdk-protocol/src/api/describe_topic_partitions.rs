//! DescribeTopicPartitions (API key 75).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsRequest {
    /// Versions 0.
    pub topics: Vec<TopicRequest>,
    /// Versions 0; default 2000.
    pub response_partition_limit: i32,
    /// Versions 0; nullable in 0; default null.
    pub cursor: Option<RequestCursor>,
}

impl Default for DescribeTopicPartitionsRequest {
    fn default() -> Self {
        Self { topics: Vec::new(), response_partition_limit: 2000, cursor: None }
    }
}

impl Element for DescribeTopicPartitionsRequest {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.topics, version);
        w.i32(self.response_partition_limit);
        w.nullable_struct(self.cursor.as_ref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            topics: r.array(version)?,
            response_partition_limit: r.i32()?,
            cursor: r.nullable_struct(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeTopicPartitionsRequest {
    const NAME: &'static str = "DescribeTopicPartitionsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 12;
}

impl Request for DescribeTopicPartitionsRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_TOPIC_PARTITIONS;
    const LATEST_STABLE: i16 = 0;
    type Response = DescribeTopicPartitionsResponse;
}

/// Part of [`DescribeTopicPartitionsRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicRequest {
    /// Versions 0.
    pub name: String,
}

impl Element for TopicRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeTopicPartitionsRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestCursor {
    /// Versions 0.
    pub topic_name: String,
    /// Versions 0.
    pub partition_index: i32,
}

impl Element for RequestCursor {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.topic_name);
        w.i32(self.partition_index);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_name: r.string()?, partition_index: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeTopicPartitionsResponse {
    /// Versions 0; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    /// Versions 0; nullable in 0; default null.
    pub next_cursor: Option<ResponseCursor>,
}

impl Element for DescribeTopicPartitionsResponse {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.topics, version);
        w.nullable_struct(self.next_cursor.as_ref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            topics: r.array(version)?,
            next_cursor: r.nullable_struct(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeTopicPartitionsResponse {
    const NAME: &'static str = "DescribeTopicPartitionsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 7;
}

impl Response for DescribeTopicPartitionsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DescribeTopicPartitionsResponse`], versions 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponseTopic {
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0.
    pub name: Option<String>,
    /// Versions 0; ignorable.
    pub topic_id: Uuid,
    /// Versions 0; ignorable.
    pub is_internal: bool,
    /// Versions 0.
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// Versions 0; default -2147483648.
    pub topic_authorized_operations: i32,
}

impl Default for DescribeTopicPartitionsResponseTopic {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            name: Some(String::new()),
            topic_id: Uuid::ZERO,
            is_internal: false,
            partitions: Vec::new(),
            topic_authorized_operations: i32::MIN,
        }
    }
}

impl Element for DescribeTopicPartitionsResponseTopic {
    const MIN_SIZE: usize = 26;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.name.as_deref());
        w.uuid(self.topic_id);
        w.bool(self.is_internal);
        w.array(&self.partitions, version);
        w.i32(self.topic_authorized_operations);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            name: r.nullable_string()?,
            topic_id: r.uuid()?,
            is_internal: r.bool()?,
            partitions: r.array(version)?,
            topic_authorized_operations: r.i32()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeTopicPartitionsResponse`], versions 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponsePartition {
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0.
    pub partition_index: i32,
    /// Versions 0.
    pub leader_id: i32,
    /// Versions 0; ignorable; default -1.
    pub leader_epoch: i32,
    /// Versions 0.
    pub replica_nodes: Vec<i32>,
    /// Versions 0.
    pub isr_nodes: Vec<i32>,
    /// Versions 0; nullable in 0; default null.
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// Versions 0; nullable in 0; default null.
    pub last_known_elr: Option<Vec<i32>>,
    /// Versions 0; ignorable.
    pub offline_replicas: Vec<i32>,
}

impl Default for DescribeTopicPartitionsResponsePartition {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            eligible_leader_replicas: None,
            last_known_elr: None,
            offline_replicas: Vec::new(),
        }
    }
}

impl Element for DescribeTopicPartitionsResponsePartition {
    const MIN_SIZE: usize = 20;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.i32(self.partition_index);
        w.i32(self.leader_id);
        w.i32(self.leader_epoch);
        w.array(&self.replica_nodes, version);
        w.array(&self.isr_nodes, version);
        w.nullable_array(self.eligible_leader_replicas.as_deref(), version);
        w.nullable_array(self.last_known_elr.as_deref(), version);
        w.array(&self.offline_replicas, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            partition_index: r.i32()?,
            leader_id: r.i32()?,
            leader_epoch: r.i32()?,
            replica_nodes: r.array(version)?,
            isr_nodes: r.array(version)?,
            eligible_leader_replicas: r.nullable_array(version)?,
            last_known_elr: r.nullable_array(version)?,
            offline_replicas: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeTopicPartitionsResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseCursor {
    /// Versions 0.
    pub topic_name: String,
    /// Versions 0.
    pub partition_index: i32,
}

impl Element for ResponseCursor {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.topic_name);
        w.i32(self.partition_index);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_name: r.string()?, partition_index: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
