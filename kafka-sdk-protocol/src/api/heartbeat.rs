//! Heartbeat (API key 12).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-4; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeartbeatRequest {
    /// Versions 0-4.
    pub group_id: String,
    /// Versions 0-4.
    pub generation_id: i32,
    /// Versions 0-4.
    pub member_id: String,
    /// Versions 3-4; nullable in 3-4; default null.
    pub group_instance_id: Option<String>,
}

impl Element for HeartbeatRequest {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.i32(self.generation_id);
        w.string(&self.member_id);
        if version >= 3 {
            w.nullable_string(self.group_instance_id.as_deref());
        } else if self.group_instance_id.is_some() {
            w.unsupported("HeartbeatRequest.group_instance_id", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            generation_id: r.i32()?,
            member_id: r.string()?,
            group_instance_id: if version >= 3 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for HeartbeatRequest {
    const NAME: &'static str = "HeartbeatRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=4;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 1;
}

impl Request for HeartbeatRequest {
    const KEY: ApiKey = ApiKey::HEARTBEAT;
    const LATEST_STABLE: i16 = 4;
    type Response = HeartbeatResponse;
}

/// Versions 0-4; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeartbeatResponse {
    /// Versions 1-4; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-4.
    pub error_code: ErrorCode,
}

impl Element for HeartbeatResponse {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.i32(self.throttle_time_ms);
        }
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { throttle_time_ms: if version >= 1 { r.i32()? } else { 0 }, error_code: r.error_code()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for HeartbeatResponse {
    const NAME: &'static str = "HeartbeatResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=4;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 1;
}

impl Response for HeartbeatResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
