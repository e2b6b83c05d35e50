//! One of the two clusters: asks it, and takes out of its answers what may differ.

use std::collections::HashMap;
use std::fmt::Debug;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;
use kafka_sdk_protocol::api::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_sdk_protocol::api::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kafka_sdk_protocol::api::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;
use kafka_sdk_protocol::api::{
    ConsumerProtocolSubscription, DeleteGroupsRequest, DescribeGroupsRequest, FindCoordinatorRequest,
    HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest, OffsetCommitRequest,
    OffsetDeleteRequest, OffsetFetchRequest, SyncGroupRequest,
};
use kafka_sdk_protocol::message::Message;
use kafka_sdk_protocol::wire::Uuid;
use tokio::time::{Instant, sleep};

use super::script::{Generation, LISTS, Op, Place, Protocol, group};
use super::slots::{Heard, Slots};
use super::{MOMENT, SOON};
use crate::common::Client;

/// How long a real broker may take until it coordinates.
const READY_WITHIN: Duration = Duration::from_secs(40);
const TOPICS: [&str; 3] = ["kept", "other", "no.such"];

/// A cluster.
pub(super) struct Side {
    client: Client,
    pub(super) slots: Slots,
    /// Names of groups begin with that.
    prefix: String,
    ids: HashMap<&'static str, Uuid>,
}

impl Side {
    pub(super) async fn connect(address: &str, seed: u64) -> io::Result<Self> {
        let mut client = Client::connect(address).await?;
        let mut ids = HashMap::from([("no.such", Uuid([7; 16]))]);
        for topic in ["kept", "other"] {
            let seen = client.old_metadata(topic).await?;
            ids.insert(topic, seen);
        }
        let slots = Slots::connect(address).await?;
        Ok(Self { client, slots, prefix: format!("groups-{seed}-"), ids })
    }

