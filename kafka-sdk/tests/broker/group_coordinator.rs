//! The coordinator of a group is killed, moves, or says that it is not the one, or not yet.

use crate::common::{
    Heard, PATIENCE, Running, Writing, broker, everywhere, fill, member, new_topic, several_nodes,
    three_nodes, unique, until,
};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Kafka, Result};
use kafka_sdk_protocol::api::FindCoordinatorRequest;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);

/// The broker that coordinates a group.
async fn coordinator(kafka: &Kafka, group: &str) -> Result<i32> {
    let mut found = -1;
    until("the group has a coordinator", async || {
        let request = |version| match version {
            4.. => FindCoordinatorRequest { coordinator_keys: vec![group.to_owned()], ..Default::default() },
            _ => FindCoordinatorRequest { key: group.to_owned(), ..Default::default() },
        };
        let answer = kafka.raw().call(&Route::Any, 10 * SECOND, request).await?;
        let listed = answer.coordinators.first().map(|it| (it.error_code, it.node_id));
        let (code, node) = listed.unwrap_or((answer.error_code, answer.node_id));
        found = node;
        Ok(code == ErrorCode::NONE)
    })
    .await?;
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_that_is_killed_is_found_again_and_nobody_loses_a_partition() -> Result<()> {
    for version in everywhere() {
        let test =
            "group_coordinator::a_coordinator_that_is_killed_is_found_again_and_nobody_loses_a_partition";
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let kafka = Kafka::builder(cluster.bootstrap_servers()).request_timeout(5 * SECOND).await?;
        let topic = unique("groups-moved");
        kafka.admin().create_topics([NewTopic::new(&topic).partitions(4).replication(3)]).await?.all()?;
        let group = unique("groups-moved");
        let writing = Writing::to(&kafka, &topic, 4, Duration::from_millis(20)).await?;
        let (mut members, mut heard) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let own = Heard::default();
            let member = member(&kafka, &group, &topic).session_timeout(30 * SECOND);
            members.push(Running::of(member.on_rebalance(own.clone()).await?));
            heard.push(own);
        }
        until("both have two", async || Ok(members.iter().all(|m| m.partitions().len() == 2))).await?;
        let generations: Vec<_> = members.iter().map(Running::generation).collect();
        let before: Vec<_> = heard.iter().map(Heard::all).collect();
        for _ in 0..2 {
            let killed = cluster.node(coordinator(&kafka, &group).await?).unwrap();
            killed.kill().await.unwrap();
            let read: Vec<usize> = members.iter().map(|member| member.read().len()).collect();
            until("they read on", async || {
                Ok(members.iter().zip(&read).all(|(member, read)| member.read().len() > read + 50))
            })
            .await?;
            for member in &members {
                timeout(PATIENCE, member.control.commit()).await.unwrap()?;
            }
            killed.restart().await.unwrap();
        }
        assert_eq!(members.iter().map(Running::generation).collect::<Vec<_>>(), generations, "{version}");
        assert_eq!(heard.iter().map(Heard::all).collect::<Vec<_>>(), before, "{version}: no rebalance");
        drop(writing);
        let read: Vec<_> = members.iter().flat_map(Running::read).collect();
        let places: BTreeSet<_> = read.iter().collect();
        assert_eq!(places.len(), read.len(), "{version}: nothing came twice");
        for member in members {
            member.close().await?;
        }
    }
    Ok(())
}

/// Of each request of a member the coordinator refuses three, in each of the ways that pass.
#[tokio::test]
async fn a_coordinator_that_is_elsewhere_or_not_ready_costs_time_only() -> Result<()> {
    const APIS: [Api; 6] = [
        Api::JoinGroup,
        Api::SyncGroup,
        Api::OffsetFetch,
        Api::Heartbeat,
        Api::OffsetCommit,
        Api::LeaveGroup,
    ];
    const CODES: [ErrorCode; 3] = [
        ErrorCode::NOT_COORDINATOR,
        ErrorCode::COORDINATOR_NOT_AVAILABLE,
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
    ];
    for version in everywhere() {
        let test = "group_coordinator::a_coordinator_that_is_elsewhere_or_not_ready_costs_time_only";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        for code in CODES {
            let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
            let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
            let topic = new_topic(&kafka, "groups-elsewhere", 2).await?;
            let group = unique("groups-elsewhere");
            fill(&kafka, &topic, 2, 10).await?;
            let refused: Vec<_> = APIS
                .iter()
                .map(|api| proxy.intercept(Rule::on(*api).times(3).react(Reaction::Answer(code))).unwrap())
                .collect();
            let heard = Heard::default();
            let first = Running::of(member(&kafka, &group, &topic).on_rebalance(heard.clone()).await?);
            until("it reads all", async || Ok(first.read().len() == 20)).await?;
            until("its heartbeats were refused", async || Ok(refused[3].hits() == 3)).await?;
            timeout(PATIENCE, first.control.commit()).await.unwrap()?;
            assert_eq!(heard.all(), [("assigned", vec![0, 1])], "{version} {code}");
            first.close().await?;
            for (api, armed) in APIS.iter().zip(&refused) {
                assert_eq!(armed.hits(), 3, "{version} {code} {api:?}");
            }
            let second = Running::of(member(&kafka, &group, &topic).await?);
            fill(&kafka, &topic, 2, 1).await?;
            until("another one goes on", async || Ok(second.read().len() == 2)).await?;
            assert!(second.read().iter().all(|(_, offset)| *offset == 10), "{version} {code}");
            second.close().await?;
        }
    }
    Ok(())
}

