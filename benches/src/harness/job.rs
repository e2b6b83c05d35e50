//! The command line that every client's program has, in whatever language.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// What a client is to do.
#[derive(Clone, Debug, Parser)]
pub struct Job {
    #[arg(value_enum)]
    pub task: Task,
    /// Where the broker is.
    #[arg(long)]
    pub servers: String,
    #[arg(long, default_value = "bench")]
    pub topic: String,
    /// Written to in turn, or all read.
    #[arg(long, default_value_t = 1)]
    pub partitions: i32,
    /// Bytes of each value. There are no keys.
    #[arg(long, default_value_t = 100)]
    pub record_size: usize,
    /// A file with a value in each line, in place of values of random bytes.
    #[arg(long)]
    pub values: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "none")]
    pub compression: Codec,
    /// Bytes at which a batch is full. Default: the client's.
    #[arg(long)]
    pub batch_bytes: Option<usize>,
    /// No batch is larger, for a client whose batches grow while they wait. Default: the client's.
    #[arg(long)]
    pub largest_batch: Option<usize>,
    /// Default: the client's.
    #[arg(long)]
    pub linger_ms: Option<u64>,
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    pub idempotent: bool,
    /// The settings that are not named here.
    #[arg(long, value_enum, default_value = "defaults")]
    pub settings: Preference,
    /// How records are taken, where a client has several ways.
    #[arg(long, value_enum, default_value = "plain")]
    pub way: Way,
    /// Seconds that do not count.
    #[arg(long, default_value_t = 1.0)]
    pub warm_up: f64,
    /// Seconds that count.
    #[arg(long, default_value_t = 4.0)]
    pub seconds: f64,
    /// As a member of this group, for consume; without it, all partitions are read without one. For first and rounds: what
    /// the names of their groups begin with.
    #[arg(long)]
    pub group: Option<String>,
    /// How many groups, one after another; for first and rounds.
    #[arg(long, default_value_t = 8)]
    pub groups: u32,
    /// What a member speaks; for first and rounds.
    #[arg(long, value_enum, default_value = "classic")]
    pub protocol: Protocol,
    /// Records a second, for latency.
    #[arg(long, default_value_t = 10_000)]
    pub rate: u32,
    /// Where the pacer of latency runs: not on the client's core.
    #[arg(long)]
    pub pacer_core: Option<usize>,
    /// Ends after so many records, whatever the time; for consume and fill.
    #[arg(long)]
    pub records: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    Produce,
    Consume,
    /// From the moment at which a record is due to its acknowledgement.
    Latency,
    /// Fills the queue while nothing is acknowledged.
    Fill,
    /// Reads nothing for a while, and then all: the longest time that a record takes to come then.
    Resume,
    /// From subscribing in a new group to the first record. Prints no report, but a line for each group: see
    /// [`Timings`](super::Timings).
    First,
    /// The requests alone that [`Self::First`] cannot do without, one after another, on connections that are there.
    Rounds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    Classic,
    /// KIP-848.
    Consumer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Codec {
    None,
    Lz4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preference {
    Defaults,
    /// Those that the client's documents recommend for much data.
    Best,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// The client's ordinary one: a record at a time.
    Plain,
    /// Ours: records borrowed from their batch.
    Borrowed,
    /// Ours, of a group: each record is acknowledged.
    Acked,
    /// librdkafka's: many from a queue at a time.
    BatchQueue,
}

/// A setting of a client, if it was given.
pub trait Given: Sized {
    /// Sets it.
    #[must_use]
    fn given<T>(self, value: Option<T>, set: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => set(self, value),
            None => self,
        }
    }
}

impl<B> Given for B {}

impl Job {
    #[must_use]
    pub fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }

    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    #[must_use]
    pub fn linger(&self) -> Option<Duration> {
        self.linger_ms.map(Duration::from_millis)
    }

    /// The names of the groups of first and rounds.
    pub fn group_names(&self) -> impl Iterator<Item = String> {
        let begin = self.group.as_deref().unwrap_or("group");
        (0..self.groups).map(move |number| format!("{begin}-{number}"))
    }

    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.rate
    }
}
