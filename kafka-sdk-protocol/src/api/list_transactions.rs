//! ListTransactions (API key 66).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListTransactionsRequest {
    /// Versions 0-2.
    pub state_filters: Vec<String>,
    /// Versions 0-2.
    pub producer_id_filters: Vec<i64>,
    /// Versions 1-2; default -1.
    pub duration_filter: i64,
    /// Versions 2; nullable in 2; default null.
    pub transactional_id_pattern: Option<String>,
}

impl Default for ListTransactionsRequest {
    fn default() -> Self {
        Self {
            state_filters: Vec::new(),
            producer_id_filters: Vec::new(),
            duration_filter: -1,
            transactional_id_pattern: None,
        }
    }
}

impl Element for ListTransactionsRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.state_filters, version);
        w.array(&self.producer_id_filters, version);
        if version >= 1 {
            w.i64(self.duration_filter);
        } else if self.duration_filter != -1 {
            w.unsupported("ListTransactionsRequest.duration_filter", version);
        }
        if version >= 2 {
            w.nullable_string(self.transactional_id_pattern.as_deref());
        } else if self.transactional_id_pattern.is_some() {
            w.unsupported("ListTransactionsRequest.transactional_id_pattern", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            state_filters: r.array(version)?,
            producer_id_filters: r.array(version)?,
            duration_filter: if version >= 1 { r.i64()? } else { -1 },
            transactional_id_pattern: if version >= 2 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListTransactionsRequest {
    const NAME: &'static str = "ListTransactionsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Request for ListTransactionsRequest {
    const KEY: ApiKey = ApiKey::LIST_TRANSACTIONS;
    const LATEST_STABLE: i16 = 2;
    type Response = ListTransactionsResponse;
}

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListTransactionsResponse {
    /// Versions 0-2.
    pub throttle_time_ms: i32,
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 0-2.
    pub unknown_state_filters: Vec<String>,
    /// Versions 0-2.
    pub transaction_states: Vec<TransactionState>,
}

impl Element for ListTransactionsResponse {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.array(&self.unknown_state_filters, version);
        w.array(&self.transaction_states, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            unknown_state_filters: r.array(version)?,
            transaction_states: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ListTransactionsResponse {
    const NAME: &'static str = "ListTransactionsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Response for ListTransactionsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`ListTransactionsResponse`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionState {
    /// Versions 0-2.
    pub transactional_id: String,
    /// Versions 0-2.
    pub producer_id: i64,
    /// Versions 0-2.
    pub transaction_state: String,
}

impl Element for TransactionState {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.transactional_id);
        w.i64(self.producer_id);
        w.string(&self.transaction_state);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it =
            Self { transactional_id: r.string()?, producer_id: r.i64()?, transaction_state: r.string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
