//! A broker serves one request at a time on a connection: so each purpose has a connection of its own.

use crate::common::{NEWEST, OLDEST, heavy, kafka, new_topic};
use futures_util::FutureExt;
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Result};
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::{FetchRequest, HeartbeatRequest, MetadataRequest};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn an_empty_fetch_holds_up_nothing_else_on_4_4_0() -> Result<()> {
    match kafka(NEWEST, "lanes::an_empty_fetch_holds_up_nothing_else_on_4_4_0").await {
        Some(kafka) => an_empty_fetch_holds_up_nothing_else(&kafka).await,
        None => Ok(()),
    }
}

#[tokio::test]
async fn an_empty_fetch_holds_up_nothing_else_on_2_1_1() -> Result<()> {
    match kafka(OLDEST, "lanes::an_empty_fetch_holds_up_nothing_else_on_2_1_1").await {
        Some(kafka) => an_empty_fetch_holds_up_nothing_else(&kafka).await,
        None => Ok(()),
    }
}

const WAIT: Duration = Duration::from_secs(5);

async fn an_empty_fetch_holds_up_nothing_else(kafka: &Kafka) -> Result<()> {
    let _turn = heavy().await;
    let (empty, written) = (new_topic(kafka, "empty", 1).await?, new_topic(kafka, "written", 1).await?);
    let broker = Route::Leader((empty.as_str(), 0).into());
    let producer = kafka.producer().linger(Duration::ZERO).await?;
    producer.send(&written, "first").await?;
    // The lane is open after this one, so that the next is on the wire when it has been polled once.
    kafka.reader().topic(&empty, kafka_sdk::Offset::Earliest).stop_at_end().await?;
    fetch(kafka, &broker, &empty, Duration::ZERO).await?;

    let start = Instant::now();
    let mut held = pin!(fetch(kafka, &broker, &empty, WAIT));
    assert!(held.as_mut().now_or_never().is_none());
    let (mut produce, mut heartbeat, mut metadata) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..9 {
        let at = Instant::now();
        producer.send(&written, "more").await?;
        produce.push(at.elapsed());
        let at = Instant::now();
        kafka.raw().call(&broker, WAIT, |_| HeartbeatRequest::default()).await?;
        heartbeat.push(at.elapsed());
        let at = Instant::now();
        kafka.raw().call(&broker, WAIT, |_| MetadataRequest::default()).await?;
        metadata.push(at.elapsed());
    }
    assert!(held.as_mut().now_or_never().is_none(), "the fetch is still waiting");
    held.await?;
    assert!(start.elapsed() >= WAIT, "{:?}", start.elapsed());
    for (what, mut times) in [("Produce", produce), ("Heartbeat", heartbeat), ("Metadata", metadata)] {
        times.sort_unstable();
        println!("{what}: {times:?}");
        assert!(times[times.len() / 2] < Duration::from_millis(50), "{what}: {times:?}");
    }
    Ok(())
}

async fn fetch(kafka: &Kafka, broker: &Route, topic: &str, wait: Duration) -> Result<()> {
    // Version 12 is the last in which topics go by name.
    let partition = FetchPartition {
        partition: 0,
        partition_max_bytes: 1_000,
        current_leader_epoch: -1,
        ..Default::default()
    };
    let topic = FetchTopic { topic: topic.to_owned(), partitions: vec![partition], ..Default::default() };
    let request = |_| FetchRequest {
        max_wait_ms: wait.as_millis() as i32,
        min_bytes: 1,
        max_bytes: 1_000,
        topics: vec![topic.clone()],
        ..Default::default()
    };
    kafka.raw().call_up_to(12, broker, wait + WAIT, request).await.map(drop)
}
