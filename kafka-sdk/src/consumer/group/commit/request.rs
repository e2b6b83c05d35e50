//! OffsetCommit and OffsetFetch, as plain calls: topics go by name up to version 9, and by id from version 10 on.

use super::super::standing::Standing;
use super::{Committing, ToCommit};
use crate::cluster::{
    Answers, Cluster, CoordinatorKind, FetchedOffsets, OFFSETS_BY_NAME, Route, TopicOffsets, committed_codes,
    offsets_to_commit, offsets_to_fetch,
};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{CommittedOffset, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{ApiKey, OffsetCommitRequest};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

fn route(group: &Arc<str>) -> Route {
    Route::Coordinator(CoordinatorKind::Group, group.clone())
}

/// The ids of topics, as far as they are known.
struct Ids(BTreeMap<Arc<str>, Uuid>);

impl Ids {
    fn of<'a>(cluster: &Cluster, partitions: impl Iterator<Item = &'a TopicPartition>) -> Self {
        let snapshot = cluster.snapshot();
        let topics: BTreeSet<_> = partitions.map(TopicPartition::shared_topic).collect();
        let known = |topic: &Arc<str>| snapshot.topic(topic).map_or(Uuid::ZERO, |known| known.id);
        Self(topics.into_iter().map(|topic| (topic.clone(), known(topic))).collect())
    }

    fn of_topic(&self, topic: &Arc<str>) -> Uuid {
        self.0.get(topic).copied().unwrap_or(Uuid::ZERO)
    }

    /// The newest version that all of them can be named in.
    fn cap(&self) -> Option<i16> {
        self.0.values().any(|id| id.is_zero()).then_some(OFFSETS_BY_NAME)
    }
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
    let ids = Ids::of(cluster, offsets.keys());
    let said = offsets
        .iter()
        .map(|(partition, ToCommit { committed, .. })| (partition, (partition.partition(), committed)));
    let topics = TopicOffsets::by_topic(said, |topic| ids.of_topic(topic));
    let request = |version| OffsetCommitRequest {
        group_id: group.as_ref().to_owned(),
        generation_id_or_member_epoch: standing.epoch(),
        member_id: standing.member_id(),
        group_instance_id: standing.instance_id().filter(|_| version >= 7),
        retention_time_ms: -1,
        topics: offsets_to_commit(&topics, version),
    };
    let within = cluster.settings().request_timeout;
    let mut answers = committed_codes(cluster.once_up_to(ids.cap(), &route(group), within, request).await?);
    let code = |partition: &TopicPartition| {
        let id = ids.of_topic(partition.shared_topic());
        let code = answers.take(partition.topic(), id, partition.partition())?;
        Some((partition.clone(), code))
    };
    Ok(offsets.keys().filter_map(code).collect())
}

/// What the group has committed of each of these partitions, once; none where there is nothing. Offsets that an open
/// transaction is about to change are an error for now (KIP-447).
///
/// # Errors
/// With advice [`Retry`](Advice::Retry) where the answer may be another one later.
pub(in super::super) async fn fetch(
    cluster: &Cluster,
    group: &Arc<str>,
    standing: &Standing,
    partitions: &[TopicPartition],
    within: Duration,
) -> Result<Fetched> {
    let ids = Ids::of(cluster, partitions.iter());
    let numbers = partitions.iter().map(|partition| (partition, partition.partition()));
    let topics = TopicOffsets::by_topic(numbers, |topic| ids.of_topic(topic));
    let request = |version| {
        let mut request = offsets_to_fetch(group, Some(&topics), version);
        request.require_stable = version >= 7;
        if version >= 9 && standing.is_checked_on_fetch() {
            for one in &mut request.groups {
                (one.member_id, one.member_epoch) = (Some(standing.member_id()), standing.epoch());
            }
        }
        request
    };
    let answer = cluster.once_up_to(ids.cap(), &route(group), within, request).await?;
    let FetchedOffsets { code, topics } = answer.into();
    refuse(cluster, group, code, None)?;
    let mut answers = Answers::new(topics);
    let mut told = |partition: &TopicPartition| {
        let id = ids.of_topic(partition.shared_topic());
        let untold =
            || Error::new(ErrorKind::Decode, format!("the broker told no committed offset of {partition}"));
        let told = answers.take(partition.topic(), id, partition.partition()).ok_or_else(untold)?;
        refuse(cluster, group, told.code, Some(partition))?;
        Ok(told.into_committed())
    };
    Ok(partitions.iter().map(|partition| (partition.clone(), told(partition))).collect())
}

/// What is committed of each partition, or why that is not known.
pub(in super::super) type Fetched = BTreeMap<TopicPartition, Result<Option<CommittedOffset>>>;

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
        ErrorCode::FENCED_INSTANCE_ID => Error::of_code(
            code,
            format!(
                "{what} was refused ({code}): another consumer has joined with the same instance id, and has the \
                 partitions; each consumer needs one of its own (group.instance.id)"
            ),
        ),
        ErrorCode::INVALID_COMMIT_OFFSET_SIZE => Error::of_code(
            code,
            format!(
                "{what} was refused ({code}): all offsets of one commit are one message, and the bound is \
                 max.message.bytes of the topic __consumer_offsets; commit fewer partitions at a time"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_commit_names_group_code_and_partition_and_says_what_to_do() {
        let (group, partition) = ("billing".into(), ("t", 3).into());
        for (code, hint) in [
            (ErrorCode::GROUP_AUTHORIZATION_FAILED, "Read permission on group"),
            (ErrorCode::TOPIC_AUTHORIZATION_FAILED, "Read permission on the topic"),
            (ErrorCode::UNKNOWN_MEMBER_ID, "max.poll.interval.ms"),
            (ErrorCode::FENCED_INSTANCE_ID, "group.instance.id"),
            (ErrorCode::INVALID_COMMIT_OFFSET_SIZE, "max.message.bytes of the topic __consumer_offsets"),
            (ErrorCode::OFFSET_METADATA_TOO_LARGE, "offset.metadata.max.bytes"),
            (ErrorCode(30_000), "30000"),
        ] {
            let error = refusal(&group, code, "committing the offset", Some(&partition));
            assert!(error.is(code), "{error:?}");
            assert_eq!((error.topic(), error.partition()), (Some("t"), Some(3)));
            for said in ["billing", "t-3", &code.to_string(), hint] {
                assert!(error.to_string().contains(said), "{said}: {error}");
            }
        }
    }
}
