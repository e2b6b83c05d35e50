//! WriteTxnMarkers (API key 27).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 1-2; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteTxnMarkersRequest {
    /// Versions 1-2.
    pub markers: Vec<WritableTxnMarker>,
}

impl Element for WriteTxnMarkersRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.markers, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { markers: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for WriteTxnMarkersRequest {
    const NAME: &'static str = "WriteTxnMarkersRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 16;
}

impl Request for WriteTxnMarkersRequest {
    const KEY: ApiKey = ApiKey::WRITE_TXN_MARKERS;
    const LATEST_STABLE: i16 = 2;
    type Response = WriteTxnMarkersResponse;
}

/// Part of [`WriteTxnMarkersRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarker {
    /// Versions 1-2.
    pub producer_id: i64,
    /// Versions 1-2.
    pub producer_epoch: i16,
    /// Versions 1-2.
    pub transaction_result: bool,
    /// Versions 1-2.
    pub topics: Vec<WritableTxnMarkerTopic>,
    /// Versions 1-2.
    pub coordinator_epoch: i32,
    /// Versions 2; ignorable.
    pub transaction_version: i8,
}

impl Element for WritableTxnMarker {
    const MIN_SIZE: usize = 17;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i64(self.producer_id);
        w.i16(self.producer_epoch);
        w.bool(self.transaction_result);
        w.array(&self.topics, version);
        w.i32(self.coordinator_epoch);
        if version >= 2 {
            w.i8(self.transaction_version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            transaction_result: r.bool()?,
            topics: r.array(version)?,
            coordinator_epoch: r.i32()?,
            transaction_version: if version >= 2 { r.i8()? } else { 0 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`WriteTxnMarkersRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerTopic {
    /// Versions 1-2.
    pub name: String,
    /// Versions 1-2.
    pub partition_indexes: Vec<i32>,
}

impl Element for WritableTxnMarkerTopic {
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

/// Versions 1-2; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteTxnMarkersResponse {
    /// Versions 1-2.
    pub markers: Vec<WritableTxnMarkerResult>,
}

impl Element for WriteTxnMarkersResponse {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.markers, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { markers: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for WriteTxnMarkersResponse {
    const NAME: &'static str = "WriteTxnMarkersResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 16;
}

impl Response for WriteTxnMarkersResponse {}

/// Part of [`WriteTxnMarkersResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerResult {
    /// Versions 1-2.
    pub producer_id: i64,
    /// Versions 1-2.
    pub topics: Vec<WritableTxnMarkerTopicResult>,
}

impl Element for WritableTxnMarkerResult {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i64(self.producer_id);
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { producer_id: r.i64()?, topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`WriteTxnMarkersResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerTopicResult {
    /// Versions 1-2.
    pub name: String,
    /// Versions 1-2.
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

impl Element for WritableTxnMarkerTopicResult {
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

/// Part of [`WriteTxnMarkersResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerPartitionResult {
    /// Versions 1-2.
    pub partition_index: i32,
    /// Versions 1-2.
    pub error_code: ErrorCode,
}

impl Element for WritableTxnMarkerPartitionResult {
    const MIN_SIZE: usize = 7;

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
