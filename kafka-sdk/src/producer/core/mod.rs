//! What the sender decides: which batch goes to which broker when, and what an answer means. No socket, no clock.
//!
//! ```text
//!  partition queue ── due ──> ready list of its leader ── connection up, fewer than 5 requests in flight ──> Produce
//!        ^                                                                                                     │
//!        └───────────── retry, in order, after a pause or at a new leader <── verdict <────────────────────────┘
//! ```

mod outbox;
mod sequence;
mod timers;
#[cfg_attr(not(feature = "testing"), allow(unreachable_pub, reason = "tests plant another table"))]
mod verdict;

use super::batch::Batch;
use super::delivery::Written as Place;
use super::partition::Shared;
use super::ready::News;
use super::topic::Topics;
use crate::backoff::Backoff;
use crate::cluster::Snapshot;
use crate::drive::Core;
use crate::error::{Error, ErrorKind, Written};
use crate::link::{Link, Want};
use bytes::Bytes;
use kafka_sdk_protocol::wire::Uuid;
use outbox::Outbox;
use sequence::Outcome;
pub(super) use sequence::{Identity, Payload};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use timers::{Timer, Timers};
use tokio::time::Instant;
#[cfg_attr(not(feature = "testing"), allow(unreachable_pub, reason = "tests plant another table"))]
pub use verdict::{Answer, Situation, Verdict, verdict};

/// What the core needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) delivery_timeout: Duration,
    pub(super) max_request_size: usize,
    /// Produce requests in flight to one broker. Java: `max.in.flight.requests.per.connection`.
    pub(super) max_in_flight: usize,
    pub(super) verdict: fn(&Situation, &Answer) -> Verdict,
}

pub(super) enum Command {
    News(News),
    Snapshot(Snapshot),
}

/// `L` is a connection; tests use something simpler.
#[derive(Debug)]
pub(super) enum Call<L> {
    Connect(i32),
    Produce { broker: i32, link: L, generation: u64, shipments: Vec<Shipment> },
    Identify,
    RefreshMetadata,
}

/// A batch in a request.
#[derive(Clone, Debug)]
pub(super) struct Shipment {
    outbox: usize,
    id: u64,
    pub(super) topic: Arc<str>,
    /// [`Uuid::ZERO`] where it is not known.
    pub(super) topic_id: Uuid,
    pub(super) partition: i32,
    pub(super) bytes: Bytes,
}

#[derive(Debug)]
pub(super) enum Reply<L> {
    Connected { broker: i32, outcome: Result<L, Error> },
    Produced { broker: i32, generation: u64, answers: Vec<Answered> },
    Identified(Result<Identity, Error>),
    Nothing,
}

/// What came of a shipment.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) shipment: Shipment,
    pub(super) answer: Answer,
    /// In words, where it is not [`Answer::Written`].
    pub(super) error: Option<Error>,
}

/// What the sender knows of a broker.
struct Broker<L> {
    link: Link<L>,
    /// Requests without an answer.
    in_flight: usize,
    /// Partitions with something to send, in turn.
    ready: VecDeque<usize>,
}

pub(super) struct Sender<L> {
    limits: Limits,
    shared: Arc<Shared>,
    topics: Arc<Topics>,
    snapshot: Snapshot,
    outboxes: HashMap<usize, Outbox>,
    brokers: HashMap<i32, Broker<L>>,
    identity: Option<Identity>,
    /// The producer id is being asked for, or will be after a pause.
    identifying: bool,
    identity_failures: u32,
    /// Batches begun before are due, however long they may linger.
    hurried_at: Option<Instant>,
    closing: bool,
    timers: Timers,
    calls: VecDeque<Call<L>>,
    /// Brokers that may have room for a request. They get it when the event at hand is dealt with, so that partitions
    /// that become due together travel together.
    to_ship: BTreeSet<i32>,
}

