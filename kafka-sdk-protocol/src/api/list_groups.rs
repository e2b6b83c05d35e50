//! ListGroups (API key 16).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroupsRequest {
    /// Versions 4-5.
    pub states_filter: Vec<String>,
    /// Versions 5.
    pub types_filter: Vec<String>,
}

impl Element for ListGroupsRequest {
    const MIN_SIZE: usize = 1;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 4 {
            w.array(&self.states_filter, version);
        } else if !self.states_filter.is_empty() {
            w.unsupported("ListGroupsRequest.states_filter", version);
        }
        if version >= 5 {
            w.array(&self.types_filter, version);
        } else if !self.types_filter.is_empty() {
            w.unsupported("ListGroupsRequest.types_filter", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            states_filter: if version >= 4 { r.array(version)? } else { Vec::new() },
            types_filter: if version >= 5 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListGroupsRequest {
    const NAME: &'static str = "ListGroupsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 24;
}

impl Request for ListGroupsRequest {
    const KEY: ApiKey = ApiKey::LIST_GROUPS;
    const LATEST_STABLE: i16 = 5;
    type Response = ListGroupsResponse;
}

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroupsResponse {
    /// Versions 1-5; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-5.
    pub error_code: ErrorCode,
    /// Versions 0-5.
    pub groups: Vec<ListedGroup>,
}

impl Element for ListGroupsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.i32(self.throttle_time_ms);
        }
        w.error_code(self.error_code);
        w.array(&self.groups, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: if version >= 1 { r.i32()? } else { 0 },
            error_code: r.error_code()?,
            groups: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListGroupsResponse {
    const NAME: &'static str = "ListGroupsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 32;
}

impl Response for ListGroupsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ListGroupsResponse`], versions 0-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListedGroup {
    /// Versions 0-5.
    pub group_id: String,
    /// Versions 0-5.
    pub protocol_type: String,
    /// Versions 4-5; ignorable.
    pub group_state: String,
    /// Versions 5; ignorable.
    pub group_type: String,
}

impl Element for ListedGroup {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.string(&self.protocol_type);
        if version >= 4 {
            w.string(&self.group_state);
        }
        if version >= 5 {
            w.string(&self.group_type);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            protocol_type: r.string()?,
            group_state: if version >= 4 { r.string()? } else { String::new() },
            group_type: if version >= 5 { r.string()? } else { String::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
