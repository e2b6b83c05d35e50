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

/// Has Kafka's console consumer read everything, and checks it against the books.
///
/// # Errors
/// Kafka's tool failed.
pub async fn audit(world: &World<'_>, books: &[Book]) -> Result<(Tallies, Findings), Trouble> {
    let (mut tallies, mut findings) = (Tallies::new(), Findings::default());
    for topic in world.topics() {
        for partition in 0..world.partitions() {
            let (mut audit, mut tally) = (Audit::new(books, topic, partition), Tally::default());
            let count = world.end(topic, partition).await?;
            if count > 0 {
                let mut lines = lines(world, topic, partition, count).await?;
                while let Some(line) = lines.next_line().await? {
                    audit.saw(line);
                    tally.add(line);
                }
            }
            findings.merge(audit.end());
            tallies.insert((topic.clone(), partition), tally);
        }
    }
    Ok((tallies, findings))
}

/// The first records of a partition, so many: without a number, Kafka's tool would wait for more.
async fn lines(world: &World<'_>, topic: &str, partition: i32, count: i64) -> Result<ToolRun, Trouble> {
    let (partition, count) = (partition.to_string(), count.to_string());
    let place = ["--topic", topic, "--partition", &partition, "--offset", "earliest"];
    let ends = ["--max-messages", &count, "--timeout-ms", "20000"];
    Ok(world.brokers().console_consumer().args(place).args(ends).timeout(TIME).lines().await?)
}
