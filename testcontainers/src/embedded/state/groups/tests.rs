//! Groups that change over from one protocol to the other, on made-up time.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_protocol_assignment::TopicPartition;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;
use kafka_sdk_protocol::api::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, JoinGroupResponse, SyncGroupResponse,
};
use kafka_sdk_protocol::message::Message;
use kafka_sdk_protocol::wire::Uuid;
use tokio::sync::oneshot;

use super::classic::{Join, Sync};
use super::consumer::{Beat, Partitions, Topics};
use super::migration::Policy;
use super::settings::Settings;
use super::{Client, Groups, Members};
use crate::embedded::state::partition::Partition;
use crate::embedded::state::topic::Topic;

const SESSION: i64 = 10_000;
const REBALANCE: i64 = 60_000;
const TOPIC: Uuid = Uuid([1; 16]);
const GROUP: &str = "billing";

/// The groups, the topics of their cluster, and the time.
struct Made {
    groups: Groups,
    topics: Topics,
    now: i64,
}

impl Made {
    fn new(policy: &str) -> Self {
        let set =
            [("group.consumer.migration.policy", policy), ("group.consumer.assignment.interval.ms", "0")];
        let set = set.into_iter().chain([("group.initial.rebalance.delay.ms", "0")]);
        let set: BTreeMap<String, String> = set.map(|(name, value)| (name.into(), value.into())).collect();
        let partitions = (0..4).map(|_| Partition::new(vec![1], |_| true)).collect();
        let topic = Topic { id: TOPIC, partitions, configs: BTreeMap::new() };
        let topics = [("kept".to_owned(), topic)].into();
        Self { groups: Groups::new(Settings::new((4, 4), &set)), topics, now: 0 }
    }

    fn pass(&mut self, time: i64) {
        self.now += time;
        self.groups.advance(&self.topics, self.now);
    }

    fn join(&mut self, id: &str) -> oneshot::Receiver<JoinGroupResponse> {
        let (promise, answer) = oneshot::channel();
        let said = ConsumerProtocolSubscription { topics: vec!["kept".into()], ..Default::default() };
        let join = Join {
            member_id: id.into(),
            instance: None,
            client: Client::default(),
            session_timeout: SESSION,
            rebalance_timeout: REBALANCE,
            protocol_type: "consumer".into(),
            protocols: vec![JoinGroupRequestProtocol {
                name: "range".into(),
                metadata: behind_version(&said),
            }],
            version: 3,
            promise,
        };
        self.groups.join(GROUP, join, &self.topics, self.now);
        self.groups.advance(&self.topics, self.now);
        answer
    }

    fn sync(&mut self, who: &JoinGroupResponse, given: &ConsumerProtocolAssignment) -> SyncGroupResponse {
        let (promise, mut answer) = oneshot::channel();
        let own = SyncGroupRequestAssignment {
            member_id: who.member_id.clone(),
            assignment: behind_version(given),
        };
        let sync = Sync {
            member_id: who.member_id.clone(),
            instance: None,
            generation: who.generation_id,
            protocol_type: None,
            protocol: None,
            assignments: vec![own],
            promise,
        };
        match &mut self.groups.get_mut(GROUP).unwrap().members {
            Members::Classic(classic) => classic.sync(sync, self.now),
            Members::Consumer(consumer) => consumer.sync(sync, &self.topics, self.now),
        }
        answer.try_recv().unwrap()
    }

    /// A member of the classic protocol that has all partitions of its group.
    fn classic_member(&mut self) -> JoinGroupResponse {
        let joined = self.join("").try_recv().unwrap();
        assert_eq!(self.sync(&joined, &all()).error_code, ErrorCode::NONE);
        joined
    }

    fn heartbeat(&mut self, who: &JoinGroupResponse) -> Result<(), ErrorCode> {
        let (id, generation) = (&who.member_id, who.generation_id);
        match &mut self.groups.get_mut(GROUP).unwrap().members {
            Members::Classic(classic) => classic.heartbeat(id, None, generation, self.now),
            Members::Consumer(consumer) => consumer.classic_heartbeat(id, None, generation, self.now),
        }
    }

    fn beat(&mut self, epoch: i32, owned: &[i32]) -> Result<(i32, Vec<i32>), ErrorCode> {
        let owned: Partitions = [(TOPIC, owned.iter().copied().collect())].into();
        let beat = Beat {
            member_id: "m".into(),
            epoch,
            rebalance_timeout: Some(REBALANCE),
            names: Some(["kept".to_owned()].into()),
            assignor: Some("range".into()),
            owned: Some(owned),
            ..Default::default()
        };
        let answer = self.groups.beat(GROUP, beat, &self.topics, self.now).map_err(|(code, _)| code)?;
        let given = answer.assignment.map(|it| it.topic_partitions).unwrap_or_default();
        Ok((answer.member_epoch, given.into_iter().flat_map(|topic| topic.partitions).collect()))
    }

    fn is_classic(&self) -> bool {
        self.groups.get(GROUP).unwrap().classic().is_some()
    }
}

fn all() -> ConsumerProtocolAssignment {
    let assigned_partitions = vec![TopicPartition { topic: "kept".into(), partitions: vec![0, 1, 2, 3] }];
    ConsumerProtocolAssignment { assigned_partitions, user_data: None }
}

