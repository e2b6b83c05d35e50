//! SyncGroup (API key 14).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 0-5; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupRequest {
    /// Versions 0-5.
    pub group_id: String,
    /// Versions 0-5.
    pub generation_id: i32,
    /// Versions 0-5.
    pub member_id: String,
    /// Versions 3-5; nullable in 3-5; default null.
    pub group_instance_id: Option<String>,
    /// Versions 5; nullable in 5; ignorable; default null.
    pub protocol_type: Option<String>,
    /// Versions 5; nullable in 5; ignorable; default null.
    pub protocol_name: Option<String>,
    /// Versions 0-5.
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

impl Element for SyncGroupRequest {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.i32(self.generation_id);
        w.string(&self.member_id);
        if version >= 3 {
            w.nullable_string(self.group_instance_id.as_deref());
        } else if self.group_instance_id.is_some() {
            w.unsupported("SyncGroupRequest.group_instance_id", version);
        }
        if version >= 5 {
            w.nullable_string(self.protocol_type.as_deref());
        }
        if version >= 5 {
            w.nullable_string(self.protocol_name.as_deref());
        }
        w.array(&self.assignments, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            generation_id: r.i32()?,
            member_id: r.string()?,
            group_instance_id: if version >= 3 { r.nullable_string()? } else { None },
            protocol_type: if version >= 5 { r.nullable_string()? } else { None },
            protocol_name: if version >= 5 { r.nullable_string()? } else { None },
            assignments: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for SyncGroupRequest {
    const NAME: &'static str = "SyncGroupRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 19;
}

impl Request for SyncGroupRequest {
    const KEY: ApiKey = ApiKey::SYNC_GROUP;
    const LATEST_STABLE: i16 = 5;
    type Response = SyncGroupResponse;
}

/// Part of [`SyncGroupRequest`], versions 0-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupRequestAssignment {
    /// Versions 0-5.
    pub member_id: String,
    /// Versions 0-5.
    pub assignment: Bytes,
}

impl Element for SyncGroupRequestAssignment {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.member_id);
        w.bytes(&self.assignment);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { member_id: r.string()?, assignment: r.bytes()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-5; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupResponse {
    /// Versions 1-5; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-5.
    pub error_code: ErrorCode,
    /// Versions 5; nullable in 5; ignorable; default null.
    pub protocol_type: Option<String>,
    /// Versions 5; nullable in 5; ignorable; default null.
    pub protocol_name: Option<String>,
    /// Versions 0-5.
    pub assignment: Bytes,
}

impl Element for SyncGroupResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.i32(self.throttle_time_ms);
        }
        w.error_code(self.error_code);
        if version >= 5 {
            w.nullable_string(self.protocol_type.as_deref());
        }
        if version >= 5 {
            w.nullable_string(self.protocol_name.as_deref());
        }
        w.bytes(&self.assignment);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: if version >= 1 { r.i32()? } else { 0 },
            error_code: r.error_code()?,
            protocol_type: if version >= 5 { r.nullable_string()? } else { None },
            protocol_name: if version >= 5 { r.nullable_string()? } else { None },
            assignment: r.bytes()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for SyncGroupResponse {
    const NAME: &'static str = "SyncGroupResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 1;
}

impl Response for SyncGroupResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
