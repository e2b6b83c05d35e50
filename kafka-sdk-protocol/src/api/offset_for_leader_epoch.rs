//! OffsetForLeaderEpoch (API key 23).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 2-4; flexible from 4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderEpochRequest {
    /// Versions 3-4; ignorable; default -2.
    pub replica_id: i32,
    /// Versions 2-4.
    pub topics: Vec<OffsetForLeaderTopic>,
}

impl Default for OffsetForLeaderEpochRequest {
    fn default() -> Self {
        Self { replica_id: -2, topics: Vec::new() }
    }
}

impl Element for OffsetForLeaderEpochRequest {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 3 {
            w.i32(self.replica_id);
        }
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { replica_id: if version >= 3 { r.i32()? } else { -2 }, topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for OffsetForLeaderEpochRequest {
    const NAME: &'static str = "OffsetForLeaderEpochRequest";
    const VERSIONS: RangeInclusive<i16> = 2..=4;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 16;
}

impl Request for OffsetForLeaderEpochRequest {
    const KEY: ApiKey = ApiKey::OFFSET_FOR_LEADER_EPOCH;
    const LATEST_STABLE: i16 = 4;
    type Response = OffsetForLeaderEpochResponse;
}

/// Part of [`OffsetForLeaderEpochRequest`], versions 2-4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderTopic {
    /// Versions 2-4.
    pub topic: String,
    /// Versions 2-4.
    pub partitions: Vec<OffsetForLeaderPartition>,
}

impl Element for OffsetForLeaderTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.topic);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`OffsetForLeaderEpochRequest`], versions 2-4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderPartition {
    /// Versions 2-4.
    pub partition: i32,
    /// Versions 2-4; ignorable; default -1.
    pub current_leader_epoch: i32,
    /// Versions 2-4.
    pub leader_epoch: i32,
}

impl Default for OffsetForLeaderPartition {
    fn default() -> Self {
        Self { partition: 0, current_leader_epoch: -1, leader_epoch: 0 }
    }
}

impl Element for OffsetForLeaderPartition {
    const MIN_SIZE: usize = 12;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition);
        w.i32(self.current_leader_epoch);
        w.i32(self.leader_epoch);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition: r.i32()?, current_leader_epoch: r.i32()?, leader_epoch: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 2-4; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderEpochResponse {
    /// Versions 2-4; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 2-4.
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

impl Element for OffsetForLeaderEpochResponse {
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

impl Message for OffsetForLeaderEpochResponse {
    const NAME: &'static str = "OffsetForLeaderEpochResponse";
    const VERSIONS: RangeInclusive<i16> = 2..=4;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 16;
}

impl Response for OffsetForLeaderEpochResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`OffsetForLeaderEpochResponse`], versions 2-4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderTopicResult {
    /// Versions 2-4.
    pub topic: String,
    /// Versions 2-4.
    pub partitions: Vec<EpochEndOffset>,
}

impl Element for OffsetForLeaderTopicResult {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.topic);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`OffsetForLeaderEpochResponse`], versions 2-4.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    /// Versions 2-4.
    pub error_code: ErrorCode,
    /// Versions 2-4.
    pub partition: i32,
    /// Versions 2-4; ignorable; default -1.
    pub leader_epoch: i32,
    /// Versions 2-4; default -1.
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self { error_code: ErrorCode::NONE, partition: 0, leader_epoch: -1, end_offset: -1 }
    }
}

impl Element for EpochEndOffset {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.error_code(self.error_code);
        w.i32(self.partition);
        w.i32(self.leader_epoch);
        w.i64(self.end_offset);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            partition: r.i32()?,
            leader_epoch: r.i32()?,
            end_offset: r.i64()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
