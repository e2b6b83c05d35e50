//! Groups that their coordinator leaves in the middle of a rebalance, for what a member has joined with (KAFKA-20570): such
//! versions look into subscriptions, and are prepared for bytes that end too soon, but not for lists that cannot be.

use crate::common::{
    Running, fill, halting, halts as version_halts, is_since, member, new_topic, unique, until,
};
use crate::group_strangers::Stranger;
use kafka_sdk::{ErrorCode, Kafka, Result};
use kafka_sdk_testcontainers::{Node, Providers, TestKafka};
use std::time::Duration;
use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);

/// What halts a group, and what the broker's log says of it.
const HALTING: [(&[u8], &str); 3] = [
    (b"no subscription at all", "Tried to allocate a collection of size 544437602"),
    (b"\0\0\x7f\xff\xff\xff", "Tried to allocate a collection of size 2147483647"),
    (b"\0\x01\xff\xff\xff\xff\0\0\0\0", "non-nullable field topics was serialized as null"),
];

/// Whether coordinators of this version leave a group with such a member in the middle of a rebalance.
pub(crate) fn halts(version: &str, garbage: &[u8]) -> bool {
    version_halts(version) && HALTING.iter().any(|(halting, _)| *halting == garbage)
}

/// Joins beside the others, whose rebalance then has no end; until the broker's log says why.
async fn halt(node: &Node, group: &str, (garbage, why): (&[u8], &str)) -> Result<()> {
    // A client of its own: nothing that comes behind the join on a connection is answered.
    let kafka = Kafka::connect(node.address()).await?;
    let (mut stranger, before) = (Stranger::new(&kafka, group), node.log().len());
    tokio::select! {
        joined = stranger.join(&["range"], garbage) => panic!("{} {garbage:?}: {joined:?}", node.version()),
        failed = until("the coordinator fails", async || {
            let log = node.log();
            let (_, failure) = log.split_at(before);
            Ok(failure.contains(&format!("java.lang.RuntimeException: {why}"))
                && failure.contains("computeSubscribedTopics"))
        }) => failed,
    }
}

async fn state(kafka: &Kafka, group: &str) -> Result<String> {
    let described = kafka.admin().describe_groups([group]).await?.all()?;
    Ok(described[0].1.state.to_string())
}

/// Nothing is read while the rebalance has no end, whoever comes and goes, and also once the member whose bytes they are has
/// gone. Up to 3.9 it ends with the coordinator, when that is started again; from 4.0 on when the members are removed.
#[tokio::test]
async fn members_of_a_group_that_its_coordinator_has_halted_close_in_time_and_go_on_when_it_does()
-> Result<()> {
    for version in halting() {
        let test = "group_halted::members_of_a_group_that_its_coordinator_has_halted_close_in_time_and_go_on_when_it_does";
        if !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let broker = TestKafka::jvm().version(version).start().await.unwrap();
        let (node, kafka) = (broker.node(1).unwrap(), Kafka::connect(broker.bootstrap_servers()).await?);
        // A coordinator that was started again waits for those whom it knew; one that refuses joins is given a session's time.
        let session = if is_since(version, (4, 0)) { 30 * SECOND } else { 5 * SECOND };
        let mut halted = Vec::new();
        for what in HALTING {
            let topic = new_topic(&kafka, "groups-halted", 2).await?;
            let group = unique("groups-halted");
            fill(&kafka, &topic, 2, 10).await?;
            let ours = Running::of(member(&kafka, &group, &topic).session_timeout(session).await?);
            until("it reads all", async || Ok(ours.read().len() == 20)).await?;
            halt(node, &group, what).await?;
            assert_eq!(state(&kafka, &group).await?, "PreparingRebalance", "{version} {what:?}");
            assert!(ours.partitions().is_empty(), "{version}: they are given up before a join");
            fill(&kafka, &topic, 2, 5).await?;
            let late = Running::of(member(&kafka, &group, &topic).await?);
            until("it is known", async || {
                let described = kafka.admin().describe_groups([&group]).await?.all()?;
                Ok(described[0].1.members.len() == 3)
            })
            .await?;
            timeout(5 * SECOND, late.close()).await.expect("it does not wait for the rebalance")?;
            assert_eq!(ours.read().len(), 20, "{version}: nothing more is read");
            kafka.admin().remove_all_members(&group, "one of them cannot be read").await?.all()?;
            if !is_since(version, (4, 0)) {
                assert_eq!(
                    state(&kafka, &group).await?,
                    "PreparingRebalance",
                    "{version}: without any member"
                );
            }
            halted.push(ours);
        }
        if !is_since(version, (4, 0)) {
            node.restart().await.unwrap();
        }
        for ours in halted {
            until(&format!("{version}: it reads on"), async || Ok(ours.read().len() == 30)).await?;
            ours.close().await?;
        }
    }
    Ok(())
}

/// From 4.0 on each join is refused; before, the first one is, and the others are not answered.
#[tokio::test]
async fn a_member_whose_coordinator_fails_over_another_ends_with_advice_where_it_is_told() -> Result<()> {
    for version in halting().into_iter().filter(|version| is_since(version, (4, 0))) {
        let test =
            "group_halted::a_member_whose_coordinator_fails_over_another_ends_with_advice_where_it_is_told";
        let Some(broker) = crate::common::broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-halted", 1).await?;
        let group = unique("groups-halted");
        let ours = Running::of(member(&kafka, &group, &topic).session_timeout(2 * SECOND).await?);
        until("it is a member", async || Ok(ours.generation().is_some())).await?;
        halt(broker.node(1).unwrap(), &group, HALTING[0]).await?;
        let error = ours.failure().await;
        assert!(error.is(ErrorCode::UNKNOWN_SERVER_ERROR), "{version}: {error:#}");
        assert!(error.to_string().contains("bytes that are no subscription"), "{version}: {error}");
    }
    Ok(())
}
