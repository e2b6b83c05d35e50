//! Groups that are shared with members written in Java: Kafka's own VerifiableConsumer.

use crate::common::{
    Java, JavaProtocol, OLDEST, PATIENCE, Place, Running, Writing, all, attentive, broker, fill,
    kind_by_java, member, new_topic, next_gen_or_named, real_or_named, unique, until,
};
use kafka_sdk::admin::{GroupFilter, GroupType};
use kafka_sdk::consumer::ConsumerBuilder;
use kafka_sdk::consumer::GroupProtocol;
use kafka_sdk::consumer::assignor::AssignmentStrategy::{CooperativeSticky, Range, RoundRobin, Sticky};
use kafka_sdk::{Kafka, Offset, Result, TopicPartition};
use kafka_sdk_testcontainers::Providers;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many records there are in each partition, when nobody writes any more.
async fn written(kafka: &Kafka, topic: &str, partitions: i32) -> Result<BTreeSet<Place>> {
    let mut before = BTreeSet::new();
    until("nothing more is written", async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let places = (0..partitions).map(|number| (TopicPartition::new(topic, number), Offset::Latest));
        let ends = kafka.offsets(places).await?;
        let end = |number| ends.get(&TopicPartition::new(topic, number)).unwrap_or_default();
        let all = (0..partitions).flat_map(|number| (0..end(number)).map(move |offset| (number, offset)));
        let all: BTreeSet<Place> = all.collect();
        let same = all == before;
        before = all;
        Ok(same)
    })
    .await?;
    Ok(before)
}

/// A member in Java joins ours, reads its share and leaves; another one comes, and ours leaves. With nobody killed, each
/// record is read once: had two had a partition at the same time, both would have read what came then.
#[tokio::test(flavor = "multi_thread")]
async fn with_members_in_java_partitions_are_shared_and_handed_over_both_ways() -> Result<()> {
    const PARTITIONS: i32 = 6;
    for version in real_or_named() {
        let test = "group_java::with_members_in_java_partitions_are_shared_and_handed_over_both_ways";
        if !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for assignor in [Range, RoundRobin, Sticky, CooperativeSticky] {
            // Java has it from 2.4 on.
            if version == OLDEST && assignor.name() == CooperativeSticky.name() {
                continue;
            }
            let what = format!("{version} {assignor:?}");
            let topic = new_topic(&kafka, "groups-java", PARTITIONS).await?;
            let group = unique("groups-java");
            let writing = Writing::to(&kafka, &topic, PARTITIONS, Duration::from_millis(50)).await?;
            let ours =
                member(&kafka, &group, &topic).assignors([assignor.clone()]).max_poll_interval(PATIENCE);
            let ours = Running::of(ours.await?);
            until(&format!("{what}: ours reads"), async || Ok(ours.read().len() > 20)).await?;
            let in_java = JavaProtocol::Classic(assignor.clone());
            let first = Java::of(broker, &group, &topic, &in_java, 150).await;
            until(&format!("{what}: they share"), async || Ok(ours.partitions().len() == 3)).await?;
            let mut read = vec![first.ended().await];
            assert_eq!(read[0].len(), 150, "{what}");
            until(&format!("{what}: ours has all again"), async || Ok(ours.partitions().len() == 6)).await?;
            let second = Java::endless(broker, &group, &topic, &in_java).await;
            until(&format!("{what}: they share again"), async || Ok(ours.partitions().len() == 3)).await?;
            until(&format!("{what}: the other one reads"), async || Ok(second.read().len() > 20)).await?;
            read.push(ours.read_to_end().await?);
            drop(writing);
            let written = written(&kafka, &topic, PARTITIONS).await?;
            until(&format!("{what}: all is read"), async || {
                let all = read.iter().flatten().copied().chain(second.read());
                Ok(all.collect::<BTreeSet<Place>>() == written)
            })
            .await?;
            read.push(second.read());
            assert_eq!(
                read.iter().map(Vec::len).sum::<usize>(),
                written.len(),
                "{what}: nothing is read twice"
            );
        }
    }
    Ok(())
}

fn by(kafka: &Kafka, group: &str, topic: &str, protocol: GroupProtocol) -> ConsumerBuilder {
    member(kafka, group, topic).session_timeout(Duration::from_secs(5)).group_protocol(protocol)
}

/// Each place once, however often it was read.
fn places<'p>(read: impl IntoIterator<Item = &'p Vec<Place>>) -> BTreeSet<Place> {
    read.into_iter().flatten().copied().collect()
}

