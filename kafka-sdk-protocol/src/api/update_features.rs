//! UpdateFeatures (API key 57).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateFeaturesRequest {
    /// Versions 0-2; default 60000.
    pub timeout_ms: i32,
    /// Versions 0-2.
    pub feature_updates: Vec<FeatureUpdateKey>,
    /// Versions 1-2.
    pub validate_only: bool,
}

impl Default for UpdateFeaturesRequest {
    fn default() -> Self {
        Self { timeout_ms: 60000, feature_updates: Vec::new(), validate_only: false }
    }
}

impl Element for UpdateFeaturesRequest {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.timeout_ms);
        w.array(&self.feature_updates, version);
        if version >= 1 {
            w.bool(self.validate_only);
        } else if self.validate_only {
            w.unsupported("UpdateFeaturesRequest.validate_only", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            timeout_ms: r.i32()?,
            feature_updates: r.array(version)?,
            validate_only: if version >= 1 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for UpdateFeaturesRequest {
    const NAME: &'static str = "UpdateFeaturesRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 7;
}

impl Request for UpdateFeaturesRequest {
    const KEY: ApiKey = ApiKey::UPDATE_FEATURES;
    const LATEST_STABLE: i16 = 2;
    type Response = UpdateFeaturesResponse;
}

/// Part of [`UpdateFeaturesRequest`], versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureUpdateKey {
    /// Versions 0-2.
    pub feature: String,
    /// Versions 0-2.
    pub max_version_level: i16,
    /// Versions 0.
    pub allow_downgrade: bool,
    /// Versions 1-2; default 1.
    pub upgrade_type: i8,
}

impl Default for FeatureUpdateKey {
    fn default() -> Self {
        Self { feature: String::new(), max_version_level: 0, allow_downgrade: false, upgrade_type: 1 }
    }
}

impl Element for FeatureUpdateKey {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.feature);
        w.i16(self.max_version_level);
        if version <= 0 {
            w.bool(self.allow_downgrade);
        } else if self.allow_downgrade {
            w.unsupported("FeatureUpdateKey.allow_downgrade", version);
        }
        if version >= 1 {
            w.i8(self.upgrade_type);
        } else if self.upgrade_type != 1 {
            w.unsupported("FeatureUpdateKey.upgrade_type", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            feature: r.string()?,
            max_version_level: r.i16()?,
            allow_downgrade: if version <= 0 { r.bool()? } else { false },
            upgrade_type: if version >= 1 { r.i8()? } else { 1 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateFeaturesResponse {
    /// Versions 0-2.
    pub throttle_time_ms: i32,
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 0-2; nullable in 0-2.
    pub error_message: Option<String>,
    /// Versions 0-1; ignorable.
    pub results: Vec<UpdatableFeatureResult>,
}

impl Default for UpdateFeaturesResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            results: Vec::new(),
        }
    }
}

impl Element for UpdateFeaturesResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        if version <= 1 {
            w.array(&self.results, version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            results: if version <= 1 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for UpdateFeaturesResponse {
    const NAME: &'static str = "UpdateFeaturesResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 12;
}

impl Response for UpdateFeaturesResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`UpdateFeaturesResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdatableFeatureResult {
    /// Versions 0-1.
    pub feature: String,
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1.
    pub error_message: Option<String>,
}

impl Default for UpdatableFeatureResult {
    fn default() -> Self {
        Self { feature: String::new(), error_code: ErrorCode::NONE, error_message: Some(String::new()) }
    }
}

impl Element for UpdatableFeatureResult {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.feature);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { feature: r.string()?, error_code: r.error_code()?, error_message: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
