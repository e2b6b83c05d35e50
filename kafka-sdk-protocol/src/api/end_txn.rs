//! EndTxn (API key 26).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndTxnRequest {
    /// Versions 0-5.
    pub transactional_id: String,
    /// Versions 0-5.
    pub producer_id: i64,
    /// Versions 0-5.
    pub producer_epoch: i16,
    /// Versions 0-5.
    pub committed: bool,
}

impl Element for EndTxnRequest {
    const MIN_SIZE: usize = 13;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.transactional_id);
        w.i64(self.producer_id);
        w.i16(self.producer_epoch);
        w.bool(self.committed);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: r.string()?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            committed: r.bool()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for EndTxnRequest {
    const NAME: &'static str = "EndTxnRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 1;
}

impl Request for EndTxnRequest {
    const KEY: ApiKey = ApiKey::END_TXN;
    const LATEST_STABLE: i16 = 5;
    type Response = EndTxnResponse;
}

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct EndTxnResponse {
    /// Versions 0-5.
    pub throttle_time_ms: i32,
    /// Versions 0-5.
    pub error_code: ErrorCode,
    /// Versions 5; ignorable; default -1.
    pub producer_id: i64,
    /// Versions 5; ignorable; default -1.
    pub producer_epoch: i16,
}

impl Default for EndTxnResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: ErrorCode::NONE, producer_id: -1, producer_epoch: -1 }
    }
}

impl Element for EndTxnResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        if version >= 5 {
            w.i64(self.producer_id);
        }
        if version >= 5 {
            w.i16(self.producer_epoch);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            producer_id: if version >= 5 { r.i64()? } else { -1 },
            producer_epoch: if version >= 5 { r.i16()? } else { -1 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for EndTxnResponse {
    const NAME: &'static str = "EndTxnResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 1;
}

impl Response for EndTxnResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
