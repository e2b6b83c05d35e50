//! What the brokers are set to that groups go by.

use std::collections::BTreeMap;

use super::migration::Policy;
use crate::embedded::configs::property;
use crate::embedded::versions::Number;

/// What groups go by. Times are in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) release: Number,
    /// How long the first member of an empty group waits for others.
    pub(crate) initial_delay: i64,
    pub(crate) session: (i64, i64),
    pub(crate) max_size: usize,
    /// The session of a member of the consumer protocol, and how often it is to be heard of.
    pub(crate) consumer_session: i64,
    pub(crate) heartbeat_interval: i32,
    pub(crate) max_consumers: usize,
    /// How long a target of the consumer protocol counts, at least.
    pub(crate) assignment_interval: i64,
    pub(super) migration: Policy,
    /// How long the text beside an offset may be.
    pub(crate) metadata_max: usize,
}

impl Settings {
    pub(crate) fn new(release: Number, set: &BTreeMap<String, String>) -> Self {
        let number = |name| property(set, name).and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        let size = |name| usize::try_from(number(name)).unwrap_or(usize::MAX);
        Self {
            release,
            initial_delay: number("group.initial.rebalance.delay.ms"),
            session: (number("group.min.session.timeout.ms"), number("group.max.session.timeout.ms")),
            // KIP-389.
            max_size: if release < (2, 2) { usize::MAX } else { size("group.max.size") },
            consumer_session: number("group.consumer.session.timeout.ms"),
            heartbeat_interval: i32::try_from(number("group.consumer.heartbeat.interval.ms"))
                .unwrap_or(i32::MAX),
            max_consumers: size("group.consumer.max.size"),
            assignment_interval: number("group.consumer.assignment.interval.ms"),
            migration: Policy::new(property(set, "group.consumer.migration.policy").unwrap_or_default()),
            metadata_max: size("offset.metadata.max.bytes"),
        }
    }

    /// Whether groups are kept by the coordinator that came with KIP-848.
    pub(crate) fn is_new(&self) -> bool {
        self.release >= (4, 0)
    }
}
