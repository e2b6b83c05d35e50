//! ElectLeaders (API key 43).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct ElectLeadersRequest {
    /// Versions 1-2.
    pub election_type: i8,
    /// Versions 0-2; nullable in 0-2.
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    /// Versions 0-2; default 60000.
    pub timeout_ms: i32,
}

impl Default for ElectLeadersRequest {
    fn default() -> Self {
        Self { election_type: 0, topic_partitions: Some(Vec::new()), timeout_ms: 60000 }
    }
}

impl Element for ElectLeadersRequest {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.i8(self.election_type);
        } else if self.election_type != 0 {
            w.unsupported("ElectLeadersRequest.election_type", version);
        }
        w.nullable_array(self.topic_partitions.as_deref(), version);
        w.i32(self.timeout_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            election_type: if version >= 1 { r.i8()? } else { 0 },
            topic_partitions: r.nullable_array(version)?,
            timeout_ms: r.i32()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ElectLeadersRequest {
    const NAME: &'static str = "ElectLeadersRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Request for ElectLeadersRequest {
    const KEY: ApiKey = ApiKey::ELECT_LEADERS;
    const LATEST_STABLE: i16 = 2;
    type Response = ElectLeadersResponse;
}

/// Part of [`ElectLeadersRequest`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Versions 0-2.
    pub topic: String,
    /// Versions 0-2.
    pub partitions: Vec<i32>,
}

impl Element for TopicPartitions {
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

/// Versions 0-2; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ElectLeadersResponse {
    /// Versions 0-2.
    pub throttle_time_ms: i32,
    /// Versions 1-2.
    pub error_code: ErrorCode,
    /// Versions 0-2.
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

impl Element for ElectLeadersResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        if version >= 1 {
            w.error_code(self.error_code);
        } else if self.error_code != ErrorCode::NONE {
            w.unsupported("ElectLeadersResponse.error_code", version);
        }
        w.array(&self.replica_election_results, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: if version >= 1 { r.error_code()? } else { ErrorCode::NONE },
            replica_election_results: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ElectLeadersResponse {
    const NAME: &'static str = "ElectLeadersResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Response for ElectLeadersResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ElectLeadersResponse`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaElectionResult {
    /// Versions 0-2.
    pub topic: String,
    /// Versions 0-2.
    pub partition_result: Vec<PartitionResult>,
}

impl Element for ReplicaElectionResult {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.topic);
        w.array(&self.partition_result, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic: r.string()?, partition_result: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ElectLeadersResponse`], versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionResult {
    /// Versions 0-2.
    pub partition_id: i32,
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 0-2; nullable in 0-2.
    pub error_message: Option<String>,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self { partition_id: 0, error_code: ErrorCode::NONE, error_message: Some(String::new()) }
    }
}

impl Element for PartitionResult {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_id);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { partition_id: r.i32()?, error_code: r.error_code()?, error_message: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
