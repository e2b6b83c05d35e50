//! RemoveRaftVoter (API key 81).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoveRaftVoterRequest {
    /// Versions 0; nullable in 0.
    pub cluster_id: Option<String>,
    /// Versions 0.
    pub voter_id: i32,
    /// Versions 0.
    pub voter_directory_id: Uuid,
}

impl Default for RemoveRaftVoterRequest {
    fn default() -> Self {
        Self { cluster_id: Some(String::new()), voter_id: 0, voter_directory_id: Uuid::ZERO }
    }
}

impl Element for RemoveRaftVoterRequest {
    const MIN_SIZE: usize = 22;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.nullable_string(self.cluster_id.as_deref());
        w.i32(self.voter_id);
        w.uuid(self.voter_directory_id);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { cluster_id: r.nullable_string()?, voter_id: r.i32()?, voter_directory_id: r.uuid()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for RemoveRaftVoterRequest {
    const NAME: &'static str = "RemoveRaftVoterRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Request for RemoveRaftVoterRequest {
    const KEY: ApiKey = ApiKey::REMOVE_RAFT_VOTER;
    const LATEST_STABLE: i16 = 0;
    type Response = RemoveRaftVoterResponse;
}

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoveRaftVoterResponse {
    /// Versions 0.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0; ignorable.
    pub error_message: Option<String>,
}

impl Default for RemoveRaftVoterResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: ErrorCode::NONE, error_message: Some(String::new()) }
    }
}

impl Element for RemoveRaftVoterResponse {
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

impl Message for RemoveRaftVoterResponse {
    const NAME: &'static str = "RemoveRaftVoterResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Response for RemoveRaftVoterResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
