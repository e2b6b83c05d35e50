//! Commits that are refused, lost or late, and what they never cover.

use crate::common::{
    PATIENCE, Running, attentive, broker, committed_by_java, everywhere, fill, is_since, member, new_topic,
    next, take, unique, until,
};
use futures_util::FutureExt;
use kafka_sdk::consumer::assignor::AssignmentStrategy;
use kafka_sdk::consumer::{Commit, ConsumerBuilder, GroupProtocol};
use kafka_sdk::{Advice, CommittedOffset, ErrorCode, ErrorKind, Kafka, Result, TopicPartition};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// How a member comes by its partitions.
type Make = fn(ConsumerBuilder) -> ConsumerBuilder;

/// Partitions that a member has before and after a rebalance.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    Stay,
    /// They are given up in between.
    Go,
}

#[tokio::test]
async fn commits_that_are_refused_for_now_or_unanswered_go_again_and_in_their_order() -> Result<()> {
    let harms = [
        Reaction::Answer(ErrorCode::REBALANCE_IN_PROGRESS),
        Reaction::Answer(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS),
        Reaction::Answer(ErrorCode::COORDINATOR_NOT_AVAILABLE),
        Reaction::Answer(ErrorCode::NOT_COORDINATOR),
        Reaction::Answer(ErrorCode::REQUEST_TIMED_OUT),
        Reaction::Answer(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        Reaction::ResetBefore,
        Reaction::ResetAfter,
        Reaction::DropAfter,
        Reaction::CutAnswer(9),
        Reaction::Delay(3 * SECOND),
        Reaction::FlipBit(3),
    ];
    for version in everywhere() {
        let test =
            "group_commits::commits_that_are_refused_for_now_or_unanswered_go_again_and_in_their_order";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::builder(proxy.bootstrap_servers()).request_timeout(SECOND).await?;
        let topic = new_topic(&kafka, "groups-retried", 2).await?;
        fill(&kafka, &topic, 2, 100).await?;
        let group = unique("groups-retried");
        let mut consumer = member(&kafka, &group, &topic).commit(Commit::Manual).await?;
        take(&mut consumer, 200).await?;
        let control = consumer.control();
        let mut at = 0;
        for harm in harms.clone() {
            let harmed = Rule::on(Api::OffsetCommit).times(2).react(harm.clone());
            let harmed = proxy.intercept(harmed).unwrap();
            let mut commits = Vec::new();
            for _ in 0..4 {
                at += 1;
                let (control, partition) = (control.clone(), TopicPartition::new(topic.as_str(), 0));
                commits.push(tokio::spawn(async move { control.commit_offsets([(partition, at)]).await }));
                // Asked for one behind the other.
                tokio::task::yield_now().await;
            }
            for commit in commits {
                let outcome = timeout(PATIENCE, commit).await.unwrap().unwrap();
                outcome.unwrap_or_else(|error| panic!("{version} {harm:?}: {error:#}"));
            }
            assert_eq!(harmed.hits(), 2, "{version} {harm:?}");
            let committed = control.committed([(topic.as_str(), 0)]).await?;
            let committed = committed.values().next().unwrap().as_ref().map(|it| it.offset);
            assert_eq!(committed, Some(at), "{version} {harm:?}");
        }
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn commits_that_will_not_be_taken_say_why_and_harm_no_others() -> Result<()> {
    for version in everywhere() {
        let test = "group_commits::commits_that_will_not_be_taken_say_why_and_harm_no_others";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-refused", 2).await?;
        fill(&kafka, &topic, 2, 10).await?;
        let group = unique("groups-refused");
        let mut consumer = member(&kafka, &group, &topic).commit(Commit::Manual).await?;
        take(&mut consumer, 20).await?;
        let control = consumer.control();
        let large = CommittedOffset { offset: 3, leader_epoch: None, metadata: "x".repeat(5_000) };
        let both = [((topic.as_str(), 0), large), ((topic.as_str(), 1), 7.into())];
        let error = control.commit_offsets(both).await.unwrap_err();
        assert!(error.is(ErrorCode::OFFSET_METADATA_TOO_LARGE), "{error:#}");
        assert!(error.to_string().contains("offset.metadata.max.bytes"), "{error}");
        assert_eq!((error.topic(), error.partition()), (Some(topic.as_str()), Some(0)));
        assert_eq!(committed_by_java(broker, &group).await.get(&1), Some(&7), "the other one counts");
        for (partition, offset) in [((topic.as_str(), 0), -1), ((topic.as_str(), -1), 0), (("a b", 0), 0)] {
            let error = control.commit_offsets([(partition, offset)]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings, "{error:#}");
        }
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_commit_before_the_first_join_says_that_the_consumer_is_no_member_yet() -> Result<()> {
    for version in everywhere() {
        let test = "group_commits::a_commit_before_the_first_join_says_that_the_consumer_is_no_member_yet";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-early", 1).await?;
        fill(&kafka, &topic, 1, 1).await?;
        let joining = proxy.intercept(Rule::on(Api::JoinGroup).react(Reaction::Hold)).unwrap();
        let mut consumer = member(&kafka, &unique("groups-early"), &topic).commit(Commit::Manual).await?;
        let control = consumer.control();
        let place = (topic.as_str(), 0);
        for early in [control.commit().await, control.commit_offsets([(place, 1)]).await] {
            let error = early.unwrap_err();
            assert_eq!((error.kind(), error.advice()), (ErrorKind::State, Advice::Retry), "{version}");
            assert!(error.to_string().contains("has not joined group"), "{version}: {error}");
        }
        joining.disarm();
        take(&mut consumer, 1).await?;
        control.commit().await?;
        consumer.close().await?;
    }
    Ok(())
}

/// Rebalances, and a handler that takes its time: what is committed is never ahead of what it has done.
#[tokio::test]
async fn what_is_committed_by_itself_is_never_ahead_of_what_is_processed() -> Result<()> {
    const PARTITIONS: i32 = 4;
    for version in everywhere() {
        let test = "group_commits::what_is_committed_by_itself_is_never_ahead_of_what_is_processed";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-ahead", PARTITIONS).await?;
        fill(&kafka, &topic, PARTITIONS, 2_000).await?;
        let group = unique("groups-ahead");
        let processed: Arc<[AtomicI64; PARTITIONS as usize]> = Arc::default();
        let every = Duration::from_millis(20);
        let start = async || -> Result<_> {
            let mut consumer = member(&kafka, &group, &topic).commit(Commit::Delivered { every }).await?;
            let (control, processed) = (consumer.control(), processed.clone());
            let task = tokio::spawn(async move {
                while let Some(message) = consumer.next().await {
                    let message = message?;
                    sleep(Duration::from_millis(2)).await;
                    let partition = &processed[message.partition() as usize];
                    partition.fetch_max(message.offset() + 1, Ordering::SeqCst);
                }
                consumer.close().await
            });
            Ok((control, task))
        };
        let steady = start().await?;
        let witness = kafka.consumer(&group).assign([(topic.as_str(), 0)]).commit(Commit::Manual).await?;
        let all = || (0..PARTITIONS).map(|number| (topic.as_str(), number));
        for _ in 0..5 {
            let guest = start().await?;
            let (begun, mut looks) = (Instant::now(), 0);
            while begun.elapsed() < SECOND || looks < 20 {
                assert!(begun.elapsed() < PATIENCE, "{version}: {looks} looks at what is committed");
                let committed = witness.control().committed(all()).await?;
                for (partition, committed) in committed {
                    let committed = committed.map_or(0, |it| it.offset);
                    let done = processed[partition.partition() as usize].load(Ordering::SeqCst);
                    assert!(
                        committed <= done,
                        "{version}: {partition} is committed to {committed} of {done}"
                    );
                    looks += usize::from(committed > 0);
                }
            }
            guest.0.stop();
            timeout(PATIENCE, guest.1).await.unwrap().unwrap()?;
        }
        steady.0.stop();
        timeout(PATIENCE, steady.1).await.unwrap().unwrap()?;
        witness.close().await?;
        let committed = committed_by_java(broker, &group).await;
        let done = processed.iter().map(|it| it.load(Ordering::SeqCst));
        assert!(committed.into_values().eq(done), "{version}");
    }
    Ok(())
}

/// The coordinator is slow with commits, or refuses them, exactly while the group rebalances.
#[tokio::test]
async fn commits_in_trouble_during_a_rebalance_leave_no_partition_unread() -> Result<()> {
    let harms = [
        Reaction::Delay(2 * SECOND),
        Reaction::Answer(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS),
        Reaction::Answer(ErrorCode::REBALANCE_IN_PROGRESS),
        Reaction::Answer(ErrorCode::ILLEGAL_GENERATION),
        Reaction::ResetBefore,
    ];
    for version in everywhere() {
        let test = "group_commits::commits_in_trouble_during_a_rebalance_leave_no_partition_unread";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let (harmed, kafka) = (
            Kafka::connect(proxy.bootstrap_servers()).await?,
            Kafka::connect(broker.bootstrap_servers()).await?,
        );
        for harm in harms.clone() {
            let topic = new_topic(&kafka, "groups-trouble", 4).await?;
            let group = unique("groups-trouble");
            fill(&kafka, &topic, 4, 50).await?;
            // Not before the rebalance.
            let late = Commit::Delivered { every: 600 * SECOND };
            let first = Running::of(member(&harmed, &group, &topic).commit(late).await?);
            until("the first one has read all", async || Ok(first.read().len() == 200)).await?;
            let trouble = Rule::on(Api::OffsetCommit).times(3).react(harm.clone());
            let trouble = proxy.intercept(trouble).unwrap();
            let second = Running::of(member(&kafka, &group, &topic).await?);
            until("both have two", async || Ok([&first, &second].iter().all(|m| m.partitions().len() == 2)))
                .await?;
            fill(&kafka, &topic, 4, 50).await?;
            until("what has come since is read", async || {
                let late =
                    |member: &Running| member.read().iter().filter(|(_, offset)| *offset >= 50).count();
                Ok(late(&first) + late(&second) == 200)
            })
            .await?;
            assert!(trouble.hits() > 0, "{version} {harm:?}");
            trouble.disarm();
            first.close().await?;
            second.close().await?;
            assert_eq!(
                committed_by_java(broker, &group).await,
                (0..4).map(|p| (p, 100)).collect(),
                "{harm:?}"
            );
        }
    }
    Ok(())
}

/// A commit of what somebody else has by now is not sent, and what is given up is not lost sight of.
#[tokio::test]
async fn a_consumer_that_closes_during_a_rebalance_commits_what_it_has_processed() -> Result<()> {
    for version in everywhere() {
        let test = "group_commits::a_consumer_that_closes_during_a_rebalance_commits_what_it_has_processed";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for round in 0..8 {
            let topic = new_topic(&kafka, "groups-parting", 4).await?;
            let group = unique("groups-parting");
            fill(&kafka, &topic, 4, 25).await?;
            let first = Running::of(member(&kafka, &group, &topic).await?);
            until("the first one has read all", async || Ok(first.read().len() == 100)).await?;
            let mut second = member(&kafka, &group, &topic).await?;
            let control = second.control();
            // Somewhere between the first heartbeat that tells of the rebalance and its end.
            sleep(Duration::from_millis(40 * round)).await;
            first.close().await?;
            let seen: Arc<Mutex<BTreeMap<i32, i64>>> = Arc::default();
            until("the second one has all", async || {
                if let Ok(message) = timeout(Duration::from_millis(10), second.next()).await {
                    let message = message.unwrap()?;
                    seen.lock().unwrap().insert(message.partition(), message.offset());
                }
                Ok(control.assignment().len() == 4)
            })
            .await?;
            assert!(seen.lock().unwrap().is_empty(), "{version} {round}: nothing comes twice: {seen:?}");
            fill(&kafka, &topic, 1, 1).await?;
            assert_eq!(next(&mut second).await?, (0, 25), "{version} {round}");
            second.close().await?;
        }
    }
    Ok(())
}

/// That a commit has left this partition out, and says so.
fn assert_not_committed(outcome: Result<()>, topic: &str, partition: i32) {
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.advice()), (ErrorKind::State, Advice::Retry), "{error:#}");
    assert_eq!((error.topic(), error.partition()), (Some(topic), Some(partition)), "{error:#}");
    assert!(error.to_string().contains("was not committed for group"), "{error}");
}

/// The coordinator takes no commit until a partition has been given up: one is to be sent again, and one waits behind it.
#[tokio::test]
async fn who_waits_for_a_commit_is_told_of_a_partition_that_was_given_up_before_it_could_be_sent()
-> Result<()> {
    let range: Make = |member| member.assignors([AssignmentStrategy::Range]);
    let cooperative: Make = |member| member.assignors([AssignmentStrategy::CooperativeSticky]);
    let next_gen: Make = |member| member.group_protocol(GroupProtocol::Consumer);
    for version in everywhere() {
        let test = "group_commits::who_waits_for_a_commit_is_told_of_a_partition_that_was_given_up_before_it_could_be_sent";
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let (refused, kafka) = (
            Kafka::connect(proxy.bootstrap_servers()).await?,
            Kafka::connect(broker.bootstrap_servers()).await?,
        );
        let mut ways = vec![(range, Others::Go), (cooperative, Others::Stay)];
        if is_since(version, (4, 0)) {
            ways.push((next_gen, Others::Stay));
        }
        for (make, others) in ways {
            let topic = new_topic(&kafka, "groups-behind", 2).await?;
            let group = unique("groups-behind");
            let member = |kafka: &Kafka| make(member(kafka, &group, &topic).commit(Commit::Manual));
            fill(&kafka, &topic, 2, 5).await?;
            let first = Running::of(member(&refused).await?);
            until("the first one has read all", async || Ok(first.read().len() == 10)).await?;
            let refusal = Reaction::Answer(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
            let refusal = proxy.intercept(Rule::on(Api::OffsetCommit).always().react(refusal)).unwrap();
            let control = first.control.clone();
            let before = tokio::spawn(async move { control.commit().await });
            timeout(PATIENCE, refusal.wait_for_hits(1)).await.unwrap();

            fill(&kafka, &topic, 2, 5).await?;
            until("the first one has read on", async || Ok(first.read().len() == 20)).await?;
            let mut behind = Box::pin(first.control.commit());
            assert!(behind.as_mut().now_or_never().is_none(), "{version}: it waits for the one before");
            let second = Running::of(member(&kafka).await?);
            until("the first one has one partition", async || Ok(first.partitions().len() == 1)).await?;
            refusal.disarm();

            // Of two that were given up, the first one is named.
            let kept = first.partitions()[0];
            let named = if others == Others::Stay { 1 - kept } else { 0 };
            for outcome in
                [timeout(PATIENCE, before).await.unwrap().unwrap(), timeout(PATIENCE, behind).await.unwrap()]
            {
                assert_not_committed(outcome, &topic, named);
            }
            let committed = committed_by_java(broker, &group).await;
            let stays = (others == Others::Stay).then_some((kept, 10));
            assert_eq!(committed, stays.into_iter().collect(), "{version}");
            first.close().await?;
            second.close().await?;
        }
    }
    Ok(())
}

/// A commit is refused for now; before it is sent again its partitions have been given up and have come back, and somebody
/// else has committed more of one of them.
#[tokio::test]
async fn a_commit_from_before_a_partition_was_given_up_does_not_set_it_back_when_it_has_returned()
-> Result<()> {
    /// Of the commit, before it is sent again: long enough for the partitions to come back.
    const PAUSE: Duration = Duration::from_secs(8);
    for version in everywhere() {
        let test = "group_commits::a_commit_from_before_a_partition_was_given_up_does_not_set_it_back_when_it_has_returned";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let (harmed, kafka) = (
            Kafka::builder(proxy.bootstrap_servers()).retry_backoff(PAUSE).retry_backoff_max(PAUSE).await?,
            Kafka::connect(broker.bootstrap_servers()).await?,
        );
        // What comes of the partition that the first one keeps, or gives up and has again.
        for (strategy, other) in
            [(AssignmentStrategy::Range, None), (AssignmentStrategy::CooperativeSticky, Some(&5))]
        {
            let topic = new_topic(&kafka, "groups-returned", 2).await?;
            let group = unique("groups-returned");
            let member = |kafka: &Kafka| {
                member(kafka, &group, &topic).assignors([strategy.clone()]).commit(Commit::Manual)
            };
            fill(&kafka, &topic, 2, 5).await?;
            let first = Running::of(member(&harmed).await?);
            until("the first one has read all", async || Ok(first.read().len() == 10)).await?;
            let refusal = Reaction::Answer(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
            let refusal = proxy.intercept(Rule::on(Api::OffsetCommit).react(refusal)).unwrap();
            let control = first.control.clone();
            let commit = tokio::spawn(async move { control.commit().await });
            timeout(PATIENCE, refusal.wait_for_hits(1)).await.unwrap();

            fill(&kafka, &topic, 2, 5).await?;
            let mut second = member(&kafka).await?;
            let read = take(&mut second, 10).await?;
            second.commit().await?;
            second.close().await?;
            until("the first one has both again", async || Ok(first.partitions().len() == 2)).await?;
            assert!(!commit.is_finished(), "{version}");
            let outcome = timeout(PATIENCE, commit).await.unwrap().unwrap();

            let (given_up, _) = read[0];
            // Of two that were given up the first one.
            let named = if other.is_some() { given_up } else { 0 };
            assert_not_committed(outcome, &topic, named);
            let committed = committed_by_java(broker, &group).await;
            assert_eq!(committed.get(&given_up), Some(&10), "{version}");
            assert_eq!(committed.get(&(1 - given_up)), other, "{version}");
            first.close().await?;
        }
    }
    Ok(())
}

/// Given offsets are refused for now; before they are sent again the group has thrown the member out, and has it back.
#[tokio::test]
async fn given_offsets_are_not_committed_by_a_member_that_was_thrown_out_and_has_come_back() -> Result<()> {
    /// Then there is a second before it is sent again, mostly long enough to join.
    const REFUSED: u64 = 5;
    for version in everywhere() {
        let test = "group_commits::given_offsets_are_not_committed_by_a_member_that_was_thrown_out_and_has_come_back";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-expelled", 1).await?;
        let group = unique("groups-expelled");
        let running = Running::of(member(&kafka, &group, &topic).commit(Commit::Manual).await?);
        until("it is a member", async || Ok(running.generation().is_some())).await?;
        let joined_as = running.control.group_metadata().map(|it| it.member_id);
        let refusal = Reaction::Answer(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
        let refusal = proxy.intercept(Rule::on(Api::OffsetCommit).always().react(refusal)).unwrap();
        let control = running.control.clone();
        let given = [((topic.clone(), 0), 3)];
        let commit = tokio::spawn(async move { control.commit_offsets(given).await });
        timeout(PATIENCE, refusal.wait_for_hits(REFUSED)).await.unwrap();

        kafka.admin().remove_all_members(&group, "").await?.all()?;
        until("it is a member again", async || {
            let present = running.control.group_metadata().map(|it| it.member_id);
            Ok(present.is_some() && present != joined_as)
        })
        .await?;
        refusal.disarm();
        let error = timeout(PATIENCE, commit).await.unwrap().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.advice()), (ErrorKind::State, Advice::Retry), "{version}: {error:#}");
        assert_eq!(committed_by_java(broker, &group).await.get(&0), None, "{version}");
        running.control.commit_offsets([((topic.as_str(), 0), 4)]).await?;
        assert_eq!(committed_by_java(broker, &group).await.get(&0), Some(&4), "{version}: as who it is now");
        running.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn closing_tells_of_the_last_commit_and_of_none_before_it() -> Result<()> {
    for version in everywhere() {
        let test = "group_commits::closing_tells_of_the_last_commit_and_of_none_before_it";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topics = [new_topic(&kafka, "groups-last", 1).await?, new_topic(&kafka, "groups-last", 1).await?];
        for topic in &topics {
            fill(&kafka, topic, 1, 10).await?;
        }
        let refuse = || {
            let refusal = Reaction::Answer(ErrorCode::OFFSET_METADATA_TOO_LARGE);
            proxy.intercept(Rule::on(Api::OffsetCommit).times(1).react(refusal)).unwrap()
        };
        let seldom = || {
            member(&kafka, &unique("groups-last"), &topics[0])
                .commit(Commit::Delivered { every: 600 * SECOND })
        };

        let mut consumer = seldom().await?;
        take(&mut consumer, 10).await?;
        let before = refuse();
        consumer.control().subscribe([&topics[1]])?;
        take(&mut consumer, 10).await?;
        assert_eq!(before.hits(), 1, "{version}: partitions were given up");
        consumer.close().await.unwrap_or_else(|error| panic!("{version}: it is long past: {error:#}"));

        let mut consumer = seldom().await?;
        take(&mut consumer, 10).await?;
        refuse();
        let error = consumer.close().await.unwrap_err();
        assert!(error.is(ErrorCode::OFFSET_METADATA_TOO_LARGE), "{version}: {error:#}");
    }
    Ok(())
}
