//! AddPartitionsToTxn (API key 24).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnRequest {
    /// Versions 4-5.
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    /// Versions 0-3.
    pub v3_and_below_transactional_id: String,
    /// Versions 0-3.
    pub v3_and_below_producer_id: i64,
    /// Versions 0-3.
    pub v3_and_below_producer_epoch: i16,
    /// Versions 0-3.
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
}

impl Element for AddPartitionsToTxnRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 4 {
            w.array(&self.transactions, version);
        } else if !self.transactions.is_empty() {
            w.unsupported("AddPartitionsToTxnRequest.transactions", version);
        }
        if version <= 3 {
            w.string(&self.v3_and_below_transactional_id);
        } else if !self.v3_and_below_transactional_id.is_empty() {
            w.unsupported("AddPartitionsToTxnRequest.v3_and_below_transactional_id", version);
        }
        if version <= 3 {
            w.i64(self.v3_and_below_producer_id);
        } else if self.v3_and_below_producer_id != 0 {
            w.unsupported("AddPartitionsToTxnRequest.v3_and_below_producer_id", version);
        }
        if version <= 3 {
            w.i16(self.v3_and_below_producer_epoch);
        } else if self.v3_and_below_producer_epoch != 0 {
            w.unsupported("AddPartitionsToTxnRequest.v3_and_below_producer_epoch", version);
        }
        if version <= 3 {
            w.array(&self.v3_and_below_topics, version);
        } else if !self.v3_and_below_topics.is_empty() {
            w.unsupported("AddPartitionsToTxnRequest.v3_and_below_topics", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            transactions: if version >= 4 { r.array(version)? } else { Vec::new() },
            v3_and_below_transactional_id: if version <= 3 { r.string()? } else { String::new() },
            v3_and_below_producer_id: if version <= 3 { r.i64()? } else { 0 },
            v3_and_below_producer_epoch: if version <= 3 { r.i16()? } else { 0 },
            v3_and_below_topics: if version <= 3 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AddPartitionsToTxnRequest {
    const NAME: &'static str = "AddPartitionsToTxnRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 16;
}

impl Request for AddPartitionsToTxnRequest {
    const KEY: ApiKey = ApiKey::ADD_PARTITIONS_TO_TXN;
    const LATEST_STABLE: i16 = 5;
    type Response = AddPartitionsToTxnResponse;
}

/// Part of [`AddPartitionsToTxnRequest`], versions 4-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnTransaction {
    /// Versions 4-5.
    pub transactional_id: String,
    /// Versions 4-5.
    pub producer_id: i64,
    /// Versions 4-5.
    pub producer_epoch: i16,
    /// Versions 4-5.
    pub verify_only: bool,
    /// Versions 4-5.
    pub topics: Vec<AddPartitionsToTxnTopic>,
}

impl Element for AddPartitionsToTxnTransaction {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.transactional_id);
        w.i64(self.producer_id);
        w.i16(self.producer_epoch);
        w.bool(self.verify_only);
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: r.string()?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            verify_only: r.bool()?,
            topics: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AddPartitionsToTxnRequest`], versions 0-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnTopic {
    /// Versions 0-5.
    pub name: String,
    /// Versions 0-5.
    pub partitions: Vec<i32>,
}

impl Element for AddPartitionsToTxnTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-5; flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnResponse {
    /// Versions 0-5.
    pub throttle_time_ms: i32,
    /// Versions 4-5; ignorable.
    pub error_code: ErrorCode,
    /// Versions 4-5.
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    /// Versions 0-3.
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
}

impl Element for AddPartitionsToTxnResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        if version >= 4 {
            w.error_code(self.error_code);
        }
        if version >= 4 {
            w.array(&self.results_by_transaction, version);
        } else if !self.results_by_transaction.is_empty() {
            w.unsupported("AddPartitionsToTxnResponse.results_by_transaction", version);
        }
        if version <= 3 {
            w.array(&self.results_by_topic_v3_and_below, version);
        } else if !self.results_by_topic_v3_and_below.is_empty() {
            w.unsupported("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: if version >= 4 { r.error_code()? } else { ErrorCode::NONE },
            results_by_transaction: if version >= 4 { r.array(version)? } else { Vec::new() },
            results_by_topic_v3_and_below: if version <= 3 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AddPartitionsToTxnResponse {
    const NAME: &'static str = "AddPartitionsToTxnResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=5;
    const FIRST_FLEXIBLE: i16 = 3;
    const EXPANSION: usize = 16;
}

impl Response for AddPartitionsToTxnResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`AddPartitionsToTxnResponse`], versions 4-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnResult {
    /// Versions 4-5.
    pub transactional_id: String,
    /// Versions 4-5.
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
}

impl Element for AddPartitionsToTxnResult {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.transactional_id);
        w.array(&self.topic_results, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { transactional_id: r.string()?, topic_results: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AddPartitionsToTxnResponse`], versions 0-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnTopicResult {
    /// Versions 0-5.
    pub name: String,
    /// Versions 0-5.
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

impl Element for AddPartitionsToTxnTopicResult {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.array(&self.results_by_partition, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, results_by_partition: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AddPartitionsToTxnResponse`], versions 0-5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnPartitionResult {
    /// Versions 0-5.
    pub partition_index: i32,
    /// Versions 0-5.
    pub partition_error_code: ErrorCode,
}

impl Element for AddPartitionsToTxnPartitionResult {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.partition_error_code);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()?, partition_error_code: r.error_code()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
