//! DeleteAcls (API key 31).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 1-3; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteAclsRequest {
    /// Versions 1-3.
    pub filters: Vec<DeleteAclsFilter>,
}

impl Element for DeleteAclsRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.filters, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { filters: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DeleteAclsRequest {
    const NAME: &'static str = "DeleteAclsRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 10;
}

impl Request for DeleteAclsRequest {
    const KEY: ApiKey = ApiKey::DELETE_ACLS;
    const LATEST_STABLE: i16 = 3;
    type Response = DeleteAclsResponse;
}

/// Part of [`DeleteAclsRequest`], versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsFilter {
    /// Versions 1-3.
    pub resource_type_filter: i8,
    /// Versions 1-3; nullable in 1-3.
    pub resource_name_filter: Option<String>,
    /// Versions 1-3; default 3.
    pub pattern_type_filter: i8,
    /// Versions 1-3; nullable in 1-3.
    pub principal_filter: Option<String>,
    /// Versions 1-3; nullable in 1-3.
    pub host_filter: Option<String>,
    /// Versions 1-3.
    pub operation: i8,
    /// Versions 1-3.
    pub permission_type: i8,
}

impl Default for DeleteAclsFilter {
    fn default() -> Self {
        Self {
            resource_type_filter: 0,
            resource_name_filter: Some(String::new()),
            pattern_type_filter: 3,
            principal_filter: Some(String::new()),
            host_filter: Some(String::new()),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl Element for DeleteAclsFilter {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i8(self.resource_type_filter);
        w.nullable_string(self.resource_name_filter.as_deref());
        w.i8(self.pattern_type_filter);
        w.nullable_string(self.principal_filter.as_deref());
        w.nullable_string(self.host_filter.as_deref());
        w.i8(self.operation);
        w.i8(self.permission_type);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            resource_type_filter: r.i8()?,
            resource_name_filter: r.nullable_string()?,
            pattern_type_filter: r.i8()?,
            principal_filter: r.nullable_string()?,
            host_filter: r.nullable_string()?,
            operation: r.i8()?,
            permission_type: r.i8()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 1-3; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteAclsResponse {
    /// Versions 1-3.
    pub throttle_time_ms: i32,
    /// Versions 1-3.
    pub filter_results: Vec<DeleteAclsFilterResult>,
}

impl Element for DeleteAclsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.filter_results, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, filter_results: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DeleteAclsResponse {
    const NAME: &'static str = "DeleteAclsResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 12;
}

impl Response for DeleteAclsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DeleteAclsResponse`], versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsFilterResult {
    /// Versions 1-3.
    pub error_code: ErrorCode,
    /// Versions 1-3; nullable in 1-3.
    pub error_message: Option<String>,
    /// Versions 1-3.
    pub matching_acls: Vec<DeleteAclsMatchingAcl>,
}

impl Default for DeleteAclsFilterResult {
    fn default() -> Self {
        Self { error_code: ErrorCode::NONE, error_message: Some(String::new()), matching_acls: Vec::new() }
    }
}

impl Element for DeleteAclsFilterResult {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.array(&self.matching_acls, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            matching_acls: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DeleteAclsResponse`], versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsMatchingAcl {
    /// Versions 1-3.
    pub error_code: ErrorCode,
    /// Versions 1-3; nullable in 1-3.
    pub error_message: Option<String>,
    /// Versions 1-3.
    pub resource_type: i8,
    /// Versions 1-3.
    pub resource_name: String,
    /// Versions 1-3; default 3.
    pub pattern_type: i8,
    /// Versions 1-3.
    pub principal: String,
    /// Versions 1-3.
    pub host: String,
    /// Versions 1-3.
    pub operation: i8,
    /// Versions 1-3.
    pub permission_type: i8,
}

impl Default for DeleteAclsMatchingAcl {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            resource_type: 0,
            resource_name: String::new(),
            pattern_type: 3,
            principal: String::new(),
            host: String::new(),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl Element for DeleteAclsMatchingAcl {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.i8(self.resource_type);
        w.string(&self.resource_name);
        w.i8(self.pattern_type);
        w.string(&self.principal);
        w.string(&self.host);
        w.i8(self.operation);
        w.i8(self.permission_type);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            resource_type: r.i8()?,
            resource_name: r.string()?,
            pattern_type: r.i8()?,
            principal: r.string()?,
            host: r.string()?,
            operation: r.i8()?,
            permission_type: r.i8()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
