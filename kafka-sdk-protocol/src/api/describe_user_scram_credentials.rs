//! DescribeUserScramCredentials (API key 50).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsRequest {
    /// Versions 0; nullable in 0.
    pub users: Option<Vec<UserName>>,
}

impl Default for DescribeUserScramCredentialsRequest {
    fn default() -> Self {
        Self { users: Some(Vec::new()) }
    }
}

impl Element for DescribeUserScramCredentialsRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.nullable_array(self.users.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { users: r.nullable_array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeUserScramCredentialsRequest {
    const NAME: &'static str = "DescribeUserScramCredentialsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 12;
}

impl Request for DescribeUserScramCredentialsRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS;
    const LATEST_STABLE: i16 = 0;
    type Response = DescribeUserScramCredentialsResponse;
}

/// Part of [`DescribeUserScramCredentialsRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserName {
    /// Versions 0.
    pub name: String,
}

impl Element for UserName {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResponse {
    /// Versions 0.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0.
    pub error_message: Option<String>,
    /// Versions 0.
    pub results: Vec<DescribeUserScramCredentialsResult>,
}

impl Default for DescribeUserScramCredentialsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            results: Vec::new(),
        }
    }
}

impl Element for DescribeUserScramCredentialsResponse {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.array(&self.results, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            results: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeUserScramCredentialsResponse {
    const NAME: &'static str = "DescribeUserScramCredentialsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 14;
}

impl Response for DescribeUserScramCredentialsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DescribeUserScramCredentialsResponse`], versions 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResult {
    /// Versions 0.
    pub user: String,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0.
    pub error_message: Option<String>,
    /// Versions 0.
    pub credential_infos: Vec<CredentialInfo>,
}

impl Default for DescribeUserScramCredentialsResult {
    fn default() -> Self {
        Self {
            user: String::new(),
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            credential_infos: Vec::new(),
        }
    }
}

impl Element for DescribeUserScramCredentialsResult {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.user);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.array(&self.credential_infos, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            user: r.string()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            credential_infos: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeUserScramCredentialsResponse`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CredentialInfo {
    /// Versions 0.
    pub mechanism: i8,
    /// Versions 0.
    pub iterations: i32,
}

impl Element for CredentialInfo {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i8(self.mechanism);
        w.i32(self.iterations);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { mechanism: r.i8()?, iterations: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
