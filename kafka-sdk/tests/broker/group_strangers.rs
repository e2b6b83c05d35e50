//! Groups in which others do what they should not: bytes that mean nothing, other assignors, another kind of group.

use crate::common::{
    NEWEST, OLDEST, PATIENCE, Running, broker, everywhere, fill, guarded, member, new_topic, next, unique,
    until,
};
use crate::group_halted::halts;
use bytes::Bytes;
use kafka_sdk::consumer::assignor::AssignmentStrategy;
use kafka_sdk::raw::{CoordinatorKind, Route};
use kafka_sdk::{ErrorCode, ErrorKind, Kafka, Result};
use kafka_sdk_protocol::api::create_acls::AclCreation;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;
use kafka_sdk_protocol::api::{
    CreateAclsRequest, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest,
    SyncGroupResponse,
};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// A member that is no consumer of this library, and says what it likes.
pub(crate) struct Stranger<'k> {
    kafka: &'k Kafka,
    group: &'k str,
    member_id: String,
    generation: i32,
}

impl<'k> Stranger<'k> {
    pub(crate) fn new(kafka: &'k Kafka, group: &'k str) -> Self {
        Self { kafka, group, member_id: String::new(), generation: -1 }
    }

    fn route(&self) -> Route {
        Route::Coordinator(CoordinatorKind::Group, self.group.into())
    }

    /// Joins with a protocol for each name, all with the same bytes.
    pub(crate) async fn join(&mut self, names: &[&str], metadata: &[u8]) -> Result<JoinGroupResponse> {
        self.join_as("consumer", names, metadata).await
    }

    async fn join_as(&mut self, kind: &str, names: &[&str], metadata: &[u8]) -> Result<JoinGroupResponse> {
        let protocol = |name: &&str| JoinGroupRequestProtocol {
            name: (*name).to_owned(),
            metadata: Bytes::copy_from_slice(metadata),
        };
        loop {
            let request = |_| JoinGroupRequest {
                group_id: self.group.to_owned(),
                session_timeout_ms: 30_000,
                rebalance_timeout_ms: 30_000,
                member_id: self.member_id.clone(),
                protocol_type: kind.to_owned(),
                protocols: names.iter().map(protocol).collect(),
                ..Default::default()
            };
            let answer = self.kafka.raw().call(&self.route(), PATIENCE, request).await?;
            if answer.error_code != ErrorCode::MEMBER_ID_REQUIRED {
                if answer.error_code == ErrorCode::NONE {
                    (self.member_id, self.generation) = (answer.member_id.clone(), answer.generation_id);
                }
                return Ok(answer);
            }
            self.member_id = answer.member_id;
        }
    }

    async fn sync(&self, name: &str, assignments: &[(&str, &[u8])]) -> Result<SyncGroupResponse> {
        let request = |version| SyncGroupRequest {
            group_id: self.group.to_owned(),
            generation_id: self.generation,
            member_id: self.member_id.clone(),
            protocol_type: Some("consumer".to_owned()).filter(|_| version >= 5),
            protocol_name: Some(name.to_owned()).filter(|_| version >= 5),
            assignments: assignments
                .iter()
                .map(|(member, assignment)| SyncGroupRequestAssignment {
                    member_id: (*member).to_owned(),
                    assignment: Bytes::copy_from_slice(assignment),
                })
                .collect(),
            ..Default::default()
        };
        self.kafka.raw().call(&self.route(), PATIENCE, request).await
    }

    async fn beat(&self) -> Result<ErrorCode> {
        let request = |_| HeartbeatRequest {
            group_id: self.group.to_owned(),
            generation_id: self.generation,
            member_id: self.member_id.clone(),
            ..Default::default()
        };
        Ok(self.kafka.raw().call(&self.route(), PATIENCE, request).await?.error_code)
    }

    /// Waits for a rebalance.
    async fn stirred(&self) -> Result<()> {
        until("there is a rebalance", async || Ok(self.beat().await? == ErrorCode::REBALANCE_IN_PROGRESS))
            .await
    }
}

/// Bytes in place of a subscription.
const GARBAGE: [&[u8]; 6] = [
    b"",
    b"\0",
    b"no subscription at all",
    b"\0\0\x7f\xff\xff\xff",
    b"\0\x01\xff\xff\xff\xff\0\0\0\0",
    b"\0\x03\0\0\0\x01\0\x01t\0\0\0\0\0\0\0\x01\0\x01t\x7f\xff\xff\xff",
];