impl<L: Clone> Core for Sender<L> {
    type Command = Command;
    type Call = Call<L>;
    type Reply = Reply<L>;

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::News(News::Ready(partition)) => {
                let index = partition.index;
                let new = || Outbox::new(partition, &self.snapshot, self.limits.verdict);
                self.outboxes.entry(index).or_insert_with(new);
                self.consider(now, index);
            }
            Command::News(News::Hurry) => self.hurry(now),
            Command::Snapshot(snapshot) => self.learn(now, snapshot),
        }
    }

    fn reply(&mut self, now: Instant, reply: Reply<L>) {
        match reply {
            Reply::Connected { broker, outcome } => self.connected(now, broker, outcome),
            Reply::Produced { broker, generation, answers } => {
                self.produced(now, broker, generation, answers)
            }
            Reply::Identified(outcome) => self.identified(now, outcome),
            Reply::Nothing => {}
        }
    }

    fn timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Consider(outbox) => self.consider(now, outbox),
                Timer::Expire(outbox) => self.expire(now, outbox),
                Timer::Ship(broker) => drop(self.to_ship.insert(broker)),
                Timer::Identify => self.calls.push_back(Call::Identify),
            }
        }
    }

    fn close(&mut self, now: Instant) {
        self.closing = true;
        self.hurry(now);
    }

    fn poll_call(&mut self, now: Instant) -> Option<Call<L>> {
        while let Some(broker) = self.to_ship.pop_first() {
            self.ship(now, broker);
        }
        self.calls.pop_front()
    }

    fn deadline(&self) -> Option<Instant> {
        if self.closing && self.shared.outstanding.count() == 0 { None } else { self.timers.first() }
    }
}

impl<L: Clone> Sender<L> {
    pub(super) fn new(limits: Limits, shared: Arc<Shared>, topics: Arc<Topics>) -> Self {
        Self {
            limits,
            shared,
            topics,
            snapshot: Snapshot::default(),
            outboxes: HashMap::new(),
            brokers: HashMap::new(),
            identity: None,
            identifying: false,
            identity_failures: 0,
            hurried_at: None,
            closing: false,
            timers: Timers::default(),
            calls: VecDeque::new(),
            to_ship: BTreeSet::new(),
        }
    }

    /// Everything that is queued now is due now.
    fn hurry(&mut self, now: Instant) {
        self.hurried_at = Some(now);
        self.consider_all(now);
    }

    fn learn(&mut self, now: Instant, snapshot: Snapshot) {
        self.topics.update(&snapshot);
        for outbox in self.outboxes.values_mut() {
            outbox.learn(&snapshot);
        }
        self.snapshot = snapshot;
        self.consider_all(now);
    }

    fn consider_all(&mut self, now: Instant) {
        let all: Vec<usize> = self.outboxes.keys().copied().collect();
        for index in all {
            self.consider(now, index);
        }
    }

    /// Sees to it that what can be sent is sent, and that somebody comes back for what cannot yet.
    fn consider(&mut self, now: Instant, index: usize) {
        let Some(outbox) = self.outboxes.get_mut(&index) else { return };
        if let Some(oldest) = outbox.oldest() {
            let expiry = oldest + self.limits.delivery_timeout;
            outbox.arm_expiry(&mut self.timers, index, expiry);
        }
        if outbox.window.needs_identity() && !outbox.adopt(self.identity) && outbox.has_work() {
            return self.identify();
        }
        match outbox.next_step(now, self.hurried_at) {
            Step::Nothing => {}
            Step::At(time) => self.timers.set(time, Timer::Consider(index)),
            Step::NoLeader => {
                self.calls.push_back(Call::RefreshMetadata);
                self.timers.set(now + Backoff::RETRY.first, Timer::Consider(index));
            }
            Step::Send(broker) => {
                if outbox.listed_at != Some(broker) {
                    outbox.listed_at = Some(broker);
                    self.brokers.entry(broker).or_default().ready.push_back(index);
                }
                self.to_ship.insert(broker);
            }
        }
    }

