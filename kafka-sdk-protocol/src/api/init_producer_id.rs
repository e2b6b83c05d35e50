//! InitProducerId (API key 22).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-6; flexible from 2; 6 is unstable.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdRequest {
    /// Versions 0-6; nullable in 0-6.
    pub transactional_id: Option<String>,
    /// Versions 0-6.
    pub transaction_timeout_ms: i32,
    /// Versions 3-6; default -1.
    pub producer_id: i64,
    /// Versions 3-6; default -1.
    pub producer_epoch: i16,
    /// Versions 6.
    pub enable2_pc: bool,
    /// Versions 6.
    pub keep_prepared_txn: bool,
}

impl Default for InitProducerIdRequest {
    fn default() -> Self {
        Self {
            transactional_id: Some(String::new()),
            transaction_timeout_ms: 0,
            producer_id: -1,
            producer_epoch: -1,
            enable2_pc: false,
            keep_prepared_txn: false,
        }
    }
}

impl Element for InitProducerIdRequest {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.nullable_string(self.transactional_id.as_deref());
        w.i32(self.transaction_timeout_ms);
        if version >= 3 {
            w.i64(self.producer_id);
        } else if self.producer_id != -1 {
            w.unsupported("InitProducerIdRequest.producer_id", version);
        }
        if version >= 3 {
            w.i16(self.producer_epoch);
        } else if self.producer_epoch != -1 {
            w.unsupported("InitProducerIdRequest.producer_epoch", version);
        }
        if version >= 6 {
            w.bool(self.enable2_pc);
        } else if self.enable2_pc {
            w.unsupported("InitProducerIdRequest.enable2_pc", version);
        }
        if version >= 6 {
            w.bool(self.keep_prepared_txn);
        } else if self.keep_prepared_txn {
            w.unsupported("InitProducerIdRequest.keep_prepared_txn", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: r.nullable_string()?,
            transaction_timeout_ms: r.i32()?,
            producer_id: if version >= 3 { r.i64()? } else { -1 },
            producer_epoch: if version >= 3 { r.i16()? } else { -1 },
            enable2_pc: if version >= 6 { r.bool()? } else { false },
            keep_prepared_txn: if version >= 6 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for InitProducerIdRequest {
    const NAME: &'static str = "InitProducerIdRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Request for InitProducerIdRequest {
    const KEY: ApiKey = ApiKey::INIT_PRODUCER_ID;
    const LATEST_STABLE: i16 = 5;
    type Response = InitProducerIdResponse;
}

/// Versions 0-6; flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdResponse {
    /// Versions 0-6; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-6.
    pub error_code: ErrorCode,
    /// Versions 0-6; default -1.
    pub producer_id: i64,
    /// Versions 0-6.
    pub producer_epoch: i16,
    /// Versions 6; default -1.
    pub ongoing_txn_producer_id: i64,
    /// Versions 6; default -1.
    pub ongoing_txn_producer_epoch: i16,
}

impl Default for InitProducerIdResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            producer_id: -1,
            producer_epoch: 0,
            ongoing_txn_producer_id: -1,
            ongoing_txn_producer_epoch: -1,
        }
    }
}

impl Element for InitProducerIdResponse {
    const MIN_SIZE: usize = 16;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.i64(self.producer_id);
        w.i16(self.producer_epoch);
        if version >= 6 {
            w.i64(self.ongoing_txn_producer_id);
        } else if self.ongoing_txn_producer_id != -1 {
            w.unsupported("InitProducerIdResponse.ongoing_txn_producer_id", version);
        }
        if version >= 6 {
            w.i16(self.ongoing_txn_producer_epoch);
        } else if self.ongoing_txn_producer_epoch != -1 {
            w.unsupported("InitProducerIdResponse.ongoing_txn_producer_epoch", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            ongoing_txn_producer_id: if version >= 6 { r.i64()? } else { -1 },
            ongoing_txn_producer_epoch: if version >= 6 { r.i16()? } else { -1 },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for InitProducerIdResponse {
    const NAME: &'static str = "InitProducerIdResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=6;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Response for InitProducerIdResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
