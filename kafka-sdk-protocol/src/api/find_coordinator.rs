//! FindCoordinator (API key 10).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-6; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindCoordinatorRequest {
    /// Versions 0-3.
    pub key: String,
    /// Versions 1-6.
    pub key_type: i8,
    /// Versions 4-6.
    pub coordinator_keys: Vec<String>,
}

impl Element for FindCoordinatorRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 3 {
            w.string(&self.key);
        } else if !self.key.is_empty() {
            w.unsupported("FindCoordinatorRequest.key", version);
        }
        if version >= 1 {
            w.i8(self.key_type);
        } else if self.key_type != 0 {
            w.unsupported("FindCoordinatorRequest.key_type", version);
        }
        if version >= 4 {
            w.array(&self.coordinator_keys, version);
        } else if !self.coordinator_keys.is_empty() {
            w.unsupported("FindCoordinatorRequest.coordinator_keys", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            key: if version <= 3 { r.string()? } else { String::new() },
            key_type: if version >= 1 { r.i8()? } else { 0 },
            coordinator_keys: if version >= 4 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for FindCoordinatorRequest {
    const NAME: &'static str = "FindCoordinatorRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 24;
}

impl Request for FindCoordinatorRequest {
    const KEY: ApiKey = ApiKey::FIND_COORDINATOR;
    const LATEST_STABLE: i16 = 6;
    type Response = FindCoordinatorResponse;
}

/// Versions 0-6; flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct FindCoordinatorResponse {
    /// Versions 1-6; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-3.
    pub error_code: ErrorCode,
    /// Versions 1-3; nullable in 1-3; ignorable.
    pub error_message: Option<String>,
    /// Versions 0-3.
    pub node_id: i32,
    /// Versions 0-3.
    pub host: String,
    /// Versions 0-3.
    pub port: i32,
    /// Versions 4-6.
    pub coordinators: Vec<Coordinator>,
}

impl Default for FindCoordinatorResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            node_id: 0,
            host: String::new(),
            port: 0,
            coordinators: Vec::new(),
        }
    }
}

impl Element for FindCoordinatorResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.i32(self.throttle_time_ms);
        }
        if version <= 3 {
            w.error_code(self.error_code);
        } else if self.error_code != ErrorCode::NONE {
            w.unsupported("FindCoordinatorResponse.error_code", version);
        }
        if (1..=3).contains(&version) {
            w.nullable_string(self.error_message.as_deref());
        }
        if version <= 3 {
            w.i32(self.node_id);
        } else if self.node_id != 0 {
            w.unsupported("FindCoordinatorResponse.node_id", version);
        }
        if version <= 3 {
            w.string(&self.host);
        } else if !self.host.is_empty() {
            w.unsupported("FindCoordinatorResponse.host", version);
        }
        if version <= 3 {
            w.i32(self.port);
        } else if self.port != 0 {
            w.unsupported("FindCoordinatorResponse.port", version);
        }
        if version >= 4 {
            w.array(&self.coordinators, version);
        } else if !self.coordinators.is_empty() {
            w.unsupported("FindCoordinatorResponse.coordinators", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: if version >= 1 { r.i32()? } else { 0 },
            error_code: if version <= 3 { r.error_code()? } else { ErrorCode::NONE },
            error_message: if (1..=3).contains(&version) {
                r.nullable_string()?
            } else {
                Some(String::new())
            },
            node_id: if version <= 3 { r.i32()? } else { 0 },
            host: if version <= 3 { r.string()? } else { String::new() },
            port: if version <= 3 { r.i32()? } else { 0 },
            coordinators: if version >= 4 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for FindCoordinatorResponse {
    const NAME: &'static str = "FindCoordinatorResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 7;
}

impl Response for FindCoordinatorResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`FindCoordinatorResponse`], versions 4-6.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinator {
    /// Versions 4-6.
    pub key: String,
    /// Versions 4-6.
    pub node_id: i32,
    /// Versions 4-6.
    pub host: String,
    /// Versions 4-6.
    pub port: i32,
    /// Versions 4-6.
    pub error_code: ErrorCode,
    /// Versions 4-6; nullable in 4-6; ignorable.
    pub error_message: Option<String>,
}

impl Default for Coordinator {
    fn default() -> Self {
        Self {
            key: String::new(),
            node_id: 0,
            host: String::new(),
            port: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
        }
    }
}

impl Element for Coordinator {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.key);
        w.i32(self.node_id);
        w.string(&self.host);
        w.i32(self.port);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            key: r.string()?,
            node_id: r.i32()?,
            host: r.string()?,
            port: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
