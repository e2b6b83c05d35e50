//! Metadata (API key 3).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-13; flexible from 9.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequest {
    /// Versions 0-13; nullable in 1-13.
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Versions 4-13; default true.
    pub allow_auto_topic_creation: bool,
    /// Versions 8-10.
    pub include_cluster_authorized_operations: bool,
    /// Versions 8-13.
    pub include_topic_authorized_operations: bool,
}

impl Default for MetadataRequest {
    fn default() -> Self {
        Self {
            topics: Some(Vec::new()),
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
        }
    }
}

impl Element for MetadataRequest {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        if self.topics.is_none() && version < 1 {
            w.null("MetadataRequest.topics", version);
        }
        w.nullable_array(self.topics.as_deref(), version);
        if version >= 4 {
            w.bool(self.allow_auto_topic_creation);
        } else if !self.allow_auto_topic_creation {
            w.unsupported("MetadataRequest.allow_auto_topic_creation", version);
        }
        if (8..=10).contains(&version) {
            w.bool(self.include_cluster_authorized_operations);
        } else if self.include_cluster_authorized_operations {
            w.unsupported("MetadataRequest.include_cluster_authorized_operations", version);
        }
        if version >= 8 {
            w.bool(self.include_topic_authorized_operations);
        } else if self.include_topic_authorized_operations {
            w.unsupported("MetadataRequest.include_topic_authorized_operations", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            topics: if version >= 1 { r.nullable_array(version)? } else { Some(r.array(version)?) },
            allow_auto_topic_creation: if version >= 4 { r.bool()? } else { true },
            include_cluster_authorized_operations: if (8..=10).contains(&version) {
                r.bool()?
            } else {
                false
            },
            include_topic_authorized_operations: if version >= 8 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for MetadataRequest {
    const NAME: &'static str = "MetadataRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=13;
    const FIRST_FLEXIBLE: i16 = 9;
    const EXPANSION: usize = 20;
}

impl Request for MetadataRequest {
    const KEY: ApiKey = ApiKey::METADATA;
    const LATEST_STABLE: i16 = 13;
    type Response = MetadataResponse;
}

/// Part of [`MetadataRequest`], versions 0-13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    /// Versions 10-13; ignorable.
    pub topic_id: Uuid,
    /// Versions 0-13; nullable in 10-13.
    pub name: Option<String>,
}

impl Default for MetadataRequestTopic {
    fn default() -> Self {
        Self { topic_id: Uuid::ZERO, name: Some(String::new()) }
    }
}

impl Element for MetadataRequestTopic {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 10 {
            w.uuid(self.topic_id);
        }
        if self.name.is_none() && version < 10 {
            w.null("MetadataRequestTopic.name", version);
        }
        w.nullable_string(self.name.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            topic_id: if version >= 10 { r.uuid()? } else { Uuid::ZERO },
            name: if version >= 10 { r.nullable_string()? } else { Some(r.string()?) },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-13; flexible from 9.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponse {
    /// Versions 3-13; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 0-13.
    pub brokers: Vec<MetadataResponseBroker>,
    /// Versions 2-13; nullable in 2-13; ignorable; default null.
    pub cluster_id: Option<String>,
    /// Versions 1-13; ignorable; default -1.
    pub controller_id: i32,
    /// Versions 0-13.
    pub topics: Vec<MetadataResponseTopic>,
    /// Versions 8-10; default -2147483648.
    pub cluster_authorized_operations: i32,
    /// Versions 13; ignorable.
    pub error_code: ErrorCode,
}

impl Default for MetadataResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            brokers: Vec::new(),
            cluster_id: None,
            controller_id: -1,
            topics: Vec::new(),
            cluster_authorized_operations: i32::MIN,
            error_code: ErrorCode::NONE,
        }
    }
}

impl Element for MetadataResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        if version >= 3 {
            w.i32(self.throttle_time_ms);
        }
        w.array(&self.brokers, version);
        if version >= 2 {
            w.nullable_string(self.cluster_id.as_deref());
        }
        if version >= 1 {
            w.i32(self.controller_id);
        }
        w.array(&self.topics, version);
        if (8..=10).contains(&version) {
            w.i32(self.cluster_authorized_operations);
        } else if self.cluster_authorized_operations != i32::MIN {
            w.unsupported("MetadataResponse.cluster_authorized_operations", version);
        }
        if version >= 13 {
            w.error_code(self.error_code);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: if version >= 3 { r.i32()? } else { 0 },
            brokers: r.array(version)?,
            cluster_id: if version >= 2 { r.nullable_string()? } else { None },
            controller_id: if version >= 1 { r.i32()? } else { -1 },
            topics: r.array(version)?,
            cluster_authorized_operations: if (8..=10).contains(&version) { r.i32()? } else { i32::MIN },
            error_code: if version >= 13 { r.error_code()? } else { ErrorCode::NONE },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for MetadataResponse {
    const NAME: &'static str = "MetadataResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=13;
    const FIRST_FLEXIBLE: i16 = 9;
    const EXPANSION: usize = 9;
}

impl Response for MetadataResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`MetadataResponse`], versions 0-13.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataResponseBroker {
    /// Versions 0-13.
    pub node_id: i32,
    /// Versions 0-13.
    pub host: String,
    /// Versions 0-13.
    pub port: i32,
    /// Versions 1-13; nullable in 1-13; ignorable; default null.
    pub rack: Option<String>,
}

impl Element for MetadataResponseBroker {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.node_id);
        w.string(&self.host);
        w.i32(self.port);
        if version >= 1 {
            w.nullable_string(self.rack.as_deref());
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            node_id: r.i32()?,
            host: r.string()?,
            port: r.i32()?,
            rack: if version >= 1 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`MetadataResponse`], versions 0-13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    /// Versions 0-13.
    pub error_code: ErrorCode,
    /// Versions 0-13; nullable in 12-13.
    pub name: Option<String>,
    /// Versions 10-13; ignorable.
    pub topic_id: Uuid,
    /// Versions 1-13; ignorable.
    pub is_internal: bool,
    /// Versions 0-13.
    pub partitions: Vec<MetadataResponsePartition>,
    /// Versions 8-13; default -2147483648.
    pub topic_authorized_operations: i32,
}