    /// Sends what the broker can take now.
    fn ship(&mut self, now: Instant, id: i32) {
        loop {
            let Some(broker) = self.brokers.get_mut(&id).filter(|broker| !broker.ready.is_empty()) else {
                return;
            };
            let Some((link, generation)) = broker.link.up() else {
                return match broker.link.want(now) {
                    Want::Nothing => {}
                    Want::Open => self.calls.push_back(Call::Connect(id)),
                    Want::At(time) => self.timers.set(time, Timer::Ship(id)),
                };
            };
            if broker.in_flight >= self.limits.max_in_flight {
                return;
            }
            let shipments = self.fill_request(now, id);
            if !shipments.is_empty() {
                if let Some(broker) = self.brokers.get_mut(&id) {
                    broker.in_flight += 1;
                }
                self.calls.push_back(Call::Produce { broker: id, link, generation, shipments });
            }
        }
    }

    /// One batch of each partition on the list, as far as the request's size allows. A partition that has more goes to
    /// the end of the list, so that each request begins with another.
    fn fill_request(&mut self, now: Instant, id: i32) -> Vec<Shipment> {
        let mut shipments = Vec::new();
        let mut room = self.limits.max_request_size;
        let listed = self.brokers.get_mut(&id).map(|broker| std::mem::take(&mut broker.ready));
        let mut listed = listed.unwrap_or_default();
        while let Some(index) = listed.pop_front() {
            let Some(outbox) = self.outboxes.get_mut(&index) else { continue };
            if outbox.listed_at != Some(id) {
                continue;
            }
            if !shipments.is_empty() && outbox.next_size().is_some_and(|size| size > room) {
                listed.push_front(index);
                break;
            }
            outbox.listed_at = None;
            let Step::Send(leader) = outbox.next_step(now, self.hurried_at) else { continue };
            if leader == id
                && let Some(shipment) = outbox.ship(index, id)
            {
                room = room.saturating_sub(shipment.bytes.len());
                shipments.push(shipment);
            }
        }
        if let Some(broker) = self.brokers.get_mut(&id) {
            listed.append(&mut broker.ready);
            broker.ready = listed;
        }
        for shipment in &shipments {
            self.relist(now, shipment.outbox, id);
        }
        shipments
    }

    /// Puts a partition of which a batch was just taken back on the list, or has it looked at when there is more.
    fn relist(&mut self, now: Instant, index: usize, id: i32) {
        let Some(outbox) = self.outboxes.get_mut(&index) else { return };
        match outbox.next_step(now, self.hurried_at) {
            Step::Send(leader) if leader == id => {
                outbox.listed_at = Some(id);
                if let Some(broker) = self.brokers.get_mut(&id) {
                    broker.ready.push_back(index);
                }
            }
            Step::At(time) => self.timers.set(time, Timer::Consider(index)),
            _ => {}
        }
    }

    fn connected(&mut self, now: Instant, id: i32, outcome: Result<L, Error>) {
        let broker = self.brokers.entry(id).or_default();
        if let Err(error) = &outcome {
            for index in &broker.ready {
                if let Some(outbox) = self.outboxes.get_mut(index) {
                    outbox.last_error = Some(error.clone());
                }
            }
            self.calls.push_back(Call::RefreshMetadata);
        }
        broker.link.opened(now, outcome.ok());
        self.to_ship.insert(id);
    }

