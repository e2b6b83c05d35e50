//! DeleteGroups (API key 42).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-3; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteGroupsRequest {
    /// Versions 0-3.
    pub groups_names: Vec<String>,
}

impl Element for DeleteGroupsRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.groups_names, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { groups_names: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DeleteGroupsRequest {
    const NAME: &'static str = "DeleteGroupsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 24;
}

impl Request for DeleteGroupsRequest {
    const KEY: ApiKey = ApiKey::DELETE_GROUPS;
    const LATEST_STABLE: i16 = 3;
    type Response = DeleteGroupsResponse;
}

/// Versions 0-3; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteGroupsResponse {
    /// Versions 0-3.
    pub throttle_time_ms: i32,
    /// Versions 0-3.
    pub results: Vec<DeletableGroupResult>,
}

impl Element for DeleteGroupsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.results, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, results: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DeleteGroupsResponse {
    const NAME: &'static str = "DeleteGroupsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 14;
}

impl Response for DeleteGroupsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DeleteGroupsResponse`], versions 0-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeletableGroupResult {
    /// Versions 0-3.
    pub group_id: String,
    /// Versions 0-3.
    pub error_code: ErrorCode,
    /// Versions 3; nullable in 3; ignorable; default null.
    pub error_message: Option<String>,
}

impl Element for DeletableGroupResult {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.error_code(self.error_code);
        if version >= 3 {
            w.nullable_string(self.error_message.as_deref());
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            error_code: r.error_code()?,
            error_message: if version >= 3 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
