//! OffsetCommit and OffsetFetch, as plain calls: topics go by name up to version 9, and by id from version 10 on.

use super::super::standing::Standing;
use super::Committing;
use crate::cluster::{Answers, Cluster, CoordinatorKind, Route, by_topic};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{CommittedOffset, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_sdk_protocol::api::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics, OffsetFetchResponsePartitions,
};
use kafka_sdk_protocol::api::{ApiKey, OffsetCommitRequest, OffsetFetchRequest, OffsetFetchResponse};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The last version in which topics go by name, of both APIs.
const BY_NAME: i16 = 9;
/// The first version of OffsetFetch that names several groups.
const SEVERAL_GROUPS: i16 = 8;

fn route(group: &Arc<str>) -> Route {
    Route::Coordinator(CoordinatorKind::Group, group.clone())
}

/// The id of each topic, and the newest version that all of them can be named in.
fn ids<'a>(
    cluster: &Cluster,
    topics: impl Iterator<Item = &'a Arc<str>>,
) -> (BTreeMap<Arc<str>, Uuid>, Option<i16>) {
    let snapshot = cluster.snapshot();
    let id = |topic: &Arc<str>| (topic.clone(), snapshot.topic(topic).map_or(Uuid::ZERO, |known| known.id));
    let ids: BTreeMap<_, _> = topics.map(id).collect();
    let cap = ids.values().any(|id| id.is_zero()).then_some(BY_NAME);
    (ids, cap)
}

/// Commits once; gives the broker's code for each partition.
///
/// # Errors
/// There was no answer.
pub(in super::super) async fn commit(
    cluster: &Cluster,
    group: &Arc<str>,
    standing: &Standing,
    offsets: &Committing,
) -> Result<Vec<(TopicPartition, ErrorCode)>> {
    let (ids, cap) = ids(cluster, offsets.keys().map(TopicPartition::shared_topic));
    let partition = |(partition, committed): (&TopicPartition, &CommittedOffset), version: i16| {
        OffsetCommitRequestPartition {
            partition_index: partition.partition(),
            committed_offset: committed.offset,
            committed_leader_epoch: if version >= 6 { committed.leader_epoch.unwrap_or(-1) } else { -1 },
            committed_metadata: Some(committed.metadata.clone()),
        }
    };
    let topics = by_topic(offsets, |(partition, _)| partition.shared_topic());
    let request = |version| OffsetCommitRequest {
        group_id: group.as_ref().to_owned(),
        generation_id_or_member_epoch: standing.epoch(),
        member_id: standing.member_id(),
        group_instance_id: standing.instance_id().filter(|_| version >= 7),
        retention_time_ms: -1,
        topics: topics
            .iter()
            .map(|(name, offsets)| OffsetCommitRequestTopic {
                name: name.as_ref().to_owned(),
                topic_id: ids.get(name).copied().unwrap_or(Uuid::ZERO),
                partitions: offsets.iter().map(|&offset| partition(offset, version)).collect(),
            })
            .collect(),
    };
    let within = cluster.settings().request_timeout;
    let answer = cluster.once_up_to(cap, &route(group), within, request).await?;
    let mut answers = Answers::new(answer.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().map(|p| (p.partition_index, p.error_code));
        (topic.name, topic.topic_id, partitions.collect::<Vec<_>>())
    }));
    let code = |partition: &TopicPartition| {
        let id = ids.get(partition.shared_topic()).copied().unwrap_or(Uuid::ZERO);
        let code = answers.take(partition.topic(), id, partition.partition())?;
        Some((partition.clone(), code))
    };
    Ok(offsets.keys().filter_map(code).collect())
}

/// What the group has committed of these partitions, once; none where there is nothing. Offsets that an open transaction
/// is about to change are waited for (KIP-447).
///
/// # Errors
/// With advice [`Retry`](Advice::Retry) where the answer may be another one later.
pub(in super::super) async fn fetch(
    cluster: &Cluster,
    group: &Arc<str>,
    standing: &Standing,
    partitions: &[TopicPartition],
    within: Duration,
) -> Result<BTreeMap<TopicPartition, Option<CommittedOffset>>> {
    let (ids, cap) = ids(cluster, partitions.iter().map(TopicPartition::shared_topic));
    let topics = by_topic(partitions, |partition| partition.shared_topic());
    let numbers = |of: &[&TopicPartition]| of.iter().map(|partition| partition.partition()).collect();
    let request = |version| {
        let require_stable = version >= 7;
        if version < SEVERAL_GROUPS {
            let topic = |(name, of): &(Arc<str>, Vec<&TopicPartition>)| OffsetFetchRequestTopic {
                name: name.as_ref().to_owned(),
                partition_indexes: numbers(of),
            };
            let topics = Some(topics.iter().map(topic).collect());
            let group_id = group.as_ref().to_owned();
            return OffsetFetchRequest { group_id, topics, require_stable, ..Default::default() };
        }
        let topic = |(name, of): &(Arc<str>, Vec<&TopicPartition>)| OffsetFetchRequestTopics {
            name: name.as_ref().to_owned(),
            topic_id: ids.get(name).copied().unwrap_or(Uuid::ZERO),
            partition_indexes: numbers(of),
        };
        let mut one = OffsetFetchRequestGroup {
            group_id: group.as_ref().to_owned(),
            topics: Some(topics.iter().map(topic).collect()),
            ..Default::default()
        };
        if version >= 9 && standing.is_checked_on_fetch() {
            (one.member_id, one.member_epoch) = (Some(standing.member_id()), standing.epoch());
        }
        OffsetFetchRequest { groups: vec![one], require_stable, ..Default::default() }
    };
    let answer = cluster.once_up_to(cap, &route(group), within, request).await?;
    let (code, topics) = unified(answer);
    refuse(cluster, group, code, None)?;
    let mut answers = Answers::new(topics);
    let mut committed = BTreeMap::new();
    for partition in partitions {
        let id = ids.get(partition.shared_topic()).copied().unwrap_or(Uuid::ZERO);
        let untold =
            || Error::new(ErrorKind::Decode, format!("the broker told no committed offset of {partition}"));
        let told = answers.take(partition.topic(), id, partition.partition()).ok_or_else(untold)?;
        refuse(cluster, group, told.error_code, Some(partition))?;
        committed.insert(partition.clone(), read(told));
    }
    Ok(committed)
}

