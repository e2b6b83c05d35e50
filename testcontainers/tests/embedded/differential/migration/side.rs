//! One of the two clusters: asks it, and takes out of its answers what may differ.

use std::fmt::Debug;
use std::io;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_protocol_assignment::TopicPartition;
use kafka_sdk_protocol::api::consumer_protocol_subscription::TopicPartition as Owned;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;
use kafka_sdk_protocol::api::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;
use kafka_sdk_protocol::api::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, HeartbeatRequest, JoinGroupRequest,
    LeaveGroupRequest, OffsetCommitRequest, SyncGroupRequest,
};
use kafka_sdk_protocol::message::Message;
use tokio::time::{Duration, Instant, sleep};

use super::script::{LISTS, Names, Op};
use crate::common::Client;
use crate::differential::consumers::script::{Op as OfConsumers, SLOTS};
use crate::differential::consumers::side::{Side as Consumers, assigned};

/// How long a real broker may take until it coordinates.
const READY_WITHIN: Duration = Duration::from_secs(40);
/// The version of what members of the classic protocol say.
const SAID: i16 = 3;

/// A cluster.
pub(super) struct Side {
    client: Client,
    consumers: Consumers,
    places: [Place; SLOTS / 2],
    /// How often the kind of a group was seen to change.
    pub(super) upgrades: usize,
    pub(super) downgrades: usize,
}

/// The member of the classic protocol in a group.
#[derive(Default)]
struct Place {
    id: String,
    generation: i32,
    protocol: String,
    wants: &'static [&'static str],
    owned: Vec<TopicPartition>,
    /// Whether the group was seen to be a classic one.
    is_classic: bool,
}

impl Side {
    pub(super) async fn connect(address: &str, seed: u64) -> io::Result<Self> {
        Ok(Self {
            client: Client::connect(address).await?,
            consumers: Consumers::connect(address, seed).await?,
            places: Default::default(),
            upgrades: 0,
            downgrades: 0,
        })
    }

