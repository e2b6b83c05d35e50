//! RenewDelegationToken (API key 39).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 1-2; flexible from 2.
#[derive(Clone, Default, PartialEq)]
pub struct RenewDelegationTokenRequest {
    /// Versions 1-2.
    pub hmac: Bytes,
    /// Versions 1-2.
    pub renew_period_ms: i64,
}

impl std::fmt::Debug for RenewDelegationTokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenewDelegationTokenRequest")
            .field("hmac", &"[hidden]")
            .field("renew_period_ms", &self.renew_period_ms)
            .finish()
    }
}

impl Element for RenewDelegationTokenRequest {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.bytes(&self.hmac);
        w.i64(self.renew_period_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { hmac: r.bytes()?, renew_period_ms: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for RenewDelegationTokenRequest {
    const NAME: &'static str = "RenewDelegationTokenRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Request for RenewDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::RENEW_DELEGATION_TOKEN;
    const LATEST_STABLE: i16 = 2;
    type Response = RenewDelegationTokenResponse;
}

/// Versions 1-2; flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RenewDelegationTokenResponse {
    /// Versions 1-2.
    pub error_code: ErrorCode,
    /// Versions 1-2.
    pub expiry_timestamp_ms: i64,
    /// Versions 1-2.
    pub throttle_time_ms: i32,
}

impl Element for RenewDelegationTokenResponse {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.error_code(self.error_code);
        w.i64(self.expiry_timestamp_ms);
        w.i32(self.throttle_time_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { error_code: r.error_code()?, expiry_timestamp_ms: r.i64()?, throttle_time_ms: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for RenewDelegationTokenResponse {
    const NAME: &'static str = "RenewDelegationTokenResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Response for RenewDelegationTokenResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
