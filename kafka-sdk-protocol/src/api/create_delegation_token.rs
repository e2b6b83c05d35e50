//! CreateDelegationToken (API key 38).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 1-3; flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateDelegationTokenRequest {
    /// Versions 3; nullable in 3.
    pub owner_principal_type: Option<String>,
    /// Versions 3; nullable in 3.
    pub owner_principal_name: Option<String>,
    /// Versions 1-3.
    pub renewers: Vec<CreatableRenewers>,
    /// Versions 1-3.
    pub max_lifetime_ms: i64,
}

impl Default for CreateDelegationTokenRequest {
    fn default() -> Self {
        Self {
            owner_principal_type: Some(String::new()),
            owner_principal_name: Some(String::new()),
            renewers: Vec::new(),
            max_lifetime_ms: 0,
        }
    }
}

impl Element for CreateDelegationTokenRequest {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 3 {
            w.nullable_string(self.owner_principal_type.as_deref());
        } else if self.owner_principal_type.as_ref().is_none_or(|it| !it.is_empty()) {
            w.unsupported("CreateDelegationTokenRequest.owner_principal_type", version);
        }
        if version >= 3 {
            w.nullable_string(self.owner_principal_name.as_deref());
        } else if self.owner_principal_name.as_ref().is_none_or(|it| !it.is_empty()) {
            w.unsupported("CreateDelegationTokenRequest.owner_principal_name", version);
        }
        w.array(&self.renewers, version);
        w.i64(self.max_lifetime_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            owner_principal_type: if version >= 3 { r.nullable_string()? } else { Some(String::new()) },
            owner_principal_name: if version >= 3 { r.nullable_string()? } else { Some(String::new()) },
            renewers: r.array(version)?,
            max_lifetime_ms: r.i64()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for CreateDelegationTokenRequest {
    const NAME: &'static str = "CreateDelegationTokenRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 16;
}

impl Request for CreateDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::CREATE_DELEGATION_TOKEN;
    const LATEST_STABLE: i16 = 3;
    type Response = CreateDelegationTokenResponse;
}

/// Part of [`CreateDelegationTokenRequest`], versions 1-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatableRenewers {
    /// Versions 1-3.
    pub principal_type: String,
    /// Versions 1-3.
    pub principal_name: String,
}

impl Element for CreatableRenewers {
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
#[derive(Clone, Default, PartialEq)]
pub struct CreateDelegationTokenResponse {
    /// Versions 1-3.
    pub error_code: ErrorCode,
    /// Versions 1-3.
    pub principal_type: String,
    /// Versions 1-3.
    pub principal_name: String,
    /// Versions 3.
    pub token_requester_principal_type: String,
    /// Versions 3.
    pub token_requester_principal_name: String,
    /// Versions 1-3.
    pub issue_timestamp_ms: i64,
    /// Versions 1-3.
    pub expiry_timestamp_ms: i64,
    /// Versions 1-3.
    pub max_timestamp_ms: i64,
    /// Versions 1-3.
    pub token_id: String,
    /// Versions 1-3.
    pub hmac: Bytes,
    /// Versions 1-3.
    pub throttle_time_ms: i32,
}

impl std::fmt::Debug for CreateDelegationTokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateDelegationTokenResponse")
            .field("error_code", &self.error_code)
            .field("principal_type", &self.principal_type)
            .field("principal_name", &self.principal_name)
            .field("token_requester_principal_type", &self.token_requester_principal_type)
            .field("token_requester_principal_name", &self.token_requester_principal_name)
            .field("issue_timestamp_ms", &self.issue_timestamp_ms)
            .field("expiry_timestamp_ms", &self.expiry_timestamp_ms)
            .field("max_timestamp_ms", &self.max_timestamp_ms)
            .field("token_id", &self.token_id)
            .field("hmac", &"[hidden]")
            .field("throttle_time_ms", &self.throttle_time_ms)
            .finish()
    }
}

impl Element for CreateDelegationTokenResponse {
    const MIN_SIZE: usize = 35;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.string(&self.principal_type);
        w.string(&self.principal_name);
        if version >= 3 {
            w.string(&self.token_requester_principal_type);
        } else if !self.token_requester_principal_type.is_empty() {
            w.unsupported("CreateDelegationTokenResponse.token_requester_principal_type", version);
        }
        if version >= 3 {
            w.string(&self.token_requester_principal_name);
        } else if !self.token_requester_principal_name.is_empty() {
            w.unsupported("CreateDelegationTokenResponse.token_requester_principal_name", version);
        }
        w.i64(self.issue_timestamp_ms);
        w.i64(self.expiry_timestamp_ms);
        w.i64(self.max_timestamp_ms);
        w.string(&self.token_id);
        w.bytes(&self.hmac);
        w.i32(self.throttle_time_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            principal_type: r.string()?,
            principal_name: r.string()?,
            token_requester_principal_type: if version >= 3 { r.string()? } else { String::new() },
            token_requester_principal_name: if version >= 3 { r.string()? } else { String::new() },
            issue_timestamp_ms: r.i64()?,
            expiry_timestamp_ms: r.i64()?,
            max_timestamp_ms: r.i64()?,
            token_id: r.string()?,
            hmac: r.bytes()?,
            throttle_time_ms: r.i32()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for CreateDelegationTokenResponse {
    const NAME: &'static str = "CreateDelegationTokenResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=3;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Response for CreateDelegationTokenResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