fn behind_version(message: &impl Message) -> Bytes {
    [&1_i16.to_be_bytes()[..], &message.encode(1).unwrap()].concat().into()
}

/// How many partitions an assignment names.
fn count(assignment: &Bytes) -> usize {
    let told = ConsumerProtocolAssignment::decode_behind_version(assignment).unwrap();
    told.assigned_partitions.iter().map(|topic| topic.partitions.len()).sum()
}

/// A group with a member of each protocol, which share the partitions.
fn shared(made: &mut Made) -> JoinGroupResponse {
    let before = made.classic_member();
    let (epoch, given) = made.beat(0, &[]).unwrap();
    assert_eq!((given, made.is_classic()), (vec![], false), "the other has all of them");
    assert_eq!(made.heartbeat(&before), Err(ErrorCode::REBALANCE_IN_PROGRESS));
    let again = made.join(&before.member_id).try_recv().unwrap();
    assert_eq!(again.generation_id, epoch, "it has given up all, as it joins");
    assert_eq!(count(&made.sync(&again, &all()).assignment), 2);
    assert_eq!(made.beat(epoch, &[]).unwrap().1.len(), 2);
    assert_eq!(made.heartbeat(&again), Ok(()));
    again
}

#[test]
fn a_group_is_of_the_consumer_protocol_as_long_as_one_of_its_members_is() {
    let mut made = Made::new("bidirectional");
    let classic = shared(&mut made);
    made.beat(-1, &[]).unwrap();
    assert!(made.is_classic());
    assert_eq!(made.heartbeat(&classic), Err(ErrorCode::REBALANCE_IN_PROGRESS));
    let alone = made.join(&classic.member_id).try_recv().unwrap();
    assert_eq!((alone.generation_id, alone.leader), (classic.generation_id + 1, alone.member_id));
}

#[test]
fn a_member_of_the_consumer_protocol_that_is_not_heard_of_makes_the_group_a_classic_one() {
    let mut made = Made::new("bidirectional");
    let classic = shared(&mut made);
    for _ in 0..9 {
        made.pass(SESSION / 2);
        let _ = made.heartbeat(&classic);
    }
    assert!(made.is_classic());
    assert!(made.join(&classic.member_id).try_recv().is_ok());
}

#[test]
fn one_of_the_classic_protocol_has_its_own_session_and_joins_and_syncs_in_time() {
    let mut made = Made::new("bidirectional");
    let classic = shared(&mut made);
    made.pass(SESSION - 1);
    made.heartbeat(&classic).unwrap();
    made.pass(SESSION - 1);
    made.heartbeat(&classic).unwrap();
    made.pass(SESSION);
    assert_eq!(made.heartbeat(&classic), Err(ErrorCode::UNKNOWN_MEMBER_ID), "its session is over");

    let mut made = Made::new("bidirectional");
    let classic = made.classic_member();
    made.beat(0, &[]).unwrap();
    for _ in 0..7 {
        assert_eq!(made.heartbeat(&classic), Err(ErrorCode::REBALANCE_IN_PROGRESS));
        made.pass(SESSION - 1);
        made.beat(classic.generation_id + 1, &[]).unwrap();
    }
    assert_eq!(made.heartbeat(&classic), Err(ErrorCode::UNKNOWN_MEMBER_ID), "it has not joined again");
}

#[test]
fn who_waits_for_a_rebalance_of_a_classic_group_is_told_to_join_again_when_it_is_none_any_more() {
    let mut made = Made::new("bidirectional");
    let _first = made.classic_member();
    let mut second = made.join("");
    assert!(second.try_recv().is_err(), "the first one is missing");
    made.beat(0, &[]).unwrap();
    assert_eq!(second.try_recv().unwrap().error_code, ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn a_group_changes_over_only_where_it_is_permitted() {
    let mut made = Made::new("disabled");
    let classic = made.classic_member();
    assert_eq!(made.beat(0, &[]), Err(ErrorCode::GROUP_ID_NOT_FOUND));
    assert!(made.is_classic());
    assert_eq!(made.heartbeat(&classic), Ok(()));

    let mut made = Made::new("upgrade");
    let classic = shared(&mut made);
    made.beat(-1, &[]).unwrap();
    assert!(!made.is_classic());
    let gone = MemberIdentity { member_id: classic.member_id, ..Default::default() };
    let left = made.groups.leave(GROUP, vec![gone], &made.topics, made.now);
    assert_eq!(left[0].error_code, ErrorCode::NONE);
    made.join("").try_recv().unwrap();
    assert!(made.is_classic(), "nobody was there");
    assert_eq!(Policy::new("DOWNGRADE"), Policy::Downgrade);
}

#[test]
fn what_an_assignor_adds_to_assignments_would_be_lost_so_the_group_stays_a_classic_one() {
    let mut made = Made::new("bidirectional");
    let joined = made.join("").try_recv().unwrap();
    made.sync(&joined, &ConsumerProtocolAssignment { user_data: Some(Bytes::from_static(b"mine")), ..all() });
    assert_eq!(made.beat(0, &[]), Err(ErrorCode::GROUP_ID_NOT_FOUND));
    assert!(made.is_classic());
}
