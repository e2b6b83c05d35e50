//! Members of groups that freeze, restart, are idle, are too many, or close while nobody answers.

use crate::common::{
    EMBEDDED, Heard, NEWEST, OLDEST, PATIENCE, Place, Running, Writing, broker, everywhere, fill, member,
    new_topic, next, take, unique, until,
};
use kafka_sdk::consumer::{Commit, ConsumerControl, RebalanceListener};
use kafka_sdk::{ErrorCode, ErrorKind, Kafka, Result, TopicPartition};
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, TestKafka, TestProxy};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// As one that is frozen for longer than its session, or cut off from the coordinator.
#[tokio::test]
async fn a_member_that_is_not_heard_of_hands_out_nothing_and_loses_what_it_had() -> Result<()> {
    for version in everywhere() {
        let test = "group_members::a_member_that_is_not_heard_of_hands_out_nothing_and_loses_what_it_had";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let (cut_off, kafka) = (
            Kafka::connect(proxy.bootstrap_servers()).await?,
            Kafka::connect(broker.bootstrap_servers()).await?,
        );
        let topic = new_topic(&kafka, "groups-frozen", 2).await?;
        let group = unique("groups-frozen");
        let _writing = Writing::to(&kafka, &topic, 2, Duration::from_millis(20)).await?;
        let heard = Heard::default();
        let never = Commit::Delivered { every: Duration::from_secs(600) };
        let first = member(&cut_off, &group, &topic).session_timeout(6 * SECOND).commit(never);
        let first = Running::of(first.on_rebalance(heard.clone()).await?);
        until("it reads", async || Ok(first.read().len() > 10)).await?;
        let silent = Rule::on(Api::Heartbeat).always().react(Reaction::Swallow);
        let silent = proxy.intercept(silent).unwrap();
        let begun = Instant::now();
        let second = Running::of(member(&kafka, &group, &topic).await?);
        until("the other one has it all", async || Ok(second.partitions().len() == 2)).await?;
        until("the other one reads both", async || {
            Ok(second.read().iter().map(|(partition, _)| *partition).collect::<BTreeSet<_>>().len() == 2)
        })
        .await?;
        assert!(begun.elapsed() > 5 * SECOND, "not before the session was over: {:?}", begun.elapsed());
        let taken_over = second.times()[0].0;
        let held = first.times().iter().filter(|(at, _)| *at > taken_over).count();
        assert_eq!(held, 0, "the session was over, and it handed out more");
        let refused = timeout(PATIENCE, first.control.commit()).await.unwrap().unwrap_err();
        assert!(
            refused.is(ErrorCode::UNKNOWN_MEMBER_ID) || refused.kind() == ErrorKind::State,
            "{refused:#}"
        );
        silent.disarm();
        until("both have one", async || Ok([&first, &second].iter().all(|m| m.partitions().len() == 1)))
            .await?;
        let heard = heard.all();
        assert_eq!(heard[..2], [("assigned", vec![0, 1]), ("lost", vec![0, 1])], "{heard:?}");
        assert_eq!(heard.len(), 3, "{heard:?}");
        first.close().await?;
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_is_idle_for_too_long_hears_once_of_what_is_lost_and_joins_when_it_asks_again() -> Result<()> {
    for version in everywhere() {
        let test =
            "group_members::who_is_idle_for_too_long_hears_once_of_what_is_lost_and_joins_when_it_asks_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-idle", 1).await?;
        let group = unique("groups-idle");
        fill(&kafka, &topic, 1, 10).await?;
        let heard = Heard::default();
        let idle = member(&kafka, &group, &topic).session_timeout(2 * SECOND).max_poll_interval(4 * SECOND);
        let mut idle = idle.on_rebalance(heard.clone()).await?;
        assert_eq!(take(&mut idle, 3).await?, [(0, 0), (0, 1), (0, 2)]);
        until("it has lost it", async || Ok(heard.all().len() == 2)).await?;
        // As long again: it is told once.
        sleep(5 * SECOND).await;
        assert_eq!(heard.all(), [("assigned", vec![0]), ("lost", vec![0])]);
        assert_eq!(next(&mut idle).await?, (0, 0), "nothing was committed");
        assert_eq!(heard.all().len(), 3);
        idle.close().await?;
    }
    Ok(())
}

/// As one that computes for long, or calls what blocks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_go_on_behind_a_handler_that_holds_its_thread_for_longer_than_the_session() -> Result<()> {
    for version in everywhere() {
        let test = "group_members::heartbeats_go_on_behind_a_handler_that_holds_its_thread_for_longer_than_the_session";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-handler", 1).await?;
        let group = unique("groups-handler");
        fill(&kafka, &topic, 1, 3).await?;
        let heard = Heard::default();
        let busy = member(&kafka, &group, &topic).session_timeout(2 * SECOND);
        let mut busy = busy.on_rebalance(heard.clone()).await?;
        assert_eq!(next(&mut busy).await?, (0, 0));
        let who = busy.control().group_metadata();
        let beats = proxy.intercept(Rule::on(Api::Heartbeat).always().react(Reaction::Pass)).unwrap();
        let begun = Instant::now();
        while begun.elapsed() < 6 * SECOND || beats.hits() < 15 {
            assert!(begun.elapsed() < PATIENCE, "{} heartbeats", beats.hits());
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(take(&mut busy, 2).await?, [(0, 1), (0, 2)]);
        busy.commit().await?;
        assert_eq!((heard.all(), busy.control().group_metadata()), (vec![("assigned", vec![0])], who));
        busy.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_listener_that_takes_longer_than_the_session_is_waited_for() -> Result<()> {
    struct Slow(Heard);
    impl RebalanceListener for Slow {
        async fn assigned(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
            sleep(5 * SECOND).await;
            self.0.note("assigned", partitions);
        }

        async fn revoked(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
            sleep(5 * SECOND).await;
            self.0.note("revoked", partitions);
        }

        async fn lost(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
            self.0.note("lost", partitions);
        }
    }
    for version in everywhere() {
        let test = "group_members::a_listener_that_takes_longer_than_the_session_is_waited_for";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-slow", 2).await?;
        let group = unique("groups-slow");
        fill(&kafka, &topic, 2, 10).await?;
        let heard = Heard::default();
        let slow = || member(&kafka, &group, &topic).session_timeout(2 * SECOND);
        let first = Running::of(slow().on_rebalance(Slow(heard.clone())).await?);
        until("it has read all", async || Ok(first.read().len() == 20)).await?;
        let mut second = slow().await?;
        let control = second.control();
        until("both have one", async || {
            let _ = timeout(Duration::from_millis(10), second.next()).await;
            Ok(control.assignment().len() == 1 && first.partitions().len() == 1)
        })
        .await?;
        until("the listener has been told", async || Ok(heard.all().len() == 3)).await?;
        let kept = first.partitions();
        assert_eq!(heard.all(), [("assigned", vec![0, 1]), ("revoked", vec![0, 1]), ("assigned", kept)]);
        fill(&kafka, &topic, 2, 1).await?;
        assert_eq!(next(&mut second).await?.1, 10, "all was committed before it was given up");
        first.close().await?;
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_listener_that_panics_ends_its_consumer_only_and_others_take_over() -> Result<()> {
    struct Panics;
    impl RebalanceListener for Panics {
        async fn assigned(&mut self, _: &ConsumerControl, _: &[TopicPartition]) {
            panic!("the listener's own");
        }
    }
    for version in everywhere() {
        let test = "group_members::a_listener_that_panics_ends_its_consumer_only_and_others_take_over";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-panic", 1).await?;
        let group = unique("groups-panic");
        fill(&kafka, &topic, 1, 10).await?;
        let mut first = member(&kafka, &group, &topic).on_rebalance(Panics).await?;
        let error = timeout(PATIENCE, first.next()).await.unwrap().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
        assert!(error.to_string().contains("listener"), "{error}");
        assert!(timeout(PATIENCE, first.next()).await.unwrap().is_none());
        let begun = Instant::now();
        drop(first);
        let mut second = member(&kafka, &group, &topic).await?;
        assert_eq!(next(&mut second).await?, (0, 0));
        assert!(begun.elapsed() < 8 * SECOND, "the first one has left: {:?}", begun.elapsed());
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn static_members_that_restart_one_by_one_keep_their_partitions_and_nobody_else_hears_of_it()
-> Result<()> {
    let test = "group_members::static_members_that_restart_one_by_one_keep_their_partitions_and_nobody_else_hears_of_it";
    for version in [EMBEDDED, NEWEST] {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-static", 10).await?;
        let group = unique("groups-static");
        fill(&kafka, &topic, 10, 10).await?;
        let start = async |number: usize, heard: &Heard| -> Result<Running> {
            let member = member(&kafka, &group, &topic).session_timeout(30 * SECOND);
            Ok(Running::of(member.instance_id(format!("pod-{number}")).on_rebalance(heard.clone()).await?))
        };
        let (mut members, mut heard) = (Vec::new(), Vec::new());
        for number in 0..10 {
            heard.push(Heard::default());
            members.push(start(number, &heard[number]).await?);
        }
        until("each has its own", async || Ok(members.iter().all(|m| m.partitions().len() == 1))).await?;
        until("all is read", async || {
            let places: BTreeSet<Place> = members.iter().flat_map(Running::read).collect();
            Ok(places.len() == 100)
        })
        .await?;
        let before: Vec<usize> = heard.iter().map(|it| it.all().len()).collect();
        let generation = members[0].generation();
        for number in 0..10 {
            let own = members[number].partitions();
            let fresh = Heard::default();
            let old = std::mem::replace(&mut heard[number], fresh.clone());
            // It is closed first, and stays in the group.
            let running = members.remove(number);
            running.close().await?;
            assert_eq!(old.all().last(), Some(&("revoked", own.clone())));
            members.insert(number, start(number, &fresh).await?);
            until("it has its own again", async || Ok(members[number].partitions() == own)).await?;
            assert_eq!(members[number].generation(), generation, "no rebalance");
        }
        fill(&kafka, &topic, 10, 1).await?;
        until("what has come since is read", async || {
            Ok(members.iter().all(|member| member.read().last().is_some_and(|(_, offset)| *offset == 10)))
        })
        .await?;
        for (number, member) in members.iter().enumerate() {
            assert_eq!(member.read().len(), 1, "{number} went on where its former life had closed");
            assert_eq!(heard[number].all(), [("assigned", member.partitions())], "{before:?}");
        }
        for member in members {
            member.close().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_second_member_with_the_same_instance_id_takes_over_and_the_first_one_is_told() -> Result<()> {
    let test =
        "group_members::a_second_member_with_the_same_instance_id_takes_over_and_the_first_one_is_told";
    for version in [EMBEDDED, NEWEST] {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-fenced", 1).await?;
        let group = unique("groups-fenced");
        fill(&kafka, &topic, 1, 10).await?;
        let heard = Heard::default();
        let of_pod = || member(&kafka, &group, &topic).instance_id("pod-1");
        let mut first = of_pod().on_rebalance(heard.clone()).await?;
        take(&mut first, 5).await?;
        let mut second = of_pod().await?;
        assert_eq!(next(&mut second).await?, (0, 0), "nothing was committed");
        let error = timeout(PATIENCE, async {
            loop {
                if let Err(error) = first.next().await.unwrap() {
                    return error;
                }
            }
        });
        let error = error.await.unwrap();
        assert!(error.is(ErrorCode::FENCED_INSTANCE_ID), "{error:#}");
        assert!(
            error.to_string().contains("\"pod-1\"") && error.to_string().contains("group.instance.id"),
            "{error}"
        );
        assert_eq!(heard.all(), [("assigned", vec![0]), ("lost", vec![0])]);
        let refused = first.commit().await.unwrap_err();
        assert!(
            [ErrorKind::State, ErrorKind::Closed, ErrorKind::Broker].contains(&refused.kind()),
            "{refused:#}"
        );
        assert_eq!(second.control().committed([(topic.as_str(), 0)]).await?.values().next(), Some(&None));
        drop(first);
        take(&mut second, 9).await?;
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn brokers_from_before_static_members_are_an_error_that_says_so() -> Result<()> {
    let test = "group_members::brokers_from_before_static_members_are_an_error_that_says_so";
    let Some(broker) = broker(OLDEST, test).await else { return Ok(()) };
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "groups-static", 1).await?;
    let mut consumer = member(&kafka, &unique("groups-static"), &topic).instance_id("pod-1").await?;
    let error = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
    assert!(error.to_string().contains("group.instance.id"), "{error}");
    consumer.close().await
}

#[tokio::test]
async fn a_group_that_is_full_takes_nobody_else_and_goes_on() -> Result<()> {
    let test = "group_members::a_group_that_is_full_takes_nobody_else_and_goes_on";
    if !Providers::here().run_jvm(test).unwrap() {
        return Ok(());
    }
    let broker = TestKafka::jvm().version(NEWEST).property("group.max.size", "2").start().await.unwrap();
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "groups-full", 2).await?;
    let group = unique("groups-full");
    let mut members = Vec::new();
    for _ in 0..2 {
        members.push(Running::of(member(&kafka, &group, &topic).await?));
    }
    until("both have one", async || Ok(members.iter().all(|m| m.partitions().len() == 1))).await?;
    let third = Running::of(member(&kafka, &group, &topic).await?);
    let error = third.failure().await;
    assert!(error.is(ErrorCode::GROUP_MAX_SIZE_REACHED), "{error:#}");
    assert!(error.to_string().contains("group.max.size"), "{error}");
    fill(&kafka, &topic, 2, 10).await?;
    until("the two go on", async || Ok(members.iter().all(|member| member.read().len() == 10))).await?;
    for member in members {
        member.close().await?;
    }
    Ok(())
}

/// With a coordinator that says nothing to one of its APIs.
#[tokio::test]
async fn closing_keeps_its_time_whatever_is_not_answered() -> Result<()> {
    const APIS: [Api; 7] = [
        Api::FindCoordinator,
        Api::JoinGroup,
        Api::SyncGroup,
        Api::OffsetFetch,
        Api::Heartbeat,
        Api::OffsetCommit,
        Api::LeaveGroup,
    ];
    for version in everywhere() {
        let test = "group_members::closing_keeps_its_time_whatever_is_not_answered";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-close", 1).await?;
        fill(&kafka, &topic, 1, 10).await?;
        for api in APIS {
            let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
            let through = Kafka::connect(proxy.bootstrap_servers()).await?;
            let silent = || proxy.intercept(Rule::on(api).always().react(Reaction::Swallow)).unwrap();
            let group = unique("groups-close");
            let is_late = matches!(api, Api::Heartbeat | Api::OffsetCommit | Api::LeaveGroup);
            let early = (!is_late).then(silent);
            let mut consumer = member(&through, &group, &topic).await?;
            let armed = match early {
                Some(armed) => {
                    timeout(PATIENCE, armed.wait_for_hits(1)).await.unwrap();
                    armed
                }
                None => {
                    take(&mut consumer, 5).await?;
                    silent()
                }
            };
            if api == Api::Heartbeat {
                timeout(PATIENCE, armed.wait_for_hits(1)).await.unwrap();
            }
            let begun = Instant::now();
            let closed = consumer.close_within(2 * SECOND).await;
            let took = begun.elapsed();
            assert!(took < 4 * SECOND, "{version} {api:?}: {took:?}");
            if let Err(error) = closed {
                assert_eq!(error.kind(), ErrorKind::Timeout, "{version} {api:?}: {error:#}");
            }
            if !matches!(api, Api::Heartbeat | Api::SyncGroup) {
                assert!(armed.hits() > 0, "{version} {api:?}");
            }
        }
    }
    Ok(())
}