    /// As the other side was told: what passes is asked again.
    pub(super) async fn agree(&mut self, op: &Op, expected: &str) -> io::Result<String> {
        if let Op::Consumers(op) = op {
            return self.consumers.agree(op, expected).await;
        }
        let begin = Instant::now();
        loop {
            let told = self.step(op).await?;
            let is_ready = !told.contains("COORDINATOR");
            if told == expected || is_ready || begin.elapsed() > READY_WITHIN {
                return Ok(told);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn step(&mut self, op: &Op) -> io::Result<String> {
        match *op {
            Op::Consumers(ref op) => self.consumers.step(op).await,
            Op::Join { group, wants, list, version } => self.join(group, wants, LISTS[list], version).await,
            Op::Sync { group, off_by, protocol } => self.sync(group, off_by, protocol).await,
            Op::Heartbeat { group, off_by } => {
                let request = HeartbeatRequest {
                    group_id: self.consumers.group(group),
                    generation_id: self.places[group].generation + off_by,
                    member_id: self.places[group].id.clone(),
                    group_instance_id: instance(group),
                };
                shown(&self.client.ask(&request, 4).await?)
            }
            Op::Leave { group, names } => self.leave(group, names).await,
            Op::Commit { group, off_by, version } => {
                let partitions =
                    vec![OffsetCommitRequestPartition { committed_offset: 5, ..Default::default() }];
                let topics =
                    vec![OffsetCommitRequestTopic { name: "kept".into(), partitions, ..Default::default() }];
                let request = OffsetCommitRequest {
                    group_id: self.consumers.group(group),
                    generation_id_or_member_epoch: self.places[group].generation + off_by,
                    member_id: self.places[group].id.clone(),
                    topics,
                    ..Default::default()
                };
                shown(&self.client.ask(&request, version).await?)
            }
        }
    }

    /// Joins; one that is given an id joins with that.
    async fn join(
        &mut self,
        group: usize,
        wants: &'static [&'static str],
        list: &[&str],
        version: i16,
    ) -> io::Result<String> {
        // By an id that was one of its members', a real broker forgets a group of the consumer protocol that is empty, and
        // goes on describing it.
        let describe = OfConsumers::Describe { groups: vec![group], version: 1 };
        if self.consumers.step(&describe).await?.contains("group_state: \"Empty\"") {
            self.places[group].id.clear();
        }
        self.places[group].wants = wants;
        let place = &self.places[group];
        let owned = place.owned.iter();
        let said = ConsumerProtocolSubscription {
            topics: wants.iter().map(|&name| name.to_owned()).collect(),
            owned_partitions: owned
                .map(|it| Owned { topic: it.topic.clone(), partitions: it.partitions.clone() })
                .collect(),
            generation_id: place.generation,
            ..Default::default()
        };
        let metadata = behind_version(&said)?;
        let protocol =
            |name: &&str| JoinGroupRequestProtocol { name: (*name).into(), metadata: metadata.clone() };
        let mut request = JoinGroupRequest {
            group_id: self.consumers.group(group),
            session_timeout_ms: 60_000,
            rebalance_timeout_ms: 60_000,
            member_id: place.id.clone(),
            group_instance_id: instance(group),
            protocol_type: "consumer".into(),
            protocols: list.iter().map(protocol).collect(),
            reason: None,
        };
        let mut answer = self.client.ask(&request, version).await?;
        if answer.error_code == ErrorCode::MEMBER_ID_REQUIRED {
            request.member_id.clone_from(&answer.member_id);
            answer = self.client.ask(&request, version).await?;
        }
        let place = &mut self.places[group];
        if answer.error_code == ErrorCode::NONE {
            self.consumers.labels.insert(answer.member_id.clone(), format!("classic {group}"));
            place.id.clone_from(&answer.member_id);
            place.generation = answer.generation_id;
            place.protocol = answer.protocol_name.clone().unwrap_or_default();
            // A group of the consumer protocol has no leader.
            let is_classic = !answer.leader.is_empty();
            self.downgrades += usize::from(is_classic && !place.is_classic);
            self.upgrades += usize::from(!is_classic && place.is_classic);
            place.is_classic = is_classic;
        } else if answer.error_code == ErrorCode::UNKNOWN_MEMBER_ID
            || answer.error_code == ErrorCode::FENCED_INSTANCE_ID
        {
            self.places[group] = Place { is_classic: place.is_classic, ..Default::default() };
            answer.member_id.clear();
        }
        answer.member_id = self.consumers.label(&answer.member_id);
        answer.leader = self.consumers.label(&answer.leader);
        answer.members.iter_mut().for_each(|it| it.member_id = self.consumers.label(&it.member_id));
        shown(&answer)
    }

    /// Who leads a classic group has all that it wants itself.
    async fn sync(&mut self, group: usize, off_by: i32, protocol: Option<&str>) -> io::Result<String> {
        let place = &self.places[group];
        let all = |&name: &&str| TopicPartition {
            topic: name.into(),
            partitions: if name == "kept" { vec![0, 1, 2, 3] } else { vec![0, 1] },
        };
        let all = ConsumerProtocolAssignment {
            assigned_partitions: place.wants.iter().map(all).collect(),
            user_data: None,
        };
        let own =
            SyncGroupRequestAssignment { member_id: place.id.clone(), assignment: behind_version(&all)? };
        let request = SyncGroupRequest {
            group_id: self.consumers.group(group),
            generation_id: place.generation + off_by,
            member_id: place.id.clone(),
            group_instance_id: instance(group),
            protocol_type: Some("consumer".into()),
            protocol_name: Some(protocol.unwrap_or(&place.protocol).to_owned()),
            assignments: vec![own],
        };
        let mut answer = self.client.ask(&request, 5).await?;
        let assignment = std::mem::take(&mut answer.assignment);
        if let Ok(mut told) = ConsumerProtocolAssignment::decode_behind_version(&assignment) {
            told.assigned_partitions.sort_by(|one, other| one.topic.cmp(&other.topic));
            told.assigned_partitions.iter_mut().for_each(|it| it.partitions.sort_unstable());
            self.places[group].owned = told.assigned_partitions;
        }
        Ok(format!("{answer:?} {}", assigned(&assignment)))
    }

    async fn leave(&mut self, group: usize, names: Names) -> io::Result<String> {
        let member_id = match names {
            Names::Both => self.places[group].id.clone(),
            Names::Instance => String::new(),
            Names::Nonsense => "nobody".into(),
        };
        let member = MemberIdentity { member_id, group_instance_id: instance(group), reason: None };
        let group_id = self.consumers.group(group);
        let request = LeaveGroupRequest { group_id, members: vec![member], ..Default::default() };
        let mut answer = self.client.ask(&request, 5).await?;
        if answer.members.iter().any(|member| member.error_code == ErrorCode::NONE) {
            let is_classic = self.places[group].is_classic;
            self.places[group] = Place { is_classic, ..Default::default() };
        }
        answer.members.iter_mut().for_each(|it| it.member_id = self.consumers.label(&it.member_id));
        shown(&answer)
    }
}

/// The first member is dynamic, the second one comes in place of the one of the other protocol.
fn instance(group: usize) -> Option<String> {
    ["", "i3", "", "i6"].get(group).filter(|name| !name.is_empty()).map(|&name| name.to_owned())
}

fn behind_version(message: &impl Message) -> io::Result<Bytes> {
    let encoded = message.encode(SAID).map_err(io::Error::other)?;
    Ok([&SAID.to_be_bytes()[..], &encoded].concat().into())
}

fn shown(answer: &impl Debug) -> io::Result<String> {
    Ok(format!("{answer:?}"))
}
