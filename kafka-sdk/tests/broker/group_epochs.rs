//! Members that speak with an epoch that has passed, or as somebody else: what real coordinators say to that, and what
//! comes of it. Requests are forged on their way.

use crate::common::{
    Forgery, Heard, NEWEST, OLDEST, PATIENCE, Relay, Running, attentive, broker, committed_by_java, fill,
    member, new_topic, take, unique, until,
};
use kafka_sdk::consumer::GroupProtocol::{self, Classic, Consumer};
use kafka_sdk::consumer::{Commit, ConsumerBuilder};
use kafka_sdk::{ApiKey, ErrorCode, Kafka, Result};
use kafka_sdk_testcontainers::TestKafka;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// Brokers before 4.3 take commits of the exact epoch only (KIP-1251).
const KINDS: [(&str, GroupProtocol); 4] =
    [(OLDEST, Classic), (NEWEST, Classic), ("4.0.0", Consumer), (NEWEST, Consumer)];

async fn shared(version: &'static str, protocol: GroupProtocol, test: &str) -> Option<&'static TestKafka> {
    match protocol {
        Classic => broker(version, test).await,
        _ => attentive(version, test).await,
    }
}

fn manual(kafka: &Kafka, group: &str, topic: &str, protocol: GroupProtocol) -> ConsumerBuilder {
    let member = member(kafka, group, topic).group_protocol(protocol).commit(Commit::Manual);
    member.session_timeout(Duration::from_secs(6))
}

#[tokio::test]
async fn a_commit_with_a_stale_epoch_is_refused_and_goes_again_with_the_right_one() -> Result<()> {
    for (version, protocol) in KINDS {
        let test = "group_epochs::a_commit_with_a_stale_epoch_is_refused_and_goes_again_with_the_right_one";
        let Some(broker) = shared(version, protocol, test).await else { return Ok(()) };
        let what = format!("{version} {protocol:?}");
        let relay = Relay::start(broker.bootstrap_servers()).await;
        let kafka = Kafka::connect(&relay.address).await?;
        let topic = new_topic(&kafka, "groups-stale", 1).await?;
        let group = unique("groups-stale");
        fill(&kafka, &topic, 1, 10).await?;
        let heard = Heard::default();
        let member = manual(&kafka, &group, &topic, protocol).on_rebalance(heard.clone());
        let mut member = member.await?;
        take(&mut member, 7).await?;
        relay.forge(ApiKey::OFFSET_COMMIT, Forgery::Epoch(-1));
        timeout(PATIENCE, member.commit()).await.unwrap()?;
        assert!(relay.is_forged(), "{what}");
        assert_eq!(relay.passed(ApiKey::OFFSET_COMMIT), 2, "{what}: the first one was refused");
        assert_eq!(committed_by_java(broker, &group).await, BTreeMap::from([(0, 7)]), "{what}");
        take(&mut member, 3).await?;
        assert_eq!(heard.all(), [("assigned", vec![0])], "{what}: it is the member that it was");
        member.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_commit_as_somebody_else_is_an_error_and_commits_nothing() -> Result<()> {
    for (version, protocol) in KINDS {
        let test = "group_epochs::a_commit_as_somebody_else_is_an_error_and_commits_nothing";
        let Some(broker) = shared(version, protocol, test).await else { return Ok(()) };
        let what = format!("{version} {protocol:?}");
        let relay = Relay::start(broker.bootstrap_servers()).await;
        let kafka = Kafka::connect(&relay.address).await?;
        let topic = new_topic(&kafka, "groups-other", 1).await?;
        let group = unique("groups-other");
        fill(&kafka, &topic, 1, 10).await?;
        let mut member = manual(&kafka, &group, &topic, protocol).await?;
        take(&mut member, 7).await?;
        relay.forge(ApiKey::OFFSET_COMMIT, Forgery::MemberId);
        let error = timeout(PATIENCE, member.commit()).await.unwrap().unwrap_err();
        assert!(error.is(ErrorCode::UNKNOWN_MEMBER_ID), "{what}: {error:#}");
        assert_eq!(relay.passed(ApiKey::OFFSET_COMMIT), 1, "{what}: never again");
        assert_eq!(committed_by_java(broker, &group).await.get(&0), None, "{what}");
        take(&mut member, 2).await?;
        timeout(PATIENCE, member.commit()).await.unwrap()?;
        assert_eq!(committed_by_java(broker, &group).await, BTreeMap::from([(0, 9)]), "{what}");
        member.close().await?;
    }
    Ok(())
}

/// Its partitions are lost, and it comes back as a member: from what is committed on.
#[tokio::test]
async fn a_member_that_is_fenced_loses_what_it_had_and_comes_back() -> Result<()> {
    for (version, protocol) in KINDS {
        let test = "group_epochs::a_member_that_is_fenced_loses_what_it_had_and_comes_back";
        let Some(broker) = shared(version, protocol, test).await else { return Ok(()) };
        let heartbeat = match protocol {
            Classic => ApiKey::HEARTBEAT,
            _ => ApiKey::CONSUMER_GROUP_HEARTBEAT,
        };
        for forgery in [Forgery::Epoch(7), Forgery::MemberId] {
            let what = format!("{version} {protocol:?} {forgery:?}");
            let relay = Relay::start(broker.bootstrap_servers()).await;
            let kafka = Kafka::connect(&relay.address).await?;
            let topic = new_topic(&kafka, "groups-fenced", 1).await?;
            let group = unique("groups-fenced");
            fill(&kafka, &topic, 1, 10).await?;
            let heard = Heard::default();
            let member = manual(&kafka, &group, &topic, protocol).on_rebalance(heard.clone());
            let member = Running::of(member.await?);
            until(&format!("{what}: it reads"), async || Ok(member.read().len() == 10)).await?;
            timeout(PATIENCE, member.control.commit()).await.unwrap()?;
            fill(&kafka, &topic, 1, 5).await?;
            until(&format!("{what}: it reads on"), async || Ok(member.read().len() == 15)).await?;
            relay.forge(heartbeat, forgery);
            until(&format!("{what}: it has come back"), async || {
                let back = [("assigned", vec![0]), ("lost", vec![0]), ("assigned", vec![0])];
                Ok(heard.all() == back)
            })
            .await?;
            fill(&kafka, &topic, 1, 5).await?;
            let places = |range: std::ops::Range<i64>| range.map(|offset| (0, offset));
            let expected: Vec<_> = places(0..15).chain(places(10..20)).collect();
            until(&format!("{what}: what was not committed comes again"), async || {
                Ok(member.read() == expected)
            })
            .await?;
            member.close().await?;
        }
    }
    Ok(())
}
