//! OffsetFetch (API key 9).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 1-10; flexible from 6.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequest {
    /// Versions 1-7.
    pub group_id: String,
    /// Versions 1-7; nullable in 2-7.
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// Versions 8-10.
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Versions 7-10.
    pub require_stable: bool,
}

impl Default for OffsetFetchRequest {
    fn default() -> Self {
        Self { group_id: String::new(), topics: Some(Vec::new()), groups: Vec::new(), require_stable: false }
    }
}

impl Element for OffsetFetchRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 7 {
            w.string(&self.group_id);
        } else if !self.group_id.is_empty() {
            w.unsupported("OffsetFetchRequest.group_id", version);
        }
        if version <= 7 {
            if self.topics.is_none() && version < 2 {
                w.null("OffsetFetchRequest.topics", version);
            }
            w.nullable_array(self.topics.as_deref(), version);
        } else if self.topics.as_ref().is_none_or(|it| !it.is_empty()) {
            w.unsupported("OffsetFetchRequest.topics", version);
        }
        if version >= 8 {
            w.array(&self.groups, version);
        } else if !self.groups.is_empty() {
            w.unsupported("OffsetFetchRequest.groups", version);
        }
        if version >= 7 {
            w.bool(self.require_stable);
        } else if self.require_stable {
            w.unsupported("OffsetFetchRequest.require_stable", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: if version <= 7 { r.string()? } else { String::new() },
            topics: if version <= 7 {
                if version >= 2 { r.nullable_array(version)? } else { Some(r.array(version)?) }
            } else {
                Some(Vec::new())
            },
            groups: if version >= 8 { r.array(version)? } else { Vec::new() },
            require_stable: if version >= 7 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for OffsetFetchRequest {
    const NAME: &'static str = "OffsetFetchRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=10;
    const FIRST_FLEXIBLE: i16 = 6;
    const EXPANSION: usize = 27;
}

impl Request for OffsetFetchRequest {
    const KEY: ApiKey = ApiKey::OFFSET_FETCH;
    const LATEST_STABLE: i16 = 10;
    type Response = OffsetFetchResponse;
}

/// Part of [`OffsetFetchRequest`], versions 1-7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchRequestTopic {
    /// Versions 1-7.
    pub name: String,
    /// Versions 1-7.
    pub partition_indexes: Vec<i32>,
}

impl Element for OffsetFetchRequestTopic {
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

/// Part of [`OffsetFetchRequest`], versions 8-10.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    /// Versions 8-10.
    pub group_id: String,
    /// Versions 9-10; nullable in 9-10; ignorable; default null.
    pub member_id: Option<String>,
    /// Versions 9-10; ignorable; default -1.
    pub member_epoch: i32,
    /// Versions 8-10; nullable in 8-10.
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

impl Default for OffsetFetchRequestGroup {
    fn default() -> Self {
        Self { group_id: String::new(), member_id: None, member_epoch: -1, topics: Some(Vec::new()) }
    }
}

impl Element for OffsetFetchRequestGroup {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        if version >= 9 {
            w.nullable_string(self.member_id.as_deref());
        }
        if version >= 9 {
            w.i32(self.member_epoch);
        }
        w.nullable_array(self.topics.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            member_id: if version >= 9 { r.nullable_string()? } else { None },
            member_epoch: if version >= 9 { r.i32()? } else { -1 },
            topics: r.nullable_array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`OffsetFetchRequest`], versions 8-10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchRequestTopics {
    /// Versions 8-9; ignorable.
    pub name: String,
    /// Versions 10; ignorable.
    pub topic_id: Uuid,
    /// Versions 8-10.
    pub partition_indexes: Vec<i32>,
}

impl Element for OffsetFetchRequestTopics {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 9 {
            w.string(&self.name);
        }
        if version >= 10 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partition_indexes, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version <= 9 { r.string()? } else { String::new() },
            topic_id: if version >= 10 { r.uuid()? } else { Uuid::ZERO },
            partition_indexes: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 1-10; flexible from 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponse {
    /// Versions 3-10; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 1-7.
    pub topics: Vec<OffsetFetchResponseTopic>,
    /// Versions 2-7; ignorable.
    pub error_code: ErrorCode,
    /// Versions 8-10.
    pub groups: Vec<OffsetFetchResponseGroup>,
}

impl Element for OffsetFetchResponse {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 3 {
            w.i32(self.throttle_time_ms);
        }
        if version <= 7 {
            w.array(&self.topics, version);
        } else if !self.topics.is_empty() {
            w.unsupported("OffsetFetchResponse.topics", version);
        }
        if (2..=7).contains(&version) {
            w.error_code(self.error_code);
        }
        if version >= 8 {
            w.array(&self.groups, version);
        } else if !self.groups.is_empty() {
            w.unsupported("OffsetFetchResponse.groups", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: if version >= 3 { r.i32()? } else { 0 },
            topics: if version <= 7 { r.array(version)? } else { Vec::new() },
            error_code: if (2..=7).contains(&version) { r.error_code()? } else { ErrorCode::NONE },
            groups: if version >= 8 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for OffsetFetchResponse {
    const NAME: &'static str = "OffsetFetchResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=10;
    const FIRST_FLEXIBLE: i16 = 6;
    const EXPANSION: usize = 22;
}

impl Response for OffsetFetchResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`OffsetFetchResponse`], versions 1-7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseTopic {
    /// Versions 1-7.
    pub name: String,
    /// Versions 1-7.
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

impl Element for OffsetFetchResponseTopic {
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

/// Part of [`OffsetFetchResponse`], versions 1-7.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    /// Versions 1-7.
    pub partition_index: i32,
    /// Versions 1-7.
    pub committed_offset: i64,
    /// Versions 5-7; ignorable; default -1.
    pub committed_leader_epoch: i32,
    /// Versions 1-7; nullable in 1-7.
    pub metadata: Option<String>,
    /// Versions 1-7.
    pub error_code: ErrorCode,
}

impl Default for OffsetFetchResponsePartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(String::new()),
            error_code: ErrorCode::NONE,
        }
    }
}

impl Element for OffsetFetchResponsePartition {
    const MIN_SIZE: usize = 16;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.i64(self.committed_offset);
        if version >= 5 {
            w.i32(self.committed_leader_epoch);
        }
        w.nullable_string(self.metadata.as_deref());
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: if version >= 5 { r.i32()? } else { -1 },
            metadata: r.nullable_string()?,
            error_code: r.error_code()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`OffsetFetchResponse`], versions 8-10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseGroup {
    /// Versions 8-10.
    pub group_id: String,
    /// Versions 8-10.
    pub topics: Vec<OffsetFetchResponseTopics>,
    /// Versions 8-10.
    pub error_code: ErrorCode,
}

impl Element for OffsetFetchResponseGroup {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.array(&self.topics, version);
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { group_id: r.string()?, topics: r.array(version)?, error_code: r.error_code()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`OffsetFetchResponse`], versions 8-10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseTopics {
    /// Versions 8-9; ignorable.
    pub name: String,
    /// Versions 10; ignorable.
    pub topic_id: Uuid,
    /// Versions 8-10.
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

impl Element for OffsetFetchResponseTopics {
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

/// Part of [`OffsetFetchResponse`], versions 8-10.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    /// Versions 8-10.
    pub partition_index: i32,
    /// Versions 8-10.
    pub committed_offset: i64,
    /// Versions 8-10; ignorable; default -1.
    pub committed_leader_epoch: i32,
    /// Versions 8-10; nullable in 8-10.
    pub metadata: Option<String>,
    /// Versions 8-10.
    pub error_code: ErrorCode,
}

impl Default for OffsetFetchResponsePartitions {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(String::new()),
            error_code: ErrorCode::NONE,
        }
    }
}

impl Element for OffsetFetchResponsePartitions {
    const MIN_SIZE: usize = 20;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
        w.i64(self.committed_offset);
        w.i32(self.committed_leader_epoch);
        w.nullable_string(self.metadata.as_deref());
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: r.i32()?,
            metadata: r.nullable_string()?,
            error_code: r.error_code()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
