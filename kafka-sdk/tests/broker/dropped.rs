//! Futures that are dropped after each number of polls: the handle that they came from goes on as if nothing had been.

use crate::common::{EVERYWHERE, NEWEST, OLDEST, broker, heavy, new_topic, unique};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{Event, Kafka, Message, Offset, Reader, Record, Reset, Result};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// Polls so many times at most, and then drops the future; what came of it, if it was done before.
async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|cx| match left {
        0 => Poll::Ready(None),
        _ => {
            left -= 1;
            future.as_mut().poll(cx).map(Some)
        }
    })
    .await
}

/// Drops the future of `call` after no poll, one, two …, until it is done before; after each, `works` must come to its end.
async fn dropped_at_every_poll<T>(
    what: &str,
    mut call: impl AsyncFnMut() -> T,
    mut works: impl AsyncFnMut() -> Result<()>,
) -> Result<()> {
    for times in 0..200 {
        let outcome = polled(times, call()).await;
        let worked = timeout(SOON, works()).await;
        worked.unwrap_or_else(|_| panic!("{what}: nothing goes on after {times} polls"))?;
        if outcome.is_some() {
            return Ok(());
        }
    }
    panic!("{what}: not done after 200 polls");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_the_client_or_its_admin_leaves_it_as_it_was() -> Result<()> {
    for version in EVERYWHERE {
        let test = "dropped::a_dropped_call_of_the_client_or_its_admin_leaves_it_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let admin = kafka.admin();
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let works = async || admin.describe_topics([topic.as_str()]).await?.all().map(drop);
        dropped_at_every_poll(
            "Kafka::connect",
            async || Kafka::connect(broker.bootstrap_servers()).await,
            works,
        )
        .await?;
        dropped_at_every_poll("Admin::list_topics", async || admin.list_topics().await, works).await?;
        dropped_at_every_poll(
            "Admin::describe_topics",
            async || admin.describe_topics([topic.as_str()]).await,
            works,
        )
        .await?;
        let create = async || admin.create_topics([NewTopic::new(unique("dropped"))]).await;
        dropped_at_every_poll("Admin::create_topics", create, works).await?;
        let delete = async || admin.delete_topics([unique("never-was").as_str()]).await;
        dropped_at_every_poll("Admin::delete_topics", delete, works).await?;
        let call =
            async || kafka.raw().call(&Route::Any, SOON, |_| MetadataRequest::default()).await.map(drop);
        dropped_at_every_poll("Raw::call", call, works).await?;
        let raw = kafka.raw();
        let call =
            async || raw.call_up_to(4, &Route::Any, SOON, |_| MetadataRequest::default()).await.map(drop);
        dropped_at_every_poll("Raw::call_up_to", call, works).await?;
        let offsets = async || kafka.offsets([((topic.as_str(), 0), Offset::Latest)]).await;
        dropped_at_every_poll("Kafka::offsets", offsets, works).await?;
        let build = async || Kafka::builder(broker.bootstrap_servers()).build().await;
        dropped_at_every_poll("KafkaBuilder::build", build, works).await?;
        let fresh = async || Kafka::connect(broker.bootstrap_servers()).await?.admin().list_topics().await;
        dropped_at_every_poll("the first call of all", fresh, works).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_producer_leaves_it_as_it_was() -> Result<()> {
    for version in EVERYWHERE {
        let test = "dropped::a_dropped_call_of_a_producer_leaves_it_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let producer = kafka.producer().await?;
        let mut sent = 0_u32;
        let mut works = async || {
            sent += 1;
            producer.send(&topic, format!("whole {sent}")).await.map(drop)
        };
        dropped_at_every_poll("ProducerBuilder::build", async || kafka.producer().await, &mut works).await?;
        dropped_at_every_poll(
            "Producer::topic",
            async || producer.topic(&unique("dropped")).await,
            &mut works,
        )
        .await?;
        let mut n = 0_u32;
        let mut next = || {
            n += 1;
            format!("dropped {n}")
        };
        dropped_at_every_poll("Sending", async || producer.send(&topic, next()).await, &mut works).await?;
        let enqueue = async || producer.enqueue(&topic, next()).await?.await;
        dropped_at_every_poll("Enqueue", enqueue, &mut works).await?;
        let deliver = async || producer.try_enqueue(&topic, next())?.await;
        dropped_at_every_poll("Delivery", deliver, &mut works).await?;
        let flush = async || {
            producer.try_enqueue(&topic, next())?.forget();
            producer.flush().await
        };
        dropped_at_every_poll("Producer::flush", flush, &mut works).await?;
        let close = async || {
            let own = kafka.producer().await?;
            own.send(&topic, next()).await?;
            own.close().await
        };
        dropped_at_every_poll("Producer::close", close, &mut works).await?;
        let close_within = async || {
            let own = kafka.producer().await?;
            own.send(&topic, next()).await?;
            own.close_within(SOON).await
        };
        dropped_at_every_poll("Producer::close_within", close_within, &mut works).await?;
        producer.close().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let (mut all, mut whole) = (HashSet::new(), 0);
        while let Some(message) = reader.next().await {
            let value = String::from_utf8(message?.value().unwrap().to_vec()).unwrap();
            whole += u32::from(value.starts_with("whole"));
            assert!(all.insert(value.clone()), "{version}: twice: {value}");
        }
        assert_eq!(whole, sent, "{version}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_reader_leaves_it_where_it_was() -> Result<()> {
    for version in EVERYWHERE {
        let test = "dropped::a_dropped_call_of_a_reader_leaves_it_where_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let producer = kafka.producer().await?;
        let build = async || kafka.reader().topic(&topic, Offset::Earliest).await.map(drop);
        let works = async || producer.send(&topic, "one more").await.map(drop);
        dropped_at_every_poll("ReaderBuilder::build", build, works).await?;

        let topic = new_topic(&kafka, "dropped", 1).await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        let mut next = 0;
        for times in 0..30 {
            // Each is alone in its batch.
            for n in 0..3 {
                producer.send(&topic, (3 * times + n).to_string()).await?;
            }
            while next < 3 * (times + 1) {
                for value in given(&mut reader, times, WAYS[next % WAYS.len()]).await? {
                    assert_eq!(value, next.to_string().into_bytes(), "{version}, {times} polls");
                    next += 1;
                }
            }
        }
    }
    Ok(())
}

const WAYS: [&str; 3] = ["Reader::next", "Reader::next_batch", "Reader::next_event"];

/// The next values, by a call that is dropped after so many polls; where it gave none, by one that is not.
async fn given(reader: &mut Reader, times: usize, way: &str) -> Result<Vec<Vec<u8>>> {
    let value = |message: &Message| message.value().unwrap().to_vec();
    let given = match way {
        "Reader::next_batch" => polled(times, reader.next_batch())
            .await
            .map(|batch| batch.unwrap().map(|b| b.iter().map(|m| m.value().unwrap().to_vec()).collect())),
        "Reader::next_event" => {
            polled(times, reader.next_event()).await.map(|event| match event.unwrap()? {
                Event::Record(message) => Ok(vec![value(&message)]),
                _ => Ok(vec![]),
            })
        }
        _ => polled(times, reader.next()).await.map(|message| Ok(vec![value(&message.unwrap()?)])),
    };
    match given {
        Some(given) => given,
        None => Ok(vec![value(&timeout(SOON, reader.next()).await.unwrap().unwrap()?)]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_control_leaves_the_reader_as_it_was() -> Result<()> {
    for version in EVERYWHERE {
        let test = "dropped::a_dropped_call_of_a_control_leaves_the_reader_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (topic, other) = (new_topic(&kafka, "dropped", 2).await?, new_topic(&kafka, "other", 1).await?);
        let (first, second) = ((topic.as_str(), 0), (topic.as_str(), 1));
        let producer = kafka.producer().await?;
        for n in 0..5 {
            producer.send(&topic, Record::new(n.to_string()).partition(0)).await?;
        }
        let mut reader = kafka.reader().assign([(first, Offset::Earliest)]).await?;
        let control = reader.control();
        let mut works = async || {
            control.seek(first, 3).await?;
            assert_eq!(reader.next().await.unwrap()?.offset(), 3);
            Ok(())
        };
        let seek = async || control.seek(first, Offset::Earliest).await.unwrap();
        dropped_at_every_poll("Control::seek", seek, &mut works).await?;
        // Assigned by one that was dropped, the next would be refused.
        let assign = async || control.assign([(second, Offset::Earliest)]).await.unwrap();
        dropped_at_every_poll("Control::assign", assign, &mut works).await?;
        let assign_topic = async || control.assign_topic(other.as_str(), Offset::Earliest).await.unwrap();
        dropped_at_every_poll("Control::assign_topic", assign_topic, &mut works).await?;
        assert_eq!(control.assignment().len(), 3, "{version}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_consumer_leaves_it_where_it_was() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "dropped::a_dropped_call_of_a_consumer_leaves_it_where_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped-consumer", 1).await?;
        let (first, group) = ((topic.as_str(), 0), unique("dropped"));
        let producer = kafka.producer().await?;
        let builder = || kafka.consumer(group.as_str()).assign([first]).offset_reset(Reset::Earliest);
        let (consumer, expected) = (Mutex::new(builder().await?), AtomicI64::new(0));
        let control = consumer.lock().await.control();
        let is_next = |offset| assert_eq!(offset, expected.fetch_add(1, Ordering::Relaxed), "{version}");
        let mut works = async || {
            for _ in 0..2 {
                producer.send(&topic, "x").await?;
            }
            is_next(consumer.lock().await.next().await.unwrap()?.offset());
            Ok(())
        };
        works().await?;
        let next = async || is_next(consumer.lock().await.next().await.unwrap().unwrap().offset());
        dropped_at_every_poll("Consumer::next", next, &mut works).await?;
        let next_batch = async || {
            let batch = consumer.lock().await.next_batch().await.unwrap().unwrap();
            batch.iter().for_each(|message| is_next(message.offset()));
        };
        dropped_at_every_poll("Consumer::next_batch", next_batch, &mut works).await?;
        let here = || expected.load(Ordering::Relaxed);
        let seek = async || control.seek(first, here()).await.unwrap();
        dropped_at_every_poll("ConsumerControl::seek", seek, &mut works).await?;

        let mut works = async || {
            control.commit().await?;
            let committed = control.committed([first]).await?;
            assert_eq!(
                committed[&first.into()].as_ref().map(|place| place.offset),
                Some(here()),
                "{version}"
            );
            Ok(())
        };
        let commit = async || consumer.lock().await.commit().await.unwrap();
        dropped_at_every_poll("Consumer::commit", commit, &mut works).await?;
        dropped_at_every_poll("ConsumerControl::commit", async || control.commit().await, &mut works).await?;
        let commit_offsets = async || control.commit_offsets([(first, here())]).await.unwrap();
        dropped_at_every_poll("ConsumerControl::commit_offsets", commit_offsets, &mut works).await?;
        let committed = async || control.committed([first]).await.unwrap();
        dropped_at_every_poll("ConsumerControl::committed", committed, &mut works).await?;

        let mut works = async || {
            producer.send(&topic, "x").await?;
            builder().await?.next().await.unwrap().map(drop)
        };
        let build = async || builder().build().await.unwrap();
        dropped_at_every_poll("ConsumerBuilder::build", build, &mut works).await?;
        let close = async || build().await.close().await.unwrap();
        dropped_at_every_poll("Consumer::close", close, &mut works).await?;
        let close_within = async || build().await.close_within(SOON).await.unwrap();
        dropped_at_every_poll("Consumer::close_within", close_within, &mut works).await?;
        let run = async || {
            let consumer = builder().acked().await.unwrap();
            consumer.run(1, async |_| Err("enough")).await.unwrap_err()
        };
        dropped_at_every_poll("Consumer::run", run, &mut works).await?;
        let next_partition = async || {
            let mut partitions = build().await.into_partitions();
            let partition = partitions.next().await.unwrap().unwrap();
            (partitions, partition)
        };
        dropped_at_every_poll("Partitions::next", next_partition, &mut works).await?;
        let close = async || build().await.into_partitions().close().await.unwrap();
        dropped_at_every_poll("Partitions::close", close, &mut works).await?;
        let next = async || next_partition().await.1.next().await.unwrap().unwrap();
        dropped_at_every_poll("PartitionStream::next", next, &mut works).await?;
        let commit = async || next_partition().await.1.commit().await.unwrap();
        dropped_at_every_poll("PartitionStream::commit", commit, &mut works).await?;
    }
    Ok(())
}

/// Where this fails, a call or a future of the public API is not dropped above: give it to `dropped_at_every_poll` under
/// its name.
#[test]
fn every_public_call_that_waits_is_dropped_here() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let calls = calls_that_wait(&source);
    for known in ["Kafka::connect", "Reader::next", "Producer::flush", "Admin::list_topics", "Delivery"] {
        assert!(calls.contains(known), "{known} is not found in the source: {calls:?}");
    }
    let here = include_str!("dropped.rs").split("\n#[test]").next().unwrap();
    let missing: Vec<&String> = calls.iter().filter(|call| !here.contains(&format!("\"{call}\""))).collect();
    assert!(missing.is_empty(), "never dropped: {missing:?}");
}

/// Each `pub async fn` as `Type::name`, and each public type that is a future.
fn calls_that_wait(folder: &Path) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            calls.extend(calls_that_wait(&path));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut owner = String::new();
        for line in text.lines() {
            if line.starts_with("impl") {
                owner = implemented(line);
            }
            if let Some(name) = line.trim_start().strip_prefix("pub async fn ") {
                calls.insert(format!("{owner}::{}", word(name)));
            }
            let is_public = || {
                text.lines()
                    .any(|line| line.strip_prefix("pub struct ").is_some_and(|name| word(name) == owner))
            };
            if line.starts_with("impl") && line.contains(" Future for ") && is_public() {
                calls.insert(owner.clone());
            }
        }
    }
    calls
}

/// The type of `impl<..> Trait for Type<..> {` or `impl<..> Type<..> {`.
fn implemented(line: &str) -> String {
    let rest = line.split(" for ").last().unwrap();
    let rest = match rest.strip_prefix("impl") {
        Some(generic) if generic.starts_with('<') => generic.split_once("> ").map_or("", |(_, name)| name),
        Some(plain) => plain,
        None => rest,
    };
    word(rest.trim_start())
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[tokio::test]
async fn who_gives_a_look_up_little_time_and_tries_again_gets_there() -> Result<()> {
    let test = "dropped::who_gives_a_look_up_little_time_and_tries_again_gets_there";
    for version in EVERYWHERE {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let slow = Rule::on(Api::Metadata).always().react(Reaction::Delay(Duration::from_millis(30)));
        proxy.intercept(slow).unwrap();
        let producer = Kafka::connect(proxy.bootstrap_servers()).await?.producer().await?;
        let topic = unique("impatient");
        let mut enqueued = None;
        for _ in 0..200 {
            let attempt = timeout(Duration::from_millis(20), producer.enqueue(&topic, "x")).await;
            enqueued = attempt.ok();
            if enqueued.is_some() {
                break;
            }
        }
        let delivery = enqueued.unwrap_or_else(|| panic!("{version}: never looked up"))?;
        assert_eq!(delivery.await?.offset, 0);
    }
    Ok(())
}

#[tokio::test]
async fn who_waits_for_a_message_a_millisecond_at_a_time_gets_it() -> Result<()> {
    const MS: Duration = Duration::from_millis(1);
    let test = "dropped::who_waits_for_a_message_a_millisecond_at_a_time_gets_it";
    for version in EVERYWHERE {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "impatient", 1).await?;
        let producer = kafka.producer().await?;
        let reader = kafka.reader().topic(&topic, Offset::Earliest).stop_after_idle(300 * MS);
        let mut reader = reader.await?;
        for api in [Api::Fetch, Api::Metadata, Api::ListOffsets] {
            proxy.intercept(Rule::on(api).always().react(Reaction::Delay(30 * MS))).unwrap();
        }
        for n in 0..5 {
            producer.send(&topic, n.to_string()).await?;
        }
        let mut read = 0;
        timeout(SOON, async {
            loop {
                match timeout(MS, reader.next()).await {
                    Err(_) => {}
                    Ok(Some(message)) => {
                        assert_eq!(message?.value().unwrap(), read.to_string().as_bytes());
                        read += 1;
                    }
                    // Nor does the time without a record begin anew with each call.
                    Ok(None) => return Ok::<_, kafka_sdk::Error>(()),
                }
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{version}: {read} read"))?;
        assert_eq!(read, 5, "{version}");
    }
    Ok(())
}
