//! WriteShareGroupState (API key 85).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteShareGroupStateRequest {
    /// Versions 0-1.
    pub group_id: String,
    /// Versions 0-1.
    pub topics: Vec<WriteStateData>,
}

impl Element for WriteShareGroupStateRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { group_id: r.string()?, topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for WriteShareGroupStateRequest {
    const NAME: &'static str = "WriteShareGroupStateRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 3;
}

impl Request for WriteShareGroupStateRequest {
    const KEY: ApiKey = ApiKey::WRITE_SHARE_GROUP_STATE;
    const LATEST_STABLE: i16 = 1;
    type Response = WriteShareGroupStateResponse;
}

/// Part of [`WriteShareGroupStateRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteStateData {
    /// Versions 0-1.
    pub topic_id: Uuid,
    /// Versions 0-1.
    pub partitions: Vec<PartitionData>,
}

impl Element for WriteStateData {
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

/// Part of [`WriteShareGroupStateRequest`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionData {
    /// Versions 0-1.
    pub partition: i32,
    /// Versions 0-1.
    pub state_epoch: i32,
    /// Versions 0-1.
    pub leader_epoch: i32,
    /// Versions 0-1.
    pub start_offset: i64,
    /// Versions 1; ignorable; default -1.
    pub delivery_complete_count: i32,
    /// Versions 0-1.
    pub state_batches: Vec<StateBatch>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self {
            partition: 0,
            state_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
            state_batches: Vec::new(),
        }
    }
}

impl Element for PartitionData {
    const MIN_SIZE: usize = 22;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition);
        w.i32(self.state_epoch);
        w.i32(self.leader_epoch);
        w.i64(self.start_offset);
        if version >= 1 {
            w.i32(self.delivery_complete_count);
        }
        w.array(&self.state_batches, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition: r.i32()?,
            state_epoch: r.i32()?,
            leader_epoch: r.i32()?,
            start_offset: r.i64()?,
            delivery_complete_count: if version >= 1 { r.i32()? } else { -1 },
            state_batches: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`WriteShareGroupStateRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateBatch {
    /// Versions 0-1.
    pub first_offset: i64,
    /// Versions 0-1.
    pub last_offset: i64,
    /// Versions 0-1.
    pub delivery_state: i8,
    /// Versions 0-1.
    pub delivery_count: i16,
}

impl Element for StateBatch {
    const MIN_SIZE: usize = 20;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i64(self.first_offset);
        w.i64(self.last_offset);
        w.i8(self.delivery_state);
        w.i16(self.delivery_count);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            first_offset: r.i64()?,
            last_offset: r.i64()?,
            delivery_state: r.i8()?,
            delivery_count: r.i16()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteShareGroupStateResponse {
    /// Versions 0-1.
    pub results: Vec<WriteStateResult>,
}

impl Element for WriteShareGroupStateResponse {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.results, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { results: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for WriteShareGroupStateResponse {
    const NAME: &'static str = "WriteShareGroupStateResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 4;
}

impl Response for WriteShareGroupStateResponse {}

/// Part of [`WriteShareGroupStateResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteStateResult {
    /// Versions 0-1.
    pub topic_id: Uuid,
    /// Versions 0-1.
    pub partitions: Vec<PartitionResult>,
}

impl Element for WriteStateResult {
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

/// Part of [`WriteShareGroupStateResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionResult {
    /// Versions 0-1.
    pub partition: i32,
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1; default null.
    pub error_message: Option<String>,
}

impl Element for PartitionResult {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { partition: r.i32()?, error_code: r.error_code()?, error_message: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
