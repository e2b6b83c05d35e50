//! One of the two clusters: asks it, and takes out of its answers what may differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_group_describe::Assignment;
use kafka_sdk_protocol::api::consumer_group_heartbeat::RequestTopicPartitions;
use kafka_sdk_protocol::api::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_sdk_protocol::api::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kafka_sdk_protocol::api::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use kafka_sdk_protocol::api::{
    ConsumerGroupDescribeRequest, ConsumerGroupHeartbeatRequest, ConsumerProtocolAssignment,
    DeleteGroupsRequest, DescribeGroupsRequest, FindCoordinatorRequest, ListGroupsRequest,
    OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest,
};
use kafka_sdk_protocol::message::Message;
use kafka_sdk_protocol::wire::Uuid;
use tokio::time::{Instant, sleep};

use super::script::{Epoch, Op, Owned, SLOTS, Topics, UNIFORM, group};
use crate::common::Client;

/// How long a real broker may take until it coordinates.
const READY_WITHIN: Duration = Duration::from_secs(40);

type Partitions = BTreeMap<Uuid, BTreeSet<i32>>;

/// A cluster.
pub(in crate::differential) struct Side {
    client: Client,
    prefix: String,
    topics: [(&'static str, Uuid); 2],
    members: [Member; SLOTS],
    /// What members are called whose ids the broker has made.
    pub(in crate::differential) labels: BTreeMap<String, String>,
}

/// What a member knows of itself.
#[derive(Default)]
struct Member {
    /// How often it has joined: each time under another id if it is static.
    joined: usize,
    epoch: i32,
    told: Partitions,
    before: Partitions,
}

impl Side {
    pub(in crate::differential) async fn connect(address: &str, seed: u64) -> io::Result<Self> {
        let mut client = Client::connect(address).await?;
        let mut topics = [("kept", Uuid::ZERO), ("other", Uuid::ZERO)];
        for (name, id) in &mut topics {
            *id = client.metadata(&[name]).await?.topics[0].topic_id;
        }
        let prefix = format!("consumers-{seed}-");
        Ok(Self { client, prefix, topics, members: Default::default(), labels: BTreeMap::new() })
    }

    /// As the other side was told: what passes is asked again.
    pub(in crate::differential) async fn agree(&mut self, op: &Op, expected: &str) -> io::Result<String> {
        let begin = Instant::now();
        loop {
            let told = self.step(op).await?;
            let passing = [ErrorCode::COORDINATOR_NOT_AVAILABLE, ErrorCode::NOT_COORDINATOR];
            let passes = passing.iter().any(|code| told.contains(&format!("{code:?}")))
                || told.contains(&format!("{:?}", ErrorCode::COORDINATOR_LOAD_IN_PROGRESS));
            if told == expected || !passes || begin.elapsed() > READY_WITHIN {
                return Ok(told);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What a member was told it has.
    pub(in crate::differential) fn assigned(&self, slot: usize) -> Vec<(&'static str, Vec<i32>)> {
        let of_topic = |(id, all): (&Uuid, &BTreeSet<i32>)| (self.name(*id), all.iter().copied().collect());
        self.members[slot].told.iter().map(of_topic).collect()
    }

    /// What somebody is called.
    pub(in crate::differential) fn label(&self, id: &str) -> String {
        self.labels.get(id).map_or_else(|| id.to_owned(), String::clone)
    }

    pub(in crate::differential) fn group(&self, index: usize) -> String {
        format!("{}{index}", self.prefix)
    }

    fn name(&self, id: Uuid) -> &'static str {
        self.topics.iter().find(|(_, known)| *known == id).map_or("", |(name, _)| name)
    }

    fn topic_id(&self, name: &str) -> Uuid {
        self.topics.iter().find(|(known, _)| *known == name).map_or(Uuid::ZERO, |(_, id)| *id)
    }

    /// Static members come back under another id.
    fn id(&self, slot: usize, is_static: bool) -> String {
        if is_static { format!("m{slot}.{}", self.members[slot].joined) } else { format!("m{slot}") }
    }

    fn epoch(&self, slot: usize, epoch: Epoch) -> i32 {
        match epoch {
            Epoch::Join => 0,
            // It may be the epoch of one that joins, but is not meant so.
            Epoch::Own(by) => (self.members[slot].epoch + by).max(1),
            Epoch::Leave => -1,
            Epoch::LeaveForAWhile => -2,
            Epoch::Nonsense => -3,
        }
    }

    pub(in crate::differential) async fn step(&mut self, op: &Op) -> io::Result<String> {
        match op {
            Op::Beat { .. } => self.beat(op).await,
            Op::Commit { .. } | Op::Fetch { .. } | Op::DeleteOffset { .. } => self.offsets(op).await,
            _ => self.look_at(op).await,
        }
    }

    async fn beat(&mut self, op: &Op) -> io::Result<String> {
        let Op::Beat { slot, epoch, topics, assignor, owned, is_static, version } = *op else {
            return Ok(String::new());
        };
        let member = &self.members[slot];
        let owned = match owned {
            Owned::Unsaid => None,
            Owned::Nothing => Some(Partitions::new()),
            Owned::Told => Some(member.told.clone()),
            Owned::Before => Some(member.before.clone()),
        };
        let of_topic = |(topic_id, all): (Uuid, BTreeSet<i32>)| RequestTopicPartitions {
            topic_id,
            partitions: all.into_iter().collect(),
        };
        let joins = epoch == Epoch::Join;
        if joins {
            self.members[slot].joined += 1;
        }
        let request = ConsumerGroupHeartbeatRequest {
            group_id: self.group(group(slot)),
            member_id: self.id(slot, is_static),
            member_epoch: self.epoch(slot, epoch),
            instance_id: is_static.then(|| format!("i{slot}")),
            rebalance_timeout_ms: if joins { 60_000 } else { -1 },
            subscribed_topic_names: match topics {
                Some(Topics::Names(names)) => Some(names.iter().map(|&name| name.to_owned()).collect()),
                _ => None,
            },
            subscribed_topic_regex: match topics {
                Some(Topics::Pattern(pattern)) if version > 0 => Some(pattern.into()),
                _ => None,
            },
            server_assignor: assignor.map(str::to_owned),
            topic_partitions: owned.map(|owned| owned.into_iter().map(of_topic).collect()),
            ..Default::default()
        };
        let mut answer = self.client.ask(&request, version).await?;
        answer.error_message = None;
        if joins && answer.error_code != ErrorCode::NONE {
            self.members[slot].joined -= 1;
        }
        let told = answer.assignment.take().map(|it| {
            let of_topic = it.topic_partitions.into_iter();
            of_topic.map(|it| (it.topic_id, it.partitions.into_iter().collect())).collect::<Partitions>()
        });
        let shown = told.as_ref().map(|told| self.shown(told, group(slot)));
        let member = &mut self.members[slot];
        if answer.error_code == ErrorCode::NONE {
            member.epoch = answer.member_epoch.max(0);
        }
        if let Some(told) = told {
            member.before = std::mem::replace(&mut member.told, told);
        }
        Ok(format!("{answer:?} {shown:?}"))
    }

    fn shown(&self, partitions: &Partitions, group: usize) -> String {
        if group == UNIFORM.0 {
            return format!("{} partitions", partitions.values().map(BTreeSet::len).sum::<usize>());
        }
        let named: BTreeMap<&str, &BTreeSet<i32>> =
            partitions.iter().map(|(id, all)| (self.name(*id), all)).collect();
        format!("{named:?}")
    }

    async fn offsets(&mut self, op: &Op) -> io::Result<String> {
        match *op {
            Op::Commit { slot, epoch, topic, partition: partition_index, version } => {
                let partitions = vec![OffsetCommitRequestPartition {
                    partition_index,
                    committed_offset: 5,
                    ..Default::default()
                }];
                let by_id = version >= 10;
                let topic = OffsetCommitRequestTopic {
                    name: if by_id { String::new() } else { topic.into() },
                    topic_id: if by_id { self.topic_id(topic) } else { Uuid::ZERO },
                    partitions,
                };
                let request = OffsetCommitRequest {
                    group_id: self.group(group(slot)),
                    member_id: self.id(slot, group(slot) == 1),
                    generation_id_or_member_epoch: self.epoch(slot, epoch),
                    topics: vec![topic],
                    ..Default::default()
                };
                let mut answer = self.client.ask(&request, version).await?;
                answer.topics.iter_mut().for_each(|topic| topic.topic_id = Uuid::ZERO);
                shown(&answer)
            }
            Op::Fetch { slot, epoch, version } => {
                let by_id = version >= 10;
                let topic = |&(name, id): &(&str, Uuid)| OffsetFetchRequestTopics {
                    name: if by_id { String::new() } else { name.into() },
                    topic_id: if by_id { id } else { Uuid::ZERO },
                    partition_indexes: vec![0, 1],
                };
                let group = OffsetFetchRequestGroup {
                    group_id: self.group(group(slot)),
                    member_id: epoch.map(|_| self.id(slot, group(slot) == 1)),
                    member_epoch: epoch.map_or(-1, |epoch| self.epoch(slot, epoch)),
                    topics: Some(self.topics.iter().map(topic).collect()),
                };
                let request = OffsetFetchRequest { groups: vec![group], ..Default::default() };
                let mut answer = self.client.ask(&request, version).await?;
                for topic in answer.groups.iter_mut().flat_map(|group| &mut group.topics) {
                    topic.topic_id = Uuid::ZERO;
                }
                shown(&answer)
            }
            Op::DeleteOffset { group, topic } => {
                let partitions = vec![OffsetDeleteRequestPartition { partition_index: 0 }];
                let topics = vec![OffsetDeleteRequestTopic { name: topic.into(), partitions }];
                shown(
                    &self.client.ask(&OffsetDeleteRequest { group_id: self.group(group), topics }, 0).await?,
                )
            }
            _ => Ok(String::new()),
        }
    }

    async fn look_at(&mut self, op: &Op) -> io::Result<String> {
        match op {
            Op::Find => {
                let coordinator_keys = (0..4).map(|index| self.group(index)).collect();
                let request = FindCoordinatorRequest { coordinator_keys, ..Default::default() };
                let mut answer = self.client.ask(&request, 4).await?;
                answer.coordinators.iter_mut().for_each(|it| it.port = it.port.min(1));
                shown(&answer)
            }
            Op::Describe { groups, version } => self.describe(groups, *version).await,
            Op::DescribeClassic { group, version } => {
                let request =
                    DescribeGroupsRequest { groups: vec![self.group(*group)], ..Default::default() };
                let mut answer = self.client.ask(&request, *version).await?;
                let mut text = String::new();
                for group in &mut answer.groups {
                    group.error_message = None;
                    for member in &mut group.members {
                        member.member_id = self.label(&member.member_id);
                        text += &assigned(&std::mem::take(&mut member.member_assignment));
                    }
                }
                Ok(format!("{answer:?} {text}"))
            }
            Op::List { types } => {
                let types_filter = types.iter().map(|&text| text.to_owned()).collect();
                let request = ListGroupsRequest { types_filter, ..Default::default() };
                let mut answer = self.client.ask(&request, 5).await?;
                answer.groups.retain(|group| group.group_id.starts_with(&self.prefix));
                answer.groups.sort_by(|one, other| one.group_id.cmp(&other.group_id));
                shown(&answer)
            }
            Op::Delete { group } => {
                let request = DeleteGroupsRequest { groups_names: vec![self.group(*group)] };
                shown(&self.client.ask(&request, 2).await?)
            }
            _ => Ok(String::new()),
        }
    }

    async fn describe(&mut self, groups: &[usize], version: i16) -> io::Result<String> {
        let group_ids = groups.iter().map(|&index| self.group(index)).collect();
        let request = ConsumerGroupDescribeRequest { group_ids, include_authorized_operations: true };
        let mut answer = self.client.ask(&request, version).await?;
        answer.groups.sort_by(|one, other| one.group_id.cmp(&other.group_id));
        let mut text = String::new();
        for group in &mut answer.groups {
            group.error_message = None;
            let index = groups.iter().find(|&&index| self.group(index) == group.group_id).copied();
            group.members.iter_mut().for_each(|member| member.member_id = self.label(&member.member_id));
            group.members.sort_by(|one, other| one.member_id.cmp(&other.member_id));
            for member in &mut group.members {
                member.subscribed_topic_names.sort();
                for assignment in [&mut member.assignment, &mut member.target_assignment] {
                    let taken = std::mem::take(assignment);
                    text += &format!("{} ", self.shown(&partitions(taken), index.unwrap_or_default()));
                }
            }
        }
        Ok(format!("{answer:?} {text}"))
    }
}

fn partitions(assignment: Assignment) -> Partitions {
    assignment
        .topic_partitions
        .into_iter()
        .map(|it| (it.topic_id, it.partitions.into_iter().collect()))
        .collect()
}

/// What the bytes of an assignment say.
pub(in crate::differential) fn assigned(bytes: &Bytes) -> String {
    let Ok(told) = ConsumerProtocolAssignment::decode_behind_version(bytes) else {
        return format!("{bytes:?}");
    };
    let topics = told.assigned_partitions.into_iter();
    let topics: BTreeMap<String, BTreeSet<i32>> =
        topics.map(|it| (it.topic, it.partitions.into_iter().collect())).collect();
    format!("version {:?}: {topics:?} {:?}", &bytes[..2], told.user_data)
}

fn shown(answer: &impl Debug) -> io::Result<String> {
    Ok(format!("{answer:?}"))
}
