//! DescribeDelegationToken (API key 41).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 1-3; flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeDelegationTokenRequest {
    /// Versions 1-3; nullable in 1-3.
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
}

impl Default for DescribeDelegationTokenRequest {
    fn default() -> Self {
        Self { owners: Some(Vec::new()) }
    }
}

impl Element for DescribeDelegationTokenRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.nullable_array(self.owners.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { owners: r.nullable_array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeDelegationTokenRequest {
    const NAME: &'static str = "DescribeDelegationTokenRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Request for DescribeDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_DELEGATION_TOKEN;
    const LATEST_STABLE: i16 = 3;
    type Response = DescribeDelegationTokenResponse;
}

/// Part of [`DescribeDelegationTokenRequest`], versions 1-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeDelegationTokenOwner {
    /// Versions 1-3.
    pub principal_type: String,
    /// Versions 1-3.
    pub principal_name: String,
}

impl Element for DescribeDelegationTokenOwner {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.principal_type);
        w.string(&self.principal_name);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { principal_type: r.string()?, principal_name: r.string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 1-3; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeDelegationTokenResponse {
    /// Versions 1-3.
    pub error_code: ErrorCode,
    /// Versions 1-3.
    pub tokens: Vec<DescribedDelegationToken>,
    /// Versions 1-3.
    pub throttle_time_ms: i32,
}

impl Element for DescribeDelegationTokenResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.array(&self.tokens, version);
        w.i32(self.throttle_time_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { error_code: r.error_code()?, tokens: r.array(version)?, throttle_time_ms: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeDelegationTokenResponse {
    const NAME: &'static str = "DescribeDelegationTokenResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Response for DescribeDelegationTokenResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DescribeDelegationTokenResponse`], versions 1-3.
#[derive(Clone, Default, PartialEq)]
pub struct DescribedDelegationToken {
    /// Versions 1-3.
    pub principal_type: String,
    /// Versions 1-3.
    pub principal_name: String,
    /// Versions 3.
    pub token_requester_principal_type: String,
    /// Versions 3.
    pub token_requester_principal_name: String,
    /// Versions 1-3.
    pub issue_timestamp: i64,
    /// Versions 1-3.
    pub expiry_timestamp: i64,
    /// Versions 1-3.
    pub max_timestamp: i64,
    /// Versions 1-3.
    pub token_id: String,
    /// Versions 1-3.
    pub hmac: Bytes,
    /// Versions 1-3.
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
}

impl std::fmt::Debug for DescribedDelegationToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DescribedDelegationToken")
            .field("principal_type", &self.principal_type)
            .field("principal_name", &self.principal_name)
            .field("token_requester_principal_type", &self.token_requester_principal_type)
            .field("token_requester_principal_name", &self.token_requester_principal_name)
            .field("issue_timestamp", &self.issue_timestamp)
            .field("expiry_timestamp", &self.expiry_timestamp)
            .field("max_timestamp", &self.max_timestamp)
            .field("token_id", &self.token_id)
            .field("hmac", &"[hidden]")
            .field("renewers", &self.renewers)
            .finish()
    }
}

impl Element for DescribedDelegationToken {
    const MIN_SIZE: usize = 30;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.principal_type);
        w.string(&self.principal_name);
        if version >= 3 {
            w.string(&self.token_requester_principal_type);
        } else if !self.token_requester_principal_type.is_empty() {
            w.unsupported("DescribedDelegationToken.token_requester_principal_type", version);
        }
        if version >= 3 {
            w.string(&self.token_requester_principal_name);
        } else if !self.token_requester_principal_name.is_empty() {
            w.unsupported("DescribedDelegationToken.token_requester_principal_name", version);
        }
        w.i64(self.issue_timestamp);
        w.i64(self.expiry_timestamp);
        w.i64(self.max_timestamp);
        w.string(&self.token_id);
        w.bytes(&self.hmac);
        w.array(&self.renewers, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            principal_type: r.string()?,
            principal_name: r.string()?,
            token_requester_principal_type: if version >= 3 { r.string()? } else { String::new() },
            token_requester_principal_name: if version >= 3 { r.string()? } else { String::new() },
            issue_timestamp: r.i64()?,
            expiry_timestamp: r.i64()?,
            max_timestamp: r.i64()?,
            token_id: r.string()?,
            hmac: r.bytes()?,
            renewers: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`DescribeDelegationTokenResponse`], versions 1-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribedDelegationTokenRenewer {
    /// Versions 1-3.
    pub principal_type: String,
    /// Versions 1-3.
    pub principal_name: String,
}

impl Element for DescribedDelegationTokenRenewer {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.principal_type);
        w.string(&self.principal_name);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { principal_type: r.string()?, principal_name: r.string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
