//! ConsumerGroupHeartbeat (API key 68).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerGroupHeartbeatRequest {
    /// Versions 0-1.
    pub group_id: String,
    /// Versions 0-1.
    pub member_id: String,
    /// Versions 0-1.
    pub member_epoch: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub instance_id: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub rack_id: Option<String>,
    /// Versions 0-1; default -1.
    pub rebalance_timeout_ms: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub subscribed_topic_names: Option<Vec<String>>,
    /// Versions 1; nullable in 1; default null.
    pub subscribed_topic_regex: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub server_assignor: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub topic_partitions: Option<Vec<RequestTopicPartitions>>,
}

impl Default for ConsumerGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            member_id: String::new(),
            member_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            subscribed_topic_names: None,
            subscribed_topic_regex: None,
            server_assignor: None,
            topic_partitions: None,
        }
    }
}

impl Element for ConsumerGroupHeartbeatRequest {
    const MIN_SIZE: usize = 16;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.string(&self.member_id);
        w.i32(self.member_epoch);
        w.nullable_string(self.instance_id.as_deref());
        w.nullable_string(self.rack_id.as_deref());
        w.i32(self.rebalance_timeout_ms);
        w.nullable_array(self.subscribed_topic_names.as_deref(), version);
        if version >= 1 {
            w.nullable_string(self.subscribed_topic_regex.as_deref());
        } else if self.subscribed_topic_regex.is_some() {
            w.unsupported("ConsumerGroupHeartbeatRequest.subscribed_topic_regex", version);
        }
        w.nullable_string(self.server_assignor.as_deref());
        w.nullable_array(self.topic_partitions.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            member_id: r.string()?,
            member_epoch: r.i32()?,
            instance_id: r.nullable_string()?,
            rack_id: r.nullable_string()?,
            rebalance_timeout_ms: r.i32()?,
            subscribed_topic_names: r.nullable_array(version)?,
            subscribed_topic_regex: if version >= 1 { r.nullable_string()? } else { None },
            server_assignor: r.nullable_string()?,
            topic_partitions: r.nullable_array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ConsumerGroupHeartbeatRequest {
    const NAME: &'static str = "ConsumerGroupHeartbeatRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Request for ConsumerGroupHeartbeatRequest {
    const KEY: ApiKey = ApiKey::CONSUMER_GROUP_HEARTBEAT;
    const LATEST_STABLE: i16 = 1;
    type Response = ConsumerGroupHeartbeatResponse;
}

/// Part of [`ConsumerGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicPartitions {
    /// Versions 0-1.
    pub topic_id: Uuid,
    /// Versions 0-1.
    pub partitions: Vec<i32>,
}

impl Element for RequestTopicPartitions {
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

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupHeartbeatResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1; default null.
    pub error_message: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub member_id: Option<String>,
    /// Versions 0-1.
    pub member_epoch: i32,
    /// Versions 0-1.
    pub heartbeat_interval_ms: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub assignment: Option<Assignment>,
}

impl Element for ConsumerGroupHeartbeatResponse {
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

impl Message for ConsumerGroupHeartbeatResponse {
    const NAME: &'static str = "ConsumerGroupHeartbeatResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 3;
}

impl Response for ConsumerGroupHeartbeatResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ConsumerGroupHeartbeatResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Versions 0-1.
    pub topic_partitions: Vec<ResponseTopicPartitions>,
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

/// Part of [`ConsumerGroupHeartbeatResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicPartitions {
    /// Versions 0-1.
    pub topic_id: Uuid,
    /// Versions 0-1.
    pub partitions: Vec<i32>,
}

impl Element for ResponseTopicPartitions {
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