/// As brokers answer where the state of a group could not be written down, or where they have come upon a defect.
#[tokio::test]
async fn a_coordinator_that_fails_at_a_join_or_a_sync_costs_time_and_ends_a_member_only_if_that_lasts()
-> Result<()> {
    const FAILED: ErrorCode = ErrorCode::UNKNOWN_SERVER_ERROR;
    let harms = [
        (Api::JoinGroup, Reaction::Answer(FAILED)),
        (Api::SyncGroup, Reaction::Answer(FAILED)),
        (Api::SyncGroup, Reaction::AnswerAfter(FAILED)),
    ];
    for version in everywhere() {
        let test = "group_coordinator::a_coordinator_that_fails_at_a_join_or_a_sync_costs_time_and_ends_a_member_only_if_that_lasts";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-failing", 2).await?;
        fill(&kafka, &topic, 2, 10).await?;
        for (api, harm) in harms.clone() {
            let failing = proxy.intercept(Rule::on(api).times(3).react(harm.clone())).unwrap();
            let passes = Running::of(member(&kafka, &unique("groups-failing"), &topic).await?);
            until("it reads all", async || Ok(passes.read().len() == 20)).await?;
            assert_eq!(failing.hits(), 3, "{version} {api:?} {harm:?}");
            passes.close().await?;

            let failing = proxy.intercept(Rule::on(api).always().react(harm.clone())).unwrap();
            let lasts = member(&kafka, &unique("groups-failing"), &topic).session_timeout(6 * SECOND);
            let error = Running::of(lasts.await?).failure().await;
            assert!(error.is(FAILED), "{version} {api:?} {harm:?}: {error:#}");
            assert!(error.to_string().contains("max.message.bytes"), "{version} {api:?} {harm:?}: {error}");
            assert!(failing.hits() > 3, "{version} {api:?} {harm:?}");
            failing.disarm();
        }
    }
    Ok(())
}

/// Answers to each request of a member are lost, and the connection with them.
#[tokio::test]
async fn answers_to_a_member_that_are_lost_cost_time_only() -> Result<()> {
    const APIS: [Api; 5] =
        [Api::FindCoordinator, Api::JoinGroup, Api::SyncGroup, Api::OffsetFetch, Api::Heartbeat];
    for version in everywhere() {
        let test = "group_coordinator::answers_to_a_member_that_are_lost_cost_time_only";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        for harm in
            [Reaction::ResetAfter, Reaction::ResetBefore, Reaction::CutAnswer(7), Reaction::FlipBit(1)]
        {
            for api in APIS {
                let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
                let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
                let topic = new_topic(&kafka, "groups-lost", 2).await?;
                let group = unique("groups-lost");
                fill(&kafka, &topic, 2, 10).await?;
                let lost = proxy.intercept(Rule::on(api).times(2).react(harm.clone())).unwrap();
                let member = member(&kafka, &group, &topic).session_timeout(3 * SECOND);
                let member = Running::of(member.await?);
                until(&format!("{version} {api:?} {harm:?}: it reads all"), async || {
                    let places: BTreeSet<_> = member.read().into_iter().collect();
                    Ok(places.len() == 20)
                })
                .await?;
                if api == Api::Heartbeat {
                    until("heartbeats were lost", async || Ok(lost.hits() == 2)).await?;
                }
                assert_eq!(lost.hits(), 2, "{version} {api:?} {harm:?}");
                member.close().await?;
            }
        }
    }
    Ok(())
}
