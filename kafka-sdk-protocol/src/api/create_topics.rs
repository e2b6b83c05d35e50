//! CreateTopics (API key 19).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 2-7; flexible from 5.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTopicsRequest {
    /// Versions 2-7.
    pub topics: Vec<CreatableTopic>,
    /// Versions 2-7; default 60000.
    pub timeout_ms: i32,
    /// Versions 2-7.
    pub validate_only: bool,
}

impl Default for CreateTopicsRequest {
    fn default() -> Self {
        Self { topics: Vec::new(), timeout_ms: 60000, validate_only: false }
    }
}

impl Element for CreateTopicsRequest {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.topics, version);
        w.i32(self.timeout_ms);
        w.bool(self.validate_only);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topics: r.array(version)?, timeout_ms: r.i32()?, validate_only: r.bool()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for CreateTopicsRequest {
    const NAME: &'static str = "CreateTopicsRequest";
    const VERSIONS: RangeInclusive<i16> = 2..=7;
    const FIRST_FLEXIBLE: i16 = 5;
    const EXPANSION: usize = 16;
}

impl Request for CreateTopicsRequest {
    const KEY: ApiKey = ApiKey::CREATE_TOPICS;
    const LATEST_STABLE: i16 = 7;
    type Response = CreateTopicsResponse;
}

/// Part of [`CreateTopicsRequest`], versions 2-7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatableTopic {
    /// Versions 2-7.
    pub name: String,
    /// Versions 2-7.
    pub num_partitions: i32,
    /// Versions 2-7.
    pub replication_factor: i16,
    /// Versions 2-7.
    pub assignments: Vec<CreatableReplicaAssignment>,
    /// Versions 2-7.
    pub configs: Vec<CreatableTopicConfig>,
}

impl Element for CreatableTopic {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.i32(self.num_partitions);
        w.i16(self.replication_factor);
        w.array(&self.assignments, version);
        w.array(&self.configs, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: r.string()?,
            num_partitions: r.i32()?,
            replication_factor: r.i16()?,
            assignments: r.array(version)?,
            configs: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`CreateTopicsRequest`], versions 2-7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatableReplicaAssignment {
    /// Versions 2-7.
    pub partition_index: i32,
    /// Versions 2-7.
    pub broker_ids: Vec<i32>,
}

impl Element for CreatableReplicaAssignment {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.array(&self.broker_ids, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { partition_index: r.i32()?, broker_ids: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`CreateTopicsRequest`], versions 2-7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicConfig {
    /// Versions 2-7.
    pub name: String,
    /// Versions 2-7; nullable in 2-7.
    pub value: Option<String>,
}

impl Default for CreatableTopicConfig {
    fn default() -> Self {
        Self { name: String::new(), value: Some(String::new()) }
    }
}

impl Element for CreatableTopicConfig {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.nullable_string(self.value.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, value: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 2-7; flexible from 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateTopicsResponse {
    /// Versions 2-7; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 2-7.
    pub topics: Vec<CreatableTopicResult>,
}

impl Element for CreateTopicsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, topics: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for CreateTopicsResponse {
    const NAME: &'static str = "CreateTopicsResponse";
    const VERSIONS: RangeInclusive<i16> = 2..=7;
    const FIRST_FLEXIBLE: i16 = 5;
    const EXPANSION: usize = 18;
}

impl Response for CreateTopicsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`CreateTopicsResponse`], versions 2-7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicResult {
    /// Versions 2-7.
    pub name: String,
    /// Versions 7; ignorable.
    pub topic_id: Uuid,
    /// Versions 2-7.
    pub error_code: ErrorCode,
    /// Versions 2-7; nullable in 2-7; ignorable.
    pub error_message: Option<String>,
    /// Versions 5-7; tag 0; ignorable.
    pub topic_config_error_code: ErrorCode,
    /// Versions 5-7; ignorable; default -1.
    pub num_partitions: i32,
    /// Versions 5-7; ignorable; default -1.
    pub replication_factor: i16,
    /// Versions 5-7; nullable in 5-7; ignorable.
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

impl Default for CreatableTopicResult {
    fn default() -> Self {
        Self {
            name: String::new(),
            topic_id: Uuid::ZERO,
            error_code: ErrorCode::NONE,
            error_message: Some(String::new()),
            topic_config_error_code: ErrorCode::NONE,
            num_partitions: -1,
            replication_factor: -1,
            configs: Some(Vec::new()),
        }
    }
}

impl Element for CreatableTopicResult {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        if version >= 7 {
            w.uuid(self.topic_id);
        }
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        if version >= 5 {
            w.i32(self.num_partitions);
        }
        if version >= 5 {
            w.i16(self.replication_factor);
        }
        if version >= 5 {
            w.nullable_array(self.configs.as_deref(), version);
        }
        let has_topic_config_error_code = version >= 5 && self.topic_config_error_code != ErrorCode::NONE;
        w.tag_count(u32::from(has_topic_config_error_code));
        if has_topic_config_error_code {
            w.tag(0, |w| {
                w.error_code(self.topic_config_error_code);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it = Self {
            name: r.string()?,
            topic_id: if version >= 7 { r.uuid()? } else { Uuid::ZERO },
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            topic_config_error_code: ErrorCode::NONE,
            num_partitions: if version >= 5 { r.i32()? } else { -1 },
            replication_factor: if version >= 5 { r.i16()? } else { -1 },
            configs: if version >= 5 { r.nullable_array(version)? } else { Some(Vec::new()) },
        };
        r.tags(|r, tag| {
            match tag {
                0 => it.topic_config_error_code = r.error_code()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

/// Part of [`CreateTopicsResponse`], versions 5-7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicConfigs {
    /// Versions 5-7.
    pub name: String,
    /// Versions 5-7; nullable in 5-7.
    pub value: Option<String>,
    /// Versions 5-7.
    pub read_only: bool,
    /// Versions 5-7; ignorable; default -1.
    pub config_source: i8,
    /// Versions 5-7.
    pub is_sensitive: bool,
}

impl Default for CreatableTopicConfigs {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
        }
    }
}

impl Element for CreatableTopicConfigs {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.nullable_string(self.value.as_deref());
        w.bool(self.read_only);
        w.i8(self.config_source);
        w.bool(self.is_sensitive);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: r.string()?,
            value: r.nullable_string()?,
            read_only: r.bool()?,
            config_source: r.i8()?,
            is_sensitive: r.bool()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
