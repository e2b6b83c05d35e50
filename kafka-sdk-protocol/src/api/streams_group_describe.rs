//! StreamsGroupDescribe (API key 89).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeRequest {
    /// Versions 0-1.
    pub group_ids: Vec<String>,
    /// Versions 0-1.
    pub include_authorized_operations: bool,
    /// Versions 1.
    pub include_topology_description: bool,
}

impl Element for StreamsGroupDescribeRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.group_ids, version);
        w.bool(self.include_authorized_operations);
        if version >= 1 {
            w.bool(self.include_topology_description);
        } else if self.include_topology_description {
            w.unsupported("StreamsGroupDescribeRequest.include_topology_description", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_ids: r.array(version)?,
            include_authorized_operations: r.bool()?,
            include_topology_description: if version >= 1 { r.bool()? } else { false },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for StreamsGroupDescribeRequest {
    const NAME: &'static str = "StreamsGroupDescribeRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Request for StreamsGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::STREAMS_GROUP_DESCRIBE;
    const LATEST_STABLE: i16 = 1;
    type Response = StreamsGroupDescribeResponse;
}

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponse {
    /// Versions 0-1.
    pub throttle_time_ms: i32,
    /// Versions 0-1.
    pub groups: Vec<DescribedGroup>,
}

impl Element for StreamsGroupDescribeResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.groups, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, groups: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for StreamsGroupDescribeResponse {
    const NAME: &'static str = "StreamsGroupDescribeResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Response for StreamsGroupDescribeResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1; nullable in 0-1; default null.
    pub error_message: Option<String>,
    /// Versions 0-1.
    pub group_id: String,
    /// Versions 0-1.
    pub group_state: String,
    /// Versions 0-1.
    pub group_epoch: i32,
    /// Versions 0-1.
    pub assignment_epoch: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub topology: Option<Topology>,
    /// Versions 0-1.
    pub members: Vec<Member>,
    /// Versions 0-1; default -2147483648.
    pub authorized_operations: i32,
    /// Versions 1; nullable in 1; default null.
    pub topology_description: Option<TopologyDescription>,
    /// Versions 1.
    pub topology_description_status: i8,
    /// Versions 1; nullable in 1; ignorable; default null.
    pub assignor_name: Option<String>,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: ErrorCode::NONE,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            group_epoch: 0,
            assignment_epoch: 0,
            topology: None,
            members: Vec::new(),
            authorized_operations: i32::MIN,
            topology_description: None,
            topology_description_status: 0,
            assignor_name: None,
        }
    }
}

