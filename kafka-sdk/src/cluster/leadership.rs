//! Who leads a partition, and since when nothing should be sent there. Pure: what the sender and the fetcher share.

use super::Snapshot;
use crate::backoff::Backoff;
use kafka_sdk_protocol::wire::Uuid;
use tokio::time::Instant;

/// What is known of a partition's leader.
#[derive(Debug)]
pub(crate) struct Leadership {
    /// [`Uuid::ZERO`] where it is not known.
    pub(crate) topic_id: Uuid,
    pub(crate) leader: Option<i32>,
    pub(crate) epoch: i32,
    failures: u32,
    backing_off_until: Option<Instant>,
}

impl Leadership {
    pub(crate) fn unknown() -> Self {
        Self { topic_id: Uuid::ZERO, leader: None, epoch: -1, failures: 0, backing_off_until: None }
    }

    /// Takes the leader from the snapshot. Another one than before is tried at once.
    pub(crate) fn learn(&mut self, snapshot: &Snapshot, topic: &str, number: i32) {
        let (Some(topic), Some(partition)) = (snapshot.topic(topic), snapshot.partition(topic, number))
        else {
            return;
        };
        if (partition.leader, partition.leader_epoch) != (self.leader, self.epoch) {
            self.backing_off_until = None;
        }
        self.topic_id = topic.id;
        self.leader = partition.leader;
        self.epoch = partition.leader_epoch;
    }

    /// Whether another broker leads: that one has not failed.
    pub(crate) fn has_moved_from(&self, broker: i32) -> bool {
        self.leader.is_some_and(|leader| leader != broker)
    }

    /// Whether the last attempt has failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Lets some time pass before the next attempt, and says until when. What fails together counts once.
    pub(crate) fn failed(&mut self, now: Instant, backoff: Backoff, random: f64) -> Instant {
        match self.backing_off_until(now) {
            Some(until) => until,
            None => {
                self.failures += 1;
                let until = now + backoff.delay(self.failures, random);
                self.backing_off_until = Some(until);
                until
            }
        }
    }

    /// Until when nothing is to be sent, if that is not over.
    pub(crate) fn backing_off_until(&self, now: Instant) -> Option<Instant> {
        self.backing_off_until.filter(|until| *until > now)
    }
}
