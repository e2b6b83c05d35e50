//! What can be set on a reader or a consumer, checked once.

use super::group::assignor::AssignmentStrategy;
use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Isolation, Reset, Switch};
use crate::settings::within;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) fetch_max_wait: Duration,
    pub(super) fetch_min_bytes: usize,
    pub(super) fetch_max_bytes: usize,
    pub(super) partition_max_bytes: usize,
    pub(super) fetch_buffer: usize,
    /// The client's.
    pub(super) retry: Backoff,
    /// The client's.
    pub(super) rack: Arc<str>,
    /// After which leaders are asked again which replica to read from: the client's `metadata.max.age.ms`.
    pub(super) replica_max_age: Duration,
    pub(super) isolation: Isolation,
    pub(super) offset_reset: Reset,
    pub(super) crc_checks: Switch,
    /// From which offset a batch is fetched again that begins there, and could not be read: from there.
    pub(super) again_from: fn(i64) -> i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fetch_max_wait: Duration::from_millis(500),
            fetch_min_bytes: 1,
            fetch_max_bytes: 50 << 20,
            partition_max_bytes: 1 << 20,
            fetch_buffer: 32 << 20,
            retry: Backoff::RETRY,
            rack: "".into(),
            replica_max_age: Duration::from_secs(300),
            isolation: Isolation::ReadUncommitted,
            offset_reset: Reset::Fail,
            crc_checks: Switch::On,
            again_from: std::convert::identity,
        }
    }
}

impl Settings {
    /// Refuses what contradicts something else.
    pub(super) fn check(&self) -> Result<()> {
        within(
            "fetch_buffer (not less than max.partition.fetch.bytes)",
            self.fetch_buffer,
            self.partition_max_bytes..=1 << 40,
        )
    }
}

/// Whose settings have those of reading among them.
pub(super) trait HasReading: Default + 'static {
    fn reading(&self) -> &Settings;
    fn reading_mut(&mut self) -> &mut Settings;
}

impl HasReading for Settings {
    fn reading(&self) -> &Self {
        self
    }

    fn reading_mut(&mut self) -> &mut Self {
        self
    }
}

impl HasReading for ConsumerSettings {
    fn reading(&self) -> &Settings {
        &self.reading
    }

    fn reading_mut(&mut self) -> &mut Settings {
        &mut self.reading
    }
}

/// How the members of a group and its coordinator speak to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupProtocol {
    /// As ever: members join together, and one of them, the leader, distributes the partitions.
    Classic,
    /// The coordinator distributes, and members change over one by one (KIP-848); from Kafka 4.0 on. Brokers that do not
    /// have it are an error.
    Consumer,
    /// [`Self::Consumer`] where the coordinator takes it, otherwise [`Self::Classic`]: on brokers before 4.0, where the
    /// feature `group.version` is not enabled, and in a classic group that the brokers do not let change over. The first
    /// heartbeat shows that; a member that is refused later falls back too, as when the cluster is rolled back. From
    /// then on it is a classic one, until another consumer is built.
    Auto,
}

/// When offsets are committed, besides explicit commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Commit {
    /// A record counts as processed once the next one is asked for. What is processed is committed that often, before a
    /// partition is given up, and at the end: `close` counts the last record that was handed out as processed too; a
    /// consumer that is dropped does not, and commits the others in the background.
    Delivered {
        /// From 1 ms to 24 hours.
        every: Duration,
    },
    /// Only by `commit` and `commit_offsets`.
    Manual,
}

#[derive(Clone, Debug)]
pub(super) struct ConsumerSettings {
    pub(super) reading: Settings,
    pub(super) group: Arc<str>,
    /// Empty: it is no static member.
    pub(super) instance_id: Arc<str>,
    pub(super) protocol: GroupProtocol,
    /// Empty: the brokers' own choice.
    pub(super) remote_assignor: Arc<str>,
    pub(super) session_timeout: Duration,
    pub(super) heartbeat_interval: Duration,
    pub(super) max_poll_interval: Duration,
    pub(super) auto_commit: Switch,
    pub(super) auto_commit_interval: Duration,
    /// The best one first.
    pub(super) assignors: Vec<AssignmentStrategy>,
    /// How many records of a partition are out at most that are not acknowledged.
    pub(super) max_unacked: usize,
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self {
            reading: Settings { offset_reset: Reset::Latest, ..Settings::default() },
            group: "".into(),
            instance_id: "".into(),
            protocol: GroupProtocol::Classic,
            remote_assignor: "".into(),
            session_timeout: Duration::from_secs(45),
            heartbeat_interval: Duration::from_secs(3),
            max_poll_interval: Duration::from_secs(300),
            auto_commit: Switch::On,
            auto_commit_interval: Duration::from_secs(5),
            assignors: vec![AssignmentStrategy::Range, AssignmentStrategy::CooperativeSticky],
            max_unacked: 10_000,
        }
    }
}

impl ConsumerSettings {
    /// Refuses what contradicts something else.
    pub(super) fn check(&self) -> Result<()> {
        self.reading.check()?;
        let refused = if self.group.is_empty() {
            "a consumer needs a group: kafka.consumer(\"name\"), or group.id; without one there is kafka.reader()"
        } else if self.heartbeat_interval >= self.session_timeout {
            "heartbeat.interval.ms must be less than session.timeout.ms, and should be a third of it at most"
        } else {
            return within("max_unacked", self.max_unacked, 1..=1 << 30);
        };
        Err(Error::new(ErrorKind::Settings, refused))
    }

    /// None: only by explicit commits.
    pub(super) fn commit_every(&self) -> Option<Duration> {
        (self.auto_commit == Switch::On).then_some(self.auto_commit_interval)
    }
}
