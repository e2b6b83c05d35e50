//! ListOffsets (API key 2).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 1-11; flexible from 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsRequest {
    /// Versions 1-11.
    pub replica_id: i32,
    /// Versions 2-11.
    pub isolation_level: i8,
    /// Versions 1-11.
    pub topics: Vec<ListOffsetsTopic>,
    /// Versions 10-11; ignorable.
    pub timeout_ms: i32,
}

impl Element for ListOffsetsRequest {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.replica_id);
        if version >= 2 {
            w.i8(self.isolation_level);
        } else if self.isolation_level != 0 {
            w.unsupported("ListOffsetsRequest.isolation_level", version);
        }
        w.array(&self.topics, version);
        if version >= 10 {
            w.i32(self.timeout_ms);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            replica_id: r.i32()?,
            isolation_level: if version >= 2 { r.i8()? } else { 0 },
            topics: r.array(version)?,
            timeout_ms: if version >= 10 { r.i32()? } else { 0 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListOffsetsRequest {
    const NAME: &'static str = "ListOffsetsRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=11;
    const FIRST_FLEXIBLE: i16 = 6;
    const EXPANSION: usize = 16;
}

impl Request for ListOffsetsRequest {
    const KEY: ApiKey = ApiKey::LIST_OFFSETS;
    const LATEST_STABLE: i16 = 11;
    type Response = ListOffsetsResponse;
}

/// Part of [`ListOffsetsRequest`], versions 1-11.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsTopic {
    /// Versions 1-11.
    pub name: String,
    /// Versions 1-11.
    pub partitions: Vec<ListOffsetsPartition>,
}

impl Element for ListOffsetsTopic {
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

/// Part of [`ListOffsetsRequest`], versions 1-11.
#[derive(Clone, Debug, PartialEq)]
pub struct ListOffsetsPartition {
    /// Versions 1-11.
    pub partition_index: i32,
    /// Versions 4-11; ignorable; default -1.
    pub current_leader_epoch: i32,
    /// Versions 1-11.
    pub timestamp: i64,
}

impl Default for ListOffsetsPartition {
    fn default() -> Self {
        Self { partition_index: 0, current_leader_epoch: -1, timestamp: 0 }
    }
}

impl Element for ListOffsetsPartition {
    const MIN_SIZE: usize = 12;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        if version >= 4 {
            w.i32(self.current_leader_epoch);
        }
        w.i64(self.timestamp);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            current_leader_epoch: if version >= 4 { r.i32()? } else { -1 },
            timestamp: r.i64()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 1-11; flexible from 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsResponse {
    /// Versions 2-11; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 1-11.
    pub topics: Vec<ListOffsetsTopicResponse>,
}

impl Element for ListOffsetsResponse {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 2 {
            w.i32(self.throttle_time_ms);
        }
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { throttle_time_ms: if version >= 2 { r.i32()? } else { 0 }, topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListOffsetsResponse {
    const NAME: &'static str = "ListOffsetsResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=11;
    const FIRST_FLEXIBLE: i16 = 6;
    const EXPANSION: usize = 16;
}

impl Response for ListOffsetsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ListOffsetsResponse`], versions 1-11.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsTopicResponse {
    /// Versions 1-11.
    pub name: String,
    /// Versions 1-11.
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}

impl Element for ListOffsetsTopicResponse {
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

/// Part of [`ListOffsetsResponse`], versions 1-11.
#[derive(Clone, Debug, PartialEq)]
pub struct ListOffsetsPartitionResponse {
    /// Versions 1-11.
    pub partition_index: i32,
    /// Versions 1-11.
    pub error_code: ErrorCode,
    /// Versions 1-11; default -1.
    pub timestamp: i64,
    /// Versions 1-11; default -1.
    pub offset: i64,
    /// Versions 4-11; default -1.
    pub leader_epoch: i32,
}

impl Default for ListOffsetsPartitionResponse {
    fn default() -> Self {
        Self { partition_index: 0, error_code: ErrorCode::NONE, timestamp: -1, offset: -1, leader_epoch: -1 }
    }
}

impl Element for ListOffsetsPartitionResponse {
    const MIN_SIZE: usize = 22;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.error_code);
        w.i64(self.timestamp);
        w.i64(self.offset);
        if version >= 4 {
            w.i32(self.leader_epoch);
        } else if self.leader_epoch != -1 {
            w.unsupported("ListOffsetsPartitionResponse.leader_epoch", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            error_code: r.error_code()?,
            timestamp: r.i64()?,
            offset: r.i64()?,
            leader_epoch: if version >= 4 { r.i32()? } else { -1 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
