//! AddOffsetsToTxn (API key 25).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-4; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddOffsetsToTxnRequest {
    /// Versions 0-4.
    pub transactional_id: String,
    /// Versions 0-4.
    pub producer_id: i64,
    /// Versions 0-4.
    pub producer_epoch: i16,
    /// Versions 0-4.
    pub group_id: String,
}

impl Element for AddOffsetsToTxnRequest {
    const MIN_SIZE: usize = 13;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.transactional_id);
        w.i64(self.producer_id);
        w.i16(self.producer_epoch);
        w.string(&self.group_id);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: r.string()?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            group_id: r.string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AddOffsetsToTxnRequest {
    const NAME: &'static str = "AddOffsetsToTxnRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=4;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 1;
}

impl Request for AddOffsetsToTxnRequest {
    const KEY: ApiKey = ApiKey::ADD_OFFSETS_TO_TXN;
    const LATEST_STABLE: i16 = 4;
    type Response = AddOffsetsToTxnResponse;
}

/// Versions 0-4; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddOffsetsToTxnResponse {
    /// Versions 0-4.
    pub throttle_time_ms: i32,
    /// Versions 0-4.
    pub error_code: ErrorCode,
}

impl Element for AddOffsetsToTxnResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, error_code: r.error_code()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AddOffsetsToTxnResponse {
    const NAME: &'static str = "AddOffsetsToTxnResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=4;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 1;
}

impl Response for AddOffsetsToTxnResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