type Topics = Vec<(String, Uuid, Vec<(i32, OffsetFetchResponsePartitions)>)>;

/// The answer in the form of the newest versions.
fn unified(answer: OffsetFetchResponse) -> (ErrorCode, Topics) {
    let Some(group) = answer.groups.into_iter().next() else {
        let partition = |p: kafka_sdk_protocol::api::offset_fetch::OffsetFetchResponsePartition| {
            let same = OffsetFetchResponsePartitions {
                partition_index: p.partition_index,
                committed_offset: p.committed_offset,
                committed_leader_epoch: p.committed_leader_epoch,
                metadata: p.metadata,
                error_code: p.error_code,
            };
            (p.partition_index, same)
        };
        let topics = answer.topics.into_iter();
        let topics = topics.map(|t| (t.name, Uuid::ZERO, t.partitions.into_iter().map(partition).collect()));
        return (answer.error_code, topics.collect());
    };
    let topics = group.topics.into_iter();
    let topics = topics
        .map(|t| (t.name, t.topic_id, t.partitions.into_iter().map(|p| (p.partition_index, p)).collect()));
    (group.error_code, topics.collect())
}

fn read(told: OffsetFetchResponsePartitions) -> Option<CommittedOffset> {
    (told.committed_offset >= 0).then(|| CommittedOffset {
        offset: told.committed_offset,
        leader_epoch: Some(told.committed_leader_epoch).filter(|epoch| *epoch >= 0),
        metadata: told.metadata.unwrap_or_default(),
    })
}

fn refuse(
    cluster: &Cluster,
    group: &Arc<str>,
    code: ErrorCode,
    partition: Option<&TopicPartition>,
) -> Result<()> {
    let error = match code {
        ErrorCode::NONE => return Ok(()),
        ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE => {
            cluster.forget_coordinator(&route(group));
            Error::of_code(code, format!("the coordinator of group \"{group}\" has moved: {code}"))
                .with_advice(Advice::Retry)
        }
        _ => refusal(group, code, "fetching the offsets", partition),
    };
    let error = error.with_api(ApiKey::OFFSET_FETCH);
    // With the epoch that comes it is in order; a transaction ends at some time.
    let passes = matches!(code, ErrorCode::STALE_MEMBER_EPOCH | ErrorCode::UNSTABLE_OFFSET_COMMIT);
    Err(if passes { error.with_advice(Advice::Retry) } else { error })
}

/// The error of a code that refuses something about a group's offsets.
pub(in super::super) fn refusal(
    group: &Arc<str>,
    code: ErrorCode,
    what: &str,
    partition: Option<&TopicPartition>,
) -> Error {
    let of = partition.map(|partition| format!(" for {partition}")).unwrap_or_default();
    let what = format!("{what} of group \"{group}\"{of}");
    let error = match code {
        ErrorCode::GROUP_AUTHORIZATION_FAILED => {
            Error::not_allowed(code, what, format_args!("Read permission on group \"{group}\""))
        }
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            Error::not_allowed(code, what, "Read permission on the topic")
        }
        ErrorCode::UNKNOWN_MEMBER_ID => Error::of_code(
            code,
            format!(
                "{what} was refused ({code}): the group does not know this member (any more); others may have its \
                 partitions. If it was thrown out for being slow, raise max.poll.interval.ms or session.timeout.ms"
            ),
        ),
        ErrorCode::OFFSET_METADATA_TOO_LARGE => Error::of_code(
            code,
            format!("{what} was refused ({code}): the broker's bound is offset.metadata.max.bytes"),
        ),
        _ => Error::of_code(code, format!("{what} was refused: {code}")),
    };
    match partition {
        Some(partition) => {
            error.with_topic(partition.shared_topic().clone()).with_partition(partition.partition())
        }
        None => error,
    }
}
