//! Members of groups: what they are made of, what they read, and what they hear of.

use super::groups_by_java;
use kafka_sdk::consumer::{ConsumerBuilder, ConsumerControl, RebalanceListener};
use kafka_sdk::raw::{CoordinatorKind, Route};
use kafka_sdk::{Consumer, Error, Kafka, Record, Reset, Result, TopicPartition};
use kafka_sdk_protocol::api::OffsetFetchRequest;
use kafka_sdk_protocol::api::offset_fetch::OffsetFetchRequestGroup;
use kafka_sdk_testcontainers::TestKafka;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything should take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Partition and offset.
pub(crate) type Place = (i32, i64);

/// A member that notices a rebalance soon.
pub(crate) fn member(kafka: &Kafka, group: &str, topic: &str) -> ConsumerBuilder {
    kafka
        .consumer(group)
        .topics([topic])
        .offset_reset(Reset::Earliest)
        .session_timeout(Duration::from_secs(10))
        .heartbeat_interval(Duration::from_millis(200))
}

/// `count` more records in each of these partitions.
pub(crate) async fn fill(kafka: &Kafka, topic: &str, partitions: i32, count: i64) -> Result<()> {
    let producer = kafka.producer().await?;
    for n in 0..count {
        for partition in 0..partitions {
            producer.enqueue(topic, Record::new(n.to_string()).partition(partition)).await?.forget();
        }
    }
    producer.close().await
}

pub(crate) async fn next(consumer: &mut Consumer) -> Result<Place> {
    let message = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?;
    Ok((message.partition(), message.offset()))
}

pub(crate) async fn take(consumer: &mut Consumer, count: usize) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    for _ in 0..count {
        places.push(next(consumer).await?);
    }
    Ok(places)
}

/// All places of so many records in each of these partitions.
pub(crate) fn all(partitions: i32, count: i64) -> BTreeSet<Place> {
    (0..partitions).flat_map(|partition| (0..count).map(move |offset| (partition, offset))).collect()
}

/// What a group has committed, as Java sees it: partition and offset. Where there is no Java, there is no broker but the
/// embedded one, and its own word counts.
pub(crate) async fn committed_by_java(broker: &TestKafka, group: &str) -> BTreeMap<i32, i64> {
    let Some(output) = groups_by_java(broker, &["--describe", "--group", group]).await else {
        return committed_by_broker(broker, group).await;
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let at = cells.iter().position(|cell| cell.starts_with("groups-"))?;
        let rest = &cells[at..];
        // Topic, partition, offset; the group may come before it.
        let name = if rest.get(1)?.parse::<i32>().is_ok() { 0 } else { 1 };
        Some((rest.get(name + 1)?.parse().ok()?, rest.get(name + 2)?.parse().ok()?))
    };
    output.lines().filter_map(row).collect()
}

async fn committed_by_broker(broker: &TestKafka, group: &str) -> BTreeMap<i32, i64> {
    let kafka = Kafka::connect(broker.bootstrap_servers()).await.unwrap();
    let route = Route::Coordinator(CoordinatorKind::Group, group.into());
    let build = |_| {
        let group = OffsetFetchRequestGroup { group_id: group.into(), topics: None, ..Default::default() };
        OffsetFetchRequest { groups: vec![group], ..Default::default() }
    };
    let answer = kafka.raw().call(&route, PATIENCE, build).await.unwrap();
    let all = answer.groups.iter().flat_map(|group| &group.topics).flat_map(|topic| &topic.partitions);
    all.map(|partition| (partition.partition_index, partition.committed_offset)).collect()
}

/// A reader in a task of its own, and what it has read so far, and when.
pub(crate) struct Running {
    pub(crate) control: ConsumerControl,
    read: Arc<Mutex<Vec<(Instant, Place)>>>,
    task: tokio::task::JoinHandle<Result<()>>,
}

impl Running {
    pub(crate) fn of(consumer: Consumer) -> Self {
        Self::slow(consumer, Duration::ZERO)
    }

    /// One that takes so long for each record.
    pub(crate) fn slow(mut consumer: Consumer, each: Duration) -> Self {
        let (control, read) = (consumer.control(), Arc::new(Mutex::new(Vec::new())));
        let seen = read.clone();
        let task = tokio::spawn(async move {
            while let Some(message) = consumer.next().await {
                let message = message?;
                seen.lock().unwrap().push((Instant::now(), (message.partition(), message.offset())));
                if !each.is_zero() {
                    sleep(each).await;
                }
            }
            consumer.close().await
        });
        Self { control, read, task }
    }

    pub(crate) fn partitions(&self) -> Vec<i32> {
        self.control.assignment().iter().map(TopicPartition::partition).collect()
    }

    pub(crate) fn read(&self) -> Vec<Place> {
        self.read.lock().unwrap().iter().map(|(_, place)| *place).collect()
    }

    /// With the times at which they were handed out.
    pub(crate) fn times(&self) -> Vec<(Instant, Place)> {
        self.read.lock().unwrap().clone()
    }

    pub(crate) fn generation(&self) -> Option<i32> {
        self.control.group_metadata().map(|it| it.generation)
    }

    /// Closes it; what it has read in all.
    pub(crate) async fn read_to_end(self) -> Result<Vec<Place>> {
        let read = self.read.clone();
        self.close().await?;
        let read = read.lock().unwrap();
        Ok(read.iter().map(|(_, place)| *place).collect())
    }

    /// Its end, which is an error.
    pub(crate) async fn failure(self) -> Error {
        timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap_err()
    }

    pub(crate) async fn close(self) -> Result<()> {
        self.control.stop();
        timeout(PATIENCE, self.task).await.unwrap().unwrap()
    }
}

/// What a listener has heard, and what it saw of the consumer then.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<News>>>);

/// What came or went, and the numbers of the partitions.
pub(crate) type News = (&'static str, Vec<i32>);

impl Heard {
    pub(crate) fn note(&self, what: &'static str, partitions: &[TopicPartition]) {
        let partitions = partitions.iter().map(TopicPartition::partition).collect();
        self.0.lock().unwrap().push((what, partitions));
    }

    pub(crate) fn all(&self) -> Vec<News> {
        self.0.lock().unwrap().clone()
    }
}

impl RebalanceListener for Heard {
    async fn assigned(&mut self, consumer: &ConsumerControl, partitions: &[TopicPartition]) {
        let positions = consumer.positions();
        assert!(partitions.iter().all(|partition| positions.get(partition).is_some()));
        self.note("assigned", partitions);
    }

    async fn revoked(&mut self, consumer: &ConsumerControl, partitions: &[TopicPartition]) {
        consumer.commit().await.unwrap();
        self.note("revoked", partitions);
    }

    async fn lost(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
        self.note("lost", partitions);
    }
}

/// Writes to these partitions, one record to each every so often, until it is dropped.
pub(crate) struct Writing(tokio::task::JoinHandle<()>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Writing {
    pub(crate) async fn to(kafka: &Kafka, topic: &str, partitions: i32, every: Duration) -> Result<Self> {
        let (producer, topic) = (kafka.producer().linger(Duration::ZERO).await?, topic.to_owned());
        Ok(Self(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(every);
            loop {
                ticks.tick().await;
                for partition in 0..partitions {
                    let record = Record::new("written").partition(partition);
                    if let Ok(delivery) = producer.enqueue(&topic, record).await {
                        delivery.forget();
                    }
                }
            }
        })))
    }
}
