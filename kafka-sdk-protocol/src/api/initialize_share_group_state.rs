//! InitializeShareGroupState (API key 83).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeShareGroupStateRequest {
    /// Versions 0.
    pub group_id: String,
    /// Versions 0.
    pub topics: Vec<InitializeStateData>,
}

impl Element for InitializeShareGroupStateRequest {
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

impl Message for InitializeShareGroupStateRequest {
    const NAME: &'static str = "InitializeShareGroupStateRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 3;
}

impl Request for InitializeShareGroupStateRequest {
    const KEY: ApiKey = ApiKey::INITIALIZE_SHARE_GROUP_STATE;
    const LATEST_STABLE: i16 = 0;
    type Response = InitializeShareGroupStateResponse;
}

/// Part of [`InitializeShareGroupStateRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeStateData {
    /// Versions 0.
    pub topic_id: Uuid,
    /// Versions 0.
    pub partitions: Vec<PartitionData>,
}

impl Element for InitializeStateData {
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

/// Part of [`InitializeShareGroupStateRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionData {
    /// Versions 0.
    pub partition: i32,
    /// Versions 0.
    pub state_epoch: i32,
    /// Versions 0.
    pub start_offset: i64,
}

impl Element for PartitionData {
    const MIN_SIZE: usize = 17;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition);
        w.i32(self.state_epoch);
        w.i64(self.start_offset);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition: r.i32()?, state_epoch: r.i32()?, start_offset: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeShareGroupStateResponse {
    /// Versions 0.
    pub results: Vec<InitializeStateResult>,
}

impl Element for InitializeShareGroupStateResponse {
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

impl Message for InitializeShareGroupStateResponse {
    const NAME: &'static str = "InitializeShareGroupStateResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 4;
}

impl Response for InitializeShareGroupStateResponse {}

/// Part of [`InitializeShareGroupStateResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeStateResult {
    /// Versions 0.
    pub topic_id: Uuid,
    /// Versions 0.
    pub partitions: Vec<PartitionResult>,
}

impl Element for InitializeStateResult {
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

/// Part of [`InitializeShareGroupStateResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionResult {
    /// Versions 0.
    pub partition: i32,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0; default null.
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
