//! LeaveGroup (API key 13).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-5; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaveGroupRequest {
    /// Versions 0-5.
    pub group_id: String,
    /// Versions 0-2.
    pub member_id: String,
    /// Versions 3-5.
    pub members: Vec<MemberIdentity>,
}

impl Element for LeaveGroupRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        if version <= 2 {
            w.string(&self.member_id);
        } else if !self.member_id.is_empty() {
            w.unsupported("LeaveGroupRequest.member_id", version);
        }
        if version >= 3 {
            w.array(&self.members, version);
        } else if !self.members.is_empty() {
            w.unsupported("LeaveGroupRequest.members", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            member_id: if version <= 2 { r.string()? } else { String::new() },
            members: if version >= 3 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for LeaveGroupRequest {
    const NAME: &'static str = "LeaveGroupRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 24;
}

impl Request for LeaveGroupRequest {
    const KEY: ApiKey = ApiKey::LEAVE_GROUP;
    const LATEST_STABLE: i16 = 5;
    type Response = LeaveGroupResponse;
}

/// Part of [`LeaveGroupRequest`], versions 3-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberIdentity {
    /// Versions 3-5.
    pub member_id: String,
    /// Versions 3-5; nullable in 3-5; default null.
    pub group_instance_id: Option<String>,
    /// Versions 5; nullable in 5; ignorable; default null.
    pub reason: Option<String>,
}

impl Element for MemberIdentity {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.member_id);
        w.nullable_string(self.group_instance_id.as_deref());
        if version >= 5 {
            w.nullable_string(self.reason.as_deref());
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: r.string()?,
            group_instance_id: r.nullable_string()?,
            reason: if version >= 5 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-5; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaveGroupResponse {
    /// Versions 1-5; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-5.
    pub error_code: ErrorCode,
    /// Versions 3-5.
    pub members: Vec<MemberResponse>,
}

impl Element for LeaveGroupResponse {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.i32(self.throttle_time_ms);
        }
        w.error_code(self.error_code);
        if version >= 3 {
            w.array(&self.members, version);
        } else if !self.members.is_empty() {
            w.unsupported("LeaveGroupResponse.members", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: if version >= 1 { r.i32()? } else { 0 },
            error_code: r.error_code()?,
            members: if version >= 3 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for LeaveGroupResponse {
    const NAME: &'static str = "LeaveGroupResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 12;
}

impl Response for LeaveGroupResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`LeaveGroupResponse`], versions 3-5.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberResponse {
    /// Versions 3-5.
    pub member_id: String,
    /// Versions 3-5; nullable in 3-5.
    pub group_instance_id: Option<String>,
    /// Versions 3-5.
    pub error_code: ErrorCode,
}

impl Default for MemberResponse {
    fn default() -> Self {
        Self { member_id: String::new(), group_instance_id: Some(String::new()), error_code: ErrorCode::NONE }
    }
}

impl Element for MemberResponse {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.member_id);
        w.nullable_string(self.group_instance_id.as_deref());
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: r.string()?,
            group_instance_id: r.nullable_string()?,
            error_code: r.error_code()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
