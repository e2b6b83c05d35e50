//! A partition as the fetcher sees it.

use super::super::asked::Asked;
use super::replica::Replica;
use super::soundness::Soundness;
use crate::cluster::{Leadership, Snapshot};
use crate::consumer::assignment::slot::Slot;
use crate::consumer::start::position::{Epoch, Position};
use std::sync::Arc;
use tokio::time::Instant;

/// How often what a partition is asked for is doubled at most. With large batches, and far from the broker, a partition
/// would else bring no more than its first bytes in each round trip.
const DOUBLINGS: u32 = 3;

/// How many bytes a partition is asked for.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) first: usize,
    /// Half a share: while one half is read, the other one is fetched.
    pub(super) most: usize,
}

/// A partition that is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) slot: Arc<Slot>,
    pub(super) leadership: Leadership,
    pub(super) replica: Replica,
    pub(super) next: i64,
    pub(super) epoch: Epoch,
    pub(super) soundness: Soundness,
    /// The position has been asked about, and there is no answer yet.
    pub(super) asking: bool,
    pub(super) end: Option<i64>,
    /// Counts the reader's rewinds. What was asked for in an earlier round is of no use.
    pub(super) round: u64,
    pub(super) finished: bool,
    /// Paused by the application.
    paused: bool,
    pub(super) in_flight: bool,
    /// How far there are records to be read, as far as the broker has said.
    pub(super) readable: i64,
    /// The end that the reader has been told of last.
    told_end: Option<i64>,
    /// How often what it is asked for has been doubled: one answer could not hold what there was.
    doublings: u32,
    /// Answers in a row with bytes that are less than one batch.
    pub(super) fragments: u32,
    /// Nothing has been served from where a lost position was set anew.
    pub(super) was_moved: bool,
}

impl Reading {
    pub(super) fn new(slot: Arc<Slot>, from: Position, end: Option<i64>) -> Self {
        Self {
            slot,
            leadership: Leadership::unknown(),
            replica: Replica::default(),
            next: from.offset,
            epoch: from.epoch,
            soundness: Soundness::Sound,
            asking: false,
            end,
            round: 0,
            finished: false,
            paused: false,
            in_flight: false,
            readable: -1,
            told_end: None,
            doublings: 0,
            fragments: 0,
            was_moved: false,
        }
    }

    pub(super) fn learn(&mut self, snapshot: &Snapshot) {
        let before = self.leadership.epoch;
        self.leadership.learn(snapshot, &self.slot.topic, self.slot.partition);
        let epoch = self.leadership.epoch;
        if epoch != before {
            self.replica = Replica::default();
        }
        if epoch != before && self.soundness == Soundness::Sound {
            self.soundness = self.of_leader();
        }
    }

    /// What the present leader is to the position.
    fn of_leader(&self) -> Soundness {
        match self.epoch.is_doubtful_to(self.leadership.epoch) {
            true => Soundness::Doubtful,
            false => Soundness::Sound,
        }
    }

    /// Goes on from another place.
    pub(super) fn begin_round(&mut self, from: Position, round: u64) {
        self.move_to(from);
        self.round = round;
        self.finished = false;
    }

    /// Reads on from another place.
    pub(super) fn move_to(&mut self, to: Position) {
        (self.next, self.epoch) = (to.offset, to.epoch);
        self.soundness = self.of_leader();
        self.told_end = None;
        self.fragments = 0;
    }

    pub(super) fn pause(&mut self) {
        self.paused = true;
    }

    pub(super) fn resume(&mut self) {
        self.paused = false;
    }

    /// The end, if it is reached and the reader has not been told of it. What is to stop somewhere has another end.
    pub(super) fn reaches_end(&mut self) -> Option<i64> {
        let offset = self.readable.max(self.next);
        let at_end = self.end.is_none() && self.readable >= 0 && self.told_end != Some(offset);
        at_end.then(|| *self.told_end.insert(offset))
    }

    pub(super) fn is_leaderless(&self, now: Instant) -> bool {
        !self.finished && self.leadership.leader.is_none() && self.leadership.backing_off_until(now).is_none()
    }

    /// The broker to fetch it from, if it is to be fetched now.
    pub(super) fn wants(&self, now: Instant) -> Option<i32> {
        self.source(now).filter(|_| self.soundness == Soundness::Sound && self.may_be_asked(now))
    }

    /// One answer has brought so much.
    pub(super) fn brought(&mut self, asked: &Asked, bytes: usize) {
        if bytes >= asked.max_bytes {
            self.doublings = (self.doublings + 1).min(DOUBLINGS);
        }
    }

    /// The broker that it is read from.
    pub(super) fn source(&self, now: Instant) -> Option<i32> {
        self.leadership.leader.map(|leader| self.replica.preferred(now).unwrap_or(leader))
    }

    /// Whether this broker stands in for the leader.
    pub(super) fn follows(&self, broker: i32) -> bool {
        self.leadership.leader != Some(broker)
    }

    /// The log does not have the position, and that is an error.
    pub(super) fn out_of_range(&mut self) {
        self.soundness = Soundness::OutOfRange;
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self.soundness, Soundness::Lost(_) | Soundness::OutOfRange)
    }

    /// Whether its position may be asked about, if there is need to.
    pub(super) fn may_be_asked_about(&self, now: Instant) -> bool {
        !self.asking && self.may_be_asked(now)
    }

    fn may_be_asked(&self, now: Instant) -> bool {
        let waits = self.finished || self.paused || self.in_flight;
        !waits && self.leadership.backing_off_until(now).is_none()
    }

    /// A follower that lags behind does not know the newest epoch: only the leader is asked about it. Nor is one asked in a
    /// fetch that no record may be of: the broker would take its absence for a cut.
    pub(super) fn ask(&self, broker: i32, bytes: &Bounds) -> Asked {
        Asked {
            slot: self.slot.index,
            round: self.round,
            topic: self.slot.topic.clone(),
            topic_id: self.leadership.topic_id,
            partition: self.slot.partition,
            leader_epoch: self.leadership.epoch,
            offset: self.next,
            epoch: match self.epoch {
                Epoch::OfRecord(epoch) if !self.follows(broker) => epoch,
                _ => -1,
            },
            max_bytes: bytes.first.saturating_mul(1 << self.doublings).min(bytes.most).max(bytes.first),
        }
    }
}
