//! DeleteTopics (API key 20).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 1-6; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicsRequest {
    /// Versions 6.
    pub topics: Vec<DeleteTopicState>,
    /// Versions 1-5; ignorable.
    pub topic_names: Vec<String>,
    /// Versions 1-6.
    pub timeout_ms: i32,
}

impl Element for DeleteTopicsRequest {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 6 {
            w.array(&self.topics, version);
        } else if !self.topics.is_empty() {
            w.unsupported("DeleteTopicsRequest.topics", version);
        }
        if version <= 5 {
            w.array(&self.topic_names, version);
        }
        w.i32(self.timeout_ms);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            topics: if version >= 6 { r.array(version)? } else { Vec::new() },
            topic_names: if version <= 5 { r.array(version)? } else { Vec::new() },
            timeout_ms: r.i32()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DeleteTopicsRequest {
    const NAME: &'static str = "DeleteTopicsRequest";
    const VERSIONS: RangeInclusive<i16> = 1..=6;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 24;
}

impl Request for DeleteTopicsRequest {
    const KEY: ApiKey = ApiKey::DELETE_TOPICS;
    const LATEST_STABLE: i16 = 6;
    type Response = DeleteTopicsResponse;
}

/// Part of [`DeleteTopicsRequest`], versions 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicState {
    /// Versions 6; nullable in 6; default null.
    pub name: Option<String>,
    /// Versions 6.
    pub topic_id: Uuid,
}

impl Element for DeleteTopicState {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.nullable_string(self.name.as_deref());
        w.uuid(self.topic_id);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.nullable_string()?, topic_id: r.uuid()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 1-6; flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicsResponse {
    /// Versions 1-6; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 1-6.
    pub responses: Vec<DeletableTopicResult>,
}

impl Element for DeleteTopicsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.responses, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, responses: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DeleteTopicsResponse {
    const NAME: &'static str = "DeleteTopicsResponse";
    const VERSIONS: RangeInclusive<i16> = 1..=6;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 18;
}

impl Response for DeleteTopicsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DeleteTopicsResponse`], versions 1-6.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletableTopicResult {
    /// Versions 1-6; nullable in 6.
    pub name: Option<String>,
    /// Versions 6; ignorable.
    pub topic_id: Uuid,
    /// Versions 1-6.
    pub error_code: ErrorCode,
    /// Versions 5-6; nullable in 5-6; ignorable; default null.
    pub error_message: Option<String>,
}

impl Default for DeletableTopicResult {
    fn default() -> Self {
        Self {
            name: Some(String::new()),
            topic_id: Uuid::ZERO,
            error_code: ErrorCode::NONE,
            error_message: None,
        }
    }
}

impl Element for DeletableTopicResult {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        if self.name.is_none() && version < 6 {
            w.null("DeletableTopicResult.name", version);
        }
        w.nullable_string(self.name.as_deref());
        if version >= 6 {
            w.uuid(self.topic_id);
        }
        w.error_code(self.error_code);
        if version >= 5 {
            w.nullable_string(self.error_message.as_deref());
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: if version >= 6 { r.nullable_string()? } else { Some(r.string()?) },
            topic_id: if version >= 6 { r.uuid()? } else { Uuid::ZERO },
            error_code: r.error_code()?,
            error_message: if version >= 5 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
