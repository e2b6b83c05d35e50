//! A large group: 100 members and 1,000 partitions, by either protocol.

use crate::common::{
    NEWEST, Place, Running, all, attentive, broker, fill, heavy, member, new_topic, real, unique, until,
};
use futures_util::future::join_all;
use kafka_sdk::consumer::assignor::AssignmentStrategy::CooperativeSticky;
use kafka_sdk::consumer::{Commit, ConsumerBuilder, GroupProtocol};
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Kafka, Result};
use kafka_sdk_protocol::api::IncrementalAlterConfigsRequest;
use kafka_sdk_protocol::api::incremental_alter_configs::{AlterConfigsResource, AlterableConfig};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep};

const MEMBERS: usize = 100;
const PARTITIONS: i32 = 1_000;

/// Waits until each partition is one member's, and all have as many.
async fn settled(what: &str, members: &[Running]) -> Result<Duration> {
    let begun = Instant::now();
    loop {
        let shares: Vec<Vec<i32>> = members.iter().map(Running::partitions).collect();
        let owned: BTreeSet<&i32> = shares.iter().flatten().collect();
        let even = shares.iter().all(|share| share.len() == PARTITIONS as usize / MEMBERS);
        if even && owned.len() == PARTITIONS as usize {
            return Ok(begun.elapsed());
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}: {} are owned", owned.len());
        sleep(Duration::from_millis(100)).await;
    }
}

fn read(members: &[Running]) -> Vec<Place> {
    members.iter().flat_map(Running::read).collect()
}

/// Thirty leave in good order, and thirty others come, while records are written: none is left out, and none comes twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_members_share_a_thousand_partitions_and_a_third_of_them_changes() -> Result<()> {
    for version in real() {
        let test = "group_crowd::a_hundred_members_share_a_thousand_partitions_and_a_third_of_them_changes";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let what = version;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-crowd", PARTITIONS).await?;
        let group = unique("groups-crowd");
        let join = |count: usize| crowd(&kafka, &group, &topic, count);
        fill(&kafka, &topic, PARTITIONS, 2).await?;
        let mut members = join(MEMBERS).await?;
        let first = settled(what, &members).await?;
        let gone: Vec<Running> = members.drain(..30).collect();
        let (come, gone, filled) = tokio::join!(
            join(30),
            join_all(gone.into_iter().map(Running::read_to_end)),
            fill(&kafka, &topic, PARTITIONS, 2),
        );
        filled?;
        members.extend(come?);
        let second = settled(what, &members).await?;
        let mut places = Vec::new();
        for read in gone {
            places.extend(read?);
        }
        let begun = Instant::now();
        while places.len() + read(&members).len() < all(PARTITIONS, 4).len() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not all is read");
            sleep(Duration::from_millis(100)).await;
        }
        for read in join_all(members.into_iter().map(Running::read_to_end)).await {
            places.extend(read?);
        }
        assert_eq!(places.len(), all(PARTITIONS, 4).len(), "{what}: nothing comes twice");
        assert_eq!(BTreeSet::from_iter(places), all(PARTITIONS, 4), "{what}: nothing is left out");
        println!("{what}: settled after {first:?}, and after thirty had changed after {second:?}");
    }
    Ok(())
}

async fn crowd(kafka: &Kafka, group: &str, topic: &str, count: usize) -> Result<Vec<Running>> {
    let classic = || {
        let member = member(kafka, group, topic).assignors([CooperativeSticky]);
        member.session_timeout(Duration::from_secs(30)).heartbeat_interval(Duration::from_secs(1))
    };
    join_all((0..count).map(|_| running(classic()))).await.into_iter().collect()
}

async fn running(member: ConsumerBuilder) -> Result<Running> {
    Ok(Running::of(member.await?))
}

/// How many are killed, and how many leave in good order at that time.
const KILLED: usize = 15;
/// How long brokers wait for a member of the consumer protocol here.
const SESSION: Duration = Duration::from_secs(15);

/// Members that commit when they leave, or after a minute.
async fn new_crowd(kafka: Kafka, group: String, topic: String, count: usize) -> Result<Vec<Running>> {
    let consumer = || {
        let member = member(&kafka, &group, &topic).group_protocol(GroupProtocol::Consumer);
        member.session_timeout(SESSION).commit(Commit::Delivered { every: Duration::from_secs(60) })
    };
    join_all((0..count).map(|_| running(consumer()))).await.into_iter().collect()
}

