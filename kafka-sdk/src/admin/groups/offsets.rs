//! What groups have committed: read, altered and deleted.

use super::super::{Admin, PerItem};
use super::{Deed, about, checked, judge, repeatable, route, worst};
use crate::cluster::{
    Answers, FetchedOffsets, OFFSETS_BY_NAME, TopicOffsets, committed_codes, offsets_to_commit,
    offsets_to_fetch,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{CommittedOffset, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kafka_sdk_protocol::api::{
    ApiKey, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetFetchResponse,
};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What of offsets that an open transaction is about to commit (KIP-447).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PendingOffsets {
    /// What was committed before counts.
    #[default]
    Ignore,
    /// The end of the transaction is waited for, up to [`api_timeout`](crate::KafkaBuilder::api_timeout). Brokers before 2.5
    /// cannot tell, and answer at once. Java: `requireStable`.
    Wait,
}

impl Admin {
    /// All offsets that a group has committed.
    ///
    /// Java: `listConsumerGroupOffsets`.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::admin::PendingOffsets;
    /// for (partition, committed) in kafka.admin().group_offsets("billing", PendingOffsets::Ignore).await?.all()? {
    ///     println!("{partition}: {}", committed.offset);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Kind [`Authorize`](ErrorKind::Authorize); the coordinator could not be reached, or a transaction was open, for
    /// [`api_timeout`](crate::KafkaBuilder::api_timeout) (`default.api.timeout.ms`). What concerns one partition is in its
    /// item. A group that does not exist has committed nothing.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn group_offsets(
        &self,
        group: impl AsRef<str>,
        pending: PendingOffsets,
    ) -> Result<PerItem<TopicPartition, CommittedOffset>> {
        let group: Arc<str> = group.as_ref().into();
        let fetched = self.fetch_offsets(&group, None, pending).await?;
        let what = format!("list the offsets of group \"{group}\"");
        let deed = fetching(&group, &what);
        let mut offsets = BTreeMap::new();
        for (topic, _, partitions) in fetched.topics {
            let topic: Arc<str> = topic.into();
            for (number, told) in partitions {
                let partition = TopicPartition::new(topic.clone(), number);
                let outcome = deed.accepted_for(&partition, told.code).map(|()| told.into_committed());
                if let Some(outcome) = outcome.transpose() {
                    offsets.insert(partition, outcome);
                }
            }
        }
        Ok(offsets.into_iter().collect())
    }

    /// What a group has committed of these partitions; none where it has nothing.
    ///
    /// Java: `listConsumerGroupOffsets`.
    ///
    /// # Errors
    /// As [`Self::group_offsets`], and kind [`Settings`](ErrorKind::Settings): a topic's name that is not legal.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn group_offsets_of<T: Into<TopicPartition>>(
        &self,
        group: impl AsRef<str>,
        partitions: impl IntoIterator<Item = T>,
        pending: PendingOffsets,
    ) -> Result<PerItem<TopicPartition, Option<CommittedOffset>>> {
        let (group, partitions): (Arc<str>, _) = (group.as_ref().into(), checked(partitions)?);
        let fetched = self.fetch_offsets(&group, Some(wanted(&partitions)), pending).await?;
        let what = format!("list the offsets of group \"{group}\"");
        let deed = fetching(&group, &what);
        let mut answers = Answers::new(fetched.topics);
        let outcome = |partition: TopicPartition| {
            let told = answers.take(partition.topic(), Uuid::ZERO, partition.partition());
            let outcome = told.ok_or_else(|| about(deed.left_out(&partition), &partition)).and_then(|told| {
                deed.accepted_for(&partition, told.code)?;
                Ok(told.into_committed())
            });
            (partition, outcome)
        };
        Ok(partitions.into_iter().map(outcome).collect())
    }

    async fn fetch_offsets(
        &self,
        group: &Arc<str>,
        wanted: Option<Vec<TopicOffsets<i32>>>,
        pending: PendingOffsets,
    ) -> Result<FetchedOffsets> {
        let request = |version| {
            let mut request = offsets_to_fetch(group, wanted.as_deref(), version);
            request.require_stable = version >= 7 && pending == PendingOffsets::Wait;
            request
        };
        let judge = |answer: &OffsetFetchResponse| {
            let of_groups = answer.groups.iter().flat_map(|group| {
                let partitions = group.topics.iter().flat_map(|topic| &topic.partitions);
                partitions.map(|partition| partition.error_code).chain([group.error_code])
            });
            let of_one = answer.topics.iter().flat_map(|topic| &topic.partitions);
            let of_one = of_one.map(|partition| partition.error_code).chain([answer.error_code]);
            judge(of_groups.chain(of_one))
        };
        let to = route(group);
        let asked = self.cluster.ask_up_to(Some(OFFSETS_BY_NAME), &to, self.timeout(), request, judge);
        let fetched = FetchedOffsets::from(asked.await?);
        let what = format!("list the offsets of group \"{group}\"");
        fetching(group, &what).accepted(fetched.code, None)?;
        Ok(fetched)
    }

    /// Has a group go on from these offsets. It must have no members; one that does not exist comes into being.
    ///
    /// Java: `alterConsumerGroupOffsets`.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// let again = [(("orders", 0), 1_000), (("orders", 1), 980)];
    /// kafka.admin().alter_group_offsets("billing", again).await?.all()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): a negative offset, a topic's name that is not legal. The coordinator could
    /// not be reached within [`api_timeout`](crate::KafkaBuilder::api_timeout) (`default.api.timeout.ms`). In its item:
    /// [`UNKNOWN_MEMBER_ID`](ErrorCode::UNKNOWN_MEMBER_ID) where the group has members,
    /// [`UNKNOWN_TOPIC_OR_PARTITION`](ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
    /// [`OFFSET_METADATA_TOO_LARGE`](ErrorCode::OFFSET_METADATA_TOO_LARGE), kind [`Authorize`](ErrorKind::Authorize).
    ///
    /// # Cancel safety
    /// The offsets may be set although the future was dropped.
    pub async fn alter_group_offsets<T: Into<TopicPartition>, O: Into<CommittedOffset>>(
        &self,
        group: impl AsRef<str>,
        offsets: impl IntoIterator<Item = (T, O)>,
    ) -> Result<PerItem<TopicPartition, ()>> {
        let group: Arc<str> = group.as_ref().into();
        let offsets: BTreeMap<TopicPartition, CommittedOffset> =
            offsets.into_iter().map(|(partition, offset)| (partition.into(), offset.into())).collect();
        let partitions = checked(offsets.keys().cloned())?;
        if let Some((partition, committed)) = offsets.iter().find(|(_, committed)| committed.offset < 0) {
            let text = format!("offset {} of {partition} is negative", committed.offset);
            return Err(Error::new(ErrorKind::Settings, text));
        }
        let said =
            offsets.iter().map(|(partition, committed)| (partition, (partition.partition(), committed)));
        let topics = TopicOffsets::by_topic(said, |_| Uuid::ZERO);
        let request = |version| OffsetCommitRequest {
            group_id: group.as_ref().to_owned(),
            // As nobody: no member has this.
            generation_id_or_member_epoch: -1,
            retention_time_ms: -1,
            topics: offsets_to_commit(&topics, version),
            ..Default::default()
        };
        let judge = |answer: &OffsetCommitResponse| {
            let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
            worst(partitions.map(|partition| repeatable(partition.error_code)))
        };
        let to = route(&group);
        let asked = self.cluster.ask_up_to(Some(OFFSETS_BY_NAME), &to, self.timeout(), request, judge);
        let answers = committed_codes(asked.await?);
        let what = format!("alter the offsets of group \"{group}\"");
        let deed = Deed { api: ApiKey::OFFSET_COMMIT, what: &what, group: &group, permission: "Read" };
        Ok(outcomes(&deed, partitions, answers))
    }

    /// Has a group forget what it has committed of these partitions: it goes on there as its members' `auto.offset.reset`
    /// says. Its members must not be subscribed to their topics. Needs Kafka 2.4 (KIP-496).
    ///
    /// Java: `deleteConsumerGroupOffsets`.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): a topic's name that is not legal. Kind
    /// [`Unsupported`](ErrorKind::Unsupported): the broker is too old.
    /// [`GROUP_ID_NOT_FOUND`](ErrorCode::GROUP_ID_NOT_FOUND), [`NON_EMPTY_GROUP`](ErrorCode::NON_EMPTY_GROUP) of a group
    /// whose members are no consumers, kind [`Authorize`](ErrorKind::Authorize); the coordinator could not be reached
    /// within [`api_timeout`](crate::KafkaBuilder::api_timeout) (`default.api.timeout.ms`). In its item:
    /// [`GROUP_SUBSCRIBED_TO_TOPIC`](ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC),
    /// [`UNKNOWN_TOPIC_OR_PARTITION`](ErrorCode::UNKNOWN_TOPIC_OR_PARTITION).
    ///
    /// # Cancel safety
    /// The offsets may be deleted although the future was dropped.
    pub async fn delete_group_offsets<T: Into<TopicPartition>>(
        &self,
        group: impl AsRef<str>,
        partitions: impl IntoIterator<Item = T>,
    ) -> Result<PerItem<TopicPartition, ()>> {
        let (group, partitions): (Arc<str>, _) = (group.as_ref().into(), checked(partitions)?);
        let topics = wanted(&partitions);
        let request = |_| OffsetDeleteRequest {
            group_id: group.as_ref().to_owned(),
            topics: topics
                .iter()
                .map(|topic| OffsetDeleteRequestTopic {
                    name: topic.name.as_ref().to_owned(),
                    partitions: topic
                        .partitions
                        .iter()
                        .map(|&partition_index| OffsetDeleteRequestPartition { partition_index })
                        .collect(),
                })
                .collect(),
        };
        let judge = |answer: &OffsetDeleteResponse| {
            let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
            judge(partitions.map(|partition| partition.error_code).chain([answer.error_code]))
        };
        let what = format!("delete offsets of group \"{group}\"");
        let deed = Deed { api: ApiKey::OFFSET_DELETE, what: &what, group: &group, permission: "Delete" };
        let asked = self.cluster.ask(&route(&group), self.timeout(), request, judge).await;
        let answer = asked.map_err(|error| deed.too_old(error, "2.4 (KIP-496)"))?;
        deed.accepted(answer.error_code, None)?;
        let answers = answer.topics.into_iter().map(|topic| {
            let partitions = topic.partitions.into_iter().map(|p| (p.partition_index, p.error_code));
            (topic.name, Uuid::ZERO, partitions.collect::<Vec<_>>())
        });
        Ok(outcomes(&deed, partitions, Answers::new(answers)))
    }
}

fn fetching<'a>(group: &'a str, what: &'a str) -> Deed<'a> {
    Deed { api: ApiKey::OFFSET_FETCH, what, group, permission: "Describe" }
}

/// An administrator knows no ids of topics, and the offsets of deleted ones are there too.
fn wanted(partitions: &[TopicPartition]) -> Vec<TopicOffsets<i32>> {
    let numbers = partitions.iter().map(|partition| (partition, partition.partition()));
    TopicOffsets::by_topic(numbers, |_| Uuid::ZERO)
}

fn outcomes(
    deed: &Deed<'_>,
    partitions: Vec<TopicPartition>,
    mut answers: Answers<ErrorCode>,
) -> PerItem<TopicPartition, ()> {
    let outcome = |partition: TopicPartition| {
        let code = answers.take(partition.topic(), Uuid::ZERO, partition.partition());
        let code = code.ok_or_else(|| about(deed.left_out(&partition), &partition));
        let outcome = code.and_then(|code| deed.accepted_for(&partition, code));
        (partition, outcome)
    };
    partitions.into_iter().map(outcome).collect()
}
