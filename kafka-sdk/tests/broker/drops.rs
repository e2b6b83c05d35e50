//! Handles and futures that are dropped while the broker is frozen: nobody waits for it.

use crate::common::{EMBEDDED, everywhere, heavy, new_topic, unique};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Offset, Producer, Reader, Record, Result};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// Of each. The shortest time counts: the machine may have been busy with something else.
const COUNT: usize = 5;

fn drops<T>(what: &str, values: Vec<T>) {
    assert_eq!(values.len(), COUNT);
    let took = values.into_iter().map(|value| {
        let begun = Instant::now();
        drop(value);
        begun.elapsed()
    });
    let took = took.min().unwrap();
    assert!(took < MS, "{what}: {took:?}");
}

/// What waits for the broker, dropped when it has waited for a while.
async fn dropped_while_it_waits<F: Future>(what: &str, mut begin: impl FnMut() -> F) {
    let mut waiting = Vec::new();
    for _ in 0..COUNT {
        let mut future = Box::pin(begin());
        let done = timeout(10 * MS, future.as_mut()).await.is_ok();
        assert!(!done, "{what}: it does not wait");
        waiting.push(future);
    }
    drops(what, waiting);
}

/// A client, and what comes from it, all of which have been used.
struct Used {
    kafka: Kafka,
    producer: Producer,
    reader: Reader,
}

async fn used(broker: &TestKafka, topic: &str) -> Result<Used> {
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let producer = kafka.producer().buffer_memory(1 << 20).await?;
    producer.send(topic, "used").await?;
    let mut reader = kafka.reader().topic(topic, Offset::Latest).await?;
    producer.send(topic, "read").await?;
    reader.next().await.unwrap()?;
    Ok(Used { kafka, producer, reader })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_waits_for_nothing_while_the_broker_is_frozen() -> Result<()> {
    for version in everywhere() {
        let test = "drops::a_drop_waits_for_nothing_while_the_broker_is_frozen";
        if version != EMBEDDED && !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let _turn = heavy().await;
        let broker = match version {
            EMBEDDED => TestKafka::embedded().start().await.unwrap(),
            real => TestKafka::jvm().version(real).start().await.unwrap(),
        };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "frozen", 2).await?;
        let (mut each, mut batches, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..COUNT {
            each.push(used(&broker, &topic).await?);
            let mut reader = direct.reader().topic(&topic, Offset::Earliest).await?;
            messages.push(reader.next().await.unwrap()?);
            batches.push(reader.next_batch().await.unwrap()?);
        }
        let mut one = used(&broker, &topic).await?;
        broker.node(1).unwrap().pause().unwrap();

        futures_that_wait(&mut one, &topic, broker.bootstrap_servers()).await?;
        drops("Message", messages);
        drops("Batch", batches);
        let enqueue = |used: &Used| used.producer.try_enqueue(&topic, "unsent");
        drops("Delivery", each.iter().map(enqueue).collect::<Result<Vec<_>>>()?);
        let (mut topics, mut sinks) = (Vec::new(), Vec::new());
        for used in &each {
            topics.push(used.producer.topic(&topic).await?);
            sinks.push(used.producer.topic(&topic).await?.sink());
        }
        drops("TopicSink", sinks);
        drops("Topic", topics);
        drops("Admin", each.iter().map(|used| used.kafka.admin()).collect());
        drops("Raw", each.iter().map(|used| used.kafka.raw()).collect());
        drops("Control", each.iter().map(|used| used.reader.control()).collect());
        let (mut kafkas, mut producers, mut readers) = (Vec::new(), Vec::new(), Vec::new());
        for Used { kafka, producer, reader } in each {
            kafkas.push(kafka);
            producers.push(producer);
            readers.push(reader);
        }
        drops("Reader", readers);
        drops("Producer", producers);
        drops("Kafka", kafkas);
        broker.node(1).unwrap().resume().unwrap();
    }
    Ok(())
}

async fn futures_that_wait(used: &mut Used, topic: &str, servers: &str) -> Result<()> {
    let Used { kafka, producer, reader } = used;
    let (admin, raw) = (kafka.admin(), kafka.raw());
    let place = || ((topic, 0), Offset::Earliest);
    dropped_while_it_waits("Kafka::connect", || Kafka::connect(servers)).await;
    dropped_while_it_waits("Kafka::offsets", || kafka.offsets([place()])).await;
    dropped_while_it_waits("create_topics", || admin.create_topics([NewTopic::new(unique("frozen"))])).await;
    dropped_while_it_waits("delete_topics", || admin.delete_topics([topic])).await;
    dropped_while_it_waits("list_topics", || admin.list_topics()).await;
    dropped_while_it_waits("describe_topics", || admin.describe_topics([topic])).await;
    let call = || raw.call(&Route::Any, SECOND, |_| MetadataRequest::default());
    dropped_while_it_waits("Raw::call", call).await;

    let control = reader.control();
    dropped_while_it_waits("seek", || control.seek((topic, 0), Offset::Earliest)).await;
    dropped_while_it_waits("assign_topic", || control.assign_topic(topic, Offset::Latest)).await;
    dropped_while_it_waits("ReaderBuilder::build", || kafka.reader().topic(topic, Offset::Latest).build())
        .await;
    control.unassign([(topic, 1)])?;
    dropped_while_it_waits("assign", || control.assign([((topic, 1), Offset::Latest)])).await;
    for _ in 0..COUNT {
        assert!(timeout(10 * MS, reader.next()).await.is_err());
        assert!(timeout(10 * MS, reader.next_batch()).await.is_err());
        assert!(timeout(10 * MS, reader.next_event()).await.is_err());
    }

    let names: Vec<String> = (0..COUNT).map(|_| unique("frozen")).collect();
    let mut name = names.iter();
    dropped_while_it_waits("Producer::topic", || producer.topic(name.next().unwrap())).await;
    dropped_while_it_waits("send", || producer.send(topic, "unsent")).await;
    dropped_while_it_waits("flush", || producer.flush()).await;
    // Where one partition has no room left, the batch of the other may.
    let large = |partition| Record::new(vec![0; 10_000]).partition(partition);
    for partition in 0..2 {
        while producer.try_enqueue(topic, large(partition)).is_ok() {}
    }
    dropped_while_it_waits("enqueue", || producer.enqueue(topic, large(0))).await;
    dropped_while_it_waits("close_within", || producer.close_within(60 * SECOND)).await;
    dropped_while_it_waits("close", || producer.close()).await;
    Ok(())
}