impl Element for DescribedGroup {
    const MIN_SIZE: usize = 20;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.string(&self.group_id);
        w.string(&self.group_state);
        w.i32(self.group_epoch);
        w.i32(self.assignment_epoch);
        w.nullable_struct(self.topology.as_ref(), version);
        w.array(&self.members, version);
        w.i32(self.authorized_operations);
        if version >= 1 {
            w.nullable_struct(self.topology_description.as_ref(), version);
        } else if self.topology_description.is_some() {
            w.unsupported("DescribedGroup.topology_description", version);
        }
        if version >= 1 {
            w.i8(self.topology_description_status);
        } else if self.topology_description_status != 0 {
            w.unsupported("DescribedGroup.topology_description_status", version);
        }
        if version >= 1 {
            w.nullable_string(self.assignor_name.as_deref());
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
            group_id: r.string()?,
            group_state: r.string()?,
            group_epoch: r.i32()?,
            assignment_epoch: r.i32()?,
            topology: r.nullable_struct(version)?,
            members: r.array(version)?,
            authorized_operations: r.i32()?,
            topology_description: if version >= 1 { r.nullable_struct(version)? } else { None },
            topology_description_status: if version >= 1 { r.i8()? } else { 0 },
            assignor_name: if version >= 1 { r.nullable_string()? } else { None },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Versions 0-1.
    pub epoch: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub subtopologies: Option<Vec<Subtopology>>,
}

impl Element for Topology {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.epoch);
        w.nullable_array(self.subtopologies.as_deref(), version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { epoch: r.i32()?, subtopologies: r.nullable_array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subtopology {
    /// Versions 0-1.
    pub subtopology_id: String,
    /// Versions 0-1.
    pub source_topics: Vec<String>,
    /// Versions 0-1.
    pub repartition_sink_topics: Vec<String>,
    /// Versions 0-1.
    pub state_changelog_topics: Vec<TopicInfo>,
    /// Versions 0-1.
    pub repartition_source_topics: Vec<TopicInfo>,
}

impl Element for Subtopology {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.subtopology_id);
        w.array(&self.source_topics, version);
        w.array(&self.repartition_sink_topics, version);
        w.array(&self.state_changelog_topics, version);
        w.array(&self.repartition_source_topics, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            subtopology_id: r.string()?,
            source_topics: r.array(version)?,
            repartition_sink_topics: r.array(version)?,
            state_changelog_topics: r.array(version)?,
            repartition_source_topics: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// Versions 0-1.
    pub member_id: String,
    /// Versions 0-1.
    pub member_epoch: i32,
    /// Versions 0-1; nullable in 0-1; default null.
    pub instance_id: Option<String>,
    /// Versions 0-1; nullable in 0-1; default null.
    pub rack_id: Option<String>,
    /// Versions 0-1.
    pub client_id: String,
    /// Versions 0-1.
    pub client_host: String,
    /// Versions 0-1.
    pub topology_epoch: i32,
    /// Versions 0-1.
    pub process_id: String,
    /// Versions 0-1; nullable in 0-1; default null.
    pub user_endpoint: Option<Endpoint>,
    /// Versions 0-1.
    pub client_tags: Vec<KeyValue>,
    /// Versions 0-1.
    pub task_offsets: Vec<TaskOffset>,
    /// Versions 0-1.
    pub task_end_offsets: Vec<TaskOffset>,
    /// Versions 0-1.
    pub assignment: Assignment,
    /// Versions 0-1.
    pub target_assignment: Assignment,
    /// Versions 0-1.
    pub is_classic: bool,
}

impl Element for Member {
    const MIN_SIZE: usize = 28;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.member_id);
        w.i32(self.member_epoch);
        w.nullable_string(self.instance_id.as_deref());
        w.nullable_string(self.rack_id.as_deref());
        w.string(&self.client_id);
        w.string(&self.client_host);
        w.i32(self.topology_epoch);
        w.string(&self.process_id);
        w.nullable_struct(self.user_endpoint.as_ref(), version);
        w.array(&self.client_tags, version);
        w.array(&self.task_offsets, version);
        w.array(&self.task_end_offsets, version);
        self.assignment.write(w, version);
        self.target_assignment.write(w, version);
        w.bool(self.is_classic);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: r.string()?,
            member_epoch: r.i32()?,
            instance_id: r.nullable_string()?,
            rack_id: r.nullable_string()?,
            client_id: r.string()?,
            client_host: r.string()?,
            topology_epoch: r.i32()?,
            process_id: r.string()?,
            user_endpoint: r.nullable_struct(version)?,
            client_tags: r.array(version)?,
            task_offsets: r.array(version)?,
            task_end_offsets: r.array(version)?,
            assignment: Assignment::read(r, version)?,
            target_assignment: Assignment::read(r, version)?,
            is_classic: r.bool()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// Versions 0-1.
    pub host: String,
    /// Versions 0-1.
    pub port: u16,
}

impl Element for Endpoint {
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

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
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

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Versions 0-1.
    pub active_tasks: Vec<TaskIds>,
    /// Versions 0-1.
    pub standby_tasks: Vec<TaskIds>,
    /// Versions 0-1.
    pub warmup_tasks: Vec<TaskIds>,
}

impl Element for Assignment {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.active_tasks, version);
        w.array(&self.standby_tasks, version);
        w.array(&self.warmup_tasks, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            active_tasks: r.array(version)?,
            standby_tasks: r.array(version)?,
            warmup_tasks: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskIds {
    /// Versions 0-1.
    pub subtopology_id: String,
    /// Versions 0-1.
    pub partitions: Vec<i32>,
}

impl Element for TaskIds {
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

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
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

/// Part of [`StreamsGroupDescribeResponse`], versions 0-1.
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

/// Part of [`StreamsGroupDescribeResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescription {
    /// Versions 1.
    pub subtopologies: Vec<TopologyDescriptionSubtopology>,
    /// Versions 1.
    pub global_stores: Vec<TopologyDescriptionGlobalStore>,
}

impl Element for TopologyDescription {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.subtopologies, version);
        w.array(&self.global_stores, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { subtopologies: r.array(version)?, global_stores: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescriptionSubtopology {
    /// Versions 1.
    pub subtopology_id: String,
    /// Versions 1.
    pub nodes: Vec<TopologyDescriptionNode>,
}

impl Element for TopologyDescriptionSubtopology {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.subtopology_id);
        w.array(&self.nodes, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { subtopology_id: r.string()?, nodes: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescriptionNode {
    /// Versions 1.
    pub name: String,
    /// Versions 1.
    pub node_type: i8,
    /// Versions 1.
    pub source_topics: Vec<String>,
    /// Versions 1; nullable in 1; default null.
    pub sink_topic: Option<String>,
    /// Versions 1.
    pub stores: Vec<String>,
    /// Versions 1.
    pub successors: Vec<String>,
}

impl Element for TopologyDescriptionNode {
    const MIN_SIZE: usize = 7;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.name);
        w.i8(self.node_type);
        w.array(&self.source_topics, version);
        w.nullable_string(self.sink_topic.as_deref());
        w.array(&self.stores, version);
        w.array(&self.successors, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: r.string()?,
            node_type: r.i8()?,
            source_topics: r.array(version)?,
            sink_topic: r.nullable_string()?,
            stores: r.array(version)?,
            successors: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`StreamsGroupDescribeResponse`], versions 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescriptionGlobalStore {
    /// Versions 1.
    pub source: TopologyDescriptionNode,
    /// Versions 1.
    pub processor: TopologyDescriptionNode,
}

impl Element for TopologyDescriptionGlobalStore {
    const MIN_SIZE: usize = 15;

    fn write(&self, w: &mut Writer, version: i16) {
        self.source.write(w, version);
        self.processor.write(w, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            source: TopologyDescriptionNode::read(r, version)?,
            processor: TopologyDescriptionNode::read(r, version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
