//! AddRaftVoter (API key 80).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AddRaftVoterRequest {
    /// Versions 0-1; nullable in 0-1.
    pub cluster_id: Option<String>,
    /// Versions 0-1.
    pub timeout_ms: i32,
    /// Versions 0-1.
    pub voter_id: i32,
    /// Versions 0-1.
    pub voter_directory_id: Uuid,
    /// Versions 0-1.
    pub listeners: Vec<Listener>,
    /// Versions 1; default true.
    pub ack_when_committed: bool,
}

impl Default for AddRaftVoterRequest {
    fn default() -> Self {
        Self {
            cluster_id: Some(String::new()),
            timeout_ms: 0,
            voter_id: 0,
            voter_directory_id: Uuid::ZERO,
            listeners: Vec::new(),
            ack_when_committed: true,
        }
    }
}

impl Element for AddRaftVoterRequest {
    const MIN_SIZE: usize = 27;

    fn write(&self, w: &mut Writer, version: i16) {
        w.nullable_string(self.cluster_id.as_deref());
        w.i32(self.timeout_ms);
        w.i32(self.voter_id);
        w.uuid(self.voter_directory_id);
        w.array(&self.listeners, version);
        if version >= 1 {
            w.bool(self.ack_when_committed);
        } else if !self.ack_when_committed {
            w.unsupported("AddRaftVoterRequest.ack_when_committed", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            cluster_id: r.nullable_string()?,
            timeout_ms: r.i32()?,
            voter_id: r.i32()?,
            voter_directory_id: r.uuid()?,
            listeners: r.array(version)?,
            ack_when_committed: if version >= 1 { r.bool()? } else { true },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AddRaftVoterRequest {
    const NAME: &'static str = "AddRaftVoterRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 12;
}

impl Request for AddRaftVoterRequest {
    const KEY: ApiKey = ApiKey::ADD_RAFT_VOTER;
    const LATEST_STABLE: i16 = 1;
    type Response = AddRaftVoterResponse;
}

/// Part of [`AddRaftVoterRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    /// Versions 0-1.
    pub name: String,
    /// Versions 0-1.
    pub host: String,
    /// Versions 0-1.
    pub port: u16,
}

impl Element for Listener {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.string(&self.host);
        w.u16(self.port);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, host: r.string()?, port: r.u16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AddRaftVoterResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1; ignorable.
    pub error_message: Option<String>,
}

impl Default for AddRaftVoterResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: ErrorCode::NONE, error_message: Some(String::new()) }
    }
}

impl Element for AddRaftVoterResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AddRaftVoterResponse {
    const NAME: &'static str = "AddRaftVoterResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Response for AddRaftVoterResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
