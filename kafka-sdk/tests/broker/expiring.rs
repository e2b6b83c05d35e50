//! Batches whose time runs out, or whose connection breaks, while their bytes are on the way to the socket: their memory is
//! used again, and no record may turn up in another's place (KAFKA-19012).

use crate::common::{EMBEDDED, broker, everywhere, first_values_by_java, heavy, new_topic};
use kafka_sdk::{Delivery, Kafka, Offset, Record, Result, Written};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const TOPICS: usize = 3;
const PARTITIONS: i32 = 2;

/// A value that says where it belongs, and which no mixture of two values equals.
fn value(topic: &str, partition: i32, n: u32) -> String {
    let noise: String = std::iter::repeat_with(fastrand::alphanumeric).take(1_000).collect();
    let plain = format!("{topic}|{partition}|{n}|{noise}");
    format!("{plain}|{:016x}", hash(&plain))
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The topic, partition and number of a value that is as it was made.
fn whole(value: &str) -> (&str, i32, u32) {
    let (plain, sum) = value.rsplit_once('|').unwrap();
    assert_eq!(format!("{:016x}", hash(plain)), sum, "the record is mixed up");
    let mut parts = plain.split('|');
    let mut next = || parts.next().unwrap();
    (next(), next().parse().unwrap(), next().parse().unwrap())
}

/// The offsets of the records of a topic, by their numbers: each is whole, where it belongs, there once and in its turn.
async fn read_whole(kafka: &Kafka, topic: &str) -> Result<BTreeMap<u32, i64>> {
    let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    let (mut read, mut last) = (BTreeMap::new(), HashMap::new());
    while let Some(message) = reader.next().await {
        let message = message?;
        let text = std::str::from_utf8(message.value().unwrap()).unwrap();
        let (name, partition, n) = whole(text);
        assert_eq!((name, partition), (topic, message.partition()), "record {n}");
        assert!(read.insert(n, message.offset()).is_none(), "{n} is there twice");
        assert!(last.insert(partition, n) < Some(n), "{n} is out of order");
    }
    Ok(read)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_out_of_time_while_it_is_written_is_never_in_anothers_place() -> Result<()> {
    for version in everywhere() {
        let test = "expiring::what_runs_out_of_time_while_it_is_written_is_never_in_anothers_place";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::builder(proxy.bootstrap_servers()).request_timeout(SECOND / 2);
        // Little enough that our own memory is what waits for the network.
        let kafka = kafka.send_buffer(4_096).await?;
        let builder = kafka.producer().linger(Duration::ZERO).delivery_timeout(SECOND);
        let producer = builder.max_request_size(16 << 10).buffer_memory(256 << 10).await?;
        let (patient, mut topics) = (Kafka::connect(broker.bootstrap_servers()).await?, Vec::new());
        for _ in 0..TOPICS {
            let name = new_topic(&patient, "expiring", PARTITIONS).await?;
            topics.push(producer.topic(&name).await?);
        }
        let slow = Rule::on(Api::Produce).always().react(Reaction::Throttle(50_000));
        let slow = proxy.intercept(slow).unwrap();
        let mut deliveries: Vec<(u32, Delivery)> = Vec::new();
        for n in 0..900 {
            let topic = &topics[n as usize % TOPICS];
            let partition = (n / TOPICS as u32).cast_signed() % PARTITIONS;
            let record = Record::new(value(topic.name(), partition, n)).partition(partition);
            deliveries.push((n, topic.enqueue(record).await?));
            if n % 300 == 299 {
                proxy.reset_connections();
            }
        }
        let mut outcomes = HashMap::new();
        for (n, delivery) in deliveries {
            outcomes.insert(n, delivery.await.map_err(|error| error.written()));
        }
        let count =
            |outcome| outcomes.values().filter(|known| known.as_ref().err() == Some(&outcome)).count();
        let (maybe, no) = (count(Written::Maybe), count(Written::No));
        println!("{version}: {maybe} of 900 in doubt, {no} not sent");
        assert!(maybe > 0 && no > 0, "{version}: nothing ran out of time on its way");
        slow.disarm();
        proxy.close_connections();

        let mut read = HashMap::new();
        for topic in &topics {
            // A broker may write later what it had got of the connections, also while the topic is read: then it is
            // read again.
            let mut readings = 1..=5;
            let of_topic = loop {
                assert!(readings.next().is_some(), "{version}: Java's reader and ours do not agree");
                let ours = read_whole(&patient, topic.name()).await?;
                if version == EMBEDDED || ours.is_empty() {
                    break ours;
                }
                let by_java = first_values_by_java(broker, topic.name(), ours.len()).await;
                let by_java: BTreeSet<u32> = by_java.iter().map(|value| whole(value).2).collect();
                if by_java.iter().eq(ours.keys()) {
                    break ours;
                }
            };
            read.extend(of_topic);
        }
        for (n, outcome) in outcomes {
            match outcome {
                Ok(placed) => assert_eq!(read.get(&n), Some(&placed.offset), "{version}: {n}"),
                Err(Written::No) => assert_eq!(read.get(&n), None, "{version}: {n} is there"),
                Err(Written::Maybe) => {}
            }
        }
    }
    Ok(())
}
