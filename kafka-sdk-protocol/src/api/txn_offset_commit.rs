//! TxnOffsetCommit (API key 28).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-6; flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequest {
    /// Versions 0-6.
    pub transactional_id: String,
    /// Versions 0-6.
    pub group_id: String,
    /// Versions 0-6.
    pub producer_id: i64,
    /// Versions 0-6.
    pub producer_epoch: i16,
    /// Versions 3-6; default -1.
    pub generation_id_or_member_epoch: i32,
    /// Versions 3-6.
    pub member_id: String,
    /// Versions 3-6; nullable in 3-6; default null.
    pub group_instance_id: Option<String>,
    /// Versions 0-6.
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

impl Default for TxnOffsetCommitRequest {
    fn default() -> Self {
        Self {
            transactional_id: String::new(),
            group_id: String::new(),
            producer_id: 0,
            producer_epoch: 0,
            generation_id_or_member_epoch: -1,
            member_id: String::new(),
            group_instance_id: None,
            topics: Vec::new(),
        }
    }
}

impl Element for TxnOffsetCommitRequest {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.transactional_id);
        w.string(&self.group_id);
        w.i64(self.producer_id);
        w.i16(self.producer_epoch);
        if version >= 3 {
            w.i32(self.generation_id_or_member_epoch);
        } else if self.generation_id_or_member_epoch != -1 {
            w.unsupported("TxnOffsetCommitRequest.generation_id_or_member_epoch", version);
        }
        if version >= 3 {
            w.string(&self.member_id);
        } else if !self.member_id.is_empty() {
            w.unsupported("TxnOffsetCommitRequest.member_id", version);
        }
        if version >= 3 {
            w.nullable_string(self.group_instance_id.as_deref());
        } else if self.group_instance_id.is_some() {
            w.unsupported("TxnOffsetCommitRequest.group_instance_id", version);
        }
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: r.string()?,
            group_id: r.string()?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            generation_id_or_member_epoch: if version >= 3 { r.i32()? } else { -1 },
            member_id: if version >= 3 { r.string()? } else { String::new() },
            group_instance_id: if version >= 3 { r.nullable_string()? } else { None },
            topics: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for TxnOffsetCommitRequest {
    const NAME: &'static str = "TxnOffsetCommitRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 22;
}

impl Request for TxnOffsetCommitRequest {
    const KEY: ApiKey = ApiKey::TXN_OFFSET_COMMIT;
    const LATEST_STABLE: i16 = 6;
    type Response = TxnOffsetCommitResponse;
}

/// Part of [`TxnOffsetCommitRequest`], versions 0-6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitRequestTopic {
    /// Versions 0-5; ignorable.
    pub name: String,
    /// Versions 6; ignorable.
    pub topic_id: Uuid,
    /// Versions 0-6.
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

impl Element for TxnOffsetCommitRequestTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 5 {
            w.string(&self.name);
        }
        if version >= 6 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version <= 5 { r.string()? } else { String::new() },
            topic_id: if version >= 6 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`TxnOffsetCommitRequest`], versions 0-6.
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    /// Versions 0-6.
    pub partition_index: i32,
    /// Versions 0-6.
    pub committed_offset: i64,
    /// Versions 2-6; ignorable; default -1.
    pub committed_leader_epoch: i32,
    /// Versions 0-6; nullable in 0-6.
    pub committed_metadata: Option<String>,
}

impl Default for TxnOffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(String::new()),
        }
    }
}

impl Element for TxnOffsetCommitRequestPartition {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.i64(self.committed_offset);
        if version >= 2 {
            w.i32(self.committed_leader_epoch);
        }
        w.nullable_string(self.committed_metadata.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: if version >= 2 { r.i32()? } else { -1 },
            committed_metadata: r.nullable_string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-6; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponse {
    /// Versions 0-6.
    pub throttle_time_ms: i32,
    /// Versions 0-6.
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

impl Element for TxnOffsetCommitResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for TxnOffsetCommitResponse {
    const NAME: &'static str = "TxnOffsetCommitResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 22;
}

impl Response for TxnOffsetCommitResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`TxnOffsetCommitResponse`], versions 0-6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponseTopic {
    /// Versions 0-5; ignorable.
    pub name: String,
    /// Versions 6; ignorable.
    pub topic_id: Uuid,
    /// Versions 0-6.
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

impl Element for TxnOffsetCommitResponseTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 5 {
            w.string(&self.name);
        }
        if version >= 6 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version <= 5 { r.string()? } else { String::new() },
            topic_id: if version >= 6 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`TxnOffsetCommitResponse`], versions 0-6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponsePartition {
    /// Versions 0-6.
    pub partition_index: i32,
    /// Versions 0-6.
    pub error_code: ErrorCode,
}

impl Element for TxnOffsetCommitResponsePartition {
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
