//! A producer and the runtime around it: handles that are dropped anywhere, runtimes that end, neighbours that are busy.

use crate::common::{EMBEDDED, broker, everywhere, first_values_by_java, heavy, kafka, new_topic};
use futures_util::future::{Either, select};
use kafka_sdk::{Delivery, ErrorKind, Kafka, Offset, Producer, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::yield_now;
use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);

/// Sends `count` records, and loses patience at random moments; gives the offsets of those that were seen to the end.
async fn impatient(producer: Producer, topic: String, task: u64, count: u32) -> Result<HashMap<String, i64>> {
    let mut random = fastrand::Rng::with_seed(task);
    let mut acknowledged = HashMap::new();
    for n in 0..count {
        let value = format!("{task}-{n}-{}", "x".repeat(200));
        let turns = random.u32(..40);
        let patience = async {
            for _ in 0..turns {
                yield_now().await;
            }
        };
        let work = async {
            match n % 100 {
                99 => producer.flush().await.map(|()| None),
                _ => producer.send(&topic, &value).await.map(Some),
            }
        };
        // Some are seen to the end, or all would be dropped while they wait for the broker.
        let outcome = match random.u32(..20) {
            0 => Some(work.await?),
            _ => match select(pin!(work), pin!(patience)).await {
                Either::Left((outcome, _)) => Some(outcome?),
                Either::Right(_) => None,
            },
        };
        if let Some(placed) = outcome.flatten() {
            acknowledged.insert(value, placed.offset);
        }
    }
    Ok(acknowledged)
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_given_up_at_any_moment_are_there_once_or_not_at_all() -> Result<()> {
    for version in everywhere() {
        let test = "runtimes::records_that_are_given_up_at_any_moment_are_there_once_or_not_at_all";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "impatient", 1).await?;
        // Little memory: many are dropped while they wait for room.
        let producer = kafka.producer().max_request_size(16 << 10).buffer_memory(32 << 10).await?;
        let tasks = (0..4).map(|task| tokio::spawn(impatient(producer.clone(), topic.clone(), task, 5_000)));
        let mut acknowledged = HashMap::new();
        for task in tasks.collect::<Vec<_>>() {
            acknowledged.extend(task.await.unwrap()?);
        }
        timeout(SECOND * 20, producer.close()).await.expect("nothing is stuck")?;
        assert_eq!(producer.queued(), 0, "{version}");
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let mut there = HashMap::new();
        while let Some(message) = reader.next().await {
            let message = message?;
            let value = String::from_utf8(message.value().unwrap().to_vec()).unwrap();
            assert!(there.insert(value.clone(), message.offset()).is_none(), "{version}: twice: {value}");
        }
        println!("{version}: {} of 20,000 are there, {} were seen", there.len(), acknowledged.len());
        assert!(acknowledged.len() > 500 && there.len() > acknowledged.len(), "{version}");
        for (value, offset) in &acknowledged {
            assert_eq!(there.get(value), Some(offset), "{version}: {value}");
        }
        if version != EMBEDDED {
            let by_java = first_values_by_java(broker, &topic, there.len()).await;
            assert!(by_java.into_iter().collect::<HashSet<_>>() == there.into_keys().collect(), "{version}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_runtime_of_a_producer_ends_everybody_is_told_and_handles_go_anywhere() -> Result<()> {
    for version in everywhere() {
        let test = "runtimes::when_the_runtime_of_a_producer_ends_everybody_is_told_and_handles_go_anywhere";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let swallow = Rule::on(Api::Produce).always().react(Reaction::Swallow);
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).rule(swallow).start().await.unwrap();
        let address = proxy.bootstrap_servers().to_owned();
        let theirs = Runtime::new().unwrap();
        let start = async move {
            let kafka = Kafka::connect(&address).await?;
            let name = new_topic(&kafka, "runtime", 1).await?;
            let producer = kafka.producer().await?;
            let topic = producer.topic(&name).await?;
            let mut deliveries: Vec<Delivery> = Vec::new();
            for _ in 0..100 {
                deliveries.push(topic.enqueue(vec![b'x'; 1_000]).await?);
            }
            Result::Ok((kafka, topic, producer, deliveries))
        };
        let (kafka, topic, producer, deliveries) = theirs.spawn(start).await.unwrap()?;
        theirs.shutdown_background();
        let told = async {
            for delivery in deliveries {
                assert_eq!(delivery.await.unwrap_err().kind(), ErrorKind::Closed, "{version}");
            }
            // Taken or not: the producer's task may not be gone yet.
            let (late, taken) = match topic.enqueue("late").await {
                Ok(delivery) => (delivery.await.unwrap_err(), 1),
                Err(error) => (error, 0),
            };
            assert_eq!(late.kind(), ErrorKind::Closed, "{version}: {late}");
            let elsewhere = producer.send("never-looked-up", "late").await.unwrap_err();
            assert_eq!(elsewhere.kind(), ErrorKind::Closed, "{version}: {elsewhere}");
            producer.flush().await?;
            let given_up = producer.close_within(SECOND).await.unwrap_err();
            let expected = format!("{} records were given up", 100 + taken);
            assert!(given_up.to_string().starts_with(&expected), "{version}: {given_up}");
            producer.close().await
        };
        timeout(SECOND * 5, told).await.expect("nobody waits for a runtime that has ended")?;
        // Where there is no runtime at all.
        std::thread::spawn(move || drop((topic, producer, kafka))).join().unwrap();
    }
    Ok(())
}

#[tokio::test]
async fn what_is_queued_is_sent_when_the_last_handle_goes_where_there_is_no_runtime() -> Result<()> {
    for version in everywhere() {
        let test = "runtimes::what_is_queued_is_sent_when_the_last_handle_goes_where_there_is_no_runtime";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "runtime", 1).await?;
        let producer = kafka.producer().linger(SECOND * 60).delivery_timeout(SECOND * 120).await?;
        let delivery = producer.enqueue(&topic, "v").await?;
        std::thread::spawn(move || drop(producer)).join().unwrap();
        let placed = timeout(SECOND * 20, delivery).await.expect("it does not linger")?;
        assert_eq!(placed.offset, 0, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn on_one_thread_a_producer_and_a_busy_neighbour_leave_each_other_their_turns() -> Result<()> {
    for version in everywhere() {
        let test = "runtimes::on_one_thread_a_producer_and_a_busy_neighbour_leave_each_other_their_turns";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "neighbours", 4).await?;
        let turns = Arc::new(AtomicU64::new(0));
        let neighbour = tokio::spawn({
            let turns = turns.clone();
            async move {
                loop {
                    turns.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            }
        });
        let producer = kafka.producer().await?;
        let topic = producer.topic(&topic).await?;
        let (mut deliveries, mut in_a_row, mut longest, mut seen) = (Vec::new(), 0, 0, 0);
        for _ in 0..20_000 {
            deliveries.push(topic.enqueue("v").await?);
            let now = turns.load(Ordering::Relaxed);
            in_a_row = if now == seen { in_a_row + 1 } else { 0 };
            (longest, seen) = (in_a_row.max(longest), now);
        }
        // 128 times 16, and what the ends of batches add.
        assert!(longest < 3_000, "{version}: {longest} records without a turn for another task");
        let all = async {
            for delivery in deliveries {
                delivery.await?;
            }
            producer.close().await
        };
        timeout(SECOND * 60, all).await.expect("the producer gets its turns")?;
        neighbour.abort();
    }
    Ok(())
}
