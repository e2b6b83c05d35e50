//! ShareGroupHeartbeat (API key 76).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupHeartbeatRequest {
    /// Versions 1.
    pub group_id: String,
    /// Versions 1.
    pub member_id: String,
    /// Versions 1.
    pub member_epoch: i32,
    /// Versions 1; nullable in 1; default null.
    pub rack_id: Option<String>,
    /// Versions 1; nullable in 1; default null.
    pub subscribed_topic_names: Option<Vec<String>>,
}

impl Element for ShareGroupHeartbeatRequest {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.string(&self.member_id);
        w.i32(self.member_epoch);
        w.nullable_string(self.rack_id.as_deref());
        w.nullable_array(self.subscribed_topic_names.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            member_id: r.string()?,
            member_epoch: r.i32()?,
            rack_id: r.nullable_string()?,
            subscribed_topic_names: r.nullable_array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareGroupHeartbeatRequest {
    const NAME: &'static str = "ShareGroupHeartbeatRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 24;
}

impl Request for ShareGroupHeartbeatRequest {
    const KEY: ApiKey = ApiKey::SHARE_GROUP_HEARTBEAT;
    const LATEST_STABLE: i16 = 1;
    type Response = ShareGroupHeartbeatResponse;
}

/// Versions 1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupHeartbeatResponse {
    /// Versions 1.
    pub throttle_time_ms: i32,
    /// Versions 1.
    pub error_code: ErrorCode,
    /// Versions 1; nullable in 1; default null.
    pub error_message: Option<String>,
    /// Versions 1; nullable in 1; default null.
    pub member_id: Option<String>,
    /// Versions 1.
    pub member_epoch: i32,
    /// Versions 1.
    pub heartbeat_interval_ms: i32,
    /// Versions 1; nullable in 1; default null.
    pub assignment: Option<Assignment>,
}

impl Element for ShareGroupHeartbeatResponse {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.nullable_string(self.member_id.as_deref());
        w.i32(self.member_epoch);
        w.i32(self.heartbeat_interval_ms);
        w.nullable_struct(self.assignment.as_ref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            member_id: r.nullable_string()?,
            member_epoch: r.i32()?,
            heartbeat_interval_ms: r.i32()?,
            assignment: r.nullable_struct(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareGroupHeartbeatResponse {
    const NAME: &'static str = "ShareGroupHeartbeatResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 3;
}

impl Response for ShareGroupHeartbeatResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ShareGroupHeartbeatResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Versions 1.
    pub topic_partitions: Vec<TopicPartitions>,
}

impl Element for Assignment {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.topic_partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareGroupHeartbeatResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Versions 1.
    pub topic_id: Uuid,
    /// Versions 1.
    pub partitions: Vec<i32>,
}

impl Element for TopicPartitions {
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
