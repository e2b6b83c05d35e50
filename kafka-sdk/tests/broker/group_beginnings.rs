//! Partitions of which it takes long to know where they begin: they hold up no others, no rebalance, and no end.

use crate::common::{
    PATIENCE, Running, broker, everywhere, fill, is_since, leader, member, new_topic, real, several_nodes,
    three_nodes, unique, until,
};
use crate::transaction::{Outcome, Transactional};
use kafka_sdk::admin::{NewTopic, PendingOffsets};
use kafka_sdk::consumer::{ConsumerControl, RebalanceListener};
use kafka_sdk::{ErrorCode, ErrorKind, Kafka, Offset, Reset, Result, TopicPartition};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout};

const SECOND: Duration = Duration::from_secs(1);
const RECORDS: i64 = 10;

/// What the reader has read of a partition.
fn of(reader: &Running, partition: i32) -> Vec<i64> {
    reader.read().into_iter().filter(|place| place.0 == partition).map(|place| place.1).collect()
}

fn places(reader: &Running) -> BTreeSet<i32> {
    reader.control.positions().iter().map(|(partition, _)| partition.partition()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_without_a_leader_holds_up_no_other_no_rebalance_and_no_end() -> Result<()> {
    for version in real() {
        let test = "group_beginnings::a_partition_without_a_leader_holds_up_no_other_no_rebalance_and_no_end";
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let topic = unique("groups-leaderless");
        let new = NewTopic::new(&topic).partitions(6).replication(1).config("min.insync.replicas", 1);
        kafka.admin().create_topics([new]).await?.all()?;
        fill(&kafka, &topic, 6, RECORDS).await?;
        let away = leader(&kafka, &topic, 0).await?;
        let mut gone = BTreeSet::new();
        for partition in 0..6 {
            if leader(&kafka, &topic, partition).await? == away {
                gone.insert(partition);
            }
        }
        let (first_gone, last_gone) = (*gone.first().unwrap(), *gone.last().unwrap());
        assert_ne!(first_gone, last_gone, "{version}: two partitions are on each node");
        let there: BTreeSet<i32> = (0..6).filter(|partition| !gone.contains(partition)).collect();
        let group = unique("groups-leaderless");
        // The topic that offsets are kept in needs all nodes to come into being.
        assert!(
            kafka.admin().group_offsets(&group, PendingOffsets::Ignore).await?.all()?.is_empty(),
            "{version}"
        );
        let killed = cluster.node(away).unwrap();
        killed.kill().await.unwrap();

        let reader = Running::of(member(&kafka, &group, &topic).await?);
        until("all that have a leader are read", async || {
            Ok(there.iter().all(|&partition| of(&reader, partition).len() == RECORDS as usize))
        })
        .await?;
        assert_eq!(reader.partitions().len(), 6, "{version}: they are its own all the same");
        assert_eq!(places(&reader), there, "{version}");
        reader.control.commit().await?;

        let other = Running::of(member(&kafka, &group, &topic).await?);
        until("each has its share", async || {
            Ok(reader.partitions().len() == 3 && other.partitions().len() == 3)
        })
        .await?;
        let begun = Instant::now();
        other.close().await?;
        until("one has all again", async || Ok(reader.partitions().len() == 6)).await?;
        assert!(begun.elapsed() < 10 * SECOND, "{version}: {:?}", begun.elapsed());

        reader.control.seek((topic.as_str(), last_gone), Offset::At(3)).await?;
        assert!(places(&reader).contains(&last_gone), "{version}: the application has said where");
        killed.restart().await.unwrap();
        until("what has a leader again is read", async || {
            Ok(of(&reader, first_gone).last() == Some(&9) && of(&reader, last_gone).last() == Some(&9))
        })
        .await?;
        assert_eq!(of(&reader, first_gone), Vec::from_iter(0..RECORDS), "{version}");
        assert_eq!(of(&reader, last_gone), Vec::from_iter(3..RECORDS), "{version}");

        killed.kill().await.unwrap();
        let ending = Running::of(member(&kafka, &unique("groups-leaderless"), &topic).await?);
        until("it reads", async || Ok(!ending.read().is_empty())).await?;
        let begun = Instant::now();
        ending.close().await?;
        assert!(begun.elapsed() < 10 * SECOND, "{version}: {:?}", begun.elapsed());
        killed.restart().await.unwrap();
        reader.close().await?;
    }
    Ok(())
}

/// Brokers before 2.5 give what was committed before, and do not say that a transaction is about to change it.
#[tokio::test]
async fn an_offset_that_a_transaction_is_about_to_commit_holds_up_its_partition_only() -> Result<()> {
    for version in real().into_iter().filter(|version| is_since(version, (2, 5))) {
        let test =
            "group_beginnings::an_offset_that_a_transaction_is_about_to_commit_holds_up_its_partition_only";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for (outcome, from) in [(Outcome::Commit, 7), (Outcome::Abort, 0)] {
            let (topic, group) = (new_topic(&kafka, "groups-unstable", 2).await?, unique("groups-unstable"));
            fill(&kafka, &topic, 2, RECORDS).await?;
            let mut transaction = Transactional::new(&kafka, &unique("groups-unstable")).await?;
            transaction.commit_offset(&group, &(topic.as_str(), 0).into(), 7).await?;
            let reader = Running::of(member(&kafka, &group, &topic).await?);
            until("the other one is read", async || Ok(of(&reader, 1).len() == RECORDS as usize)).await?;
            assert_eq!((of(&reader, 0), places(&reader)), (vec![], [1].into()), "{version}");
            let committed = reader.control.committed([(topic.as_str(), 0)]);
            assert!(timeout(SECOND, committed).await.is_err(), "{version}: who asks for it waits");
            transaction.end(outcome).await?;
            until("the transaction's is read", async || Ok(of(&reader, 0).last() == Some(&9))).await?;
            assert_eq!(of(&reader, 0), Vec::from_iter(from..RECORDS), "{version} {outcome:?}");
            timeout(PATIENCE, reader.close()).await.unwrap()?;
        }
    }
    Ok(())
}

/// Keeps offsets elsewhere: of partition 0.
struct Elsewhere;

impl RebalanceListener for Elsewhere {
    async fn assigned(&mut self, consumer: &ConsumerControl, partitions: &[TopicPartition]) {
        assert_eq!(consumer.assignment(), partitions);
        let first = partitions.iter().filter(|partition| partition.partition() == 0);
        for partition in first {
            consumer.seek(partition.clone(), 3).await.unwrap();
        }
    }
}

#[tokio::test]
async fn where_no_place_is_to_be_made_up_the_listener_says_where_to_begin() -> Result<()> {
    for version in everywhere() {
        let test = "group_beginnings::where_no_place_is_to_be_made_up_the_listener_says_where_to_begin";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for (partitions, is_read) in [(1, true), (2, false)] {
            let topic = new_topic(&kafka, "groups-elsewhere", partitions).await?;
            fill(&kafka, &topic, partitions, RECORDS).await?;
            let member = member(&kafka, &unique("groups-elsewhere"), &topic).offset_reset(Reset::Fail);
            let reader = Running::of(member.on_rebalance(Elsewhere).await?);
            if is_read {
                until("it is read", async || Ok(of(&reader, 0).last() == Some(&9))).await?;
                assert_eq!(of(&reader, 0), Vec::from_iter(3..RECORDS), "{version}");
                reader.close().await?;
            } else {
                let error = reader.failure().await;
                assert_eq!(
                    (error.kind(), error.partition()),
                    (ErrorKind::State, Some(1)),
                    "{version}: {error}"
                );
            }
        }
    }
    Ok(())
}

/// A broker serves one request at a time on a connection.
#[tokio::test]
async fn heartbeats_and_the_end_do_not_wait_behind_a_question_that_is_not_answered() -> Result<()> {
    for version in everywhere() {
        let test =
            "group_beginnings::heartbeats_and_the_end_do_not_wait_behind_a_question_that_is_not_answered";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-asking", 1).await?;
        let asked = proxy.intercept(Rule::on(Api::ListOffsets).always().react(Reaction::Hold)).unwrap();
        let beats = proxy.intercept(Rule::on(Api::Heartbeat).always()).unwrap();
        let reader = Running::of(member(&kafka, &unique("groups-asking"), &topic).await?);
        timeout(PATIENCE, asked.wait_for_hits(1)).await.unwrap();
        timeout(10 * SECOND, beats.wait_for_hits(beats.hits() + 10)).await.expect("heartbeats go on");
        assert_eq!(places(&reader), BTreeSet::new(), "{version}");
        timeout(5 * SECOND, reader.close()).await.expect("it leaves")?;
    }
    Ok(())
}

/// The fault may be the broker's for a moment; three times in a row it is an error.
#[tokio::test]
async fn a_broker_that_fails_is_asked_again() -> Result<()> {
    for version in everywhere() {
        let test = "group_beginnings::a_broker_that_fails_is_asked_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-unreadable", 1).await?;
        fill(&kafka, &topic, 1, RECORDS).await?;
        let failure = || Reaction::Answer(ErrorCode::UNKNOWN_SERVER_ERROR);
        for api in [Api::OffsetFetch, Api::ListOffsets] {
            let twice = proxy.intercept(Rule::on(api).times(2).react(failure())).unwrap();
            let reader = Running::of(member(&kafka, &unique("groups-unreadable"), &topic).await?);
            until("all is read", async || Ok(of(&reader, 0).len() == RECORDS as usize)).await?;
            assert_eq!(twice.hits(), 2, "{version}");
            reader.close().await?;
            let always = proxy.intercept(Rule::on(api).always().react(failure())).unwrap();
            let reader = Running::of(member(&kafka, &unique("groups-unreadable"), &topic).await?);
            assert!(reader.failure().await.is(ErrorCode::UNKNOWN_SERVER_ERROR), "{version}");
            assert_eq!(always.hits(), 3, "{version}");
            always.disarm();
        }
    }
    Ok(())
}
