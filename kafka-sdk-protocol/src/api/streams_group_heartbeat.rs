//! StreamsGroupHeartbeat (API key 88).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatRequest {
    /// Versions 0-1.
    pub group_id: String,
    /// Versions 0-1.
    pub member_id: String,
    /// Versions 0-1.
    pub member_epoch: i32,
    /// Versions 0-1.
    pub endpoint_information_epoch: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub instance_id: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub rack_id: Option<String>,
    /// Versions 0-1; default -1.
    pub rebalance_timeout_ms: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub topology: Option<Topology>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub active_tasks: Option<Vec<RequestTaskIds>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub standby_tasks: Option<Vec<RequestTaskIds>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub warmup_tasks: Option<Vec<RequestTaskIds>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub process_id: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub user_endpoint: Option<RequestEndpoint>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub client_tags: Option<Vec<KeyValue>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub task_offsets: Option<Vec<TaskOffset>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    /// Versions 0-1.
    pub shutdown_application: bool,
}

impl Default for StreamsGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            member_id: String::new(),
            member_epoch: 0,
            endpoint_information_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            topology: None,
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            process_id: None,
            user_endpoint: None,
            client_tags: None,
            task_offsets: None,
            task_end_offsets: None,
            shutdown_application: false,
        }
    }
}

