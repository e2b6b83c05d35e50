//! A partition as the fetcher sees it.

use super::super::super::budget::Slot;
use super::super::super::offsets::Start;
use super::super::asked::Asked;
use crate::cluster::{Leadership, Snapshot};
use std::sync::Arc;
use tokio::time::Instant;

/// A partition that is read.
#[derive(Debug)]
pub(in super::super::super) struct Reading {
    pub(super) slot: Arc<Slot>,
    pub(super) leadership: Leadership,
    pub(super) next: i64,
    pub(super) end: Option<i64>,
    /// Counts the reader's rewinds. What was asked for in an earlier round is of no use.
    pub(super) round: u64,
    pub(super) finished: bool,
    pub(super) in_flight: bool,
    /// How far there are records to be read, as far as the broker has said.
    pub(super) readable: i64,
    /// Answers in a row with bytes that are not even one batch.
    pub(super) cut: u32,
}

impl Reading {
    pub(in super::super::super) fn new(slot: Arc<Slot>, start: &Start) -> Self {
        Self {
            slot,
            leadership: Leadership::unknown(),
            next: start.offset,
            end: start.end,
            round: 0,
            finished: false,
            in_flight: false,
            readable: -1,
            cut: 0,
        }
    }

    pub(super) fn learn(&mut self, snapshot: &Snapshot) {
        self.leadership.learn(snapshot, &self.slot.topic, self.slot.partition);
    }

    pub(super) fn is_leaderless(&self) -> bool {
        !self.finished && self.leadership.leader.is_none()
    }

    /// The broker to fetch it from, if it is to be fetched now.
    pub(super) fn wants(&self, now: Instant) -> Option<i32> {
        let paused = self.leadership.paused(now).is_some();
        self.leadership.leader.filter(|_| !self.finished && !self.in_flight && !paused)
    }

    pub(super) fn ask(&self, max_bytes: usize) -> Asked {
        Asked {
            slot: self.slot.index,
            round: self.round,
            topic: self.slot.topic.clone(),
            topic_id: self.leadership.topic_id,
            partition: self.slot.partition,
            leader_epoch: self.leadership.epoch,
            offset: self.next,
            max_bytes,
        }
    }
}
