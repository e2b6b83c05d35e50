//! Groups of one member: it distributes the partitions by itself, gets what it says, and nothing is ever committed.

use super::Shared;
use super::cluster::NODE;
use kafka_sdk_protocol::api::find_coordinator::Coordinator;
use kafka_sdk_protocol::api::join_group::JoinGroupResponseMember;
use kafka_sdk_protocol::api::leave_group::MemberResponse;
use kafka_sdk_protocol::api::offset_commit::{
    OffsetCommitRequestTopic, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_sdk_protocol::api::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchResponseGroup, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
};
use kafka_sdk_protocol::api::{
    FindCoordinatorRequest, FindCoordinatorResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse,
    SyncGroupRequest, SyncGroupResponse,
};

/// The first versions of `FindCoordinator` and `OffsetFetch` that ask about several groups.
pub(super) const COORDINATORS: i16 = 4;
pub(super) const OFFSETS_OF_GROUPS: i16 = 8;

pub(super) fn coordinator(shared: &Shared, request: &FindCoordinatorRequest) -> FindCoordinatorResponse {
    let (host, port) = (shared.address.ip().to_string(), i32::from(shared.address.port()));
    let found = |key: &String| Coordinator {
        key: key.clone(),
        node_id: NODE,
        host: host.clone(),
        port,
        ..Default::default()
    };
    FindCoordinatorResponse {
        coordinators: request.coordinator_keys.iter().map(found).collect(),
        ..Default::default()
    }
}

/// Whoever joins is the leader, and the only member.
pub(super) fn join(version: i16, request: &JoinGroupRequest) -> JoinGroupResponse {
    let member_id = "the-only-one".to_owned();
    let first = request.protocols.first();
    let member = JoinGroupResponseMember {
        member_id: member_id.clone(),
        group_instance_id: request.group_instance_id.clone(),
        metadata: first.map(|protocol| protocol.metadata.clone()).unwrap_or_default(),
    };
    JoinGroupResponse {
        generation_id: 1,
        protocol_type: (version >= 7).then(|| request.protocol_type.clone()),
        protocol_name: first.map(|protocol| protocol.name.clone()),
        leader: member_id.clone(),
        member_id,
        members: vec![member],
        ..Default::default()
    }
}

pub(super) fn sync(version: i16, request: &SyncGroupRequest) -> SyncGroupResponse {
    let own = request.assignments.iter().find(|given| given.member_id == request.member_id);
    SyncGroupResponse {
        protocol_type: request.protocol_type.clone().filter(|_| version >= 5),
        protocol_name: request.protocol_name.clone().filter(|_| version >= 5),
        assignment: own.map(|given| given.assignment.clone()).unwrap_or_default(),
        ..Default::default()
    }
}

pub(super) fn leave(request: &LeaveGroupRequest) -> LeaveGroupResponse {
    let gone = |member_id: &String| MemberResponse { member_id: member_id.clone(), ..Default::default() };
    let members = request.members.iter().map(|member| gone(&member.member_id));
    LeaveGroupResponse { members: members.collect(), ..Default::default() }
}

/// No partition has an offset.
pub(super) fn committed(request: &OffsetFetchRequest) -> OffsetFetchResponse {
    let group = |asked: &OffsetFetchRequestGroup| OffsetFetchResponseGroup {
        group_id: asked.group_id.clone(),
        topics: asked
            .topics
            .iter()
            .flatten()
            .map(|topic| OffsetFetchResponseTopics {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                partitions: topic.partition_indexes.iter().map(|&index| nothing(index)).collect(),
            })
            .collect(),
        ..Default::default()
    };
    OffsetFetchResponse { groups: request.groups.iter().map(group).collect(), ..Default::default() }
}

fn nothing(partition_index: i32) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some(String::new()),
        ..Default::default()
    }
}

pub(super) fn commit(request: &OffsetCommitRequest) -> OffsetCommitResponse {
    let topic = |asked: &OffsetCommitRequestTopic| OffsetCommitResponseTopic {
        name: asked.name.clone(),
        topic_id: asked.topic_id,
        partitions: asked
            .partitions
            .iter()
            .map(|partition| OffsetCommitResponsePartition {
                partition_index: partition.partition_index,
                ..Default::default()
            })
            .collect(),
    };
    OffsetCommitResponse { topics: request.topics.iter().map(topic).collect(), ..Default::default() }
}
