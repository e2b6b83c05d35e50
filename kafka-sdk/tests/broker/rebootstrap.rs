//! Brokers that are all replaced by others, at other addresses (KIP-899, KIP-1102).

use crate::common::{EMBEDDED, NEWEST, OLDEST, until};
use kafka_sdk::model::MetadataRecovery;
use kafka_sdk::{ErrorCode, Kafka, KafkaBuilder, Result};
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, TestKafka, TestProxy};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A name, and what it stands for at the moment.
#[derive(Clone)]
struct Name(Arc<Mutex<Vec<SocketAddr>>>);

impl Name {
    fn of(bootstrap: &str) -> Self {
        let name = Self(Arc::default());
        name.now(bootstrap);
        name
    }

    fn now(&self, bootstrap: &str) {
        *self.0.lock().unwrap() = bootstrap.split(',').map(|address| address.parse().unwrap()).collect();
    }

    /// A client that is given nothing but the name.
    fn client(&self) -> KafkaBuilder {
        let name = self.clone();
        Kafka::builder("kafka.test:9092").resolver(move |host, port| match host.parse() {
            Ok(ip) => Ok(vec![SocketAddr::new(ip, port)]),
            Err(_) => Ok(name.0.lock().unwrap().clone()),
        })
    }
}

const TOPIC: &str = "orders";

async fn cluster(version: &'static str, nodes: usize) -> TestKafka {
    match version {
        EMBEDDED => TestKafka::embedded().nodes(nodes).topic(TOPIC, 3).start().await.unwrap(),
        real => TestKafka::jvm().version(real).nodes(nodes).topic(TOPIC, 3).start().await.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_finds_the_brokers_that_took_the_place_of_all_that_it_knew() -> Result<()> {
    for version in [EMBEDDED, OLDEST, NEWEST] {
        let test = "rebootstrap::a_client_finds_the_brokers_that_took_the_place_of_all_that_it_knew";
        if version != EMBEDDED && !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let before = cluster(version, 1).await;
        let name = Name::of(before.bootstrap_servers());
        let kafka = name.client().await?;
        let stays = name.client().metadata_recovery(MetadataRecovery::None).await?;
        let (producer, staying) = (kafka.producer().await?, stays.producer().await?);
        for partition in 0..3 {
            producer.send(TOPIC, kafka_sdk::Record::new("before").partition(partition)).await?;
        }
        staying.send(TOPIC, "before").await?;

        let after = cluster(EMBEDDED, 2).await;
        name.now(after.bootstrap_servers());
        drop(before);
        let start = Instant::now();
        for partition in 0..3 {
            producer.send(TOPIC, kafka_sdk::Record::new("after").partition(partition)).await?;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{version}: {:?}", start.elapsed());
        assert_eq!(kafka.admin().list_topics().await?.len(), 1);
        let lost = tokio::time::timeout(Duration::from_secs(1), staying.send(TOPIC, "after")).await;
        assert!(lost.is_err(), "it was told to stay: {lost:?}");
    }
    Ok(())
}

/// A client of a cluster behind a proxy with this rule, which gets to another cluster in time.
async fn leaves(rule: Rule, client: impl Fn(KafkaBuilder) -> KafkaBuilder) -> Result<()> {
    let (before, after) = (cluster(EMBEDDED, 1).await, cluster(EMBEDDED, 2).await);
    let proxy = TestProxy::in_front_of(before.bootstrap_servers()).start().await.unwrap();
    let name = Name::of(proxy.bootstrap_servers());
    let kafka = client(name.client()).metadata_max_age(Duration::from_millis(300)).await?;
    kafka.producer().await?.send(TOPIC, "before").await?;
    name.now(after.bootstrap_servers());
    // As long as all goes well, nobody asks what the name stands for.
    sleep(Duration::from_millis(700)).await;
    let brokers = async || {
        let described = kafka.admin().describe_topics([TOPIC]).await?.all()?;
        Ok::<_, kafka_sdk::Error>(described[0].1.partitions.values().map(|p| p.replicas.len()).max())
    };
    assert_eq!(brokers().await?, Some(1));
    proxy.intercept(rule).unwrap();
    until("the other cluster is found", async || Ok(brokers().await.is_ok_and(|n| n == Some(2)))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_can_ask_a_client_to_begin_again() -> Result<()> {
    let rule = Rule::on(Api::Metadata).always().react(Reaction::Answer(ErrorCode::REBOOTSTRAP_REQUIRED));
    leaves(rule, |client| client).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_begins_again_when_nobody_has_told_of_the_cluster_for_long() -> Result<()> {
    let rule = Rule::on(Api::Metadata).always().react(Reaction::Swallow);
    let patience = Duration::from_millis(400);
    leaves(rule, |client| client.request_timeout(patience).rebootstrap_trigger(2 * patience)).await
}
