//! OffsetFetch: what a group, or several, have committed.
//!
//! Without transactions no offset is unstable, so that it makes no difference whether only stable ones are wanted.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics, OffsetFetchResponseGroup,
    OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use kafka_sdk_protocol::api::{OffsetFetchRequest, OffsetFetchResponse};
use kafka_sdk_protocol::wire::Uuid;

use super::{Api, Call, Reply, targets};
use crate::embedded::plan::Target;
use crate::embedded::state::groups::Group;
use crate::embedded::state::groups::offsets::{Committed, Offsets};

/// From this version on, an error of the group's stands beside its partitions.
const WITH_ERROR: i16 = 2;
/// From this version on, several groups are asked for at once (KIP-709).
const BATCHED: i16 = 8;
/// From this version on, topics are named by their ids.
const BY_ID: i16 = 10;
const NOTHING: i64 = -1;

impl Api for OffsetFetchRequest {
    fn targets(&self, call: &Call<'_>) -> Vec<Target> {
        let one = self.topics.iter().flatten();
        let one = one.flat_map(|topic| targets(&topic.name, topic.partition_indexes.iter().copied()));
        let several = self.groups.iter().flat_map(|group| group.topics.iter().flatten()).flat_map(|topic| {
            let name = call.topic_name(&topic.name, topic.topic_id).unwrap_or_default();
            targets(&name, topic.partition_indexes.iter().copied())
        });
        one.chain(several).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<OffsetFetchResponse> {
        if call.version >= BATCHED {
            let groups = self.groups.into_iter().map(|group| fetch(group, call)).collect();
            return Reply::Now(OffsetFetchResponse { groups, ..Default::default() });
        }
        let by_name = |topic: OffsetFetchRequestTopic| OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..Default::default()
        };
        let topics = self.topics.map(|topics| topics.into_iter().map(by_name).collect());
        let group = OffsetFetchRequestGroup { group_id: self.group_id, topics, ..Default::default() };
        Reply::Now(alone(fetch(group, call), call.version))
    }
}

/// The answer for one group, as it was before there were several.
fn alone(group: OffsetFetchResponseGroup, version: i16) -> OffsetFetchResponse {
    let of_partitions = if version < WITH_ERROR { group.error_code } else { ErrorCode::NONE };
    let partition = |it: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
        partition_index: it.partition_index,
        committed_offset: it.committed_offset,
        committed_leader_epoch: it.committed_leader_epoch,
        metadata: it.metadata,
        error_code: if it.error_code == ErrorCode::NONE { of_partitions } else { it.error_code },
    };
    let topic = |it: OffsetFetchResponseTopics| OffsetFetchResponseTopic {
        name: it.name,
        partitions: it.partitions.into_iter().map(partition).collect(),
    };
    let keeps = version < WITH_ERROR || group.error_code == ErrorCode::NONE;
    let topics = group.topics.into_iter().filter(|_| keeps).map(topic).collect();
    let error_code = if version < WITH_ERROR { ErrorCode::NONE } else { group.error_code };
    OffsetFetchResponse { topics, error_code, ..Default::default() }
}

fn fetch(wanted: OffsetFetchRequestGroup, call: &mut Call<'_>) -> OffsetFetchResponseGroup {
    let group_id = wanted.group_id.clone();
    if let Err(error_code) = permit(&wanted, call) {
        let topics = wanted.topics.unwrap_or_default();
        let topics = if call.version < WITH_ERROR { nothing(topics) } else { Vec::new() };
        return OffsetFetchResponseGroup { group_id, topics, error_code };
    }
    let topics = match wanted.topics {
        Some(topics) => topics.into_iter().map(|topic| of_topic(&group_id, topic, call)).collect(),
        None => all(&group_id, call),
    };
    OffsetFetchResponseGroup { group_id, topics, error_code: ErrorCode::NONE }
}

fn permit(wanted: &OffsetFetchRequestGroup, call: &mut Call<'_>) -> Result<(), ErrorCode> {
    let group = call.coordinated(&wanted.group_id)?.get(&wanted.group_id);
    let consumer = group.and_then(Group::consumer);
    consumer.map_or(Ok(()), |it| it.check_fetch(wanted.member_id.as_deref(), wanted.member_epoch))
}

fn nothing(topics: Vec<OffsetFetchRequestTopics>) -> Vec<OffsetFetchResponseTopics> {
    let topic = |topic: OffsetFetchRequestTopics| OffsetFetchResponseTopics {
        name: topic.name,
        partitions: topic.partition_indexes.into_iter().map(|index| shown(index, None)).collect(),
        ..Default::default()
    };
    topics.into_iter().map(topic).collect()
}

fn of_topic(group: &str, topic: OffsetFetchRequestTopics, call: &Call<'_>) -> OffsetFetchResponseTopics {
    let name = call.topic_name(&topic.name, topic.topic_id);
    let offsets = call.state.group(group).map(|group| &group.offsets);
    let partition = |index: i32| {
        let refused =
            name.as_ref().map_err(|code| *code).and_then(|name| call.plan.refusal(name, Some(index)));
        let committed = name.as_ref().ok().and_then(|name| offsets?.get(name, index));
        match refused {
            Ok(()) => shown(index, committed),
            Err(error_code) => OffsetFetchResponsePartitions { error_code, ..shown(index, None) },
        }
    };
    let partitions = topic.partition_indexes.into_iter().map(partition).collect();
    OffsetFetchResponseTopics { name: topic.name, topic_id: topic.topic_id, partitions }
}

/// All that the group has committed.
fn all(group: &str, call: &Call<'_>) -> Vec<OffsetFetchResponseTopics> {
    let none = Offsets::default();
    let offsets = call.state.group(group).map_or(&none, |group| &group.offsets);
    let topic = |(name, partitions): (&String, &std::collections::BTreeMap<i32, Committed>)| {
        let id = call.state.topic(name).map_or(Uuid::ZERO, |topic| topic.id);
        let by_id = call.version >= BY_ID;
        OffsetFetchResponseTopics {
            name: if by_id { String::new() } else { name.clone() },
            topic_id: if by_id { id } else { Uuid::ZERO },
            partitions: partitions.iter().map(|(&index, committed)| shown(index, Some(committed))).collect(),
        }
    };
    offsets.all().iter().map(topic).collect()
}

fn shown(partition_index: i32, committed: Option<&Committed>) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: committed.map_or(NOTHING, |it| it.offset),
        committed_leader_epoch: committed.map_or(-1, |it| it.leader_epoch),
        metadata: Some(committed.map(|it| it.metadata.clone()).unwrap_or_default()),
        ..Default::default()
    }
}