impl Element for StreamsGroupHeartbeatRequest {
    const MIN_SIZE: usize = 27;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.string(&self.member_id);
        w.i32(self.member_epoch);
        w.i32(self.endpoint_information_epoch);
        w.nullable_string(self.instance_id.as_deref());
        w.nullable_string(self.rack_id.as_deref());
        w.i32(self.rebalance_timeout_ms);
        w.nullable_struct(self.topology.as_ref(), version);
        w.nullable_array(self.active_tasks.as_deref(), version);
        w.nullable_array(self.standby_tasks.as_deref(), version);
        w.nullable_array(self.warmup_tasks.as_deref(), version);
        w.nullable_string(self.process_id.as_deref());
        w.nullable_struct(self.user_endpoint.as_ref(), version);
        w.nullable_array(self.client_tags.as_deref(), version);
        w.nullable_array(self.task_offsets.as_deref(), version);
        w.nullable_array(self.task_end_offsets.as_deref(), version);
        w.bool(self.shutdown_application);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            member_id: r.string()?,
            member_epoch: r.i32()?,
            endpoint_information_epoch: r.i32()?,
            instance_id: r.nullable_string()?,
            rack_id: r.nullable_string()?,
            rebalance_timeout_ms: r.i32()?,
            topology: r.nullable_struct(version)?,
            active_tasks: r.nullable_array(version)?,
            standby_tasks: r.nullable_array(version)?,
            warmup_tasks: r.nullable_array(version)?,
            process_id: r.nullable_string()?,
            user_endpoint: r.nullable_struct(version)?,
            client_tags: r.nullable_array(version)?,
            task_offsets: r.nullable_array(version)?,
            task_end_offsets: r.nullable_array(version)?,
            shutdown_application: r.bool()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for StreamsGroupHeartbeatRequest {
    const NAME: &'static str = "StreamsGroupHeartbeatRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Request for StreamsGroupHeartbeatRequest {
    const KEY: ApiKey = ApiKey::STREAMS_GROUP_HEARTBEAT;
    const LATEST_STABLE: i16 = 1;
    type Response = StreamsGroupHeartbeatResponse;
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Versions 0-1.
    pub epoch: i32,
    /// Versions 0-1.
    pub subtopologies: Vec<Subtopology>,
}

impl Element for Topology {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.epoch);
        w.array(&self.subtopologies, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { epoch: r.i32()?, subtopologies: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subtopology {
    /// Versions 0-1.
    pub subtopology_id: String,
    /// Versions 0-1.
    pub source_topics: Vec<String>,
    /// Versions 0-1.
    pub source_topic_regex: Vec<String>,
    /// Versions 0-1.
    pub state_changelog_topics: Vec<TopicInfo>,
    /// Versions 0-1.
    pub repartition_sink_topics: Vec<String>,
    /// Versions 0-1.
    pub repartition_source_topics: Vec<TopicInfo>,
    /// Versions 0-1.
    pub copartition_groups: Vec<CopartitionGroup>,
}

impl Element for Subtopology {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.subtopology_id);
        w.array(&self.source_topics, version);
        w.array(&self.source_topic_regex, version);
        w.array(&self.state_changelog_topics, version);
        w.array(&self.repartition_sink_topics, version);
        w.array(&self.repartition_source_topics, version);
        w.array(&self.copartition_groups, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            subtopology_id: r.string()?,
            source_topics: r.array(version)?,
            source_topic_regex: r.array(version)?,
            state_changelog_topics: r.array(version)?,
            repartition_sink_topics: r.array(version)?,
            repartition_source_topics: r.array(version)?,
            copartition_groups: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopartitionGroup {
    /// Versions 0-1.
    pub source_topics: Vec<i16>,
    /// Versions 0-1.
    pub source_topic_regex: Vec<i16>,
    /// Versions 0-1.
    pub repartition_source_topics: Vec<i16>,
}

impl Element for CopartitionGroup {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.source_topics, version);
        w.array(&self.source_topic_regex, version);
        w.array(&self.repartition_source_topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            source_topics: r.array(version)?,
            source_topic_regex: r.array(version)?,
            repartition_source_topics: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyValue {
    /// Versions 0-1.
    pub key: String,
    /// Versions 0-1.
    pub value: String,
}

impl Element for KeyValue {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.key);
        w.string(&self.value);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { key: r.string()?, value: r.string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicInfo {
    /// Versions 0-1.
    pub name: String,
    /// Versions 0-1.
    pub partitions: i32,
    /// Versions 0-1.
    pub replication_factor: i16,
    /// Versions 0-1.
    pub topic_configs: Vec<KeyValue>,
}

impl Element for TopicInfo {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.i32(self.partitions);
        w.i16(self.replication_factor);
        w.array(&self.topic_configs, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: r.string()?,
            partitions: r.i32()?,
            replication_factor: r.i16()?,
            topic_configs: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestEndpoint {
    /// Versions 0-1.
    pub host: String,
    /// Versions 0-1.
    pub port: u16,
}

impl Element for RequestEndpoint {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.host);
        w.u16(self.port);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { host: r.string()?, port: r.u16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskOffset {
    /// Versions 0-1.
    pub subtopology_id: String,
    /// Versions 0-1.
    pub partition: i32,
    /// Versions 0-1.
    pub offset: i64,
}

impl Element for TaskOffset {
    const MIN_SIZE: usize = 14;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.subtopology_id);
        w.i32(self.partition);
        w.i64(self.offset);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { subtopology_id: r.string()?, partition: r.i32()?, offset: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTaskIds {
    /// Versions 0-1.
    pub subtopology_id: String,
    /// Versions 0-1.
    pub partitions: Vec<i32>,
}

impl Element for RequestTaskIds {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.subtopology_id);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { subtopology_id: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1; default null.
    pub error_message: Option<String>,
    /// Versions 0-1.
    pub member_id: String,
    /// Versions 0-1.
    pub member_epoch: i32,
    /// Versions 0-1.
    pub heartbeat_interval_ms: i32,
    /// Versions 0.
    pub acceptable_recovery_lag_legacy: i32,
    /// Versions 0-1.
    pub task_offset_interval_ms: i32,
    /// Versions 1; ignorable; default -1.
    pub acceptable_recovery_lag: i64,
    /// Versions 0-1; nullable in 0-1.
    pub status: Option<Vec<Status>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub active_tasks: Option<Vec<ResponseTaskIds>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub standby_tasks: Option<Vec<ResponseTaskIds>>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub warmup_tasks: Option<Vec<ResponseTaskIds>>,
    /// Versions 1.
    pub topology_description_required: bool,
    /// Versions 0-1.
    pub endpoint_information_epoch: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
}

impl Default for StreamsGroupHeartbeatResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: ErrorCode::NONE,
            error_message: None,
            member_id: String::new(),
            member_epoch: 0,
            heartbeat_interval_ms: 0,
            acceptable_recovery_lag_legacy: 0,
            task_offset_interval_ms: 0,
            acceptable_recovery_lag: -1,
            status: Some(Vec::new()),
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            topology_description_required: false,
            endpoint_information_epoch: 0,
            partitions_by_user_endpoint: None,
        }
    }
}

impl Element for StreamsGroupHeartbeatResponse {
    const MIN_SIZE: usize = 34;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.string(&self.member_id);
        w.i32(self.member_epoch);
        w.i32(self.heartbeat_interval_ms);
        if version <= 0 {
            w.i32(self.acceptable_recovery_lag_legacy);
        } else if self.acceptable_recovery_lag_legacy != 0 {
            w.unsupported("StreamsGroupHeartbeatResponse.acceptable_recovery_lag_legacy", version);
        }
        w.i32(self.task_offset_interval_ms);
        if version >= 1 {
            w.i64(self.acceptable_recovery_lag);
        }
        w.nullable_array(self.status.as_deref(), version);
        w.nullable_array(self.active_tasks.as_deref(), version);
        w.nullable_array(self.standby_tasks.as_deref(), version);
        w.nullable_array(self.warmup_tasks.as_deref(), version);
        if version >= 1 {
            w.bool(self.topology_description_required);
        } else if self.topology_description_required {
            w.unsupported("StreamsGroupHeartbeatResponse.topology_description_required", version);
        }
        w.i32(self.endpoint_information_epoch);
        w.nullable_array(self.partitions_by_user_endpoint.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            member_id: r.string()?,
            member_epoch: r.i32()?,
            heartbeat_interval_ms: r.i32()?,
            acceptable_recovery_lag_legacy: if version <= 0 { r.i32()? } else { 0 },
            task_offset_interval_ms: r.i32()?,
            acceptable_recovery_lag: if version >= 1 { r.i64()? } else { -1 },
            status: r.nullable_array(version)?,
            active_tasks: r.nullable_array(version)?,
            standby_tasks: r.nullable_array(version)?,
            warmup_tasks: r.nullable_array(version)?,
            topology_description_required: if version >= 1 { r.bool()? } else { false },
            endpoint_information_epoch: r.i32()?,
            partitions_by_user_endpoint: r.nullable_array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for StreamsGroupHeartbeatResponse {
    const NAME: &'static str = "StreamsGroupHeartbeatResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 16;
}

impl Response for StreamsGroupHeartbeatResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointToPartitions {
    /// Versions 0-1.
    pub user_endpoint: ResponseEndpoint,
    /// Versions 0-1.
    pub active_partitions: Vec<TopicPartition>,
    /// Versions 0-1.
    pub standby_partitions: Vec<TopicPartition>,
}

impl Element for EndpointToPartitions {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        self.user_endpoint.write(w, version);
        w.array(&self.active_partitions, version);
        w.array(&self.standby_partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            user_endpoint: ResponseEndpoint::read(r, version)?,
            active_partitions: r.array(version)?,
            standby_partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Versions 0-1.
    pub status_code: i8,
    /// Versions 0-1.
    pub status_detail: String,
}

impl Element for Status {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i8(self.status_code);
        w.string(&self.status_detail);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { status_code: r.i8()?, status_detail: r.string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartition {
    /// Versions 0-1.
    pub topic: String,
    /// Versions 0-1.
    pub partitions: Vec<i32>,
}

impl Element for TopicPartition {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.topic);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { topic: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTaskIds {
    /// Versions 0-1.
    pub subtopology_id: String,
    /// Versions 0-1.
    pub partitions: Vec<i32>,
}

impl Element for ResponseTaskIds {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.subtopology_id);
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { subtopology_id: r.string()?, partitions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseEndpoint {
    /// Versions 0-1.
    pub host: String,
    /// Versions 0-1.
    pub port: u16,
}

impl Element for ResponseEndpoint {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.host);
        w.u16(self.port);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { host: r.string()?, port: r.u16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
