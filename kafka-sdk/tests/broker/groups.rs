//! Consumers that share topics: who reads what, what is committed, and how they come and go.

use crate::common::{
    Heard, PATIENCE, Place, Running, all, broker, committed_by_java, everywhere, fill, member, new_topic,
    next, take, unique, until,
};
use kafka_sdk::consumer::{Commit, ConsumerControl, RebalanceListener};
use kafka_sdk::{Acked, ErrorKind, Kafka, Message, Record, Reset, Result, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

#[tokio::test]
async fn one_member_reads_all_and_another_goes_on_where_it_has_closed() -> Result<()> {
    for version in everywhere() {
        let test = "groups::one_member_reads_all_and_another_goes_on_where_it_has_closed";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-one", 3).await?;
        let group = unique("groups-one");
        fill(&kafka, &topic, 3, 100).await?;
        let mut first = member(&kafka, &group, &topic).await?;
        let read = take(&mut first, 300).await?;
        assert_eq!(read.iter().copied().collect::<BTreeSet<_>>(), all(3, 100));
        assert_eq!(first.control().assignment().len(), 3);
        assert!(first.control().group_metadata().is_some());
        let begun = Instant::now();
        first.close().await?;
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(committed_by_java(broker, &group).await, (0..3).map(|p| (p, 100)).collect());
        fill(&kafka, &topic, 3, 10).await?;
        // At once: the first one has left.
        let mut second = member(&kafka, &group, &topic).await?;
        let read: BTreeSet<Place> = take(&mut second, 30).await?.into_iter().collect();
        assert_eq!(read, (0..3).flat_map(|p| (100..110).map(move |o| (p, o))).collect());
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn members_share_the_partitions_and_take_over_from_one_that_leaves() -> Result<()> {
    for version in everywhere() {
        let test = "groups::members_share_the_partitions_and_take_over_from_one_that_leaves";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-share", 6).await?;
        let group = unique("groups-share");
        let mut members = Vec::new();
        for share in [6, 3, 2] {
            members.push(Running::of(member(&kafka, &group, &topic).await?));
            let what = format!("{} members have {share} partitions each", members.len());
            until(&what, async || Ok(members.iter().all(|m| m.partitions().len() == share))).await?;
            let owned: BTreeSet<i32> = members.iter().flat_map(Running::partitions).collect();
            assert_eq!(owned.len(), 6, "each partition is somebody's");
            fill(&kafka, &topic, 6, 50).await?;
        }
        members.pop().unwrap().close().await?;
        until("two members have three each", async || Ok(members.iter().all(|m| m.partitions().len() == 3)))
            .await?;
        fill(&kafka, &topic, 6, 50).await?;
        let mut read = BTreeSet::new();
        until("all is read", async || {
            read.extend(members.iter().flat_map(Running::read));
            // What the third one has read is committed.
            Ok(read.iter().filter(|(_, offset)| *offset >= 150).count() == 300)
        })
        .await?;
        for member in members {
            member.close().await?;
        }
        assert_eq!(committed_by_java(broker, &group).await, (0..6).map(|p| (p, 200)).collect());
    }
    Ok(())
}

#[tokio::test]
async fn a_listener_hears_of_all_in_order_and_may_seek_and_commit() -> Result<()> {
    struct Seeks(Heard);
    impl RebalanceListener for Seeks {
        async fn assigned(&mut self, consumer: &ConsumerControl, partitions: &[TopicPartition]) {
            for partition in partitions {
                consumer.seek(partition.clone(), 7).await.unwrap();
            }
            self.0.note("assigned", partitions);
        }
    }
    for version in everywhere() {
        let test = "groups::a_listener_hears_of_all_in_order_and_may_seek_and_commit";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-listener", 2).await?;
        let group = unique("groups-listener");
        fill(&kafka, &topic, 2, 10).await?;
        let heard = Heard::default();
        let mut first = member(&kafka, &group, &topic).on_rebalance(heard.clone()).await?;
        take(&mut first, 20).await?;
        let first = Running::of(first);
        let second_heard = Heard::default();
        let mut second = member(&kafka, &group, &topic).on_rebalance(Seeks(second_heard.clone())).await?;
        let (partition, offset) = next(&mut second).await?;
        assert_eq!(offset, 7, "the listener has gone back there");
        assert_eq!(second_heard.all(), [("assigned", vec![partition])]);
        until("the first one has the other partition", async || Ok(first.partitions() == [1 - partition]))
            .await?;
        first.close().await?;
        let expected = [
            ("assigned", vec![0, 1]),
            ("revoked", vec![0, 1]),
            ("assigned", vec![1 - partition]),
            ("revoked", vec![1 - partition]),
        ];
        assert_eq!(heard.all(), expected);
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_member_blocks_nothing_and_commits_what_is_processed_in_the_background() -> Result<()> {
    for version in everywhere() {
        let test = "groups::a_dropped_member_blocks_nothing_and_commits_what_is_processed_in_the_background";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-drop", 1).await?;
        let group = unique("groups-drop");
        fill(&kafka, &topic, 1, 10).await?;
        let mut first = member(&kafka, &group, &topic).await?;
        take(&mut first, 5).await?;
        let begun = Instant::now();
        drop(first);
        assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
        let begun = Instant::now();
        let mut second = member(&kafka, &group, &topic).await?;
        assert_eq!(next(&mut second).await?, (0, 4), "the last one may not have been processed");
        assert!(begun.elapsed() < Duration::from_secs(8), "it has left: {:?}", begun.elapsed());
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_acknowledged_without_a_gap_is_committed_and_the_rest_comes_again() -> Result<()> {
    for version in everywhere() {
        let test = "groups::what_is_acknowledged_without_a_gap_is_committed_and_the_rest_comes_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-acked", 1).await?;
        let group = unique("groups-acked");
        fill(&kafka, &topic, 1, 10).await?;
        let mut consumer = member(&kafka, &group, &topic).acked().await?;
        let mut messages: Vec<Acked<Message>> = Vec::new();
        for _ in 0..10 {
            messages.push(timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?);
        }
        for offset in [9, 0, 2, 1, 5] {
            let at = messages.iter().position(|message| message.offset() == offset).unwrap();
            messages.remove(at).ack();
        }
        consumer.commit().await?;
        assert_eq!(committed_by_java(broker, &group).await, BTreeMap::from([(0, 3)]));
        consumer.close().await?;
        drop(messages);
        let mut second = member(&kafka, &group, &topic).await?;
        assert_eq!(next(&mut second).await?, (0, 3));
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_member_that_is_gone_without_a_word_is_replaced_after_its_session() -> Result<()> {
    for version in everywhere() {
        let test = "groups::a_member_that_is_gone_without_a_word_is_replaced_after_its_session";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-killed", 2).await?;
        let group = unique("groups-killed");
        fill(&kafka, &topic, 2, 10).await?;
        let servers = broker.bootstrap_servers().to_owned();
        let of_killed = (group.clone(), topic.clone());
        // A runtime of its own, which ends like a process.
        let killed = tokio::task::spawn_blocking(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let read = runtime.block_on(async {
                let kafka = Kafka::connect(&servers).await?;
                let member =
                    member(&kafka, &of_killed.0, &of_killed.1).session_timeout(Duration::from_secs(6));
                let mut consumer = member.await?;
                let read = take(&mut consumer, 20).await?;
                std::mem::forget(consumer);
                Result::Ok(read)
            });
            runtime.shutdown_background();
            read
        });
        assert_eq!(killed.await.unwrap()?.len(), 20);
        let begun = Instant::now();
        let mut second = member(&kafka, &group, &topic).await?;
        let read: BTreeSet<Place> = take(&mut second, 20).await?.into_iter().collect();
        assert_eq!(read, all(2, 10), "nothing was committed");
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn given_partitions_are_read_without_membership_and_the_group_keeps_the_offsets() -> Result<()> {
    for version in everywhere() {
        let test = "groups::given_partitions_are_read_without_membership_and_the_group_keeps_the_offsets";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-assign", 2).await?;
        let group = unique("groups-assign");
        fill(&kafka, &topic, 2, 10).await?;
        let alone = || {
            let builder = kafka.consumer(&group).assign([(topic.as_str(), 1)]).offset_reset(Reset::Earliest);
            builder.commit(Commit::Manual)
        };
        let mut first = alone().await?;
        assert_eq!(first.control().assignment(), [(topic.as_str(), 1).into()]);
        for refused in [first.control().subscribe([&topic]), first.control().subscribe_matching("groups-.*")]
        {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::State, "{version}: it is no member");
        }
        assert_eq!(take(&mut first, 4).await?, [(1, 0), (1, 1), (1, 2), (1, 3)]);
        let given = kafka_sdk::CommittedOffset { offset: 2, leader_epoch: None, metadata: "two".into() };
        first.control().commit_offsets([((topic.as_str(), 1), given.clone())]).await?;
        let committed = first.control().committed([(topic.as_str(), 0), (topic.as_str(), 1)]).await?;
        assert_eq!(committed.values().cloned().collect::<Vec<_>>(), [None, Some(given)]);
        first.close().await?;
        let mut second = alone().await?;
        assert_eq!(next(&mut second).await?, (1, 2), "manual: closing commits nothing");
        second.commit().await?;
        second.close().await?;
        assert_eq!(committed_by_java(broker, &group).await, BTreeMap::from([(1, 3)]));
    }
    Ok(())
}

#[tokio::test]
async fn handlers_run_in_order_by_key_and_the_first_error_ends_the_run() -> Result<()> {
    for version in everywhere() {
        let test = "groups::handlers_run_in_order_by_key_and_the_first_error_ends_the_run";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-run", 2).await?;
        let group = unique("groups-run");
        let producer = kafka.producer().await?;
        for n in 0..200 {
            let record = Record::new(n.to_string()).key(format!("k{}", n % 10));
            producer.enqueue(&topic, record).await?.forget();
        }
        producer.close().await?;
        let seen: Arc<Mutex<BTreeMap<Vec<u8>, Vec<i64>>>> = Arc::default();
        let busy: Arc<Mutex<BTreeSet<Vec<u8>>>> = Arc::default();
        let consumer = member(&kafka, &group, &topic).acked().await?;
        let control = consumer.control();
        let run = consumer.run(8, async |message| {
            let key = message.key().unwrap().to_vec();
            assert!(busy.lock().unwrap().insert(key.clone()), "one at a time for each key");
            sleep(Duration::from_millis(u64::from(message.offset() % 3 == 0))).await;
            busy.lock().unwrap().remove(&key);
            let mut seen = seen.lock().unwrap();
            seen.entry(key).or_default().push(message.offset());
            if seen.values().map(Vec::len).sum::<usize>() == 200 {
                control.stop();
            }
            Result::Ok(())
        });
        timeout(PATIENCE, run).await.unwrap()?;
        assert!(seen.lock().unwrap().values().all(|offsets| offsets.is_sorted() && offsets.len() == 20));
        let committed = committed_by_java(broker, &group).await;
        assert_eq!(committed.values().sum::<i64>(), 200, "{committed:?}");

        let other = unique("groups-run");
        let consumer = member(&kafka, &other, &topic).acked().await?;
        let run = consumer.run(4, async |message| match (message.partition(), message.offset()) {
            (0, 3) => Err("no more"),
            _ => Ok(()),
        });
        let error = timeout(PATIENCE, run).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State);
        assert!(error.to_string().contains("at offset 3 failed: no more"), "{error}");
        assert_eq!(committed_by_java(broker, &other).await.get(&0), Some(&3));
    }
    Ok(())
}

#[tokio::test]
async fn each_partition_is_a_stream_that_ends_when_the_partition_goes_to_another_member() -> Result<()> {
    for version in everywhere() {
        let test = "groups::each_partition_is_a_stream_that_ends_when_the_partition_goes_to_another_member";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-streams", 2).await?;
        let group = unique("groups-streams");
        fill(&kafka, &topic, 2, 100).await?;
        let mut partitions = member(&kafka, &group, &topic).max_unacked(16).await?.into_partitions();
        let mut streams = Vec::new();
        for _ in 0..2 {
            streams.push(timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?);
        }
        streams.sort_by_key(|stream| stream.topic_partition());
        let mut stay = streams.remove(0);
        let mut go = streams.remove(0);
        for offset in 0..100 {
            // One that is slow does not hold up the other.
            assert_eq!(timeout(PATIENCE, stay.next()).await.unwrap().unwrap()?.offset(), offset);
        }
        assert_eq!(timeout(PATIENCE, go.next()).await.unwrap().unwrap()?.offset(), 0);
        assert_eq!(timeout(PATIENCE, go.next()).await.unwrap().unwrap()?.offset(), 1);
        let second = Running::of(member(&kafka, &group, &topic).await?);
        // Eager: both end, and nobody has them before both streams are dropped.
        for (stream, next) in [(&mut stay, 100), (&mut go, 2)] {
            while let Some(message) = timeout(PATIENCE, stream.next()).await.unwrap() {
                assert!(message?.offset() >= next);
            }
            stream.commit().await?;
        }
        assert!(second.read().is_empty());
        let read_of_go = partitions.control().processed().get(&go.topic_partition()).unwrap();
        drop((stay, go));
        let mut again = timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?;
        until("the other one has the other partition", async || Ok(second.partitions().len() == 1)).await?;
        let kept = again.topic_partition().partition();
        assert_eq!(second.partitions(), [1 - kept]);
        fill(&kafka, &topic, 2, 1).await?;
        let first = timeout(PATIENCE, again.next()).await.unwrap().unwrap()?;
        let begun = if kept == 0 { 100 } else { read_of_go };
        assert_eq!(first.offset(), begun, "what was not asked for comes again, and nothing else");
        drop(again);
        partitions.close().await?;
        second.close().await?;
    }
    Ok(())
}
