//! Which node coordinates which group: the leader of the partition that the group's offsets belong to.

use std::collections::BTreeMap;

use kafka_sdk_protocol::ErrorCode;

use super::groups::classic::java_hash;
use super::groups::consumer::Topics;
use super::groups::settings::Settings;
use super::groups::{Group, Groups};
use super::{State, new_topic_id};

/// Kafka's topic of offsets and groups. Here it decides who coordinates, and holds nothing.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";

impl State {
    /// Creates the topic of offsets, when a coordinator is first asked for.
    pub(crate) fn create_offsets_topic(&mut self) -> bool {
        if self.topics.contains_key(OFFSETS_TOPIC) {
            return false;
        }
        let positive = |number: i64| usize::try_from(number).unwrap_or(1).max(1);
        let count = positive(self.number("offsets.topic.num.partitions"));
        let factor = positive(self.number("offsets.topic.replication.factor")).min(self.nodes.len());
        let segment = self.number("offsets.topic.segment.bytes").to_string();
        let configs =
            [("cleanup.policy", "compact"), ("compression.type", "producer"), ("segment.bytes", &segment)];
        let configs: BTreeMap<String, String> =
            configs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let replicas = self.spread(count, factor);
        self.add_topic(OFFSETS_TOPIC, new_topic_id(), replicas, configs);
        true
    }

    /// The node that coordinates a group.
    pub(crate) fn coordinator(&self, group: &str) -> Result<i32, ErrorCode> {
        let partitions =
            &self.topic(OFFSETS_TOPIC).map_err(|_| ErrorCode::COORDINATOR_NOT_AVAILABLE)?.partitions;
        let hash = java_hash(group).checked_abs().unwrap_or_default();
        let index = usize::try_from(hash).unwrap_or_default() % partitions.len().max(1);
        let leader = partitions.get(index).map(|partition| partition.leader);
        leader.filter(|&leader| self.is_up(leader)).ok_or(ErrorCode::COORDINATOR_NOT_AVAILABLE)
    }

    /// Whether a node coordinates a group.
    pub(crate) fn check_coordinator(&self, group: &str, node: i32) -> Result<(), ErrorCode> {
        if self.coordinator(group) == Ok(node) { Ok(()) } else { Err(ErrorCode::NOT_COORDINATOR) }
    }

    /// What groups go by.
    pub(crate) fn group_settings(&self) -> Settings {
        self.groups.settings
    }

    /// A group, as it was when somebody last asked for it or time came.
    pub(crate) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id)
    }

    /// All groups with their ids.
    pub(crate) fn all_groups(&self) -> impl Iterator<Item = (&str, &Group)> {
        self.groups.all()
    }

    /// The groups, as they are by now.
    pub(crate) fn groups(&mut self, now: i64) -> &mut Groups {
        self.groups.advance(&self.topics, now);
        &mut self.groups
    }

    /// The groups as they are by now, and all topics.
    pub(crate) fn groups_and_topics(&mut self, now: i64) -> (&mut Groups, &Topics) {
        self.groups.advance(&self.topics, now);
        (&mut self.groups, &self.topics)
    }

    /// When there is something to do with groups though nobody asks. Where no node is up, there is not.
    pub(crate) fn groups_due(&self) -> Option<i64> {
        self.groups.due().filter(|_| self.up().next().is_some())
    }

    /// Nodes have come or gone: groups may have other coordinators, which have heard of no member yet.
    pub(crate) fn groups_move(&mut self, now: i64) {
        self.groups.renew_sessions(now);
    }
}
