//! Brokers that lag behind: their metadata names a leader that is none any more, or does not name a partition yet.

use crate::common::{
    EMBEDDED, NEWEST, PATIENCE, Running, broker, everywhere, fill, in_sync, is_since, lead, leader, member,
    new_topic, several_nodes, three_nodes, unique, until,
};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::consumer::{Commit, GroupProtocol};
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Offset, Record, Result};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::message::response_frame;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestKafka, TestProxy};
use std::cell::Cell;
use std::time::Duration;
use tokio::time::{Instant, timeout};

const WITHIN: Duration = Duration::from_secs(20);

/// What brokers tell of the topic at the moment, for a rule to answer later.
async fn metadata(kafka: &Kafka, topic: &str) -> Result<Reaction> {
    metadata_of(kafka, topic, usize::MAX).await
}

/// As if it had so many partitions at most.
async fn metadata_of(kafka: &Kafka, topic: &str, partitions: usize) -> Result<Reaction> {
    let version = Cell::new(0);
    let asked = MetadataRequestTopic { name: Some(topic.to_owned()), ..Default::default() };
    let request = |v| {
        version.set(v);
        MetadataRequest { topics: Some(vec![asked.clone()]), ..Default::default() }
    };
    let mut response = kafka.raw().call(&Route::Any, WITHIN, request).await?;
    for topic in &mut response.topics {
        topic.partitions.retain(|it| usize::try_from(it.partition_index).unwrap() < partitions);
    }
    let frame = response_frame::<MetadataRequest>(&response, version.get(), 0).unwrap().concat();
    // Behind length and correlation id.
    Ok(Reaction::Replace(frame[8..].to_vec()))
}

/// Versions before 2.8 have no topic ids: there an older epoch may be that of a topic which was created again.
#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_a_broker_that_lags_behind_leads_nobody_back() -> Result<()> {
    let embedded = TestKafka::embedded().nodes(3).start().await.unwrap();
    let test = "stale_metadata::metadata_of_a_broker_that_lags_behind_leads_nobody_back";
    follow_no_one_back(&embedded, EMBEDDED).await?;
    let Some(cluster) = three_nodes(NEWEST, test).await else { return Ok(()) };
    let _turn = several_nodes().await;
    follow_no_one_back(cluster, NEWEST).await
}

async fn follow_no_one_back(cluster: &TestKafka, version: &str) -> Result<()> {
    let direct = Kafka::connect(cluster.bootstrap_servers()).await?;
    let topic = unique("stale");
    direct.admin().create_topics([NewTopic::new(&topic).replication(3)]).await?.all()?;
    in_sync(&direct, &topic, 3).await?;
    let proxy = TestProxy::in_front_of(cluster.bootstrap_servers()).start().await.unwrap();
    let kafka =
        Kafka::builder(proxy.bootstrap_servers()).metadata_max_age(Duration::from_millis(100)).await?;
    let producer = kafka.producer().await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
    producer.send(&topic, "0").await?;
    assert_eq!(reader.next().await.unwrap()?.offset(), 0);

    let before = leader(&direct, &topic, 0).await?;
    let stale = metadata(&kafka, &topic).await?;
    match version {
        EMBEDDED => {
            let moves = Rule::on(Api::Produce).topic(&topic).partition(0).react(Reaction::MoveLeader);
            cluster.intercept(moves).unwrap();
            direct.producer().await?.send(&topic, "1").await?;
        }
        _ => {
            lead(&direct, &topic, before % 3 + 1).await?;
            direct.producer().await?.send(&topic, "1").await?;
        }
    }
    // Both roles have found the new leader.
    producer.send(&topic, "2").await?;
    for offset in 1..=2 {
        assert_eq!(reader.next().await.unwrap()?.offset(), offset);
    }
    assert_ne!(leader(&kafka, &topic, 0).await?, before, "{version}");

    let told = proxy.intercept(Rule::on(Api::Metadata).always().react(stale)).unwrap();
    told.wait_for_hits(3).await;
    let back = [Api::Produce, Api::Fetch]
        .map(|api| proxy.intercept(Rule::on(api).topic(&topic).node(before).always()).unwrap());
    for n in 3..20 {
        let hits = told.hits();
        producer.send(&topic, Record::new(n.to_string())).await?;
        let message = reader.next().await.unwrap()?;
        assert_eq!((message.offset(), message.value().unwrap()), (n, n.to_string().as_bytes()), "{version}");
        until("metadata was asked for once more", async || Ok(told.hits() > hits)).await?;
    }
    assert_eq!(back.map(|armed| armed.hits()), [0, 0], "{version}: asked the leader of before");
    Ok(())
}

#[tokio::test]
async fn a_member_waits_for_a_partition_that_its_broker_does_not_know_yet_and_asks_less_and_less()
-> Result<()> {
    for version in everywhere() {
        let test = "stale_metadata::a_member_waits_for_a_partition_that_its_broker_does_not_know_yet_and_asks_less_and_less";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        wait_for_partitions(broker, version, GroupProtocol::Classic).await?;
        if is_since(version, (4, 0)) {
            wait_for_partitions(broker, version, GroupProtocol::Consumer).await?;
        }
    }
    Ok(())
}

async fn wait_for_partitions(broker: &TestKafka, version: &str, protocol: GroupProtocol) -> Result<()> {
    let direct = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&direct, "groups-lagging", 4).await?;
    let group = unique("groups-lagging");
    // It leads, and knows all; nothing is committed, so that leaders are asked where to begin.
    let member =
        |kafka: &Kafka| member(kafka, &group, &topic).group_protocol(protocol).commit(Commit::Manual);
    let first = Running::of(member(&direct).await?);
    until("the first one has all", async || Ok(first.partitions().len() == 4)).await?;

    let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
    let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
    let lagging = metadata_of(&kafka, &topic, 1).await?;
    let told = proxy.intercept(Rule::on(Api::Metadata).always().react(lagging)).unwrap();
    // Each attempt to begin asks for what is committed.
    let attempts = proxy.intercept(Rule::on(Api::OffsetFetch).always()).unwrap();
    let second = Running::of(member(&kafka).await?);
    timeout(PATIENCE, attempts.wait_for_hits(1)).await.unwrap();
    let start = Instant::now();
    timeout(PATIENCE, attempts.wait_for_hits(6))
        .await
        .unwrap_or_else(|_| panic!("{version}: it has given up"));
    assert!(
        start.elapsed() > Duration::from_millis(1_500),
        "{version}: five pauses of {:?}",
        start.elapsed()
    );
    told.disarm();
    until("they share the partitions", async || {
        Ok((first.partitions().len(), second.partitions().len()) == (2, 2))
    })
    .await?;
    fill(&direct, &topic, 4, 10).await?;
    until("all is read", async || Ok(first.read().len() + second.read().len() >= 40)).await?;
    second.close().await?;
    first.close().await
}
