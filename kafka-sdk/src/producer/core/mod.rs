//! What the sender decides: which batch goes to which broker when, and what an answer means. No socket, no clock.
//!
//! ```text
//!  partition queue ── due ──> ready list of its leader ── connection up, fewer than `max_in_flight` out ───> Produce
//!        ^                                                                                                     │
//!        └───────────── retry, in order, after a pause or at a new leader <── verdict <────────────────────────┘
//! ```

mod dispatch;
mod entries;
mod identity;
mod limit;
mod outbox;
mod preparing;
mod sequence;
mod timers;
mod unsequenced;
#[cfg_attr(not(feature = "testing"), allow(unreachable_pub, reason = "tests plant another table"))]
mod verdict;
mod window;

use super::batch::Batch;
use super::buffer::Buffer;
use super::compress::Unpacked;
use super::delivery::BatchPlace;
use super::partition::Partition;
use super::ready::News;
use super::settings::Settings;
use super::shared::Shared;
use super::topics::Topics;
use crate::cluster::{Interest, Snapshot};
use crate::drive::Core;
use crate::error::{Advice, Error, ErrorKind};
use crate::link::Wire;
use crate::model::Switch;
use bytes::Bytes;
use dispatch::Broker;
use identity::{Identification, Need};
use kafka_sdk_protocol::wire::Uuid;
use outbox::{Outbox, Step};
use sequence::Sequenced;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use timers::{Timer, Timers};
use tokio::time::Instant;
use tracing::debug;
use unsequenced::Unsequenced;
pub(super) use verdict::verdict_without_sequence;
#[cfg_attr(not(feature = "testing"), allow(unreachable_pub, reason = "tests plant another table"))]
pub use verdict::{Answer, Situation, Verdict, verdict};
pub(super) use window::{Identity, Payload, Rules};
use window::{Outcome, Window};

pub(super) enum Command {
    News(News),
    Snapshot(Snapshot),
}

/// `L` is a connection; tests use something simpler.
#[derive(Debug)]
pub(super) enum Call<L> {
    Connect(i32),
    /// Connects, and asks who leads what then. Where nobody answers, a broker that does not lead closes the connection,
    /// and all that has gathered until there is another one would be lost at it.
    ConnectAndLookUp(i32),
    Produce {
        broker: i32,
        link: L,
        generation: u64,
        shipments: Vec<Shipment>,
    },
    /// Several at a time; the order of their replies does not matter.
    Compress {
        outbox: usize,
        id: u64,
        work: Unpacked,
    },
    Identify,
    RefreshMetadata,
    /// Has a topic kept up to date again that was forgotten.
    Watch(Arc<str>),
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
    Connected {
        broker: i32,
        outcome: Result<L, Error>,
    },
    ConnectedAndLookedUp {
        broker: i32,
        outcome: Result<(L, Snapshot), Error>,
    },
    Produced {
        broker: i32,
        generation: u64,
        answers: Vec<Answered>,
        /// The picture of the cluster with the leaders that the answer names, where it names any.
        leaders: Option<Snapshot>,
    },
    /// None: what was to be compressed is lost.
    Compressed {
        outbox: usize,
        id: u64,
        packed: Option<Buffer>,
    },
    Identified(Result<Identity, Error>),
    Watching(Arc<str>, Interest),
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

pub(super) struct SenderCore<L> {
    shared: Arc<Shared>,
    topics: Arc<Topics>,
    snapshot: Snapshot,
    /// By the partition's index.
    outboxes: Vec<Option<Outbox>>,
    brokers: HashMap<i32, Broker<L>>,
    identification: Identification,
    /// Batches begun before are due, however long they may linger.
    hurried_at: Option<Instant>,
    /// Partitions whose turn comes by themselves, with time.
    lingering: BTreeSet<usize>,
    closing: bool,
    aborted: bool,
    timers: Timers,
    calls: VecDeque<Call<L>>,
    /// Brokers that may have room for a request. They get it when the event at hand is dealt with, so that partitions
    /// that become due together travel together.
    to_ship: Vec<i32>,
    random: fastrand::Rng,
}

impl<L: Wire> Core for SenderCore<L> {
    type Command = Command;
    type Call = Call<L>;
    type Reply = Reply<L>;

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::News(News::Ready(partition)) if self.aborted => partition.close(),
            Command::News(News::Ready(partition)) => {
                let index = partition.index;
                self.attend(now, &partition);
                if self.outboxes.len() <= index {
                    self.outboxes.resize_with(index + 1, || None);
                }
                let new = || Outbox::new(partition, &self.snapshot, window(&self.shared.settings));
                self.outboxes[index].get_or_insert_with(new);
                self.consider(now, index);
            }
            Command::News(News::Hurry) => self.hurry(now),
            Command::News(News::Abort) => self.abort(),
            Command::Snapshot(snapshot) => self.learn(now, snapshot),
        }
    }

    fn reply(&mut self, now: Instant, reply: Reply<L>) {
        match reply {
            Reply::Connected { broker, outcome } => self.connected(now, broker, outcome),
            Reply::ConnectedAndLookedUp { broker, outcome } => {
                let link = outcome.map(|(link, snapshot)| {
                    self.learn(now, snapshot);
                    link
                });
                self.connected(now, broker, link)
            }
            Reply::Produced { broker, generation, answers, leaders } => {
                if let Some(snapshot) = leaders {
                    self.learn(now, snapshot);
                }
                self.produced(now, broker, generation, answers)
            }
            Reply::Compressed { outbox, id, packed } => self.compressed(now, outbox, id, packed),
            Reply::Identified(outcome) => self.identified(now, outcome),
            Reply::Watching(topic, interest) => self.topics.renew(&topic, interest),
            Reply::Nothing => {}
        }
    }

    fn timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Consider(outbox) => self.consider(now, outbox),
                Timer::Expire(outbox) => self.expire(now, outbox),
                Timer::Ship(broker) => self.ship_soon(broker),
                Timer::Identify => {
                    self.identification.ask();
                    self.calls.push_back(Call::Identify);
                }
                Timer::Forget => self.forget_idle(now),
            }
        }
    }

    fn close(&mut self, now: Instant) {
        self.closing = true;
        self.hurry(now);
    }

    fn poll_call(&mut self, now: Instant) -> Option<Call<L>> {
        while let Some(broker) = self.to_ship.pop() {
            self.ship(now, broker);
        }
        self.calls.pop_front()
    }

    fn deadline(&self) -> Option<Instant> {
        if self.closing && self.shared.outstanding.count() == 0 { None } else { self.timers.first() }
    }

    /// What is under way may be the answer that a record waits for.
    fn is_over(&self) -> bool {
        false
    }
}