    /// As the other side was told: what passes is asked again, and what has to come is waited for.
    pub(super) async fn agree(&mut self, op: &Op, expected: &Heard) -> io::Result<Heard> {
        let begin = Instant::now();
        loop {
            let heard = match self.step(op).await? {
                Heard::Nothing(slot) => {
                    let within = if matches!(expected, Heard::Nothing(_)) { MOMENT } else { SOON };
                    self.slots.look(slot, within).await?
                }
                heard => heard,
            };
            let passes = matches!(&heard, Heard::Answer(text) if is_passing(text));
            if heard == *expected || !passes || begin.elapsed() > READY_WITHIN {
                return Ok(heard);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn group(&self, index: usize) -> String {
        if index == 4 { String::new() } else { format!("{}{index}", self.prefix) }
    }

    fn groups(&self, all: &[usize]) -> Vec<String> {
        all.iter().map(|&index| self.group(index)).collect()
    }

    /// Asks. What a member is told that may have to wait is looked for later.
    pub(super) async fn step(&mut self, op: &Op) -> io::Result<Heard> {
        match op {
            Op::Join { .. } | Op::Sync { .. } => self.enter(op).await,
            Op::Commit { .. } | Op::Fetch { .. } | Op::DeleteOffset { .. } => self.offsets(op).await,
            Op::Describe { .. } | Op::List { .. } | Op::Delete { .. } | Op::Find { .. } => {
                self.look_at(op).await
            }
            Op::Heartbeat { slot, id, generation, instance, version } => {
                let request = HeartbeatRequest {
                    group_id: self.group(group(*slot)),
                    generation_id: self.slots.generation(*slot) + generation,
                    member_id: self.slots.id(*slot, *id),
                    group_instance_id: instance.map(str::to_owned),
                };
                shown(&self.client.ask(&request, *version).await?)
            }
            Op::Leave { slots, version } => {
                let member = |&(slot, id, instance): &(usize, _, Option<&str>)| MemberIdentity {
                    member_id: self.slots.id(slot, id),
                    group_instance_id: instance.map(str::to_owned),
                    reason: None,
                };
                let members: Vec<MemberIdentity> = slots.iter().map(member).collect();
                let group_id = self.group(group(slots[0].0));
                let request = if *version >= 3 {
                    LeaveGroupRequest { group_id, members, ..Default::default() }
                } else {
                    LeaveGroupRequest {
                        group_id,
                        member_id: members[0].member_id.clone(),
                        members: Vec::new(),
                    }
                };
                let mut answer = self.client.ask(&request, *version).await?;
                for member in &mut answer.members {
                    member.member_id = self.slots.label(&member.member_id);
                }
                shown(&answer)
            }
        }
    }

    async fn enter(&mut self, op: &Op) -> io::Result<Heard> {
        match *op {
            Op::Join { slot, id, instance, list, session, version } => {
                let protocol = |(at, name): (usize, &&str)| {
                    Ok(JoinGroupRequestProtocol { name: (*name).into(), metadata: subscription(at, slot)? })
                };
                let member_id = self.slots.id(slot, id);
                if self.slots.would_double(slot, &member_id, instance) {
                    return Ok(Heard::Closed);
                }
                let request = JoinGroupRequest {
                    group_id: self.group(group(slot)),
                    session_timeout_ms: session,
                    rebalance_timeout_ms: if version == 0 { -1 } else { 60_000 },
                    member_id,
                    group_instance_id: instance.map(str::to_owned),
                    protocol_type: "consumer".into(),
                    protocols: LISTS[list].iter().enumerate().map(protocol).collect::<io::Result<_>>()?,
                    reason: None,
                };
                self.slots.join(slot, &request, version).await?;
                Ok(Heard::Nothing(slot))
            }
            Op::Sync { slot, .. } if self.slots.is_nobody_yet(slot) => Ok(Heard::Closed),
            Op::Sync { slot, id, generation, instance, protocol, version } => {
                let own = |slot: usize| SyncGroupRequestAssignment {
                    member_id: self.slots.id(slot, super::script::Named::Own),
                    assignment: Bytes::from(format!("share of {slot}")),
                };
                let name = match protocol {
                    Protocol::Own => Some("range"),
                    Protocol::Other => Some("nonsense"),
                    Protocol::Unnamed => None,
                };
                let names = version >= 5;
                let request = SyncGroupRequest {
                    group_id: self.group(group(slot)),
                    generation_id: self.slots.generation(slot) + generation,
                    member_id: self.slots.id(slot, id),
                    group_instance_id: instance.map(str::to_owned),
                    protocol_type: name.filter(|_| names).map(|_| "consumer".into()),
                    protocol_name: name.filter(|_| names).map(str::to_owned),
                    assignments: vec![own(slot), own(slot ^ 1)],
                };
                self.slots.sync(slot, &request, version).await?;
                Ok(Heard::Nothing(slot))
            }
            _ => Ok(Heard::Closed),
        }
    }

    fn topic_id(&self, topic: &str, version: i16) -> Uuid {
        if version >= 10 { self.ids.get(topic).copied().unwrap_or_default() } else { Uuid::ZERO }
    }

    fn topic_name(&self, id: Uuid, name: &str) -> String {
        let known = self.ids.iter().find(|(_, known)| **known == id && !id.is_zero());
        known.map_or_else(|| name.to_owned(), |(name, _)| (*name).to_owned())
    }

    async fn offsets(&mut self, op: &Op) -> io::Result<Heard> {
        match op {
            Op::Commit { slot, id, generation, offset, place, version } => {
                let topic = |&(topic, partition_index, metadata): &Place| OffsetCommitRequestTopic {
                    name: if *version >= 10 { String::new() } else { topic.into() },
                    topic_id: self.topic_id(topic, *version),
                    partitions: vec![OffsetCommitRequestPartition {
                        partition_index,
                        committed_offset: *offset,
                        committed_leader_epoch: if *version >= 6 { 0 } else { -1 },
                        committed_metadata: Some("x".repeat(metadata)),
                    }],
                };
                let also = ("kept", 0, 0);
                let mut topics = vec![topic(place)];
                if place.0 != also.0 {
                    topics.push(topic(&also));
                }
                let request = OffsetCommitRequest {
                    group_id: self.group(group(*slot)),
                    generation_id_or_member_epoch: match generation {
                        Generation::Own(by) => self.slots.generation(*slot) + by,
                        Generation::None => -1,
                    },
                    member_id: self.slots.id(*slot, *id),
                    topics,
                    ..Default::default()
                };
                let mut answer = self.client.ask(&request, *version).await?;
                for topic in &mut answer.topics {
                    topic.name = self.topic_name(topic.topic_id, &topic.name);
                    topic.topic_id = Uuid::ZERO;
                }
                // Kafka 2.1 has them in the order of a hash map.
                answer.topics.sort_by(|one, other| one.name.cmp(&other.name));
                shown(&answer)
            }
            Op::Fetch { groups, all, version } => self.fetch(groups, *all, *version).await,
            Op::DeleteOffset { group, place: (topic, partition_index, _) } => {
                let partitions = vec![OffsetDeleteRequestPartition { partition_index: *partition_index }];
                let topics = vec![OffsetDeleteRequestTopic { name: (*topic).into(), partitions }];
                shown(
                    &self
                        .client
                        .ask(&OffsetDeleteRequest { group_id: self.group(*group), topics }, 0)
                        .await?,
                )
            }
            _ => Ok(Heard::Closed),
        }
    }

    async fn fetch(&mut self, groups: &[usize], all: bool, version: i16) -> io::Result<Heard> {
        let wanted = |topic: &'static str| OffsetFetchRequestTopics {
            name: if version >= 10 { String::new() } else { topic.into() },
            topic_id: self.topic_id(topic, version),
            partition_indexes: vec![1, 0, 2],
        };
        let topics = (!all || version < 2).then(|| TOPICS.into_iter().map(wanted).collect::<Vec<_>>());
        let request = if version >= 8 {
            let group = |&index: &usize| OffsetFetchRequestGroup {
                group_id: self.group(index),
                topics: topics.clone(),
                ..Default::default()
            };
            let groups = groups.iter().map(group).collect();
            OffsetFetchRequest { groups, require_stable: true, ..Default::default() }
        } else {
            let named = |topic: OffsetFetchRequestTopics| OffsetFetchRequestTopic {
                name: topic.name,
                partition_indexes: topic.partition_indexes,
            };
            let topics = topics.map(|topics| topics.into_iter().map(named).collect());
            let group_id = self.group(groups.first().copied().unwrap_or_default());
            OffsetFetchRequest { group_id, topics, require_stable: version >= 7, ..Default::default() }
        };
        let mut answer = self.client.ask(&request, version).await?;
        for topic in answer.groups.iter_mut().flat_map(|group| &mut group.topics) {
            topic.name = self.topic_name(topic.topic_id, &topic.name);
            topic.topic_id = Uuid::ZERO;
            topic.partitions.sort_by_key(|partition| partition.partition_index);
        }
        answer
            .groups
            .iter_mut()
            .for_each(|group| group.topics.sort_by(|one, other| one.name.cmp(&other.name)));
        answer.groups.sort_by(|one, other| one.group_id.cmp(&other.group_id));
        answer.topics.sort_by(|one, other| one.name.cmp(&other.name));
        answer.topics.iter_mut().for_each(|topic| topic.partitions.sort_by_key(|it| it.partition_index));
        shown(&answer)
    }

    async fn look_at(&mut self, op: &Op) -> io::Result<Heard> {
        match op {
            Op::Find { groups, version } => {
                let several = *version >= 4;
                let key =
                    if several { String::new() } else { self.group(groups.first().copied().unwrap_or(0)) };
                let coordinator_keys = if several { self.groups(groups) } else { Vec::new() };
                let request = FindCoordinatorRequest { key, coordinator_keys, ..Default::default() };
                let mut answer = self.client.ask(&request, *version).await?;
                answer.port = answer.port.min(1);
                answer.coordinators.iter_mut().for_each(|it| it.port = it.port.min(1));
                shown(&answer)
            }
            Op::Describe { groups, operations, version } => {
                let include_authorized_operations = *operations && *version >= 3;
                let request =
                    DescribeGroupsRequest { groups: self.groups(groups), include_authorized_operations };
                let mut answer = self.client.ask(&request, *version).await?;
                for group in &mut answer.groups {
                    for member in &mut group.members {
                        member.member_id = self.slots.label(&member.member_id);
                    }
                    group.members.sort_by_key(|it| (it.member_id.clone(), it.group_instance_id.clone()));
                }
                answer.groups.sort_by(|one, other| one.group_id.cmp(&other.group_id));
                shown(&answer)
            }
            Op::List { states, types, version } => {
                let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect();
                let request = ListGroupsRequest { states_filter: owned(states), types_filter: owned(types) };
                let mut answer = self.client.ask(&request, *version).await?;
                answer.groups.retain(|group| group.group_id.starts_with(&self.prefix));
                answer.groups.sort_by(|one, other| one.group_id.cmp(&other.group_id));
                shown(&answer)
            }
            Op::Delete { group, version } => {
                let request = DeleteGroupsRequest { groups_names: vec![self.group(*group)] };
                let mut answer = self.client.ask(&request, *version).await?;
                answer.results.iter_mut().for_each(|result| result.error_message = None);
                shown(&answer)
            }
            _ => Ok(Heard::Closed),
        }
    }
}

fn shown(answer: &impl Debug) -> io::Result<Heard> {
    Ok(Heard::Answer(format!("{answer:?}")))
}

/// Whether a broker is still getting ready.
fn is_passing(text: &str) -> bool {
    [
        ErrorCode::COORDINATOR_NOT_AVAILABLE,
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode::NOT_COORDINATOR,
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode::UNKNOWN_TOPIC_ID,
    ]
    .iter()
    .any(|code| text.contains(&format!("error_code: {code:?}")))
}

/// What a member says of itself; members in even places want one of the topics only.
fn subscription(at: usize, slot: usize) -> io::Result<Bytes> {
    let topics = if slot.is_multiple_of(2) { vec!["kept"] } else { vec!["kept", "other"] };
    let subscription = ConsumerProtocolSubscription {
        topics: topics.into_iter().map(str::to_owned).collect(),
        user_data: Some(Bytes::from(vec![at as u8])),
        ..Default::default()
    };
    let version = 1_i16;
    let encoded = subscription.encode(version).map_err(io::Error::other)?;
    Ok([&version.to_be_bytes()[..], &encoded].concat().into())
}

impl Client {
    /// A topic's id, none where there are no ids.
    async fn old_metadata(&mut self, topic: &str) -> io::Result<Uuid> {
        use kafka_sdk_protocol::api::MetadataRequest;
        use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
        let named = MetadataRequestTopic { name: Some(topic.into()), ..Default::default() };
        let request = MetadataRequest {
            topics: Some(vec![named]),
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        match self.ask(&request, 12).await {
            Ok(seen) => Ok(seen.topics[0].topic_id),
            Err(_) => {
                let address = self.0.peer_addr()?.to_string();
                *self = Self::connect(&address).await?;
                Ok(Uuid::ZERO)
            }
        }
    }
}
