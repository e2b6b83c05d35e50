//! What is told of a group of the consumer protocol.

use std::collections::BTreeSet;

use kafka_sdk_protocol::api::consumer_group_describe::{
    Assignment, DescribedGroup, Member as DescribedMember, TopicPartitions,
};

use super::member::Member;
use super::{Consumer, Partitions, Topics};

/// From this version on, members have types.
const WITH_TYPES: i16 = 1;

impl Consumer {
    /// Where the group stands.
    pub(crate) fn state(&self) -> &'static str {
        if self.is_empty() {
            "Empty"
        } else if self.epoch > self.target_epoch {
            "Assigning"
        } else if self.members.values().all(|member| member.is_at(self.target_epoch)) {
            "Stable"
        } else {
            "Reconciling"
        }
    }

    /// All but its id.
    pub(crate) fn describe(&self, topics: &Topics, version: i16) -> DescribedGroup {
        let none = Partitions::new();
        let describe = |member: &Member| DescribedMember {
            member_id: member.id.clone(),
            instance_id: member.instance.clone(),
            rack_id: member.rack.clone(),
            member_epoch: member.epoch,
            client_id: member.client.id.clone(),
            client_host: member.client.host.clone(),
            subscribed_topic_names: member.names.iter().cloned().collect(),
            subscribed_topic_regex: Some(member.pattern.clone().unwrap_or_default()),
            assignment: assignment(&had(member), topics),
            target_assignment: assignment(self.target.get(&member.id).unwrap_or(&none), topics),
            member_type: if version >= WITH_TYPES { i8::from(member.classic.is_none()) } else { -1 },
        };
        DescribedGroup {
            group_state: self.state().into(),
            group_epoch: self.epoch,
            assignment_epoch: self.target_epoch,
            assignor_name: self.assignor().into(),
            members: self.members.values().map(describe).collect(),
            ..Default::default()
        }
    }
}

/// What a member has, and has not given up yet.
fn had(member: &Member) -> Partitions {
    let mut had = member.partitions();
    for (topic, revoking) in &member.revoking {
        had.entry(*topic).or_default().extend(revoking);
    }
    had
}

fn assignment(partitions: &Partitions, topics: &Topics) -> Assignment {
    let of_topic = |(&topic_id, all): (&_, &BTreeSet<i32>)| {
        let (name, _) = topics.iter().find(|(_, topic)| topic.id == topic_id)?;
        let (topic_name, partitions) = (name.clone(), all.iter().copied().collect());
        Some(TopicPartitions { topic_id, topic_name, partitions })
    };
    Assignment { topic_partitions: partitions.iter().filter_map(of_topic).collect() }
}
