//! ConsumerGroupDescribe (API key 69).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupDescribeRequest {
    /// Versions 0-1.
    pub group_ids: Vec<String>,
    /// Versions 0-1.
    pub include_authorized_operations: bool,
}

impl Element for ConsumerGroupDescribeRequest {
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

impl Message for ConsumerGroupDescribeRequest {
    const NAME: &'static str = "ConsumerGroupDescribeRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Request for ConsumerGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::CONSUMER_GROUP_DESCRIBE;
    const LATEST_STABLE: i16 = 1;
    type Response = ConsumerGroupDescribeResponse;
}

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupDescribeResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub groups: Vec<DescribedGroup>,
}

impl Element for ConsumerGroupDescribeResponse {
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

impl Message for ConsumerGroupDescribeResponse {
    const NAME: &'static str = "ConsumerGroupDescribeResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Response for ConsumerGroupDescribeResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ConsumerGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1; default null.
    pub error_message: Option<String>,
    /// Versions 0-1.
    pub group_id: String,
    /// Versions 0-1.
    pub group_state: String,
    /// Versions 0-1.
    pub group_epoch: i32,
    /// Versions 0-1.
    pub assignment_epoch: i32,
    /// Versions 0-1.
    pub assignor_name: String,
    /// Versions 0-1.
    pub members: Vec<Member>,
    /// Versions 0-1; default -2147483648.
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

/// Part of [`ConsumerGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Versions 0-1.
    pub member_id: String,
    /// Versions 0-1; nullable in 0-1; default null.
    pub instance_id: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub rack_id: Option<String>,
    /// Versions 0-1.
    pub member_epoch: i32,
    /// Versions 0-1.
    pub client_id: String,
    /// Versions 0-1.
    pub client_host: String,
    /// Versions 0-1.
    pub subscribed_topic_names: Vec<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub subscribed_topic_regex: Option<String>,
    /// Versions 0-1.
    pub assignment: Assignment,
    /// Versions 0-1.
    pub target_assignment: Assignment,
    /// Versions 1; ignorable; default -1.
    pub member_type: i8,
}

impl Default for Member {
    fn default() -> Self {
        Self {
            member_id: String::new(),
            instance_id: None,
            rack_id: None,
            member_epoch: 0,
            client_id: String::new(),
            client_host: String::new(),
            subscribed_topic_names: Vec::new(),
            subscribed_topic_regex: None,
            assignment: Default::default(),
            target_assignment: Default::default(),
            member_type: -1,
        }
    }
}

impl Element for Member {
    const MIN_SIZE: usize = 16;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.member_id);
        w.nullable_string(self.instance_id.as_deref());
        w.nullable_string(self.rack_id.as_deref());
        w.i32(self.member_epoch);
        w.string(&self.client_id);
        w.string(&self.client_host);
        w.array(&self.subscribed_topic_names, version);
        w.nullable_string(self.subscribed_topic_regex.as_deref());
        self.assignment.write(w, version);
        self.target_assignment.write(w, version);
        if version >= 1 {
            w.i8(self.member_type);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: r.string()?,
            instance_id: r.nullable_string()?,
            rack_id: r.nullable_string()?,
            member_epoch: r.i32()?,
            client_id: r.string()?,
            client_host: r.string()?,
            subscribed_topic_names: r.array(version)?,
            subscribed_topic_regex: r.nullable_string()?,
            assignment: Assignment::read(r, version)?,
            target_assignment: Assignment::read(r, version)?,
            member_type: if version >= 1 { r.i8()? } else { -1 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ConsumerGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Versions 0-1.
    pub topic_id: Uuid,
    /// Versions 0-1.
    pub topic_name: String,
    /// Versions 0-1.
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

/// Part of [`ConsumerGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Versions 0-1.
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
