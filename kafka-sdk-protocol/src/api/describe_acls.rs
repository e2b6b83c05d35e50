//! DescribeAcls (API key 29).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 1-3; flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeAclsRequest {
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

impl Default for DescribeAclsRequest {
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

impl Element for DescribeAclsRequest {
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

impl Message for DescribeAclsRequest {
    const NAME: &'static str = "DescribeAclsRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Request for DescribeAclsRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_ACLS;
    const LATEST_STABLE: i16 = 3;
    type Response = DescribeAclsResponse;
}

/// Versions 1-3; flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeAclsResponse {
    /// Versions 1-3.
    pub throttle_time_ms: i32,
    /// Versions 1-3.
    pub error_code: ErrorCode,
    /// Versions 1-3; nullable in 1-3.
    pub error_message: Option<String>,
    /// Versions 1-3.
    pub resources: Vec<DescribeAclsResource>,
}

impl Default for DescribeAclsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            resources: Vec::new(),
        }
    }
}

impl Element for DescribeAclsResponse {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.array(&self.resources, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            resources: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeAclsResponse {
    const NAME: &'static str = "DescribeAclsResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 12;
}

impl Response for DescribeAclsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DescribeAclsResponse`], versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeAclsResource {
    /// Versions 1-3.
    pub resource_type: i8,
    /// Versions 1-3.
    pub resource_name: String,
    /// Versions 1-3; default 3.
    pub pattern_type: i8,
    /// Versions 1-3.
    pub acls: Vec<AclDescription>,
}

impl Default for DescribeAclsResource {
    fn default() -> Self {
        Self { resource_type: 0, resource_name: String::new(), pattern_type: 3, acls: Vec::new() }
    }
}

impl Element for DescribeAclsResource {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i8(self.resource_type);
        w.string(&self.resource_name);
        w.i8(self.pattern_type);
        w.array(&self.acls, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            resource_type: r.i8()?,
            resource_name: r.string()?,
            pattern_type: r.i8()?,
            acls: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeAclsResponse`], versions 1-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AclDescription {
    /// Versions 1-3.
    pub principal: String,
    /// Versions 1-3.
    pub host: String,
    /// Versions 1-3.
    pub operation: i8,
    /// Versions 1-3.
    pub permission_type: i8,
}

impl Element for AclDescription {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.principal);
        w.string(&self.host);
        w.i8(self.operation);
        w.i8(self.permission_type);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { principal: r.string()?, host: r.string()?, operation: r.i8()?, permission_type: r.i8()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
