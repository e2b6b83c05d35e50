//! ShareGroupDescribe (API key 77).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupDescribeRequest {
    /// Versions 1.
    pub group_ids: Vec<String>,
    /// Versions 1.
    pub include_authorized_operations: bool,
}

impl Element for ShareGroupDescribeRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.group_ids, version);
        w.bool(self.include_authorized_operations);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { group_ids: r.array(version)?, include_authorized_operations: r.bool()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareGroupDescribeRequest {
    const NAME: &'static str = "ShareGroupDescribeRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 24;
}

impl Request for ShareGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::SHARE_GROUP_DESCRIBE;
    const LATEST_STABLE: i16 = 1;
    type Response = ShareGroupDescribeResponse;
}

/// Versions 1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupDescribeResponse {
    /// Versions 1.
    pub throttle_time_ms: i32,
    /// Versions 1.
    pub groups: Vec<DescribedGroup>,
}

impl Element for ShareGroupDescribeResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.groups, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, groups: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ShareGroupDescribeResponse {
    const NAME: &'static str = "ShareGroupDescribeResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 24;
}

impl Response for ShareGroupDescribeResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ShareGroupDescribeResponse`], versions 1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// Versions 1.
    pub error_code: ErrorCode,
    /// Versions 1; nullable in 1; default null.
    pub error_message: Option<String>,
    /// Versions 1.
    pub group_id: String,
    /// Versions 1.
    pub group_state: String,
    /// Versions 1.
    pub group_epoch: i32,
    /// Versions 1.
    pub assignment_epoch: i32,
    /// Versions 1.
    pub assignor_name: String,
    /// Versions 1.
    pub members: Vec<Member>,
    /// Versions 1; default -2147483648.
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            group_epoch: 0,
            assignment_epoch: 0,
            assignor_name: String::new(),
            members: Vec::new(),
            authorized_operations: i32::MIN,
        }
    }
}

impl Element for DescribedGroup {
    const MIN_SIZE: usize = 20;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.string(&self.group_id);
        w.string(&self.group_state);
        w.i32(self.group_epoch);
        w.i32(self.assignment_epoch);
        w.string(&self.assignor_name);
        w.array(&self.members, version);
        w.i32(self.authorized_operations);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            group_id: r.string()?,
            group_state: r.string()?,
            group_epoch: r.i32()?,
            assignment_epoch: r.i32()?,
            assignor_name: r.string()?,
            members: r.array(version)?,
            authorized_operations: r.i32()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareGroupDescribeResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// Versions 1.
    pub member_id: String,
    /// Versions 1; nullable in 1; default null.
    pub rack_id: Option<String>,
    /// Versions 1.
    pub member_epoch: i32,
    /// Versions 1.
    pub client_id: String,
    /// Versions 1.
    pub client_host: String,
    /// Versions 1.
    pub subscribed_topic_names: Vec<String>,
    /// Versions 1.
    pub assignment: Assignment,
}

impl Element for Member {
    const MIN_SIZE: usize = 12;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.member_id);
        w.nullable_string(self.rack_id.as_deref());
        w.i32(self.member_epoch);
        w.string(&self.client_id);
        w.string(&self.client_host);
        w.array(&self.subscribed_topic_names, version);
        self.assignment.write(w, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: r.string()?,
            rack_id: r.nullable_string()?,
            member_epoch: r.i32()?,
            client_id: r.string()?,
            client_host: r.string()?,
            subscribed_topic_names: r.array(version)?,
            assignment: Assignment::read(r, version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareGroupDescribeResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Versions 1.
    pub topic_id: Uuid,
    /// Versions 1.
    pub topic_name: String,
    /// Versions 1.
    pub partitions: Vec<i32>,
}

impl Element for TopicPartitions {
    const MIN_SIZE: usize = 19;

    fn write(&self, w: &mut Writer, version: i16) {
        w.uuid(self.topic_id);
        w.string(&self.topic_name);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic_id: r.uuid()?, topic_name: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ShareGroupDescribeResponse`], versions 1.
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
