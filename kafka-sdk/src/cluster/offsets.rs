//! What OffsetCommit and OffsetFetch ask and answer about one group, in one form for all versions.

use super::answers::{Answers, grouped};
use crate::model::{CommittedOffset, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_sdk_protocol::api::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics, OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
};
use kafka_sdk_protocol::api::{OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse};
use kafka_sdk_protocol::wire::Uuid;
use std::sync::Arc;

/// The last version of OffsetCommit and of OffsetFetch in which topics go by name; then they go by id.
pub(crate) const OFFSETS_BY_NAME: i16 = 9;
/// The first version of OffsetFetch that names several groups.
const SEVERAL_GROUPS: i16 = 8;

/// A topic with its id, which may be zero where it goes by name, and its partitions.
#[derive(Debug)]
pub(crate) struct TopicOffsets<P> {
    pub(crate) name: Arc<str>,
    pub(crate) id: Uuid,
    pub(crate) partitions: Vec<P>,
}

impl<P> TopicOffsets<P> {
    /// Of partitions, and what is to be said of each.
    pub(crate) fn by_topic<'a>(
        partitions: impl IntoIterator<Item = (&'a TopicPartition, P)>,
        id: impl Fn(&Arc<str>) -> Uuid,
    ) -> Vec<Self> {
        let new = |(partition, _): &(&TopicPartition, P)| {
            let name = partition.shared_topic();
            Self { name: name.clone(), id: id(name), partitions: Vec::new() }
        };
        grouped(
            partitions,
            |(partition, _)| partition.shared_topic(),
            new,
            |topic, (_, said)| topic.partitions.push(said),
        )
    }
}

/// What OffsetCommit says of these.
pub(crate) fn offsets_to_commit(
    topics: &[TopicOffsets<(i32, &CommittedOffset)>],
    version: i16,
) -> Vec<OffsetCommitRequestTopic> {
    let partition = |&(partition_index, committed): &(i32, &CommittedOffset)| OffsetCommitRequestPartition {
        partition_index,
        committed_offset: committed.offset,
        committed_leader_epoch: if version >= 6 { committed.leader_epoch.unwrap_or(-1) } else { -1 },
        committed_metadata: Some(committed.metadata.clone()),
    };
    let topic = |topic: &TopicOffsets<_>| OffsetCommitRequestTopic {
        name: topic.name.as_ref().to_owned(),
        topic_id: topic.id,
        partitions: topic.partitions.iter().map(partition).collect(),
    };
    topics.iter().map(topic).collect()
}

/// What OffsetCommit answers for each partition.
pub(crate) fn committed_codes(answer: OffsetCommitResponse) -> Answers<ErrorCode> {
    Answers::new(answer.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().map(|p| (p.partition_index, p.error_code));
        (topic.name, topic.topic_id, partitions.collect::<Vec<_>>())
    }))
}

/// An OffsetFetch of these topics, or of all that the group has committed.
pub(crate) fn offsets_to_fetch(
    group: &str,
    topics: Option<&[TopicOffsets<i32>]>,
    version: i16,
) -> OffsetFetchRequest {
    let group_id = group.to_owned();
    if version < SEVERAL_GROUPS {
        let topic = |topic: &TopicOffsets<i32>| OffsetFetchRequestTopic {
            name: topic.name.as_ref().to_owned(),
            partition_indexes: topic.partitions.clone(),
        };
        let topics = topics.map(|topics| topics.iter().map(topic).collect());
        return OffsetFetchRequest { group_id, topics, ..Default::default() };
    }
    let topic = |topic: &TopicOffsets<i32>| OffsetFetchRequestTopics {
        name: topic.name.as_ref().to_owned(),
        topic_id: topic.id,
        partition_indexes: topic.partitions.clone(),
    };
    let topics = topics.map(|topics| topics.iter().map(topic).collect());
    let groups = vec![OffsetFetchRequestGroup { group_id, topics, ..Default::default() }];
    OffsetFetchRequest { groups, ..Default::default() }
}

/// The offsets of one group.
#[derive(Debug)]
pub(crate) struct FetchedOffsets {
    /// Of the group.
    pub(crate) code: ErrorCode,
    /// With name (empty where the version has none) and id.
    pub(crate) topics: Vec<(String, Uuid, Partitions)>,
}

