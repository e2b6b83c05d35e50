//! JoinGroup (API key 11).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 0-9; flexible from 6.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupRequest {
    /// Versions 0-9.
    pub group_id: String,
    /// Versions 0-9.
    pub session_timeout_ms: i32,
    /// Versions 1-9; ignorable; default -1.
    pub rebalance_timeout_ms: i32,
    /// Versions 0-9.
    pub member_id: String,
    /// Versions 5-9; nullable in 5-9; default null.
    pub group_instance_id: Option<String>,
    /// Versions 0-9.
    pub protocol_type: String,
    /// Versions 0-9.
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// Versions 8-9; nullable in 8-9; ignorable; default null.
    pub reason: Option<String>,
}

impl Default for JoinGroupRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            session_timeout_ms: 0,
            rebalance_timeout_ms: -1,
            member_id: String::new(),
            group_instance_id: None,
            protocol_type: String::new(),
            protocols: Vec::new(),
            reason: None,
        }
    }
}

impl Element for JoinGroupRequest {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.i32(self.session_timeout_ms);
        if version >= 1 {
            w.i32(self.rebalance_timeout_ms);
        }
        w.string(&self.member_id);
        if version >= 5 {
            w.nullable_string(self.group_instance_id.as_deref());
        } else if self.group_instance_id.is_some() {
            w.unsupported("JoinGroupRequest.group_instance_id", version);
        }
        w.string(&self.protocol_type);
        w.array(&self.protocols, version);
        if version >= 8 {
            w.nullable_string(self.reason.as_deref());
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            session_timeout_ms: r.i32()?,
            rebalance_timeout_ms: if version >= 1 { r.i32()? } else { -1 },
            member_id: r.string()?,
            group_instance_id: if version >= 5 { r.nullable_string()? } else { None },
            protocol_type: r.string()?,
            protocols: r.array(version)?,
            reason: if version >= 8 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for JoinGroupRequest {
    const NAME: &'static str = "JoinGroupRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=9;
    const FIRST_FLEXIBLE: i16 = 6;
    const EXPANSION: usize = 19;
}

impl Request for JoinGroupRequest {
    const KEY: ApiKey = ApiKey::JOIN_GROUP;
    const LATEST_STABLE: i16 = 9;
    type Response = JoinGroupResponse;
}

/// Part of [`JoinGroupRequest`], versions 0-9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinGroupRequestProtocol {
    /// Versions 0-9.
    pub name: String,
    /// Versions 0-9.
    pub metadata: Bytes,
}

impl Element for JoinGroupRequestProtocol {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.bytes(&self.metadata);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, metadata: r.bytes()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-9; flexible from 6.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupResponse {
    /// Versions 2-9; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-9.
    pub error_code: ErrorCode,
    /// Versions 0-9; default -1.
    pub generation_id: i32,
    /// Versions 7-9; nullable in 7-9; ignorable; default null.
    pub protocol_type: Option<String>,
    /// Versions 0-9; nullable in 7-9.
    pub protocol_name: Option<String>,
    /// Versions 0-9.
    pub leader: String,
    /// Versions 9.
    pub skip_assignment: bool,
    /// Versions 0-9.
    pub member_id: String,
    /// Versions 0-9.
    pub members: Vec<JoinGroupResponseMember>,
}

impl Default for JoinGroupResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            generation_id: -1,
            protocol_type: None,
            protocol_name: Some(String::new()),
            leader: String::new(),
            skip_assignment: false,
            member_id: String::new(),
            members: Vec::new(),
        }
    }
}

impl Element for JoinGroupResponse {
    const MIN_SIZE: usize = 15;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 2 {
            w.i32(self.throttle_time_ms);
        }
        w.error_code(self.error_code);
        w.i32(self.generation_id);
        if version >= 7 {
            w.nullable_string(self.protocol_type.as_deref());
        }
        if self.protocol_name.is_none() && version < 7 {
            w.null("JoinGroupResponse.protocol_name", version);
        }
        w.nullable_string(self.protocol_name.as_deref());
        w.string(&self.leader);
        if version >= 9 {
            w.bool(self.skip_assignment);
        } else if self.skip_assignment {
            w.unsupported("JoinGroupResponse.skip_assignment", version);
        }
        w.string(&self.member_id);
        w.array(&self.members, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: if version >= 2 { r.i32()? } else { 0 },
            error_code: r.error_code()?,
            generation_id: r.i32()?,
            protocol_type: if version >= 7 { r.nullable_string()? } else { None },
            protocol_name: if version >= 7 { r.nullable_string()? } else { Some(r.string()?) },
            leader: r.string()?,
            skip_assignment: if version >= 9 { r.bool()? } else { false },
            member_id: r.string()?,
            members: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for JoinGroupResponse {
    const NAME: &'static str = "JoinGroupResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=9;
    const FIRST_FLEXIBLE: i16 = 6;
    const EXPANSION: usize = 20;
}

impl Response for JoinGroupResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`JoinGroupResponse`], versions 0-9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinGroupResponseMember {
    /// Versions 0-9.
    pub member_id: String,
    /// Versions 5-9; nullable in 5-9; ignorable; default null.
    pub group_instance_id: Option<String>,
    /// Versions 0-9.
    pub metadata: Bytes,
}

impl Element for JoinGroupResponseMember {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.member_id);
        if version >= 5 {
            w.nullable_string(self.group_instance_id.as_deref());
        }
        w.bytes(&self.metadata);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: r.string()?,
            group_instance_id: if version >= 5 { r.nullable_string()? } else { None },
            metadata: r.bytes()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
