//! A reader that is sent to and fro at random over slow and breaking connections, and a model that knows what must come.

use crate::common::{EMBEDDED, broker, everywhere, heavy, new_topic};
use kafka_sdk::{Kafka, Offset, Reader, Record, Result, TopicPartition};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::timeout;

const PARTITIONS: i32 = 3;
const RECORDS: i64 = 300;
const STEPS: usize = 150;
const PATIENCE: Duration = Duration::from_secs(60);

/// What is read, by what the driver has asked for. It knows nothing of fetches.
#[derive(Debug, Default)]
struct Model {
    partitions: BTreeMap<i32, Reading>,
    read: usize,
}

#[derive(Debug)]
struct Reading {
    next: i64,
    paused: bool,
}

impl Model {
    /// Whether there is a record that has to come.
    fn expects_any(&self) -> bool {
        self.partitions.values().any(|it| !it.paused && it.next < RECORDS)
    }

    fn check(&mut self, partition: i32, offset: i64) {
        let reading =
            self.partitions.get_mut(&partition).unwrap_or_else(|| panic!("{partition} is not read"));
        assert!(!reading.paused, "{partition} is paused");
        assert_eq!(offset, reading.next, "of partition {partition}");
        reading.next += 1;
        self.read += 1;
    }

    fn any(&self, random: &mut fastrand::Rng) -> Option<i32> {
        random.choice(self.partitions.keys().copied())
    }

    fn assert_same_as(&self, reader: &Reader) {
        let positions: BTreeMap<i32, i64> =
            reader.positions().iter().map(|(partition, next)| (partition.partition(), next)).collect();
        assert!(self.partitions.iter().map(|(number, it)| (*number, it.next)).eq(positions));
    }
}

/// A place, and the offset that it is.
fn place(random: &mut fastrand::Rng) -> (Offset, i64) {
    let offset = random.i64(0..=RECORDS);
    match random.u8(0..6) {
        0 => (Offset::Earliest, 0),
        1 => (Offset::Latest, RECORDS),
        2 => (Offset::Last(offset as u64), RECORDS - offset),
        _ => (Offset::At(offset), offset),
    }
}

struct Driver {
    topic: String,
    reader: Reader,
    model: Model,
    random: fastrand::Rng,
}

impl Driver {
    fn partition(&self, number: i32) -> TopicPartition {
        (self.topic.as_str(), number).into()
    }

    async fn step(&mut self) -> Result<()> {
        let Some(number) = self.model.any(&mut self.random) else { return self.assign().await };
        match self.random.u8(0..10) {
            0..4 => self.read().await,
            4..6 => self.seek_while_reading(number).await,
            6 => {
                self.reader.pause([self.partition(number)])?;
                self.model.partitions.get_mut(&number).unwrap().paused = true;
                Ok(())
            }
            7 => {
                let all: Vec<i32> = self.model.partitions.keys().copied().collect();
                self.reader.resume(all.into_iter().map(|number| self.partition(number)))?;
                self.model.partitions.values_mut().for_each(|it| it.paused = false);
                Ok(())
            }
            8 => {
                self.reader.unassign([self.partition(number)])?;
                self.model.partitions.remove(&number);
                Ok(())
            }
            _ => self.assign().await,
        }
    }

    /// One that is not read, if there is one.
    async fn assign(&mut self) -> Result<()> {
        let missing = (0..PARTITIONS).filter(|number| !self.model.partitions.contains_key(number));
        let Some(number) = self.random.choice(missing.collect::<Vec<_>>()) else { return Ok(()) };
        let (from, next) = place(&mut self.random);
        self.reader.assign([(self.partition(number), from)]).await?;
        self.model.partitions.insert(number, Reading { next, paused: false });
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        for _ in 0..self.random.usize(1..40) {
            if !self.model.expects_any() {
                return Ok(());
            }
            if self.random.u8(0..10) == 0 {
                let batch = timeout(PATIENCE, self.reader.next_batch()).await.unwrap().unwrap()?;
                batch.iter().for_each(|message| self.model.check(message.partition(), message.offset()));
            } else {
                let message = timeout(PATIENCE, self.reader.next()).await.unwrap().unwrap()?;
                assert_eq!(message.value().unwrap(), message.offset().to_string().as_bytes());
                self.model.check(message.partition(), message.offset());
            }
        }
        Ok(())
    }