/// With their numbers.
pub(crate) type Partitions = Vec<(i32, FetchedOffset)>;

/// The offset of one partition.
#[derive(Debug)]
pub(crate) struct FetchedOffset {
    pub(crate) code: ErrorCode,
    committed: Option<CommittedOffset>,
}

impl FetchedOffset {
    /// None where nothing is committed.
    pub(crate) fn into_committed(self) -> Option<CommittedOffset> {
        self.committed
    }

    fn new(code: ErrorCode, offset: i64, leader_epoch: i32, metadata: Option<String>) -> Self {
        let committed = (offset >= 0).then(|| CommittedOffset {
            offset,
            leader_epoch: Some(leader_epoch).filter(|epoch| *epoch >= 0),
            metadata: metadata.unwrap_or_default(),
        });
        Self { code, committed }
    }
}

impl From<OffsetFetchResponse> for FetchedOffsets {
    fn from(answer: OffsetFetchResponse) -> Self {
        match answer.groups.into_iter().next() {
            Some(group) => Self {
                code: group.error_code,
                topics: group
                    .topics
                    .into_iter()
                    .map(|topic| {
                        (topic.name, topic.topic_id, topic.partitions.into_iter().map(of_group).collect())
                    })
                    .collect(),
            },
            // Before version 8 there is one group, and it is not named.
            None => Self {
                code: answer.error_code,
                topics: answer
                    .topics
                    .into_iter()
                    .map(|topic| (topic.name, Uuid::ZERO, topic.partitions.into_iter().map(of_old).collect()))
                    .collect(),
            },
        }
    }
}

fn of_group(told: OffsetFetchResponsePartitions) -> (i32, FetchedOffset) {
    let OffsetFetchResponsePartitions {
        committed_offset, committed_leader_epoch, metadata, error_code, ..
    } = told;
    let offset = FetchedOffset::new(error_code, committed_offset, committed_leader_epoch, metadata);
    (told.partition_index, offset)
}

fn of_old(told: OffsetFetchResponsePartition) -> (i32, FetchedOffset) {
    let OffsetFetchResponsePartition {
        committed_offset, committed_leader_epoch, metadata, error_code, ..
    } = told;
    let offset = FetchedOffset::new(error_code, committed_offset, committed_leader_epoch, metadata);
    (told.partition_index, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_group_is_named_as_its_version_has_it_and_all_topics_are_not_the_same_as_none() {
        let topics = [TopicOffsets { name: "t".into(), id: Uuid([7; 16]), partitions: vec![2, 1] }];
        let old = offsets_to_fetch("g", Some(&topics), 7);
        assert_eq!((old.group_id.as_str(), old.groups.len()), ("g", 0));
        let [topic] = &old.topics.as_deref().unwrap() else { panic!("{old:?}") };
        assert_eq!((topic.name.as_str(), topic.partition_indexes.as_slice()), ("t", &[2, 1][..]));
        let new = offsets_to_fetch("g", Some(&topics), 10);
        let [group] = &new.groups[..] else { panic!("{new:?}") };
        assert_eq!((group.group_id.as_str(), new.group_id.as_str()), ("g", ""));
        assert_eq!(group.topics.as_ref().unwrap()[0].topic_id, Uuid([7; 16]));
        assert_eq!(offsets_to_fetch("g", None, 7).topics, None);
        assert_eq!(offsets_to_fetch("g", None, 8).groups[0].topics, None);
        assert_eq!(offsets_to_fetch("g", Some(&[]), 8).groups[0].topics, Some(Vec::new()));
    }

    #[test]
    fn what_is_committed_has_a_leader_epoch_where_the_version_has_room_for_it() {
        let committed = CommittedOffset { offset: 5, leader_epoch: Some(3), metadata: "m".into() };
        let topics = [TopicOffsets { name: "t".into(), id: Uuid::ZERO, partitions: vec![(1, &committed)] }];
        for (version, epoch) in [(5, -1), (6, 3)] {
            let said = &offsets_to_commit(&topics, version)[0].partitions[0];
            assert_eq!((said.partition_index, said.committed_offset), (1, 5));
            assert_eq!((said.committed_leader_epoch, said.committed_metadata.as_deref()), (epoch, Some("m")));
        }
    }
}
