//! Thousands of partitions, and topics that are not written to any more.

use crate::common::{EMBEDDED, broker, heavy, new_topic, until};
use kafka_sdk::{Kafka, Record, Result};
use kafka_sdk_testcontainers::{Api, Rule, TestProxy};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const PARTITIONS: i32 = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_partitions_get_each_its_records_and_travel_together() -> Result<()> {
    let test = "many_partitions::two_thousand_partitions_get_each_its_records_and_travel_together";
    let Some(broker) = broker(EMBEDDED, test).await else { return Ok(()) };
    let _turn = heavy().await;
    let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
    let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "many", PARTITIONS).await?;
    let requests = proxy.intercept(Rule::on(Api::Produce).topic(&topic).always()).unwrap();
    let producer = kafka.producer().buffer_memory(64 << 20).await?;
    let handle = producer.topic(&topic).await?;
    for round in 0..5 {
        let mut deliveries = Vec::new();
        for partition in 0..PARTITIONS {
            deliveries.push(handle.enqueue(Record::new("x").partition(partition)).await?);
        }
        for delivery in deliveries {
            assert_eq!(delivery.await?.offset, round);
        }
    }
    let sent = requests.hits();
    println!("{sent} requests for {} batches", 5 * PARTITIONS);
    assert!(sent < 2_000, "{sent} requests");
    Ok(())
}

#[tokio::test]
async fn the_metadata_of_a_topic_that_is_not_written_to_is_asked_for_no_more_until_it_is() -> Result<()> {
    let test =
        "many_partitions::the_metadata_of_a_topic_that_is_not_written_to_is_asked_for_no_more_until_it_is";
    let Some(broker) = broker(EMBEDDED, test).await else { return Ok(()) };
    let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
    let builder = Kafka::builder(proxy.bootstrap_servers()).metadata_max_age(Duration::from_millis(100));
    let kafka = builder.await?;
    let topic = new_topic(&kafka, "idle", 1).await?;
    let asked = proxy.intercept(Rule::on(Api::Metadata).topic(&topic).always()).unwrap();
    let producer = kafka.producer().metadata_max_idle(Duration::from_secs(5)).await?;
    assert_eq!(producer.send(&topic, "first").await?.offset, 0);
    let start = Instant::now();
    let before = asked.hits();
    until("it is kept up to date", async || Ok(asked.hits() > before + 5)).await?;
    let mut last = asked.hits();
    until("it is asked for no more", async || {
        sleep(Duration::from_millis(500)).await;
        let before = std::mem::replace(&mut last, asked.hits());
        Ok(last == before)
    })
    .await?;
    assert!(start.elapsed() > Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(producer.send(&topic, "second").await?.offset, 1);
    until("it is kept up to date again", async || Ok(asked.hits() > last + 5)).await
}
