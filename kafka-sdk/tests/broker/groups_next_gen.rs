//! Groups of the consumer protocol (KIP-848), where the broker distributes: who reads what, what is committed, and how
//! members come, go and change over from the classic protocol.

use crate::common::{
    EMBEDDED, Heard, NEWEST, OLDEST, PATIENCE, Place, Running, all, attentive, broker, committed_by_java,
    fill, kind_by_java, new_topic, next, next_gen, unique, until,
};
use futures_util::FutureExt;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::consumer::assignor::AssignmentStrategy;
use kafka_sdk::consumer::{ConsumerBuilder, GroupProtocol, Leaving};
use kafka_sdk::{ErrorCode, ErrorKind, Kafka, Record, Reset, Result, TopicPartition};
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::collections::BTreeSet;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, timeout};

fn consumer(kafka: &Kafka, group: &str) -> ConsumerBuilder {
    kafka
        .consumer(group)
        .group_protocol(GroupProtocol::Consumer)
        .offset_reset(Reset::Earliest)
        .session_timeout(Duration::from_secs(5))
        .heartbeat_interval(Duration::from_millis(200))
}

fn member(kafka: &Kafka, group: &str, topic: &str) -> ConsumerBuilder {
    consumer(kafka, group).topics([topic])
}

/// Waits until each of them has as many partitions as this says.
async fn shared(members: &[Running], shares: &[usize]) -> Result<()> {
    let of = |members: &[Running]| members.iter().map(|m| m.partitions().len()).collect::<Vec<_>>();
    until(&format!("they have {shares:?} partitions"), async || {
        let mut counts = of(members);
        counts.sort_unstable();
        Ok(counts == shares)
    })
    .await
}

/// What was read, in the order of places.
fn sorted(mut read: Vec<Place>) -> Vec<Place> {
    read.sort_unstable();
    read
}

#[tokio::test]
async fn members_share_partitions_and_hand_them_over_and_each_record_comes_once() -> Result<()> {
    for version in next_gen() {
        let test = "groups_next_gen::members_share_partitions_and_hand_them_over_and_each_record_comes_once";
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-share", 6).await?;
        let group = unique("groups-share");
        let mut members = Vec::new();
        for shares in [&[6][..], &[3, 3], &[2, 2, 2]] {
            fill(&kafka, &topic, 6, 50).await?;
            members.push(Running::of(member(&kafka, &group, &topic).await?));
            shared(&members, shares).await?;
        }
        assert_eq!(kind_by_java(broker, &group).await, "consumer");
        let mut read = members.pop().unwrap().read_to_end().await?;
        shared(&members, &[3, 3]).await?;
        fill(&kafka, &topic, 6, 50).await?;
        until("all is read", async || {
            Ok(read.len() + members.iter().map(|m| m.read().len()).sum::<usize>() >= 6 * 200)
        })
        .await?;
        for member in members {
            read.extend(member.read_to_end().await?);
        }
        assert_eq!(sorted(read), Vec::from_iter(all(6, 200)));
        assert_eq!(committed_by_java(broker, &group).await, (0..6).map(|p| (p, 200)).collect());
    }
    Ok(())
}

