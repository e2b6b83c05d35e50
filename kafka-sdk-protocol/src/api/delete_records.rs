//! DeleteRecords (API key 21).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsRequest {
    /// Versions 0-2.
    pub topics: Vec<DeleteRecordsTopic>,
    /// Versions 0-2.
    pub timeout_ms: i32,
}

impl Element for DeleteRecordsRequest {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.topics, version);
        w.i32(self.timeout_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topics: r.array(version)?, timeout_ms: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DeleteRecordsRequest {
    const NAME: &'static str = "DeleteRecordsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Request for DeleteRecordsRequest {
    const KEY: ApiKey = ApiKey::DELETE_RECORDS;
    const LATEST_STABLE: i16 = 2;
    type Response = DeleteRecordsResponse;
}

/// Part of [`DeleteRecordsRequest`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsTopic {
    /// Versions 0-2.
    pub name: String,
    /// Versions 0-2.
    pub partitions: Vec<DeleteRecordsPartition>,
}

impl Element for DeleteRecordsTopic {
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

/// Part of [`DeleteRecordsRequest`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsPartition {
    /// Versions 0-2.
    pub partition_index: i32,
    /// Versions 0-2.
    pub offset: i64,
}

impl Element for DeleteRecordsPartition {
    const MIN_SIZE: usize = 12;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
        w.i64(self.offset);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()?, offset: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-2; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsResponse {
    /// Versions 0-2.
    pub throttle_time_ms: i32,
    /// Versions 0-2.
    pub topics: Vec<DeleteRecordsTopicResult>,
}

impl Element for DeleteRecordsResponse {
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

impl Message for DeleteRecordsResponse {
    const NAME: &'static str = "DeleteRecordsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Response for DeleteRecordsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DeleteRecordsResponse`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsTopicResult {
    /// Versions 0-2.
    pub name: String,
    /// Versions 0-2.
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}

impl Element for DeleteRecordsTopicResult {
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

/// Part of [`DeleteRecordsResponse`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsPartitionResult {
    /// Versions 0-2.
    pub partition_index: i32,
    /// Versions 0-2.
    pub low_watermark: i64,
    /// Versions 0-2.
    pub error_code: ErrorCode,
}

impl Element for DeleteRecordsPartitionResult {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
        w.i64(self.low_watermark);
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()?, low_watermark: r.i64()?, error_code: r.error_code()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
