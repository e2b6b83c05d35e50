//! OffsetCommit (API key 8).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 2-10; flexible from 8.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequest {
    /// Versions 2-10.
    pub group_id: String,
    /// Versions 2-10; ignorable; default -1.
    pub generation_id_or_member_epoch: i32,
    /// Versions 2-10; ignorable.
    pub member_id: String,
    /// Versions 7-10; nullable in 7-10; default null.
    pub group_instance_id: Option<String>,
    /// Versions 2-4; ignorable; default -1.
    pub retention_time_ms: i64,
    /// Versions 2-10.
    pub topics: Vec<OffsetCommitRequestTopic>,
}

impl Default for OffsetCommitRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            generation_id_or_member_epoch: -1,
            member_id: String::new(),
            group_instance_id: None,
            retention_time_ms: -1,
            topics: Vec::new(),
        }
    }
}

impl Element for OffsetCommitRequest {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.i32(self.generation_id_or_member_epoch);
        w.string(&self.member_id);
        if version >= 7 {
            w.nullable_string(self.group_instance_id.as_deref());
        } else if self.group_instance_id.is_some() {
            w.unsupported("OffsetCommitRequest.group_instance_id", version);
        }
        if version <= 4 {
            w.i64(self.retention_time_ms);
        }
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            generation_id_or_member_epoch: r.i32()?,
            member_id: r.string()?,
            group_instance_id: if version >= 7 { r.nullable_string()? } else { None },
            retention_time_ms: if version <= 4 { r.i64()? } else { -1 },
            topics: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for OffsetCommitRequest {
    const NAME: &'static str = "OffsetCommitRequest";
    const VERSIONS: RangeInclusive<i16> = 2..=10;
    const FIRST_FLEXIBLE: i16 = 8;
    const EXPANSION: usize = 22;
}

impl Request for OffsetCommitRequest {
    const KEY: ApiKey = ApiKey::OFFSET_COMMIT;
    const LATEST_STABLE: i16 = 10;
    type Response = OffsetCommitResponse;
}

/// Part of [`OffsetCommitRequest`], versions 2-10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitRequestTopic {
    /// Versions 2-9; ignorable.
    pub name: String,
    /// Versions 10; ignorable.
    pub topic_id: Uuid,
    /// Versions 2-10.
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

impl Element for OffsetCommitRequestTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 9 {
            w.string(&self.name);
        }
        if version >= 10 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version <= 9 { r.string()? } else { String::new() },
            topic_id: if version >= 10 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`OffsetCommitRequest`], versions 2-10.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestPartition {
    /// Versions 2-10.
    pub partition_index: i32,
    /// Versions 2-10.
    pub committed_offset: i64,
    /// Versions 6-10; ignorable; default -1.
    pub committed_leader_epoch: i32,
    /// Versions 2-10; nullable in 2-10.
    pub committed_metadata: Option<String>,
}

impl Default for OffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(String::new()),
        }
    }
}

impl Element for OffsetCommitRequestPartition {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.i64(self.committed_offset);
        if version >= 6 {
            w.i32(self.committed_leader_epoch);
        }
        w.nullable_string(self.committed_metadata.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: if version >= 6 { r.i32()? } else { -1 },
            committed_metadata: r.nullable_string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 2-10; flexible from 8.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponse {
    /// Versions 3-10; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 2-10.
    pub topics: Vec<OffsetCommitResponseTopic>,
}

impl Element for OffsetCommitResponse {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 3 {
            w.i32(self.throttle_time_ms);
        }
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { throttle_time_ms: if version >= 3 { r.i32()? } else { 0 }, topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for OffsetCommitResponse {
    const NAME: &'static str = "OffsetCommitResponse";
    const VERSIONS: RangeInclusive<i16> = 2..=10;
    const FIRST_FLEXIBLE: i16 = 8;
    const EXPANSION: usize = 22;
}

impl Response for OffsetCommitResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`OffsetCommitResponse`], versions 2-10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponseTopic {
    /// Versions 2-9; ignorable.
    pub name: String,
    /// Versions 10; ignorable.
    pub topic_id: Uuid,
    /// Versions 2-10.
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

impl Element for OffsetCommitResponseTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 9 {
            w.string(&self.name);
        }
        if version >= 10 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version <= 9 { r.string()? } else { String::new() },
            topic_id: if version >= 10 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`OffsetCommitResponse`], versions 2-10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponsePartition {
    /// Versions 2-10.
    pub partition_index: i32,
    /// Versions 2-10.
    pub error_code: ErrorCode,
}

impl Element for OffsetCommitResponsePartition {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()?, error_code: r.error_code()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