#[tokio::test]
async fn the_broker_distributes_as_the_members_ask_for() -> Result<()> {
    let test = "groups_next_gen::the_broker_distributes_as_the_members_ask_for";
    for version in [EMBEDDED, NEWEST] {
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topics = [new_topic(&kafka, "groups-a", 3).await?, new_topic(&kafka, "groups-b", 3).await?];
        for (assignor, shares) in [("range", [2, 4]), ("uniform", [3, 3])] {
            let group = unique("groups-assignor");
            let mut members = Vec::new();
            for _ in 0..2 {
                let member = consumer(&kafka, &group).topics(&topics).remote_assignor(assignor);
                members.push(Running::of(member.await?));
            }
            shared(&members, &shares).await?;
            for member in &members {
                let partitions = member.partitions();
                let distinct: BTreeSet<_> = partitions.iter().collect();
                assert!(
                    assignor != "range" || 2 * distinct.len() == partitions.len(),
                    "those of one number together"
                );
            }
            for member in members {
                member.close().await?;
            }
        }
        let mut none =
            consumer(&kafka, &unique("groups-assignor")).topics(&topics).remote_assignor("best").await?;
        let error = timeout(PATIENCE, none.next()).await.unwrap().unwrap().unwrap_err();
        assert!(error.is(ErrorCode::UNSUPPORTED_ASSIGNOR), "{error}");
        assert!(error.to_string().contains("group.remote.assignor"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn the_broker_finds_topics_that_a_pattern_matches_and_none_of_their_first_records_is_lost() -> Result<()>
{
    for version in next_gen() {
        let test = "groups_next_gen::the_broker_finds_topics_that_a_pattern_matches_and_none_of_their_first_records_is_lost";
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        // It looks at all topics every five minutes by itself.
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let prefix = unique("groups-pattern");
        let producer = kafka.producer().await?;
        let create = async |name: &str| {
            let topic = format!("{prefix}.{name}");
            kafka.admin().create_topics([NewTopic::new(&topic).partitions(1)]).await?.all()?;
            producer.send(&topic, Record::new("first")).await?;
            Result::Ok(topic)
        };
        let before = create("a").await?;
        let consumer = consumer(&kafka, &unique("groups-pattern")).offset_reset(Reset::Latest);
        let mut consumer = consumer.topics_matching(&format!(r"^{prefix}\.[ab]$")).await?;
        let control = consumer.control();
        until("it has the topic", async || Ok(control.assignment() == [(before.as_str(), 0).into()])).await?;
        create("c").await?;
        let after = create("b").await?;
        let message = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?;
        assert_eq!((message.topic(), message.offset()), (after.as_str(), 0));
        producer.send(&before, Record::new("second")).await?;
        let message = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?;
        assert_eq!(
            (message.topic(), message.offset()),
            (before.as_str(), 1),
            "it was there before: from its end"
        );
        assert_eq!(control.assignment().len(), 2);
        let other = new_topic(&kafka, "groups-other", 1).await?;
        control.subscribe([&other])?;
        until("the new subscription counts", async || {
            assert!(consumer.next().now_or_never().is_none());
            Ok(control.assignment() == [(other.as_str(), 0).into()])
        })
        .await?;
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_pattern_that_brokers_do_not_understand_is_matched_by_the_client() -> Result<()> {
    let test = "groups_next_gen::a_pattern_that_brokers_do_not_understand_is_matched_by_the_client";
    let Some(broker) = attentive(NEWEST, test).await else { return Ok(()) };
    let kafka = Kafka::builder(broker.bootstrap_servers()).metadata_max_age(Duration::from_secs(1)).await?;
    for (pattern, matches) in [(r"[a-c&&[^b]]", ["a", "c"]), (r"\b[ab]", ["a", "b"])] {
        let prefix = unique("groups-here");
        let consumer = consumer(&kafka, &unique("groups-here"));
        let mut consumer = consumer.topics_matching(&format!(r"^{prefix}\.{pattern}$")).await?;
        for name in ["a", "b", "c"] {
            kafka
                .admin()
                .create_topics([NewTopic::new(format!("{prefix}.{name}")).partitions(1)])
                .await?
                .all()?;
        }
        let control = consumer.control();
        let expected: Vec<TopicPartition> = matches.map(|name| (format!("{prefix}.{name}"), 0).into()).into();
        until("it has them", async || {
            assert!(consumer.next().now_or_never().is_none());
            Ok(control.assignment() == expected)
        })
        .await?;
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_static_member_comes_back_without_a_rebalance_unless_it_has_left_for_good() -> Result<()> {
    for version in next_gen() {
        let test =
            "groups_next_gen::a_static_member_comes_back_without_a_rebalance_unless_it_has_left_for_good";
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-static", 4).await?;
        let group = unique("groups-static");
        let heard = Heard::default();
        let other = Running::of(member(&kafka, &group, &topic).on_rebalance(heard.clone()).await?);
        let pod = || member(&kafka, &group, &topic).instance_id("pod-1");
        let first = pod().await?;
        let control = first.control();
        until("they share", async || Ok(control.assignment().len() == 2 && other.partitions().len() == 2))
            .await?;
        let (of_first, of_other, epoch) = (control.assignment(), other.partitions(), other.generation());
        let before = heard.all();
        first.close().await?;
        fill(&kafka, &topic, 4, 10).await?;
        let mut second = pod().await?;
        let mut read = Vec::new();
        for _ in 0..20 {
            read.push(next(&mut second).await?);
        }
        assert_eq!(second.control().assignment(), of_first);
        assert_eq!((other.partitions(), other.generation(), heard.all()), (of_other, epoch, before));
        let begun = Instant::now();
        second.control().on_close(Leaving::Leave);
        second.close().await?;
        until("the other has all", async || Ok(other.partitions().len() == 4)).await?;
        assert!(begun.elapsed() < Duration::from_secs(5), "no session was waited for: {:?}", begun.elapsed());
        read.extend(other.read_to_end().await?);
        assert_eq!(sorted(read), Vec::from_iter(all(4, 10)));
    }
    Ok(())
}

/// What a member that sleeps has said.
enum Sleeper {
    Sleeps,
    /// What it was handed out at once when it woke.
    Woke(Option<Place>),
    Read(Place),
}

/// Reads a record, sleeps with all that works for it until it is told to go on, and reads on until nobody listens.
fn sleeper(
    servers: &str,
    group: &str,
    topic: &str,
    wake: mpsc::Receiver<()>,
    say: &mpsc::SyncSender<Sleeper>,
) -> Result<()> {
    // One thread: as a process that is stopped.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let kafka = Kafka::connect(servers).await?;
        let mut consumer = member(&kafka, group, topic).await?;
        let first = next(&mut consumer).await?;
        say.send(Sleeper::Read(first)).unwrap();
        // Enough is fetched ahead.
        let control = consumer.control();
        until("all is there", async || Ok(control.lag().is_some_and(|lag| lag >= 99))).await?;
        say.send(Sleeper::Sleeps).unwrap();
        wake.recv().unwrap();
        let at_once = consumer.next().now_or_never().map(|next| next.unwrap().unwrap());
        say.send(Sleeper::Woke(at_once.map(|message| (message.partition(), message.offset())))).unwrap();
        loop {
            let place = next(&mut consumer).await?;
            if say.send(Sleeper::Read(place)).is_err() {
                return Ok(());
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sleeps_past_its_session_hands_out_nothing_stale_and_is_a_member_again() -> Result<()> {
    let test = "groups_next_gen::who_sleeps_past_its_session_hands_out_nothing_stale_and_is_a_member_again";
    let Some(broker) = attentive(NEWEST, test).await else { return Ok(()) };
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "groups-sleeps", 1).await?;
    let group = unique("groups-sleeps");
    let producer = kafka.producer().linger(Duration::ZERO).await?;
    for n in 0..100 {
        // One by one: each is a batch.
        producer.send(&topic, Record::new(n.to_string()).partition(0)).await?;
    }
    let (wake, woken) = mpsc::sync_channel(1);
    let (say, said) = mpsc::sync_channel(1_000);
    let (servers, of_sleeper) = (broker.bootstrap_servers().to_owned(), (group.clone(), topic.clone()));
    let thread = std::thread::spawn(move || sleeper(&servers, &of_sleeper.0, &of_sleeper.1, woken, &say));
    let said = Arc::new(Mutex::new(said));
    let hear = || {
        let said = said.clone();
        async move { tokio::task::spawn_blocking(move || said.lock().unwrap().recv().unwrap()).await.unwrap() }
    };
    assert!(matches!(hear().await, Sleeper::Read((0, 0))));
    assert!(matches!(hear().await, Sleeper::Sleeps));
    let other = Running::of(member(&kafka, &group, &topic).await?);
    until("the other has read all", async || Ok(other.read().len() == 100)).await?;
    assert_eq!(other.read(), Vec::from_iter(all(1, 100)), "the sleeper has committed nothing");
    wake.send(()).unwrap();
    let Sleeper::Woke(at_once) = hear().await else { panic!("it has not woken") };
    assert_eq!(at_once, None, "that is somebody else's by now");
    other.close().await?;
    for n in 100..110 {
        producer.send(&topic, Record::new(n.to_string()).partition(0)).await?;
        let Sleeper::Read(place) = hear().await else { panic!("it reads") };
        assert_eq!(place, (0, n), "as a member again, from where the other has been");
    }
    drop(said);
    producer.send(&topic, Record::new("last").partition(0)).await?;
    tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_group_changes_over_to_the_consumer_protocol_and_back_while_it_reads() -> Result<()> {
    for version in next_gen() {
        let test = "groups_next_gen::a_group_changes_over_to_the_consumer_protocol_and_back_while_it_reads";
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for assignor in
            [AssignmentStrategy::Range, AssignmentStrategy::RoundRobin, AssignmentStrategy::CooperativeSticky]
        {
            let topic = new_topic(&kafka, "groups-migrates", 4).await?;
            let group = unique("groups-migrates");
            let classic = || {
                let member = member(&kafka, &group, &topic).group_protocol(GroupProtocol::Classic);
                member.assignors([assignor.clone()])
            };
            let written = |rounds: i64| 4 * 20 * rounds as usize;
            let mut read = Vec::new();
            let mut rounds = 0;
            let mut members = vec![Running::of(classic().await?)];
            // One of the new kind comes, the old one goes; then the other way round.
            for to in [GroupProtocol::Consumer, GroupProtocol::Classic] {
                shared(&members, &[4]).await?;
                fill(&kafka, &topic, 4, 20).await?;
                members.push(Running::of(match to {
                    GroupProtocol::Classic => classic().await?,
                    _ => member(&kafka, &group, &topic).await?,
                }));
                shared(&members, &[2, 2]).await?;
                assert_eq!(
                    kind_by_java(broker, &group).await,
                    "consumer",
                    "as long as one of its members is that"
                );
                fill(&kafka, &topic, 4, 20).await?;
                rounds += 2;
                until("all is read", async || {
                    Ok(read.len() + members.iter().map(|m| m.read().len()).sum::<usize>() >= written(rounds))
                })
                .await?;
                read.extend(members.remove(0).read_to_end().await?);
            }
            shared(&members, &[4]).await?;
            assert_eq!(kind_by_java(broker, &group).await, "classic");
            fill(&kafka, &topic, 4, 20).await?;
            until("all is read", async || Ok(read.len() + members[0].read().len() >= written(rounds + 1)))
                .await?;
            read.extend(members.remove(0).read_to_end().await?);
            assert_eq!(sorted(read), Vec::from_iter(all(4, 20 * (rounds + 1))), "{assignor:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn auto_takes_the_consumer_protocol_where_it_is_and_else_the_classic_one() -> Result<()> {
    let test = "groups_next_gen::auto_takes_the_consumer_protocol_where_it_is_and_else_the_classic_one";
    for (version, expected) in
        [(EMBEDDED, Some("consumer")), (OLDEST, None), ("3.9.2", Some("classic")), (NEWEST, Some("consumer"))]
    {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-auto", 1).await?;
        let group = unique("groups-auto");
        fill(&kafka, &topic, 1, 3).await?;
        for subscribed in [&topic, &format!("^{topic}$")] {
            let auto = consumer(&kafka, &group).group_protocol(GroupProtocol::Auto);
            let auto =
                if *subscribed == topic { auto.topics([&topic]) } else { auto.topics_matching(subscribed) };
            let mut auto = auto.await?;
            assert!(next(&mut auto).await?.1 < 3, "{version}");
            let protocol = auto.control().group_metadata().unwrap().protocol;
            let is_consumer = protocol == GroupProtocol::Consumer;
            assert_eq!(is_consumer, expected == Some("consumer"), "{version}: {protocol:?}");
            if let Some(expected) = expected {
                assert_eq!(kind_by_java(broker, &group).await, expected, "{version}");
            }
            auto.close().await?;
        }
    }
    Ok(())
}

/// The brokers list the API all the same, and refuse each request.
#[tokio::test]
async fn auto_takes_the_classic_protocol_where_the_feature_is_disabled() -> Result<()> {
    let test = "groups_next_gen::auto_takes_the_classic_protocol_where_the_feature_is_disabled";
    if !Providers::here().run_jvm(test).unwrap() {
        return Ok(());
    }
    for version in next_gen().into_iter().filter(|version| *version != EMBEDDED) {
        let broker = TestKafka::jvm().version(version).start().await.unwrap();
        let servers = ["--bootstrap-server", broker.bootstrap_servers()];
        let disable = ["downgrade", "--feature", "group.version=0"];
        let features = broker.tool("org.apache.kafka.tools.FeatureCommand");
        let output = features.args(servers.into_iter().chain(disable)).run().await.unwrap();
        assert!(output.text().contains("group.version was downgraded to 0"), "{version}: {}", output.text());
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-disabled", 1).await?;
        fill(&kafka, &topic, 1, 3).await?;
        let mut refused = member(&kafka, &unique("groups-disabled"), &topic).await?;
        let error = timeout(PATIENCE, refused.next()).await.unwrap().unwrap().unwrap_err();
        assert!(error.is(ErrorCode::UNSUPPORTED_VERSION), "{version}: {error:#}");
        assert!(error.to_string().contains("group.version"), "{version}: {error:#}");
        let auto = member(&kafka, &unique("groups-disabled"), &topic).group_protocol(GroupProtocol::Auto);
        let mut auto = auto.await?;
        assert_eq!(next(&mut auto).await?, (0, 0), "{version}");
        let metadata = auto.control().group_metadata().unwrap();
        assert_eq!(metadata.protocol, GroupProtocol::Classic, "{version}");
        auto.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn brokers_that_do_not_have_the_protocol_are_a_clear_error() -> Result<()> {
    let test = "groups_next_gen::brokers_that_do_not_have_the_protocol_are_a_clear_error";
    for version in [OLDEST, "3.9.2"] {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-none", 1).await?;
        let mut none = member(&kafka, &unique("groups-none"), &topic).await?;
        let error = timeout(PATIENCE, none.next()).await.unwrap().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{version}: {error:#}");
        for word in ["KIP-848", "group.protocol"] {
            assert!(error.to_string().contains(word), "{version}: {error:#}");
        }
    }
    Ok(())
}