/// An assignment of partition -1.
const NEGATIVE: &[u8] = b"\0\0\0\0\0\x01\0\x01t\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff";

#[tokio::test]
async fn a_leader_does_its_work_whatever_bytes_another_member_joins_with() -> Result<()> {
    for version in everywhere() {
        let test = "group_strangers::a_leader_does_its_work_whatever_bytes_another_member_joins_with";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for garbage in GARBAGE.into_iter().filter(|garbage| !halts(version, garbage)) {
            let topic = new_topic(&kafka, "groups-garbage", 2).await?;
            let group = unique("groups-garbage");
            fill(&kafka, &topic, 2, 10).await?;
            let ours = Running::of(member(&kafka, &group, &topic).await?);
            until("it reads all", async || Ok(ours.read().len() == 20)).await?;
            let before = ours.generation();
            let mut stranger = Stranger::new(&kafka, &group);
            let joined = stranger.join(&["range"], garbage).await?;
            assert_eq!(joined.error_code, ErrorCode::NONE, "{version} {garbage:?}");
            assert_ne!(joined.leader, stranger.member_id, "{version}: ours leads");
            let synced = stranger.sync("range", &[]).await?;
            assert_eq!(synced.error_code, ErrorCode::NONE, "{version} {garbage:?}");
            fill(&kafka, &topic, 2, 5).await?;
            until("the leader reads on, and all of it", async || Ok(ours.read().len() == 30)).await?;
            assert!(ours.generation() > before, "{version}: there was a rebalance");
            ours.close().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_assignment_that_cannot_be_read_is_an_error_that_says_so() -> Result<()> {
    for version in everywhere() {
        let test = "group_strangers::an_assignment_that_cannot_be_read_is_an_error_that_says_so";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-assignment", 2).await?;
        for garbage in [&GARBAGE[1..5], &[NEGATIVE]].concat() {
            let group = unique("groups-assignment");
            let mut stranger = Stranger::new(&kafka, &group);
            stranger.join(&["range"], b"\0\0\0\0\0\0\0\0\0\0").await?;
            stranger.sync("range", &[(&stranger.member_id.clone(), b"")]).await?;
            let ours = Running::of(member(&kafka, &group, &topic).await?);
            stranger.stirred().await?;
            let joined = stranger.join(&["range"], b"\0\0\0\0\0\0\0\0\0\0").await?;
            assert_eq!(joined.leader, stranger.member_id, "{version}: the stranger leads");
            let theirs: Vec<(&str, &[u8])> =
                joined.members.iter().map(|it| (it.member_id.as_str(), garbage)).collect();
            stranger.sync("range", &theirs).await?;
            let error = ours.failure().await;
            assert_eq!(error.kind(), ErrorKind::Decode, "{version} {garbage:?}: {error:#}");
            assert!(error.to_string().contains("leader"), "{version}: {error}");
        }
    }
    Ok(())
}

/// A leader that names what does not exist, or what its member does not subscribe to.
#[tokio::test]
async fn a_partition_that_is_not_there_or_not_asked_for_keeps_nobody_from_reading_the_others() -> Result<()> {
    for version in everywhere() {
        let test = "group_strangers::a_partition_that_is_not_there_or_not_asked_for_keeps_nobody_from_reading_the_others";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-nowhere", 2).await?;
        let other = new_topic(&kafka, "groups-nowhere", 1).await?;
        fill(&kafka, &topic, 2, 10).await?;
        fill(&kafka, &other, 1, 10).await?;
        let group = unique("groups-nowhere");
        let mut stranger = Stranger::new(&kafka, &group);
        stranger.join(&["range"], b"\0\0\0\0\0\0\0\0\0\0").await?;
        stranger.sync("range", &[(&stranger.member_id.clone(), b"")]).await?;
        let ours = Running::of(member(&kafka, &group, &topic).await?);
        stranger.stirred().await?;
        let joined = stranger.join(&["range"], b"\0\0\0\0\0\0\0\0\0\0").await?;
        let mut assignment = vec![0, 0, 0, 0, 0, 2];
        for (name, partitions) in [(&topic, vec![0, 1]), (&other, vec![0])] {
            assignment.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
            assignment.extend(name.as_bytes());
            assignment.extend(u32::try_from(partitions.len()).unwrap().to_be_bytes());
            assignment.extend(partitions.into_iter().flat_map(i32::to_be_bytes));
        }
        assignment.extend((-1_i32).to_be_bytes());
        let theirs: Vec<(&str, &[u8])> =
            joined.members.iter().map(|it| (it.member_id.as_str(), assignment.as_slice())).collect();
        stranger.sync("range", &theirs).await?;
        until("it reads what it has subscribed to", async || Ok(ours.read().len() == 20)).await?;
        assert_eq!(ours.control.assignment().len(), 2, "{version}: and nothing else");
        ours.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn members_without_an_assignor_in_common_and_other_kinds_of_groups_are_refused_with_advice()
-> Result<()> {
    for version in everywhere() {
        let test = "group_strangers::members_without_an_assignor_in_common_and_other_kinds_of_groups_are_refused_with_advice";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-other", 2).await?;
        let group = unique("groups-other");
        let ranged = member(&kafka, &group, &topic).assignors([AssignmentStrategy::Range]);
        let first = Running::of(ranged.await?);
        until("the first one has both", async || Ok(first.partitions().len() == 2)).await?;
        let round = member(&kafka, &group, &topic).assignors([AssignmentStrategy::RoundRobin]);
        let error = Running::of(round.await?).failure().await;
        assert!(error.is(ErrorCode::INCONSISTENT_GROUP_PROTOCOL), "{version}: {error:#}");
        assert!(error.to_string().contains("partition.assignment.strategy"), "{version}: {error}");
        fill(&kafka, &topic, 2, 10).await?;
        until("the first one goes on", async || Ok(first.read().len() == 20)).await?;
        first.close().await?;

        // A group of workers of Kafka Connect, say.
        let group = unique("groups-other");
        let mut stranger = Stranger::new(&kafka, &group);
        let joined = stranger.join_as("connect", &["range"], b"").await?;
        assert_eq!(joined.error_code, ErrorCode::NONE, "{version}");
        let error = Running::of(member(&kafka, &group, &topic).await?).failure().await;
        assert!(error.is(ErrorCode::INCONSISTENT_GROUP_PROTOCOL), "{version}: {error:#}");
        assert!(error.to_string().contains("of another kind"), "{version}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_group_that_may_not_be_read_or_has_no_name_is_an_error_that_says_so() -> Result<()> {
    const GROUP: i8 = 3;
    for version in [OLDEST, NEWEST] {
        let test = "group_strangers::a_group_that_may_not_be_read_or_has_no_name_is_an_error_that_says_so";
        let Some(cluster) = guarded(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-secret", 1).await?;
        let group = unique("groups-secret");
        let creations = vec![AclCreation {
            resource_type: GROUP,
            resource_name: group.clone(),
            resource_pattern_type: 3,
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation: 3,
            permission_type: 3,
        }];
        let request = |_| CreateAclsRequest { creations: creations.clone() };
        let answer = kafka.raw().call(&Route::Controller, 20 * SECOND, request).await?;
        assert_eq!(answer.results[0].error_code, ErrorCode::NONE);
        let error = timeout(PATIENCE, async {
            loop {
                // Brokers learn of it a little later.
                let mut consumer = member(&kafka, &group, &topic).await.unwrap();
                match timeout(2 * SECOND, consumer.next()).await {
                    Ok(Some(Err(error))) => return error,
                    _ => sleep(SECOND / 10).await,
                }
            }
        });
        let error = error.await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Authorize, "{version}: {error:#}");
        assert!(error.is(ErrorCode::GROUP_AUTHORIZATION_FAILED), "{version}: {error:#}");
        assert!(
            error.to_string().contains(&group) && error.to_string().contains("Read permission"),
            "{error}"
        );

        let error = kafka.consumer("").topics([&topic]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings, "{error:#}");
        assert!(error.to_string().contains("group.id"), "{error}");
        // The others are let in.
        let mut other = member(&kafka, &unique("groups-open"), &topic).await?;
        fill(&kafka, &topic, 1, 1).await?;
        assert_eq!(next(&mut other).await?, (0, 0));
        other.close().await?;
    }
    Ok(())
}
