//! OffsetDelete (API key 47).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequest {
    /// Versions 0.
    pub group_id: String,
    /// Versions 0.
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

impl Element for OffsetDeleteRequest {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.array(&self.topics, version);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self { group_id: r.string()?, topics: r.array(version)? })
    }
}

impl Message for OffsetDeleteRequest {
    const NAME: &'static str = "OffsetDeleteRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 8;
}

impl Request for OffsetDeleteRequest {
    const KEY: ApiKey = ApiKey::OFFSET_DELETE;
    const LATEST_STABLE: i16 = 0;
    type Response = OffsetDeleteResponse;
}

/// Part of [`OffsetDeleteRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequestTopic {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

impl Element for OffsetDeleteRequestTopic {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.array(&self.partitions, version);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self { name: r.string()?, partitions: r.array(version)? })
    }
}

/// Part of [`OffsetDeleteRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequestPartition {
    /// Versions 0.
    pub partition_index: i32,
}

impl Element for OffsetDeleteRequestPartition {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self { partition_index: r.i32()? })
    }
}

/// Versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponse {
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

impl Element for OffsetDeleteResponse {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.i32(self.throttle_time_ms);
        w.array(&self.topics, version);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self { error_code: r.error_code()?, throttle_time_ms: r.i32()?, topics: r.array(version)? })
    }
}

impl Message for OffsetDeleteResponse {
    const NAME: &'static str = "OffsetDeleteResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 8;
}

impl Response for OffsetDeleteResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`OffsetDeleteResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponseTopic {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

impl Element for OffsetDeleteResponseTopic {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.array(&self.partitions, version);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self { name: r.string()?, partitions: r.array(version)? })
    }
}

/// Part of [`OffsetDeleteResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponsePartition {
    /// Versions 0.
    pub partition_index: i32,
    /// Versions 0.
    pub error_code: ErrorCode,
}

impl Element for OffsetDeleteResponsePartition {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.error_code);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self { partition_index: r.i32()?, error_code: r.error_code()? })
    }
}
