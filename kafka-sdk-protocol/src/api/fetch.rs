//! Fetch (API key 1).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Uuid, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 4-18; flexible from 12.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    /// Versions 12-18; nullable in 12-18; tag 0; ignorable; default null.
    pub cluster_id: Option<String>,
    /// Versions 4-14; default -1.
    pub replica_id: i32,
    /// Versions 15-18; tag 1.
    pub replica_state: ReplicaState,
    /// Versions 4-18.
    pub max_wait_ms: i32,
    /// Versions 4-18.
    pub min_bytes: i32,
    /// Versions 4-18; ignorable; default 2147483647.
    pub max_bytes: i32,
    /// Versions 4-18; ignorable.
    pub isolation_level: i8,
    /// Versions 7-18; ignorable.
    pub session_id: i32,
    /// Versions 7-18; ignorable; default -1.
    pub session_epoch: i32,
    /// Versions 4-18.
    pub topics: Vec<FetchTopic>,
    /// Versions 7-18.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Versions 11-18; ignorable.
    pub rack_id: String,
}

impl Default for FetchRequest {
    fn default() -> Self {
        Self {
            cluster_id: None,
            replica_id: -1,
            replica_state: Default::default(),
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: i32::MAX,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: Vec::new(),
            forgotten_topics_data: Vec::new(),
            rack_id: String::new(),
        }
    }
}

