//! ShareAcknowledge (API key 79).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 1-2; flexible from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareAcknowledgeRequest {
    /// Versions 1-2; nullable in 1-2; default null.
    pub group_id: Option<String>,
    /// Versions 1-2; nullable in 1-2.
    pub member_id: Option<String>,
    /// Versions 1-2.
    pub share_session_epoch: i32,
    /// Versions 2.
    pub is_renew_ack: bool,
    /// Versions 1-2.
    pub topics: Vec<AcknowledgeTopic>,
}

impl Default for ShareAcknowledgeRequest {
    fn default() -> Self {
        Self {
            group_id: None,
            member_id: Some(String::new()),
            share_session_epoch: 0,
            is_renew_ack: false,
            topics: Vec::new(),
        }
    }
}

impl Element for ShareAcknowledgeRequest {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.nullable_string(self.group_id.as_deref());
        w.nullable_string(self.member_id.as_deref());
        w.i32(self.share_session_epoch);
        if version >= 2 {
            w.bool(self.is_renew_ack);
        } else if self.is_renew_ack {
            w.unsupported("ShareAcknowledgeRequest.is_renew_ack", version);
        }
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.nullable_string()?,
            member_id: r.nullable_string()?,
            share_session_epoch: r.i32()?,
            is_renew_ack: if version >= 2 { r.bool()? } else { false },
            topics: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareAcknowledgeRequest {
    const NAME: &'static str = "ShareAcknowledgeRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 6;
}

impl Request for ShareAcknowledgeRequest {
    const KEY: ApiKey = ApiKey::SHARE_ACKNOWLEDGE;
    const LATEST_STABLE: i16 = 2;
    type Response = ShareAcknowledgeResponse;
}

/// Part of [`ShareAcknowledgeRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgeTopic {
    /// Versions 1-2.
    pub topic_id: Uuid,
    /// Versions 1-2.
    pub partitions: Vec<AcknowledgePartition>,
}

impl Element for AcknowledgeTopic {
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

/// Part of [`ShareAcknowledgeRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgePartition {
    /// Versions 1-2.
    pub partition_index: i32,
    /// Versions 1-2.
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

impl Element for AcknowledgePartition {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.array(&self.acknowledgement_batches, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()?, acknowledgement_batches: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareAcknowledgeRequest`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgementBatch {
    /// Versions 1-2.
    pub first_offset: i64,
    /// Versions 1-2.
    pub last_offset: i64,
    /// Versions 1-2.
    pub acknowledge_types: Vec<i8>,
}

impl Element for AcknowledgementBatch {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i64(self.first_offset);
        w.i64(self.last_offset);
        w.array(&self.acknowledge_types, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { first_offset: r.i64()?, last_offset: r.i64()?, acknowledge_types: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 1-2; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareAcknowledgeResponse {
    /// Versions 1-2.
    pub throttle_time_ms: i32,
    /// Versions 1-2.
    pub error_code: ErrorCode,
    /// Versions 1-2; nullable in 1-2; default null.
    pub error_message: Option<String>,
    /// Versions 2; ignorable.
    pub acquisition_lock_timeout_ms: i32,
    /// Versions 1-2.
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    /// Versions 1-2.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Element for ShareAcknowledgeResponse {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        if version >= 2 {
            w.i32(self.acquisition_lock_timeout_ms);
        }
        w.array(&self.responses, version);
        w.array(&self.node_endpoints, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            acquisition_lock_timeout_ms: if version >= 2 { r.i32()? } else { 0 },
            responses: r.array(version)?,
            node_endpoints: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareAcknowledgeResponse {
    const NAME: &'static str = "ShareAcknowledgeResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 6;
}

impl Response for ShareAcknowledgeResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ShareAcknowledgeResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareAcknowledgeTopicResponse {
    /// Versions 1-2.
    pub topic_id: Uuid,
    /// Versions 1-2.
    pub partitions: Vec<PartitionData>,
}

impl Element for ShareAcknowledgeTopicResponse {
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

/// Part of [`ShareAcknowledgeResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionData {
    /// Versions 1-2.
    pub partition_index: i32,
    /// Versions 1-2.
    pub error_code: ErrorCode,
    /// Versions 1-2; nullable in 1-2; default null.
    pub error_message: Option<String>,
    /// Versions 1-2.
    pub current_leader: LeaderIdAndEpoch,
}

impl Element for PartitionData {
    const MIN_SIZE: usize = 17;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        self.current_leader.write(w, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            current_leader: LeaderIdAndEpoch::read(r, version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareAcknowledgeResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// Versions 1-2.
    pub leader_id: i32,
    /// Versions 1-2.
    pub leader_epoch: i32,
}

impl Element for LeaderIdAndEpoch {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.leader_id);
        w.i32(self.leader_epoch);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { leader_id: r.i32()?, leader_epoch: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareAcknowledgeResponse`], versions 1-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeEndpoint {
    /// Versions 1-2.
    pub node_id: i32,
    /// Versions 1-2.
    pub host: String,
    /// Versions 1-2.
    pub port: i32,
    /// Versions 1-2; nullable in 1-2; default null.
    pub rack: Option<String>,
}

impl Element for NodeEndpoint {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.node_id);
        w.string(&self.host);
        w.i32(self.port);
        w.nullable_string(self.rack.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { node_id: r.i32()?, host: r.string()?, port: r.i32()?, rack: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
