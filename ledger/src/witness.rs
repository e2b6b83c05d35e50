//! Kafka's own reader, which the books are checked by.

use crate::book::{Audit, Book, Findings};
use crate::payload::crc;
use crate::world::{Trouble, World};
use kafka_sdk_testcontainers::ToolRun;
use std::collections::BTreeMap;
use std::time::Duration;

/// How much of a partition was read, and what it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records.
    pub records: i64,
    /// A checksum over those of the records, in their order.
    pub sum: u32,
}

impl Tally {
    pub(crate) fn add(&mut self, value: &[u8]) {
        self.records += 1;
        self.sum = self.sum.rotate_left(1) ^ crc(value);
    }
}

/// By topic and partition.
pub type Tallies = BTreeMap<(String, i32), Tally>;

/// Kafka's tool may take so long for a partition.
const TIME: Duration = Duration::from_secs(600);
/// How often partitions may have grown.
const ROUNDS: usize = 5;

/// Where each partition ends.
pub type Ends = BTreeMap<(String, i32), i64>;

/// Has Kafka's console consumer read everything, and checks it against the books.
///
/// A request that its producer has long given up can wait in a broker's queue: a partition that has grown while it was read
/// is read again.
///
/// # Errors
/// Kafka's tool failed, or partitions go on growing.
pub async fn audit(world: &World<'_>, books: &[Book]) -> Result<(Tallies, Findings), Trouble> {
    let (mut read, mut ends) = (BTreeMap::new(), Ends::new());
    for _ in 0..ROUNDS {
        let now = world.log_ends().await?;
        let grown: Vec<_> = now.iter().filter(|(place, end)| ends.get(*place) != Some(*end)).collect();
        if grown.is_empty() {
            return Ok(merge(read));
        }
        for (place, end) in grown {
            if let Some(before) = ends.get(place) {
                println!("{}-{} has grown from {before} to {end} while it was read", place.0, place.1);
            }
            read.insert(place.clone(), partition(world, books, place, *end).await?);
        }
        ends = now;
    }
    Err("nobody writes any more, and partitions go on growing".into())
}

fn merge(read: BTreeMap<(String, i32), (Tally, Findings)>) -> (Tallies, Findings) {
    let (mut tallies, mut findings) = (Tallies::new(), Findings::default());
    for (place, (tally, found)) in read {
        findings.merge(found);
        tallies.insert(place, tally);
    }
    (tallies, findings)
}

async fn partition(
    world: &World<'_>,
    books: &[Book],
    (topic, partition): &(String, i32),
    end: i64,
) -> Result<(Tally, Findings), Trouble> {
    let (mut audit, mut tally) = (Audit::new(books, topic, *partition), Tally::default());
    if end > 0 {
        let mut lines = lines(world, topic, *partition, end).await?;
        while let Some(line) = lines.next_line().await? {
            audit.saw(line);
            tally.add(line);
        }
    }
    Ok((tally, audit.end()))
}

/// The first records of a partition, so many: without a number, Kafka's tool would wait for more.
async fn lines(world: &World<'_>, topic: &str, partition: i32, count: i64) -> Result<ToolRun, Trouble> {
    let (partition, count) = (partition.to_string(), count.to_string());
    let place = ["--topic", topic, "--partition", &partition, "--offset", "earliest"];
    let ends = ["--max-messages", &count, "--timeout-ms", "20000"];
    Ok(world.brokers().console_consumer().args(place).args(ends).timeout(TIME).lines().await?)
}
