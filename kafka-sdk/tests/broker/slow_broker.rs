//! One broker of three that stops without a word: the others go on, and so does whoever talks to them.

use crate::common::{EMBEDDED, NEWEST, several_nodes, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Offset, Record, Result};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Far less than the 30 s that a broker has to answer.
const SOON: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_has_stopped_delays_nobody_who_does_not_need_it() -> Result<()> {
    for version in [EMBEDDED, NEWEST] {
        let test = "slow_broker::a_broker_that_has_stopped_delays_nobody_who_does_not_need_it";
        let cluster = match version {
            EMBEDDED => TestKafka::embedded().nodes(3).start().await.unwrap(),
            _ if !Providers::here().run_jvm(test).unwrap() => return Ok(()),
            version => TestKafka::jvm().version(version).nodes(3).start().await.unwrap(),
        };
        let _turn = several_nodes().await;
        without_one(&cluster).await?;
    }
    Ok(())
}

async fn without_one(cluster: &TestKafka) -> Result<()> {
    let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
    let topics: Vec<String> = (0..9).map(|_| unique("others-go-on")).collect();
    let new = topics
        .iter()
        .map(|topic| NewTopic::new(topic).partitions(3).replication(1).config("min.insync.replicas", "1"));
    kafka.admin().create_topics(new).await?.all()?;
    // There are connections to all of them, over which metadata would be asked, and all of them have heard of the topics.
    for broker in 1..=3 {
        until("the broker knows all topics", async || {
            let all = |_| MetadataRequest { topics: None, ..Default::default() };
            let told = kafka.raw().call(&Route::Broker(broker), SOON, all).await?;
            let told: Vec<_> = told.topics.iter().filter_map(|topic| topic.name.as_ref()).collect();
            Ok(topics.iter().all(|topic| told.contains(&topic)))
        })
        .await?;
    }
    let (known, unknown) = topics.split_first().unwrap();
    let described = kafka.admin().describe_topics([known]).await?.all()?;
    let leader = |partition: i32| described[0].1.partitions[&partition].leader.unwrap();
    let stopped = leader(0);
    let producer = kafka.producer().await?;
    for partition in 0..3 {
        producer.send(known, Record::new("before").partition(partition)).await?;
    }
    let mut reader = kafka.reader().topic(known, Offset::Latest).await?;

    cluster.node(stopped).unwrap().pause().unwrap();
    let stuck = producer.enqueue(known, Record::new("waits").partition(0)).await?;
    for topic in unknown {
        let start = Instant::now();
        producer.topic(topic).await?;
        assert!(start.elapsed() < SOON, "a look-up took {:?}", start.elapsed());
    }
    for partition in (1..3).filter(|&partition| leader(partition) != stopped) {
        let start = Instant::now();
        producer.send(known, Record::new("after").partition(partition)).await?;
        let read = timeout(SOON, reader.next()).await.unwrap().unwrap()?;
        assert_eq!(read.partition(), partition);
        assert!(start.elapsed() < SOON, "partition {partition} took {:?}", start.elapsed());
    }
    cluster.node(stopped).unwrap().resume().unwrap();
    stuck.await?;
    Ok(())
}
