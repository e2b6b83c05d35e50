//! SaslAuthenticate (API key 36).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 2.
#[derive(Clone, Default, PartialEq)]
pub struct SaslAuthenticateRequest {
    /// Versions 0-2.
    pub auth_bytes: Bytes,
}

impl std::fmt::Debug for SaslAuthenticateRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaslAuthenticateRequest").field("auth_bytes", &"[hidden]").finish()
    }
}

impl Element for SaslAuthenticateRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.bytes(&self.auth_bytes);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { auth_bytes: r.bytes()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for SaslAuthenticateRequest {
    const NAME: &'static str = "SaslAuthenticateRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Request for SaslAuthenticateRequest {
    const KEY: ApiKey = ApiKey::SASL_AUTHENTICATE;
    const LATEST_STABLE: i16 = 2;
    type Response = SaslAuthenticateResponse;
}

/// Versions 0-2; flexible from 2.
#[derive(Clone, PartialEq)]
pub struct SaslAuthenticateResponse {
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 0-2; nullable in 0-2.
    pub error_message: Option<String>,
    /// Versions 0-2.
    pub auth_bytes: Bytes,
    /// Versions 1-2; ignorable.
    pub session_lifetime_ms: i64,
}

impl Default for SaslAuthenticateResponse {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            auth_bytes: Bytes::new(),
            session_lifetime_ms: 0,
        }
    }
}

impl std::fmt::Debug for SaslAuthenticateResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaslAuthenticateResponse")
            .field("error_code", &self.error_code)
            .field("error_message", &self.error_message)
            .field("auth_bytes", &"[hidden]")
            .field("session_lifetime_ms", &self.session_lifetime_ms)
            .finish()
    }
}

impl Element for SaslAuthenticateResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.bytes(&self.auth_bytes);
        if version >= 1 {
            w.i64(self.session_lifetime_ms);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            auth_bytes: r.bytes()?,
            session_lifetime_ms: if version >= 1 { r.i64()? } else { 0 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for SaslAuthenticateResponse {
    const NAME: &'static str = "SaslAuthenticateResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Response for SaslAuthenticateResponse {}
