//! Our readers, which have to see what Kafka's sees: a steady one, and one that drops its futures and goes on.

use crate::drops::Drops;
use crate::witness::Tallies;
use kafka_sdk::{Error, Event, Offset, Reader, ReaderBuilder, TopicPartition};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// What our readers have read so far, and in which ways it was wrong.
#[derive(Debug, Default)]
pub struct Seen {
    /// By topic and partition.
    pub tallies: Tallies,
    /// Offsets that were not the next one, and dropped futures that have done something all the same.
    pub wrong: Vec<String>,
}

/// A reader of one topic, from its first record on.
pub struct Watch {
    /// Its settings.
    pub reader: ReaderBuilder,
    /// What it reads.
    pub topic: String,
    /// How many partitions that has.
    pub partitions: i32,
    /// What it has seen.
    pub seen: Arc<Mutex<Seen>>,
}

/// Calls that are dropped, before one is made in earnest.
const TRIES: usize = 4;
/// Before a call that has failed is made again.
const PAUSE: Duration = Duration::from_millis(100);
/// Examples of what is wrong that are kept.
const EXAMPLES: usize = 10;

impl Watch {
    /// Reads until it is dropped.
    ///
    /// # Errors
    /// Of the reader: none is expected.
    pub async fn run(self) -> Result<(), Error> {
        let mut reader = self.reader.clone().topic(&self.topic, Offset::Earliest).await?;
        while let Some(batch) = reader.next_batch().await {
            let (batch, mut seen) = (batch?, self.seen());
            for message in &batch {
                seen.note(&self.topic, message.partition(), message.offset(), message.value());
            }
        }
        Ok(())
    }

    /// As [`Self::run`], with futures that are dropped before they are done.
    ///
    /// # Errors
    /// Of the reader: none is expected.
    pub async fn run_fickle(self, drops: Drops) -> Result<(), Error> {
        let mut reader = self.reader.clone().topic(&self.topic, Offset::Earliest).await?;
        loop {
            let is_over = match fastrand::u32(..300) {
                0 => {
                    self.leave_and_return(&reader, &drops).await?;
                    false
                }
                1 => {
                    self.seek_and_return(&reader, &drops).await?;
                    false
                }
                2..100 => self.next_batch(&mut reader, &drops).await?,
                100..200 => self.next_event(&mut reader, &drops).await?,
                _ => self.next(&mut reader, &drops).await?,
            };
            if is_over {
                return Ok(());
            }
        }
    }

    async fn next(&self, reader: &mut Reader, drops: &Drops) -> Result<bool, Error> {
        let Some(message) = drops.at_random("next", reader.next()).await else { return Ok(false) };
        let Some(message) = message.transpose()? else { return Ok(true) };
        self.seen().note(&self.topic, message.partition(), message.offset(), message.value());
        Ok(false)
    }

    async fn next_event(&self, reader: &mut Reader, drops: &Drops) -> Result<bool, Error> {
        let Some(event) = drops.at_random("next_event", reader.next_event()).await else { return Ok(false) };
        match event.transpose()? {
            None => return Ok(true),
            Some(Event::Record(message)) => {
                self.seen().note(&self.topic, message.partition(), message.offset(), message.value());
            }
            Some(_) => {}
        }
        Ok(false)
    }

    async fn next_batch(&self, reader: &mut Reader, drops: &Drops) -> Result<bool, Error> {
        let Some(batch) = drops.at_random("next_batch", reader.next_batch()).await else { return Ok(false) };
        let Some(batch) = batch.transpose()? else { return Ok(true) };
        let mut seen = self.seen();
        for message in &batch {
            seen.note(&self.topic, message.partition(), message.offset(), message.value());
        }
        Ok(false)
    }

    /// A seek to the start of a partition, which has to be looked up. Where it is not dropped, another one leads back.
    async fn seek_and_return(&self, reader: &Reader, drops: &Drops) -> Result<(), Error> {
        let place = self.some_place();
        match drops.at_random("seek", reader.seek(place.clone(), Offset::Earliest)).await {
            Some(Ok(())) => reader.seek(place.clone(), self.next_offset(&place)).await,
            // It did not get through to the brokers, and must not have done anything either.
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// Reads a partition no longer, and then again: an assign that is dropped assigns nothing.
    async fn leave_and_return(&self, reader: &Reader, drops: &Drops) -> Result<(), Error> {
        let place = self.some_place();
        reader.unassign([place.clone()])?;
        for _ in 0..TRIES {
            let assigned = if fastrand::bool() {
                drops.at_random("assign", reader.assign([(place.clone(), Offset::Earliest)])).await
            } else {
                drops.at_random("assign_topic", reader.assign_topic(&self.topic, Offset::Earliest)).await
            };
            if let Some(Ok(())) = assigned {
                return reader.seek(place.clone(), self.next_offset(&place)).await;
            }
            if reader.control().assignment().contains(&place) {
                self.seen().add_wrong(|| format!("{place:?} is read, although its assign was dropped"));
                return Ok(());
            }
        }
        while reader.assign([(place.clone(), self.next_offset(&place))]).await.is_err() {
            sleep(PAUSE).await;
        }
        Ok(())
    }

    fn some_place(&self) -> TopicPartition {
        TopicPartition::new(self.topic.as_str(), fastrand::i32(0..self.partitions))
    }

    fn next_offset(&self, place: &TopicPartition) -> i64 {
        let seen = self.seen();
        seen.tallies.get(&(self.topic.clone(), place.partition())).map_or(0, |tally| tally.records)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn note(&mut self, topic: &str, partition: i32, offset: i64, value: Option<&[u8]>) {
        let tally = self.tallies.entry((topic.to_owned(), partition)).or_default();
        let expected = tally.records;
        tally.add(value.unwrap_or_default());
        if offset != expected {
            self.add_wrong(|| format!("{topic}-{partition}: {offset} instead of {expected}"));
        }
    }

    fn add_wrong(&mut self, example: impl FnOnce() -> String) {
        if self.wrong.len() < EXAMPLES {
            self.wrong.push(example());
        }
    }
}
