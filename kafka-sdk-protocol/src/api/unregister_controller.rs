//! UnregisterController (API key 94).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnregisterControllerRequest {
    /// Versions 0.
    pub controller_id: i32,
}

impl Element for UnregisterControllerRequest {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.controller_id);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { controller_id: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for UnregisterControllerRequest {
    const NAME: &'static str = "UnregisterControllerRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Request for UnregisterControllerRequest {
    const KEY: ApiKey = ApiKey::UNREGISTER_CONTROLLER;
    const LATEST_STABLE: i16 = 0;
    type Response = UnregisterControllerResponse;
}

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct UnregisterControllerResponse {
    /// Versions 0.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0.
    pub error_message: Option<String>,
}

impl Default for UnregisterControllerResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: ErrorCode::NONE, error_message: Some(String::new()) }
    }
}

impl Element for UnregisterControllerResponse {
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

impl Message for UnregisterControllerResponse {
    const NAME: &'static str = "UnregisterControllerResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Response for UnregisterControllerResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
