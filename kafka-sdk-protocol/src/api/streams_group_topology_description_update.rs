//! StreamsGroupTopologyDescriptionUpdate (API key 93).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTopologyDescriptionUpdateRequest {
    /// Versions 0.
    pub group_id: String,
    /// Versions 0.
    pub member_id: String,
    /// Versions 0.
    pub topology_epoch: i32,
    /// Versions 0.
    pub topology_description: TopologyDescription,
}

impl Element for StreamsGroupTopologyDescriptionUpdateRequest {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.group_id);
        w.string(&self.member_id);
        w.i32(self.topology_epoch);
        self.topology_description.write(w, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: r.string()?,
            member_id: r.string()?,
            topology_epoch: r.i32()?,
            topology_description: TopologyDescription::read(r, version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for StreamsGroupTopologyDescriptionUpdateRequest {
    const NAME: &'static str = "StreamsGroupTopologyDescriptionUpdateRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 24;
}

impl Request for StreamsGroupTopologyDescriptionUpdateRequest {
    const KEY: ApiKey = ApiKey::STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE;
    const LATEST_STABLE: i16 = 0;
    type Response = StreamsGroupTopologyDescriptionUpdateResponse;
}

/// Part of [`StreamsGroupTopologyDescriptionUpdateRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescription {
    /// Versions 0.
    pub subtopologies: Vec<TopologyDescriptionSubtopology>,
    /// Versions 0.
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

/// Part of [`StreamsGroupTopologyDescriptionUpdateRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescriptionSubtopology {
    /// Versions 0.
    pub subtopology_id: String,
    /// Versions 0.
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

/// Part of [`StreamsGroupTopologyDescriptionUpdateRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescriptionNode {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub node_type: i8,
    /// Versions 0.
    pub source_topics: Vec<String>,
    /// Versions 0; nullable in 0; default null.
    pub sink_topic: Option<String>,
    /// Versions 0.
    pub stores: Vec<String>,
    /// Versions 0.
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

/// Part of [`StreamsGroupTopologyDescriptionUpdateRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopologyDescriptionGlobalStore {
    /// Versions 0.
    pub source: TopologyDescriptionNode,
    /// Versions 0.
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

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTopologyDescriptionUpdateResponse {
    /// Versions 0.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0; default null.
    pub error_message: Option<String>,
}

impl Element for StreamsGroupTopologyDescriptionUpdateResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.throttle_time_ms);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.error_code()?,
            error_message: r.nullable_string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for StreamsGroupTopologyDescriptionUpdateResponse {
    const NAME: &'static str = "StreamsGroupTopologyDescriptionUpdateResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}

impl Response for StreamsGroupTopologyDescriptionUpdateResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}
