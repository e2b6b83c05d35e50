//! One partition as the sender sees it: its queue, its window, and where its leader is.

use super::super::batch::Batch;
use super::super::partition::Partition;
use super::sequence::{Identity, Window};
use super::timers::{Timer, Timers};
use super::verdict::{Answer, Situation, Verdict};
use super::{Shipment, Step, overdue};
use crate::backoff::Backoff;
use crate::cluster::Snapshot;
use crate::error::{Error, Written};
use kafka_sdk_protocol::wire::Uuid;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub(super) struct Outbox {
    pub(super) partition: Arc<Partition>,
    pub(super) window: Window<Batch>,
    topic_id: Uuid,
    leader: Option<i32>,
    leader_epoch: i32,
    /// Where the batches in flight went: until they are answered, none goes elsewhere.
    flying_to: Option<i32>,
    failures: u32,
    paused_until: Option<Instant>,
    /// The broker on whose list it stands.
    pub(super) listed_at: Option<i32>,
    pub(super) expiry_armed: bool,
    /// The last trouble, to be told when time runs out.
    pub(super) last_error: Option<Error>,
}

impl Outbox {
    pub(super) fn new(
        partition: Arc<Partition>,
        snapshot: &Snapshot,
        verdict: fn(&Situation, &Answer) -> Verdict,
    ) -> Self {
        let mut outbox = Self {
            partition,
            window: Window::new(verdict),
            topic_id: Uuid::ZERO,
            leader: None,
            leader_epoch: -1,
            flying_to: None,
            failures: 0,
            paused_until: None,
            listed_at: None,
            expiry_armed: false,
            last_error: None,
        };
        outbox.learn(snapshot);
        outbox
    }

    /// Takes the leader from the snapshot. Another one than before is tried at once.
    pub(super) fn learn(&mut self, snapshot: &Snapshot) {
        let Some(topic) = snapshot.topic(&self.partition.topic) else { return };
        self.topic_id = topic.id;
        let Some(partition) = snapshot.partition(&self.partition.topic, self.partition.number) else {
            return;
        };
        if (partition.leader, partition.leader_epoch) != (self.leader, self.leader_epoch) {
            self.paused_until = None;
        }
        self.leader = partition.leader;
        self.leader_epoch = partition.leader_epoch;
    }

    /// Takes over the producer's identity, unless it is one that this partition has used up.
    pub(super) fn adopt(&mut self, identity: Option<Identity>) -> bool {
        let usable = identity.filter(|identity| Some(identity.id) != self.window.renounced());
        usable.inspect(|&identity| self.window.adopt(identity)).is_some()
    }

    pub(super) fn has_work(&self) -> bool {
        !self.window.is_empty() || self.partition.peek().is_some()
    }

    /// When the oldest batch that somebody waits for was begun.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let queued = self.partition.peek().map(|peek| peek.created);
        self.window.batches().map(Batch::created).next().or(queued)
    }

    pub(super) fn arm_expiry(&mut self, timers: &mut Timers, index: usize, at: Instant) {
        if !std::mem::replace(&mut self.expiry_armed, true) {
            timers.set(at, Timer::Expire(index));
        }
    }

    /// What can be done now.
    pub(super) fn next_step(&self, now: Instant, hurried_at: Option<Instant>) -> Step {
        let sendable = match self.sendable(now, hurried_at) {
            Step::Send(_) => self.leader.map_or(Step::NoLeader, Step::Send),
            other => return other,
        };
        match (self.paused_until, sendable) {
            (Some(until), _) if until > now => Step::At(until),
            // What is in flight elsewhere is answered first, so that the order holds.
            (_, Step::Send(to)) if self.window.in_flight() && self.flying_to != Some(to) => Step::Nothing,
            (_, step) => step,
        }
    }

    /// Whether there is something to send, wherever the leader is.
    fn sendable(&self, now: Instant, hurried_at: Option<Instant>) -> Step {
        const SOMEWHERE: Step = Step::Send(-1);
        if self.window.peek_resend().is_some() {
            return SOMEWHERE;
        }
        if self.window.needs_resend() {
            return Step::Nothing;
        }
        let Some(peek) = self.partition.peek() else { return Step::Nothing };
        let due = peek.due <= now || hurried_at.is_some_and(|hurried| peek.created <= hurried);
        match (due, self.window.has_room()) {
            (true, true) => SOMEWHERE,
            (true, false) => {
                self.partition.saturate();
                Step::Nothing
            }
            (false, _) => Step::At(peek.due),
        }
    }

    /// Size of the batch that [`Self::ship`] would take.
    pub(super) fn next_size(&self) -> Option<usize> {
        let again = self.window.peek_resend().map(Batch::size);
        again.or_else(|| self.partition.peek().map(|peek| peek.size))
    }

    /// Takes the next batch as in flight to `broker`.
    pub(super) fn ship(&mut self, index: usize, broker: i32) -> Option<Shipment> {
        let (id, batch) = match self.window.peek_resend().is_some() {
            true => self.window.resend()?,
            false => {
                let batch = self.partition.take()?;
                self.window.admit(batch)?
            }
        };
        self.flying_to = Some(broker);
        Some(Shipment {
            outbox: index,
            id,
            topic: self.partition.topic.clone(),
            topic_id: self.topic_id,
            partition: self.partition.number,
            bytes: batch.bytes()?.clone(),
        })
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.last_error = None;
    }

    /// Lets some time pass before the next attempt. The batches of one round of attempts count as one failure.
    pub(super) fn pause(&mut self, now: Instant) {
        if self.paused_until.is_none_or(|until| until <= now) {
            self.failures += 1;
            self.paused_until = Some(now + Backoff::RETRY.delay(self.failures, fastrand::f64()));
        }
    }

    /// Gives up what was begun longer than `timeout` ago.
    pub(super) fn expire(&mut self, now: Instant, timeout: Duration) {
        let (topic, number) = (&self.partition.topic, self.partition.number);
        let late = |created: Instant| created + timeout <= now;
        let error = |written| Err(overdue(topic, number, timeout, written, self.last_error.as_ref()));
        self.window.expire(|batch| late(batch.created()), |batch, written| batch.resolve(error(written)));
        while self.partition.peek().is_some_and(|peek| late(peek.created)) {
            let Some(mut batch) = self.partition.take() else { break };
            batch.resolve(error(Written::No));
        }
    }

    /// Answers everything in the queue with `error`.
    pub(super) fn refuse_all(&mut self, error: &Error) {
        while let Some(mut batch) = self.partition.take() {
            batch.resolve(Err(error.clone().with_topic(self.partition.topic.clone())));
        }
    }
}
