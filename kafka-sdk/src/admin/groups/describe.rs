//! Groups and their members, of the classic protocol and of KIP-848: each has a request of its own.

use super::super::{Admin, PerItem};
use super::words::{GroupState, GroupType};
use super::{Deed, for_each, judge, route};
use crate::cluster::CoordinatorKind;
use crate::error::{ErrorKind, Result};
use crate::model::TopicPartition;
use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_group_describe::{self as next_gen, Assignment};
use kafka_sdk_protocol::api::describe_groups::{DescribedGroup, DescribedGroupMember};
use kafka_sdk_protocol::api::{
    ApiKey, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, ConsumerProtocolAssignment,
    DescribeGroupsRequest, DescribeGroupsResponse,
};
use kafka_sdk_protocol::message::Message;
use std::sync::Arc;

/// A group, as its coordinator describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupDescription {
    /// Its id.
    pub group: String,
    /// [`GroupType::Classic`] or [`GroupType::Consumer`].
    pub kind: GroupType,
    /// What it is at.
    pub state: GroupState,
    /// What its members are: `consumer`, `connect`, …; empty of a group that only keeps offsets.
    pub protocol_type: String,
    /// By which partitions are distributed; empty while that is not decided.
    pub assignor: String,
    /// The broker that coordinates it; none where that changed just now.
    pub coordinator: Option<i32>,
    /// How often the group has changed (KIP-848).
    pub epoch: Option<i32>,
    /// The epoch of the group that partitions were distributed for last (KIP-848).
    pub assignment_epoch: Option<i32>,
    /// Who is in it.
    pub members: Vec<MemberDescription>,
}

/// A member of a group, as the coordinator describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberDescription {
    /// Its id.
    pub member_id: String,
    /// Of a static member (KIP-345); none on brokers before 2.4.
    pub instance_id: Option<String>,
    /// Its client's `client.id`.
    pub client_id: String,
    /// The address that it comes from.
    pub host: String,
    /// Which protocol it speaks. In a group that is migrated to another one, members differ.
    pub protocol: GroupType,
    /// Its rack, where it has said one (KIP-848).
    pub rack: Option<String>,
    /// How far it has come with the changes of the group (KIP-848).
    pub epoch: Option<i32>,
    /// What it has; none where that is no consumer's, as in a group of Kafka Connect.
    pub assignment: Option<Vec<TopicPartition>>,
    /// What it is to have when it has caught up (KIP-848).
    pub target: Option<Vec<TopicPartition>>,
}

impl Admin {
    /// State, members and their partitions of groups, of the classic protocol or of KIP-848's.
    ///
    /// Java: `describeConsumerGroups`.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// for (_, group) in kafka.admin().describe_groups(["billing"]).await?.all()? {
    ///     println!("{} is {}, {} members", group.group, group.state, group.members.len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// No broker answered for any of the groups within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`). What concerns one group is in its item:
    /// [`GROUP_ID_NOT_FOUND`](ErrorCode::GROUP_ID_NOT_FOUND), also where brokers before 4.0 call it dead; kind
    /// [`Authorize`](ErrorKind::Authorize); its coordinator could not be reached, and that of another one could.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn describe_groups<G: AsRef<str>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Result<PerItem<String, GroupDescription>> {
        for_each(groups, |group| self.describe_group(group)).await
    }

    pub(super) async fn describe_group(&self, group: Arc<str>) -> Result<GroupDescription> {
        let described = match self.describe_consumer_group(&group).await {
            Err(error) if is_no_answer(error.kind(), error.code()) => {
                self.describe_classic_group(&group).await
            }
            described => described,
        };
        let coordinator = self.cluster.coordinator(CoordinatorKind::Group, &group).await.ok();
        described.map(|described| GroupDescription { coordinator, ..described })
    }

    async fn describe_consumer_group(&self, group: &Arc<str>) -> Result<GroupDescription> {
        let api = ApiKey::CONSUMER_GROUP_DESCRIBE;
        let what = format!("describe group \"{group}\"");
        let deed = Deed { api, what: &what, group, permission: "Describe" };
        let request = |_| ConsumerGroupDescribeRequest {
            group_ids: vec![group.as_ref().to_owned()],
            include_authorized_operations: false,
        };
        let judge = |answer: &ConsumerGroupDescribeResponse| {
            judge(answer.groups.iter().map(|group| group.error_code))
        };
        let answer = self.cluster.ask(&route(group), self.timeout(), request, judge).await?;
        let described = answer.groups.into_iter().next().ok_or_else(|| deed.left_out("the group"))?;
        deed.accepted(described.error_code, described.error_message.as_deref())?;
        Ok(of_next_gen(described))
    }

    async fn describe_classic_group(&self, group: &Arc<str>) -> Result<GroupDescription> {
        let what = format!("describe group \"{group}\"");
        let deed = Deed { api: ApiKey::DESCRIBE_GROUPS, what: &what, group, permission: "Describe" };
        let request = |_| DescribeGroupsRequest {
            groups: vec![group.as_ref().to_owned()],
            include_authorized_operations: false,
        };
        let judge =
            |answer: &DescribeGroupsResponse| judge(answer.groups.iter().map(|group| group.error_code));
        let answer = self.cluster.ask(&route(group), self.timeout(), request, judge).await?;
        let described = answer.groups.into_iter().next().ok_or_else(|| deed.left_out("the group"))?;
        deed.accepted(described.error_code, described.error_message.as_deref())?;
        let described = of_classic(described);
        // What brokers before 4.0 say of a group that there is not.
        let is_missing = described.state == GroupState::Dead && described.members.is_empty();
        deed.accepted(if is_missing { ErrorCode::GROUP_ID_NOT_FOUND } else { ErrorCode::NONE }, None)?;
        Ok(described)
    }
}

