//! ApiVersions (API key 18).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiVersionsRequest {
    /// Versions 3-5; ignorable.
    pub client_software_name: String,
    /// Versions 3-5; ignorable.
    pub client_software_version: String,
    /// Versions 5; nullable in 5; ignorable; default null.
    pub cluster_id: Option<String>,
    /// Versions 5; ignorable; default -1.
    pub node_id: i32,
}

impl Default for ApiVersionsRequest {
    fn default() -> Self {
        Self {
            client_software_name: String::new(),
            client_software_version: String::new(),
            cluster_id: None,
            node_id: -1,
        }
    }
}

impl Element for ApiVersionsRequest {
    const MIN_SIZE: usize = 1;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 3 {
            w.string(&self.client_software_name);
        }
        if version >= 3 {
            w.string(&self.client_software_version);
        }
        if version >= 5 {
            w.nullable_string(self.cluster_id.as_deref());
        }
        if version >= 5 {
            w.i32(self.node_id);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            client_software_name: if version >= 3 { r.string()? } else { String::new() },
            client_software_version: if version >= 3 { r.string()? } else { String::new() },
            cluster_id: if version >= 5 { r.nullable_string()? } else { None },
            node_id: if version >= 5 { r.i32()? } else { -1 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ApiVersionsRequest {
    const NAME: &'static str = "ApiVersionsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 1;
}

impl Request for ApiVersionsRequest {
    const KEY: ApiKey = ApiKey::API_VERSIONS;
    const LATEST_STABLE: i16 = 5;
    type Response = ApiVersionsResponse;
}

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiVersionsResponse {
    /// Versions 0-5.
    pub error_code: ErrorCode,
    /// Versions 0-5.
    pub api_keys: Vec<ApiVersion>,
    /// Versions 1-5; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 3-5; tag 0; ignorable.
    pub supported_features: Vec<SupportedFeatureKey>,
    /// Versions 3-5; tag 1; ignorable; default -1.
    pub finalized_features_epoch: i64,
    /// Versions 3-5; tag 2; ignorable.
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Versions 3-5; tag 3; ignorable.
    pub zk_migration_ready: bool,
}

impl Default for ApiVersionsResponse {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            api_keys: Vec::new(),
            throttle_time_ms: 0,
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        }
    }
}

impl Element for ApiVersionsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.array(&self.api_keys, version);
        if version >= 1 {
            w.i32(self.throttle_time_ms);
        }
        let has_supported_features = version >= 3 && !self.supported_features.is_empty();
        let has_finalized_features_epoch = version >= 3 && self.finalized_features_epoch != -1;
        let has_finalized_features = version >= 3 && !self.finalized_features.is_empty();
        let has_zk_migration_ready = version >= 3 && self.zk_migration_ready;
        w.tag_count(
            u32::from(has_supported_features)
                + u32::from(has_finalized_features_epoch)
                + u32::from(has_finalized_features)
                + u32::from(has_zk_migration_ready),
        );
        if has_supported_features {
            w.tag(0, |w| {
                w.array(&self.supported_features, version);
            });
        }
        if has_finalized_features_epoch {
            w.tag(1, |w| {
                w.i64(self.finalized_features_epoch);
            });
        }
        if has_finalized_features {
            w.tag(2, |w| {
                w.array(&self.finalized_features, version);
            });
        }
        if has_zk_migration_ready {
            w.tag(3, |w| {
                w.bool(self.zk_migration_ready);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it = Self {
            error_code: r.error_code()?,
            api_keys: r.array(version)?,
            throttle_time_ms: if version >= 1 { r.i32()? } else { 0 },
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        };
        r.tags(|r, tag| {
            match tag {
                0 => it.supported_features = r.array(version)?,
                1 => it.finalized_features_epoch = r.i64()?,
                2 => it.finalized_features = r.array(version)?,
                3 => it.zk_migration_ready = r.bool()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Message for ApiVersionsResponse {
    const NAME: &'static str = "ApiVersionsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 6;
}

impl Response for ApiVersionsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ApiVersionsResponse`], versions 0-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiVersion {
    /// Versions 0-5.
    pub api_key: i16,
    /// Versions 0-5.
    pub min_version: i16,
    /// Versions 0-5.
    pub max_version: i16,
}

impl Element for ApiVersion {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i16(self.api_key);
        w.i16(self.min_version);
        w.i16(self.max_version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { api_key: r.i16()?, min_version: r.i16()?, max_version: r.i16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ApiVersionsResponse`], versions 3-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SupportedFeatureKey {
    /// Versions 3-5.
    pub name: String,
    /// Versions 3-5.
    pub min_version: i16,
    /// Versions 3-5.
    pub max_version: i16,
}

impl Element for SupportedFeatureKey {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.i16(self.min_version);
        w.i16(self.max_version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, min_version: r.i16()?, max_version: r.i16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`ApiVersionsResponse`], versions 3-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FinalizedFeatureKey {
    /// Versions 3-5.
    pub name: String,
    /// Versions 3-5.
    pub max_version_level: i16,
    /// Versions 3-5.
    pub min_version_level: i16,
}

impl Element for FinalizedFeatureKey {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.i16(self.max_version_level);
        w.i16(self.min_version_level);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, max_version_level: r.i16()?, min_version_level: r.i16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
