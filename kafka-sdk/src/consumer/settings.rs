//! What can be set on a reader, checked once.

use crate::backoff::Backoff;
use crate::error::Result;
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
