//! What a cluster is: nodes, topics, partitions. No I/O and no clock in here.

mod coordinators;
mod epochs;
pub(crate) mod groups;
pub(crate) mod log;
pub(crate) mod partition;
pub(crate) mod producers;
pub(crate) mod sessions;
pub(crate) mod topic;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::records::BatchHeader;
use kafka_sdk_protocol::wire::Uuid;

use super::configs;
use super::versions::Release;
use groups::Groups;
use groups::settings::Settings;
use partition::Partition;
use sessions::Sessions;
use topic::Topic;

/// So many producers, at most, are assumed to have an id and no record in the log.
const UNSEEN_PRODUCERS: i64 = 1000;

/// A cluster.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) release: Release,
    pub(crate) cluster_id: String,
    pub(crate) nodes: Vec<Member>,
    /// What the brokers are set to.
    pub(crate) properties: BTreeMap<String, String>,
    topics: BTreeMap<String, Topic>,
    names: HashMap<Uuid, String>,
    next_producer_id: i64,
    groups: Groups,
    /// Where the replicas of the next new topic begin.
    turn: usize,
}

/// A node, as the others see it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: i32,
    pub(crate) port: u16,
    /// Each of several nodes is in a rack of its own.
    pub(crate) rack: Option<String>,
    pub(crate) is_up: bool,
    pub(crate) sessions: Sessions,
}

impl State {
    pub(crate) fn new(release: Release, ports: &[u16], properties: BTreeMap<String, String>) -> Self {
        let rack = |id| (ports.len() > 1).then(|| format!("rack-{id}"));
        let member =
            |(id, &port)| Member { id, port, rack: rack(id), is_up: true, sessions: Sessions::default() };
        let groups = Groups::new(Settings::new(release.number, &properties));
        Self {
            release,
            cluster_id: Uuid(fastrand::u128(..).to_be_bytes()).to_string(),
            nodes: (1..).zip(ports).map(member).collect(),
            properties,
            topics: BTreeMap::new(),
            names: HashMap::new(),
            next_producer_id: 0,
            groups,
            turn: 0,
        }
    }

    pub(crate) fn topics(&self) -> &BTreeMap<String, Topic> {
        &self.topics
    }

