//! Replicas that are away, and leaders that move, on clusters of three.

use crate::common::{
    NEWEST, OLDEST, in_sync, lead, leader, several_nodes, three_nodes, unique, until, values_by_java,
};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::producer::{Answer, Situation, Verdict, verdict};
use kafka_sdk::{Acks, ErrorCode, Kafka, Producer, Record, Result};
use kafka_sdk_testcontainers::TestKafka;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::sleep;

async fn new_topic(kafka: &Kafka, name: &str, min_in_sync: u32) -> Result<String> {
    let name = unique(name);
    let topic = NewTopic::new(&name).partitions(1).replication(3).config("min.insync.replicas", min_in_sync);
    kafka.admin().create_topics([topic]).await?.all()?;
    in_sync(kafka, &name, 3).await?;
    Ok(name)
}

async fn numbers_by_java(cluster: &TestKafka, topic: &str) -> Vec<u32> {
    values_by_java(cluster, topic).await.iter().map(|value| value.parse().unwrap()).collect()
}

/// Sends the numbers from 0 on, one each millisecond, until it is told to stop; gives those that were acknowledged.
struct Writing {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Result<Vec<u32>>>,
}

impl Writing {
    fn start(producer: Producer, topic: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(write(producer, topic, stop.clone()));
        Self { stop, task }
    }

    async fn stop(self) -> Result<Vec<u32>> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

async fn write(producer: Producer, topic: String, stop: Arc<AtomicBool>) -> Result<Vec<u32>> {
    let mut deliveries = Vec::new();
    while !stop.load(Ordering::Relaxed) && deliveries.len() < 100_000 {
        let n = deliveries.len() as u32;
        deliveries.push((n, producer.enqueue(&topic, Record::new(n.to_string())).await?));
        sleep(Duration::from_millis(1)).await;
    }
    let mut acknowledged = Vec::new();
    for (n, delivery) in deliveries {
        match delivery.await {
            Ok(_) => acknowledged.push(n),
            Err(error) => println!("{n}: {error}"),
        }
    }
    producer.close().await?;
    Ok(acknowledged)
}

static TOO_FEW: AtomicU32 = AtomicU32::new(0);
static TOO_FEW_AFTER_APPEND: AtomicU32 = AtomicU32::new(0);

fn counted(batch: &Situation, answer: &Answer) -> Verdict {
    match answer {
        Answer::Refused(ErrorCode::NOT_ENOUGH_REPLICAS) => TOO_FEW.fetch_add(1, Ordering::Relaxed),
        Answer::Refused(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND) => {
            TOO_FEW_AFTER_APPEND.fetch_add(1, Ordering::Relaxed)
        }
        _ => 0,
    };
    verdict(batch, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_too_few_replicas_are_in_sync_records_wait_and_are_there_once() -> Result<()> {
    for version in [NEWEST, OLDEST] {
        let test = "replicas::while_too_few_replicas_are_in_sync_records_wait_and_are_there_once";
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let producing = Kafka::connect(cluster.bootstrap_servers()).await?;
        // It may ask the node that is paused.
        let kafka =
            Kafka::builder(cluster.bootstrap_servers()).request_timeout(Duration::from_secs(1)).await?;
        let topic = new_topic(&producing, "too-few", 3).await?;
        let producer = producing.producer().verdict(counted).await?;
        let writing = Writing::start(producer, topic.clone());
        let leader = leader(&kafka, &topic, 0).await?;
        let follower = leader % 3 + 1;
        let before = TOO_FEW.load(Ordering::Relaxed);
        cluster.node(follower).unwrap().pause().unwrap();
        in_sync(&kafka, &topic, 2).await?;
        until("the leader refuses records", async || Ok(TOO_FEW.load(Ordering::Relaxed) > before)).await?;
        cluster.node(follower).unwrap().resume().unwrap();
        in_sync(&kafka, &topic, 3).await?;
        let acknowledged = writing.stop().await?;
        let after_append = TOO_FEW_AFTER_APPEND.swap(0, Ordering::Relaxed);
        println!(
            "{version}: {} records, {after_append} batches refused after the append",
            acknowledged.len()
        );
        assert_eq!(numbers_by_java(cluster, &topic).await, acknowledged, "{version}");
        let all = 0..acknowledged.len() as u32;
        assert!(acknowledged.into_iter().eq(all), "{version}: nothing fails");
    }
    Ok(())
}

/// Kafka 2.1 has no API that moves a leader.
#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_moves_away_and_back_neither_loses_nor_doubles_nor_reorders_a_record() -> Result<()> {
    let test = "replicas::a_leader_that_moves_away_and_back_neither_loses_nor_doubles_nor_reorders_a_record";
    let Some(cluster) = three_nodes(NEWEST, test).await else { return Ok(()) };
    let _turn = several_nodes().await;
    let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "ping-pong", 2).await?;
    let producer = kafka.producer().linger(Duration::ZERO).await?;
    let writing = Writing::start(producer, topic.clone());
    for round in 0..8 {
        lead(&kafka, &topic, round % 2 + 1).await?;
    }
    let acknowledged = writing.stop().await?;
    println!("{} records while the leader moved", acknowledged.len());
    assert_eq!(numbers_by_java(cluster, &topic).await, acknowledged);
    let all = 0..acknowledged.len() as u32;
    assert!(acknowledged.into_iter().eq(all), "nothing fails");
    Ok(())
}

/// What was acknowledged by less than all replicas may be lost with the leader; everything else holds.
#[tokio::test(flavor = "multi_thread")]
async fn with_less_than_all_acks_a_killed_leader_loses_only_what_was_with_it() -> Result<()> {
    for version in [NEWEST, OLDEST] {
        let test = "replicas::with_less_than_all_acks_a_killed_leader_loses_only_what_was_with_it";
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let topics = [new_topic(&kafka, "acks-0", 2).await?, new_topic(&kafka, "acks-1", 2).await?];
        let victim = leader(&kafka, &topics[0], 0).await?;
        let mut writings = Vec::new();
        for (acks, topic) in [Acks::None, Acks::Leader].into_iter().zip(&topics) {
            let producer = kafka.producer().acks(acks).max_in_flight(1).linger(Duration::ZERO).await?;
            writings.push(Writing::start(producer, topic.clone()));
        }
        sleep(Duration::from_millis(500)).await;
        cluster.node(victim).unwrap().kill().await.unwrap();
        cluster.node(victim).unwrap().restart().await.unwrap();
        for topic in &topics {
            in_sync(&kafka, topic, 3).await?;
        }
        sleep(Duration::from_millis(500)).await;
        for (writing, topic) in writings.into_iter().zip(&topics) {
            let acknowledged = writing.stop().await?;
            let found = numbers_by_java(cluster, topic).await;
            let mut once = HashSet::new();
            let first: Vec<u32> = found.iter().copied().filter(|n| once.insert(*n)).collect();
            let lost: Vec<u32> = acknowledged.iter().copied().filter(|n| !once.contains(n)).collect();
            println!("{version} {topic}: {} lost, {} doubled", lost.len(), found.len() - first.len());
            assert!(first.windows(2).all(|pair| pair[0] < pair[1]), "{version} {topic}: in order");
            assert_eq!(first.last(), acknowledged.last(), "{version} {topic}");
            // Leaders go when they are killed, and when leadership is given back.
            let holes = lost.windows(2).filter(|pair| pair[0] + 1 < pair[1]).count();
            assert!(holes < 4 && lost.len() < acknowledged.len() / 2, "{version} {topic}: {lost:?}");
        }
    }
    Ok(())
}
