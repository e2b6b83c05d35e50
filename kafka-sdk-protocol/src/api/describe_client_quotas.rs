//! DescribeClientQuotas (API key 48).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeClientQuotasRequest {
    /// Versions 0-1.
    pub components: Vec<ComponentData>,
    /// Versions 0-1.
    pub strict: bool,
}

impl Element for DescribeClientQuotasRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.components, version);
        w.bool(self.strict);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { components: r.array(version)?, strict: r.bool()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeClientQuotasRequest {
    const NAME: &'static str = "DescribeClientQuotasRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 14;
}

impl Request for DescribeClientQuotasRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_CLIENT_QUOTAS;
    const LATEST_STABLE: i16 = 1;
    type Response = DescribeClientQuotasResponse;
}

/// Part of [`DescribeClientQuotasRequest`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentData {
    /// Versions 0-1.
    pub entity_type: String,
    /// Versions 0-1.
    pub match_type: i8,
    /// Versions 0-1; nullable in 0-1.
    pub r#match: Option<String>,
}

impl Default for ComponentData {
    fn default() -> Self {
        Self { entity_type: String::new(), match_type: 0, r#match: Some(String::new()) }
    }
}

impl Element for ComponentData {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.entity_type);
        w.i8(self.match_type);
        w.nullable_string(self.r#match.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { entity_type: r.string()?, match_type: r.i8()?, r#match: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-1; flexible from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClientQuotasResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1.
    pub error_message: Option<String>,
    /// Versions 0-1; nullable in 0-1.
    pub entries: Option<Vec<EntryData>>,
}

impl Default for DescribeClientQuotasResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            entries: Some(Vec::new()),
        }
    }
}

impl Element for DescribeClientQuotasResponse {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.nullable_array(self.entries.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            entries: r.nullable_array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeClientQuotasResponse {
    const NAME: &'static str = "DescribeClientQuotasResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 16;
}

impl Response for DescribeClientQuotasResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DescribeClientQuotasResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryData {
    /// Versions 0-1.
    pub entity: Vec<EntityData>,
    /// Versions 0-1.
    pub values: Vec<ValueData>,
}

impl Element for EntryData {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.entity, version);
        w.array(&self.values, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { entity: r.array(version)?, values: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeClientQuotasResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityData {
    /// Versions 0-1.
    pub entity_type: String,
    /// Versions 0-1; nullable in 0-1.
    pub entity_name: Option<String>,
}

impl Default for EntityData {
    fn default() -> Self {
        Self { entity_type: String::new(), entity_name: Some(String::new()) }
    }
}

impl Element for EntityData {
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

/// Part of [`DescribeClientQuotasResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueData {
    /// Versions 0-1.
    pub key: String,
    /// Versions 0-1.
    pub value: f64,
}

impl Element for ValueData {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.key);
        w.f64(self.value);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { key: r.string()?, value: r.f64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