    pub(crate) fn topic(&self, name: &str) -> Result<&Topic, ErrorCode> {
        self.topics.get(name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }

    pub(crate) fn topic_mut(&mut self, name: &str) -> Result<&mut Topic, ErrorCode> {
        self.topics.get_mut(name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }

    pub(crate) fn partition(&self, topic: &str, index: i32) -> Result<&Partition, ErrorCode> {
        self.topic(topic)?.partition(index).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }

    pub(crate) fn partition_mut(&mut self, topic: &str, index: i32) -> Result<&mut Partition, ErrorCode> {
        self.topic_mut(topic)?.partition_mut(index).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }

    /// The name of the topic with that id.
    pub(crate) fn name_of(&self, id: Uuid) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// The ids of the nodes that are up.
    pub(crate) fn up(&self) -> impl Iterator<Item = i32> {
        self.nodes.iter().filter(|node| node.is_up).map(|node| node.id)
    }

    pub(crate) fn is_up(&self, id: i32) -> bool {
        self.up().any(|up| up == id)
    }

    pub(crate) fn sessions(&mut self, id: i32) -> Option<&mut Sessions> {
        self.nodes.iter_mut().find(|node| node.id == id).map(|node| &mut node.sessions)
    }

    /// The node that rules: the first that is up.
    pub(crate) fn controller(&self) -> i32 {
        self.up().next().unwrap_or(partition::NOBODY)
    }

    /// What the brokers are set to, as a number.
    pub(crate) fn number(&self, property: &str) -> i64 {
        configs::property(&self.properties, property).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Whether the brokers are set to `true`.
    pub(crate) fn is_set(&self, property: &str) -> bool {
        configs::property(&self.properties, property) == Some("true")
    }

    /// What a topic is set to, by itself or by the brokers.
    pub(crate) fn topic_config<'a>(&'a self, topic: &'a Topic, key: &str) -> &'a str {
        let own = topic.configs.get(key).map(String::as_str);
        own.or_else(|| configs::of_topic(self.release.number, &self.properties, key)).unwrap_or_default()
    }

    /// As [`Self::topic_config`], as a number.
    pub(crate) fn topic_number(&self, topic: &Topic, key: &str) -> i64 {
        self.topic_config(topic, key).parse().unwrap_or_default()
    }

    /// As [`Self::topic_number`]; what the release does not have is no limit.
    pub(crate) fn topic_limit(&self, topic: &Topic, key: &str) -> i64 {
        self.topic_config(topic, key).parse().unwrap_or(i64::MAX)
    }

    /// Spreads `count` partitions of `factor` replicas over all nodes.
    pub(crate) fn spread(&mut self, count: usize, factor: usize) -> Vec<Vec<i32>> {
        let ids: Vec<i32> = self.nodes.iter().map(|node| node.id).collect();
        let from = self.turn;
        self.turn = (from + 1) % ids.len();
        let replicas =
            |first: usize| ids.iter().cycle().skip(first % ids.len()).take(factor).copied().collect();
        (from..from + count).map(replicas).collect()
    }

    /// Adds a topic. The caller has checked all of it.
    pub(crate) fn add_topic(
        &mut self,
        name: &str,
        id: Uuid,
        replicas: Vec<Vec<i32>>,
        configs: BTreeMap<String, String>,
    ) {
        let partitions = replicas.into_iter().map(|ids| Partition::new(ids, |id| self.is_up(id))).collect();
        self.names.insert(id, name.into());
        self.topics.insert(name.into(), Topic { id, partitions, configs });
    }

    /// Adds partitions to a topic.
    pub(crate) fn add_partitions(&mut self, name: &str, replicas: Vec<Vec<i32>>) {
        let more: Vec<Partition> =
            replicas.into_iter().map(|ids| Partition::new(ids, |id| self.is_up(id))).collect();
        if let Some(topic) = self.topics.get_mut(name) {
            topic.partitions.extend(more);
        }
    }

    pub(crate) fn remove_topic(&mut self, name: &str) -> Option<Topic> {
        let topic = self.topics.remove(name)?;
        self.names.remove(&topic.id);
        self.groups.forget_topic(name);
        Some(topic)
    }

    pub(crate) fn new_producer_id(&mut self) -> i64 {
        let id = self.next_producer_id;
        self.next_producer_id += 1;
        id
    }

    /// Puts records into a new partition that were in its log before. Its leader's epoch begins now.
    pub(crate) fn restore(
        &mut self,
        topic: &str,
        index: i32,
        start: i64,
        epoch: i32,
        batches: Vec<(BatchHeader, Bytes)>,
    ) {
        let ids = batches.iter().map(|(header, _)| header.producer.id);
        // Ids beyond may have been given out too, to producers that have written nothing yet.
        let used = ids.max().map_or(0, |id| id + UNSEEN_PRODUCERS);
        self.next_producer_id = self.next_producer_id.max(used);
        if let Ok(partition) = self.partition_mut(topic, index) {
            partition.restore(start, epoch, batches);
        }
    }

    /// A node is gone: what it led is led by others that are in sync.
    pub(crate) fn lose(&mut self, id: i32) {
        self.set_up(id, false);
        self.sessions(id).into_iter().for_each(|sessions| *sessions = Sessions::default());
        self.partitions_mut().for_each(|partition| partition.lose(id));
    }

    /// A node is back.
    pub(crate) fn regain(&mut self, id: i32) {
        self.set_up(id, true);
        self.partitions_mut().for_each(|partition| partition.regain(id));
    }

    fn set_up(&mut self, id: i32, is_up: bool) {
        self.nodes.iter_mut().filter(|node| node.id == id).for_each(|node| node.is_up = is_up);
    }

    fn partitions_mut(&mut self) -> impl Iterator<Item = &mut Partition> {
        self.topics.values_mut().flat_map(|topic| &mut topic.partitions)
    }
}

/// An id for a topic; never the one that means none.
pub(crate) fn new_topic_id() -> Uuid {
    Uuid((fastrand::u128(..) | 1).to_be_bytes())
}
