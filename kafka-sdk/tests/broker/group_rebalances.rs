//! What happens while a group rebalances: nothing of it is lost, and nobody is waited for too long.

use crate::common::{Heard, PATIENCE, Running, broker, everywhere, fill, member, new_topic, unique, until};
use kafka_sdk::{Kafka, Record, Reset, Result, TopicPartition};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;
use tokio::time::{Instant, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// The member is just joining again, since another one has come.
#[tokio::test]
async fn a_subscription_that_changes_during_another_rebalance_counts() -> Result<()> {
    for version in everywhere() {
        let test = "group_rebalances::a_subscription_that_changes_during_another_rebalance_counts";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let (held_up, kafka) = (
            Kafka::connect(proxy.bootstrap_servers()).await?,
            Kafka::connect(broker.bootstrap_servers()).await?,
        );
        let before = new_topic(&kafka, "groups-before", 2).await?;
        let after = new_topic(&kafka, "groups-after", 2).await?;
        fill(&kafka, &after, 2, 3).await?;
        let group = unique("groups-changed");
        let first = Running::of(member(&held_up, &group, &before).offset_reset(Reset::Latest).await?);
        until("the first one has both", async || Ok(first.partitions().len() == 2)).await?;
        let joining = proxy.intercept(Rule::on(Api::JoinGroup).react(Reaction::Hold)).unwrap();
        let second = Running::of(member(&kafka, &group, &before).await?);
        timeout(PATIENCE, joining.wait_for_hits(1)).await.unwrap();
        first.control.subscribe([&after])?;
        joining.disarm();
        let of_after: Vec<TopicPartition> = (0..2).map(|n| (after.as_str(), n).into()).collect();
        until("the first one has the other topic", async || Ok(first.control.assignment() == of_after))
            .await?;
        until("the second one has the topic", async || Ok(second.partitions() == [0, 1])).await?;
        let producer = kafka.producer().await?;
        for partition in 0..2 {
            producer.send(&after, Record::new("new").partition(partition)).await?;
        }
        until("what is new is read", async || Ok(first.read().len() == 2)).await?;
        let mut read = first.read_to_end().await?;
        read.sort_unstable();
        assert_eq!(read, [(0, 3), (1, 3)], "{version}: the topic was there before: from its end");
        second.close().await?;
    }
    Ok(())
}

/// So that what it has processed is committed before the coordinator gives it up, and it stays a member.
#[tokio::test]
async fn what_is_not_acknowledged_is_waited_for_nine_tenths_of_the_time_that_there_is() -> Result<()> {
    const TIME: Duration = Duration::from_secs(8);
    for version in everywhere() {
        let test =
            "group_rebalances::what_is_not_acknowledged_is_waited_for_nine_tenths_of_the_time_that_there_is";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-tenths", 2).await?;
        fill(&kafka, &topic, 2, 1).await?;
        let (group, heard) = (unique("groups-tenths"), Heard::default());
        let first = member(&kafka, &group, &topic).max_poll_interval(TIME).session_timeout(6 * SECOND);
        let first = first.heartbeat_interval(SECOND / 10).on_rebalance(heard.clone());
        let mut first = first.acked().await?;
        let control = first.control();
        let mut held = Vec::new();
        for _ in 0..2 {
            held.push(timeout(PATIENCE, first.next()).await.unwrap().unwrap()?);
        }
        let member_id = || control.group_metadata().map(|it| it.member_id);
        let before = member_id().unwrap();
        // It asks for more, and acknowledges nothing; what is not acknowledged comes again.
        let reading = tokio::spawn(async move {
            let mut again = Vec::new();
            while let Some(message) = first.next().await {
                again.push(message?);
            }
            drop(again);
            first.close().await
        });
        let begun = Instant::now();
        let second = Running::of(member(&kafka, &group, &topic).max_poll_interval(TIME).await?);
        until("the second one has its share", async || Ok(second.partitions().len() == 1)).await?;
        let took = begun.elapsed();
        assert!(took >= TIME / 10 * 9, "{version}: {took:?}");
        until("the first one has the rest", async || Ok(control.assignment().len() == 1)).await?;
        assert_eq!(member_id(), Some(before), "{version}: it was not given up");
        let heard: Vec<&str> = heard.all().into_iter().map(|(what, _)| what).collect();
        assert_eq!(heard, ["assigned", "revoked", "assigned"], "{version}");
        drop(held);
        control.stop();
        timeout(PATIENCE, reading).await.unwrap().unwrap()?;
        second.close().await?;
    }
    Ok(())
}