/// By the consumer protocol: members in Java come, one leaves in good order and one is killed; another comes, and ours
/// leaves. Nothing is left out, and only what the one that was killed had read comes again.
#[tokio::test(flavor = "multi_thread")]
async fn by_the_consumer_protocol_members_in_java_and_ours_share_and_take_over_from_each_other() -> Result<()>
{
    const PARTITIONS: i32 = 6;
    for version in next_gen_or_named() {
        let test = "group_java::by_the_consumer_protocol_members_in_java_and_ours_share_and_take_over_from_each_other";
        if !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-java", PARTITIONS).await?;
        let group = unique("groups-java");
        let in_java = JavaProtocol::Consumer;
        let write = || Writing::to(&kafka, &topic, PARTITIONS, Duration::from_millis(50));
        let writing = write().await?;
        let ours = Running::of(by(&kafka, &group, &topic, GroupProtocol::Consumer).await?);
        let has = async |what: &str, count: usize| {
            until(&format!("{version}: {what}"), async || Ok(ours.partitions().len() == count)).await
        };
        until(&format!("{version}: ours reads"), async || Ok(ours.read().len() > 20)).await?;
        let first = Java::of(broker, &group, &topic, &in_java, 150).await;
        has("they share", 3).await?;
        assert_eq!(kind_by_java(broker, &group).await, "consumer");
        let first = first.ended().await;
        assert_eq!(first.len(), 150, "{version}");
        has("ours has all again", 6).await?;

        let killed = Java::endless(broker, &group, &topic, &in_java).await;
        has("they share again", 3).await?;
        until(&format!("{version}: it reads"), async || Ok(killed.read().len() > 20)).await?;
        // What it prints as it dies nobody would hear.
        drop(writing);
        let before = written(&kafka, &topic, PARTITIONS).await?;
        until(&format!("{version}: all is read"), async || {
            Ok(places([&first, &killed.read(), &ours.read()]) == before)
        })
        .await?;
        let of_killed = killed.read();
        drop(killed);
        let writing = write().await?;
        has("ours has what the dead one had", 6).await?;

        let last = Java::endless(broker, &group, &topic, &in_java).await;
        has("they share once more", 3).await?;
        until(&format!("{version}: the last one reads"), async || Ok(last.read().len() > 20)).await?;
        let ours = ours.read_to_end().await?;
        until(&format!("{version}: the last one has all"), async || {
            Ok(last.read().iter().map(|(partition, _)| *partition).collect::<BTreeSet<_>>().len() == 6)
        })
        .await?;
        drop(writing);
        let written = written(&kafka, &topic, PARTITIONS).await?;
        until(&format!("{version}: all is read to the end"), async || {
            Ok(places([&first, &of_killed, &ours, &last.read()]) == written)
        })
        .await?;
        let read = [first, ours, last.read()];
        let count: usize = read.iter().map(Vec::len).sum();
        assert_eq!(places(&read).len(), count, "{version}: of those who were not killed, none reads twice");
        let again = places(&read).intersection(&places([&of_killed])).count();
        println!("{version}: {again} of {} records of the one that was killed came again", of_killed.len());
    }
    Ok(())
}

/// A member in Java by one protocol, ours by the other: the first to come by the consumer protocol changes the group over,
/// and it changes back when the last of them has gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_changes_over_and_back_with_members_in_java_on_either_side() -> Result<()> {
    const PARTITIONS: i32 = 4;
    const ROUND: usize = 4 * 20;
    for version in next_gen_or_named() {
        let test = "group_java::a_group_changes_over_and_back_with_members_in_java_on_either_side";
        if !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let Some(broker) = attentive(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for (in_java, of_ours) in [
            (JavaProtocol::Classic(Range), GroupProtocol::Consumer),
            (JavaProtocol::Classic(CooperativeSticky), GroupProtocol::Consumer),
            (JavaProtocol::Consumer, GroupProtocol::Classic),
        ] {
            let what = format!("{version}, Java by {in_java:?}");
            let (alone_in_java, alone_ours) = match in_java {
                JavaProtocol::Classic(_) => (GroupType::Classic, GroupType::Consumer),
                JavaProtocol::Consumer => (GroupType::Consumer, GroupType::Classic),
            };
            let topic = new_topic(&kafka, "groups-java-over", PARTITIONS).await?;
            let group = unique("groups-java-over");
            let round = || fill(&kafka, &topic, PARTITIONS, 20);
            let is = async |kind: GroupType| {
                until(&format!("{what}: the group is a {kind} one"), async || {
                    let listed = kafka.admin().list_groups(GroupFilter::default().types([kind])).await?;
                    Ok(listed.iter().any(|listed| listed.group == group))
                })
                .await
            };
            // Alone it reads one round, and then its half of the next one.
            round().await?;
            let first = Java::of(broker, &group, &topic, &in_java, (ROUND + ROUND / 2) as u32).await;
            until(&format!("{what}: it reads all"), async || Ok(first.read().len() == ROUND)).await?;
            is(alone_in_java).await?;
            let ours = Running::of(by(&kafka, &group, &topic, of_ours).await?);
            let has = async |what_for: &str, count: usize| {
                until(&format!("{what}: {what_for}"), async || Ok(ours.partitions().len() == count)).await
            };
            has("they share", 2).await?;
            is(GroupType::Consumer).await?;
            round().await?;
            let mut read = vec![first.ended().await];
            has("ours has all", 4).await?;
            is(alone_ours).await?;
            round().await?;
            let read_by_ours = async |count: usize| {
                until(&format!("{what}: ours reads {count}"), async || Ok(ours.read().len() == count)).await
            };
            read_by_ours(ROUND / 2 + ROUND).await?;
            let second = Java::endless(broker, &group, &topic, &in_java).await;
            has("they share again", 2).await?;
            is(GroupType::Consumer).await?;
            round().await?;
            read_by_ours(2 * ROUND).await?;
            read.push(ours.read_to_end().await?);
            round().await?;
            until(&format!("{what}: it reads the rest"), async || {
                Ok(second.read().len() == ROUND / 2 + ROUND)
            })
            .await?;
            is(alone_in_java).await?;
            read.push(second.read());
            assert_eq!(places(&read), all(PARTITIONS, 5 * 20), "{what}: nothing is left out");
            assert_eq!(read.iter().map(Vec::len).sum::<usize>(), 5 * ROUND, "{what}: nothing comes twice");
        }
    }
    Ok(())
}