/// Whether the broker may know the group as a classic one.
fn is_no_answer(kind: ErrorKind, code: Option<ErrorCode>) -> bool {
    kind == ErrorKind::Unsupported || code == Some(ErrorCode::GROUP_ID_NOT_FOUND)
}

fn of_next_gen(told: next_gen::DescribedGroup) -> GroupDescription {
    let member = |member: next_gen::Member| MemberDescription {
        member_id: member.member_id,
        instance_id: member.instance_id,
        client_id: member.client_id,
        host: member.client_host,
        protocol: match member.member_type {
            0 => GroupType::Classic,
            // Version 0 does not say, and has no others.
            -1 | 1 => GroupType::Consumer,
            _ => GroupType::Unknown,
        },
        rack: member.rack_id,
        epoch: Some(member.member_epoch),
        assignment: Some(partitions(member.assignment)),
        target: Some(partitions(member.target_assignment)),
    };
    GroupDescription {
        group: told.group_id,
        kind: GroupType::Consumer,
        state: GroupState::read(&told.group_state),
        protocol_type: "consumer".to_owned(),
        assignor: told.assignor_name,
        coordinator: None,
        epoch: Some(told.group_epoch),
        assignment_epoch: Some(told.assignment_epoch),
        members: told.members.into_iter().map(member).collect(),
    }
}

fn partitions(assignment: Assignment) -> Vec<TopicPartition> {
    flat(assignment.topic_partitions.into_iter().map(|topic| (topic.topic_name, topic.partitions)))
}

/// The name of each topic is shared.
fn flat(topics: impl Iterator<Item = (String, Vec<i32>)>) -> Vec<TopicPartition> {
    let mut flat: Vec<TopicPartition> = topics
        .map(|(topic, partitions)| (Arc::<str>::from(topic), partitions))
        .flat_map(|(topic, partitions)| {
            partitions.into_iter().map(move |number| TopicPartition::new(topic.clone(), number))
        })
        .collect();
    flat.sort_unstable();
    flat
}

fn of_classic(told: DescribedGroup) -> GroupDescription {
    let is_of_consumers = matches!(told.protocol_type.as_str(), "consumer" | "");
    let member = |member: DescribedGroupMember| MemberDescription {
        member_id: member.member_id,
        instance_id: member.group_instance_id,
        client_id: member.client_id,
        host: member.client_host,
        protocol: GroupType::Classic,
        rack: None,
        epoch: None,
        assignment: if is_of_consumers { assigned(&member.member_assignment) } else { None },
        target: None,
    };
    GroupDescription {
        group: told.group_id,
        kind: GroupType::Classic,
        state: GroupState::read(&told.group_state),
        protocol_type: told.protocol_type,
        assignor: told.protocol_data,
        coordinator: None,
        epoch: None,
        assignment_epoch: None,
        members: told.members.into_iter().map(member).collect(),
    }
}

/// What the group's leader wrote for a member: nothing before it has; none where it is not of a consumer's form.
fn assigned(bytes: &Bytes) -> Option<Vec<TopicPartition>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let assignment = ConsumerProtocolAssignment::decode_behind_version(bytes).ok()?;
    Some(flat(assignment.assigned_partitions.into_iter().map(|topic| (topic.topic, topic.partitions))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_member(protocol_type: &str, assignment: &'static [u8]) -> Option<Vec<TopicPartition>> {
        let member = DescribedGroupMember { member_assignment: assignment.into(), ..Default::default() };
        let told = DescribedGroup {
            protocol_type: protocol_type.to_owned(),
            group_state: "Stable".to_owned(),
            members: vec![member],
            ..Default::default()
        };
        of_classic(told).members.remove(0).assignment
    }

    #[test]
    fn bytes_that_are_no_assignment_hide_nothing_else_of_the_group() {
        // Version 0; one topic "t" with the partitions 2 and 1; no user data.
        let two = b"\0\0\0\0\0\x01\0\x01t\0\0\0\x02\0\0\0\x02\0\0\0\x01\xff\xff\xff\xff";
        let expected = vec![TopicPartition::new("t", 1), TopicPartition::new("t", 2)];
        assert_eq!(of_member("consumer", two), Some(expected));
        assert_eq!(of_member("consumer", b""), Some(Vec::new()));
        assert_eq!(of_member("consumer", b"\0\x01garbage"), None);
        assert_eq!(of_member("connect", two), None, "it means something else there");
    }

    #[test]
    fn a_group_that_the_new_api_does_not_know_may_be_a_classic_one() {
        assert!(is_no_answer(ErrorKind::Unsupported, None));
        assert!(is_no_answer(ErrorKind::Broker, Some(ErrorCode::GROUP_ID_NOT_FOUND)));
        assert!(!is_no_answer(ErrorKind::Authorize, Some(ErrorCode::GROUP_AUTHORIZATION_FAILED)));
    }
}