    /// Until the seek has returned, records come from before it; from then on they do not.
    async fn seek_while_reading(&mut self, number: i32) -> Result<()> {
        let (to, next) = place(&mut self.random);
        let control = self.reader.control();
        let mut seek = Box::pin(control.seek(self.partition(number), to));
        loop {
            tokio::select! {
                biased;
                sought = &mut seek => {
                    sought?;
                    self.model.partitions.get_mut(&number).unwrap().next = next;
                    return Ok(());
                }
                message = self.reader.next(), if self.model.expects_any() => {
                    let message = message.unwrap()?;
                    self.model.check(message.partition(), message.offset());
                }
            }
        }
    }
}

async fn drive(version: &'static str, seed: u64) -> Result<()> {
    let test = "random_control::no_record_from_before_a_seek_comes_and_none_is_missed";
    let Some(broker) = broker(version, test).await else { return Ok(()) };
    let direct = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&direct, "random", PARTITIONS).await?;
    let producer = direct.producer().batch_size(400).await?;
    for n in 0..RECORDS {
        for partition in 0..PARTITIONS {
            producer.enqueue(&topic, Record::new(n.to_string()).partition(partition)).await?.forget();
        }
    }
    producer.close().await?;
    let proxy = TestProxy::in_front_of(broker.bootstrap_servers())
        .seed(seed)
        .rule(Rule::on(Api::Fetch).chance(0.02).react(Reaction::ResetAfter))
        .rule(Rule::on(Api::Fetch).chance(0.5).react(Reaction::Delay(Duration::from_millis(40))))
        .rule(Rule::on(Api::ListOffsets).chance(0.7).react(Reaction::Delay(Duration::from_millis(40))))
        .start()
        .await
        .unwrap();
    let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
    let builder = kafka.reader().topic(&topic, Offset::Earliest).fetch_max_wait(Duration::from_millis(20));
    // Some batches a fetch, some fetches ahead.
    let reader = builder.partition_max_bytes(2_000).fetch_buffer(8_000).await?;
    let partitions = (0..PARTITIONS).map(|number| (number, Reading { next: 0, paused: false })).collect();
    let model = Model { partitions, read: 0 };
    let mut driver = Driver { topic, reader, model, random: fastrand::Rng::with_seed(seed) };
    for _ in 0..STEPS {
        driver.step().await?;
        driver.model.assert_same_as(&driver.reader);
    }
    println!("{version}, seed {seed}: {} records, {} faults", driver.model.read, proxy.log().actions().len());
    assert!(driver.model.read > 500, "{} records", driver.model.read);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_record_from_before_a_seek_comes_and_none_is_missed() -> Result<()> {
    let _turn = heavy().await;
    for version in everywhere() {
        let (first, second) = tokio::join!(drive(version, 1), drive(version, 2));
        first.and(second)?;
    }
    Ok(())
}

/// On two threads at once: what a call of `next` gives that has begun after a seek is never from before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seek_from_another_thread_holds_for_the_next_that_begins_after_it() -> Result<()> {
    const SEEKS: i64 = 400;
    const EACH: i64 = 20;
    let test = "random_control::a_seek_from_another_thread_holds_for_the_next_that_begins_after_it";
    let Some(kafka) = crate::common::kafka(EMBEDDED, test).await else { return Ok(()) };
    let topic = new_topic(&kafka, "threads", 1).await?;
    let producer = kafka.producer().batch_size(2_000).await?;
    for _ in 0..(SEEKS + 1) * EACH {
        producer.enqueue(&topic, "x").await?.forget();
    }
    producer.close().await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).fetch_max_wait(Duration::ZERO).await?;
    let control = reader.control();
    let sought = Arc::new(AtomicI64::new(0));
    let reading = tokio::spawn({
        let sought = sought.clone();
        async move {
            let (mut least, mut last, mut read) = (0, -1, 0);
            while least < SEEKS * EACH {
                least = sought.load(SeqCst);
                let message = timeout(PATIENCE, reader.next()).await.unwrap().unwrap()?;
                assert!(message.offset() >= least, "{} after a seek to {least}", message.offset());
                (last, read) = (message.offset(), read + 1);
            }
            Result::Ok((read, reader.positions().iter().next().unwrap().1, last))
        }
    });
    let position = || control.positions().iter().next().unwrap().1;
    for to in (1..=SEEKS).map(|n| n * EACH) {
        control.seek((topic.as_str(), 0), to).await?;
        sought.store(to, SeqCst);
        let read_on = async {
            while position() == to && !reading.is_finished() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, read_on).await.unwrap();
    }
    let (read, position, last) = reading.await.unwrap()?;
    println!("{read} records between the seeks");
    assert!(read >= SEEKS);
    assert_eq!(position, last + 1);
    Ok(())
}
