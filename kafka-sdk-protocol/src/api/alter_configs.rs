//! AlterConfigs (API key 33).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterConfigsRequest {
    /// Versions 0-2.
    pub resources: Vec<AlterConfigsResource>,
    /// Versions 0-2.
    pub validate_only: bool,
}

impl Element for AlterConfigsRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.resources, version);
        w.bool(self.validate_only);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { resources: r.array(version)?, validate_only: r.bool()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AlterConfigsRequest {
    const NAME: &'static str = "AlterConfigsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Request for AlterConfigsRequest {
    const KEY: ApiKey = ApiKey::ALTER_CONFIGS;
    const LATEST_STABLE: i16 = 2;
    type Response = AlterConfigsResponse;
}

/// Part of [`AlterConfigsRequest`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterConfigsResource {
    /// Versions 0-2.
    pub resource_type: i8,
    /// Versions 0-2.
    pub resource_name: String,
    /// Versions 0-2.
    pub configs: Vec<AlterableConfig>,
}

impl Element for AlterConfigsResource {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i8(self.resource_type);
        w.string(&self.resource_name);
        w.array(&self.configs, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { resource_type: r.i8()?, resource_name: r.string()?, configs: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AlterConfigsRequest`], versions 0-2.
#[derive(Clone, PartialEq)]
pub struct AlterableConfig {
    /// Versions 0-2.
    pub name: String,
    /// Versions 0-2; nullable in 0-2.
    pub value: Option<String>,
}

impl Default for AlterableConfig {
    fn default() -> Self {
        Self { name: String::new(), value: Some(String::new()) }
    }
}

impl std::fmt::Debug for AlterableConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlterableConfig").field("name", &self.name).field("value", &"[hidden]").finish()
    }
}

impl Element for AlterableConfig {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.nullable_string(self.value.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, value: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-2; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterConfigsResponse {
    /// Versions 0-2.
    pub throttle_time_ms: i32,
    /// Versions 0-2.
    pub responses: Vec<AlterConfigsResourceResponse>,
}

impl Element for AlterConfigsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.responses, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, responses: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AlterConfigsResponse {
    const NAME: &'static str = "AlterConfigsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 10;
}

impl Response for AlterConfigsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`AlterConfigsResponse`], versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterConfigsResourceResponse {
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 0-2; nullable in 0-2.
    pub error_message: Option<String>,
    /// Versions 0-2.
    pub resource_type: i8,
    /// Versions 0-2.
    pub resource_name: String,
}

impl Default for AlterConfigsResourceResponse {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            resource_type: 0,
            resource_name: String::new(),
        }
    }
}

impl Element for AlterConfigsResourceResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.i8(self.resource_type);
        w.string(&self.resource_name);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            resource_type: r.i8()?,
            resource_name: r.string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
