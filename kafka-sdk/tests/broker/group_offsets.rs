//! What a commit leaves the group with where positions move back, or do not move at all.

use crate::common::{broker, committed_by_java, everywhere, fill, member, new_topic, take, unique};
use futures_util::FutureExt;
use kafka_sdk::consumer::Commit;
use kafka_sdk::{Kafka, Reset, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

/// Back to what was committed, while a later offset is on its way.
#[tokio::test]
async fn a_commit_after_a_seek_back_counts_whatever_is_on_its_way() -> Result<()> {
    for version in everywhere() {
        let test = "group_offsets::a_commit_after_a_seek_back_counts_whatever_is_on_its_way";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-back", 1).await?;
        fill(&kafka, &topic, 1, 20).await?;
        let group = unique("groups-back");
        let mut consumer = member(&kafka, &group, &topic).commit(Commit::Manual).await?;
        let control = consumer.control();
        take(&mut consumer, 5).await?;
        consumer.commit().await?;
        take(&mut consumer, 5).await?;
        let held = proxy.intercept(Rule::on(Api::OffsetCommit).react(Reaction::HoldAnswer)).unwrap();
        let ahead = tokio::spawn({
            let control = control.clone();
            async move { control.commit().await }
        });
        held.wait_for_hits(1).await;
        control.seek((topic.as_str(), 0), 5).await?;
        let mut back = pin!(control.commit());
        assert!(back.as_mut().now_or_never().is_none(), "{version}: the group does not have it");
        held.release();
        ahead.await.unwrap()?;
        back.await?;
        assert_eq!(committed_by_java(broker, &group).await, BTreeMap::from([(0, 5)]), "{version}");
        consumer.close().await?;
    }
    Ok(())
}

/// Offsets of a group without members expire so long after each was committed last.
#[tokio::test]
async fn who_reads_without_membership_commits_also_what_has_not_moved() -> Result<()> {
    for version in everywhere() {
        let test = "group_offsets::who_reads_without_membership_commits_also_what_has_not_moved";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-idle", 1).await?;
        fill(&kafka, &topic, 1, 3).await?;
        let group = unique("groups-idle");
        let every = Duration::from_millis(50);
        let builder =
            kafka.consumer(&group).assign([(topic.as_str(), 0)]).commit(Commit::Delivered { every });
        let mut consumer = builder.offset_reset(Reset::Earliest).await?;
        take(&mut consumer, 3).await?;
        let commits = proxy.intercept(Rule::on(Api::OffsetCommit).always().react(Reaction::Pass)).unwrap();
        let enough = commits.wait_for_hits(5);
        // Waiting for the next record says that the last one is processed.
        tokio::select! {
            () = enough => {}
            message = consumer.next() => panic!("{version}: {message:?}"),
        }
        consumer.close().await?;
        assert_eq!(committed_by_java(broker, &group).await, BTreeMap::from([(0, 3)]), "{version}");
    }
    Ok(())
}