impl<L: Wire> SenderCore<L> {
    pub(super) fn new(shared: Arc<Shared>, topics: Arc<Topics>) -> Self {
        Self {
            shared,
            topics,
            snapshot: Snapshot::default(),
            outboxes: Vec::new(),
            brokers: HashMap::new(),
            identification: Identification::default(),
            hurried_at: None,
            lingering: BTreeSet::new(),
            closing: false,
            aborted: false,
            timers: Timers::default(),
            calls: VecDeque::new(),
            to_ship: Vec::new(),
            random: fastrand::Rng::new(),
        }
    }

    /// Sees to it that the partition's topic is kept up to date.
    fn attend(&mut self, now: Instant, partition: &Partition) {
        if partition.attention.used(now) {
            self.calls.push_back(Call::Watch(partition.topic.clone()));
        }
        self.timers.set(now + self.shared.settings.metadata_max_idle, Timer::Forget);
    }

    fn forget_idle(&mut self, now: Instant) {
        for outbox in self.outboxes.iter().flatten().filter(|outbox| outbox.has_work()) {
            outbox.partition.attention.used(now);
        }
        if let Some(next) = self.topics.forget_idle(now) {
            self.timers.set(next, Timer::Forget);
        }
    }

    fn outbox(&mut self, index: usize) -> Option<&mut Outbox> {
        self.outboxes.get_mut(index)?.as_mut()
    }

    fn ship_soon(&mut self, broker: i32) {
        if !self.to_ship.contains(&broker) {
            self.to_ship.push(broker);
        }
    }

    /// Everything that is queued now is due now.
    fn hurry(&mut self, now: Instant) {
        self.hurried_at = Some(now);
        for index in std::mem::take(&mut self.lingering) {
            self.consider(now, index);
        }
    }

    fn learn(&mut self, now: Instant, snapshot: Snapshot) {
        self.topics.update(&snapshot);
        for outbox in self.outboxes.iter_mut().flatten() {
            outbox.learn(&snapshot);
        }
        self.snapshot = snapshot;
        self.consider_all(now);
    }

    /// Gives everything up, and takes nothing any more.
    fn abort(&mut self) {
        self.aborted = true;
        let text = "the producer was aborted before the record was acknowledged";
        let error = Error::new(ErrorKind::Closed, text);
        for outbox in self.outboxes.iter_mut().flatten() {
            // First, so that nobody who waits for room gets what giving up makes.
            outbox.partition.stop();
            outbox.refuse_all(&error);
        }
    }

    fn consider_all(&mut self, now: Instant) {
        for index in 0..self.outboxes.len() {
            self.consider(now, index);
        }
    }