impl Default for MetadataResponseTopic {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            name: Some(String::new()),
            topic_id: Uuid::ZERO,
            is_internal: false,
            partitions: Vec::new(),
            topic_authorized_operations: i32::MIN,
        }
    }
}

impl Element for MetadataResponseTopic {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        if self.name.is_none() && version < 12 {
            w.null("MetadataResponseTopic.name", version);
        }
        w.nullable_string(self.name.as_deref());
        if version >= 10 {
            w.uuid(self.topic_id);
        }
        if version >= 1 {
            w.bool(self.is_internal);
        }
        w.array(&self.partitions, version);
        if version >= 8 {
            w.i32(self.topic_authorized_operations);
        } else if self.topic_authorized_operations != i32::MIN {
            w.unsupported("MetadataResponseTopic.topic_authorized_operations", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            name: if version >= 12 { r.nullable_string()? } else { Some(r.string()?) },
            topic_id: if version >= 10 { r.uuid()? } else { Uuid::ZERO },
            is_internal: if version >= 1 { r.bool()? } else { false },
            partitions: r.array(version)?,
            topic_authorized_operations: if version >= 8 { r.i32()? } else { i32::MIN },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`MetadataResponse`], versions 0-13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    /// Versions 0-13.
    pub error_code: ErrorCode,
    /// Versions 0-13.
    pub partition_index: i32,
    /// Versions 0-13.
    pub leader_id: i32,
    /// Versions 7-13; ignorable; default -1.
    pub leader_epoch: i32,
    /// Versions 0-13.
    pub replica_nodes: Vec<i32>,
    /// Versions 0-13.
    pub isr_nodes: Vec<i32>,
    /// Versions 5-13; ignorable.
    pub offline_replicas: Vec<i32>,
}

impl Default for MetadataResponsePartition {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            offline_replicas: Vec::new(),
        }
    }
}

impl Element for MetadataResponsePartition {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.i32(self.partition_index);
        w.i32(self.leader_id);
        if version >= 7 {
            w.i32(self.leader_epoch);
        }
        w.array(&self.replica_nodes, version);
        w.array(&self.isr_nodes, version);
        if version >= 5 {
            w.array(&self.offline_replicas, version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            partition_index: r.i32()?,
            leader_id: r.i32()?,
            leader_epoch: if version >= 7 { r.i32()? } else { -1 },
            replica_nodes: r.array(version)?,
            isr_nodes: r.array(version)?,
            offline_replicas: if version >= 5 { r.array(version)? } else { Vec::new() },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