/// How often the group's members are heard of, and for how long they are missed, is the group's own setting.
async fn set_session(kafka: &Kafka, group: &str) -> Result<()> {
    /// Kafka's number for a group among things that have settings.
    const GROUP: i8 = 32;
    let session = SESSION.as_millis().to_string();
    let set = [("consumer.session.timeout.ms", session.as_str()), ("consumer.heartbeat.interval.ms", "1000")];
    let config = |(name, value): (&str, &str)| AlterableConfig {
        name: name.into(),
        value: Some(value.into()),
        ..Default::default()
    };
    let configs = set.into_iter().map(config).collect();
    let resource = AlterConfigsResource { resource_type: GROUP, resource_name: group.into(), configs };
    let request =
        |_| IncrementalAlterConfigsRequest { resources: vec![resource.clone()], ..Default::default() };
    let response = kafka.raw().call(&Route::Any, Duration::from_secs(10), request).await?;
    assert_eq!(response.responses[0].error_code, ErrorCode::NONE, "{response:?}");
    Ok(())
}

/// Members in a runtime of their own, which ends like a process. It has one thread: none of them does anything after
/// another has ended.
async fn doomed(servers: &str, group: &str, topic: &str, count: usize) -> Result<(Runtime, Vec<Running>)> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (servers, group, topic) = (servers.to_owned(), group.to_owned(), topic.to_owned());
    let joined =
        runtime.spawn(async move { new_crowd(Kafka::connect(&servers).await?, group, topic, count).await });
    let members = joined.await.unwrap()?;
    Ok((runtime, members))
}

/// Fifteen leave in good order, fifteen are killed, and thirty come, while records are written: what those have read that
/// were killed comes again, and nothing else does.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_members_of_the_consumer_protocol_get_over_it_when_a_third_leaves_or_is_killed()
-> Result<()> {
    let test = "group_crowd::a_hundred_members_of_the_consumer_protocol_get_over_it_when_a_third_leaves_or_is_killed";
    let Some(broker) = attentive(NEWEST, test).await else { return Ok(()) };
    let _turn = heavy().await;
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "groups-killed-crowd", PARTITIONS).await?;
    let group = unique("groups-killed-crowd");
    set_session(&kafka, &group).await?;
    let join = |count| new_crowd(kafka.clone(), group.clone(), topic.clone(), count);
    let (members, doomed) =
        tokio::join!(join(MEMBERS - KILLED), doomed(broker.bootstrap_servers(), &group, &topic, KILLED));
    let (mut members, (runtime, doomed)) = (members?, doomed?);
    members.extend(doomed);
    let first = settled("all have joined", &members).await?;
    fill(&kafka, &topic, PARTITIONS, 2).await?;
    until("all is read", async || Ok(read(&members).len() == all(PARTITIONS, 2).len())).await?;

    let killed = members.split_off(MEMBERS - KILLED);
    let gone: Vec<Running> = members.drain(..KILLED).collect();
    let begun = Instant::now();
    runtime.shutdown_background();
    let (come, gone, filled) = tokio::join!(
        join(2 * KILLED),
        join_all(gone.into_iter().map(Running::read_to_end)),
        fill(&kafka, &topic, PARTITIONS, 2),
    );
    filled?;
    members.extend(come?);
    let gone: Vec<Vec<Place>> = gone.into_iter().collect::<Result<_>>()?;
    settled("a third has changed", &members).await?;
    let second = begun.elapsed();
    assert!(second > SESSION / 2, "{second:?}: those that were killed have left");

    fill(&kafka, &topic, PARTITIONS, 1).await?;
    let lost = read(&killed);
    let places = || [gone.concat(), read(&members)].concat();
    until("the rest is read", async || Ok(places().len() >= all(PARTITIONS, 5).len())).await?;
    for member in &members {
        let newest =
            member.read().into_iter().filter(|(_, offset)| *offset == 4).map(|(partition, _)| partition);
        assert_eq!(BTreeSet::from_iter(newest), BTreeSet::from_iter(member.partitions()));
    }
    let mut places = gone.concat();
    for read in join_all(members.into_iter().map(Running::read_to_end)).await {
        places.extend(read?);
    }
    assert_eq!(places.len(), all(PARTITIONS, 5).len(), "by those that live, nothing is read twice");
    assert_eq!(BTreeSet::from_iter(places), all(PARTITIONS, 5), "and nothing is left out");
    assert_eq!(lost.len(), KILLED * 10 * 2, "those that were killed had read before, what came again");
    println!("settled after {first:?}; {second:?} after thirty had begun to change");
    Ok(())
}