    /// Sees to it that what can be sent is sent, and that somebody comes back for what cannot yet.
    fn consider(&mut self, now: Instant, index: usize) {
        let (hurried_at, timeout) = (self.hurried_at, self.shared.settings.delivery_timeout);
        let Some(outbox) = self.outboxes.get_mut(index).and_then(Option::as_mut) else { return };
        outbox.arm_expiry(&mut self.timers, index, timeout);
        if outbox.window.needs_identity() && !outbox.adopt(self.identification.current()) {
            if outbox.has_work() {
                outbox.saturate();
                self.identify(now);
            }
            return;
        }
        let mut step = outbox.next_step(now, hurried_at);
        while step == Step::Compress {
            let Some((id, work)) = outbox.prepare() else { return };
            self.calls.push_back(Call::Compress { outbox: index, id, work });
            step = outbox.next_step(now, hurried_at);
        }
        match step {
            Step::Nothing | Step::Compress => {}
            Step::At(time) => {
                self.lingering.insert(index);
                self.timers.set(time, Timer::Consider(index));
            }
            Step::NoLeader => {
                let until = outbox.leadership.failed(now, self.shared.settings.retry, self.random.f64());
                self.calls.push_back(Call::RefreshMetadata);
                self.timers.set(until, Timer::Consider(index));
            }
            Step::Send(broker) => {
                if outbox.listed_at != Some(broker) {
                    outbox.listed_at = Some(broker);
                    self.brokers.entry(broker).or_default().ready.push_back(index);
                }
                self.ship_soon(broker);
            }
        }
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
            stale |= self.answered(now, id, answered);
            self.outbox(index).map(Outbox::report_epoch);
            self.consider(now, index);
        }
        if stale {
            self.calls.push_back(Call::RefreshMetadata);
        }
        self.ship_soon(id);
    }

    /// Applies a broker's answer; says whether leaders have to be looked up again.
    fn answered(&mut self, now: Instant, id: i32, answered: Answered) -> bool {
        let Answered { shipment, answer, error } = answered;
        let (retry, random) = (self.shared.settings.retry, self.random.f64());
        let Some(outbox) = self.outbox(shipment.outbox) else { return false };
        outbox.partition.meter.answered();
        if error.is_some() {
            outbox.last_error.clone_from(&error);
        }
        // Batches are filled before they are compressed: that size is what is limited.
        let plain_size = outbox.window.batch(shipment.id).map(Batch::plain_size);
        outbox.learn_limit(&answer, plain_size.unwrap_or(shipment.bytes.len()));
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
                outbox.report_retry(error.as_ref());
                if outbox.leadership.has_moved_from(id) {
                    return false;
                }
                outbox.leadership.failed(now, retry, random);
                stale
            }
            Outcome::Split => {
                outbox.report_split(shipment.bytes.len());
                outbox.window.replace(shipment.id, Batch::halves);
                false
            }
            Outcome::Gone => false,
        }
    }

    fn compressed(&mut self, now: Instant, index: usize, id: u64, packed: Option<Buffer>) {
        let Some(outbox) = self.outbox(index) else { return };
        if let Some(mut lost) = outbox.preparing.done(id, packed) {
            let error = Error::new(ErrorKind::State, "the batch could not be compressed");
            lost.resolve(Err(error.with_topic(outbox.partition.topic.clone())));
        }
        self.consider(now, index);
    }

    fn expire(&mut self, now: Instant, index: usize) {
        let timeout = self.shared.settings.delivery_timeout;
        let Some(outbox) = self.outbox(index) else { return };
        outbox.expire(now, timeout);
        outbox.report_epoch();
        self.consider(now, index);
    }

    fn identify(&mut self, now: Instant) {
        match self.identification.need(now) {
            Need::Nothing => {}
            Need::Ask => self.calls.push_back(Call::Identify),
            Need::At(time) => self.timers.set(time, Timer::Identify),
        }
    }

    fn identified(&mut self, now: Instant, outcome: Result<Identity, Error>) {
        match outcome {
            Ok(identity) => {
                let Identity { id: producer_id, epoch } = identity;
                debug!(target: "kafka_sdk::producer", producer_id, epoch, "producer id received");
                self.identification.found(identity);
            }
            Err(error) => {
                self.identification.failed(now, self.shared.settings.retry, self.random.f64());
                let without = self.outboxes.iter_mut().flatten().filter(|o| o.window.needs_identity());
                match error.advice() {
                    Advice::Retry => without.for_each(|outbox| outbox.last_error = Some(error.clone())),
                    _ => without.for_each(|outbox| outbox.refuse_all(&error)),
                }
            }
        }
        self.consider_all(now);
    }
}

impl<L> Drop for SenderCore<L> {
    /// However the sender ends, nobody is left waiting.
    fn drop(&mut self) {
        for outbox in self.outboxes.iter().flatten() {
            outbox.partition.close();
        }
    }
}

fn window(settings: &Settings) -> Box<dyn Window<Batch>> {
    match settings.idempotence() {
        Switch::On => Box::new(Sequenced::new(settings.rules())),
        Switch::Off => Box::new(Unsequenced::new(settings.rules())),
    }
}

fn place(answer: &Answer) -> BatchPlace {
    match *answer {
        Answer::Written { base_offset, log_append_time } => BatchPlace { base_offset, log_append_time },
        _ => BatchPlace { base_offset: -1, log_append_time: None },
    }
}

#[cfg(test)]
mod tests;
