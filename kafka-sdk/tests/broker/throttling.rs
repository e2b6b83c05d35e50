//! Clients that use up their quota: they wait without running into a timeout, and nobody else waits (KIP-219).

use crate::common::{NEWEST, OLDEST, broker, heavy, new_topic, unique};
use kafka_sdk::{Kafka, Offset, Producer, Record, Result};
use kafka_sdk_testcontainers::{TestKafka, TestProxy};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Bytes a second, over the ten seconds or so that brokers look back. All records are a little more than ten times that.
const TO_WRITE: u32 = 52_000;
const TO_READ: u32 = 58_000;
const RECORDS: u32 = 160;
const RECORD: usize = 4_000;
/// Shorter than what the brokers throttle for.
const PATIENCE: Duration = Duration::from_millis(700);
/// What nobody has to wait for who is within his quota.
const AT_ONCE: Duration = Duration::from_millis(600);

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_client_waits_without_a_timeout_and_without_another_connection() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "throttling::a_throttled_client_waits_without_a_timeout_and_without_another_connection";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let client_id = unique("throttled");
        let quota = format!("producer_byte_rate={TO_WRITE},consumer_byte_rate={TO_READ}");
        set_quota(broker, &client_id, &quota).await;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::builder(proxy.bootstrap_servers()).client_id(&client_id);
        let kafka = kafka.request_timeout(PATIENCE).await?;
        let topic = new_topic(&kafka, "throttled", 1).await?;
        let other = Kafka::connect(broker.bootstrap_servers()).await?.producer().await?;
        other.send(&unique_topic(broker).await?, "warm").await?;

        let took = write(&kafka, &other, &topic, &unique_topic(broker).await?).await?;
        assert!(took > PATIENCE, "{version}: nothing was throttled: {took:?}");
        let of_writing = proxy.connections()[&1];
        let took = read(&kafka, &topic).await?;
        assert!(took > PATIENCE, "{version}: nothing was throttled: {took:?}");
        // To begin with, for metadata, to create a topic, for the producer, and then for the reader: none twice.
        assert_eq!((version, of_writing, proxy.connections()[&1]), (version, 4, 5));
    }
    Ok(())
}

async fn unique_topic(broker: &TestKafka) -> Result<String> {
    new_topic(&Kafka::connect(broker.bootstrap_servers()).await?, "unthrottled", 1).await
}

/// By Kafka's own tool.
pub(crate) async fn set_quota(broker: &TestKafka, client_id: &str, quota: &str) {
    // Before 2.6 the tool wants ZooKeeper.
    let properties = broker.node(1).unwrap().log_path().with_file_name("server.properties");
    let properties = std::fs::read_to_string(properties).unwrap().replace('\\', "");
    let to = match properties.lines().find_map(|line| line.strip_prefix("zookeeper.connect=")) {
        Some(zookeeper) => ["--zookeeper", zookeeper],
        None => ["--bootstrap-server", broker.bootstrap_servers()],
    };
    let what = ["--alter", "--add-config", quota, "--entity-type", "clients", "--entity-name", client_id];
    let ran = broker.run_tool("kafka.admin.ConfigCommand", to.into_iter().chain(what)).await.unwrap();
    assert!(ran.success(), "{}", ran.stderr());
}

async fn write(kafka: &Kafka, other: &Producer, topic: &str, others: &str) -> Result<Duration> {
    let producer = kafka.producer().batch_size(16_000).max_request_size(32_000).await?;
    let start = Instant::now();
    let mut deliveries = Vec::new();
    for n in 0..RECORDS {
        let mut value = n.to_be_bytes().to_vec();
        value.resize(RECORD, 0);
        deliveries.push(producer.enqueue(topic, Record::new(value)).await?);
    }
    for round in 0..5 {
        let at = Instant::now();
        kafka.admin().list_topics().await?;
        other.send(others, "within the quota").await?;
        assert!(at.elapsed() < AT_ONCE, "round {round}: {:?}", at.elapsed());
        sleep(PATIENCE / 5).await;
    }
    for (n, delivery) in deliveries.into_iter().enumerate() {
        assert_eq!(delivery.await?.offset, n as i64);
    }
    println!("written in {:?}", start.elapsed());
    Ok(start.elapsed())
}

async fn read(kafka: &Kafka, topic: &str) -> Result<Duration> {
    let start = Instant::now();
    let reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end();
    let mut reader = reader.partition_max_bytes(100_000).await?;
    for n in 0..RECORDS {
        let next = timeout(Duration::from_secs(60), reader.next()).await.unwrap();
        assert_eq!(next.unwrap()?.value().unwrap()[..4], n.to_be_bytes());
    }
    assert!(reader.next().await.is_none());
    println!("read in {:?}", start.elapsed());
    Ok(start.elapsed())
}