impl Element for FetchRequest {
    const MIN_SIZE: usize = 21;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 14 {
            w.i32(self.replica_id);
        } else if self.replica_id != -1 {
            w.unsupported("FetchRequest.replica_id", version);
        }
        w.i32(self.max_wait_ms);
        w.i32(self.min_bytes);
        w.i32(self.max_bytes);
        w.i8(self.isolation_level);
        if version >= 7 {
            w.i32(self.session_id);
        }
        if version >= 7 {
            w.i32(self.session_epoch);
        }
        w.array(&self.topics, version);
        if version >= 7 {
            w.array(&self.forgotten_topics_data, version);
        } else if !self.forgotten_topics_data.is_empty() {
            w.unsupported("FetchRequest.forgotten_topics_data", version);
        }
        if version >= 11 {
            w.string(&self.rack_id);
        }
        let has_cluster_id = version >= 12 && self.cluster_id.is_some();
        let has_replica_state = version >= 15 && self.replica_state != Default::default();
        if !has_replica_state && self.replica_state != Default::default() {
            w.unsupported("FetchRequest.replica_state", version);
        }
        w.tag_count(u32::from(has_cluster_id) + u32::from(has_replica_state));
        if has_cluster_id {
            w.tag(0, |w| {
                w.nullable_string(self.cluster_id.as_deref());
            });
        }
        if has_replica_state {
            w.tag(1, |w| {
                self.replica_state.write(w, version);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it = Self {
            cluster_id: None,
            replica_id: if version <= 14 { r.i32()? } else { -1 },
            replica_state: Default::default(),
            max_wait_ms: r.i32()?,
            min_bytes: r.i32()?,
            max_bytes: r.i32()?,
            isolation_level: r.i8()?,
            session_id: if version >= 7 { r.i32()? } else { 0 },
            session_epoch: if version >= 7 { r.i32()? } else { -1 },
            topics: r.array(version)?,
            forgotten_topics_data: if version >= 7 { r.array(version)? } else { Vec::new() },
            rack_id: if version >= 11 { r.string()? } else { String::new() },
        };
        r.tags(|r, tag| {
            match tag {
                0 => it.cluster_id = r.nullable_string()?,
                1 if version >= 15 => it.replica_state = ReplicaState::read(r, version)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Message for FetchRequest {
    const NAME: &'static str = "FetchRequest";
    const VERSIONS: RangeInclusive<i16> = 4..=18;
    const FIRST_FLEXIBLE: i16 = 12;
    const EXPANSION: usize = 22;
}

impl Request for FetchRequest {
    const KEY: ApiKey = ApiKey::FETCH;
    const LATEST_STABLE: i16 = 18;
    type Response = FetchResponse;
}

/// Part of [`FetchRequest`], versions 15-18.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    /// Versions 15-18; default -1.
    pub replica_id: i32,
    /// Versions 15-18; default -1.
    pub replica_epoch: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self { replica_id: -1, replica_epoch: -1 }
    }
}

impl Element for ReplicaState {
    const MIN_SIZE: usize = 13;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.replica_id);
        w.i64(self.replica_epoch);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { replica_id: r.i32()?, replica_epoch: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`FetchRequest`], versions 4-18.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchTopic {
    /// Versions 4-12; ignorable.
    pub topic: String,
    /// Versions 13-18; ignorable.
    pub topic_id: Uuid,
    /// Versions 4-18.
    pub partitions: Vec<FetchPartition>,
}

impl Element for FetchTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 12 {
            w.string(&self.topic);
        }
        if version >= 13 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            topic: if version <= 12 { r.string()? } else { String::new() },
            topic_id: if version >= 13 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`FetchRequest`], versions 4-18.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchPartition {
    /// Versions 4-18.
    pub partition: i32,
    /// Versions 9-18; ignorable; default -1.
    pub current_leader_epoch: i32,
    /// Versions 4-18.
    pub fetch_offset: i64,
    /// Versions 12-18; default -1.
    pub last_fetched_epoch: i32,
    /// Versions 5-18; ignorable; default -1.
    pub log_start_offset: i64,
    /// Versions 4-18.
    pub partition_max_bytes: i32,
    /// Versions 17-18; tag 0; ignorable.
    pub replica_directory_id: Uuid,
    /// Versions 18; tag 1; ignorable; default 9223372036854775807.
    pub high_watermark: i64,
}

impl Default for FetchPartition {
    fn default() -> Self {
        Self {
            partition: 0,
            current_leader_epoch: -1,
            fetch_offset: 0,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            partition_max_bytes: 0,
            replica_directory_id: Uuid::ZERO,
            high_watermark: i64::MAX,
        }
    }
}

impl Element for FetchPartition {
    const MIN_SIZE: usize = 16;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition);
        if version >= 9 {
            w.i32(self.current_leader_epoch);
        }
        w.i64(self.fetch_offset);
        if version >= 12 {
            w.i32(self.last_fetched_epoch);
        } else if self.last_fetched_epoch != -1 {
            w.unsupported("FetchPartition.last_fetched_epoch", version);
        }
        if version >= 5 {
            w.i64(self.log_start_offset);
        }
        w.i32(self.partition_max_bytes);
        let has_replica_directory_id = version >= 17 && !self.replica_directory_id.is_zero();
        let has_high_watermark = version >= 18 && self.high_watermark != i64::MAX;
        w.tag_count(u32::from(has_replica_directory_id) + u32::from(has_high_watermark));
        if has_replica_directory_id {
            w.tag(0, |w| {
                w.uuid(self.replica_directory_id);
            });
        }
        if has_high_watermark {
            w.tag(1, |w| {
                w.i64(self.high_watermark);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it = Self {
            partition: r.i32()?,
            current_leader_epoch: if version >= 9 { r.i32()? } else { -1 },
            fetch_offset: r.i64()?,
            last_fetched_epoch: if version >= 12 { r.i32()? } else { -1 },
            log_start_offset: if version >= 5 { r.i64()? } else { -1 },
            partition_max_bytes: r.i32()?,
            replica_directory_id: Uuid::ZERO,
            high_watermark: i64::MAX,
        };
        r.tags(|r, tag| {
            match tag {
                0 if version >= 17 => it.replica_directory_id = r.uuid()?,
                1 if version >= 18 => it.high_watermark = r.i64()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

/// Part of [`FetchRequest`], versions 7-18.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForgottenTopic {
    /// Versions 7-12; ignorable.
    pub topic: String,
    /// Versions 13-18; ignorable.
    pub topic_id: Uuid,
    /// Versions 7-18.
    pub partitions: Vec<i32>,
}

impl Element for ForgottenTopic {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 12 {
            w.string(&self.topic);
        }
        if version >= 13 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            topic: if version <= 12 { r.string()? } else { String::new() },
            topic_id: if version >= 13 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 4-18; flexible from 12.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchResponse {
    /// Versions 4-18; ignorable.
    pub throttle_time_ms: i32,
    /// Versions 7-18; ignorable.
    pub error_code: ErrorCode,
    /// Versions 7-18.
    pub session_id: i32,
    /// Versions 4-18.
    pub responses: Vec<FetchableTopicResponse>,
    /// Versions 16-18; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Element for FetchResponse {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        if version >= 7 {
            w.error_code(self.error_code);
        }
        if version >= 7 {
            w.i32(self.session_id);
        } else if self.session_id != 0 {
            w.unsupported("FetchResponse.session_id", version);
        }
        w.array(&self.responses, version);
        let has_node_endpoints = version >= 16 && !self.node_endpoints.is_empty();
        if !has_node_endpoints && !self.node_endpoints.is_empty() {
            w.unsupported("FetchResponse.node_endpoints", version);
        }
        w.tag_count(u32::from(has_node_endpoints));
        if has_node_endpoints {
            w.tag(0, |w| {
                w.array(&self.node_endpoints, version);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it = Self {
            throttle_time_ms: r.i32()?,
            error_code: if version >= 7 { r.error_code()? } else { ErrorCode::NONE },
            session_id: if version >= 7 { r.i32()? } else { 0 },
            responses: r.array(version)?,
            node_endpoints: Vec::new(),
        };
        r.tags(|r, tag| {
            match tag {
                0 if version >= 16 => it.node_endpoints = r.array(version)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Message for FetchResponse {
    const NAME: &'static str = "FetchResponse";
    const VERSIONS: RangeInclusive<i16> = 4..=18;
    const FIRST_FLEXIBLE: i16 = 12;
    const EXPANSION: usize = 22;
}

impl Response for FetchResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`FetchResponse`], versions 4-18.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchableTopicResponse {
    /// Versions 4-12; ignorable.
    pub topic: String,
    /// Versions 13-18; ignorable.
    pub topic_id: Uuid,
    /// Versions 4-18.
    pub partitions: Vec<PartitionData>,
}

impl Element for FetchableTopicResponse {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        if version <= 12 {
            w.string(&self.topic);
        }
        if version >= 13 {
            w.uuid(self.topic_id);
        }
        w.array(&self.partitions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            topic: if version <= 12 { r.string()? } else { String::new() },
            topic_id: if version >= 13 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`FetchResponse`], versions 4-18.
#[derive(Clone, PartialEq)]
pub struct PartitionData {
    /// Versions 4-18.
    pub partition_index: i32,
    /// Versions 4-18.
    pub error_code: ErrorCode,
    /// Versions 4-18.
    pub high_watermark: i64,
    /// Versions 4-18; ignorable; default -1.
    pub last_stable_offset: i64,
    /// Versions 5-18; ignorable; default -1.
    pub log_start_offset: i64,
    /// Versions 12-18; tag 0.
    pub diverging_epoch: EpochEndOffset,
    /// Versions 12-18; tag 1.
    pub current_leader: LeaderIdAndEpoch,
    /// Versions 12-18; tag 2.
    pub snapshot_id: SnapshotId,
    /// Versions 4-18; nullable in 4-18; ignorable.
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// Versions 11-18; default -1.
    pub preferred_read_replica: i32,
    /// Versions 4-18; nullable in 4-18; default null.
    pub records: Option<Bytes>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: ErrorCode::NONE,
            high_watermark: 0,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging_epoch: Default::default(),
            current_leader: Default::default(),
            snapshot_id: Default::default(),
            aborted_transactions: Some(Vec::new()),
            preferred_read_replica: -1,
            records: None,
        }
    }
}

impl std::fmt::Debug for PartitionData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionData")
            .field("partition_index", &self.partition_index)
            .field("error_code", &self.error_code)
            .field("high_watermark", &self.high_watermark)
            .field("last_stable_offset", &self.last_stable_offset)
            .field("log_start_offset", &self.log_start_offset)
            .field("diverging_epoch", &self.diverging_epoch)
            .field("current_leader", &self.current_leader)
            .field("snapshot_id", &self.snapshot_id)
            .field("aborted_transactions", &self.aborted_transactions)
            .field("preferred_read_replica", &self.preferred_read_replica)
            .field("records", &self.records.as_ref().map(Bytes::len))
            .finish()
    }
}

impl Element for PartitionData {
    const MIN_SIZE: usize = 30;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.partition_index);
        w.error_code(self.error_code);
        w.i64(self.high_watermark);
        w.i64(self.last_stable_offset);
        if version >= 5 {
            w.i64(self.log_start_offset);
        }
        w.nullable_array(self.aborted_transactions.as_deref(), version);
        if version >= 11 {
            w.i32(self.preferred_read_replica);
        } else if self.preferred_read_replica != -1 {
            w.unsupported("PartitionData.preferred_read_replica", version);
        }
        w.nullable_bytes(self.records.as_ref());
        let has_diverging_epoch = version >= 12 && self.diverging_epoch != Default::default();
        if !has_diverging_epoch && self.diverging_epoch != Default::default() {
            w.unsupported("PartitionData.diverging_epoch", version);
        }
        let has_current_leader = version >= 12 && self.current_leader != Default::default();
        if !has_current_leader && self.current_leader != Default::default() {
            w.unsupported("PartitionData.current_leader", version);
        }
        let has_snapshot_id = version >= 12 && self.snapshot_id != Default::default();
        if !has_snapshot_id && self.snapshot_id != Default::default() {
            w.unsupported("PartitionData.snapshot_id", version);
        }
        w.tag_count(
            u32::from(has_diverging_epoch) + u32::from(has_current_leader) + u32::from(has_snapshot_id),
        );
        if has_diverging_epoch {
            w.tag(0, |w| {
                self.diverging_epoch.write(w, version);
            });
        }
        if has_current_leader {
            w.tag(1, |w| {
                self.current_leader.write(w, version);
            });
        }
        if has_snapshot_id {
            w.tag(2, |w| {
                self.snapshot_id.write(w, version);
            });
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut it = Self {
            partition_index: r.i32()?,
            error_code: r.error_code()?,
            high_watermark: r.i64()?,
            last_stable_offset: r.i64()?,
            log_start_offset: if version >= 5 { r.i64()? } else { -1 },
            diverging_epoch: Default::default(),
            current_leader: Default::default(),
            snapshot_id: Default::default(),
            aborted_transactions: r.nullable_array(version)?,
            preferred_read_replica: if version >= 11 { r.i32()? } else { -1 },
            records: r.nullable_bytes()?,
        };
        r.tags(|r, tag| {
            match tag {
                0 => it.diverging_epoch = EpochEndOffset::read(r, version)?,
                1 => it.current_leader = LeaderIdAndEpoch::read(r, version)?,
                2 => it.snapshot_id = SnapshotId::read(r, version)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

/// Part of [`FetchResponse`], versions 12-18.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    /// Versions 12-18; default -1.
    pub epoch: i32,
    /// Versions 12-18; default -1.
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self { epoch: -1, end_offset: -1 }
    }
}

impl Element for EpochEndOffset {
    const MIN_SIZE: usize = 13;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.epoch);
        w.i64(self.end_offset);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { epoch: r.i32()?, end_offset: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`FetchResponse`], versions 12-18.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// Versions 12-18; default -1.
    pub leader_id: i32,
    /// Versions 12-18; default -1.
    pub leader_epoch: i32,
}

impl Default for LeaderIdAndEpoch {
    fn default() -> Self {
        Self { leader_id: -1, leader_epoch: -1 }
    }
}

impl Element for LeaderIdAndEpoch {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.leader_id);
        w.i32(self.leader_epoch);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { leader_id: r.i32()?, leader_epoch: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`FetchResponse`], versions 12-18.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotId {
    /// Versions 12-18; default -1.
    pub end_offset: i64,
    /// Versions 12-18; default -1.
    pub epoch: i32,
}

impl Default for SnapshotId {
    fn default() -> Self {
        Self { end_offset: -1, epoch: -1 }
    }
}

impl Element for SnapshotId {
    const MIN_SIZE: usize = 13;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i64(self.end_offset);
        w.i32(self.epoch);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { end_offset: r.i64()?, epoch: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`FetchResponse`], versions 4-18.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AbortedTransaction {
    /// Versions 4-18.
    pub producer_id: i64,
    /// Versions 4-18.
    pub first_offset: i64,
}

impl Element for AbortedTransaction {
    const MIN_SIZE: usize = 16;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i64(self.producer_id);
        w.i64(self.first_offset);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { producer_id: r.i64()?, first_offset: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`FetchResponse`], versions 16-18.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeEndpoint {
    /// Versions 16-18.
    pub node_id: i32,
    /// Versions 16-18.
    pub host: String,
    /// Versions 16-18.
    pub port: i32,
    /// Versions 16-18; nullable in 16-18; default null.
    pub rack: Option<String>,
}

impl Element for NodeEndpoint {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.node_id);
        w.string(&self.host);
        w.i32(self.port);
        w.nullable_string(self.rack.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { node_id: r.i32()?, host: r.string()?, port: r.i32()?, rack: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
