//! DescribeGroups (API key 15).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 0-6; flexible from 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeGroupsRequest {
    /// Versions 0-6.
    pub groups: Vec<String>,
    /// Versions 3-6.
    pub include_authorized_operations: bool,
}

impl Element for DescribeGroupsRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.groups, version);
        if version >= 3 {
            w.bool(self.include_authorized_operations);
        } else if self.include_authorized_operations {
            w.unsupported("DescribeGroupsRequest.include_authorized_operations", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            groups: r.array(version)?,
            include_authorized_operations: if version >= 3 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeGroupsRequest {
    const NAME: &'static str = "DescribeGroupsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 5;
    const EXPANSION: usize = 24;
}

impl Request for DescribeGroupsRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_GROUPS;
    const LATEST_STABLE: i16 = 6;
    type Response = DescribeGroupsResponse;
}

/// Versions 0-6; flexible from 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeGroupsResponse {
    /// Versions 1-6; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-6.
    pub groups: Vec<DescribedGroup>,
}

impl Element for DescribeGroupsResponse {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.i32(self.throttle_time_ms);
        }
        w.array(&self.groups, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { throttle_time_ms: if version >= 1 { r.i32()? } else { 0 }, groups: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeGroupsResponse {
    const NAME: &'static str = "DescribeGroupsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 5;
    const EXPANSION: usize = 23;
}

impl Response for DescribeGroupsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DescribeGroupsResponse`], versions 0-6.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// Versions 0-6.
    pub error_code: ErrorCode,
    /// Versions 6; nullable in 6; default null.
    pub error_message: Option<String>,
    /// Versions 0-6.
    pub group_id: String,
    /// Versions 0-6.
    pub group_state: String,
    /// Versions 0-6.
    pub protocol_type: String,
    /// Versions 0-6.
    pub protocol_data: String,
    /// Versions 0-6.
    pub members: Vec<DescribedGroupMember>,
    /// Versions 3-6; default -2147483648.
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            protocol_type: String::new(),
            protocol_data: String::new(),
            members: Vec::new(),
            authorized_operations: i32::MIN,
        }
    }
}

impl Element for DescribedGroup {
    const MIN_SIZE: usize = 12;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        if version >= 6 {
            w.nullable_string(self.error_message.as_deref());
        } else if self.error_message.is_some() {
            w.unsupported("DescribedGroup.error_message", version);
        }
        w.string(&self.group_id);
        w.string(&self.group_state);
        w.string(&self.protocol_type);
        w.string(&self.protocol_data);
        w.array(&self.members, version);
        if version >= 3 {
            w.i32(self.authorized_operations);
        } else if self.authorized_operations != i32::MIN {
            w.unsupported("DescribedGroup.authorized_operations", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: if version >= 6 { r.nullable_string()? } else { None },
            group_id: r.string()?,
            group_state: r.string()?,
            protocol_type: r.string()?,
            protocol_data: r.string()?,
            members: r.array(version)?,
            authorized_operations: if version >= 3 { r.i32()? } else { i32::MIN },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeGroupsResponse`], versions 0-6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribedGroupMember {
    /// Versions 0-6.
    pub member_id: String,
    /// Versions 4-6; nullable in 4-6; ignorable; default null.
    pub group_instance_id: Option<String>,
    /// Versions 0-6.
    pub client_id: String,
    /// Versions 0-6.
    pub client_host: String,
    /// Versions 0-6.
    pub member_metadata: Bytes,
    /// Versions 0-6.
    pub member_assignment: Bytes,
}

impl Element for DescribedGroupMember {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.member_id);
        if version >= 4 {
            w.nullable_string(self.group_instance_id.as_deref());
        }
        w.string(&self.client_id);
        w.string(&self.client_host);
        w.bytes(&self.member_metadata);
        w.bytes(&self.member_assignment);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: r.string()?,
            group_instance_id: if version >= 4 { r.nullable_string()? } else { None },
            client_id: r.string()?,
            client_host: r.string()?,
            member_metadata: r.bytes()?,
            member_assignment: r.bytes()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
