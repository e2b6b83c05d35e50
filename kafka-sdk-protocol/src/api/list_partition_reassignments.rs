//! ListPartitionReassignments (API key 46).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsRequest {
    /// Versions 0; default 60000.
    pub timeout_ms: i32,
    /// Versions 0; nullable in 0; default null.
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

impl Default for ListPartitionReassignmentsRequest {
    fn default() -> Self {
        Self { timeout_ms: 60000, topics: None }
    }
}

impl Element for ListPartitionReassignmentsRequest {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.timeout_ms);
        w.nullable_array(self.topics.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { timeout_ms: r.i32()?, topics: r.nullable_array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListPartitionReassignmentsRequest {
    const NAME: &'static str = "ListPartitionReassignmentsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 16;
}

impl Request for ListPartitionReassignmentsRequest {
    const KEY: ApiKey = ApiKey::LIST_PARTITION_REASSIGNMENTS;
    const LATEST_STABLE: i16 = 0;
    type Response = ListPartitionReassignmentsResponse;
}

/// Part of [`ListPartitionReassignmentsRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPartitionReassignmentsTopics {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub partition_indexes: Vec<i32>,
}

impl Element for ListPartitionReassignmentsTopics {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.array(&self.partition_indexes, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, partition_indexes: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsResponse {
    /// Versions 0.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0.
    pub error_message: Option<String>,
    /// Versions 0.
    pub topics: Vec<OngoingTopicReassignment>,
}

impl Default for ListPartitionReassignmentsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            topics: Vec::new(),
        }
    }
}

impl Element for ListPartitionReassignmentsResponse {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            topics: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListPartitionReassignmentsResponse {
    const NAME: &'static str = "ListPartitionReassignmentsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 16;
}

impl Response for ListPartitionReassignmentsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ListPartitionReassignmentsResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OngoingTopicReassignment {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub partitions: Vec<OngoingPartitionReassignment>,
}

impl Element for OngoingTopicReassignment {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ListPartitionReassignmentsResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OngoingPartitionReassignment {
    /// Versions 0.
    pub partition_index: i32,
    /// Versions 0.
    pub replicas: Vec<i32>,
    /// Versions 0.
    pub adding_replicas: Vec<i32>,
    /// Versions 0.
    pub removing_replicas: Vec<i32>,
}

impl Element for OngoingPartitionReassignment {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.array(&self.replicas, version);
        w.array(&self.adding_replicas, version);
        w.array(&self.removing_replicas, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            replicas: r.array(version)?,
            adding_replicas: r.array(version)?,
            removing_replicas: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
