//! Connections that lead to another broker than they should (KIP-1242).

use crate::common::{NEWEST, OLDEST, in_sync, leader, several_nodes, three_nodes, unique, values};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Record, Result, Switch};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::message::response_frame;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestKafka, TestProxy};
use std::cell::Cell;
use std::time::Duration;
use tokio::time::timeout;

const WITHIN: Duration = Duration::from_secs(20);

/// What brokers tell of the topic, with each of them where another one is.
async fn crossed(kafka: &Kafka, topic: &str) -> Result<Reaction> {
    let version = Cell::new(0);
    let asked = MetadataRequestTopic { name: Some(topic.to_owned()), ..Default::default() };
    let request = |v| {
        version.set(v);
        MetadataRequest { topics: Some(vec![asked.clone()]), ..Default::default() }
    };
    let mut response = kafka.raw().call(&Route::Any, WITHIN, request).await?;
    let ports: Vec<i32> = response.brokers.iter().map(|broker| broker.port).collect();
    for (broker, port) in response.brokers.iter_mut().zip(ports.iter().cycle().skip(1)) {
        broker.port = *port;
    }
    let frame = response_frame::<MetadataRequest>(&response, version.get(), 0).unwrap().concat();
    // Behind length and correlation id.
    Ok(Reaction::Replace(frame[8..].to_vec()))
}

/// How many requests to write reach a broker that does not lead, while metadata is crossed; what was written is there
/// in the end.
async fn strays(cluster: &TestKafka, check: Switch) -> Result<u64> {
    let direct = Kafka::connect(cluster.bootstrap_servers()).await?;
    let topic = unique("crossed");
    direct.admin().create_topics([NewTopic::new(&topic).partitions(1).replication(3)]).await?.all()?;
    in_sync(&direct, &topic, 3).await?;
    let leads = leader(&direct, &topic, 0).await?;
    let proxy = TestProxy::in_front_of(cluster.bootstrap_servers()).start().await.unwrap();
    let kafka = Kafka::builder(proxy.bootstrap_servers()).cluster_check(check).await?;
    let crossed =
        proxy.intercept(Rule::on(Api::Metadata).always().react(crossed(&kafka, &topic).await?)).unwrap();
    let others = [1, 2, 3].into_iter().filter(|id| *id != leads);
    let strays: Vec<_> =
        others.map(|id| proxy.intercept(Rule::on(Api::Produce).node(id).always()).unwrap()).collect();
    let producer = kafka.producer().await?;
    let mut delivery = producer.enqueue(&topic, Record::new("there")).await?;
    let early = timeout(Duration::from_millis(1_500), &mut delivery).await;
    assert!(early.is_err(), "nobody leads where metadata says: {early:?}");
    crossed.disarm();
    delivery.await?;
    assert_eq!(values(&direct, &topic).await?, ["there"]);
    Ok(strays.iter().map(|armed| armed.hits()).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_taken_for_another_refuses_the_connection_and_the_right_one_is_found() -> Result<()>
{
    let test =
        "misrouted::a_broker_that_is_taken_for_another_refuses_the_connection_and_the_right_one_is_found";
    let Some(cluster) = three_nodes(NEWEST, test).await else { return Ok(()) };
    let _turn = several_nodes().await;
    assert_eq!(strays(cluster, Switch::On).await?, 0);
    assert!(strays(cluster, Switch::Off).await? > 0, "it was told to take brokers as they are");
    // Brokers before 4.4 know nothing of it; there a request that strays is refused.
    let Some(cluster) = three_nodes(OLDEST, test).await else { return Ok(()) };
    assert!(strays(cluster, Switch::On).await? > 0);
    Ok(())
}
