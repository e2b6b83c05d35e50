//! ListConfigResources (API key 74).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListConfigResourcesRequest {
    /// Versions 1.
    pub resource_types: Vec<i8>,
}

impl Element for ListConfigResourcesRequest {
    const MIN_SIZE: usize = 1;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 1 {
            w.array(&self.resource_types, version);
        } else if !self.resource_types.is_empty() {
            w.unsupported("ListConfigResourcesRequest.resource_types", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { resource_types: if version >= 1 { r.array(version)? } else { Vec::new() } };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListConfigResourcesRequest {
    const NAME: &'static str = "ListConfigResourcesRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Request for ListConfigResourcesRequest {
    const KEY: ApiKey = ApiKey::LIST_CONFIG_RESOURCES;
    const LATEST_STABLE: i16 = 1;
    type Response = ListConfigResourcesResponse;
}

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListConfigResourcesResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1.
    pub config_resources: Vec<ConfigResource>,
}

impl Element for ListConfigResourcesResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.array(&self.config_resources, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            config_resources: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListConfigResourcesResponse {
    const NAME: &'static str = "ListConfigResourcesResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 16;
}

impl Response for ListConfigResourcesResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ListConfigResourcesResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigResource {
    /// Versions 0-1.
    pub resource_name: String,
    /// Versions 1; ignorable; default 16.
    pub resource_type: i8,
}

impl Default for ConfigResource {
    fn default() -> Self {
        Self { resource_name: String::new(), resource_type: 16 }
    }
}

impl Element for ConfigResource {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.resource_name);
        if version >= 1 {
            w.i8(self.resource_type);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { resource_name: r.string()?, resource_type: if version >= 1 { r.i8()? } else { 16 } };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
