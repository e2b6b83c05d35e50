//! What the group reads: written all the time, and looked at by somebody who is no member.

use super::audit::{Committed, Ends};
use super::line::now;
use crate::world::Trouble;
use kafka_sdk::consumer::Commit;
use kafka_sdk::{Kafka, Offset, Record, TopicPartition};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

/// Between two looks at what is committed.
const PAUSE: Duration = Duration::from_millis(200);

/// What is written, and read by the group.
#[derive(Clone)]
pub(super) struct Topic {
    pub(super) kafka: Kafka,
    pub(super) name: String,
    pub(super) partitions: Arc<AtomicI32>,
}

impl Topic {
    pub(super) fn all(&self) -> Vec<TopicPartition> {
        let partitions = 0..self.partitions.load(Ordering::Relaxed);
        partitions.map(|partition| TopicPartition::new(self.name.as_str(), partition)).collect()
    }

    pub(super) async fn ends(&self) -> Result<Ends, Trouble> {
        let ends = self.kafka.offsets(self.all().into_iter().map(|place| (place, Offset::Latest))).await?;
        let end = |place: TopicPartition| Some((place.partition(), ends.get(&place)?));
        Ok(self.all().into_iter().filter_map(end).collect())
    }

    /// Each partition whose committed place is not its end.
    pub(super) async fn uncommitted(&self, ends: &Ends) -> Result<Vec<String>, Trouble> {
        let group = self.name.as_str();
        let alone = self.kafka.consumer(group).assign([(group, 0)]).commit(Commit::Manual);
        let alone = alone.offset_reset(kafka_sdk::Reset::Earliest).await?;
        let committed = alone.control().committed(self.all()).await?;
        alone.close().await?;
        let wrong = committed.into_iter().filter_map(|(place, committed)| {
            let (at, end) = (committed.map_or(0, |it| it.offset), ends.get(&place.partition()).copied()?);
            (at != end).then(|| format!("{place} is committed to {at} of {end} after all have closed"))
        });
        Ok(wrong.collect())
    }

    /// Writes until it is told to stop.
    async fn write(self, rate: u32, stop: Arc<AtomicBool>) -> Result<(), Trouble> {
        let producer = self.kafka.producer().linger(Duration::from_millis(2)).await?;
        let mut ticks = interval(Duration::from_millis(10));
        let mut partitions = (0..).map(|n: i32| n % self.partitions.load(Ordering::Relaxed));
        while !stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            for partition in partitions.by_ref().take((rate / 100).max(1) as usize) {
                // A partition that was added a moment ago may not be known yet.
                if let Ok(delivery) =
                    producer.enqueue(&self.name, Record::new("churn").partition(partition)).await
                {
                    delivery.forget();
                }
            }
        }
        Ok(producer.close().await?)
    }

    /// Notes again and again what the group has committed.
    async fn witness(self, seen: Arc<Mutex<Vec<Committed>>>) -> Result<(), Trouble> {
        let group = self.name.as_str();
        let alone = self.kafka.consumer(group).assign([(group, 0)]).commit(Commit::Manual);
        let alone = alone.offset_reset(kafka_sdk::Reset::Earliest).await?;
        let control = alone.control();
        loop {
            // While the coordinator is away, nobody knows.
            if let Ok(committed) = control.committed(self.all()).await {
                let at = now();
                let each = committed.into_iter().filter_map(|(place, committed)| {
                    Some(Committed { at, partition: place.partition(), offset: committed?.offset })
                });
                seen.lock().unwrap_or_else(PoisonError::into_inner).extend(each);
            }
            sleep(PAUSE).await;
        }
    }
}

/// Somebody who notes what the group commits, until it is asked what that was.
pub(super) struct Witness {
    seen: Arc<Mutex<Vec<Committed>>>,
    task: JoinHandle<Result<(), Trouble>>,
}

impl Witness {
    pub(super) fn start(topic: &Topic) -> Self {
        let seen: Arc<Mutex<Vec<Committed>>> = Arc::default();
        Self { seen: seen.clone(), task: tokio::spawn(topic.clone().witness(seen)) }
    }

    pub(super) fn stop(self) -> Vec<Committed> {
        self.task.abort();
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Something that is going on, until it is stopped.
pub(super) struct Writing {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Result<(), Trouble>>,
}

impl Writing {
    pub(super) fn start(topic: &Topic, rate: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        Self { stop: stop.clone(), task: tokio::spawn(topic.clone().write(rate, stop)) }
    }

    pub(super) async fn stop(self) -> Result<(), Trouble> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await?
    }
}
