//! DescribeCluster (API key 60).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterRequest {
    /// Versions 0-2.
    pub include_cluster_authorized_operations: bool,
    /// Versions 1-2; default 1.
    pub endpoint_type: i8,
    /// Versions 2.
    pub include_fenced_brokers: bool,
}

impl Default for DescribeClusterRequest {
    fn default() -> Self {
        Self { include_cluster_authorized_operations: false, endpoint_type: 1, include_fenced_brokers: false }
    }
}

impl Element for DescribeClusterRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, version: i16) {
        w.bool(self.include_cluster_authorized_operations);
        if version >= 1 {
            w.i8(self.endpoint_type);
        } else if self.endpoint_type != 1 {
            w.unsupported("DescribeClusterRequest.endpoint_type", version);
        }
        if version >= 2 {
            w.bool(self.include_fenced_brokers);
        } else if self.include_fenced_brokers {
            w.unsupported("DescribeClusterRequest.include_fenced_brokers", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            include_cluster_authorized_operations: r.bool()?,
            endpoint_type: if version >= 1 { r.i8()? } else { 1 },
            include_fenced_brokers: if version >= 2 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeClusterRequest {
    const NAME: &'static str = "DescribeClusterRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Request for DescribeClusterRequest {
    const KEY: ApiKey = ApiKey::DESCRIBE_CLUSTER;
    const LATEST_STABLE: i16 = 2;
    type Response = DescribeClusterResponse;
}

/// Versions 0-2; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterResponse {
    /// Versions 0-2.
    pub throttle_time_ms: i32,
    /// Versions 0-2.
    pub error_code: ErrorCode,
    /// Versions 0-2; nullable in 0-2; default null.
    pub error_message: Option<String>,
    /// Versions 1-2; default 1.
    pub endpoint_type: i8,
    /// Versions 0-2.
    pub cluster_id: String,
    /// Versions 0-2; default -1.
    pub controller_id: i32,
    /// Versions 0-2.
    pub brokers: Vec<DescribeClusterBroker>,
    /// Versions 0-2; default -2147483648.
    pub cluster_authorized_operations: i32,
}

impl Default for DescribeClusterResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: None,
            endpoint_type: 1,
            cluster_id: String::new(),
            controller_id: -1,
            brokers: Vec::new(),
            cluster_authorized_operations: i32::MIN,
        }
    }
}

impl Element for DescribeClusterResponse {
    const MIN_SIZE: usize = 18;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        if version >= 1 {
            w.i8(self.endpoint_type);
        } else if self.endpoint_type != 1 {
            w.unsupported("DescribeClusterResponse.endpoint_type", version);
        }
        w.string(&self.cluster_id);
        w.i32(self.controller_id);
        w.array(&self.brokers, version);
        w.i32(self.cluster_authorized_operations);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            endpoint_type: if version >= 1 { r.i8()? } else { 1 },
            cluster_id: r.string()?,
            controller_id: r.i32()?,
            brokers: r.array(version)?,
            cluster_authorized_operations: r.i32()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DescribeClusterResponse {
    const NAME: &'static str = "DescribeClusterResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=2;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 6;
}

impl Response for DescribeClusterResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`DescribeClusterResponse`], versions 0-2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeClusterBroker {
    /// Versions 0-2.
    pub broker_id: i32,
    /// Versions 0-2.
    pub host: String,
    /// Versions 0-2.
    pub port: i32,
    /// Versions 0-2; nullable in 0-2; default null.
    pub rack: Option<String>,
    /// Versions 2.
    pub is_fenced: bool,
}

impl Element for DescribeClusterBroker {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.broker_id);
        w.string(&self.host);
        w.i32(self.port);
        w.nullable_string(self.rack.as_deref());
        if version >= 2 {
            w.bool(self.is_fenced);
        } else if self.is_fenced {
            w.unsupported("DescribeClusterBroker.is_fenced", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            broker_id: r.i32()?,
            host: r.string()?,
            port: r.i32()?,
            rack: r.nullable_string()?,
            is_fenced: if version >= 2 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
