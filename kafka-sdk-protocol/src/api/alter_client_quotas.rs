//! AlterClientQuotas (API key 49).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterClientQuotasRequest {
    /// Versions 0-1.
    pub entries: Vec<RequestEntryData>,
    /// Versions 0-1.
    pub validate_only: bool,
}

impl Element for AlterClientQuotasRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.entries, version);
        w.bool(self.validate_only);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { entries: r.array(version)?, validate_only: r.bool()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AlterClientQuotasRequest {
    const NAME: &'static str = "AlterClientQuotasRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 16;
}

impl Request for AlterClientQuotasRequest {
    const KEY: ApiKey = ApiKey::ALTER_CLIENT_QUOTAS;
    const LATEST_STABLE: i16 = 1;
    type Response = AlterClientQuotasResponse;
}

/// Part of [`AlterClientQuotasRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestEntryData {
    /// Versions 0-1.
    pub entity: Vec<RequestEntityData>,
    /// Versions 0-1.
    pub ops: Vec<OpData>,
}

impl Element for RequestEntryData {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.entity, version);
        w.array(&self.ops, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { entity: r.array(version)?, ops: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AlterClientQuotasRequest`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestEntityData {
    /// Versions 0-1.
    pub entity_type: String,
    /// Versions 0-1; nullable in 0-1.
    pub entity_name: Option<String>,
}

impl Default for RequestEntityData {
    fn default() -> Self {
        Self { entity_type: String::new(), entity_name: Some(String::new()) }
    }
}

impl Element for RequestEntityData {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.entity_type);
        w.nullable_string(self.entity_name.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { entity_type: r.string()?, entity_name: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AlterClientQuotasRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpData {
    /// Versions 0-1.
    pub key: String,
    /// Versions 0-1.
    pub value: f64,
    /// Versions 0-1.
    pub remove: bool,
}

impl Element for OpData {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.key);
        w.f64(self.value);
        w.bool(self.remove);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { key: r.string()?, value: r.f64()?, remove: r.bool()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterClientQuotasResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub entries: Vec<ResponseEntryData>,
}

impl Element for AlterClientQuotasResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.entries, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, entries: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AlterClientQuotasResponse {
    const NAME: &'static str = "AlterClientQuotasResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 16;
}

impl Response for AlterClientQuotasResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`AlterClientQuotasResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseEntryData {
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1.
    pub error_message: Option<String>,
    /// Versions 0-1.
    pub entity: Vec<ResponseEntityData>,
}

impl Default for ResponseEntryData {
    fn default() -> Self {
        Self { error_code: ErrorCode::NONE, error_message: Some(String::new()), entity: Vec::new() }
    }
}

impl Element for ResponseEntryData {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.array(&self.entity, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            entity: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AlterClientQuotasResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseEntityData {
    /// Versions 0-1.
    pub entity_type: String,
    /// Versions 0-1; nullable in 0-1.
    pub entity_name: Option<String>,
}

impl Default for ResponseEntityData {
    fn default() -> Self {
        Self { entity_type: String::new(), entity_name: Some(String::new()) }
    }
}

impl Element for ResponseEntityData {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.entity_type);
        w.nullable_string(self.entity_name.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { entity_type: r.string()?, entity_name: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
