//! What a client asks before it produces or fetches.

use super::Shared;
use super::group::{COORDINATORS, OFFSETS_OF_GROUPS};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::api_versions::ApiVersion;
use kafka_sdk_protocol::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_sdk_protocol::api::metadata::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_sdk_protocol::api::{
    ApiVersionsRequest, ApiVersionsResponse, FetchRequest, FindCoordinatorRequest, HeartbeatRequest,
    InitProducerIdRequest, InitProducerIdResponse, JoinGroupRequest, LeaveGroupRequest, ListOffsetsRequest,
    ListOffsetsResponse, MetadataRequest, MetadataResponse, OffsetCommitRequest, OffsetFetchRequest,
    ProduceRequest, SyncGroupRequest,
};
use kafka_sdk_protocol::message::Request;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// The only node.
pub(super) const NODE: i32 = 1;
/// Where every partition ends, for those who ask: a number that nobody reaches.
pub(super) const END: i64 = 1 << 50;
/// What `ListOffsets` calls the earliest offset.
const EARLIEST: i64 = -2;

/// The topics that were asked for, in the order in which they were.
#[derive(Default)]
pub(super) struct Topics(Vec<String>);

impl Topics {
    /// The id of a topic has its number as its last byte.
    fn id(&mut self, name: &str) -> Uuid {
        let known = self.0.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        let mut id = [0x6b; 16];
        id[8..].copy_from_slice(&(index as u64).to_be_bytes());
        Uuid(id)
    }

    fn name(&mut self, id: Uuid) -> Option<String> {
        let all: BTreeMap<_, _> = self.0.clone().into_iter().map(|name| (self.id(&name).0, name)).collect();
        all.get(&id.0).cloned()
    }
}

pub(super) fn api_versions(shared: &Shared, refused: Option<ErrorCode>) -> ApiVersionsResponse {
    fn listed<R: Request>(from: Option<i16>) -> ApiVersion {
        let min_version = from.unwrap_or(*R::VERSIONS.start());
        ApiVersion { api_key: R::KEY.0, min_version, max_version: R::LATEST_STABLE }
    }
    let mut api_keys = vec![
        // As Kafka 4 lists it: librdkafka looks at that (KAFKA-18659).
        listed::<ProduceRequest>(Some(0)),
        listed::<FetchRequest>(None),
        listed::<ListOffsetsRequest>(None),
        listed::<MetadataRequest>(None),
        listed::<ApiVersionsRequest>(None),
        listed::<InitProducerIdRequest>(None),
    ];
    if shared.settings.grouping {
        api_keys.extend([
            listed::<FindCoordinatorRequest>(Some(COORDINATORS)),
            listed::<JoinGroupRequest>(None),
            listed::<SyncGroupRequest>(None),
            listed::<HeartbeatRequest>(None),
            listed::<LeaveGroupRequest>(None),
            listed::<OffsetFetchRequest>(Some(OFFSETS_OF_GROUPS)),
            listed::<OffsetCommitRequest>(None),
        ]);
    }
    ApiVersionsResponse {
        error_code: refused.unwrap_or(ErrorCode::NONE),
        api_keys,
        finalized_features_epoch: -1,
        ..Default::default()
    }
}

pub(super) fn metadata(shared: &Shared, version: i16, request: &MetadataRequest) -> MetadataResponse {
    let mut topics = shared.topics.lock().unwrap_or_else(|e| e.into_inner());
    let asked: Vec<Option<String>> = match &request.topics {
        // In version 0, none means all.
        Some(asked) if version > 0 || !asked.is_empty() => {
            asked.iter().map(|t| t.name.clone().or_else(|| topics.name(t.topic_id))).collect()
        }
        _ => topics.0.iter().cloned().map(Some).collect(),
    };
    let described = asked.into_iter().map(|name| match name {
        Some(name) => MetadataResponseTopic {
            topic_id: if version >= 10 { topics.id(&name) } else { Uuid::ZERO },
            partitions: (0..shared.settings.partitions).map(partition).collect(),
            name: Some(name),
            ..Default::default()
        },
        None => MetadataResponseTopic {
            error_code: ErrorCode::UNKNOWN_TOPIC_ID,
            name: None,
            ..Default::default()
        },
    });
    let broker = MetadataResponseBroker {
        node_id: NODE,
        host: shared.address.ip().to_string(),
        port: i32::from(shared.address.port()),
        rack: None,
    };
    MetadataResponse {
        brokers: vec![broker],
        cluster_id: Some("null".into()),
        controller_id: NODE,
        topics: described.collect(),
        ..Default::default()
    }
}

fn partition(index: i32) -> MetadataResponsePartition {
    MetadataResponsePartition {
        partition_index: index,
        leader_id: NODE,
        leader_epoch: 0,
        replica_nodes: vec![NODE],
        isr_nodes: vec![NODE],
        ..Default::default()
    }
}

pub(super) fn init_producer_id(shared: &Shared, request: &InitProducerIdRequest) -> InitProducerIdResponse {
    let bumped = request.producer_id >= 0;
    let (producer_id, producer_epoch) = if bumped {
        (request.producer_id, request.producer_epoch + 1)
    } else {
        (shared.producers.fetch_add(1, Ordering::Relaxed), 0)
    };
    InitProducerIdResponse { producer_id, producer_epoch, ..Default::default() }
}

pub(super) fn list_offsets(version: i16, request: &ListOffsetsRequest) -> ListOffsetsResponse {
    let partition = |asked: &ListOffsetsPartition| ListOffsetsPartitionResponse {
        partition_index: asked.partition_index,
        offset: if asked.timestamp == EARLIEST { 0 } else { END },
        timestamp: -1,
        leader_epoch: if version >= 4 { 0 } else { -1 },
        ..Default::default()
    };
    let topics = request.topics.iter().map(|topic| ListOffsetsTopicResponse {
        name: topic.name.clone(),
        partitions: topic.partitions.iter().map(partition).collect(),
    });
    ListOffsetsResponse { topics: topics.collect(), ..Default::default() }
}