    fn produced(&mut self, now: Instant, id: i32, generation: u64, answers: Vec<Answered>) {
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.in_flight -= 1;
            let lost = answers.iter().any(|a| matches!(a.answer, Answer::Lost | Answer::Unsent));
            if lost {
                broker.link.lost(generation);
            }
        }
        let mut stale = false;
        for answered in answers {
            let index = answered.shipment.outbox;
            stale |= self.answered(now, answered);
            self.consider(now, index);
        }
        if stale {
            self.calls.push_back(Call::RefreshMetadata);
        }
        self.to_ship.insert(id);
    }

    /// Applies an answer; says whether leaders have to be looked up again.
    fn answered(&mut self, now: Instant, answered: Answered) -> bool {
        let Answered { shipment, answer, error } = answered;
        let Some(outbox) = self.outboxes.get_mut(&shipment.outbox) else { return false };
        if error.is_some() {
            outbox.last_error.clone_from(&error);
        }
        match outbox.window.answer(shipment.id, &answer) {
            Outcome::Done(mut batch) => {
                outbox.succeeded();
                batch.resolve(Ok(place(&answer)));
                false
            }
            Outcome::Failed(mut batch, written) => {
                let error =
                    error.unwrap_or_else(|| Error::new(ErrorKind::Broker, "the batch was not written"));
                batch.resolve(Err(error.with_written(written)));
                false
            }
            Outcome::Again { stale } => {
                outbox.pause(now);
                stale
            }
            Outcome::Split => {
                outbox.partition.lower_limit(shipment.bytes.len() / 2);
                outbox.window.replace(shipment.id, Batch::halves);
                false
            }
            Outcome::Gone => false,
        }
    }

    fn expire(&mut self, now: Instant, index: usize) {
        let Some(outbox) = self.outboxes.get_mut(&index) else { return };
        outbox.expiry_armed = false;
        outbox.expire(now, self.limits.delivery_timeout);
        self.consider(now, index);
    }

    fn identify(&mut self) {
        if !std::mem::replace(&mut self.identifying, true) {
            self.calls.push_back(Call::Identify);
        }
    }

    fn identified(&mut self, now: Instant, outcome: Result<Identity, Error>) {
        match outcome {
            Ok(identity) => {
                self.identity = Some(identity);
                self.identity_failures = 0;
                self.identifying = false;
            }
            Err(error) if error.kind() == ErrorKind::Authorize => {
                self.identifying = false;
                for outbox in self.outboxes.values_mut() {
                    outbox.refuse_all(&error);
                }
            }
            Err(error) => {
                self.identity_failures += 1;
                let delay = Backoff::RETRY.delay(self.identity_failures, fastrand::f64());
                self.timers.set(now + delay, Timer::Identify);
                for outbox in self.outboxes.values_mut() {
                    outbox.last_error = Some(error.clone());
                }
            }
        }
        self.consider_all(now);
    }
}

impl<L> Default for Broker<L> {
    fn default() -> Self {
        Self { link: Link::default(), in_flight: 0, ready: VecDeque::new() }
    }
}

impl<L> Drop for Sender<L> {
    /// However the sender ends, nobody is left waiting.
    fn drop(&mut self) {
        for outbox in self.outboxes.values() {
            outbox.partition.close();
        }
    }
}

/// What can be done for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    At(Instant),
    NoLeader,
    Send(i32),
}

fn place(answer: &Answer) -> Place {
    match *answer {
        Answer::Written { base_offset, log_append_time } => Place { base_offset, log_append_time },
        _ => Place { base_offset: -1, log_append_time: None },
    }
}

/// The error of a batch that ran out of time.
fn overdue(
    topic: &Arc<str>,
    partition: i32,
    after: Duration,
    written: Written,
    last: Option<&Error>,
) -> Error {
    let why = last.map(|error| format!("; the last trouble was: {error}")).unwrap_or_default();
    let text = match written {
        Written::No => format!("{topic}-{partition}: not sent within delivery.timeout.ms ({after:?}){why}"),
        Written::Maybe => {
            format!("{topic}-{partition}: not acknowledged within delivery.timeout.ms ({after:?}){why}")
        }
    };
    let error = Error::new(ErrorKind::Timeout, text).with_topic(topic.clone()).with_partition(partition);
    let error = error.with_written(written);
    last.cloned().map_or(error.clone(), |last| error.with_source(last))
}

#[cfg(test)]
mod tests;
